// SPDX-License-Identifier: GPL-2.0-only
/* exec_root.c: finds out what exec's --root is. */
#include "exec_root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_set.h"
#include "log.h"

/* What file systems have at a place of their own, and their kernel option. */
static const struct {
	const char *fs, *option;
	size_t at, len;
	const char *magic;
} known[] = {
	{ "ext4", "CONFIG_EXT4_FS", 1080, 2, "\x53\xef" },
	{ "xfs", "CONFIG_XFS_FS", 0, 4, "XFSB" },
	{ "btrfs", "CONFIG_BTRFS_FS", 65600, 8, "_BHRfS_M" },
	{ "f2fs", "CONFIG_F2FS_FS", 1024, 4, "\x10\x20\xf5\xf2" },
	{ "squashfs", "CONFIG_SQUASHFS", 0, 4, "hsqs" },
	{ "erofs", "CONFIG_EROFS_FS", 1024, 4, "\xe2\xe1\xf5\xe0" },
	{ "virtiofs", "CONFIG_VIRTIO_FS", 0, 0, "" },
	{ "overlayfs", "CONFIG_OVERLAY_FS", 0, 0, "" },
	{ "virtio disks", "CONFIG_VIRTIO_BLK", 0, 0, "" },
};

const char *exec_root_fs(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].len && known[i].at + known[i].len <= len &&
		    !memcmp(bytes + known[i].at, known[i].magic, known[i].len))
			return known[i].fs;
	return NULL;
}

const char *exec_root_option(const char *fs)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].fs, fs))
			return known[i].option;
	return "?";
}

/* A program to unpack an image with, when it is not as the guest sees it. */
static int refuse_image(struct opt_parse *p, const char *path,
			const uint8_t *bytes, size_t len)
{
	if (len >= 4 && !memcmp(bytes, "QFI\xfb", 4))
		return opt_fail(
			p,
			"exec: --root %.300s: a qcow2 image; convert it "
			"with qemu-img convert -O raw",
			path);
	if (len >= 512 && bytes[510] == 0x55 && bytes[511] == 0xaa)
		return opt_fail(p,
				"exec: --root %.300s: has partitions; give the "
				"file system in one of them (losetup -P)",
				path);
	return opt_fail(p,
			"exec: --root %.300s: no file system that is known; "
			"give a directory, or an image with ext4, xfs, btrfs, "
			"f2fs, squashfs or erofs",
			path);
}

static int look_into(struct config *cfg, struct opt_parse *p, int fd)
{
	struct config_exec *e = &cfg->exec;
	uint8_t *bytes = calloc(1, EXEC_ROOT_LOOK);
	ssize_t n;
	int ret = 0;

	if (!bytes) {
		opt_fail(p, "exec: out of memory");
		return -ENOMEM;
	}
	n = pread(fd, bytes, EXEC_ROOT_LOOK, 0);
	if (n < 0) {
		ret = opt_fail(p, "exec: --root %.300s: %s", e->root,
			       errno_text(errno));
	} else {
		e->root_fs = exec_root_fs(bytes, (size_t)n);
		if (!e->root_fs)
			ret = refuse_image(p, e->root, bytes, (size_t)n);
	}
	free(bytes);
	return ret;
}

static int find(struct config *cfg, struct opt_parse *p, int fd)
{
	struct config_exec *e = &cfg->exec;
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return opt_fail(p, "exec: --root %.300s: %s", e->root,
				errno_text(errno));
	if (S_ISDIR(st.st_mode)) {
		e->root_kind = EXEC_ROOT_SHARE;
		e->root_fs = "virtiofs";
		return config_add_root_share(p, e->root);
	}
	ret = look_into(cfg, p, fd);
	if (ret)
		return ret;
	e->root_kind = EXEC_ROOT_DISK;
	return config_add_root_disk(p, e->root);
}

int exec_root_find(struct config *cfg, struct opt_parse *p)
{
	const char *path = cfg->exec.root;
	int fd, ret;

	if (!path)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return opt_fail(p, "exec: --root %.300s: %s", path,
				errno_text(errno));
	ret = find(cfg, p, fd);
	close(fd);
	/* What all devices together must be. */
	if (!ret)
		ret = config_finish_devices(p, cfg);
	return ret ? ret : config_finish_disks(p, cfg);
}
