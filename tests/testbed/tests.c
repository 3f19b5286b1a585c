// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the e2e tests, in as few boots of as few hosts as keep the machine busy.
 *
 * How this works: each of opt->hosts processes has one host at a time and takes
 * the next test that nobody has taken. What failed is tried again at the end, if
 * at all, with nothing beside it. Verdicts are in memory that all share.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_run.h"

#define MAX_HOSTS 16U

struct result {
	enum verdict verdict;
	bool was_taken, is_flaky;
	char reason[600];
};

struct shared {
	unsigned int next; /* test nobody has taken; atomic */
	struct result results[];
};

struct crew {
	const struct options *opt;
	struct test_list list;
	struct shared *shared;
	struct test_run run; /* each process has its own */
	pid_t members[MAX_HOSTS];
	unsigned int nr_members;
};

static enum verdict run_test(struct crew *c, unsigned int i)
{
	struct result *res = &c->shared->results[i];

	res->was_taken = true;
	res->verdict = test_run(&c->run, &c->list.tests[i], i + 1);
	memcpy(res->reason, c->run.reason, sizeof(res->reason));
	return res->verdict;
}

/* --- members ----------------------------------------------------------------- */

static unsigned int take_next(struct crew *c)
{
	return __atomic_fetch_add(&c->shared->next, 1, __ATOMIC_RELAXED);
}

__attribute__((noreturn)) static void work(struct crew *c, unsigned int nr,
					   pid_t parent)
{
	unsigned int i;

	c->run.nr = nr;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	for (i = take_next(c); i < c->list.nr; i = take_next(c))
		if (run_test(c, i) == STOPPED)
			break;
	test_run_stop_host(&c->run);
	_exit(0);
}

static void start_members(struct crew *c, unsigned int nr)
{
	const pid_t parent = getpid();
	sigset_t set;

	/* For wait_for_members(). */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fflush(stdout);
	for (unsigned int i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid == 0)
			work(c, i, parent);
		if (pid > 0)
			c->members[c->nr_members++] = pid;
		else
			perror("fork");
	}
}

static void reap(struct crew *c)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < c->nr_members; i++)
		if (waitpid(c->members[i], NULL, WNOHANG) != c->members[i])
			c->members[left++] = c->members[i];
	c->nr_members = left;
}

/* False: somebody wants us to stop. */
static bool wait_for_members(struct crew *c)
{
	bool stopped = false;
	sigset_t set;
	int sig;

	sigprocmask(SIG_BLOCK, NULL, &set); /* all that are blocked */
	for (reap(c); c->nr_members; reap(c)) {
		sig = sigwaitinfo(&set, NULL);
		if (sig <= 0 || sig == SIGCHLD)
			continue;
		stopped = true;
		for (unsigned int i = 0; i < c->nr_members; i++)
			kill(c->members[i], SIGTERM);
	}
	return !stopped;
}

/* --- the whole --------------------------------------------------------------- */

/*
 * Each try in a fresh host, whose logs are its own. Only one that passes says
 * more than the first, which failed.
 */
static void try_failed_again(struct crew *c)
{
	enum verdict v = FAILED;

	c->run.nr = c->opt->hosts;
	for (unsigned int i = 0; v != STOPPED && i < c->list.nr; i++) {
		struct result *res = &c->shared->results[i];

		for (unsigned int n = c->opt->retries;
		     v != STOPPED && n > 0 && res->verdict == FAILED; n--) {
			test_run_stop_host(&c->run);
			v = test_run(&c->run, &c->list.tests[i], i + 1);
			res->is_flaky = v == PASSED;
			if (v == PASSED)
				res->verdict = v;
		}
	}
	test_run_stop_host(&c->run);
}

/* A member that died ran a test, which counts. */
static void judge_lost(struct crew *c)
{
	for (unsigned int i = 0; i < c->list.nr; i++) {
		struct result *res = &c->shared->results[i];

		if (res->verdict != STOPPED)
			continue;
		res->verdict = FAILED;
		snprintf(res->reason, sizeof(res->reason), "%s",
			 res->was_taken ? "the runner died" : "was not run");
		printf("FAIL %3u %s: %s\n", i + 1, c->list.tests[i].name,
		       res->reason);
	}
}

static void say(const struct crew *c, const char *word, unsigned int i)
{
	printf("%s: %s: %s\n", word, c->list.tests[i].name,
	       c->shared->results[i].reason);
}

static int total(const struct crew *c)
{
	unsigned int count[4] = { 0 };

	printf("\n");
	for (unsigned int i = 0; i < c->list.nr; i++) {
		const struct result *res = &c->shared->results[i];

		count[res->verdict]++;
		if (res->verdict == SKIPPED)
			say(c, "skipped", i);
	}
	for (unsigned int i = 0; i < c->list.nr; i++)
		if (c->shared->results[i].is_flaky)
			say(c, "flaky", i);
	for (unsigned int i = 0; i < c->list.nr; i++)
		if (c->shared->results[i].verdict == FAILED)
			say(c, "failed", i);
	if (count[STOPPED])
		printf("stopped: %u tests did not run\n", count[STOPPED]);
	printf("%u passed, %u failed, %u skipped\n", count[PASSED],
	       count[FAILED], count[SKIPPED]);
	if (count[STOPPED])
		return 130;
	return count[FAILED] || !count[PASSED] ? 1 : 0;
}

static int run_all(struct crew *c)
{
	size_t size =
		sizeof(*c->shared) + c->list.nr * sizeof(c->shared->results[0]);
	unsigned int nr = c->opt->hosts;

	c->shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	c->run.stdout_lock = memfd_create("stdout-lock", MFD_CLOEXEC);
	if (c->shared == MAP_FAILED || c->run.stdout_lock < 0) {
		perror("runner");
		return 125;
	}
	if (nr > c->list.nr)
		nr = c->list.nr;
	start_members(c, nr < MAX_HOSTS ? nr : MAX_HOSTS);
	if (wait_for_members(c)) {
		judge_lost(c);
		try_failed_again(c);
	}
	return total(c);
}

static void list_all(const struct crew *c)
{
	for (unsigned int i = 0; i < c->list.nr; i++)
		printf("%-12s %4us %s\n", c->list.tests[i].host,
		       c->list.tests[i].timeout_s, c->list.tests[i].name);
}

int tests_main(const struct options *opt, int argc, char **argv)
{
	static struct crew c;
	int err, code = 0;

	c.opt = c.run.opt = opt;
	c.run.stop_fd = stop_signals();
	c.run.m.fd = -1;
	mkdir(opt->out_dir, 0777);
	err = test_list_find(&c.list, argv[0], argc - 1, argv + 1, opt);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-err));
		code = 125;
	} else if (opt->list) {
		list_all(&c);
	} else {
		code = run_all(&c);
	}
	free(c.list.tests);
	return code;
}
