#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --timeout and --boot-timeout are 124, --hang-timeout 113 with the vCPUs' PCs,
# --expect 0, --fail-on 115; on failure the last console lines are on standard
# error, and --artifacts keeps everything.
# timeout: 240
. /tests/e2e/lib.sh

SMALL=/boot/guest.Image
small() # small COMMAND OPTION…
{
	run=$1
	shift
	"$LKVM" run -k "$SMALL" -i "$INITRD" -m 64 -p "lkvm.run=\"$run\"" "$@"
}

# A guest that does nothing: all three, of which the first counts.
expect_rc 124 "$LKVM" run -m 16 "$GUEST/idle.flat" --timeout 1 \
	--hang-timeout 60
expect_out 'user: --timeout: 1.0 s are over'
expect_rc 124 "$LKVM" run -m 16 "$GUEST/idle.flat" --boot-timeout 0.5 \
	--verdict verdict.json
expect_out '--boot-timeout: .*init was not seen' 'vCPU 0: PC 0x'
grep -q '"code":124,"origin":"user"' verdict.json || fail "verdict"
expect_rc 113 "$LKVM" run -m 16 "$GUEST/idle.flat" --hang-timeout 1.5 \
	--verdict verdict.json
expect_out 'vCPU 0: PC 0x8' 'guest: hung: nothing happened.*vCPU 0 at PC 0x8'
grep -q '"code":113,"origin":"guest"' verdict.json || fail "verdict"

# exec's init counts as booted; a Linux that has halted hangs.
expect_rc 124 "$LKVM" exec -k "$GUEST/idle.flat" -m 16 --boot-timeout 1 -- true
expect_out "--boot-timeout: .*init was not seen.*exec's init was not reached"
expect_rc 4 "$LKVM" exec -k "$SMALL" -i "$INITRD" -m 64 --boot-timeout 30 -- \
	sh -c 'sleep 1; exit 4'
expect_rc 113 small 'halt -f' -p quiet -c 2 --hang-timeout 4 --timeout 100
expect_out 'vCPU 0: PC 0xffff' 'vCPU 1: PC 0xffff' \
	'guest: hung: nothing happened.*vCPU 0 at PC 0xffff'

# Linux boots within its time; what it prints last has no end, as a prompt.
expect_rc 0 small 'echo -n a prompt:; sleep 600' \
	-p loglevel=8 --boot-timeout 60 --hang-timeout 30 --timeout 120 \
	--expect '^a prom(p)t:$' --expect 'GUEST: ready' --artifacts art
expect_out 'guest: printed what --expect waits for'
grep -Eq '^\[ +[0-9]+\.[0-9]{6}\] GUEST: ready$' art/console.log ||
	fail "console.log: $(tail -n 5 art/console.log)"
grep -Eq '^\[ +[0-9]+\.[0-9]{6}\] \[    0.000000\] Booting Linux' \
	art/console.log || fail "its first line: $(head -n 3 art/console.log)"
grep -q '"event":"init-reached","by":"console"' art/events.jsonl ||
	fail "no init: $(cat art/events.jsonl)"
grep -q '"code":0,' art/verdict.json || fail "verdict"
dtc -I dtb -O dts art/guest.dtb 2>/dev/null | grep -q qemu,pvpanic-mmio ||
	[ "$(head -c 4 art/guest.dtb | od -An -tx1 | tr -d ' ')" = d00dfeed ] ||
	fail "guest.dtb"

# On hvc0; standard error has the last lines when standard output is elsewhere.
rc=0
small 'echo all is well; echo BUG: not at all; sleep 600' -p quiet \
	--console virtio --fail-on 'BUG: ' --timeout 100 --console-log log \
	--verdict verdict.json </dev/null >stdout.log 2>err.log || rc=$?
[ $rc -eq 115 ] || fail "--fail-on: exit $rc: $(cat err.log)"
grep -q 'console: all is well' err.log || fail "no last lines: $(cat err.log)"
grep -q 'guest: printed what --fail-on forbids: BUG: not at all' err.log ||
	fail "reason: $(cat err.log)"
grep -q '\] BUG: not at all$' log || fail "--console-log: $(cat log)"
grep -q '"code":115,' verdict.json || fail "verdict"

# It powers off without the word.
expect_rc 115 "$LKVM" run -m 16 "$GUEST/hello.flat" --expect 'no such word'
expect_out 'ended without printing what --expect waits for: no such word'
expect_rc 0 "$LKVM" run -m 16 "$GUEST/hello.flat" --expect .

refused 'no regular expression' "$LKVM" run -k "$SMALL" --expect 'a('
refused 'give seconds' "$LKVM" run -k "$SMALL" --timeout 5m
refused 'artifacts /nowhere/dir: No such' \
	"$LKVM" run -k "$SMALL" --artifacts /nowhere/dir
