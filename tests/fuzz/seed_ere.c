// SPDX-License-Identifier: GPL-2.0-only
/* seed_ere.c: expressions of every kind, and lines that some of them match. */
#include "seed.h"

#define SEED(name, expression, line)                                           \
	seed_write(name, expression "\0" line, sizeof(expression "\0" line) - 1)

static void seed_write_all(void)
{
	SEED("classes", "^[[:alpha:]]+ (ok|[]x-z]{2,3})*$", "boot okxy");
	SEED("not", "[^]a[.-.][=b=]-]", "ab-]c");
	SEED("names", "[[:alnum:][:blank:][:cntrl:][:digit:][:graph:]]", "x");
	SEED("more", "[[:lower:][:print:][:punct:][:upper:][:xdigit:]]", "x");
	SEED("words", "\\<a\\>.\\bb\\B\\w\\W\\s\\S", "a bc  x");
	SEED("ends", "\\`a\\'|^$", "a");
	SEED("repeat", "((a?)+\\+|b{,9}){3,}c{2}d{1,2}", "aa+bbccd");
	SEED("large", "((a{255}){255}){255}", "");
	SEED("depth",
	     "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a",
	     "");
	SEED("reference", "(a)\\1", "aa");
	SEED("open", "a)(b[[.x.]", "");
	SEED("interval", "x{3", "xxx");
	SEED("range", "[z-a]|[a-z-9]|[[:alpha:]-z]|[[:word:]]", "");
	SEED("nothing", "|(|a)*b||", "b");
	SEED("operator", "a|*b", "");
	SEED("backslash", "a\\", "");
}
