// SPDX-License-Identifier: GPL-2.0-only
/*
 * run_options.c: the table of run's options: ours, and every one kvmtool has
 * for arm64. lkvm-pvm.1 documents the same list.
 */
#include "config_set.h"

#define HEADING(text)                                                          \
	{                                                                      \
		.help = (text)                                                 \
	}
#define NO_SCREEN "no graphics; the console is the serial port"
#define NO_NESTED "a pVM cannot run guests of its own; leave it out"

/* clang-format off */
static const struct opt_spec run_specs[] = {
	HEADING("Guest"),
	{ .name = "kernel", .letter = 'k', .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_kernel,
	  .help = "kernel: arm64 Image, plain or gzip, zstd, EFI zboot; or a "
		  "flat payload" },
	{ .name = "initrd", .letter = 'i', .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_add_initrd,
	  .help = "initial RAM disk; repeated ones are concatenated" },
	{ .name = "params", .letter = 'p', .arg = OPT_TEXT,
	  .arg_name = "TEXT", .set = config_add_params,
	  .help = "kernel command line; repeated ones are joined by a space" },
	{ .name = "mem", .letter = 'm', .arg = OPT_VALUE,
	  .arg_name = "SIZE", .set = config_set_mem,
	  .help = "memory in MiB, or with K, M, G: 512, 512M, 1G (default: 64M "
		  "a vCPU and 192M)" },
	{ .name = "cpus", .letter = 'c', .arg = OPT_VALUE,
	  .arg_name = "N", .set = config_set_cpus,
	  .help = "vCPUs (default: 1)" },
	{ .name = "firmware", .letter = 'f', .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_firmware,
	  .help = "raw blob to start at the beginning of RAM, instead of -k" },
	{ .name = "protected", .arg = OPT_MAYBE,
	  .arg_name = "on|off", .set = config_set_protected,
	  .help = "off: an ordinary VM with the same layout (default: on)" },

	HEADING("Host"),
	{ .name = "name", .arg = OPT_VALUE, .arg_name = "NAME",
	  .set = config_set_name,
	  .help = "what list, stat, stop and others call it (default: "
		  "guest-PID)" },
	{ .name = "memlock", .arg = OPT_VALUE,
	  .arg_name = "check|lazy", .set = config_set_memlock,
	  .help = "RLIMIT_MEMLOCK too low: check refuses to start (default), "
		  "lazy pauses the guest at the limit" },
	{ .name = "on-reset", .arg = OPT_VALUE,
	  .arg_name = "exit|restart", .set = config_set_on_reset,
	  .help = "the guest resets: exit with 110 (default), or start again" },
	{ .name = "on-reclaim", .arg = OPT_VALUE,
	  .arg_name = "report|inject|kill", .set = config_set_on_reclaim,
	  .help = "the guest touches a page the host took by force: tell what "
		  "is known and exit with 114 (default); tell it and let the "
		  "guest take an abort; or just end" },
	{ .name = "seccomp", .arg = OPT_VALUE, .arg_name = "on|off",
	  .set = config_set_seccomp,
	  .help = "refuse lkvm-pvm itself the system calls that could harm the "
		  "guest's memory (default: on)" },
	{ .name = "vcpu-affinity", .arg = OPT_VALUE,
	  .arg_name = "LIST", .set = config_set_affinity,
	  .help = "host CPUs: for all vCPUs (0-3,8), or vCPU:CPUs "
		  "(0:2,1:4-5)" },

	HEADING("Machine"),
	{ .name = "irqchip", .arg = OPT_VALUE,
	  .arg_name = "gicv3-its|gicv3-v2m|gicv3", .set = config_set_irqchip,
	  .help = "its interrupt controller (default: gicv3-its)" },
	{ .name = "kaslr-seed", .arg = OPT_VALUE,
	  .arg_name = "N", .set = config_set_kaslr_seed,
	  .help = "seed for the guest's address layout (default: random)" },
	{ .name = "nodefaults", .arg = OPT_SWITCH, .set = config_set_nodefaults,
	  .help = "the guest's command line is -p and nothing else" },
	{ .name = "console", .arg = OPT_VALUE,
	  .arg_name = "serial|virtio", .set = config_set_console,
	  .help = "the guest's console: ttyS0 (default), or hvc0, which is "
		  "faster and knows the terminal's size" },

	HEADING("virtio devices"),
	{ .name = "disk", .letter = 'd', .arg = OPT_VALUE,
	  .arg_name = "FILE[,OPTION]...", .set = config_add_disk,
	  .help = "a disk, raw image or block device; repeatable; options: "
		  "ro, snapshot, direct, serial=, queues=, id=" },
	{ .name = "network", .letter = 'n', .arg = OPT_VALUE,
	  .arg_name = "KIND[,OPTION]...", .set = config_add_network,
	  .help = "a network card; repeatable; tap,if=NAME: a tap of the host "
		  "(fd=, mac=, queues=, vhost=on|off); passt: without root "
		  "(tcp=HOST:GUEST, udp=, mac=, vhost=); none: no card" },
	{ .name = "port", .arg = OPT_VALUE,
	  .arg_name = "name=NAME,WHERE", .set = config_add_port,
	  .help = "a port for programs in the guest, /dev/vportNpM there; "
		  "repeatable; here file=PATH, pty or unix=PATH" },
	{ .name = "share", .arg = OPT_VALUE,
	  .arg_name = "DIR[,tag=TAG][,ro]", .set = config_add_share,
	  .help = "a directory of the host, by virtiofsd; repeatable; in the "
		  "guest: mount -t virtiofs TAG /mnt (default: share)" },
	{ .name = "vhost-user", .arg = OPT_VALUE,
	  .arg_name = "socket=PATH,type=TYPE", .set = config_add_vhost_user,
	  .help = "a device that a vhost-user back end serves; repeatable; "
		  "blk, fs (tag=), net (mac=) or rng" },
	{ .name = "rng", .arg = OPT_SWITCH, .set = config_set_rng,
	  .help = "random numbers from the host (/dev/hwrng)" },
	{ .name = "virtio-transport", .arg = OPT_VALUE, .arg_name = "pci|mmio",
	  .set = config_set_transport,
	  .help = "how the guest finds them: on PCI (default), or in its "
		  "device tree, for a guest without PCI" },
	{ .name = "vsock", .arg = OPT_VALUE,
	  .arg_name = "cid=N|auto", .set = config_set_vsock,
	  .help = "sockets between guest and host (AF_VSOCK), by the host's "
		  "kernel; N is the guest's address; socket=PATH[,cid=N]: "
		  "without root; a program connects to PATH and says CONNECT "
		  "PORT; those of the guest to port N arrive at PATH_N" },
	{ .name = "window", .arg = OPT_VALUE,
	  .arg_name = "SIZE|auto|off", .set = config_set_window,
	  .help = "memory guest and devices share: MiB, or what the devices "
		  "need (default); off: all of RAM, --protected=off only" },

	HEADING("When it ends"),
	{ .name = "timeout", .arg = OPT_VALUE,
	  .arg_name = "SECONDS", .set = config_set_timeout,
	  .help = "end it after that time: 124" },
	{ .name = "boot-timeout", .arg = OPT_VALUE,
	  .arg_name = "SECONDS", .set = config_set_boot_timeout,
	  .help = "end it unless its init is seen to start by then: 124" },
	{ .name = "hang-timeout", .arg = OPT_VALUE,
	  .arg_name = "SECONDS", .set = config_set_hang_timeout,
	  .help = "end it when nothing happens in it for so long: 113" },
	{ .name = "expect", .arg = OPT_TEXT,
	  .arg_name = "REGEX", .set = config_add_expect,
	  .help = "end it, with 0, when a line on its console matches; of "
		  "repeated ones all; ending without: 115" },
	{ .name = "fail-on", .arg = OPT_TEXT,
	  .arg_name = "REGEX", .set = config_add_fail_on,
	  .help = "end it when a line on its console matches: 115" },

	{ .name = "ktap", .arg = OPT_MAYBE,
	  .arg_name = "on|off", .set = config_set_ktap,
	  .help = "exit with 1 when a test fails of which the guest's output "
		  "tells in KTAP or TAP (exec and --junit: on)" },

	HEADING("Finding out"),
	{ .name = "verdict", .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_verdict,
	  .help = "say in FILE, in JSON, how it ended: code, origin, reason" },
	{ .name = "junit", .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_junit,
	  .help = "results in XML for CI: a test case for each line of KTAP, or "
		  "one for the whole" },
	{ .name = "events", .arg = OPT_VALUE,
	  .arg_name = "FILE|fd:N|-", .set = config_set_events,
	  .help = "tell what happens as it does, a JSON object a line" },
	{ .name = "record", .arg = OPT_VALUE,
	  .arg_name = "FILE|fd:N|-", .set = config_set_record,
	  .help = "the same, and samples of memory, exits and devices, for "
		  "lkvm-pvm report" },
	{ .name = "console-log", .arg = OPT_VALUE,
	  .arg_name = "FILE|fd:N|-", .set = config_set_console_log,
	  .help = "what the guest prints, each line with its time" },
	{ .name = "artifacts", .arg = OPT_VALUE,
	  .arg_name = "DIR", .set = config_set_artifacts,
	  .help = "keep there console.log, events.jsonl, record.jsonl, "
		  "verdict.json, guest.dtb and map.svg" },
	{ .name = "vmlinux", .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_vmlinux,
	  .help = "names for the guest kernel's addresses: its vmlinux, or "
		  "System.map" },
	{ .name = "dump-dtb", .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = config_set_dump_dtb,
	  .help = "write the guest's device tree to FILE" },
	{ .name = "loglevel", .arg = OPT_VALUE,
	  .arg_name = "error|warning|info|debug", .set = config_set_loglevel,
	  .help = "what lkvm-pvm says (default: info)" },
	{ .name = "stats", .arg = OPT_SWITCH, .set = config_set_stats,
	  .help = "at the end, what each virtio device had to do" },
	{ .name = "debug", .arg = OPT_SWITCH, .set = config_set_debug,
	  .help = "--loglevel=debug, and debuggers may attach to lkvm-pvm "
		  "(which destroys guest memory they look at)" },
	{ .name = "gdb", .arg = OPT_VALUE,
	  .arg_name = "PORT|PATH", .set = config_set_gdb,
	  .help = "let gdb debug the guest, --protected=off only: at that port "
		  "of 127.0.0.1, or a unix socket" },
	{ .name = "gdb-wait", .arg = OPT_SWITCH, .set = config_set_gdb_wait,
	  .help = "the guest starts when gdb says so" },

	/* kvmtool's, in its own order. */
	HEADING("Accepted, as kvmtool has them"),
	{ .name = "dev", .arg = OPT_VALUE, .arg_name = "/dev/kvm",
	  .set = config_set_dev, .help = "no other" },
	{ .name = "firmware-address", .arg = OPT_VALUE,
	  .arg_name = "0x80000000", .set = config_set_firmware_address,
	  .help = "no other: where RAM begins" },
	{ .name = "no-dhcp", .arg = OPT_SWITCH,
	  .ignored = "no effect: lkvm-pvm configures no network in the guest" },
	{ .name = "disable-mte", .arg = OPT_SWITCH,
	  .ignored = "no effect: a pVM has no memory tagging" },
	{ .name = "no-pvtime", .arg = OPT_SWITCH,
	  .ignored = "no effect: lkvm-pvm sets up no stolen time" },
	{ .name = "force-pci", .arg = OPT_SWITCH,
	  .ignored = "no effect: PCI is the default transport" },

	{ .name = "balloon", .arg = OPT_SWITCH,
	  .refused = "pages given to a pVM come back only when it ends; "
		     "choose -m accordingly" },
	{ .name = "vnc", .arg = OPT_SWITCH, .refused = NO_SCREEN },
	{ .name = "gtk", .arg = OPT_SWITCH, .refused = NO_SCREEN },
	{ .name = "sdl", .arg = OPT_SWITCH, .refused = NO_SCREEN },
	{ .name = "9p", .arg = OPT_VALUE,
	  .refused = "no 9p; give --share DIR,tag=TAG, and in the guest: mount -t "
		     "virtiofs TAG /mnt" },
	{ .name = "tty", .arg = OPT_VALUE,
	  .refused = "there is one serial port, on stdin and stdout" },
	{ .name = "sandbox", .arg = OPT_VALUE,
	  .refused = "lkvm-pvm makes no root file system; put the script into "
		     "an initrd" },
	{ .name = "hugetlbfs", .arg = OPT_VALUE,
	  .refused = "pKVM cannot give hugetlb pages to a pVM; transparent "
		     "huge pages are asked for always" },
	{ .name = "virtio-legacy", .arg = OPT_SWITCH,
	  .refused = "a legacy device cannot ask the guest to share its "
		     "buffers; leave it out" },
	{ .name = "flash", .letter = 'F', .arg = OPT_VALUE,
	  .refused = "a pVM cannot have read-only memory; use --firmware" },
	{ .name = "pmem", .arg = OPT_VALUE,
	  .refused = "a pVM takes swap-backed memory alone, no pages of a "
		     "file (DAX neither); use --disk or --share" },
	{ .name = "shmem", .arg = OPT_VALUE,
	  .refused = "a page of a pVM is its own, and shared with the host at "
		     "most, not with another VM (ivshmem); use --vsock" },
	{ .name = "vfio-pci", .arg = OPT_VALUE,
	  .refused = "pKVM does not confine a device's DMA yet: it could "
		     "read and write any pVM" },
	{ .name = "debug-single-step", .arg = OPT_SWITCH,
	  .refused = "--gdb PORT steps the guest of --protected=off" },
	{ .name = "debug-ioport", .arg = OPT_SWITCH,
	  .refused = "arm64 has no I/O ports; try --loglevel=debug" },
	{ .name = "debug-mmio", .arg = OPT_SWITCH,
	  .refused = "accesses that no device claims are in --loglevel=debug" },
	{ .name = "debug-iodelay", .arg = OPT_VALUE,
	  .refused = "no delays are made" },
	{ .name = "aarch32", .arg = OPT_SWITCH,
	  .refused = "a pVM has no 32-bit kernel mode; boot a 64-bit kernel" },
	{ .name = "pmu", .arg = OPT_SWITCH,
	  .refused = "pKVM hides the PMU from a pVM; measure with "
		     "CNTVCT_EL0" },
	{ .name = "sve-max-vl", .arg = OPT_VALUE,
	  .refused = "pKVM hides SVE from a pVM; leave it out" },
	{ .name = "override-bad-firmware-cntfrq", .arg = OPT_VALUE,
	  .refused = "the timer's frequency is the host's CNTFRQ_EL0; update "
		     "the host's firmware" },
	{ .name = "psci", .arg = OPT_SWITCH,
	  .refused = "a pVM's PSCI calls never reach lkvm-pvm; the kernel "
		     "answers them" },
	{ .name = "counter-offset", .arg = OPT_VALUE,
	  .refused = "the host cannot change a pVM's counter; leave it out" },
	{ .name = "nested", .arg = OPT_SWITCH, .refused = NO_NESTED },
	{ .name = "e2h0", .arg = OPT_SWITCH, .refused = NO_NESTED },
};
/* clang-format on */

const struct opt_table config_table = {
	.specs = run_specs,
	.nr = ARRAY_SIZE(run_specs),
	.positional = config_set_kernel_argument,
};
