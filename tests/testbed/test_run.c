// SPDX-License-Identifier: GPL-2.0-only
// Runs one test after the other in an emulated host, booted anew when it must.
#include "test_run.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define EXIT_SKIPPED 77
#define SHOWN_LOG    8000 /* bytes of a failed test's output */
/* Beyond the test's own timeout: the agent kills, reaps and reports. */
#define AGENT_PATIENCE_MS 90000

/* Other hosts' runs have the same stdout and stderr. */
static void lock_output(struct test_run *r)
{
	(void)!lockf(r->stdout_lock, F_LOCK, 0);
}

static void unlock_output(struct test_run *r)
{
	(void)!lockf(r->stdout_lock, F_ULOCK, 0);
}

static void show_logs(struct test_run *r)
{
	lock_output(r);
	machine_show_log("QEMU", r->cfg.qemu_log);
	machine_show_log("console of the host", r->cfg.log);
	unlock_output(r);
}

void test_run_stop_host(struct test_run *r)
{
	machine_stop(&r->m);
	r->booted_for = NULL;
}

/* Has the host that this test needs running. */
static enum verdict have_host(struct test_run *r, const struct test *t)
{
	const struct host_kind *kind = hosts_find(t->host);
	const char *why;
	int err;

	if (r->booted_for && !test_compare_hosts(r->booted_for, t))
		return PASSED;
	test_run_stop_host(r);
	if (!kind) {
		snprintf(r->reason, sizeof(r->reason),
			 "asks for unknown host '%s'", t->host);
		return FAILED;
	}
	why = hosts_configure(kind, r->opt, r->nr, &r->cfg);
	if (why) {
		snprintf(r->reason, sizeof(r->reason), "host '%s': %s", t->host,
			 why);
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
		show_logs(r);
		return FAILED;
	}
	r->booted_for = t;
	return PASSED;
}

static int send_test(struct test_run *r, const struct test *t)
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
	if (!err && r->opt->is_long)
		err = wire_put(f, "env", "LONG=1");
	if (!err)
		err = wire_put(f, "arg", "/bin/sh");
	if (!err)
		err = wire_put(f, "arg", script);
	if (!err)
		err = wire_send(r->m.fd, WIRE_RUN, f->buf, f->len);
	free(f);
	return err;
}

static void keep_last_line(struct test_run *r, const char *data, size_t len)
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

static void keep_output(struct test_run *r, const struct wire_frame *frame)
{
	if (frame->type == WIRE_OUT || frame->type == WIRE_ERR)
		keep_last_line(r, frame->data, frame->len);
	if (write(r->log_fd, frame->data, frame->len) > 0)
		r->log_len += frame->len;
	if (r->opt->verbose)
		(void)!write(STDOUT_FILENO, frame->data, frame->len);
}

/* The code it ended with and why, or at least what it printed last. */
static void describe_end(struct test_run *r, const struct wire_frame *end)
{
	int status = (int)wire_num(end, "status", -1);
	bool by_signal = WIFSIGNALED(status);
	const char *said = wire_first(end, "said"), *sep = ": ";

	if (!said) {
		said = r->last;
		sep = *said ? ", after: " : "";
	}
	snprintf(r->reason, sizeof(r->reason), "%s %d%s%s",
		 by_signal ? "signal" : "exit",
		 by_signal ? WTERMSIG(status) : WEXITSTATUS(status), sep, said);
}

/* It goes to a terminal, and has words of the test's. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

static enum verdict judge(struct test_run *r, const struct wire_frame *end)
{
	int status = (int)wire_num(end, "status", -1);
	const char *left = wire_first(end, "left");
	const char *harm = wire_first(end, "harm");
	bool is_late = wire_num(end, "timeout", 0) != 0;
	bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED;
	enum verdict v = FAILED;

	if (is_late) {
		snprintf(r->reason, sizeof(r->reason), "timed out");
	} else if (harm) {
		snprintf(r->reason, sizeof(r->reason), "host kernel: %s", harm);
	} else if (status && !skipped) {
		describe_end(r, end);
	} else if (left) {
		snprintf(r->reason, sizeof(r->reason), "left behind: %s", left);
	} else if (skipped) {
		snprintf(r->reason, sizeof(r->reason), "%s", r->last);
		v = SKIPPED;
	} else {
		v = PASSED;
	}
	make_printable(r->reason);
	if (harm || left || is_late)
		test_run_stop_host(r);
	return v;
}

static enum verdict run_in_host(struct test_run *r, const struct test *t)
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
	show_logs(r);
	snprintf(r->reason, sizeof(r->reason), "host %s: %s",
		 err == -ETIMEDOUT ? "does not answer" : "died",
		 err == -EPIPE ? "QEMU ended" : strerror(-err));
	test_run_stop_host(r);
	return FAILED;
}

static void show_failure(const struct test_run *r, const char *path)
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

static void tell(struct test_run *r, const struct test *t, enum verdict v,
		 const char *log, unsigned int nr, int64_t ms)
{
	static const char *const words[] = {
		[PASSED] = "ok  ",
		[FAILED] = "FAIL",
		[SKIPPED] = "skip",
		[STOPPED] = "stop",
	};

	lock_output(r);
	if (v == FAILED && !r->opt->verbose)
		show_failure(r, log);
	printf("%s %3u %s (%lld.%llds)%s%s\n", words[v], nr, t->name,
	       (long long)ms / 1000, (long long)ms % 1000 / 100,
	       r->reason[0] ? ": " : "", r->reason);
	fflush(stdout);
	unlock_output(r);
}

enum verdict test_run(struct test_run *r, const struct test *t, unsigned int nr)
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
