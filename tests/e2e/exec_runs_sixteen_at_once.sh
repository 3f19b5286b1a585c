#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sixteen exec runs in one host, all of them there at the same time: names, CIDs,
# files and streams are each one's own, and nothing of them is left.
# timeout: 800
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
all=$(seq 1 16)
left() # what VMs may leave behind
{
	find /tmp /run /dev/shm -path "$TMPDIR" -prune -o -print 2>/dev/null |
		grep -vx /run/lkvm-pvm | sort
}
ready()
{
	[ "$(cat out.* | grep -c '^ready ')" -eq 16 ]
}

left >before
# Both ends of what each reads are open for as long as it runs.
for i in $all; do
	mkfifo "in.$i"
	"$LKVM" exec --loglevel=info -k "$SMALL" -i "$INITRD" -m 64 \
		--vsock cid=auto --verdict "verdict.$i" -- sh -c \
		'echo "ready $1"; read -r word; echo "$word $1" >&2; exit "$1"' \
		sh "$i" <>"in.$i" >"out.$i" 2>"err.$i" &
	echo $! >"pid.$i"
done
wait_for 700 ready
"$LKVM" list >list.log
for i in $all; do
	grep -Eq "^guest-$(cat "pid.$i") +running" list.log ||
		fail "$i is not listed: $(cat list.log)"
done
cids=$(sed -n "s/.*the guest's CID is //p" err.* | sort -u | wc -l)
[ "$cids" -eq 16 ] || fail "$cids CIDs"
for i in $all; do
	echo "word$i" >"in.$i"
done
for i in $all; do
	rc=0
	wait "$(cat "pid.$i")" || rc=$?
	[ $rc -eq "$i" ] || fail "$i: exit $rc: $(cat "err.$i")"
	[ "$(cat "out.$i")" = "ready $i" ] || fail "$i: out: $(cat "out.$i")"
	[ "$(grep -v '^lkvm-pvm: ' "err.$i")" = "word$i $i" ] ||
		fail "$i: err: $(cat "err.$i")"
	grep -q "\"code\":$i,.*\"ran\":true" "verdict.$i" || fail "$i: verdict"
done
left >after
cmp before after || fail "left: $(diff before after)"
