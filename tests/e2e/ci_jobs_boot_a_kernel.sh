#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The scripts of the CI systems' examples, as the files have them, end with 0 for a
# kernel that boots and with 112 for a panic, and leave what the job keeps.
# timeout: 180
. /tests/e2e/lib.sh

# script FILE: the lines of its YAML block that boots
script()
{
	awk '{ match($0, /^ */) }
		inside && RLENGTH <= depth { inside = 0; if (boots) exit }
		inside { block = block $0 "\n" }
		/lkvm-pvm exec/ { boots = inside }
		/[-:] \|$/ { inside = 1; depth = RLENGTH; block = "" }
		END { if (boots) printf "%s", block }' "/tests/examples/$1"
}

# job FILE TEST: in an empty directory, as a runner does it whose shell reads the
# script from standard input; $rc
job()
{
	rm -rf job
	mkdir job
	ln -s /boot/guest.Image job/Image
	echo "$2" >test.sh
	echo test.sh | cpio -o -H newc 2>/dev/null |
		cat "$INITRD" - >job/initrd.cpio
	{
		script "$1"
		echo 'echo the job went on'
	} >job.sh
	rc=0
	(cd job && sh -eo pipefail) <job.sh >out.log 2>&1 || rc=$?
}

# command FILE: what that boils down to
command()
{
	script "$1" | sed -n '/lkvm-pvm exec/,/<\/dev\/null/s/^ *//p' |
		sed 's/ || rc=.*//'
}

# All say that they do the same, so one boot each will do.
command gitlab-ci.yml >gitlab
[ "$(wc -l <gitlab)" -eq 2 ] || fail "no script"
for file in github-workflow.yml lava-job.yaml; do
	command $file | diff gitlab - || fail "$file: another command"
done
sed -n '/lkvm-pvm exec -k/,/<\/dev\/null/p' /tests/examples/on-board.sh |
	sed 's/^\t*//; s/\\\\$/\\/; s/--$words/-- sh -eu \/test.sh/' |
	diff gitlab - || fail "on-board.sh: another command"

job gitlab-ci.yml 'echo hello from $(uname -m)'
[ $rc -eq 0 ] || fail "exit $rc"
expect_out '^hello from aarch64$' '^the job went on$'
grep -q '<testsuite .* tests="1" failures="0" errors="0"' job/junit.xml ||
	fail "$(cat job/junit.xml)"
grep -q '"code":0,' job/boot/verdict.json || fail "$(cat job/boot/verdict.json)"

job github-workflow.yml 'echo c >/proc/sysrq-trigger; sleep 1000'
[ $rc -eq 112 ] || fail "panic: exit $rc"
expect_no_out '^the job went on$'
grep -q '<error message="panicked: sysrq triggered crash' job/junit.xml ||
	fail "panic: $(cat job/junit.xml)"
grep -q 'Kernel panic' job/boot/console.log ||
	fail "panic: $(cat job/boot/console.log)"
grep -q '"code":112,' job/boot/verdict.json ||
	fail "panic: $(cat job/boot/verdict.json)"
