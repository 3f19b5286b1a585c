// SPDX-License-Identifier: GPL-2.0-only
/* test_client_stat.c: what `stat` shows of one answer. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "../../vmm/client.h"

/* To be freed; takes @o over. */
static char *text_of(json_t *o)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(o);
	ck_assert_ptr_nonnull(f);
	client_print_stat(f, o);
	fclose(f);
	json_decref(o);
	return text;
}

/* Whether @what has the value @value. */
static void says(const char *text, const char *what, const char *value)
{
	char line[80];

	(void)snprintf(line, sizeof(line), "%-16s %s\n", what, value);
	ck_assert_msg(strstr(text, line), "%s in %s", line, text);
}

START_TEST(what_a_silent_vm_does_not_say_is_not_made_up)
{
	char *text = text_of(json_pack("{s:s, s:s, s:n}", "name", "a", "state",
				       "no answer", "pid"));

	says(text, "state", "no answer");
	says(text, "pid", "n/a");
	says(text, "uptime", "n/a");
	says(text, "protected", "n/a");
	says(text, "memlock limit", "n/a");
	free(text);
}
END_TEST

START_TEST(what_a_vm_says_is_shown)
{
	char *text =
		text_of(json_pack("{s:b, s:i, s:{s:n}}", "protected", 0,
				  "uptime_ms", 5000, "memory", "memlock_soft"));

	says(text, "uptime", "00:00:05");
	says(text, "protected", "no");
	says(text, "memlock limit", "unlimited");
	free(text);
	text = text_of(json_pack("{s:b, s:{s:n, s:b}}", "protected", 1,
				 "memory", "memlock_soft", "memlock_exempt",
				 1));
	says(text, "protected", "yes");
	says(text, "memlock limit", "none applies (CAP_IPC_LOCK)");
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("client_stat");
	TCase *t = tcase_create("client_stat");

	tcase_add_test(t, what_a_silent_vm_does_not_say_is_not_made_up);
	tcase_add_test(t, what_a_vm_says_is_shown);
	suite_add_tcase(s, t);
	return unit_main(s);
}
