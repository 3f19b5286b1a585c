#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 120
# A page of the window that the guest takes back is lost to a disk that copies past
# the user's mapping (the guest wins the race with a request in flight), or to a
# helper that reads the window as a file: the report names disk and helper.
. /tests/e2e/lib.sh

# life OPTION…: one of the guest that takes its buffer back
life()
{
	expect_rc 114 "$LKVM" run -m 64 --window=4M "$@" "$GUEST/taken.flat"
	expect_out '^ready' 'guest page 0x[0-9a-f]*, in the window, a read' \
		'page before: the guest.s own .* now: the host.s'
	expect_no_out 'still there'
}

[ -b /dev/ram0 ] || fail "no RAM disk"
dd if=/dev/urandom of=/dev/ram0 bs=64k count=16 2>/dev/null
life -d /dev/ram0,direct
expect_out 'likely cause: the device of a disk.*: /dev/ram0 has the option direct'
# With the page cache in between requests may fail, but the page stays
expect_rc 0 "$LKVM" run -m 64 --window=4M -d /dev/ram0 -p mode=few \
	"$GUEST/taken.flat"
expect_out '^still there'

/tests/bin/filepeer socket >peer.log &
peer=$!
wait_for 10 listens socket
life --vhost-user socket=socket,type=rng
expect_out "likely cause: a helper: filepeer .process $peer. has the window.s file open"
wait $peer
grep -q '^read [1-9][0-9]* bytes' peer.log || fail "it read nothing"
[ "$(nr_vms)" -eq 0 ] || fail "a VM is left"
