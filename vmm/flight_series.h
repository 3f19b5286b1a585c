/* SPDX-License-Identifier: GPL-2.0-only */
/* flight_series.h: adding to a series, which the reader of records alone does. */
#ifndef LKVM_PVM_FLIGHT_SERIES_H
#define LKVM_PVM_FLIGHT_SERIES_H

#include "flight_read.h"

/* @t is not less than that of the point before. 0, or -1 without memory. */
int __must_check flight_series_add(struct flight_series *s, double t, double v);

#endif
