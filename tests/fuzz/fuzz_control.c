// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_control.c: lines of the control socket. The first byte says which way:
 * a request, which is refused in one printable line or the same after it was
 * written down again; or an answer, which `stat`, `map` and `debug` show whatever it is.
 *
 * Floor: vmm/control_request.c 80
 * Floor: vmm/client_stat.c 75
 * Floor: vmm/client_prometheus.c 75
 * Floor: vmm/map_cells.c 75
 * Floor: vmm/map_draw.c 68
 * Floor: vmm/map_svg.c 65
 * Floor: vmm/client_debug.c 35
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>

#include "../../vmm/client.h"
#include "control.h"

static void ask(const char *line, size_t len)
{
	struct control_request r, again;
	char why[256], *text;

	if (control_request_parse(line, len, &r, why)) {
		assert(why[0]);
		for (const char *c = why; *c; c++)
			assert(*c >= ' ' && *c <= '~');
		return;
	}
	text = control_request_format(&r);
	if (!text)
		abort();
	assert(!control_request_parse(text, strlen(text), &again, why));
	assert(memcmp(&r, &again, sizeof(r)) == 0);
	free(text);
}

static void show(const char *line, size_t len)
{
	const struct client_map_style style = {
		.colour = len & 1,
		.rows = len & 2 ? (unsigned int)len : 0,
		.every_ms = len & 4 ? 1000 : 0,
	};
	json_t *o = json_loadb(line, len, 0, NULL), *all;
	char *text = NULL;
	size_t size;
	FILE *f;

	if (!json_is_object(o)) {
		json_decref(o);
		return;
	}
	f = open_memstream(&text, &size);
	if (!f)
		abort();
	client_print_stat(f, o);
	client_print_debug(f, o);
	(void)!client_draw_map(f, o, &style);
	(void)!client_svg_map(f, o, "vm");
	all = json_pack("[o]", o);
	client_print_prometheus(f, all);
	fclose(f);
	free(text);
	json_decref(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size || size > CONTROL_LINE_MAX)
		return 0;
	if (data[0] == '<')
		show((const char *)data + 1, size - 1);
	else
		ask((const char *)data + 1, size - 1);
	return 0;
}
