#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes the small initramfs that guests of the testbed boot: busybox, a shell,
# and drain, which returns when the console's output has left the guest.
#
# usage: guest-initrd.sh OUT
#
# guest-init.sh says what it does; more archives may be appended to it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

[ $# -eq 1 ] || die "usage: guest-initrd.sh OUT"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
cp "$here/guest-init.sh" "$tmp/init"
chmod 755 "$tmp" "$tmp/init"
# stty changes a terminal after all output has left it, so this waits for that.
# What a guest printed right before it went off or reset may be lost otherwise.
mkdir "$tmp/bin" "$tmp/etc"
printf '#!/bin/sh\nexec stty onlcr </dev/console\n' >"$tmp/bin/drain"
chmod 755 "$tmp/bin" "$tmp/bin/drain"
echo 'root::0:0:root:/:/bin/sh' >"$tmp/etc/passwd"
echo 'root:x:0:' >"$tmp/etc/group"
"$here/initramfs.sh" --busybox "$1" "$tmp"
