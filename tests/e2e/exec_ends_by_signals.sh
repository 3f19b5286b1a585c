#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec is interrupted twice, terminated, killed, or late: its code says which, and
# neither VM, nor helper, nor socket of it is left.
# timeout: 200
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
ex() # ex OPTION… -- COMMAND…
{
	"$LKVM" exec -k "$SMALL" -i "$INITRD" -m 64 "$@"
}

nothing_left()
{
	[ "$(nr_vms)" -eq 0 ] && [ -z "$(ls /run/lkvm-pvm 2>/dev/null)" ]
}

# A command that ignores it: the first is its own, the second ends the VM.
expect_rc 130 ptyrun wait=ready signal=2 wait=heard signal=2 -- "$LKVM" exec \
	-k "$SMALL" -i "$INITRD" -m 64 -- sh -c 'trap "echo heard" INT
	echo ready; while :; do sleep 0.1; done'
expect_out 'user: ended it with SIGINT'
nothing_left || fail "something is left"

# started NAME: its guest's command runs
started()
{
	grep -q ready out.log
}
route_out
trap 'ip link del dummy7' EXIT
for sig in TERM KILL; do
	rm -f out.log
	PATH=/opt/helpers/bin:$PATH "$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 128 \
		--share "$TMPDIR" --network passt --name victim -- \
		sh -c 'echo ready; sleep 1000' </dev/null >out.log 2>err.log &
	pid=$!
	wait_for 100 started
	[ -n "$(helpers virtiofsd)" ] || fail "no virtiofsd: $(ps)"
	[ -n "$(helpers passt)" ] || fail "no passt: $(ps)"
	kill -$sig $pid
	rc=0
	wait $pid || rc=$?
	[ $sig = KILL ] || [ $rc -eq 143 ] || fail "SIG$sig: exit $rc"
	no_helper()
	{
		[ -z "$(helpers virtiofsd)$(helpers passt)" ]
	}
	wait_for 60 no_helper
	[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
done
# A socket that nobody serves is no obstacle, and is cleaned up by the next.
expect_rc 3 ex --name victim -- sh -c 'exit 3'
nothing_left || fail "$(ls /run/lkvm-pvm)"

# It never ends
expect_rc 124 ex --timeout 5 --verdict verdict.json -- sleep 1000
expect_out 'timeout'
grep -q "\"code\":124,\"origin\":\"user\"" verdict.json || fail "verdict: $(cat verdict.json)"
