// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest.c: the verb `selftest`: which checks run, in what order, and where
 * their results go.
 */
#include "selftest.h"

#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exitcode.h"
#include "host.h"
#include "log.h"
#include "verbs.h"

#define MAX_CHECKS   256U
#define SECONDS	     60U
#define SECONDS_SLOW 600U

struct selftest_options {
	bool json, list, slow, destructive, verbose;
	const char *pattern, *report, *one;
	struct selftest_mode mode;
};

static bool is_on(const char *value)
{
	return !strcmp(value, "on");
}

static int set_json(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->json = is_on(value);
	return 0;
}

static int set_list(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->list = is_on(value);
	return 0;
}

static int set_slow(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->slow = is_on(value);
	return 0;
}

static int set_destructive(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->destructive = is_on(value);
	return 0;
}

static int set_verbose(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->verbose = is_on(value);
	return 0;
}

static int set_leave_out(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->mode.leave_out = is_on(value);
	return 0;
}

static int set_no_quirks(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->mode.no_quirks = is_on(value);
	return 0;
}

static int set_pattern(struct opt_parse *p, const char *value)
{
	if (!*value)
		return opt_bad_value(p, value, "the pattern is empty");
	((struct selftest_options *)p->target)->pattern = value;
	return 0;
}

static int set_report(struct opt_parse *p, const char *value)
{
	struct selftest_options *o = p->target;

	return opt_set_file(p, value, &o->report);
}

static int set_one(struct opt_parse *p, const char *value)
{
	((struct selftest_options *)p->target)->one = value;
	return 0;
}

/* clang-format off */
static const struct opt_spec selftest_specs[] = {
	{ .name = "tests", .letter = 't', .arg = OPT_VALUE,
	  .arg_name = "PATTERN", .set = set_pattern,
	  .help = "only checks whose name has this in it, or matches it "
		  "(*, ?, [])" },
	{ .name = "list", .letter = 'l', .arg = OPT_SWITCH, .set = set_list,
	  .help = "print the checks and what each is about, run none" },
	{ .name = "json", .arg = OPT_SWITCH, .set = set_json,
	  .help = "print one JSON value in place of KTAP" },
	{ .name = "report", .arg = OPT_VALUE, .arg_name = "FILE",
	  .set = set_report,
	  .help = "also write this host, every result and what decides it "
		  "to FILE" },
	{ .name = "verbose", .arg = OPT_SWITCH, .set = set_verbose,
	  .help = "say of each check what was promised, also when it passed" },
	{ .name = "slow", .arg = OPT_SWITCH, .set = set_slow,
	  .help = "also checks that take long" },
	{ .name = "destructive", .arg = OPT_SWITCH, .set = set_destructive,
	  .help = "also checks that disturb other VMs of this host" },
	{ .help = "For testing the tests" },
	{ .name = "one", .arg = OPT_VALUE, .arg_name = "NAME", .set = set_one,
	  .help = "run this check in this process, print its bare verdict" },
	{ .name = "leave-out", .arg = OPT_SWITCH, .set = set_leave_out,
	  .help = "leave out what each check provokes: each must fail then" },
	{ .name = "no-quirks", .arg = OPT_SWITCH, .set = set_no_quirks,
	  .help = "known bugs of emulators are failures too" },
};
/* clang-format on */

const struct opt_table selftest_table = {
	.specs = selftest_specs,
	.nr = ARRAY_SIZE(selftest_specs),
};

struct selection {
	const struct selftest_check *checks[MAX_CHECKS];
	struct selftest_result results[MAX_CHECKS];
	unsigned int nr;
};

static bool matches(const char *pattern, const char *name)
{
	if (!pattern)
		return true;
	return strpbrk(pattern, "*?[") ? fnmatch(pattern, name, 0) == 0
				       : strstr(name, pattern) != NULL;
}

static void select_checks(struct selection *s,
			  const struct selftest_suite *suite,
			  const struct selftest_options *o)
{
	for (unsigned int a = 0; a < suite->nr_areas; a++) {
		const struct selftest_area *area = suite->areas[a];

		for (unsigned int i = 0; i < area->nr; i++) {
			const struct selftest_check *c = &area->checks[i];

			/* What nothing can be left out of cannot fail so. */
			if (o->mode.leave_out && !c->provocation)
				continue;
			if (matches(o->pattern, c->name) && s->nr < MAX_CHECKS)
				s->checks[s->nr++] = c;
		}
	}
}

