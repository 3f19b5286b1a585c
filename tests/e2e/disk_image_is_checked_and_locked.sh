#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# An image has one writer; what is no raw image is refused with the command
# that makes one; each with one line that names the file.
# timeout: 120
. /tests/e2e/lib.sh

# holder OPTIONS: a VM that sleeps on the disk, its pid in $first
holder()
{
	rm -f first.log
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -d "disk.img$1" \
		-p 'quiet lkvm.run="sleep 90"' </dev/null >first.log 2>&1 &
	first=$!
	wait_for 60 grep -q 'GUEST: ready' first.log
}

truncate -s 4M disk.img
holder ''
refused 'disk disk.img: in use by another program' boot -d disk.img
refused 'disk disk.img: another program writes' boot -d disk.img,ro
refused 'disk disk.img: another program writes' boot -d disk.img,snapshot
kill -TERM $first
rc=0
wait $first || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"

holder ,ro
refused 'disk disk.img: in use' boot -d disk.img
CMD='blockdev --getro /dev/vda' expect_rc 0 boot -d disk.img,ro
expect_out '^1'
kill -TERM $first
wait $first || true

printf 'QFI\373\0\0\0\3' >disk.qcow2
truncate -s 1M disk.qcow2
refused "a qcow2 image.*qemu-img convert -O raw 'disk.qcow2'" \
	boot -d disk.qcow2
: >empty.img
refused 'empty; give it a size' boot -d empty.img
refused 'No such file' boot -d missing.img
refused 'a directory' boot -d .
refused 'no option of a disk .ro.' boot -d disk.img,rO
run_rc as_user "$LKVM" run -k "$IMAGE" --protected=off -d disk.img
[ $rc -eq 125 ] || fail "opened it for writing"
expect_out "cannot open it for writing: Permission denied.*',ro'"
