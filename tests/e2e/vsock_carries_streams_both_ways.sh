#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --vsock socket=PATH: connections from the host and from the guest carry what
# is sent, both ways at once, and one direction may end before the other; the
# socket is the user's alone and gone at the end. On virtio-mmio and in an
# ordinary VM, too. LONG=1: a gibibyte each way.
# timeout: 180
. /tests/e2e/lib.sh

V=/tests/bin/vsock
MIB=1048576
big=$((8 * MIB))
[ -z "${LONG:-}" ] || big=$((1024 * MIB))
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# guest_talks: standard input is the script of the guest, which has vsock
guest_talks()
{
	mkdir -p script
	cp "$V" script/vsock
	{
		echo 'set -eu'
		cat
		echo 'dmesg | grep "swiotlb buffer is full" || true'
		echo 'echo SCRIPT-DONE'
	} >script/run.sh
	(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) \
		>script.cpio 2>/dev/null
}

guest_talks <<END
/vsock listen vsock:4294967295:5000 flow $big $big
/vsock listen vsock:4294967295:5001 after 300000 $((2 * MIB))
/vsock connect vsock:2:6000 flow $big $big
/vsock connect vsock:2:6001 after $((2 * MIB)) 300000
/vsock connect vsock:2:6002 flow 0 $((4 * MIB))
/vsock connect vsock:2:6003 flow $((4 * MIB)) 0
END

# talk OPTION…: the host's side of that
talk()
{
	CMD='sh /run.sh' boot -i script.cpio --vsock socket=v.sock,cid=42 "$@" \
		</dev/null >out.log 2>&1 &
	pid=$!
	wait_for 10 listens v.sock
	[ "$(stat -c %a v.sock)" = 700 ] || fail "others may use the socket"
	clients=
	"$V" listen unix:v.sock_6000 flow $big $big &
	clients="$clients $!"
	"$V" listen unix:v.sock_6001 flow 300000 $((2 * MIB)) &
	clients="$clients $!"
	"$V" listen unix:v.sock_6002 flow $((4 * MIB)) 0 &
	clients="$clients $!"
	"$V" listen unix:v.sock_6003 flow 0 $((4 * MIB)) &
	clients="$clients $!"
	"$V" connect unix:v.sock:5000 flow $big $big &
	clients="$clients $!"
	"$V" connect unix:v.sock:5001 flow $((2 * MIB)) 300000 &
	clients="$clients $!"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || fail "exit $rc"
	for client in $clients; do
		wait "$client" || fail "a client on the host failed"
	done
	expect_out SCRIPT-DONE
	expect_no_out 'buffer is full' warning
	[ ! -e v.sock ] || fail "the socket is still there"
	rm -f v.sock_*
}

talk
talk --virtio-transport=mmio
talk --protected=off
