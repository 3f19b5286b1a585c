#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Our package installs in Debian trixie, and a VM is a service of its systemd:
# ready when it runs, confined, with its console in the journal, stopped by its
# power key.
# host: debian
# timeout: 300
. /tests/e2e/lib.sh

trixie_ready
expect_rc 0 in_trixie lkvm-pvm version
expect_out '^lkvm-pvm [0-9]'
expect_rc 0 in_trixie lkvm-pvm completion bash

# The unit is sound, and confined: 0 (safe) to 100
unit=/usr/lib/systemd/system/lkvm-pvm@.service
printf '%s\n' '[Unit]' 'Wants=systemd-journald.service' \
	>/opt/trixie/etc/systemd/system/testbed.target
mkdir -p /opt/trixie/var/lib/lkvm-pvm
echo 0123456789abcdef0123456789abcdef >/opt/trixie/etc/machine-id
guest_script <<'END'
exec 3</dev/input/event0
# As Linux says without quiet
echo 'Run /init as init process'
echo GUEST-WATCHES
dd of=/tmp/event bs=24 count=1 <&3 2>/dev/null
echo GUEST-PRESSED
drain
poweroff -f
END
ln "$IMAGE" "$INITRD" /opt/trixie/var/lib/lkvm-pvm/
cp script.cpio /opt/trixie/var/lib/lkvm-pvm/
cat >/opt/trixie/etc/lkvm-pvm/one.conf <<'END'
OPTIONS='-k Image -i initrd.cpio -i script.cpio -m 96 -p "console=ttyS0 quiet"'
END
expect_rc 0 in_trixie systemd-analyze --man=no verify $unit
expect_rc 0 in_trixie systemd-analyze security --offline=true --threshold=25 \
	--no-pager $unit

# A systemd, with a control group and processes of its own
group=/sys/fs/cgroup/trixie
mkdir $group
end_systemd()
{
	kill -9 "$(pidof systemd)" 2>/dev/null || true
	wait
	find $group -depth -type d -exec rmdir {} \;
}
trap end_systemd EXIT
(
	echo 0 >$group/cgroup.procs
	TRIXIE_INIT=1 container=testbed in_trixie /usr/lib/systemd/systemd \
		--unit=testbed.target --log-target=console --show-status=no
) </dev/null >systemd.log 2>&1 &
in_systemd()
{
	nsenter -t "$(pidof systemd)" -m -p -r "$@"
}
state() # state PROPERTY: of the service
{
	in_systemd systemctl show --value -p "$1" lkvm-pvm@one
}
listens()
{
	in_systemd systemctl show -p Version
}
wait_for 60 listens

# `start` returns when the VM is ready
expect_rc 0 in_systemd systemctl start lkvm-pvm@one
expect_rc 0 in_systemd lkvm-pvm list
expect_out '^one +running'
expect_rc 0 state ActiveState
expect_out '^active'
expect_rc 0 state StatusText
expect_out "^the guest boots|^the guest's init runs"
watches()
{
	in_systemd journalctl -u lkvm-pvm@one -o cat | grep -q GUEST-WATCHES
}
wait_for 120 watches
init_runs()
{
	state StatusText | grep -q "^the guest's init runs"
}
wait_for 30 init_runs

# Confined it is: no device but ours, none of root's powers
main=$(in_systemd systemctl show --value -p MainPID lkvm-pvm@one)
expect_rc 0 in_systemd /usr/bin/busybox cat "/proc/$main/status"
expect_out '^CapEff:.0000000000000000' '^CapBnd:.0000000000000000' \
	'^NoNewPrivs:.1' '^Seccomp:.2'

expect_rc 0 in_systemd systemctl stop lkvm-pvm@one
for pair in ActiveState=inactive Result=success ExecMainStatus=0; do
	expect_rc 0 state "${pair%%=*}"
	expect_out "^${pair#*=}"
done
expect_rc 0 in_systemd journalctl -u lkvm-pvm@one -o cat --no-pager
expect_out 'GUEST-PRESSED' '^lkvm-pvm: guest: powered off'

# One that cannot start says why
echo 'OPTIONS=-k missing' >/opt/trixie/etc/lkvm-pvm/two.conf
expect_rc 1 in_systemd systemctl start lkvm-pvm@two
expect_rc 0 in_systemd journalctl -u lkvm-pvm@two -o cat --no-pager
expect_out '^lkvm-pvm: .*missing: .*No such file'
