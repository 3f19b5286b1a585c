#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets itself while its disk works: the next life has the same
# disk, whole, and nothing of the last one is left.
# timeout: 240
. /tests/e2e/lib.sh

on_ext4 40
image ext4/disk.img 16
sum=$(sha256sum <ext4/disk.img | cut -d' ' -f1)
truncate -s 1M ext4/lives.img
guest_script <<'EOF'
n=$(head -c 1 /dev/vdb | tr '\0' 0)
echo "life $n"
if [ "$n" -ge 4 ]; then
	sha256sum /dev/vda
	exit
fi
for i in 1 2 3 4; do
	while :; do
		dd if=/dev/vda of=/dev/null bs=256k iflag=direct 2>/dev/null
	done &
done
sleep 1
echo $((n + 1)) | dd of=/dev/vdb conv=fsync,notrunc 2>/dev/null
drain
reboot -f
EOF
"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 -c 2 \
	-p 'quiet lkvm.run="sh -eu /run.sh"' --on-reset=restart \
	-d ext4/disk.img -d ext4/lives.img </dev/null >out.log 2>&1 &
pid=$!
wait_for 60 grep -q 'life 1' out.log
early="$(nr_fds $pid) $(nr_threads $pid)"
wait_for 120 grep -q 'life 4' out.log
late="$(nr_fds $pid) $(nr_threads $pid)"
wait $pid
expect_out "$sum  /dev/vda"
echo "early: $early, late: $late (fds, threads)"
echo "$early $late" | awk '{ exit !($3 <= $1 + 4 && $4 <= $2 + 2) }' ||
	fail "it grew"
