#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: default
# timeout: 240
# A guest with disk, network, share, console, port and random numbers, all of
# them busy: guest RAM is private, sealed, never forked, dumped nor merged; no
# system call of lkvm-pvm's has an address of it, nor has an iovec, a message or
# an entry of io_uring; vCPUs' threads make a handful of different ones, and
# children are not under the filter.
. /tests/e2e/lib.sh

PATH=/opt/helpers/bin:$PATH
T=/sys/kernel/tracing/instances/guard
at_end()
{
	rmdir $T 2>/dev/null || true
	ip link del dummy8 2>/dev/null || true
	off_ext4
}
on_ext4 24
trap at_end EXIT
image ext4/disk.img 2
ip link add dummy8 type dummy
ip addr add 10.9.8.5/24 dev dummy8
ip link set dummy8 up
ip route add default via 10.9.8.1
mkdir dir
image dir/file 1

guest_script <<'GUEST'
mkdir /mnt
mount -t virtiofs share /mnt
head -c 4194304 /dev/urandom >/tmp/own
md5sum /tmp/own >/tmp/own.sum
ip link set eth0 up
ip addr add 10.9.8.5/24 dev eth0
ip route add default via 10.9.8.1
dd if=/dev/vda of=/dev/null bs=4k iflag=direct 2>/dev/null
dd if=/mnt/file of=/dev/vda bs=64k conv=fsync 2>/dev/null
cp /mnt/file /mnt/copy
dd if=/dev/hwrng of=$(echo /dev/vport*p1) bs=64 count=20 2>/dev/null
nc 10.9.8.1 5003 </mnt/file
md5sum -c /tmp/own.sum
echo ready
read -r _
umount /mnt
GUEST

mkdir $T
echo 24576 >$T/buffer_size_kb
echo 1 >$T/options/event-fork
echo 1 >$T/events/raw_syscalls/sys_enter/enable
mkfifo keys silence gate
nc -l -p 5003 <>silence >got &
sleep 230 <>keys &
sleeper=$!
(
	sh -c 'echo $PPID' >me
	read -r self <me
	read -r _ <gate
	echo "$self" >$T/set_event_pid
	exec "$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 -c 2 \
		-p 'console=hvc0 quiet lkvm.run="sh -eu /run.sh"' \
		--console virtio --port name=log,file=port.out --rng \
		-d ext4/disk.img --share dir -n passt <keys >out.log 2>err.log
) &
pid=$!
/tests/bin/iovtrace $pid >iovecs 2>iovtrace.log &
tracer=$!
wait_for 10 grep -q '^attached' iovecs
echo >gate
wait_for 100 grep -q ready out.log

# The mappings, while it runs
cat "/proc/$pid/smaps" >smaps
awk '/^[0-9a-f]+-[0-9a-f]+ / { where = $1; perms = $2; name = $6 }
	/^Size:/ { kib = $2 }
	/^VmFlags:/ && / dd / && / dc / && !/ sh / && kib > 65536 {
		print where, perms, name "|" $0 }' smaps >ram
cat ram
[ "$(wc -l <ram)" -eq 1 ] || fail "not one mapping of RAM"
grep -q ' rw-p |.* sl' ram || fail "RAM is not sealed"
! grep -Eq ' (mg|lo|wf) ' ram || fail "RAM can be merged, or is locked"
awk '/^[0-9a-f]+-[0-9a-f]+ / { name = $0 }
	/^VmFlags:/ && name ~ /lkvm-pvm-window/ && (!/ dd/ || !/ dc/) {
		exit 1 }' smaps || fail "the window would be forked or dumped"
grep -q 'lkvm-pvm-window' smaps || fail "no window"

# Who is under which filters
filters()
{
	awk '/^Seccomp_filters/ { print $2 }' "$1/status"
}
for task in "/proc/$pid/task"/*; do
	case $(cat "$task/comm") in
	vcpu*) want=3 ;;
	*) want=2 ;;
	esac
	[ "$(filters "$task")" -eq $want ] ||
		fail "$(cat "$task/comm") has $(filters "$task") filters"
done
for name in '[v]irtiofsd' '[p]asst'; do
	# Those that it has put on itself are its own
	children=$(grep -l "opt/[^ ]*$name" /proc/[0-9]*/cmdline 2>/dev/null |
		cut -d / -f 3)
	[ -n "$children" ] || fail "no $name"
	for child in $children; do
		[ "$(filters "/proc/$child")" -le 1 ] ||
			fail "$name has inherited a filter"
	done
