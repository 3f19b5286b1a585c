// SPDX-License-Identifier: GPL-2.0-only
/*
 * victim.c: in a guest: says where a page of its memory is, has a child read it
 * again and again until that dies, and says of what. It keeps the page, for
 * whoever gets it next dies, too, and makes FILE.
 *
 * usage: victim FILE
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PFN_MASK ((1ULL << 55) - 1)

static uint64_t address_of(const void *p)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &entry, sizeof(entry),
			    (off_t)((uintptr_t)p / 4096 * sizeof(entry))) !=
			      (ssize_t)sizeof(entry))
		return 0;
	close(fd);
	return (entry & PFN_MASK) * 4096;
}

int main(int argc, char **argv)
{
	volatile uint64_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (argc != 2 || page == MAP_FAILED)
		return 1;
	*page = 0x5a5a5a5a;
	pid = fork();
	if (pid == 0) {
		(void)*page; /* which maps it here */
		printf("VICTIM offset %llx\n",
		       (unsigned long long)(address_of(
						    (void *)(uintptr_t)page) -
					    0x80000000));
		(void)fflush(stdout);
		while (*page == 0x5a5a5a5a)
			usleep(20000);
		_exit(1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	printf("VICTIM died of %s\n",
	       WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "nothing");
	(void)fflush(stdout);
	if (creat(argv[1], 0600) < 0)
		return 1;
	pause();
	return 0;
}
