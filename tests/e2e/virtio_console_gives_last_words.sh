#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A line that the guest offered right before it ended, and the device was not told
# of, still comes out.
. /tests/e2e/lib.sh

for protected in on off; do
	expect_rc 0 "$LKVM" run -m 64 --window=4M --console virtio \
		--protected=$protected \
		"$GUEST/last_words.flat"
	expect_out '^these are the last words' 'powered off'
done
