// SPDX-License-Identifier: GPL-2.0-only
/*
 * access.c: loads and stores that survive a page the guest took back.
 *
 * How this works: the routines below are assembly, so that no sanitizer and no
 * optimiser moves or doubles an access. Each instruction that touches the
 * window has a line in an exception table: where it is, and where to go on
 * when it faults, both as distances from the table, which so needs no
 * relocation. The handler of SIGSEGV asks window_fixup(); it looks the
 * faulting instruction up and lets the routine return -EFAULT. A fault on an
 * instruction that is not in the table, the host's side of a copy included,
 * is a bug of ours and stays one.
 *
 * The routines are leaves that touch no stack and save no register.
 */
#include "window.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <ucontext.h>

struct fixup {
	int32_t insn;	/* from the address of this member */
	int32_t target; /* likewise */
};

/* The linker makes them: bounds of the section of that name. */
extern const struct fixup __start_window_fixups[];
extern const struct fixup __stop_window_fixups[];

static_assert(EFAULT == 14, "the assembly returns -14");

/* clang-format off */
/* The instruction that follows may fault, and then goes on at @label. */
#define MAY_FAULT(label)                                                       \
	"771:\n"                                                               \
	".pushsection window_fixups, \"a\"\n"                                  \
	".balign 4\n"                                                          \
	".long 771b - .\n"                                                     \
	".long " label " - .\n"                                                \
	".popsection\n"

#define FUNC(name)                                                             \
	".pushsection .text\n"                                                 \
	".balign 16\n"                                                         \
	".type " name ", %function\n" name ":\n"                               \
	".cfi_startproc\n" LANDING_PAD

#define ENDFUNC(name)                                                          \
	".cfi_endproc\n"                                                       \
	".size " name ", . - " name "\n"                                       \
	".popsection\n"

#if defined(__x86_64__)

#define LANDING_PAD "endbr64\n"
#define FAULTED "9: movl $-14, %eax\n ret\n"

/*
 * name(dst rdi, src rsi, len rdx). IN and OUT are MAY_FAULT() for the side of
 * the window and empty for the other one. From 512 bytes on `rep movsb` wins,
 * which is one instruction for both sides.
 */
#define COPY(name, IN, OUT)                                                    \
	FUNC(name)                                                             \
	"cmpq $512, %rdx\n jae 2f\n"                                           \
	"subq $16, %rdx\n jb 3f\n"                                             \
	"1:\n" IN "movdqu (%rsi), %xmm0\n"                                     \
	OUT "movdqu %xmm0, (%rdi)\n"                                           \
	"addq $16, %rsi\n addq $16, %rdi\n subq $16, %rdx\n jae 1b\n"          \
	"3: testl $15, %edx\n jz 8f\n"                                         \
	"testl $8, %edx\n jz 4f\n"                                             \
	IN "movq (%rsi), %rax\n"                                               \
	OUT "movq %rax, (%rdi)\n"                                              \
	"addq $8, %rsi\n addq $8, %rdi\n"                                      \
	"4: testl $4, %edx\n jz 5f\n"                                          \
	IN "movl (%rsi), %eax\n"                                               \
	OUT "movl %eax, (%rdi)\n"                                              \
	"addq $4, %rsi\n addq $4, %rdi\n"                                      \
	"5: testl $2, %edx\n jz 6f\n"                                          \
	IN "movzwl (%rsi), %eax\n"                                             \
	OUT "movw %ax, (%rdi)\n"                                               \
	"addq $2, %rsi\n addq $2, %rdi\n"                                      \
	"6: testl $1, %edx\n jz 8f\n"                                          \
	IN "movzbl (%rsi), %eax\n"                                             \
	OUT "movb %al, (%rdi)\n"                                               \
	"8: xorl %eax, %eax\n ret\n"                                           \
	"2: movq %rdx, %rcx\n"                                                 \
	MAY_FAULT("9f") "rep movsb\n"                                          \
	"xorl %eax, %eax\n ret\n"                                              \
	FAULTED ENDFUNC(name)

#define LOAD16                                                                 \
	FUNC("access_load16")                                                  \
	MAY_FAULT("9f") "movzwl (%rdi), %eax\n"                                \
	"movw %ax, (%rsi)\n"                                                   \
	"xorl %eax, %eax\n ret\n"                                              \
	FAULTED ENDFUNC("access_load16")

/* Stores of x86-64 are releases, its loads acquires. */
#define STORE16                                                                \
	FUNC("access_store16")                                                 \
	MAY_FAULT("9f") "movw %si, (%rdi)\n"                                   \
	"xorl %eax, %eax\n ret\n"                                              \
	FAULTED ENDFUNC("access_store16")

#elif defined(__aarch64__)

#define LANDING_PAD "hint #34\n" /* bti c */
#define FAULTED "9: mov w0, #-14\n ret\n"

