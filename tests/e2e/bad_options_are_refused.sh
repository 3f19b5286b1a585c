#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
. /tests/e2e/lib.sh

refused frobnicate "$LKVM" run --frobnicate
refused balloon "$LKVM" run -k "$IMAGE" --balloon
refused pmu "$LKVM" run -k "$IMAGE" --pmu
refused 9p "$LKVM" run -k "$IMAGE" --9p /,root
refused frobnicate "$LKVM" frobnicate
refused 'have 700[0-9]* bytes, more than 65536; .* initrd' "$LKVM" exec -k "$IMAGE" \
	-- echo "$(head -c 70000 /dev/zero | tr '\0' x)"
refused 'kernel|-k' "$LKVM" run
refused 'protected' "$LKVM" run --protected=maybe "$GUEST/hello.flat"
refused "--svg '-': give a file; standard output is /dev/stdout" "$LKVM" map --svg - x
refused "-o 'fd:3': give a file; a descriptor is /dev/fd/3" "$LKVM" report -o fd:3 x
