// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock_unix.c: the unix sockets at the host's end of --vsock. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "compat.h"
#include "log.h"
#include "unix_socket.h"
#include "vsock_unix.h"

static char dir[32], path[64];

static void setup(void)
{
	log_set_level(LOG_ERROR);
	strcpy(dir, "/tmp/vsock-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/v", dir);
}

static void teardown(void)
{
	(void)unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}

START_TEST(socket_is_the_users_alone_and_removed_at_the_end)
{
	struct vsock_unix u = { .listener = -1 };
	struct stat st;

	vsock_unix_close(&u);
	ck_assert_int_eq(vsock_unix_open(&u, path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	ck_assert_int_eq(vsock_unix_accept(&u), -EAGAIN);
	vsock_unix_close(&u);
	ck_assert_int_ne(access(path, F_OK), 0);
	vsock_unix_close(&u);
}
END_TEST

START_TEST(socket_of_one_who_was_killed_is_replaced)
{
	struct vsock_unix u, dead;

	ck_assert_int_eq(vsock_unix_open(&dead, path), 0);
	close(dead.listener);
	ck_assert_int_eq(vsock_unix_open(&u, path), 0);
	vsock_unix_close(&u);
}
END_TEST

/* One to close may take as long as its sender likes. */
START_TEST(who_connects_cannot_pass_descriptors)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { path, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct vsock_unix u;
	int client, fd;

	ck_assert_int_eq(vsock_unix_open(&u, path), 0);
	client = unix_connect(path);
	fd = vsock_unix_accept(&u);
	ck_assert_int_ge(fd, 0);
	ck_assert(unit_refuses_fds(client));
	ck_assert(unit_refuses_fds(fd));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &client, sizeof(client));
	if (sendmsg(client, &m, 0) < 0)
		ck_assert_int_eq(errno, EPERM);
	else /* before Linux 6.16 */
		ck_assert_int_eq(getsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS,
					    control, &(socklen_t){ 4 }),
				 -1);
	close(client);
	close(fd);
	vsock_unix_close(&u);
}
END_TEST

START_TEST(path_in_use_or_too_long_is_refused)
{
	struct vsock_unix u, other;
	char file[80], longest[120];
	FILE *f;

	ck_assert_int_eq(vsock_unix_open(&u, path), 0);
	ck_assert_int_eq(vsock_unix_open(&other, path), -EADDRINUSE);
	ck_assert_int_eq(other.listener, -1);
	vsock_unix_close(&u);
	snprintf(file, sizeof(file), "%s/f", dir);
	f = fopen(file, "w");
	fclose(f);
	ck_assert_int_eq(vsock_unix_open(&u, file), -EADDRINUSE);
	ck_assert_int_eq(unlink(file), 0);
	memset(longest, 'x', sizeof(longest));
	snprintf(longest, sizeof(longest), "%s/", dir);
	longest[strlen(longest)] = 'x';
	/* With _4294967295 it just fits, or just does not. */
	longest[97] = '\0';
	ck_assert_int_eq(vsock_unix_open(&u, longest), -ENAMETOOLONG);
	longest[96] = '\0';
	ck_assert_int_eq(vsock_unix_open(&u, longest), 0);
	ck_assert_int_eq(vsock_unix_connect(&u, 0xffffffff), -ENOENT);
	vsock_unix_close(&u);
}
END_TEST

/* What hello() says to @text, and what it leaves. */
static int hello(const char *text, uint32_t *port, char *rest)
{
	int sv[2], ret;
	ssize_t n;

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	(void)!write(sv[1], text, strlen(text));
	ret = vsock_unix_hello(sv[0], port);
	n = read(sv[0], rest, 63);
	rest[n > 0 ? n : 0] = '\0';
	close(sv[0]);
	close(sv[1]);
	return ret;
}

