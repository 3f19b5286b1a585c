// SPDX-License-Identifier: GPL-2.0-only
/* client_stat.c: what `stat` shows, for people. */
#include "client.h"

#include "host.h"

static void print_line(FILE *out, const char *what, const char *value)
{
	fprintf(out, "%-16s %s\n", what, value);
}

static void print_count(FILE *out, const char *what, const json_t *o,
			const char *key)
{
	const json_t *n = json_object_get(o, key);

	if (json_is_integer(n))
		fprintf(out, "%-16s %lld\n", what,
			(long long)json_integer_value(n));
	else
		print_line(out, what, "n/a");
}

static void print_size(FILE *out, const char *what, const json_t *o,
		       const char *key, const char *otherwise)
{
	const json_t *n = json_object_get(o, key);
	char text[32];

	print_line(out, what,
		   json_is_integer(n)
			   ? host_size_text((uint64_t)json_integer_value(n),
					    text, sizeof(text))
			   : otherwise);
}

static void print_memory(FILE *out, const json_t *o, const json_t *m)
{
	bool is_free = json_is_true(json_object_get(m, "memlock_exempt"));

	print_size(out, "guest memory", o, "mem", "n/a");
	print_size(out, "locked", m, "locked", "n/a");
	if (is_free)
		print_line(out, "memlock limit", "none applies (CAP_IPC_LOCK)");
	else
		print_size(out, "memlock limit", m, "memlock_soft",
			   "unlimited");
	print_size(out, "Pss", m, "pss", "n/a");
	print_size(out, "Rss", m, "rss", "n/a");
}

void client_print_stat(FILE *out, const json_t *o)
{
	char text[32];

	print_line(out, "name", client_string(o, "name"));
	print_line(out, "state", client_string(o, "state"));
	print_count(out, "pid", o, "pid");
	print_line(out, "uptime",
		   client_uptime(client_integer(o, "uptime_ms"), text,
				 sizeof(text)));
	print_count(out, "restarts", o, "restarts");
	print_line(out, "protected",
		   json_is_true(json_object_get(o, "protected")) ? "yes"
								 : "no");
	print_count(out, "vCPUs", o, "vcpus");
	print_memory(out, o, json_object_get(o, "memory"));
}
