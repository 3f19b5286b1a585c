// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c: where the vCPUs are when a VM ends badly, or ends without having
 * printed anything: program counter, exception state, the likely cause.
 */
#include "vm.h"

#include "boot_arguments.h"
#include "log.h"

#define ESR_EC(esr)  ((unsigned int)((esr) >> 26) & 0x3f)
#define EC_UNKNOWN   0x00U
#define EC_PAC	     0x09U
#define EC_IABT_SAME 0x21U
#define EC_DABT_SAME 0x25U
#define PSTATE_EL(p) ((unsigned int)((p) >> 2) & 3)
#define VECTORS_SIZE 0x800U
/* ESR_EL1 of a new vCPU: reset_unknown() in KVM's arm64 sys_regs.h */
#define ESR_AT_RESET 0x1de7ec7edbadc0deULL

/* The first exception of a guest without vectors loops in low memory. */
static bool lost_in_vectors(const struct pvm_vcpu_state *s)
{
	return s->pc >= s->vbar_el1 && s->pc < s->vbar_el1 + VECTORS_SIZE &&
	       ESR_EC(s->esr_el1) == EC_IABT_SAME && s->far_el1 == s->pc;
}

static bool in_ram(gpa_t pc)
{
	return pc >= MACHINE_RAM_BASE;
}

const char *report_silent_cause(const struct pvm_vcpu_state *s,
				const struct loader_placement *pl, bool quiet)
{
	if (pl->page_kib == 16 || pl->page_kib == 64)
		return "the kernel uses 16 or 64 KiB pages, which this CPU may lack";
	if (ESR_EC(s->esr_el1) == EC_PAC)
		return "the kernel uses pointer authentication, which the host does not give to guests";
	if (lost_in_vectors(s))
		return "it took an exception before it had set up its vectors: not an arm64 kernel for this machine?";
	if (ESR_EC(s->esr_el1) == EC_UNKNOWN && s->esr_el1)
		return "it met an undefined instruction: built for a newer CPU?";
	if (ESR_EC(s->esr_el1) == EC_DABT_SAME)
		return "it accessed memory or a device that is not there";
	if (!in_ram(s->pc) && !(s->sctlr_el1 & 1))
		return "it jumped outside its RAM";
	if (s->pc == pl->entry)
		return "it never got past its first instruction";
	if (quiet)
		return "its kernel is quiet: -p loglevel=7 has it print, of exec into --console-log";
	return "no console: earlycon console=ttyS0 on its command line (-p) and CONFIG_SERIAL_8250_CONSOLE in its kernel?";
}

/* On any console; exec's init on the serial port is heard by the UART alone. */
static bool has_spoken(struct vm *vm)
{
	return vm->uart.n_transmitted || vm->watchdog.is_booted ||
	       __atomic_load_n(&vm->has_spoken, __ATOMIC_RELAXED);
}

static void report_one(struct vm *vm, unsigned int i)
{
	struct pvm_vcpu_state s;
	int ret = pvm_vcpu_get_state(vm->pvm, i, &s);

	if (ret) {
		log_info("vCPU %u: state unknown: %s", i, errno_text(ret));
		return;
	}
	if (s.stopped && i)
		return; /* never started, or switched off by the guest */
	log_info(
		"vCPU %u: PC 0x%llx LR 0x%llx PSTATE 0x%llx (EL%u) SCTLR 0x%llx",
		i, (unsigned long long)s.pc, (unsigned long long)s.x[30],
		(unsigned long long)s.pstate, PSTATE_EL(s.pstate),
		(unsigned long long)s.sctlr_el1);
	if (s.esr_el1 == ESR_AT_RESET)
		log_info("vCPU %u: no exception yet", i);
	else
		log_info(
			"vCPU %u: last exception: ESR 0x%llx (EC 0x%x) FAR 0x%llx ELR 0x%llx VBAR 0x%llx",
			i, (unsigned long long)s.esr_el1, ESR_EC(s.esr_el1),
			(unsigned long long)s.far_el1,
			(unsigned long long)s.elr_el1,
			(unsigned long long)s.vbar_el1);
	if (i == 0 && !has_spoken(vm))
		log_info("the guest printed nothing; likely cause: %s",
			 report_silent_cause(&s, &vm->placement,
					     boot_arguments_quiet(vm->cfg)));
}

void report_vcpus(struct vm *vm)
{
	if (!vm->verdict.report &&
	    (has_spoken(vm) || vm->verdict.code == EXIT_GUEST_OFF))
		return;
	for (unsigned int i = 0; i < vm->cfg->nr_vcpus; i++)
		report_one(vm, i);
}
