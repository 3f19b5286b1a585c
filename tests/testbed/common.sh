# SPDX-License-Identifier: GPL-2.0-only
# What the testbed's scripts share: cache directory, messages, locks, apt.
# shellcheck shell=sh
#
# To be sourced, with $here set to this directory.
# shellcheck disable=SC2154 # so it comes from outside

cache=${LKVM_PVM_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/lkvm-pvm}

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "error: $*"
	exit 1
}

# machine: the Debian name of what this runs on (amd64, arm64)
machine()
{
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# cross: the prefix of the tools that make arm64 programs, none on arm64
cross()
{
	if [ "$(machine)" != arm64 ]; then
		echo aarch64-linux-gnu-
	fi
}

# suite: the Debian suite of this machine, "bookworm" or later
suite()
{
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"'
}

# have COMMAND: dies with the remedy when a tool of the build is missing
have()
{
	command -v "$1" >/dev/null ||
		die "$1 is missing; install it with tests/testbed/packages.sh build"
}

# lock NAME: one process at a time from here to the end of this one
lock()
{
	mkdir -p "$cache/locks"
	exec 9>"$cache/locks/$1"
	if ! flock -n 9; then
		say "$1: another process works on it, waiting"
		flock 9
	fi
}

# key FILE-OR-TEXT...: a short hash over all that a result is made from
key()
{
	for part; do
		if [ -f "$part" ]; then
			sha256sum <"$part"
		else
			printf '%s\n' "$part"
		fi
	done | sha256sum | cut -c1-16
}

# apt_fetch DIR PACKAGE...: downloads packages (name, name/suite or
# name=version) as .deb files into DIR, out of the private apt root. Lists
# that are a day old may name files which are gone: then they are renewed.
apt_fetch()
{
	fetch_dir=$1
	shift
	if ! (cd "$fetch_dir" && apt-get -qq download "$@") 2>/dev/null; then
		"$here/apt-root.sh" --refresh >/dev/null
		(cd "$fetch_dir" && apt-get -qq download "$@") >&2 ||
			die "$*: cannot be fetched from the Debian mirror"
	fi
}
