# SPDX-License-Identifier: GPL-2.0-only
# The cgroup has no memory for the guest's next pages, which cannot be swapped
# out: the kernel kills lkvm-pvm, and all of it is given back.
. /tests/e2e/lib.sh

small=/sys/fs/cgroup/out
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p $small
mkfifo keys
exec 3<>keys
trap 'rmdir $small' EXIT
echo 200M >$small/memory.max
CMD='read -r _; dd if=/dev/zero of=/tmp/x bs=1M count=50; echo WROTE'
(
	echo 0 >$small/cgroup.procs # this subshell's
	boot <keys >out.log 2>&1
) &
run=$!
wait_for 60 grep -q 'GUEST: ready' out.log
echo $(($(cat $small/memory.current) + 4000000)) >$small/memory.max
echo go >&3
rc=0
wait $run || rc=$?
[ $rc -eq 137 ] || fail "exit $rc"
grep 'oom_kill 1' $small/memory.events || fail "not for lack of memory"
[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
expect_no_out '^WROTE'
