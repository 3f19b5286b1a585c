#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 -c 2 --vcpu-affinity 0:1,1:0 \
	-p 'quiet lkvm.run="sleep 1000"' </dev/null >out.log 2>&1 &
pid=$!
wait_for 30 grep -q 'GUEST: ready' out.log
for task in "/proc/$pid/task/"*; do
	awk '/^Name|^Cpus_allowed_list/ { printf "%s ", $2 }' "$task/status"
	echo
done | tee tasks.log
grep -q '1 $' tasks.log || fail "no thread on CPU 1 alone"
grep -q ' 0 $' tasks.log || fail "no thread on CPU 0 alone"
kill $pid
wait $pid || true
refused 'affinity' "$LKVM" run --vcpu-affinity 99 "$GUEST/hello.flat"
rc=0
"$LKVM" exec --bisect --verdict verdict.json --vcpu-affinity 99 -k "$IMAGE" -- true || rc=$?
[ $rc -eq 255 ] || fail "exit $rc: a bisection would go on"
grep -q '"code":125,"origin":"user","reason":".*affinity' verdict.json ||
	fail "verdict: $(cat verdict.json)"
