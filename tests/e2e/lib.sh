# SPDX-License-Identifier: GPL-2.0-only
# What the e2e tests share; sourced by busybox sh in the emulated host.
# shellcheck shell=sh
#
# A test runs in an empty directory of its own. It passes when it ends with 0,
# left no process and no VM behind and the host's kernel did not complain. The
# consoles of its guests go to *.log there: the agent shows them on failure.
set -u
set -e
cd "$TMPDIR"

# shellcheck disable=SC2034 # the tests use them
{
LKVM=/usr/local/bin/lkvm-pvm
IMAGE=/boot/Image
INITRD=/boot/initrd.cpio
GUEST=/tests/guest
}

fail()
{
	echo "FAIL: $*" >&2
	echo "$*" >>"$TMPDIR/.failed" # the agent reads it
	exit 1
}

skip()
{
	echo "$*"
	exit 77
}

# run_rc COMMAND…: stdin empty, both outputs in out.log, exit code in $rc
run_rc()
{
	rc=0
	"$@" </dev/null >out.log 2>&1 || rc=$?
}

# expect_rc CODE COMMAND…: as run_rc, and the code must be that
expect_rc()
{
	want=$1
	shift
	run_rc "$@"
	[ "$rc" -eq "$want" ] || fail "exit $rc instead of $want: $*"
}

# expect_out PATTERN…: out.log has a line for each (extended regexp)
expect_out()
{
	for pattern; do
		grep -Eq -- "$pattern" out.log || fail "not in the output: $pattern"
	done
}

expect_no_out()
{
	for pattern; do
		! grep -Eq -- "$pattern" out.log || fail "in the output: $pattern"
	done
}

# refused PATTERN COMMAND…: exit 125 and one line that matches
refused()
{
	pattern=$1
	shift
	expect_rc 125 "$@"
	expect_out "$pattern"
	[ "$(wc -l <out.log)" -eq 1 ] || fail "more than one line: $*"
}

