// SPDX-License-Identifier: GPL-2.0-only
/* test_netstream.c: properties of frames through a stream socket, and of passt
 * as a child (a script that plays it). */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../devices/netstream.h"
#include "../../vmm/crash.h"
#include "log.h"

static struct netstream stream;
static struct netdev dev;
static int peer;
static uint8_t header[NETDEV_HEADER], frame[NETDEV_MAX_FRAME + 8];
static uint8_t back[NETDEV_MAX_FRAME + 8];

static void start(void)
{
	int sv[2];

	ck_assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv));
	memset(&stream, 0, sizeof(stream));
	memset(header, 0, sizeof(header));
	dev = (struct netdev){ .own = &stream, .fd = { sv[0] } };
	peer = sv[1];
	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 13 + i / 255);
}

static void stop(void)
{
	close(dev.fd[0]);
	close(peer);
}

static int send_frame(const void *at, size_t len)
{
	struct iovec iov[] = { { header, sizeof(header) },
			       { (void *)(uintptr_t)at, len } };

	return netstream_send(&dev, 0, iov, 2);
}

static ssize_t receive(size_t room)
{
	struct iovec iov[] = { { header, sizeof(header) },
			       { back, room / 2 },
			       { back + room / 2, room - room / 2 } };

	memset(back, 0, sizeof(back));
	return netstream_receive(&dev, 0, iov, 3);
}

/* All there is of @len bytes at the peer. */
static size_t take(uint8_t *to, size_t len)
{
	size_t n = 0;
	ssize_t ret;

	while (n < len && (ret = read(peer, to + n, len - n)) > 0)
		n += (size_t)ret;
	return n;
}

static void put(size_t len)
{
	uint32_t prefix = htonl((uint32_t)len);

	ck_assert_int_eq(write(peer, &prefix, 4), 4);
	ck_assert_int_eq(write(peer, frame, len), (ssize_t)len);
}

START_TEST(a_frame_goes_behind_its_length)
{
	for (size_t len = 14; len < 3000; len += 37) {
		uint32_t prefix;

		ck_assert_int_eq(send_frame(frame, len), 0);
		ck_assert_uint_eq(take((uint8_t *)&prefix, 4), 4);
		ck_assert_uint_eq(ntohl(prefix), len);
		ck_assert_uint_eq(take(back, len), len);
		ck_assert_mem_eq(back, frame, len);
	}
}
END_TEST

