#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A command that tells of tests in KTAP: its output passes as it is, a test that
# failed is exit 1, totals are in the verdict, --junit has each of them.
# timeout: 240
. /tests/e2e/lib.sh

ex() # ex OPTION… -- COMMAND…
{
	"$LKVM" exec -k /boot/guest.Image -i "$INITRD" -m 64 "$@" </dev/null
}

cat >ktap <<'END'
TAP version 13
1..3
# TAP version 13
# 1..2
# ok 1 good
# # it said: 1 < 2
# not ok 2 bad & ugly
not ok 1 suite # exit=1
ok 2 absent # SKIP no such device
END
cp ktap run.sh
echo run.sh | cpio -o -H newc >more.cpio 2>/dev/null
rc=0
ex -i more.cpio --junit junit.xml --verdict verdict.json -- cat /run.sh \
	>out 2>err || rc=$?
[ $rc -eq 1 ] || fail "exit $rc: $(cat err)"
cmp ktap out || fail "the output is another"
grep -q '1 of 4 tests failed (first: bad & ugly), 1 did not report, 1 skipped' err ||
	fail "err: $(cat err)"
grep -q '"ran":true,"tests":{"passed":1,"failed":1,"skipped":1,"expected":0,"missing":1}' \
	verdict.json || fail "verdict: $(cat verdict.json)"
for line in '<testsuite name="cat /run.sh" tests="5" failures="2" errors="1" skipped="1"' \
	'<testcase classname="cat /run.sh.suite" name="good"/>' \
	'<testcase classname="cat /run.sh.suite" name="bad &#38; ugly">' \
	'<skipped message="no such device"/>' '</testsuite>'; do
	grep -qF "$line" junit.xml || fail "not in it: $line: $(cat junit.xml)"
done

# When asked not to, it is output as any other; the same of a console
rc=0
ex -i more.cpio --ktap=off -- cat /run.sh >out 2>err || rc=$?
[ $rc -eq 0 ] || fail "exit $rc: $(cat err)"
printf 'KTAP version 1\nok 1 a\n' >run.sh
echo run.sh | cpio -o -H newc >more.cpio 2>/dev/null
CMD='cat /run.sh; echo not ok 2 b; drain' boot --ktap --junit junit.xml -i more.cpio \
	</dev/null >out.log 2>&1 || rc=$?
[ $rc -eq 1 ] || fail "console: exit $rc"
expect_out 'guest: powered off; 1 of 2 tests failed \(first: b\)'
grep -q 'name="b">' junit.xml || fail "$(cat junit.xml)"
rc=0
ex --junit junit.xml -- sh -c 'exit 3' >out 2>err || rc=$?
[ $rc -eq 3 ] || fail "exit $rc: $(cat err)"
grep -q '<failure message="the command exited with 3"/>' junit.xml ||
	fail "$(cat junit.xml)"

# The example to copy: its tests are tests here, and one of them can fail
PATH=/usr/local/bin:$PATH
rc=0
/tests/examples/ktap.sh /boot/guest.Image "$INITRD" -c 2 >out 2>err || rc=$?
[ $rc -eq 0 ] || fail "example: exit $rc: $(cat out err)"
grep -q '^ok 1 cpus_are_online$' out || fail "example: $(cat out)"
grep -q 'tests="4" failures="0" errors="0"' junit.xml || fail "$(cat junit.xml)"
rc=0
/tests/examples/ktap.sh /boot/guest.Image "$INITRD" -c 2 -p maxcpus=1 \
	>out 2>err || rc=$?
[ $rc -eq 1 ] || fail "example: exit $rc: $(cat out err)"
grep -q '1 of 4 tests failed (first: cpus_are_online)' err ||
	fail "example: $(cat err)"
grep -q 'tests="4" failures="1" errors="0"' junit.xml || fail "$(cat junit.xml)"
