// SPDX-License-Identifier: GPL-2.0-only
/* channel.c: finds the way to the host, and writes to it. */
#include "channel.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/time_types.h>
#include <sys/socket.h>

#include <linux/vm_sockets.h> /* wants sys/socket.h before it */

#include "init.h"

#define PORTS	     "/sys/class/virtio-ports"
#define DRIVER	     "/sys/bus/virtio/drivers/virtio_console"
#define SERIAL	     "/dev/ttyS0"
#define SERIAL_DEV   (4 << 8 | 64)
#define SERIAL_MODE  0020600 /* a character device */
#define WAIT_NS	     10000000L
#define WAIT_ROUNDS  1500 /* 15 s: the device is found before init runs */
#define CONNECT_S    15L
#define DIRENTS_SIZE 2048U

struct dirent64 {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* --- the port ------------------------------------------------------------------ */

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

/* Whether @name is that of a device that the console's driver has. */
static bool is_device(const char *name)
{
	static const char begin[] = "virtio";

	for (size_t i = 0; i < sizeof(begin) - 1; i++)
		if (name[i] != begin[i])
			return false;
	return true;
}

/* The first in @path for which @is says so, in @name; false: there is none. */
static bool find(const char *path, bool (*is)(const char *name), char *name,
		 size_t size)
{
	uint64_t aligned[DIRENTS_SIZE / 8] = { 0 };
	uint8_t *bytes = (uint8_t *)aligned;
	long dir = sys(openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, 0);
	bool found = false;
	long n;

	if (dir < 0)
		return false;
	do {
		n = sys(getdents64, dir, bytes, sizeof(aligned), 0, 0);
		for (long at = 0; at < n && !found;) {
			const struct dirent64 *d = (const void *)(bytes + at);

			found = is(d->name) && copy_string(name, size, d->name);
			at += d->len;
		}
	} while (n > 0 && !found);
	(void)sys(close, dir, 0, 0, 0, 0);
	return found;
}

/* -errno: there is none, as far as we can see. */
static long open_port(void)
{
	const struct __kernel_timespec wait = { .tv_nsec = WAIT_NS };
	char name[64], path[80];
	long fd = -ENOENT;

	/* Its ports come later, the device does not. */
	if (!find(DRIVER, is_device, name, sizeof(name)))
		return -ENODEV;
	for (int i = 0; i < WAIT_ROUNDS && fd < 0; i++) {
		if (i)
			(void)sys(nanosleep, &wait, 0, 0, 0, 0);
		if (!find(PORTS, is_our_port, name, sizeof(name)))
			continue;
		(void)copy_string(path, sizeof(path), "/dev/");
		(void)add_string(path, sizeof(path), name);
		fd = sys(openat, AT_FDCWD, path,
			 O_RDWR | O_NONBLOCK | O_CLOEXEC, 0, 0);
	}
	return fd;
}

/* --- vsock ----------------------------------------------------------------------- */

/* -errno: this kernel has it not, or no device for it. */
static long open_vsock(void)
{
	const struct sockaddr_vm to = { .svm_family = AF_VSOCK,
					.svm_cid = VMADDR_CID_HOST,
					.svm_port = EXEC_VSOCK_PORT };
	/* A late answer is none, and there is no second: so not Linux' 2 s. */
	const struct __kernel_old_timeval patience = { .tv_sec = CONNECT_S };
	long fd = sys(socket, AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0);
	long ret;

	if (fd < 0)
		return fd;
	(void)sys(setsockopt, fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT,
		  &patience, sizeof(patience));
	ret = sys(connect, fd, &to, sizeof(to), 0, 0);
	if (ret == 0)
		ret = sys(fcntl, fd, F_SETFL, O_RDWR | O_NONBLOCK, 0, 0);
	if (ret < 0)
		(void)sys(close, fd, 0, 0, 0, 0);
	return ret < 0 ? ret : fd;
}

/* --- the serial port ------------------------------------------------------------ */

/* Bytes as they are, both ways, and the kernel silent but for its last words. */
static long open_serial(void)
{
	const long flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct termios t = { 0 };
	long fd, ret;

	fd = sys(openat, AT_FDCWD, SERIAL, flags, 0, 0);
	if (fd == -ENOENT) { /* no devtmpfs */
		(void)sys(mkdirat, AT_FDCWD, "/dev", 0755, 0, 0);
		(void)sys(mknodat, AT_FDCWD, SERIAL, SERIAL_MODE, SERIAL_DEV,
			  0);
		fd = sys(openat, AT_FDCWD, SERIAL, flags, 0, 0);
	}
	if (fd < 0)
		return fd;
	ret = sys(ioctl, fd, TCGETS, &t, 0, 0);
	if (ret < 0) {
		(void)sys(close, fd, 0, 0, 0, 0);
		return ret;
	}
	t.c_iflag = IGNBRK;
	t.c_oflag = 0;
	t.c_lflag = 0;
	t.c_cflag = (t.c_cflag & ~(tcflag_t)(CSIZE | PARENB | CRTSCTS)) | CS8 |
		    CREAD | CLOCAL;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	(void)sys(ioctl, fd, TCSETSW, &t, 0, 0);
	(void)sys(syslog, 6 /* console off */, 0, 0, 0, 0);
	return fd;
}

static char letter(uint32_t six)
{
	if (six < 26)
		return (char)('A' + six);
	if (six < 52)
		return (char)('a' + six - 26);
	if (six < 62)
		return (char)('0' + six - 52);
	return six == 62 ? '+' : '/';
}

/* Its length. */
static size_t make_line(char *line, uint8_t number, const uint8_t *bytes,
			size_t len)
{
	uint8_t raw[EXEC_LINE_DATA + 3];
	size_t nr = len + 1, at = 0;
	unsigned int nr_bits = 0;
	uint32_t bits = 0;
	uint16_t sum;

	raw[0] = number;
	memcpy(raw + 1, bytes, len);
	sum = exec_line_sum(raw, nr);
	raw[nr++] = sum & 0xff;
	raw[nr++] = (uint8_t)(sum >> 8);
	line[at++] = EXEC_LINE_MARK;
	for (size_t i = 0; i < nr; i++) {
		bits = bits << 8 | raw[i];
		for (nr_bits += 8; nr_bits >= 6; nr_bits -= 6)
			line[at++] = letter(bits >> (nr_bits - 6) & 63);
	}
	if (nr_bits)
		line[at++] = letter(bits << (6 - nr_bits) & 63);
	line[at++] = '\n';
	return at;
}

/* --- all -------------------------------------------------------------------------- */

static bool is_among(char *const *args, const char *word)
{
	for (; *args; args++)
		if (!strcmp(*args, word))
			return true;
	return false;
}

void channel_open(struct channel *c, char *const *args)
{
	long fd = -ENODEV;

	if (is_among(args, EXEC_BY_PORT))
		fd = open_port();
	if (fd < 0 && is_among(args, EXEC_BY_VSOCK)) {
		fd = open_vsock();
		c->is_vsock = fd >= 0;
	}
	if (fd < 0) {
		fd = open_serial();
		c->is_serial = fd >= 0;
	}
	if (fd < 0)
		give_up("no way to the host: it takes CONFIG_VIRTIO_PCI with "
			"CONFIG_VIRTIO_CONSOLE (and CONFIG_DEVTMPFS) or "
			"CONFIG_VIRTIO_VSOCKETS, or CONFIG_SERIAL_8250",
			fd);
	c->in = c->out = (int)fd;
	if (c->is_serial) { /* the same, blocking */
		fd = sys(openat, AT_FDCWD, SERIAL,
			 O_RDWR | O_NOCTTY | O_CLOEXEC, 0, 0);
		if (fd < 0)
			give_up("the serial port cannot be opened", fd);
		c->out = (int)fd;
	}
}

/*
 * A line at a time, and to its end: the kernel then lets nobody else's bytes in
 * between, who may print on the console meanwhile. It does not take long.
 */
static size_t write_line(struct channel *c, const uint8_t *bytes, size_t len)
{
	char line[EXEC_LINE_TEXT + 2];
	size_t line_len, pos = 0;
	long n;

	if (len > EXEC_LINE_DATA)
		len = EXEC_LINE_DATA;
	line_len = make_line(line, c->next++, bytes, len);
	while (pos < line_len) {
		n = sys(write, c->out, line + pos, line_len - pos, 0, 0);
		if (n < 0 && n != -EINTR && n != -EAGAIN)
			give_up("the serial port cannot be written to", n);
		pos += n > 0 ? (size_t)n : 0;
	}
	return len;
}

/* What a call said of the channel; a port that says less comes back. */
static size_t moved(const struct channel *c, long n)
{
	if (c->is_vsock && n <= 0 && n != -EAGAIN && n != -EINTR)
		give_up("the connection to the host is over", n);
	return n > 0 ? (size_t)n : 0;
}

size_t channel_read(struct channel *c, void *bytes, size_t len)
{
	return moved(c, sys(read, c->in, bytes, len, 0, 0));
}

size_t channel_write(struct channel *c, const uint8_t *bytes, size_t len)
{
	if (!len)
		return 0;
	if (c->is_serial)
		return write_line(c, bytes, len);
	/* No room, or the host is not there yet. */
	return moved(c, sys(write, c->out, bytes, len, 0, 0));
}
