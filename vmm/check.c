// SPDX-License-Identifier: GPL-2.0-only
/* check.c: the verb `check`: gathers the facts that check_judge.c judges. */
#include "hostcheck.h"

#include <errno.h>
#include <limits.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "compat.h"
#include "exitcode.h"
#include "host.h"
#include "log.h"
#include "verbs.h"
#include "vhost_peer.h"

struct check_options {
	bool json;
	bool no_create;
	uint64_t mem;
	const char *kernel;
};

static int set_json(struct opt_parse *p, const char *value)
{
	struct check_options *o = p->target;

	o->json = !strcmp(value, "on");
	return 0;
}

static int set_no_create(struct opt_parse *p, const char *value)
{
	struct check_options *o = p->target;

	o->no_create = !strcmp(value, "on");
	return 0;
}

static int set_mem(struct opt_parse *p, const char *value)
{
	struct check_options *o = p->target;

	return config_parse_mem(p, value, &o->mem);
}

static int set_kernel(struct opt_parse *p, const char *value)
{
	struct check_options *o = p->target;

	if (!*value)
		return opt_bad_value(p, value, "the file name is empty");
	o->kernel = value;
	return 0;
}

/* clang-format off */
static const struct opt_spec check_specs[] = {
	{ .name = "kernel", .letter = 'k', .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = set_kernel,
	  .help = "also say what this kernel lacks as a pVM's guest" },
	{ .name = "mem", .letter = 'm', .arg = OPT_VALUE,
	  .arg_name = "SIZE", .set = set_mem,
	  .help = "check for a pVM with this much RAM (default: 256M)" },
	{ .name = "no-create", .arg = OPT_SWITCH, .set = set_no_create,
	  .help = "make no trial pVM: it would taint the kernel" },
	{ .name = "json", .arg = OPT_SWITCH, .set = set_json,
	  .help = "print one JSON object" },
};
/* clang-format on */

const struct opt_table check_table = {
	.specs = check_specs,
	.nr = ARRAY_SIZE(check_specs),
};

static int access_error(const char *path)
{
	return access(path, R_OK | W_OK) ? errno : 0;
}

/* Where posix_spawnp() would find it. */
static bool has_program(const char *name)
{
	static const char fallback[] = "/bin:/usr/bin";
	const char *path = getenv("PATH"), *dir;
	char file[512];
	size_t len;

	for (dir = path ? path : fallback; *dir;
	     dir += len + (dir[len] == ':')) {
		len = strcspn(dir, ":");
		if (len == 0 || len > sizeof(file) - 64)
			continue;
		snprintf(file, sizeof(file), "%.*s/%s", (int)len, dir, name);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

static int io_uring_error(void)
{
	struct io_uring ring;
	int err = io_uring_queue_init(1, &ring, 0);

	if (err < 0)
		return -err;
	io_uring_queue_exit(&ring);
	return 0;
}

static int io_uring_sysctl(void)
{
	char text[16];

	if (host_read("", "/proc/sys/kernel/io_uring_disabled", text,
		      sizeof(text)) < 0)
		return -1;
	return (int)strtol(text, NULL, 10);
}

/* Its buffer stays out of the caller's frame. */
__attribute__((noinline)) static void gather_kernel(struct check_facts *f)
{
	struct utsname uts;
	char text[2048];

	if (uname(&uts) == 0) {
		snprintf(f->machine, sizeof(f->machine), "%s", uts.machine);
		snprintf(f->release, sizeof(f->release), "%s", uts.release);
	}
	if (host_read("", "/proc/cmdline", text, sizeof(text)) >= 0)
		f->cmdline_protected =
			strstr(text, "kvm-arm.mode=protected") != NULL;
	f->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
}

static void gather(struct check_facts *f)
{
	char path[128];

	gather_kernel(f);
	f->memlock_err = -host_memlock(&f->memlock);
	f->available_err =
		-host_memory_available(&f->available, &f->available_what);
	f->io_uring_err = io_uring_error();
	f->io_uring_disabled = io_uring_sysctl();
	f->mseal_err = syscall(SYS_mseal, NULL, 0UL, 0UL) ? errno : 0;
	f->vhost_net_err = access_error("/dev/vhost-net");
	f->vhost_vsock_err = access_error("/dev/vhost-vsock");
	f->tun_err = access_error("/dev/net/tun");
	f->has_passt = has_program("passt");
	f->has_virtiofsd = virtiofsd_find(path, sizeof(path));
	f->virtiofsd_can_ro = f->has_virtiofsd && virtiofsd_can_ro(path);
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR") && term &&
	       strcmp(term, "dumb") != 0;
}

static int report(const struct check_facts *f, const struct check_options *o)
{
	struct check_report *r = calloc(1, sizeof(*r));
	int ret = EXIT_HOST;

	if (!r) {
		log_err("check: out of memory");
		return EXIT_HOST;
	}
	check_judge(f, r);
	if (r->verdict == CHECK_CAN_RUN)
		ret = 0;
	if (!o->json) {
		check_print(stdout, r, wants_colour());
	} else if (check_print_json(stdout, f, r)) {
		log_err("check: out of memory");
		ret = EXIT_HOST;
	}
	free(r);
	return ret;
}

static int check_host(const struct check_options *o,
		      void (*probe)(struct pvm_host *h, bool create))
{
	struct check_facts f = { .want = o->mem, .kernel = o->kernel };
	int ret;

	gather(&f);
	f.host.create_err = -1;
	if (probe) {
		f.is_arm64 = true;
		probe(&f.host, !o->no_create);
	}
	if (f.kernel)
		f.kernel_err = -loader_read_kconfig(f.kernel, &f.kconfig);
	ret = report(&f, o);
	if (f.kernel)
		loader_kconfig_fini(&f.kconfig);
	return ret;
}

int cmd_check(const struct verb *v, int argc, char **argv,
	      void (*probe)(struct pvm_host *h, bool create))
{
	struct check_options options = { 0 };
	struct opt_parse parse;
	int ret = opt_parse(&parse, &check_table, &options, argc, argv);

	if (ret == OPT_HELP) {
		help_verb(stdout, v);
		return 0;
	}
	if (ret < 0) {
		log_err("%s", parse.error);
		return EXIT_HOST;
	}
	return check_host(&options, probe);
}
