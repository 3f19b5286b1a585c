#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Ctrl-a x leaves, Ctrl-a h helps, Ctrl-a a is Ctrl-a, Ctrl-c is the guest's.
. /tests/e2e/lib.sh

# The job that speaks is the one that is interrupted: nobody's otherwise
expect_rc 130 ptyrun 'wait=# ' 'send=(echo G$((1+1)); exec sleep 999)\r' \
	wait=G2 'send=\x03' 'wait=# ' \
	'send=echo $((1 + 1))00\r' 'wait=200' 'send=\x01h' 'wait=Ctrl-a x' \
	'send=\x01x' -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -p quiet
expect_no_out 'terminal not restored'
