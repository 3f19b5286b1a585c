#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: default
# timeout: 120
# A guest takes a page of the window back: each way to touch it answers as
# HACKING.md's table says, the page keeps what the guest put there, and copies
# in the middle of it fail and go on. "?": nobody to share pages with.
. /tests/e2e/lib.sh

expect_rc 0 /tests/bin/revoke on "$GUEST/revoke.flat"
expect_out '^abBcCd$' '^hammer: some done, some lost$'
expect_no_out 'instead of'
expect_rc 0 /tests/bin/revoke off "$GUEST/revoke.flat"
expect_out '^[?]$'
