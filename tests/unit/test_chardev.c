// SPDX-License-Identifier: GPL-2.0-only
/* test_chardev.c: properties of files, pseudoterminals and sockets of ports. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chardev.h"
#include "log.h"

struct world {
	struct loop loop;
	struct chardev *c;
	char dir[32], path[64];
	uint8_t got[KIB(64)];
	size_t nr_got, appetite;
	unsigned int nr_rooms, nr_came, nr_left;
};

static size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct world *t = ctx;

	if (len > t->appetite)
		len = t->appetite;
	ck_assert_uint_le(t->nr_got + len, sizeof(t->got));
	memcpy(t->got + t->nr_got, bytes, len);
	t->nr_got += len;
	t->appetite -= len;
	return len;
}

static void on_room(void *ctx)
{
	((struct world *)ctx)->nr_rooms++;
}

static void on_connected(void *ctx, bool is_connected)
{
	struct world *t = ctx;

	++*(is_connected ? &t->nr_came : &t->nr_left);
}

static int open_end(struct world *t, enum chardev_kind kind)
{
	const struct chardev_init init = {
		.kind = kind,
		.path = kind == CHARDEV_PTY ? NULL : t->path,
		.name = "port 'test'",
		.loop = &t->loop,
		.host = { t, on_input, on_room, on_connected },
	};

	return chardev_open(&t->c, &init);
}

static struct world *prepare(void)
{
	struct world *t = calloc(1, sizeof(*t));

	ck_assert_ptr_nonnull(t);
	log_set_level(LOG_ERROR);
	(void)signal(SIGPIPE, SIG_IGN);
	snprintf(t->dir, sizeof(t->dir), "/tmp/chardev.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/end", t->dir);
	ck_assert_int_eq(loop_init(&t->loop), 0);
	t->appetite = SIZE_MAX;
	return t;
}

static struct world *make(enum chardev_kind kind)
{
	struct world *t = prepare();

	ck_assert_int_eq(open_end(t, kind), 0);
	return t;
}

static void finish(struct world *t)
{
	chardev_close(t->c);
	chardev_close(NULL);
	loop_fini(&t->loop);
	unlink(t->path);
	ck_assert_int_eq(rmdir(t->dir), 0);
	free(t);
}

static void poll_loop(struct world *t)
{
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(loop_poll(&t->loop), 0);
}

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

/* Whether nothing is left for the loop to do. */
static bool is_idle(struct world *t)
{
	struct pollfd p = { .fd = t->loop.epoll_fd, .events = POLLIN };

	poll_loop(t);
	return poll(&p, 1, 0) == 0;
}

static int client(struct world *t)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, t->path, sizeof(t->path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	poll_loop(t);
	return fd;
}

static void put(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
}

static size_t output(struct world *t, const char *text)
{
	return chardev_output(t->c, (const uint8_t *)text, strlen(text));
}

/* What is there to read, as text. */
static const char *take(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return n == 0 ? "(end)" : text;
}

/* --- files ----------------------------------------------------------------- */

