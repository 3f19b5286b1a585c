// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb_stub.c: gdb's remote protocol: bytes → packets → what they ask for. The
 * debugger is a program of the user's own, yet what it sends is checked as if it
 * were not.
 */
#include "gdb_stub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdb_text.h"

#define CTRL_C	 '\x03'
#define SIG_INT	 2
#define SP_AT	 ((size_t)31 * 16) /* digits, behind x0 to x30 */
#define NR_GREGS 34U		   /* x0 to x30, sp, pc, cpsr */

/* --- registers -------------------------------------------------------------- */

static void read_regs(struct gdb_stub *g)
{
	const struct gdb_target *t = g->target;
	struct gdb_regs r;

	if (t->get_regs(t->ctx, g->general, &r)) {
		gdb_answer(g, -EIO);
		return;
	}
	/* The order of target.xml; the fields are all little-endian. */
	gdb_put_hex(g->reply + 1, r.x, sizeof(r.x));
	gdb_put_hex(g->reply + 1 + SP_AT, &r.sp, 8);
	gdb_put_hex(g->reply + 17 + SP_AT, &r.pc, 8);
	gdb_put_hex(g->reply + 33 + SP_AT, &r.cpsr, 4);
	gdb_send_reply(g, SP_AT + 40);
}

static void write_regs(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	uint8_t bytes[33 * 8 + 4];
	struct gdb_regs r;

	if (!gdb_take_bytes(p, bytes, sizeof(bytes))) {
		gdb_answer(g, -EINVAL);
		return;
	}
	memcpy(r.x, bytes, sizeof(r.x));
	memcpy(&r.sp, bytes + sizeof(r.x), 8);
	memcpy(&r.pc, bytes + sizeof(r.x) + 8, 8);
	memcpy(&r.cpsr, bytes + sizeof(r.x) + 16, 4);
	gdb_answer(g, t->set_regs(t->ctx, g->general, &r));
}

static void *reg_at(struct gdb_regs *r, uint64_t n, size_t *len)
{
	*len = n == 33 ? 4 : 8;
	if (n < 31)
		return &r->x[n];
	return n == 31 ? (void *)&r->sp : n == 32 ? (void *)&r->pc : &r->cpsr;
}

static void read_reg(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	struct gdb_regs r;
	uint64_t n;
	size_t len;
	void *at;

	if (!gdb_take_number(&p, &n, '\0') || n >= NR_GREGS ||
	    t->get_regs(t->ctx, g->general, &r)) {
		gdb_answer(g, -EINVAL);
		return;
	}
	at = reg_at(&r, n, &len);
	gdb_put_hex(g->reply + 1, at, len);
	gdb_send_reply(g, 2 * len);
}

static void write_reg(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	struct gdb_regs r;
	uint64_t n;
	size_t len;
	void *at;

	if (!gdb_take_number(&p, &n, '=') || n >= NR_GREGS ||
	    t->get_regs(t->ctx, g->general, &r)) {
		gdb_answer(g, -EINVAL);
		return;
	}
	at = reg_at(&r, n, &len);
	gdb_answer(g, gdb_take_bytes(p, at, len)
			      ? t->set_regs(t->ctx, g->general, &r)
			      : -EINVAL);
}

/* --- memory and breakpoints ------------------------------------------------- */

static void read_memory(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	uint8_t bytes[GDB_MEMORY];
	uint64_t va, len;

	if (!gdb_take_number(&p, &va, ',') ||
	    !gdb_take_number(&p, &len, '\0') || len > sizeof(bytes) ||
	    t->read(t->ctx, g->general, va, bytes, (size_t)len)) {
		gdb_answer(g, -EFAULT);
		return;
	}
	gdb_put_hex(g->reply + 1, bytes, (size_t)len);
	gdb_send_reply(g, 2 * (size_t)len);
}

static void write_memory(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	uint8_t bytes[GDB_MEMORY];
	uint64_t va, len;

	if (!gdb_take_number(&p, &va, ',') || !gdb_take_number(&p, &len, ':') ||
	    len > sizeof(bytes) || !gdb_take_bytes(p, bytes, (size_t)len))
		gdb_answer(g, -EINVAL);
	else
		gdb_answer(g, t->write(t->ctx, g->general, va, bytes,
				       (size_t)len));
}

