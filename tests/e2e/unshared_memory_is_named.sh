#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a guest's kernel lacks is said in one line: sharing, the pool, a shared
# ITS. A guest that used memory it had not shared ends with 114.
. /tests/e2e/lib.sh

drive()
{
	"$LKVM" run -m 64 --window=4M --rng -p "$@" "$GUEST/rng_driver.flat"
}
expect_rc 0 drive mode=shared
expect_out '^served'
expect_no_out 'rng0: '

expect_rc 114 drive mode=unshared
expect_out '^stopped' 'rng0: .*lacks CONFIG_ARM_PKVM_GUEST'
expect_rc 114 drive mode=ram
expect_out '^stopped' 'rng0: .*CONFIG_DMA_RESTRICTED_POOL'

expect_rc 0 drive mode=its
expect_out '^served' 'rng0: .*ITS does not know.*--irqchip=gicv3-v2m'

# Without protection the same window holds, and all of it is readable.
expect_rc 0 drive mode=unshared --protected=off
expect_out '^served'
expect_rc 114 drive mode=ram --protected=off
expect_rc 0 drive mode=ram --protected=off --window=off
