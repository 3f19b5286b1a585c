#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make run`: a protected VM's shell on this terminal, on this machine when its
# KVM is protected, in the emulated host otherwise.
#
# usage: run.sh RUNNER [OPTION...]   options go to `lkvm-pvm run`
#
# Environment: HOST=local|emulated (default: local when `lkvm-pvm check`
# passes), V=1 (the guest's kernel tells how it boots), and what host.sh takes.
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
program=$top/build/aarch64/lkvm-pvm

runner=$1
shift
host=${HOST:-}
if [ -z "$host" ]; then
	host=emulated
	if [ "$(uname -m)" = aarch64 ] && "$program" check >/dev/null 2>&1; then
		host=local
	fi
fi
quiet=(-p quiet)
case "${V:-0} $* " in
# What boots is the user's: its parameters are, too.
1* | *' -k'* | *' --kernel'* | *' -f'* | *' --firmware'* | *.flat\ * | \
	*' --nodefaults '*)
	quiet=()
	;;
esac
case $host in
local)
	image=$("$here/kernel.sh" default)
	mkdir -p "$top/build/host"
	"$here/guest-initrd.sh" "$top/build/host/initrd.cpio"
	exec "$program" run -k "$image" -i "$top/build/host/initrd.cpio" \
		"${quiet[@]}" "$@"
	;;
emulated)
	exec "$here/host.sh" "$runner" -e lkvm-pvm run -k /boot/Image \
		-i /boot/initrd.cpio "${quiet[@]}" "$@"
	;;
*)
	echo "make run: HOST=$host: use HOST=local or HOST=emulated" >&2
	exit 125
	;;
esac
