#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that keeps objects under the names of their checksums, as git does, and
# resets itself while it writes: what it had synced is in the file system of its
# next lives, whole, and in that of the next VM.
# timeout: 300
. /tests/e2e/lib.sh

on_ext4 60
truncate -s 32M ext4/repo.img
guest_script <<'EOF'
mkdir /fs
if ! mount -t ext4 /dev/vda /fs 2>/dev/null; then
	mke2fs -F /dev/vda >/dev/null 2>&1
	mount -t ext4 /dev/vda /fs
fi
cd /fs
mkdir -p objects
touch refs
echo "life with $(wc -l <refs) commits"
while read -r sum; do
	[ "$(sha256sum <objects/"$sum" | cut -c1-64)" = "$sum" ] || {
		echo "BROKEN: $sum"
		exit 1
	}
	echo "kept $sum"
done <refs
if [ "$(wc -l <refs)" -ge 40 ]; then
	cd /
	umount /fs
	echo SCRIPT-DONE
	exit
fi
for i in 1 2 3 4 5 6 7 8 9 10; do
	dd if=/dev/urandom of=new bs=4k count=$((i * 3)) 2>/dev/null
	sum=$(sha256sum <new | cut -c1-64)
	mv new "objects/$sum"
	cp refs refs.new
	echo "$sum" >>refs.new
	sync
	mv refs.new refs
	sync
	echo "committed $sum"
done
drain
# Reset with writes under way.
for i in 1 2 3; do
	dd if=/dev/urandom of=unfinished$i bs=64k count=32 2>/dev/null &
done
sync &
sleep 0.2
reboot -f
EOF
repo()
{
	expect_rc 0 boot_script -c 2 --on-reset=restart -d ext4/repo.img
	tr -d '\r' <out.log >"$1"
	expect_out SCRIPT-DONE 'life with 40 commits'
	# There is no journal: Linux may say so of what was unfinished.
	expect_no_out BROKEN
}
repo first.log
[ "$(grep -c '^life with' first.log)" -eq 5 ] || fail "not 5 lives"
sed -n 's/^committed //p' first.log >committed
[ "$(wc -l <committed)" -eq 40 ] || fail "$(wc -l <committed) commits"
repo second.log
sed -n 's/^kept //p' second.log | cmp - committed ||
	fail "other commits than those that were made"
