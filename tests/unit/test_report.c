// SPDX-License-Identifier: GPL-2.0-only
/* test_report.c: records as `lkvm-pvm report` reads them, and their pages. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../vmm/flight_html.h"
#include "../../vmm/flight_series.h"
#include "exitcode.h"
#include "verbs.h"
#include "well_formed.h"

#define HEAD                                                                   \
	"{\"v\":1,\"ns\":1000000000,\"event\":\"record\",\"format\":1,\"version\":\"0.1.0\",\"time\":1795287844,\"host\":\"7.3.4\",\"machine\":\"aarch64\",\"kernel\":\"Image\",\"params\":\"quiet\"}\n"
#define CREATED                                                                                                                                                                      \
	"{\"v\":1,\"ns\":1100000000,\"event\":\"created\",\"protected\":true,\"vcpus\":2,\"mem\":134217728,\"pid\":64}\n"                                                            \
	"{\"v\":1,\"ns\":1200000000,\"event\":\"loaded\",\"kernel_bytes\":12126216,\"initrd_bytes\":2014292}\n"                                                                      \
	"{\"v\":1,\"ns\":1250000000,\"event\":\"machine\",\"ram_gpa\":2153250816,\"ram\":128450560,\"window_gpa\":2147483648,\"window\":5767168,\"page\":4096,\"name\":\"guest\"}\n" \
	"{\"v\":1,\"ns\":1300000000,\"event\":\"vcpu-start\",\"vcpu\":0}\n"
#define SAMPLES                                                                                                                                                                                                                     \
	"{\"v\":1,\"ns\":2000000000,\"event\":\"sample\",\"locked\":1048576,\"console\":10,\"limited\":0,\"exits\":100,\"mmio_user\":10,\"mmio_kernel\":20,\"signals\":1,\"wfi\":5,\"wfe\":4,\"hvc\":3,\"limit\":268435456}\n"      \
	"{\"v\":1,\"ns\":2000100000,\"event\":\"device\",\"device\":\"blk0\",\"requests\":7,\"bytes\":28672,\"kicks\":6,\"interrupts\":7,\"outside\":0,\"dropped\":0,\"max_segment\":4096,\"max_in_flight\":1,\"partial\":false}\n" \
	"{\"v\":1,\"ns\":2000200000,\"event\":\"window\",\"private\":1,\"readable\":514,\"us\":29159}\n"                                                                                                                            \
	"{\"v\":1,\"ns\":3000000000,\"event\":\"sample\",\"locked\":2097152,\"console\":20,\"limited\":0,\"exits\":12345,\"mmio_user\":100,\"mmio_kernel\":200,\"signals\":1,\"wfi\":50,\"wfe\":4,\"hvc\":3,\"limit\":268435456}\n" \
	"{\"v\":1,\"ns\":3000000000,\"event\":\"device\",\"device\":\"blk0\",\"requests\":1629,\"bytes\":14564397,\"kicks\":1145,\"interrupts\":1629,\"outside\":0,\"dropped\":0,\"max_segment\":4096,\"max_in_flight\":3,\"partial\":false}\n"
#define END                                                                                                                                                                 \
	"{\"v\":1,\"ns\":3100000000,\"event\":\"vcpu\",\"vcpu\":1,\"exits\":9474,\"mmio_user\":57,\"mmio_kernel\":820,\"signals\":0,\"wfi\":1531,\"wfe\":0,\"hvc\":37}\n"   \
	"{\"v\":1,\"ns\":3200000000,\"event\":\"map\",\"region\":\"RAM\",\"gpa\":2153250816,\"len\":524288,\"cell\":65536,\"at\":0,\"cells\":\"#%o..?##\"}\n"               \
	"{\"v\":1,\"ns\":3200000000,\"event\":\"map-total\",\"region\":\"RAM\",\"page\":4096,\"untouched\":32,\"private\":60,\"readable\":20,\"unknown\":16,\"us\":9346}\n" \
	"{\"v\":1,\"ns\":3300000000,\"event\":\"exit\",\"code\":0,\"origin\":\"guest\",\"reason\":\"powered off\"}\n"

static struct flight flight;
static char why[FLIGHT_WHY];

static int read_text(const char *text)
{
	return flight_read(&flight, text, strlen(text), why);
}

/* Its page, well-formed, to be freed; ends with the record. */
static char *page_of(const char *text)
{
	char *page = NULL;
	size_t len;
	FILE *out = open_memstream(&page, &len);

	ck_assert_msg(read_text(text) == 0, "%s", why);
	flight_page(out, &flight);
	fclose(out);
	flight_fini(&flight);
	ck_assert_msg(!ill_formed(page), "from here on: %.80s",
		      ill_formed(page));
	return page;
}

