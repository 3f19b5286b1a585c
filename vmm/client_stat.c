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
	bool is_unlimited = json_is_null(json_object_get(m, "memlock_soft"));

	print_size(out, "guest memory", o, "mem", "n/a");
	print_size(out, "locked", m, "locked", "n/a");
	if (is_free)
		print_line(out, "memlock limit", "none applies (CAP_IPC_LOCK)");
	else
		print_size(out, "memlock limit", m, "memlock_soft",
			   is_unlimited ? "unlimited" : "n/a");
	print_size(out, "Rss", m, "rss", "n/a");
	if (json_is_integer(json_object_get(m, "pss")))
		print_size(out, "Pss", m, "pss", "n/a");
}

/* A number in a table, or n/a. */
static void print_cell(FILE *out, const json_t *o, const char *key, int width)
{
	const json_t *n = json_object_get(o, key);

	if (json_is_integer(n))
		fprintf(out, " %*lld", width, (long long)json_integer_value(n));
	else
		fprintf(out, " %*s", width, "n/a");
}

static void print_vcpus(FILE *out, const json_t *vcpus)
{
	if (json_array_size(vcpus))
		fprintf(out, "\n%-6s %14s %14s %14s %14s\n", "vCPU", "exits",
			"MMIO here", "MMIO in kernel", "signals");
	for (size_t i = 0; i < json_array_size(vcpus); i++) {
		const json_t *v = json_array_get(vcpus, i);

		fprintf(out, "%-6zu", i);
		print_cell(out, v, "exits", 14);
		print_cell(out, v, "mmio_user", 14);
		print_cell(out, v, "mmio_kernel", 14);
		print_cell(out, v, "signals", 14);
		fputc('\n', out);
	}
}

static void print_devices(FILE *out, const json_t *devices)
{
	if (json_array_size(devices))
		fprintf(out, "\n%-8s %10s %13s %9s %9s %8s %5s %6s %4s\n",
			"device", "requests", "bytes", "kicks", "irqs",
			"largest", "most", "beyond", "lost");
	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *d = json_array_get(devices, i);

		fprintf(out, "%-8.15s", client_string(d, "name"));
		print_cell(out, d, "requests", 10);
		print_cell(out, d, "bytes", 13);
		print_cell(out, d, "kicks", 9);
		print_cell(out, d, "interrupts", 9);
		print_cell(out, d, "max_segment", 8);
		print_cell(out, d, "max_in_flight", 5);
		print_cell(out, d, "outside", 6);
		print_cell(out, d, "dropped", 4);
		fputc('\n', out);
	}
}

void client_print_stat(FILE *out, const json_t *o)
{
	const json_t *protected = json_object_get(o, "protected");
	char text[32];

	print_line(out, "name", client_string(o, "name"));
	print_line(out, "state", client_string(o, "state"));
	print_count(out, "pid", o, "pid");
	print_line(out, "uptime",
		   json_is_integer(json_object_get(o, "uptime_ms"))
			   ? client_uptime(client_integer(o, "uptime_ms"), text,
					   sizeof(text))
			   : "n/a");
	print_count(out, "restarts", o, "restarts");
	print_line(out, "protected",
		   json_is_true(protected)    ? "yes"
		   : json_is_false(protected) ? "no"
					      : "n/a");
	print_count(out, "vCPUs", o, "vcpus");
	print_memory(out, o, json_object_get(o, "memory"));
	print_vcpus(out, json_object_get(o, "vcpu_stats"));
	print_devices(out, json_object_get(o, "devices"));
}
