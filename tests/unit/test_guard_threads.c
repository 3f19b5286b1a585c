// SPDX-License-Identifier: GPL-2.0-only
/* test_guard_threads.c: which threads the filters are for, and what they say. */
#include "guard_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "../../vmm/crash.h"

static struct guard guard;

static void *merge(void *arg)
{
	(void)arg;
	(void)madvise(ram, PAGE, MADV_MERGEABLE);
	return NULL;
}

static void *first_wait(void *arg)
{
	char byte;

	if (read(*(int *)arg, &byte, 1) == 1)
		(void)madvise(ram, PAGE, MADV_MERGEABLE);
	return NULL;
}

/* Whose status is looked at by the caller. */
static pid_t fork_quietly(void)
{
	pid_t pid = fork();

	if (pid == 0)
		(void)signal(SIGSYS, SIG_DFL);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

START_TEST(threads_that_were_there_before_are_guarded_too)
{
	pid_t pid = fork_quietly();
	pthread_t t;
	int fds[2];

	if (pid == 0) {
		if (pipe(fds) || pthread_create(&t, NULL, first_wait, fds))
			_exit(98);
		confine(&guard);
		(void)!write(fds[1], "", 1);
		pthread_join(t, NULL);
		_exit(0);
	}
	ck_assert_int_eq(status_of(pid), KILLED);
}
END_TEST

static void *nothing(void *arg)
{
	return arg;
}

static int make_a_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, nothing, NULL) || pthread_join(t, NULL);
}

static int make_a_thread_that_merges(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, merge, NULL) || pthread_join(t, NULL);
}

START_TEST(threads_can_still_be_made_and_are_guarded)
{
	ck_assert_int_eq(becomes(make_a_thread), 0);
	ck_assert_int_eq(becomes(make_a_thread_that_merges), KILLED);
}
END_TEST

/* One call by a thread that became a vCPU's. */
static int vcpu_call(long nr, unsigned long a, unsigned long b)
{
	pid_t pid = fork_quietly();

	if (pid == 0) {
		confine(&guard);
		if (guard_vcpu(&guard))
			_exit(97);
		syscall(SYS_exit_group,
			syscall(nr, a, b, 0, 0, 0) == -1 ? errno & 0x7f : 0);
	}
	return status_of(pid);
}

START_TEST(a_vcpus_thread_has_a_short_list)
{
	static const long others[] = {
		SYS_socket,    SYS_connect,	 SYS_clone,  SYS_io_uring_setup,
		SYS_kill,      SYS_memfd_create, SYS_setuid, SYS_mount,
		SYS_renameat2, SYS_pwrite64,	 SYS_prctl,  SYS_sendmsg,
	};

	ck_assert_int_eq(vcpu_call(SYS_ioctl, -1UL, 0), EBADF);
	ck_assert_int_eq(vcpu_call(SYS_read, -1UL, 0), EBADF);
	ck_assert_int_eq(vcpu_call(SYS_gettid, 0, 0), 0);
	/* malloc(3) of the ninth thread; the sanitizers' does not. */
	ck_assert_int_eq(vcpu_call(SYS_sched_getaffinity, 0, 0), EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		ck_assert_msg(vcpu_call(others[i], -1UL, 0) == KILLED,
			      "call %ld", others[i]);
	/* Both filters hold. */
	ck_assert_int_eq(vcpu_call(SYS_munmap, (uintptr_t)ram, PAGE), KILLED);
}
END_TEST

START_TEST(a_refused_call_is_named)
{
	char name[40];

	guard_call_name(SYS_process_madvise, name, sizeof(name));
	ck_assert_str_eq(name, "process_madvise");
	guard_call_name(SYS_madvise, name, sizeof(name));
	ck_assert_str_eq(name, "madvise");
	guard_call_name(100000, name, sizeof(name));
	ck_assert_str_eq(name, "unknown");
}
END_TEST

START_TEST(a_refused_call_is_reported_and_is_the_end)
{
	char said[2048] = "";
	int fds[2], status;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct guard_memory m = memory();

		dup2(fds[1], STDERR_FILENO);
		close(fds[1]);
		crash_handlers_install();
		(void)prctl(PR_SET_NAME, "culprit");
		if (guard_process(&guard, &m) == 0)
			(void)vmsplice(-1, NULL, 0, 0);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	ck_assert_ptr_nonnull(strstr(said,
				     "bug: thread culprit made the system call "
				     "vmsplice ("));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guard_threads");
	TCase *tc = tcase_create("guard_threads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, threads_that_were_there_before_are_guarded_too);
	tcase_add_test(tc, threads_can_still_be_made_and_are_guarded);
	tcase_add_test(tc, a_vcpus_thread_has_a_short_list);
	tcase_add_test(tc, a_refused_call_is_named);
	tcase_add_test(tc, a_refused_call_is_reported_and_is_the_end);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
