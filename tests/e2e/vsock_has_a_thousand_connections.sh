#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# --vsock socket=PATH as a user without privileges: a thousand connections at
# once from the host and a thousand from the guest; afterwards no descriptor is
# left of them, and what nobody listens for is refused on either side.
# timeout: 180
. /tests/e2e/lib.sh

V=/tests/bin/vsock
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
ulimit -l unlimited
chmod 777 .

mkdir -p script
cp "$V" script/vsock
cat >script/run.sh <<'END'
set -eu
/vsock listen vsock:4294967295:5000 echo &
/vsock connect vsock:2:6000 many 1000
/vsock refused vsock:2:7000
/vsock refused vsock:7:6000
while ! [ -e /tmp/end ]; do
	/vsock listen vsock:4294967295:5001 flow 0 0
	touch /tmp/end
done
echo SCRIPT-DONE
END
(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) >script.cpio 2>/dev/null

(umask 0 && exec "$V" listen unix:v.sock_6000 echo) &
# shellcheck disable=SC2016 # that shell expands it
su -m -s /bin/sh -- user -c 'exec "$@"' sh "$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 \
	-p 'console=ttyS0 quiet lkvm.run="sh /run.sh"' --vsock socket=v.sock \
	</dev/null >out.log 2>&1 &
pid=$!
wait_for 20 listens v.sock
"$V" connect unix:v.sock:5000 many 1 >many.log
fds=$(nr_fds $pid)
"$V" connect unix:v.sock:5000 many 1000 >>many.log
wait_for 60 grep -q '^1000 connections' out.log
"$V" refused unix:v.sock:7000
closed()
{
	[ "$(nr_fds $pid)" -le "$fds" ]
}
wait_for 10 closed
"$V" connect unix:v.sock:5001 flow 0 0
rc=0
wait $pid || rc=$?
[ $rc -eq 0 ] || fail "exit $rc"
expect_out SCRIPT-DONE '^1000 connections'
expect_no_out warning
grep -q '^1000 connections' many.log || fail "the host's connections"
