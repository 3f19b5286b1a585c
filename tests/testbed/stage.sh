#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the initramfs of the emulated pKVM host, when an input of it changed.
#
# usage: stage.sh IMAGE OUT.cpio
#
# IMAGE is the guests' kernel. Taken from build/ when there:
#   build/aarch64-static/agent    /init (this one must be there)
#   build/aarch64-static/lkvm-pvm  /usr/local/bin/lkvm-pvm
#   build/aarch64/lkvm-pvm         /opt/dynamic/lkvm-pvm, with its libraries
#   build/aarch64-static/tests/*   /tests/bin/*
#   build/guest/*.flat             /tests/guest/*.flat
#   build/deb/*.deb                /opt/lkvm-pvm.deb, with /opt/trixie for it
# and further: the small guest kernel in its formats when GUEST_IMAGE names it
# (/boot/guest.*), Debian's when STOCK_IMAGE does (/boot/stock.zst), the guests'
# initrd, virtiofsd and others (/opt/helpers), tests/e2e, tests/examples.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

# libraries SYSROOT PROGRAM: the files a dynamic program needs
libraries()
{
	local dirs=(/usr/aarch64-linux-gnu/lib /lib/aarch64-linux-gnu
		/usr/lib/aarch64-linux-gnu)
	local todo=("$2") name dir seen=' '

	[ -z "$1" ] || dirs=("$1/usr/lib/aarch64-linux-gnu"
		"$1/lib/aarch64-linux-gnu" "${dirs[@]}")
	while [ ${#todo[@]} -gt 0 ]; do
		for name in $("$(cross)objdump" -p "${todo[0]}" |
			awk '$1 == "NEEDED" { print $2 }') \
			ld-linux-aarch64.so.1; do
			[[ $seen != *" $name "* ]] || continue
			seen+="$name "
			for dir in "${dirs[@]}"; do
				[ -e "$dir/$name" ] || continue
				todo+=("$dir/$name")
				echo "$dir/$name"
				break
			done
		done
		todo=("${todo[@]:1}")
	done
}

take_dynamic()
{
	local sysroot lib

	sysroot=$("$here/sysroot.sh" 2>/dev/null) || sysroot=
	mkdir -p "$root/opt/dynamic" "$root/lib"
	cp "$top/build/aarch64/lkvm-pvm" "$root/opt/dynamic/"
	libraries "$sysroot" "$top/build/aarch64/lkvm-pvm" |
		while read -r lib; do
			cp -L "$lib" "$root/lib/"
		done
}

# Every format of a kernel that the loader takes
take_guest_kernel()
{
	cp "$GUEST_IMAGE" "$root/boot/guest.Image"
	gzip -9nc "$GUEST_IMAGE" >"$root/boot/guest.Image.gz"
	zstd -q -19 -c "$GUEST_IMAGE" >"$root/boot/guest.Image.zst"
	if [ -e "${GUEST_IMAGE%/*}/vmlinuz.efi" ]; then
		cp "${GUEST_IMAGE%/*}/vmlinuz.efi" "$root/boot/guest.efi"
	fi
}

take_etc()
{
	mkdir -p "$root/etc" "$root/root"
	printf '%s\n' root:x:0:0:root:/root:/bin/sh \
		user:x:1000:1000:user:/tmp:/bin/sh \
		nobody:x:65534:65534:nobody:/:/bin/sh >"$root/etc/passwd"
	printf '%s\n' root:x:0: user:x:1000: nogroup:x:65534: \
		>"$root/etc/group"
}

take_programs()
{
	local file

	cp "$top/build/aarch64-static/agent" "$root/init"
	mkdir -p "$root/usr/local/bin" "$root/tests/bin" "$root/tests/guest"
	if [ -e "$top/build/aarch64-static/lkvm-pvm" ]; then
		"$(cross)strip" -g -o "$root/usr/local/bin/lkvm-pvm" \
			"$top/build/aarch64-static/lkvm-pvm"
	fi
	if [ -e "$top/build/aarch64/lkvm-pvm" ]; then
		take_dynamic
	fi
	for file in "$top"/build/aarch64-static/tests/*; do
		if [ -f "$file" ] && [ -x "$file" ]; then
			cp "$file" "$root/tests/bin/"
		fi
	done
	for file in "$top"/build/guest/*.flat; do
		if [ -f "$file" ]; then
			cp "$file" "$root/tests/guest/"
		fi
	done
	cp -r "$top/tests/e2e" "$top/tests/examples" "$root/tests/"
}

take_helpers()
{
	local helpers

	helpers=$("$here/helpers.sh")
	mkdir -p "$root/opt"
	cp -a "$helpers" "$root/opt/helpers"
}

# Debian, and our package for it
take_trixie()
{
	local trixie

	trixie=$("$here/trixie.sh")
	mkdir -p "$root/opt"
	cp -a "$trixie" "$root/opt/trixie"
	cp "$top"/build/deb/lkvm-pvm_*_arm64.deb "$root/opt/lkvm-pvm.deb"
}

# What the result depends on: names, sizes and times
inputs()
{
	find "$image" ${GUEST_IMAGE:+"${GUEST_IMAGE%/*}"} \
		${STOCK_IMAGE:+"$STOCK_IMAGE"} \
		"$top/build/aarch64-static/agent" \
		"$top/build/aarch64-static/lkvm-pvm" \
		"$top/build/aarch64-static/tests" "$top/build/aarch64/lkvm-pvm" \
		"$top/build/guest" "$top/tests/e2e" "$top/tests/examples" \
		"$here/guest-init.sh" \
		"$here/guest-initrd.sh" "$here/initramfs.sh" "$here/stage.sh" \
		"$here/helpers.sh" "$here/trixie.sh" "$top/build/deb" \
		-type f -printf '%p %s %T@\n' 2>/dev/null | sort
}

[ $# -eq 2 ] || die "usage: stage.sh IMAGE OUT.cpio"
image=$1
out=$2
inputs >"$out.now" || true # some of them need not be there
if [ -e "$out" ] && cmp -s "$out.now" "$out.inputs"; then
	rm "$out.now"
	exit 0
fi
rm -f "$out.inputs"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$root/boot"
cp "$image" "$root/boot/Image"
"$here/guest-initrd.sh" "$root/boot/initrd.cpio"
if [ -n "${GUEST_IMAGE:-}" ]; then
	take_guest_kernel
fi
if [ -n "${STOCK_IMAGE:-}" ]; then
	zstd -q -3 -o "$root/boot/stock.zst" "$STOCK_IMAGE"
fi
take_etc
take_programs
take_helpers
if [ -d "$top/build/deb" ]; then
	take_trixie
fi
"$here/initramfs.sh" --busybox "$out" "$root"
mv "$out.now" "$out.inputs"
