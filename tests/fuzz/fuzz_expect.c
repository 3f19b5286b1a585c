// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_expect.c: any bytes on a guest's consoles, in any pieces, against
 * expressions: what is found is printable and ends, and no piece changes it.
 * And any expression is taken or refused, in bounded time and memory.
 *
 * Input: an expression that ends in NUL; then per piece a byte, port and length,
 * and its bytes.
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

/* Takes an expression from the input: its length, with the NUL. */
static size_t check_expression(const uint8_t *data, size_t size)
{
	char text[256], why[100] = "";
	size_t len = strnlen((const char *)data, size);

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, data, len);
	text[len] = '\0';
	CHECK(expect_is_regex(text, why, sizeof(why)) == !why[0]);
	return len < size ? len + 1 : len;
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
	size_t len = check_expression(data, size);

	data += len;
	size -= len;
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
