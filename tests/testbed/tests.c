// SPDX-License-Identifier: GPL-2.0-only
// Runs the e2e tests in as few boots of the emulated host as possible.
#include "runner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define DEFAULT_TIMEOUT_S 120
#define EXIT_SKIPPED	  77
#define SHOWN_LOG	  8000 /* bytes of a failed test's output */
/* Beyond the test's own timeout: the agent kills, reaps and reports. */
#define AGENT_PATIENCE_MS 90000

/*
 * A test is a script; "# key: value" in its head says what it needs:
 * host (a kind of host), smp, mem (MiB), timeout (seconds).
 */
struct test {
	char name[64];
	char path[256];
	char host[32];
	unsigned int smp, mem_mib, timeout_s;
};

enum verdict {
	PASSED,
	FAILED,
	SKIPPED,
	STOPPED
};

struct run {
	const struct options *opt;
	struct test *tests;
	unsigned int nr_tests;
	struct machine m;
	struct machine_config cfg;
	const struct test *booted_for; /* NULL: no host runs */
	int stop_fd, log_fd;
	size_t log_len;
	char last[160]; /* the last line it wrote */
	size_t last_len;
	bool last_ended;
	char reason[600];
	unsigned int count[4]; /* by verdict */
	char skips[8192];      /* "name: reason" lines */
	char flaky[8192];      /* the same of what failed and then passed */
};

static void read_key(struct test *t, const char *line)
{
	char key[16], value[32];
	unsigned long n;

	if (sscanf(line, "# %15[a-z]: %31s", key, value) != 2)
		return;
	n = strtoul(value, NULL, 10);
	if (!strcmp(key, "host"))
		snprintf(t->host, sizeof(t->host), "%s", value);
	else if (!strcmp(key, "smp"))
		t->smp = (unsigned int)n;
	else if (!strcmp(key, "mem"))
		t->mem_mib = (unsigned int)n;
	else if (!strcmp(key, "timeout"))
		t->timeout_s = (unsigned int)n;
}

static int read_head(struct test *t, const char *dir, const char *file,
		     const struct options *opt)
{
	char line[256];
	FILE *f;

	*t = (struct test){
		.host = "default",
		.smp = opt->smp,
		.mem_mib = opt->mem_mib,
		.timeout_s = DEFAULT_TIMEOUT_S,
	};
	snprintf(t->name, sizeof(t->name), "%.*s", (int)strlen(file) - 3, file);
	snprintf(t->path, sizeof(t->path), "%s/%s", dir, file);
	f = fopen(t->path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f) && line[0] == '#')
		read_key(t, line);
	fclose(f);
	t->timeout_s *= opt->patience;
	return 0;
}

static bool is_wanted(const char *file, int argc, char **globs)
{
	char name[64];
	size_t len = strlen(file);
	int i;

	if (len < 4 || len >= sizeof(name) ||
	    strcmp(file + len - 3, ".sh") != 0 || !strcmp(file, "lib.sh"))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)len - 3, file);
	for (i = 0; i < argc; i++)
		if (!fnmatch(globs[i], name, 0))
			return true;
	return argc == 0;
}

static int compare_hosts(const struct test *a, const struct test *b)
{
	int by_host = strcmp(a->host, b->host);

	/* The default host first: its failures say most. */
	if (by_host && !strcmp(a->host, "default"))
		return -1;
	if (by_host && !strcmp(b->host, "default"))
		return 1;
	if (by_host)
		return by_host;
	if (a->smp != b->smp)
		return a->smp < b->smp ? -1 : 1;
	if (a->mem_mib != b->mem_mib)
		return a->mem_mib < b->mem_mib ? -1 : 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct test *ta = a, *tb = b;
	int by_host = compare_hosts(ta, tb);

	return by_host ? by_host : strcmp(ta->name, tb->name);
}

static int find_tests(struct run *r, const char *dir, int argc, char **globs)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int err = 0;

	if (!d)
		return -errno;
	while (!err && (e = readdir(d))) {
		struct test *more;

		if (!is_wanted(e->d_name, argc, globs))
			continue;
		more = realloc(r->tests, (r->nr_tests + 1) * sizeof(*more));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		r->tests = more;
		err = read_head(&more[r->nr_tests++], dir, e->d_name, r->opt);
	}
	closedir(d);
	if (r->nr_tests)
		qsort(r->tests, r->nr_tests, sizeof(*r->tests), compare);
	return err;
}

static void stop_host(struct run *r)
{
	machine_stop(&r->m);
	r->booted_for = NULL;
}

