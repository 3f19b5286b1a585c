#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Measures verbs that ask a running VM, inside the emulated host: process start to
# exit, against true's.
#
# usage: verbs.sh OURS
set -eu
lkvm=$1
dir=$(mktemp -d)
"$lkvm" run --name bench -m 64 /tests/guest/idle.flat </dev/null >"$dir/log" 2>&1 &
vm=$!
trap 'kill $vm; rm -rf "$dir"' EXIT
until "$lkvm" stat bench >/dev/null 2>&1; do
	kill -0 $vm || { cat "$dir/log"; exit 1; }
	sleep 0.1
done

now()
{
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# per_run COMMAND…: hundredths of a millisecond, a mean over 100
per_run()
{
	from=$(now)
	for _ in $(seq 100); do
		"$@" >/dev/null
	done
	echo $((($(now) - from) * 10))
}

nothing=$(per_run /bin/true)
echo "verbs, ms (<= 2 x true)"
for verb in list 'stat bench'; do
	# shellcheck disable=SC2086 # words
	echo "$(per_run "$lkvm" $verb) $nothing $(per_run "$lkvm" $verb)" \
		"$(per_run /bin/true)" | awk -v n="  $verb, true, ratio" '{
		a = ($1 + $3) / 2; b = ($2 + $4) / 2
		printf "%-44s %10.2f %10.2f %8.2f\n", n, a / 100, b / 100, b ? a / b : 0 }'
done
