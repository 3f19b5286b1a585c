#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Initrds, the middle one's size no multiple of 4; the last one overrules.
. /tests/e2e/lib.sh

pack()
{
	(cd "$1" && find . | cpio -o -H newc 2>/dev/null)
}
mkdir a b
echo 'echo first' >a/run.sh
echo 'only in a' >a/kept
echo 'echo second; cat /kept' >b/run.sh
pack a >a.cpio
pack b >b.cpio
gzip -c a.cpio >a.cpio.gz
gzip -c b.cpio >b.cpio.gz
# Zeros are what Linux skips between two archives; anything else there ends it.
while [ $(($(stat -c %s a.cpio.gz) % 4)) -eq 0 ]; do
	printf '\0' >>a.cpio.gz
done
expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -i a.cpio.gz -i b.cpio.gz \
	-m 128 -p quiet
expect_out 'second' 'only in a'
expect_no_out '^first'
