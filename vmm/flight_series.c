// SPDX-License-Identifier: GPL-2.0-only
/* flight_series.c: values over time, of a record that is read. */
#include "flight_read.h"

#include <stdlib.h>

#include "flight_series.h"

/* Of a series that is too long every other point goes, now and later. */
static void thin(struct flight_series *s)
{
	for (size_t i = 0; 2 * i < s->nr; i++)
		s->points[i] = s->points[2 * i];
	s->nr = (s->nr + 1) / 2;
	s->every *= 2;
}

int flight_series_add(struct flight_series *s, double t, double v)
{
	unsigned int size = s->size ? 2 * s->size : 64;
	struct flight_point *more;

	if (s->nr == 0)
		s->every = 1;
	/* The last one is there in any case, until the next. */
	if (s->is_provisional)
		s->nr--;
	if (s->nr == FLIGHT_POINTS)
		thin(s);
	if (s->nr == s->size) {
		more = reallocarray(s->points, size, sizeof(*more));
		if (!more)
			return -1;
		s->points = more;
		s->size = size;
	}
	s->points[s->nr++] = (struct flight_point){ .t = t, .v = v };
	s->is_provisional = ++s->skipped < s->every;
	if (!s->is_provisional)
		s->skipped = 0;
	return 0;
}

/* The last point at @t or before; -1: none. */
static int find(const struct flight_series *s, double t)
{
	unsigned int from = 0, to = s->nr;

	while (from < to) {
		unsigned int mid = (from + to) / 2;

		if (s->points[mid].t <= t)
			from = mid + 1;
		else
			to = mid;
	}
	return (int)from - 1;
}

double flight_step(const struct flight_series *s, double t)
{
	int i = find(s, t);

	return i < 0 ? 0 : s->points[i].v;
}

double flight_at(const struct flight_series *s, double t)
{
	int i = find(s, t);
	const struct flight_point *a, *b;

	if (i < 0)
		return 0;
	a = &s->points[i];
	if ((unsigned int)i + 1 == s->nr)
		return a->v;
	b = a + 1;
	return b->t > a->t ? a->v + (b->v - a->v) * (t - a->t) / (b->t - a->t)
			   : b->v;
}

double flight_last(const struct flight_series *s)
{
	return s->nr ? s->points[s->nr - 1].v : 0;
}

double flight_most(const struct flight_series *s)
{
	double most = 0;

	for (unsigned int i = 0; i < s->nr; i++)
		if (s->points[i].v > most)
			most = s->points[i].v;
	return most;
}