static void has(const char *page, const char *text)
{
	ck_assert_msg(strstr(page, text) != NULL, "no %s", text);
}

static void refused(const char *text, const char *reason)
{
	ck_assert_int_eq(read_text(text), -EPROTO);
	flight_fini(&flight);
	ck_assert_msg(strstr(why, reason) != NULL, "%s", why);
	ck_assert_ptr_null(strchr(why, '\n'));
}

START_TEST(what_was_recorded_is_read)
{
	ck_assert_int_eq(read_text(HEAD CREATED SAMPLES END), 0);
	ck_assert_str_eq(flight.name, "guest");
	ck_assert(flight.protected_vm && flight.has_exit && !flight.is_cut);
	ck_assert_uint_eq(flight.mem, MIB(128));
	ck_assert_uint_eq(flight.nr_vcpus, 2);
	ck_assert_uint_eq(flight.nr_devices, 1);
	ck_assert_uint_eq(flight.devices[0].last[FLIGHT_REQUESTS], 1629);
	ck_assert_uint_eq(flight.nr_vcpu_counts, 2);
	ck_assert_uint_eq(flight.vcpus[1][0], 9474);
	ck_assert_double_eq_tol(flight.length, 2.3, 1e-6);
	ck_assert_double_eq_tol(flight_last(&flight.metrics[FLIGHT_EXITS]),
				12345, 1e-6);
	ck_assert_double_eq_tol(flight_at(&flight.metrics[FLIGHT_EXITS], 1.5),
				6222.5, 1e-3);
	ck_assert_uint_eq(flight.regions[0].nr_cells, 8);
	ck_assert_int_eq(strncmp(flight.regions[0].cells, "#%o..?##", 8), 0);
	flight_fini(&flight);
}
END_TEST

START_TEST(a_page_has_every_section_and_the_figures)
{
	char *page = page_of(HEAD CREATED SAMPLES END);

	has(page, "<h2>Boot</h2>");
	has(page, "<h2>Memory given to the guest</h2>");
	has(page, "<h2>Shared with devices: the window</h2>");
	has(page, "<h2>Exits from the guest</h2>");
	has(page, "<h2>Devices</h2>");
	has(page, "<h2>Pages at the end</h2>");
	has(page, "<h2>Events</h2>");
	has(page, ">12,345<");
	has(page, ">14,564,397<");
	has(page, ">9,474<");
	has(page, "powered off");
	ck_assert_ptr_null(strstr(page, "<script"));
	ck_assert_ptr_null(strstr(page, "http://"));
	ck_assert_ptr_null(strstr(page, "https://"));
	ck_assert_ptr_null(strstr(page, "nan"));
	free(page);
}
END_TEST

START_TEST(a_record_that_is_cut_off_is_read_up_to_its_last_whole_line)
{
	static const char whole[] = HEAD CREATED SAMPLES END;
	char text[sizeof(whole)];

	for (size_t len = sizeof(HEAD) - 1; len < sizeof(whole) - 1; len++) {
		memcpy(text, whole, len);
		text[len] = '\0';
		ck_assert_msg(read_text(text) == 0, "%zu: %s", len, why);
		ck_assert_int_eq(flight.is_cut, text[len - 1] != '\n');
		ck_assert(!flight.has_exit);
		flight_fini(&flight);
	}
	free(page_of(HEAD CREATED SAMPLES "{\"v\":1,\"ns\":31"));
	free(page_of(HEAD CREATED));
	free(page_of(HEAD));
}
END_TEST

START_TEST(what_is_no_record_is_refused_in_one_line)
{
	refused("", "is empty");
	refused("garbage", "no whole line");
	refused("garbage\n", "no record");
	refused("\x7f"
		"ELF\n\n",
		"no record");
	refused("[1,2]\n", "no record");
	refused("{\"v\":1,\"ns\":1,\"event\":\"created\"}\n", "events alone");
	refused("{\"v\":1,\"ns\":1,\"event\":\"record\",\"format\":2}\n",
		"format 1.2");
	refused("{\"v\":7,\"ns\":1,\"event\":\"record\",\"format\":1}\n",
		"format 7.1");
	refused(HEAD "{\"v\":1,\n" END, "damaged: line 2");
	refused(HEAD CREATED "\xff\xfe\n", "damaged: line 6");
	refused(HEAD CREATED "\n", "damaged: line 6");
}
END_TEST

