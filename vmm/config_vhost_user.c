// SPDX-License-Identifier: GPL-2.0-only
/*
 * config_vhost_user.c: --share DIR[,OPTION]..., a directory of the host, and
 * --vhost-user socket=PATH,type=TYPE[,OPTION]..., any device that a back end
 * at a socket serves.
 */
#include "config_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TAG_LEN 16U

/* One option while it is parsed. */
struct parse {
	struct opt_parse *p;
	const char *value;
	struct config_vhost_user *dev;
	bool has_type;
};

static bool is_tag(const char *text)
{
	size_t len = strlen(text);

	for (const char *c = text; *c; c++) {
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	}
	return len > 0 && len <= CONFIG_TAG_LEN;
}

static int set_tag(struct parse *s, const char *tag)
{
	const struct config *cfg = s->p->target;

	if (!is_tag(tag))
		return opt_bad_value(s->p, s->value,
				     "tag= takes 1 to %u characters, no blank "
				     "among them",
				     CONFIG_TAG_LEN);
	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++) {
		const char *other = cfg->vhost_users[i].tag;

		if (other && !strcmp(other, tag))
			return opt_bad_value(s->p, s->value,
					     "another share has the tag %s; "
					     "give tag=NAME",
					     tag);
	}
	s->dev->tag = tag;
	return 0;
}

/*
 * "share", "share1", ...: by what is there already. Behind the text of the
 * option, which has room for it: the struct moves, that does not.
 */
static int set_default_tag(struct parse *s)
{
	const struct config *cfg = s->p->target;
	char *tag = s->dev->text + strlen(s->value) + 1;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++)
		nr += cfg->vhost_users[i].dir != NULL;
	if (nr)
		(void)snprintf(tag, DEFAULT_TAG_LEN, "share%u", nr);
	else
		memcpy(tag, "share", sizeof("share"));
	return set_tag(s, tag);
}

/* --- --share ----------------------------------------------------------------- */

static int parse_share(struct parse *s, char *rest)
{
	char *word;
	int err = 0;

	s->dev->type = VHOST_USER_FS;
	s->dev->dir = strsep(&rest, ",");
	if (!*s->dev->dir)
		return opt_bad_value(s->p, s->value, "which directory?");
	while (!err && (word = strsep(&rest, ",")) != NULL) {
		if (!strcmp(word, "ro"))
			s->dev->ro = true;
		else if (!strncmp(word, "tag=", 4))
			err = set_tag(s, word + 4);
		else
			err = opt_bad_value(s->p, s->value,
					    "'%.32s' is no option of a share; "
					    "there are tag= and ro",
					    word);
	}
	if (!err && !s->dev->tag)
		err = set_default_tag(s);
	return err;
}

/* --- --vhost-user ------------------------------------------------------------ */

static int set_type(struct parse *s, const char *name)
{
	for (unsigned int i = 0; i < NR_VHOST_USER_TYPES; i++) {
		if (!strcmp(vhost_user_types[i], name)) {
			s->dev->type = (enum vhost_user_type)i;
			s->has_type = true;
			return 0;
		}
	}
	return opt_bad_value(s->p, s->value, "type= takes blk, fs, net or rng");
}

static int set_word(struct parse *s, const char *word)
{
	if (!strncmp(word, "type=", 5))
		return set_type(s, word + 5);
	if (!strncmp(word, "tag=", 4))
		return set_tag(s, word + 4);
	if (!strncmp(word, "socket=", 7)) {
		s->dev->socket = word + 7;
	} else if (!strncmp(word, "mac=", 4)) {
		if (!config_parse_mac(word + 4, s->dev->mac))
			return opt_bad_value(s->p, s->value,
					     "mac= takes the address of one "
					     "card, as 02:00:00:00:00:01");
		s->dev->has_mac = true;
	} else {
		return opt_bad_value(s->p, s->value,
				     "'%.32s' is no option of a back end; "
				     "there are socket=, type=, tag= and mac=",
				     word);
	}
	return 0;
}

static int parse_back_end(struct parse *s, char *rest)
{
	char *word;
	int err = 0;

	while (!err && (word = strsep(&rest, ",")) != NULL)
		err = set_word(s, word);
	if (err)
		return err;
	if (!s->dev->socket || !*s->dev->socket || !s->has_type)
		return opt_bad_value(s->p, s->value,
				     "give socket=PATH,type=TYPE; there are "
				     "blk, fs, net and rng");
	if (!s->dev->tag == (s->dev->type == VHOST_USER_FS))
		return opt_bad_value(s->p, s->value,
				     s->dev->tag ? "only fs has a tag"
						 : "a share needs tag=NAME");
	if (s->dev->has_mac && s->dev->type != VHOST_USER_NET)
		return opt_bad_value(s->p, s->value, "only net has a mac");
	return 0;
}

/* exec's root: @text is a path and nothing else. */
/* NOLINTNEXTLINE(readability-non-const-parameter): other parsers cut it up */
static int parse_root(struct parse *s, char *text)
{
	s->dev->type = VHOST_USER_FS;
	s->dev->dir = text;
	s->dev->ro = true;
	return set_tag(s, EXEC_ROOT);
}

/* --- both -------------------------------------------------------------------- */

static int add(struct opt_parse *p, const char *value,
	       int (*parse)(struct parse *s, char *text))
{
	struct config *cfg = p->target;
	struct config_vhost_user *dev, *more;
	struct parse s = { .p = p, .value = value };
	int err;

	more = realloc(cfg->vhost_users,
		       (cfg->nr_vhost_users + 1) * sizeof(*more));
	if (more)
		cfg->vhost_users = more;
	dev = more ? &more[cfg->nr_vhost_users] : NULL;
	if (dev) {
		memset(dev, 0, sizeof(*dev));
		dev->text = calloc(1, strlen(value) + 1 + DEFAULT_TAG_LEN);
	}
	if (!dev || !dev->text) {
		opt_fail(p, "run: no memory for %s", p->spelled);
		return -ENOMEM;
	}
	memcpy(dev->text, value, strlen(value));
	s.dev = dev;
	err = parse(&s, dev->text);
	if (err)
		free(dev->text);
	else
		cfg->nr_vhost_users++;
	return err;
}

int config_add_share(struct opt_parse *p, const char *value)
{
	return add(p, value, parse_share);
}

int config_add_vhost_user(struct opt_parse *p, const char *value)
{
	return add(p, value, parse_back_end);
}

int config_add_root_share(struct opt_parse *p, const char *dir)
{
	return add(p, dir, parse_root);
}

void config_free_vhost_users(struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_vhost_users; i++)
		free(cfg->vhost_users[i].text);
	free(cfg->vhost_users);
	cfg->vhost_users = NULL;
	cfg->nr_vhost_users = 0;
}
