// SPDX-License-Identifier: GPL-2.0-only
/* seed_map.c: answers to `map`, of a VM with devices and of one without. */
#include "seed.h"

static const char whole[] =
	"{\"page\":4096,\"protected\":true,\"spent_us\":100000,"
	"\"source_untouched\":\"a\",\"source_private\":\"b\",\"source_given\":\"c\","
	"\"regions\":[{\"name\":\"window\",\"gpa\":2146435072,\"len\":1048576,\"runs\":\"16u200r20p20s\"},"
	"{\"name\":\"RAM\",\"gpa\":2147483648,\"len\":67108864,\"runs\":\"8000u384p4000h3996s2r2x\"}],"
	"\"rings\":[{\"device\":\"net0\",\"queue\":0,\"size\":128,"
	"\"desc\":{\"gpa\":2146439168,\"len\":2048},\"avail\":{\"gpa\":2146443264,\"len\":262},"
	"\"used\":{\"gpa\":2146447360,\"len\":1030},\"buffers\":128},"
	"{\"device\":\"net0\",\"queue\":1,\"size\":32,\"buffers\":2,\"unknown\":1,\"why\":\"a loop\"},"
	"{\"device\":\"blk0\",\"queue\":0,\"size\":256,\"buffers\":null,\"unknown\":0,\"why\":\"<\\u009b>\"}],"
	"\"buffers\":[{\"device\":\"net0\",\"buffers\":130,\"complete\":false,\"to_bytes\":1500,\"to_pages\":1,"
	"\"from_bytes\":195072,\"from_pages\":49,\"gpa\":2146435072,\"runs\":\"16n1t1b48f190n\"}],"
	"\"donations\":[[2147483648,1000,\"0x80001000\"]]}";

static const char bare[] =
	"{\"page\":4096,\"protected\":false,\"spent_us\":1,"
	"\"regions\":[{\"name\":\"RAM\",\"gpa\":2147483648,\"len\":4096,\"runs\":\"1r\"}]}";

static void seed_write_all(void)
{
	seed_write("whole", whole, sizeof(whole) - 1);
	seed_write("bare", bare, sizeof(bare) - 1);
}