static const struct selftest_check *
find_check(const struct selftest_suite *suite, const char *name)
{
	for (unsigned int a = 0; a < suite->nr_areas; a++)
		for (unsigned int i = 0; i < suite->areas[a]->nr; i++)
			if (!strcmp(suite->areas[a]->checks[i].name, name))
				return &suite->areas[a]->checks[i];
	return NULL;
}

static const char *const mode_names[] = {
	[PVM_MODE_UNKNOWN] = "mode unknown (the kernel log does not say)",
	[PVM_MODE_NONE] = "off",
	[PVM_MODE_NVHE] = "nVHE",
	[PVM_MODE_HVHE] = "hVHE",
	[PVM_MODE_PROTECTED] = "nVHE or hVHE",
};

/* One line of a file, without its end. */
static void read_name(const char *path, char *text, size_t len)
{
	if (host_read("", path, text, len) < 0)
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	selftest_sanitize(text);
}

/* How many CPUs of which kind; "" when that is unknown. */
static void list_cpus(char *text, size_t size)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF), same = 0;
	char path[96], midr[32], last[32] = "";
	size_t len = 0;

	text[0] = '\0';
	for (long i = 0; i <= nr && len < size; i++) {
		(void)snprintf(
			path, sizeof(path),
			"/sys/devices/system/cpu/cpu%ld/regs/identification/midr_el1",
			i);
		midr[0] = '\0';
		if (i < nr)
			read_name(path, midr, sizeof(midr));
		if (same && strcmp(midr, last) != 0) {
			len += (size_t)snprintf(text + len, size - len,
						"%s%ld x %s", len ? ", " : "",
						same, last);
			same = 0;
		}
		same += midr[0] != '\0';
		memcpy(last, midr, sizeof(last));
	}
}

static void describe(struct selftest_host *h, const struct pvm_host *kvm)
{
	struct host_memlock memlock;
	struct utsname uts;

	memset(h, 0, sizeof(*h));
	if (uname(&uts) == 0) {
		snprintf(h->release, sizeof(h->release), "%s", uts.release);
		snprintf(h->version, sizeof(h->version), "%s", uts.version);
		selftest_sanitize(h->version);
	}
	read_name("/proc/device-tree/compatible", h->machine,
		  sizeof(h->machine));
	if (!h->machine[0])
		read_name("/sys/class/dmi/id/product_name", h->machine,
			  sizeof(h->machine));
	list_cpus(h->cpus, sizeof(h->cpus));
	h->memory = (uint64_t)sysconf(_SC_PHYS_PAGES) *
		    (uint64_t)sysconf(_SC_PAGESIZE);
	h->mode = mode_names[kvm->mode];
	h->ipa_bits = kvm->ipa_bits;
	h->its = kvm->its;
	h->ptrauth = kvm->ptrauth_address && kvm->ptrauth_generic;
	h->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	h->memlock = UINT64_MAX;
	if (host_memlock(&memlock) == 0) {
		h->memlock = memlock.soft;
		h->memlock_exempt = memlock.exempt;
	}
	h->root = geteuid() == 0;
}

static void skip(struct selftest_result *r, const char *why)
{
	memset(r, 0, sizeof(*r));
	r->verdict = SELFTEST_SKIP;
	snprintf(r->seen, sizeof(r->seen), "%s", why);
}

static void run_check(const struct selftest_check *c,
		      const struct selftest_options *o,
		      const struct selftest_host *h, struct selftest_result *r)
{
	if ((c->flags & SELFTEST_ROOT) && !h->root)
		skip(r, "needs root");
	else if ((c->flags & SELFTEST_DESTRUCTIVE) && !o->destructive)
		skip(r, "disturbs other VMs: --destructive runs it");
	else if ((c->flags & SELFTEST_SLOW) && !o->slow)
		skip(r, "takes long: --slow runs it");
	else
		selftest_spawn(
			c, &o->mode,
			c->flags & SELFTEST_SLOW ? SECONDS_SLOW : SECONDS, r);
	if ((r->verdict == SELFTEST_FAIL || r->verdict == SELFTEST_TIMEOUT) &&
	    !selftest_same_kernel(h->release, c->seen))
		r->verdict = SELFTEST_DIFFERS;
}

