#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots each kernel with each command line in a protected VM of its own, runs a test
# there, and says how each of them ended: 2 kernels x 2 command lines, with GNU
# parallel. Exit code: how many failed.
#
# usage: matrix.sh INITRD KERNEL KERNEL CMDLINE CMDLINE
#
# INITRD holds a shell and /test.sh. For more kernels or command lines lengthen the
# lists behind ::: below. What each left is in results/N/: the streams out and err,
# verdict.json, console.log and the rest of --artifacts.
set -eu
if [ $# -ne 5 ]; then
	echo "usage: matrix.sh INITRD KERNEL KERNEL CMDLINE CMDLINE" >&2
	exit 125
fi
initrd=$1

# Each VM has 128 MiB of its own and never less, so memory sets how many at a time.
mkdir -p results
rc=0
parallel --jobs 2 --joblog results/jobs \
	lkvm-pvm exec -k '{1}' -p '{2}' -i "$initrd" -m 128 --timeout 120 \
	--artifacts 'results/{#}' -- sh -eu /test.sh '</dev/null' \
	'>results/{#}.out' '2>results/{#}.err' \
	::: "$2" "$3" ::: "$4" "$5" || rc=$?
n=0
for kernel in "$2" "$3"; do
	for cmdline in "$4" "$5"; do
		n=$((n + 1))
		reason=$(sed 's/.*"code":\([0-9]*\),.*"reason":"\([^"]*\)".*/\1: \2/' \
			"results/$n/verdict.json") || reason='it did not run'
		echo "$kernel, $cmdline: $reason"
	done
done
exit $rc
