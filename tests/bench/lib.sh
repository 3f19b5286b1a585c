# SPDX-License-Identifier: GPL-2.0-only
# What disk.sh and net.sh share: rates and counts of the load that a guest runs,
# which says "PHASE name BEGIN", then "PHASE name END n microseconds".
# shellcheck shell=sh disable=SC2154 # $phases and $in_mib are theirs
#
# Theirs: $rounds; $phases; $in_mib, those of which n is bytes; and vmm BINARY
# [ARG…], one guest that runs the load.
tracing=/sys/kernel/tracing

# units(n), for awk: n in what the phase, $1, is counted in
# shellcheck disable=SC2016 # awk's
units='function units(n) {
	return index(" " mib " ", " " $1 " ") ? n / 1048576 : n
}'

# rates WHO BINARY [ARG…]: appends "phase units/s" to WHO
rates()
{
	who=$1
	shift
	vmm "$@" | tr -d '\r' >log || { cat log; echo "! $who failed"; }
	sed -n 's/^PHASE //p' log | awk -v mib="$in_mib" "$units"'
		$2 == "END" && $4 > 0 {
			printf "%s %.2f\n", $1, units($3) * 1e6 / $4
		}' >>"$who"
}

# median WHO PHASE: of the rates
median()
{
	awk -v p="$2" '$1 == p { print $2 }' "$1" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : 0 }'
}

# compare WHO PEER: a line for each phase, both medians and their ratio
compare()
{
	for phase in $phases; do
		awk -v n="  $phase" -v a="$(median "$1" "$phase")" \
			-v b="$(median "$2" "$phase")" 'BEGIN {
			printf "%-44s %10.1f %10.1f %8.2f\n", n, a, b, b ? a / b : 0 }'
	done
}

# vm_of BINARY: the process of that name that has a VM; a spawner has its name, too
vm_of()
{
	for p in $(pidof "${1##*/}"); do
		[ ! -e "$(echo /sys/kernel/debug/kvm/"$p"-*)" ] || echo "$p"
	done
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

# counts BINARY [ARG…]: "phase n", then counted() at its begin and its end
counts()
{
	mkfifo pipe
	vmm "$@" >pipe &
	vm=$!
	echo 1 >$tracing/events/raw_syscalls/sys_enter/enable
	while read -r word phase what n _; do
		[ "$word" = PHASE ] || continue
		pid=$(vm_of "$1")
		if [ "${what%?}" = BEGIN ] || [ "$what" = BEGIN ]; then
			(cd /proc/"$pid"/task && echo *) >$tracing/set_event_pid
			echo >$tracing/trace
			begin=$(counted "$pid")
		else
			echo "$phase $n $begin $(counted "$pid")"
		fi
	done <pipe
	echo 0 >$tracing/events/raw_syscalls/sys_enter/enable
	echo >$tracing/set_event_pid
	wait $vm || true
	rm pipe
}

# print_counts TITLE BINARY [ARG…]: one more run, its counts per unit
print_counts()
{
	echo "$1: exits, MMIO to user space, in the kernel, system calls"
	shift
	counts "$@" | awk -v mib="$in_mib" "$units"'
		$1 != "warm" {
			n = units($2)
			printf "  %-42s", $1
			for (i = 3; i <= 6; i++)
				printf " %10.2f", n ? ($(i + 4) - $i) / n : 0
			print ""
		}'
}
