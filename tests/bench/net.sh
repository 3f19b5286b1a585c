#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures a tap's card, and passt, inside the emulated host: rates as medians of
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
trap 'cd /; kill $server; rm -rf "$dir"; ip link del tap7 2>/dev/null || true
	ip link del dummy7 2>/dev/null || true' EXIT
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
# What passt gives its guest: the address of a route out, and the host by the
# address of that route's gateway.
PATH=/opt/helpers/bin:$PATH
ip link add dummy7 type dummy
ip addr add 10.9.0.5/24 dev dummy7
ip link set dummy7 up
ip route add default via 10.9.0.1
chmod 666 /dev/kvm
# shellcheck disable=SC3045 # busybox has it
ulimit -l unlimited
chmod 755 "$dir"

# The guests' initrd with the load in it
cp /tests/bin/netload .
cat >run.sh <<END
ip link set eth0 up
ip addr add \$1/24 dev eth0
/netload \$2 5001 $ms
END
cp /boot/initrd.cpio initrd
printf 'netload\nrun.sh\n' | cpio -o -H newc 2>/dev/null >>initrd

peer=${2:-}

# vmm BINARY HOW: one guest that runs the load through a tap, with vhost or
# without (1, 0), or through passt, which is none of root's
vmm()
{
	net=mode=tap,tapif=tap7,vhost=$2
	irqchip=
	[ "$1" != "$peer" ] || irqchip='--irqchip gicv3-its'
	hosts='10.7.0.2 10.7.0.1'
	user=root
	if [ "$2" = passt ]; then
		net=passt
		hosts='10.9.0.5 10.9.0.1'
		user=user
	fi
	# shellcheck disable=SC2016,SC2086 # that shell expands it; words
	su -m -s /bin/sh -- $user -c 'exec "$@"' sh \
		"$1" run -k /boot/Image -i "$dir/initrd" -m 128 -c 1 \
		--console serial $irqchip --force-pci --protected \
		--network "$net" \
		-p "quiet lkvm.run=\"sh /run.sh $hosts\"" </dev/null 2>&1
}

: >peer
r=0
while [ $r -lt "$rounds" ]; do
	rates ours "$1" 1
	[ $# -lt 2 ] || rates peer "$2" 1
	rates own "$1" 0
	rates passt "$1" passt
	r=$((r + 1))
done
echo "network: a tap of the host, vhost-net; requests/s, MiB/s"
compare ours peer
echo "the same without vhost (ours) against the peer's vhost"
compare own peer
echo "passt (ours) against the peer's vhost"
compare passt peer
print_counts "ours, vhost, per request or MiB" "$1" 1
print_counts "ours, without, per request or MiB" "$1" 0
print_counts "ours, passt, per request or MiB" "$1" passt
[ $# -lt 2 ] || print_counts "peer, vhost, per request or MiB" "$2" 1
