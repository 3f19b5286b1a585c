#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec in a kernel without the virtio console goes over the serial port, the streams
# still apart and byte for byte; without that, too, the verdict names all. An init
# that is another, or makes no sense, is bounded and named.
# timeout: 200
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
no_port=initcall_blacklist=virtio_console_init
verdict() # verdict PATTERN: what the last one says
{
	grep -q -- "$1" verdict.json || fail "verdict: $(cat verdict.json)"
}

# A guest that stands still without our init is not waited for for ever.
"$LKVM" exec -k "$GUEST/idle.flat" -m 64 --verdict still.json -- true \
	</dev/null >still.log 2>&1 &
still=$!

# Kernel messages, and programs that print on the console, come in between.
{
	printf '\020ab\n\r\000\377\003\021\023'
	head -c 3000 /dev/urandom
} >in
rc=0
"$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 128 -p "$no_port" --loglevel=info \
	--verdict verdict.json --console-log console.log -- sh -c \
	'tee /dev/stderr; echo "<2>kernel" >/dev/kmsg; echo program >/dev/console
	echo end; exit 5' <in >out 2>err || rc=$?
[ $rc -eq 5 ] || fail "exit $rc: $(tail -c 500 err | tr -cd ' -~\n')"
verdict '"code":5,.*"ran":true,"channel":"serial"'
size=$(wc -c <in)
head -c "$size" out | cmp in - || fail "standard output is something else"
[ "$(tail -c +$((size + 1)) out)" = end ] || fail "the rest of it is, too"
grep -aq 'lkvm-pvm: exec: over the serial port, since the guest has no virtio' err ||
	fail "not explained: $(head -c 300 err)"
# our own lines are on that stream, too
grep -av '^lkvm-pvm: ' err >clean || true
[ "$(wc -c <clean)" -ge "$((size - 100))" ] || fail "standard error is short"
grep -q 'program' console.log || fail "the console's log: $(cat console.log)"
! grep -q '[A-Za-z0-9+/]\{100\}' console.log || fail "lines of ours are in it"

# None
rc=0
"$LKVM" exec --bisect -k "$IMAGE" -i "$INITRD" -m 128 --verdict verdict.json \
	-p "$no_port,of_platform_serial_driver_init" -- true </dev/null 2>err || rc=$?
[ $rc -eq 125 ] || fail "no way: exit $rc: $(cat err)"
verdict '"code":125,"origin":"vmm","reason":"exec: .*could be reached: .*CONFIG_VIRTIO_CONSOLE.*CONFIG_VIRTIO_VSOCKETS.*CONFIG_SERIAL_8250'

# Somebody writes lines on it that are none of the init's
rc=0
"$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 128 -p "$no_port" --verdict verdict.json \
	-- sh -c 'printf "\020AAAA\n" >/dev/ttyS0; echo more; sleep 1000' </dev/null \
	>out 2>err || rc=$?
[ $rc -eq 111 ] || fail "exit $rc: $(cat err)"
verdict 'makes no sense: a gap in its lines on the serial port'

hostile() # hostile CODE PATTERN: impostor's
{
	rc=0
	"$LKVM" exec -k "$SMALL" -i "$INITRD" -i script.cpio -m 64 -p "quiet $IMPOSTOR" \
		--verdict verdict.json --timeout 100 -- true </dev/null 2>err || rc=$?
	[ $rc -eq "$1" ] || fail "exit $rc: $(cat err)"
	verdict "$2"
}
impostor <<'END'
yes >/dev/vport0p0
sleep 1000
END
hostile 111 'init in the guest makes no sense: a frame of no known kind'
impostor <<'END'
drain
poweroff -f
END
hostile 125 '"origin":"vmm","reason":"exec: the guest powered off before its init could be reached.*"channel":"none"'
expect_rc 124 "$LKVM" exec -k "$GUEST/idle.flat" -m 64 --timeout 2 -- true
expect_out "exec's init was not reached"
rc=0
wait $still || rc=$?
[ $rc -eq 113 ] || fail "exit $rc: $(cat still.log)"
grep -q 'hung: nothing happened in it for .*init was not reached' still.json ||
	fail "$(cat still.json)"
