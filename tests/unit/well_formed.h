/* SPDX-License-Identifier: GPL-2.0-only */
/* well_formed.h: whether HTML or SVG is such that any reader understands it alike. */
#ifndef LKVM_PVM_TESTS_WELL_FORMED_H
#define LKVM_PVM_TESTS_WELL_FORMED_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define OPEN_TAGS 32

/* A tag from @at (behind its "<") on, with quoted values; its end, or NULL. */
static inline const char *tag_end(const char *at)
{
	bool quoted = false;

	for (; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (*at == '<')
			return NULL;
		else if (*at == '>' && !quoted)
			return at;
	}
	return NULL;
}

static inline bool is_reference(const char *at)
{
	size_t len = strcspn(at, ";");

	return at[len] == ';' && len > 1 && len < 7 &&
	       strspn(at + 1, "#0123456789abcdefghijklmnopqrstuvwxyz") ==
		       len - 1;
}

/*
 * NULL when each tag is closed by its own, each "<" begins a tag and each "&" a
 * reference; otherwise where that is not so.
 */
static inline const char *ill_nested(const char *page)
{
	char open[OPEN_TAGS][16];
	int depth = 0;

	for (const char *at = page; *at; at++) {
		const char *end;
		size_t len;
		bool closes;

		if (*at == '&' && !is_reference(at))
			return at;
		if (*at == '>' || (unsigned char)*at < '\n')
			return at;
		if (*at != '<')
			continue;
		end = tag_end(at + 1);
		closes = at[1] == '/';
		len = strspn(at + 1 + closes, "abcdefghijklmnopqrstuvwxyz"
					      "123456");
		if (!end || !len || len >= sizeof(open[0]))
			return at;
		if (closes) {
			if (depth-- == 0 || strlen(open[depth]) != len ||
			    strncmp(open[depth], at + 2, len) != 0)
				return at;
		} else if (end[-1] != '/') {
			if (depth == OPEN_TAGS)
				return at;
			(void)snprintf(open[depth++], sizeof(open[0]), "%.*s",
				       (int)len, at + 1);
		}
		at = end;
	}
	return depth ? page + strlen(page) : NULL;
}

/* The same of a whole page of HTML. */
static inline const char *ill_formed(const char *page)
{
	if (strncmp(page, "<!DOCTYPE html>\n", 16) != 0)
		return page;
	return ill_nested(page + 16);
}

#endif
