#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two VMs at once get different CIDs when they ask for one that is free; one
# that another VM has, and a host without vhost-vsock, is an error of one line.
# timeout: 60
. /tests/e2e/lib.sh

V=/tests/bin/vsock
trap 'kill $(jobs -p) 2>/dev/null || true
	[ -e /dev/vhost-vsock ] || mv vhost-vsock /dev/vhost-vsock || true' EXIT
mkdir script
cp "$V" script/vsock
echo '/vsock listen vsock:4294967295:5000 flow 1000 1000
echo SCRIPT-DONE' >script/run.sh
(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) \
	>script.cpio 2>/dev/null

cid_of()
{
	sed -n "s/.*the guest's CID is \([0-9]*\).*/\1/p" "$1"
}
for i in 1 2; do
	CMD='sh /run.sh' boot -i script.cpio --vsock cid=auto </dev/null \
		>vm$i.log 2>&1 &
	eval "vm$i=$!"
done
wait_for 10 grep -q 'CID is' vm1.log
wait_for 10 grep -q 'CID is' vm2.log
one=$(cid_of vm1.log)
two=$(cid_of vm2.log)
[ "$one" -ge 3 ] && [ "$two" -ge 3 ] && [ "$one" -ne "$two" ] ||
	fail "CIDs $one and $two"
refused "cid=$one: another VM has this CID; give another one, or auto" \
	"$LKVM" run -k "$IMAGE" -m 64 --vsock "cid=$one"
"$V" connect "vsock:$one:5000" flow 1000 1000
"$V" connect "vsock:$two:5000" flow 1000 1000
# shellcheck disable=SC2154 # set by eval
wait "$vm1" "$vm2" || fail "exit $?"
mv /dev/vhost-vsock vhost-vsock
refused 'there is no /dev/vhost-vsock: load the module' \
	"$LKVM" run -k "$IMAGE" -m 64 --vsock auto
