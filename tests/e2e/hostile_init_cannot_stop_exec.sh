#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that speaks for exec's init on its port, and says what no init would:
# lengths, kinds, credit, an END too many, nothing at all, a flood. Each ends by a
# verdict that names it, in bounded time and memory.
# timeout: 400
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
impostor <<'EOF'
exec 3<>/dev/vport0p0
hello() { printf '\001\000\000\000\004\000\000\000\002\000\000\000' >&3; }
started() { hello; printf '\002\000\000\000\000\000\000\000' >&3; }
end() { printf '\006\000\000\000\010\000\000\000\000\000\000\000%b' "$1" >&3; }
data() { printf '\003\000\000\000%b' "$1" >&3; head -c "$2" /dev/zero >&3; }
case $ATTACK in
long) started; printf '\003\000\000\000\377\377\377\377' >&3 ;;
taken) started; printf '\005\000\000\000\004\000\000\000\377\377\377\177' >&3 ;;
early) hello; data '\005\000\000\000' 5 ;;
twice)
	started
	data '\005\000\000\000' 5
	end '\007\000\000\000'
	end '\010\000\000\000'
	hello
	yes >&3
	;;
silent) started ;;
flood) hello; cat /dev/zero >&3 ;;
esac
sleep 1000
EOF
start() # start ATTACK: its pid is in pid.ATTACK; endless input
{
	"$LKVM" exec -k "$SMALL" -i "$INITRD" -i script.cpio -m 64 \
		-p "quiet $IMPOSTOR ATTACK=$1" --verdict "verdict.$1" \
		--timeout "$2" -- true </dev/zero >"out.$1" 2>"err.$1" &
	echo $! >"pid.$1"
}

ends() # ends ATTACK CODE PATTERN
{
	rc=0
	wait "$(cat "pid.$1")" || rc=$?
	[ $rc -eq "$2" ] || fail "$1: exit $rc: $(tail -c 400 "err.$1")"
	grep -q "$3" "verdict.$1" || fail "$1: $(cat "verdict.$1")"
}

sense='"origin":"guest","reason":"exec.s init in the guest makes no sense'
# It takes no input and says nothing more: the time is what ends it.
start silent 15
for attack in long taken early twice flood; do
	start $attack $((250 * ${PATIENCE:-1}))
done
ends long 111 "$sense: more output than it had credit for"
ends taken 111 "$sense: credit for what was never sent"
ends early 111 "$sense: output of a command that does not run"
ends flood 111 "$sense: a frame of no known kind"
# What comes behind the first END counts for nothing.
ends twice 7 '"code":7,.*"the command exited with 7","ran":true'
[ "$(wc -c <out.twice)" -eq 5 ] || fail "twice: its output"

ends silent 124 '"code":124'
