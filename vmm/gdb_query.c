// SPDX-License-Identifier: GPL-2.0-only
/* gdb_query.c: what gdb asks about the target: what it can do, its threads. */
#include "gdb_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "OFFSET,LENGTH" of target.xml. */
static void read_xml(struct gdb_stub *g, const char *p)
{
	uint64_t offset, len, left;

	if (!gdb_take_number(&p, &offset, ',') ||
	    !gdb_take_number(&p, &len, '\0') || offset > gdb_target_xml_len) {
		gdb_answer(g, -EINVAL);
		return;
	}
	left = gdb_target_xml_len - offset;
	if (len > GDB_PACKET - 1)
		len = GDB_PACKET - 1;
	if (len > left)
		len = left;
	gdb_reply(g, "%c%.*s", len < left ? 'm' : 'l', (int)len,
		  gdb_target_xml + offset);
}

/* As many as fit; a VM has 512 at most, of four characters. */
static void list_threads(struct gdb_stub *g)
{
	size_t len = 1;

	g->reply[1] = 'm';
	for (unsigned int i = 0; i < g->target->nr_vcpus; i++) {
		if (len > sizeof(g->reply) - 24)
			break;
		len += (size_t)snprintf(g->reply + 1 + len, 12, "%s%x",
					i ? "," : "", i + 1);
	}
	gdb_send_reply(g, len);
}

static void extra_info(struct gdb_stub *g, const char *p)
{
	unsigned int vcpu;
	char name[16];
	size_t len;

	if (!gdb_take_thread(g, p, 0, &vcpu)) {
		gdb_answer(g, -EINVAL);
		return;
	}
	(void)snprintf(name, sizeof(name), "vCPU %u", vcpu);
	len = strlen(name);
	gdb_put_hex(g->reply + 1, name, len);
	gdb_send_reply(g, 2 * len);
}

void gdb_question(struct gdb_stub *g, const char *p)
{
	static const char xml[] = "qXfer:features:read:target.xml:";
	static const char extra[] = "qThreadExtraInfo,";

	if (gdb_starts(p, "qSupported"))
		gdb_reply(
			g,
			"PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+",
			GDB_PACKET);
	else if (gdb_starts(p, xml))
		read_xml(g, p + sizeof(xml) - 1);
	else if (!strcmp(p, "qfThreadInfo"))
		list_threads(g);
	else if (!strcmp(p, "qsThreadInfo"))
		gdb_reply(g, "l");
	else if (!strcmp(p, "qC"))
		gdb_reply(g, "QC%x", g->general + 1);
	else if (gdb_starts(p, "qAttached"))
		gdb_reply(g, "1");
	else if (gdb_starts(p, extra))
		extra_info(g, p + sizeof(extra) - 1);
	else
		gdb_reply(g, "%s", "");
}
