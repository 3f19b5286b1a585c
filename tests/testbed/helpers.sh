#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gathers the arm64 programs that lkvm-pvm starts: virtiofsd and passt. Prints
# their directory.
#
# usage: helpers.sh
#
# They are Debian trixie's, of the private apt root, with the libraries they
# need and no others: bin/NAME starts opt/NAME by its own loader in lib/, so
# that neither the machine's libraries nor the emulated host's matter. In the
# host the directory is /opt/helpers; tests put its bin/ on PATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

packages="virtiofsd passt libc6 libgcc-s1 libcap-ng0 libseccomp2"
libraries="ld-linux-aarch64.so.1 libc.so.6 libgcc_s.so.1 libcap-ng.so.0
	libseccomp.so.2"

# program FILE: one of them, and what starts it
program()
{
	cp "$1" "$tmp/out/opt/"
	name=${1##*/}
	cat >"$tmp/out/bin/$name" <<-END
		#!/bin/sh
		exec /opt/helpers/lib/ld-linux-aarch64.so.1 \\
			--library-path /opt/helpers/lib \\
			/opt/helpers/opt/$name "\$@"
	END
	chmod 755 "$tmp/out/bin/$name"
}

make_helpers()
{
	mkdir -p "$tmp/debs" "$tmp/root" "$tmp/out/bin" "$tmp/out/opt" \
		"$tmp/out/lib"
	APT_CONFIG=$("$here/apt-root.sh")
	export APT_CONFIG
	# shellcheck disable=SC2046,SC2086 # lists of words
	apt_fetch "$tmp/debs" $(printf '%s/trixie\n' $packages)
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/root"
	done
	for lib in $libraries; do
		cp -L "$tmp/root/usr/lib/aarch64-linux-gnu/$lib" "$tmp/out/lib/"
	done
	program "$tmp/root/usr/libexec/virtiofsd"
	program "$tmp/root/usr/bin/passt"
	(cd "$tmp/debs" && printf '%s\n' ./*.deb) >"$tmp/out/packages"
	chmod 755 "$tmp/out"
}

helpers=$cache/helpers-$(key "$here/helpers.sh")
if [ ! -d "$helpers" ]; then
	lock helpers
	if [ ! -d "$helpers" ]; then
		say "helpers: fetching virtiofsd and passt for arm64 (4 MB)"
		tmp=$(mktemp -d "$cache/helpers.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		trap 'exit 130' INT TERM HUP
		make_helpers
		mv "$tmp/out" "$helpers"
	fi
fi
echo "$helpers"
