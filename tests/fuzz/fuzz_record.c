// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_record.c: any bytes as a record: refused with a reason in one line, or
 * made into a page whose tags are our own and all closed.
 *
 * Floor: vmm/flight_read.c 80
 * Floor: vmm/flight_series.c 50
 * Floor: vmm/flight_html.c 75
 * Floor: vmm/flight_chart.c 75
 */
#include "fuzz.h"

#include <stdio.h>

#include "../../vmm/flight_html.h"
#include "../unit/well_formed.h"

static void check_page(const struct flight *f)
{
	char *page = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&page, &len);

	CHECK(out != NULL);
	flight_page(out, f);
	CHECK(fclose(out) == 0);
	CHECK(strlen(page) == len);
	CHECK(!ill_formed(page));
	CHECK(!strstr(page, "<script"));
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flight *f = malloc(sizeof(*f));
	char why[FLIGHT_WHY] = "";
	int ret;

	CHECK(f != NULL);
	ret = flight_read(f, (const char *)data, size, why);
	if (ret)
		CHECK(why[0] && !strchr(why, '\n'));
	else
		check_page(f);
	flight_fini(f);
	free(f);
	return 0;
}
