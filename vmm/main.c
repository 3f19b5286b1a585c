// SPDX-License-Identifier: GPL-2.0-only
/* main.c: the verbs, and the only place that exits. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exitcode.h"
#include "host.h"
#include "log.h"
#include "boot_arguments.h"
#include "exec_channel.h"
#include "exec_pack.h"
#include "exec_root.h"
#include "outputs.h"
#include "selftest.h"
#include "verbs.h"

static int verb_run(const struct verb *v, int argc, char **argv);
static int verb_exec(const struct verb *v, int argc, char **argv);
static int verb_check(const struct verb *v, int argc, char **argv);
static int verb_selftest(const struct verb *v, int argc, char **argv);
static int verb_completion(const struct verb *v, int argc, char **argv);
static int verb_version(const struct verb *v, int argc, char **argv);
static int verb_help(const struct verb *v, int argc, char **argv);

static const struct opt_table no_options = { .nr = 0 };

static const struct verb verbs[] = {
	{
		.name = "run",
		.args = "[options] [KERNEL]",
		.summary = "Start a protected VM with its console on this "
			   "terminal.",
		.notes = "Keys while it runs: Ctrl-a x ends lkvm-pvm, "
			 "Ctrl-a h lists the others.\n"
			 "Exit code: 0 the guest powered off, 110 it reset, "
			 "111 it crashed, 125 lkvm-pvm\n"
			 "or the host could not do it; more in lkvm-pvm(1).\n"
			 "Example: lkvm-pvm run -k Image -i initrd.gz -m 512 "
			 "-c 2\n",
		.table = &config_table,
		.run = verb_run,
	},
	{
		.name = "exec",
		.args = "[options] [--] [COMMAND [ARGUMENT]...]",
		.summary = "Run one command in a protected VM, with our "
			   "streams and its exit code.",
		.notes = "Options end at COMMAND. Without one: a shell. Exit "
			 "code: the command's own,\n"
			 "128+n when signal n killed it, 126 and 127 when it "
			 "could not be run; otherwise as\n"
			 "run, and 111 when the guest ended before it.\n"
			 "Example: lkvm-pvm exec -k Image -i initrd.gz -- "
			 "uname -a\n",
		.table = &config_exec_table,
		.run = verb_exec,
	},
	{
		.name = "check",
		.args = "[options]",
		.summary = "Say whether this host can run protected VMs, and "
			   "what is missing.",
		.notes = "Exit code: 0 when a pVM can run, otherwise 125.\n",
		.table = &check_table,
		.run = verb_check,
	},
	{
		.name = "selftest",
		.args = "[options]",
		.summary = "Test that this host's pKVM keeps its promises.",
		.notes = "Prints KTAP. Exit code: 0 when no check failed, 1 "
			 "when one did, 125 when none\ncould run.\n",
		.table = &selftest_table,
		.run = verb_selftest,
	},
	{
		.name = "list",
		.args = "[options]",
		.summary = "List the VMs of this user that are running.",
		.table = &list_table,
		.run = cmd_list,
	},
	{
		.name = "stat",
		.args = "[options] [NAME]",
		.summary = "Show what a running VM, or each, does and uses.",
		.table = &stat_table,
		.run = cmd_stat,
	},
	{
		.name = "map",
		.args = "[options] NAME",
		.summary = "Show which pages of a VM are its own, and which "
			   "the host can read.",
		.table = &map_table,
		.run = cmd_map,
	},
	{
		.name = "console",
		.args = "[options] NAME",
		.summary = "Attach to the console of a running VM, and show "
			   "what it said before.",
		.notes = "Keys: Ctrl-a d detaches, Ctrl-a h lists the others. "
			 "Exit code: the VM's when it\n"
			 "ends, 0 when you detach.\n",
		.table = &name_table,
		.run = cmd_console,
	},
	{
		.name = "report",
		.args = "[options] RECORD",
		.summary = "Make an HTML page of what run --record wrote.",
		.notes = "Example: lkvm-pvm report -o boot.html boot.record\n",
		.table = &report_table,
		.run = cmd_report,
	},
	{
		.name = "wait",
		.args = "[options] NAME",
		.summary = "Wait until a VM ends, and exit with its exit code.",
		.table = &wait_table,
		.run = cmd_wait,
	},
	{
		.name = "stop",
		.args = "[options] NAME",
		.summary = "Press a guest's power key; kill it when it does "
			   "not react.",
		.notes = "Exit code: 0 it has ended, 124 it did not react and "
			 "was killed.\n",
		.table = &stop_table,
		.run = cmd_stop,
	},
	{
		.name = "pause",
		.args = "[options] NAME",
		.summary = "Stop a VM's vCPUs.",
		.table = &name_table,
		.run = cmd_pause,
	},
	{
		.name = "resume",
		.args = "[options] NAME",
		.summary = "Let them go on.",
		.table = &name_table,
		.run = cmd_resume,
	},
	{
		.name = "debug",
		.args = "[options] NAME [WHAT [WITH]]",
		.summary = "Send a sysrq to a guest's console, or provoke "
			   "something in a VM of run --debug.",
		.notes =
			"reclaim IPA|random             take a page of the "
			"guest's own from it\n"
			"unplug-window-page IPA|random  put another page behind "
			"one of the window\n"
			"memlock SIZE|max               set its limit of locked "
			"memory; max: all it may\n"
			"stop-vcpu N, start-vcpu N      hold a vCPU, and let it "
			"go on\n"
			"regs [N]                       the registers of a "
			"vCPU, or of all\n"
			"step N                         one instruction of a "
			"held vCPU\n"
			"backtrace                      where the threads of "
			"lkvm-pvm are\n",
		.table = &debug_table,
		.run = cmd_debug,
	},
	{
		.name = "completion",
		.args = "bash|zsh|fish",
		.summary = "Print what makes a shell complete our arguments.",
		.notes = "make install puts it into place. By hand: source "
			 "<(lkvm-pvm completion bash)\n",
		.table = &completion_table,
		.run = verb_completion,
	},
	{
		.name = "version",
		.args = "",
		.summary = "Print the version.",
		.table = &no_options,
		.run = verb_version,
	},
	{
		.name = "help",
		.args = "[VERB]",
		.summary = "Explain a verb and its options.",
		.run = verb_help,
	},
};

static const struct verb *find_verb(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[ARRAY_SIZE(verbs)], *nearest;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		names[i] = verbs[i].name;
	nearest = opt_nearest(name, names, ARRAY_SIZE(verbs));
	log_err("no verb '%.64s'%s%s%s; 'lkvm-pvm help' lists them", name,
		nearest ? "; did you mean " : "", nearest ? nearest : "",
		nearest ? "?" : "");
	return EXIT_HOST;
}

/* For all who ask: standard error, files of results, git bisect. */
static int refuse(const struct config *cfg, const char *origin, const char *why)
{
	log_err("%s", why);
	outputs_refuse(cfg, origin, why);
	return cfg->exec.bisect ? EXIT_BISECT_STOP : EXIT_HOST;
}

