// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_expect.c: any bytes on a guest's consoles, in any pieces, against
 * expressions: what is found is printable and ends, and no piece changes it.
 *
 * Input: per piece a byte, port and length, and its bytes.
 *
 * Floor: vmm/expect.c 80
 */
#include "fuzz.h"

#include "../../vmm/expect.h"
#include "log.h"

static void check_line(const char *line)
{
	size_t len = strnlen(line, EXPECT_WIDTH);

	CHECK(len < EXPECT_WIDTH);
	for (size_t i = 0; i < len; i++)
		CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct config cfg = {
		.expects = { "^a+b$", "(x|yz)*q" },
		.fail_ons = { "[^ ] .{2,9}BUG" },
		.nr_expects = 2,
		.nr_fail_ons = 1,
	};
	static struct expect e;
	struct expect_found f;
	size_t len;

	log_set_level(LOG_ERROR);
	CHECK(!expect_init(&e, &cfg));
	while (size > 1) {
		enum expect_port port = *data & 1 ? EXPECT_HVC : EXPECT_UART;
		bool look = *data & 2;

		len = (size_t)(*data >> 2) * 16 + 1;
		data++;
		size--;
		if (len > size)
			len = size;
		(void)expect_hear(&e, port, data, len);
		if (look)
			(void)expect_look(&e);
		data += len;
		size -= len;
	}
	expect_report(&e);
	expect_found(&e, &f);
	CHECK(f.all_met == !f.unmet);
	check_line(f.bad_line);
	check_line(f.panic_line);
	for (unsigned int i = 0; i < EXPECT_KEPT; i++)
		check_line(e.kept[i]);
	expect_fini(&e);
	return 0;
}
