# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets itself for ever, each time giving cause for warnings:
# stderr has a bounded number of lines, and says in the end how it ended.
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
