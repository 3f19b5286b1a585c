// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_gdb.c: bytes of a debugger. Whatever they are, the stub takes all of them
 * but those for a guest that runs, asks only for vCPUs there are and for memory
 * that fits a packet, and sends frames. A byte 0xff stops the guest again.
 *
 * Floor: vmm/gdb_stub.c 75
 */
#include "fuzz.h"

#include <assert.h>

#include "../../vmm/gdb_stub.h"

#define VCPUS 3U

static int get_regs(void *ctx, unsigned int vcpu, struct gdb_regs *r)
{
	(void)ctx;
	assert(vcpu < VCPUS);
	memset(r, 0x5a, sizeof(*r));
	return 0;
}

static int set_regs(void *ctx, unsigned int vcpu, const struct gdb_regs *r)
{
	(void)ctx;
	(void)r;
	assert(vcpu < VCPUS);
	return 0;
}

static int mem_read(void *ctx, unsigned int vcpu, uint64_t va, uint8_t *bytes,
		    size_t len)
{
	(void)ctx;
	assert(vcpu < VCPUS && len <= GDB_MEMORY);
	memset(bytes, (int)va, len);
	return va & 1 ? -1 : 0;
}

static int mem_write(void *ctx, unsigned int vcpu, uint64_t va,
		     const uint8_t *bytes, size_t len)
{
	volatile uint8_t sum = 0;

	(void)ctx;
	(void)va;
	assert(vcpu < VCPUS && len <= GDB_MEMORY);
	for (size_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return 0;
}

static int set_break(void *ctx, unsigned int vcpu, bool hardware, uint64_t va,
		     bool on)
{
	(void)ctx;
	(void)hardware;
	(void)va;
	(void)on;
	assert(vcpu < VCPUS);
	return 0;
}

static int set_watch(void *ctx, enum gdb_break kind, uint64_t va, uint64_t len,
		     bool on)
{
	(void)ctx;
	(void)on;
	assert(kind >= GDB_WATCH_STORES && kind <= GDB_WATCH_BOTH);
	return len > va ? -1 : 0;
}

static void resume(void *ctx, const enum gdb_resume *how)
{
	(void)ctx;
	for (unsigned int i = 0; i < VCPUS; i++)
		assert(how[i] <= GDB_STEP);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void sent(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	if (len == 1)
		assert(bytes[0] == '+' || bytes[0] == '-');
	else
		assert(len >= 4 && bytes[0] == '$' && bytes[len - 3] == '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gdb_target target = {
		.nr_vcpus = VCPUS,
		.get_regs = get_regs,
		.set_regs = set_regs,
		.read = mem_read,
		.write = mem_write,
		.set_break = set_break,
		.set_watch = set_watch,
		.resume = resume,
		.interrupt = nothing,
		.detach = nothing,
		.kill = nothing,
		.send = sent,
	};
	static const struct gdb_stop last = { VCPUS - 1, 5, true, 1UL << 63 };
	static const struct gdb_stop first = { .signal = 5 };
	struct gdb_stub g;
	size_t at = 0;

	if (gdb_stub_init(&g, &target))
		abort();
	gdb_stub_stopped(&g, &first, true);
	while (at < size) {
		size_t n;

		if (data[at] == 0xff)
			gdb_stub_stopped(&g, &last, false);
		n = gdb_stub_feed(&g, (const char *)data + at, size - at);
		at += n;
		if (at == size)
			break;
		assert(!g.stopped && data[at] == '$');
		gdb_stub_stopped(&g, &first, false);
	}
	gdb_stub_ended(&g, 114);
	gdb_stub_fini(&g);
	return 0;
}
