// SPDX-License-Identifier: GPL-2.0-only
/*
 * gdb.c: a debugger for the guest of an ordinary VM: who is listened to, and what
 * becomes of what it asks (gdb_stub.c).
 *
 * How this works: all of it on the loop's thread, but for a vCPU that meets a
 * breakpoint: that holds all vCPUs, and each that comes to rest says so by an
 * eventfd. Once the last does, the guest has stopped, and only then is a command
 * looked at; its registers and memory are nobody else's meanwhile.
 */
#include "gdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gdb_cpu.h"
#include "gdb_stub.h"
#include "log.h"
#include "unix_socket.h"
#include "vm.h"

#define SIG_INT	 2
#define SIG_TRAP 5

struct gdb {
	struct vm *vm;
	struct gdb_stub stub;
	struct gdb_target target;
	struct watch listener, peer, rest; /* rest: eventfd */
	bool is_unix, is_first, waits;
	char in[8192];
	size_t in_len;

	/* why the guest stops; state_lock */
	bool has_stop;
	struct gdb_stop stop;

	struct gdb_memory memory;
	struct gdb_step *steps; /* owned; one for each vCPU */
	struct stat made;	/* a unix socket */
};

/* --- vCPUs ------------------------------------------------------------------ */

/* state_lock held. */
static void hold_all(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		vm->vcpus[i].held = true;
}

static bool all_rest(struct vm *vm)
{
	bool rest = true;

	pthread_mutex_lock(&vm->state_lock);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		rest &= vm->vcpus[i].held && vm->vcpus[i].is_parked;
	pthread_mutex_unlock(&vm->state_lock);
	return rest;
}

/* Stops the guest, unless it stops for another reason already. */
static void stop_for(struct gdb *g, const struct gdb_stop *why)
{
	struct vm *vm = g->vm;

	pthread_mutex_lock(&vm->state_lock);
	if (!g->has_stop) {
		g->has_stop = true;
		g->stop = *why;
	}
	hold_all(vm);
	pthread_mutex_unlock(&vm->state_lock);
	vcpus_kick(vm);
}

static void stop_for_user(struct gdb *g)
{
	stop_for(g, &(struct gdb_stop){ .vcpu = 0, .signal = SIG_INT });
}

void gdb_hit(struct vcpu *v, const struct pvm_exit *e)
{
	const struct gdb_stop why = {
		.vcpu = v->index,
		.signal = SIG_TRAP,
		.is_watch = e->is_watch,
		.watched = e->watched,
	};

	if (v->vm->gdb)
		stop_for(v->vm->gdb, &why);
}

void gdb_rests(struct vm *vm)
{
	const uint64_t one = 1;

	if (vm->gdb)
		(void)!write(vm->gdb->rest.fd, &one, sizeof(one));
}

/* What KVM is to stop @vcpu for; it rests. */
static int arm(struct gdb *g, unsigned int vcpu, bool step)
{
	struct pvm_debug d = g->memory.hard;

	d.step = step;
	d.instructions = g->memory.nr_soft > 0;
	return pvm_vcpu_set_debug(g->vm->pvm, vcpu, &d);
}

/* All vCPUs rest: those that stepped are as if nothing had been masked. */
static void end_steps(struct gdb *g)
{
	for (unsigned int i = 0; i < g->vm->cfg->nr_vcpus; i++)
		if (g->steps[i].active &&
		    gdb_cpu_end_step(g->vm->pvm, i, &g->steps[i]))
			log_warn("gdb: vCPU %u may keep its interrupts masked",
				 i);
}

static int begin_step(struct gdb *g, unsigned int vcpu)
{
	return gdb_cpu_begin_step(&g->memory, vcpu, &g->steps[vcpu]);
}

static void let_go(struct gdb *g, const enum gdb_resume *how)
{
	struct vm *vm = g->vm;

	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		bool step = how && how[i] == GDB_STEP;

		if ((step && begin_step(g, i)) || arm(g, i, step))
			log_warn("gdb: KVM does not stop vCPU %u for it", i);
	}
	g->waits = false;
	pthread_mutex_lock(&vm->state_lock);
	g->has_stop = false;
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		vm->vcpus[i].held = how && how[i] == GDB_STAY;
	pthread_cond_broadcast(&vm->state_changed);
	pthread_mutex_unlock(&vm->state_lock);
}

/* --- registers and memory --------------------------------------------------- */

static int get_regs(void *ctx, unsigned int vcpu, struct gdb_regs *r)
{
	struct gdb *g = ctx;

	return gdb_cpu_get(g->vm->pvm, vcpu, r);
}