START_TEST(hello_names_a_port_and_takes_its_line_alone)
{
	static const struct {
		const char *text, *rest;
		uint32_t port;
	} good[] = {
		{ "CONNECT 52\n", "", 52 },
		{ "connect 52\r\n", "", 52 },
		{ "CONNECT 0\nCONNECT 1\n", "CONNECT 1\n", 0 },
		{ "CONNECT 4294967294\n\n", "\n", 4294967294 },
		{ "CONNECT 0000000007\r\nx", "x", 7 },
	};
	static const char *const bad[] = {
		"CONNECT\n",
		"CONNECT 4294967295\n",
		"CONNECT 99999999999\n",
		"CONNECT  1\n",
		"CONNECT 1 \n",
		"CONNECT 1\rx\n",
		"XONNECT 1\n",
		"CONNECT +1\n",
		"CONNECT 000000000001\n",
		"CONNECT 123456789012345",
	};
	uint32_t port;
	char rest[64];

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_int_eq(hello(good[i].text, &port, rest), 0);
		ck_assert_uint_eq(port, good[i].port);
		ck_assert_str_eq(rest, good[i].rest);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(hello(bad[i], &port, rest) == -EPROTO, "%s",
			      bad[i]);
	ck_assert_int_eq(hello("CONNECT 1", &port, rest), -EAGAIN);
	ck_assert_str_eq(rest, "CONNECT 1");
	ck_assert_int_eq(hello("", &port, rest), -EAGAIN);
}
END_TEST

START_TEST(hang_up_is_the_end_of_both_directions)
{
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	ck_assert(!vsock_unix_hung_up(sv[0]));
	ck_assert_int_eq(shutdown(sv[1], SHUT_WR), 0);
	ck_assert(!vsock_unix_hung_up(sv[0]));
	close(sv[1]);
	ck_assert(vsock_unix_hung_up(sv[0]));
	ck_assert_int_eq(vsock_unix_send(sv[0], &(struct iovec){ path, 1 }, 1),
			 -EPIPE);
	close(sv[0]);
}
END_TEST

static int new_end(int *other)
{
	int sv[2];

	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv), 0);
	*other = sv[1];
	return sv[0];
}

static bool is_closed(int other)
{
	char c;

	return recv(other, &c, 1, 0) == 0;
}

START_TEST(a_port_of_ours_has_one_connection)
{
	struct vsock_unix u;
	int end, other, fd;

	ck_assert_int_eq(vsock_unix_open(&u, path), 0);
	end = new_end(&other);
	vsock_unix_hand_over(&u, 7, end);
	ck_assert_int_eq(vsock_unix_connect(&u, 8), -ENOENT);
	fd = vsock_unix_connect(&u, 7);
	ck_assert_int_eq(fd, end);
	ck_assert_int_eq(vsock_unix_connect(&u, 7), -ECONNREFUSED);
	vsock_unix_close(&u);
	ck_assert(!is_closed(other)); /* it is who connected that has it */
	close(fd);
	close(other);
}
END_TEST

START_TEST(an_end_that_nobody_wanted_is_closed)
{
	struct vsock_unix u;
	int other[2];

	ck_assert_int_eq(vsock_unix_open(&u, NULL), 0);
	vsock_unix_hand_over(&u, 0, new_end(&other[0]));
	vsock_unix_hand_over(&u, 1, new_end(&other[1]));
	ck_assert(is_closed(other[0]));
	ck_assert(!is_closed(other[1]));
	vsock_unix_close(&u);
	ck_assert(is_closed(other[1]));
	vsock_unix_close(&u);
	close(other[0]);
	close(other[1]);
}
END_TEST

START_TEST(without_a_path_there_is_nobody_else)
{
	struct vsock_unix u;

	ck_assert_int_eq(vsock_unix_open(&u, NULL), 0);
	ck_assert_int_eq(u.listener, -1);
	ck_assert_int_eq(vsock_unix_connect(&u, 0), -ECONNREFUSED);
	vsock_unix_close(&u);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("vsock_unix");
	TCase *t = tcase_create("vsock_unix");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, socket_is_the_users_alone_and_removed_at_the_end);
	tcase_add_test(t, socket_of_one_who_was_killed_is_replaced);
	tcase_add_test(t, who_connects_cannot_pass_descriptors);
	tcase_add_test(t, path_in_use_or_too_long_is_refused);
	tcase_add_test(t, hello_names_a_port_and_takes_its_line_alone);
	tcase_add_test(t, hang_up_is_the_end_of_both_directions);
	tcase_add_test(t, a_port_of_ours_has_one_connection);
	tcase_add_test(t, an_end_that_nobody_wanted_is_closed);
	tcase_add_test(t, without_a_path_there_is_nobody_else);
	suite_add_tcase(s, t);
	return unit_main(s);
}
