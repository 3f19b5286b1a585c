// SPDX-License-Identifier: GPL-2.0-only
/* test_spawner.c: properties of the process that starts programs for us. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../devices/child.h"
#include "spawner.h"

static struct spawner *spawner;

static void setup(void)
{
	ck_assert_int_eq(spawner_start(&spawner), 0);
}

static void teardown(void)
{
	spawner_end(spawner);
}

/* What a shell says that does @script, with a pipe as its descriptor 3. */
static int say(const char *script, char *said, size_t size)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct child_fd fd = { .theirs = 3 };
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	memset(said, 0, size);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	fd.ours = fds[1];
	ck_assert_int_eq(child_start(spawner, &pid, argv, &fd, 1), 0);
	close(fds[1]);
	while ((n = read(fds[0], said, size - 1)) > 0) {
		said += n;
		size -= (size_t)n;
	}
	close(fds[0]);
	/* A child of ours, whoever made it. */
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

START_TEST(a_program_is_our_child_with_its_descriptors_and_no_others)
{
	char said[1024], want[32];

	ck_assert_int_eq(dup2(STDERR_FILENO, 77), 77);
	snprintf(want, sizeof(want), "%d\n", (int)getpid());
	ck_assert_int_eq(say("echo $PPID >&3; exit 7", said, sizeof(said)), 7);
	ck_assert_str_eq(said, want);
	(void)say("[ -e /proc/$$/fd/77 ] && echo more >&3 || echo no >&3", said,
		  sizeof(said));
	ck_assert_str_eq(said, "no\n");
	ck_assert_int_eq(say("kill -9 $$", said, sizeof(said)), -SIGKILL);
	close(77);
}
END_TEST

/* A line of /proc/PID/status, without signals 32 and 33: the C library's own. */
static unsigned long long signals(const char *status, const char *line)
{
	const char *at = strstr(status, line);

	ck_assert_ptr_nonnull(at);
	return strtoull(at + strlen(line), NULL, 16) & ~(3ULL << 31);
}

START_TEST(it_gets_neither_our_signals_nor_our_group)
{
	char said[1024];
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	(void)signal(SIGTERM, SIG_IGN);
	ck_assert_int_eq(say("grep -E '^Sig(Blk|Ign)' /proc/self/status >&3",
			     said, sizeof(said)),
			 0);
	(void)signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	ck_assert_uint_eq(signals(said, "SigBlk:"), 0);
	ck_assert_uint_eq(signals(said, "SigIgn:"), 0);
	(void)say("cut -d ' ' -f 1,5 /proc/$$/stat >&3", said, sizeof(said));
	ck_assert_int_eq(atoi(said), atoi(strchr(said, ' ')));
}
END_TEST

START_TEST(a_program_that_is_not_there_is_an_error)
{
	const char *const argv[] = { "/nonexistent", NULL };
	pid_t pid;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(child_start(spawner, &pid, argv, NULL, 0),
				 -ENOENT);
	ck_assert_int_eq(pid, 0);
	/* No child of before is left. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	static char word[10000];
	const char *const argv[] = { "true", word, NULL };
	const char *many[40] = { "true" };
	pid_t pid;

	memset(word, 'x', sizeof(word) - 1);
	ck_assert_int_eq(child_start(spawner, &pid, argv, NULL, 0), -E2BIG);
	for (size_t i = 1; i + 1 < ARRAY_SIZE(many); i++)
		many[i] = "x";
	ck_assert_int_eq(child_start(spawner, &pid, many, NULL, 0), -E2BIG);
}
END_TEST

/* The kernel has no room for what it answers, from its first start on. */
static int ask_one_that_cannot_answer(void)
{
	const char *const argv[] = { "true", NULL };
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	struct spawner *mute;
	pid_t pid;

	(void)signal(SIGALRM, SIG_DFL); /* Check kills its group */
	(void)alarm(20);
	if (!ctx ||
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOBUFS), SCMP_SYS(sendto),
			     0) ||
	    seccomp_load(ctx) || spawner_start(&mute))
		return EXIT_FAILURE;
	return -child_start(mute, &pid, argv, NULL, 0);
}

START_TEST(one_that_cannot_answer_is_not_waited_for)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(ask_one_that_cannot_answer());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), EPIPE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("spawner");
	TCase *tc = tcase_create("spawner");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(
		tc, a_program_is_our_child_with_its_descriptors_and_no_others);
	tcase_add_test(tc, it_gets_neither_our_signals_nor_our_group);
	tcase_add_test(tc, a_program_that_is_not_there_is_an_error);
	tcase_add_test(tc, what_does_not_fit_is_refused);
	tcase_add_test(tc, one_that_cannot_answer_is_not_waited_for);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
