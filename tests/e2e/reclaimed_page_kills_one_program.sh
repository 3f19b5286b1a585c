#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host: default
# --on-reclaim=inject: a program of a Linux guest whose page the host takes gets
# SIGBUS, and nobody else in the guest notices.
# timeout: 60
. /tests/e2e/lib.sh

# The host's kernel is the guest's, too
grep -v '\[' /proc/kallsyms >System.map
guest_script <<'END'
/victim /tmp/died &
until [ -e /tmp/died ]; do sleep 0.1; done
echo "still here: $(cat /proc/uptime | wc -w)"
END
cp /tests/bin/victim script/
(cd script && printf '%s\n' run.sh victim | cpio -o -H newc) >script.cpio \
	2>/dev/null
boot_script --on-reclaim=inject --vmlinux System.map </dev/null >out.log 2>&1 &
run=$!
wait_for 60 grep -q 'VICTIM offset [0-9a-f]*[1-9a-f]' out.log
pid=$(pidof lkvm-pvm)
/tests/bin/poison "$pid" "$(sed -n 's/.*VICTIM offset \([0-9a-f]*\).*/\1/p' out.log)"
rc=0
wait $run || rc=$?
cat out.log
[ $rc -eq 0 ] || fail "exit $rc"
expect_out 'VICTIM died of Bus error' 'still here: 2' SCRIPT-DONE \
	'vCPU 0: PC 0x[0-9a-f]* .a program.s., EL0' 'gets an abort for it'
