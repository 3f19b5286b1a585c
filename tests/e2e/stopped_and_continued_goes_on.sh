#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# SIGSTOP and SIGCONT: the guest and the terminal go on where they were.
. /tests/e2e/lib.sh

expect_rc 0 ptyrun 'wait=# ' signal=19 sleep=1000 signal=18 sleep=500 \
	'send=echo $((20 + 3))00\r' wait=2300 'send=poweroff\r' -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -c 2 -p quiet
