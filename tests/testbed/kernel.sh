#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Builds or fetches the testbed's kernels and prints the paths of their Images.
#
# usage: kernel.sh VARIANT...
#   default  host and guest in one, as a release would be configured
#   debug    the same with the hypervisor's debug options
#   guest    small, guest only; with KASLR; vmlinuz.efi lies beside it
#   16k      the same with pages of 16 KiB
#   debian   Debian's stock kernel
#   documents  no kernel: a directory with those parts of the source that the
#            selftest is about, its documents among them
#
# Source and stock kernel are the newest of series 7 in Debian; once fetched
# they stay in use, so that an upload there costs no build here. Environment:
#   KERNEL=PATH                   taken as `default`, nothing is built
#   LINUX_SOURCE=PACKAGE=VERSION  this source, or LINUX_SOURCE=newest
#   DEBIAN_KERNEL=PACKAGE=VERSION this linux-binary-unsigned-*, or newest
#   KEEP=1                        leave source and build tree in the cache
#   JOBS=N                        compilers at once
set -eu -o pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

kernels=$cache/kernel
sources=$cache/source
tmp=

# fragments VARIANT: its configuration files, a later one overrules
fragments()
{
	case $1 in
	default) echo "$here/kernel.config" ;;
	debug) echo "$here/kernel.config $here/kernel-debug.config" ;;
	guest) echo "$here/kernel-guest.config" ;;
	16k) echo "$here/kernel-guest.config $here/kernel-16k.config" ;;
	esac
}

# targets VARIANT: what make shall build
targets()
{
	case $1 in
	guest | 16k) echo Image vmlinuz.efi ;;
	*) echo Image ;;
	esac
}

# newest REGEX: the newest package by version whose name matches
newest()
{
	apt-cache search --names-only "$1" | cut -d' ' -f1 | sort -V | tail -n 1
}

# candidate PACKAGE: the version that would be fetched
candidate()
{
	apt-cache policy "$1" | sed -n 's/^  Candidate: //p'
}

use_apt()
{
	APT_CONFIG=$("$here/apt-root.sh")
	export APT_CONFIG
}

# choose WHAT REGEX ASKED: prints which package to use, as PACKAGE=VERSION: the
# one asked for, else the one chosen before, else the newest.
choose()
{
	local pin=$sources/$1 name version

	if [ -n "$3" ] && [ "$3" != newest ]; then
		echo "$3"
		return
	fi
	if [ -z "$3" ] && [ -r "$pin" ]; then
		cat "$pin"
		return
	fi
	use_apt
	name=$(newest "$2")
	[ -n "$name" ] ||
		die "trixie-backports has no Linux $1 of series 7; name one" \
			"with LINUX_SOURCE= or DEBIAN_KERNEL=package=version," \
			"or an Image with KERNEL=path"
	version=$(candidate "$name")
	mkdir -p "$sources"
	echo "$name=$version" >"$pin.$$"
	mv "$pin.$$" "$pin"
	echo "$name=$version"
}

# forget WHAT PACKAGE=VERSION: Debian keeps only the newest uploads
forget()
{
	rm -f "${sources:?}/$1"
	die "kernel: if $2 is gone from Debian, the next run takes the newest"
}

# fetch_source PACKAGE=VERSION: prints the path of the .deb in the cache
fetch_source()
{
	local deb=$sources/$1.deb fetch

	if [ ! -e "$deb" ]; then
		say "kernel: fetching $1 (170 MB)"
		use_apt
		fetch=$(mktemp -d "$tmp/fetch.XXXXXX")
		(apt_fetch "$fetch" "$1") || forget source "$1"
		mv "$fetch"/*.deb "$deb"
		rmdir "$fetch"
	fi
	echo "$deb"
}

# unpack DEB DIR
unpack()
{
	say "kernel: unpacking ${1##*/} (1.8 GB)"
	rm -rf "$2.part"
	mkdir -p "$2.part"
	dpkg-deb --fsys-tarfile "$1" |
		tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$2.part" --strip-components=1
	mv "$2.part" "$2"
}

# dropped FRAGMENT CONFIG: which symbols of FRAGMENT did not take effect
dropped()
{
	awk '
	NR == FNR && /^CONFIG_/ {
		at = index($0, "=")
		want[substr($0, 1, at - 1)] = substr($0, at + 1)
	}
	NR != FNR && /^CONFIG_/ {
		at = index($0, "=")
		got[substr($0, 1, at - 1)] = substr($0, at + 1)
	}
	END {
		for (name in want) {
			value = (name in got) ? got[name] : "n"
			if (value != want[name])
				print substr(name, 8)
		}
	}' "$1" "$2" | sort
}

