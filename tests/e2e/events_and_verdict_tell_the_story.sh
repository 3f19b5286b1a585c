#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --events has the documented schema and order, --verdict the code, its origin and
# reason: of a guest that powers off, one that resets, a host that cannot, a user
# who ends it. A full disk or a closed pipe loses events, and nothing else.
# timeout: 120
. /tests/e2e/lib.sh

is_verdict() # is_verdict CODE ORIGIN PATTERN
{
	grep -Eq "^\{\"v\":1,\"code\":$1,\"origin\":\"$2\",\"reason\":\"[^\"]*$3[^\"]*\"\}$" \
		verdict.json || fail "the verdict is $(cat verdict.json)"
}

expect_rc 0 boot -p console=hvc0 --console virtio --rng \
	--events events.jsonl --verdict verdict.json
is_verdict 0 guest 'powered off'
cat events.jsonl
[ "$(grep -Evc '^\{"v":1,"ns":[0-9]+,"event":"[a-z-]+"(,"[a-z_]+":("[^"]*"|[0-9]+|true|false))*\}$' \
	events.jsonl)" -eq 0 ] || fail "not of the schema"
sed 's/.*"ns":\([0-9]*\).*/\1/' events.jsonl | sort -nc || fail "not in order"
sed 's/.*"event":"\([a-z-]*\)".*/\1/' events.jsonl | uniq | tr '\n' ' ' >order
case $(cat order) in
'created loaded vcpu-start '*'device-ready '*'exit ') ;;
*) fail "events: $(cat order)" ;;
esac
for pattern in '"created","protected":true,"vcpus":1,"mem":134217728,"pid":[0-9]+' \
	'"loaded","kernel_bytes":[0-9]+,"initrd_bytes":[0-9]+' '"vcpu-start","vcpu":0' \
	'"first-output","port":"(uart|hvc0)"' '"device-ready","device":"console0"' \
	'"device-ready","device":"rng0"' \
	'"exit","code":0,"origin":"guest","reason":"powered off"'; do
	grep -Eq "$pattern" events.jsonl || fail "no event $pattern"
done

# fd:N, a reset, a disk that is full
expect_rc 110 "$LKVM" run -m 16 "$GUEST/reset.flat" --verdict verdict.json \
	--events fd:7 7>fd.jsonl
is_verdict 110 guest reset
grep -q '"event":"reset","life":1' fd.jsonl || fail "no reset: $(cat fd.jsonl)"
rc=0
"$LKVM" run -m 16 "$GUEST/reset.flat" --events /dev/full \
	--verdict verdict.json </dev/null >out.log 2>&1 || rc=$?
[ $rc -eq 110 ] || fail "a full disk: exit $rc"
[ "$(grep -c 'events /dev/full: No space left' out.log)" -eq 1 ] ||
	fail "a full disk is told otherwise"
is_verdict 110 guest reset

# lkvm-pvm could not do it, and says why there too
expect_rc 125 "$LKVM" run -k /nowhere/Image --verdict verdict.json
is_verdict 125 host '/nowhere/Image'
expect_rc 125 "$LKVM" run -k "$IMAGE" --verdict verdict.json --nonsense
is_verdict 125 user 'nonsense'
refused 'verdict /nowhere/v.json: No such file' \
	"$LKVM" run -k "$IMAGE" --verdict /nowhere/v.json
refused "fd:77.*N the number of an open descriptor" \
	"$LKVM" run -k "$IMAGE" --events fd:77
refused 'give a file, - or fd:N' "$LKVM" run -k "$IMAGE" --events fd:x

# the user
"$LKVM" run -m 16 "$GUEST/idle.flat" --events - --verdict verdict.json \
	</dev/null >events.out 2>err.log &
pid=$!
wait_for 20 grep -q vcpu-start events.out
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "SIGTERM: exit $rc"
is_verdict 143 user SIGTERM
grep -q '"exit","code":143,"origin":"user"' events.out || fail "no exit"
