#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs that attack all virtio devices at the same time, life after life:
# each time all devices work after it; fds, threads and memory stay as they are,
# the log has an end, and SIGTERM ends it.
# timeout: 450
. /tests/e2e/lib.sh

image disk.img 1
tunctl -t tap7 >/dev/null
trap 'ip link del tap7' EXIT
ip link set tap7 up
LIFE=unharmed
for protected in on off; do
	rm -f out.log err.log
	"$LKVM" run -m 64 --window=4M -c 4 --rng -d disk.img,queues=4 -n tap,if=tap7 \
		--port name=log,file=port.out --on-reset=restart \
		--protected=$protected -p mode=crowd "$GUEST/vhostile.flat" \
		</dev/null >out.log 2>err.log &
	pid=$!
	lives_do_not_add_up 5 4 2 4096 1024
	expect_out '^devices: 0*4'
	expect_no_out FAILED
	for d in rng0 blk0 net0 console0; do
		[ "$(grep -c "$d: " err.log)" -le 48 ] ||
			fail "the log of $d has no end"
	done
done
