/* SPDX-License-Identifier: GPL-2.0-only */
/* gdb_text.h: packets, numbers, bytes and registers, for gdb_stub.c. */
#ifndef LKVM_PVM_GDB_TEXT_H
#define LKVM_PVM_GDB_TEXT_H

#include "gdb_stub.h"

/* The description of the registers that gdb asks for. */
extern const char gdb_target_xml[];
extern const size_t gdb_target_xml_len;

/* Two digits a byte, without an end. */
void gdb_put_hex(char *to, const void *bytes, size_t len);
/* 0 to 15, or -1. */
int gdb_digit(char c);
/* A number of 1 to 16 digits, and then @end ('\0' for the packet's). */
bool gdb_take_number(const char **at, uint64_t *n, char end);
/* As many bytes, and nothing behind them. */
bool gdb_take_bytes(const char *at, uint8_t *bytes, size_t len);

bool gdb_starts(const char *p, const char *with);
/*
 * A thread: "1", "p1.1"; "-1" and "0" are all of them and any of them, of which
 * the @any is taken. False: there is none such.
 */
bool gdb_take_thread(struct gdb_stub *g, const char *p, unsigned int any,
		     unsigned int *vcpu);

/* gdb_query.c: the packets that begin with q. */
void gdb_question(struct gdb_stub *g, const char *p);

/* Sends g->reply, of which @len bytes behind the first are text. */
void gdb_send_reply(struct gdb_stub *g, size_t len);
void gdb_reply(struct gdb_stub *g, const char *fmt, ...) __printf(2, 3);
/* "OK", or an error for any @err. */
void gdb_answer(struct gdb_stub *g, int err);

#endif
