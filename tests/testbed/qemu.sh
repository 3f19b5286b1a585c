#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Finds or fetches a QEMU of at least version 10 and prints its command words.
#
# usage: QEMU=$(qemu.sh)
#
# QEMU= is taken when it is set, then the machine's own. When that is older
# (Debian 12), the one in the backports of this machine's suite is unpacked into
# the cache: nothing is installed. Once fetched it stays in use. The libraries
# it needs are those of the machine's own qemu-system-arm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

needed=10

# is_new COMMAND...: that QEMU is there and not too old
is_new()
{
	major=$("$@" --version 2>/dev/null |
		sed -n 's/^QEMU emulator version \([0-9]*\).*/\1/p')
	[ "${major:-0}" -ge $needed ]
}

# unpacked: the directory of the newest QEMU in the cache
unpacked()
{
	find "$cache" -maxdepth 1 -name "qemu-*_$(machine)" | sort -V | tail -n 1
}

# words DIR: how that QEMU is started; its own firmware, not the machine's
words()
{
	echo "$1/usr/bin/qemu-system-aarch64 -L $1/usr/share/qemu"
}

fetch()
{
	say "qemu: fetching QEMU from the backports of Debian $(suite) (11 MB)"
	tmp=$(mktemp -d "$cache/qemu.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	trap 'exit 130' INT TERM HUP
	APT_CONFIG=$("$here/apt-root.sh" --refresh --backports)
	export APT_CONFIG
	mkdir "$tmp/debs" "$tmp/root"
	(cd "$tmp/debs" &&
		apt-get -qq download qemu-system-arm qemu-system-data) >&2 ||
		die "qemu-system-arm cannot be fetched from the backports of" \
			"$(suite); name a QEMU with QEMU="
	version=$(dpkg-deb -f "$tmp"/debs/qemu-system-arm_*.deb Version)
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
	done
	lost=$(ldd "$tmp/root/usr/bin/qemu-system-aarch64" |
		sed -n 's/^[[:space:]]*\([^ ]*\) => not found/\1/p' | tr '\n' ' ')
	[ -z "$lost" ] || die "QEMU $version needs ${lost}which this machine" \
		"lacks; name a QEMU with QEMU="
	chmod 755 "$tmp/root"
	mv "$tmp/root" "$cache/qemu-${version#*:}_$(machine)"
}

if [ -n "${QEMU:-}" ]; then
	echo "$QEMU"
	exit 0
fi
if is_new qemu-system-aarch64; then
	echo qemu-system-aarch64
	exit 0
fi
mkdir -p "$cache"
if [ -z "$(unpacked)" ]; then
	lock qemu
	if [ -z "$(unpacked)" ]; then
		fetch
	fi
fi
dir=$(unpacked)
# shellcheck disable=SC2046 # a list of words
is_new $(words "$dir") || die "$dir: does not run or is older than $needed"
words "$dir"
