// SPDX-License-Identifier: GPL-2.0-only
/* test_passt.c: properties of passt's life, with another program in its place. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "netdev.h"
#include "vhost_peer.h"

static char dir[32], program[48], starts[48];

/* A passt that notes that it ran and ends. */
static void make_program(const char *script)
{
	FILE *f;

	strcpy(dir, "/tmp/passt-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(program, sizeof(program), "%s/passt", dir);
	(void)snprintf(starts, sizeof(starts), "%s/starts", dir);
	f = fopen(program, "we");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "#!/bin/sh\n%s\necho >>%s\n", script, starts);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(program, 0700), 0);
	ck_assert_int_eq(setenv("PATH", dir, 1), 0);
}

static void remove_program(void)
{
	(void)unlink(program);
	(void)unlink(starts);
	(void)rmdir(dir);
}

static long nr_starts(void)
{
	struct stat st;

	return stat(starts, &st) ? 0 : st.st_size;
}

/* Whether it runs again soon; false: it is not even tried. */
static bool starts_again(struct netdev *n)
{
	const long before = nr_starts();

	for (unsigned int i = 0; i < 5000; i++) {
		/* 0: it is there, or was started; it ends in a moment. */
		if (n->class->start(n, 0) == -ENOTCONN)
			return nr_starts() > before;
		if (nr_starts() > before)
			return true;
		(void)usleep(1000);
	}
	return false;
}

START_TEST(a_child_that_dies_is_started_again_but_not_for_ever)
{
	const struct passt_config c = { .tcp = NULL };
	struct netdev n;
	unsigned int nr = 0;

	make_program("");
	log_set_level(LOG_ERROR);
	ck_assert_int_eq(passt_open(&n, &c), 0);
	ck_assert(unit_refuses_fds(n.fd[0]));
	while (nr < 100 && starts_again(&n))
		nr++;
	/* Each says so before it ends. */
	ck_assert_int_eq(nr_starts(), 17);
	ck_assert_int_eq(n.class->start(&n, 0), -ENOTCONN);
	ck_assert(unit_refuses_fds(n.fd[0]));
	netdev_close(&n);
	remove_program();
}
END_TEST

START_TEST(one_with_vhost_user_gets_a_socket_and_its_ports)
{
	const struct passt_config c = { .tcp = "8022:22" };
	struct vhost_peer p;
	char said[200] = "";
	int fd;

	make_program("[ \"$1\" != --help ] || { echo --vhost-user; exit; }\n"
		     "echo \"$*\" >&3");
	ck_assert_int_eq(passt_peer_open(&p, &c), 0);
	fd = p.class->connect(&p);
	ck_assert_int_ge(fd, 0);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(unit_refuses_fds(fd));
	ck_assert_int_eq(poll(&(struct pollfd){ fd, POLLIN, 0 }, 1, 10000), 1);
	ck_assert_int_gt(read(fd, said, sizeof(said) - 1), 0);
	ck_assert_str_eq(said, "--vhost-user --foreground --quiet --fd 3 "
			       "--tcp-ports 8022:22 --udp-ports none\n");
	close(fd);
	p.class->disconnect(&p);
	vhost_peer_close(&p);
	remove_program();
}
END_TEST

START_TEST(one_without_vhost_user_is_left_alone)
{
	const struct passt_config c = { .tcp = NULL };
	struct vhost_peer p = { .class = NULL };

	make_program("echo --socket");
	ck_assert_int_eq(passt_peer_open(&p, &c), -ENOTSUP);
	remove_program();
	ck_assert_int_eq(passt_peer_open(&p, &c), -ENOTSUP);
	ck_assert_ptr_null(p.class);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("passt");
	TCase *tc = tcase_create("passt");

	tcase_add_test(tc, a_child_that_dies_is_started_again_but_not_for_ever);
	tcase_add_test(tc, one_with_vhost_user_gets_a_socket_and_its_ports);
	tcase_add_test(tc, one_without_vhost_user_is_left_alone);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
