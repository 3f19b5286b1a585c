// SPDX-License-Identifier: GPL-2.0-only
/*
 * check_judge.c: what the facts mean for a pVM, each with its remedy. Looks
 * at nothing but the facts, so that every host can be judged in a test.
 */
#include "check_items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define FIRST_MAJOR 7U
#define FIRST_MINOR 1U

static void judge_machine(const struct check_facts *f, struct check_report *r)
{
	struct check_item *item;

	item = check_add(r, f->is_arm64 ? CHECK_OK : CHECK_FAIL, "machine",
			 "%s", f->machine);
	if (!f->is_arm64)
		check_remedy(item, "pVMs run on arm64; 'make run' starts an "
				   "emulated host here");
}

static bool kernel_is_new(const char *release)
{
	char *end;
	unsigned long major = strtoul(release, &end, 10), minor;

	if (*end != '.')
		return false;
	minor = strtoul(end + 1, NULL, 10);
	return major > FIRST_MAJOR ||
	       (major == FIRST_MAJOR && minor >= FIRST_MINOR);
}

static void judge_kernel(const struct check_facts *f, struct check_report *r)
{
	struct check_item *item;

	if (!f->is_arm64) {
		check_add(r, CHECK_OK, "host kernel", "%s", f->release);
		return;
	}
	if (kernel_is_new(f->release) || f->host.create_err == 0) {
		check_add(r, CHECK_OK, "host kernel", "%s", f->release);
		return;
	}
	item = check_add(r, CHECK_WARN, "host kernel",
			 "%s: protected VMs came with 7.1", f->release);
	check_remedy(item, "install Linux 7.1 or newer");
}

static void judge_kvm(const struct check_facts *f, struct check_report *r)
{
	int err = f->host.kvm_err;
	struct check_item *item;

	if (err == 0) {
		check_add(r, CHECK_OK, "/dev/kvm", "can be opened");
		return;
	}
	item = check_add(r, CHECK_FAIL, "/dev/kvm", "%s", errno_text(err));
	if (err == EACCES || err == EPERM)
		check_remedy(item, "as root: usermod -aG kvm USER, then log in "
				   "again");
	else if (err == ENOENT && f->cmdline_protected)
		check_remedy(item,
			     "pKVM needs EL2 and a GICv3 (with a GICv2 there "
			     "is no KVM at all); dmesg | grep -i kvm says "
			     "which");
	else
		check_remedy(item,
			     "boot at EL2, with CONFIG_KVM in the kernel; "
			     "dmesg | grep -i kvm says why it is off");
}

static void judge_mode(const struct check_facts *f, struct check_report *r)
{
	const char *source = f->host.mode_source;
	struct check_item *item;

	switch (f->host.mode) {
	case PVM_MODE_NVHE:
		check_add(r, CHECK_OK, "protected mode", "nVHE (%s)", source);
		return;
	case PVM_MODE_HVHE:
		check_add(r, CHECK_OK, "protected mode", "hVHE (%s)", source);
		return;
	case PVM_MODE_PROTECTED:
		check_add(r, CHECK_OK, "protected mode",
			  "on; nVHE or hVHE is not known (%s)", source);
		return;
	case PVM_MODE_NONE:
		item = check_add(r, CHECK_FAIL, "protected mode",
				 "KVM runs unprotected (%s)", source);
		break;
	case PVM_MODE_UNKNOWN:
	default:
		item = check_add(r, CHECK_UNKNOWN, "protected mode", "%s",
				 source ? source : "not asked");
		break;
	}
	if (f->cmdline_protected)
		check_remedy(item,
			     "kvm-arm.mode=protected is given already; dmesg | "
			     "grep -i kvm says what became of it");
	else
		check_remedy(item,
			     "boot with kvm-arm.mode=protected on the host "
			     "kernel's command line");
}

