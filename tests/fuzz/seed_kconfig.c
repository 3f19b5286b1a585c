// SPDX-License-Identifier: GPL-2.0-only
/* seed_kconfig.c: configurations, bare and in a kernel. */
#include "seed.h"

#include "../unit/kernel_files.h"

static const char config[] = "CONFIG_ARM_PKVM_GUEST=y\n"
			     "CONFIG_DMA_RESTRICTED_POOL=y\n"
			     "# CONFIG_VIRTIO_BLK is not set\n"
			     "CONFIG_VIRTIO_NET=m\n"
			     "CONFIG_SERIAL_8250_CONSOLE_X=\"\"\n"
			     "XCONFIG_VIRTIO_FS=y\n";

static void seed_write_all(void)
{
	uint8_t image[1024] = { 0 };
	size_t n;

	seed_write("text", config, sizeof(config) - 1);
	put(image + 100, "IKCFG_ST", 8);
	n = 108 + make_gzip(config, sizeof(config) - 1, image + 108, 800);
	put(image + n, "IKCFG_ED", 8);
	seed_write("kernel", image, n + 8);
	seed_write("cut", image, n - 4);
	put(image + 10, "IKCFG_STIKCFG_ST\x1f\x8b\x08", 19);
	seed_write("two", image, n + 8);
}
