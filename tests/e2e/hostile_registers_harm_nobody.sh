#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that means harm, life after life: fds, threads and memory stay as
# they are, what it did is named a bounded number of times, SIGTERM ends it.
# timeout: 330
. /tests/e2e/lib.sh

payload=hostile_pci
LIFE='noise made'
noisy()
{
	rm -f out.log err.log
	"$LKVM" run -m 64 --window=4M --rng --on-reset=restart "$@" \
		"$GUEST/$payload.flat" </dev/null >out.log 2>err.log &
	pid=$!
	lives_do_not_add_up 12 4 2 4096 4096
	echo "$*: $(wc -l <err.log) lines"
	expect_no_out FAILED
	grep -q 'rng0: ' err.log || fail "nothing was named"
	[ "$(grep -c 'rng0: ' err.log)" -le 32 ] || fail "the log has no end"
}
noisy
noisy --irqchip gicv3
noisy --irqchip gicv3-v2m
noisy --protected=off
payload=hostile_mmio
dd if=/dev/urandom of=disk.img bs=65536 count=16 2>/dev/null
noisy --virtio-transport=mmio -d disk.img
noisy --virtio-transport=mmio --protected=off
