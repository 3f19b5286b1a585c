// SPDX-License-Identifier: GPL-2.0-only
/* config_exec.c: the options that `lkvm-pvm exec` has beside those of run. */
#include "config_set.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct config_exec *exec_of(struct opt_parse *p)
{
	struct config *cfg = p->target;

	return &cfg->exec;
}

static int set_cwd(struct opt_parse *p, const char *value)
{
	if (*value != '/')
		return opt_bad_value(p, value,
				     "give a directory of the guest, from /");
	exec_of(p)->cwd = value;
	return 0;
}

/* A number up to what is no more a user's. */
static bool skip_id(const char **at)
{
	const bool is_number = isdigit((unsigned char)**at);
	char *end;
	unsigned long n = strtoul(*at, &end, 10);

	*at = end;
	return is_number && n < UINT32_MAX;
}

/* "UID" or "UID:GID" */
static bool are_ids(const char *at)
{
	if (!skip_id(&at))
		return false;
	if (!*at)
		return true;
	return *at++ == ':' && skip_id(&at) && !*at;
}

static int set_user(struct opt_parse *p, const char *value)
{
	if (!*value || (isdigit((unsigned char)*value) && !are_ids(value)))
		return opt_bad_value(p, value,
				     "give a name of the guest's /etc/passwd, "
				     "or UID or UID:GID");
	exec_of(p)->user = value;
	return 0;
}

/* Where @value's name is already, or the next free place. */
static unsigned int place_of_env(const struct config_exec *e, const char *value)
{
	const size_t len = strcspn(value, "=");
	unsigned int i;

	for (i = 0; i < e->nr_envs; i++)
		if (strcspn(e->envs[i], "=") == len &&
		    !memcmp(e->envs[i], value, len))
			break;
	return i;
}

static int add_env(struct opt_parse *p, const char *value)
{
	struct config_exec *e = exec_of(p);
	unsigned int i = place_of_env(e, value);

	if (!*value || *value == '=')
		return opt_bad_value(p, value, "give NAME=VALUE or NAME");
	if (i == CONFIG_MAX_ENVS)
		return opt_bad_value(p, value, "more than %u; use env(1)",
				     CONFIG_MAX_ENVS);
	e->envs[i] = value;
	e->nr_envs += i == e->nr_envs;
	return 0;
}

static int set_channel(struct opt_parse *p, const char *value)
{
	static const char *const names[] = {
		[EXEC_CHANNEL_NONE] = "auto",
		[EXEC_CHANNEL_PORT] = "port",
		[EXEC_CHANNEL_VSOCK] = "vsock",
		[EXEC_CHANNEL_SERIAL] = "serial",
	};
	int i = config_choose(p, value, names, ARRAY_SIZE(names));

	if (i < 0)
		return i;
	exec_of(p)->channel = (enum exec_channel)i;
	return 0;
}

static int set_tty(struct opt_parse *p, const char *value)
{
	exec_of(p)->tty = !strcmp(value, "on");
	return 0;
}

static int set_bisect(struct opt_parse *p, const char *value)
{
	exec_of(p)->bisect = !strcmp(value, "on");
	return 0;
}

static int set_root(struct opt_parse *p, const char *value)
{
	if (!*value)
		return opt_bad_value(p, value,
				     "give a directory, or a disk's image");
	exec_of(p)->root = value;
	return 0;
}

static int set_rw(struct opt_parse *p, const char *value)
{
	exec_of(p)->rw = !strcmp(value, "on");
	return 0;
}

static int add_argument(struct opt_parse *p, const char *value)
{
	struct config_exec *e = exec_of(p);
	const char **more;

	if (e->nr_args == CONFIG_MAX_ARGS)
		return opt_fail(p,
				"exec: more than %u arguments; put them into "
				"a file of an initrd",
				CONFIG_MAX_ARGS);
	more = reallocarray(e->args, e->nr_args + 1, sizeof(*more));
	if (!more) {
		opt_fail(p, "exec: out of memory");
		return -ENOMEM;
	}
	e->args = more;
	e->args[e->nr_args++] = value;
	return 0;
}

