#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What scripts for kvmtool pass and has no meaning here is taken silently.
. /tests/e2e/lib.sh

expect_rc 0 "$LKVM" run --protected --nodefaults --network mode=none \
	--console serial --irqchip gicv3-its --loglevel=info -m 64 \
	-k "$GUEST/hello.flat"
expect_out '!'
