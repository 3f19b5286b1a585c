/* SPDX-License-Identifier: GPL-2.0-only */
/* term_out.h: the output half of the terminal, for term.c. See term.h. */
#ifndef LKVM_PVM_DEVICES_TERM_OUT_H
#define LKVM_PVM_DEVICES_TERM_OUT_H

#include "base.h"

struct term_out;

/*
 * A queue and the thread that writes it to @fd; the eventfd @room_fd is
 * signalled when term_out_offer() is worth another try. 0 or -errno.
 */
int __must_check term_out_start(struct term_out **out, int fd, int room_fd);
/* Somebody else tells of term_out_error(). */
void term_out_keep_quiet(struct term_out *o);
/* Drains as term_fini() says, and frees @o. 0 or -errno, as there. */
int term_out_stop(struct term_out *o);
void term_out_hurry(struct term_out *o);

void term_out_write(struct term_out *o, const uint8_t *bytes, size_t len);
size_t term_out_offer(struct term_out *o, const uint8_t *bytes, size_t len);
void term_out_throttle(struct term_out *o);
bool term_out_has_room(const struct term_out *o);
int term_out_error(struct term_out *o);
void term_out_set_released(struct term_out *o, bool released);

#endif
