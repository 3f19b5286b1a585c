#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A Linux guest that uses its device and resets, 20 times: fds, threads and
# memory stay as they are.
# timeout: 400
. /tests/e2e/lib.sh

LIFE='^64'
SAMPLES=20 # a whole life: what is locked grows to its end
[ ! -e /boot/guest.Image ] || IMAGE=/boot/guest.Image
"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 64 --rng --on-reset=restart -p \
	'quiet lkvm.run="head -c 64 /dev/hwrng | wc -c; drain; sleep 0.1; reboot -f"' \
	</dev/null >out.log 2>&1 &
pid=$!
lives_do_not_add_up 21 4 2 1024 1024
