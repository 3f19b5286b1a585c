#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec: the command's status, its three streams each for itself and binary-clean,
# its directory, environment and user; signals; what it left running holds nothing.
# timeout: 240
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
ex() # ex OPTION… -- COMMAND…
{
	"$LKVM" exec -k "$SMALL" -i "$INITRD" -m 64 "$@"
}

# streams ARGUMENT…: as ex; out, err, and $rc; standard input is in
streams()
{
	rc=0
	ex "$@" <in >out 2>err || rc=$?
}

is() # is CODE OUT ERR
{
	[ "$rc" -eq "$1" ] || fail "exit $rc instead of $1: $(cat err)"
	[ "$(cat out)" = "$2" ] || fail "out: $(cat out)"
	[ "$(cat err)" = "$3" ] || fail "err: $(cat err)"
}

: >in
streams --verdict verdict.json --events events.jsonl -- \
	sh -c 'echo one; echo two >&2; cat; exit 112'
is 112 one two
grep -q '"code":112,"origin":"guest","reason":"the command exited with 112","ran":true' \
	verdict.json || fail "verdict: $(cat verdict.json)"
grep -q '"event":"init-reached","by":"exec"' events.jsonl || fail "events"

# it may do well and yet not say what is waited for
streams --verdict verdict.json --expect 'no such word' -- true
[ "$rc" -eq 115 ] || fail "exit $rc: $(cat err)"
grep -q 'guest: ended without printing what --expect waits for' err ||
	fail "err: $(cat err)"
! grep '"ran"' verdict.json || fail "verdict"

# 1 MiB each way, and a stream of its own; arguments as they are
head -c 1048576 /dev/urandom >in
streams --cwd /tmp --env A='x  "y' --env B --user 7:8 -- \
	sh -c 'tee /dev/fd/2; pwd >>/tmp/x; id -u >>/tmp/x; id -g >>/tmp/x
	echo "$A$B$1$2" >>/tmp/x; cat /tmp/x >&2' sh 'a  b' ''
[ "$rc" -eq 0 ] || fail "exit $rc: $(tail -c 200 err)"
cmp in out || fail "standard output is something else"
head -c 1048576 err | cmp in - || fail "standard error is something else"
[ "$(tail -c +1048577 err | tr '\n' ,)" = '/tmp,7,8,x  "ya  b,' ] ||
	fail "the rest: $(tail -c +1048577 err)"

# killed by a signal; a daemon that keeps the streams open
: >in
streams -- sh -c 'sleep 1000 & echo bye; kill -9 $$'
is 137 bye ''

# Its reader is slow: the command ends long before its output is through. Input
# that nobody wants, and what a program left behind goes on to write, are neither
# waited for nor taken for a fault.
read_late()
{
	wait_for 60 grep gone err
	sleep 2
	cat
}

slowly() # slowly CODE SCRIPT: endless input; it is read after "gone"
{
	echo 0 >code
	: >err
	{ ex -c 2 -- sh -c "$2" || echo $? >code; } </dev/zero 2>>err |
		read_late >out
	rc=$(cat code)
	[ "$rc" -eq "$1" ] || fail "exit $rc: $(cat err)"
	[ "$(cat err)" = gone ] || fail "err: $(cat err)"
}
slowly 0 'head -c 140000; echo gone >&2'
head -c 140000 /dev/zero | cmp - out || fail "not all of its output"
slowly 3 'seq 25000; echo gone >&2; { sleep 1; yes; } & exit 3'
seq 25000 >want
head -c "$(wc -c <want)" out | cmp - want || fail "not all of its output"
slowly 4 'yes & sleep 1; echo gone >&2; exit 4'

# not there, not a program
streams -- /no/such/file
[ "$rc" -eq 127 ] || fail "exit $rc"
grep -q 'the command /no/such/file cannot be run: No such file' err ||
	fail "err: $(cat err)"
streams -- /etc/passwd
[ "$rc" -eq 126 ] || fail "exit $rc"

# what is asked for it is not there
streams --cwd /missing -- pwd
is 126 '' "lkvm-pvm: guest: exec: --cwd /missing: No such file or directory"
streams --user stranger -- id
is 126 '' "lkvm-pvm: guest: exec: --user stranger: not in the guest's /etc/passwd"

# the first SIGINT is the command's; whoever reads its output may leave
# (in the background of a script it would be ignored)
expect_rc 130 ptyrun wait=ready signal=2 wait=caught signal=2 -- "$LKVM" exec \
	-k "$SMALL" -i "$INITRD" -m 64 -- sh -c 'trap "echo caught" INT
	echo ready; while :; do sleep 0.1; done'
{ ex -- yes || echo $? >code; } <in 2>err | head -n 1 >out
[ "$(cat code)" -eq 141 ] || fail "exit $(cat code): $(cat err)"

# what it wrote goes nowhere: that is no success, whichever stream it was
rc=0
ex -- echo lost <in >/dev/full 2>err || rc=$?
[ "$rc" -eq 125 ] || fail "exit $rc: $(cat err)"
grep -q "host: the command's output could not be written: No space left" err ||
	fail "err: $(cat err)"
rc=0
ex --verdict verdict.json -- sh -c 'echo lost >&2; exit 3' <in >out \
	2>/dev/full || rc=$?
[ "$rc" -eq 125 ] || fail "exit $rc"
grep -q '"code":125,"origin":"host","reason":"the command.s output could not' verdict.json ||
	fail "verdict: $(cat verdict.json)"

# the guest ends before the command
streams -- poweroff -f
[ "$rc" -eq 111 ] || fail "exit $rc"
grep -q "guest: powered off before the command's end" err || fail "$(cat err)"
refused 'exec: -p rdinit=' ex -p rdinit=/x -- true
for user in 4294967296 4294967295 1:4294967295 1: 1x ''; do
	refused "exec: --user '$user': give a name" ex --user "$user" -- true
done
