#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The terminal's size and its changes also arrive when there are other ports.
. /tests/e2e/lib.sh

expect_rc 143 ptyrun size=31x99 'wait=# ' 'send=stty size\r' 'wait=31 99' \
	'wait=# ' size=50x132 \
	'send=until stty size | grep "50 1[3]2"; do :; done\r' 'wait=50 132' \
	'wait=# ' signal=15 -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -p quiet --console virtio \
	--port name=log,file=port.out
expect_no_out 'terminal not restored' 'warning'
