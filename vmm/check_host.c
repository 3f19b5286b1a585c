// SPDX-License-Identifier: GPL-2.0-only
/*
 * check_host.c: judges the host's facts that need no KVM to be known: limits,
 * memory, and what a VMM likes to have beside KVM.
 */
#include "check_items.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "log.h"

struct check_item *check_add(struct check_report *r, enum check_state state,
			     const char *thing, const char *fmt, ...)
{
	/* The table of kernel symbols is as long as it is. */
	struct check_item *item =
		&r->items[r->nr < CHECK_MAX_ITEMS ? r->nr++ : r->nr - 1];
	va_list ap;

	memset(item, 0, sizeof(*item));
	item->state = state;
	item->thing = thing;
	va_start(ap, fmt);
	vsnprintf(item->finding, sizeof(item->finding), fmt, ap);
	va_end(ap);
	return item;
}

void check_remedy(struct check_item *item, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(item->remedy, sizeof(item->remedy), fmt, ap);
	va_end(ap);
}

/* The largest -m that @limit bytes of locked memory allow. */
static uint64_t mem_within(uint64_t limit, uint64_t used)
{
	uint64_t taken = used + host_memlock_need(0);

	return limit > taken ? align_down(limit - taken, MIB(2)) : 0;
}

static const char *memlock_limit(const struct host_memlock *m, char *text,
				 size_t size)
{
	/* run raises the soft limit to the hard one. */
	return m->hard == UINT64_MAX ? "unlimited"
				     : host_size_text(m->hard, text, size);
}

static void judge_memlock(const struct check_facts *f, struct check_report *r)
{
	uint64_t want = f->want ? f->want : CHECK_DEFAULT_MEM, most, need;
	const struct host_memlock *m = &f->memlock;
	char limit[32], allows[32], wanted[32];
	struct check_item *item;
	enum check_state state;

	if (f->memlock_err) {
		check_add(r, CHECK_UNKNOWN, "memlock", "%s",
			  errno_text(f->memlock_err));
		return;
	}
	if (m->exempt || m->hard == UINT64_MAX) {
		check_add(r, CHECK_OK, "memlock", "%s",
			  m->exempt ? "no limit applies (CAP_IPC_LOCK)"
				    : "unlimited");
		return;
	}
	most = mem_within(m->hard, m->locked);
	if (most < r->max_mem)
		r->max_mem = most;
	memlock_limit(m, limit, sizeof(limit));
	if (most >= want) {
		check_add(r, CHECK_OK, "memlock",
			  "limit %s allows up to -m %llu", limit,
			  (unsigned long long)(most >> 20));
		return;
	}
	state = f->want || most < CHECK_LEAST_MEM ? CHECK_FAIL : CHECK_WARN;
	if (most)
		snprintf(allows, sizeof(allows), "-m %llu at most",
			 (unsigned long long)(most >> 20));
	else
		snprintf(allows, sizeof(allows), "no pVM");
	need = host_memlock_need(want);
	item = check_add(
		r, state, "memlock",
		"limit %s allows %s (each page of a pVM is locked; -m "
		"%llu needs %s)",
		limit, allows, (unsigned long long)(want >> 20),
		host_size_text(align_up(need, MIB(1)), wanted, sizeof(wanted)));
	check_remedy(item,
		     "ulimit -l %llu as root, or memlock in "
		     "/etc/security/limits.d, or LimitMEMLOCK= in the systemd "
		     "unit; or run --memlock=lazy",
		     (unsigned long long)(align_up(need, KIB(1)) >> 10));
}

