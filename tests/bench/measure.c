// SPDX-License-Identifier: GPL-2.0-only
/* measure.c: start, marker, end of a program; KVM's and /proc's counters. */
#include "measure.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 120000.0
#define STATS	 "/sys/kernel/debug/kvm"
#define TRACING	 "/sys/kernel/tracing"

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double read_number(const char *path)
{
	FILE *f = fopen(path, "re");
	double v = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%lf", &v) != 1)
		v = 0;
	(void)fclose(f);
	return v;
}

/* A counter of process @pid's VM: its folder is named <pid>-<fd>. */
static double vm_stat(pid_t pid, const char *name)
{
	DIR *d = opendir(STATS);
	struct dirent *e;
	double sum = 0;

	while (d && (e = readdir(d))) {
		char path[512];

		if (atoi(e->d_name) != pid)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s/%s", STATS, e->d_name,
			       name);
		sum += read_number(path);
	}
	if (d)
		closedir(d);
	return sum;
}

/* The number after @field in a file of /proc. */
static double proc_kib(const char *path, const char *field)
{
	FILE *f = fopen(path, "re");
	char line[256];
	double v = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			v = atof(line + strlen(field));
	if (f)
		(void)fclose(f);
	return v;
}

/* Pss of all mappings but the guest's RAM, which may be less than -m. */
static double own_pss_kib(pid_t pid, unsigned long long ram_bytes)
{
	char path[64], line[512];
	bool is_ram = false;
	double sum = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long from, to;

		if (sscanf(line, "%llx-%llx ", &from, &to) == 2)
			is_ram = to - from >= ram_bytes / 2 ||
				 strstr(line, "lkvm-pvm-window");
		else if (!is_ram && !strncmp(line, "Pss:", 4))
			sum += atof(line + 4);
	}
	if (f)
		(void)fclose(f);
	return sum;
}

#define KEPT_FREE_KIB (64 * 1024.0)

/*
 * Writes over the host's free memory. The emulator keeps what it translated of a
 * page's code, and throws it away a piece at a time as the page is written to: 8
 * MiB that were the kernel of the guest before take 120 ms to write, others 2.
 * Who starts next would pay for who ran before. Zeros do not help: they are not
 * written by stores (DC ZVA).
 */
static void forget_old_code(void)
{
	double kib = proc_kib("/proc/meminfo", "MemFree:") - KEPT_FREE_KIB;
	size_t len = kib > 0 ? (size_t)kib * 1024 : 0;
	pid_t pid = len ? fork() : -1;

	if (pid == 0) {
		void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p != MAP_FAILED) {
			madvise(p, len, MADV_HUGEPAGE);
			memset(p, 1, len);
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static pid_t start(const char *const *argv, int *out)
{
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		dup2(null, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	*out = fds[0];
	return pid;
}

static void keep_tail(struct sample *s, const char *bytes, size_t n)
{
	size_t room = sizeof(s->tail) - 1, have = strlen(s->tail);

	if (n > room) {
		bytes += n - room;
		n = room;
	}
	if (have + n > room) {
		size_t drop = have + n - room;

		memmove(s->tail, s->tail + drop, have - drop);
		have -= drop;
	}
	memcpy(s->tail + have, bytes, n);
	s->tail[have + n] = '\0';
}

static void take(struct sample *s, pid_t pid, unsigned long long ram_bytes)
{
	char path[64];

	s->exits = vm_stat(pid, "exits");
	s->user_exits = vm_stat(pid, "mmio_exit_user");
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	s->lck_kib = proc_kib(path, "VmLck:");
	s->pss_kib = ram_bytes ? own_pss_kib(pid, ram_bytes) : 0;
}

bool measure_until(const char *const *argv, const char *marker,
		   unsigned long long ram_bytes, struct sample *s)
{
	bool marked = false;
	double t0;
	int out;
	pid_t pid;

	forget_old_code();
	t0 = now_ms();
	pid = start(argv, &out);
	memset(s, 0, sizeof(*s));
	if (pid < 0)
		return false;
	for (;;) {
		struct pollfd p = { .fd = out, .events = POLLIN };
		char buf[512];
		ssize_t n;

		if (now_ms() - t0 > LIMIT_MS)
			kill(pid, SIGKILL);
		if (poll(&p, 1, 1000) <= 0)
			continue;
		n = read(out, buf, sizeof(buf));
		if (n <= 0)
			break;
		keep_tail(s, buf, (size_t)n);
		if (!marked && marker && strstr(s->tail, marker)) {
			marked = true;
			s->ms = now_ms() - t0;
			take(s, pid, ram_bytes);
		}
	}
	close(out);
	waitpid(pid, &s->status, 0);
	s->end_ms = now_ms() - t0;
	if (!marker)
		s->ms = s->end_ms;
	return marker ? marked : s->status == 0;
}

static void write_word(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, word, strlen(word)) < 0)
		fprintf(stderr, "! %s: cannot be written\n", path);
	if (fd >= 0)
		close(fd);
}

double measure_exits(const char *const *argv, struct sample *s)
{
	double sum = 0;

	write_word(TRACING "/trace", "");
	write_word(TRACING "/events/kvm/kvm_exit/enable", "1");
	(void)measure_until(argv, NULL, 0, s);
	write_word(TRACING "/events/kvm/kvm_exit/enable", "0");
	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		char path[96], word[32];
		double n;
		FILE *f;

		(void)snprintf(path, sizeof(path),
			       TRACING "/per_cpu/cpu%u/stats", cpu);
		f = fopen(path, "re");
		while (f && fscanf(f, "%31[^:]: %lf ", word, &n) == 2)
			if (!strcmp(word, "entries") ||
			    !strcmp(word, "overrun"))
				sum += n;
		if (f)
			(void)fclose(f);
	}
	return sum;
}
