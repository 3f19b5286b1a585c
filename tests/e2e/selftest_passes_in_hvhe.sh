#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: hvhe
# timeout: 240
# The selftest passes where the hypervisor runs with VHE (hVHE), all of it, and no
# bug of an emulator is an excuse.
. /tests/e2e/lib.sh

dmesg | grep -q 'Protected hVHE mode initialized' || fail "no hVHE"
echo 2 >/proc/sys/vm/nr_hugepages
on_ext4 16
cd ext4
expect_rc 0 "$LKVM" selftest --no-quirks
cat out.log
expect_out '^# pKVM: hVHE, ' '^# Totals: pass:[1-9][0-9]* fail:0 xfail:0 skip:'
cd ..
echo 0 >/proc/sys/vm/nr_hugepages
