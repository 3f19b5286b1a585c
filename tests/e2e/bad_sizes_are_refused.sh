#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sizes and counts that cannot be: one line with the numbers, exit 125.
. /tests/e2e/lib.sh

refused '[Mm]i?B|RAM' "$LKVM" run -k "$IMAGE" -m 8
refused '-m' "$LKVM" run -k "$IMAGE" -m 0
refused '-m' "$LKVM" run -k "$IMAGE" -m x
refused '-m' "$LKVM" run -k "$IMAGE" -m 99999999999999999999
refused '-m 100000' "$LKVM" run -k "$IMAGE" -m 100000
dd if=/dev/zero of=large bs=1M count=200 2>/dev/null
refused 'large|initrd' "$LKVM" run -k "$IMAGE" -i large -m 128
refused '-c|cpus|vCPU' "$LKVM" run -k "$IMAGE" -c 0
refused '-c|cpus|vCPU' "$LKVM" run -k "$IMAGE" -c 1000
refused '-c|cpus|vCPU' "$LKVM" run -k "$IMAGE" -c -1
