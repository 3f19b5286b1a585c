#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Truncated, garbage, unreadable, a directory: one line, exit 125.
. /tests/e2e/lib.sh

head -c 100 "$IMAGE" >short
head -c 1000000 /dev/urandom >garbage
: >empty
gzip -c "$IMAGE" >whole.gz
head -c 200000 whole.gz >truncated.gz
rm whole.gz
head -c 4096 /boot/initrd.cpio >notakernel
refused nonexistent "$LKVM" run -k /nonexistent
refused 'director' "$LKVM" run -k /boot
refused short "$LKVM" run -k short
refused garbage "$LKVM" run -k garbage
refused 'notakernel.*-i' "$LKVM" run -k notakernel
if [ -e /boot/guest.Image ]; then
	# An EFI header tells how long the file should be; without one a short
	# file may be a kernel with a large .bss
	head -c 1000000 /boot/guest.Image >truncated
	refused 'truncated.*cut short' "$LKVM" run -k truncated
fi
refused truncated.gz "$LKVM" run -k truncated.gz
refused empty "$LKVM" run -k empty
refused /dev/null "$LKVM" run -k /dev/null
cp "$IMAGE" secret
chmod 600 secret
refused 'secret.*[Pp]ermission' as_user "$LKVM" run --protected=off -k secret
refused 'initrd.*[Nn]o such file|nonexistent' "$LKVM" run -k "$IMAGE" \
	-i /nonexistent
refused 'director' "$LKVM" run -k "$IMAGE" -i /boot
