#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# SIGKILL in mid-boot and when idle: the kernel gives everything back.
. /tests/e2e/lib.sh

free_kb()
{
	awk '/^MemFree/ { print $2 }' /proc/meminfo
}
one_vm()
{
	[ "$(nr_vms)" -eq 1 ]
}
is_idle()
{
	grep -q 'GUEST: ready' out.log
}
for moment in one_vm is_idle; do
	before=$(free_kb)
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 256 -c 2 \
		-p 'quiet lkvm.run="sleep 1000"' </dev/null >out.log 2>&1 &
	pid=$!
	wait_for 60 $moment
	kill -KILL $pid
	wait $pid || true
	[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
	after=$(free_kb)
	[ "$after" -gt $((before - 20000)) ] || fail "MemFree $before, $after"
done
expect_rc 0 "$LKVM" run "$GUEST/hello.flat"
