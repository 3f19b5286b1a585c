// SPDX-License-Identifier: GPL-2.0-only
/* test_control.c: properties of the control socket: its place, its server. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "log.h"
#include "unix_socket.h"

#include "../../vmm/client.h"

static char root[64];
static struct control *control;
static struct loop loop;
static unsigned int nr_answers;
static int attach_error;
static size_t padding; /* of each answer, bytes */

static json_t *answer(void *ctx, const struct control_request *r)
{
	char *pad = calloc(1, padding + 1);
	json_t *o;

	ck_assert_ptr_eq(ctx, &loop);
	ck_assert_ptr_nonnull(pad);
	nr_answers++;
	memset(pad, 'x', padding);
	o = json_pack("{s:i, s:i, s:s}", "verb", (int)r->verb, "seconds",
		      (int)r->seconds, "pad", pad);
	free(pad);
	return o;
}

static int attach(void *ctx, int fd)
{
	ck_assert_ptr_eq(ctx, &loop);
	if (attach_error)
		return attach_error;
	ck_assert_int_eq(send(fd, "taken", 5, MSG_NOSIGNAL), 5);
	close(fd);
	return 0;
}

static void setup(void)
{
	attach_error = 0;
	strcpy(root, "/tmp/lkvm-pvm-control-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", root, 1), 0);
	nr_answers = 0;
	padding = 0;
}

static void start(const char *name)
{
	const struct control_host host = { &loop, answer, attach };

	ck_assert_int_eq(control_open(&control, name), 0);
	ck_assert_int_eq(loop_init(&loop), 0);
	ck_assert_int_eq(control_start(control, &loop, &host), 0);
}

static void stop(void)
{
	control_stop(control);
	loop_fini(&loop);
	control_close(control, json_pack("{s:i}", "code", 42));
	control = NULL;
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/lkvm-pvm/%s.sock", root, name);
	return path;
}

