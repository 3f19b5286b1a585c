#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

CMD='nproc; free -m; uname -m'
expect_rc 0 boot
expect_out 'GUEST: exit 0' '^1.?$' 'aarch64'
expect_rc 0 boot -c 1 --irqchip gicv3
expect_out 'GUEST: exit 0'
