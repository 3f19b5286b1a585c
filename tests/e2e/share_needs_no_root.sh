#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A user without rights shares a directory of theirs, over a reset; files the
# guest makes are the user's, and virtiofsd ends with the VM, also when that is
# killed.
# timeout: 90
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
no_vms()
{
	[ "$(nr_vms)" -eq 0 ]
}
no_servers()
{
	[ -z "$(helpers virtiofsd)" ]
}
chmod 666 /dev/kvm
chmod 777 .
ulimit -l unlimited
mkdir dir
chown 1000:1000 dir
guest_script <<'END'
mkdir /mnt
mount -t virtiofs share /mnt
if [ ! -e /mnt/first ]; then
	echo first >/mnt/first
	sync
	reboot -f
fi
cat /mnt/first
echo second >/mnt/second
[ ! -e /mnt/stay ] || sleep 1000
umount /mnt
END
run()
{
	as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 \
		-p 'console=ttyS0 quiet lkvm.run="sh -eu /run.sh"' \
		--on-reset=restart --share dir
}
expect_rc 0 run
expect_out '^first' SCRIPT-DONE 'restarting'
expect_no_out 'connected again'
[ "$(stat -c %u dir/first dir/second | sort -u)" = 1000 ] ||
	fail "not the user's files"
no_servers || fail "virtiofsd is left"

touch dir/stay
rm dir/second
run </dev/null >out.log 2>&1 &
wait_for 60 test -s dir/second
kill -9 "$(pidof lkvm-pvm)"
wait_for 10 no_servers
wait_for 20 no_vms
