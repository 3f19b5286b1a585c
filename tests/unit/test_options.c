// SPDX-License-Identifier: GPL-2.0-only
/* test_options.c: properties of the option parser and of the value parsers. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

struct seen {
	char log[256];
};

static int note(struct opt_parse *p, const char *what, const char *value)
{
	struct seen *s = p->target;
	size_t len = strlen(s->log);

	snprintf(s->log + len, sizeof(s->log) - len, "%s%s=%s", len ? " " : "",
		 what, value);
	return 0;
}

static int set_file(struct opt_parse *p, const char *value)
{
	return note(p, "file", value);
}

static int set_text(struct opt_parse *p, const char *value)
{
	return note(p, "text", value);
}

static int set_flag(struct opt_parse *p, const char *value)
{
	return note(p, "flag", value);
}

static int set_mode(struct opt_parse *p, const char *value)
{
	if (!strcmp(value, "bad"))
		return opt_bad_value(p, value, "not that one");
	return note(p, "mode", value);
}

static int set_word(struct opt_parse *p, const char *value)
{
	return note(p, "word", value);
}

static const struct opt_spec specs[] = {
	{ .help = "A heading" },
	{ .name = "file",
	  .letter = 'f',
	  .arg = OPT_VALUE,
	  .arg_name = "FILE",
	  .set = set_file },
	{ .name = "text",
	  .letter = 't',
	  .arg = OPT_TEXT,
	  .arg_name = "TEXT",
	  .set = set_text },
	{ .name = "flag", .arg = OPT_SWITCH, .set = set_flag },
	{ .name = "mode",
	  .arg = OPT_MAYBE,
	  .arg_name = "MODE",
	  .set = set_mode },
	{ .name = "useless", .arg = OPT_SWITCH, .ignored = "because" },
	{ .name = "ballast", .arg = OPT_SWITCH, .refused = "too heavy" },
	{ .name = "drive",
	  .letter = 'd',
	  .refused = "no garage",
	  .arg = OPT_VALUE },
};
static const struct opt_table table = { specs, ARRAY_SIZE(specs), NULL,
					set_word, false };
static const struct opt_table command = { specs, ARRAY_SIZE(specs), NULL,
					  set_word, true };
static const struct opt_table no_words = { specs, ARRAY_SIZE(specs), NULL, NULL,
					   false };

static struct opt_parse parse;
static struct seen seen;

#define RUN(t, ...) run(t, (const char *[]){ "verb", __VA_ARGS__, NULL })

static int run(const struct opt_table *t, const char **words)
{
	char *argv[16];
	int argc = 0;

	while (words[argc])
		argc++;
	ck_assert_int_lt(argc, 16);
	/* main()'s argv is not const, but opt_parse() writes nothing. */
	memcpy(argv, words, (size_t)(argc + 1) * sizeof(*argv));
	memset(&seen, 0, sizeof(seen));
	return opt_parse(&parse, t, &seen, argc, argv);
}

#define ACCEPTS(log_, ...)                                                     \
	do {                                                                   \
		ck_assert_msg(RUN(&table, __VA_ARGS__) == 0, "%s",             \
			      parse.error);                                    \
		ck_assert_str_eq(seen.log, log_);                              \
	} while (0)

#define REFUSES(error_, ...)                                                   \
	do {                                                                   \
		ck_assert_int_eq(RUN(&table, __VA_ARGS__), -EINVAL);           \
		ck_assert_str_eq(parse.error, error_);                         \
	} while (0)

START_TEST(a_value_follows_or_is_attached)
{
	ACCEPTS("file=x", "--file", "x");
	ACCEPTS("file=x", "--file=x");
	ACCEPTS("file=", "--file=");
	ACCEPTS("file=a=b", "--file=a=b");
	ACCEPTS("file=x", "-f", "x");
	ACCEPTS("file=x", "-fx");
	ACCEPTS("file=-", "-f", "-");
	ACCEPTS("file=-x", "--file=-x");
}
END_TEST

START_TEST(an_option_is_not_taken_for_a_value)
{
	REFUSES("verb: -f needs a value (FILE), but '--flag' looks like the "
		"next option",
		"-f", "--flag");
	REFUSES("verb: --file needs a value: FILE", "--file");
	ACCEPTS("text=--flag", "-t", "--flag");
	ACCEPTS("text=-- x", "--text", "-- x");
}
END_TEST

START_TEST(a_switch_takes_no_value_and_can_be_negated)
{
	ACCEPTS("flag=on", "--flag");
	ACCEPTS("flag=off", "--no-flag");
	REFUSES("verb: --flag takes no value", "--flag=1");
	REFUSES("verb: --no-flag takes no value", "--no-flag=1");
}
END_TEST

START_TEST(an_optional_value_is_never_the_next_argument)
{
	ACCEPTS("mode=on word=x", "--mode", "x");
	ACCEPTS("mode=x", "--mode=x");
	ACCEPTS("mode=off", "--no-mode");
	REFUSES("verb: --mode 'bad': not that one", "--mode=bad");
}
END_TEST