static int set_regs(void *ctx, unsigned int vcpu, const struct gdb_regs *r)
{
	struct gdb *g = ctx;

	return gdb_cpu_set(g->vm->pvm, vcpu, r);
}

static int read_memory(void *ctx, unsigned int vcpu, uint64_t va,
		       uint8_t *bytes, size_t len)
{
	struct gdb *g = ctx;

	return gdb_memory_copy(&g->memory, vcpu, va, bytes, len, false);
}

static int write_memory(void *ctx, unsigned int vcpu, uint64_t va,
			const uint8_t *bytes, size_t len)
{
	uint8_t mine[GDB_MEMORY];
	struct gdb *g = ctx;

	memcpy(mine, bytes, len);
	return gdb_memory_copy(&g->memory, vcpu, va, mine, len, true);
}

static int set_break(void *ctx, unsigned int vcpu, bool hardware, uint64_t va,
		     bool on)
{
	struct gdb *g = ctx;

	return gdb_memory_break(&g->memory, vcpu, hardware, va, on);
}

static int set_watch(void *ctx, enum gdb_break kind, uint64_t va, uint64_t len,
		     bool on)
{
	const struct gdb_watch w = {
		.va = va,
		.len = len,
		.loads = kind != GDB_WATCH_STORES,
		.stores = kind != GDB_WATCH_LOADS,
	};
	struct gdb *g = ctx;

	return gdb_memory_watch(&g->memory, &w, on);
}

/* --- the debugger ----------------------------------------------------------- */

static void resume(void *ctx, const enum gdb_resume *how)
{
	let_go(ctx, how);
}

static void interrupt(void *ctx)
{
	stop_for_user(ctx);
}

static void detach(void *ctx)
{
	struct gdb *g = ctx;

	end_steps(g);
	gdb_memory_forget(&g->memory);
	let_go(g, NULL);
}

static void kill_vm(void *ctx)
{
	struct gdb *g = ctx;

	vm_hurry(g->vm);
	vm_finish_as(g->vm, 128 + SIGTERM, "user", "ended it from gdb");
}

/* It asks one thing at a time and takes the answer: what has no room is lost. */
static void send_bytes(void *ctx, const char *bytes, size_t len)
{
	struct gdb *g = ctx;

	if (g->peer.fd >= 0 &&
	    send(g->peer.fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
		    (ssize_t)len)
		(void)shutdown(g->peer.fd, SHUT_RDWR);
}

/* The guest may have to stop first: its breakpoints are in its memory. */
static void hang_up(struct gdb *g)
{
	if (g->peer.fd < 0)
		return;
	loop_remove(&g->vm->loop, &g->peer);
	close(g->peer.fd);
	g->peer.fd = -1;
	gdb_stub_fini(&g->stub);
	if (all_rest(g->vm))
		detach(g);
	else
		stop_for_user(g);
}

static void feed(struct gdb *g)
{
	size_t n = gdb_stub_feed(&g->stub, g->in, g->in_len);

	g->in_len -= n;
	memmove(g->in, g->in + n, g->in_len);
}

static void rest_ready(struct watch *w, uint32_t events)
{
	struct gdb *g = container_of(w, struct gdb, rest);
	uint64_t count;

	(void)events;
	(void)!read(w->fd, &count, sizeof(count));
	if (!all_rest(g->vm))
		return;
	end_steps(g);
	if (g->peer.fd < 0) {
		/* It left while the guest ran, or has yet to come. */
		if (!g->waits)
			detach(g);
		return;
	}
	if (g->stub.stopped || !g->has_stop)
		return;
	/* Breakpoints of one that left while the guest ran. */
	if (g->is_first)
		gdb_memory_forget(&g->memory);
	if (g->stop.is_watch)
		g->stop.watched =
			gdb_memory_watched(&g->memory, g->stop.watched);
	gdb_stub_stopped(&g->stub, &g->stop, g->is_first);
	g->is_first = false;
	feed(g);
}

static void peer_ready(struct watch *w, uint32_t events)
{
	struct gdb *g = container_of(w, struct gdb, peer);
	ssize_t n;

	(void)events;
	if (g->in_len == sizeof(g->in)) {
		hang_up(g);
		return;
	}
	n = recv(w->fd, g->in + g->in_len, sizeof(g->in) - g->in_len,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(g);
		return;
	}
	g->in_len += (size_t)n;
	feed(g);
	/* A step may have ended, or all may rest already. */
	gdb_rests(g->vm);
}

static void listener_ready(struct watch *w, uint32_t events)
{
	struct gdb *g = container_of(w, struct gdb, listener);
	int one = 1;
	/* cppcheck-suppress nullPointer */
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	/* One at a time. */
	if (g->peer.fd >= 0 || gdb_stub_init(&g->stub, &g->target)) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	g->peer = (struct watch){ fd, EPOLLIN, peer_ready };
	g->in_len = 0;
	g->is_first = true;
	if (loop_add(&g->vm->loop, &g->peer)) {
		close(fd);
		g->peer.fd = -1;
		gdb_stub_fini(&g->stub);
		return;
	}
	stop_for_user(g);
	gdb_rests(g->vm);
}

/* --- life ------------------------------------------------------------------- */

static int listen_tcp(unsigned int port, int *fd)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return -errno;
	(void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(*fd, (const struct sockaddr *)&a, sizeof(a)) || listen(*fd, 1))
		return -errno;
	return 0;
}

