# SPDX-License-Identifier: GPL-2.0-only
# The file that takes the console may not grow any more: said once, and the guest
# runs to its end.
. /tests/e2e/lib.sh

CMD='seq 1 3000'
rc=0
(
	ulimit -f 4
	boot </dev/null >console.txt 2>err.log
) || rc=$?
cat err.log
[ $rc -eq 0 ] || fail "exit $rc"
[ "$(grep -c 'File too large' err.log)" -eq 1 ] || fail "not told once"