START_TEST(options_with_values_have_no_negation)
{
	ck_assert_int_eq(RUN(&table, "--no-file"), -EINVAL);
}
END_TEST

START_TEST(refused_options_say_why_and_their_absence_is_fine)
{
	REFUSES("verb: --ballast: too heavy", "--ballast");
	REFUSES("verb: --drive: no garage", "--drive=x");
	REFUSES("verb: -d: no garage", "-d", "x");
	REFUSES("verb: --drive: no garage", "--drive");
	ACCEPTS("", "--no-ballast");
	ACCEPTS("", "--useless", "--no-useless");
}
END_TEST

START_TEST(abbreviations_are_refused_with_the_full_name)
{
	REFUSES("verb: no option --fil; did you mean --file? 'lkvm-pvm verb "
		"--help' lists them",
		"--fil=x");
	REFUSES("verb: no option --mdoe; did you mean --mode? 'lkvm-pvm verb "
		"--help' lists them",
		"--mdoe");
	REFUSES("verb: no option --xyzzy; 'lkvm-pvm verb --help' lists them",
		"--xyzzy");
	REFUSES("verb: no option -x; 'lkvm-pvm verb --help' lists them", "-x");
	/* One dash short. */
	REFUSES("verb: no option -lag; did you mean --flag? 'lkvm-pvm verb "
		"--help' lists them",
		"-lag");
}
END_TEST

START_TEST(words_are_taken_where_the_verb_has_them)
{
	ACCEPTS("word=a flag=on word=b", "a", "--flag", "b");
	ACCEPTS("flag=on word=--flag word=-f", "--flag", "--", "--flag", "-f");
	ACCEPTS("word=-", "-");
	ck_assert_int_eq(RUN(&no_words, "a"), -EINVAL);
	ck_assert_str_eq(parse.error, "verb: 'a' is not an option; 'lkvm-pvm "
				      "verb --help' lists them");
}
END_TEST

START_TEST(a_commands_options_are_its_own)
{
	ck_assert_int_eq(RUN(&command, "--flag", "a", "--flag", "--", "-h"), 0);
	ck_assert_str_eq(seen.log,
			 "flag=on word=a word=--flag word=-- word=-h");
	ck_assert_int_eq(RUN(&command, "--", "--flag", "-f"), 0);
	ck_assert_str_eq(seen.log, "word=--flag word=-f");
}
END_TEST

START_TEST(help_is_found_anywhere_before_an_error)
{
	ck_assert_int_eq(RUN(&table, "--help"), OPT_HELP);
	ck_assert_int_eq(RUN(&table, "--flag", "-h", "--xyzzy"), OPT_HELP);
	ck_assert_int_eq(RUN(&table, "--", "-h"), 0);
}
END_TEST

START_TEST(what_is_behind_an_error_is_read_and_the_error_kept)
{
	REFUSES("verb: -d: no garage", "-d", "x", "--mode=bad", "-f", "y",
		"-h");
	ck_assert_str_eq(seen.log, "file=y");
	REFUSES("verb: -f needs a value (FILE), but '--flag' looks like the "
		"next option",
		"-f", "--flag");
	ck_assert_str_eq(seen.log, "flag=on");
}
END_TEST

START_TEST(an_error_is_one_harmless_line)
{
	char word[2000] = "--";

	ck_assert_int_eq(RUN(&table, "--mode=bad", "x"), -EINVAL);
	ck_assert_int_eq(RUN(&table, "--\033[31m\nx"), -EINVAL);
	ck_assert_ptr_null(strpbrk(parse.error, "\033\n"));
	memset(word + 2, 'x', sizeof(word) - 3);
	ck_assert_int_eq(RUN(&table, word), -EINVAL);
	ck_assert_uint_lt(strlen(parse.error), 256);
}
END_TEST

START_TEST(the_nearest_name_is_offered_only_when_near)
{
	static const char *const names[] = { "run", "check", "version" };

	ck_assert_str_eq(opt_nearest("chck", names, 3), "check");
	ck_assert_str_eq(opt_nearest("rnu", names, 3), "run");
	ck_assert_str_eq(opt_nearest("vers", names, 3), "version");
	ck_assert_ptr_null(opt_nearest("list", names, 3));
	ck_assert_ptr_null(opt_nearest("", names, 3));
	ck_assert_ptr_null(opt_nearest("a", names, 3));
}
END_TEST

static int size_of(const char *text, uint64_t *out)
{
	*out = 0;
	return parse_size(text, out);
}

