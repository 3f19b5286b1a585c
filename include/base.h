/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * base.h: the words every folder uses: guest addresses, little-endian
 * fields, checked arithmetic on guest numbers, compiler attributes.
 */
#ifndef LKVM_PVM_BASE_H
#define LKVM_PVM_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest physical address (an IPA, in the words of the Arm ARM). */
typedef uint64_t gpa_t;

#define __must_check	    __attribute__((warn_unused_result))
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#define __noreturn	    __attribute__((noreturn))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

/*
 * Which lock guards a member. For the reader and TSan: clang's thread-safety
 * analysis cannot name a sibling member in C (clang 14 to 19).
 */
#define GUARDED_BY(lock)

/*
 * Little-endian fields in files and in guest memory. One-member structs, so
 * that use without le*_get() does not compile.
 */
typedef struct {
	uint16_t raw;
} le16;
typedef struct {
	uint32_t raw;
} le32;
typedef struct {
	uint64_t raw;
} le64;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "lkvm-pvm runs on little-endian hosts only"
#endif

static inline uint16_t le16_get(le16 v)
{
	return v.raw;
}

static inline uint32_t le32_get(le32 v)
{
	return v.raw;
}

static inline uint64_t le64_get(le64 v)
{
	return v.raw;
}

/* Sums and products of numbers we did not choose: true on overflow. */
static inline bool __must_check add_ovf(uint64_t a, uint64_t b, uint64_t *sum)
{
	return __builtin_add_overflow(a, b, sum);
}

static inline bool __must_check mul_ovf(uint64_t a, uint64_t b, uint64_t *prod)
{
	return __builtin_mul_overflow(a, b, prod);
}

/* @align is a power of two; the caller knows that v + align does not wrap. */
static inline uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

static inline uint64_t align_down(uint64_t v, uint64_t align)
{
	return v & ~(align - 1);
}

static inline bool is_aligned(uint64_t v, uint64_t align)
{
	return (v & (align - 1)) == 0;
}

#endif
