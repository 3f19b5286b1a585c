#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that prints nothing: where it is, and the likely cause.
. /tests/e2e/lib.sh

for payload in silent vectors; do
	expect_rc 143 ptyrun sleep=1500 signal=15 -- \
		"$LKVM" run --loglevel=info "$GUEST/$payload.flat"
	expect_out 'PC 0x' 'printed nothing' 'likely cause'
done
expect_out 'before it had set up its vectors'