#ifdef __aarch64__
static void (*const kvm_probe)(struct pvm_host *, bool) = pvm_probe;
static const struct selftest_suite *const selftest_suite = &pvm_selftest;
#else
static void (*const kvm_probe)(struct pvm_host *, bool);
static const struct selftest_suite *const selftest_suite;

int cmd_run(struct config *cfg)
{
	struct utsname uts;
	char why[256];

	(void)snprintf(
		why, sizeof(why),
		"%s: runs pVMs on an arm64 host booted with "
		"kvm-arm.mode=protected; this is the %s build: try 'make run' "
		"for the emulated host",
		cfg->exec.on ? "exec" : "run",
		uname(&uts) ? "native" : uts.machine);
	return refuse(cfg, "host", why);
}
#endif

static int check_affinity(const struct config *cfg, struct opt_parse *parse)
{
	int vcpu = -1;

	if (cfg->affinity)
		vcpu = host_unusable_cpus(cfg->affinity, cfg->nr_vcpus);
	if (vcpu < 0)
		return 0;
	return opt_fail(parse,
			"%s: --vcpu-affinity '%.64s': no CPU in vCPU %d's "
			"list can be used; nproc says how many there are",
			parse->verb, cfg->affinity_text, vcpu);
}

static int run_parsed(const struct verb *v, struct config *cfg,
		      struct opt_parse *parse, int ret)
{
	if (!ret)
		ret = check_affinity(cfg, parse);
	if (!ret)
		ret = boot_arguments_check(cfg, parse);
	if (ret == OPT_HELP) {
		help_verb(stdout, v);
		ret = 0;
	} else if (ret < 0) {
		ret = refuse(cfg, "user", parse->error);
	} else {
		ret = cmd_run(cfg);
	}
	config_fini(cfg);
	return ret;
}

