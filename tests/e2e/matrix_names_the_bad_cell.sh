#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The example of 2 kernels x 2 command lines with GNU parallel runs all four, says
# of each how it ended, and fails when one does: here one kernel with one of them.
# timeout: 240
. /tests/e2e/lib.sh
PATH=/opt/helpers/bin:/usr/local/bin:$PATH
export HOME="$TMPDIR"

# A test that this kernel fails with that parameter only
cat >test.sh <<'END'
echo "$(grep -c fuse /proc/filesystems || true), $(cat /proc/cmdline)"
! grep -q 'strict=1' /proc/cmdline || grep -q fuse /proc/filesystems || exit 3
END
echo test.sh | cpio -o -H newc 2>/dev/null | cat "$INITRD" - >initrd.cpio
expect_rc 1 /tests/examples/matrix.sh initrd.cpio /boot/guest.Image "$IMAGE" \
	'nokaslr' 'strict=1 init_on_alloc=0'
cat >want <<'END'
/boot/guest.Image, nokaslr: 0: the command exited with 0
/boot/guest.Image, strict=1 init_on_alloc=0: 3: the command exited with 3
/boot/Image, nokaslr: 0: the command exited with 0
/boot/Image, strict=1 init_on_alloc=0: 0: the command exited with 0
END
diff want out.log || fail "$(cat results/*.err)"
grep -q '^0, .*nokaslr' results/1.out || fail "1: $(cat results/1.out)"
grep -q '^[1-9], .*strict=1 init_on_alloc=0' results/4.out ||
	fail "4: $(cat results/4.out)"
