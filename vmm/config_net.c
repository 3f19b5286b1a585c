// SPDX-License-Identifier: GPL-2.0-only
/*
 * config_net.c: -n KIND[,OPTION]..., a network card of the guest; kvmtool's
 * spelling of the same, mode=KIND,....
 */
#include "config_set.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One -n while it is parsed. */
struct net_parse {
	struct opt_parse *p;
	const char *value;
	struct config_net net;
	bool has_kind, is_none;
};

static int set_kind(struct net_parse *n, const char *kind)
{
	n->has_kind = true;
	n->is_none = false;
	if (!strcmp(kind, "none"))
		n->is_none = true;
	else if (!strcmp(kind, "tap"))
		n->net.kind = NET_TAP;
	else if (!strcmp(kind, "passt") || !strcmp(kind, "user"))
		n->net.kind = NET_PASST;
	else
		return opt_bad_value(n->p, n->value,
				     "give tap,if=NAME or passt or none");
	return 0;
}

static int set_ifname(struct net_parse *n, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= IFNAMSIZ || strpbrk(name, "/ %:"))
		return opt_bad_value(n->p, n->value,
				     "the interface's name has 1 to %d "
				     "characters, none of them / : %% or blank",
				     IFNAMSIZ - 1);
	n->net.ifname = name;
	return 0;
}

static int set_fd(struct net_parse *n, const char *number)
{
	const struct config *cfg = n->p->target;
	uint64_t fd;

	if (parse_u64(number, &fd) || fd < 3 || fd > 1 << 20)
		return opt_bad_value(n->p, n->value,
				     "fd= takes the number of an open tap, 3 "
				     "or more");
	for (unsigned int i = 0; i < cfg->nr_nets; i++)
		if (cfg->nets[i].fd == (int)fd)
			return opt_bad_value(n->p, n->value,
					     "another card has fd=%d", (int)fd);
	if (!config_is_open(fd))
		return opt_bad_value(n->p, n->value,
				     "fd=%d: not an open tap: %s", (int)fd,
				     errno_text(EBADF));
	n->net.fd = (int)fd;
	return 0;
}

static int set_queues(struct net_parse *n, const char *number)
{
	uint64_t nr;

	if (parse_u64(number, &nr) || nr < 1 || nr > NETDEV_MAX_PAIRS)
		return opt_bad_value(n->p, n->value,
				     "queues= takes a number from 1 to %u",
				     NETDEV_MAX_PAIRS);
	n->net.queues = (unsigned int)nr;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool config_parse_mac(const char *text, uint8_t mac[6])
{
	uint8_t any = 0;

	if (strlen(text) != 17)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		const char *at = text + 3 * (size_t)i;
		int high = hex_digit(at[0]), low = hex_digit(at[1]);

		if (high < 0 || low < 0 || (i < 5 && at[2] != ':'))
			return false;
		mac[i] = (uint8_t)((unsigned int)high << 4 | (unsigned int)low);
		any |= mac[i];
	}
	return any && !(mac[0] & 1);
}

static int set_mac(struct net_parse *n, const char *text)
{
	if (!config_parse_mac(text, n->net.mac))
		return opt_bad_value(n->p, n->value,
				     "mac= takes the address of one card, as "
				     "02:00:00:00:00:01");
	n->net.has_mac = true;
	return 0;
}

/* "HOST" or "HOST:GUEST" with ports, as passt takes them. */
static bool is_forward(const char *text)
{
	unsigned int nr = 0;

	for (; nr < 2; nr++) {
		size_t len = strspn(text, "0123456789");
		unsigned long port =
			len && len < 6 ? strtoul(text, NULL, 10) : 0;

		if (port < 1 || port > 65535)
			return false;
		text += len;
		if (!*text)
			return true;
		if (*text++ != ':')
			return false;
	}
	return false;
}

/* The pieces are put together again, as passt has them: "1:2,3". */
static int add_forward(struct net_parse *n, char **list, const char *text)
{
	char *more;

	if (!is_forward(text))
		return opt_bad_value(n->p, n->value,
				     "tcp= and udp= take ports, as 8022:22: of "
				     "the host, then of the guest");
	if (asprintf(&more, "%s%s%s", *list ? *list : "", *list ? "," : "",
		     text) < 0) {
		opt_fail(n->p, "run: no memory for a network card");
		return -ENOMEM;
	}
	free(*list);
	*list = more;
	return 0;
}

static int add_tcp(struct net_parse *n, const char *text)
{
	return add_forward(n, &n->net.tcp, text);
}

static int add_udp(struct net_parse *n, const char *text)
{
	return add_forward(n, &n->net.udp, text);
}

/* kvmtool's that name what lkvm-pvm leaves to the host's own tools. */
static int set_script(struct net_parse *n, const char *path)
{
	if (!strcmp(path, "none"))
		return 0;
	return opt_bad_value(n->p, n->value,
			     "no scripts are run; make the interface and set "
			     "it up first, then give if=NAME");
}

