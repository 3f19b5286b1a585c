#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A guest that resets while a stream comes and goes: the program on the host
# sees the connection end, and reaches the guest's next life at the same CID.
# timeout: 100
. /tests/e2e/lib.sh

V=/tests/bin/vsock
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
mkdir script
cp "$V" script/vsock
cat >script/run.sh <<'END'
/vsock listen vsock:4294967295:5000 echo &
/vsock listen vsock:4294967295:5001 flow 1 1
if ! /vsock connect vsock:2:6000 flow 1 1; then
	echo "no word from the host"
fi
drain
reboot -f
END
(cd script && printf '%s\n' run.sh vsock | cpio -o -H newc) \
	>script.cpio 2>/dev/null

as_before()
{
	[ "$(nr_fds "$vm")" -eq "$before" ]
}

"$LKVM" run -k "$IMAGE" -i "$INITRD" -i script.cpio -m 128 --vsock cid=77 \
	--on-reset=restart -p 'console=ttyS0 quiet lkvm.run="sh /run.sh"' \
	</dev/null >out.log 2>&1 &
vm=$!
for life in 1 2 3; do
	# Waits for the guest to listen, and what it sends is echoed for ever.
	"$V" connect vsock:77:5001 flow 1 1 || fail "no life $life"
	rm -f flow.log
	"$V" connect vsock:77:5000 told 100000000000 100000000000 2>flow.log &
	flow=$!
	wait_for 10 grep -q flows flow.log
	kill -0 $flow 2>/dev/null || fail "the stream ended too soon"
	before=$(nr_fds $vm)
	# The guest has the answer when all of its own has come here.
	"$V" listen vsock:4294967295:6000 after 1 1 || fail "life $life"
	! wait $flow || fail "the stream has an end"
	wait_for 10 grep -q 'reset\|closed\|instead\|send' flow.log
done
wait_for 60 as_before # once the next life has its own
kill $vm
wait $vm || true
expect_no_out warning 'no word'
