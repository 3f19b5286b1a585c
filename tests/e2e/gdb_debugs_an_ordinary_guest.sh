#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --gdb: a debugger sees an ordinary guest's registers and memory, stops it before
# its first instruction, at breakpoints of both kinds, at accesses it watches, after
# a step and by Ctrl-C, of a payload and of Linux, by its virtual addresses; no step
# of Linux ends in an interrupt, and the CPU's breakpoints are there after a reset.
# timeout: 180
. /tests/e2e/lib.sh

said()
{
	grep -Eq -- "$1" guest.log
}
# The debugger is a socket with a file behind it: what came is in gdb.log
nr_replies()
{
	tr -d -c '#' <gdb.log | wc -c
}
has_replies()
{
	[ "$(nr_replies)" -ge "$1" ]
}
# ask PACKET: $reply is its answer (without acknowledgements sums do not count)
ask()
{
	want=$(($(nr_replies) + 1))
	printf '$%s#00' "$1" >&9
	wait_for 60 has_replies $want
	reply=$(tr '#' '\n' <gdb.log | sed -n "${want}s/.*\\$//p")
}
expect() # expect PACKET PATTERN
{
	ask "$1"
	echo "$reply" | grep -Eqx -- "$2" || fail "$1: $reply instead of $2"
}
connect() # connect COMMAND: that talks to it
{
	rm -f to gdb.log
	mkfifo to
	exec 9<>to
	: >gdb.log
	"$@" <to >gdb.log 2>&1 9>&- &
	peer=$!
	printf '$QStartNoAckMode#b0' >&9
	wait_for 60 has_replies 1
}
# There is one debugger at a time: the next is one too many until this is gone
disconnect()
{
	exec 9>&-
	wait $peer || true
}
# swapped HEX: a register's bytes
swapped()
{
	echo "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)\(..\)/\8\7\6\5\4\3\2\1/'
}

refused 'debug it with --protected=off' \
	"$LKVM" run -m 64 --gdb 1234 "$GUEST/idle.flat"
refused 'a port of 127.0.0.1' \
	"$LKVM" run -m 64 --gdb 0 --protected=off "$GUEST/idle.flat"

# Where the second vCPU's loop is: ldr x1, [x0]; add x1, x1, #1; str x1, [x0]
words=$(hexdump -v -e '1/4 "%08x\n"' "$GUEST/reclaimed.flat")
line=$(echo "$words" | grep -n -A 1 f9400001 | grep 91000421 | cut -d- -f 1)
loop=$((0x80080000 + ((line - 2) * 4)))
hex()
{
	printf '%x' "$1"
}
"$LKVM" run -m 64 -c 2 --protected=off --name guest --gdb ./gdb.sock --gdb-wait \
	"$GUEST/reclaimed.flat" </dev/null >guest.log 2>&1 &
pid=$!
wait_for 60 listens gdb.sock
connect sockcat "$PWD/gdb.sock"
expect '?' 'T02thread:1;'
! said '^ready' || fail "it did not wait"
! grep '^Seccomp:' "/proc/$pid/task/"*/status | grep -v '2$' ||
	fail "not all threads are filtered"
expect qfThreadInfo 'm1,2'
expect p20 0000088000000000
first=$(hexdump -v -n 4 -e '1/1 "%02x"' "$GUEST/reclaimed.flat")
expect m80080000,4 "$first"
expect m70000000,4 E01

# The CPU's breakpoint, then one in memory, then a step
expect "Z1,$(hex $loop),4" OK
expect 'vCont;c' 'T05thread:2;'
expect p20 "$(swapped "00000000$(hex $loop)")"
expect "z1,$(hex $loop),4" OK
expect "Z0,$(hex $((loop + 8))),4" OK
expect 'vCont;c' 'T05thread:2;'
expect p20 "$(swapped "00000000$(hex $((loop + 8)))")"
ask p1
count=$reply
expect "z0,$(hex $((loop + 8))),4" OK
expect "m$(hex $((loop + 8))),4" 010000f9
expect 'vCont;s:2' 'T05thread:2;'
expect p20 "$(swapped "00000000$(hex $((loop + 12)))")"
expect m81400000,8 "$count"
expect M81400000,8:0000000000010000 OK
expect m81400000,8 0000000000010000

