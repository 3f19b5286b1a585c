// SPDX-License-Identifier: GPL-2.0-only
/*
 * backtrace.c: where the threads of this process are, without stopping them.
 *
 * How this works: the kernel tells of a thread that waits in which system call
 * it does, and where its stack is. On arm64 each function that calls another
 * begins by storing a frame record, the caller's record and the address it
 * returns to, at the end of its stack frame; those records are followed as long
 * as they look like ones. A system call's stub stores none: its caller is then
 * missing. Stacks are read by write(2) to a pipe, since one may be gone by now
 * and what is no stack may be the guest's.
 */
#include "backtrace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base.h"
#include "host.h"
#include "symbols.h"

#define MAX_FRAMES  16U
#define MAX_FRAME   MIB(1) /* between two records */
#define MAPS_SIZE   KIB(256)
#define KERNEL_SIZE 2048U

struct look {
	const char *proc;
	char *maps; /* /proc/self/maps */
	struct symbols *own;
	int fds[2]; /* a pipe */
};

/* --- addresses -------------------------------------------------------------- */

struct mapping {
	uint64_t start, end, offset;
	bool is_code;
	char path[128];
};

/* "1000-2000 r-xp 00000000 08:01 1234   /usr/lib/libc.so.6" */
static void read_mapping(const char *line, struct mapping *m)
{
	size_t len = strcspn(line, "\n"), at = len;
	char *p;

	m->start = strtoull(line, &p, 16);
	m->end = *p == '-' ? strtoull(p + 1, &p, 16) : 0;
	m->is_code = m->end && strcspn(p, "\n") > 6 && p[3] == 'x';
	m->offset = m->is_code ? strtoull(p + 6, NULL, 16) : 0;
	while (at && line[at - 1] != ' ')
		at--;
	(void)snprintf(m->path, sizeof(m->path), "%.*s", (int)(len - at),
		       line + at);
}

