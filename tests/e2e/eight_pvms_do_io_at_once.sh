#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Eight small pVMs at once, each with disks and random numbers of its own: each
# reads and writes its bytes and nobody else's.
# timeout: 400
. /tests/e2e/lib.sh

on_ext4 100
guest_script <<'EOF'
head -c 256 /dev/hwrng | wc -c
dd if=/dev/vda of=/dev/vdb bs=64k conv=fsync 2>/dev/null
echo 3 >/proc/sys/vm/drop_caches
sha256sum /dev/vdb
EOF
pids=
for n in 1 2 3 4 5 6 7 8; do
	image ext4/$n.img 4
	truncate -s 4M ext4/$n.copy
	MEM=64 boot_script --rng -d ext4/$n.img -d ext4/$n.copy \
		</dev/null >$n.log 2>&1 &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || fail "exit $?"
done
for n in 1 2 3 4 5 6 7 8; do
	sum=$(sha256sum <ext4/$n.img | cut -d' ' -f1)
	cp $n.log out.log
	expect_out "$sum  /dev/vdb" '^256' SCRIPT-DONE
	cmp ext4/$n.img ext4/$n.copy || fail "$n: another copy"
done
[ "$(nr_vms)" -eq 0 ] || fail "$(nr_vms) VMs are left"
