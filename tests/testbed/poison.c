// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison.c: reads guest pages of a VMM through /proc/PID/mem, which takes them
 * from the guest: root's way to provoke what --on-reclaim is about.
 *
 * usage: poison PID OFFSET...     from the start of guest RAM, in hexadecimal
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one mapping that is neither forked, dumped nor anybody's file. */
static uint64_t ram_of(const char *pid)
{
	char path[64], line[512];
	uint64_t from = 0, to, best = 0, best_len = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/smaps", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long a, b;
		static uint64_t len;

		if (sscanf(line, "%llx-%llx ", &a, &b) == 2) {
			from = a;
			to = b;
			len = to - from;
		} else if (!strncmp(line, "VmFlags:", 8) &&
			   strstr(line, " dc ") && strstr(line, " dd ") &&
			   !strstr(line, " sh ") && len > best_len) {
			best = from;
			best_len = len;
		}
	}
	if (f)
		(void)fclose(f);
	return best;
}

int main(int argc, char **argv)
{
	char path[64];
	uint64_t ram;
	int fd;

	if (argc < 3)
		return 2;
	ram = ram_of(argv[1]);
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (!ram || fd < 0) {
		perror(path);
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		uint64_t word = 1;

		if (pread(fd, &word, sizeof(word),
			  (off_t)(ram + strtoull(argv[i], NULL, 16))) !=
		    (ssize_t)sizeof(word)) {
			perror("pread");
			return 1;
		}
		printf("read 0x%llx\n", (unsigned long long)word);
	}
	(void)fflush(stdout);
	if (getenv("HOLD"))
		pause();
	return 0;
}