/* name(dst x0, src x1, len x2) */
#define COPY(name, IN, OUT)                                                    \
	FUNC(name)                                                             \
	"subs x2, x2, #64\n b.lo 2f\n"                                         \
	"1:\n" IN "ldp x3, x4, [x1]\n"                                         \
	IN "ldp x5, x6, [x1, #16]\n"                                           \
	IN "ldp x7, x8, [x1, #32]\n"                                           \
	IN "ldp x9, x10, [x1, #48]\n"                                          \
	OUT "stp x3, x4, [x0]\n"                                               \
	OUT "stp x5, x6, [x0, #16]\n"                                          \
	OUT "stp x7, x8, [x0, #32]\n"                                          \
	OUT "stp x9, x10, [x0, #48]\n"                                         \
	"add x1, x1, #64\n add x0, x0, #64\n"                                  \
	"subs x2, x2, #64\n b.hs 1b\n"                                         \
	"2: adds x2, x2, #48\n b.mi 4f\n"                                      \
	"3:\n" IN "ldp x3, x4, [x1]\n"                                         \
	OUT "stp x3, x4, [x0]\n"                                               \
	"add x1, x1, #16\n add x0, x0, #16\n"                                  \
	"subs x2, x2, #16\n b.pl 3b\n"                                         \
	"4: tbz x2, #3, 5f\n"                                                  \
	IN "ldr x3, [x1]\n"                                                    \
	OUT "str x3, [x0]\n"                                                   \
	"add x1, x1, #8\n add x0, x0, #8\n"                                    \
	"5: tbz x2, #2, 6f\n"                                                  \
	IN "ldr w3, [x1]\n"                                                    \
	OUT "str w3, [x0]\n"                                                   \
	"add x1, x1, #4\n add x0, x0, #4\n"                                    \
	"6: tbz x2, #1, 7f\n"                                                  \
	IN "ldrh w3, [x1]\n"                                                   \
	OUT "strh w3, [x0]\n"                                                  \
	"add x1, x1, #2\n add x0, x0, #2\n"                                    \
	"7: tbz x2, #0, 8f\n"                                                  \
	IN "ldrb w3, [x1]\n"                                                   \
	OUT "strb w3, [x0]\n"                                                  \
	"8: mov w0, wzr\n ret\n"                                               \
	FAULTED ENDFUNC(name)

#define LOAD16                                                                 \
	FUNC("access_load16")                                                  \
	MAY_FAULT("9f") "ldarh w2, [x0]\n"                                     \
	"strh w2, [x1]\n"                                                      \
	"mov w0, wzr\n ret\n"                                                  \
	FAULTED ENDFUNC("access_load16")

#define STORE16                                                                \
	FUNC("access_store16")                                                 \
	MAY_FAULT("9f") "stlrh w1, [x0]\n"                                     \
	"mov w0, wzr\n ret\n"                                                  \
	FAULTED ENDFUNC("access_store16")

#else
#error "no accessors for this machine"
#endif

#define WINDOW_SIDE MAY_FAULT("9f")
#define HOST_SIDE ""

__asm__(COPY("access_copy_in", WINDOW_SIDE, HOST_SIDE));
__asm__(COPY("access_copy_out", HOST_SIDE, WINDOW_SIDE));
__asm__(LOAD16);
__asm__(STORE16);
/* clang-format on */

int access_copy_in(void *dst, const void *window_src, size_t len);
int access_copy_out(void *window_dst, const void *src, size_t len);
int access_load16(const void *p, uint16_t *v);
int access_store16(void *p, uint16_t v);

int window_read(void *dst, const void *p, size_t len)
{
	int err = access_copy_in(dst, p, len);

	if (__builtin_expect(err, 0))
		memset(dst, 0, len);
	return err;
}

int window_write(void *p, const void *src, size_t len)
{
	return access_copy_out(p, src, len);
}

int window_zero(void *p, size_t len)
{
	static const uint8_t zeros[512];
	int err = 0;

	for (size_t at = 0; !err && at < len; at += sizeof(zeros)) {
		size_t n = len - at;

		err = access_copy_out((uint8_t *)p + at, zeros,
				      n < sizeof(zeros) ? n : sizeof(zeros));
	}
	return err;
}

int window_load16(const void *p, uint16_t *v)
{
	int err = access_load16(p, v);

	if (__builtin_expect(err, 0))
		*v = 0;
	return err;
}

int window_store16(void *p, uint16_t v)
{
	return access_store16(p, v);
}

bool window_fixup(void *ucontext)
{
	ucontext_t *uc = ucontext;
#if defined(__x86_64__)
	greg_t *pc = &uc->uc_mcontext.gregs[REG_RIP];
#else
	unsigned long long *pc = &uc->uc_mcontext.pc;
#endif

	for (const struct fixup *f = __start_window_fixups;
	     /* cppcheck-suppress comparePointers ; bounds of one section */
	     f < __stop_window_fixups; f++) {
		uintptr_t insn = (uintptr_t)&f->insn + (uintptr_t)f->insn;
		uintptr_t target = (uintptr_t)&f->target + (uintptr_t)f->target;

		if ((uintptr_t)*pc != insn)
			continue;
		*pc = (__typeof__(*pc))target;
		return true;
	}
	return false;
}
