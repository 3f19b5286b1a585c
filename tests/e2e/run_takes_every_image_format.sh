#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Image, gzip, zstd, EFI zboot of the small guest kernel; its KASLR is on.
# timeout: 180
. /tests/e2e/lib.sh

[ -e /boot/guest.Image ] || skip "no guest kernel (KERNEL= was given)"
CMD='uname -m'
for IMAGE in /boot/guest.Image /boot/guest.Image.gz /boot/guest.Image.zst \
	/boot/guest.efi; do
	echo "$IMAGE"
	expect_rc 0 boot
	expect_out aarch64 'GUEST: exit 0'
	grep -c . out.log
done
