// SPDX-License-Identifier: GPL-2.0-only
/*
 * seam.c: include/pvm.h on real KVM, without the rest of the VMM: eventfds in
 * (ioeventfd) and out (irqfd to an SPI and, by a route, to an LPI), and an
 * orderly end. Runs in the emulated host with the payload tests/guest/seam.c.
 *
 * usage: seam on|off PAYLOAD     on: a protected VM
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "pvm.h"

#define DOORBELL   0x50000000ULL
#define SPI	   8U /* interrupt 40 */
#define GSI	   200U
#define DEVICE	   8U
#define TRANSLATER (0x3ffb0000ULL + 0x10040) /* GITS_TRANSLATER */

struct seam {
	struct pvm *pvm;
	int doorbell, spi, msi;
};

static bool rung(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static void ring(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		err(1, "eventfd");
}

/* A byte of the guest's: the letter, or what it stands for. */
static void heard(struct seam *s, uint8_t c)
{
	if (c == 'd' && !rung(s->doorbell))
		c = '-'; /* the store before it was to ring the doorbell */
	if (c == 's')
		ring(s->spi);
	if (c == 'm')
		ring(s->msi);
	putchar(c);
}

static void serve(struct seam *s)
{
	struct pvm_exit e;

	for (;;) {
		pvm_vcpu_run(s->pvm, 0, &e);
		if (e.kind == PVM_EXIT_POWER_OFF)
			return;
		if (e.kind == PVM_EXIT_INTERRUPTED)
			continue;
		if (e.kind != PVM_EXIT_MMIO)
			errx(1, "exit %d (KVM %u, %s)", e.kind, e.code,
			     errno_text(e.err));
		if (e.gpa == DOORBELL)
			errx(1, "the doorbell came out as an exit");
		if (e.is_write)
			heard(s, e.data[0]);
	}
}

static gpa_t load(struct pvm *p, const char *path)
{
	struct ram_view ram = pvm_ram_view(p);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, ram.hva + KIB(512), KIB(512)) <= 0)
		err(1, "%s", path);
	close(fd);
	return ram.range.gpa + KIB(512);
}

static int must(const char *what, int ret)
{
	if (ret < 0)
		errx(1, "%s: %s", what, errno_text(ret));
	return ret;
}

int main(int argc, char **argv)
{
	const struct pvm_config cfg = {
		.protected_vm = argc > 1 && !strcmp(argv[1], "on"),
		.its = true,
		.nr_vcpus = 1,
		.nr_spis = MACHINE_GIC_SPIS,
		.ram = { MACHINE_RAM_BASE, MIB(32) },
	};
	struct seam s = { 0 };

	if (argc != 3)
		errx(2, "usage: seam on|off PAYLOAD");
	s.doorbell = eventfd(0, EFD_NONBLOCK);
	s.spi = eventfd(0, EFD_NONBLOCK);
	s.msi = eventfd(0, EFD_NONBLOCK);
	must("pvm_open", pvm_open(&s.pvm, &cfg));
	must("pvm_start_vm", pvm_start_vm(s.pvm, load(s.pvm, argv[2]), 0));
	must("ioeventfd", pvm_ioeventfd(s.pvm, s.doorbell, DOORBELL, 4));
	must("irqfd, SPI", pvm_irqfd_spi(s.pvm, s.spi, SPI));
	must("irqfd, MSI",
	     pvm_irqfd_msi(s.pvm, s.msi, GSI, DEVICE, TRANSLATER, 0));
	serve(&s);
	putchar('\n');
	must("irqfd, MSI again", pvm_irqfd_remove(s.pvm, s.msi, GSI));
	must("irqfd, SPI again", pvm_irqfd_remove(s.pvm, s.spi, SPI));
	must("ioeventfd again",
	     pvm_ioeventfd_remove(s.pvm, s.doorbell, DOORBELL, 4));
	pvm_close(s.pvm);
	return 0;
}
