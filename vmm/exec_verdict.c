// SPDX-License-Identifier: GPL-2.0-only
/* exec_verdict.c: what the end of exec's command means to who asked for it. */
#include "exec_verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "exec_root.h"
#include "exitcode.h"
#include "log.h"

/* The root is not there: a kernel without what that takes cannot run it. */
static void no_root(struct verdict *v, const struct config_exec *c,
		    unsigned int how, int err)
{
	const char *fs = c->root_fs ? c->root_fs : "";
	const char *lacks = how == EXEC_NO_DISK	     ? "virtio disks"
			    : how == EXEC_NO_OVERLAY ? "overlayfs"
						     : fs;

	v->code = EXIT_HOST;
	v->origin = "vmm";
	if (how == EXEC_NO_DISK || err == ENODEV)
		(void)snprintf(v->reason, sizeof(v->reason),
			       "exec: --root %.100s: the guest's kernel has no "
			       "%s (%s)",
			       c->root ? c->root : "", lacks,
			       exec_root_option(lacks));
	else
		(void)snprintf(v->reason, sizeof(v->reason),
			       "exec: --root %.100s: the guest cannot mount "
			       "%s: %s",
			       c->root ? c->root : "",
			       how == EXEC_NO_OVERLAY ? lacks : fs,
			       errno_text(err));
}

/* Nothing ran. */
static void not_run(struct verdict *v, const struct config_exec *c,
		    unsigned int how, int err)
{
	v->ran = false;
	if (how >= EXEC_NO_ROOT) {
		no_root(v, c, how, err);
		return;
	}
	v->code = EXIT_NOT_RUNNABLE;
	if (how == EXEC_NO_CWD && c->cwd) {
		(void)snprintf(v->reason, sizeof(v->reason),
			       "exec: --cwd %.100s: %s", c->cwd,
			       errno_text(err));
	} else if (how == EXEC_NO_USER && c->user) {
		(void)snprintf(v->reason, sizeof(v->reason),
			       "exec: --user %.100s: %s", c->user,
			       err == ENOENT ? "not in the guest's /etc/passwd"
					     : errno_text(err));
	} else {
		if (err == ENOENT)
			v->code = EXIT_NOT_FOUND;
		(void)snprintf(v->reason, sizeof(v->reason),
			       "the command %.100s cannot be run: %s",
			       c->nr_args ? c->args[0] : "/bin/sh",
			       errno_text(err));
	}
}

void exec_verdict_end(struct verdict *v, const struct config_exec *c,
		      const struct exec_end *end)
{
	const int value = (int)le32_get(end->value);
	const char *name;

	*v = (struct verdict){ .code = value, .origin = "guest", .ran = true };
	switch (le32_get(end->how)) {
	case EXEC_EXITED:
		(void)snprintf(v->reason, sizeof(v->reason),
			       "the command exited with %d", value);
		break;
	case EXEC_SIGNALLED:
		name = sigabbrev_np(value);
		v->code = 128 + value;
		(void)snprintf(v->reason, sizeof(v->reason),
			       "the command was killed by signal %d%s%s", value,
			       name ? ", SIG" : "", name ? name : "");
		break;
	default:
		not_run(v, c, le32_get(end->how), value);
		break;
	}
}

void exec_verdict_loss(struct verdict *v, int err)
{
	*v = (struct verdict){ .code = EXIT_HOST, .origin = "host" };
	if (err == -EPIPE || err == -ETIMEDOUT) {
		v->code = 128 + SIGPIPE;
		v->origin = "user";
		(void)snprintf(v->reason, sizeof(v->reason),
			       "nobody reads the command's output any more");
		return;
	}
	(void)snprintf(v->reason, sizeof(v->reason),
		       "the command's output could not be written: %s",
		       errno_text(err));
}

void exec_verdict_cut(struct verdict *v, int err)
{
	size_t len = strlen(v->reason);

	if (v->code) {
		(void)snprintf(v->reason + len, sizeof(v->reason) - len,
			       "; its input could not be read to its end: %s",
			       errno_text(err));
		return;
	}
	*v = (struct verdict){ .code = EXIT_HOST, .origin = "host" };
	(void)snprintf(v->reason, sizeof(v->reason),
		       "the command's input could not be read to its end: %s",
		       errno_text(err));
}
