# SPDX-License-Identifier: GPL-2.0-only
# Too few tasks, file descriptors or watches of files for the VM: one line, exit 125,
# and nothing is left, wherever in the start it happens; or the guest is heard.
. /tests/e2e/lib.sh

small=/sys/fs/cgroup/few
echo +pids >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p $small
trap 'rmdir $small' EXIT
start()
{
	run_rc "$@" "$LKVM" run -c 4 -m 32 "$GUEST/hello.flat"
}
in_few()
{
	sh -c 'echo 0 >/sys/fs/cgroup/few/cgroup.procs; exec "$@"' sh "$@"
}
with_fds()
{
	sh -c 'ulimit -n $1; shift; exec "$@"' sh "$@"
}
# told NAME PATTERN: the last start() was refused so, or went well
told()
{
	[ "$(nr_vms)" -eq 0 ] || fail "$1: a VM is left"
	[ $rc -ne 0 ] || expect_out '^!lkvm-pvm: guest: powered off$'
	[ $rc -ne 0 ] || return 0
	[ $rc -eq 125 ] || fail "$1: exit $rc"
	expect_out "$2"
	[ "$(wc -l <out.log)" -eq 1 ] || fail "$1: not one line"
}
# main, the console's writer and the vCPUs
for n in 1 2 3 4 5 6; do
	echo $n >$small/pids.max
	start in_few
	told "pids.max $n" 'pids.max'
	[ $((n < 6)) -eq $((rc != 0)) ] || fail "pids.max $n: exit $rc"
done
# One less than the disk's thread needs: no guest goes on without its disk
image disk.img 1
echo 4 >$small/pids.max
run_rc in_few "$LKVM" run -m 64 --window=4M -d disk.img -p mode=named \
	"$GUEST/vhostile.flat"
[ $rc -eq 125 ] || fail "disk: exit $rc"
# Maybe in the middle of a line of the guest's
expect_out 'lkvm-pvm: warning: blk0: cannot be started' \
	'lkvm-pvm: host: blk0 cannot be started'

refused_once=no
for n in $(seq 3 32); do
	start with_fds $n
	told "$n fds" 'lkvm-pvm: .*(open files|descriptor)'
	[ $rc -eq 0 ] || refused_once=yes
done
[ "$rc" -eq 0 ] || fail "32 fds are not enough"
[ $refused_once = yes ] || fail "no number of fds was too few"

# Watches: input that can be waited for takes one more, and a pseudoterminal as many
# as a socket
watches=/proc/sys/fs/epoll/max_user_watches
many=$(cat $watches)
trap 'rmdir $small; echo $many >$watches' EXIT
mkfifo never
start_fed()
{
	rc=0
	"$LKVM" run -m 32 "$@" "$GUEST/hello.flat" <>never >out.log 2>&1 ||
		rc=$?
	sed -i '/: .dev.pts/d' out.log
}
# enough COMMAND…: $n is how many watches it takes
enough()
{
	for n in $(seq 0 40); do
		echo "$n" >$watches
		"$@"
		told "$n watches" 'No space left on device'
		[ $rc -ne 0 ] || return 0
	done
	fail "40 watches are not enough"
}
enough start
without=$n
enough start_fed
[ "$n" -eq $((without + 1)) ] || fail "$n watches, and $without without input"
enough start_fed --port name=p,unix=end
without=$n
enough start_fed --port name=p,pty
[ "$n" -eq "$without" ] || fail "$n watches with pty, and $without with unix"
