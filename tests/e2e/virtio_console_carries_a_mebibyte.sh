#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# 1 MiB into hvc0 and 1 MiB out of it, and no byte of it changes. Text: Ctrl-o
# is not a byte to Linux' hvc, but its sysrq key.
# timeout: 180
. /tests/e2e/lib.sh

head -c 800000 /dev/urandom | base64 | head -c 1048576 >up.txt
mkfifo in
"$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 --console virtio -p "quiet \
lkvm.run=\"stty raw -echo; echo go; head -c 1048576 >/tmp/x; md5sum </tmp/x; \
echo =BEGIN=; cat /tmp/x; echo; echo =END=\"" <in >out.log 2>err.log &
pid=$!
exec 3>in
wait_for 60 grep -q '^go' out.log
cat up.txt >&3
rc=0
wait $pid || rc=$?
[ $rc -eq 0 ] || fail "exit $rc: $(tail -n 5 out.log err.log)"
sum=$(md5sum <up.txt | cut -c1-32)
expect_out "^$sum"
sed '1,/^=BEGIN=/d;/^=END=/,$d' out.log | head -c 1048576 | cmp - up.txt ||
	fail "what came back differs"
