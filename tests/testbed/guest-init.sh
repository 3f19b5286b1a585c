#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Init of the testbed's small guest: a shell on the console, or one command.
#
# lkvm.run=COMMAND on the kernel command line (in "" when it has blanks) or a
# file /run.sh is run instead of the shell. When that ends, so does the guest.
#
# init_mark=WORD there (the kernel puts it into our environment) is printed
# before anything else: what a benchmark waits for.
[ -z "${init_mark:-}" ] || echo "$init_mark"
export PATH=/bin HOME=/ TERM="${TERM:-linux}"
mkdir -p /proc /sys /dev /tmp /run
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts
mount -t devpts pts /dev/pts 2>/dev/null
mount -t tmpfs tmp /tmp
hostname pvm
ip link set lo up 2>/dev/null

# Signals of busybox's halt, poweroff and reboot
trap 'drain; poweroff -f' USR1 USR2
trap 'drain; reboot -f' TERM

run=$(sed -n 's/.*lkvm\.run="\([^"]*\)".*/\1/p;t
	s/.*lkvm\.run=\([^ ]*\).*/\1/p' /proc/cmdline)
if [ -z "$run" ] && [ -f /run.sh ]; then
	run='sh /run.sh'
fi
if [ -n "$run" ]; then
	echo 'GUEST: ready'
	sh -c "$run" </dev/console &
	wait $!
	echo "GUEST: exit $?"
else
	echo
	echo "Linux $(uname -r), $(nproc) CPU," \
		"$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" \
		"MiB. Leave with exit or poweroff."
	# A session of its own with the console as terminal, so that ^C and
	# jobs work; not by &, which makes SIGINT ignored. Signals end a read.
	mkfifo /run/end
	exec 3<>/run/end
	start-stop-daemon -S -b -p /run/shell -a /bin/setsid -- \
		cttyhack sh -c 'cd /; sh; echo >/run/end'
	read -r _ <&3
fi
drain
poweroff -f
