// SPDX-License-Identifier: GPL-2.0-only
/* test_gdb.c: properties of gdb's protocol, and of the walk of page tables. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "../../vmm/gdb_stub.h"

/* --- a guest of two vCPUs and 64 bytes -------------------------------------- */

#define MEM_VA 0x1000U

static struct fake {
	struct gdb_stub stub;
	struct gdb_target target;
	struct gdb_regs regs[2];
	uint8_t mem[64];
	uint64_t soft, hard, watch, watch_len;
	enum gdb_break watch_kind;
	enum gdb_resume how[2];
	unsigned int nr_resumes, nr_interrupts, nr_detaches, nr_kills;
	char out[16384];
	size_t len;
} f;

static int get_regs(void *ctx, unsigned int vcpu, struct gdb_regs *r)
{
	(void)ctx;
	*r = f.regs[vcpu];
	return 0;
}

static int set_regs(void *ctx, unsigned int vcpu, const struct gdb_regs *r)
{
	(void)ctx;
	f.regs[vcpu] = *r;
	return 0;
}

static bool is_mem(uint64_t va, size_t len)
{
	return va >= MEM_VA && va - MEM_VA <= sizeof(f.mem) &&
	       len <= sizeof(f.mem) - (va - MEM_VA);
}

static int mem_read(void *ctx, unsigned int vcpu, uint64_t va, uint8_t *bytes,
		    size_t len)
{
	(void)ctx;
	(void)vcpu;
	if (!is_mem(va, len))
		return -EFAULT;
	memcpy(bytes, f.mem + (va - MEM_VA), len);
	return 0;
}

static int mem_write(void *ctx, unsigned int vcpu, uint64_t va,
		     const uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)vcpu;
	if (!is_mem(va, len))
		return -EFAULT;
	memcpy(f.mem + (va - MEM_VA), bytes, len);
	return 0;
}

static int set_break(void *ctx, unsigned int vcpu, bool hardware, uint64_t va,
		     bool on)
{
	(void)ctx;
	(void)vcpu;
	*(hardware ? &f.hard : &f.soft) = on ? va : 0;
	return 0;
}

static int set_watch(void *ctx, enum gdb_break kind, uint64_t va, uint64_t len,
		     bool on)
{
	(void)ctx;
	f.watch = on ? va : 0;
	f.watch_len = len;
	f.watch_kind = kind;
	return len > 64 ? -ENOSPC : 0;
}

static void stopped(unsigned int vcpu, bool is_first)
{
	const struct gdb_stop why = { .vcpu = vcpu, .signal = 5 };

	gdb_stub_stopped(&f.stub, &why, is_first);
}

static void resume(void *ctx, const enum gdb_resume *how)
{
	(void)ctx;
	memcpy(f.how, how, sizeof(f.how));
	f.nr_resumes++;
}

static void interrupt(void *ctx)
{
	(void)ctx;
	f.nr_interrupts++;
}

static void detach(void *ctx)
{
	(void)ctx;
	f.nr_detaches++;
}

static void kill_it(void *ctx)
{
	(void)ctx;
	f.nr_kills++;
}

static void send_it(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	ck_assert_uint_lt(f.len + len, sizeof(f.out));
	memcpy(f.out + f.len, bytes, len);
	f.len += len;
	f.out[f.len] = '\0';
}

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	f.target = (struct gdb_target){
		.nr_vcpus = 2,
		.get_regs = get_regs,
		.set_regs = set_regs,
		.read = mem_read,
		.write = mem_write,
		.set_break = set_break,
		.set_watch = set_watch,
		.resume = resume,
		.interrupt = interrupt,
		.detach = detach,
		.kill = kill_it,
		.send = send_it,
	};
	ck_assert_int_eq(gdb_stub_init(&f.stub, &f.target), 0);
	stopped(0, true);
}

static void teardown(void)
{
	gdb_stub_fini(&f.stub);
}

