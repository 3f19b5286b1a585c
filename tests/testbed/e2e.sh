#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the e2e tests in the emulated pKVM host: `make e2e`.
#
# usage: e2e.sh RUNNER [-v] [-l] [GLOB...]
#
# Environment: KERNEL=PATH (host and guest kernel, nothing is built then),
# HOST_KERNEL=debian (every test on Debian's kernel), QEMU=, CPU=, SMP=, MEM=,
# E2E_OUT=DIR (logs; build/e2e), PATIENCE=N (a factor on every timeout),
# RETRIES=N (a failed test is tried again, alone in a fresh host, and named
# 'flaky'), HOSTS=N (that many at a time; one for each CPU, 4 at most), LONG=1 (tests
# that have one take a longer look).
set -eu -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

runner=$1
shift
options=()
while [[ ${1:-} == -* ]]; do
	options+=("$1")
	shift
done
image=$("$here/kernel.sh" default)
debian=$("$here/kernel.sh" debian)
export STOCK_IMAGE=$debian
# Tests of hVHE are skipped without it.
NEW_QEMU=$("$here/qemu.sh") || true
export NEW_QEMU
if [ -z "${KERNEL:-}" ]; then
	GUEST_IMAGE=$("$here/kernel.sh" guest)
	export GUEST_IMAGE
fi
out=${E2E_OUT:-$top/build/e2e}
mkdir -p "$out"
"$here/stage.sh" "$image" "$top/build/host.cpio"
if [ "${HOST_KERNEL:-}" = debian ]; then
	image=$debian
fi
exec "$runner" test -k "$image" -K "$debian" -i "$top/build/host.cpio" \
	-o "$out" "${options[@]}" "$top/tests/e2e" "$@"