# marked WORD FRAGMENT: the symbols in its comments "# WORD: ..."
marked()
{
	sed -n "s/^# $1: //p" "$2" | tr ' ' '\n' | sort -u
}

# check_config FRAGMENT CONFIG: stops when a needed symbol was dropped
check_config()
{
	local lost fatal

	lost=$(dropped "$1" "$2" |
		comm -23 - <(marked 'may miss' "$1") | tr '\n' ' ')
	[ -n "$lost" ] || return 0
	say "kernel: not known to this version or unmet: $lost"
	fatal=$(tr ' ' '\n' <<<"$lost" | sort |
		comm -12 - <(marked essential "$1") | tr '\n' ' ')
	[ -z "$fatal" ] || die "a testbed kernel is no use without $fatal"
}

# progress NAME: a line now and then about make's output, which it reads
progress()
{
	local line count=0 next=0 every=30 end='\n' all=1900

	case $1 in
	guest | 16k) all=1400 ;;
	esac

	if [ -t 2 ]; then
		every=2 end='\r'
	fi
	while read -r line; do
		case $line in
		'CC '* | 'AS '* | 'LD '* | 'AR '*) count=$((count + 1)) ;;
		esac
		if [ $SECONDS -ge $next ]; then
			printf "kernel %s: file %d of ~%d, %d min %02d s$end" \
				"$1" $count $all $((SECONDS / 60)) \
				$((SECONDS % 60)) >&2
			next=$((SECONDS + every))
		fi
	done
	[ ! -t 2 ] || echo >&2
}

# build VARIANT SOURCE DEST: configures, compiles and files away one kernel
build()
{
	local out=$tmp/$1 log=$kernels/$1.log jobs=${JOBS:-$(nproc)} deb
	local tree=$tmp/${2/=/-} done=$tmp/$1.done fragment=$tmp/$1.fragment
	local -a make

	deb=$(fetch_source "$2")
	[ -d "$tree" ] || unpack "$deb" "$tree"
	make=(make -C "$tree" O="$out" ARCH=arm64
		CROSS_COMPILE="$(cross)" KBUILD_BUILD_USER=lkvm-pvm
		KBUILD_BUILD_HOST=testbed
		KBUILD_BUILD_VERSION=1
		KBUILD_BUILD_TIMESTAMP="$(date -u -r "$tree/Makefile")")
	rm -rf "$done"
	mkdir -p "$out" "$done"
	# shellcheck disable=SC2046 # a list of files
	cat $(fragments "$1") >"$fragment"
	say "kernel $1: configuring $2"
	"${make[@]}" KCONFIG_ALLCONFIG="$fragment" allnoconfig \
		>"$log" 2>&1 || { tail -n 20 "$log" >&2; die "see $log"; }
	check_config "$fragment" "$out/.config"
	SECONDS=0
	# shellcheck disable=SC2046 # a list of targets
	"${make[@]}" -j"$jobs" $(targets "$1") 2>&1 | tee -a "$log" |
		progress "$1" ||
		{ grep -v '^  [A-Z]' "$log" | tail -n 20 >&2
		  die "kernel $1: build failed, see $log"; }
	mv "$out"/arch/arm64/boot/Image "$done/"
	[ ! -e "$out"/arch/arm64/boot/vmlinuz.efi ] ||
		mv "$out"/arch/arm64/boot/vmlinuz.efi "$done/"
	mv "$out/.config" "$done/config"
	{
		echo "source: $2"
		echo "sha256: $(sha256sum <"$deb" | cut -d' ' -f1)"
		echo "compiler: $("$(cross)gcc" --version | head -n 1)"
		echo "configuration: $1"
	} >"$done/Image.from"
	mv -T "$done" "$3" || [ -e "$3/Image" ]
	[ "${KEEP:-0}" = 1 ] || rm -rf "$out"
	say "kernel $1: built in $((SECONDS / 60)) min $((SECONDS % 60)) s"
}

