#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures a tap's card inside the emulated host: rates as medians of
# interleaved rounds, then counts in one more run with the tracer on.
#
# usage: net.sh ROUNDS OURS [PEER]     both take kvmtool's options
set -eu
rounds=$1
shift
ms=${MS:-1000}
dir=$(mktemp -d)
/tests/bin/netload serve 5001 &
server=$!
trap 'cd /; kill $server; rm -rf "$dir"; ip link del tap7 2>/dev/null || true' EXIT
cd "$dir"
tracing=/sys/kernel/tracing
phases='tcp-request tcp-to-host tcp-to-guest'

tunctl -t tap7 >/dev/null
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up

# The guests' initrd with the load in it
cp /tests/bin/netload .
cat >run.sh <<END
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
/netload 10.7.0.1 5001 $ms
END
cp /boot/initrd.cpio initrd
printf 'netload\nrun.sh\n' | cpio -o -H newc 2>/dev/null >>initrd

# vmm BINARY VHOST: one guest that runs the load through its card
vmm()
{
	"$1" run -k /boot/Image -i initrd -m 128 -c 1 --console serial \
		--irqchip gicv3-its --force-pci --protected \
		--network "mode=tap,tapif=tap7,vhost=$2" \
		-p "quiet lkvm.run=\"sh /run.sh\"" </dev/null 2>&1
}

# rates WHO BINARY VHOST: appends "phase rate" to WHO
rates()
{
	vmm "$2" "$3" | tr -d '\r' >log || { cat log; echo "! $1 failed"; }
	awk '$1 == "PHASE" && $3 == "END" && $5 > 0 {
		printf "%s %.2f\n", $2, $2 == "tcp-request" ?
			$4 * 1e6 / $5 : $4 / 1048576 * 1e6 / $5 }' log >>"$1"
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

# counts WHO BINARY VHOST: "phase exits user kernel calls", per request or MiB
counts()
{
	mkfifo pipe
	vmm "$2" "$3" >pipe &
	vm=$!
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
	done <pipe | awk '{ n = $1 == "tcp-request" ? $2 : $2 / 1048576
		printf "%s", $1; for (i = 0; i < 4; i++)
		printf " %.2f", n ? ($(7 + i) - $(3 + i)) / n : 0; print "" }' >"$1"
	echo 0 >$tracing/events/raw_syscalls/sys_enter/enable
	echo >$tracing/set_event_pid
	wait $vm || true
	rm pipe
}

median()
{
	awk -v p="$2" '$1 == p { print $2 }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : 0 }'
}

: >peer
r=0
while [ $r -lt "$rounds" ]; do
	rates ours "$1" 1
	[ $# -lt 2 ] || rates peer "$2" 1
	rates own "$1" 0
	r=$((r + 1))
done
echo "network: a tap of the host, vhost-net; requests/s, MiB/s"
for phase in $phases; do
	a=$(median ours "$phase")
	b=$(median peer "$phase")
	awk -v n="  $phase" -v a="$a" -v b="$b" 'BEGIN {
		printf "%-44s %10.1f %10.1f %8.2f\n", n, a, b, b ? a / b : 0 }'
done
echo "the same without vhost (ours) against the peer's vhost"
for phase in $phases; do
	a=$(median own "$phase")
	b=$(median peer "$phase")
	awk -v n="  $phase" -v a="$a" -v b="$b" 'BEGIN {
		printf "%-44s %10.1f %10.1f %8.2f\n", n, a, b, b ? a / b : 0 }'
done
print_counts()
{
	echo "$1, per request or MiB: exits, MMIO to user space, in the kernel, system calls"
	counts counts "$2" "$3"
	awk '$1 != "warm" { printf "  %-42s %10s %10s %10s %10s\n", $1, $2, $3, $4, $5 }' counts
}
print_counts "ours, vhost" "$1" 1
print_counts "ours, without" "$1" 0
[ $# -lt 2 ] || print_counts "peer, vhost" "$2" 1
