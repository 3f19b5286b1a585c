// SPDX-License-Identifier: GPL-2.0-only
/* test_debug.c: properties of the verb debug, and of where threads are. */
#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/backtrace.h"
#include "../../vmm/client.h"

/* What `debug NAME @action @argument` asks for; NULL: it was refused. */
static const char *refused(const char *action, const char *argument,
			   struct control_request *r)
{
	const struct client_options o = {
		.name = "vm",
		.action = action,
		.argument = argument,
	};

	return client_debug_request(&o, r);
}

START_TEST(words_become_requests)
{
	struct control_request r;

	ck_assert_ptr_null(refused("reclaim", "random", &r));
	ck_assert(r.verb == CONTROL_RECLAIM && !r.has_page);
	ck_assert_ptr_null(refused("reclaim", "0x80001000", &r));
	ck_assert(r.has_page);
	ck_assert_uint_eq(r.page, 0x80001000);
	ck_assert_ptr_null(refused("unplug-window-page", "random", &r));
	ck_assert_int_eq(r.verb, CONTROL_UNPLUG);
	ck_assert_ptr_null(refused("memlock", "max", &r));
	ck_assert(r.verb == CONTROL_MEMLOCK && !r.has_bytes);
	ck_assert_ptr_null(refused("memlock", "8M", &r));
	ck_assert_uint_eq(r.bytes, MIB(8));
	ck_assert_ptr_null(refused("regs", NULL, &r));
	ck_assert(r.verb == CONTROL_REGS && !r.has_vcpu);
	ck_assert_ptr_null(refused("start-vcpu", "511", &r));
	ck_assert(r.verb == CONTROL_START_VCPU && r.has_vcpu);
	ck_assert_uint_eq(r.vcpu, 511);
	ck_assert_ptr_null(refused("backtrace", NULL, &r));
	ck_assert_int_eq(r.verb, CONTROL_BACKTRACE);
}
END_TEST

START_TEST(what_makes_no_sense_is_not_asked)
{
	static const char *const bad[][2] = {
		{ "reclaim", NULL },
		{ "reclaim", "-1" },
		{ "reclaim", "all" },
		{ "reclaim", "0xffffffffffffffff" },
		{ "memlock", NULL },
		{ "memlock", "much" },
		{ "stop-vcpu", NULL },
		{ "stop-vcpu", "512" },
		{ "step", "x" },
		{ "regs", "x" },
		{ "backtrace", "please" },
		{ "fly", NULL },
		{ "", NULL },
	};
	struct control_request r;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(refused(bad[i][0], bad[i][1], &r) != NULL, "%s",
			      bad[i][0]);
	ck_assert_ptr_nonnull(refused(NULL, NULL, &r));
}
END_TEST

START_TEST(registers_and_pages_are_shown)
{
	json_t *o = json_pack(
		"{s:[{s:i, s:s, s:[s, s]}, {s:i, s:s}], s:i, s:s, s:s}",
		"vcpus", "vcpu", 0, "pc", "0x80080000", "x", "0x1", "0x2",
		"vcpu", 1, "unknown", "no", "page", 4096, "before", "private",
		"now", "readable");
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(o);
	client_print_debug(f, o);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_nonnull(strstr(text, "vCPU 0: 0x80080000\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nvCPU 1: unknown: no\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "\npage 0x1000: was private, is readable\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		ck_assert_uint_le(strcspn(line, "\n"), 80);
	free(text);
	json_decref(o);
}
END_TEST

static void *reader(void *fd)
{
	char byte;

	(void)!read(*(int *)fd, &byte, 1);
	return NULL;
}

static bool has_call(const json_t *all, const char *call)
{
	for (size_t i = 0; i < json_array_size(all); i++)
		if (!strncmp(client_string(json_array_get(all, i), "call"),
			     call, strlen(call)))
			return true;
	return false;
}

START_TEST(threads_are_told_with_what_they_wait_for)
{
	bool found = false, self = false;
	pthread_t thread;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, reader, &fds[0]), 0);
	for (unsigned int i = 0; i < 1000 && !found; i++) {
		json_t *o = backtrace_json("/proc/self");
		const json_t *all = json_object_get(o, "threads");

		ck_assert_ptr_nonnull(o);
		self = has_call(all, "gives this answer");
		found = has_call(all, "read(") ||
			/* a container may not let it be seen */
			access("/proc/self/syscall", R_OK) != 0;
		json_decref(o);
		(void)poll(NULL, 0, 10);
	}
	ck_assert(found && self);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("debug");
	TCase *tc = tcase_create("debug");

	tcase_add_test(tc, words_become_requests);
	tcase_add_test(tc, what_makes_no_sense_is_not_asked);
	tcase_add_test(tc, registers_and_pages_are_shown);
	tcase_add_test(tc, threads_are_told_with_what_they_wait_for);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
