// SPDX-License-Identifier: GPL-2.0-only
/* test_control_request.c: requests of a control socket, made and read. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

START_TEST(requests_survive_the_way_there)
{
	struct control_request out = { .verb = CONTROL_KILL, .seconds = 17 },
			       in;
	char why[256], *line = control_request_format(&out);

	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(control_request_parse(line, strlen(line), &in, why),
			 0);
	ck_assert_int_eq(in.verb, CONTROL_KILL);
	ck_assert_uint_eq(in.seconds, 17);
	free(line);
	out = (struct control_request){ .verb = CONTROL_SYSRQ, .key = 'z' };
	line = control_request_format(&out);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(control_request_parse(line, strlen(line), &in, why),
			 0);
	ck_assert_int_eq(in.verb, CONTROL_SYSRQ);
	ck_assert_int_eq(in.key, 'z');
	free(line);
	out = (struct control_request){ .verb = CONTROL_RECLAIM,
					.has_page = true,
					.page = 0x80001000,
					.has_vcpu = true,
					.has_bytes = true };
	line = control_request_format(&out);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(control_request_parse(line, strlen(line), &in, why),
			 0);
	ck_assert_int_eq(in.verb, CONTROL_RECLAIM);
	ck_assert(in.has_page && in.has_vcpu && in.has_bytes);
	ck_assert_uint_eq(in.page, 0x80001000);
	free(line);
	out = (struct control_request){ .verb = CONTROL_STAT, .pss = true };
	line = control_request_format(&out);
	ck_assert_ptr_nonnull(line);
	ck_assert_int_eq(control_request_parse(line, strlen(line), &in, why),
			 0);
	ck_assert_int_eq(in.verb, CONTROL_STAT);
	ck_assert(in.pss);
	free(line);
}
END_TEST

START_TEST(nonsense_is_refused_with_a_reason)
{
	static const struct {
		const char *line, *why;
	} bad[] = {
		{ "", "one line" },
		{ "[]", "one line" },
		{ "{", "one line" },
		{ "{\"v\":1,\"v\":1,\"do\":\"stat\"}", "one line" },
		{ "{\"v\":1,\"do\":\"stat\"} x", "one line" },
		{ "{\"do\":\"stat\"}", "has \"v\"" },
		{ "{\"v\":1}", "has \"v\"" },
		{ "{\"v\":2,\"do\":\"stat\",\"x\":1}", "only version 1" },
		{ "{\"v\":\"1\",\"do\":\"stat\"}", "only version 1" },
		{ "{\"v\":1,\"do\":\"fly\"}", "'fly' is not known" },
		{ "{\"v\":1,\"do\":7}", "'' is not known" },
		{ "{\"v\":1,\"do\":\"stat\",\"x\\n\":1}", "\"x?\" is not" },
		{ "{\"v\":1,\"do\":\"kill\",\"seconds\":-1}", "\"seconds\"" },
		{ "{\"v\":1,\"do\":\"kill\",\"seconds\":1e3}", "\"seconds\"" },
		{ "{\"v\":1,\"do\":\"stat\",\"pss\":1}", "\"pss\" is true" },
		{ "{\"v\":1,\"do\":\"sysrq\"}", "sysrq has" },
		{ "{\"v\":1,\"do\":\"step\"}", "step has a" },
		{ "{\"v\":1,\"do\":\"stop-vcpu\"}", "stop-vcpu has a" },
		{ "{\"v\":1,\"do\":\"regs\",\"vcpu\":512}", "\"vcpu\"" },
		{ "{\"v\":1,\"do\":\"reclaim\",\"page\":-1}", "\"page\"" },
		{ "{\"v\":1,\"do\":\"memlock\",\"bytes\":\"1\"}", "\"bytes\"" },
		{ "{\"v\":1,\"do\":\"sysrq\",\"key\":\"bb\"}", "\"key\"" },
		{ "{\"v\":1,\"do\":\"sysrq\",\"key\":\"\"}", "\"key\"" },
		{ "{\"v\":1,\"do\":\"sysrq\",\"key\":7}", "\"key\"" },
	};
	struct control_request r;
	char why[256];

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(control_request_parse(bad[i].line,
						       strlen(bad[i].line), &r,
						       why),
				 -EINVAL);
		ck_assert_msg(strstr(why, bad[i].why) != NULL, "%s: %s",
			      bad[i].line, why);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("control_request");
	TCase *tc = tcase_create("control_request");

	tcase_add_test(tc, requests_survive_the_way_there);
	tcase_add_test(tc, nonsense_is_refused_with_a_reason);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
