#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests in KTAP, as kselftest's programs tell of theirs, run in a protected VM. A
# test that failed is exit code 1, and each is a testcase in junit.xml.
#
# usage: ktap.sh IMAGE INITRD [OPTION...]    options of lkvm-pvm exec
#
# INITRD holds a shell with dmesg. In the guest this file runs without arguments.
# A kselftest goes the same way: pack it in place of this file, or give exec the
# directory where `make install` of tools/testing/selftests put all of them:
#   lkvm-pvm exec -k Image --root kselftest_install -- ./run_kselftest.sh
# (with a shell and its programs there, too).
set -eu

if [ $# -gt 0 ]; then
	image=$1
	initrd=$2
	shift 2
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	cp "$0" "$tmp/ktap.sh"
	(cd "$tmp" && echo ktap.sh | cpio -o -H newc >more.cpio 2>/dev/null)
	rc=0
	lkvm-pvm exec -k "$image" -i "$initrd" -i "$tmp/more.cpio" -m 128 \
		--timeout 120 --junit junit.xml "$@" -- sh /ktap.sh </dev/null ||
		rc=$?
	exit $rc
fi

n=0
result() # result NAME COMMAND...: ok when it succeeds, without a word
{
	name=$1
	shift
	n=$((n + 1))
	if said=$("$@" 2>&1) && [ -z "$said" ]; then
		echo "ok $n $name"
	else
		echo "$said" | sed 's/^/# /'
		echo "not ok $n $name"
	fi
}

skip() # skip NAME WHY
{
	n=$((n + 1))
	echo "ok $n $1 # SKIP $2"
}

same() # same FILE VALUE
{
	[ "$(cat "$1")" = "$2" ] || echo "$1 is $(cat "$1") and not $2"
}

no_complaint()
{
	dmesg | grep -E 'WARNING:|BUG:|Oops' || true
}

cpus=/sys/devices/system/cpu
echo 'KTAP version 1'
echo '1..4'
result cpus_are_online same $cpus/online "$(cat $cpus/present)"
result kernel_is_not_tainted same /proc/sys/kernel/tainted 0
result log_has_no_complaint no_complaint
if [ -c /dev/hwrng ]; then
	result hwrng_gives_bytes sh -c 'head -c 16 /dev/hwrng >/dev/null'
else
	skip hwrng_gives_bytes 'no /dev/hwrng'
fi
