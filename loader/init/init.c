// SPDX-License-Identifier: GPL-2.0-only
/* init.c: makes the guest fit to run a command in, and finds the port. */
#include "init.h"

#include <asm/ioctls.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/if.h>
#include <linux/in.h>
#include <linux/sockios.h>
#include <linux/time_types.h>

#define PORTS	     "/sys/class/virtio-ports"
#define WAIT_NS	     10000000L
#define WAIT_ROUNDS  1500 /* 15 s: the device is found before init runs */
#define DIRENTS_SIZE 2048U

struct dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

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

/* Whether /sys/class/virtio-ports/@name is ours. */
static bool is_our_port(const char *name)
{
	static const char want[] = EXEC_PORT "\n";
	char path[128], got[sizeof(want)] = "";
	long fd, n;

	if (!copy_string(path, sizeof(path), PORTS "/") ||
	    !add_string(path, sizeof(path), name) ||
	    !add_string(path, sizeof(path), "/name"))
		return false;
	fd = sys(openat, AT_FDCWD, path, O_RDONLY, 0, 0);
	if (fd < 0)
		return false;
	n = sys(read, fd, got, sizeof(got) - 1, 0, 0);
	(void)sys(close, fd, 0, 0, 0, 0);
	return n == (long)sizeof(want) - 1 && !strcmp(got, want);
}

/* "vport0p1" of ours in @name; false: it is not there (yet). */
static bool find_port(char *name, size_t size)
{
	uint64_t aligned[DIRENTS_SIZE / 8] = { 0 };
	uint8_t *bytes = (uint8_t *)aligned;
	long dir = sys(openat, AT_FDCWD, PORTS, O_RDONLY | O_DIRECTORY, 0, 0);
	bool found = false;
	long n;

	if (dir < 0)
		return false;
	do {
		n = sys(getdents64, dir, bytes, sizeof(aligned), 0, 0);
		for (long at = 0; at < n && !found;) {
			const struct dirent64 *d = (const void *)(bytes + at);

			found = is_our_port(d->name) &&
				copy_string(name, size, d->name);
			at += d->len;
		}
	} while (n > 0 && !found);
	(void)sys(close, dir, 0, 0, 0, 0);
	return found;
}

static int open_port(void)
{
	const struct __kernel_timespec wait = { .tv_nsec = WAIT_NS };
	char name[64], path[80];
	long fd = -ENOENT;

	for (int i = 0; i < WAIT_ROUNDS && fd < 0; i++) {
		if (i)
			(void)sys(nanosleep, &wait, 0, 0, 0, 0);
		if (!find_port(name, sizeof(name)))
			continue;
		(void)copy_string(path, sizeof(path), "/dev/");
		(void)add_string(path, sizeof(path), name);
		fd = sys(openat, AT_FDCWD, path,
			 O_RDWR | O_NONBLOCK | O_CLOEXEC, 0, 0);
	}
	if (fd == -ENOENT)
		give_up("no port " EXEC_PORT
			": the kernel has no CONFIG_VIRTIO_CONSOLE, its "
			"transport (CONFIG_VIRTIO_PCI), CONFIG_SYSFS or "
			"CONFIG_DEVTMPFS",
			0);
	if (fd < 0)
		give_up("the port cannot be opened", fd);
	return (int)fd;
}

void init_main(void)
{
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
	relay(open_port());
}
