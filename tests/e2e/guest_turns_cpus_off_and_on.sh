#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PSCI CPU_OFF and CPU_ON while the guest runs.
. /tests/e2e/lib.sh

mkdir root
cat >root/run.sh <<'EOF'
cd /sys/devices/system/cpu
for round in 1 2 3; do
	echo 0 >cpu1/online
	echo 0 >cpu2/online
	echo "off: $(cat online)"
	echo 1 >cpu2/online
	echo 1 >cpu1/online
	echo "on: $(cat online)"
	taskset -c 1 true && taskset -c 2 true && echo "both work"
done
EOF
(cd root && find . | cpio -o -H newc 2>/dev/null) >more.cpio
expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -i more.cpio -m 128 -c 3 \
	-p quiet
[ "$(grep -c '^off: 0' out.log)" -eq 3 ] || fail "not off"
[ "$(grep -c '^on: 0-2' out.log)" -eq 3 ] || fail "not on again"
[ "$(grep -c 'both work' out.log)" -eq 3 ] || fail "they do not work"
