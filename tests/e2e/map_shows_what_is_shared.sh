#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# map: shows the very pattern a guest shares, and harms none of its pages, which
# the guest looks at all the time.
# timeout: 120
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
		'"source_untouched": "mincore' '"len": 67108864'
done
wait_for 60 more_rounds $(($(rounds) + 1))
expect_no_out_of_guest "a page has changed"
[ "$(vmlck $pid)" -eq "$locked" ] || fail "it locked more memory"

expect_rc 0 "$LKVM" map guest
expect_out '^RAM +0x0080000000 0x0083ffffff +16384 +[0-9]+ +[0-9]+ +[0-9]+$' \
	'^8 pages a cell, 32 KiB' '^0x0081000000 %{64}$'
awk 'length > 80 { exit 1 }' out.log || fail "wider than 80 columns"

# While it is looked at, it may end
for _ in 1 2 3; do
	"$LKVM" map guest >map.log 2>&1 &
done
expect_rc 0 "$LKVM" stop --force guest
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
wait

# Of a Linux guest, with its window; and of an ordinary VM, nothing is private
CMD='dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null; echo done with it; read -r _'
truncate -s 4M disk.img
MEM=64
rm -f guest.log
boot --name guest -d disk.img </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said 'done with it'
expect_rc 0 "$LKVM" map guest
expect_out '^window .* [1-9][0-9]*$' '^RAM ' '^0x[0-9a-f]+ .*#'
expect_rc 0 "$LKVM" map guest --json
expect_rc 0 "$LKVM" stop --force guest
wait $pid || true
rm -f guest.log
"$LKVM" run -m 64 --protected=off --name guest "$GUEST/idle.flat" </dev/null \
	>guest.log 2>&1 &
pid=$!
wait_for 60 said idle
expect_rc 0 "$LKVM" map guest
expect_out '^RAM +0x0080000000 0x0083ffffff +16384 +[0-9]+ +0 +[1-9][0-9]*$'
expect_rc 0 "$LKVM" stop --force guest
wait $pid || true
