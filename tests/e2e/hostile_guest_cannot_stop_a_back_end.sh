#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver that takes pages back from under a card that passt serves by vhost-user:
# passt ends of it or goes on, the card says what is wrong in one line each, and
# is served again once it was reset; nothing of passt is left.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
chmod 666 /dev/kvm
# shellcheck disable=SC3045 # busybox has it
ulimit -l unlimited
trap 'ip link del dummy7' EXIT
route_out
chmod 777 .

rc=0
as_user "$LKVM" run -m 64 --window=4M --rng -n passt,vhost=on -p mode=taken \
	--loglevel=debug "$GUEST/vhostile.flat" </dev/null >out.log 2>&1 || rc=$?
cat out.log
[ $rc -eq 114 ] || fail "exit $rc instead of 114"
expect_out '^devices: 0*2' '^unharmed'
expect_no_out FAILED
lines=$(grep -c 'warning: vunet0: passt ' out.log)
[ "$lines" -ge 3 ] || fail "$lines lines"
[ "$lines" -le 32 ] || fail "the log has no end"
[ -z "$(helpers passt)" ] || fail "passt is still there"
