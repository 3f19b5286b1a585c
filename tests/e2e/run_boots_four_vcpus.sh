#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Four vCPUs on two CPUs; each of them does some work.
. /tests/e2e/lib.sh

mkdir root
cat >root/run.sh <<'EOF'
nproc
for c in 0 1 2 3; do
	taskset -c $c sh -c "echo worked on $c"
done
EOF
(cd root && find . | cpio -o -H newc 2>/dev/null) >more.cpio
expect_rc 0 "$LKVM" run -k "$IMAGE" -i "$INITRD" -i more.cpio -m 256 -c 4 \
	-p quiet
expect_out '^4.?$' 'worked on 0' 'worked on 1' 'worked on 2' 'worked on 3'
