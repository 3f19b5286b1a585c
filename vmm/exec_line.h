/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec_line.h: frames of exec's init among what a guest prints on its serial port:
 * lines of their own (exec_proto.h), found byte by byte. A guest may print anything.
 */
#ifndef LKVM_PVM_EXEC_LINE_H
#define LKVM_PVM_EXEC_LINE_H

#include "exec_proto.h"

enum exec_line_is {
	EXEC_LINE_OTHER,  /* the byte belongs to the console */
	EXEC_LINE_PART,	  /* it is part of a line of ours */
	EXEC_LINE_WHOLE,  /* one has ended: its bytes are in data[0..len) */
	EXEC_LINE_BROKEN, /* what was taken for one, text[0..nr), is none; the
			   * byte belongs to the console */
};

struct exec_line {
	char text[EXEC_LINE_TEXT];
	size_t nr;
	bool inside;
	bool is_new;	   /* the mark that ended one begins the next */
	uint8_t next;	   /* the number that the next line must have */
	bool lost;	   /* one was broken, or did not come */
	bool known;	   /* there was one */
	const char *fault; /* the stream cannot go on: why, or NULL */
	uint8_t data[EXEC_LINE_TEXT];
	size_t len;
};

enum exec_line_is exec_line_take(struct exec_line *l, uint8_t byte);

#endif
