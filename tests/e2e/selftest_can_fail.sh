#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# Each check fails when what it provokes is left out: no share, no fork, an
# ordinary VM. One that is skipped here is skipped either way.
. /tests/e2e/lib.sh

echo 2 >/proc/sys/vm/nr_hugepages
on_ext4 16
cd ext4
expect_rc 1 "$LKVM" selftest --leave-out
grep -v '^# [pd]' out.log
planned=$(sed -n 's/^1\.\.//p' out.log)
skipped=$(grep -c '^ok .* # SKIP ' out.log || true)
failed=$(grep -c '^not ok ' out.log)
[ "$planned" -gt 120 ] || fail "only $planned checks provoke anything"
[ $((skipped + failed)) -eq "$planned" ] || fail "a check cannot fail"
cd ..
echo 0 >/proc/sys/vm/nr_hugepages
