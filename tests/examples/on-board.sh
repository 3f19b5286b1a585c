#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Boots a kernel in a protected VM on a pKVM board that ssh reaches, or on several at
# once, and runs a command there: what lava-job.yaml does, without a lab.
#
# usage: on-board.sh [--artifacts DIR] BOARD[,BOARD...] IMAGE INITRD [COMMAND...]
# BOARD is user@host or a name of ~/.ssh/config, with a key: no password is asked for.
# A directory on it holds the static program ($LKVM_PVM) and the rest as long as this
# script runs; what was copied stays in ~/.cache/lkvm-pvm there for a week after its
# last use. COMMAND is `sh -eu /test.sh` unless given. DIR (results)/BOARD/ gets
# junit.xml and boot/, of several boards also out and err.
#
# The exit code is that of exec when there is boot/verdict.json. Otherwise a line says
# why not: 120 the board cannot be reached, 121 it cannot run a protected VM, 122 it
# takes no files (no space), 123 the connection was lost, 125 bad arguments or files.
# Of several boards each gets a line, and the code is that of the first that failed.
set -eu
exec 4>&2

stop() # stop CODE WHY
{
	echo "${board:-on-board.sh}: $1: $2" | tr -d '\r' | tr -s ' ' >&4
	exit "$1"
}

# run COMMANDS [FILE]: on the board, with that input; $rc. By hold's connection and no
# other, and in the background: a shell that waits heeds signals.
run()
{
	rc=0
	ssh -q -S "$tmp/ctl" -o ProxyCommand=false "$board" "$1" <"${2:-/dev/null}" 3>&- &
	wait $! || rc=$?
	[ $rc -ne 255 ] || ssh -S "$tmp/ctl" -O check "$board" 2>/dev/null ||
		stop 123 'the connection was lost'
}

# hold: $dir, a directory on the board until fd 3 or the connection is closed, be it by
# kill -9. What runs there ends first.
hold()
{
	mkfifo "$tmp/stdin" "$tmp/stdout"
	ssh -M -S "$tmp/ctl" -o BatchMode=yes -o ConnectTimeout=10 \
		-o ServerAliveInterval=10 "$board" '
		end() {
			read -r pid <pid && kill "$pid" && while kill -0 "$pid"; do sleep 1; done
			rm -rf "$dir"
		} 2>/dev/null
		umask 077; cache=$HOME/.cache/lkvm-pvm
		mkdir -p "$cache" && dir=$(mktemp -d "$cache/run.XXXXXX") || exit 1
		trap end EXIT; trap exit HUP INT TERM
		cd "$dir" && echo "$dir"
		find "$cache"/* -prune -mtime +7 -exec rm -rf {} +
		cat >/dev/null' <"$tmp/stdin" >"$tmp/stdout" 2>"$tmp/why" &
	exec 3>"$tmp/stdin"
	read -r dir <"$tmp/stdout" && return
	wait $! || [ $? -eq 1 ] || stop 120 "cannot be reached: $(tail -n 1 "$tmp/why")"
	stop 122 "gives no directory: $(tail -n 1 "$tmp/why")"
}

copy() # copy FILE NAME: into $dir, unless the board has it
{
	sum=$(sha256sum <"$1" | cut -c-64)
	run "cd '$dir' && touch -c ../$sum && ln ../$sum $2" 2>/dev/null
	[ $rc -ne 0 ] || return 0
	echo "$board: copying $2" >&2
	run "cd '$dir' && cat >$2 && echo '$sum  $2' | sha256sum -c >/dev/null &&
		chmod 700 $2 && ln -f $2 ../$sum" "$1" 2>"$tmp/why"
	[ $rc -eq 0 ] || stop 122 "takes no $2: $(tail -n 1 "$tmp/why")"
}

one() # all of it on $board
{
	tmp=$(mktemp -d)
	trap 'exec 3>&-; wait; rm -rf "$tmp"' EXIT
	trap 'exit 130' INT; trap 'exit 143' HUP TERM
	hold
	copy "$LKVM_PVM" lkvm-pvm
	run "cd '$dir' && ./lkvm-pvm check -m 256" >"$tmp/why" 2>&1
	[ $rc -eq 0 ] || stop 121 "$(grep -m 1 ^fail "$tmp/why" || tail -n 1 "$tmp/why")"
	copy "$image" Image
	copy "$initrd" initrd.cpio
	run "cd '$dir' && PATH=.:\$PATH sh -c 'echo \$\$ >pid && exec \"\$@\"' sh \\
		lkvm-pvm exec -k Image -i initrd.cpio -m 256 --timeout 120 \\
		--junit junit.xml --artifacts boot --$words </dev/null
		rc=\$?; rm pid; exit \$rc"
	code=$rc
	run "cd '$dir' && rm lkvm-pvm Image initrd.cpio && tar -cf - ./*" >"$tmp/tar"
	tar -xf "$tmp/tar" -C "$artifacts/$board" || stop 125 'nothing came back'
	exit "$code"
}

board='' artifacts=results pids='' code=0
[ "${1-}" != --artifacts ] || { artifacts=${2-} && shift 2; }
[ $# -ge 3 ] || stop 125 "usage: [--artifacts DIR] BOARD[,BOARD...] IMAGE INITRD [COMMAND...]"
boards=$(echo "$1" | tr , ' ') image=$2 initrd=$3; shift 3
[ $# -gt 0 ] || set -- sh -eu /test.sh
words=$(for word; do printf " '%s'" "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"; done)
: "${LKVM_PVM:=$(dirname "$0")/../../build/aarch64-static/lkvm-pvm}"
for file in "$LKVM_PVM" "$image" "$initrd"; do
	[ -f "$file" ] && [ -r "$file" ] || stop 125 "$file: no such file"
done
trap 'kill $pids 2>/dev/null || :; wait' EXIT
trap 'exit 130' INT; trap 'exit 143' HUP TERM
for board in $boards; do
	rm -rf "${artifacts:?}/$board" && mkdir -p "$artifacts/$board" || exit 125
	[ "$board" != "$boards" ] || one
	one >"$artifacts/$board/out" 2>"$artifacts/$board/err" 4>&2 &
	pids="$pids$! "
done
for board in $boards; do
	rc=0
	wait "${pids%% *}" || rc=$?
	pids=${pids#* }
	why=$(sed -n 's/.*"reason":"\([^"]*\)".*/\1/p' "$artifacts/$board/boot/verdict.json" \
		2>/dev/null) && echo "$board: $rc: $why" || tail -n 1 "$artifacts/$board/err"
	[ $code -ne 0 ] || code=$rc
done
exit $code
