#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --console virtio: a shell on hvc0 with keys, job control, the terminal's size
# and its changes; Ctrl-a x leaves it; the terminal is as it was.
. /tests/e2e/lib.sh

expect_rc 130 ptyrun size=31x99 'wait=# ' 'send=tty; stty size\r' \
	'wait=/dev/hvc0' 'wait=31 99' 'wait=# ' \
	size=50x132 'send=until stty size | grep "50 1[3]2"; do :; done\r' \
	'wait=50 132' 'wait=# ' \
	'send=(echo G$((1+1)); exec sleep 999)\r' wait=G2 'send=\x03' 'wait=# ' \
	'send=echo $((1 + 1))00\r' 'wait=200' \
	'send=\x01h' 'wait=Ctrl-a x' 'send=\x01x' -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -p quiet --console virtio
expect_no_out 'terminal not restored' 'warning'