static void judge_memory(const struct check_facts *f, struct check_report *r)
{
	uint64_t want = f->want ? f->want : CHECK_DEFAULT_MEM, most;
	struct check_item *item;
	char text[32];

	if (f->available_err) {
		check_add(r, CHECK_UNKNOWN, "memory", "%s",
			  errno_text(f->available_err));
		return;
	}
	most = align_down(f->available - f->available / 129, MIB(2));
	if (most < r->max_mem)
		r->max_mem = most;
	host_size_text(f->available, text, sizeof(text));
	if (f->available >= host_memory_need(want)) {
		check_add(r, CHECK_OK, "memory", "%s can be pinned (%s)", text,
			  f->available_what);
		return;
	}
	item = check_add(r,
			 f->want || f->available < CHECK_LEAST_MEM ? CHECK_FAIL
								   : CHECK_WARN,
			 "memory", "%s can be pinned (%s), -m %llu wants more",
			 text, f->available_what,
			 (unsigned long long)(want >> 20));
	check_remedy(item,
		     "free memory or give a smaller -m; a pVM's pages cannot "
		     "be swapped");
}

static void judge_io_uring(const struct check_facts *f, struct check_report *r)
{
	struct check_item *item;

	if (f->io_uring_err == 0) {
		check_add(r, CHECK_OK, "io_uring", "there");
		return;
	}
	item = check_add(r, CHECK_WARN, "io_uring", "%s",
			 errno_text(f->io_uring_err));
	if (f->io_uring_disabled > 0)
		check_remedy(item,
			     "kernel.io_uring_disabled is %d; as root: sysctl "
			     "kernel.io_uring_disabled=0",
			     f->io_uring_disabled);
	else if (f->io_uring_err == ENOSYS)
		check_remedy(item, "a kernel with CONFIG_IO_URING");
	else
		check_remedy(item,
			     "a seccomp filter (a container's?) may forbid it");
}

static void judge_device(struct check_report *r, const char *path, int err,
			 const char *what, const char *module)
{
	struct check_item *item;

	if (err == 0) {
		check_add(r, CHECK_OK, path, "usable");
		return;
	}
	item = check_add(r, CHECK_WARN, path, "%s (%s)", errno_text(err), what);
	if (err == EACCES || err == EPERM)
		check_remedy(item, "give this user access to it");
	else
		check_remedy(item, "as root: modprobe %s", module);
}

static void judge_program(struct check_report *r, const char *name, bool found,
			  const char *what)
{
	struct check_item *item;

	if (found) {
		check_add(r, CHECK_OK, name, "there");
		return;
	}
	item = check_add(r, CHECK_WARN, name, "not found (%s)", what);
	check_remedy(item, "apt install %s", name);
}

static void judge_virtiofsd(const struct check_facts *f, struct check_report *r)
{
	struct check_item *item;

	if (!f->has_virtiofsd || f->virtiofsd_can_ro) {
		judge_program(r, "virtiofsd", f->has_virtiofsd,
			      "shared directories");
		return;
	}
	item = check_add(r, CHECK_WARN, "virtiofsd",
			 "cannot share read-only: no --share DIR,ro and no "
			 "exec --root DIR");
	check_remedy(item, "install virtiofsd 1.11 or later (Debian 13)");
}

static void judge_extras(const struct check_facts *f, struct check_report *r)
{
	judge_io_uring(f, r);
	if (f->mseal_err)
		check_add(r, CHECK_WARN, "mseal",
			  "%s: guest memory's mapping is not sealed",
			  errno_text(f->mseal_err));
	else
		check_add(r, CHECK_OK, "mseal", "there");
	judge_device(r, "/dev/vhost-net", f->vhost_net_err,
		     "fast networking on a tap", "vhost_net");
	judge_device(r, "/dev/vhost-vsock", f->vhost_vsock_err,
		     "for --vsock cid=; socket= goes without", "vhost_vsock");
	judge_device(r, "/dev/net/tun", f->tun_err, "networking on a tap",
		     "tun");
	judge_program(r, "passt", f->has_passt, "networking without root");
	judge_virtiofsd(f, r);
}

void check_judge_host(const struct check_facts *f, struct check_report *r)
{
	judge_memlock(f, r);
	judge_memory(f, r);
	judge_extras(f, r);
}
