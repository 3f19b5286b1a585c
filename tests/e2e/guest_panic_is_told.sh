#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that panics and reboots at once ends with a failure, its last words
# shown; one that panics and stays can be ended.
. /tests/e2e/lib.sh

CMD='echo c >/proc/sysrq-trigger'
run_rc boot -p panic=-1
[ "$rc" -ge 110 ] && [ "$rc" -le 112 ] || fail "exit $rc"
expect_out 'Kernel panic'
expect_rc 143 ptyrun 'wait=end Kernel panic' signal=15 -- \
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -c 2 \
	-p 'quiet lkvm.run="echo c >/proc/sysrq-trigger"'