/* Has the host that this test needs running. */
static enum verdict have_host(struct run *r, const struct test *t)
{
	const struct host_kind *kind = hosts_find(t->host);
	int err;

	if (r->booted_for && !compare_hosts(r->booted_for, t))
		return PASSED;
	stop_host(r);
	if (!kind) {
		snprintf(r->reason, sizeof(r->reason),
			 "asks for unknown host '%s'", t->host);
		return FAILED;
	}
	if (kind->hangs_on && !strcmp(kind->hangs_on, r->opt->cpu)) {
		snprintf(r->reason, sizeof(r->reason),
			 "the kernel of host '%s' hangs on %s while it boots",
			 t->host, kind->hangs_on);
		return SKIPPED;
	}
	if (!hosts_configure(kind, r->opt, &r->cfg)) {
		snprintf(r->reason, sizeof(r->reason),
			 "no kernel given for host '%s'", t->host);
		return SKIPPED;
	}
	r->cfg.smp = t->smp;
	r->cfg.mem_mib = t->mem_mib;
	err = machine_start(&r->m, &r->cfg, r->stop_fd);
	if (err == -EINTR)
		return STOPPED;
	if (err) {
		snprintf(r->reason, sizeof(r->reason),
			 "host did not come up: %s",
			 err == -EPIPE ? "QEMU ended" : strerror(-err));
		machine_show_log("QEMU", r->cfg.qemu_log);
		machine_show_log("console of the host", r->cfg.log);
		return FAILED;
	}
	r->booted_for = t;
	return PASSED;
}

static int send_test(struct run *r, const struct test *t)
{
	struct wire_fields *f = calloc(1, sizeof(*f));
	char script[128], env[64];
	int err;

	if (!f)
		return -ENOMEM;
	snprintf(script, sizeof(script), "/tests/e2e/%s.sh", t->name);
	snprintf(env, sizeof(env), "HOST_CPUS=%u", t->smp);
	err = wire_put(f, "mode", "test");
	if (!err)
		err = wire_put_num(f, "timeout", (long)t->timeout_s * 1000);
	if (!err)
		err = wire_put(f, "env", env);
	snprintf(env, sizeof(env), "PATIENCE=%u", r->opt->patience);
	if (!err)
		err = wire_put(f, "env", env);
	if (!err)
		err = wire_put(f, "arg", "/bin/sh");
	if (!err)
		err = wire_put(f, "arg", script);
	if (!err)
		err = wire_send(r->m.fd, WIRE_RUN, f->buf, f->len);
	free(f);
	return err;
}

static void keep_last_line(struct run *r, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '\n') {
			r->last_ended = true;
			continue;
		}
		if (r->last_ended)
			r->last_len = 0;
		r->last_ended = false;
		if (r->last_len + 1 < sizeof(r->last))
			r->last[r->last_len++] = data[i];
		r->last[r->last_len] = '\0';
	}
}

static void keep_output(struct run *r, const struct wire_frame *frame)
{
	if (frame->type == WIRE_OUT || frame->type == WIRE_ERR)
		keep_last_line(r, frame->data, frame->len);
	if (write(r->log_fd, frame->data, frame->len) > 0)
		r->log_len += frame->len;
	if (r->opt->verbose)
		(void)!write(STDOUT_FILENO, frame->data, frame->len);
}

static enum verdict judge(struct run *r, const struct wire_frame *end)
{
	int status = (int)wire_num(end, "status", -1);
	const char *left = wire_first(end, "left");
	const char *harm = wire_first(end, "harm");
	const char *what = NULL, *which = "";
	bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;
	char number[32];

	if (wire_num(end, "timeout", 0)) {
		what = "timed out";
	} else if (harm) {
		what = "host kernel: ";
		which = harm;
	} else if (status && !skipped) {
		snprintf(number, sizeof(number), "%s %d",
			 WIFSIGNALED(status) ? "signal" : "exit",
			 WIFSIGNALED(status) ? WTERMSIG(status)
					     : WEXITSTATUS(status));
		what = number;
	} else if (left) {
		what = "left behind: ";
		which = left;
	}
	if (harm || left || wire_num(end, "timeout", 0))
		stop_host(r);
	snprintf(r->reason, sizeof(r->reason), "%s%s",
		 what	   ? what
		 : skipped ? r->last
			   : "",
		 which);
	if (what)
		return FAILED;
	return skipped ? SKIPPED : PASSED;
}

static enum verdict run_in_host(struct run *r, const struct test *t)
{
	int64_t end =
		clock_ms() + (int64_t)t->timeout_s * 1000 + AGENT_PATIENCE_MS;
	struct wire_frame frame;
	int err = send_test(r, t);

