#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 180
# A guest starts another kernel in place of its own. What it shared stays shared,
# it cannot share it again, so its new drivers use memory of its own.
. /tests/e2e/lib.sh

IMAGE=/boot/guest.Image
dd if=/dev/zero of=disk.img bs=1M count=1 2>/dev/null
mkdir next first
cat >next/run.sh <<'E2'
echo SECOND
dd if=/dev/vda of=/dev/null bs=4k count=1 2>&1
E2
{
	cat "$INITRD"
	(cd next && echo run.sh | cpio -o -H newc)
} >first/initrd 2>/dev/null
cp "$IMAGE" first/Image
cp /tests/bin/kexec first/kexec
cat >first/run.sh <<'E2'
dd if=/dev/vda of=/dev/null bs=4k count=1 2>/dev/null && echo FIRST
drain
/kexec /Image /initrd "$(cat /proc/cmdline)"
E2
(cd first && find . | cpio -o -H newc) >more.cpio 2>/dev/null

set -- "$LKVM" run -k "$IMAGE" -i "$INITRD" -i more.cpio -m 256 -d disk.img \
	-p 'console=ttyS0 quiet'

"$@" </dev/null >out.log 2>&1 &
pid=$!
wait_for 90 grep -q 'it worked before: after kexec a guest cannot share' out.log
expect_out '^FIRST' 'blk0: stopped until the guest resets it: queue 0 names not in'
kill -TERM $pid
rc=0
wait $pid || rc=$?
[ $rc -eq 143 ] || fail "exit $rc"

# Nobody has to be asked where nothing is private.
expect_rc 0 "$@" --protected=off
expect_out '^FIRST' '^SECOND' '^1\+0 records in'
expect_no_out 'stopped until'
