#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A container (crun, with podman's seccomp profile) that has /dev/kvm and a limit
# of locked memory, but no capability, no other device, no root, nothing it may
# write to but /tmp: there check says yes, and a pVM with a disk boots.
# host: debian
# timeout: 240
. /tests/e2e/lib.sh

trixie_ready
kernel=/boot/guest.Image
[ -e $kernel ] || kernel=$IMAGE
bundle=/opt/trixie/bundle
mkdir -p $bundle/rootfs/bin $bundle/rootfs/proc $bundle/rootfs/dev \
	$bundle/rootfs/tmp
trap 'rm -rf $bundle' EXIT
ln $kernel $bundle/rootfs/Image
ln "$INITRD" "$LKVM" $bundle/rootfs/

# contains ARGUMENT…: lkvm-pvm with them in a container of a 96 MiB limit
contains()
{
	args='"/lkvm-pvm"'
	for word; do
		args="$args, \"$word\""
	done
	cat >$bundle/config.json <<-END
	{ "ociVersion": "1.0.0",
	"process": {
		"user": { "uid": 1000, "gid": 1000 }, "cwd": "/tmp",
		"args": [ $args ], "env": [ "PATH=/bin" ],
		"noNewPrivileges": true, "capabilities": { },
		"rlimits": [ { "type": "RLIMIT_MEMLOCK",
			"soft": 100663296, "hard": 100663296 } ] },
	"root": { "path": "rootfs", "readonly": true },
	"mounts": [
		{ "destination": "/proc", "type": "proc", "source": "proc" },
		{ "destination": "/dev", "type": "tmpfs", "source": "tmpfs",
		"options": [ "nosuid", "noexec", "mode=755" ] },
		{ "destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
		"options": [ "nosuid", "nodev", "noexec" ] } ],
	"linux": {
		"cgroupsPath": "/lkvm-pvm-container",
		"devices": [ { "path": "/dev/kvm", "type": "c",
			"major": 10, "minor": 232, "fileMode": 438 } ],
		"resources": { "devices": [
			{ "allow": false, "access": "rwm" },
			{ "allow": true, "type": "c", "major": 10,
			"minor": 232, "access": "rw" } ] },
		"namespaces": [ { "type": "pid" }, { "type": "mount" },
			{ "type": "ipc" }, { "type": "uts" },
			{ "type": "network" }, { "type": "cgroup" } ],
		"maskedPaths": [ "/proc/kcore", "/proc/keys", "/sys/firmware" ],
		"readonlyPaths": [ "/proc/sys", "/proc/bus", "/proc/irq" ],
		"seccomp": $(cat /opt/trixie/seccomp.json) } }
	END
	in_trixie crun --cgroup-manager=cgroupfs run -b /bundle lkvm-pvm
}

expect_rc 0 contains check -m 64
expect_out '^ok +memlock +limit 96 MiB' '^warn +io_uring' \
	'^a pVM with -m 64 can run'
expect_rc 125 contains check -m 128
expect_out 'memlock'

# shellcheck disable=SC2016 # the guest's shell expands it
expect_rc 0 contains run -k /Image -i /initrd.cpio -m 64 --rng \
	-d /initrd.cpio,ro --loglevel=debug --nodefaults \
	-p 'console=ttyS0 quiet lkvm.run=cmp${IFS}/dev/vda${IFS}/dev/vda'
expect_out 'GUEST: exit 0' '^lkvm-pvm: guest: powered off'
