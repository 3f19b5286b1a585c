// SPDX-License-Identifier: GPL-2.0-only
/* unit.c: runs one suite of Check tests; a file for them. */
#include "unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat.h"

char unit_path[] = "/tmp/lkvm-pvm-test.XXXXXX";

void unit_path_make(void)
{
	int fd;

	strcpy(unit_path + sizeof(unit_path) - 7, "XXXXXX");
	fd = mkstemp(unit_path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

void unit_path_remove(void)
{
	unlink(unit_path);
}

#undef _ck_assert_failed

void unit_failed(const char *file, int line, const char *expr, const char *msg,
		 ...)
{
	char said[2000];
	va_list args;

	va_start(args, msg);
	(void)vsnprintf(said, sizeof(said), msg ? msg : "failed", args);
	va_end(args);
	(void)dprintf(STDOUT_FILENO, "%s:%d: %s\n", file, line,
		      msg ? said : expr);
	if (gettid() != getpid())
		_exit(1);
	_ck_assert_failed(file, line, expr, "%s", msg ? said : expr);
}

int unit_main(Suite *s)
{
	SRunner *runner = srunner_create(s);
	int failed;

	/* No fork: the sanitizers watch one process. */
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

bool unit_refuses_fds(int fd)
{
	int takes = 0;
	socklen_t len = sizeof(takes);

	if (getsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &takes, &len))
		return errno == ENOPROTOOPT;
	return !takes;
}
