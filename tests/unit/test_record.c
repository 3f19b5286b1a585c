// SPDX-License-Identifier: GPL-2.0-only
/* test_record.c: what the flight recorder writes, how often and how much. */
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../vmm/flight.h"
#include "../../vmm/flight_trace.h"
#include "../../vmm/vm.h"

/* Lines of the file about @event; each one is JSON. */
static unsigned int count_lines(const char *event)
{
	FILE *f = fopen(unit_path, "re");
	unsigned int n = 0;
	char line[EVENTS_LINE + 1];
	json_t *j;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		j = json_loads(line, 0, NULL);
		ck_assert_msg(j != NULL, "%s", line);
		n += !strcmp(json_string_value(json_object_get(j, "event")),
			     event);
		json_decref(j);
	}
	fclose(f);
	return n;
}

START_TEST(a_year_takes_some_3000_samples)
{
	struct flight_pace p;
	uint64_t ms = 0, before = 0;
	unsigned int n = 0, half = 0;

	flight_pace_init(&p, 1);
	while (ms < 365ULL * 86400 * 1000) {
		before = ms;
		ms += flight_pace_next(&p);
		ck_assert_uint_gt(ms, before);
		n++;
		half += ms >= 365ULL * 86400 * 1000 / 2;
	}
	ck_assert_uint_ge(n, 2000);
	ck_assert_uint_le(n, 3500);
	ck_assert_uint_ge(half, 128);
}
END_TEST

START_TEST(the_first_ten_seconds_are_told_at_20_hertz)
{
	struct flight_pace p;
	unsigned int n = 0;

	flight_pace_init(&p, 4);
	for (uint64_t ms = 0; ms < 10000; ms += flight_pace_next(&p))
		n++;
	ck_assert_uint_eq(n, 200);
}
END_TEST

START_TEST(many_vcpus_are_looked_at_less_often)
{
	struct flight_pace few, many;

	flight_pace_init(&few, 1);
	flight_pace_init(&many, 512);
	ck_assert_uint_ge(flight_pace_next(&many), 50 * flight_pace_next(&few));
}
END_TEST

START_TEST(a_cell_has_the_letter_of_the_map)
{
	const struct flight_pages none = { .untouched = 2 }, own = { .own = 1 },
				  both = { .own = 1, .readable = 9 },
				  open = { .untouched = 1, .readable = 1 },
				  late = { .own = 1, .unknown = 1 };

	ck_assert_int_eq(flight_cell(&none), '.');
	ck_assert_int_eq(flight_cell(&own), '#');
	ck_assert_int_eq(flight_cell(&both), '%');
	ck_assert_int_eq(flight_cell(&open), 'o');
	ck_assert_int_eq(flight_cell(&late), '?');
}
END_TEST

START_TEST(a_full_record_has_room_for_events_and_then_for_the_end)
{
	struct events e = { .recorded = RECORD_SAMPLES };

	ck_assert_int_eq(sink_open(&e.records[0], "--record", unit_path), 0);
	events_record(&e, "sample", "\"exits\":1");
	events_tell(&e, "reset", "\"life\":1");
	e.recorded = RECORD_EVENTS;
	events_tell(&e, "reset", "\"life\":2");
	e.is_ending = true;
	events_record(&e, "map", "\"at\":0");
	events_tell(&e, "exit", "\"code\":0");
	e.recorded = RECORD_MAX;
	events_tell(&e, "exit", "\"code\":1");
	ck_assert_uint_eq(e.recorded, RECORD_MAX);
	sink_close(e.records[0]);
	ck_assert_uint_eq(count_lines("sample"), 0);
	ck_assert_uint_eq(count_lines("reset"), 1);
	ck_assert_uint_eq(count_lines("map"), 1);
	ck_assert_uint_eq(count_lines("exit"), 1);
}
END_TEST

START_TEST(samples_are_for_records_alone)
{
	struct events e = { .recorded = 0 };

	ck_assert_int_eq(sink_open(&e.sinks[0], "--events", unit_path), 0);
	events_record(&e, "sample", "\"exits\":1");
	events_tell(&e, "reset", "\"life\":1");
	sink_close(e.sinks[0]);
	ck_assert_uint_eq(count_lines("sample"), 0);
	ck_assert_uint_eq(count_lines("reset"), 1);
}
END_TEST

/* A VM of 2 vCPUs and 64 MiB, as far as a recorder looks at it. */
static struct vm *make_vm(struct config *cfg)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	ck_assert_ptr_nonnull(vm);
	memset(cfg, 0, sizeof(*cfg));
	cfg->nr_vcpus = 2;
	vm->cfg = cfg;
	vm->machine.ram.gpa = MACHINE_RAM_BASE;
	vm->machine.ram.len = MIB(64);
	vm->outputs = calloc(1, sizeof(*vm->outputs));
	ck_assert_ptr_nonnull(vm->outputs);
	return vm;
}

