#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: debian
# timeout: 240
# The selftest passes on Debian's stock kernel, and nothing differs there.
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" selftest
cat out.log
expect_out '^# Totals: pass:[1-9][0-9]* fail:0 xfail:0 skip:'
