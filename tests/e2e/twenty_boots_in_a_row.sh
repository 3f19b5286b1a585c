#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# More than any limit of pKVM would allow if something were kept.
# timeout: 600
. /tests/e2e/lib.sh

i=0
free_kb()
{
	awk '/^MemFree/ { print $2 }' /proc/meminfo
}
expect_rc 0 "$LKVM" run -m 512 "$GUEST/hello.flat"
before=$(free_kb)
while [ $i -lt 300 ]; do
	"$LKVM" run "$GUEST/hello.flat" </dev/null >out.log 2>&1 ||
		fail "payload $i"
	i=$((i + 1))
done
[ "$(nr_vms)" -eq 0 ] || fail "$(nr_vms) VMs are left"
i=0
while [ $i -lt 20 ]; do
	expect_rc 0 boot
	i=$((i + 1))
done
[ "$(nr_vms)" -eq 0 ] || fail "$(nr_vms) VMs are left"
after=$(free_kb)
[ "$after" -gt $((before - 30000)) ] || fail "MemFree $before, $after"
