/* SPDX-License-Identifier: GPL-2.0-only */
/* pty_fixture.h: a terminal of a test's own, and what state it is in. */
#ifndef LKVM_PVM_TESTS_PTY_FIXTURE_H
#define LKVM_PVM_TESTS_PTY_FIXTURE_H

#include "term_fixture.h"

#include <pty.h>
#include <termios.h>

struct pty {
	int user, tty; /* the user's end, ours */
	struct termios modes;
};

static inline void open_pty(struct pty *p)
{
	ck_assert_int_eq(openpty(&p->user, &p->tty, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(p->tty, &p->modes), 0);
}

static inline void close_pty(const struct pty *p)
{
	close(p->user);
	close(p->tty);
}

static inline bool is_raw(int tty)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(tty, &now), 0);
	return !(now.c_lflag & (ICANON | ECHO | ISIG)) &&
	       !(now.c_oflag & OPOST);
}

static inline bool is_as_before(const struct pty *p)
{
	struct termios now;

	ck_assert_int_eq(tcgetattr(p->tty, &now), 0);
	return now.c_lflag == p->modes.c_lflag &&
	       now.c_iflag == p->modes.c_iflag &&
	       now.c_oflag == p->modes.c_oflag &&
	       now.c_cflag == p->modes.c_cflag;
}

#endif
