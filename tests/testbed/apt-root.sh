#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes a private, arm64 apt root in the cache and prints its apt.conf.
#
# usage: APT_CONFIG=$(apt-root.sh [--refresh] [--sid | --backports])
#
# With this APT_CONFIG, apt-get and apt-cache know Debian's arm64 packages of
# this machine's own suite, trixie and trixie-backports (and sid when asked),
# verified with Debian's keyring. With --backports they know the packages of
# this machine's own architecture in its suite's backports, and those alone. The
# machine's package lists, sources and architectures are not touched, and no
# root is needed. The mirror is the machine's own; DEBIAN_MIRROR=URI names
# another one. Package lists are renewed once a day, or at once with --refresh.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
root=$cache/apt
suites="trixie trixie-backports"
arch=arm64
refresh=no
backports=no

# The URI of the Debian mirror in the machine's own sources, of any format.
mirror()
{
	lists=$(mktemp -d)
	uris=$(apt-get -o Dir::State::lists="$lists" update --print-uris \
		2>/dev/null || true)
	rm -rf "$lists"
	for name in "$(suite)" stable oldstable testing; do
		uri=$(printf '%s\n' "$uris" |
			sed -n "s|^'\([^']*\)/dists/$name/InRelease'.*|\1|p" |
			grep '/debian/*$' | head -n 1) || true
		if [ -n "$uri" ]; then
			break
		fi
	done
	echo "${uri:-http://deb.debian.org/debian}"
}

write_config()
{
	mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" \
		"$root/etc/preferences.d" "$root/etc/trusted.d" \
		"$root/etc/conf.d" "$root/dpkg"
	: >>"$root/dpkg/status"
	uri=${DEBIAN_MIRROR:-$(mirror)}
	for name in $suites; do
		echo "deb [arch=$arch signed-by=$keyring] $uri $name main"
	done >"$root/etc/sources.list"
	# Of the machine's configuration only how to reach the mirror, no hooks.
	apt-config dump | grep '^Acquire::' |
		grep -v '^Acquire::\(IndexTargets\|Languages\|Changelogs\)' \
			>"$root/etc/conf.d/machine" || true
	cat >"$root/apt.conf" <<-END
		Dir::State "$root/state";
		Dir::State::status "$root/dpkg/status";
		Dir::Cache "$root/cache";
		Dir::Etc::main "/dev/null";
		Dir::Etc::parts "$root/etc/conf.d";
		Dir::Etc::sourcelist "$root/etc/sources.list";
		Dir::Etc::sourceparts "-";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$root/etc/preferences.d";
		Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "$root/etc/trusted.d";
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		APT::Update::Error-Mode "any";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
	END
}

update_lists()
{
	if APT_CONFIG=$root/apt.conf apt-get -qq update >"$root/update.log" 2>&1
	then
		touch "$root/updated"
	elif [ -e "$root/updated" ]; then
		say "apt: the mirror cannot be reached, using the lists of" \
			"$(date -r "$root/updated" +%F)"
	else
		cat "$root/update.log" >&2
		die "the package lists of $suites cannot be fetched from" \
			"$(sed -n '1s/.*\] \([^ ]*\) .*/\1/p' "$root/etc/sources.list");" \
			"is the network there? DEBIAN_MIRROR=URI names another mirror"
	fi
}

while [ $# -gt 0 ]; do
	case $1 in
	--refresh) refresh=yes ;;
	--sid) suites="$suites sid" root=$cache/apt-sid ;;
	--backports) backports=yes ;;
	*) die "usage: apt-root.sh [--refresh] [--sid | --backports]" ;;
	esac
	shift
done
own=$(suite)
if [ "$backports" = yes ]; then
	suites=$own-backports arch=$(machine) root=$cache/apt-backports
else
	case " $suites " in
	*" $own "*) ;;
	*) suites="$own $suites" ;;
	esac
fi
unset APT_CONFIG

if [ -n "${DEBIAN_MIRROR:-}" ] &&
	! grep -qsF " $DEBIAN_MIRROR " "$root/etc/sources.list"; then
	refresh=yes
fi
if [ "$refresh" = yes ] ||
	[ -z "$(find "$root/updated" -mmin -1440 2>/dev/null)" ]; then
	lock "$(basename "$root")"
	if [ ! -r "$keyring" ]; then
		die "$keyring is missing; install debian-archive-keyring"
	fi
	write_config
	update_lists
fi
echo "$root/apt.conf"
