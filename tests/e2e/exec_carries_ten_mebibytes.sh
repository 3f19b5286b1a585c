#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec carries 10 MiB each way through all three streams at once, byte for byte,
# and its window is large enough.
# timeout: 300
. /tests/e2e/lib.sh

image in 10
rc=0
"$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 -c 2 --timeout 280 -- \
	sh -c 'tee /dev/stderr
		dmesg >/log && grep -q "(256 KiB) .*restricted-dma-pool" /log &&
			! grep -q "swiotlb buffer is full" /log && exit 9' \
	<in >out 2>err || rc=$?
[ $rc -eq 9 ] || fail "exit $rc: $(tail -c 300 err)"
cmp in out || fail "standard output is something else"
cmp in err || fail "standard error is something else"
