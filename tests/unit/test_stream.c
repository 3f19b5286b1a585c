// SPDX-License-Identifier: GPL-2.0-only
/* test_stream.c: compressed kernels, whole and damaged. */
#include "loader_fixture.h"

#include <errno.h>
#include <pthread.h>

#define KERNEL_SIZE KIB(300)

static struct fixture f;
static uint8_t *image, *packed, *zboot;
static const size_t room = MIB(1);

static void setup(void)
{
	fixture_init(&f, MIB(64));
	image = malloc(room);
	packed = malloc(room);
	zboot = malloc(room);
	make_image(image, KERNEL_SIZE, 0, KIB(320), 0);
}

static void teardown(void)
{
	free(image);
	free(packed);
	free(zboot);
	fixture_fini(&f);
}

static int page_size(const char *name, const void *file, size_t len,
		     uint64_t *bytes)
{
	return loader_page_size(fixture_file(&f, name, file, len), bytes);
}

static void ck_page_size(const char *name, const void *file, size_t len,
			 uint64_t bytes)
{
	uint64_t got = 1;

	ck_assert_int_eq(page_size(name, file, len, &got), 0);
	ck_assert_uint_eq(got, bytes);
}

static void ck_unpacks(const char *name, const void *bytes, size_t len)
{
	memset(f.ram.hva, 0, KERNEL_SIZE);
	f.in.kernel = fixture_file(&f, name, bytes, len);
	ck_loads(&f);
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE);
	ck_assert_uint_eq(f.out.kernel.len, KIB(320));
	ck_assert_int_eq(memcmp(f.ram.hva, image, KERNEL_SIZE), 0);
	ck_assert_uint_eq(f.ram.hva[KERNEL_SIZE], 0);
}

START_TEST(unpacks_gzip_and_zstd)
{
	ck_unpacks("Image.gz", packed,
		   make_gzip(image, KERNEL_SIZE, packed, room));
	ck_unpacks("Image.zst", packed,
		   make_zstd(image, KERNEL_SIZE, packed, room));
}
END_TEST

START_TEST(unpacks_efi_zboot)
{
	size_t n = make_gzip(image, KERNEL_SIZE, packed, room);

	ck_unpacks("vmlinuz.efi", zboot,
		   make_zboot(packed, n, "gzip", zboot, room));
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	ck_unpacks("vmlinuz.efi", zboot,
		   make_zboot(packed, n, "zstd22", zboot, room));
	/* Should a build count the appended size in. */
	put32(packed + n, KERNEL_SIZE);
	ck_unpacks("vmlinuz.efi", zboot,
		   make_zboot(packed, n + 4, "zstd22", zboot, room));
}
END_TEST

/* What the header says of pages, whatever is around it. */
START_TEST(page_size_is_known_before_the_kernel_is_loaded)
{
	static const struct {
		uint64_t flags, bytes;
	} of[] = { { 0, 0 }, { 2, KIB(4) }, { 4, KIB(16) }, { 6, KIB(64) } };
	const uint64_t bytes = of[_i].bytes;
	size_t n;

	make_image(image, KERNEL_SIZE, 0, KIB(320), of[_i].flags);
	ck_page_size("Image", image, KERNEL_SIZE, bytes);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	ck_page_size("Image.gz", packed, n, bytes);
	n = make_zboot(packed, n, "gzip", zboot, room);
	ck_page_size("vmlinuz.efi", zboot, n, bytes);
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	ck_page_size("Image.zst", packed, n, bytes);
}
END_TEST

