#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Clients of a port one after the other; what the guest writes while there is
# none is for the next; a guest that resets itself finds its client again; a
# socket left by one who was killed is taken over, one in use is not.
# timeout: 180
. /tests/e2e/lib.sh

cat >run.sh <<'END'
exec 3<>/dev/vport0p1
while :; do
	read -r line <&3 || { sleep 0.1; continue; }
	echo "got $line" >&3
	case $line in
	late) sleep 2; echo 'meanwhile' >&3 ;;
	reset) reboot -f ;;
	end) break ;;
	esac
done
END
echo run.sh | cpio -o -H newc >run.cpio 2>/dev/null
start()
{
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -i run.cpio -m 128 -p quiet \
		--on-reset=restart --port name=talk,unix=talk.sock \
		</dev/null >>vm.log 2>&1 &
	pid=$!
	wait_for 20 listens talk.sock
}
say()
{
	echo "$1" >&7
	wait_for 40 grep -q "^got $1" talk.log
}
start
kill -9 $pid
wait $pid || :
[ -S talk.sock ] || fail "no socket was left"
start
refused "talk.sock.*in use" "$LKVM" run -k "$IMAGE" -m 64 \
	--port name=x,unix=talk.sock
: >talk.log
mkfifo in
for word in one two late; do
	/tests/bin/sockcat talk.sock <in >>talk.log &
	client=$!
	exec 7>in
	say $word
	exec 7>&-
	kill $client
	wait $client || :
done
sleep 3
/tests/bin/sockcat talk.sock <in >>talk.log &
client=$!
exec 7>in
wait_for 20 grep -q '^meanwhile' talk.log
say reset
# What comes before that the dying guest may take with it.
wait_for 40 grep -q restarting vm.log
say again
say end
exec 7>&-
rc=0
wait $pid || rc=$?
[ $rc -eq 0 ] || fail "exit $rc"
wait $client || fail "the client ended with $?"
