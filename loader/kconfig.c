// SPDX-License-Identifier: GPL-2.0-only
/*
 * kconfig.c: the configuration a kernel carries (CONFIG_IKCONFIG), and what a
 * protected guest wants to see in it.
 */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZLIB_CONST
#include <zlib.h>

#include "log.h"
#include "stream.h"

/* A text longer than this is none; real ones have some 300 KiB. */
#define TEXT_MAX MIB(4)

/* Markers followed by no configuration, before we stop to believe in one. */
#define TRIES 16

/* What is looked at of a file at a time; real ones are 30 to 80 KiB of it. */
#define PIECE KIB(256)

static const struct loader_kconfig_item items[] = {
	{ "CONFIG_ARM_PKVM_GUEST",
	  "the guest cannot share memory, so no device works", LOADER_NEEDED },
	{ "CONFIG_DMA_RESTRICTED_POOL",
	  "devices are not kept to the shared window and stop", LOADER_NEEDED },
	{ "CONFIG_PCI_HOST_GENERIC", "the guest finds no PCI devices",
	  LOADER_NEEDED_ON_PCI },
	{ "CONFIG_VIRTIO_PCI", "no virtio device works on PCI",
	  LOADER_NEEDED_ON_PCI },
	{ "CONFIG_ARM_GIC_V3_ITS",
	  "PCI devices have no interrupts without --irqchip=gicv3-v2m",
	  LOADER_NEEDED_ON_ITS },
	{ "CONFIG_ARM_GIC_V2M",
	  "PCI devices have no interrupts with --irqchip=gicv3-v2m",
	  LOADER_NEEDED_ON_V2M },
	{ "CONFIG_VIRTIO_MMIO",
	  "no virtio device works with --virtio-transport=mmio",
	  LOADER_NEEDED_ON_MMIO },
	{ "CONFIG_SERIAL_8250_CONSOLE", "there is no console", LOADER_NEEDED },
	{ "CONFIG_SERIAL_OF_PLATFORM", "there is no console", LOADER_NEEDED },
	{ "CONFIG_SERIAL_EARLYCON", "an early crash prints nothing",
	  LOADER_OPTIONAL },
	{ "CONFIG_BLK_DEV_INITRD", "initrds are ignored", LOADER_OPTIONAL },
	{ "CONFIG_VIRTIO_BLK", "no disks", LOADER_OPTIONAL },
	{ "CONFIG_VIRTIO_NET", "no network", LOADER_OPTIONAL },
	{ "CONFIG_VIRTIO_CONSOLE", "no virtio console", LOADER_OPTIONAL },
	{ "CONFIG_VIRTIO_VSOCKETS", "no vsock", LOADER_OPTIONAL },
	{ "CONFIG_VIRTIO_FS", "no shared directories", LOADER_OPTIONAL },
	{ "CONFIG_HW_RANDOM_VIRTIO", "no virtio random numbers",
	  LOADER_OPTIONAL },
	{ "CONFIG_PVPANIC_MMIO", "a guest panic is not told to the host",
	  LOADER_OPTIONAL },
	{ "CONFIG_RTC_DRV_PL031", "the guest does not know the time",
	  LOADER_OPTIONAL },
};

const struct loader_kconfig_item *loader_kconfig_items(unsigned int *nr)
{
	*nr = ARRAY_SIZE(items);
	return items;
}

/* Makes room for more text. 0, -EFBIG or -ENOMEM. */
static int grow(struct loader_kconfig *kc, size_t *room)
{
	size_t more = *room ? 2 * *room : KIB(256);
	char *text;

	if (more > TEXT_MAX)
		return -EFBIG;
	text = realloc(kc->text, more);
	if (!text)
		return -ENOMEM;
	kc->text = text;
	*room = more;
	return 0;
}

/* All of the gzip member @z.next_in points to; -EINVAL when it is damaged. */
static int inflate_text(z_stream *z, struct loader_kconfig *kc)
{
	size_t room = 0;
	int ret, zret;

	do {
		if (kc->len + 1 >= room) {
			ret = grow(kc, &room);
			if (ret < 0)
				return ret;
		}
		z->next_out = (Bytef *)kc->text + kc->len;
		z->avail_out = (unsigned int)(room - 1 - kc->len);
		zret = inflate(z, Z_NO_FLUSH);
		kc->len = room - 1 - z->avail_out;
	} while (zret == Z_OK);
	kc->text[kc->len] = '\0';
	return zret == Z_STREAM_END ? 0 : -EINVAL;
}

/* The text compressed at @data, or -errno and nothing. */
static int extract(const uint8_t *data, size_t len, struct loader_kconfig *kc)
{
	z_stream z = { 0 };
	int ret;

	z.next_in = data;
	z.avail_in = len < UINT_MAX ? (unsigned int)len : UINT_MAX;
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return -ENOMEM;
	ret = inflate_text(&z, kc);
	inflateEnd(&z);
	if (ret < 0)
		loader_kconfig_fini(kc);
	return ret;
}