done
cat "/proc/$pid/task"/*/comm >names

echo >keys
rc=0
wait $pid || rc=$?
echo 0 >$T/events/raw_syscalls/sys_enter/enable
kill $sleeper
[ $rc -eq 0 ] || fail "exit $rc: $(cat err.log)"
expect_out 'own: OK' SCRIPT-DONE
cmp got dir/file || fail "the network lost something"
[ -s port.out ] || fail "the port said nothing"

# Its system calls from the first KVM_RUN on, of its own threads. Addresses are
# compared as text: 16 digits each.
cat $T/trace >trace
awk '/entries-in-buffer/ { split($3, n, "/"); split(n[1], m, ":")
	print; exit n[1] != n[2] }' trace || fail "the trace has lost some"
# shellcheck disable=SC2046 # two words
set -- $(cut -d ' ' -f 1 ram | tr - ' ')
# shellcheck disable=SC2016 # $1 is of awk
awk 'FNR == NR { ours[$1] = 1; next }
	{ name = $1; sub(/-[0-9]+$/, "", name); if (name in ours) print }' \
	names trace >calls
awk -v from="$1" -v to="$2" '
function pad(x) { return substr("0000000000000000" x, length(x) + 1) }
BEGIN { from = pad(from); to = pad(to) }
{
	at = match($0, /NR [0-9]+ \(/)
	if (!at)
		next
	nr = substr($0, at + 3, RLENGTH - 5)
	rest = substr($0, at + RLENGTH)
	sub(/\).*/, "", rest)
	n = split(rest, a, /, /)
	if (nr == 29 && a[2] == "ae80")
		runs = 1
	if (!runs)
		next
	calls++
	if ($1 ~ /^vcpu/)
		vcpu[nr]++
	for (i = 1; i <= n; i++)
		if (pad(a[i]) "" >= from && pad(a[i]) "" < to) {
			# Dropped as a whole, when the VM is no more
			if (nr == 233 && i == 1 && pad(a[1]) == from &&
			    a[3] == 4)
				drops++
			else
				print "names guest RAM:", $0
		}
}
END {
	print "calls", calls + 0
	print "drops", drops + 0
	for (nr in vcpu)
		print "vcpu", nr, vcpu[nr]
}' calls >result
# What is behind a pointer: a line each, "call start end"
wait $tracer || fail "iovtrace: $(cat iovtrace.log)"
awk -v from="$1" -v to="$2" '
function pad(x) { return substr("0000000000000000" x, length(x) + 1) }
BEGIN { from = pad(from); to = pad(to) }
NF == 3 {
	seen[$1]++
	if (pad($2) "" < to && pad($3) "" > from)
		print "names guest RAM: behind a pointer of call", $0
}
END {
	for (nr in seen)
		print "behind", nr, seen[nr]
}' iovecs >>result
cat result
! grep -q 'names guest RAM' result || fail "a system call names guest RAM"
grep -q '^drops [12]$' result || fail "RAM was not dropped at the end"
[ "$(awk '/^calls/ { print $2 }' result)" -gt 1000 ] || fail "not busy"
# preadv2, sendmsg and recvmsg; READV and WRITEV of io_uring
for call in 286 211 212 u1 u2; do
	grep -q "^behind $call " result || fail "no $call was looked behind"
done
# ioctl, futex, write, preadv2, and what starts and ends a thread
grep -q '^vcpu 29 ' result || fail "no vCPU ran"
awk '/^vcpu/ && $2 !~ /^(29|98|64|286|63|66|93|99|103|113|115|123|131|134|135|139|172|178|215|222|226|233|277|293)$/ {
	exit 1 }' result || fail "a vCPU made an unexpected system call"
