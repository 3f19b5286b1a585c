#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec: input that cannot be read to its end, and results that cannot be written, are
# no success, and one line says so, as it does of output that nobody reads and of a
# limit that is too low.
# timeout: 120
. /tests/e2e/lib.sh

ex() # ex OPTION… -- COMMAND…
{
	"$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 "$@"
}

one_line() # one_line CODE PATTERN: how it ended
{
	[ "$rc" -eq "$1" ] || fail "exit $rc: $(cat err)"
	grep -q "$2" err || fail "err: $(cat err)"
	[ "$(wc -l <err)" -eq 1 ] || fail "err: $(cat err)"
}

rc=0
ex -- cat </ 2>err || rc=$?
one_line 125 "host: the command's input could not be read to its end: Is a directory"
rc=0
ex --verdict v.json -- sh -c 'cat; exit 4' </ 2>err || rc=$?
one_line 4 "the command's input could not be read to its end: Is a directory"
grep -q '"reason":"the command exited with 4; its input .*"ran":true' v.json ||
	fail "verdict: $(cat v.json)"
expect_rc 4 ex -- sh -c 'cat; exit 4' <&-

for option in --verdict --junit; do
	rc=0
	ex $option /dev/full -- true </dev/null 2>err || rc=$?
	one_line 125 '/dev/full: No space left on device'
	rc=0
	ex $option /dev/full -- sh -c 'exit 3' </dev/null 2>err || rc=$?
	one_line 3 '/dev/full: No space left on device'
done

{ ex -- yes </dev/null 2>err || echo $? >code; } | head -n 1 >out
rc=$(cat code)
one_line 141 "user: nobody reads the command's output any more"
rc=0
ex -- echo lost </dev/null 2>err >/dev/full || rc=$?
one_line 125 "host: the command's output could not be written: No space"

(ulimit -n 24 && refused 'raise ulimit -n' ex -- true)
(ulimit -f 8 && refused 'raise ulimit -f' ex -- true)
