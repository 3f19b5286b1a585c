// SPDX-License-Identifier: GPL-2.0-only
/*
 * client_prometheus.c: what `stat --prometheus` shows: the text format of
 * Prometheus, version 0.0.4. What is not known has no sample.
 */
#include "client.h"

#include <string.h>

/* What a metric is counted for, and where in an answer. */
enum per {
	PER_VM,
	PER_MEMORY,
	PER_VCPU,
	PER_DEVICE
};

struct metric {
	const char *name, *key, *type, *help;
	enum per per;
};

/* clang-format off */
static const struct metric metrics[] = {
	{ "restarts_total", "restarts", "counter",
	  "resets after which the guest was started again", PER_VM },
	{ "guest_memory_bytes", "mem", "gauge", "memory of the guest", PER_VM },
	{ "locked_bytes", "locked", "gauge",
	  "locked memory: pages the guest has touched", PER_MEMORY },
	{ "memlock_limit_bytes", "memlock_soft", "gauge",
	  "soft limit of locked memory", PER_MEMORY },
	{ "pss_bytes", "pss", "gauge", "Pss of the process", PER_MEMORY },
	{ "rss_bytes", "rss", "gauge", "Rss of the process", PER_MEMORY },
	{ "vcpu_exits_total", "exits", "counter",
	  "exits from the guest, whoever handled them", PER_VCPU },
	{ "vcpu_mmio_user_exits_total", "mmio_user", "counter",
	  "register accesses that lkvm-pvm answered", PER_VCPU },
	{ "vcpu_mmio_kernel_exits_total", "mmio_kernel", "counter",
	  "register accesses that the kernel answered", PER_VCPU },
	{ "vcpu_signal_exits_total", "signals", "counter",
	  "exits because of a signal", PER_VCPU },
	{ "device_requests_total", "requests", "counter", "requests",
	  PER_DEVICE },
	{ "device_bytes_total", "bytes", "counter", "bytes of their buffers",
	  PER_DEVICE },
	{ "device_kicks_total", "kicks", "counter",
	  "notifications by the driver", PER_DEVICE },
	{ "device_interrupts_total", "interrupts", "counter",
	  "interrupts for the driver", PER_DEVICE },
	{ "device_outside_total", "outside", "counter",
	  "addresses outside the window", PER_DEVICE },
	{ "device_dropped_total", "dropped", "counter", "dropped frames",
	  PER_DEVICE },
	{ "device_max_segment_bytes", "max_segment", "gauge",
	  "the largest buffer so far", PER_DEVICE },
	{ "device_max_in_flight", "max_in_flight", "gauge",
	  "the most requests of a queue at a time so far", PER_DEVICE },
};
/* clang-format on */

/* A label's value, escaped: an answer is what somebody says it is. */
static void print_label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

static void print_sample(FILE *out, const struct metric *m, const char *vm,
			 const char *label, const char *what, const json_t *o)
{
	const json_t *value = json_object_get(o, m->key);

	if (!json_is_integer(value))
		return;
	fprintf(out, "lkvm_pvm_%s{vm=\"", m->name);
	print_label(out, vm);
	if (label && what) {
		fprintf(out, "\",%s=\"", label);
		print_label(out, what);
	}
	fprintf(out, "\"} %lld\n", (long long)json_integer_value(value));
}

static void print_vcpus(FILE *out, const struct metric *m, const char *vm,
			const json_t *vcpus)
{
	char number[24];

	for (size_t i = 0; i < json_array_size(vcpus); i++) {
		(void)snprintf(number, sizeof(number), "%zu", i);
		print_sample(out, m, vm, "vcpu", number,
			     json_array_get(vcpus, i));
	}
}

static void print_devices(FILE *out, const struct metric *m, const char *vm,
			  const json_t *devices)
{
	for (size_t i = 0; i < json_array_size(devices); i++) {
		const json_t *d = json_array_get(devices, i);

		print_sample(out, m, vm, "device", client_string(d, "name"), d);
	}
}

static void print_of(FILE *out, const struct metric *m, const json_t *o)
{
	const char *vm = client_string(o, "name");

	switch (m->per) {
	case PER_VM:
		print_sample(out, m, vm, NULL, NULL, o);
		break;
	case PER_MEMORY:
		print_sample(out, m, vm, NULL, NULL,
			     json_object_get(o, "memory"));
		break;
	case PER_VCPU:
		print_vcpus(out, m, vm, json_object_get(o, "vcpu_stats"));
		break;
	case PER_DEVICE:
		print_devices(out, m, vm, json_object_get(o, "devices"));
		break;
	}
}

/* Those that are not integers, or not of the answer. */
static void print_states(FILE *out, const json_t *all)
{
	fputs("# HELP lkvm_pvm_state what each VM does\n"
	      "# TYPE lkvm_pvm_state gauge\n",
	      out);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *o = json_array_get(all, i);

		fputs("lkvm_pvm_state{vm=\"", out);
		print_label(out, client_string(o, "name"));
		fputs("\",state=\"", out);
		print_label(out, client_string(o, "state"));
		fputs("\"} 1\n", out);
	}
	fputs("# HELP lkvm_pvm_uptime_seconds since the guest was started\n"
	      "# TYPE lkvm_pvm_uptime_seconds gauge\n",
	      out);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *o = json_array_get(all, i);

		if (!json_is_integer(json_object_get(o, "uptime_ms")))
			continue;
		fputs("lkvm_pvm_uptime_seconds{vm=\"", out);
		print_label(out, client_string(o, "name"));
		fprintf(out, "\"} %.3f\n",
			(double)client_integer(o, "uptime_ms") / 1000);
	}
}

void client_print_prometheus(FILE *out, const json_t *all)
{
	print_states(out, all);
	for (unsigned int i = 0; i < ARRAY_SIZE(metrics); i++) {
		const struct metric *m = &metrics[i];

		fprintf(out, "# HELP lkvm_pvm_%s %s\n# TYPE lkvm_pvm_%s %s\n",
			m->name, m->help, m->name, m->type);
		for (size_t k = 0; k < json_array_size(all); k++)
			print_of(out, m, json_array_get(all, k));
	}
}
