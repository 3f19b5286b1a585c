// SPDX-License-Identifier: GPL-2.0-only
/*
 * revoke.c: what a page that a real protected guest took back does to each way
 * of ours to touch the window: the rows of the table in HACKING.md. Runs in the
 * emulated host with the payload tests/guest/revoke.c.
 *
 * usage: revoke on|off PAYLOAD     on: a protected VM
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../vmm/crash.h"
#include "log.h"
#include "pvm.h"
#include "window.h"

#define WINDOW_LEN MIB(2)
#define PAGE	   4096U

struct world {
	struct pvm *pvm;
	struct window w;
	uint8_t *page; /* the one that comes and goes */
	pthread_t hammer;
	bool hammering; /* accessed atomically */
	unsigned int nr_done, nr_lost;
};

static int must(const char *what, int ret)
{
	if (ret < 0)
		errx(1, "%s: %s", what, errno_text(ret));
	return ret;
}

/* One line when a row is not as the table has it. */
static void expect(const char *row, long want, long got)
{
	if (want != got)
		printf("\n%s: %ld instead of %ld\n", row, got, want);
}

/* A system call's result in one number. */
static long result(ssize_t n)
{
	return n < 0 ? -errno : n;
}

static void accessors(const struct world *w, int want)
{
	uint8_t buf[300];
	uint16_t v;

	expect("window_read", want, window_read(buf, w->page + 100, 16));
	expect("window_read, long", want, window_read(buf, w->page, 300));
	expect("window_read into the page", want,
	       window_read(buf, w->page - 150, 300));
	expect("window_write", want, window_write(w->page + 100, buf, 16));
	expect("window_write into the page", want,
	       window_write(w->page - 150, buf, 300));
	expect("window_zero", want, window_zero(w->page + 8, 8));
	expect("window_load16", want, window_load16(w->page + 2, &v));
	expect("window_store16", want, window_store16(w->page + 2, v));
}

static void pipes(const struct world *w)
{
	char buf[16];
	int p[2];

	must("pipe", pipe(p));
	expect("write to a pipe", -EFAULT, result(write(p[1], w->page, 8)));
	must("write", (int)write(p[1], "12345678", 8));
	expect("read from a pipe", -EFAULT, result(read(p[0], w->page, 8)));
	expect("what stays in the pipe", 8, result(read(p[0], buf, 8)));
	close(p[0]);
	close(p[1]);
}

static void files(const struct world *w)
{
	int fd = must("file", open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));

	must("ftruncate", ftruncate(fd, 4096));
	expect("pwrite", -EFAULT, result(pwrite(fd, w->page, 8, 0)));
	expect("pwrite into the page", 100,
	       result(pwrite(fd, w->page - 100, 200, 0)));
	expect("pread", -EFAULT, result(pread(fd, w->page, 8, 0)));
	expect("pread into the page", 100,
	       result(pread(fd, w->page - 100, 200, 0)));
	close(fd);
}