START_TEST(page_size_of_no_kernel_is_refused_as_loading_it_is)
{
	uint64_t bytes = 1;
	size_t n;

	ck_assert_int_eq(page_size("x.flat", "x", 1, &bytes), 0);
	ck_assert_uint_eq(bytes, 0);
	capture_begin(&f);
	ck_assert_int_eq(loader_page_size("/nonexistent", &bytes), -ENOENT);
	ck_assert_int_eq(page_size("short", image, 30, &bytes), -EINVAL);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	ck_assert_int_eq(page_size("cut.gz", packed, 20, &bytes), -EINVAL);
	memset(packed + 10, 0xff, n - 10);
	ck_assert_int_eq(page_size("bad.gz", packed, n, &bytes), -EINVAL);
	capture_end(&f);
	ck_said(&f, "kernel /nonexistent: cannot open");
	ck_said(&f, "short: has only 30 bytes");
	ck_said(&f, "cut.gz: ");
	ck_said(&f, "bad.gz: ");
}
END_TEST

START_TEST(ignores_what_follows)
{
	size_t n = make_gzip(image, KERNEL_SIZE, packed, room);

	for (size_t extra = 0; extra < 8; extra++) {
		memset(packed + n, 0x1f, extra);
		ck_unpacks("Image.gz", packed, n + extra);
	}
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	for (size_t extra = 0; extra < 8; extra++) {
		memset(packed + n, 0x28, extra);
		ck_unpacks("Image.zst", packed, n + extra);
	}
}
END_TEST

START_TEST(joins_members)
{
	const size_t half = 30; /* even the header comes in two parts */
	size_t n = make_gzip(image, half, packed, room);

	n += make_gzip(image + half, KERNEL_SIZE - half, packed + n, room - n);
	ck_unpacks("Image.gz", packed, n);

	/* pzstd starts with a frame to be skipped. */
	put(packed, "\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
	n = 12;
	n += make_zstd(image, half, packed + n, room - n);
	n += make_zstd(image + half, KERNEL_SIZE - half, packed + n, room - n);
	ck_unpacks("Image.zst", packed, n);
}
END_TEST

/* As "cat Image | zstd --ultra -22 --long=31" writes it. */
START_TEST(needs_no_window)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_inBuffer in = { image, KERNEL_SIZE, 0 };
	ZSTD_outBuffer out = { packed, room, 0 };

	ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 27);
	ZSTD_CCtx_setParameter(c, ZSTD_c_hashLog, 8);
	ZSTD_CCtx_setParameter(c, ZSTD_c_chainLog, 8);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	while (in.pos < in.size)
		ck_assert(!ZSTD_isError(
			ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush)));
	ck_assert_uint_eq(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(c);
	/* The frame header's window byte: make it 2 GiB. */
	ck_assert_int_eq(packed[5], (27 - 10) << 3);
	packed[5] = (31 - 10) << 3;
	ck_unpacks("Image.zst", packed, out.pos);
}
END_TEST

/* A short first member, and the header's magic 56 bytes into the file. */
START_TEST(is_not_taken_for_the_image_in_it)
{
	uint8_t frame[128] = "\x28\xb5\x2f\xfd";

	put(frame + 56, "ARM\x64", 4);
	f.in.kernel = fixture_file(&f, "Image.zst", frame, sizeof(frame));
	ck_refused(&f, -EINVAL, "zstd data");
}
END_TEST

START_TEST(moves_a_kernel_of_another_offset)
{
	size_t n;

	make_image(image, KERNEL_SIZE, KIB(512), KIB(320), 0);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_loads(&f);
	ck_assert_uint_eq(f.out.entry, RAM_BASE + KIB(512));
	ck_assert_int_eq(memcmp(f.ram.hva + KIB(512), image, KERNEL_SIZE), 0);
	for (size_t i = 0; i < KERNEL_SIZE; i++)
		ck_assert_uint_eq(f.ram.hva[i], 0);

	make_image(image, KERNEL_SIZE, KIB(4), KIB(320), 0);
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "Image.zst", packed, n);
	ck_loads(&f);
	ck_assert_int_eq(memcmp(f.ram.hva + KIB(4), image, KERNEL_SIZE), 0);
	for (size_t i = 0; i < KIB(4); i++)
		ck_assert_uint_eq(f.ram.hva[i], 0);
}
END_TEST