/* The answer to packet @text, without its frame; "" is "not known". */
static const char *ask(const char *text)
{
	static char packet[GDB_PACKET + 8];
	unsigned int sum = 0;
	size_t n;

	for (const char *c = text; *c; c++)
		sum += (uint8_t)*c;
	n = (size_t)snprintf(packet, sizeof(packet), "$%s#%02x", text,
			     sum & 0xff);
	f.len = 0;
	f.out[0] = '\0';
	ck_assert_uint_eq(gdb_stub_feed(&f.stub, packet, n), n);
	if (f.len < 2)
		return f.out;
	ck_assert_int_eq(f.out[0], '+');
	ck_assert_int_eq(f.out[1], '$');
	f.out[f.len - 3] = '\0';
	return f.out + 2;
}

START_TEST(a_debuggers_first_words_are_answered)
{
	ck_assert_ptr_nonnull(strstr(ask("qSupported:xmlRegisters=i386"),
				     "qXfer:features:read+"));
	ck_assert_str_eq(ask("?"), "T02thread:1;");
	ck_assert_str_eq(ask("qfThreadInfo"), "m1,2");
	ck_assert_str_eq(ask("qsThreadInfo"), "l");
	ck_assert_str_eq(ask("qThreadExtraInfo,2"), "764350552031");
	ck_assert_str_eq(ask("qC"), "QC1");
	ck_assert_str_eq(ask("vCont?"), "vCont;c;C;s;S");
	ck_assert_str_eq(ask("qAttached"), "1");
	ck_assert_str_eq(ask("qSymbol::"), "");
	ck_assert_str_eq(ask("X1000,0:"), "");
	ck_assert_str_eq(ask("!"), "");
}
END_TEST

START_TEST(the_description_of_registers_comes_in_parts)
{
	static char all[GDB_PACKET];
	char cmd[64];
	const char *part;
	size_t at = 0;

	do {
		(void)snprintf(cmd, sizeof(cmd),
			       "qXfer:features:read:target.xml:%zx,40", at);
		part = ask(cmd);
		ck_assert(*part == 'm' || *part == 'l');
		ck_assert_uint_lt(at + strlen(part), sizeof(all));
		strcpy(all + at, part + 1);
		at += strlen(part + 1);
	} while (*part == 'm');
	ck_assert_ptr_nonnull(strstr(all, "org.gnu.gdb.aarch64.core"));
	ck_assert_ptr_nonnull(strstr(all, "name=\"cpsr\""));
	ck_assert_str_eq(all + strlen(all) - 9, "</target>");
	ck_assert_str_eq(ask("qXfer:features:read:target.xml:ffff,40"), "E01");
}
END_TEST

START_TEST(registers_are_read_and_written)
{
	char all[33 * 16 + 8 + 2] = "G";

	f.regs[1].x[30] = 0x1122334455667788;
	f.regs[1].pc = 0xffff800080010000;
	f.regs[1].cpsr = 0x3c5;
	ck_assert_str_eq(ask("Hg2"), "OK");
	ck_assert_str_eq(ask("p1e"), "8877665544332211");
	ck_assert_str_eq(ask("p20"), "000001800080ffff");
	ck_assert_str_eq(ask("p21"), "c5030000");
	ck_assert_str_eq(ask("p22"), "E01");
	ck_assert_str_eq(ask("P1f=0010000000000000"), "OK");
	ck_assert_uint_eq(f.regs[1].sp, 0x1000);
	ck_assert_str_eq(ask("P1f=00"), "E01");
	strcat(all, ask("g"));
	ck_assert_uint_eq(strlen(all), 33 * 16 + 8 + 1);
	ck_assert_str_eq(ask("Hg1"), "OK");
	ck_assert_str_eq(ask(all), "OK");
	ck_assert_mem_eq(f.regs[0].x, f.regs[1].x, sizeof(f.regs[0].x));
	ck_assert_uint_eq(f.regs[0].pc, f.regs[1].pc);
	ck_assert_uint_eq(f.regs[0].cpsr, 0x3c5);
	ck_assert_str_eq(ask("Hg3"), "E01");
	ck_assert_str_eq(ask("T2"), "OK");
	ck_assert_str_eq(ask("Tp1.2"), "OK");
	ck_assert_str_eq(ask("T3"), "E01");
}
END_TEST

