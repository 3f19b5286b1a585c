#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Packs directories into an initramfs: newc cpio, all owned by root.
#
# usage: initramfs.sh [--busybox] OUT DIR...
#
# The directories are laid over one another, a later one overrules. A node
# /dev/console is always there, so that init has its standard streams.
# --busybox adds Debian's static arm64 busybox below them, with a link in /bin
# for each applet. No root is needed; the same input gives the same bytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

# applets BINARY: the names in busybox's own table, which has [[ at its start
applets()
{
	echo '['
	tr '\0' '\n' <"$1" | LC_ALL=C awk '
		$0 == "[[" { found = 1 }
		found && !/^[a-z0-9[][-_.a-z0-9[]*$/ { exit }
		found'
}

make_busybox()
{
	APT_CONFIG=$("$here/apt-root.sh")
	export APT_CONFIG
	mkdir "$tmp/deb"
	apt_fetch "$tmp/deb" busybox-static/trixie
	dpkg-deb -x "$tmp"/deb/*.deb "$tmp/deb/root"
	mkdir -p "$tmp/busybox/bin"
	find "$tmp/deb/root" -path '*/bin/busybox' -type f \
		-exec mv {} "$tmp/busybox/bin/busybox" \;
	for name in $(applets "$tmp/busybox/bin/busybox"); do
		case $name in
		busybox | init | linuxrc) ;;
		*) ln -s busybox "$tmp/busybox/bin/$name" ;;
		esac
	done
	for name in sh mount cttyhack setsid poweroff; do
		[ -L "$tmp/busybox/bin/$name" ] ||
			die "busybox of trixie has no applet $name"
	done
	mv "$tmp/busybox" "$1"
}

busybox()
{
	dir=$cache/busybox-$(key "$here/initramfs.sh")
	if [ ! -d "$dir" ]; then
		lock busybox
		if [ ! -d "$dir" ]; then
			make_busybox "$dir"
		fi
	fi
	echo "$dir"
}

# entry INODE MODE MAJOR MINOR NAME: one empty member of a newc archive
entry()
{
	printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\0' \
		"$1" "$2" 0 0 1 0 0 0 0 "$3" "$4" $((${#5} + 1)) 0 "$5"
	pad=$(((4 - (110 + ${#5} + 1) % 4) % 4))
	head -c "$pad" /dev/zero
}

# What cpio(1) could pack only as root; archives may follow one another.
console_node()
{
	entry 1 0040755 0 0 dev
	entry 2 0020600 5 1 dev/console
	entry 0 0 0 0 'TRAILER!!!'
}

with_busybox=no
if [ "${1:-}" = --busybox ]; then
	with_busybox=yes
	shift
fi
[ $# -ge 2 ] || die "usage: initramfs.sh [--busybox] OUT DIR..."
have cpio
out=$1
shift
umask 022
mkdir -p "$cache"
tmp=$(mktemp -d "$cache/initramfs.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$tmp/root"
if [ "$with_busybox" = yes ]; then
	base=$(busybox)
	cp -a "$base/." "$tmp/root/"
fi
for dir; do
	[ -d "$dir" ] || die "$dir: not a directory"
	cp -a "$dir/." "$tmp/root/"
done
chmod -R a+rX "$tmp/root"
find "$tmp/root" -exec touch -h -d @0 {} +
console_node >"$tmp/cpio"
(cd "$tmp/root" && find . -mindepth 1 | sed 's|^\./||' | LC_ALL=C sort |
	cpio -o -H newc -R +0:+0 --reproducible --quiet) >>"$tmp/cpio"
mv "$tmp/cpio" "$out"