	while (!err) {
		int got = machine_receive(&r->m, &frame, end - clock_ms(),
					  r->stop_fd);

		if (got == -EINTR)
			return STOPPED;
		if (got < 0)
			err = got;
		else if (frame.type == WIRE_EXIT)
			return judge(r, &frame);
		else
			keep_output(r, &frame);
	}
	machine_show_log("QEMU", r->cfg.qemu_log);
	machine_show_log("console of the host", r->cfg.log);
	snprintf(r->reason, sizeof(r->reason), "host %s: %s",
		 err == -ETIMEDOUT ? "does not answer" : "died",
		 err == -EPIPE ? "QEMU ended" : strerror(-err));
	stop_host(r);
	return FAILED;
}

static void show_failure(const struct run *r, const char *path)
{
	char buf[1024];
	size_t skip = r->log_len > SHOWN_LOG ? r->log_len - SHOWN_LOG : 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	lseek(fd, (off_t)skip, SEEK_SET);
	printf("--- %s%s\n", path, skip ? " (its end)" : "");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	printf("\n---\n");
	close(fd);
}

static void keep_reason(const struct run *r, char list[8192], const char *word,
			const struct test *t)
{
	size_t len = strlen(list);

	snprintf(list + len, 8192 - len, "%s: %s: %s\n", word, t->name,
		 r->reason);
}

static void tell(struct run *r, const struct test *t, enum verdict v,
		 const char *log, unsigned int nr, int64_t ms)
{
	static const char *const words[] = { "ok  ", "FAIL", "skip", "stop" };

	if (v == FAILED && !r->opt->verbose)
		show_failure(r, log);
	printf("%s %3u %s (%lld.%llds)%s%s\n", words[v], nr, t->name,
	       (long long)ms / 1000, (long long)ms % 1000 / 100,
	       r->reason[0] ? ": " : "", r->reason);
	fflush(stdout);
}

static enum verdict try_test(struct run *r, const struct test *t,
			     unsigned int nr)
{
	int64_t start = clock_ms();
	enum verdict v;
	char log[512];

	snprintf(log, sizeof(log), "%s/%s.log", r->opt->out_dir, t->name);
	r->log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	r->log_len = 0;
	r->last[0] = '\0';
	r->last_len = 0;
	r->reason[0] = '\0';
	v = have_host(r, t);
	if (v == PASSED)
		v = run_in_host(r, t);
	if (r->log_fd >= 0)
		close(r->log_fd);
	tell(r, t, v, log, nr, clock_ms() - start);
	return v;
}

/* A test that failed may pass in a fresh host, and is named all the same. */
static enum verdict run_test(struct run *r, const struct test *t,
			     unsigned int nr)
{
	unsigned int tries = r->opt->retries;
	enum verdict v = try_test(r, t, nr);

	while (v == FAILED && tries--) {
		char failed[sizeof(r->reason)];

		snprintf(failed, sizeof(failed), "%s", r->reason);
		stop_host(r);
		v = try_test(r, t, nr);
		if (v == PASSED) {
			snprintf(r->reason, sizeof(r->reason), "%s", failed);
			keep_reason(r, r->flaky, "flaky", t);
		}
	}
	if (v == SKIPPED)
		keep_reason(r, r->skips, "skipped", t);
	r->count[v]++;
	return v;
}

static int run_all(struct run *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_tests; i++)
		if (run_test(r, &r->tests[i], i + 1) == STOPPED)
			break;
	stop_host(r);
	if (r->skips[0] || r->flaky[0])
		printf("\n%s%s", r->skips, r->flaky);
	if (r->count[STOPPED])
		printf("stopped: %u tests did not run\n", r->nr_tests - i);
	printf("%u passed, %u failed, %u skipped\n", r->count[PASSED],
	       r->count[FAILED], r->count[SKIPPED]);
	if (r->count[STOPPED])
		return 130;
	return r->count[FAILED] || !r->count[PASSED] ? 1 : 0;
}

int tests_main(const struct options *opt, int argc, char **argv)
{
	static struct run r;
	unsigned int i;
	int err, code = 0;

	r.opt = opt;
	r.m.fd = -1;
	r.stop_fd = stop_signals();
	mkdir(opt->out_dir, 0777);
	err = find_tests(&r, argv[0], argc - 1, argv + 1);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-err));
		code = 125;
	} else if (opt->list) {
		for (i = 0; i < r.nr_tests; i++)
			printf("%-12s %4us %s\n", r.tests[i].host,
			       r.tests[i].timeout_s, r.tests[i].name);
	} else {
		code = run_all(&r);
	}
	free(r.tests);
	return code;
}
