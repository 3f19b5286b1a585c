#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that panics and reboots at once has reset itself, 110, its last words
# shown: the PSCI call is all that tells of it without a pvpanic device. One that
# panics and stays can be ended.
. /tests/e2e/lib.sh

CMD='echo c >/proc/sysrq-trigger'
expect_rc 110 boot -p panic=-1
expect_out 'Kernel panic' 'guest: asked for a reset'
expect_rc 143 ptyrun 'wait=end Kernel panic' signal=15 -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -c 2 \
	-p 'quiet lkvm.run="echo c >/proc/sysrq-trigger"'