START_TEST(knows_an_old_kernels_length_once_it_is_there)
{
	size_t n;

	make_image(image, KERNEL_SIZE, 0, 0, 0);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_loads(&f);
	ck_assert_uint_eq(f.out.kernel.gpa, RAM_BASE + KIB(512));
	ck_assert_uint_eq(f.out.kernel.len, 2 * KERNEL_SIZE);
}
END_TEST

static void ck_cut_short(const char *name, const uint8_t *bytes, size_t len)
{
	for (size_t cut = 64; cut < len; cut += 1 + len / 97) {
		f.in.kernel = fixture_file(&f, name, bytes, cut);
		ck_refused(&f, -EINVAL, "data end early");
	}
	f.in.kernel = fixture_file(&f, name, bytes, len - 1);
	ck_refused(&f, -EINVAL, "data end early");
}

START_TEST(refuses_data_cut_short)
{
	size_t n = make_gzip(image, KERNEL_SIZE, packed, room);

	ck_cut_short("Image.gz", packed, n);
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	ck_cut_short("Image.zst", packed, n);
}
END_TEST

START_TEST(refuses_damaged_data)
{
	size_t n = make_gzip(image, KERNEL_SIZE, packed, room);

	packed[n / 2] ^= 0x10;
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_refused(&f, -EINVAL, "gzip data are damaged");
	packed[n / 2] ^= 0x10;
	packed[n - 5] ^= 1; /* the check sum */
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_refused(&f, -EINVAL, "gzip data are damaged");

	n = make_zstd(image, KERNEL_SIZE, packed, room);
	packed[9] |= 6; /* the first block: of the reserved type */
	f.in.kernel = fixture_file(&f, "Image.zst", packed, n);
	ck_refused(&f, -EINVAL, "zstd data are damaged");
}
END_TEST

START_TEST(refuses_what_unpacks_to_no_kernel)
{
	size_t n;

	n = make_gzip("hello", 5, packed, room);
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_refused(&f, -EINVAL, "unpacks to only 5 bytes");

	memset(image, 0, KERNEL_SIZE);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_refused(&f, -EINVAL, "unpacked, it is not a kernel");

	put(image, "\x7f\x45LF", 4);
	n = make_zstd(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "vmlinux.zst", packed, n);
	ck_refused(&f, -EINVAL, "unpacked, it is an ELF file");
}
END_TEST

START_TEST(refuses_zboot_it_cannot_unpack)
{
	size_t n = make_gzip(image, KERNEL_SIZE, packed, room);
	size_t len = make_zboot(packed, n, "xzkern", zboot, room);

	f.in.kernel = fixture_file(&f, "vmlinuz", zboot, len);
	ck_refused(&f, -EINVAL, "zboot kernel compressed with 'xzkern'");

	memset(zboot + 24, 0xff, 32);
	f.in.kernel = fixture_file(&f, "vmlinuz", zboot, len);
	ck_refused(&f, -EINVAL, "with '????????????????????????????????");

	len = make_zboot(packed, n, "gzip", zboot, room);
	f.in.kernel = fixture_file(&f, "vmlinuz", zboot, n);
	ck_refused(&f, -EINVAL, "is cut short");

	put32(zboot + 8, 0xffffffff);
	put32(zboot + 12, 0xffffffff);
	f.in.kernel = fixture_file(&f, "vmlinuz", zboot, len);
	ck_refused(&f, -EINVAL, "is cut short");

	put32(zboot + 8, 0);
	f.in.kernel = fixture_file(&f, "vmlinuz", zboot, len);
	ck_refused(&f, -EINVAL, "header is damaged");
}
END_TEST

/* The header is looked at before the rest is unpacked. */
START_TEST(names_the_memory_a_packed_kernel_needs)
{
	size_t n;

	make_image(image, KERNEL_SIZE, 0, MIB(100), 0);
	n = make_gzip(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, "Image.gz", packed, n);
	ck_refused(&f, -ENOSPC,
		   "is 100 MiB but -m leaves 64 MiB for it; "
		   "raise -m to 114");
}
END_TEST

