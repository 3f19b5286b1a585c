// SPDX-License-Identifier: GPL-2.0-only
/* test_exec.c: the frames of exec's init, its archive, its START, exit codes. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/exec_pack.h"
#include "../../vmm/exec_root.h"
#include "../../vmm/exec_verdict.h"
#include "../../vmm/exec_wire.h"
#include "exitcode.h"

static struct exec_wire w;

static int frame(unsigned int kind, const void *body, size_t len)
{
	struct exec_head h = { .kind = { (uint16_t)kind },
			       .len = { (uint32_t)len } };
	int ret = exec_wire_take(&w, (uint8_t *)&h, sizeof(h));

	return ret ? ret : exec_wire_take(&w, body, len);
}

static int number(unsigned int kind, uint32_t n)
{
	const le32 v = { n };

	return frame(kind, &v, sizeof(v));
}

static int end(enum exec_how how, uint32_t value)
{
	const struct exec_end e = { { how }, { value } };

	return frame(EXEC_END, &e, sizeof(e));
}

static void begin(void)
{
	exec_wire_init(&w);
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), 0);
	ck_assert_int_eq(frame(EXEC_STARTED, "", 0), 0);
}

START_TEST(streams_are_kept_apart_in_any_pieces)
{
	static const uint8_t all[] = { 1, 0, 0, 0,   4, 0,   0,	  0,   2, 0, 0,
				       0, 2, 0, 0,   0, 0,   0,	  0,   0, 3, 0,
				       0, 0, 2, 0,   0, 0,   'a', 'b', 4, 0, 0,
				       0, 1, 0, 0,   0, 'E', 3,	  0,   0, 0, 1,
				       0, 0, 0, 'c', 6, 0,   0,	  0,   8, 0, 0,
				       0, 0, 0, 0,   0, 7,   0,	  0,   0 };
	const uint8_t *bytes;

	for (size_t piece = 1; piece <= sizeof(all); piece++) {
		exec_wire_init(&w);
		for (size_t i = 0; i < sizeof(all); i += piece)
			ck_assert_int_eq(
				exec_wire_take(&w, all + i,
					       sizeof(all) - i < piece
						       ? sizeof(all) - i
						       : piece),
				0);
		ck_assert(w.hello && w.started && w.ended);
		ck_assert_uint_eq(exec_stream_peek(&w.out, &bytes), 3);
		ck_assert_int_eq(memcmp(bytes, "abc", 3), 0);
		ck_assert_uint_eq(exec_stream_peek(&w.err, &bytes), 1);
		ck_assert_uint_eq(le32_get(w.end.value), 7);
	}
}
END_TEST

START_TEST(no_more_comes_than_there_is_credit_for)
{
	static uint8_t data[EXEC_DATA_MAX];
	const uint8_t *bytes;

	begin();
	for (unsigned int i = 0; i < EXEC_CREDIT / EXEC_DATA_MAX; i++)
		ck_assert_int_eq(frame(EXEC_OUT, data, sizeof(data)), 0);
	ck_assert_uint_eq(exec_stream_peek(&w.out, &bytes), EXEC_CREDIT);
	exec_stream_drop(&w.out, 100);
	ck_assert_uint_eq(w.out.owed, 100);
	w.out.credit += 100;
	ck_assert_int_eq(frame(EXEC_OUT, data, 100), 0);
	ck_assert_int_eq(frame(EXEC_ERR, data, 1), 0);
	ck_assert_int_eq(frame(EXEC_OUT, data, 1), -EPROTO);
	ck_assert_ptr_nonnull(w.fault);
	ck_assert_int_eq(frame(EXEC_ERR, data, 1), -EPROTO);
}
END_TEST

START_TEST(frames_out_of_order_are_refused)
{
	exec_wire_init(&w);
	ck_assert_int_eq(frame(EXEC_STARTED, "", 0), -EPROTO);
	exec_wire_init(&w);
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION + 1), -EPROTO);
	exec_wire_init(&w);
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), 0);
	ck_assert_int_eq(frame(EXEC_OUT, "a", 1), -EPROTO);
	begin();
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), -EPROTO);
	begin();
	ck_assert_int_eq(frame(EXEC_STARTED, "", 0), -EPROTO);
	begin();
	ck_assert_int_eq(frame(99, "", 0), -EPROTO);
	begin();
	ck_assert_int_eq(frame(EXEC_END, "", 0), -EPROTO);
	for (int how = EXEC_NOT_STARTED; how < EXEC_NR_HOW; how++) {
		exec_wire_init(&w);
		ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), 0);
		ck_assert_int_eq(end((enum exec_how)how, ENOENT), 0);
		begin();
		ck_assert_int_eq(end((enum exec_how)how, ENOENT), -EPROTO);
	}
	exec_wire_init(&w);
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), 0);
	ck_assert_int_eq(end(EXEC_NR_HOW, 0), -EPROTO);
	begin();
	ck_assert_int_eq(end(EXEC_EXITED, 256), -EPROTO);
	begin();
	ck_assert_int_eq(end(EXEC_SIGNALLED, 0), -EPROTO);
	exec_wire_init(&w);
	ck_assert_int_eq(number(EXEC_HELLO, EXEC_VERSION), 0);
	ck_assert_int_eq(end(EXEC_NOT_STARTED, 0x80000000U), -EPROTO);
}
END_TEST

START_TEST(what_comes_after_the_end_is_ignored)
{
	static const uint8_t nonsense[100] = { 1, 2, 3 };
	const uint8_t *bytes;

	begin();
	ck_assert_int_eq(frame(EXEC_OUT, "a", 1), 0);
	ck_assert_int_eq(end(EXEC_EXITED, 3), 0);
	ck_assert_int_eq(frame(EXEC_OUT, "b", 1), 0);
	ck_assert_int_eq(number(EXEC_TAKEN, 1), 0);
	ck_assert_int_eq(end(EXEC_EXITED, 4), 0);
	ck_assert_int_eq(exec_wire_take(&w, nonsense, sizeof(nonsense)), 0);
	ck_assert_ptr_null(w.fault);
	ck_assert(w.ended);
	ck_assert_uint_eq(le32_get(w.end.value), 3);
	ck_assert_uint_eq(exec_stream_peek(&w.out, &bytes), 1);
	ck_assert_uint_eq(w.in_credit, EXEC_CREDIT);
}
END_TEST

START_TEST(credit_for_what_was_not_sent_is_refused)
{
	begin();
	w.in_credit -= 10;
	w.in_sent += 10;
	ck_assert_int_eq(number(EXEC_TAKEN, 4), 0);
	ck_assert_uint_eq(w.in_credit, EXEC_CREDIT - 6);
	ck_assert_int_eq(number(EXEC_TAKEN, 7), -EPROTO);
}
END_TEST

START_TEST(the_archive_is_one_file_of_cpio)
{
	size_t len;
	char *a = exec_pack_file("name", "bytes", 5, &len);

	ck_assert_ptr_nonnull(a);
	ck_assert_uint_eq(len % 4, 0);
	ck_assert_int_eq(memcmp(a, "07070100000001000081ed", 22), 0);
	ck_assert_str_eq(a + 110, "name");
	ck_assert_int_eq(memcmp(a + 116, "bytes\0\0\0", 8), 0);
	ck_assert_int_eq(memcmp(a + 124, "070701", 6), 0);
	ck_assert_str_eq(a + 124 + 110, "TRAILER!!!");
	free(a);
}
END_TEST

START_TEST(start_has_all_strings_in_order)
{
	static uint8_t buf[sizeof(struct exec_head) + EXEC_START_MAX];
	const char *args[] = { "a", "", "b c" };
	struct config_exec c = { .args = args,
				 .nr_args = 3,
				 .cwd = "/x",
				 .envs = { "PATH=/p", "HERE", "NOT_HERE" },
				 .nr_envs = 3 };
	const struct exec_size size = { { 80 }, { 24 } };
	struct exec_start s;
	size_t len;

	setenv("HERE", "1=2", 1);
	unsetenv("NOT_HERE");
	len = exec_pack_start(buf, sizeof(buf), &c, false, size);
	memcpy(&s, buf + sizeof(struct exec_head), sizeof(s));
	ck_assert_uint_eq(le32_get(s.nr_args), 3);
	ck_assert_uint_eq(le32_get(s.nr_envs), 2);
	ck_assert_uint_eq(len - sizeof(struct exec_head) - sizeof(s), 29);
	ck_assert_int_eq(memcmp(buf + sizeof(struct exec_head) + sizeof(s),
				"/x\0\0\0a\0\0b c\0PATH=/p\0HERE=1=2", 29),
			 0);
}
END_TEST

/* START with an argument of @len bytes, and nothing else. */
static int check_argument(struct opt_parse *p, size_t len)
{
	char *large = malloc(len + 1);
	const char *args[] = { large };
	struct config_exec c = {
		.args = args, .nr_args = 1, .envs = { "PATH" }, .nr_envs = 1
	};
	int ret;

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', len);
	large[len] = '\0';
	unsetenv("PATH");
	memset(p, 0, sizeof(*p));
	ret = exec_check_start(&c, p);
	free(large);
	return ret;
}

