#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Named VMs: list, stat and wait find them; two of one name are refused; what a
# killed one leaves is cleaned.
# timeout: 120
. /tests/e2e/lib.sh

unset XDG_RUNTIME_DIR
sockets=/run/lkvm-pvm
listed()
{
	"$LKVM" list | grep -Eq "^$1"
}
start() # start NAME LOG OPTION…: $pid; it is listed
{
	name=$1
	log=$2
	shift 2
	"$LKVM" run -m 64 --name "$name" "$@" </dev/null >"$log" 2>&1 &
	pid=$!
	wait_for 60 listed "$name +running +$pid +1 +64 MiB +00:00:[0-9]+$"
}

left() # left NAME: nobody is at its socket any more
{
	[ "$(grep -c "$sockets/$1.sock\$" /proc/net/unix)" -eq 1 ]
}
connected() # connected PID: somebody is at its socket
{
	[ "$(nr_fds "$1")" -gt "$fds" ]
}

[ -z "$("$LKVM" list)" ] || fail "something is listed"
start one.a-1 one.log "$GUEST/idle.flat"
one=$pid
mkfifo events
sleep 200 <>events & # keeps both ends open, and reads nothing
keeper=$!
dd if=/dev/zero of=events bs=4096 count=16 2>/dev/null
start two two.log "$GUEST/idle.flat" --events events --verdict two.json
two=$pid
refused 'name two: a VM of this name is running' \
	"$LKVM" run -m 64 --name two "$GUEST/idle.flat"
refused "name 'a/b': a name has up to 63 letters" \
	"$LKVM" run --name a/b "$GUEST/idle.flat"
refused "no VM 'three' is running: no socket of it in $sockets;" \
	"$LKVM" stat three
# root finds what has no XDG_RUNTIME_DIR, as services, from where it has one
mkdir -m 700 session
XDG_RUNTIME_DIR=$PWD/session expect_rc 0 "$LKVM" list
expect_out '^one.a-1 ' '^two '
XDG_RUNTIME_DIR=$PWD/session expect_rc 0 "$LKVM" stat two
XDG_RUNTIME_DIR=$PWD/session refused \
	"in $PWD/session/lkvm-pvm or $sockets;" "$LKVM" stat three
[ "$(stat -c %a $sockets)" = 700 ] || fail "mode of $sockets"

expect_rc 0 "$LKVM" stat two
expect_out '^state +running$' "^pid +$two$" '^protected +yes$' \
	'^guest memory +64 MiB$' '^locked +[0-9.]+ [KM]iB$' '^Rss +[0-9]'
expect_rc 0 "$LKVM" list --json
expect_out '"name": "two"' "\"pid\": $one" '"state": "running"'

# wait: the VM's own code and reason, at its end, its files complete
expect_rc 124 "$LKVM" wait --timeout=0 two
expect_out "'two' still runs after 0 s"
wait_for 60 left two
fds=$(nr_fds $two)
"$LKVM" wait two >wait.log 2>&1 &
waiter=$!
wait_for 60 connected $two
kill -TERM $two
rc=0
wait $waiter || rc=$?
grep -q '"code":143,' two.json || fail "told before the verdict is written"
kill $keeper
[ $rc -eq 143 ] || fail "wait: $rc"
grep -q '^lkvm-pvm: two: user: ended it with SIGTERM' wait.log || fail "reason"
wait $two || true
[ ! -e $sockets/two.sock ] || fail "its socket is left"

# killed: wait says that it does not know, list cleans, the name is free
wait_for 60 left one.a-1
fds=$(nr_fds $one)
"$LKVM" wait one.a-1 >wait.log 2>&1 &
waiter=$!
wait_for 60 connected $one
kill -KILL $one
wait $one || true
rc=0
wait $waiter || rc=$?
[ $rc -eq 125 ] || fail "wait: $rc"
[ -e $sockets/one.a-1.sock ] || fail "nothing to clean"
[ -z "$("$LKVM" list)" ] || fail "something is listed"
[ ! -e $sockets/one.a-1.sock ] || fail "not cleaned"
start one.a-1 one.log "$GUEST/idle.flat"
kill -KILL "$pid"
wait "$pid" || true
start one.a-1 one.log "$GUEST/idle.flat"
kill -TERM "$pid"
wait "$pid" || true

# Without a name; nobody else gets at it, and a private directory is demanded
"$LKVM" run -m 64 "$GUEST/idle.flat" </dev/null >one.log 2>&1 &
pid=$!
wait_for 60 listed "guest-$pid "
socket=$sockets/guest-$pid.sock
request='{"v":1,"do":"stat"}'
echo "$request" | sockcat "$socket" | grep -q '"ok":true' || fail "no answer"
rc=0
echo "$request" | as_user sockcat "$socket" >out.log 2>&1 || rc=$?
[ $rc -eq 2 ] || fail "another user got in: $rc"
chmod 755 $sockets
chmod 777 "$socket"
echo "$request" | as_user sockcat "$socket" >out.log 2>&1 || true
expect_out "this VM is another user's"
expect_no_out pid
refused 'can be entered by others .mode 755.: chmod 700' "$LKVM" list
chmod 700 $sockets
kill -TERM "$pid"
wait "$pid" || true

# Places: a user's own, and one that somebody else has made
mkdir -m 777 run
XDG_RUNTIME_DIR=$PWD/run as_user "$LKVM" run -m 64 --protected=off \
	--name mine "$GUEST/hello.flat" </dev/null >user.log 2>&1 || true
[ "$(stat -c '%U %a' run/lkvm-pvm)" = 'user 700' ] || fail "not the user's"
XDG_RUNTIME_DIR=$PWD/run refused 'belongs to user 1000, not to you' \
	"$LKVM" run -m 64 --name mine "$GUEST/hello.flat"
XDG_RUNTIME_DIR=$PWD/run expect_rc 0 "$LKVM" run -m 64 "$GUEST/hello.flat"
expect_out 'no control socket: .* belongs to user 1000' 'going on without it'
