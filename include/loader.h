/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loader.h: kernel, initrds and firmware: read, checked, placed in RAM.
 *
 * Kernels: arm64 Image (Documentation/arch/arm64/booting.rst), the same
 * compressed with gzip or zstd, EFI zboot (vmlinuz.efi with a gzip or zstd
 * payload), and flat payloads (no Image header, named *.flat or *.bin:
 * kvm-unit-tests).
 *
 * The bytes are streamed from the file (through the decompressor) into guest
 * RAM, so nothing the size of a kernel is ever held a second time.
 */
#ifndef LKVM_PVM_LOADER_H
#define LKVM_PVM_LOADER_H

#include "base.h"
#include "machine.h"

/* RAM while it is still ours to write: before the first KVM_RUN. */
struct ram_view {
	struct gpa_range range;
	uint8_t *hva; /* of range.gpa; range.len bytes */
};

enum loader_kind {
	LOADER_IMAGE,
	LOADER_FLAT,
	LOADER_FIRMWARE,
};

struct loader_inputs {
	const char *kernel;	    /* path, or NULL when firmware is given */
	const char *firmware;	    /* path or NULL */
	const char *const *initrds; /* paths */
	unsigned int nr_initrds;
	const void *last_initrd; /* one more, in memory, or NULL */
	size_t last_initrd_len;	 /* bytes */
	uint64_t dtb_room;	 /* bytes to reserve for the device tree */
	uint64_t window;	 /* bytes of -m that are not RAM */
	uint64_t host_page_size; /* bytes; a warning names another page size */
	bool no_warnings;	 /* they were given: the same files again */
};

/* What is absent has length 0. */
struct loader_placement {
	enum loader_kind kind;	   /* LOADER_FIRMWARE: no kernel was given */
	gpa_t entry;		   /* the firmware's when there is one */
	struct gpa_range firmware; /* at the start of RAM */
	struct gpa_range kernel;   /* image_size bytes: with bss */
	uint64_t kernel_loaded;	   /* bytes at its start that were loaded */
	struct gpa_range dtb;	   /* room for it, 2 MiB aligned */
	struct gpa_range initrd;
	unsigned int page_kib; /* the Image's page size: 4, 16, 64; 0 unknown */
};

/*
 * Reads the inputs into @ram, which reads as zeros, and says where they are.
 * Everything is placed low and without overlap: kernel, device tree (2 MiB
 * aligned room), initrd; so that mem= in the guest's command line still covers
 * them. What does not fit is refused with the sizes named.
 *
 * Flat payloads go to 512 KiB from the start of RAM, as kvmtool does it; the
 * device tree to the last 2 MiB of RAM and the initrd below it, so that bss and
 * stack behind the payload meet nothing.
 *
 * Firmware goes to the start of RAM and is entered; the device tree follows on
 * a 2 MiB boundary, then a kernel given besides it (its place is in @out).
 *
 * Logs the reason itself; returns -EINVAL (not a kernel, truncated), -ENOSPC
 * (does not fit) or the errno of the file operation.
 */
int __must_check loader_load(const struct loader_inputs *in,
			     const struct ram_view *ram,
			     struct loader_placement *out);

/*
 * The size of the pages of the kernel @path, in bytes, by its header: 4, 16 or
 * 64 KiB, or 0 when it does not say. Reads no more of it than that takes. Logs
 * and returns -errno where loader_load() would, too.
 */
int __must_check loader_page_size(const char *path, uint64_t *bytes);

/* What a kernel says of its configuration. */
struct loader_kconfig {
	char *text; /* owned: the embedded .config, NUL-terminated; or NULL */
	size_t len;
};

/*
 * Finds the configuration a kernel carries (CONFIG_IKCONFIG: gzip behind
 * IKCFG_ST). 0 with text NULL when it has none that can be read.
 *
 * From memory: an unpacked kernel, as loader_load() left it in RAM (kernel_loaded
 * bytes). Logs nothing; -ENOMEM is the only error. Takes some 0.1 ms per MiB.
 *
 * From a file, in any format loader_load() takes. Logs and returns -errno when
 * the file is not a kernel or cannot be read.
 *
 * loader_find_kconfig() is quick, of a file that is not compressed: -ENODATA when
 * none is found there, whatever the reason. Logs nothing.
 */
int __must_check loader_kconfig_from_memory(const void *image, size_t len,
					    struct loader_kconfig *out);
int __must_check loader_read_kconfig(const char *path,
				     struct loader_kconfig *out);
int __must_check loader_find_kconfig(const char *path,
				     struct loader_kconfig *out);
void loader_kconfig_fini(struct loader_kconfig *kc);

/* When a pVM cannot use devices or a console without a thing. */
enum loader_need {
	LOADER_OPTIONAL = 0,
	LOADER_NEEDED = 1,
	LOADER_NEEDED_ON_PCI = 2,
	LOADER_NEEDED_ON_MMIO = 4, /* with --virtio-transport=mmio */
	LOADER_NEEDED_ON_ITS = 8,  /* on PCI by default */
	LOADER_NEEDED_ON_V2M = 16, /* on PCI with --irqchip=gicv3-v2m */
};

/* One thing a pVM guest wants of its kernel's configuration. */
struct loader_kconfig_item {
	const char *symbol; /* "CONFIG_ARM_PKVM_GUEST" */
	const char *why;    /* what does not work without it */
	enum loader_need need;
};

/* The table, in the order to report; *nr entries. */
const struct loader_kconfig_item *loader_kconfig_items(unsigned int *nr);

/* 'y' (or a value), 'm' or 'n': what @kc says of @symbol ("CONFIG_..."). */
char loader_kconfig_get(const struct loader_kconfig *kc, const char *symbol);

/*
 * "CONFIG_X=y", or what does not work because @state is 'm' or 'n'. 160 bytes
 * are enough. Returns as snprintf().
 */
int loader_kconfig_describe(const struct loader_kconfig_item *item, char state,
			    char *buf, size_t size);

/*
 * One warning for each thing that @kc, when it has a text, lacks and the guest
 * needs; @machine: LOADER_NEEDED_ON_ flags of what it has.
 */
void loader_kconfig_warn(const char *kernel, const struct loader_kconfig *kc,
			 unsigned int machine);

#endif
