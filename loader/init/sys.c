// SPDX-License-Identifier: GPL-2.0-only
/* sys.c: start, strings and last words of exec's init. */
#include "sys.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/reboot.h>

#include "exec_proto.h"
#include "init.h"

__asm__(".globl _start\n"
	"_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	add x0, sp, #8\n" /* behind argc */
	"	b init_main\n");

void *memcpy(void *to, const void *from, size_t len)
{
	const uint8_t *f = from;
	uint8_t *t = to;

	while (len--)
		*t++ = *f++;
	return to;
}

void *memmove(void *to, const void *from, size_t len)
{
	const uint8_t *f = from;
	uint8_t *t = to;

	if (t < f)
		return memcpy(to, from, len);
	while (len--)
		t[len] = f[len];
	return to;
}

void *memset(void *to, int c, size_t len)
{
	uint8_t *t = to;

	while (len--)
		*t++ = (uint8_t)c;
	return to;
}

size_t strlen(const char *s)
{
	size_t len = 0;

	while (s[len])
		len++;
	return len;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

bool add_string(char *to, size_t size, const char *more)
{
	size_t at = strlen(to), len = strlen(more);

	if (at + len + 1 > size)
		return false;
	memcpy(to + at, more, len + 1);
	return true;
}

bool copy_string(char *to, size_t size, const char *from)
{
	*to = '\0';
	return add_string(to, size, from);
}

/* No console: the kernel's earlycon may still print what is said to it. */
static void to_kernel(const char *line)
{
	char loud[220] = "<0>";
	long fd = sys(openat, AT_FDCWD, "/dev/kmsg", O_WRONLY, 0, 0);

	(void)add_string(loud, sizeof(loud), line);
	(void)sys(write, fd, loud, strlen(loud), 0, 0);
	(void)sys(close, fd, 0, 0, 0, 0);
}

void say(const char *text, long err)
{
	char termios[128];
	char line[216] = EXEC_WORD, digits[24], *d = digits + sizeof(digits);

	(void)add_string(line, sizeof(line), text);
	if (err) {
		*--d = '\0';
		for (unsigned long n = (unsigned long)(err < 0 ? -err : err); n;
		     n /= 10)
			*--d = (char)('0' + n % 10);
		(void)add_string(line, sizeof(line), ": error ");
		(void)add_string(line, sizeof(line), d);
	}
	(void)add_string(line, sizeof(line), "\n");
	if (sys(ioctl, 1, TCGETS, termios, 0, 0) == 0)
		(void)sys(write, 1, line, strlen(line), 0, 0);
	else
		to_kernel(line);
}

void give_up(const char *text, long err)
{
	say(text, err);
	(void)sys(ioctl, 1, TCSBRK, 1, 0, 0); /* until it has left us */
	(void)sys(sync, 0, 0, 0, 0, 0);
	for (;;)
		(void)sys(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			  LINUX_REBOOT_CMD_POWER_OFF, 0, 0);
}
