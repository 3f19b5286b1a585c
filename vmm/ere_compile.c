// SPDX-License-Identifier: GPL-2.0-only
/*
 * ere_compile.c: an expression's instructions.
 *
 * How this works: each part's instructions are written where it is read. Where
 * they lead is counted from where they are, so that a part can be moved, for an
 * operator in front of it, and copied, for each time it is repeated. Only jumps to an
 * end that is not read yet have a place, and nothing moves those. What takes no
 * byte and has no end, as (a*)*, does no harm: ere_match() has each place once.
 */
#include "ere_code.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

#define DEPTH_MAX 64U
#define NO_END	  (-1)

static const char too_large[] =
	"too large: match less of the line, or repeat fewer times";
static const char no_memory[] = "no memory";

/* Alternatives, the whole or a group's: places in the code. */
struct level {
	unsigned int start;  /* of the first */
	unsigned int branch; /* of the one that is read */
	/* The last jump to their end, whose x is the one before it; 0: none, for in
	 * front of a jump is a split. */
	unsigned int chain;
};

struct parser {
	struct ere *e;
	const char *at;
	const char *error; /* the first; nothing is read after it */
	struct level levels[DEPTH_MAX + 1];
	unsigned int depth;
	struct ere_insn copy[ERE_MAX]; /* of what is repeated */
};

static void fail(struct parser *p, const char *error)
{
	if (!p->error)
		p->error = error;
}

/* --- instructions ----------------------------------------------------------- */

/* One more, at @at, in front of those that are there. */
static void insert(struct parser *p, unsigned int at, enum ere_op op,
		   uint8_t arg, int x)
{
	struct ere *e = p->e;

	if (e->nr == ERE_MAX) {
		fail(p, too_large);
		return;
	}
	memmove(&e->code[at + 1], &e->code[at],
		(e->nr - at) * sizeof(e->code[0]));
	e->code[at] = (struct ere_insn){ (uint8_t)op, arg, (int16_t)x };
	e->nr++;
}

static void put(struct parser *p, enum ere_op op, uint8_t arg, int x)
{
	insert(p, p->e->nr, op, arg, x);
}

/* A set of its own, empty; NULL: no more. */
static struct ere_set *put_set(struct parser *p)
{
	struct ere *e = p->e;
	struct ere_set *sets;

	if (e->nr_sets == ERE_MAX) {
		fail(p, too_large);
		return NULL;
	}
	sets = realloc(e->sets, (e->nr_sets + 1) * sizeof(*sets));
	if (!sets) {
		fail(p, no_memory);
		return NULL;
	}
	e->sets = sets;
	memset(&sets[e->nr_sets], 0, sizeof(*sets));
	put(p, ERE_SET, 0, (int)e->nr_sets);
	return &sets[e->nr_sets++];
}

static void invert(struct ere_set *set)
{
	for (unsigned int i = 0; i < sizeof(set->bits); i++)
		set->bits[i] = (uint8_t)~set->bits[i];
}

/* --- [...] ------------------------------------------------------------------ */

static const struct {
	const char *name;
	int (*has)(int);
} classes[] = {
	{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank },
	{ "cntrl", iscntrl }, { "digit", isdigit }, { "graph", isgraph },
	{ "lower", islower }, { "print", isprint }, { "punct", ispunct },
	{ "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

static void add_class(struct parser *p, struct ere_set *set, const char *name,
		      size_t len)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(classes) &&
	       (strlen(classes[i].name) != len ||
		memcmp(classes[i].name, name, len) != 0))
		i++;
	if (i == ARRAY_SIZE(classes)) {
		fail(p, "no such class of characters, [:alpha:] for example");
		return;
	}
	for (int byte = 0; byte < 256; byte++)
		if (classes[i].has(byte))
			ere_set_add(set, (uint8_t)byte);
}

/*
 * A byte, or -1: a class, which no range begins or ends with, and which is added to
 * @set, or an error.
 */
static int element(struct parser *p, struct ere_set *set)
{
	const char *s = p->at, *end;
	const char close[] = { s[1], ']', '\0' };

	if (*s != '[' || !s[1] || !strchr(".=:", s[1])) {
		p->at++;
		return (uint8_t)*s;
	}
	s += 2;
	end = *s ? strstr(s + (close[0] != ':'), close) : NULL;
	if (!end) {
		fail(p, "a '[:', '[=' or '[.' without its end");
		return -1;
	}
	p->at = end + 2;
	if (close[0] == ':')
		add_class(p, set, s, (size_t)(end - s));
	else if (end - s != 1)
		fail(p, "no such character");
	else if (close[0] == '.')
		return (uint8_t)*s;
	else
		ere_set_add(set, (uint8_t)*s);
	return -1;
}

