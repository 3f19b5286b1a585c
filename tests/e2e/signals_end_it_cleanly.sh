#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# SIGTERM, SIGINT, SIGHUP, SIGQUIT: exit 128 + number, memory given back.
# timeout: 180
. /tests/e2e/lib.sh

for signal in 15:TERM 2:INT 1:HUP 3:QUIT; do
	# as a background job of sh it would ignore INT and QUIT
	expect_rc $((128 + ${signal%:*})) ptyrun 'wait=GUEST: ready' \
		signal="${signal%:*}" -- "$LKVM" run -k "$IMAGE" -i "$INITRD" \
		-m 128 -c 2 -p 'quiet lkvm.run="sleep 1000"'
	[ "$(nr_vms)" -eq 0 ] || fail "$signal: a VM is left"
done