START_TEST(a_command_that_start_cannot_hold_is_refused_at_once)
{
	/* Three empty strings, and its own NUL. */
	const size_t most = EXEC_START_MAX - sizeof(struct exec_start) - 3 - 1;
	struct opt_parse p;

	ck_assert_int_eq(check_argument(&p, most), 0);
	ck_assert_int_eq(check_argument(&p, most + 1), -EINVAL);
	ck_assert_ptr_nonnull(strstr(p.error, " 65537 bytes"));
	ck_assert_ptr_nonnull(strstr(p.error, " 65536;"));
	ck_assert_ptr_nonnull(strstr(p.error, "initrd"));
	ck_assert_int_eq(check_argument(&p, 2 * most), -EINVAL);
}
END_TEST

START_TEST(bisect_tells_bad_from_untestable)
{
	static const struct {
		struct verdict v;
		int code;
	} cases[] = {
		{ { .code = 0, .origin = "guest", .ran = true }, 0 },
		{ { .code = 1, .origin = "guest", .ran = true }, 1 },
		{ { .code = 125, .origin = "guest", .ran = true }, 125 },
		{ { .code = 139, .origin = "guest", .ran = true }, 1 },
		{ { .code = 112, .origin = "guest" }, 112 },
		{ { .code = 124, .origin = "user" }, 124 },
		{ { .code = 125, .origin = "vmm" }, 125 },
		{ { .code = 125, .origin = "host" }, 255 },
		{ { .code = 127, .origin = "guest" }, 255 },
		{ { .code = 130, .origin = "user" }, 255 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_int_eq(verdict_bisect(&cases[i].v), cases[i].code);
}
END_TEST

/* --- the root ------------------------------------------------------------------ */

START_TEST(a_root_is_known_by_what_it_begins_with)
{
	static uint8_t image[EXEC_ROOT_LOOK];

	ck_assert_ptr_null(exec_root_fs(image, sizeof(image)));
	memcpy(image + 1080, "\x53\xef", 2);
	ck_assert_str_eq(exec_root_fs(image, sizeof(image)), "ext4");
	ck_assert_ptr_null(exec_root_fs(image, 1081));
	memset(image, 0, sizeof(image));
	memcpy(image + 65600, "_BHRfS_M", 8);
	ck_assert_str_eq(exec_root_fs(image, sizeof(image)), "btrfs");
	memcpy(image, "hsqs", 4);
	ck_assert_str_eq(exec_root_fs(image, 4), "squashfs");
	ck_assert_str_eq(exec_root_option("erofs"), "CONFIG_EROFS_FS");
}
END_TEST

/* --- what the end means ------------------------------------------------------ */

START_TEST(the_end_is_the_commands_or_says_what_did_not_run)
{
	static const struct config_exec c = {
		.cwd = "/d", .user = "u", .root = "r", .root_fs = "ext4"
	};
	static const struct {
		struct exec_end end;
		int code;
		const char *reason;
	} ends[] = {
		{ { { EXEC_EXITED }, { 7 } }, 7, "exited with 7" },
		{ { { EXEC_SIGNALLED }, { 9 } }, 137, "signal 9, SIGKILL" },
		{ { { EXEC_NOT_STARTED }, { ENOENT } }, 127, "/bin/sh" },
		{ { { EXEC_NO_ROOT }, { ENODEV } },
		  125,
		  "no ext4 (CONFIG_EXT4_FS)" },
		{ { { EXEC_NO_ROOT }, { EINVAL } }, 125, "cannot mount ext4" },
		{ { { EXEC_NO_DISK }, { ENODEV } }, 125, "CONFIG_VIRTIO_BLK" },
		{ { { EXEC_NO_OVERLAY }, { ENODEV } },
		  125,
		  "CONFIG_OVERLAY_FS" },
		{ { { EXEC_NOT_STARTED }, { EACCES } }, 126, "/bin/sh" },
		{ { { EXEC_NO_CWD }, { ENOENT } }, 126, "--cwd /d" },
		{ { { EXEC_NO_USER }, { ENOENT } }, 126, "/etc/passwd" },
	};
	static const struct exec_end success = { { EXEC_EXITED }, { 0 } };
	struct verdict v;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		exec_verdict_end(&v, &c, &ends[i].end);
		ck_assert_int_eq(v.code, ends[i].code);
		ck_assert_int_eq(v.ran, i < 2);
		ck_assert_ptr_nonnull(strstr(v.reason, ends[i].reason));
	}
	exec_verdict_end(&v, &c, &ends[0].end);
	exec_verdict_cut(&v, -EISDIR);
	ck_assert_int_eq(v.code, 7);
	ck_assert(v.ran);
	ck_assert_str_eq(v.reason, "the command exited with 7; its input could "
				   "not be read to its end: Is a directory");
	exec_verdict_end(&v, &c, &success);
	exec_verdict_cut(&v, -EISDIR);
	ck_assert_int_eq(v.code, EXIT_HOST);
	ck_assert(!v.ran);
	exec_verdict_loss(&v, -EPIPE);
	ck_assert_int_eq(v.code, 141);
	exec_verdict_loss(&v, -ENOSPC);
	ck_assert_int_eq(v.code, EXIT_HOST);
	ck_assert(!v.ran);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exec");
	TCase *tc = tcase_create("exec");

	tcase_add_test(tc, the_end_is_the_commands_or_says_what_did_not_run);
	tcase_add_test(tc, streams_are_kept_apart_in_any_pieces);
	tcase_add_test(tc, no_more_comes_than_there_is_credit_for);
	tcase_add_test(tc, frames_out_of_order_are_refused);
	tcase_add_test(tc, what_comes_after_the_end_is_ignored);
	tcase_add_test(tc, credit_for_what_was_not_sent_is_refused);
	tcase_add_test(tc, the_archive_is_one_file_of_cpio);
	tcase_add_test(tc, start_has_all_strings_in_order);
	tcase_add_test(tc, a_command_that_start_cannot_hold_is_refused_at_once);
	tcase_add_test(tc, a_root_is_known_by_what_it_begins_with);
	tcase_add_test(tc, bisect_tells_bad_from_untestable);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
