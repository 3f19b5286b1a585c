#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Installs the Debian packages that are missing, after naming them.
#
# usage: packages.sh GROUP...
#   build   compilers, libraries, what a kernel build needs, QEMU
#   test    what the tests need beyond that
#   lint    checkers; the two whose verdict changes from version to version
#           are Debian 12's or none; Debian 13 has no lava-common
#
# As root, or through sudo. Nothing is printed when nothing is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

group()
{
	case $1 in
	build)
		echo gcc libc6-dev make bc flex bison xz-utils cpio \
			bsdextrautils debian-archive-keyring qemu-system-arm \
			libfdt-dev liburing-dev zlib1g-dev libzstd-dev \
			libjansson-dev libseccomp-dev
		if [ "$(machine)" != arm64 ]; then
			echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross
		fi
		;;
	test)
		echo check device-tree-compiler zstd clang llvm
		case $(suite) in
		bookworm) echo libclang-rt-14-dev ;;
		*) echo libclang-rt-dev ;;
		esac
		;;
	lint)
		echo cppcheck mandoc shellcheck codespell zsh fish \
			lintian
		case $(suite) in
		bookworm) echo clang-format-14 clang-tidy-14 lava-common ;;
		esac
		;;
	*)
		die "$1: no such group of packages; build, test or lint"
		;;
	esac
}

# missing PACKAGE...: those of them that are not installed
missing()
{
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^installed //p' || true)
	for name; do
		case "
$installed
" in
		*"
$name
"*) ;;
		*) echo "$name" ;;
		esac
	done
}

# unknown PACKAGE...: those of them that apt could not install
unknown()
{
	for name; do
		LC_ALL=C apt-cache policy "$name" |
			grep -q '^  Candidate: [^(]' || echo "$name"
	done
}

as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

install_packages()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		--no-install-recommends --no-remove install "$@" >&2
}

[ $# -gt 0 ] || die "usage: packages.sh build|test|lint..."
wanted=
for name; do
	wanted="$wanted $(group "$name")"
done
# shellcheck disable=SC2086 # a list of words
wanted=$(missing $wanted | tr '\n' ' ')
[ -n "$wanted" ] || exit 0

say "packages: missing are $wanted"
if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
	die "neither root nor sudo here; as root run:" \
		"apt-get install --no-install-recommends $wanted"
fi
# shellcheck disable=SC2086 # a list of words
gone=$(unknown $wanted | tr '\n' ' ')
if [ -n "$gone" ]; then
	as_root apt-get -q update >&2
	# shellcheck disable=SC2086 # a list of words
	gone=$(unknown $gone | tr '\n' ' ')
fi
[ -z "$gone" ] || die "$gone: not in this machine's package sources"
# shellcheck disable=SC2086 # a list of words
if ! install_packages $wanted; then
	say "packages: trying again with fresh package lists"
	as_root apt-get -q update >&2
	# shellcheck disable=SC2086 # a list of words
	install_packages $wanted || die "could not install $wanted"
fi
