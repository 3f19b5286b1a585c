# SPDX-License-Identifier: GPL-2.0-only
# The guest's terminal is one of 115200 baud unless -p says otherwise; 9600 is
# what Linux takes for a console= without a speed.
. /tests/e2e/lib.sh

speed() # speed PARAMS: what stty says in a guest with these
{
	expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -m 128 \
		-p "quiet $1 lkvm.run=\"stty speed\""
	sed -n 's/^\([0-9]*\).\{0,1\}$/\1/p' out.log
}
[ "$(speed '')" = 115200 ] || fail "$(speed '')"
[ "$(speed console=ttyS0)" = 9600 ] || fail "$(speed console=ttyS0)"
