#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ro: the guest reads and cannot change anything, remounted or not. Two shares
# have tags of their own.
# timeout: 60
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
mkdir one two
echo first >one/file
echo second >two/file
guest_script <<'END'
mkdir /one /two
mount -t virtiofs fixed /one
mount -t virtiofs share1 /two
cat /one/file /two/file
! echo bad >/one/file
! touch /one/new
! rm /one/file
mount -o remount,rw /one || true
! echo bad >>/one/file
echo changed >/two/file
umount /one /two
END
for protected in on off; do
	echo second >two/file
	expect_rc 0 boot_script --protected=$protected \
		--share one,tag=fixed,ro --share two
	expect_out '^first' '^second' 'Read-only file system' SCRIPT-DONE
	[ "$(cat one/file)" = first ] || fail "it was changed"
	[ "$(ls one)" = file ] || fail "something is new"
	[ "$(cat two/file)" = changed ] || fail "the other was not"
done
run="$LKVM run -k $IMAGE -m 64"
# shellcheck disable=SC2086 # words of a command
{
refused 'share nowhere: No such file' $run --share nowhere
refused 'share one/file: not a directory' $run --share one/file
PATH=/bin
refused 'no virtiofsd.*apt install virtiofsd' $run --share one
refused '9p.*--share' $run --9p one,tag
refused 'another share has the tag' $run --share one,tag=a --share two,tag=a
}
