#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# stat: a running VM's counters, for people, as JSON and for Prometheus; n/a
# where the host's kernel moves the data.
# timeout: 120
. /tests/e2e/lib.sh

truncate -s 4M disk.img
guest_script <<'END'
dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct 2>/dev/null
echo done with it
read -r _ </dev/input/event0
END
boot_script -c 2 --name a -d disk.img --vsock cid=auto </dev/null \
	>guest.log 2>&1 &
pid=$!
"$LKVM" run -m 64 --protected=off --name b "$GUEST/idle.flat" </dev/null \
	>idle.log 2>&1 &
other=$!
said()
{
	grep -q "$1" "$2"
}
wait_for 60 said 'done with it' guest.log
wait_for 60 said idle idle.log

expect_rc 0 "$LKVM" stat a
expect_out '^vCPUs +2$' '^0( +[1-9][0-9]*){3} +[0-9]+$' \
	'^1 +[1-9][0-9]*( +[0-9]+){3}$' \
	'^blk0 +1[0-9][0-9] +[4-9][0-9]{5} +[1-9][0-9]+ +[1-9][0-9]+ +4096 +[1-9]' \
	'^vsock0( +n/a){8}$'
awk 'length > 80 { exit 1 }' out.log || fail "wider than 80 columns"
expect_rc 0 "$LKVM" stat a --json
expect_out '"requests": 1[0-9][0-9],?$' '"requests": null' '"exits": [1-9]' \
	'"outside": 0' '"max_segment": 4096' '"rss": [1-9]' '"pss": null'
expect_rc 0 "$LKVM" stat a --json --pss
expect_out '"pss": [1-9]'
expect_rc 0 "$LKVM" stat
expect_out '^name +a$' '^name +b$' '^protected +no$'
expect_rc 0 "$LKVM" stat --prometheus
expect_out '^# TYPE lkvm_pvm_device_requests_total counter$' \
	'^lkvm_pvm_device_requests_total\{vm="a",device="blk0"\} 1[0-9][0-9]$' \
	'^lkvm_pvm_vcpu_exits_total\{vm="a",vcpu="1"\} [1-9]' \
	'^lkvm_pvm_state\{vm="b",state="running"\} 1$' \
	'^lkvm_pvm_locked_bytes\{vm="b"\} 0$'
expect_no_out 'requests_total.*vsock0' '"n/a"'
[ "$(grep -c '^# TYPE lkvm_pvm_locked_bytes ' out.log)" -eq 1 ] || fail "twice"
# Prometheus: each line a comment or a sample, none of them twice
! grep -Ev '^(# (HELP|TYPE) .*|[a-z_]+\{[^}]*\} [0-9.]+)$' out.log ||
	fail "no line of Prometheus"
[ -z "$(grep -v '^#' out.log | sed 's/ .*//' | sort | uniq -d)" ] || fail "twice"

# With few files for it, there are no counters, and nothing else is amiss
expect_rc 0 "$LKVM" stop --force b
wait $other || true
rm -f idle.log
(
	ulimit -n 100
	exec "$LKVM" run -m 64 --name b "$GUEST/idle.flat" </dev/null
) >idle.log 2>&1 &
other=$!
wait_for 60 said idle idle.log
expect_rc 0 "$LKVM" stat b
expect_out '^0( +n/a){4}$'
expect_rc 0 "$LKVM" stop --force b
wait $other || true
expect_rc 0 "$LKVM" stop --timeout=60 a
wait $pid
