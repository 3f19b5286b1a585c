#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: default
# Root reads a page of a guest through /proc/PID/mem, which takes it away. The
# guest's access is told with all that is known of it, by each --on-reclaim; with
# inject the guest lives on, but not when it tries again.
# timeout: 60
. /tests/e2e/lib.sh

# The payload lies there: all its code is one "function"
printf '%s\n' '0000000080080000 T payload' '0000000080090000 T end' >map

# Those of processes that other tests killed may be there.
traces()
{
	ls /sys/kernel/tracing/instances
}
before=$(traces)

as=
# reclaim HOLD OPTION…: one life of the guest, whose page is taken
reclaim()
{
	hold=$1
	shift
	rm -f out.log
	$as "$LKVM" run -m 64 -c 2 --vmlinux map "$@" "$GUEST/reclaimed.flat" \
		</dev/null >out.log 2>&1 &
	job=$!
	wait_for 30 grep -q '^ready' out.log
	run=$(pidof lkvm-pvm)
	if [ -n "$hold" ]; then
		HOLD=1 /tests/bin/poison "$run" 1000120 >poison.log &
		wait $job && rc=0 || rc=$?
		kill $! || true
		wait $! || true
	else
		/tests/bin/poison "$run" 1000120 >poison.log
		wait $job && rc=0 || rc=$?
	fi
	cat out.log
	[ "$(cat poison.log)" = 'read 0x0' ] || fail "a page was read"
}
all_is_told()
{
	expect_out 'vCPU 0: touched a page that the host had reclaimed:' \
		'PC 0x8008[0-9a-f]* .payload\+0x[0-9a-f]+/0x10000 of map., EL1' \
		'address 0x81000120 .FAR_EL1' \
		'guest page 0x81000000, in RAM, a read .tracefs: kvm_guest_fault' \
		'page before: the guest.s own .* now: the host.s, all zeros'
}

reclaim ''
[ "$rc" -eq 114 ] || fail "exit $rc"
all_is_told
expect_out 'likely cause: unknown; /proc/PID/mem' \
	'^lkvm-pvm: guest: vCPU 0: touched a page that the host had reclaimed$'
expect_no_out '^abort'

reclaim hold --on-reclaim=inject
[ "$rc" -eq 0 ] || fail "exit $rc"
all_is_told
expect_out 'likely cause: .* poison .process [0-9]*. has /proc/[0-9]*/mem open' \
	'gets an abort for it and goes on' \
	'^abort 0000000096000010 0000000081000120 the other counts'

reclaim '' --on-reclaim=inject -p mode=again
[ "$rc" -eq 114 ] || fail "exit $rc"
expect_out 'goes on' '^abort' 'after an abort it did the same again$'

reclaim '' --on-reclaim=kill
[ "$rc" -eq 114 ] || fail "exit $rc"
expect_no_out 'likely cause' 'PC 0x' '^abort'

# A user sees no trace, but can know the page of a guest without an MMU
ulimit -l 80000
chmod 644 map
as=as_user
reclaim ''
[ "$rc" -eq 114 ] || fail "exit $rc"
expect_out 'guest page 0x81000000, in RAM .the address: the guest.s MMU is off'
as=

refused 'neither an arm64 ELF file nor a System.map' \
	"$LKVM" run --vmlinux /etc/passwd "$GUEST/hello.flat"
refused 'vmlinux: give|No such file' \
	"$LKVM" run --vmlinux nothing "$GUEST/hello.flat"
[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
[ "$(traces)" = "$before" ] || fail "a trace is left: $(traces)"
