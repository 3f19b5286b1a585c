// SPDX-License-Identifier: GPL-2.0-only
/* test_output_file.c: files of the user's that are opened to be written. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../vmm/output_file.h"

static const char *content(void)
{
	static char text[64];
	int fd = open(unit_path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	n = read(fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static void put(int fd, const char *text)
{
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(output_write(fd, text, strlen(text)), 0);
}

START_TEST(a_file_is_emptied)
{
	int fd = output_open("--events", unit_path);

	put(fd, "of an earlier run");
	close(fd);
	fd = output_open("--events", unit_path);
	put(fd, "new");
	close(fd);
	ck_assert_str_eq(content(), "new");
}
END_TEST

START_TEST(two_of_one_file_keep_each_others_text)
{
	int one = output_open("--events", unit_path);
	int two = output_open("--verdict", unit_path);

	put(one, "events,");
	put(two, "verdict,");
	put(one, "more");
	close(one);
	close(two);
	ck_assert_str_eq(content(), "events,verdict,more");
}
END_TEST

START_TEST(a_descriptors_name_keeps_what_was_written_there)
{
	static const char *const dirs[] = { "/dev/fd", "/proc/self/fd" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		int ours = open(unit_path,
				O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		char name[32];
		int fd;

		put(ours, "head,");
		(void)snprintf(name, sizeof(name), "%s/%d", dirs[i], ours);
		fd = output_open("--verdict", name);
		put(ours, "output,");
		put(fd, "verdict,");
		close(fd);
		put(ours, "tail");
		close(ours);
		ck_assert_str_eq(content(), "head,output,verdict,tail");
	}
}
END_TEST

START_TEST(standard_output_and_error_are_named)
{
	static const char *const names[] = { "/dev/stdout", "/dev/stderr" };

	for (int i = 0; i < 2; i++) {
		int saved = dup(STDOUT_FILENO + i), fd;
		int file = open(unit_path,
				O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		put(file, "head,");
		ck_assert_int_ge(dup2(file, STDOUT_FILENO + i), 0);
		fd = output_open("--events", names[i]);
		put(fd, "event");
		close(fd);
		ck_assert_int_ge(dup2(saved, STDOUT_FILENO + i), 0);
		close(saved);
		close(file);
		ck_assert_str_eq(content(), "head,event");
	}
	ck_assert_int_eq(output_open("--verdict", "/dev/fd/987"), -EBADF);
}
END_TEST

static void *read_late(void *text)
{
	int fd;
	ssize_t n;

	usleep(200000);
	fd = open(unit_path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	n = read(fd, text, 31);
	ck_assert_int_ge(n, 0);
	((char *)text)[n] = '\0';
	close(fd);
	return NULL;
}

START_TEST(a_fifos_reader_is_waited_for)
{
	char text[32];
	pthread_t reader;
	int fd;

	unlink(unit_path);
	ck_assert_int_eq(mkfifo(unit_path, 0600), 0);
	ck_assert_int_eq(pthread_create(&reader, NULL, read_late, text), 0);
	fd = output_open("--events", unit_path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	put(fd, "event");
	close(fd);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	ck_assert_str_eq(text, "event");
}
END_TEST

START_TEST(a_fifo_that_nobody_reads_holds_nobody)
{
	unlink(unit_path);
	ck_assert_int_eq(mkfifo(unit_path, 0600), 0);
	ck_assert_int_eq(output_open("--verdict", unit_path), -ENXIO);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("output_file");
	TCase *tc = tcase_create("output_file");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, unit_path_make, unit_path_remove);
	tcase_add_test(tc, a_file_is_emptied);
	tcase_add_test(tc, two_of_one_file_keep_each_others_text);
	tcase_add_test(tc, a_descriptors_name_keeps_what_was_written_there);
	tcase_add_test(tc, standard_output_and_error_are_named);
	tcase_add_test(tc, a_fifos_reader_is_waited_for);
	tcase_add_test(tc, a_fifo_that_nobody_reads_holds_nobody);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
