#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures what a guest's program prints, inside the emulated host: on the serial
# port and on a virtio console, rates as medians of interleaved rounds, then counts
# per KiB in one more run with the tracer on.
#
# usage: console.sh ROUNDS OURS [PEER]     both take kvmtool's options
set -eu
rounds=$1
shift
dir=$(mktemp -d)
trap 'cd /; rm -rf "$dir"' EXIT
cd "$dir"
# shellcheck disable=SC2034 # lib.sh's
{
phases='serial virtio'
in_mib=
}
. /mnt/lib.sh

# The guests' initrd with what they run: lines of 64 bytes, timed until the last
# has left; clocks of a pVM's programs count hundredths of a second.
cat >run.sh <<'END2'
now()
{
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}
yes 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde |
	head -c $((KIB * 1024)) >/tmp/text
echo "PHASE $NAME BEGIN"
drain
from=$(now)
cat /tmp/text
drain
to=$(now)
echo "PHASE $NAME END $KIB $(((to - from) * 10000))"
sleep 1 # its counters are read
END2
cp /boot/initrd.cpio initrd
echo run.sh | cpio -o -H newc 2>/dev/null >>initrd

# vmm BINARY: one guest that prints on its console, $on
vmm()
{
	"$1" run -k /boot/Image -i initrd -m 128 -c 1 --console "$on" \
		--irqchip gicv3-its --force-pci --protected \
		--network mode=none \
		-p "quiet NAME=$on KIB=${KIB:-64} lkvm.run=\"sh /run.sh\"" \
		</dev/null 2>&1
}

: >peer
r=0
while [ $r -lt "$rounds" ]; do
	for on in $phases; do
		rates ours "$1"
		[ $# -lt 2 ] || rates peer "$2"
	done
	r=$((r + 1))
done
echo "console: what a program prints in a guest, KiB/s (>= 1.0, virtio >= 1.2)"
compare ours peer
for on in $phases; do
	print_counts "ours, per KiB" "$1"
	[ $# -lt 2 ] || print_counts "peer, per KiB" "$2"
done
