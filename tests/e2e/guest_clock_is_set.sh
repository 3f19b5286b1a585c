#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The PL031 gives the guest the host's time.
. /tests/e2e/lib.sh

CMD='echo NOW $(date +%s)'
expect_rc 0 boot
guest=$(sed -n 's/.*NOW \([0-9]*\).*/\1/p' out.log)
[ -n "$guest" ] || fail "no date"
away=$(($(date +%s) - guest))
[ $away -ge -2 ] && [ $away -le 60 ] || fail "$away s away"
