#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Boots the emulated pKVM host and runs one command in it: `make run`, `make host`.
#
# usage: host.sh RUNNER [-e] [COMMAND [ARG...]]   (default: a shell)
#
# -e: the end of a pipe ends the shell at its far end too: Ctrl-d is typed.
# The command has this terminal (or pipe) and its exit code is ours. The
# working directory is /mnt in the host. Environment: KERNEL=PATH,
# HOST_KERNEL=debian, QEMU=, CPU=, SMP=, MEM= (MiB), V=1 (the host's console,
# which is in build/host/host-default.log, is shown first).
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

runner=$1
shift
options=()
if [ "${1:-}" = -e ]; then
	options=(-e)
	shift
fi
[ "${V:-0}" != 1 ] || options+=(-v)
[ $# -gt 0 ] || set -- /bin/sh -l
image=$("$here/kernel.sh" default)
mkdir -p "$top/build/host"
"$here/stage.sh" "$image" "$top/build/host.cpio"
if [ "${HOST_KERNEL:-}" = debian ]; then
	image=$("$here/kernel.sh" debian)
fi
options+=(-k "$image" -i "$top/build/host.cpio" -o "$top/build/host" -s "$PWD")
exec "$runner" exec "${options[@]}" "$@"
