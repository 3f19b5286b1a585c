#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The emulated host is one: protected mode, /dev/kvm.
# timeout: 20
. /tests/e2e/lib.sh

dmesg | grep -q 'kvm.*Protected .*initialized successfully' ||
	fail "no protected mode: $(dmesg | grep -i kvm)"
[ -c /dev/kvm ] || fail "no /dev/kvm"
[ -d /sys/kernel/debug/kvm ] || fail "no debugfs of KVM"
[ "$(nproc)" = "$HOST_CPUS" ] || fail "$(nproc) CPUs"
