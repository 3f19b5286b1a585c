# SPDX-License-Identifier: GPL-2.0-only
# Too little RAM for the images: refused; too little beside them: said before the
# guest's kernel panics. The -m that is asked for suffices.
. /tests/e2e/lib.sh

enough() # enough KERNEL: what the last run asked for
{
	mem=$(sed -n 's/.*\(less than\|raise -m to\) \([0-9]*\).*/\2/p' out.log)
	[ -n "$mem" ] || fail "no -m asked for"
	CMD=true MEM=$mem IMAGE=$1 expect_rc 0 boot
	expect_no_out 'may not start'
}
refused 'raise -m to' "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 8
enough "$IMAGE"
expect_rc 112 "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 18 -p 'panic=-1 quiet'
expect_out '-m 18 is little .* may not start with less than' 'Kernel panic'
enough "$IMAGE"
[ -e /boot/guest.Image ] || exit 0
expect_rc 112 "$LKVM" run -k /boot/guest.Image -i "$INITRD" -m 12 \
	-p 'panic=-1 quiet'
enough /boot/guest.Image
