#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What somebody types on a guest's console, and the guest does not take yet, is there
# for it when he has left, also when it printed something meanwhile.
# timeout: 120
. /tests/e2e/lib.sh

guest_script <<'EOF'
echo LISTENS
read -r one
read -r two
echo "GOT<$one><$two>"
drain
EOF
said()
{
	grep -q "$1" guest.log
}
long='a line that is longer than the sixteen bytes of the FIFO'
for pair in serial=ttyS0 virtio=hvc0; do
	console=${pair%=*} tty=${pair#*=}
	rm -f guest.log
	boot_script --name kept --console "$console" -p console="$tty" \
		</dev/null >guest.log 2>&1 &
	pid=$!
	wait_for 60 said LISTENS
	expect_rc 0 "$LKVM" pause kept
	for n in 1 2; do
		expect_rc 0 ptyrun wait=LISTENS "send=$long $n\r" 'send=\x01d' \
			'wait=kept: detached' -- "$LKVM" console kept
	done
	expect_rc 0 "$LKVM" resume kept
	wait_for 60 said "GOT<$long 1><$long 2>"
	wait $pid || fail "exit $?"
done

# How `console` ends when it is ended, and when the VM is
rm -f guest.log
"$LKVM" run -m 64 --name kept "$GUEST/idle.flat" </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said idle
"$LKVM" console kept </dev/null >first.log 2>&1 &
first=$!
"$LKVM" console kept </dev/null >second.log 2>&1 &
second=$!
shown()
{
	grep -q idle first.log && grep -q idle second.log
}
wait_for 60 shown
kill -TERM $first
kill -KILL $pid
rc=0
wait $first || rc=$?
[ $rc -eq 143 ] || fail "SIGTERM: exit $rc"
rc=0
wait $second || rc=$?
[ $rc -eq 125 ] || fail "exit $rc"
grep -q 'kept: it has ended, without a word' second.log || fail "no reason"
wait $pid || true
