#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --vsock with --on-reset=restart: a guest's reset ends what was open, and its
# next life has connections again; two guests with the same CID do not see each
# other's; a socket in use is refused, one left behind is replaced; SIGTERM
# removes it.
# timeout: 180
. /tests/e2e/lib.sh

V=/tests/bin/vsock
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

mkdir -p script
cp "$V" script/vsock
cat >script/run.sh <<'END'
set -eu
/vsock connect vsock:2:6000 flow 100000 100000
/vsock listen vsock:4294967295:5000 echo &
sleep 1
/vsock listen vsock:4294967295:5001 flow 0 0
reboot -f
END
(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) >script.cpio 2>/dev/null

# start SOCKET LOG
start()
{
	"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 \
		-p 'console=ttyS0 quiet lkvm.run="sh /run.sh"' \
		--vsock "socket=$1" --on-reset=restart \
		</dev/null >"$2" 2>&1 &
}

# life SOCKET: what the host does in one life of the guest
life()
{
	"$V" listen "unix:$1_6000" flow 100000 100000
	rm "$1_6000"
	"$V" connect "unix:$1:5000" many 50 >/dev/null
	# It is open when the guest resets, and ends then.
	"$V" connect "unix:$1:5000" flow 0 1 2>/dev/null &
	"$V" connect "unix:$1:5001" flow 0 0
}

start a.sock a.log
a=$!
wait_for 10 listens a.sock
refused 'vsock: cannot listen on a.sock: it is in use' "$LKVM" run \
	-k "$IMAGE" --vsock socket=a.sock
kill -9 $a
wait $a 2>/dev/null || true
[ -S a.sock ] || fail "who removed the socket?"
start a.sock a.log
a=$!
start b.sock b.log
b=$!
(
	for _ in 1 2; do life b.sock; done
) &
b_life=$!
for _ in 1 2; do life a.sock; done
wait $b_life || fail "the other guest's connections"
kill $a $b
wait $a || true
wait $b || true
if [ -e a.sock ] || [ -e b.sock ]; then
	fail "a socket is still there"
fi
! grep -E 'warning|Oops' a.log b.log || fail "something was wrong"
