#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Two outputs into one file overwrite nothing of each other's; standard output by its
# name keeps what was in that file; a FIFO that nobody reads holds nobody.
# timeout: 120
. /tests/e2e/lib.sh

ex() # ex OPTION… -- COMMAND…
{
	"$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 "$@" </dev/null
}

ex --events one --verdict one -- true
[ "$(grep -Evc '^\{"v":1,.*\}$' one)" -eq 0 ] || fail "$(cat one)"
grep -q '^{"v":1,"ns":[0-9]*,"event":"created"' one || fail "$(cat one)"
tail -n 1 one | grep -q '^{"v":1,"code":0,' || fail "$(cat one)"

{
	echo head
	ex --verdict /dev/stdout -- echo output
	echo tail
} >out
[ "$(sed 's/^{"v":1,.*}$/verdict/' out)" = "head
output
verdict
tail" ] || fail "$(cat out)"

mkfifo fifo
for option in --verdict --junit --events --record --console-log --dump-dtb; do
	refused "$option fifo: nobody reads this FIFO" ex $option fifo -- true
done
(sleep 1 && cat fifo >taken) &
ex --junit fifo -- true
wait $!
grep -q '</testsuite>' taken || fail "$(cat taken)"
