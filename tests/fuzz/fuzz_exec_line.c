// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_exec_line.c: any bytes on the serial port that exec's init may use: each is
 * either the console's, sooner or later, or part of a line whose checksum holds; and
 * what such lines carry goes to the frames' parser, which keeps its bounds.
 *
 * Floor: vmm/exec_line.c 90
 */
#include "fuzz.h"

#include "../../vmm/exec_line.h"
#include "../../vmm/exec_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exec_line l;
	static struct exec_wire w;
	size_t taken = 0, given = 0;

	l = (struct exec_line){ 0 };
	exec_wire_init(&w);
	for (size_t i = 0; i < size; i++) {
		switch (exec_line_take(&l, data[i])) {
		case EXEC_LINE_OTHER:
			CHECK(data[i] != EXEC_LINE_MARK);
			given++;
			break;
		case EXEC_LINE_PART:
			taken++;
			break;
		case EXEC_LINE_WHOLE:
			CHECK(!l.fault && l.len <= EXEC_LINE_DATA);
			taken++;
			(void)exec_wire_take(&w, l.data, l.len);
			break;
		case EXEC_LINE_BROKEN:
			CHECK(l.nr <= taken && l.nr <= EXEC_LINE_TEXT);
			taken -= l.nr;
			given += l.nr + 1;
			break;
		}
		CHECK(taken + given == i + 1);
	}
	return 0;
}
