// SPDX-License-Identifier: GPL-2.0-only
/* unit.c: runs one suite of Check tests and prints its totals. */
#include "unit.h"

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
