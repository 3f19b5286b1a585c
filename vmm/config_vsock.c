// SPDX-License-Identifier: GPL-2.0-only
/*
 * config_vsock.c: --vsock cid=N|auto, by the host's kernel, and --vsock
 * socket=PATH[,cid=N], by us.
 */
#include "config_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "virtio_vsock.h"

static int set_cid(struct opt_parse *p, const char *value,
		   struct config_vsock *v, const char *number)
{
	if (v->kind == VSOCK_NONE)
		v->kind = VSOCK_VHOST;
	v->cid = 0;
	if (!strcmp(number, "auto"))
		return 0;
	if (parse_u64(number, &v->cid) || v->cid < VIRTIO_VSOCK_FIRST_CID ||
	    v->cid > VIRTIO_VSOCK_LAST_CID)
		return opt_bad_value(p, value,
				     "cid= takes a number from %u to %u, or "
				     "auto",
				     VIRTIO_VSOCK_FIRST_CID,
				     VIRTIO_VSOCK_LAST_CID);
	return 0;
}

static int set_word(struct opt_parse *p, const char *value,
		    struct config_vsock *v, char *word)
{
	if (!strncmp(word, "cid=", 4))
		return set_cid(p, value, v, word + 4);
	/* kvmtool's is the number alone. */
	if (!strcmp(word, "auto") || (*word >= '0' && *word <= '9'))
		return set_cid(p, value, v, word);
	if (strncmp(word, "socket=", 7) != 0)
		return opt_bad_value(p, value,
				     "'%.32s' is no option of it; there are "
				     "cid= and socket=",
				     word);
	if (!word[7])
		return opt_bad_value(p, value, "the path is empty");
	v->kind = VSOCK_UNIX;
	v->socket = word + 7;
	return 0;
}

static int parse(struct opt_parse *p, const char *value, struct config_vsock *v)
{
	char *rest = v->text, *word;
	int err = 0;

	while (!err && (word = strsep(&rest, ",")) != NULL)
		err = set_word(p, value, v, word);
	/* A guest of unix sockets is alone in its world. */
	if (v->kind == VSOCK_UNIX && !v->cid)
		v->cid = CONFIG_VSOCK_CID;
	return err;
}

int config_set_vsock(struct opt_parse *p, const char *value)
{
	struct config *cfg = p->target;
	struct config_vsock *v = &cfg->vsock;
	int err;

	if (v->text)
		return opt_bad_value(p, value, "a guest has one; give it once");
	*v = (struct config_vsock){ .text = strdup(value) };
	if (!v->text) {
		opt_fail(p, "run: no memory for --vsock");
		return -ENOMEM;
	}
	err = parse(p, value, v);
	if (err)
		config_free_vsock(cfg);
	return err;
}

void config_add_exec_vsock(struct config *cfg)
{
	cfg->vsock = (struct config_vsock){ .kind = VSOCK_UNIX,
					    .cid = CONFIG_VSOCK_CID };
}

void config_free_vsock(struct config *cfg)
{
	free(cfg->vsock.text);
	cfg->vsock = (struct config_vsock){ .kind = VSOCK_NONE };
}