START_TEST(no_text_of_a_record_becomes_a_tag_or_moves_others)
{
	char *page = page_of(
		HEAD CREATED
		"{\"v\":1,\"ns\":1400000000,\"event\":\"violation\",\"device\":\"<script>x()</script>\",\"what\":\"\\\"'&<b>\\u202ereversed\\u0007\\ufeff \\u00e4\"}\n"
		"{\"v\":1,\"ns\":1400000000,\"event\":\"<i>\\\" onload=\\\"\"}\n"
		"{\"v\":1,\"ns\":2000000000,\"event\":\"device\",\"device\":\"</td><script>\",\"requests\":7,\"bytes\":9,\"outside\":3}\n"
		"{\"v\":1,\"ns\":3000000000,\"event\":\"sample\",\"exits\":9,\"console\":1}\n"
		"{\"v\":1,\"ns\":3200000000,\"event\":\"map\",\"region\":\"<b>\",\"gpa\":1,\"len\":2,\"cell\":1,\"at\":0,\"cells\":\"<>&\"}\n"
		"{\"v\":1,\"ns\":3300000000,\"event\":\"exit\",\"code\":7,\"origin\":\"<u>\",\"reason\":\"</section>\"}\n");

	ck_assert_ptr_null(strstr(page, "<script"));
	ck_assert_ptr_null(strstr(page, "<i>"));
	ck_assert_ptr_null(strstr(page, "\xe2\x80\xae"));
	has(page, "&lt;script&gt;x()&lt;/script&gt;");
	has(page, "&quot;&#39;&amp;&lt;b&gt;?reversed?? \xc3\xa4");
	free(page);
}
END_TEST

START_TEST(absurd_figures_make_a_page)
{
	free(page_of(
		HEAD
		"{\"v\":1,\"ns\":9223372036854775807,\"event\":\"sample\",\"locked\":9223372036854775807,\"exits\":9223372036854775807,\"mmio_user\":9223372036854775807,\"console\":-5,\"limit\":1}\n"
		"{\"v\":1,\"ns\":5,\"event\":\"sample\",\"locked\":0,\"exits\":3}\n"
		"{\"v\":1,\"ns\":-5,\"event\":\"vcpu\",\"vcpu\":511,\"exits\":3}\n"
		"{\"v\":1,\"event\":\"vcpu\",\"vcpu\":512,\"exits\":3}\n"
		"{\"v\":1,\"ns\":[],\"event\":\"window\",\"private\":9223372036854775807,\"readable\":\"x\"}\n"
		"{\"v\":1,\"ns\":7,\"event\":\"map\",\"region\":\"RAM\",\"gpa\":9223372036854775807,\"len\":9223372036854775807,\"cell\":9223372036854775807,\"cells\":\"#o\"}\n"
		"{}\n"));
}
END_TEST

START_TEST(a_counter_never_falls)
{
	ck_assert_int_eq(
		read_text(
			HEAD
			"{\"v\":1,\"ns\":2000000000,\"event\":\"sample\",\"exits\":50}\n"
			"{\"v\":1,\"ns\":3000000000,\"event\":\"sample\",\"exits\":5}\n"),
		0);
	ck_assert_double_eq_tol(flight_last(&flight.metrics[FLIGHT_EXITS]), 50,
				1e-9);
	flight_fini(&flight);
}
END_TEST

START_TEST(long_series_keep_first_last_and_shape)
{
	struct flight_series s = { .nr = 0 };

	for (unsigned int i = 0; i <= 1000000; i++)
		ck_assert_int_eq(flight_series_add(&s, i, 2.0 * i), 0);
	ck_assert_uint_le(s.nr, FLIGHT_POINTS);
	ck_assert_double_eq_tol(flight_last(&s), 2000000, 1e-9);
	ck_assert_double_eq_tol(flight_at(&s, 500000.5), 1000001, 1e-6);
	ck_assert_double_eq_tol(flight_at(&s, 1e9), 2000000, 1e-9);
	ck_assert_double_eq_tol(flight_at(&s, -1), 0, 1e-9);
	free(s.points);
}
END_TEST

START_TEST(thousands_of_events_and_devices_are_bounded)
{
	size_t len = 0, size = MIB(4);
	char *text = malloc(size), *page;

	ck_assert_ptr_nonnull(text);
	len += (size_t)snprintf(text, size, "%s", HEAD);
	for (unsigned int i = 0; i < 20000; i++)
		len += (size_t)snprintf(
			text + len, size - len,
			"{\"v\":1,\"ns\":%u,\"event\":\"%s\",\"device\":\"d%u\",\"requests\":1}\n",
			1000000000 + i, i % 2 ? "reset" : "device", i);
	page = page_of(text);
	ck_assert_uint_lt(strlen(page), KIB(512));
	has(page, "Not shown: 1700 between");
	free(page);
	free(text);
}
END_TEST