static void judge_trial(const struct check_facts *f, struct check_report *r)
{
	int err = f->host.create_err;
	struct check_item *item;

	if (err == -1) {
		item = check_add(r, CHECK_UNKNOWN, "trial pVM", "not tried: %s",
				 f->host.kvm_err ? "no /dev/kvm"
						 : "--no-create");
		if (!f->host.kvm_err)
			check_remedy(item, "check without --no-create");
		return;
	}
	if (err == 0) {
		check_add(
			r, CHECK_OK, "trial pVM",
			"created and destroyed; this taints the kernel once per "
			"boot (--no-create avoids it)");
		return;
	}
	item = check_add(r, CHECK_FAIL, "trial pVM", "refused: %s",
			 errno_text(err));
	if (err == ENOMEM)
		check_remedy(item,
			     "end one of the running VMs (pKVM has room for "
			     "255) or free memory");
	else if (!kernel_is_new(f->release))
		check_remedy(item, "install Linux 7.1 or newer and boot with "
				   "kvm-arm.mode=protected");
	else
		check_remedy(item,
			     "boot with kvm-arm.mode=protected on the host "
			     "kernel's command line");
}

static void judge_limits(const struct check_facts *f, struct check_report *r)
{
	const struct pvm_host *h = &f->host;
	struct check_item *item;

	check_add(r, h->ipa_bits ? CHECK_OK : CHECK_UNKNOWN, "guest addresses",
		  "%u bits", h->ipa_bits);
	check_add(r, h->max_vcpus ? CHECK_OK : CHECK_UNKNOWN, "vCPUs",
		  "%u at most, %u recommended", h->max_vcpus,
		  h->recommended_vcpus);
	if (h->gicv3) {
		check_add(r, CHECK_OK, "GICv3", "there");
	} else {
		item = check_add(r, CHECK_FAIL, "GICv3",
				 "KVM cannot emulate it");
		check_remedy(item, "pKVM needs a host with a GICv3 or newer");
	}
	if (h->its) {
		check_add(r, CHECK_OK, "ITS", "there");
	} else {
		item = check_add(r, CHECK_WARN, "ITS", "KVM cannot emulate it");
		check_remedy(item, "run with --irqchip gicv3-v2m or gicv3");
	}
	if (h->ptrauth_address == h->ptrauth_generic)
		check_add(r, CHECK_OK, "PTRAUTH", "%s",
			  h->ptrauth_address
				  ? "address and generic"
				  : "not on this host, so not in guests");
	else
		check_add(r, CHECK_WARN, "PTRAUTH",
			  "%s only: KVM gives both or none to a guest",
			  h->ptrauth_address ? "address" : "generic");
}

static void judge_page_size(const struct check_facts *f, struct check_report *r)
{
	if (f->page_size == KIB(4))
		check_add(r, CHECK_OK, "host page size", "4 KiB");
	else
		check_add(r, CHECK_WARN, "host page size",
			  "%llu KiB: lkvm-pvm was tried with 4 KiB only",
			  (unsigned long long)(f->page_size >> 10));
}

/* What only KVM can tell. */
static void judge_pvm(const struct check_facts *f, struct check_report *r)
{
	if (!f->is_arm64) {
		check_add(r, CHECK_UNKNOWN, "KVM", "this is the %s build",
			  f->machine);
		return;
	}
	judge_kvm(f, r);
	judge_mode(f, r);
	judge_trial(f, r);
	if (!f->host.kvm_err)
		judge_limits(f, r);
	judge_page_size(f, r);
}

static enum check_state symbol_state(const struct loader_kconfig_item *item,
				     char found)
{
	if (found == 'y')
		return CHECK_OK;
	if (found == 'm' || item->need == LOADER_OPTIONAL ||
	    item->need == LOADER_NEEDED_ON_MMIO ||
	    item->need == LOADER_NEEDED_ON_V2M)
		return CHECK_WARN;
	return CHECK_FAIL;
}

static void judge_symbols(const struct check_facts *f, struct check_report *r)
{
	const struct loader_kconfig_item *items;
	enum check_state state;
	unsigned int nr, i;
	char found, text[160];

	items = loader_kconfig_items(&nr);
	for (i = 0; i < nr; i++) {
		found = loader_kconfig_get(&f->kconfig, items[i].symbol);
		state = symbol_state(&items[i], found);
		loader_kconfig_describe(&items[i], found, text, sizeof(text));
		check_add(r, state, "guest kernel", "%s", text);
	}
}

