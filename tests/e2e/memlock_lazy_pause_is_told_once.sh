# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs meet the limit at the same time, again and again: each pause is told
# in one line, and so is its end.
. /tests/e2e/lib.sh

ulimit -l 8192
as_user "$LKVM" run --memlock=lazy -m 64 -c 4 "$GUEST/touchers.flat" \
	</dev/null >out.log 2>&1 &
run=$!
paused()
{
	[ "$(grep -c 'paused:' out.log)" -ge "$1" ]
}
goes_on()
{
	[ "$(grep -c 'goes on' out.log)" -ge "$1" ]
}
wait_for 30 paused 1
pid=$(sed -n 's/.*--pid \([0-9]*\) .*/\1/p' out.log)
need=$(sed -n 's/.*--memlock=\([0-9]*\).*/\1/p' out.log)
for n in 1 2 3 4 5 6 7 8; do
	memlock "$pid" $(((8 + n) << 20))
	wait_for 30 goes_on $n
	wait_for 30 paused $((n + 1))
done
memlock "$pid" "$need"
rc=0
wait $run || rc=$?
cat out.log
[ $rc -eq 0 ] || fail "exit $rc"
[ "$(grep -c 'paused:' out.log)" -eq 9 ] || fail "not 9 pauses told"
[ "$(grep -c 'goes on' out.log)" -eq 9 ] || fail "not 9 ends of them told"
expect_out 'all touched'
