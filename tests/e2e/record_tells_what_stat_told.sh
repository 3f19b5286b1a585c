#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --record: what it holds at the end is what stat said of the idle guest, and
# report makes a page of it, with each step of the boot; also of a record whose
# writer was killed, or had no room. What is no record is refused in one line.
# timeout: 200
. /tests/e2e/lib.sh

IMAGE=/boot/guest.Image
MEM=64

# last FILE PATTERN MEMBER: its number in the last line that matches
last()
{
	grep "$2" "$1" | tail -n 1 | sed "s/.*\"$3\":\([0-9]*\).*/\1/"
}

# stat_has MEMBER: its first number in out.log, stat's JSON
stat_has()
{
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" out.log | head -n 1
}

# page PATTERN…: page.html has each
page()
{
	for pattern; do
		grep -q -- "$pattern" page.html || fail "not in the page: $pattern"
	done
}

truncate -s 4M disk.img
guest_script <<'END'
dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct 2>/dev/null
dd if=/dev/zero of=/dev/vda bs=64k count=16 oflag=direct 2>/dev/null
echo done with it
read -r _
END
boot_script -c 2 --name a -d disk.img --rng --record a.record --artifacts art \
	</dev/null >guest.log 2>&1 &
pid=$!
wait_for 90 grep -q 'done with it' guest.log
expect_rc 0 "$LKVM" stat a --json
requests=$(stat_has requests)
exits=$(stat_has exits)
locked=$(stat_has locked)
expect_rc 0 "$LKVM" stop --force a
wait $pid || true
cmp a.record art/record.jsonl || fail "--artifacts has another record"

head -n 1 a.record | grep -q '"event":"record","format":1,' || fail "no head"
tail -n 1 a.record | grep -q '"event":"exit","code":143,' || fail "no end"
[ "$requests" -gt 100 ] || fail "stat says $requests"
[ "$(last a.record '"device","device":"blk0"' requests)" -eq "$requests" ] ||
	fail "not the $requests requests of stat: $(grep blk0 a.record | tail -n 1)"
[ "$(last a.record '"event":"vcpu","vcpu":0' exits)" -ge "$exits" ] ||
	fail "fewer exits than stat says: $exits"
[ "$(last a.record '"event":"sample"' locked)" -ge "$locked" ] ||
	fail "less locked than stat says: $locked"
faults=$(last a.record '"event":"sample"' ram_faults)
[ "$faults" -gt 1000 ] || fail "page faults: $faults"
[ "$(last a.record '"event":"sample"' window_faults)" -gt 0 ] ||
	fail "no page fault in the window"
[ "$(grep -c '"event":"map-total"' a.record)" -eq 2 ] || fail "no map"
[ "$(last a.record '"map-total","region":"window"' readable)" -gt 0 ] ||
	fail "nothing is shared"
[ "$(last a.record '"map-total","region":"RAM"' private)" -gt 1000 ] ||
	fail "nothing is private"

expect_rc 0 "$LKVM" report a.record -o page.html
page 'Flight record of a<' 'protected VM' 'VM is made, guest begins' \
	'driver is ready: blk0' 'driver is ready: rng0' 'first output' \
	'<h2>Exits from the guest' '<h2>Pages at the end' 'exit code 143' \
	"data-name=\"requests\">$requests<"
! grep -Eq '<script|https?:' page.html || fail "it needs something"
"$LKVM" report - <a.record >other.html || fail "not by pipes"
cmp page.html other.html || fail "another page by pipes"

# Killed; and of an ordinary VM
"$LKVM" run -m 64 --protected=off --record b.record "$GUEST/idle.flat" \
	</dev/null >idle.log 2>&1 &
pid=$!
wait_for 60 grep -q '"event":"sample"' b.record
kill -9 $pid
wait $pid || true
expect_rc 0 "$LKVM" report b.record -o page.html
page 'No verdict' 'The record has no end' 'not protected'
# Its trace stayed behind; the next one that records removes it.
traces=/sys/kernel/tracing/instances
[ -d $traces/lkvm-pvm-$pid-record ] || fail "no trace"

# No room: one line, and the VM goes on
mkdir full
mount -t tmpfs -o size=4k tmpfs full
rc=0
"$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 64 --record full/record -- true \
	</dev/null >out.log 2>&1 || rc=$?
[ $rc -eq 0 ] || fail "a full disk: exit $rc"
! find $traces -name '*-record' | grep . || fail "traces stay"
[ "$(grep -c 'record full/record: No space left' out.log)" -eq 1 ] ||
	fail "a full disk is told otherwise"
expect_rc 0 "$LKVM" report full/record -o page.html
page 'The record has no end'
refused 'report: full/page: No space left' "$LKVM" report a.record -o full/page
umount full

# What is no record
echo '{"v":1,"ns":1,"event":"record","format":9}' >c.record
echo '{"v":1,"ns":1,"event":"created"}' >d.record
refused 'format 1.9' "$LKVM" report c.record -o page.html
refused 'has events alone' "$LKVM" report d.record -o page.html
refused 'is empty' "$LKVM" report /dev/null -o page.html
refused 'is no record' "$LKVM" report /etc/passwd -o page.html
refused 'nowhere: No such file' "$LKVM" report /nowhere -o page.html
refused 'no record; give the file' "$LKVM" report
refused 'record /nowhere/x: No such' "$LKVM" run -k "$IMAGE" --record /nowhere/x
