#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# lkvm-pvm crashes by a signal: without --debug there is no core; with it the
# core has lkvm-pvm's own memory but no page of the guest's, not even a shared
# one, and another guest on the host does not notice.
# timeout: 150
. /tests/e2e/lib.sh

pattern=$(cat /proc/sys/kernel/core_pattern)
restore()
{
	echo "$pattern" >/proc/sys/kernel/core_pattern
	# shellcheck disable=SC2046 # a list of numbers
	kill $(jobs -p) 2>/dev/null || true
}
trap restore EXIT
echo "$PWD/core" >/proc/sys/kernel/core_pattern
ulimit -c unlimited

rounds()
{
	grep -c '^\.' other.out
}
more_rounds()
{
	[ "$(rounds)" -gt "$1" ]
}
# It looks at each page of its own, shared or not, for ever
"$LKVM" run -m 64 --name other "$GUEST/mapped.flat" </dev/null >other.out 2>&1 &
other=$!
wait_for 60 grep -q mapped other.out
expect_rc 0 "$LKVM" pause other

# The word is in the guest's page cache and on its disk, whose blocks passed
# through the window; here it is in two pieces, and so never in our own memory.
guest_script <<'GUEST'
word=guest-secret
yes $word-is-here | head -n 40000 >/tmp/words
dd if=/tmp/words of=/dev/vda bs=64k conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
dd if=/dev/vda of=/tmp/again bs=64k count=2 2>/dev/null
echo ready
sleep 1000
GUEST
truncate -s 1M disk.img
# crash SIGNAL OPTION…: one guest, until that
crash()
{
	sig=$1
	shift
	rm -f core out.log
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 96 \
		-p 'console=ttyS0 quiet lkvm.run="sh -eu /run.sh"' \
		-d disk.img "$@" </dev/null >out.log 2>&1 &
	pid=$!
	wait_for 60 grep -q '^ready' out.log
	cat "/proc/$pid/smaps" >smaps
	locked=$(vmlck $pid)
	[ "$locked" -gt 20000 ] || fail "only $locked KiB are the guest's"
	kill "-$sig" $pid
	rc=0
	wait $pid || rc=$?
	expect_out "bug: SIG$sig"
}
crash SEGV
[ $rc -eq 139 ] || fail "exit $rc"
[ ! -e core ] || fail "there is a core of a process that must not be dumped"

crash ABRT --debug --params "marker=of-lkvm-pvm"
[ -s core ] || fail "no core after SIGABRT"
ls -l core
grep -q 'marker=of-lkvm-pvm' core || fail "nothing of lkvm-pvm in its core"
! grep -q 'guest-secret-is-here' core || fail "the guest is in the core"
# Its table of segments: those of what is not to be dumped are empty
n=$(od -A n -t u2 -j 56 -N 2 core)
dd if=core bs=1 skip=64 count=$((n * 56)) 2>/dev/null |
	od -A n -v -t x8 -w56 >segments
awk 'FNR == NR {
		if (/^[0-9a-f]+-[0-9a-f]+ /) {
			split($1, a, "-")
			at = substr("0000000000000000" a[1],
				length(a[1]) + 1)
			name = $0
		} else if (/^VmFlags:/ && / dd / && name !~ /\[/)
			hidden[at] = name
		next
	}
	$3 in hidden {
		print $5, "bytes of", hidden[$3]
		seen++
		if ($5 !~ /^0+$/)
			full++
	}
	END { exit seen < 2 || full }' smaps segments ||
	fail "guest memory is in the core"
[ "$(nr_vms)" -eq 1 ] || fail "a VM is left"
expect_rc 0 "$LKVM" resume other
wait_for 60 more_rounds $(($(rounds) + 1))
! grep -q X other.out || fail "the other guest has lost a page"
grep -q guest-secret-is-here disk.img || fail "the disk has not the words"
kill $other
wait $other || true
