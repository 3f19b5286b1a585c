#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# -p is the guest's: mem=, rdinit=, console=, swiotlb= of the user count.
. /tests/e2e/lib.sh

CMD='awk /MemTotal/ /proc/meminfo; cat /proc/cmdline; dmesg | grep preallocated'
expect_rc 0 boot -p mem=96M
total=$(awk '/^MemTotal/ { print $2 }' out.log)
[ "$total" -lt $((96 * 1024)) ] || fail "mem= ignored: $total KiB"
# no pools of shared pages beside the window, unless the user wants one
expect_out ' swiotlb=noforce coherent_pool=4K' 'preallocated 4 KiB'
mkdir -p root
printf '%s\n' '#!/bin/sh' 'echo OTHER INIT' 'poweroff -f' >root/other
chmod 755 root/other
(cd root && find . | cpio -o -H newc 2>/dev/null) >other.cpio
expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -i other.cpio -m 128 \
	-p 'quiet rdinit=/other'
expect_out 'OTHER INIT'
# a console= of the user's is the only one; earlycon stays
expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 \
	-p 'console=ttyS0,115200 lkvm.run="cat /proc/cmdline"'
[ "$(grep -o 'console=ttyS0' out.log | sort -u | wc -l)" -eq 1 ] ||
	fail "another console="
expect_out 'bootconsole .* enabled' 'earlycon'
# words for the first program stay behind what the kernel is to hear
expect_rc 0 "$LKVM" exec -k "$IMAGE" -i "$INITRD" -m 128 \
	-p 'swiotlb=512 coherent_pool=64K -- word' -- cat /proc/cmdline
expect_out '^swiotlb=512 coherent_pool=64K .*console=ttyS0.* rdinit=/[^ ]* -- .*word$'
if grep -q 'noforce\|=4K' out.log; then
	fail 'words of ours where the user has some'
fi
