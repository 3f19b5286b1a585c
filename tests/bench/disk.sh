#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures a disk inside the emulated host: rates as medians of interleaved
# rounds, then counts per request in one more run with the tracer on.
#
# usage: disk.sh ROUNDS OURS [PEER]     both take kvmtool's options, PEER also
# those in PEER_OPTIONS
set -eu
rounds=$1
shift
ms=${MS:-1000}
dir=$(mktemp -d)
trap 'cd /; umount "$dir/disk" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir"
tracing=/sys/kernel/tracing
phases='rand4k-qd1 rand4k-qd32 seq1m'

# The guests' initrd with the load in it
cp /tests/bin/ioload .
cp /boot/initrd.cpio initrd
echo ioload | cpio -o -H newc 2>/dev/null >>initrd

# FS=ext4 (in memory, on a loop device) or tmpfs
mkdir disk
if [ "${FS:-ext4}" = ext4 ]; then
	truncate -s 48M ext4.img
	mke2fs -F ext4.img >/dev/null 2>&1
	loop=$(losetup -f)
	losetup "$loop" ext4.img
	mount -t ext4 "$loop" disk
	losetup -d "$loop" # once it is unmounted
fi
dd if=/dev/urandom of=disk/disk.img bs=1M count=32 2>/dev/null

peer=${2:-}

# vmm BINARY: one guest that runs the load on its disk
vmm()
{
	more=
	[ "$1" != "$peer" ] || more=${PEER_OPTIONS:-}
	# shellcheck disable=SC2086 # words
	"$1" run -k /boot/Image -i initrd -m 128 -c 1 --console serial \
		--irqchip gicv3-its --force-pci --protected \
		--network mode=none -d "$dir/disk/disk.img${DISK_OPTIONS:-}" $more \
		-p "quiet lkvm.run=\"/ioload /dev/vda $ms\"" </dev/null 2>&1
}

# rates WHO BINARY: appends "phase requests/s" to WHO
rates()
{
	vmm "$2" | tr -d '\r' >log || { cat log; echo "! $1 failed"; }
	awk '$1 == "PHASE" && $3 == "END" && $5 > 0 {
		printf "%s %.1f\n", $2, $4 * 1e6 / $5 }' log >>"$1"
}

# counted PID: exits, exits to user space, MMIO exits in the kernel, system calls
counted()
{
	for what in exits mmio_exit_user mmio_exit_kernel; do
		cat /sys/kernel/debug/kvm/"$1"-*/$what | awk '{ n += $1 } END { printf "%d ", n }'
	done
	cat $tracing/per_cpu/cpu*/stats |
		awk '$1 == "entries:" || $1 == "overrun:" { n += $2 } END { print n + 0 }'
}

# counts WHO BINARY: "phase exits user kernel calls", each per request, to WHO
counts()
{
	mkfifo pipe
	vmm "$2" >pipe &
	echo 1 >$tracing/events/raw_syscalls/sys_enter/enable
	while read -r word phase what n _; do
		[ "$word" = PHASE ] || continue
		pid=$(pidof "${2##*/}" | awk '{ print $1 }')
		if [ "${what%?}" = BEGIN ] || [ "$what" = BEGIN ]; then
			(cd /proc/"$pid"/task && echo *) >$tracing/set_event_pid
			echo >$tracing/trace
			begin=$(counted "$pid")
		else
			echo "$phase $n $begin $(counted "$pid")"
		fi
	done <pipe | awk '{ printf "%s", $1; for (i = 0; i < 4; i++)
		printf " %.2f", ($(7 + i) - $(3 + i)) / $2; print "" }' >"$1"
	echo 0 >$tracing/events/raw_syscalls/sys_enter/enable
	echo >$tracing/set_event_pid
	wait
	rm pipe
}

median()
{
	awk -v p="$2" '$1 == p { print $2 }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : 0 }'
}

r=0
while [ $r -lt "$rounds" ]; do
	rates ours "$1"
	[ $# -lt 2 ] || rates peer "$2"
	r=$((r + 1))
done
echo "disk: one of 32 MiB on ${FS:-ext4}, cached by the host alone; requests/s"
for phase in $phases; do
	a=$(median ours "$phase")
	b=0
	[ $# -lt 2 ] || b=$(median peer "$phase")
	awk -v n="  $phase" -v a="$a" -v b="$b" 'BEGIN {
		printf "%-44s %10.1f %10.1f %8.2f\n", n, a, b, b ? a / b : 0 }'
done
for who in ours peer; do
	[ $# -ge 1 ] || break
	echo "$who, per request: exits, MMIO to user space, in the kernel, system calls"
	counts counts "$1"
	awk '$1 != "warm" { printf "  %-42s %10s %10s %10s %10s\n", $1, $2, $3, $4, $5 }' counts
	shift
done
