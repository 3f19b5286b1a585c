// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_image.c: any bytes as a kernel file, also under a flat payload's name,
 * beside firmware and initrds, in RAM of several sizes.
 *
 * Input: one byte of choices, then the file.
 *
 * Floor: loader/image.c 90
 * Floor: loader/load.c 80
 */
#include "fuzz_ram.h"

#define CHOICE_FLAT	0x01
#define CHOICE_FIRMWARE 0x02
#define CHOICE_INITRDS	0x0c /* how many */
#define CHOICE_SMALL	0x10 /* RAM */
#define CHOICE_DTB	0x20 /* more room than a flat payload leaves */

/* A link to @path whose name ends in .flat, in the folder of this run. */
static const char *flat_name(const char *path)
{
	static char link[128];

	if (!link[0]) {
		const char *dir = getenv("TMPDIR");

		snprintf(link, sizeof(link), "%s/%d.flat", dir ? dir : "/tmp",
			 getpid());
		unlink(link);
		CHECK(symlink(path, link) == 0);
	}
	return link;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct loader_inputs in = { .host_page_size = KIB(4) };
	struct loader_placement out;
	const char *initrds[3];
	struct ram_view ram;
	const char *path;
	uint8_t choice;

	if (size == 0)
		return 0;
	choice = data[0];
	path = fuzz_file(data + 1, size - 1);
	initrds[0] = initrds[1] = initrds[2] = path;
	in.kernel = choice & CHOICE_FLAT ? flat_name(path) : path;
	in.firmware = choice & CHOICE_FIRMWARE ? path : NULL;
	in.initrds = initrds;
	in.nr_initrds = (choice & CHOICE_INITRDS) >> 2;
	in.dtb_room = choice & CHOICE_DTB ? MIB(1) : KIB(64);
	fuzz_ram(&ram, choice & CHOICE_SMALL ? MIB(2) + KIB(64) : MIB(8));
	if (loader_load(&in, &ram, &out) == 0)
		fuzz_check_placement(&ram, &out);
	return 0;
}
