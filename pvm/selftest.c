// SPDX-License-Identifier: GPL-2.0-only
/* selftest.c: the suite: its areas, and how one check runs and ends. */
#include "selftest_vm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static void say(const char *verdict, const char *text) __noreturn;
static void say(const char *verdict, const char *text)
{
	/* What a check started may share our buffers: none are flushed. */
	dprintf(STDOUT_FILENO, "%s%s%s\n", verdict, text[0] ? " " : "", text);
	_exit(0);
}

#define WHY_SIZE 400U

static void put_why(char *text, const char *fmt, va_list ap)
{
	vsnprintf(text, WHY_SIZE, fmt, ap);
	selftest_sanitize(text);
}

void st_pass(void)
{
	say("pass", "");
}

void st_fail(const char *fmt, ...)
{
	char why[WHY_SIZE];
	va_list ap;

	va_start(ap, fmt);
	put_why(why, fmt, ap);
	va_end(ap);
	say("fail", why);
}

void st_skip(const char *fmt, ...)
{
	char why[WHY_SIZE];
	va_list ap;

	va_start(ap, fmt);
	put_why(why, fmt, ap);
	va_end(ap);
	say("skip", why);
}

void st_equal(const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		st_fail("%s: 0x%llx instead of 0x%llx", what,
			(unsigned long long)got, (unsigned long long)want);
}

void st_differ(const char *what, uint64_t got, uint64_t unwanted)
{
	if (got == unwanted)
		st_fail("%s: 0x%llx", what, (unsigned long long)got);
}

void st_errno(const char *what, int got, int want)
{
	if (got != want)
		st_fail("%s: %s instead of %s", what,
			got < 0 ? errno_text(got) : "success",
			want < 0 ? errno_text(want) : "success");
}

int st_must(const char *what, long ret)
{
	int err = errno;

	if (ret < 0)
		st_fail("%s: %s", what, errno_text(ret == -1 ? err : (int)ret));
	return (int)ret;
}

bool st_provoked(const struct selftest *t)
{
	return !t->mode.leave_out || (t->check->flags & SELFTEST_UNPROTECT);
}

static void run(const struct selftest_check *c,
		const struct selftest_mode *mode) __noreturn;
static void run(const struct selftest_check *c,
		const struct selftest_mode *mode)
{
	struct selftest t;

	memset(&t, 0, sizeof(t));
	t.check = c;
	t.mode = *mode;
	t.kvm = t.vm = t.gic = t.its = t.memfd = -1;
	t.pages = ST_PAGES;
	for (unsigned int i = 0; i < ST_VCPUS; i++)
		t.vcpu[i].fd = -1;
	c->run(&t);
	st_pass();
}

/* clang-format off */
static const struct selftest_area *const areas[] = {
	&st_create_area,
	&st_slots_area,
	&st_memory_area,
	&st_share_area,
	&st_access_area,
	&st_reclaim_area,
	&st_poison_area,
	&st_machine_area,
	&st_mmio_area,
	&st_irq_area,
	&st_life_area,
};
/* clang-format on */

const struct selftest_suite pvm_selftest = {
	.areas = areas,
	.nr_areas = ARRAY_SIZE(areas),
	.probe = pvm_probe,
	.run = run,
};
