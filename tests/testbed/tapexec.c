// SPDX-License-Identifier: GPL-2.0-only
// Runs a command that inherits an open tap.
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * usage: tapexec FLAGS NAME FD COMMAND...
 *
 * FLAGS: those of TUNSETIFF; 0x5002 is IFF_TAP, IFF_NO_PI and IFF_VNET_HDR.
 * NAME is made unless it is there. Exit code: 99 when it did not come so far.
 */
int main(int argc, char **argv)
{
	struct ifreq r = { .ifr_name = "" };
	int fd, want;

	if (argc < 5) {
		fprintf(stderr, "usage: tapexec FLAGS NAME FD COMMAND...\n");
		return 99;
	}
	want = atoi(argv[3]);
	r.ifr_flags = (short)strtol(argv[1], NULL, 16);
	strncpy(r.ifr_name, argv[2], IFNAMSIZ - 1);
	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r) ||
	    (fd != want && (dup2(fd, want) < 0 || close(fd)))) {
		perror(argv[2]);
		return 99;
	}
	execvp(argv[4], argv + 4);
	perror(argv[4]);
	return 99;
}