/* The executable mapping @addr is in. */
static bool find_code(const struct look *l, uint64_t addr, struct mapping *m)
{
	for (const char *line = l->maps; *line;) {
		read_mapping(line, m);
		if (addr >= m->start && addr < m->end)
			return m->is_code;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* How far our own code is from where the linker put it. */
static bool own_slide(const struct look *l, uint64_t *slide)
{
	return symbols_address(l->own, "backtrace_json", slide) &&
	       ((*slide = (uintptr_t)backtrace_json - *slide), true);
}

static json_t *frame_json(const struct look *l, uint64_t addr,
			  const struct mapping *m)
{
	const char *file = strrchr(m->path, '/'), *name;
	uint64_t slide, offset, len;
	struct mapping own;

	file = file ? file + 1 : m->path;
	if (own_slide(l, &slide) &&
	    find_code(l, (uintptr_t)backtrace_json, &own) &&
	    own.start == m->start) {
		name = symbols_find(l->own, addr - slide, &offset, &len);
		if (name)
			return json_sprintf("%s+0x%llx", name,
					    (unsigned long long)offset);
	}
	offset = addr - m->start + m->offset;
	return json_sprintf("%s+0x%llx", file, (unsigned long long)offset);
}

/* --- stacks ----------------------------------------------------------------- */

static bool read_record(const struct look *l, uint64_t at, uint64_t record[2])
{
	const size_t len = 2 * sizeof(uint64_t);
	/* Whatever it is: the kernel says EFAULT. */
	const void *p = (const void *)(uintptr_t)at;

	return at % 16 == 0 && write(l->fds[1], p, len) == (ssize_t)len &&
	       read(l->fds[0], record, len) == (ssize_t)len;
}

static json_t *frames_json(const struct look *l, uint64_t sp, uint64_t pc)
{
	json_t *all = json_array();
	struct mapping m;
	uint64_t record[2];

	if (!find_code(l, pc, &m))
		return all;
	(void)!json_array_append_new(all, frame_json(l, pc, &m));
	for (unsigned int i = 1; i < MAX_FRAMES && read_record(l, sp, record);
	     i++) {
		if (!find_code(l, record[1], &m))
			break;
		(void)!json_array_append_new(all, frame_json(l, record[1], &m));
		if (record[0] <= sp || record[0] - sp > MAX_FRAME)
			break;
		sp = record[0];
	}
	return all;
}

/* --- threads ---------------------------------------------------------------- */

static const char *call_name(long nr)
{
	static const struct {
		long nr;
		const char *name;
	} calls[] = {
		{ SYS_ioctl, "ioctl" },
		{ SYS_epoll_pwait, "epoll_pwait" },
		{ SYS_futex, "futex" },
		{ SYS_ppoll, "ppoll" },
		{ SYS_read, "read" },
		{ SYS_write, "write" },
		{ SYS_readv, "readv" },
		{ SYS_writev, "writev" },
		{ SYS_recvmsg, "recvmsg" },
		{ SYS_sendmsg, "sendmsg" },
		{ SYS_io_uring_enter, "io_uring_enter" },
		{ SYS_clock_nanosleep, "clock_nanosleep" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].nr == nr)
			return calls[i].name;
	return NULL;
}

/* "running", or "NR ARG0 ... ARG5 SP PC", or "-1 SP PC"; whether it waits. */
static bool add_call(const struct look *l, json_t *o, const char *text)
{
	uint64_t words[8]; /* arguments, SP, PC */
	unsigned int n = 0;
	const char *name;
	char *at, *next;
	long nr = strtol(text, &at, 10);

	for (; at != text && n < ARRAY_SIZE(words); n++, at = next) {
		words[n] = strtoull(at, &next, 16);
		if (next == at)
			break;
	}
	name = nr < 0 ? "none" : call_name(nr);
	if (n != (nr < 0 ? 2U : 8U)) {
		(void)!json_object_set_new(o, "call", json_string("running"));
		return false;
	}
	(void)!json_object_set_new(
		o, "call",
		nr < 0 ? json_string(name)
		: name ? json_sprintf("%s(%lld, ...)", name,
				      (long long)words[0])
		       : json_sprintf("system call %ld", nr));
	(void)!json_object_set_new(o, "frames",
				   frames_json(l, words[n - 2], words[n - 1]));
	return true;
}

/* "[<0>] name+0x10/0x40", a line each; root alone may read it. */
static json_t *kernel_json(char *text)
{
	json_t *all = json_array();
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n"))) {
		char *name = strstr(line, "] ");

		if (name)
			(void)!json_array_append_new(all,
						     json_string(name + 2));
	}
	return all;
}

static json_t *thread_json(const struct look *l, const char *tid)
{
	char path[64], text[KERNEL_SIZE];
	json_t *o = json_pack("{s:i}", "tid", (int)strtol(tid, NULL, 10));

	(void)snprintf(path, sizeof(path), "/task/%.16s/comm", tid);
	if (host_read(l->proc, path, text, sizeof(text)) > 0) {
		text[strcspn(text, "\n")] = '\0';
		(void)!json_object_set_new(o, "name", json_string(text));
	}
	/* What this thread does is to read these files. */
	if (strtol(tid, NULL, 10) == gettid()) {
		(void)!json_object_set_new(o, "call",
					   json_string("gives this answer"));
		return o;
	}
	(void)snprintf(path, sizeof(path), "/task/%.16s/syscall", tid);
	if (host_read(l->proc, path, text, sizeof(text)) <= 0 ||
	    !add_call(l, o, text))
		return o;
	(void)snprintf(path, sizeof(path), "/task/%.16s/stack", tid);
	if (host_read(l->proc, path, text, sizeof(text)) > 0)
		(void)!json_object_set_new(o, "kernel", kernel_json(text));
	return o;
}

static json_t *threads_json(const struct look *l)
{
	json_t *all = json_array();
	struct dirent *e;
	char path[64];
	DIR *d;

	(void)snprintf(path, sizeof(path), "%.40s/task", l->proc);
	d = opendir(path);
	/* cppcheck-suppress readdirCalled */
	while (d && (e = readdir(d)))
		if (isdigit((unsigned char)e->d_name[0]))
			(void)!json_array_append_new(all,
						     thread_json(l, e->d_name));
	if (d)
		closedir(d);
	return all;
}

json_t *backtrace_json(const char *proc)
{
	struct look l = { .proc = proc, .maps = calloc(1, MAPS_SIZE) };
	int exe = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	json_t *o = NULL;

	if (exe >= 0) {
		/* A stripped one has no names: files and offsets then. */
		(void)!symbols_read(&l.own, exe);
		close(exe);
	}
	if (l.maps && !pipe2(l.fds, O_CLOEXEC | O_NONBLOCK)) {
		(void)!host_read("", "/proc/self/maps", l.maps, MAPS_SIZE);
		o = json_pack("{s:o}", "threads", threads_json(&l));
		close(l.fds[0]);
		close(l.fds[1]);
	}
	symbols_close(l.own);
	free(l.maps);
	return o;
}
