#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --stats: one line for each device, over all its lives, before the last line.
# timeout: 120
. /tests/e2e/lib.sh

truncate -s 4M disk.img
CMD='dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct 2>/dev/null'
expect_rc 0 boot -d disk.img --rng --stats
expect_out '^lkvm-pvm: blk0: 1[0-9][0-9] requests, [4-9][0-9]{5} bytes, ' \
	'^lkvm-pvm: blk0: .* [1-9][0-9]+ kicks, [1-9][0-9]+ interrupts, ' \
	'^lkvm-pvm: blk0: .* 4096 bytes in one buffer, 0 outside the window.?$' \
	'^lkvm-pvm: rng0: '
tail -n 1 out.log | grep -q 'powered off' || fail "not before the last line"
expect_rc 0 boot -d disk.img --virtio-transport=mmio
expect_no_out 'blk0: .* requests'

# exec, which otherwise says nothing
expect_rc 3 "$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 --rng --stats -- \
	sh -c 'exit 3'
expect_out '^lkvm-pvm: rng0: [0-9]+ requests'
expect_no_out 'the command exited'

# Of two lives
"$LKVM" run -m 64 --window=4M --rng --stats --on-reset=restart "$GUEST/hostile_pci.flat" \
	</dev/null >out.log 2>&1 &
pid=$!
lives()
{
	[ "$(grep -c 'noise made' out.log)" -ge 2 ]
}
wait_for 60 lives
kill -TERM $pid
wait $pid || true
expect_out 'rng0: .* [1-9][0-9]* outside the window'
