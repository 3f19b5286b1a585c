#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# stop presses the guest's power key, and kills one that does not care; pause
# stops its vCPUs; sysrqs arrive; clients that send noise harm nobody.
# timeout: 240
. /tests/e2e/lib.sh

ended() # ended CODE: $pid did, with that
{
	rc=0
	wait "$pid" || rc=$?
	[ $rc -eq "$1" ] || fail "exit $rc instead of $1"
}
said() # said PATTERN: the guest did
{
	grep -q "$1" guest.log
}

# Noise, and clients that say nothing
"$LKVM" run -m 64 --name crowd "$GUEST/idle.flat" </dev/null >guest.log 2>&1 &
crowd=$!
wait_for 60 said idle
before=$(nr_fds $crowd)
socket=/run/lkvm-pvm/crowd.sock
for _ in 1 2 3; do
	head -c 20000 /dev/urandom | sockcat $socket >>noise.log 2>&1 || true
done
grep -q 'a JSON object' noise.log || fail "noise was not refused"
mkfifo silent
exec 9<>silent
for _ in $(seq 40); do
	sockcat $socket <silent >>crowd.log 2>&1 &
done
refused_one()
{
	grep -q 'too many ask' crowd.log
}
wait_for 60 refused_one

# The power key, of either kind of VM; a paused one is resumed first
guest_script <<'END'
exec 3</dev/input/event0
echo watching
dd of=/tmp/event bs=24 count=1 <&3 2>/dev/null
hexdump -e '/2 "%d "' -s 16 -n 4 /tmp/event
echo
echo PRESSED
drain
poweroff -f
END
for protected in on off; do
	rm -f guest.log
	boot_script -c 2 --name guest --protected=$protected </dev/null \
		>guest.log 2>&1 &
	pid=$!
	wait_for 60 said watching
	[ $protected = off ] || expect_rc 0 "$LKVM" pause guest
	expect_rc 0 "$LKVM" stop --timeout=120 guest
	expect_out '^lkvm-pvm: guest: guest: powered off'
	ended 0
	said PRESSED || fail "no key"
	said '^1 116 ' || fail "another key"
done

# One that prints for ever: paused it does not, and it does not care for keys
guest_script <<'END'
i=0
while :; do
	i=$((i + 1))
	echo "tick $i"
	sleep 0.05
done
END
rm -f guest.log
boot_script -c 2 --name guest </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said 'tick 5'
expect_rc 0 "$LKVM" pause guest
expect_rc 0 "$LKVM" pause guest
"$LKVM" list | grep -q '^guest .* paused ' || fail "not paused"
sleep 1 # what was printed before is written out
before=$(wc -c <guest.log)
sleep 1
[ "$(wc -c <guest.log)" -eq "$before" ] || fail "it went on"
expect_rc 0 "$LKVM" resume guest
expect_rc 0 "$LKVM" resume guest
more()
{
	[ "$(wc -c <guest.log)" -gt "$before" ]
}
wait_for 60 more
expect_rc 0 "$LKVM" pause guest
expect_rc 124 "$LKVM" stop --timeout=1 guest
expect_out 'guest did not react in 1 s, killed' \
	'user: killed it: the guest did not react in 1 s'
ended 143

# sysrq: on hvc0 help, then a reset; on the UART a break and the key
rm -f guest.log
boot_script --name guest --console=virtio -p console=hvc0 </dev/null \
	>guest.log 2>&1 &
pid=$!
wait_for 60 said 'tick 5'
expect_rc 0 "$LKVM" debug guest --sysrq h
wait_for 60 said 'sysrq: HELP'
expect_rc 0 "$LKVM" debug -n guest -s b
ended 110
guest_script <<'END'
stty raw -echo -ignbrk -brkint parmrk
echo listening
dd bs=1 count=4 2>/dev/null | hexdump -v -e '/1 "%02x "'
END
rm -f guest.log
boot_script --name guest </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said listening
expect_rc 0 "$LKVM" debug guest --sysrq h
ended 0
said 'ff 00 00 68' || fail "no break and key"

# The silent ones of the beginning were hung up on
pid=$crowd
wait_for 60 "$LKVM" stat crowd
fewer()
{
	[ "$(nr_fds $pid)" -le "$before" ]
}
wait_for 60 fewer
expect_rc 0 "$LKVM" stop --force crowd
expect_out 'user: ended it with lkvm-pvm stop --force'
ended 143
rm -f guest.log
"$LKVM" run -m 64 --name guest "$GUEST/idle.flat" </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 said idle
expect_rc 124 "$LKVM" stop --timeout=0 guest
expect_out 'no driver for its power key' 'did not react in 0 s, killed'
ended 143
