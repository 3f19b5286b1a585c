// SPDX-License-Identifier: GPL-2.0-only
/* exec_pack.c: archives and commands for exec's init. */
#include "exec_pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CPIO_HEAD 110UL
#define CPIO_LAST "TRAILER!!!"
#define MODE_EXEC 0100755U /* a file that everybody may run */

static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/* Head, name and padding of an entry; their length. */
static size_t put_entry(char *to, const char *name, unsigned int mode,
			size_t len)
{
	size_t name_len = strlen(name) + 1;

	/* magic, inode, mode, uid, gid, links, time, size, four numbers of
	 * devices, length of the name, checksum */
	(void)snprintf(to, CPIO_HEAD + 1,
		       "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x"
		       "%08x%08x",
		       mode ? 1U : 0U, mode, 0U, 0U, 1U, 0U, (unsigned int)len,
		       0U, 0U, 0U, 0U, (unsigned int)name_len, 0U);
	memcpy(to + CPIO_HEAD, name, name_len);
	return align_up(CPIO_HEAD + name_len, 4);
}

void *exec_pack_file(const char *name, const void *bytes, size_t len,
		     size_t *archive_len)
{
	size_t room = 2 * (CPIO_HEAD + 8) + strlen(name) + sizeof(CPIO_LAST) +
		      len + 8;
	char *to = calloc(1, room);
	size_t at;

	if (!to)
		return NULL;
	at = put_entry(to, name, MODE_EXEC, len);
	memcpy(to + at, bytes, len);
	at = align_up(at + len, 4);
	at += put_entry(to + at, CPIO_LAST, 0, 0);
	*archive_len = at;
	return to;
}

/* --- START -------------------------------------------------------------------- */

struct packer {
	uint8_t *buf;
	size_t size;
	size_t len; /* of all, also of what there was no room for */
};

static void put(struct packer *p, const void *bytes, size_t len)
{
	if (p->len <= p->size && len <= p->size - p->len)
		memcpy(p->buf + p->len, bytes, len);
	p->len += len;
}

static void put_string(struct packer *p, const char *text)
{
	put(p, text, strlen(text) + 1);
}

/* The name of @env, which may have a value behind it. */
static bool is_named(const char *env, const char *name)
{
	size_t len = strcspn(name, "=");

	return !strncmp(env, name, len) && (env[len] == '=' || !env[len]);
}

static bool has_env(const struct config_exec *c, const char *name)
{
	for (unsigned int i = 0; i < c->nr_envs; i++)
		if (is_named(c->envs[i], name))
			return true;
	return false;
}

/* NAME=VALUE, or NAME: with our own value, or without it not at all. */
static void put_env(struct packer *p, const char *env, uint32_t *nr)
{
	const char *value = strchr(env, '=') ? "" : getenv(env);

	if (!value)
		return;
	put(p, env, strlen(env));
	if (!strchr(env, '='))
		put(p, "=", 1);
	put_string(p, value);
	++*nr;
}

bool exec_wants_tty(const struct config_exec *c)
{
	return c->tty || (!c->nr_args && isatty(STDIN_FILENO));
}

size_t exec_pack_start(uint8_t *buf, size_t size, const struct config_exec *c,
		       bool tty, struct exec_size term_size)
{
	const size_t body = sizeof(struct exec_head);
	struct exec_head head = { .kind = { EXEC_START } };
	struct exec_start s = {
		.nr_args = { c->nr_args },
		.tty = { tty },
		.root = { c->root_kind },
		.rw = { c->rw },
		.size = term_size,
	};
	struct packer p = { .buf = buf, .size = size, .len = body + sizeof(s) };

	put_string(&p, c->cwd ? c->cwd : "");
	put_string(&p, c->user ? c->user : "");
	put_string(&p, c->root_fs ? c->root_fs : "");
	for (unsigned int i = 0; i < c->nr_args; i++)
		put_string(&p, c->args[i]);
	for (unsigned int i = 0; i < c->nr_envs; i++)
		put_env(&p, c->envs[i], &s.nr_envs.raw);
	if (!has_env(c, "PATH"))
		put_env(&p, default_path, &s.nr_envs.raw);
	if (tty && !has_env(c, "TERM"))
		put_env(&p, "TERM", &s.nr_envs.raw);
	if (p.len > size)
		return p.len;
	head.len.raw = (uint32_t)(p.len - body);
	memcpy(buf, &head, sizeof(head));
	memcpy(buf + body, &s, sizeof(s));
	return p.len;
}

int exec_check_start(const struct config_exec *c, struct opt_parse *p)
{
	const struct exec_size none = { { 0 }, { 0 } };
	uint8_t no_room[1];
	size_t len = exec_pack_start(no_room, sizeof(no_room), c,
				     exec_wants_tty(c), none) -
		     sizeof(struct exec_head);

	if (len <= EXEC_START_MAX)
		return 0;
	return opt_fail(p,
			"exec: the command and its environment have %zu bytes, "
			"more than %u; put them into a script of an initrd, "
			"or send them on standard input",
			len, EXEC_START_MAX);
}
