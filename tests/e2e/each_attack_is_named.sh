#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One attack of each kind on a virtio device: each is an event that names the
# device, what was wrong and where, in the order in which they were made; and the
# device works after it.
. /tests/e2e/lib.sh

image disk.img 1
tunctl -t tap7 >/dev/null
trap 'ip link del tap7' EXIT
ip link set tap7 up

# named DEVICE: its events are what the patterns on stdin say, one by one
named()
{
	grep "\"event\":\"violation\",\"device\":\"$1\"" events.jsonl >"$1" || true
	n=0
	while read -r pattern; do
		n=$((n + 1))
		sed -n "${n}p" "$1" | grep -Eq -- "$pattern" ||
			fail "$1, event $n: no $pattern: $(sed -n "${n}p" "$1")"
	done
	[ "$(wc -l <"$1")" -eq $n ] || fail "$1: $(wc -l <"$1") events, not $n"
}
expect_rc 114 "$LKVM" run -m 64 --window=4M -d disk.img --rng \
	-n tap,if=tap7,vhost=off --events events.jsonl -p mode=named \
	"$GUEST/vhostile.flat"
expect_out '^unharmed'
expect_no_out FAILED

gpa='"queue":0,"gpa":[0-9]+,"len":[0-9]+,"what":"[^"]*'
named rng0 <<END
$gpa not in the window
$gpa a queue of wrong size or alignment
$gpa not in the window
$gpa a malformed chain
$gpa a chain longer than the queue
$gpa an index out of range
$gpa an index out of range
$gpa an index out of range
$gpa a malformed chain
$gpa a page that is not shared
$gpa a page that is not shared
$gpa a page that is not shared
"what":"refused: .* VIRTIO_F_VERSION_1
"what":"[^"]* enables queue 0 before it agreed on features
"what":"[^"]* starts without having agreed on features
"what":"[^"]* gave up
END
named blk0 <<END
"what":"[^"]* failed .the guest took a page of the buffer back
END
named net0 <<END
$gpa a buffer offered again before it was returned
END
