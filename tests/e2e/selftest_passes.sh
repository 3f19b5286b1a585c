#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# timeout: 240
# The selftest passes on this kernel, as root and as a user, and says so in
# KTAP, JSON and a report.
. /tests/e2e/lib.sh

echo 2 >/proc/sys/vm/nr_hugepages
on_ext4 16
cd ext4
expect_rc 0 "$LKVM" selftest --report report.txt
cat out.log
expect_out '^KTAP version 1$' '^ok .* create.protected_type_is_accepted$' \
	'^# Totals: pass:[1-9][0-9]* fail:0 xfail:0 skip:'
planned=$(sed -n 's/^1\.\.//p' out.log)
[ "$(grep -c '^ok ' out.log)" -eq "$planned" ] || fail "a check is missing"
[ "$("$LKVM" selftest --list | grep -c '^    ')" -eq "$planned" ] ||
	fail "--list does not list them all"
[ "$(grep -c '^# decided by: ' report.txt)" -eq "$planned" ] ||
	fail "the report does not explain them all"
grep -q "^# kernel: $(uname -r) " report.txt || fail "no kernel in the report"
for line in "# CPUs: MIDR_EL1 $HOST_CPUS x 0x[0-9a-f]*" '# memory: [1-9][0-9]* MiB' \
	'# pKVM: [nh]VHE, pages of 4096 bytes, IPA of [1-9][0-9]* bits, ITS, '; do
	grep -q "^$line" report.txt || fail "not in the report: $line"
done

expect_rc 0 "$LKVM" selftest -t share.host_may_read --json
expect_out '"verdict": "pass"' '"kernel": "'
expect_rc 0 "$LKVM" selftest -t create.at_most_255_vms --destructive
expect_out '^# Totals: pass:1 '
expect_rc 0 "$LKVM" selftest -t teardown.slots_come_back --slow
expect_out '^# Totals: pass:1 '
cd ..

# Without root's rights, and with the limit most users have.
echo 0 >/proc/sys/vm/nr_hugepages
ulimit -l 8192
run_rc as_user "$LKVM" selftest
cat out.log
[ $rc -eq 0 ] || fail "exit $rc as a user"
expect_out '^# Totals: pass:[1-9][0-9]* fail:0 xfail:0 skip:' \
	'^ok [0-9]* memlock.cap_ipc_lock_has_no_limit # SKIP needs root$'