/* "Z1,ADDRESS,LENGTH": an instruction's is 4. */
static void breakpoint(struct gdb_stub *g, const char *p)
{
	const struct gdb_target *t = g->target;
	bool on = p[0] == 'Z';
	unsigned int kind = (unsigned int)gdb_digit(p[1]);
	uint64_t va, len;
	int err = -EINVAL;

	if (kind >= GDB_NR_BREAKS) {
		gdb_reply(g, "%s", "");
		return;
	}
	p += 3;
	if (p[-1] == ',' && gdb_take_number(&p, &va, ',') &&
	    gdb_take_number(&p, &len, '\0')) {
		if (kind >= GDB_WATCH_STORES)
			err = t->set_watch(t->ctx, kind, va, len, on);
		else if (len == 4)
			err = t->set_break(t->ctx, g->general,
					   kind == GDB_BREAK_HARD, va, on);
	}
	gdb_answer(g, err);
}

/* --- running ---------------------------------------------------------------- */

static void resume(struct gdb_stub *g)
{
	g->stopped = false;
	g->target->resume(g->target->ctx, g->how);
}

static void all_are(struct gdb_stub *g, enum gdb_resume how)
{
	for (unsigned int i = 0; i < g->target->nr_vcpus; i++)
		g->how[i] = how;
}

/* "c", "s" or "C05", "S05": the signal means nothing to a guest. */
static bool take_action(const char *text, enum gdb_resume *how)
{
	if (*text == 'c' || *text == 'C')
		*how = GDB_CONTINUE;
	else if (*text == 's' || *text == 'S')
		*how = GDB_STEP;
	else
		return false;
	return true;
}

/* ";s:1;c": the first that names a thread is for it. */
static void vcont(struct gdb_stub *g, char *p)
{
	enum gdb_resume how;
	unsigned int vcpu;
	char *one, *colon;

	all_are(g, GDB_STAY);
	while ((one = strsep(&p, ";"))) {
		if (!*one)
			continue;
		colon = strchr(one, ':');
		if (!take_action(one, &how) ||
		    (colon &&
		     !gdb_take_thread(g, colon + 1, UINT32_MAX, &vcpu))) {
			gdb_answer(g, -EINVAL);
			return;
		}
		if (!colon)
			vcpu = UINT32_MAX;
		for (unsigned int i = 0; i < g->target->nr_vcpus; i++)
			if ((vcpu == i || vcpu == UINT32_MAX) &&
			    g->how[i] == GDB_STAY)
				g->how[i] = how;
	}
	resume(g);
}

/* "c", "s", "C05": from where it stands. */
static void old_resume(struct gdb_stub *g, char verb)
{
	bool steps = verb == 's' || verb == 'S';

	all_are(g, steps ? GDB_STAY : GDB_CONTINUE);
	if (steps)
		g->how[g->general] = GDB_STEP;
	resume(g);
}

static void tell_stop(struct gdb_stub *g)
{
	const struct gdb_stop *s = &g->last;

	if (s->is_watch)
		gdb_reply(g, "T%02xwatch:%llx;thread:%x;",
			  (unsigned int)s->signal,
			  (unsigned long long)s->watched, s->vcpu + 1);
	else
		gdb_reply(g, "T%02xthread:%x;", (unsigned int)s->signal,
			  s->vcpu + 1);
}

/* --- the rest --------------------------------------------------------------- */

static void set_thread(struct gdb_stub *g, const char *p)
{
	unsigned int vcpu;

	if (!gdb_take_thread(g, p + 1, g->general, &vcpu)) {
		gdb_answer(g, -EINVAL);
		return;
	}
	if (p[0] == 'g')
		g->general = vcpu;
	gdb_answer(g, 0);
}

static void set_no_ack(struct gdb_stub *g)
{
	gdb_answer(g, 0);
	g->no_ack = true;
}

static void long_command(struct gdb_stub *g, char *p)
{
	if (!strcmp(p, "vCont?"))
		gdb_reply(g, "vCont;c;C;s;S");
	else if (gdb_starts(p, "vCont;"))
		vcont(g, p + 6);
	else if (!strcmp(p, "QStartNoAckMode"))
		set_no_ack(g);
	else if (gdb_starts(p, "vKill")) {
		gdb_answer(g, 0);
		g->target->kill(g->target->ctx);
	} else
		gdb_reply(g, "%s", "");
}

