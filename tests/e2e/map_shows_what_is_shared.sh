#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# map: shows the very pattern a guest shares, and harms none of its pages, which
# the guest looks at all the time.
# timeout: 240
. /tests/e2e/lib.sh

said()
{
	grep -q "$1" guest.log
}
rounds()
{
	grep -c '^\.' guest.log
}
more_rounds()
{
	[ "$(rounds)" -gt "$1" ]
}
"$LKVM" run -m 64 --name guest "$GUEST/mapped.flat" </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said mapped
expect_no_out_of_guest()
{
	! grep -Eq 'X|no sharing' guest.log || fail "$1"
}
expect_no_out_of_guest "the guest could not begin"
locked=$(vmlck $pid)
for _ in 1 2 3 4 5; do
	expect_rc 0 "$LKVM" map guest --json
	# From 16 MiB on every fourth page, 256 of them, and nothing before
	expect_out '"runs": "[^"]*u(1r3p){256}[^"]*"' '"protected": true' \
		'"source_untouched": "mincore' '"len": 67108864' \
		'"source_given": "none: the VM was started without --debug"'
done
wait_for 60 more_rounds $(($(rounds) + 1))
expect_no_out_of_guest "a page has changed"
[ "$(vmlck $pid)" -eq "$locked" ] || fail "it locked more memory"

expect_rc 0 "$LKVM" map guest
expect_out '^RAM +0x0080000000 0x0083ffffff +16384 +[0-9]+ +[0-9]+ +[0-9]+$' \
	'^8 pages a cell, 32 KiB' '^0x0081000000 %{64}$'
awk 'length > 80 { exit 1 }' out.log || fail "wider than 80 columns"

# With a trace since it began, all that can be read is told apart: the shared
# pages, the one that is taken, and what it never had
expect_rc 0 "$LKVM" stop --force guest
wait $pid || true
rm -f guest.log
"$LKVM" run -m 64 --debug --name guest "$GUEST/mapped.flat" </dev/null \
	>guest.log 2>&1 &
pid=$!
wait_for 60 said mapped
expect_rc 0 "$LKVM" map guest --json
expect_out '"runs": "[^"]*u(1s3p){256}[^"rx]*"' \
	'"source_given": "tracefs: kvm_guest_fault, since the guest began"'
given=$(tr -d ' \n' <out.log | grep -o '\[[0-9]*,[0-9]*,"0x[0-9a-f]*"\]' | wc -l)
[ $((given * 4)) -eq "$(vmlck $pid)" ] ||
	fail "$given pages were given, and $(vmlck $pid) KiB are"
expect_rc 0 "$LKVM" pause guest
expect_rc 0 "$LKVM" debug guest reclaim 0x81001000
expect_rc 0 "$LKVM" map guest --json
expect_out '"runs": "[^"]*u1s1x2p(1s3p){255}[^"rx]*"'
expect_rc 0 "$LKVM" map guest
expect_out '^of the readable: [0-9]* h .*, 256 s shared or lost, 1 x lost$' \
	'^told apart by: tracefs: kvm_guest_fault'

# While it is looked at, it may end
for _ in 1 2 3; do
	"$LKVM" map guest >map.log 2>&1 &
done
expect_rc 0 "$LKVM" stop --force guest
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
wait

# Of a Linux guest, with its window and the queues in it
CMD='dd if=/dev/vda of=/dev/null bs=1M count=2; echo done with it; read -r _'
CMD="$CMD; dd if=/dev/vda of=/dev/null bs=1M skip=2"
truncate -s 4M disk.img
MEM=64
rm -f guest.log
mkfifo keys
exec 8<>keys
boot --name guest --debug -d disk.img <keys >guest.log 2>&1 &
pid=$!
wait_for 60 said 'done with it'
expect_rc 0 "$LKVM" map guest
expect_out '^window .* [1-9][0-9]*$' '^RAM ' '^0x[0-9a-f]+ .*#' \
	'^0x[0-9a-f]+ [.o]*q' '^blk0 +0 +256 +0 0x[0-9a-f]*\+4096 +0x' \
	'^looked for '
awk 'length > 80 { exit 1 }' out.log || fail "wider than 80 columns"
expect_rc 0 "$LKVM" map guest --json
page=$(tr -d ' \n' <out.log | sed -n 's/.*"avail":{"gpa":\([0-9]*\).*/\1/p')

expect_rc 0 "$LKVM" map guest --svg map.svg
head -n 1 map.svg | grep -q '^<svg xmlns=' || fail "no picture"
tail -n 1 map.svg | grep -q '^</svg>$' || fail "half a picture"
grep -q '>blk0 queue 0: descriptors 0x' map.svg || fail "no queue in it"
refused 'map: --svg /nowhere/map.svg: No such file' \
	"$LKVM" map guest --svg /nowhere/map.svg
refused 'neither --json nor --watch' "$LKVM" map guest --svg x --watch

# Watched, it is looked at again until it ends; on a terminal in one place
"$LKVM" map guest --watch >watch.log 2>&1 &
watch=$!
"$LKVM" map guest --watch --json >watch.json 2>&1 &
json=$!
TERM=linux /tests/bin/ptyrun size=40x100 'wait=looked for' 'wait=looked for' -- \
	"$LKVM" map guest --watch </dev/null >tty.log 2>&1 &
tty=$!
twice()
{
	[ "$(grep -c '^looked for .* again after' watch.log)" -ge 2 ] &&
		[ "$(grep -c '"runs"' watch.json)" -ge 2 ] &&
		[ "$(grep -c 'looked for' tty.log)" -ge 2 ]
}
wait_for 60 twice
! grep -q "$(printf '\033')" watch.log || fail "colour in a file"
grep -q "$(printf '\033')\[H" tty.log || fail "not in one place"

# Without the page of its queue the disk sees nonsense there, and says so
expect_rc 0 "$LKVM" debug guest unplug-window-page "$page"
expect_out ': was readable, is untouched$'
echo >&8
wait_for 60 said 'blk0: .*queue'
expect_rc 0 "$LKVM" stop --force guest
wait $pid || true
for pid in $watch $json $tty; do
	rc=0
	wait "$pid" || rc=$?
	[ $rc -eq 0 ] || fail "watch: exit $rc"
done
rm -f guest.log
"$LKVM" run -m 64 --protected=off --name guest "$GUEST/idle.flat" </dev/null \
	>guest.log 2>&1 &
pid=$!
wait_for 60 said idle
expect_rc 0 "$LKVM" map guest
expect_out '^RAM +0x0080000000 0x0083ffffff +16384 +[0-9]+ +0 +[1-9][0-9]*$'
expect_rc 0 "$LKVM" stop --force guest
wait $pid || true