/* All of @s; to standard output and, when there is one, to @report. */
static int run_all(struct selection *s, const struct selftest_options *o,
		   const struct selftest_host *h, FILE *report)
{
	struct selftest_print prints[2] = {
		{ .out = stdout, .verbose = o->verbose },
		{ .out = report, .verbose = true },
	};
	unsigned int first = o->json ? 1 : 0, last = report ? 2 : 1, p, i;
	int bad = 0;

	for (p = first; p < last; p++)
		selftest_print_start(&prints[p], h, s->nr);
	for (i = 0; i < s->nr; i++) {
		run_check(s->checks[i], o, h, &s->results[i]);
		for (p = first; p < last; p++)
			selftest_print_result(&prints[p], s->checks[i],
					      &s->results[i]);
		if (s->results[i].verdict == SELFTEST_FAIL ||
		    s->results[i].verdict == SELFTEST_TIMEOUT)
			bad++;
	}
	for (p = first; p < last; p++)
		selftest_print_totals(&prints[p]);
	if (o->json &&
	    selftest_print_json(stdout, h, s->checks, s->results, s->nr)) {
		log_err("selftest: out of memory");
		return EXIT_HOST;
	}
	return bad ? EXIT_SELFTEST_FAILED : 0;
}

static int can_run(const struct pvm_host *kvm)
{
	if (kvm->kvm_err) {
		log_err("selftest: /dev/kvm: %s; see `lkvm-pvm check`",
			errno_text(kvm->kvm_err));
		return EXIT_HOST;
	}
	if (kvm->create_err > 0) {
		log_err("selftest: this host cannot create protected VMs (%s); see `lkvm-pvm check`",
			errno_text(kvm->create_err));
		return EXIT_HOST;
	}
	return 0;
}

static int run_selection(struct selection *s,
			 const struct selftest_suite *suite,
			 const struct selftest_options *o)
{
	FILE *report = NULL;
	struct selftest_host h;
	struct pvm_host kvm = { 0 };
	int ret;

	suite->probe(&kvm, true);
	ret = can_run(&kvm);
	if (ret)
		return ret;
	describe(&h, &kvm);
	if (h.page_size != 4096)
		log_warn(
			"selftest: the checks are for pages of 4 KiB, this host has %llu: what fails may fail of that",
			(unsigned long long)(h.page_size >> 10));
	if (o->report) {
		report = fopen(o->report, "we");
		if (!report) {
			log_err("selftest: --report %s: %s", o->report,
				errno_text(errno));
			return EXIT_HOST;
		}
	}
	ret = run_all(s, o, &h, report);
	if (report) {
		bool failed = ferror(report) != 0;

		if (fclose(report) || failed) {
			log_err("selftest: --report %s: could not be written",
				o->report);
			ret = EXIT_HOST;
		}
	}
	return ret;
}

static int run_one(const struct selftest_suite *suite,
		   const struct selftest_options *o)
{
	const struct selftest_check *c = find_check(suite, o->one);

	if (!c) {
		log_err("selftest: --one %.64s: no check has that name; --list prints them",
			o->one);
		return EXIT_HOST;
	}
	/* Whoever waits for the verdict may be interrupted. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	suite->run(c, &o->mode);
	return 0;
}

static int list(const struct selection *s, bool json)
{
	if (!json) {
		selftest_print_list(stdout, s->checks, s->nr);
	} else if (selftest_print_list_json(stdout, s->checks, s->nr)) {
		log_err("selftest: out of memory");
		return EXIT_HOST;
	}
	return 0;
}

static int run_options(const struct selftest_suite *suite,
		       const struct selftest_options *o)
{
	struct selection *s;
	int ret;

	if (o->one)
		return run_one(suite, o);
	s = calloc(1, sizeof(*s));
	if (!s) {
		log_err("selftest: out of memory");
		return EXIT_HOST;
	}
	select_checks(s, suite, o);
	if (!s->nr) {
		log_err("selftest: no check matches '%.64s'; --list prints their names",
			o->pattern ? o->pattern : "");
		ret = EXIT_HOST;
	} else if (o->list) {
		ret = list(s, o->json);
	} else {
		ret = run_selection(s, suite, o);
	}
	free(s);
	return ret;
}

int cmd_selftest(const struct verb *v, int argc, char **argv,
		 const struct selftest_suite *suite)
{
	struct selftest_options options = { 0 };
	struct opt_parse parse;
	int ret = opt_parse(&parse, &selftest_table, &options, argc, argv);

	if (ret == OPT_HELP) {
		help_verb(stdout, v);
		return 0;
	}
	if (ret < 0) {
		log_err("%s", parse.error);
		return EXIT_HOST;
	}
	if (!suite) {
		log_err("selftest: tests the pKVM of an arm64 host booted with kvm-arm.mode=protected; this is not an arm64 build: try 'make host' for the emulated host");
		return EXIT_HOST;
	}
	return run_options(suite, &options);
}
