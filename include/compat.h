/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h: the kernel's constants that the build machine's headers lack (Debian
 * 12: Linux 6.1, glibc 2.36), each with the header of linux-source-7.3 that
 * defines it. Those of KVM are in pvm/kvm_compat.h.
 */
#ifndef LKVM_PVM_COMPAT_H
#define LKVM_PVM_COMPAT_H

#include <linux/if_tun.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* include/uapi/asm-generic/socket.h, since 6.16 */
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

/* include/uapi/asm-generic/unistd.h, since 6.10; the same everywhere */
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* include/uapi/linux/prctl.h, since 6.4 */
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

/* include/uapi/linux/memfd.h, since 6.3 */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/* include/uapi/linux/if_tun.h, since 6.2 */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* include/uapi/asm-generic/mman-common.h; not in the C library's */
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

/* include/uapi/asm-generic/siginfo.h; not in the C library's */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#endif
