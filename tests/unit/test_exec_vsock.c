// SPDX-License-Identifier: GPL-2.0-only
/* test_exec_vsock.c: exec's init at the other end of a vsock connection. */
#include "vsock_fixture.h"

#include "../../vmm/exec_state.h"

#define PORT EXEC_VSOCK_PORT

static struct vm *vm;
static struct exec *e;
static struct world *x;
static const struct config cfg = { .exec.on = true };

static void setup(void)
{
	x = world_make();
	vm = calloc(1, sizeof(*vm));
	must(vm);
	vm->cfg = &cfg;
	vm->loop = x->loop;
	must(!exec_create(&e, vm));
	must(!exec_vsock(e, x->vsock));
	bring_up(x, BASE, 64);
}

static void teardown(void)
{
	exec_destroy(e);
	free(vm);
	world_free(x);
}

static void connects(uint32_t guest_port)
{
	say(x, VIRTIO_VSOCK_OP_REQUEST, guest_port, PORT);
	expect(x, VIRTIO_VSOCK_OP_RESPONSE, guest_port, PORT);
}

static void is_refused(uint32_t guest_port)
{
	say(x, VIRTIO_VSOCK_OP_REQUEST, guest_port, PORT);
	expect(x, VIRTIO_VSOCK_OP_RST, guest_port, PORT);
}

/* What the guest sends is the pattern: the host looks at its first frame. */
START_TEST(what_the_guest_sends_is_looked_at)
{
	connects(1000);
	ck_assert_int_eq(e->channel, EXEC_CHANNEL_NONE);
	say_data(x, 1000, PORT, 0, 12);
	ck_assert_int_eq(e->channel, EXEC_CHANNEL_VSOCK);
	ck_assert_str_eq(e->wire.fault, "a frame of no known kind");
}
END_TEST

START_TEST(the_first_connection_is_the_only_one)
{
	connects(1000);
	is_refused(1001);
	say(x, VIRTIO_VSOCK_OP_RST, 1000, PORT);
	ck_assert_int_eq(e->vsock.fd, -1);
	is_refused(1000);
	ck_assert_ptr_null(e->wire.fault);
	/* Nor is one of the guest's next driver. */
	bring_up(x, BASE, 64);
	is_refused(1000);
}
END_TEST

START_TEST(a_late_channel_is_not_listened_to)
{
	const struct exec_head hello = { { EXEC_HELLO }, { 0 }, { 4 } };

	connects(1000);
	exec_take(e, EXEC_CHANNEL_SERIAL, (const uint8_t *)&hello,
		  sizeof(hello), NULL);
	say_data(x, 1000, PORT, 0, 12);
	ck_assert_int_eq(e->channel, EXEC_CHANNEL_SERIAL);
	ck_assert_ptr_null(e->wire.fault);
}
END_TEST

START_TEST(all_of_it_goes_over_though_the_guest_is_slow)
{
	static uint8_t bytes[MIB(1)];
	struct virtio_vsock_hdr h = { .op = 0 };
	static uint8_t data[RX_ROOM];
	size_t sent = 0, got = 0, n;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = pattern(i);
	connects(1000);
	while (got < sizeof(bytes)) {
		n = exec_vsock_send(e, bytes + sent, sizeof(bytes) - sent);
		sent += n;
		serve(x);
		while (take(x, &h, data)) {
			ck_assert_uint_eq(h.op, VIRTIO_VSOCK_OP_RW);
			for (size_t i = 0; i < h.len; i++)
				must(data[i] == pattern(got + i));
			got += h.len;
		}
		ck_assert_uint_le(got, sent);
		/* All its room is back. */
		h = packet(VIRTIO_VSOCK_OP_CREDIT_UPDATE, 1000, PORT);
		h.fwd_cnt = (uint32_t)got;
		put(x, &h, 0);
	}
	ck_assert_uint_eq(sent, sizeof(bytes));
}
END_TEST

START_TEST(without_a_connection_nothing_is_sent_for_ever)
{
	const uint8_t byte = 1;

	connects(1000);
	say_end(x, 1000, PORT, BOTH);
	expect(x, VIRTIO_VSOCK_OP_RST, 1000, PORT);
	ck_assert_int_eq(e->vsock.fd, -1);
	ck_assert_uint_eq(exec_vsock_send(e, &byte, 1), 0);
}
END_TEST

START_TEST(a_device_without_a_path_is_execs_alone)
{
	const struct virtio_vsock_init init = { .cid = CID,
						.window = &x->w,
						.loop = &x->loop };

	exec_vsock_close(e);
	virtio_vsock_destroy(x->vsock);
	must(!virtio_vsock_create(&x->vsock, &init));
	x->dev = virtio_vsock_dev(x->vsock);
	must(!exec_vsock(e, x->vsock));
	bring_up(x, BASE, 64);
	say(x, VIRTIO_VSOCK_OP_REQUEST, 1000, 6000);
	expect(x, VIRTIO_VSOCK_OP_RST, 1000, 6000);
	connects(1000);
	say_data(x, 1000, PORT, 0, 12);
	ck_assert_int_eq(e->channel, EXEC_CHANNEL_VSOCK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exec_vsock");
	TCase *t = tcase_create("exec_vsock");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_the_guest_sends_is_looked_at);
	tcase_add_test(t, the_first_connection_is_the_only_one);
	tcase_add_test(t, a_late_channel_is_not_listened_to);
	tcase_add_test(t, all_of_it_goes_over_though_the_guest_is_slow);
	tcase_add_test(t, without_a_connection_nothing_is_sent_for_ever);
	tcase_add_test(t, a_device_without_a_path_is_execs_alone);
	suite_add_tcase(s, t);
	return unit_main(s);
}