static const char start[8] = "IKCFG_ST";

int loader_kconfig_from_memory(const void *image, size_t len,
			       struct loader_kconfig *out)
{
	const uint8_t *p = image, *end = p + len;

	*out = (struct loader_kconfig){ 0 };
	for (int i = 0; i < TRIES; i++) {
		int ret;

		p = memmem(p, (size_t)(end - p), start, sizeof(start));
		if (!p)
			break;
		p += sizeof(start);
		ret = extract(p, (size_t)(end - p), out);
		if (ret == 0 || ret == -ENOMEM)
			return ret;
	}
	return 0;
}

int loader_read_kconfig(const char *path, struct loader_kconfig *out)
{
	struct loader_inputs in = { .kernel = path };
	struct loader_placement at;
	struct ram_view scratch = { .range.len = SCRATCH_SIZE };
	int ret;

	*out = (struct loader_kconfig){ 0 };
	scratch.hva = scratch_map();
	if (!scratch.hva) {
		ret = -errno;
		log_err("kernel %s: no memory to unpack it: %s", path,
			errno_text(ret));
		return ret;
	}
	ret = loader_load(&in, &scratch, &at);
	if (ret == 0) {
		ret = loader_kconfig_from_memory(scratch.hva + at.kernel.gpa,
						 at.kernel_loaded, out);
		if (ret < 0)
			log_err("kernel %s: cannot read its configuration: %s",
				path, errno_text(ret));
	}
	scratch_unmap(scratch.hva);
	return ret;
}

/*
 * Looks at what begins in [@off, @end). Begins a piece where a marker is, so that
 * all behind it is there, too.
 */
static int find_in(int fd, uint8_t *piece, off_t off, off_t end,
		   struct loader_kconfig *out)
{
	const ssize_t mark = (ssize_t)sizeof(start);
	const uint8_t *at;
	ssize_t n;

	for (int tries = 0; tries < TRIES && off < end;) {
		n = pread(fd, piece, PIECE, off);
		if (n < mark)
			break;
		at = memmem(piece, (size_t)n, start, sizeof(start));
		off += at ? at - piece : n - mark + 1;
		if (at != piece)
			continue;
		if (loader_kconfig_from_memory(piece, (size_t)n, out))
			break;
		if (out->text)
			return 0;
		tries++;
		off += mark;
	}
	return -ENODATA;
}

int loader_find_kconfig(const char *path, struct loader_kconfig *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t *piece = fd < 0 ? NULL : malloc(PIECE);
	struct stat st;
	int ret = -ENODATA;

	*out = (struct loader_kconfig){ 0 };
	/* What is no kernel is refused where it is loaded; others have no end. */
	if (piece && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size <= SCRATCH_SIZE) {
		/*
		 * It is behind all code, two fifths to two thirds of a kernel.
		 * An initramfs built in is further on, so that the first one
		 * from here is the kernel's own, unless that is far larger.
		 */
		const off_t likely = st.st_size / 8 * 3;

		ret = find_in(fd, piece, likely, st.st_size, out);
		if (ret < 0)
			ret = find_in(fd, piece, 0, likely, out);
	}
	free(piece);
	if (fd >= 0)
		close(fd);
	return ret;
}

void loader_kconfig_fini(struct loader_kconfig *kc)
{
	free(kc->text);
	*kc = (struct loader_kconfig){ 0 };
}

char loader_kconfig_get(const struct loader_kconfig *kc, const char *symbol)
{
	size_t len = strlen(symbol);
	const char *p = kc->text;

	while (p && (p = strstr(p, symbol))) {
		bool at_start = p == kc->text || p[-1] == '\n';

		p += len;
		if (!at_start || *p != '=')
			continue;
		if (p[1] == 'm' || p[1] == 'n')
			return p[1];
		return 'y';
	}
	return 'n';
}

int loader_kconfig_describe(const struct loader_kconfig_item *item, char state,
			    char *buf, size_t size)
{
	if (state == 'y')
		return snprintf(buf, size, "%s=y", item->symbol);
	if (state == 'm')
		return snprintf(buf, size,
				"%s=m: without the module in the initrd, %s",
				item->symbol, item->why);
	return snprintf(buf, size, "%s is not set: %s", item->symbol,
			item->why);
}

void loader_kconfig_warn(const char *kernel, const struct loader_kconfig *kc,
			 unsigned int machine)
{
	for (size_t i = 0; kc->text && i < ARRAY_SIZE(items); i++) {
		char state = loader_kconfig_get(kc, items[i].symbol);
		char text[160];

		if (state != 'n' ||
		    !(items[i].need & (machine | LOADER_NEEDED)))
			continue;
		loader_kconfig_describe(&items[i], state, text, sizeof(text));
		log_warn("kernel %s: %s", kernel, text);
	}
}
