// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim_trace.c: the guest page of a fault, from the tracepoint
 * kvm_guest_fault: nothing else in the kernel tells it. A trace of our own, for
 * the moment of one fault or a whole life, disturbs nobody's.
 */
#include "reclaim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENT	  "/events/kvm/kvm_guest_fault/enable"
#define FILTER	  "/events/kvm/kvm_guest_fault/filter"
#define MAX_TRACE KIB(256)
#define NAME	  "lkvm-pvm-" /* and our PID */

/* ESR_EL2: exception class, and of a data abort whether it wrote. */
#define ESR_EC(esr)  ((esr) >> 26 & 0x3f)
#define EC_IABT_LOW  0x20U
#define ESR_IS_WRITE (1U << 6)

static int write_file(const struct fault_trace *t, const char *name,
		      const char *text)
{
	size_t len = strlen(text);
	char path[192];
	int fd, ret = 0;

	(void)snprintf(path, sizeof(path), "%s%s", t->dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		ret = -errno;
	close(fd);
	return ret;
}

static int make_instance(struct fault_trace *t, const char *tracefs,
			 const char *what)
{
	int ret;

	(void)snprintf(t->dir, sizeof(t->dir), "%.40s/instances/" NAME "%d-%s",
		       tracefs, (int)getpid(), what);
	if (!mkdir(t->dir, 0700))
		return 0;
	ret = -errno;
	t->dir[0] = '\0';
	return ret;
}

void fault_trace_drop(struct fault_trace *t)
{
	if (!t->dir[0])
		return;
	(void)!write_file(t, EVENT, "0");
	(void)rmdir(t->dir);
	t->dir[0] = '\0';
}

int fault_trace_begin(struct fault_trace *t, const char *tracefs,
		      unsigned int vcpu)
{
	char what[16];
	int ret;

	(void)snprintf(what, sizeof(what), "%u", vcpu);
	ret = make_instance(t, tracefs, what);
	if (!ret)
		ret = write_file(t, EVENT, "1");
	if (ret)
		fault_trace_drop(t);
	return ret;
}

/* Traces of processes that were killed. */
static void remove_abandoned(const char *tracefs)
{
	char path[512];
	struct dirent *d;
	int pid;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%.40s/instances", tracefs);
	dir = opendir(path);
	/* cppcheck-suppress readdirCalled */
	while (dir && (d = readdir(dir))) {
		if (strncmp(d->d_name, NAME, strlen(NAME)) != 0)
			continue;
		pid = (int)strtol(d->d_name + strlen(NAME), NULL, 10);
		(void)snprintf(path, sizeof(path), "/proc/%d", pid);
		if (pid <= 0 || !access(path, F_OK))
			continue;
		(void)snprintf(path, sizeof(path), "%.40s/instances/%s",
			       tracefs, d->d_name);
		(void)rmdir(path);
	}
	if (dir)
		closedir(dir);
}

int fault_trace_keep(struct fault_trace *t, const char *tracefs,
		     const char *what, unsigned int kib, gpa_t from)
{
	char pid[16], size[16], filter[40];
	int ret;

	remove_abandoned(tracefs);
	ret = make_instance(t, tracefs, what);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)snprintf(size, sizeof(size), "%u", kib);
	(void)snprintf(filter, sizeof(filter), "ipa >= 0x%llx",
		       (unsigned long long)from);
	if (!ret)
		ret = write_file(t, "/buffer_size_kb", size);
	if (!ret)
		ret = write_file(t, "/trace_clock", "mono");
	/* Threads that are made from here on are traced as we are. */
	if (!ret)
		ret = write_file(t, "/options/event-fork", "1");
	if (!ret)
		ret = write_file(t, "/set_event_pid", pid);
	if (!ret)
		ret = write_file(t, FILTER, filter);
	if (!ret)
		ret = write_file(t, EVENT, "1");
	if (ret)
		fault_trace_drop(t);
	return ret;
}

char *fault_trace_text(const struct fault_trace *t, size_t max)
{
	char path[192], *text = NULL, *more;
	size_t len = 0, size = 0;
	ssize_t n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/trace", t->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	do {
		if (size - len < KIB(64)) {
			size += KIB(256);
			more = realloc(text, size + 1);
			if (!more)
				break;
			text = more;
		}
		n = fd < 0 ? 0 : read(fd, text + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < max);
	if (fd >= 0)
		close(fd);
	if (text)
		text[len] = '\0';
	return text;
}

int fault_trace_end(struct fault_trace *t, uint64_t pc, struct fault_record *r)
{
	char *text;
	bool found;

	if (!t->dir[0])
		return -ENODATA;
	(void)!write_file(t, EVENT, "0");
	text = fault_trace_text(t, MAX_TRACE);
	fault_trace_drop(t);
	found = text && fault_parse(text, pc, r);
	free(text);
	return found ? 0 : -ENODATA;
}

/* "name 0x12ab" at *@text, which moves behind it. */
static bool take(const char **text, const char *name, uint64_t *value)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(*text, name, len) != 0)
		return false;
	*value = strtoull(*text + len, &end, 16);
	if (end == *text + len)
		return false;
	*text = end;
	return true;
}

/* "12.345678:" ends before @end, the time in microseconds; 0: none does. */
static uint64_t time_before(const char *text, const char *end)
{
	const char *at = end;
	uint64_t s, us;
	char *dot;

	while (at > text && at[-1] != ' ')
		at--;
	/* Not sscanf(), which measures all that follows each time. */
	s = strtoull(at, &dot, 10);
	if (dot == at || *dot != '.')
		return 0;
	us = strtoull(dot + 1, NULL, 10);
	return us < 1000000 && s < UINT32_MAX ? s * 1000000 + us : 0;
}

bool fault_next(const char **text, struct fault_record *r)
{
	static const char name[] = " kvm_guest_fault: ";
	const char *at;

	while ((at = strstr(*text, name))) {
		r->us = time_before(*text, at);
		*text = at + sizeof(name) - 1;
		if (take(text, "ipa 0x", &r->ipa) &&
		    take(text, ", hsr 0x", &r->syndrome) &&
		    take(text, ", hxfar 0x", &r->va) &&
		    take(text, ", pc 0x", &r->pc))
			return true;
	}
	return false;
}

bool fault_parse(const char *text, uint64_t pc, struct fault_record *r)
{
	struct fault_record one;
	bool found = false;

	while (fault_next(&text, &one)) {
		if (one.pc != pc)
			continue;
		*r = one;
		found = true;
	}
	return found;
}

const char *fault_access(uint64_t syndrome)
{
	if (ESR_EC(syndrome) == EC_IABT_LOW)
		return "an instruction fetch";
	return syndrome & ESR_IS_WRITE ? "a write" : "a read";
}
