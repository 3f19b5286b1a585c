// SPDX-License-Identifier: GPL-2.0-only
// Holds as many VMs as it can get, until it is killed.
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void)
{
	struct rlimit lim = { 4096, 4096 };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int n = 0;

	setrlimit(RLIMIT_NOFILE, &lim);
	while (ioctl(kvm, KVM_CREATE_VM, 0UL) >= 0)
		n++;
	printf("full after %d VMs: %s\n", n, strerror(errno));
	fflush(stdout);
	pause();
	return 0;
}
