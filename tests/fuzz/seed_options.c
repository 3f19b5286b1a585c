// SPDX-License-Identifier: GPL-2.0-only
/* seed_options.c: command lines as fuzz_options.c reads them. */
#include "seed.h"

/* The final NUL of the literal ends the last argument. */
#define SEED(name, line) seed_write(name, line, sizeof(line))

static void seed_write_all(void)
{
	SEED("short", "-k\0Image\0-i\0initrd.gz\0-m\000512\0-c\0002");
	SEED("long", "--kernel=Image\0--initrd=a\0--initrd\0b\0--mem=0x40M\0"
		     "--params\0quiet\0--params=console=ttyS0");
	SEED("kvmtool", "Image\0--protected\0--nodefaults\0--network\0"
			"mode=none\0--console\0serial\0--irqchip\0gicv3-its\0"
			"--loglevel=debug\0--no-balloon\0--kaslr-seed\00012");
	SEED("ours", "--firmware\0fw\0--memlock=lazy\0--on-reset=restart\0"
		     "--protected=off\0--dump-dtb\0x\0--irqchip=gicv3");
	SEED("affinity", "-kx\0-c4\0--vcpu-affinity\0000:2,1:3-5,9,3:0");
	SEED("affinity-all", "-kx\0--vcpu-affinity=0-3,8");
	SEED("refused", "--9p\0a,b");
	SEED("unknown", "--kernle\0Image");
	SEED("end", "--debug\0--\0-Image");
}