static void expect_file(struct world *t, const char *text)
{
	char buf[256] = "";
	int fd = open(t->path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(read(fd, buf, sizeof(buf) - 1), 0);
	ck_assert_str_eq(buf, text);
	close(fd);
}

START_TEST(file_is_appended_to)
{
	struct world *t = make(CHARDEV_FILE);

	ck_assert(chardev_is_connected(t->c));
	ck_assert_uint_eq(output(t, "one"), 3);
	chardev_close(t->c);
	ck_assert_int_eq(open_end(t, CHARDEV_FILE), 0);
	ck_assert_uint_eq(output(t, "two"), 3);
	expect_file(t, "onetwo");
	ck_assert(is_idle(t));
	finish(t);
}
END_TEST

START_TEST(full_file_costs_the_bytes_and_nothing_else)
{
	const struct rlimit small = { 4, RLIM_INFINITY };
	struct world *t = make(CHARDEV_FILE);
	struct rlimit old;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (unsigned int i = 0; i < 100; i++)
		ck_assert_uint_eq(output(t, "abcdef"), 6);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_uint_eq(output(t, "again"), 5);
	expect_file(t, "abcdagain");
	finish(t);
}
END_TEST

START_TEST(fifo_nobody_reads_is_refused_and_one_that_is_full_waits)
{
	static char big[KIB(128)];
	struct world *t = prepare();
	size_t taken;
	int fd;

	ck_assert_int_eq(mkfifo(t->path, 0600), 0);
	ck_assert_int_eq(open_end(t, CHARDEV_FILE), -ENXIO);
	fd = open(t->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(open_end(t, CHARDEV_FILE), 0);
	taken = chardev_output(t->c, (uint8_t *)big, sizeof(big));
	ck_assert_uint_lt(taken, sizeof(big));
	ck_assert(is_idle(t));
	ck_assert_uint_eq(t->nr_rooms, 0);
	ck_assert_int_gt(read(fd, big, sizeof(big)), 0);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_rooms, 1);
	close(fd);
	ck_assert_uint_eq(output(t, "gone"), 4);
	ck_assert(is_idle(t));
	finish(t);
}
END_TEST

/* --- pseudoterminals ------------------------------------------------------- */

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

/* --- sockets --------------------------------------------------------------- */

START_TEST(socket_is_the_users_alone_and_removed_at_the_end)
{
	struct world *t = make(CHARDEV_UNIX);
	struct stat st;

	ck_assert_int_eq(lstat(t->path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 077, 0);
	chardev_close(t->c);
	t->c = NULL;
	ck_assert_int_eq(lstat(t->path, &st), -1);
	finish(t);
}
END_TEST

START_TEST(socket_in_use_is_refused_and_a_stale_one_taken_over)
{
	struct world *t = make(CHARDEV_UNIX);
	struct chardev *first = t->c;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	t->c = NULL;
	ck_assert_int_eq(open_end(t, CHARDEV_UNIX), -EADDRINUSE);
	ck_assert_int_eq(access(t->path, F_OK), 0);
	chardev_close(first);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(a.sun_path, t->path, sizeof(t->path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	ck_assert_int_eq(open_end(t, CHARDEV_UNIX), 0);
	finish(t);
}
END_TEST

START_TEST(a_file_is_not_taken_for_a_socket)
{
	struct world *t = prepare();
	int fd = open(t->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	close(fd);
	ck_assert_int_eq(open_end(t, CHARDEV_UNIX), -EADDRINUSE);
	ck_assert_int_eq(access(t->path, F_OK), 0);
	finish(t);
}
END_TEST

START_TEST(clients_are_served_one_after_the_other)
{
	struct world *t = make(CHARDEV_UNIX);
	int first, second;

	ck_assert(!chardev_is_connected(t->c));
	ck_assert_uint_eq(output(t, "early"), 0);
	first = client(t);
	ck_assert_uint_eq(t->nr_came, 1);
	ck_assert_uint_eq(t->nr_rooms, 1); /* "early" is worth a try */
	second = client(t);
	put(first, "1");
	put(second, "2");
	poll_loop(t);
	ck_assert_uint_eq(output(t, "to 1"), 4);
	ck_assert_str_eq(take(first), "to 1");
	ck_assert_mem_eq(t->got, "1", 1);
	ck_assert_uint_eq(t->nr_got, 1);
	close(first);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_left, 1);
	ck_assert_uint_eq(t->nr_came, 2);
	ck_assert_mem_eq(t->got, "12", 2);
	ck_assert_uint_eq(output(t, "to 2"), 4);
	ck_assert_str_eq(take(second), "to 2");
	close(second);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_left, 2);
	ck_assert(is_idle(t));
	finish(t);
}
END_TEST

START_TEST(client_that_ends_its_sending_gets_the_answer)
{
	struct world *t = make(CHARDEV_UNIX);
	int fd = client(t);

	put(fd, "question");
	shutdown(fd, SHUT_WR);
	ck_assert(is_idle(t));
	ck_assert_uint_eq(t->nr_got, 8);
	ck_assert_uint_eq(t->nr_left, 0);
	ck_assert_uint_eq(output(t, "answer"), 6);
	ck_assert_str_eq(take(fd), "answer");
	close(fd);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_left, 1);
	finish(t);
}
END_TEST

START_TEST(what_a_client_sent_before_it_left_is_not_lost)
{
	struct world *t = make(CHARDEV_UNIX);
	static char big[KIB(20)];
	int fd;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i % 127);
	t->appetite = 10;
	fd = client(t);
	ck_assert_int_eq(write(fd, big, sizeof(big)), sizeof(big));
	close(fd);
	ck_assert(is_idle(t)); /* though it hung up */
	ck_assert_uint_eq(t->nr_got, 10);
	ck_assert_uint_eq(t->nr_left, 0);
	ck_assert_uint_eq(output(t, "nobody"), 6); /* dropped */
	t->appetite = SIZE_MAX;
	chardev_input_room(t->c);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_got, sizeof(big));
	ck_assert_mem_eq(t->got, big, sizeof(big));
	ck_assert_uint_eq(t->nr_left, 1);
	ck_assert(is_idle(t));
	finish(t);
}
END_TEST