START_TEST(memory_is_read_and_written)
{
	ck_assert_str_eq(ask("M1004,3:0a0B0c"), "OK");
	ck_assert_str_eq(ask("m1003,5"), "000a0b0c00");
	ck_assert_str_eq(ask("m2000,1"), "E01");
	ck_assert_str_eq(ask("m1000,401"), "E01");
	ck_assert_str_eq(ask("m1000"), "E01");
	ck_assert_str_eq(ask("m11112222333344445,1"), "E01");
	ck_assert_str_eq(ask("M1004,3:0a0B"), "E01");
	ck_assert_str_eq(ask("M1004,1:0x"), "E01");
}
END_TEST

START_TEST(breakpoints_are_of_two_kinds)
{
	ck_assert_str_eq(ask("Z0,1000,4"), "OK");
	ck_assert_uint_eq(f.soft, 0x1000);
	ck_assert_str_eq(ask("Z1,1004,4"), "OK");
	ck_assert_uint_eq(f.hard, 0x1004);
	ck_assert_str_eq(ask("z0,1000,4"), "OK");
	ck_assert_uint_eq(f.soft, 0);
	ck_assert_str_eq(ask("Z5,1000,4"), "");
	ck_assert_str_eq(ask("Z0"), "E01");
	ck_assert_str_eq(ask("Z0,1000,2"), "E01");
}
END_TEST

START_TEST(accesses_are_watched)
{
	static const struct gdb_stop why = {
		.vcpu = 1,
		.signal = 5,
		.is_watch = true,
		.watched = 0xffff800080001234,
	};

	ck_assert_str_eq(ask("Z2,ffff800080001230,8"), "OK");
	ck_assert_uint_eq(f.watch, 0xffff800080001230);
	ck_assert_uint_eq(f.watch_len, 8);
	ck_assert_int_eq(f.watch_kind, GDB_WATCH_STORES);
	ck_assert_str_eq(ask("Z4,1000,100"), "E01");
	ck_assert_int_eq(f.watch_kind, GDB_WATCH_BOTH);
	ck_assert_str_eq(ask("Z3,1000"), "E01");
	ask("c");
	f.len = 0;
	gdb_stub_stopped(&f.stub, &why, false);
	ck_assert_str_eq(f.out, "$T05watch:ffff800080001234;thread:2;#56");
	ck_assert_str_eq(ask("?"), "T05watch:ffff800080001234;thread:2;");
	ck_assert_str_eq(ask("z3,1000,1"), "OK");
	ck_assert_uint_eq(f.watch, 0);
	ck_assert_int_eq(f.watch_kind, GDB_WATCH_LOADS);
}
END_TEST

START_TEST(it_runs_and_stops)
{
	ask("vCont;s:2;c");
	ck_assert_uint_eq(f.nr_resumes, 1);
	ck_assert_int_eq(f.how[0], GDB_CONTINUE);
	ck_assert_int_eq(f.how[1], GDB_STEP);
	/* What is asked of a running guest waits */
	ck_assert_uint_eq(gdb_stub_feed(&f.stub, "$?#3f", 5), 0);
	ck_assert_uint_eq(gdb_stub_feed(&f.stub, "+\x03", 2), 2);
	ck_assert_uint_eq(f.nr_interrupts, 1);
	f.len = 0;
	stopped(1, false);
	ck_assert_str_eq(f.out, "$T05thread:2;#d8");
	ck_assert_str_eq(ask("?"), "T05thread:2;");
	ask("s");
	ck_assert_int_eq(f.how[0], GDB_STAY);
	ck_assert_int_eq(f.how[1], GDB_STEP);
	stopped(1, false);
	ck_assert_str_eq(ask("vCont;x"), "E01");
	ck_assert_str_eq(ask("vCont;s:9"), "E01");
	ask("c");
	ck_assert_int_eq(f.how[0], GDB_CONTINUE);
	stopped(0, false);
	ck_assert_str_eq(ask("D;1"), "OK");
	ck_assert_uint_eq(f.nr_detaches, 1);
}
END_TEST

