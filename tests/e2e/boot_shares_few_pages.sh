#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What a guest with a disk and a card has shared when its init runs, the window,
# Linux' own pool and the tables of the ITS, is 2048 pages at most, with either
# kernel. Shared is what the host can read, but for the images, of which it wrote
# each page and the guest did not need each. (Without huge pages: their untouched
# parts are readable, too.)
# timeout: 120
. /tests/e2e/lib.sh

thp=/sys/kernel/mm/transparent_hugepage/enabled
was=$(sed 's/.*\[\(.*\)\].*/\1/' $thp)
tunctl -t tap7 >/dev/null
trap 'ip link del tap7; echo "$was" >$thp' EXIT
echo never >$thp
ip link set tap7 up
truncate -s 4M disk.img
MEM=256
initrd=/proc/device-tree/chosen/linux,initrd
CMD="for n in start end; do echo initrd-\$n \$(od -An -tx1 $initrd-\$n); done
grep Kernel /proc/iomem; echo init runs; read -r _"
printf '%s\n' "$CMD" >run.sh
echo run.sh | cpio -o -H newc >script.cpio 2>/dev/null

# number PATTERN: the hexadecimal one in the guest's line, in decimal
number()
{
	echo $((0x$(sed -n "s/$1/\1/p" guest.log | tr -d ' \r')))
}

# shared: pages the host can read outside the images, each region's in a line
shared()
{
	awk -F '[": ,]+' -v page=4096 "$@" '
		$2 == "name" { name = $3 }
		$2 == "gpa" { at = $3 }
		$2 != "runs" { next }
		{
			sum = 0
			gsub(/[upr]/, "& ", $3)
			n = split($3, runs, " ")
			for (i = 1; i <= n; i++) {
				for (k = runs[i] + 0; k > 0; k--) {
					if (runs[i] ~ /r/ &&
					    (at < kernel || at > kernel_end) &&
					    (at < initrd || at > initrd_end))
						sum++
					at += page
				}
			}
			print name, sum
		}' out.log
}

# shares_few KERNEL
shares_few()
{
	rm -f guest.log
	IMAGE=$1
	CMD='sh /run.sh'
	boot --name guest -i script.cpio -d disk.img -n tap,if=tap7 \
		-p retain_initrd </dev/null >guest.log 2>&1 &
	pid=$!
	wait_for 60 grep -q '^init runs' guest.log
	expect_rc 0 "$LKVM" map guest --json
	expect_out '"name": "window"' '"protected": true'
	# Of the image the first 64 KiB are not said to be the kernel's.
	shared -v kernel=$(($(number ' *\(.*\)-.* : Kernel code.*') - 65536)) \
		-v kernel_end="$(number ' *.*-\(.*\) : Kernel data.*')" \
		-v initrd="$(number '^initrd-start\(.*\)')" \
		-v initrd_end="$(number '^initrd-end\(.*\)')" >pages.txt
	cat pages.txt
	pages=$(awk '{ n += $2 } END { print n }' pages.txt)
	echo "$IMAGE: $pages pages shared"
	grep -Eq '^window [1-9]' pages.txt || fail "none of the window?"
	[ "$pages" -le 2048 ] || fail "$pages pages"
	expect_rc 0 "$LKVM" stop --force guest
	wait $pid || true
}
shares_few /boot/Image
[ ! -e /boot/guest.Image ] || shares_few /boot/guest.Image
