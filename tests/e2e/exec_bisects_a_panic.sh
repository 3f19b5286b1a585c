#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# git bisect run with exec --bisect finds the commit of which the guest panics: real
# git, a real boot and a real panic for each commit it tries.
# timeout: 240
. /tests/e2e/lib.sh
PATH=/opt/helpers/bin:$PATH
export HOME="$TMPDIR" GIT_CONFIG_NOSYSTEM=1

git init -q repo 2>/dev/null
cd repo || exit 1
git config user.name nobody
git config user.email nobody@nowhere
for n in 1 2 3 4 5 6 7 8; do
	echo "echo driver $n" >driver.sh
	[ $n -lt 6 ] || echo 'echo c >/proc/sysrq-trigger; sleep 1000' >>driver.sh
	git add driver.sh
	git commit -q -m "driver: Version $n"
	[ $n -ne 1 ] || git tag good
done

# What a kernel's own repository does with make: an initrd of what is checked out
cat >../try.sh <<END
#!/bin/sh
echo driver.sh | cpio -o -H newc >../tree.cpio 2>/dev/null || exit 125
exec $LKVM exec --bisect -k /boot/guest.Image -i $INITRD -i ../tree.cpio -m 64 \\
	--timeout 100 -- sh /driver.sh </dev/null
END
chmod 755 ../try.sh
git bisect start HEAD good >../bisect.log 2>&1 || fail "$(cat ../bisect.log)"
git bisect run ../try.sh >>../bisect.log 2>&1 || fail "$(cat ../bisect.log)"
bad=$(git log -1 --format=%s refs/bisect/bad)
[ "$bad" = 'driver: Version 6' ] || fail "found '$bad': $(cat ../bisect.log)"
grep -q 'lkvm-pvm: guest: .*panicked: sysrq triggered crash' ../bisect.log ||
	fail "no panic: $(cat ../bisect.log)"
grep -q '^driver 5$' ../bisect.log || fail "no good one ran: $(cat ../bisect.log)"
