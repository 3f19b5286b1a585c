# SPDX-License-Identifier: GPL-2.0-only
# lkvm-pvm: one Makefile. `make help` lists the targets.
#
# A variant is a folder below build/ with its own compiler and flags:
#   aarch64, aarch64-static   the program
#   <native>                  on other machines: the verbs that need no pVM
#   <native>-san              unit tests, ASan + UBSan
#   <native>-tsan             unit tests of what has threads, TSan (clang)
#   <native>-fuzz             fuzzers (clang)

VERSION := 0.1.0
NATIVE := $(shell uname -m)
PREFIX ?= /usr/local
ZSH_DIR ?= $(PREFIX)/share/zsh/site-functions
TESTBED := tests/testbed
WERROR ?= $(if $(wildcard .git),1,0)
V ?= 0
comma := ,
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

# These targets bring the Debian packages they need; the names come first.
ifneq ($(filter run host image e2e bench check check-%,$(MAKECMDGOALS)),)
ifeq ($(MAKELEVEL),0)
ifneq ($(shell $(TESTBED)/packages.sh build test lint >&2; echo $$?),0)
$(error packages are missing, see above)
endif
endif
endif

# --- what is compiled -------------------------------------------------------
portable_SRCS := $(sort $(foreach d,loader fdt devices virtio,$(wildcard $(d)/*.c)))
vmm_SRCS := $(sort $(wildcard vmm/*.c))
# The part of vmm/ that drives a VM: links only where pvm/ does.
vmm_pvm_SRCS := $(wildcard $(addprefix vmm/,run.c user.c vm.c images.c settle.c vcpu.c report.c memlock.c stats.c stores.c watchdog.c deadline.c exec.c exec_send.c exec_vsock.c control_vm.c control_debug.c vcpu_debug.c gdb.c gdb_cpu.c gdb_memory.c power_key.c teardown.c map_scan.c map_rings.c recorder.c flight_map.c reclaim.c devices.c window_size.c consoles.c backend.c))
# The selftest's checks, and the code its guest runs, are pvm/'s; tests that link
# pvm/ alone do without.
selftest_SRCS := $(sort $(wildcard pvm/selftest*.c))
pvm_SRCS := $(filter-out $(selftest_SRCS),$(sort $(wildcard pvm/*.c)))
# The transports wire eventfds to KVM; the native program has no VM.
virtio_pvm_SRCS := $(wildcard virtio/pci*.c virtio/mmio*.c)
native_SRCS := $(filter-out $(virtio_pvm_SRCS) $(vmm_pvm_SRCS),$(portable_SRCS) $(vmm_SRCS))
program_SRCS := $(portable_SRCS) $(vmm_SRCS) $(pvm_SRCS) $(selftest_SRCS)
unit_SRCS := $(sort $(wildcard tests/unit/test_*.c))
fuzz_SRCS := $(sort $(wildcard tests/fuzz/fuzz_*.c))

# --- flags ------------------------------------------------------------------
WARNINGS := -Wall -Wextra -Wformat=2 -Wshadow -Wundef -Wvla -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wstrict-prototypes \
	-Wold-style-definition -Wmissing-prototypes -Wredundant-decls \
	-Wswitch-enum -Wnull-dereference -Wframe-larger-than=4096
gcc_WARNINGS := -Walloca -Wcast-align=strict -Wimplicit-fallthrough=5 \
	-Wlogical-op -Wduplicated-cond -Wduplicated-branches
HARDEN := -fno-common -fno-strict-aliasing -fstack-protector-strong \
	-fstack-clash-protection -ftrivial-auto-var-init=zero -D_FORTIFY_SOURCE=2
base_CFLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-Iinclude -MMD -MP $(WARNINGS) $(if $(filter 1,$(WERROR)),-Werror)
LIBS := -lfdt -luring -ljansson -lzstd -lz -lseccomp -lpthread
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
COV := -fprofile-instr-generate -fcoverage-mapping

CC_aarch64 := $(if $(filter aarch64,$(NATIVE)),gcc,aarch64-linux-gnu-gcc)
# Where the arm64 libraries are; asked for once, when something needs them.
SYSROOT = $(eval SYSROOT := $(shell $(TESTBED)/sysroot.sh))$(SYSROOT)
sys_CFLAGS = $(if $(SYSROOT),-isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/aarch64-linux-gnu)
sys_LDFLAGS = $(if $(SYSROOT),-L$(SYSROOT)/usr/lib/aarch64-linux-gnu -Wl$(comma)-rpath-link$(comma)$(SYSROOT)/usr/lib/aarch64-linux-gnu)
LINK := -Wl,--as-needed -Wl,-z,relro,-z,now,-z,noexecstack

# Said when something is compiled, not when somebody asks for help.
ifeq ($(shell command -v $(CC_aarch64)),)
need_cc = $(error $(CC_aarch64) is missing; $(TESTBED)/packages.sh build installs what a build needs)
endif
# $(call variant,DIR,CC,CFLAGS,LDFLAGS): objects and programs below build/DIR
define variant
build/$(1)/%.o: %.c
	$$(need_cc)@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$$(Q)$(2) $$(base_CFLAGS) $(3) $$(CFLAGS) -c -o $$@ $$<
build/$(1)/%.o: %.S
	@mkdir -p $$(@D)
	$$(call say,AS,$$@)
	$$(Q)$(2) -Iinclude -MMD -MP $(3) -c -o $$@ $$<
build/$(1)/lkvm-pvm:
	$$(call say,LINK,$$@)
	$$(Q)$(2) $(3) $(4) $$(LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(LIBS)
endef
objs = $(patsubst %.c,build/$(1)/%.o,$(2))

arm_CFLAGS := $(gcc_WARNINGS) $(HARDEN) -mbranch-protection=standard
$(eval $(call variant,aarch64,$(CC_aarch64),$(arm_CFLAGS) -fPIE $$(sys_CFLAGS),-pie $(LINK) $$(sys_LDFLAGS)))
$(eval $(call variant,aarch64-static,$(CC_aarch64),$(arm_CFLAGS) $$(sys_CFLAGS),-static $(LINK) $$(sys_LDFLAGS)))
ifneq ($(NATIVE),aarch64)
$(eval $(call variant,$(NATIVE),gcc,$(gcc_WARNINGS) $(HARDEN) -fPIE,-pie $(LINK)))
endif
$(eval $(call variant,$(NATIVE)-san,gcc,$(gcc_WARNINGS) -fno-omit-frame-pointer $(SAN),$(SAN)))
$(eval $(call variant,$(NATIVE)-tsan,clang,-O1 -fsanitize=thread,-fsanitize=thread))
$(eval $(call variant,$(NATIVE)-fuzz,clang,-O1 -fsanitize=fuzzer-no-link $(SAN) $(COV)))

# --- exec's init: the guest's first program, which lkvm-pvm carries -----------
init := build/init/lkvm-pvm-init
$(init): $(sort $(wildcard loader/init/*.[ch])) include/base.h include/exec_proto.h
	@mkdir -p $(@D)
	$(call say,INIT,$@)
	$(Q)$(CC_aarch64) -std=gnu11 -Os -D_GNU_SOURCE $(WARNINGS) $(gcc_WARNINGS) -Iinclude \
		$(sys_CFLAGS) -ffreestanding -fno-stack-protector -fno-tree-loop-distribute-patterns \
		-nostdlib -static -fno-pic -Wl,--build-id=none,-s,-z,noexecstack,-z,noseparate-code,-z,norelro -o $@ $(filter %.c,$^)
$(foreach v,aarch64 aarch64-static $(NATIVE) $(NATIVE)-san $(NATIVE)-tsan $(NATIVE)-fuzz,build/$(v)/vmm/exec_blob.o): $(init)

# --- programs ---------------------------------------------------------------
programs := build/aarch64/lkvm-pvm $(if $(filter aarch64,$(NATIVE)),,build/$(NATIVE)/lkvm-pvm)
all: $(if $(filter 1,$(STATIC)),build/aarch64-static/lkvm-pvm,$(programs))
.DEFAULT_GOAL := all

build/aarch64/lkvm-pvm: $(call objs,aarch64,$(program_SRCS)) build/aarch64/pvm/selftest_guest.o build/aarch64/vmm/exec_blob.o
build/aarch64-static/lkvm-pvm: $(call objs,aarch64-static,$(program_SRCS)) build/aarch64-static/pvm/selftest_guest.o build/aarch64-static/vmm/exec_blob.o
ifneq ($(NATIVE),aarch64)
build/$(NATIVE)/lkvm-pvm: $(call objs,$(NATIVE),$(native_SRCS))
endif

# --- unit tests: one program each, all of the portable code linked in -------
san := build/$(NATIVE)-san
unit_PROGS := $(patsubst tests/unit/%.c,$(san)/unit/%,$(unit_SRCS))
# main.c has main(); fake_pvm.c stands for pvm/ where dispatch is tested.
unit_OBJS := $(san)/vmm/exec_blob.o $(call objs,$(NATIVE)-san,$(portable_SRCS) $(filter-out vmm/main.c,$(vmm_SRCS)) $(wildcard tests/unit/unit.c tests/unit/fake_pvm.c tests/unit/vq_driver.c tests/testbed/wire.c tests/testbed/quota.c))
$(san)/unit/%: $(san)/tests/unit/%.o $(unit_OBJS)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)gcc $(SAN) -o $@ $^ -lcheck -lsubunit -lrt -lm $(LIBS)
check-unit: $(unit_PROGS)
	$(Q)tests/unit/run $(unit_PROGS)

# The same under TSan, for what more than one thread runs.
tsan := build/$(NATIVE)-tsan
tsan_PROGS := $(addprefix $(tsan)/unit/test_,blk blk_poll blk_worker input loop pl061 term term_jobs term_out uart_threads vcpu window queue_revoked virtio_dev virtio_mmio_irq virtio_pci_irq vsock_threads)
$(tsan)/unit.a: $(patsubst $(san)/%,$(tsan)/%,$(unit_OBJS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(tsan)/unit/%: $(tsan)/tests/unit/%.o $(tsan)/unit.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)clang -fsanitize=thread -o $@ $^ -lcheck -lsubunit -lrt -lm $(LIBS)
check-tsan: $(tsan_PROGS)
	$(Q)tests/unit/run $(tsan_PROGS)

# --- fuzzers: fuzz_X.c is all it takes; seed_X.c, when there, writes its seeds
fuzz := build/$(NATIVE)-fuzz
fuzz_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(fuzz_SRCS))
fuzz_PROGS := $(addprefix $(fuzz)/fuzz_,$(fuzz_NAMES)) \
	$(patsubst tests/fuzz/%.c,$(fuzz)/%,$(wildcard tests/fuzz/seed_*.c))
# An archive: a fuzzer takes from it what it calls.
$(fuzz)/portable.a: $(fuzz)/vmm/exec_blob.o $(call objs,$(NATIVE)-fuzz,$(portable_SRCS) $(filter-out vmm/main.c,$(vmm_SRCS)) $(wildcard tests/unit/fake_pvm.c tests/unit/vq_driver.c))
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^
$(fuzz)/fuzz_%: $(fuzz)/tests/fuzz/fuzz_%.o $(fuzz)/portable.a
	$(call say,LINK,$@)
	$(Q)clang $(SAN) $(COV) -fsanitize=fuzzer -o $@ $^ $(LIBS)
$(fuzz)/seed_%: $(fuzz)/tests/fuzz/seed_%.o
	$(call say,LINK,$@)
	$(Q)clang $(SAN) $(COV) -o $@ $^ $(LIBS)
check-fuzz: $(fuzz_PROGS)
	$(Q)tests/fuzz/run $(fuzz) $(fuzz_NAMES)

# --- payloads: freestanding guests of tests/guest ---------------------------
# Of more than one file are those that drive PCI.
guest_PARTS := tests/guest/vpci.c tests/guest/vhostile_ring.c tests/guest/vhostile_many.c tests/guest/vhostile_named.c
guest_FLATS := $(patsubst tests/guest/%.c,build/guest/%.flat,$(filter-out $(guest_PARTS),$(wildcard tests/guest/*.c)))
build/guest/vhostile.flat: $(guest_PARTS)
build/guest/last_words.flat build/guest/steps.flat build/guest/taken.flat: tests/guest/vpci.c
build/guest/%.flat: tests/guest/%.c tests/guest/start.S tests/guest/guest.ld $(wildcard tests/guest/*.h)
	@mkdir -p $(@D)
	$(call say,GUEST,$@)
	$(Q)$(CC_aarch64) -std=gnu11 -O2 $(WARNINGS) -ffreestanding -nostdlib -static \
		-fno-pic -mcmodel=small -mgeneral-regs-only -mstrict-align -fno-tree-switch-conversion \
		-Wl,-T,tests/guest/guest.ld,--build-id=none,--no-warn-rwx-segments -o $@.elf $(filter %.S %.c,$^)
	$(Q)$(CC_aarch64:gcc=objcopy) -O binary $@.elf $@
guests: $(guest_FLATS)

# --- a Debian package: its libraries are those of the machine's own suite
deb := build/deb/lkvm-pvm_$(VERSION)_arm64.deb

# --- the emulated pKVM host: its init, the tests' helpers, who boots it ----
testbed = $(call objs,$(1),$(patsubst %,$(TESTBED)/%.c,$(2)))
agent := build/aarch64-static/agent
runner := build/$(NATIVE)/runner
helper_PROGS := $(addprefix build/aarch64-static/tests/,ptyrun sockcat filepeer iovtrace memlock manyvms poison victim vsock tapexec kexec)
bench_PROGS := $(addprefix build/aarch64-static/tests/,measure minimal eventfds revoke ioload netload)
$(agent): $(call testbed,aarch64-static,agent job job_end traces wire)
$(runner): $(call testbed,$(NATIVE),runner hosts tests test_list test_run session machine wire quota)
$(helper_PROGS): build/aarch64-static/tests/%: build/aarch64-static/$(TESTBED)/%.o
build/aarch64-static/tests/measure: $(call objs,aarch64-static,tests/bench/bench.c tests/bench/measure.c)
build/aarch64-static/tests/minimal: $(call objs,aarch64-static,tests/bench/minimal.c)
build/aarch64-static/tests/ioload: $(call objs,aarch64-static,tests/bench/ioload.c)
build/aarch64-static/tests/netload: $(call objs,aarch64-static,tests/bench/netload.c)
build/aarch64-static/tests/ioload: test_LIBS = $(sys_LDFLAGS) -luring
build/aarch64-static/tests/eventfds: $(call objs,aarch64-static,tests/seam/seam.c vmm/log.c vmm/text.c $(pvm_SRCS))
build/aarch64-static/tests/revoke: $(call objs,aarch64-static,tests/seam/revoke.c vmm/log.c vmm/text.c vmm/loop.c vmm/crash.c vmm/guard.c vmm/guard_memory.c devices/term.c devices/term_out.c virtio/window.c virtio/access.c $(pvm_SRCS))
build/aarch64-static/tests/revoke: test_LIBS = $(sys_LDFLAGS) -luring -lseccomp
$(agent) $(helper_PROGS) $(bench_PROGS):
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC_aarch64) -static -o $@ $^ $(test_LIBS)
$(runner):
	$(call say,LINK,$@)
	$(Q)gcc -o $@ $^
in_host := $(agent) $(runner) $(helper_PROGS) $(bench_PROGS) $(guest_FLATS) \
	build/aarch64-static/lkvm-pvm build/aarch64/lkvm-pvm $(deb)

image:
	$(Q)$(TESTBED)/kernel.sh default
e2e: $(in_host)
	$(Q)$(TESTBED)/e2e.sh $(runner) $(if $(filter 1,$(V)),-v) $(if $(ONLY),'$(ONLY)')
host: $(in_host)
	$(Q)$(TESTBED)/host.sh $(runner)
run: $(in_host)
	@HOST='$(HOST)' $(TESTBED)/run.sh $(runner) $(ARGS)
bench: $(in_host)
	@tests/bench/run $(runner) $(PEER)

# --- checks -----------------------------------------------------------------
check-lint: $(programs)
	$(Q)tests/lint/run
check:
	$(Q)tests/check
check-matrix: $(in_host)
	$(Q)tests/matrix $(runner) $(if $(ONLY),'$(ONLY)')

# --- install, release -------------------------------------------------------
# The program that runs on this machine knows the same options.
completions := build/completions/lkvm-pvm build/completions/_lkvm-pvm build/completions/lkvm-pvm.fish
build/completions/lkvm-pvm: for = bash
build/completions/_lkvm-pvm: for = zsh
build/completions/lkvm-pvm.fish: for = fish
$(completions): build/$(NATIVE)/lkvm-pvm
	@mkdir -p $(@D)
	$(Q)$< completion $(for) >$@
install: build/aarch64/lkvm-pvm $(completions)
	install -D -m 755 $< $(DESTDIR)$(PREFIX)/bin/lkvm-pvm
	install -D -m 644 lkvm-pvm.1 $(DESTDIR)$(PREFIX)/share/man/man1/lkvm-pvm.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/bash-completion/completions build/completions/lkvm-pvm
	install -D -m 644 -t $(DESTDIR)$(ZSH_DIR) build/completions/_lkvm-pvm
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d build/completions/lkvm-pvm.fish
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@BINDIR@|$(PREFIX)/bin|' vmm/dist/lkvm-pvm@.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/lkvm-pvm@.service
$(deb): build/aarch64/lkvm-pvm $(completions) lkvm-pvm.1 $(wildcard vmm/dist/*)
	$(call say,DEB,$@)
	$(Q)vmm/dist/deb $(VERSION) $(@D) >/dev/null
deb: $(deb)
dist:
	@mkdir -p build
	git archive --prefix=lkvm-pvm-$(VERSION)/ -o build/lkvm-pvm-$(VERSION).tar.gz HEAD
	@echo build/lkvm-pvm-$(VERSION).tar.gz
clean:
	rm -rf build

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))
#: make               build/aarch64/lkvm-pvm, and the native program elsewhere
#: make STATIC=1      build/aarch64-static/lkvm-pvm
#: make run           a protected VM's shell (ARGS='options', HOST=local|emulated;
#:                    V=1: with what the kernels say while they boot)
#: make host          a shell on the emulated pKVM host
#: make check         everything below, one total
#: make check-unit    unit tests under ASan and UBSan
#: make check-tsan    those of what has threads under TSan
#: make check-fuzz    each fuzzer for 10 s
#: make check-lint    layers, style, static analysis
#: make e2e           tests in the emulated host (ONLY='glob')
#: make check-matrix  e2e on other CPU models
#: make bench         figures (PEER=another VMM's binary)
#: make image         the testbed's kernel; its path is the last line
#: make install       (DESTDIR=, PREFIX=)   make dist   make clean
#: make deb           a package for Debian, arm64: build/deb/lkvm-pvm_*.deb
#: Overrides: KERNEL= HOST_KERNEL=debian QEMU= CPU= HOSTS= LONG=1 V=1 WERROR=0

-include $(shell find build -type f -name '*.d' 2>/dev/null)
.SECONDARY:
.PHONY: all check check-unit check-tsan check-lint check-matrix e2e image host run bench \
	guests install deb dist clean help
