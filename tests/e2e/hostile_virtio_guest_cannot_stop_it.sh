#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that attacks each virtio device in turn, in a pVM, finds each of them
# working after every attack; the log has an end, and of the disks nothing else
# changes than the one sector that was written.
# timeout: 240
. /tests/e2e/lib.sh

dd if=/dev/urandom of=disk.img bs=65536 count=16 2>/dev/null
dd if=/dev/urandom of=ro.img bs=65536 count=16 2>/dev/null
cp disk.img disk.was
cp ro.img ro.was

attack()
{
	"$LKVM" run -m 64 --window=4M --rng -d disk.img -d other.img -d ro.img,ro \
		--vsock socket=v.sock "$@" \
		"$GUEST/vhostile.flat" </dev/null >out.log 2>err.log
}
# nothing_else_changed: but sector 8
nothing_else_changed()
{
	cmp ro.was ro.img || fail "the read-only disk changed"
	for f in disk other; do
		cmp -l disk.was $f.img | awk '$1 <= 4096 || $1 > 4608 { exit 1 }' ||
			fail "$f.img changed where nothing was written"
	done
}
# bounded LINES: what was logged, of each device at most LINES
bounded()
{
	for d in rng0 blk0 blk1 blk2 vsock0; do
		grep -q "$d: " err.log || fail "$d is not named"
		[ "$(grep -c "$d: " err.log)" -le "$1" ] ||
			fail "the log of $d has no end"
	done
}
# once CODE OPTION…: it powers off
once()
{
	want=$1
	shift
	cp disk.was other.img
	rc=0
	attack "$@" || rc=$?
	cat out.log
	[ $rc -eq "$want" ] || fail "exit $rc instead of $want: $*"
	expect_out '^devices: 0*5' '^unharmed'
	expect_no_out FAILED
	bounded 48
	nothing_else_changed
}
once 114
