// SPDX-License-Identifier: GPL-2.0-only
/* test_events.c: lines of --events, the text in them, and who writes them. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/events.h"
#include "../../vmm/output_file.h"
#include "../../vmm/verdict.h"

/* The only line of the file, as JSON. */
static json_t *only_line(void)
{
	json_error_t err;
	json_t *j = json_load_file(unit_path, 0, &err);

	ck_assert_msg(j != NULL, "%s", err.text);
	return j;
}

START_TEST(a_line_has_version_time_event_and_members)
{
	struct events e = { .sinks = { NULL } };
	json_t *j;

	ck_assert_int_eq(sink_open(&e.sinks[0], "--events", unit_path), 0);
	events_tell(&e, "vcpu-start", "\"vcpu\":%u", 7);
	sink_close(e.sinks[0]);
	j = only_line();
	ck_assert_int_eq(json_integer_value(json_object_get(j, "v")), 1);
	ck_assert_int_gt(json_integer_value(json_object_get(j, "ns")), 0);
	ck_assert_str_eq(json_string_value(json_object_get(j, "event")),
			 "vcpu-start");
	ck_assert_int_eq(json_integer_value(json_object_get(j, "vcpu")), 7);
	json_decref(j);
}
END_TEST

START_TEST(any_bytes_make_a_json_string)
{
	static const unsigned char bytes[] = { 'a',  '"',  '\\', '\n',
					       0x1b, 0xc3, 0xa4, 0xff,
					       0xc0, 0xaf, 0xed, 0xa0,
					       0x80, 0xf0, 'z',	 0 };
	char buf[200], text[300];
	json_t *j;

	json_quote(buf, sizeof(buf), (const char *)bytes);
	(void)snprintf(text, sizeof(text), "[%s]", buf);
	j = json_loads(text, 0, NULL);
	ck_assert_msg(j != NULL, "%s", text);
	ck_assert_int_eq(strncmp(json_string_value(json_array_get(j, 0)),
				 "a\"\\\n\x1b\xc3\xa4", 7),
			 0);
	json_decref(j);
}
END_TEST

START_TEST(a_long_text_is_cut_between_characters)
{
	char buf[64], text[80];

	for (size_t size = 3; size < sizeof(buf); size++) {
		json_t *j;

		json_quote(buf, size,
			   "ab\n\"\xc3\xa4\xe2\x82\xac\xff\x01z"
			   "ab\n\"\xc3\xa4\xe2\x82\xac\xff\x01z");
		ck_assert_uint_lt(strlen(buf), size);
		(void)snprintf(text, sizeof(text), "[%s]", buf);
		j = json_loads(text, 0, NULL);
		ck_assert_msg(j != NULL, "%s", text);
		json_decref(j);
	}
}
END_TEST

START_TEST(members_that_do_not_fit_are_left_out)
{
	struct events e = { .sinks = { NULL } };
	char text[2 * EVENTS_LINE];
	json_t *j;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(sink_open(&e.sinks[1], "--events", unit_path), 0);
	events_tell(&e, "panic", "\"what\":\"%s\"", text);
	sink_close(e.sinks[1]);
	j = only_line();
	ck_assert_ptr_null(json_object_get(j, "what"));
	json_decref(j);
}
END_TEST

START_TEST(a_full_disk_and_a_closed_pipe_lose_text_alone)
{
	struct sink *s;
	char target[32];
	int fds[2];

	ck_assert_int_eq(sink_open(&s, "--events", "/dev/full"), 0);
	for (int i = 0; i < 1000; i++)
		sink_write(s, "0123456789\n", 11);
	sink_close(s);
	ck_assert_int_eq(pipe(fds), 0);
	close(fds[0]);
	(void)snprintf(target, sizeof(target), "fd:%d", fds[1]);
	ck_assert_int_eq(sink_open(&s, "--events", target), 0);
	for (int i = 0; i < 1000; i++)
		sink_write(s, "0123456789\n", 11);
	sink_close(s);
	ck_assert_int_eq(close(fds[1]), 0); /* it was not ours */
}
END_TEST

START_TEST(a_reader_who_does_not_read_holds_nobody)
{
	static char line[4096];
	char target[32];
	int64_t began;
	struct sink *s;
	int fds[2];

	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(pipe(fds), 0);
	(void)snprintf(target, sizeof(target), "fd:%d", fds[1]);
	ck_assert_int_eq(sink_open(&s, "--events", target), 0);
	began = clock_ms();
	for (int i = 0; i < 1000; i++)
		sink_write(s, line, sizeof(line));
	ck_assert_int_lt(clock_ms() - began, 1500);
	close(fds[0]); /* lets its writer go */
	sink_close(s);
	close(fds[1]);
}
END_TEST

START_TEST(a_sink_left_behind_needs_nothing_of_its_owners)
{
	static char line[SINK_ROOM / 2];
	char *target = malloc(32);
	static struct sink *s; /* is never freed */
	int fds[2];

	ck_assert_ptr_nonnull(target);
	memset(line, 'x', sizeof(line));
	ck_assert_int_eq(pipe(fds), 0);
	(void)snprintf(target, 32, "fd:%d", fds[1]);
	ck_assert_int_eq(sink_open(&s, "--events", target), 0);
	for (int i = 0; i < 4; i++)
		sink_write(s, line, sizeof(line));
	sink_close(s); /* for 2 s */
	memset(target, '?', 32);
	free(target);
	close(fds[0]);
	usleep(200000); /* its thread says that nobody reads */
}
END_TEST

START_TEST(what_cannot_be_opened_is_refused)
{
	struct sink *s = NULL;

	ck_assert_int_eq(sink_open(&s, "--events", "/nowhere/at/all"), -ENOENT);
	ck_assert_int_eq(sink_open(&s, "--events", "fd:999"), -EBADF);
	ck_assert_int_eq(sink_open(&s, "--events", "fd:x"), -EBADF);
	ck_assert_int_eq(output_open("--verdict", "/nowhere/at/all"), -ENOENT);
}
END_TEST

START_TEST(a_verdict_names_code_origin_and_reason)
{
	const struct verdict v = { .code = 110,
				   .origin = "guest",
				   .reason = "a \"reset\"" };
	int fd = output_open("--verdict", unit_path);
	json_t *j;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(verdict_write(fd, unit_path, &v), 0);
	j = only_line();
	ck_assert_int_eq(json_integer_value(json_object_get(j, "code")), 110);
	ck_assert_str_eq(json_string_value(json_object_get(j, "origin")),
			 "guest");
	ck_assert_str_eq(json_string_value(json_object_get(j, "reason")),
			 "a \"reset\"");
	json_decref(j);
	fd = output_open("--verdict", "/dev/full");
	ck_assert_int_eq(verdict_write(fd, "/dev/full", &v), -ENOSPC);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("events");
	TCase *tc = tcase_create("events");

	(void)signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, unit_path_make, unit_path_remove);
	tcase_add_test(tc, a_line_has_version_time_event_and_members);
	tcase_add_test(tc, any_bytes_make_a_json_string);
	tcase_add_test(tc, a_long_text_is_cut_between_characters);
	tcase_add_test(tc, members_that_do_not_fit_are_left_out);
	tcase_add_test(tc, a_full_disk_and_a_closed_pipe_lose_text_alone);
	tcase_add_test(tc, a_reader_who_does_not_read_holds_nobody);
	tcase_add_test(tc, a_sink_left_behind_needs_nothing_of_its_owners);
	tcase_add_test(tc, what_cannot_be_opened_is_refused);
	tcase_add_test(tc, a_verdict_names_code_origin_and_reason);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