START_TEST(broken_packets_are_asked_for_again)
{
	f.len = 0;
	ck_assert_uint_eq(gdb_stub_feed(&f.stub, "$k#00", 5), 5);
	ck_assert_str_eq(f.out, "-");
	ck_assert_uint_eq(f.nr_kills, 0);
	ck_assert_str_eq(ask("QStartNoAckMode"), "OK");
	f.len = 0;
	gdb_stub_feed(&f.stub, "$qC#00", 6);
	ck_assert_str_eq(f.out, "$QC1#c5");
	gdb_stub_feed(&f.stub, "$k#00", 5);
	ck_assert_uint_eq(f.nr_kills, 1);
}
END_TEST

/* --- options ---------------------------------------------------------------- */

static int parse(struct config *cfg, const char *a, const char *b,
		 const char *c)
{
	const char *words[] = { "run", "-k", "Image", a, b, c, NULL };
	char text[6][40], *argv[7] = { NULL };
	struct opt_parse p;
	unsigned int port;
	int argc = 0, ret;
	bool wait;

	for (; words[argc]; argc++) {
		(void)snprintf(text[argc], sizeof(text[argc]), "%s",
			       words[argc]);
		argv[argc] = text[argc];
	}
	ret = config_parse(cfg, &p, argc, argv);
	port = cfg->gdb_port;
	wait = cfg->gdb_wait;
	config_fini(cfg);
	cfg->gdb_port = port;
	cfg->gdb_wait = wait;
	return ret;
}

START_TEST(a_protected_guest_is_not_debugged)
{
	struct config cfg;

	ck_assert_int_eq(parse(&cfg, "--gdb", "1234", NULL), -EINVAL);
	ck_assert_int_eq(parse(&cfg, "--gdb=1234", "--protected=off", NULL), 0);
	ck_assert_uint_eq(cfg.gdb_port, 1234);
	ck_assert_int_eq(parse(&cfg, "--gdb=./s", "--protected=off", NULL), 0);
	ck_assert_uint_eq(cfg.gdb_port, 0);
	ck_assert_int_eq(parse(&cfg, "--gdb=s", "--protected=off", NULL),
			 -EINVAL);
	ck_assert_int_eq(parse(&cfg, "--gdb=65536", "--protected=off", NULL),
			 -EINVAL);
	ck_assert_int_eq(parse(&cfg, "--gdb-wait", "--protected=off", NULL),
			 -EINVAL);
	ck_assert_int_eq(
		parse(&cfg, "--gdb=1", "--gdb-wait", "--protected=off"), 0);
	ck_assert(cfg.gdb_wait);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("gdb");
	TCase *tc = tcase_create("gdb");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_debuggers_first_words_are_answered);
	tcase_add_test(tc, the_description_of_registers_comes_in_parts);
	tcase_add_test(tc, registers_are_read_and_written);
	tcase_add_test(tc, memory_is_read_and_written);
	tcase_add_test(tc, breakpoints_are_of_two_kinds);
	tcase_add_test(tc, accesses_are_watched);
	tcase_add_test(tc, it_runs_and_stops);
	tcase_add_test(tc, broken_packets_are_asked_for_again);
	tcase_add_test(tc, a_protected_guest_is_not_debugged);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
