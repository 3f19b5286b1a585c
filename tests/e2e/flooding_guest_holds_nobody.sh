#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that floods its console, serial port or hvc0, of run and of exec, while
# nobody reads the console's log: it is listed, looked at, told how much is missing,
# and ends as it wants, in bounded memory.
# timeout: 300
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
mkfifo log
sleep 300 <>log & # keeps both ends open, and reads nothing
keeper=$!
dd if=/dev/zero of=log bs=4096 count=16 2>/dev/null
rss()
{
	awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
}
# floods COMMAND OPTION…: it runs for some seconds
floods()
{
	rm -f out err
	"$LKVM" "$@" >out 2>err &
	pid=$!
	wait_for 60 grep -aq READY out
	before=$(rss)
	sleep 3
	"$LKVM" list | grep -q '^flood .*running' || fail "not listed"
	"$LKVM" console flood </dev/null >viewer.out 2>&1 &
	viewer=$!
	[ "$(rss)" -lt $((before + 20000)) ] ||
		fail "it grew from $before to $(rss) KiB"
	rc=0
	wait $pid || rc=$?
	wait $viewer || true
}
flood='echo READY; yes a-line-of-a-flood >/dev/console & sleep 8'
for console in serial virtio; do
	floods run --name flood -k "$SMALL" -i "$INITRD" -m 64 -c 2 -p quiet \
		--console $console -p "lkvm.run=\"$flood\"" --console-log log
	[ $rc -eq 0 ] || fail "$console: exit $rc: $(cat err)"
	grep -q 'console-log log: .* lost$' err ||
		fail "not told: $(cat err)"
	grep -q '^a-line-of-a-flood' out || fail "no flood: $(head -c 300 out)"
done
floods exec --name flood -k "$SMALL" -i "$INITRD" -m 64 -c 2 --console-log log \
	--fail-on NEVER -- sh -c "$flood; exit 6" </dev/null
[ $rc -eq 6 ] || fail "exec: exit $rc: $(cat err)"
[ "$(cat out)" = READY ] || fail "exec: $(head -c 300 out)"
kill $keeper
