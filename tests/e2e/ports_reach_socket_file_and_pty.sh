#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --port: 1 MiB both ways through a unix socket and a pseudoterminal, and out to a
# file, of a pVM and of an ordinary VM. The guest ends at once after its last words,
# the readers get them.
# timeout: 180
. /tests/e2e/lib.sh

head -c 1048576 /dev/urandom >up.bin
CMD='grep . /sys/class/virtio-ports/*/name
exec 3<>/dev/vport0p1 4<>/dev/vport0p2 5>/dev/vport0p3
head -c 1048576 <&3 >/tmp/x; cat /tmp/x >&3
head -c 1048576 <&4 >/tmp/y; cat /tmp/y >&4
md5sum /tmp/x /tmp/y
cat /tmp/x >&5'
printf '%s\n' "$CMD" >run.sh
echo run.sh | cpio -o -H newc >run.cpio 2>/dev/null
# carries PROTECTED
carries()
{
	rm -f out.log # what to wait for
	echo before >port.out
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -i run.cpio -m 128 \
		-p quiet "--protected=$1" --port name=sock,unix=port.sock \
		--port name=tty,pty \
		--port name=file,file=port.out </dev/null >out.log 2>&1 &
	pid=$!
	wait_for 20 grep -q "port 'tty': /dev/pts/" out.log
	tty=$(sed -n "s/.*port 'tty': //p" out.log | tr -d '\r')
	[ "$(stat -c %a port.sock)" = 700 ] || fail "others may use the socket"
	/tests/bin/sockcat port.sock <up.bin >down.sock &
	client=$!
	head -c 1048576 <"$tty" >down.tty &
	reader=$!
	cat up.bin >"$tty"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || fail "exit $rc"
	wait $client || fail "the socket's client: $?"
	wait $reader || fail "the pseudoterminal's reader: $?"
	expect_out 'vport0p1/name:sock' 'vport0p2/name:tty' 'vport0p3/name:file'
	[ "$(grep -c "^$(md5sum <up.bin | cut -c1-32)" out.log)" -eq 2 ] ||
		fail "the guest read something else"
	cmp up.bin down.sock || fail "the socket's client got something else"
	cmp up.bin down.tty || fail "the pseudoterminal's reader got something else"
	{
		echo before
		cat up.bin
	} | cmp - port.out || fail "the file has something else"
	[ ! -e port.sock ] || fail "the socket is still there"
}
carries on
carries off
