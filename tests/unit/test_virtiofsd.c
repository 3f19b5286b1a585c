// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_virtiofsd.c: properties of virtiofsd as a child, played by a script, and
 * of the socket of somebody else's back end.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "vhost_peer.h"

#define HELP_RUST                                                              \
	"[ \"$1\" != --help ] || { echo \"--shared-dir --readonly\"; exit; }\n"
#define HELP_C "[ \"$1\" != --help ] || { echo \"-o source=PATH\"; exit; }\n"

static char dir[32];
static struct vhost_peer peer;

static void setup(void)
{
	strcpy(dir, "/tmp/virtiofsd-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	memset(&peer, 0, sizeof(peer));
}

static void teardown(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/virtiofsd", dir);
	(void)unlink(path);
	snprintf(path, sizeof(path), "%s/s", dir);
	(void)unlink(path);
	ck_assert(!rmdir(dir));
}

/* A program "virtiofsd" alone on PATH. */
static void play(const char *script)
{
	char path[64], text[1024];
	int fd;

	snprintf(path, sizeof(path), "%s/virtiofsd", dir);
	snprintf(text, sizeof(text), "#!/bin/sh\nPATH=/bin:/usr/bin\n%s",
		 script);
	fd = open(path, O_CREAT | O_WRONLY, 0700);
	ck_assert_int_ge(fd, 0);
	ck_assert(write(fd, text, strlen(text)) > 0);
	close(fd);
	setenv("PATH", dir, 1);
	setenv("TMPDIR", dir, 1);
	unsetenv("XDG_RUNTIME_DIR");
}

static void start(bool ro)
{
	const struct virtiofsd_config c = { .dir = "/tmp", .ro = ro };

	ck_assert_int_eq(virtiofsd_open(&peer, &c), 0);
}

/* Connects, and lets the script end of itself. */
static const char *last_words(void)
{
	struct pollfd p = { .fd = peer.class->connect(&peer) };

	ck_assert_int_ge(p.fd, 0);
	(void)poll(&p, 1, 10000); /* its end of the socket closes */
	close(p.fd);
	peer.class->disconnect(&peer);
	return peer.why;
}

static int nr_files(void)
{
	char command[64];
	FILE *f;
	int nr;

	snprintf(command, sizeof(command), "/bin/ls %s | /usr/bin/wc -l", dir);
	f = popen(command, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &nr), 1);
	pclose(f);
	return nr;
}

