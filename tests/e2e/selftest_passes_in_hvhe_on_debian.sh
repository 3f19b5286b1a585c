#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: hvhe-debian
# timeout: 240
# The same on Debian's stock kernel.
. /tests/e2e/lib.sh

dmesg | grep -q 'Protected hVHE mode initialized' || fail "no hVHE"
expect_rc 0 "$LKVM" selftest --no-quirks
cat out.log
expect_out '^# pKVM: hVHE, ' '^# Totals: pass:[1-9][0-9]* fail:0 xfail:0 skip:'
