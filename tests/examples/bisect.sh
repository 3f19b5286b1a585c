#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# One step of a bisection: builds the kernel that is checked out, boots it in a
# protected VM and runs a command there. In the kernel's repository:
#
#   git bisect start BAD GOOD
#   git bisect run .../bisect.sh INITRD COMMAND [ARGUMENT...]
#
# A kernel that does not build or start the command is skipped (125). A panic, a
# hang, no end in time or a failing command is bad. Should the host, INITRD's name
# or the like be at fault, --bisect ends the bisection (255): it proves nothing.
set -eu
initrd=$1
shift

make -j"$(nproc)" ARCH=arm64 Image || exit 125
exec lkvm-pvm exec --bisect -k arch/arm64/boot/Image -i "$initrd" -m 128 \
	--boot-timeout 60 --timeout 120 -- "$@" </dev/null