# wait_for SECONDS COMMAND…: until it succeeds; longer on a slow host
wait_for()
{
	tenths=$(($1 * 10 * ${PATIENCE:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		tenths=$((tenths - 1))
		[ $tenths -gt 0 ] || fail "in vain: $*"
		sleep 0.1
	done
}

# listens PATH: somebody does, at a socket whose path ends so
listens()
{
	grep -q " 00010000 .*$1\$" /proc/net/unix
}

# vmlck PID: KiB of locked memory, the donated pages of its VMs
vmlck()
{
	awk '/^VmLck/ { print $2 }' "/proc/$1/status"
}

# nr_fds PID, nr_threads PID
nr_fds()
{
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

nr_threads()
{
	awk '/^Threads/ { print $2 }' "/proc/$1/status"
}

# most PID [SAMPLES]: fds, threads, KiB of memory, KiB locked; the largest of
# several each: a life is short, and between two of them there is less
most()
{
	for _ in $(seq "${2:-10}"); do
		echo "$(nr_fds "$1") $(nr_threads "$1")" \
			"$(awk '/^VmRSS/ { print $2 }' "/proc/$1/status")" \
			"$(vmlck "$1")"
		sleep 0.1
	done | awk '{ for (i = 1; i <= 4; i++) if ($i > m[i]) m[i] = $i }
		END { print m[1] + 0, m[2] + 0, m[3] + 0, m[4] + 0 }'
}

# not_grown EARLY LATE FDS THREADS KIB LOCKED: by no more than that (of most)
not_grown()
{
	echo "early: $1, late: $2 (fds, threads, KiB, KiB locked)"
	echo "$*" | awk '{ for (i = 1; i <= 4; i++)
		if ($(i + 4) > $i + $(i + 8)) exit 1 }' || fail "it grew"
}

# lives N: so many lines of the logs match $LIFE
lives()
{
	[ "$(cat ./*.log | grep -c -- "$LIFE")" -ge "$1" ]
}

# lives_do_not_add_up N FDS THREADS KIB LOCKED: $pid, which restarts itself, has
# as much in its Nth life as in the second; SIGTERM ends it. $SAMPLES: of most
lives_do_not_add_up()
{
	wait_for 60 lives 2
	early=$(most "$pid" "${SAMPLES:-10}")
	wait_for 350 lives "$1"
	late=$(most "$pid" "${SAMPLES:-10}")
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ $rc -eq 143 ] || fail "exit $rc"
	shift
	not_grown "$early" "$late" "$@"
}

# helpers NAME: process ids of passt, virtiofsd and others, which run by a loader of
# their own: pidof(1) does not find them
helpers()
{
	grep -al "[/]opt/$1" /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3
}

# nr_vms: VMs that exist, of whatever process but the agent
nr_vms()
{
	find /sys/kernel/debug/kvm -mindepth 1 -maxdepth 1 -type d \
		-name '[0-9]*' ! -name '1-*' | wc -l
}

# route_out: a default route for passt, which gives its guest 10.9.0.5; remove it
# with `ip link del dummy7`
route_out()
{
	ip link add dummy7 type dummy
	ip addr add 10.9.0.5/24 dev dummy7
	ip link set dummy7 up
	ip route add default via 10.9.0.1
}

# as_user COMMAND…: uid 1000, no capabilities
as_user()
{
	# shellcheck disable=SC2016 # that shell expands it
	su -m -s /bin/sh -- user -c 'exec "$@"' sh "$@"
}

# boot OPTION…: a guest that runs what $CMD says; its console in out.log
boot()
{
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -m "${MEM:-128}" \
		-p "console=ttyS0 quiet lkvm.run=\"${CMD:-true}\"" "$@"
}

# guest_script: standard input is what a guest runs that is booted with
# boot_script; it says SCRIPT-DONE when it succeeds. (One that resets itself
# with reboot -f runs drain before, lest its last lines stay in its own buffer.)
guest_script()
{
	mkdir -p script
	{
		cat
		echo 'echo SCRIPT-DONE'
	} >script/run.sh
	(cd script && echo run.sh | cpio -o -H newc) >script.cpio 2>/dev/null
}

# impostor: guest_script's guest has a folder where exec's init is to be, so that
# with -p "$IMPOSTOR" Linux runs guest_script's init in place of it.
export IMPOSTOR=init=/init
impostor()
{
	guest_script
	mkdir -p script/lkvm-pvm-init/full
	(cd script && find lkvm-pvm-init | cpio -o -H newc) >>script.cpio 2>/dev/null
}

boot_script()
{
	CMD='sh -eu /run.sh' boot -i script.cpio "$@"
}

# image FILE MIB: of random bytes
image()
{
	dd if=/dev/urandom of="$1" bs=1M count="$2" 2>/dev/null
}

# on_ext4 MIB: a file system in ./ext4 that reads without waiting when it can
# (tmpfs cannot say so: disks on it are served without io_uring)
on_ext4()
{
	truncate -s "$1M" ext4.img
	mke2fs -F ext4.img >/dev/null 2>&1
	mkdir -p ext4
	loop=$(losetup -f)
	losetup "$loop" ext4.img
	trap off_ext4 EXIT
	mount -t ext4 "$loop" ext4
}

off_ext4()
{
	umount ext4 2>/dev/null
	losetup -d "$loop"
}

# trixie_ready: Debian in /opt/trixie, with our package installed by its dpkg
# (which misses ldconfig and start-stop-daemon there)
trixie_ready()
{
	[ -d /opt/trixie ] || skip "no Debian was staged"
	[ ! -e /opt/trixie/usr/bin/lkvm-pvm ] || return 0
	cp /bin/busybox /opt/lkvm-pvm.deb /opt/trixie/usr/bin/
	for applet in sh rm diff; do
		ln -s busybox "/opt/trixie/usr/bin/$applet"
	done
	mkdir -p /opt/trixie/var/log /opt/trixie/etc/lkvm-pvm
	cp /etc/passwd /etc/group /opt/trixie/etc/
	expect_rc 0 in_trixie /usr/bin/dpkg --force-bad-path \
		-i /usr/bin/lkvm-pvm.deb
	expect_out '^Setting up lkvm-pvm '
}

# in_trixie COMMAND…: with Debian as its root, in a name space of its own; also
# as the first process in one of processes, when $TRIXIE_INIT is set
in_trixie()
{
	# shellcheck disable=SC2016 # that shell expands it
	unshare -m ${TRIXIE_INIT:+-p -f} sh -ec '
		cd /opt/trixie
		mount --bind . .
		cd /opt/trixie
		mount --rbind /dev dev
		mount --rbind /sys sys
		mount -t proc proc proc
		mount -t tmpfs tmpfs run
		mount -t tmpfs tmpfs tmp
		mount --move . /
		exec chroot . "$@"' sh "$@"
}