# built VARIANT: prints the Image of this variant, building it when needed
built()
{
	local source dest

	have "$(cross)gcc"
	source=$(choose source '^linux-source-7\.[0-9]+$' "${LINUX_SOURCE:-}")
	# shellcheck disable=SC2046 # a list of files
	dest=$kernels/$1-$(key $(fragments "$1") "$source" \
		"$("$(cross)gcc" --version | head -n 1)" "$(targets "$1")")
	if [ ! -e "$dest/Image" ]; then
		lock "kernel-$1"
		if [ ! -e "$dest/Image" ]; then
			prepare
			build "$1" "$source" "$dest"
		fi
	fi
	echo "$dest/Image"
}

# A place in the cache for sources and objects, gone afterwards.
prepare()
{
	local tool

	for tool in make gcc bc flex bison xz hexdump; do
		have $tool
	done
	mkdir -p "$kernels" "$sources"
	if [ "${KEEP:-0}" = 1 ]; then
		tmp=$cache/build
		mkdir -p "$tmp"
	else
		scratch
	fi
}

scratch()
{
	if [ -z "$tmp" ]; then
		mkdir -p "$cache"
		# What a killed build left
		find "$cache" -maxdepth 1 -name 'build.*' -mmin +1440 \
			-exec rm -rf {} +
		tmp=$(mktemp -d "$cache/build.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		trap 'exit 130' INT TERM HUP
	fi
}

# debs_to DIR PACKAGE...: unpacks Debian packages, PACKAGE=VERSION, into DIR
debs_to()
{
	local dir=$1 deb

	shift
	use_apt
	rm -rf "$tmp/debs"
	mkdir -p "$tmp/debs" "$dir"
	(apt_fetch "$tmp/debs" "$@") || forget debian "$*"
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
}

# documents: what lkvm-pvm's selftest says is in them
documents()
{
	local source deb dest

	source=$(choose source '^linux-source-7\.[0-9]+$' "${LINUX_SOURCE:-}")
	dest=$sources/documents-$(key "$source")
	if [ ! -d "$dest" ]; then
		lock documents
	fi
	if [ ! -d "$dest" ]; then
		mkdir -p "$sources"
		scratch
		deb=$(fetch_source "$source")
		mkdir "$tmp/documents"
		dpkg-deb --fsys-tarfile "$deb" |
			tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
			tar -xJ -C "$tmp/documents" --strip-components=1 \
				--wildcards '*/Documentation/virt/kvm/arm' \
				'*/arch/arm64/kvm' '*/arch/arm64/mm' \
				'linux-*/virt/kvm' 'linux-*/kernel' \
				'linux-*/mm'
		mv "$tmp/documents" "$dest"
	fi
	echo "$dest"
}

# stock: Debian's own kernel
stock()
{
	local binary release version dest unsigned='linux-binary-unsigned-'

	binary=$(choose debian "^${unsigned}7\.[0-9.]+\+deb[0-9]+-arm64\$" \
		"${DEBIAN_KERNEL:-}")
	version=${binary#*=}
	release=${binary%%=*}
	release=${release#"$unsigned"}
	dest=$kernels/debian-Image-$(key "$binary")
	if [ ! -d "$dest" ]; then
		lock debian
		if [ ! -d "$dest" ]; then
			fetch_stock "$release" "$version" "$dest"
		fi
	fi
	echo "$dest/Image"
}

# fetch_stock RELEASE VERSION DEST
fetch_stock()
{
	local modules

	say "kernel debian: fetching Linux $1 (16 MB)"
	scratch
	debs_to "$tmp/root" "linux-binary-unsigned-$1=$2" "linux-base-$1=$2"
	modules=$tmp/root/usr/lib/modules/$1
	mkdir -p "$kernels" "$tmp/stock"
	mv "$modules/vmlinuz.unsigned" "$tmp/stock/Image"
	mv "$modules/config" "$tmp/stock/config"
	echo "source: linux-binary-unsigned-$1=$2" >"$tmp/stock/Image.from"
	(cd "$tmp/debs" && sha256sum ./*.deb) >>"$tmp/stock/Image.from"
	mv "$tmp/stock" "$3"
	rm -rf "$tmp/root"
}

[ $# -gt 0 ] || die "usage: kernel.sh VARIANT..., see $here/kernel.sh"
for variant; do
	case $variant in
	default)
		if [ -n "${KERNEL:-}" ]; then
			[ -r "$KERNEL" ] || die "KERNEL=$KERNEL cannot be read"
			realpath "$KERNEL"
		else
			built default
		fi
		;;
	debug | guest | 16k) built "$variant" ;;
	debian) stock ;;
	documents) documents ;;
	*) die "$variant: no such kernel; default, debug, guest, 16k, debian" ;;
	esac
done