# What the loop stores, before it does, and what it loads
expect Z2,81400000,8 OK
expect 'vCont;c' 'T05watch:81400000;thread:2;'
expect p20 "$(swapped "00000000$(hex $((loop + 8)))")"
expect z2,81400000,8 OK
expect 'vCont;s:2' 'T05thread:2;'
expect Z3,81400004,1 OK
expect 'vCont;c' 'T05watch:8140000[0-4];thread:2;'
expect p20 "$(swapped "00000000$(hex $loop)")"
expect z3,81400004,1 OK
expect M81400000,8:0000000000010000 OK

# On and on, until Ctrl-C; the second vCPU may be late on a busy host
for _ in $(seq $((100 * ${PATIENCE:-1}))); do
	want=$(($(nr_replies) + 1))
	printf '$vCont;c#00' >&9
	sleep 0.1
	printf '\003' >&9
	wait_for 60 has_replies $want
	expect '?' 'T02thread:1;'
	ask m81400000,8
	[ "$reply" = 0000000000010000 ] || break
done
[ "$reply" != 0000000000010000 ] || fail "it did not run"
"$LKVM" list | grep -q '^guest ' || fail "it does not answer"

# The debugger goes: the guest runs on, and another may come
expect D OK
disconnect
connect sockcat "$PWD/gdb.sock"
expect '?' 'T02thread:1;'
printf '$k#00' >&9
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
disconnect
[ ! -e gdb.sock ] || fail "its socket is left"

# Linux, by virtual addresses, at a port: where it sets its host's name
CMD='grep T.__arm64_sys_sethostname$ /proc/kallsyms; read -r _; hostname x'
CMD="$CMD; echo named; drain; reboot -f"
mkfifo keys
exec 8<>keys
boot --protected=off --name guest --gdb 1234 --on-reset=restart <keys \
	>guest.log 2>&1 &
pid=$!
wait_for 60 said '__arm64_sys_sethostname'
at=$(sed -n 's/.*\([0-9a-f]\{16\}\) T __arm64_sys_sethostname.*/\1/p' guest.log)
connect nc 127.0.0.1 1234
expect '?' 'T02thread:1;'
ask "m$at,4"
code=$reply
[ "$code" != E01 ] || fail "no memory at $at"
expect "Z0,$at,4" OK
expect "m$at,4" 000020d4
want=$(($(nr_replies) + 1))
printf '$vCont;c#00' >&9
echo >&8
wait_for 60 has_replies $want
expect p20 "$(swapped "$at")"
expect "z0,$at,4" OK
expect "m$at,4" "$code"

# It stood still for long, so its timer's interrupt is due, and waits
ask p21
flags=$reply
expect 'vCont;s:1' 'T05thread:1;'
expect p20 "$(swapped "$(printf '%x' $((0x$at + 4)))")"
expect p21 "$flags"
! said '^named' || fail "it went on"

# After a reset Linux has no breakpoint in memory, and the CPU has
expect "Z1,$at,4" OK
want=$(($(nr_replies) + 1))
printf '$vCont;c#00' >&9
# Its init sets a name, too
wait_for 90 has_replies $want
said '^named' || fail "it did not go on"
expect p20 "$(swapped "$at")"
expect "m$at,4" "$code"
expect "z1,$at,4" OK
printf '$vCont;c#00' >&9
want=$(($(nr_replies) + 1))
"$LKVM" stop --force guest
wait_for 60 has_replies $want
tail -c 7 gdb.log | grep -q '^.W8f#' || fail "its end is not told"
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
disconnect
