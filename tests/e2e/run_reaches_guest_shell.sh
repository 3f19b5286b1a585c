#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The user's first minute: a shell on a terminal, then poweroff.
. /tests/e2e/lib.sh

expect_rc 0 ptyrun 'wait=# ' 'send=echo $((6 * 7))\r' 'wait=42' \
	'send=uname -m; poweroff\r' 'wait=aarch64' -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 256 -c 2 -p quiet
expect_no_out 'terminal not restored'
