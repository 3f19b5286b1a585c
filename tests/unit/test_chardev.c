// SPDX-License-Identifier: GPL-2.0-only
/* test_chardev.c: properties of files and sockets of ports. */
#include "chardev_fixture.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int client(struct world *t)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, t->path, sizeof(t->path));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	poll_loop(t);
	return fd;
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

/* As a guest does that frees a bit of the same file system again and again. */
START_TEST(a_file_that_fills_up_again_and_again_is_said_to_16_times)
{
	struct world *t = make(CHARDEV_FILE);
	int saved = dup(STDERR_FILENO);
	FILE *said = tmpfile();
	unsigned int nr = 0;
	struct rlimit old;
	char line[400];

	(void)signal(SIGXFSZ, SIG_IGN);
	log_set_level(LOG_WARNING);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_ge(dup2(fileno(said), STDERR_FILENO), 0);
	for (unsigned int i = 1; i <= 100; i++) {
		const struct rlimit next = { i * 4000ULL, old.rlim_max };
		static const uint8_t bytes[6000];

		ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &next), 0);
		ck_assert_uint_eq(chardev_output(t->c, bytes, sizeof(bytes)),
				  sizeof(bytes));
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	rewind(said);
	while (fgets(line, sizeof(line), said))
		nr++;
	(void)fclose(said);
	ck_assert_uint_eq(nr, 16);
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
	tcase_add_test(
		tc, a_file_that_fills_up_again_and_again_is_said_to_16_times);
	tcase_add_test(tc,
		       fifo_nobody_reads_is_refused_and_one_that_is_full_waits);
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
