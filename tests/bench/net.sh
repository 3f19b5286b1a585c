#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures a tap's card inside the emulated host: rates as medians of
# interleaved rounds, then counts in one more run with the tracer on.
#
# usage: net.sh ROUNDS OURS [PEER]     both take kvmtool's options
set -eu
rounds=$1
shift
ms=${MS:-1000}
dir=$(mktemp -d)
/tests/bin/netload serve 5001 &
server=$!
trap 'cd /; kill $server; rm -rf "$dir"; ip link del tap7 2>/dev/null || true' EXIT
cd "$dir"
# shellcheck disable=SC2034 # lib.sh's
{
phases='tcp-request tcp-to-host tcp-to-guest'
in_mib='tcp-to-host tcp-to-guest'
}
. /mnt/lib.sh

tunctl -t tap7 >/dev/null
ip addr add 10.7.0.1/24 dev tap7
ip link set tap7 up

# The guests' initrd with the load in it
cp /tests/bin/netload .
cat >run.sh <<END
ip link set eth0 up
ip addr add 10.7.0.2/24 dev eth0
/netload 10.7.0.1 5001 $ms
END
cp /boot/initrd.cpio initrd
printf 'netload\nrun.sh\n' | cpio -o -H newc 2>/dev/null >>initrd

# vmm BINARY VHOST: one guest that runs the load through its card
vmm()
{
	"$1" run -k /boot/Image -i initrd -m 128 -c 1 --console serial \
		--irqchip gicv3-its --force-pci --protected \
		--network "mode=tap,tapif=tap7,vhost=$2" \
		-p "quiet lkvm.run=\"sh /run.sh\"" </dev/null 2>&1
}

: >peer
r=0
while [ $r -lt "$rounds" ]; do
	rates ours "$1" 1
	[ $# -lt 2 ] || rates peer "$2" 1
	rates own "$1" 0
	r=$((r + 1))
done
echo "network: a tap of the host, vhost-net; requests/s, MiB/s"
compare ours peer
echo "the same without vhost (ours) against the peer's vhost"
compare own peer
print_counts "ours, vhost, per request or MiB" "$1" 1
print_counts "ours, without, per request or MiB" "$1" 0
[ $# -lt 2 ] || print_counts "peer, vhost, per request or MiB" "$2" 1
