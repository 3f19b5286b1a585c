#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gathers the arm64 programs that lkvm-pvm starts or talks to: virtiofsd, passt,
# qemu-storage-daemon (and qemu-img, for its images), git for its bisect, GNU parallel
# for its matrix, ssh and dropbear for its boards. Prints their directory.
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

# The programs' packages, and those of the libraries that they need.
packages="virtiofsd passt qemu-utils git parallel perl-base openssh-client dropbear-bin
	libaio1t64 libatomic1 libc6 libcap-ng0 libcom-err2 libcrypt1 libffi8 libfuse3-4
	libgcc-s1 libglib2.0-0t64 libgmp10 libgnutls30t64 libgssapi-krb5-2 libhogweed6t64
	libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libnettle8t64
	libnuma1 libp11-kit0 libpcre2-8-0 libseccomp2 libselinux1 libssl3t64 libtasn1-6
	libtomcrypt1 libtommath1 libunistring5 liburing2 libzstd1 zlib1g"

# libraries FILE...: copies what they need, and what that needs
libraries()
{
	while [ $# -gt 0 ]; do
		headers=$("$(cross)objdump" -p "$1")
		for lib in $(echo "$headers" |
			awk '$1 == "NEEDED" { print $2 }'); do
			[ ! -e "$tmp/out/lib/$lib" ] || continue
			cp -L "$tmp/root/usr/lib/aarch64-linux-gnu/$lib" \
				"$tmp/out/lib/"
			set -- "$@" "$tmp/out/lib/$lib"
		done
		shift
	done
}

# program FILE [OPTION]: one of them, and what starts it
program()
{
	cp "$1" "$tmp/out/opt/"
	name=${1##*/}
	cat >"$tmp/out/bin/$name" <<-END
		#!/bin/sh
		exec /opt/helpers/lib/ld-linux-aarch64.so.1 --argv0 $name \\
			--library-path /opt/helpers/lib \\
			/opt/helpers/opt/$name ${2:+$2 }"\$@"
	END
	chmod 755 "$tmp/out/bin/$name"
}

# GNU parallel, which is a script, and as much of Perl as it takes
take_parallel()
{
	program "$tmp/root/usr/bin/perl" -I/opt/helpers/lib/perl-base
	libraries "$tmp/root/usr/bin/perl"
	cp -a "$tmp/root/usr/lib/aarch64-linux-gnu/perl-base" "$tmp/out/lib/"
	cp "$tmp/root/usr/bin/parallel" "$tmp/out/opt/"
	printf '#!/bin/sh\nexec /opt/helpers/bin/perl %s "$@"\n' \
		/opt/helpers/opt/parallel >"$tmp/out/bin/parallel"
	chmod 755 "$tmp/out/bin/parallel"
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
	cp -L "$tmp/root/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1" \
		"$tmp/out/lib/"
	for file in libexec/virtiofsd bin/passt bin/qemu-img \
		bin/qemu-storage-daemon bin/git bin/ssh bin/ssh-keygen \
		sbin/dropbear; do
		program "$tmp/root/usr/$file"
		libraries "$tmp/root/usr/$file"
	done
	take_parallel
	(cd "$tmp/debs" && printf '%s\n' ./*.deb) >"$tmp/out/packages"
	chmod 755 "$tmp/out"
}

helpers=$cache/helpers-$(key "$here/helpers.sh")
if [ ! -d "$helpers" ]; then
	lock helpers
	if [ ! -d "$helpers" ]; then
		say "helpers: fetching virtiofsd, passt, qemu-utils, git and others for arm64 (30 MB)"
		tmp=$(mktemp -d "$cache/helpers.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		trap 'exit 130' INT TERM HUP
		make_helpers
		mv "$tmp/out" "$helpers"
	fi
fi
echo "$helpers"