START_TEST(a_life_is_sampled_and_mapped_at_its_end)
{
	struct config cfg;
	struct vm *vm = make_vm(&cfg);
	struct events *e = &vm->outputs->events;

	ck_assert_int_eq(sink_open(&e->records[0], "--record", unit_path), 0);
	flight_head(e, &cfg);
	recorder_begin(vm);
	usleep(150000);
	recorder_end(vm, false);
	recorder_begin(vm);
	recorder_end(vm, true);
	recorder_fini(vm);
	sink_close(e->records[0]);
	ck_assert_uint_eq(count_lines("record"), 1);
	ck_assert_uint_eq(count_lines("machine"), 1);
	ck_assert_uint_ge(count_lines("sample"), 3);
	ck_assert_uint_eq(count_lines("vcpu"), 2);
	/* 64 MiB: 2048 cells of 32 KiB, 512 in a line */
	ck_assert_uint_eq(count_lines("map"), 4);
	ck_assert_uint_eq(count_lines("map-total"), 1);
	free(vm->outputs);
	free(vm);
}
END_TEST

START_TEST(without_record_there_is_no_recorder)
{
	struct config cfg;
	struct vm *vm = make_vm(&cfg);

	recorder_begin(vm);
	ck_assert_ptr_null(vm->recorder);
	recorder_end(vm, true);
	recorder_fini(vm);
	free(vm->outputs);
	free(vm);
}
END_TEST

/* Bytes of a trace as they come, some at a time. */
static void trace(struct flight_trace *t, const struct machine *m,
		  const char *text, size_t piece)
{
	for (size_t n; *text; text += n) {
		n = strnlen(text, piece);
		memcpy(t->text + t->len, text, n);
		t->len += n;
		t->text[t->len] = '\0';
		flight_trace_count(t, m);
	}
}

START_TEST(faults_are_counted_wherever_the_trace_is_cut)
{
	static const char text[] =
		"  vcpu0-81  [001] d..1.  12.345678: kvm_guest_fault: ipa 0x80270000, hsr 0x93c08007, hxfar 0xffff800080, pc 0xffff80008001\n"
		"  vcpu1-82  [000] d..1.  12.345679: kvm_guest_fault: ipa 0x84000000, hsr 0x93c08007, hxfar 0x0, pc 0x10\n"
		"CPU:1 [LOST 123 EVENTS]\n"
		"  vcpu1-82  [000] d..1.  12.345680: kvm_guest_fault: ipa 0xffffffff00, hsr 0x0, hxfar 0x0, pc 0x10\n"
		"  vcpu1-82  [000] d..1.  12.345681: kvm_guest_fault: ipa 0x84001000, hsr 0x93c08007, hxfar 0x0, pc 0x10\n";
	struct machine m = { .ram = { MIB(2048 + 32), MIB(64) },
			     .window = { MIB(2048), MIB(32) } };

	for (size_t piece = 1; piece < 400; piece++) {
		struct flight_trace t = { .pipe = -1 };

		trace(&t, &m, text, piece);
		ck_assert_uint_eq(t.window, 1);
		ck_assert_uint_eq(t.ram, 2);
		ck_assert_uint_eq(t.lost, 123);
		ck_assert_uint_eq(t.len, 0);
	}
}
END_TEST

START_TEST(a_trace_without_lines_is_not_kept_for_ever)
{
	struct flight_trace t = { .pipe = -1 };
	struct machine m = { .nr_vcpus = 1 };

	t.len = sizeof(t.text) - 1;
	memset(t.text, 'x', t.len);
	flight_trace_count(&t, &m);
	ck_assert_uint_eq(t.len, 0);
}
END_TEST

START_TEST(without_tracefs_there_is_no_trace)
{
	struct machine m = { .nr_vcpus = 1 };
	struct flight_trace t;

	ck_assert_int_lt(flight_trace_begin(&t, "/nowhere", &m), 0);
	flight_trace_take(&t, &m);
	flight_trace_end(&t, &m);
	ck_assert_uint_eq(t.ram, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, unit_path_make, unit_path_remove);
	tcase_add_test(t, a_year_takes_some_3000_samples);
	tcase_add_test(t, the_first_ten_seconds_are_told_at_20_hertz);
	tcase_add_test(t, many_vcpus_are_looked_at_less_often);
	tcase_add_test(t, a_cell_has_the_letter_of_the_map);
	tcase_add_test(t,
		       a_full_record_has_room_for_events_and_then_for_the_end);
	tcase_add_test(t, samples_are_for_records_alone);
	tcase_add_test(t, a_life_is_sampled_and_mapped_at_its_end);
	tcase_add_test(t, without_record_there_is_no_recorder);
	tcase_add_test(t, faults_are_counted_wherever_the_trace_is_cut);
	tcase_add_test(t, a_trace_without_lines_is_not_kept_for_ever);
	tcase_add_test(t, without_tracefs_there_is_no_trace);
	suite_add_tcase(s, t);
	return unit_main(s);
}
