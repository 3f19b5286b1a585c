#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Gathers a Debian trixie for arm64, small: systemd as its init, dpkg, crun, and
# the libraries that lkvm-pvm's package depends on. Prints its directory.
#
# usage: trixie.sh
#
# In the emulated host it is /opt/trixie; tests/e2e/trixie.sh starts it. dpkg
# there knows the packages as installed, though nothing of them was configured.
# What a service needs of systemd is there, no more: documents, locales and units
# that prepare a machine are left out. /seccomp.json is the profile that podman
# gives containers without capabilities.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/testbed/common.sh
. "$here/common.sh"

packages="systemd crun dpkg tar libfdt1 libjansson4 libseccomp2 liburing2
	libzstd1 zlib1g"

# What apt would install with them, downloaded into DIR
fetch_all()
{
	mkdir -p "$1/partial"
	# shellcheck disable=SC2046,SC2086 # lists of words
	apt-get -qq -y -d -o Dir::Cache::archives="$1" install \
		$(printf '%s/trixie\n' $packages) >"$1/log" 2>&1 || {
		cat "$1/log" >&2
		die "trixie: the packages cannot be fetched"
	}
}

# known DEB: as dpkg's database has a package
known()
{
	dpkg-deb -f "$1" | sed '1a Status: install ok installed'
	echo
}

# What only prepares a whole machine, or is read by people.
slim()
{
	for name in doc man locale info lintian zoneinfo bash-completion zsh \
		polkit-1 bug common-licenses debconf perl5; do
		rm -rf "${1:?}/usr/share/$name"
	done
	rm -rf "$1/usr/lib/aarch64-linux-gnu/gconv" "$1/usr/lib/udev" \
		"$1/usr/lib/systemd/system"/*.wants \
		"$1/usr/lib/systemd/system-generators" \
		"$1/usr/lib/systemd/system-environment-generators" \
		"$1/usr/lib/systemd/catalog" "$1/usr/lib/sysusers.d" \
		"$1/usr/lib/tmpfiles.d" "$1/usr/lib/aarch64-linux-gnu/ossl-modules"
	(cd "$1/usr/lib/systemd" && for name in *; do
		case $name in
		systemd | systemd-executor | systemd-journald | \
			systemd-shutdown | system) ;;
		*) rm -rf "$name" ;;
		esac
	done)
	(cd "$1/usr/bin" && for name in *; do
		case $name in
		systemctl | systemd-analyze | journalctl | crun | tar | \
			dpkg | dpkg-deb | dpkg-split) ;;
		*) rm -rf "$name" ;;
		esac
	done)
	rm -rf "$1/usr/sbin"/* "$1/usr/lib/aarch64-linux-gnu"/*.a
}

# The profile of podman's package, of which a container without capabilities on
# arm64 gets these parts, as crun reads it.
seccomp_profile()
{
	awk '
		/^\t"syscalls": \[/ { rules = 1; next }
		!rules { next }
		/^\t\t\{/ { text = ""; keep = 1 }
		{ text = text $0 "\n" }
		/^\t\t\t"includes": \{$/ { inside = 1 }
		inside && /"caps"|"arches"/ { keep = 0 }
		inside && /"arm64"/ { keep = 1 }
		/^\t\t\t\}/ { inside = 0 }
		/^\t\t\}/ && keep {
			sub(/,\n$/, "\n", text)
			all = all (all ? "," : "") text
		}
		END {
			print "{ \"defaultAction\": \"SCMP_ACT_ERRNO\","
			print "\"defaultErrnoRet\": 38, \"syscalls\": [" all "] }"
		}'
}

make_trixie()
{
	root=$tmp/root
	APT_CONFIG=$("$here/apt-root.sh")
	export APT_CONFIG
	fetch_all "$tmp/debs"
	mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/sbin" \
		"$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" \
		"$root/etc/systemd/system"
	for name in bin lib sbin; do
		ln -s "usr/$name" "$root/$name"
	done
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink -C "$root"
		known "$deb" >>"$root/var/lib/dpkg/status"
		name=$(dpkg-deb -f "$deb" Package)
		if [ "$(dpkg-deb -f "$deb" Multi-Arch)" = same ]; then
			name=$name:arm64
		fi
		: >"$root/var/lib/dpkg/info/$name.list"
	done
	slim "$root"
	mkdir "$tmp/containers"
	apt_fetch "$tmp/containers" golang-github-containers-common/trixie
	dpkg-deb --fsys-tarfile "$tmp"/containers/*.deb |
		tar -xO ./usr/share/containers/seccomp.json |
		seccomp_profile >"$root/seccomp.json"
	grep -q '"openat"' "$root/seccomp.json" ||
		die "trixie: podman's seccomp.json is not as it was"
	(cd "$tmp" && printf '%s\n' debs/*.deb containers/*.deb) \
		>"$root/packages"
	mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp"
}

trixie=$cache/trixie-$(key "$here/trixie.sh")
if [ ! -d "$trixie" ]; then
	lock trixie
	if [ ! -d "$trixie" ]; then
		say "trixie: fetching systemd, crun and dpkg for arm64 (17 MB)"
		tmp=$(mktemp -d "$cache/trixie.XXXXXX")
		trap 'rm -rf "$tmp"' EXIT
		trap 'exit 130' INT TERM HUP
		make_trixie
		chmod 755 "$tmp/root"
		mv "$tmp/root" "$trixie"
	fi
fi
echo "$trixie"