/* A byte, a class, or a range of bytes. */
static void range(struct parser *p, struct ere_set *set)
{
	static const char bad[] =
		"a range in [] that does not go from a byte to one behind it";
	int low = element(p, set), high = low;

	if (*p->at == '-' && p->at[1] && p->at[1] != ']') {
		p->at++;
		high = element(p, set);
		if (low < 0 || high < low)
			fail(p, bad);
	}
	for (; !p->error && low >= 0 && low <= high; low++)
		ere_set_add(set, (uint8_t)low);
}

static void bracket(struct parser *p)
{
	struct ere_set *set = put_set(p);
	bool is_first = true, is_not;

	p->at++;
	is_not = *p->at == '^';
	p->at += is_not;
	while (!p->error && *p->at && (is_first || *p->at != ']')) {
		/* A '-' is itself at the beginning and at the end only. */
		if (!is_first && *p->at == '-' && p->at[1] && p->at[1] != ']')
			fail(p, "a '-' in the middle of []");
		else
			range(p, set);
		is_first = false;
	}
	if (p->error)
		return;
	if (!*p->at) {
		fail(p, "a '[' without its ']'");
		return;
	}
	p->at++;
	if (is_not)
		invert(set);
}

/* --- what is repeated ------------------------------------------------------- */

static void word_or_space(struct parser *p, char c)
{
	struct ere_set *set = put_set(p);

	if (!set)
		return;
	if (tolower(c) == 's') {
		add_class(p, set, "space", 5);
	} else {
		add_class(p, set, "alnum", 5);
		ere_set_add(set, '_');
	}
	if (isupper(c))
		invert(set);
}

/* True: a place, which cannot be repeated. */
static bool escape(struct parser *p)
{
	static const char names[] = "`'bB<>";
	static const enum ere_place places[] = {
		ERE_BEGIN,	  ERE_END,	  ERE_WORD_EDGE,
		ERE_NO_WORD_EDGE, ERE_WORD_BEGIN, ERE_WORD_END
	};
	const char c = p->at[1];
	const char *place = c ? strchr(names, c) : NULL;

	p->at += c ? 2 : 1;
	if (!c)
		fail(p, "a backslash at its end");
	else if (c >= '1' && c <= '9')
		fail(p, "back-references are not taken");
	else if (place)
		put(p, ERE_AT, places[place - names], 0);
	else if (strchr("wWsS", c))
		word_or_space(p, c);
	else
		put(p, ERE_BYTE, (uint8_t)c, 0);
	return place;
}

/* What is no group. True: a place, which cannot be repeated. */
static bool atom(struct parser *p)
{
	const char c = *p->at;

	switch (c) {
	case '[':
		bracket(p);
		return false;
	case '\\':
		return escape(p);
	case '*':
	case '+':
	case '?':
	case '{':
		fail(p, "nothing to repeat in front of a '*', '+', '?' or '{'");
		return false;
	case '^':
	case '$':
		put(p, ERE_AT, c == '^' ? ERE_BEGIN : ERE_END, 0);
		break;
	case '.':
		put(p, ERE_ANY, 0, 0);
		break;
	default:
		put(p, ERE_BYTE, (uint8_t)c, 0);
		break;
	}
	p->at++;
	return c == '^' || c == '$';
}

/* --- how often -------------------------------------------------------------- */

/* NO_END: there is none. */
static int number(struct parser *p)
{
	int n = NO_END;

	for (; isdigit((unsigned char)*p->at); p->at++) {
		n = (n < 0 ? 0 : n) * 10 + (*p->at - '0');
		n = n > (int)ERE_MAX ? (int)ERE_MAX + 1 : n; /* too many */
	}
	return n;
}

/* {n}, {n,}, {,m} or {n,m} */
static void interval(struct parser *p, int *low, int *high)
{
	bool comma;

	p->at++;
	*low = *high = number(p);
	comma = *p->at == ',';
	if (comma) {
		p->at++;
		*high = number(p);
	}
	if (*p->at != '}' || (*low < 0 && !comma) ||
	    (*high >= 0 && *low > *high)) {
		fail(p, "a '{' that is none of {n} {n,} {,m} {n,m}");
		return;
	}
	p->at++;
	*low = *low < 0 ? 0 : *low;
}

