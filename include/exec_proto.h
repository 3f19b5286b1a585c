/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec_proto.h: what `lkvm-pvm exec` and its init in the guest say to each
 * other, over one port of a virtio console, a vsock connection, or the serial
 * port: frames, each a head and as many bytes as that says. Everything is
 * little-endian.
 *
 * The init begins with HELLO; START answers, with the command; STARTED or END
 * follows. Of OUT, ERR and IN no more bytes may be under way than the receiver
 * gave credit for: EXEC_CREDIT from the start, and what CREDIT adds. END is the
 * last frame of all: what the command had written by its end came before it, and
 * the host looks at nothing behind it.
 */
#ifndef LKVM_PVM_EXEC_PROTO_H
#define LKVM_PVM_EXEC_PROTO_H

#include "base.h"

#define EXEC_VERSION 2U
#define EXEC_PORT    "lkvm-pvm.exec"   /* the port's name */
#define EXEC_INIT    "lkvm-pvm-init"   /* the init's, in the root */
#define EXEC_WORD    "lkvm-pvm init: " /* what it says on the console */
#define EXEC_ROOT    "lkvm-pvm.root"   /* --root: share's tag, disk's serial */

/*
 * Arguments of the init: the channels that there are beside the serial port. It
 * looks for these alone, so that nobody else's device is taken for ours.
 */
#define EXEC_BY_PORT	"port"
#define EXEC_BY_VSOCK	"vsock"
#define EXEC_VSOCK_PORT 1818981997U /* of CID 2, the init's first connection */

#define EXEC_CREDIT    65536U
#define EXEC_DATA_MAX  16384U /* bytes of OUT, ERR or IN in a frame */
#define EXEC_START_MAX 65536U /* bytes of START */

enum exec_kind {
	/* from the guest */
	EXEC_HELLO = 1, /* le32 version */
	EXEC_STARTED,	/* the command runs */
	EXEC_OUT,	/* bytes of its standard output */
	EXEC_ERR,
	EXEC_TAKEN, /* le32: credit for IN */
	EXEC_END,   /* struct exec_end */
	/* from the host */
	EXEC_START = 16, /* struct exec_start and strings */
	EXEC_IN,	 /* bytes for its standard input */
	EXEC_IN_END,	 /* there are no more */
	EXEC_OUT_CREDIT, /* le32 */
	EXEC_ERR_CREDIT, /* le32 */
	EXEC_SIGNAL,	 /* le32: for its process group */
	EXEC_SIZE,	 /* struct exec_size, of its terminal */
};

struct exec_head {
	le16 kind, zero;
	le32 len;
};

enum exec_how {
	EXEC_EXITED,	/* value: its status */
	EXEC_SIGNALLED, /* value: the signal */
	/* value: errno; nothing ran */
	EXEC_NOT_STARTED,
	EXEC_NO_CWD,	 /* ... for want of the directory */
	EXEC_NO_USER,	 /* ... ENOENT: of an entry in /etc/passwd */
	EXEC_NO_ROOT,	 /* ENODEV: that file system is not in the kernel */
	EXEC_NO_DISK,	 /* the root's is not there */
	EXEC_NO_OVERLAY, /* above the root; ENODEV likewise */
	EXEC_NR_HOW
};

/*
 * With neither of the others the frames go over the serial port, where the kernel
 * prints, too: from the host as they are, to it as lines, a mark, base64, and a
 * newline. In the base64 is a number, that of the line before and 1, then bytes
 * of frames, then exec_line_sum() of both, little-endian.
 */
#define EXEC_LINE_MARK	 0x10U
#define EXEC_LINE_DATA	 180U  /* bytes of frames in a line, at most */
#define EXEC_LINE_TEXT	 244U  /* characters of base64 */
#define EXEC_LINE_CREDIT 2048U /* for IN, in place of EXEC_CREDIT */

static inline uint16_t exec_line_sum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0xffff;

	/* CRC-16, polynomial 0x1021 */
	for (size_t i = 0; i < len; i++) {
		sum ^= (uint32_t)bytes[i] << 8;
		for (unsigned int bit = 0; bit < 8; bit++)
			sum = (sum << 1 ^ (sum & 0x8000 ? 0x1021 : 0)) & 0xffff;
	}
	return (uint16_t)sum;
}

struct exec_end {
	le32 how, value;
};

struct exec_size {
	le16 cols, rows;
};

/* What the command has for its root. */
enum exec_root {
	EXEC_ROOT_INITRD, /* what init was started in */
	EXEC_ROOT_SHARE,
	EXEC_ROOT_DISK,
};

/*
 * Behind it: working directory, user, the root's file system, arguments and environment, each with
 * its NUL. Empty directory and user: as they are. No arguments: a shell.
 */
struct exec_start {
	le32 nr_args, nr_envs;
	le32 tty;      /* not 0: on a terminal of its own */
	le32 root, rw; /* enum exec_root; rw not 0: may be written to */
	struct exec_size size;
};

#endif