static int open_listener(struct gdb *g, const struct config *cfg)
{
	int ret;

	g->is_unix = !cfg->gdb_port;
	if (g->is_unix) {
		ret = unix_listen("--gdb", cfg->gdb, 1, &g->listener.fd);
		if (!ret && lstat(cfg->gdb, &g->made))
			ret = -errno;
		return ret;
	}
	ret = listen_tcp(cfg->gdb_port, &g->listener.fd);
	if (ret)
		log_err("--gdb %s: %s", cfg->gdb, errno_text(ret));
	return ret;
}

static void fill_target(struct gdb *g, unsigned int nr_vcpus)
{
	g->target = (struct gdb_target){
		.ctx = g,
		.nr_vcpus = nr_vcpus,
		.get_regs = get_regs,
		.set_regs = set_regs,
		.read = read_memory,
		.write = write_memory,
		.set_break = set_break,
		.set_watch = set_watch,
		.resume = resume,
		.interrupt = interrupt,
		.detach = detach,
		.kill = kill_vm,
		.send = send_bytes,
	};
}

int gdb_init(struct vm *vm)
{
	struct gdb *g;
	int ret;

	if (!vm->cfg->gdb)
		return 0;
	g = calloc(1, sizeof(*g));
	if (g)
		g->steps = calloc(vm->cfg->nr_vcpus, sizeof(*g->steps));
	if (!g || !g->steps) {
		free(g);
		log_err("out of memory");
		return -ENOMEM;
	}
	vm->gdb = g;
	g->vm = vm;
	g->waits = vm->cfg->gdb_wait;
	g->listener = (struct watch){ -1, EPOLLIN, listener_ready };
	g->rest = (struct watch){ eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
				  EPOLLIN, rest_ready };
	g->peer.fd = -1;
	fill_target(g, vm->cfg->nr_vcpus);
	ret = g->rest.fd < 0 ? -errno : 0;
	if (!ret)
		ret = loop_add(&vm->loop, &g->rest);
	if (ret) {
		log_err("--gdb: %s", errno_text(ret));
		return ret;
	}
	ret = open_listener(g, vm->cfg);
	return ret ? ret : loop_add(&vm->loop, &g->listener);
}

void gdb_fini(struct vm *vm)
{
	struct gdb *g = vm->gdb;

	if (!g)
		return;
	if (g->peer.fd >= 0) {
		gdb_stub_ended(&g->stub, vm->verdict.code);
		gdb_stub_fini(&g->stub);
		loop_remove(&vm->loop, &g->peer);
		close(g->peer.fd);
	}
	loop_remove(&vm->loop, &g->rest);
	loop_remove(&vm->loop, &g->listener);
	if (g->rest.fd >= 0)
		close(g->rest.fd);
	if (g->is_unix && g->listener.fd >= 0)
		unix_unlisten(vm->cfg->gdb, &g->made);
	if (g->listener.fd >= 0)
		close(g->listener.fd);
	free(g->steps);
	free(g);
	vm->gdb = NULL;
}

void gdb_begin(struct vm *vm)
{
	struct gdb *g = vm->gdb;

	if (!g)
		return;
	gdb_memory_begin(&g->memory, vm->pvm);
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++) {
		g->steps[i].active = false;
		if (arm(g, i, false))
			log_warn("gdb: KVM does not stop vCPU %u for it", i);
	}
}

bool gdb_waits(const struct vm *vm)
{
	return vm->gdb && (vm->gdb->waits || vm->gdb->has_stop);
}