static void datagrams(const struct world *w)
{
	char buf[16];
	int s[2];

	must("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	expect("send", -EFAULT, result(send(s[0], w->page, 8, 0)));
	must("send", (int)send(s[0], "12345678", 8, 0));
	expect("recv", -EFAULT, result(recv(s[1], w->page, 8, 0)));
	expect("what stays of a datagram", -EAGAIN,
	       result(recv(s[1], buf, 8, MSG_DONTWAIT)));
	close(s[0]);
	close(s[1]);
}

static struct io_uring_sqe *sqe(struct io_uring *ring)
{
	struct io_uring_sqe *e = io_uring_get_sqe(ring);

	if (!e)
		errx(1, "io_uring is full");
	return e;
}

static long complete(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	long res;

	must("io_uring_submit", io_uring_submit(ring));
	must("io_uring_wait", io_uring_wait_cqe(ring, &cqe));
	res = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return res;
}

static void uring(const struct world *w)
{
	int fd = must("file", open("file", O_RDWR));
	struct io_uring ring;

	must("io_uring", io_uring_queue_init(4, &ring, 0));
	io_uring_prep_write(sqe(&ring), fd, w->page, 8, 0);
	expect("io_uring write", -EFAULT, complete(&ring));
	io_uring_prep_read(sqe(&ring), fd, w->page, 8, 0);
	expect("io_uring read", -EFAULT, complete(&ring));
	io_uring_prep_read(sqe(&ring), fd, w->page - 100, 200, 0);
	expect("io_uring read into the page", 100, complete(&ring));
	io_uring_queue_exit(&ring);
	close(fd);
}

/* A tap that is up, with a packet to be read from it. */
static int tap_with_packet(void)
{
	struct ifreq ifr = { .ifr_name = "revoke",
			     .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int fd = must("tap", open("/dev/net/tun", O_RDWR));
	int s = must("socket", socket(AF_PACKET, SOCK_RAW, 0));
	char packet[60] = { 0 };

	must("TUNSETIFF", ioctl(fd, TUNSETIFF, &ifr));
	must("SIOCGIFINDEX", ioctl(s, SIOCGIFINDEX, &ifr));
	to.sll_ifindex = ifr.ifr_ifindex;
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	must("SIOCSIFFLAGS", ioctl(s, SIOCSIFFLAGS, &ifr));
	must("sendto", (int)sendto(s, packet, sizeof(packet), 0,
				   (struct sockaddr *)&to, sizeof(to)));
	close(s);
	return fd;
}

static void tap(const struct world *w)
{
	int fd = tap_with_packet();

	expect("write to a tap", -EFAULT, result(write(fd, w->page, 60)));
	/* Nothing is copied: the guest looks. */
	expect("read from a tap succeeds", 1, read(fd, w->page, 2000) > 0);
	close(fd);
}

static void *hammer(void *arg)
{
	struct world *w = arg;
	uint8_t buf[256];

	memset(buf, 0xee, sizeof(buf));
	while (__atomic_load_n(&w->hammering, __ATOMIC_ACQUIRE)) {
		uint8_t *at = w->page + w->nr_done % 64 * 64 - 128;

		if (window_write(at, buf, 192) || window_read(buf, at, 192))
			w->nr_lost++;
		else
			w->nr_done++;
	}
	return NULL;
}

static void stop_hammer(struct world *w)
{
	if (!w->hammering)
		return;
	__atomic_store_n(&w->hammering, false, __ATOMIC_RELEASE);
	pthread_join(w->hammer, NULL);
	printf("\nhammer: %s done, %s lost\n", w->nr_done ? "some" : "none",
	       w->nr_lost ? "some" : "none");
}

/* The guest says where it is; it waits for us meanwhile, but for the hammer. */
static void heard(struct world *w, uint8_t c)
{
	uint8_t first = 0;

	putchar(c);
	if (c == 'a' || c == 'c') {
		must("window_read", window_read(&first, w->page + 1000, 1));
		expect("the guest's byte", c == 'a' ? 0x5a : 0xc3, first);
		accessors(w, 0);
	}
	if (c == 'b') {
		accessors(w, -EFAULT);
		pipes(w);
		files(w);
		datagrams(w);
		uring(w);
		tap(w);
	}
	if (c == 'c') {
		w->hammering = true;
		must("thread", -pthread_create(&w->hammer, NULL, hammer, w));
	}
	if (c == 'd')
		stop_hammer(w);
}

static void serve(struct world *w)
{
	struct pvm_exit e;

	for (;;) {
		pvm_vcpu_run(w->pvm, 0, &e);
		if (e.kind == PVM_EXIT_POWER_OFF)
			return;
		if (e.kind == PVM_EXIT_INTERRUPTED)
			continue;
		if (e.kind != PVM_EXIT_MMIO)
			errx(1, "exit %d (KVM %u, %s)", e.kind, e.code,
			     errno_text(e.err));
		if (e.is_write)
			heard(w, e.data[0]);
	}
}

static gpa_t load(struct pvm *p, const char *path)
{
	struct ram_view ram = pvm_ram_view(p);
	int fd = must(path, open(path, O_RDONLY | O_CLOEXEC));

	must(path, (int)read(fd, ram.hva + KIB(512), KIB(512)));
	close(fd);
	return ram.range.gpa + KIB(512);
}

int main(int argc, char **argv)
{
	struct world w = { 0 };
	struct pvm_config cfg = {
		.nr_vcpus = 1,
		.nr_spis = MACHINE_GIC_SPIS,
		.ram = { MACHINE_RAM_BASE, MIB(32) },
		.window = { MACHINE_RAM_BASE - WINDOW_LEN, WINDOW_LEN },
	};
	uint8_t byte = 1;

	if (argc != 3)
		errx(2, "usage: revoke on|off PAYLOAD");
	crash_handlers_install();
	cfg.protected_vm = !strcmp(argv[1], "on");
	must("window", window_init(&w.w, cfg.window.gpa, cfg.window.len));
	w.page = w.w.hva + PAGE;
	cfg.window_hva = w.w.hva;
	must("pvm_open", pvm_open(&w.pvm, &cfg));
	must("pvm_start_vm", pvm_start_vm(w.pvm, load(w.pvm, argv[2]), 0));
	serve(&w);
	pvm_stop_vm(w.pvm);
	must("window_clear", window_clear(&w.w));
	expect("clear, read", 0, window_read(&byte, w.page + 100, 1));
	expect("clear", 0, byte);
	pvm_close(w.pvm);
	window_fini(&w.w);
	putchar('\n');
	return 0;
}
