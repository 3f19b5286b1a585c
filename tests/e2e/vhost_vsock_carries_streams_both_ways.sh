#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --vsock cid=: the host's kernel connects AF_VSOCK of host and guest. Streams go
# both ways at once and arrive as they were sent, and one direction may end
# before the other; in an ordinary VM, without an ITS and on virtio-mmio, too.
# timeout: 200
. /tests/e2e/lib.sh

V=/tests/bin/vsock
MIB=1048576
ANY=4294967295
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

mkdir script
cp "$V" script/vsock
cat >script/run.sh <<END
set -eu
/vsock listen vsock:$ANY:5000 flow $((8 * MIB)) $((8 * MIB))
/vsock listen vsock:$ANY:5001 after 300000 $((2 * MIB))
/vsock connect vsock:2:6000 flow $((8 * MIB)) $((8 * MIB))
/vsock connect vsock:2:6001 after $((2 * MIB)) 300000
/vsock connect vsock:2:6002 flow 0 $((4 * MIB))
/vsock connect vsock:2:6003 flow $((4 * MIB)) 0
dmesg | grep "swiotlb buffer is full" || true
echo SCRIPT-DONE
END
(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) \
	>script.cpio 2>/dev/null

# talk CID OPTION…: the host's side of that
talk()
{
	cid=$1
	shift
	CMD='sh /run.sh' boot -i script.cpio "$@" </dev/null >out.log 2>&1 &
	pid=$!
	clients=
	"$V" listen vsock:$ANY:6000 flow $((8 * MIB)) $((8 * MIB)) &
	clients="$clients $!"
	"$V" listen vsock:$ANY:6001 flow 300000 $((2 * MIB)) &
	clients="$clients $!"
	"$V" listen vsock:$ANY:6002 flow $((4 * MIB)) 0 &
	clients="$clients $!"
	"$V" listen vsock:$ANY:6003 flow 0 $((4 * MIB)) &
	clients="$clients $!"
	"$V" connect "vsock:$cid:5000" flow $((8 * MIB)) $((8 * MIB)) &
	clients="$clients $!"
	"$V" connect "vsock:$cid:5001" flow $((2 * MIB)) 300000 &
	clients="$clients $!"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || fail "exit $rc"
	for client in $clients; do
		wait "$client" || fail "a client on the host failed"
	done
	expect_out SCRIPT-DONE
	expect_no_out 'buffer is full' warning
}

talk 42 --vsock cid=42
talk 43 --vsock 43 --protected=off
talk 44 --vsock cid=44 --irqchip=gicv3
talk 45 --vsock cid=45 --virtio-transport=mmio
