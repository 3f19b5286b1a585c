# SPDX-License-Identifier: GPL-2.0-only
# Every signal whose default is the end (ptyrun: 99 when the terminal is not as
# it was), ended by it as 128 + its number; SIGUSR1, SIGPIPE and SIGXFSZ do
# nothing.
# timeout: 240
. /tests/e2e/lib.sh

for nr in 1 2 3 14 12 15 16 24 26 27 29 30 34 50 64; do
	expect_rc $((128 + nr)) ptyrun wait=idle signal=$nr -- \
		"$LKVM" run -m 32 "$GUEST/idle.flat"
	expect_out 'ended it with (SIG|signal)'
done
for nr in 4 5 6 7 8 11 31; do
	expect_rc $((128 + nr)) ptyrun wait=idle signal=$nr -- \
		"$LKVM" run -m 32 "$GUEST/idle.flat"
done
expect_rc 130 ptyrun wait=idle signal=10 signal=13 signal=25 sleep=300 \
	'send=\x01x' -- "$LKVM" run -m 32 "$GUEST/idle.flat"