START_TEST(it_gets_the_directory_and_is_confined)
{
	play(HELP_RUST "echo \"$*\"\n");
	start(_i);
	ck_assert_str_eq(peer.name, "virtiofsd for /tmp");
	ck_assert_str_eq(last_words(),
			 _i ? "--fd=3 --shared-dir=/tmp --sandbox=namespace "
			      "--log-level=error --readonly"
			    : "--fd=3 --shared-dir=/tmp --sandbox=namespace "
			      "--log-level=error");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(what_others_gave_us_is_not_for_it)
{
	play(HELP_RUST "[ -e /proc/$$/fd/77 ] && echo inherited || echo no\n");
	ck_assert_int_eq(dup2(STDERR_FILENO, 77), 77);
	start(false);
	ck_assert_str_eq(last_words(), "no");
	close(77);
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(the_older_one_gets_its_own_words)
{
	play(HELP_C "echo \"$*\"\n");
	start(false);
	ck_assert_str_eq(last_words(), "--fd=3 -f -osource=/tmp "
				       "-osandbox=namespace -olog_level=err");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(the_older_one_cannot_share_read_only)
{
	struct virtiofsd_config c = { .dir = "/tmp", .ro = true };
	char said[256];

	play(HELP_C);
	ck_assert_int_eq(virtiofsd_open(&peer, &c), -ENOTSUP);
	ck_assert_ptr_null(peer.class);
	log_last_error(said, sizeof(said));
	ck_assert_ptr_eq(strstr(said, "--share /tmp,ro: "), said);
	ck_assert_ptr_nonnull(strstr(said, "leave ro out"));
	/* exec's user has asked for no share. */
	c.is_root = true;
	ck_assert_int_eq(virtiofsd_open(&peer, &c), -ENOTSUP);
	log_last_error(said, sizeof(said));
	ck_assert_ptr_eq(strstr(said, "--root /tmp: "), said);
	ck_assert_ptr_nonnull(strstr(said, "mksquashfs"));
}
END_TEST

START_TEST(its_socket_listens_and_has_no_name_any_more)
{
	struct pollfd p;
	int before;

	/* It accepts nothing; the connection is there all the same. */
	play(HELP_RUST "[ -S /proc/self/fd/3 ] && sleep 20\n");
	start(false);
	before = nr_files();
	p.fd = peer.class->connect(&peer);
	p.events = POLLIN;
	ck_assert_int_ge(p.fd, 0);
	ck_assert(unit_refuses_fds(p.fd));
	ck_assert_int_eq(nr_files(), before);
	ck_assert_int_eq(write(p.fd, "x", 1), 1);
	ck_assert_int_eq(poll(&p, 1, 100), 0);
	close(p.fd);
	peer.class->disconnect(&peer); /* not after 20 s */
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(less_confinement_is_tried_in_order)
{
	play(HELP_RUST "echo $3 >&2\n");
	start(false);
	ck_assert_str_eq(last_words(), "--sandbox=namespace");
	ck_assert(peer.class->retry(&peer));
	if (geteuid() == 0) {
		ck_assert_str_eq(last_words(), "--sandbox=chroot");
		ck_assert(peer.class->retry(&peer));
	}
	ck_assert_str_eq(last_words(), "--sandbox=none");
	ck_assert(!peer.class->retry(&peer));
	/* None of them: the next time it begins anew. */
	ck_assert_str_eq(last_words(), "--sandbox=namespace");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(confinement_that_once_worked_stays)
{
	play(HELP_RUST "echo $3 >&2\n");
	start(false);
	ck_assert_str_eq(last_words(), "--sandbox=namespace");
	peer.has_spoken = true;
	ck_assert(!peer.class->retry(&peer));
	ck_assert_str_eq(last_words(), "--sandbox=namespace");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(what_it_says_is_made_harmless)
{
	play(HELP_RUST "printf 'one\\ntwo\\033[2J\\n\\n'\n");
	start(false);
	ck_assert_str_eq(last_words(), "two?[2J");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(it_may_say_as_much_as_it_likes_and_the_end_counts)
{
	struct pollfd p;
	int fd;

	play(HELP_RUST "i=0; while [ $i -lt 9000 ]; do "
		       "echo a line of words, number $i; i=$((i + 1)); done\n"
		       "echo the last one\n");
	start(false);
	fd = peer.class->connect(&peer);
	ck_assert_int_ge(fd, 0);
	p = (struct pollfd){ .fd = peer.said, .events = POLLIN };
	do {
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
	} while (peer.class->hear(&peer));
	close(fd);
	peer.class->disconnect(&peer);
	ck_assert_str_eq(peer.why, "the last one");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(the_end_counts_though_nobody_listened)
{
	play(HELP_RUST "head -c 30000 /dev/zero; echo; echo the last one\n");
	start(false);
	ck_assert_str_eq(last_words(), "the last one");
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(it_starts_again_as_often_as_one_connects)
{
	play(HELP_RUST "echo again\n");
	start(false);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_str_eq(last_words(), "again");
	vhost_peer_close(&peer);
}
END_TEST

/* Whether the fake server @pid is there, and no corpse. */
static bool runs(int pid)
{
	char path[32], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	ck_assert_int_eq(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
	fclose(f);
	return state != 'Z';
}

/* The first line that it says. */
static int said_number(void)
{
	struct pollfd p = { .fd = peer.said, .events = POLLIN };
	char text[32] = "";

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert(read(peer.said, text, sizeof(text) - 1) > 0);
	return atoi(text);
}

/* In a group of its own it is not killed, but ends soon. */
START_TEST(what_it_started_has_ended_with_it)
{
	play(HELP_RUST "setsid sleep 1 &\necho $!; exec sleep 20\n");
	start(false);
	for (unsigned int i = 0; i < 2; i++) {
		int fd = peer.class->connect(&peer), pid;

		ck_assert_int_ge(fd, 0);
		pid = said_number();
		(void)usleep(300000); /* setsid */
		ck_assert(runs(pid));
		close(fd);
		peer.class->disconnect(&peer);
		/* Its files are closed; a moment, and it is a corpse. */
		for (unsigned int ms = 0; ms < 200 && runs(pid); ms += 5)
			(void)usleep(5000);
		ck_assert(!runs(pid));
	}
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(one_that_leaves_somebody_behind_is_not_started_again)
{
	int fd, pid;

	play(HELP_RUST "setsid sleep 20 &\necho $!; exec sleep 20\n");
	start(false);
	fd = peer.class->connect(&peer);
	ck_assert_int_ge(fd, 0);
	pid = said_number();
	(void)usleep(300000); /* setsid */
	close(fd);
	peer.class->disconnect(&peer); /* 2 s */
	ck_assert(runs(pid));
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(peer.class->connect(&peer), -EBUSY);
		ck_assert_ptr_nonnull(strstr(peer.why, "is there still"));
	}
	ck_assert(!kill(pid, SIGKILL));
	while (runs(pid))
		(void)usleep(5000);
	fd = peer.class->connect(&peer);
	ck_assert_int_ge(fd, 0);
	pid = said_number();
	close(fd);
	peer.class->disconnect(&peer);
	(void)kill(pid, SIGKILL);
	vhost_peer_close(&peer);
}
END_TEST

START_TEST(without_it_there_is_a_line)
{
	const struct virtiofsd_config c = { .dir = "/tmp" };
	char path[128];

	setenv("PATH", "/nonexistent", 1);
	if (virtiofsd_find(path, sizeof(path)))
		return; /* where Debian has it */
	ck_assert_int_eq(virtiofsd_open(&peer, &c), -ENOENT);
}
END_TEST

START_TEST(a_share_is_a_directory)
{
	const struct virtiofsd_config none = { .dir = "/nonexistent" };
	const struct virtiofsd_config file = { .dir = "/proc/self/exe" };

	ck_assert_int_lt(virtiofsd_open(&peer, &none), 0);
	ck_assert_int_lt(virtiofsd_open(&peer, &file), 0);
}
END_TEST

START_TEST(a_socket_is_connected_to)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/s", dir);
	ck_assert_int_eq(vhost_socket_open(&peer, a.sun_path), 0);
	ck_assert_int_eq(peer.class->connect(&peer), -ENOENT);
	ck_assert_ptr_nonnull(strstr(peer.why, "start the back end first"));
	ck_assert(!bind(listener, (struct sockaddr *)&a, sizeof(a)));
	ck_assert_int_eq(peer.class->connect(&peer), -ECONNREFUSED);
	ck_assert(!listen(listener, 1));
	fd = peer.class->connect(&peer);
	ck_assert_int_ge(fd, 0);
	ck_assert(unit_refuses_fds(fd));
	close(fd);
	peer.class->disconnect(&peer);
	vhost_peer_close(&peer);
	close(listener);
}
END_TEST

START_TEST(a_path_that_no_socket_can_have_is_refused)
{
	char path[200];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	ck_assert_int_eq(vhost_socket_open(&peer, path), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("virtiofsd");
	TCase *t = tcase_create("virtiofsd");

	log_set_level(LOG_ERROR);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, it_gets_the_directory_and_is_confined, 0, 2);
	tcase_add_test(t, what_others_gave_us_is_not_for_it);
	tcase_add_test(t, the_older_one_gets_its_own_words);
	tcase_add_test(t, the_older_one_cannot_share_read_only);
	tcase_add_test(t, its_socket_listens_and_has_no_name_any_more);
	tcase_add_test(t, less_confinement_is_tried_in_order);
	tcase_add_test(t, confinement_that_once_worked_stays);
	tcase_add_test(t, what_it_says_is_made_harmless);
	tcase_add_test(t, it_may_say_as_much_as_it_likes_and_the_end_counts);
	tcase_add_test(t, the_end_counts_though_nobody_listened);
	tcase_add_test(t, it_starts_again_as_often_as_one_connects);
	tcase_add_test(t, what_it_started_has_ended_with_it);
	tcase_add_test(t, one_that_leaves_somebody_behind_is_not_started_again);
	tcase_add_test(t, without_it_there_is_a_line);
	tcase_add_test(t, a_share_is_a_directory);
	tcase_add_test(t, a_socket_is_connected_to);
	tcase_add_test(t, a_path_that_no_socket_can_have_is_refused);
	suite_add_tcase(s, t);
	return unit_main(s);
}
