// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_map.c: any bytes as a VM's answer to `map`: refused, or drawn within 80
 * columns and without a byte a terminal could obey, and as a picture whose tags
 * are our own and all closed.
 *
 * Floor: vmm/map_cells.c 93
 * Floor: vmm/map_draw.c 79
 * Floor: vmm/map_svg.c 85
 */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>

#include "../../vmm/client.h"
#include "../unit/well_formed.h"

static size_t columns(const char *line, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)line[i] & 0xc0) != 0x80;
	return n;
}

static void check_text(const char *text)
{
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		CHECK(line[len] == '\n');
		CHECK(columns(line, len) <= 80);
		for (size_t i = 0; i < len; i++)
			CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
		line += len + 1;
	}
}

static void draw(const json_t *map, const struct client_map_style *style)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int ret;

	CHECK(out != NULL);
	ret = style ? client_draw_map(out, map, style)
		    : client_svg_map(out, map, "a\"b");
	CHECK(fclose(out) == 0);
	CHECK(ret == 0 || ret == -EPROTO);
	CHECK(strlen(text) == len && (len == 0) == (ret != 0));
	if (style)
		check_text(text);
	else
		CHECK(!ill_nested(text));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct client_map_style style = { .rows = size % 100 };
	json_t *map = json_loadb((const char *)data, size, 0, NULL);

	if (json_is_object(map)) {
		draw(map, &style);
		draw(map, NULL);
	}
	json_decref(map);
	return 0;
}