static int client(const char *name)
{
	int fd = unix_connect(path_of(name));

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void serve(void)
{
	for (unsigned int i = 0; i < 8; i++)
		ck_assert_int_eq(loop_poll(&loop), 0);
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
	serve();
}

/* What has come; "" is the end, NULL nothing. */
static const char *hear(int fd)
{
	static char text[8192];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (n < 0) {
		ck_assert_int_eq(errno, EAGAIN);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void hears(int fd, const char *what)
{
	const char *text = hear(fd);

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strstr(text, what) != NULL, "%s", text);
}

/* --- the place ------------------------------------------------------------- */

START_TEST(names_are_like_those_of_hosts)
{
	static const char *const good[] = { "a", "0", "guest-12", "A.b_c-d" };
	static const char *const bad[] = { "",	  ".",	  "..",	 "-a",
					   "a/b", "a b",  "a\n", "\xc3\xa4",
					   "_a",  "a\x7f" };
	char name[CONTROL_NAME_MAX + 2];

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(control_name_ok(good[i]), "%s", good[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!control_name_ok(bad[i]), "%s", bad[i]);
	memset(name, 'a', sizeof(name));
	name[CONTROL_NAME_MAX] = '\0';
	ck_assert(control_name_ok(name));
	name[CONTROL_NAME_MAX] = 'a';
	name[CONTROL_NAME_MAX + 1] = '\0';
	ck_assert(!control_name_ok(name));
}
END_TEST

START_TEST(directory_is_made_private_and_stays_so)
{
	char path[CONTROL_PATH_MAX], why[512];
	struct stat st;
	int fd = control_dir_open(false, path, why);

	ck_assert_int_eq(fd, -ENOENT);
	fd = control_dir_open(true, path, why);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	close(fd);
	ck_assert_int_eq(chmod(path, 0750), 0);
	ck_assert_int_eq(control_dir_open(true, path, why), -EPERM);
	ck_assert_ptr_nonnull(strstr(why, "chmod 700"));
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("/", path), 0);
	ck_assert_int_lt(control_dir_open(true, path, why), 0);
}
END_TEST

START_TEST(no_umask_keeps_the_user_out)
{
	const mode_t mask = umask(0777);
	char dir[256];
	struct stat st;

	start("one");
	ck_assert_uint_eq(umask(mask), 0777);
	ck_assert_int_eq(stat(path_of("one"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
	stop();
	*strrchr(strcpy(dir, path_of("one")), '/') = '\0';
	ck_assert_int_eq(stat(dir, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0700);
}
END_TEST

START_TEST(who_looks_for_a_vm_is_told_where_it_is_not)
{
	char path[CONTROL_PATH_MAX], why[512];
	struct client c;

	ck_assert_int_eq(control_dir_path(path, sizeof(path)), 0);
	ck_assert_int_eq(client_find(&c, "stop", "no-such-vm"), -ENOENT);
	log_last_error(why, sizeof(why));
	ck_assert_ptr_nonnull(strstr(why, path));
	/* root's services have no XDG_RUNTIME_DIR. */
	ck_assert_int_eq(strstr(why, " or /run/lkvm-pvm;") != NULL,
			 geteuid() == 0);
}
END_TEST

START_TEST(relative_runtime_directory_is_ignored)
{
	char path[CONTROL_PATH_MAX], expected[64];

	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "run", 1), 0);
	ck_assert_int_eq(control_dir_path(path, sizeof(path)), 0);
	snprintf(expected, sizeof(expected),
		 geteuid() ? "/tmp/lkvm-pvm-%u" : "/run/lkvm-pvm", geteuid());
	ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(a_name_is_one_vms_until_it_is_given_back)
{
	struct control *other;

	start("one");
	ck_assert_int_eq(control_open(&other, "one"), -EEXIST);
	ck_assert_ptr_null(other);
	ck_assert_int_eq(access(path_of("one"), F_OK), 0);
	stop();
	ck_assert_int_eq(access(path_of("one"), F_OK), -1);
	ck_assert_int_eq(control_open(&other, "one"), 0);
	control_close(other, NULL);
}
END_TEST

START_TEST(what_a_killed_one_left_is_replaced)
{
	char kept[300];

	start("one");
	snprintf(kept, sizeof(kept), "%s.kept", path_of("one"));
	ck_assert_int_eq(rename(path_of("one"), kept), 0);
	stop();
	ck_assert_int_eq(rename(kept, path_of("one")), 0);
	ck_assert_int_eq(unix_connect(path_of("one")), -ECONNREFUSED);
	start("one");
	close(client("one"));
	stop();
}
END_TEST

START_TEST(names_that_are_made_up_do_not_collide)
{
	struct control *a, *b;

	ck_assert_int_eq(control_open(&a, NULL), 0);
	ck_assert_int_eq(control_open(&b, NULL), 0);
	ck_assert_str_ne(control_name(a), control_name(b));
	ck_assert(control_name_ok(control_name(a)));
	ck_assert(control_name_ok(control_name(b)));
	control_close(a, NULL);
	control_close(b, NULL);
}
END_TEST

/* --- the server ------------------------------------------------------------ */

#define STAT "{\"v\":1,\"do\":\"stat\"}\n"

START_TEST(answers_come_in_order)
{
	int fd;

	start("one");
	fd = client("one");
	say(fd, "{\"v\":1,\"do\":\"kill\",\"seconds\":3}\n" STAT "nonsense\n");
	hears(fd, "\"seconds\":3");
	ck_assert_uint_eq(nr_answers, 2);
	say(fd, "{\"v\":1,");
	ck_assert_ptr_null(hear(fd));
	say(fd, "\"do\":\"stat\"}\n");
	hears(fd, "\"ok\":true");
	say(fd, "nonsense\n");
	hears(fd, "\"ok\":false");
	close(fd);
	stop();
}
END_TEST

START_TEST(one_who_shuts_its_end_is_answered)
{
	int fd;

	start("one");
	fd = client("one");
	ck_assert_int_eq(send(fd, STAT, strlen(STAT), MSG_NOSIGNAL),
			 (ssize_t)strlen(STAT));
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	serve();
	hears(fd, "\"ok\":true");
	ck_assert_str_eq(hear(fd), "");
	close(fd);
	stop();
}
END_TEST

START_TEST(endless_requests_are_refused)
{
	static char line[CONTROL_LINE_MAX + 1];
	int fd;

	start("one");
	fd = client("one");
	memset(line, '[', sizeof(line));
	line[CONTROL_LINE_MAX] = '\0';
	say(fd, line);
	hears(fd, "a request is shorter");
	ck_assert_str_eq(hear(fd), "");
	close(fd);
	stop();
}
END_TEST

START_TEST(who_does_not_read_holds_up_nobody)
{
	unsigned int before;
	int lazy, eager;

	start("one");
	padding = 300000; /* more than a socket holds */
	lazy = client("one");
	for (unsigned int i = 0; i < 20; i++)
		say(lazy, STAT);
	before = nr_answers;
	ck_assert_uint_lt(before, 20);
	eager = client("one");
	padding = 0;
	say(eager, STAT);
	hears(eager, "\"ok\":true");
	ck_assert_uint_eq(nr_answers, before + 1);
	close(lazy);
	close(eager);
	serve();
	stop();
}
END_TEST

START_TEST(waiters_learn_the_end_and_so_do_late_ones)
{
	int waiter, late;

	start("one");
	waiter = client("one");
	say(waiter, "{\"v\":1,\"do\":\"wait\"}\n");
	ck_assert_ptr_null(hear(waiter));
	say(waiter, STAT);
	hears(waiter, "\"ok\":true");
	/* The loop is over when this one comes. */
	control_stop(control);
	late = client("one");
	ck_assert_int_gt(send(late, STAT, strlen(STAT), MSG_NOSIGNAL), 0);
	stop();
	hears(waiter, "\"code\":42");
	hears(late, "\"code\":42");
	ck_assert_str_eq(hear(waiter), "");
	close(waiter);
	close(late);
}
END_TEST

#define CONSOLE "{\"v\":1,\"do\":\"console\"}\n"

START_TEST(a_connection_is_given_to_the_console)
{
	int fd, hasty;

	start("one");
	fd = client("one");
	say(fd, STAT);
	hears(fd, "\"ok\":true");
	attach_error = -EBUSY;
	say(fd, CONSOLE);
	hears(fd, "too many have its console");
	attach_error = 0;
	hasty = client("one");
	say(hasty, CONSOLE "x");
	hears(hasty, "waits for its answer");
	say(fd, CONSOLE);
	hears(fd, "taken");
	ck_assert_str_eq(hear(fd), "");
	close(fd);
	close(hasty);
	stop();
}
END_TEST

START_TEST(crowds_are_bounded)
{
	int fds[CONTROL_CLIENTS + 1];

	start("one");
	for (unsigned int i = 0; i <= CONTROL_CLIENTS; i++) {
		fds[i] = client("one");
		serve();
	}
	hears(fds[CONTROL_CLIENTS], "too many ask");
	say(fds[0], STAT);
	hears(fds[0], "\"ok\":true");
	for (unsigned int i = 0; i <= CONTROL_CLIENTS; i++)
		close(fds[i]);
	serve();
	serve();
	serve();
	serve();
	serve();
	fds[0] = client("one");
	say(fds[0], STAT);
	hears(fds[0], "\"ok\":true");
	close(fds[0]);
	stop();
}
END_TEST

START_TEST(running_out_of_files_is_no_busy_loop)
{
	struct rlimit old, none = { 0 };
	unsigned int turns = 0;
	int64_t until;
	int fd;

	start("one");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	fd = client("one");
	none.rlim_max = old.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	ck_assert_int_eq(send(fd, STAT, strlen(STAT), MSG_NOSIGNAL),
			 (ssize_t)strlen(STAT));
	serve();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (until = clock_ms() + 20000; clock_ms() < until; turns++) {
		ck_assert_int_eq(loop_poll(&loop), 0);
		if (nr_answers)
			break;
		usleep(1000);
	}
	ck_assert_uint_gt(turns, 1);
	hears(fd, "\"ok\":true");
	close(fd);
	stop();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control");
	TCase *tc = tcase_create("control");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, names_are_like_those_of_hosts);
	tcase_add_test(tc, directory_is_made_private_and_stays_so);
	tcase_add_test(tc, no_umask_keeps_the_user_out);
	tcase_add_test(tc, relative_runtime_directory_is_ignored);
	tcase_add_test(tc, who_looks_for_a_vm_is_told_where_it_is_not);
	tcase_add_test(tc, a_name_is_one_vms_until_it_is_given_back);
	tcase_add_test(tc, what_a_killed_one_left_is_replaced);
	tcase_add_test(tc, names_that_are_made_up_do_not_collide);
	tcase_add_test(tc, answers_come_in_order);
	tcase_add_test(tc, one_who_shuts_its_end_is_answered);
	tcase_add_test(tc, endless_requests_are_refused);
	tcase_add_test(tc, who_does_not_read_holds_up_nobody);
	tcase_add_test(tc, waiters_learn_the_end_and_so_do_late_ones);
	tcase_add_test(tc, a_connection_is_given_to_the_console);
	tcase_add_test(tc, crowds_are_bounded);
	tcase_add_test(tc, running_out_of_files_is_no_busy_loop);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
