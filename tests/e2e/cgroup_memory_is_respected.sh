#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Pinned pages cannot be swapped: a cgroup's memory.max bounds -m.
. /tests/e2e/lib.sh

echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p /sys/fs/cgroup/small
trap 'rmdir /sys/fs/cgroup/small' EXIT
echo 100M >/sys/fs/cgroup/small/memory.max
in_small()
{
	sh -c 'echo 0 >/sys/fs/cgroup/small/cgroup.procs; exec "$@"' sh "$@"
}
refused '-m 256.*(memory.max|cgroup)' in_small "$LKVM" run -m 256 \
	"$GUEST/hello.flat"
expect_rc 0 in_small "$LKVM" run -m 64 "$GUEST/hello.flat"
