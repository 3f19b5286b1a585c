// SPDX-License-Identifier: GPL-2.0-only
/* test_vsock_revoked.c: pages of the socket device that the guest took back. */
#include "vsock_fixture.h"

#include "../../vmm/crash.h"

static void take_back(struct world *x, gpa_t gpa)
{
	must(!mprotect(vq_driver_mem(&x->w, gpa, 4096), 4096, PROT_NONE));
}

START_TEST(header_in_a_page_taken_back_breaks_the_queue)
{
	struct world *x = world_make();
	const struct vq_buf b = { TX_DATA, HEADER, false };

	bring_up(x, BASE, 64);
	take_back(x, TX_DATA);
	put_chain(x, &b, 1);
	ck_assert(is_broken(x));
	ck_assert_int_eq(x->dev->queues[1].vq.error.fault, VQ_REVOKED);
	world_free(x);
}
END_TEST

START_TEST(data_in_a_page_taken_back_resets_its_connection)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_RW, 1, 6000);
	const struct vq_buf b[] = { { TX_DATA, HEADER, false },
				    { TX_DATA + KIB(4), 8000, false } };
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	h.len = 8000;
	memcpy(vq_driver_mem(&x->w, TX_DATA, HEADER), &h, HEADER);
	take_back(x, TX_DATA + KIB(8));
	put_chain(x, b, 2);
	expect(x, VIRTIO_VSOCK_OP_RST, 1, 6000);
	ck_assert(!is_broken(x));
	must(host_reads(fd, 0) <= KIB(4));
	(void)guest_connects(x, l, 2);
	world_free(x);
}
END_TEST

START_TEST(held_data_in_a_page_taken_back_resets_its_connection)
{
	struct world *x = world_make();
	struct virtio_vsock_hdr h = packet(VIRTIO_VSOCK_OP_RW, 1, 6000);
	const struct vq_buf b[] = { { TX_DATA, HEADER, false },
				    { TX_DATA + KIB(4), 8000, false } };
	struct virtio_vsock_hdr got;
	int l, fd;

	bring_up(x, BASE, 64);
	l = host_listens(x, "_6000");
	fd = open_full(x, l, 1);
	for (size_t at = 1000; !stats(x).held; at += 30000)
		say_data(x, 1, 6000, at, 30000);
	h.len = 8000;
	memcpy(vq_driver_mem(&x->w, TX_DATA, HEADER), &h, HEADER);
	take_back(x, TX_DATA + KIB(8));
	put_chain(x, b, 2);
	do
		must(take(x, &got, NULL));
	while (got.op == VIRTIO_VSOCK_OP_CREDIT_UPDATE);
	ck_assert_uint_eq(got.op, VIRTIO_VSOCK_OP_RST);
	ck_assert_uint_eq(stats(x).held, 0);
	ck_assert(!is_broken(x));
	close(fd);
	world_free(x);
}
END_TEST

START_TEST(receive_buffer_taken_back_breaks_the_queue_and_ends_all)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct world *x = world_make();
		int l = host_listens(x, "_6000"), fd;

		bring_up(x, BASE, 64);
		fd = guest_connects(x, l, 1);
		/* The response took the first. */
		take_back(x, RX_DATA + RX_ROOM);
		if (i == 0)
			host_writes(fd, 0, 100);
		else
			say(x, VIRTIO_VSOCK_OP_RW, 7, 8);
		serve(x);
		ck_assert(is_broken(x));
		ck_assert_int_eq(x->dev->queues[0].vq.error.fault, VQ_REVOKED);
		ck_assert(is_over(fd));
		world_free(x);
	}
}
END_TEST

START_TEST(a_stopped_queue_gives_its_buffers_up)
{
	struct world *x = world_make();
	const uint64_t f = BASE | 1ULL << VIRTIO_F_RING_RESET;
	int l, fd;

	bring_up(x, f, 64);
	l = host_listens(x, "_6000");
	fd = guest_connects(x, l, 1);
	virtio_dev_queue_reset(x->dev, 0);
	host_writes(fd, 0, 100);
	serve(x);
	say(x, VIRTIO_VSOCK_OP_CREDIT_REQUEST, 1, 6000);
	ck_assert(!is_broken(x));
	enable_queue(x, 0, 64, f);
	serve(x);
	offer_rx(x, 8);
	expect(x, VIRTIO_VSOCK_OP_CREDIT_UPDATE, 1, 6000);
	ck_assert_uint_eq(expect(x, VIRTIO_VSOCK_OP_RW, 1, 6000).len, 100);
	world_free(x);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("vsock_revoked");
	TCase *t = tcase_create("vsock_revoked");

	tcase_add_test(t, header_in_a_page_taken_back_breaks_the_queue);
	tcase_add_test(t, data_in_a_page_taken_back_resets_its_connection);
	tcase_add_test(t, held_data_in_a_page_taken_back_resets_its_connection);
	tcase_add_test(t,
		       receive_buffer_taken_back_breaks_the_queue_and_ends_all);
	tcase_add_test(t, a_stopped_queue_gives_its_buffers_up);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	crash_handlers_install();
	return unit_main(suite());
}