START_TEST(numbers_are_said_as_people_do)
{
	char buf[32];

	ck_assert_str_eq(html_count(1234567, buf), "1,234,567");
	ck_assert_str_eq(html_count(999, buf), "999");
	ck_assert_str_eq(html_bytes(1536, buf), "1.5 KiB");
	ck_assert_str_eq(html_bytes(134217728, buf), "128 MiB");
	ck_assert_str_eq(html_bytes(0, buf), "0 bytes");
	ck_assert_str_eq(html_time(0.25, buf), "250 ms");
	ck_assert_str_eq(html_time(3725, buf), "62 min 05 s");
	ck_assert_str_eq(html_time(200000, buf), "2 d 7 h");
}
END_TEST

/* --- the verb ---------------------------------------------------------------- */

static char dir[] = "/tmp/lkvm-pvm-report-XXXXXX";

static char *path_of(const char *name)
{
	static char paths[2][64];
	static unsigned int turn;

	turn ^= 1;
	(void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", dir, name);
	return paths[turn];
}

static void write_text(const char *name, const char *text)
{
	FILE *f = fopen(path_of(name), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* Whether the file has @text in it. */
static bool holds(const char *name, const char *text)
{
	static char buf[4096];
	FILE *f = fopen(path_of(name), "re");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	(void)fclose(f);
	return strstr(buf, text) != NULL;
}

static int report(const char *record, const char *output)
{
	const struct verb v = { .name = "report", .table = &report_table };
	static char verb[] = "report", o[] = "-o";
	char *argv[] = { verb, path_of(record), o, path_of(output) };

	return cmd_report(&v, 4, argv);
}

static void make_dir(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	write_text("record", HEAD CREATED SAMPLES END);
}

static void remove_dir(void)
{
	(void)unlink(path_of("record"));
	(void)unlink(path_of("page"));
	(void)unlink(path_of("link"));
	ck_assert_msg(rmdir(dir) == 0, "something is left");
}

START_TEST(a_page_takes_the_place_of_another)
{
	write_text("page", "another");
	ck_assert_int_eq(report("record", "page"), 0);
	ck_assert(holds("page", "<html"));
	ck_assert_int_eq(symlink("page", path_of("link")), 0);
	write_text("page", "another");
	ck_assert_int_eq(report("record", "link"), 0);
	ck_assert(holds("page", "<html"));
	(void)unlink(path_of("page"));
	ck_assert_int_eq(report("record", "link"), 0);
	ck_assert(holds("page", "<html"));
}
END_TEST

START_TEST(a_page_without_room_leaves_what_was_there)
{
	struct rlimit was, little;
	int code;

	write_text("page", "another");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
	little = was;
	little.rlim_cur = 1000;
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	ck_assert_int_eq(symlink("page", path_of("link")), 0);
	code = report("record", "page");
	ck_assert_int_eq(report("record", "link"), code);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
	ck_assert_int_eq(code, EXIT_HOST);
	ck_assert(holds("page", "another"));
}
END_TEST

START_TEST(a_record_is_not_overwritten_by_its_page)
{
	ck_assert_int_eq(report("record", "record"), EXIT_HOST);
	ck_assert_int_eq(symlink("record", path_of("link")), 0);
	ck_assert_int_eq(report("record", "link"), EXIT_HOST);
	ck_assert(holds("record", "\"created\""));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");

	tcase_add_test(t, what_was_recorded_is_read);
	tcase_add_test(t, a_page_has_every_section_and_the_figures);
	tcase_add_test(
		t, a_record_that_is_cut_off_is_read_up_to_its_last_whole_line);
	tcase_add_test(t, what_is_no_record_is_refused_in_one_line);
	tcase_add_test(t, no_text_of_a_record_becomes_a_tag_or_moves_others);
	tcase_add_test(t, absurd_figures_make_a_page);
	tcase_add_test(t, a_counter_never_falls);
	tcase_add_test(t, long_series_keep_first_last_and_shape);
	tcase_add_test(t, thousands_of_events_and_devices_are_bounded);
	tcase_add_test(t, numbers_are_said_as_people_do);
	suite_add_tcase(s, t);
	t = tcase_create("verb");
	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_add_test(t, a_page_takes_the_place_of_another);
	tcase_add_test(t, a_page_without_room_leaves_what_was_there);
	tcase_add_test(t, a_record_is_not_overwritten_by_its_page);
	suite_add_tcase(s, t);
	return unit_main(s);
}
