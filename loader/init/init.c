// SPDX-License-Identifier: GPL-2.0-only
/* init.c: makes the guest fit to run a command in. */
#include "init.h"

#include <asm/ioctls.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/in.h>
#include <linux/sockios.h>

static void mount_at(const char *type, const char *at, long mode)
{
	(void)sys(mkdirat, AT_FDCWD, at, mode, 0, 0);
	(void)sys(mount, type, at, type, 0, 0);
}

/* What is there already, or not in this kernel, stays as it is. */
static void mount_all(void)
{
	mount_at("proc", "/proc", 0555);
	mount_at("sysfs", "/sys", 0555);
	mount_at("devtmpfs", "/dev", 0755);
	mount_at("devpts", "/dev/pts", 0755);
	mount_at("tmpfs", "/dev/shm", 01777);
	mount_at("tmpfs", "/tmp", 01777);
	mount_at("tmpfs", "/run", 0755);
	(void)sys(symlinkat, "/proc/self/fd", AT_FDCWD, "/dev/fd", 0, 0);
	(void)sys(symlinkat, "fd/0", AT_FDCWD, "/dev/stdin", 0, 0);
	(void)sys(symlinkat, "fd/1", AT_FDCWD, "/dev/stdout", 0, 0);
	(void)sys(symlinkat, "fd/2", AT_FDCWD, "/dev/stderr", 0, 0);
}

/* Programs speak to themselves by 127.0.0.1. */
static void loopback_up(void)
{
	struct ifreq r = { .ifr_name = "lo" };
	long fd = sys(socket, AF_INET, 2 /* SOCK_DGRAM */, 0, 0, 0);

	if (fd < 0)
		return;
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	(void)sys(ioctl, fd, SIOCSIFFLAGS, &r, 0, 0);
	(void)sys(close, fd, 0, 0, 0, 0);
}

void init_main(char *const *args)
{
	static struct channel channel;
	long fd;

	mount_all();
	(void)sys(unlinkat, AT_FDCWD, "/" EXEC_INIT, 0, 0, 0);
	/* Without a /dev/console in the initrd we have nothing open yet. */
	fd = sys(openat, AT_FDCWD, "/dev/console", O_RDWR | O_NOCTTY, 0, 0);
	if (fd < 0)
		fd = sys(openat, AT_FDCWD, "/dev/null", O_RDWR, 0, 0);
	for (int i = 0; fd >= 0 && i < 3; i++)
		(void)sys(dup3, fd, i, 0, 0, 0);
	if (fd > 2)
		(void)sys(close, fd, 0, 0, 0, 0);
	loopback_up();
	channel_open(&channel, args);
	relay(&channel);
}
