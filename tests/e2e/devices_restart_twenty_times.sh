#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A Linux guest that uses its device and resets, 20 times: fds, threads and
# memory stay as they are.
# timeout: 400
. /tests/e2e/lib.sh

"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 64 --rng --on-reset=restart -p \
	'quiet lkvm.run="head -c 64 /dev/hwrng | wc -c; sleep 0.5; reboot -f"' \
	</dev/null >out.log 2>&1 &
pid=$!
lives()
{
	[ "$(grep -c '^64' out.log)" -ge "$1" ]
}
# most: between two lives there is less, so the largest of several samples
most()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo "$(nr_fds $pid) $(nr_threads $pid)" \
			"$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)"
		sleep 0.1
	done | awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1], m[2], m[3] }'
}
wait_for 60 lives 2
early=$(most)
wait_for 350 lives 22
late=$(most)
kill -TERM $pid
rc=0
wait $pid || rc=$?
echo "early: $early, late: $late (fds, threads, VmRSS)"
[ $rc -eq 143 ] || fail "exit $rc"
echo "$early $late" |
	awk '{ exit !($4 <= $1 + 4 && $5 <= $2 + 2 && $6 <= $3 + 1024) }' ||
	fail "it grew"
