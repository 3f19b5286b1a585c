#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A doorbell reaches its eventfd without an exit, and eventfds reach the guest
# as an SPI and, through the ITS, as an LPI. "?": nobody to share pages with.
. /tests/e2e/lib.sh

expect_rc 0 /tests/bin/eventfds on "$GUEST/seam.flat"
expect_out '^dsSmM$'
expect_rc 0 /tests/bin/eventfds off "$GUEST/seam.flat"
expect_out '^dsS[?]mM$'
