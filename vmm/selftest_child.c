// SPDX-License-Identifier: GPL-2.0-only
/*
 * selftest_child.c: one check in a process of its own, which is this program
 * again with --one=NAME. It says its verdict on a pipe; one that says nothing
 * has failed, and one that takes too long is killed.
 */
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define SELF "/proc/self/exe"

/* In a process group of its own, so that what it starts ends with it. */
static int spawn(pid_t *pid, char **argv, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int err;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGCHLD);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGQUIT);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	err = posix_spawn(pid, SELF, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

/*
 * Reads until there is a verdict, or to the end of @fd, at most until
 * @deadline; false: too late. What a check started may hold its end of the
 * pipe. Without a verdict @r says FAIL and nothing yet.
 */
static bool listen_to(int fd, struct selftest_result *r, int64_t deadline)
{
	char text[512];
	size_t used = 0;

	r->verdict = SELFTEST_FAIL;
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_ms();
		ssize_t n;

		if (left <= 0)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, text + used, sizeof(text) - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		used += (size_t)n;
		text[used] = '\0';
		if (used + 1 == sizeof(text) || selftest_parse(r, text))
			return true;
	}
}

static void judge_silence(struct selftest_result *r, int status)
{
	if (WIFSIGNALED(status))
		snprintf(r->seen, sizeof(r->seen),
			 "the check's process was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(r->seen, sizeof(r->seen),
			 "the check's process ended with %d and no verdict",
			 WEXITSTATUS(status));
}

static void broken(struct selftest_result *r, const char *what, int err)
{
	r->verdict = SELFTEST_FAIL;
	snprintf(r->seen, sizeof(r->seen), "lkvm-pvm itself: %s: %s", what,
		 errno_text(err));
}

static void await(struct selftest_result *r, pid_t pid, int fd,
		  unsigned int seconds)
{
	int status = 0;
	bool ended = listen_to(fd, r, clock_ms() + seconds * 1000LL);

	/* With what it started and left, which is ours once it is gone. */
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	while (waitpid(-pid, NULL, 0) > 0 || errno == EINTR)
		;
	if (!ended) {
		r->verdict = SELFTEST_TIMEOUT;
		snprintf(r->seen, sizeof(r->seen), "no end after %u seconds",
			 seconds);
	} else if (r->verdict == SELFTEST_FAIL && !r->seen[0]) {
		judge_silence(r, status);
	}
}

void selftest_spawn(const struct selftest_check *c,
		    const struct selftest_mode *mode, unsigned int seconds,
		    struct selftest_result *r)
{
	char one[128], self[] = SELF, verb[] = "selftest";
	char leave_out[] = "--leave-out", no_quirks[] = "--no-quirks";
	char *argv[6] = { self, verb, one };
	int64_t start = clock_ms();
	int pipes[2], n = 3, err;
	pid_t pid;

	memset(r, 0, sizeof(*r));
	snprintf(one, sizeof(one), "--one=%s", c->name);
	if (mode->leave_out)
		argv[n++] = leave_out;
	if (mode->no_quirks)
		argv[n++] = no_quirks;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(pipes, O_CLOEXEC)) {
		broken(r, "pipe", errno);
		return;
	}
	err = spawn(&pid, argv, pipes[1]);
	close(pipes[1]);
	if (err)
		broken(r, SELF, err);
	else
		await(r, pid, pipes[0], seconds);
	close(pipes[0]);
	r->ms = (unsigned int)(clock_ms() - start);
}
