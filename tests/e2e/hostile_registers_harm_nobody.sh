#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that means harm, life after life: fds, threads and memory stay as
# they are, what it did is named a bounded number of times, SIGTERM ends it.
# timeout: 330
. /tests/e2e/lib.sh

LIVES=12
payload=hostile_pci
noisy()
{
	"$LKVM" run -m 64 --rng --on-reset=restart "$@" \
		"$GUEST/$payload.flat" </dev/null >out.log 2>err.log &
	pid=$!
	wait_for 60 lives 2
	early=$(most)
	wait_for 100 lives $LIVES
	late=$(most)
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	echo "$*: early: $early, late: $late (fds, threads, VmRSS);" \
		"$(wc -l <err.log) lines"
	[ $rc -eq 143 ] || fail "exit $rc"
	echo "$early $late" |
		awk '{ exit !($4 <= $1 + 4 && $5 <= $2 + 2 && $6 <= $3 + 4096) }' ||
		fail "it grew"
	expect_no_out FAILED
	grep -q 'rng0: ' err.log || fail "nothing was named"
	[ "$(grep -c 'rng0: ' err.log)" -le 32 ] || fail "the log has no end"
}
lives()
{
	[ "$(grep -c 'noise made' out.log)" -ge "$1" ]
}
# most: between two lives there is less, so the largest of several samples
most()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo "$(nr_fds $pid) $(nr_threads $pid)" \
			"$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)"
		sleep 0.1
	done | awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1], m[2], m[3] }'
}
noisy
noisy --irqchip gicv3
noisy --protected=off
payload=hostile_mmio
dd if=/dev/urandom of=disk.img bs=65536 count=16 2>/dev/null
noisy --virtio-transport=mmio -d disk.img
noisy --virtio-transport=mmio --protected=off
