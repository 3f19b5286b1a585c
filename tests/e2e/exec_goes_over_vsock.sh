#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec over a vsock connection: because it is told to, because the kernel says that
# it has no virtio console, on the user's own device. Only the guest's first
# connection to that port is the channel, and one that says nonsense, or nothing, is
# bounded and named.
# timeout: 400
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
PORT=1818981997
mkdir script
cp /tests/bin/vsock script/
(cd script && echo vsock | cpio -o -H newc) >vsock.cpio 2>/dev/null
over() # over KERNEL OPTION… -- COMMAND…: as exec; $rc, out, err, verdict.json
{
	kernel=$1
	shift
	rc=0
	"$LKVM" exec -k "$kernel" -i "$INITRD" -i vsock.cpio -m 128 \
		--verdict verdict.json --timeout 300 "$@" >out 2>err || rc=$?
}
verdict() # verdict PATTERN…
{
	for pattern; do
		grep -q -- "$pattern" verdict.json ||
			fail "verdict: $(cat verdict.json)"
	done
}

# 10 MiB each way, through all three streams at once
image in 10
over "$SMALL" -c 2 --channel=vsock -- sh -c 'tee /dev/stderr; exit 9' <in
[ $rc -eq 9 ] || fail "exit $rc: $(tail -c 300 err)"
verdict '"ran":true,"channel":"vsock"'
cmp in out || fail "standard output is something else"
cmp in err || fail "standard error is something else"

# A kernel that says so has a vsock device, and no other; every next connection to
# that port is refused, the channel goes on
cp "$SMALL" without
printf 'CONFIG_ARM_PKVM_GUEST=y\nCONFIG_VIRTIO_VSOCKETS=y\nCONFIG_SYSCTL=y\n' |
	gzip >config.gz
at=$(strings -n 8 -t d without | awk '$2 ~ /^IKCFG_ST/ && !at { print at = $1 }')
dd if=config.gz of=without bs=1 seek=$((at + 8)) conv=notrunc 2>/dev/null
over without -- sh -c "
	cat /sys/bus/virtio/devices/*/device
	for i in 1 2 3; do /vsock refused vsock:2:$PORT || echo again; done
	/vsock refused vsock:2:6000 || echo other
	cat >&2; exit 3" <<-END
	the input
END
[ $rc -eq 3 ] || fail "exit $rc: $(cat err)"
verdict '"channel":"vsock"'
[ "$(cat out)" = 0x0013 ] || fail "out: $(cat out)"
grep -qx 'the input' err || fail "err: $(cat err)"

# The user's device has it, too, when there is no port; and his own connections
/tests/bin/vsock listen unix:v.sock_6000 flow 300000 500000 &
listener=$!
over "$IMAGE" -p initcall_blacklist=virtio_console_init \
	--vsock socket=v.sock -- /vsock connect vsock:2:6000 flow 500000 300000 \
	</dev/null
[ $rc -eq 0 ] || fail "exit $rc: $(cat err)"
wait $listener || fail "its connection"
verdict '"channel":"vsock"'

# Without a driver for either: the serial port
over "$IMAGE" -p initcall_blacklist=virtio_vsock_init --channel=vsock \
	--loglevel=info -- sh -c 'exit 4' </dev/null
[ $rc -eq 4 ] || fail "exit $rc: $(cat err)"
verdict '"channel":"serial"'
grep -q 'over the serial port.*CONFIG_VIRTIO_VSOCKETS' err || fail "$(cat err)"
grep -q 'guest: the command exited with 4' err || fail "$(cat err)"

# It is nobody's port when exec has another channel, and in run
over "$SMALL" --channel=port --vsock socket=v.sock -- \
	/vsock refused vsock:2:$PORT </dev/null
[ $rc -eq 0 ] || fail "exit $rc: $(cat err)"
verdict '"channel":"port"'
CMD="/vsock refused vsock:2:$PORT && echo refused" expect_rc 0 boot \
	-i vsock.cpio --vsock socket=v.sock
expect_out '^refused'
refused '--channel=vsock: with --vsock cid=.*--vsock socket=PATH' "$LKVM" exec \
	-k "$SMALL" --vsock cid=auto --channel=vsock -- true

impostor <<END
/vsock connect vsock:2:$PORT \$WHAT
/vsock refused vsock:2:$PORT && echo refused >/dev/console
poweroff -f
END
hostile() # hostile CODE PATTERN WHAT…
{
	code=$1 pattern=$2
	shift 2
	over "$SMALL" -i script.cpio -p "quiet $IMPOSTOR \"WHAT=$*\"" --channel=vsock \
		--console-log console.log -- true </dev/null
	[ $rc -eq "$code" ] || fail "$*: exit $rc: $(cat err)"
	verdict "$pattern"
}
hostile 111 'init in the guest makes no sense: .*"channel":"none"' \
	flow 100000 0
hostile 125 'powered off before its init could be reached.*"channel":"none"' \
	flow 0 0
grep -q 'refused$' console.log || fail "a second connection: $(cat console.log)"
