#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# exec --root: a directory of the host, or an image's file system; read-only, or with
# --rw written to in the guest alone. What the guest's kernel lacks is named.
# timeout: 180
. /tests/e2e/lib.sh
PATH=/opt/helpers/bin:$PATH

ex() # ex OPTION… -- COMMAND…: out.log, err
{
	rc=0
	"$LKVM" exec -k "$IMAGE" -m 128 "$@" </dev/null >out.log 2>err || rc=$?
}
is() # is CODE OUT
{
	[ $rc -eq "$1" ] || fail "exit $rc: $(cat err)"
	[ "$(cat out.log)" = "$2" ] || fail "out: $(cat out.log)"
}

# A root without init, with a program and a user of its own
fill()
{
	mkdir -p "$1/bin" "$1/etc" "$1/proc" "$1/dev" "$1/tmp" "$1/home"
	cp /bin/busybox "$1/bin/"
	ln -s busybox "$1/bin/sh"
	echo 'somebody:x:1234:1234::/home:/bin/sh' >"$1/etc/passwd"
}
mkdir dir
fill dir
tries='busybox echo $HOME $(busybox id -u); busybox ls /; echo a >/home/a
	busybox cat /home/a; echo t >/tmp/t && busybox cat /tmp/t /proc/1/comm'

ex --root dir --user somebody -- sh -c "$tries"
is 0 "$(printf '%s\n' '/home 1234' bin dev etc home proc tmp t lkvm-pvm-init)"
grep -q "can't create /home/a: Read-only file system" err ||
	fail "err: $(cat err)"
ex --root dir --rw --cwd /home -- sh -c 'echo a >a; busybox cat a
	busybox rm /etc/passwd; busybox ls /etc; echo end'
is 0 "$(printf 'a\nend')"
[ ! -e dir/home/a ] && [ -s dir/etc/passwd ] || fail "the host's files changed"
ex --root dir --rw -p initcall_blacklist=ovl_init -- /bin/sh
is 125 ''
grep -q "vmm: exec: --root dir: the guest's kernel has no overlayfs (CONFIG_OVERLAY_FS)" err ||
	fail "err: $(cat err)"

truncate -s 16M root.img
mke2fs -F root.img >/dev/null 2>&1
mkdir mnt
loop=$(losetup -f)
losetup "$loop" root.img
mount -t ext4 "$loop" mnt
fill mnt
umount mnt
losetup -d "$loop"
before=$(sha256sum root.img)
ex --root root.img -- sh -c 'echo a >/home/a; exec busybox ls -d /lost+found'
is 0 /lost+found
grep -q "Read-only file system" err || fail "err: $(cat err)"
ex --root root.img --rw -- sh -c 'echo a >/home/a; busybox cat /home/a; exit 3'
is 3 a
[ "$(sha256sum root.img)" = "$before" ] || fail "the image changed"

rc=0
"$LKVM" exec --bisect -k /boot/guest.Image -m 64 --root root.img --verdict \
	verdict.json -- true </dev/null 2>err || rc=$?
[ $rc -eq 125 ] || fail "exit $rc: $(cat err)"
grep -q '"origin":"vmm","reason":"exec: --root root.img: .* no ext4 (CONFIG_EXT4_FS)"' \
	verdict.json || fail "verdict: $(cat verdict.json)"

# What is no root
one() # one PATTERN OPTION…
{
	pattern=$1
	shift
	refused "$pattern" "$LKVM" exec -k "$IMAGE" "$@" -- true
}
one '--rw: without --root' --rw
one '--root /nowhere: No such file or directory' --root /nowhere
one '--root err: no file system that is known' --root err
printf 'QFI\373' >qcow2
one '--root qcow2: a qcow2 image; convert it' --root qcow2
