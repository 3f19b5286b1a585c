#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gathers the arm64 libraries for cross building and prints their directory.
#
# usage: sysroot.sh [SUITE]
#
# The packages come from the Debian suite of this machine (its cross glibc is
# of that suite), unpacked into the cache: no foreign architecture is added to
# the machine. The directory has usr/include and usr/lib/aarch64-linux-gnu
# with static and shared libraries. On arm64 nothing is printed: there the
# installed packages serve.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

packages="libfdt-dev libfdt1 liburing-dev liburing2 zlib1g-dev zlib1g
	libzstd-dev libzstd1 libjansson-dev libjansson4
	libseccomp-dev libseccomp2
	check libsubunit-dev libsubunit0"

# Links between packages are absolute or go through /lib; here all are local.
localise_links()
{
	find "$1" -type l | while read -r link; do
		target=$(readlink "$link")
		case $target in
		*/aarch64-linux-gnu/*) ln -sfn "${target##*/}" "$link" ;;
		esac
	done
}

make_sysroot()
{
	mkdir "$tmp/debs" "$tmp/root"
	APT_CONFIG=$("$here/apt-root.sh")
	export APT_CONFIG
	# shellcheck disable=SC2046,SC2086 # lists of words
	apt_fetch "$tmp/debs" $(printf "%s/$1\n" $packages)
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
	done
	if [ -d "$tmp/root/lib" ]; then
		cp -a "$tmp/root/lib/." "$tmp/root/usr/lib/"
	fi
	rm -rf "$tmp/root/lib" "$tmp/root/usr/share" "$tmp/root/usr/bin"
	localise_links "$tmp/root/usr/lib/aarch64-linux-gnu"
	(cd "$tmp/debs" && printf '%s\n' ./*.deb) >"$tmp/root/packages"
}

if [ "$(machine)" = arm64 ]; then
	exit 0
fi
suite=${1:-$(suite)}
[ -n "$suite" ] || die "which Debian is this? usage: sysroot.sh SUITE"
sysroot=$cache/sysroot-$suite-$(key "$here/sysroot.sh")
if [ ! -d "$sysroot" ]; then
	lock sysroot
	if [ ! -d "$sysroot" ]; then
		say "sysroot: fetching the arm64 libraries of Debian $suite"
		tmp=$(mktemp -d "$cache/sysroot.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		trap 'exit 130' INT TERM HUP
		make_sysroot "$suite"
		mv "$tmp/root" "$sysroot"
	fi
fi
echo "$sysroot"
