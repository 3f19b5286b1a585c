#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# virtiofsd dies while the guest writes: the guest's programs get an error, not
# silence; there is one line; and after the guest's reset the share is there
# again.
# timeout: 120
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
mkdir dir
image dir/large 4

guest_script <<'END'
mkdir /mnt
mount -t virtiofs share /mnt
md5sum /mnt/large
if [ -e /mnt/life1 ]; then
	echo "second life: $(cat /mnt/life1)"
	umount /mnt
else
	echo written >/mnt/life1
	while cp /mnt/large /mnt/copy; do :; done
	cat /mnt/life1 || echo "told: no"
	umount /mnt || umount -l /mnt
	drain
	reboot -f
fi
END
for protected in on off; do
	rm -f dir/life1
	boot_script --protected=$protected --on-reset=restart --share dir \
		</dev/null >out.log 2>&1 &
	pid=$!
	wait_for 60 test -s dir/life1
	sleep 1
	# shellcheck disable=SC2046 # a list of numbers
	kill -9 $(helpers virtiofsd) || true # one may end the other
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 0 ] || fail "exit $rc"
	expect_out 'not connected' 'told: no' 'second life: written' \
		'SCRIPT-DONE' 'fs0: virtiofsd for dir: connected again'
	[ "$(grep -c 'virtiofsd for dir is gone' out.log)" -eq 1 ] ||
		fail "not one line"
	[ "$(grep -c "$(md5sum <dir/large | cut -d ' ' -f 1)" out.log)" -eq 2 ] ||
		fail "read other bytes"
done
[ -z "$(helpers virtiofsd)" ] || fail "virtiofsd is left"