/* Nothing is known of the kernel then, not that it is none. */
static bool is_unread(const struct check_facts *f)
{
	return f->kernel_err && f->kernel_err != EINVAL;
}

static void judge_guest_kernel(const struct check_facts *f,
			       struct check_report *r)
{
	struct check_item *item;

	if (!f->kernel)
		return;
	if (is_unread(f)) {
		item = check_add(r, CHECK_UNKNOWN, "guest kernel", "%.100s: %s",
				 f->kernel, errno_text(f->kernel_err));
		check_remedy(item, "name a file that can be read");
	} else if (f->kernel_err) {
		item = check_add(r, CHECK_FAIL, "guest kernel",
				 "%.100s: is not a kernel", f->kernel);
		check_remedy(item,
			     "give an arm64 Image, plain or gzip, zstd, EFI "
			     "zboot");
	} else if (!f->kconfig.text) {
		item = check_add(r, CHECK_UNKNOWN, "guest kernel",
				 "%.100s: carries no configuration", f->kernel);
		check_remedy(item, "build it with CONFIG_IKCONFIG=y");
	} else {
		check_add(r, CHECK_OK, "guest kernel",
			  "%.100s: carries its configuration", f->kernel);
		judge_symbols(f, r);
	}
}

static unsigned int count(const struct check_report *r, enum check_state state)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->nr; i++)
		n += r->items[i].state == state;
	return n;
}

static void sum_up_kernel(const struct check_facts *f, struct check_report *r)
{
	if (count(r, CHECK_FAIL)) {
		r->verdict = CHECK_CANNOT_RUN;
		snprintf(r->summary, sizeof(r->summary),
			 "this kernel is no pVM guest; the host was not "
			 "checked, as this is the %s build",
			 f->machine);
	} else if (!f->kconfig.text) {
		r->verdict = CHECK_CANNOT_TELL;
		snprintf(r->summary, sizeof(r->summary),
			 "cannot tell whether this kernel is fit for a pVM");
	} else {
		r->verdict = CHECK_CAN_RUN;
		snprintf(r->summary, sizeof(r->summary),
			 "this kernel is fit for a pVM; the host was not "
			 "checked, as this is the %s build",
			 f->machine);
	}
}

static void sum_up(const struct check_facts *f, struct check_report *r)
{
	unsigned int failed = count(r, CHECK_FAIL);
	enum pvm_mode mode = f->host.mode;
	char pvm[48] = "pVM";

	if (f->want)
		snprintf(pvm, sizeof(pvm), "pVM with -m %llu",
			 (unsigned long long)(f->want >> 20));
	if (failed) {
		r->verdict = CHECK_CANNOT_RUN;
		snprintf(r->summary, sizeof(r->summary),
			 "no %s can run%s: %u of the above failed", pvm,
			 f->is_arm64 ? "" : " here", failed);
	} else if (is_unread(f)) {
		r->verdict = CHECK_CANNOT_TELL;
		snprintf(r->summary, sizeof(r->summary),
			 "cannot tell whether a %s can run with this kernel",
			 pvm);
	} else if (f->host.create_err == 0 || mode == PVM_MODE_NVHE ||
		   mode == PVM_MODE_HVHE || mode == PVM_MODE_PROTECTED) {
		r->verdict = CHECK_CAN_RUN;
		snprintf(r->summary, sizeof(r->summary), "a %s can run", pvm);
	} else {
		r->verdict = CHECK_CANNOT_TELL;
		snprintf(r->summary, sizeof(r->summary),
			 "cannot tell whether a pVM can run: the mode is "
			 "unknown and no trial pVM was made");
	}
}

void check_judge(const struct check_facts *f, struct check_report *r)
{
	memset(r, 0, sizeof(*r));
	r->max_mem = UINT64_MAX;
	/* Elsewhere a kernel can be looked at on its own. */
	if (!f->is_arm64 && f->kernel) {
		judge_guest_kernel(f, r);
		sum_up_kernel(f, r);
		return;
	}
	judge_machine(f, r);
	judge_kernel(f, r);
	judge_pvm(f, r);
	check_judge_host(f, r);
	judge_guest_kernel(f, r);
	sum_up(f, r);
}