int config_finish_exec(struct opt_parse *p, struct config *cfg)
{
	if (!cfg->exec.on)
		return 0;
	if (!cfg->kernel)
		return opt_fail(p, "exec: no kernel; give one with -k Image "
				   "('lkvm-pvm exec --help')");
	if (strstr(cfg->params, "rdinit="))
		return opt_fail(p, "exec: -p rdinit=: the guest's first "
				   "program is exec's own; leave it out");
	if (cfg->exec.rw && !cfg->exec.root)
		return opt_fail(p, "exec: --rw: without --root DIR|IMAGE the "
				   "root is the initrd, which can be written "
				   "to; leave it out");
	if (cfg->on_reset == RESET_RESTART)
		return opt_fail(p, "exec: --on-reset=restart: a command runs "
				   "once; leave it out");
	if (cfg->nr_ports == CONFIG_MAX_PORTS && config_has_exec_port(cfg))
		return opt_fail(p,
				"exec: one of the %u ports is the command's; "
				"leave a --port out",
				CONFIG_MAX_PORTS);
	if (cfg->exec.channel != EXEC_CHANNEL_VSOCK)
		return 0;
	if (cfg->vsock.kind == VSOCK_VHOST)
		return opt_fail(p, "exec: --channel=vsock: with --vsock cid= "
				   "the host's kernel has the connections; "
				   "give --vsock socket=PATH, or leave it out");
	if (cfg->vsock.kind == VSOCK_NONE)
		config_add_exec_vsock(cfg);
	return 0;
}

void config_free_exec(struct config *cfg)
{
	free(cfg->exec.args);
	cfg->exec.args = NULL;
	loader_kconfig_fini(&cfg->exec.kconfig);
}

/* clang-format off */
static const struct opt_spec exec_specs[] = {
	{ .help = "The command" },
	{ .name = "cwd", .arg = OPT_VALUE, .arg_name = "GUEST-DIR",
	  .set = set_cwd,
	  .help = "the guest's directory to run it in (default: /)" },
	{ .name = "env", .arg = OPT_VALUE, .arg_name = "NAME[=VALUE]",
	  .set = add_env,
	  .help = "a variable of its environment; without VALUE ours; "
		  "repeatable" },
	{ .name = "user", .arg = OPT_VALUE, .arg_name = "USER",
	  .set = set_user,
	  .help = "who runs it: a name of the guest's /etc/passwd, UID or "
		  "UID:GID (default: root)" },
	{ .name = "root", .arg = OPT_VALUE, .arg_name = "DIR|IMAGE",
	  .set = set_root,
	  .help = "its root: a directory of the host, by virtiofsd, or a file "
		  "system in an image; read-only (default: the initrd)" },
	{ .name = "rw", .arg = OPT_SWITCH, .set = set_rw,
	  .help = "the root may be written to; what was goes with the guest" },
	{ .name = "channel", .arg = OPT_VALUE,
	  .arg_name = "auto|port|vsock|serial", .set = set_channel,
	  .help = "how it is reached: a port of a virtio console, a vsock "
		  "connection, the serial port (default: what the kernel has)" },
	{ .name = "tty", .letter = 't', .arg = OPT_SWITCH, .set = set_tty,
	  .help = "give it a terminal; a shell has one when we do" },
	{ .name = "bisect", .arg = OPT_SWITCH, .set = set_bisect,
	  .help = "exit codes for git bisect run: 125 this kernel cannot be "
		  "tested, 255 stop" },
};
/* clang-format on */

const struct opt_table config_exec_table = {
	.specs = exec_specs,
	.nr = ARRAY_SIZE(exec_specs),
	.positional = add_argument,
	.is_command = true,
	.base = &config_table,
};
