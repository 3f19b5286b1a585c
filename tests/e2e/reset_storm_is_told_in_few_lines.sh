# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets itself for ever, each time giving cause for warnings:
# stderr has a bounded number of lines, and says in the end how it ended. Its map
# is one life's, or there is none.
# timeout: 180
. /tests/e2e/lib.sh

"$LKVM" run -m 32 --on-reset=restart "$GUEST/storm.flat" \
	</dev/null >out.log 2>&1 &
pid=$!
wait_for 150 grep -q 'time 128' out.log
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
lines=$(wc -l <out.log)
# 16 warnings, 32 restarts and 64, 128, twice three lines of state, the end
[ "$lines" -le 70 ] || fail "$lines lines"
[ "$(grep -c 'where no device is' out.log)" -eq 16 ] || fail "not 16 warnings"
[ "$(grep -c 'printed nothing' out.log)" -le 2 ] || fail "explained too often"
expect_out 'printed nothing' 'ended it with SIGTERM'

"$LKVM" run -m 32 --debug --name storm --on-reset=restart "$GUEST/storm.flat" \
	</dev/null >storm.log 2>&1 &
pid=$!
wait_for 60 grep -q 'time 2)' storm.log
for _ in 1 2 3; do
	run_rc "$LKVM" map storm
	[ $rc -eq 0 ] || [ $rc -eq 125 ] || fail "exit $rc"
	[ $rc -eq 0 ] || expect_out 'storm: .*before all its pages are looked at'
done
expect_rc 0 "$LKVM" stop --force storm
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"
