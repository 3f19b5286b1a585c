#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs send and receive on four pairs of queues, each pair served by a
# worker of the host's kernel.
# timeout: 200
. /tests/e2e/lib.sh

stop_jobs()
{
	for job in $(jobs -p); do
		kill "$job" 2>/dev/null || true
	done
}
trap stop_jobs EXIT
dd if=/dev/urandom of=file bs=1M count=4 2>/dev/null

guest_script <<'END'
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
ping -c 1 -w 20 10.7.0.1 >/dev/null
ls /sys/class/net/eth0/queues
mkfifo /tmp/silence
for i in 1 2 3 4; do
	taskset $((1 << (i - 1))) nc 10.7.0.1 501$i <>/tmp/silence >/tmp/file$i &
done
wait
for i in 1 2 3 4; do
	echo "arrived $i: $(md5sum </tmp/file$i)"
	taskset $((1 << (i - 1))) nc 10.7.0.1 502$i </tmp/file$i
done
grep virtio0-output /proc/interrupts
END

# nc ends both directions when its input does: this one does not.
mkfifo silence
"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 160 -c 4 --loglevel=debug \
	-p "console=ttyS0 quiet lkvm.run=\"sh -eu /run.sh\"" \
	-i script.cpio \
	-n tap,if=tap7,queues=4 </dev/null >out.log 2>&1 &
vm=$!
wait_for 10 ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up
for i in 1 2 3 4; do
	nc -l -p 501$i <file &
	nc -l -p 502$i <>silence >back$i &
done
wait $vm || fail "exit $?"
expect_out 'SCRIPT-DONE' 'served by the kernel'
for i in 1 2 3 4; do
	expect_out "arrived $i: $(md5sum <file)" \
		"virtio0-output.$((i - 1))"
	cmp file back$i || fail "what came back over pair $i is not what was sent"
done
expect_no_out warning
