// SPDX-License-Identifier: GPL-2.0-only
/* test_chardev_pty.c: properties of pseudoterminals of ports. */
#include "chardev_fixture.h"

#include <sys/wait.h>

/* A terminal's bytes reach its other end by the kernel's own thread. */
static void wait_for_input(struct world *t, size_t len)
{
	struct pollfd p = { .fd = t->loop.epoll_fd, .events = POLLIN };

	for (unsigned int i = 0; i < 1000 && t->nr_got < len; i++) {
		(void)poll(&p, 1, 10);
		poll_loop(t);
	}
	ck_assert_uint_eq(t->nr_got, len);
}

/* The other end, which is held open: the newest of our descriptors. */
static int open_slave(void)
{
	char link[32], path[64];
	ssize_t n;

	for (int i = 255; i > STDERR_FILENO; i--) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", i);
		n = readlink(link, path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = '\0';
		if (!strncmp(path, "/dev/pts/", 9))
			return open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	return -1;
}

START_TEST(pseudoterminal_is_raw_and_outlives_its_users)
{
	struct world *t = make(CHARDEV_PTY);
	char buf[32];

	for (unsigned int i = 0; i < 3; i++) {
		int fd = open_slave();

		ck_assert_int_ge(fd, 0);
		ck_assert_uint_eq(output(t, "a\nb"), 3);
		ck_assert_int_eq(read(fd, buf, sizeof(buf)), 3);
		ck_assert_mem_eq(buf, "a\nb", 3);
		put(fd, "c\r\x03");
		wait_for_input(t, 3);
		close(fd);
		poll_loop(t);
		ck_assert_uint_eq(t->nr_got, 3);
		ck_assert_mem_eq(t->got, "c\r\x03", 3);
		t->nr_got = 0;
	}
	ck_assert(is_idle(t));
	finish(t);
}
END_TEST

/* A process that reads @want bytes after a while and has no fd of ours. */
static pid_t late_reader(int fd, size_t want)
{
	pid_t pid = fork();
	char buf[256];
	size_t sum = 0;

	if (pid)
		return pid;
	for (int i = 255; i > STDERR_FILENO; i--)
		if (i != fd)
			close(i);
	while (sum < want) {
		ssize_t n;

		usleep(30000);
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			_exit(1);
		sum += (size_t)n;
	}
	_exit(0);
}

START_TEST(pseudoterminal_lets_its_reader_finish)
{
	struct world *t = make(CHARDEV_PTY);
	int fd = open_slave(), status;
	pid_t pid;

	for (unsigned int i = 0; i < 100; i++)
		ck_assert_uint_eq(output(t, "0123456789"), 10);
	pid = late_reader(fd, 1000);
	ck_assert_int_gt(pid, 0);
	close(fd);
	finish(t);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(pseudoterminal_nobody_reads_takes_no_more)
{
	struct world *t = make(CHARDEV_PTY);
	size_t sum = 0, n;

	do {
		n = output(t, "0123456789");
		sum += n;
	} while (n == 10);
	ck_assert_uint_gt(sum, 0);
	ck_assert(is_idle(t));
	ck_assert_uint_eq(t->nr_got, 0); /* no echo */
	finish(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chardev_pty");
	TCase *tc = tcase_create("pty");

	tcase_add_test(tc, pseudoterminal_is_raw_and_outlives_its_users);
	tcase_add_test(tc, pseudoterminal_nobody_reads_takes_no_more);
	tcase_add_test(tc, pseudoterminal_lets_its_reader_finish);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
