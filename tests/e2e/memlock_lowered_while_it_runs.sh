# SPDX-License-Identifier: GPL-2.0-only
# Root lowers the limit of a guest that runs: what is locked stays, the next new
# page pauses it, and a higher limit lets it go on.
. /tests/e2e/lib.sh

CMD='echo MARK; read -r _; dd if=/dev/zero of=/tmp/x bs=1M count=30; echo WROTE'
mkfifo keys
exec 3<>keys
ulimit -l 200000
as_user "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 \
	-p "quiet lkvm.run=\"$CMD\"" <keys >out.log 2>&1 &
run=$!
wait_for 60 grep -q '^MARK' out.log
pid=$(pidof lkvm-pvm)
memlock "$pid" $((4 << 20))
echo go >&3
wait_for 60 grep -q 'paused: the guest reached RLIMIT_MEMLOCK' out.log
sleep 1
expect_no_out '^WROTE' 'goes on'
memlock "$pid" $((200000 << 10))
rc=0
wait $run || rc=$?
[ $rc -eq 0 ] || fail "exit $rc"
expect_out '^WROTE'
[ "$(grep -c 'paused:' out.log)" -eq 1 ] || fail "paused more than once"
