#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec --bisect: what git takes as good, bad or the wish to stop, of each kind of end;
# a command's own large status is bad. (To be skipped: exec_finds_another_way.)
# timeout: 120
. /tests/e2e/lib.sh

bisect() # bisect CODE OPTION… -- COMMAND…
{
	code=$1
	shift
	expect_rc "$code" "$LKVM" exec --bisect -i "$INITRD" -m 64 "$@"
}
kernel=/boot/guest.Image
bisect 0 -k $kernel -- true
bisect 3 -k $kernel -- sh -c 'exit 3'
bisect 1 -k $kernel -- sh -c 'exit 200'
bisect 1 -k $kernel -- sh -c 'kill -9 $$'
bisect 112 -k $kernel -- sh -c 'echo c >/proc/sysrq-trigger; sleep 1000'
bisect 255 -k $kernel -- /no/such/command
bisect 255 -k /nowhere/Image -- true
bisect 255 -k $kernel --nonsense -- true
