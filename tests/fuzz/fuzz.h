/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz.h: what fuzzers have in common: what must hold, records of their input. */
#ifndef LKVM_PVM_TESTS_FUZZ_H
#define LKVM_PVM_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond))                                                   \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Moves @len bytes of the input into @record; false: so many are not left. */
static inline bool fuzz_next(const uint8_t **data, size_t *size, void *record,
			     size_t len)
{
	if (*size < len)
		return false;
	memcpy(record, *data, len);
	*data += len;
	*size -= len;
	return true;
}

#endif