START_TEST(sizes_are_kvmtools)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "512", MIB(512) },
		{ "512M", MIB(512) },
		{ "512m", MIB(512) },
		{ "1G", GIB(1) },
		{ "2048K", MIB(2) },
		{ "4096B", 4096 },
		{ "0x10", MIB(16) },
		{ "0x10G", GIB(16) },
		{ "1T", GIB(1024) },
		{ "0", 0 },
		{ "16383P", GIB(16383ULL << 20) },
	};
	static const char *const bad[] = {
		"",    "M",   "x",  "-1",  "+1", " 1",	"1 ",
		"1.5", "1MB", "1Q", "012", "0x", "1M ", "512M@0",
	};
	unsigned int i;
	uint64_t bytes;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_int_eq(size_of(good[i].text, &bytes), 0);
		ck_assert_uint_eq(bytes, good[i].bytes);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(size_of(bad[i], &bytes) == -EINVAL, "%s", bad[i]);
	ck_assert_int_eq(size_of("16384P", &bytes), -ERANGE);
	ck_assert_int_eq(size_of("99999999999999999999", &bytes), -ERANGE);
	ck_assert_int_eq(size_of("18446744073709551615", &bytes), -ERANGE);
}
END_TEST

START_TEST(numbers_are_decimal_or_hexadecimal)
{
	uint64_t n;

	ck_assert_int_eq(parse_u64("18446744073709551615", &n), 0);
	ck_assert_uint_eq(n, UINT64_MAX);
	ck_assert_int_eq(parse_u64("0xffffffffffffffff", &n), 0);
	ck_assert_uint_eq(n, UINT64_MAX);
	ck_assert_int_eq(parse_u64("18446744073709551616", &n), -ERANGE);
	ck_assert_int_eq(parse_u64("1x", &n), -EINVAL);
	ck_assert_int_eq(parse_u64("010", &n), -EINVAL);
}
END_TEST

START_TEST(seconds_have_three_decimals_at_most)
{
	static const char *const bad[] = {
		"", ".5", "1s", "-1", "0.1234", "123456789", "1.5x", " 1"
	};
	uint64_t ms;

	ck_assert_int_eq(parse_seconds("0", &ms), 0);
	ck_assert_uint_eq(ms, 0);
	ck_assert_int_eq(parse_seconds("90", &ms), 0);
	ck_assert_uint_eq(ms, 90000);
	ck_assert_int_eq(parse_seconds("0.05", &ms), 0);
	ck_assert_uint_eq(ms, 50);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(parse_seconds(bad[i], &ms) == -EINVAL, "%s",
			      bad[i]);
}
END_TEST

static int cpus(const char *text, cpu_set_t *set)
{
	return parse_cpulist(text, strlen(text), set);
}

START_TEST(cpu_lists_have_ranges)
{
	cpu_set_t set;

	ck_assert_int_eq(cpus("0", &set), 0);
	ck_assert_int_eq(CPU_COUNT(&set), 1);
	ck_assert_int_eq(cpus("1-3,8,1023", &set), 0);
	ck_assert_int_eq(CPU_COUNT(&set), 5);
	ck_assert(CPU_ISSET(2, &set) && CPU_ISSET(1023, &set));
	ck_assert_int_eq(cpus("1024", &set), -ERANGE);
	ck_assert_int_eq(cpus("0-99999999999999999999", &set), -ERANGE);
	ck_assert_int_eq(cpus("3-1", &set), -EINVAL);
	ck_assert_int_eq(cpus("", &set), -EINVAL);
	ck_assert_int_eq(cpus("1,", &set), -EINVAL);
	ck_assert_int_eq(cpus(",1", &set), -EINVAL);
	ck_assert_int_eq(cpus("1-", &set), -EINVAL);
	ck_assert_int_eq(cpus("a", &set), -EINVAL);
	ck_assert_int_eq(cpus("0-6:2/4", &set), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("options");

	tcase_add_test(tc, a_value_follows_or_is_attached);
	tcase_add_test(tc, an_option_is_not_taken_for_a_value);
	tcase_add_test(tc, a_switch_takes_no_value_and_can_be_negated);
	tcase_add_test(tc, an_optional_value_is_never_the_next_argument);
	tcase_add_test(tc, options_with_values_have_no_negation);
	tcase_add_test(tc, refused_options_say_why_and_their_absence_is_fine);
	tcase_add_test(tc, abbreviations_are_refused_with_the_full_name);
	tcase_add_test(tc, words_are_taken_where_the_verb_has_them);
	tcase_add_test(tc, a_commands_options_are_its_own);
	tcase_add_test(tc, help_is_found_anywhere_before_an_error);
	tcase_add_test(tc, what_is_behind_an_error_is_read_and_the_error_kept);
	tcase_add_test(tc, an_error_is_one_harmless_line);
	tcase_add_test(tc, the_nearest_name_is_offered_only_when_near);
	tcase_add_test(tc, sizes_are_kvmtools);
	tcase_add_test(tc, numbers_are_decimal_or_hexadecimal);
	tcase_add_test(tc, seconds_have_three_decimals_at_most);
	tcase_add_test(tc, cpu_lists_have_ranges);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
