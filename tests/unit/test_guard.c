// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_guard.c: properties of the filters of our system calls: each refused
 * form, one at a time in a process of its own, and what must go on working.
 */
#include "guard_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "compat.h"

/* The same of one system call: KILLED, 0, or its errno. */
static int call(long nr, unsigned long a, unsigned long b, unsigned long c,
		unsigned long d, unsigned long e)
{
	struct guard g;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		confine(&g);
		_exit(syscall(nr, a, b, c, d, e) == -1 ? errno & 0x7f : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return KILLED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int advise(uint8_t *at, size_t len, int advice)
{
	return call(SYS_madvise, (uintptr_t)at, len, (unsigned long)advice, 0,
		    0);
}

START_TEST(advice_that_touches_guest_memory_is_refused_however_it_overlaps)
{
	uint8_t *ranges[] = { ram, window };

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		uint8_t *r = ranges[i], *end = r + RAM_LEN;

		ck_assert_int_eq(advise(r, PAGE, MADV_DONTNEED), KILLED);
		ck_assert_int_eq(advise(r, RAM_LEN - PAGE, MADV_DONTNEED),
				 KILLED);
		ck_assert_int_eq(advise(r, RAM_LEN, MADV_FREE), KILLED);
		ck_assert_int_eq(advise(end - PAGE, PAGE, MADV_DONTNEED),
				 KILLED);
		ck_assert_int_eq(advise(end - PAGE, 9 * PAGE, MADV_PAGEOUT),
				 KILLED);
		ck_assert_int_eq(advise(r + 7 * PAGE, PAGE, MADV_COLD), KILLED);
		/* From below: one page, and one byte, into it. */
		ck_assert_int_eq(advise(r - PAGE, 2 * PAGE, MADV_DONTNEED),
				 KILLED);
		ck_assert_int_eq(advise(r - PAGE, PAGE + 1, MADV_DONTNEED),
				 KILLED);
		ck_assert_int_eq(
			advise(r - 4 * PAGE, RAM_LEN + 9 * PAGE, MADV_DONTNEED),
			KILLED);
		/* So long that the sum begins anew. */
		ck_assert_int_eq(
			advise(r - PAGE, SIZE_MAX - PAGE + 1, MADV_DONTNEED),
			KILLED);
	}
	/* The kernel leaves a tag out, so the filter does. */
	ck_assert_int_eq(advise((uint8_t *)((uintptr_t)ram | 0x42UL << 56),
				PAGE, MADV_DONTNEED),
			 KILLED);
}
END_TEST

START_TEST(advice_beside_guest_memory_is_nobodys_business)
{
	ck_assert_int_eq(advise(ram - BELOW, BELOW, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram - PAGE, PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram + RAM_LEN, PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram + RAM_LEN, BELOW, MADV_DONTNEED), 0);
}
END_TEST

START_TEST(ram_as_a_whole_may_be_dropped_between_two_lives)
{
	ck_assert_int_eq(advise(ram, RAM_LEN, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram, RAM_LEN, MADV_DONTNEED_LOCKED), KILLED);
	ck_assert_int_eq(advise(ram, RAM_LEN + PAGE, MADV_DONTNEED), KILLED);
	ck_assert_int_eq(advise(window, RAM_LEN, MADV_DONTNEED), KILLED);
}
END_TEST

START_TEST(ranges_that_cross_four_gibibytes_are_told_apart)
{
	/* Where both halves of an address count, and a difference borrows. */
	uint8_t *at = (uint8_t *)(0x100ffUL << 24);
	uint8_t *p =
		mmap(at, 32 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	uint8_t *old = ram;

	/* The sanitizers may have it. */
	if (p == MAP_FAILED)
		return;
	/* The range begins right above a multiple of 4 GiB. */
	munmap(p, 32 * PAGE);
	at = (uint8_t *)(0x101UL << 32);
	p = mmap(at - 16 * PAGE, RAM_LEN + 32 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return;
	ram = at + PAGE;
	ck_assert_int_eq(advise(ram - PAGE, PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram - 3 * PAGE, 3 * PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram - 3 * PAGE, 4 * PAGE, MADV_DONTNEED),
			 KILLED);
	ck_assert_int_eq(advise(ram + RAM_LEN, PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram + RAM_LEN - PAGE, PAGE, MADV_DONTNEED),
			 KILLED);
	/* ... and across one. */
	ram = at - PAGE;
	ck_assert_int_eq(advise(ram - 3 * PAGE, 3 * PAGE, MADV_DONTNEED), 0);
	ck_assert_int_eq(advise(ram - 3 * PAGE, 4 * PAGE, MADV_DONTNEED),
			 KILLED);
	ck_assert_int_eq(advise(ram + 2 * PAGE, PAGE, MADV_DONTNEED), KILLED);
	ck_assert_int_eq(advise(ram + RAM_LEN, PAGE, MADV_DONTNEED), 0);
	munmap(p, RAM_LEN + 32 * PAGE);
	ram = old;
}
END_TEST

START_TEST(advice_that_undoes_a_protection_is_refused_anywhere)
{
	static const int advices[] = { MADV_REMOVE,	 MADV_DOFORK,
				       MADV_MERGEABLE,	 MADV_DODUMP,
				       MADV_KEEPONFORK,	 MADV_HWPOISON,
				       MADV_SOFT_OFFLINE };

	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		ck_assert_int_eq(advise(ram + RAM_LEN, PAGE, advices[i]),
				 KILLED);
}
END_TEST

START_TEST(mappings_of_guest_memory_stay_as_they_are)
{
	const unsigned long r = (uintptr_t)ram, w = (uintptr_t)window;
	const unsigned long fixed = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	ck_assert_int_eq(call(SYS_munmap, r, PAGE, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_munmap, r, RAM_LEN, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_munmap, r - PAGE, 2 * PAGE, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_mprotect, r, PAGE, PROT_READ, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_mprotect, w, PAGE, PROT_READ, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_mremap, r, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0),
			 KILLED);
	ck_assert_int_eq(call(SYS_mmap, r, PAGE, PROT_READ, fixed, -1UL),
			 KILLED);
	ck_assert_int_eq(
		call(SYS_mmap, w - PAGE, 2 * PAGE, PROT_READ, fixed, -1UL),
		KILLED);
	ck_assert_int_eq(call(SYS_mlock, r, PAGE, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_mlock2, r, PAGE, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_mbind, r, PAGE, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_pkey_mprotect, r, PAGE, PROT_READ, -1UL, 0),
			 KILLED);
	/* From elsewhere to there. */
	ck_assert_int_eq(call(SYS_mremap, r + RAM_LEN, PAGE, PAGE,
			      MREMAP_MAYMOVE | MREMAP_FIXED, r),
			 KILLED);
	ck_assert_int_eq(call(SYS_mremap, r + RAM_LEN, PAGE, PAGE,
			      MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
			 KILLED);
	/* Others' may change, and the window's end is its unmapping. */
	ck_assert_int_eq(call(SYS_munmap, r + RAM_LEN, BELOW, 0, 0, 0), 0);
	ck_assert_int_eq(call(SYS_munmap, w, RAM_LEN, 0, 0, 0), 0);
	ck_assert_int_eq(call(SYS_mprotect, r - BELOW, BELOW, PROT_READ, 0, 0),
			 0);
}
END_TEST

START_TEST(the_windows_file_is_emptied_as_a_whole_or_not_at_all)
{
	const unsigned long fd = (unsigned long)window_fd;
	const unsigned long punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	int other = memfd_create("other", MFD_CLOEXEC);

	ck_assert_int_eq(call(SYS_fallocate, fd, punch, 0, RAM_LEN, 0), 0);
	ck_assert_int_eq(call(SYS_fallocate, fd, 0, 0, RAM_LEN, 0), 0);
	ck_assert_int_eq(call(SYS_fallocate, fd, punch, 0, PAGE, 0), KILLED);
	ck_assert_int_eq(call(SYS_fallocate, fd, punch, PAGE, RAM_LEN, 0),
			 KILLED);
	ck_assert_int_eq(call(SYS_ftruncate, fd, 0, 0, 0, 0), KILLED);
	/* A disk's image. */
	ck_assert_int_eq(ftruncate(other, RAM_LEN), 0);
	ck_assert_int_eq(
		call(SYS_fallocate, (unsigned long)other, punch, PAGE, PAGE, 0),
		0);
	close(other);
}
END_TEST

START_TEST(ways_to_memory_that_are_the_kernels_own_are_refused)
{
	static const long calls[] = {
		SYS_ptrace,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_vmsplice,
		SYS_splice,
		SYS_tee,
		SYS_sendfile,
		SYS_copy_file_range,
		SYS_process_madvise,
		SYS_process_mrelease,
		SYS_shmat,
		SYS_userfaultfd,
		SYS_remap_file_pages,
		SYS_migrate_pages,
		SYS_move_pages,
		SYS_mlockall,
		SYS_execve,
		SYS_execveat,
#ifdef SYS_fork
		SYS_fork,
		SYS_vfork,
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		ck_assert_msg(call(calls[i], -1UL, 0, 0, 0, 0) == KILLED,
			      "call %ld", calls[i]);
	/* A signal's default of a program that is none of ours. */
	ck_assert_int_eq(call(SYS_clone, SIGCHLD, 0, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_clone3, 0, 0, 0, 0, 0), ENOSYS);
}
END_TEST

START_TEST(pinning_of_buffers_is_refused)
{
	static const unsigned long ops[] = { IORING_REGISTER_BUFFERS, 15, 16,
					     30 };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		ck_assert_int_eq(
			call(SYS_io_uring_register, -1UL, ops[i], 0, 0, 0),
			KILLED);
	ck_assert_int_ne(call(SYS_io_uring_register, -1UL,
			      IORING_REGISTER_FILES, 0, 0, 0),
			 KILLED);
	ck_assert_int_eq(
		call(SYS_setsockopt, -1UL, SOL_SOCKET, SO_ZEROCOPY, 0, 0),
		KILLED);
	ck_assert_int_eq(
		call(SYS_setsockopt, -1UL, SOL_SOCKET, SO_SNDBUF, 0, 0), EBADF);
}
END_TEST

START_TEST(the_process_stays_undumpable_and_unmerged)
{
	ck_assert_int_eq(call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0), KILLED);
	ck_assert_int_eq(call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(call(SYS_prctl, PR_SET_MEMORY_MERGE, 1, 0, 0, 0),
			 KILLED);
	ck_assert_int_eq(call(SYS_prctl, PR_SET_MM, 1, 0, 0, 0), KILLED);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guard");
	TCase *tc = tcase_create("guard");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(
		tc,
		advice_that_touches_guest_memory_is_refused_however_it_overlaps);
	tcase_add_test(tc, advice_beside_guest_memory_is_nobodys_business);
	tcase_add_test(tc, ram_as_a_whole_may_be_dropped_between_two_lives);
	tcase_add_test(tc, ranges_that_cross_four_gibibytes_are_told_apart);
	tcase_add_test(tc, advice_that_undoes_a_protection_is_refused_anywhere);
	tcase_add_test(tc, mappings_of_guest_memory_stay_as_they_are);
	tcase_add_test(tc,
		       the_windows_file_is_emptied_as_a_whole_or_not_at_all);
	tcase_add_test(tc, ways_to_memory_that_are_the_kernels_own_are_refused);
	tcase_add_test(tc, pinning_of_buffers_is_refused);
	tcase_add_test(tc, the_process_stays_undumpable_and_unmerged);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
