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
	{
		echo "$long 1"
		sleep 1
	} | timeout 2 "$LKVM" console kept >first.log 2>&1 || true
	{
		echo "$long 2"
		sleep 1
	} | timeout 2 "$LKVM" console kept >second.log 2>&1 || true
	expect_rc 0 "$LKVM" resume kept
	wait_for 60 said "GOT<$long 1><$long 2>"
	wait $pid || fail "exit $?"
done