START_TEST(what_the_socket_does_not_take_at_once_comes_later)
{
	static uint8_t all[64 * (4 + 60000)];
	size_t want = 0, got = 0;
	int size = 1, ret;

	setsockopt(dev.fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (unsigned int i = 0; i < 64;) {
		ret = send_frame(frame, 60000);
		if (ret >= 0) {
			want += 60004;
			i++;
		} else {
			ck_assert_int_eq(ret, -EAGAIN);
		}
		got += take(all + got, 30000);
	}
	while ((ret = netstream_flush(&dev, 0)) == -EAGAIN)
		got += take(all + got, sizeof(all) - got);
	ck_assert_int_eq(ret, 0);
	got += take(all + got, sizeof(all) - got);
	ck_assert_uint_eq(got, want);
	for (size_t at = 0; at < got; at += 60004) {
		ck_assert_uint_eq(ntohl(*(uint32_t *)(void *)(all + at)),
				  60000);
		ck_assert_mem_eq(all + at + 4, frame, 60000);
	}
}
END_TEST

START_TEST(frames_are_cut_wherever_the_stream_is)
{
	static const size_t lens[] = { 14, 15, 100, 1514, 9000, 65000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t len = lens[i];
		uint32_t prefix = htonl((uint32_t)len);

		for (size_t k = 0; k < 4; k++) {
			ck_assert_int_eq(receive(len), -EAGAIN);
			ck_assert_int_eq(write(peer, (uint8_t *)&prefix + k, 1),
					 1);
		}
		ck_assert_int_eq(receive(len), -EAGAIN);
		ck_assert_int_eq(write(peer, frame, len - 1), (ssize_t)len - 1);
		ck_assert_int_eq(receive(len), -EAGAIN);
		ck_assert_int_eq(write(peer, frame + len - 1, 1), 1);
		ck_assert_int_eq(receive(len), (ssize_t)len + 12);
		ck_assert_mem_eq(back, frame, len);
	}
}
END_TEST

START_TEST(many_frames_are_read_ahead_and_none_is_lost)
{
	for (unsigned int i = 0; i < 40; i++)
		put(100 + i);
	for (unsigned int i = 0; i < 40; i++) {
		ck_assert_int_eq(receive(200), 112 + (ssize_t)i);
		ck_assert_mem_eq(back, frame, 100 + i);
	}
	ck_assert_int_eq(receive(200), -EAGAIN);
}
END_TEST

START_TEST(a_length_that_is_none_ends_it)
{
	static const uint32_t bad[] = { 0, 13, NETDEV_MAX_FRAME + 1, ~0U };
	uint32_t prefix = htonl(bad[_i]);

	ck_assert_int_eq(write(peer, &prefix, 4), 4);
	ck_assert_int_eq(receive(2000), -ENOTCONN);
}
END_TEST

START_TEST(a_peer_that_goes_is_told)
{
	put(60);
	shutdown(peer, SHUT_RDWR);
	ck_assert_int_eq(receive(60), 72);
	ck_assert_int_eq(receive(60), -ENOTCONN);
	ck_assert_int_eq(send_frame(frame, 60), -ENOTCONN);
}
END_TEST

START_TEST(what_was_not_offered_is_not_sent)
{
	header[1] = VIRTIO_NET_HDR_GSO_TCPV4;
	ck_assert_int_eq(send_frame(frame, 60), -EINVAL);
	header[1] = 0;
	header[0] = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	ck_assert_int_eq(send_frame(frame, 60), -EINVAL);
	ck_assert_int_eq(read(peer, back, 1), -1);
}
END_TEST

START_TEST(a_page_taken_back_is_one_frame_less)
{
	uint8_t *gone =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[] = { { header, sizeof(header) }, { gone, 4096 } };

	ck_assert(gone != MAP_FAILED);
	ck_assert_int_eq(send_frame(gone, 100), -EFAULT);
	ck_assert_int_eq(read(peer, back, 1), -1);
	put(100);
	put(60);
	ck_assert_int_eq(netstream_receive(&dev, 0, iov, 2), -EFAULT);
	ck_assert_int_eq(receive(60), 72);
	munmap(gone, 4096);
}
END_TEST

/* The promised length is kept: zeros stand for what is gone. */
START_TEST(a_page_taken_back_amid_a_frame_does_not_tear_the_stream)
{
	uint8_t *mem = mmap(NULL, KIB(64), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int size = 1, ret, full = 0;
	uint32_t prefix;
	size_t sent = 0;

	ck_assert(mem != MAP_FAILED);
	memset(mem, 0xaa, KIB(64));
	ck_assert(!mprotect(mem + KIB(60), KIB(4), PROT_NONE));
	setsockopt(dev.fd[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* One with the page, in a socket that takes only a part of it. */
	ret = send_frame(mem, KIB(64));
	if (ret == -EFAULT)
		return; /* this kernel looks at all of it first */
	ck_assert_int_eq(ret, 1);
	while ((ret = netstream_flush(&dev, 0)) == -EAGAIN || !full) {
		full = ret == 0;
		sent += take(back + sent, sizeof(back) - sent);
	}
	sent += take(back + sent, sizeof(back) - sent);
	ck_assert_uint_eq(sent, 4 + KIB(64));
	memcpy(&prefix, back, 4);
	ck_assert_uint_eq(ntohl(prefix), KIB(64));
	ck_assert_uint_eq(back[4 + KIB(60)], 0);
	munmap(mem, KIB(64));
}
END_TEST

START_TEST(a_new_start_forgets_what_came_before)
{
	for (unsigned int i = 0; i < 10; i++)
		put(100);
	ck_assert_int_eq(write(peer, "\0\0", 2), 2); /* of the next one */
	ck_assert_int_eq(netstream_start(&dev, 0), 0);
	ck_assert_int_eq(receive(100), -EAGAIN);
	ck_assert_int_eq(write(peer, "\0\x3c", 2), 2);
	ck_assert_int_eq(write(peer, frame, 60), 60);
	ck_assert_int_eq(receive(100), 72);
	ck_assert_mem_eq(back, frame, 60);
}
END_TEST

/* --- the child -------------------------------------------------------------- */

static char dir[] = "/tmp/passt-XXXXXX";

/* A program "passt" alone on PATH. */
static void play(const char *script)
{
	char path[64];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/passt", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0700);
	ck_assert_int_ge(fd, 0);
	ck_assert(write(fd, script, strlen(script)) > 0);
	close(fd);
	setenv("PATH", dir, 1);
}

/* Else the card would start with it, and lose it again, as often as it is reset. */
START_TEST(a_peer_that_reads_no_more_is_gone_for_good)
{
	ck_assert(!shutdown(peer, SHUT_RD));
	ck_assert_int_eq(send_frame(frame, 60), -ENOTCONN);
	ck_assert_int_eq(netstream_start(&dev, 0), -ENOTCONN);
	ck_assert_int_eq(netstream_start(&dev, 0), -ENOTCONN);
}
END_TEST

static void wait_for_frames(struct netdev *n)
{
	struct pollfd p = { .fd = n->fd[0], .events = POLLIN };

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
}

START_TEST(passt_is_a_child_that_starts_again_and_ends_with_us)
{
	const struct passt_config c = { .tcp = "8022:22" };
	struct netdev n;
	char args[256] = "";
	struct iovec iov[] = { { header, sizeof(header) }, { args, 255 } };

	/* Says its arguments as a frame, and dies of the first byte. */
	play("#!/bin/sh\nPATH=/bin:/usr/bin\nprintf '\\000\\000\\000\\144"
	     "%-100s' \"$*\" >&3\nhead -c1 <&3 >/dev/null\n");
	ck_assert_int_eq(passt_open(&n, &c), 0);
	ck_assert_uint_eq(n.mtu, 65520);
	for (unsigned int life = 0; life < 3; life++) {
		struct iovec out[] = { { header, sizeof(header) },
				       { frame, 60 } };

		wait_for_frames(&n);
		ck_assert_int_eq(n.class->receive(&n, 0, iov, 2), 112);
		ck_assert_ptr_nonnull(strstr(args, "--fd 3"));
		ck_assert_ptr_nonnull(strstr(args, "--tcp-ports 8022:22"));
		ck_assert_ptr_nonnull(strstr(args, "--udp-ports none"));
		ck_assert_int_eq(n.class->send(&n, 0, out, 2), 0);
		wait_for_frames(&n);
		ck_assert_int_eq(n.class->receive(&n, 0, iov, 2), -ENOTCONN);
		ck_assert_int_eq(n.class->start(&n, 0), 0);
	}
	netdev_close(&n);
}
END_TEST

START_TEST(without_passt_there_is_a_line)
{
	const struct passt_config c = { .tcp = NULL };
	struct netdev n;

	setenv("PATH", "/nonexistent", 1);
	ck_assert_int_eq(passt_open(&n, &c), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("netstream");
	TCase *t = tcase_create("netstream"), *own = tcase_create("passt");

	crash_handlers_install();
	log_set_level(LOG_ERROR);
	tcase_add_checked_fixture(t, start, stop);
	tcase_add_test(t, a_frame_goes_behind_its_length);
	tcase_add_test(t, what_the_socket_does_not_take_at_once_comes_later);
	tcase_add_test(t, frames_are_cut_wherever_the_stream_is);
	tcase_add_test(t, many_frames_are_read_ahead_and_none_is_lost);
	tcase_add_loop_test(t, a_length_that_is_none_ends_it, 0, 4);
	tcase_add_test(t, a_peer_that_goes_is_told);
	tcase_add_test(t, what_was_not_offered_is_not_sent);
	tcase_add_test(t, a_page_taken_back_is_one_frame_less);
	tcase_add_test(t,
		       a_page_taken_back_amid_a_frame_does_not_tear_the_stream);
	tcase_add_test(t, a_new_start_forgets_what_came_before);
	tcase_add_test(t, a_peer_that_reads_no_more_is_gone_for_good);
	suite_add_tcase(s, t);
	tcase_add_test(own,
		       passt_is_a_child_that_starts_again_and_ends_with_us);
	tcase_add_test(own, without_passt_there_is_a_line);
	suite_add_tcase(s, own);
	return unit_main(s);
}