static void detach(struct gdb_stub *g)
{
	gdb_answer(g, 0);
	g->stopped = false;
	g->target->detach(g->target->ctx);
}

static void alive(struct gdb_stub *g, const char *p)
{
	unsigned int vcpu;

	gdb_answer(g, gdb_take_thread(g, p, 0, &vcpu) ? 0 : -ESRCH);
}

static void command(struct gdb_stub *g, char *p)
{
	switch (p[0]) {
	case '?':
		tell_stop(g);
		break;
	case 'g':
		read_regs(g);
		break;
	case 'G':
		write_regs(g, p + 1);
		break;
	case 'p':
		read_reg(g, p + 1);
		break;
	case 'P':
		write_reg(g, p + 1);
		break;
	case 'm':
		read_memory(g, p + 1);
		break;
	case 'M':
		write_memory(g, p + 1);
		break;
	case 'Z':
	case 'z':
		breakpoint(g, p);
		break;
	case 'c':
	case 'C':
	case 's':
	case 'S':
		old_resume(g, p[0]);
		break;
	case 'H':
		set_thread(g, p + 1);
		break;
	case 'T':
		alive(g, p + 1);
		break;
	case 'D':
		detach(g);
		break;
	case 'k':
		g->target->kill(g->target->ctx);
		break;
	case 'q':
		gdb_question(g, p);
		break;
	case 'v':
	case 'Q':
		long_command(g, p);
		break;
	default: /* "I do not know that" */
		gdb_reply(g, "%s", "");
		break;
	}
}

/* --- packets in ------------------------------------------------------------- */

static void acknowledge(struct gdb_stub *g, char c)
{
	if (!g->no_ack)
		g->target->send(g->target->ctx, &c, 1);
}

/* A byte of the checksum; true: it was the last. */
static bool take_check(struct gdb_stub *g, char c)
{
	int d = gdb_digit(c);

	g->check = (uint8_t)(g->check << 4 | (d < 0 ? 0 : d));
	if (--g->nr_check)
		return false;
	if (g->check == g->sum || g->no_ack) {
		acknowledge(g, '+');
		return true;
	}
	acknowledge(g, '-');
	return false;
}

/* true: a whole packet is there. */
static bool take_byte(struct gdb_stub *g, char c)
{
	if (g->nr_check)
		return take_check(g, c);
	if (c == '$') {
		g->in_packet = true;
		g->len = 0;
		g->sum = 0;
	} else if (!g->in_packet) {
		if (c == CTRL_C && !g->stopped)
			g->target->interrupt(g->target->ctx);
	} else if (c == '#') {
		g->packet[g->len] = '\0';
		g->in_packet = false;
		g->nr_check = 2;
		g->check = 0;
	} else {
		g->sum = (uint8_t)(g->sum + (uint8_t)c);
		/* One that is too long loses its end, and is an error then. */
		if (g->len < GDB_PACKET)
			g->packet[g->len++] = c;
	}
	return false;
}

size_t gdb_stub_feed(struct gdb_stub *g, const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		/* What is asked of a guest that runs waits until it does not. */
		if (!g->stopped && !g->in_packet && !g->nr_check &&
		    bytes[i] == '$')
			break;
		if (take_byte(g, bytes[i++]))
			command(g, g->packet);
	}
	return i;
}

/* --- life ------------------------------------------------------------------- */

int gdb_stub_init(struct gdb_stub *g, const struct gdb_target *t)
{
	memset(g, 0, sizeof(*g));
	g->target = t;
	g->how = calloc(t->nr_vcpus, sizeof(*g->how));
	return g->how ? 0 : -ENOMEM;
}

void gdb_stub_fini(struct gdb_stub *g)
{
	free(g->how);
	g->how = NULL;
}

void gdb_stub_stopped(struct gdb_stub *g, const struct gdb_stop *why,
		      bool is_first)
{
	g->stopped = true;
	g->general = why->vcpu;
	g->last = *why;
	if (is_first)
		g->last = (struct gdb_stop){ why->vcpu, .signal = SIG_INT };
	else
		tell_stop(g);
}

void gdb_stub_ended(struct gdb_stub *g, int code)
{
	gdb_reply(g, "W%02x", (unsigned int)code & 0xff);
}
