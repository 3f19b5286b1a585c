// SPDX-License-Identifier: GPL-2.0-only
/* test_notify.c: what a service manager hears, on sockets of either kind. */
#include "unit.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../vmm/notify.h"

static int manager;
static char name[80];

/* Somebody listens at @name. */
static void listen_at(const char *kind)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len;

	snprintf(name, sizeof(name), "%slkvm-pvm-notify-%d", kind,
		 (int)getpid());
	len = strlen(name);
	memcpy(to.sun_path, name, len);
	if (name[0] == '@')
		to.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(
		bind(manager, (struct sockaddr *)&to,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
		0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void teardown(void)
{
	if (name[0] == '/')
		unlink(name);
	if (manager >= 0)
		close(manager);
	manager = -1;
	unsetenv("NOTIFY_SOCKET");
}

static void heard(const char *want)
{
	char text[600] = "";

	ck_assert_int_ge(recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT),
			 0);
	ck_assert_str_eq(text, want);
}

static void tells(const char *kind)
{
	struct notify n;

	listen_at(kind);
	notify_open(&n);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	notify_tell(&n, NULL, "loading %s", "Image");
	heard("STATUS=loading Image");
	notify_tell(&n, "READY=1", "the guest runs");
	heard("READY=1\nSTATUS=the guest runs");
	notify_close(&n);
}

START_TEST(a_socket_with_a_path_is_told)
{
	tells("/tmp/");
}
END_TEST

START_TEST(an_abstract_socket_is_told)
{
	tells("@");
}
END_TEST

START_TEST(words_of_a_guest_add_no_line)
{
	struct notify n;
	char longer[800];

	listen_at("@");
	notify_open(&n);
	notify_tell(&n, "STOPPING=1", "panicked: %s", "a\nMAINPID=1\r\x1b\xff");
	heard("STOPPING=1\nSTATUS=panicked: a?MAINPID=1???");
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	notify_tell(&n, NULL, "%s", longer);
	longer[511 - strlen("STATUS=")] = '\0';
	memmove(longer + 7, longer, 511 - 7);
	memcpy(longer, "STATUS=", 7);
	longer[511] = '\0';
	heard(longer);
	notify_close(&n);
}
END_TEST

START_TEST(nobody_asked_and_nobody_is_told)
{
	static const char *const bad[] = { NULL, "",	      "@",
					   "/",	 "vsock:2:1", "relative" };
	struct notify n;

	manager = -1;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (bad[i])
			setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_open(&n);
		ck_assert_int_eq(n.fd, -1);
		notify_tell(&n, "READY=1", "x");
		notify_close(&n);
	}
}
END_TEST

START_TEST(a_manager_that_is_gone_is_no_error)
{
	struct notify n;

	listen_at("@");
	notify_open(&n);
	close(manager);
	manager = -1;
	notify_tell(&n, "READY=1", "x");
	notify_close(&n);
}
END_TEST

START_TEST(a_status_does_not_wait_for_a_busy_manager)
{
	struct notify n;

	listen_at("@");
	notify_open(&n);
	/* More than any queue of datagrams holds. */
	for (int i = 0; i < 5000; i++)
		notify_tell(&n, NULL, "%d", i);
	heard("STATUS=0");
	notify_close(&n);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("notify");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, a_socket_with_a_path_is_told);
	tcase_add_test(tc, an_abstract_socket_is_told);
	tcase_add_test(tc, words_of_a_guest_add_no_line);
	tcase_add_test(tc, nobody_asked_and_nobody_is_told);
	tcase_add_test(tc, a_manager_that_is_gone_is_no_error);
	tcase_add_test(tc, a_status_does_not_wait_for_a_busy_manager);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
