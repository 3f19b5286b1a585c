// SPDX-License-Identifier: GPL-2.0-only
// Holds as many VMs as it can get, until it is killed.
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rlimit lim = { 4096, 4096 };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int want = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1000, n = 0;

	setrlimit(RLIMIT_NOFILE, &lim);
	while (n < want && ioctl(kvm, KVM_CREATE_VM, 0UL) >= 0)
		n++;
	printf("%s after %d VMs: %s\n", n < want ? "stopped" : "full", n,
	       n < want ? strerror(errno) : "as asked");
	fflush(stdout);
	pause();
	return 0;
}
