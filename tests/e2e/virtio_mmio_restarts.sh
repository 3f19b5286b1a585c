#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Guests on virtio-mmio that reset with their devices at work find them again,
# life after life, and what they wrote; nothing grows.
# timeout: 240
. /tests/e2e/lib.sh

truncate -s 4M disk.img
guest_script <<'END'
n=$(dd if=/dev/vda bs=512 count=1 2>/dev/null | tr -d '\0')
n=$((${n:-0} + 1))
echo $n | dd of=/dev/vda bs=512 conv=sync,fsync 2>/dev/null
head -c 64 /dev/hwrng | wc -c
echo "life $n"
sleep 0.3
dd if=/dev/zero of=/dev/vda bs=64k seek=1 count=60 oflag=direct 2>/dev/null &
head -c 65536 /dev/hwrng >/dev/null &
reboot -f
END
"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 64 --rng -d disk.img \
	--virtio-transport=mmio --on-reset=restart \
	-p 'quiet lkvm.run="sh -eu /run.sh"' </dev/null >out.log 2>&1 &
pid=$!
lives()
{
	grep -q "^life $1" out.log
}
most()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		echo "$(nr_fds $pid) $(nr_threads $pid)" \
			"$(awk '/VmRSS/ { print $2 }' /proc/$pid/status)"
		sleep 0.1
	done | awk '{ for (i = 1; i <= 3; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1], m[2], m[3] }'
}
wait_for 60 lives 2
early=$(most)
wait_for 150 lives 8
late=$(most)
kill -TERM $pid
rc=0
wait $pid || rc=$?
echo "early: $early, late: $late (fds, threads, VmRSS)"
[ $rc -eq 143 ] || fail "exit $rc"
expect_no_out 'stopped until' 'buffer is full'
echo "$early $late" |
	awk '{ exit !($4 <= $1 + 4 && $5 <= $2 + 2 && $6 <= $3 + 1024) }' ||
	fail "it grew"
