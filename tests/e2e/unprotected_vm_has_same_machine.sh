#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --protected=off: an ordinary VM, same layout; also kvmtool's spellings.
. /tests/e2e/lib.sh

CMD='cat /proc/iomem; ls /proc/device-tree'
expect_rc 0 boot --protected=off
sed -n 's/ *\(8000.*System RAM\).*/\1/p' out.log >off
expect_rc 0 boot
sed -n 's/ *\(8000.*System RAM\).*/\1/p' out.log >on
[ -s on ] || fail "no System RAM at 0x80000000"
cmp on off || fail "differ: $(cat on off)"
expect_rc 0 boot --protected
