# SPDX-License-Identifier: GPL-2.0-only
# The files that take the console, and its log, may not grow any more: each is said
# once, and the guest runs to its end.
. /tests/e2e/lib.sh

CMD='seq 1 3000'
rc=0
(
	ulimit -f 4
	boot --console-log console.log </dev/null >console.txt 2>err.log
) || rc=$?
cat err.log
[ $rc -eq 0 ] || fail "exit $rc"
for what in 'console output' '--console-log console.log'; do
	[ "$(grep -c -- "$what: File too large" err.log)" -eq 1 ] ||
		fail "$what: not told once"
done
