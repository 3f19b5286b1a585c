// SPDX-License-Identifier: GPL-2.0-only
/* root.c: makes a share or a disk the root of init and its command. */
#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>

#define LOWER	 "/lkvm-pvm-lower"
#define UPPER	 "/lkvm-pvm-upper"
#define NEW_ROOT "/lkvm-pvm-root"

static long mount_on(const char *what, const char *at, const char *type,
		     unsigned long flags, const char *data)
{
	(void)sys(mkdirat, AT_FDCWD, at, 0755, 0, 0);
	return sys(mount, what, at, type, flags, data);
}

/* "/dev/vda" of the disk with our serial. */
static bool find_disk(char *path, size_t size)
{
	char serial[80], got[32];
	long fd, n;

	for (int i = 0; i < 26; i++) {
		const char name[] = { 'v', 'd', (char)('a' + i), '\0' };

		(void)copy_string(serial, sizeof(serial), "/sys/block/");
		(void)add_string(serial, sizeof(serial), name);
		(void)add_string(serial, sizeof(serial), "/serial");
		fd = sys(openat, AT_FDCWD, serial, O_RDONLY, 0, 0);
		if (fd < 0)
			continue;
		n = sys(read, fd, got, sizeof(got) - 1, 0, 0);
		(void)sys(close, fd, 0, 0, 0, 0);
		got[n > 0 ? n : 0] = '\0';
		if (n > 0 && got[n - 1] == '\n')
			got[n - 1] = '\0';
		if (!strcmp(got, EXEC_ROOT))
			return copy_string(path, size, "/dev/") &&
			       add_string(path, size, name);
	}
	return false;
}

static struct failure failed(enum exec_how how, long ret)
{
	return (struct failure){ how, ret < 0 ? (int)-ret : 0 };
}

/* A share is never written to: what would be goes into memory above it. */
static struct failure mount_share(const struct command *c)
{
	static const char data[] = "lowerdir=" LOWER ",upperdir=" UPPER
				   "/files,workdir=" UPPER "/work";
	long ret;

	if (!c->rw)
		return failed(EXEC_NO_ROOT, mount_on(EXEC_ROOT, NEW_ROOT, c->fs,
						     MS_RDONLY, NULL));
	ret = mount_on(EXEC_ROOT, LOWER, c->fs, MS_RDONLY, NULL);
	if (ret < 0)
		return failed(EXEC_NO_ROOT, ret);
	ret = mount_on("tmpfs", UPPER, "tmpfs", 0, "mode=755");
	(void)sys(mkdirat, AT_FDCWD, UPPER "/files", 0755, 0, 0);
	(void)sys(mkdirat, AT_FDCWD, UPPER "/work", 0755, 0, 0);
	if (ret >= 0)
		ret = mount_on("overlay", NEW_ROOT, "overlay", 0, data);
	return failed(EXEC_NO_OVERLAY, ret);
}

static struct failure mount_disk(const struct command *c)
{
	char path[16];

	if (!find_disk(path, sizeof(path)))
		return failed(EXEC_NO_DISK, -ENODEV);
	return failed(EXEC_NO_ROOT, mount_on(path, NEW_ROOT, c->fs,
					     c->rw ? 0 : MS_RDONLY, NULL));
}

/* What is mounted here goes there, where there is a directory for it. */
static void move_mount(const char *at)
{
	char to[64];

	(void)copy_string(to, sizeof(to), NEW_ROOT);
	(void)add_string(to, sizeof(to), at);
	(void)sys(mkdirat, AT_FDCWD, to, 0755, 0, 0);
	(void)sys(mount, at, to, NULL, MS_MOVE, NULL);
}

struct failure enter_root(const struct command *c)
{
	struct failure why = { 0 };
	long ret;

	if (c->root == EXEC_ROOT_INITRD)
		return why;
	why = c->root == EXEC_ROOT_SHARE ? mount_share(c) : mount_disk(c);
	if (why.err)
		return why;
	move_mount("/dev");
	move_mount("/proc");
	move_mount("/sys");
	move_mount("/tmp");
	move_mount("/run");
	ret = sys(chdir, NEW_ROOT, 0, 0, 0, 0);
	if (ret >= 0)
		ret = sys(mount, ".", "/", NULL, MS_MOVE, NULL);
	if (ret >= 0)
		ret = sys(chroot, ".", 0, 0, 0, 0);
	if (ret >= 0)
		ret = sys(chdir, "/", 0, 0, 0, 0);
	return failed(EXEC_NO_ROOT, ret);
}