/* 100 MiB of zeros behind a header that does not admit them. */
static size_t make_bomb(bool zstd)
{
	const size_t len = MIB(100);
	uint8_t *big = calloc(1, len);
	size_t n;

	memcpy(big, image, 64);
	n = zstd ? make_zstd(big, len, packed, room)
		 : make_gzip(big, len, packed, room);
	free(big);
	return n;
}

START_TEST(stops_a_bomb_at_the_end_of_ram)
{
	for (int zstd = 0; zstd <= 1; zstd++) {
		size_t n = make_bomb(zstd);

		f.in.kernel = fixture_file(&f, "bomb", packed, n);
		ck_refused(&f, -ENOSPC,
			   "unpacks to more than the 64 MiB that -m leaves");
	}
}
END_TEST

/* Also when the end of RAM is anywhere in a block. */
START_TEST(writes_nothing_behind_ram)
{
	for (int zstd = 0; zstd <= 1; zstd++) {
		size_t n = zstd ? make_zstd(image, KERNEL_SIZE, packed, room)
				: make_gzip(image, KERNEL_SIZE, packed, room);

		f.in.kernel = fixture_file(&f, "Image.x", packed, n);
		for (uint64_t len = 1; len < KERNEL_SIZE; len += 7919) {
			struct fixture small = f;

			small.ram.hva = malloc(len); /* ASan is watching */
			small.ram.range.len = len;
			ck_assert_int_eq(fixture_load(&small), -ENOSPC);
			free(small.ram.hva);
		}
	}
}
END_TEST

struct resizer {
	const char *path;
	bool stop;
};

static void *resize(void *arg)
{
	struct resizer *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		ck_assert_int_eq(truncate(r->path, 100), 0);
		ck_assert_int_eq(truncate(r->path, (off_t)MIB(70)), 0);
		ck_assert_int_eq(truncate(r->path, KERNEL_SIZE), 0);
	}
	return NULL;
}

START_TEST(survives_files_that_change)
{
	const char *names[] = { "Image.gz", "Image.zst", "Image" };
	size_t len[3];

	len[0] = make_gzip(image, KERNEL_SIZE, packed, room);
	f.in.kernel = fixture_file(&f, names[0], packed, len[0]);
	len[1] = make_zstd(image, KERNEL_SIZE, packed, room);
	fixture_file(&f, names[1], packed, len[1]);
	fixture_file(&f, names[2], image, KERNEL_SIZE);

	for (int i = 0; i < 3; i++) {
		struct resizer r = { fixture_path(&f, names[i]), false };
		pthread_t thread;

		f.in.kernel = r.path;
		f.in.initrds = &r.path;
		f.in.nr_initrds = 1;
		ck_assert_int_eq(pthread_create(&thread, NULL, resize, &r), 0);
		for (int n = 0; n < 300; n++)
			(void)fixture_load(&f);
		__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stream");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, unpacks_gzip_and_zstd);
	tcase_add_test(tc, unpacks_efi_zboot);
	tcase_add_loop_test(tc, page_size_is_known_before_the_kernel_is_loaded,
			    0, 4);
	tcase_add_test(tc, page_size_of_no_kernel_is_refused_as_loading_it_is);
	tcase_add_test(tc, ignores_what_follows);
	tcase_add_test(tc, joins_members);
	tcase_add_test(tc, needs_no_window);
	tcase_add_test(tc, is_not_taken_for_the_image_in_it);
	tcase_add_test(tc, moves_a_kernel_of_another_offset);
	tcase_add_test(tc, knows_an_old_kernels_length_once_it_is_there);
	tcase_add_test(tc, refuses_data_cut_short);
	tcase_add_test(tc, refuses_damaged_data);
	tcase_add_test(tc, refuses_what_unpacks_to_no_kernel);
	tcase_add_test(tc, refuses_zboot_it_cannot_unpack);
	tcase_add_test(tc, names_the_memory_a_packed_kernel_needs);
	tcase_add_test(tc, stops_a_bomb_at_the_end_of_ram);
	tcase_add_test(tc, writes_nothing_behind_ram);
	tcase_add_test(tc, survives_files_that_change);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
