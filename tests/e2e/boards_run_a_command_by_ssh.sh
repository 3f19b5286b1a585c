#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The example for boards reached by ssh runs the LAVA job's command on each, copies
# what changed and no more, ends with exec's exit code, leaves nothing on a board
# however it ends, and says in a line why one cannot: here boards are ports of this host.
# timeout: 300
. /tests/e2e/lib.sh
PATH=/opt/helpers/bin:$PATH
export LKVM_PVM=$LKVM
CACHE=/root/.cache/lkvm-pvm
servers=

# Below /root: dropbear refuses keys below directories like /tmp
cleanup()
{
	# shellcheck disable=SC2086 # a list
	kill $servers 2>/dev/null || true
	wait
	umount /root/.cache 2>/dev/null || true
	rm -rf /root/.ssh /root/.cache /etc/dropbear
}
trap cleanup EXIT

# board NAME PORT [COMMAND...]: an ssh server, started by that command
board()
{
	printf 'Host %s\n\tPort %s\n' "$1" "$2" >>/root/.ssh/config
	name=$1
	port=$2
	shift 2
	"$@" dropbear -R -F -E -P "$name.pid" -p "127.0.0.1:$port" 2>"$name.log" &
	servers="$servers$! "
	wait_for 10 ssh "$name" true
}

# without_kvm COMMAND...: becomes it, in a /dev that has none
without_kvm()
{
	# shellcheck disable=SC2016 # that shell expands it
	exec unshare -m sh -ec '
		mount -t tmpfs tmpfs /mnt
		mkdir /mnt/pts
		cp -a /dev/null /dev/zero /dev/random /dev/urandom /mnt
		mount --move /mnt /dev
		exec "$@"' sh "$@"
}

# on_board CODE ARGUMENT...: the example; out, err
on_board()
{
	want=$1
	shift
	rc=0
	/tests/examples/on-board.sh "$@" >out 2>err || rc=$?
	[ $rc -eq "$want" ] || fail "exit $rc instead of $want: $* $(cat out err)"
}

# says TEXT: is all of err
says()
{
	[ "$(cat err)" = "$1" ] || fail "err: $(cat err)"
}

nothing_left()
{
	[ "$(nr_vms)" -eq 0 ] && [ -z "$(find $CACHE -name 'run.*')" ]
}

connection() # the process that serves the one there is
{
	ps -o pid,ppid | awk "\$2 == ${servers%% *} { print \$1 }"
}

initrd() # initrd COMMANDS: with a test of them
{
	echo "$1" >test.sh
	echo test.sh | cpio -o -H newc 2>/dev/null | cat "$INITRD" - >initrd.cpio
}

mkdir -p /etc/dropbear
mkdir -m 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
chmod 700 /root
chmod 600 /root/.ssh/authorized_keys
printf 'HostName 127.0.0.1\nStrictHostKeyChecking accept-new\n' >/root/.ssh/config
board one 2201
board two 2202
board bare 2203 without_kvm

# One board: it has everything copied, and the test of initrd.cpio is run
ln -s /boot/guest.Image Image
initrd 'echo hello from $(uname -m)'
on_board 0 one Image initrd.cpio
[ "$(cat out)" = 'hello from aarch64' ] || fail "out: $(cat out)"
says "$(printf 'one: copying %s\n' lkvm-pvm Image initrd.cpio)"
grep -q 'tests="1" failures="0" errors="0"' results/one/junit.xml ||
	fail "$(cat results/one/junit.xml)"
grep -q '"code":0,' results/one/boot/verdict.json || fail "no verdict"
nothing_left || fail "left: $(find $CACHE)"

# Another initrd, another command: that is the only file copied
initrd 'exit 1'
on_board 3 --artifacts other root@one Image initrd.cpio \
	sh -c 'echo "$1:$2:$3:$4:it'\''s" >&2; exit 3' sh 'a  b' '$HOME' -n 'a\nb'
says "root@one: copying initrd.cpio
a  b:\$HOME:-n:a\nb:it's"
grep -q '"code":3,' other/root@one/boot/verdict.json || fail "no verdict"

# Several, two of which cannot: a line each, and the code of the first of these
on_board 121 one,bare,two,gone Image initrd.cpio echo hello
[ "$(sed 's/fail.*/fail/; s/reached:.*/reached/' out)" = 'one: 0: the command exited with 0
bare: 121: fail
two: 0: the command exited with 0
gone: 120: cannot be reached' ] || fail "several: $(cat out)"
grep -q '/dev/kvm' out || fail "several: $(cat out)"
[ "$(cat results/one/out results/two/out)" = "$(printf 'hello\nhello\n')" ] ||
	fail "several: $(cat results/*/out results/*/err)"
on_board 120 gone Image initrd.cpio
[ "$(wc -l <err)" -eq 1 ] || fail "gone: $(cat err)"

# However it ends, the VM and the directory go with it
for how in 'kill -TERM $pid' 'kill -KILL $pid' 'kill -KILL $(connection)'; do
	setsid /tests/examples/on-board.sh one Image initrd.cpio sleep 1000 >out 2>err &
	pid=$!
	wait_for 60 sh -c "grep -q init-reached $CACHE/run.*/boot/events.jsonl"
	rc=0
	eval "$how"
	wait $pid || rc=$?
	case $how in
	*TERM*) [ $rc -eq 143 ] && nothing_left || fail "TERM: exit $rc: $(cat err)" ;;
	*connection*) [ $rc -eq 123 ] && says 'one: 123: the connection was lost' ||
		fail "connection: exit $rc: $(cat err)" ;;
	esac
	wait_for 60 nothing_left
done

# A board that is full
rm -rf $CACHE
mount -t tmpfs -o size=512k tmpfs /root/.cache
on_board 122 one Image initrd.cpio
grep -q '^one: 122: takes no lkvm-pvm: .*No space left on device$' err ||
	fail "full: $(cat err)"
nothing_left || fail "left: $(find $CACHE)"
[ -z "$(find $CACHE -type f)" ] || fail "a part is kept: $(find $CACHE)"