static int verb_run(const struct verb *v, int argc, char **argv)
{
	struct opt_parse parse;
	struct config cfg;
	int ret = config_parse(&cfg, &parse, argc, argv);

	return run_parsed(v, &cfg, &parse, ret);
}

static int verb_exec(const struct verb *v, int argc, char **argv)
{
	struct opt_parse parse;
	struct config cfg;
	int ret = config_parse_exec(&cfg, &parse, argc, argv);

	if (!ret)
		exec_channel_find(&cfg);
	if (!ret)
		ret = exec_root_find(&cfg, &parse);
	if (!ret)
		ret = exec_check_start(&cfg.exec, &parse);
	return run_parsed(v, &cfg, &parse, ret);
}

static int verb_check(const struct verb *v, int argc, char **argv)
{
	return cmd_check(v, argc, argv, kvm_probe);
}

static int verb_selftest(const struct verb *v, int argc, char **argv)
{
	return cmd_selftest(v, argc, argv, selftest_suite);
}

static int verb_completion(const struct verb *v, int argc, char **argv)
{
	struct opt_parse parse;
	int ret = completion_print(stdout, &parse, argc, argv, verbs,
				   ARRAY_SIZE(verbs));

	if (ret == OPT_HELP)
		help_verb(stdout, v);
	else if (ret < 0)
		log_err("%s", parse.error);
	return ret < 0 ? EXIT_HOST : 0;
}

static int verb_version(const struct verb *v, int argc, char **argv)
{
	struct opt_parse parse;
	int ret = opt_parse(&parse, v->table, NULL, argc, argv);

	if (ret == OPT_HELP) {
		help_verb(stdout, v);
	} else if (ret < 0) {
		log_err("%s", parse.error);
		return EXIT_HOST;
	} else {
		printf("lkvm-pvm %s\n", VERSION);
	}
	return 0;
}

static int verb_help(const struct verb *v, int argc, char **argv)
{
	const struct verb *topic;

	if (argc == 1) {
		help_overview(stdout, verbs, ARRAY_SIZE(verbs));
		return 0;
	}
	if (argc > 2) {
		log_err("help: one verb at a time");
		return EXIT_HOST;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		topic = v;
	else
		topic = find_verb(argv[1]);
	if (!topic)
		return unknown_verb(argv[1]);
	help_verb(stdout, topic);
	return 0;
}

static int dispatch(int argc, char **argv)
{
	char version[] = "version";
	char *as_version[] = { version, NULL };
	const struct verb *v;

	if (argc < 2) {
		/* Nothing ran, and 0 would say that a guest powered off. */
		help_overview(stderr, verbs, ARRAY_SIZE(verbs));
		return EXIT_HOST;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help_overview(stdout, verbs, ARRAY_SIZE(verbs));
		return 0;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-v"))
		return verb_version(find_verb(version), 1, as_version);
	v = find_verb(argv[1]);
	if (!v)
		return unknown_verb(argv[1]);
	return v->run(v, argc - 1, argv + 1);
}

/* Results that could not be written are no results (close_stdout idiom). */
static bool stdout_failed(void)
{
	bool pending = __fpending(stdout) != 0, failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0)
		return failed;
	return failed || pending || errno != EBADF;
}

/*
 * A standard descriptor that is closed would be given to the next thing that
 * is opened, /dev/kvm or an eventfd, and what the guest prints written to it.
 * In its place: one that fails as a closed one does.
 */
static void occupy_std_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null",
				    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	int ret;

	occupy_std_fds();
	ret = dispatch(argc, argv);
	if (stdout_failed()) {
		log_err("stdout: %s",
			errno ? errno_text(errno) : "could not write to it");
		ret = EXIT_HOST;
	}
	return ret;
}
