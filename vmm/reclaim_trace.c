// SPDX-License-Identifier: GPL-2.0-only
/*
 * reclaim_trace.c: the guest page of a fault, from the tracepoint
 * kvm_guest_fault: nothing else in the kernel tells it. A trace of our own, for
 * the moment of one fault, disturbs nobody's.
 */
#include "reclaim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENT	  "/events/kvm/kvm_guest_fault/enable"
#define MAX_TRACE KIB(256)

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

int fault_trace_begin(struct fault_trace *t, const char *tracefs,
		      unsigned int vcpu)
{
	int ret;

	(void)snprintf(t->dir, sizeof(t->dir), "%.40s/instances/lkvm-pvm-%d-%u",
		       tracefs, (int)getpid(), vcpu);
	if (mkdir(t->dir, 0700)) {
		ret = -errno;
		t->dir[0] = '\0';
		return ret;
	}
	ret = write_file(t, EVENT, "1");
	if (ret) {
		(void)rmdir(t->dir);
		t->dir[0] = '\0';
	}
	return ret;
}

/* What the trace has, to be freed; NULL without memory, or when unreadable. */
static char *read_trace(const struct fault_trace *t)
{
	char path[192], *text = malloc(MAX_TRACE + 1);
	size_t len = 0;
	ssize_t n = 0;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/trace", t->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (text && fd >= 0 && len < MAX_TRACE &&
	       (n = read(fd, text + len, MAX_TRACE - len)) > 0)
		len += (size_t)n;
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
	(void)write_file(t, EVENT, "0");
	text = read_trace(t);
	(void)rmdir(t->dir);
	t->dir[0] = '\0';
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

bool fault_parse(const char *text, uint64_t pc, struct fault_record *r)
{
	static const char name[] = "kvm_guest_fault: ";
	struct fault_record one;
	bool found = false;

	while ((text = strstr(text, name))) {
		text += sizeof(name) - 1;
		if (take(&text, "ipa 0x", &one.ipa) &&
		    take(&text, ", hsr 0x", &one.syndrome) &&
		    take(&text, ", hxfar 0x", &one.va) &&
		    take(&text, ", pc 0x", &one.pc) && one.pc == pc) {
			*r = one;
			found = true;
		}
	}
	return found;
}

const char *fault_access(uint64_t syndrome)
{
	if (ESR_EC(syndrome) == EC_IABT_LOW)
		return "an instruction fetch";
	return syndrome & ESR_IS_WRITE ? "a write" : "a read";
}
