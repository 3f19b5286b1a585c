#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets a disk whose storage does not answer waits for it: what is
# typed meanwhile and what is asked does not, and the wait is told.
# timeout: 200
. /tests/e2e/lib.sh

on_ext4 64
trap 'fsfreeze --unfreeze ext4 2>/dev/null || true; off_ext4' EXIT
truncate -s 8M ext4/disk.img

# Linux resets its devices on the way down
guest_script <<'END_SCRIPT'
dd if=/dev/zero of=/dev/vda bs=16k count=1 oflag=direct 2>/dev/null &
until awk '{ exit $9 != 1 }' /sys/block/vda/stat; do
	sleep 0.1
done
reboot -f
END_SCRIPT
fsfreeze --freeze ext4
mkfifo keys
exec 8<>keys
MEM=64
boot_script --name guest -d ext4/disk.img <keys >guest.log 2>&1 &
pid=$!
wait_for 60 grep -q 'blk0: ext4/disk.img: waits for its storage (requests under way: 1)' \
	guest.log

# The serial port and the power key are devices beside the disk
patience=$((20 * ${PATIENCE:-1}))
is_running()
{
	"$LKVM" list | grep -q '^guest  *running '
}
wait_for 20 is_running
echo x >&8
sleep 1
wait_for 20 is_running
expect_rc 0 timeout $patience "$LKVM" stat guest
expect_rc 0 timeout $patience "$LKVM" debug guest --sysrq h
expect_rc 125 timeout $patience "$LKVM" pause guest
expect_out "1 of its vCPUs still wait for the host"
expect_rc 0 timeout $patience "$LKVM" resume guest

# Even its end waits: what the host's kernel has begun with is in our memory
vm=$("$LKVM" list | awk '$1 == "guest" { print $3 }')
"$LKVM" stop --timeout=0 guest >stop.log 2>&1 &
stop=$!
is_ending()
{
	grep -q futex "/proc/$vm/wchan" # it joins its vCPU
}
wait_for 20 is_ending
kill -0 $pid || fail "it ended before its storage answered"
fsfreeze --unfreeze ext4
rc=0
wait $stop || rc=$?
[ $rc -eq 124 ] || fail "stop: exit $rc: $(cat stop.log)"
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