/* The first @len instructions of p->copy once more. */
static void again(struct parser *p, unsigned int len)
{
	struct ere *e = p->e;

	if (ERE_MAX - e->nr < len) {
		fail(p, too_large);
		return;
	}
	memcpy(&e->code[e->nr], p->copy, len * sizeof(p->copy[0]));
	e->nr += len;
}

/* The part from @start on, @low to @high times. */
static void repeat(struct parser *p, unsigned int start, int low, int high)
{
	const unsigned int len = p->e->nr - start;
	int n;

	if (!len)
		return; /* nothing, as often as you like */
	memcpy(p->copy, &p->e->code[start], len * sizeof(p->copy[0]));
	p->e->nr = start;
	for (n = 0; !p->error && n < low; n++)
		again(p, len);
	if (high == NO_END && low > 0) {
		put(p, ERE_SPLIT, 0, -(int)len);
	} else if (high == NO_END) {
		put(p, ERE_SPLIT, 0, (int)len + 2);
		again(p, len);
		put(p, ERE_JUMP, 0, -(int)len - 1);
	}
	/* Each time that may be leads behind the last. */
	for (; !p->error && n < high; n++) {
		put(p, ERE_SPLIT, 0, (int)(len + 1) * (high - n));
		again(p, len);
	}
}

/* Everything that says how often, behind the part from @start on. */
static void repetitions(struct parser *p, unsigned int start)
{
	while (!p->error && *p->at && strchr("*+?{", *p->at)) {
		int low = *p->at == '+', high = *p->at == '?' ? 1 : NO_END;

		if (*p->at == '{')
			interval(p, &low, &high);
		else
			p->at++;
		if (!p->error)
			repeat(p, start, low, high);
	}
}

/* --- the whole -------------------------------------------------------------- */

static void begin_level(struct parser *p)
{
	const unsigned int at = p->e->nr;

	p->levels[p->depth] = (struct level){ at, at, 0 };
}

/* Behind each but the last is a jump to the end: for now, to the one before. */
static void next_branch(struct parser *p)
{
	struct level *l = &p->levels[p->depth];
	struct ere *e = p->e;

	insert(p, l->branch, ERE_SPLIT, 0, (int)(e->nr - l->branch) + 2);
	put(p, ERE_JUMP, 0, (int)l->chain);
	l->chain = e->nr - 1;
	l->branch = e->nr;
}

static void end_level(struct parser *p)
{
	unsigned int at = p->levels[p->depth].chain, before;
	struct ere *e = p->e;

	/* After an error there may be no jump where the chain says. */
	for (; !p->error && at > 0; at = before) {
		before = (unsigned int)e->code[at].x;
		e->code[at].x = (int16_t)(e->nr - at);
	}
}

static void next_part(struct parser *p)
{
	unsigned int start = p->e->nr;
	bool is_place = false;

	if (*p->at == '(') {
		p->at++;
		if (p->depth == DEPTH_MAX) {
			fail(p, "more than 64 groups in each other");
			return;
		}
		p->depth++;
		begin_level(p);
		return;
	}
	if (*p->at == '|') {
		p->at++;
		next_branch(p);
		return;
	}
	if (*p->at == ')' && p->depth) {
		p->at++;
		end_level(p);
		start = p->levels[p->depth--].start;
	} else {
		is_place = atom(p);
	}
	if (!is_place)
		repetitions(p, start);
}

static void whole(struct parser *p)
{
	while (!p->error && *p->at)
		next_part(p);
	if (p->depth)
		fail(p, "a '(' without its ')'");
	end_level(p);
	put(p, ERE_MATCH, 0, 0);
}

struct ere *ere_compile(const char *text, const char **why)
{
	struct parser *p = calloc(1, sizeof(*p));
	struct ere *e = calloc(1, sizeof(*e));

	*why = no_memory;
	if (p && e) {
		p->e = e;
		p->at = text;
		whole(p);
		*why = p->error;
	}
	free(p);
	if (*why) {
		ere_free(e);
		return NULL;
	}
	ere_prepare(e);
	return e;
}

void ere_free(struct ere *e)
{
	if (e)
		free(e->sets);
	free(e);
}
