#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The example of git bisect run with exec --bisect finds the commit of which the
# guest panics: real git, a real boot and a real panic for each commit it tries, and
# past one that does not build.
# timeout: 240
. /tests/e2e/lib.sh
PATH=$TMPDIR/bin:/opt/helpers/bin:$PATH
export HOME="$TMPDIR" GIT_CONFIG_NOSYSTEM=1

# For a kernel's repository: one whose sources are an initrd's. To make it is to
# pack that, where the example is told to look for it.
mkdir bin
cat >bin/make <<'END_MAKE'
#!/bin/sh
[ ! -e broken ] || exit 2
mkdir -p arch/arm64/boot
ln -sf /boot/guest.Image arch/arm64/boot/Image
echo driver.sh | cpio -o -H newc 2>/dev/null | cat /boot/initrd.cpio - >../tree.cpio
END_MAKE
chmod 755 bin/make

git init -q repo 2>/dev/null
cd repo || exit 1
git config user.name nobody
git config user.email nobody@nowhere
for n in 1 2 3 4 5 6 7 8; do
	echo "echo driver $n" >driver.sh
	[ $n -lt 6 ] || echo 'echo c >/proc/sysrq-trigger; sleep 1000' >>driver.sh
	rm -f broken
	[ $n -ne 4 ] || echo >broken
	git add -A
	git commit -q -m "driver: Version $n"
	[ $n -ne 1 ] || git tag good
done

git bisect start HEAD good >../bisect.log 2>&1 || fail "$(cat ../bisect.log)"
git bisect run /tests/examples/bisect.sh ../tree.cpio sh /driver.sh \
	>>../bisect.log 2>&1 || fail "$(cat ../bisect.log)"
bad=$(git log -1 --format=%s refs/bisect/bad)
[ "$bad" = 'driver: Version 6' ] || fail "found '$bad': $(cat ../bisect.log)"
grep -q 'lkvm-pvm: guest: .*panicked: sysrq triggered crash' ../bisect.log ||
	fail "no panic: $(cat ../bisect.log)"
grep -q '^driver 5$' ../bisect.log || fail "no good one ran: $(cat ../bisect.log)"
git for-each-ref --format='%(refname)' 'refs/bisect/skip-*' | grep -q . ||
	fail "none was skipped: $(cat ../bisect.log)"