/* kvmtool's are 0 and 1. */
static int set_vhost(struct net_parse *n, const char *value)
{
	if (!strcmp(value, "on") || !strcmp(value, "1"))
		n->net.vhost = VHOST_ON;
	else if (!strcmp(value, "off") || !strcmp(value, "0"))
		n->net.vhost = VHOST_OFF;
	else
		return opt_bad_value(n->p, n->value, "vhost= takes on or off");
	return 0;
}

static int set_nothing(struct net_parse *n, const char *value)
{
	(void)n;
	(void)value;
	return 0;
}

static int set_transport(struct net_parse *n, const char *value)
{
	return config_set_transport(n->p, value);
}

static const struct net_word {
	const char *name;
	int (*set)(struct net_parse *n, const char *value);
} words[] = {
	{ "mode", set_kind },
	{ "if", set_ifname },
	{ "fd", set_fd },
	{ "mac", set_mac },
	{ "queues", set_queues },
	{ "vhost", set_vhost },
	{ "tcp", add_tcp },
	{ "udp", add_udp },
	/* kvmtool's */
	{ "tapif", set_ifname },
	{ "guest_mac", set_mac },
	{ "mq", set_queues },
	{ "script", set_script },
	{ "downscript", set_script },
	{ "trans", set_transport },
	{ "guest_ip", set_nothing },
	{ "host_ip", set_nothing },
	{ "host_mac", set_nothing },
};

static int set_word(struct net_parse *n, char *word, bool is_first)
{
	const char *names[ARRAY_SIZE(words)], *near;
	char *equals = strchr(word, '=');

	if (!equals && is_first)
		return set_kind(n, word);
	if (equals)
		*equals = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
		names[i] = words[i].name;
		if (equals && !strcmp(word, words[i].name))
			return words[i].set(n, equals + 1);
	}
	near = opt_nearest(word, names, ARRAY_SIZE(names));
	return opt_bad_value(
		n->p, n->value, "'%.32s' is no option of a network card%s%s%s",
		word, near ? " (" : "", near ? near : "", near ? "=?)" : "");
}

static int check_passt(struct net_parse *n)
{
	if (n->net.ifname || n->net.fd >= 0)
		return opt_bad_value(n->p, n->value,
				     "passt needs no interface; give tap,if= "
				     "or passt");
	if (n->net.queues > 1)
		return opt_bad_value(n->p, n->value,
				     "passt has one queue; give a tap for "
				     "several");
	return 0;
}

static int check(struct net_parse *n)
{
	if (!n->has_kind)
		return opt_bad_value(n->p, n->value,
				     "of which kind? give tap,if=NAME or "
				     "passt or none");
	if (n->is_none)
		return 0;
	if (n->net.kind == NET_PASST)
		return check_passt(n);
	if (n->net.tcp || n->net.udp)
		return opt_bad_value(n->p, n->value,
				     "a tap forwards no ports; reach the guest "
				     "by its address, or give passt");
	if (n->net.ifname && n->net.fd >= 0)
		return opt_bad_value(n->p, n->value,
				     "if= and fd= exclude each other");
	if (!n->net.ifname && n->net.fd < 0)
		return opt_bad_value(n->p, n->value,
				     "which interface? give if=NAME, made with "
				     "ip tuntap add mode tap user $USER name "
				     "NAME");
	if (n->net.fd >= 0 && n->net.queues > 1)
		return opt_bad_value(n->p, n->value,
				     "fd= is one queue; give if= for several");
	return 0;
}

static void free_net(struct config_net *net)
{
	free(net->text);
	free(net->tcp);
	free(net->udp);
}

static int keep(struct net_parse *n)
{
	struct config *cfg = n->p->target;
	struct config_net *more;

	if (n->is_none) {
		/* The last counts: those before are taken back. */
		free_net(&n->net);
		config_free_nets(cfg);
		return 0;
	}
	more = realloc(cfg->nets, (cfg->nr_nets + 1) * sizeof(*more));
	if (!more) {
		opt_fail(n->p, "run: no memory for a network card");
		return -ENOMEM;
	}
	cfg->nets = more;
	more[cfg->nr_nets++] = n->net;
	return 0;
}

int config_add_network(struct opt_parse *p, const char *value)
{
	struct net_parse n = { .p = p, .value = value };
	bool is_first = true;
	char *rest, *word;
	int err = 0;

	n.net.fd = -1;
	n.net.queues = 1;
	n.net.text = rest = strdup(value);
	if (!rest) {
		opt_fail(p, "run: no memory for a network card");
		return -ENOMEM;
	}
	while (!err && (word = strsep(&rest, ",")) != NULL) {
		err = set_word(&n, word, is_first);
		is_first = false;
	}
	if (!err)
		err = check(&n);
	if (!err)
		err = keep(&n);
	if (err)
		free_net(&n.net);
	return err;
}

void config_free_nets(struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_nets; i++)
		free_net(&cfg->nets[i]);
	free(cfg->nets);
	cfg->nets = NULL;
	cfg->nr_nets = 0;
}
