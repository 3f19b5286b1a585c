#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --artifacts holds the console, events, a record, the verdict, the device tree and a
# map, however a guest ends: well, by reset, crash, panic, hang, an unshared device, a
# reclaimed page, a forbidden word, time, a signal. Of a run without a VM it has the
# verdict, and nothing of the run before.
# timeout: 240
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
# whole CODE PATTERN: art has it all; the reason matches
whole()
{
	grep -Eq "^\{\"v\":1,\"code\":$1,\"origin\":\"[a-z]+\",\"reason\":\"[^\"]*$2" \
		art/verdict.json || fail "$1: verdict: $(cat art/verdict.json)"
	grep -Eq '^\[ +[0-9]+\.[0-9]{6}\] ' art/console.log ||
		fail "$1: console: $(cat art/console.log)"
	for file in events record; do
		grep -q '"event":"created"' art/$file.jsonl || fail "$1: $file"
		grep -Evc "$schema" art/$file.jsonl >count || true
		[ "$(cat count)" -eq 0 ] ||
			fail "$1: $file: $(grep -Ev "$schema" art/$file.jsonl)"
		tail -n 1 art/$file.jsonl | grep -q "\"exit\",\"code\":$1," ||
			fail "$1: $file: $(tail -n 1 art/$file.jsonl)"
	done
	grep -q '"event":"map-total","region":"RAM"' art/record.jsonl ||
		fail "$1: the record has no map"
	[ "$(head -c 4 art/guest.dtb | od -An -tx1 | tr -d ' ')" = d00dfeed ] ||
		fail "$1: guest.dtb"
	grep -q '<svg ' art/map.svg && tail -n 1 art/map.svg | grep -q '^</svg>$' ||
		fail "$1: map.svg: $(head -c 300 art/map.svg)"
	! grep -q 'RAM: .* 0 private' art/map.svg || fail "$1: nothing is the guest's"
	[ "$(find art -type f | wc -l)" -eq 6 ] || fail "$1: $(find art)"
	rm -r art
}
value='("([^"\\]|\\.)*"|-?[0-9]+|true|false)'
schema='^\{"v":1,"ns":[0-9]+,"event":"[a-z-]+"(,"[a-z_]+":'$value')*\}$'
event() # event PATTERN: art has it
{
	grep -Eq "$1" art/events.jsonl || fail "no $1: $(cat art/events.jsonl)"
}
flat() # flat CODE PAYLOAD OPTION…
{
	code=$1 payload=$2
	shift 2
	expect_rc "$code" "$LKVM" run -m 64 --artifacts art "$@" \
		"$GUEST/$payload.flat"
}

flat 0 hello
whole 0 'powered off'
flat 110 reset
event '"event":"reset","life":1\}$'
whole 110 'asked for a reset'
flat 111 undecodable --protected=off
[ "$(grep -c 'vCPU 0: PC 0x' out.log)" -ge 1 ] || fail "no report"
sed -i 's/ 0 private/ /' art/map.svg
whole 111 'vCPU 0: accessed a device with an instruction KVM cannot decode'
expect_rc 112 "$LKVM" run -k "$SMALL" -i "$INITRD" --artifacts art \
	-p 'quiet lkvm.run="echo c >/proc/sysrq-trigger"'
event '"event":"panic","by":"pvpanic","what":"sysrq triggered crash"'
grep -q 'end Kernel panic' art/console.log || fail "no last words"
whole 112 'panicked'
flat 113 idle --hang-timeout 1
whole 113 'hung: .*vCPU 0 at PC 0x'
flat 114 rng_driver --window=4M --rng -p mode=unshared
event '"event":"violation","device":"rng0",.*"what":"'
whole 114 'rng0'
flat 115 hello --fail-on .
whole 115 'printed what --fail-on forbids'
flat 124 idle --timeout 2
whole 124 '--timeout'
flat 124 idle --boot-timeout 2
whole 124 '--boot-timeout'
expect_rc 143 ptyrun wait=idle signal=15 -- \
	"$LKVM" run -m 64 --artifacts art "$GUEST/idle.flat"
whole 143 'SIGTERM'

# A page that is taken from it
"$LKVM" run -m 64 --debug --artifacts art --name victim \
	"$GUEST/mapped.flat" </dev/null >victim.log 2>&1 &
pid=$!
wait_for 60 grep -q '^\.' victim.log
expect_rc 0 "$LKVM" debug victim reclaim 0x81001000
rc=0
wait $pid || rc=$?
[ $rc -eq 114 ] || fail "exit $rc"
event '"event":"reclaimed","vcpu":0,"pc":"0x[0-9a-f]+"'
grep -q '<title>0x[0-9a-f]*: taken from the guest by force<' art/map.svg || fail "the map has no lost page"
whole 114 'host had reclaimed'

# exec, whose command ran, and one whose guest panicked
expect_rc 3 "$LKVM" exec -k "$SMALL" -i "$INITRD" --artifacts art -- sh -c 'exit 3'
event '"event":"init-reached","by":"exec"'
echo '[    0.000000] ' >art/console.log # whose kernel is quiet
whole 3 'the command exited with 3'
expect_rc 112 "$LKVM" exec -k "$SMALL" -i "$INITRD" --artifacts art -- \
	sh -c 'echo c >/proc/sysrq-trigger; sleep 1000'
expect_out 'console: .*Kernel panic'
mkdir saved
cp -r art/. saved
whole 112 'panicked'

# No VM: its files are of this run, or not there
mkdir art
cp saved/* art
expect_rc 125 "$LKVM" run -k /nowhere/Image --artifacts art
grep -q '"code":125,"origin":"host","reason":".*/nowhere/Image' art/verdict.json ||
	fail "verdict: $(cat art/verdict.json)"
[ ! -e art/guest.dtb ] && [ ! -e art/map.svg ] && [ ! -s art/console.log ] ||
	fail "an earlier run's: $(ls -l art)"
cp saved/* art
expect_rc 125 "$LKVM" run --artifacts art --nonsense
grep -q '"code":125,"origin":"user","reason":".*nonsense' art/verdict.json ||
	fail "verdict: $(cat art/verdict.json)"
grep -q '"event":"exit","code":125,"origin":"user","reason":".*nonsense' art/events.jsonl ||
	fail "events: $(cat art/events.jsonl)"
[ ! -e art/guest.dtb ] && [ ! -e art/map.svg ] && [ ! -s art/console.log ] &&
	[ "$(wc -l <art/events.jsonl)" -eq 1 ] || fail "an earlier run's: $(ls -l art)"
