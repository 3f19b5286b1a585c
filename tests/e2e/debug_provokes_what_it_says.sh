#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# debug: takes pages, sets the memlock limit, stops vCPUs and shows registers, of
# VMs of run --debug alone; what then happens is what run's options say.
# timeout: 120
. /tests/e2e/lib.sh

said()
{
	grep -Eq -- "$1" guest.log
}
# start OPTION…: a guest; its process in $pid
start()
{
	rm -f guest.log
	$as "$LKVM" run --name guest "$@" </dev/null >guest.log 2>&1 &
	job=$!
}
is_up()
{
	"$LKVM" list | grep -q '^guest .* running '
}
ended() # ended CODE
{
	rc=0
	wait $job || rc=$?
	[ $rc -eq "$1" ] || fail "exit $rc instead of $1"
}
number() # number KEY: of the JSON in out.log
{
	sed -n 's/.*"'"$1"'": \([0-9]*\).*/\1/p' out.log | head -n 1
}

as=
printf '%s\n' '0000000080080000 T payload' '0000000080090000 T end' >map
start -m 64 -c 2 "$GUEST/reclaimed.flat"
wait_for 60 said '^ready'
for what in 'reclaim random' 'unplug-window-page random' 'memlock 64' \
	'stop-vcpu 0' 'start-vcpu 0' regs 'step 0' backtrace; do
	# shellcheck disable=SC2086 # several words
	refused 'started without --debug' "$LKVM" debug guest $what
done
refused 'give something it can do' "$LKVM" debug guest fly
refused 'give a guest address, or random' "$LKVM" debug guest reclaim
refused 'give the number of a vCPU' "$LKVM" debug guest step x
expect_rc 0 "$LKVM" stop --force guest
ended 143

register() # register NAME: of out.log
{
	sed -n "s/.* $1 *\(0x[0-9a-f]*\).*/\1/p" out.log
}
# The loop of the second vCPU has four instructions, one of which counts in x1
second_steps()
{
	refused 'first stop it' "$LKVM" debug guest step 1
	expect_rc 0 "$LKVM" debug guest stop-vcpu 1
	expect_rc 0 "$LKVM" debug guest step 1
	pc=$(register pc)
	count=$(register x1)
	for i in 1 2 3 4; do
		expect_rc 0 "$LKVM" debug guest step 1
		expect_out '^vCPU 1, stopped: '
		[ $i -eq 4 ] || [ "$(register pc)" != "$pc" ] ||
			fail "step $i: no step"
	done
	[ "$(register pc)" = "$pc" ] || fail "not round"
	[ $(($(register x1))) -eq $((count + 1)) ] || fail "not once"
	expect_rc 0 "$LKVM" debug guest start-vcpu 1
}

# A page is taken, and told by --on-reclaim; with inject the guest goes on
start -m 64 -c 2 --debug --vmlinux map --on-reclaim=inject \
	"$GUEST/reclaimed.flat"
wait_for 60 said '^ready'
refused 'neither RAM nor window' "$LKVM" debug guest reclaim 0x1000
refused 'not the guest.s own page' "$LKVM" debug guest reclaim 0x83fff000
refused 'no window' "$LKVM" debug guest unplug-window-page random
refused 'no vCPU of that number' "$LKVM" debug guest regs 2
refused 'without a limit' "$LKVM" debug guest memlock 64

# Held, a vCPU does nothing, and its registers stay what they are
expect_rc 0 "$LKVM" debug guest regs
expect_out '^vCPU 0: 0x8008[0-9a-f]* .payload' '^vCPU 1: 0x8008' ' x30 '
expect_rc 0 "$LKVM" debug guest stop-vcpu 1
expect_rc 0 "$LKVM" debug guest regs 1
expect_out '^vCPU 1, stopped: 0x8008'
mv out.log before.log
expect_rc 0 "$LKVM" debug guest regs 1
cmp out.log before.log || fail "it went on"
expect_rc 0 "$LKVM" debug guest start-vcpu 1
goes_on()
{
	"$LKVM" debug guest regs 1 >now.log 2>&1
	[ "$(grep ' x1 ' now.log)" != "$(grep ' x1 ' before.log)" ]
}
wait_for 60 goes_on
second_steps
expect_rc 0 "$LKVM" debug guest backtrace
expect_out '^thread [0-9]* vcpu0: ' '^thread [0-9]* lkvm-pvm: gives this answer$' \
	'    [a-z_]*\+0x'
expect_rc 0 "$LKVM" debug guest backtrace --json
expect_out '"name": "vcpu1"'
"$LKVM" list | grep -q '^guest .* running ' || fail "it does not run"

expect_rc 0 "$LKVM" debug guest reclaim 0x81000120
expect_out '^page 0x81000000: was private, is readable$'
ended 0
cp guest.log out.log
expect_out 'takes page 0x81000000 from the guest, as asked' \
	'vCPU 0: touched a page that the host had reclaimed' \
	'guest page 0x81000000, in RAM' \
	'likely cause: lkvm-pvm debug reclaim was told to take it' \
	'^abort 0000000096000010 0000000081000120 the other counts'

# Any page: of a guest that looks at its pages for ever. It may be one of its
# code, which is the end; or one it has done with
start -m 64 --debug "$GUEST/mapped.flat"
wait_for 60 said '^\.'
expect_rc 0 "$LKVM" debug guest reclaim random
expect_out '^page 0x8[0-9a-f]*: was private, is readable$'
run_rc "$LKVM" stop --force guest
wait $job || true
start -m 64 --debug --on-reclaim=kill "$GUEST/mapped.flat"
wait_for 60 said '^\.'
refused 'not the guest.s own page: it is shared' \
	"$LKVM" debug guest reclaim 0x81000000
expect_rc 0 "$LKVM" debug guest reclaim 0x81001000
ended 114

# An ordinary VM has no page of its own; its vCPUs are stepped the same
start -m 64 -c 2 --debug --protected=off "$GUEST/reclaimed.flat"
wait_for 60 said '^ready'
refused 'ordinary VM has no pages' "$LKVM" debug guest reclaim random
refused 'ordinary VM locks no memory' "$LKVM" debug guest memlock 64
second_steps
expect_rc 0 "$LKVM" stop --force guest
ended 143

# Of the window a Linux guest does not notice what it does not use; at the limit
# it is paused, and goes on with a higher one
CMD='echo MARK; read -r _; dd if=/dev/zero of=/tmp/x bs=1M count=30; echo WROTE'
mkfifo keys
exec 8<>keys
ulimit -l 200000
rm -f guest.log
as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 --name guest --debug \
	--rng -p "quiet lkvm.run=\"$CMD\"" <keys >guest.log 2>&1 &
job=$!
wait_for 60 said '^MARK'
refused 'that is not in the window' \
	as_user "$LKVM" debug guest unplug-window-page 0xffffffff000
refused 'above the hard limit' as_user "$LKVM" debug guest memlock 1G
expect_rc 0 as_user "$LKVM" debug guest memlock 4
expect_out '^locked [0-9]* KiB, limit 4096 KiB of at most 200000 KiB$'
echo >&8
wait_for 60 said 'paused: the guest reached RLIMIT_MEMLOCK'
"$LKVM" list >/dev/null
! said '^WROTE' || fail "it was not paused"
expect_rc 0 as_user "$LKVM" debug guest memlock max
expect_out 'limit 200000 KiB of at most 200000 KiB$'
ended 0
said '^WROTE' || fail "it did not go on"
said 'RLIMIT_MEMLOCK was raised: the guest goes on' || fail "not told"