START_TEST(slow_client_makes_the_guest_wait)
{
	struct world *t = make(CHARDEV_UNIX);
	int fd = client(t);
	static char big[KIB(64)];
	size_t sum = 0, n, seen = 0;
	ssize_t got;

	t->nr_rooms = 0;
	do {
		n = chardev_output(t->c, (uint8_t *)big, sizeof(big));
		sum += n;
	} while (n == sizeof(big));
	ck_assert(is_idle(t));
	ck_assert_uint_eq(t->nr_rooms, 0);
	while ((got = recv(fd, big, sizeof(big), MSG_DONTWAIT)) > 0)
		seen += (size_t)got;
	ck_assert_uint_eq(seen, sum);
	poll_loop(t);
	ck_assert_uint_eq(t->nr_rooms, 1);
	close(fd);
	finish(t);
}
END_TEST

START_TEST(many_clients_leave_no_descriptor_behind)
{
	struct world *t = make(CHARDEV_UNIX);
	int before = dup(0), after;

	close(before);
	for (unsigned int i = 0; i < 500; i++) {
		int fd = client(t);

		put(fd, "x");
		if (i % 2)
			poll_loop(t);
		close(fd);
		poll_loop(t);
	}
	after = dup(0);
	close(after);
	ck_assert_int_eq(before, after);
	ck_assert_uint_eq(t->nr_got, 500);
	ck_assert_uint_eq(t->nr_left, 500);
	finish(t);
}
END_TEST

START_TEST(path_too_long_for_a_socket_is_refused)
{
	struct world *t = prepare();
	char path[200];
	const struct chardev_init init = {
		.kind = CHARDEV_UNIX,
		.path = path,
		.name = "port 'long'",
		.loop = &t->loop,
	};

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(chardev_open(&t->c, &init), -ENAMETOOLONG);
	finish(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chardev");
	TCase *tc = tcase_create("chardev");

	tcase_add_test(tc, file_is_appended_to);
	tcase_add_test(tc, full_file_costs_the_bytes_and_nothing_else);
	tcase_add_test(tc,
		       fifo_nobody_reads_is_refused_and_one_that_is_full_waits);
	tcase_add_test(tc, pseudoterminal_is_raw_and_outlives_its_users);
	tcase_add_test(tc, pseudoterminal_nobody_reads_takes_no_more);
	tcase_add_test(tc, pseudoterminal_lets_its_reader_finish);
	tcase_add_test(tc, socket_is_the_users_alone_and_removed_at_the_end);
	tcase_add_test(tc, socket_in_use_is_refused_and_a_stale_one_taken_over);
	tcase_add_test(tc, a_file_is_not_taken_for_a_socket);
	tcase_add_test(tc, clients_are_served_one_after_the_other);
	tcase_add_test(tc, client_that_ends_its_sending_gets_the_answer);
	tcase_add_test(tc, what_a_client_sent_before_it_left_is_not_lost);
	tcase_add_test(tc, slow_client_makes_the_guest_wait);
	tcase_add_test(tc, many_clients_leave_no_descriptor_behind);
	tcase_add_test(tc, path_too_long_for_a_socket_is_refused);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
