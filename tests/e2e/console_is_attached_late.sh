#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `console NAME`, on the serial port and on hvc0: what was said before, then both
# ways, with several at once and one of them stopped; keys; the VM's own exit code.
# timeout: 200
. /tests/e2e/lib.sh

[ ! -e /boot/guest.Image ] || IMAGE=/boot/guest.Image
guest_script <<'EOF'
echo EARLY-WORDS
read -r word
echo "FIRST<$word>"
read -r word
echo "SECOND<$word>"
if [ "$word" = flood ]; then
	stty -opost
	head -c 1000000 /dev/zero | tr '\000' x
	stty opost
	echo
fi
echo "AGAIN<$word>"
read -r word
echo "THIRD<$word>"
drain
reboot -f
EOF
shown() # shown FILE TEXT
{
	grep -aq -- "$2" "$1"
}

attached() # attached PATTERN OPTION…: one VM and those attached to it
{
	word=$1
	shift
	# What is waited for in them is of this call.
	rm -f run.log follow.* slow.* typed.*
	"$LKVM" run --name late -k "$IMAGE" -i "$INITRD" -i script.cpio -m 64 \
		"$@" </dev/null >run.log 2>&1 &
	pid=$!
	wait_for 100 shown run.log EARLY-WORDS
	# A pipe: shown all, types nothing. Its end of input ends nothing.
	"$LKVM" console late </dev/null >follow.out 2>follow.err &
	follower=$!
	wait_for 60 shown follow.out EARLY-WORDS
	"$LKVM" console late </dev/null >slow.out 2>slow.err &
	slow=$!
	wait_for 60 shown slow.out EARLY-WORDS
	kill -STOP $slow
	# A terminal, which is as it was when it was detached from
	expect_rc 0 ptyrun 'wait=EARLY-WORDS' 'send=hello\r' 'wait=FIRST<hello>' \
		'send=\x01h' 'wait=Ctrl-a d  detach' 'send=\x01d' \
		'wait=late: detached; it goes on' -- "$LKVM" console late
	expect_no_out 'terminal not restored'
	# A pipe that types, and says no more then
	echo "$word" | "$LKVM" console late >typed.out 2>typed.err &
	typist=$!
	wait_for 60 shown typed.out "AGAIN<$word>"
	wait_for 60 shown follow.out "AGAIN<$word>"
	kill -CONT $slow
	wait_for 60 shown slow.out "AGAIN<$word>"
	"$LKVM" list | grep -q '^late .*running' || fail "it does not run"
	# Another terminal; the VM's end is its end
	run_rc ptyrun "wait=AGAIN<$word>" 'send=third\r' 'wait=THIRD<third>' \
		'wait=late: guest: ' -- "$LKVM" console late
	[ $rc -eq 110 ] || fail "console: $rc"
	for who in $pid $follower $typist $slow; do
		rc=0
		wait "$who" || rc=$?
		[ $rc -eq 110 ] || fail "exit $rc"
	done
	shown follow.out 'THIRD<third>' || fail "no last words"
	grep -q '^lkvm-pvm: late: guest: ' follow.err || fail "no reason"
	! grep -aEq 'printed nothing|vCPU 0: PC' run.log ||
		fail "it is said to have been silent"
}

attached second -p quiet
cmp follow.out slow.out || fail "the one that was stopped saw something else"

# Nobody waits for it: what it missed it is told.
attached flood -p quiet --console virtio
shown slow.err 'bytes of its console are missing here' || fail "not told"
[ "$(wc -c <slow.out)" -lt 1000000 ] || fail "nothing is missing"
