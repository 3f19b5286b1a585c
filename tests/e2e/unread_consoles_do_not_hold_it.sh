#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Nobody reads stdout, a pseudoterminal, or comes to a socket, and the guest
# writes to all of them without end: the loop goes on, no vCPU is held up, and
# SIGTERM ends the VM.
# timeout: 120
. /tests/e2e/lib.sh

cat >run.sh <<'END'
yes >/dev/vport0p1 &
yes >/dev/vport0p2 &
echo started >/dev/vport0p3
yes
END
echo run.sh | cpio -o -H newc >run.cpio 2>/dev/null
mkfifo pipe
sleep 200 <>pipe & # keeps both ends open
keeper=$!
"$LKVM" run --name unread -k "$IMAGE" -i "$INITRD" -i run.cpio -m 128 -c 2 -p quiet \
	--console virtio --port name=a,pty --port name=b,unix=b.sock \
	--port name=c,file=c.out </dev/null >pipe 2>err.log &
pid=$!
wait_for 60 grep -q started c.out
sleep 5
ticks()
{
	awk '{ print $14 + $15 }' "/proc/$pid/task/$pid/stat"
}
before=$(ticks)
sleep 2
[ $(($(ticks) - before)) -lt 100 ] || fail "the loop's thread is busy"
"$LKVM" pause unread || fail "a vCPU waits for a reader"
"$LKVM" resume unread
kill -TERM $pid
rc=0
wait $pid || rc=$?
kill $keeper
[ $rc -eq 143 ] || fail "exit $rc: $(cat err.log)"
