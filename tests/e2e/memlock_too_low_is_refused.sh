#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The first thing every user meets: 8 MiB. Need, limit and remedies are named.
. /tests/e2e/lib.sh

ulimit -l 8192
expect_rc 125 as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 256
expect_out 'RLIMIT_MEMLOCK is 8192 KiB' 'needs 26[0-9]{4} KiB' \
	'ulimit -l 26[0-9]{4}' 'limits.(d|conf)' 'LimitMEMLOCK=' 'memlock=lazy'
# root has CAP_IPC_LOCK: no limit
expect_rc 0 "$LKVM" run "$GUEST/hello.flat"
# an ordinary VM pins nothing
expect_rc 0 as_user "$LKVM" run --protected=off -m 256 "$GUEST/hello.flat"
