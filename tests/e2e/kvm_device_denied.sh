#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

chmod 600 /dev/kvm
trap 'chmod 666 /dev/kvm' EXIT
ulimit -l unlimited
refused '/dev/kvm.*([Pp]ermission|group)' as_user "$LKVM" run \
	"$GUEST/hello.flat"
