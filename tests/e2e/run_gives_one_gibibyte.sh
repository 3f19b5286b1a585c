#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# -m reaches the guest, which can use it: it fills 300 MiB of tmpfs.
# mem: 3072
. /tests/e2e/lib.sh

MEM=1024
CMD='grep MemTotal /proc/meminfo; mount -o remount,size=900m /tmp; dd if=/dev/zero of=/tmp/x bs=1M count=300; ls -l /tmp/x'
expect_rc 0 boot
total=$(awk '/^MemTotal/ { print $2 }' out.log)
[ "$total" -gt $((950 * 1024)) ] || fail "MemTotal $total"
expect_out '314572800'
