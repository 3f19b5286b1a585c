// SPDX-License-Identifier: GPL-2.0-only
/*
 * ere.c: matches a line.
 *
 * How this works: all the places of the expression where a match could be, now
 * that so much of the line is read, are in a list, each once; with each byte the
 * next list is made of those that take it (K. Thompson, Regular Expression Search
 * Algorithm, 1968). A new match may begin at each byte. Where there is none on its
 * way, bytes that none begins with are skipped.
 */
#include "ere_code.h"

#include <ctype.h>
#include <string.h>

static bool is_word(uint8_t byte)
{
	return isalnum(byte) || byte == '_';
}

/* In front of @line's byte @at: is this such a place? */
static bool is_at(enum ere_place place, const uint8_t *line, size_t at)
{
	const bool before = at > 0 && is_word(line[at - 1]);
	const bool behind = is_word(line[at]);

	switch (place) {
	case ERE_BEGIN:
		return at == 0;
	case ERE_END:
		return line[at] == '\0';
	case ERE_WORD_EDGE:
		return before != behind;
	case ERE_NO_WORD_EDGE:
		return before == behind;
	case ERE_WORD_BEGIN:
		return !before && behind;
	case ERE_WORD_END:
		return before && !behind;
	}
	return false;
}

static void push(struct ere *e, unsigned int *depth, unsigned int pc)
{
	if (e->seen[pc] == e->round)
		return;
	e->seen[pc] = e->round;
	e->stack[(*depth)++] = (uint16_t)pc;
}

/*
 * Adds to @list what can be reached from @pc without a byte. True: the end can,
 * this is a match. @line NULL: anywhere but at the beginning of any line.
 */
static bool reach(struct ere *e, struct ere_list *list, unsigned int pc,
		  const uint8_t *line, size_t at)
{
	unsigned int depth = 0;

	push(e, &depth, pc);
	while (depth > 0) {
		const struct ere_insn *i = &e->code[pc = e->stack[--depth]];

		switch ((enum ere_op)i->op) {
		case ERE_MATCH:
			return true;
		case ERE_SPLIT:
			push(e, &depth, pc + 1);
			push(e, &depth, (unsigned int)((int)pc + i->x));
			break;
		case ERE_JUMP:
			push(e, &depth, (unsigned int)((int)pc + i->x));
			break;
		case ERE_AT:
			if (line ? is_at((enum ere_place)i->arg, line, at)
				 : i->arg != ERE_BEGIN)
				push(e, &depth, pc + 1);
			break;
		case ERE_BYTE:
		case ERE_ANY:
		case ERE_SET:
			list->pcs[list->nr++] = (uint16_t)pc;
			break;
		}
	}
	return false;
}

static bool takes(const struct ere *e, const struct ere_insn *i, uint8_t byte)
{
	if (i->op == ERE_BYTE)
		return i->arg == byte;
	return i->op == ERE_ANY || ere_set_has(&e->sets[i->x], byte);
}

/* The list behind @line's byte @at; true: a match. */
static bool step(struct ere *e, const struct ere_list *now,
		 struct ere_list *next, const uint8_t *line, size_t at)
{
	e->round++;
	next->nr = 0;
	for (unsigned int n = 0; n < now->nr; n++) {
		unsigned int pc = now->pcs[n];

		if (takes(e, &e->code[pc], line[at]) &&
		    reach(e, next, pc + 1, line, at + 1))
			return true;
	}
	return false;
}

/* To the next byte that a match begins with, or to the end. */
static size_t skip(struct ere *e, const uint8_t *line, size_t at)
{
	while (line[at] && !ere_set_has(&e->first, line[at]))
		at++;
	e->round++; /* what was seen was seen elsewhere */
	return at;
}

bool ere_match(struct ere *e, const char *text)
{
	const uint8_t *line = (const uint8_t *)text;
	struct ere_list *now = &e->lists[0], *next = &e->lists[1], *swap;

	e->round++;
	now->nr = 0;
	for (size_t at = 0;; at++) {
		if (!now->nr && at > 0 && e->can_skip)
			at = skip(e, line, at);
		if (reach(e, now, 0, line, at))
			return true;
		if (!line[at])
			return false;
		if (step(e, now, next, line, at))
			return true;
		swap = now;
		now = next;
		next = swap;
	}
}

void ere_prepare(struct ere *e)
{
	struct ere_list *list = &e->lists[0];

	e->round++;
	list->nr = 0;
	e->can_skip = !reach(e, list, 0, NULL, 0);
	memset(&e->first, 0, sizeof(e->first));
	for (unsigned int n = 0; n < list->nr; n++)
		for (unsigned int byte = 0; byte < 256; byte++)
			if (takes(e, &e->code[list->pcs[n]], (uint8_t)byte))
				ere_set_add(&e->first, (uint8_t)byte);
}
