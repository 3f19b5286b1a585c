// SPDX-License-Identifier: GPL-2.0-only
/* config_port.c: --console, and --port name=NAME,file=PATH|pty|unix=PATH. */
#include "config_set.h"
#include "exec_proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct config *config_of(struct opt_parse *p)
{
	return p->target;
}

int config_set_console(struct opt_parse *p, const char *value)
{
	/* hv: in kvmtool a hypervisor's own console; Linux calls it hvc. */
	if (!strcmp(value, "virtio") || !strcmp(value, "hv"))
		config_of(p)->console = CONSOLE_VIRTIO;
	else if (!strcmp(value, "serial"))
		config_of(p)->console = CONSOLE_SERIAL;
	else
		return opt_bad_value(p, value, "give serial or virtio");
	return 0;
}

/* The guest makes a file name of it: /dev/virtio-ports/NAME. */
static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("/\\'\"", *c))
			return false;
	return len > 0 && len <= CONFIG_PORT_NAME && *name != '.';
}

static int set_name(struct opt_parse *p, const char *value,
		    struct config_port *port, const char *name)
{
	const struct config *cfg = config_of(p);

	if (!is_name(name))
		return opt_bad_value(
			p, value,
			"name= takes 1 to %u characters, no blank, "
			"quote or slash among them",
			CONFIG_PORT_NAME);
	if (!strcmp(name, EXEC_PORT))
		return opt_bad_value(p, value,
				     "name=" EXEC_PORT " is exec's own port; "
				     "choose another");
	for (unsigned int i = 0; i < cfg->nr_ports; i++)
		if (!strcmp(cfg->ports[i].name, name))
			return opt_bad_value(p, value,
					     "another port has this name");
	port->name = name;
	return 0;
}

static int set_path(struct opt_parse *p, const char *value,
		    struct config_port *port, const char *path)
{
	if (!*path)
		return opt_bad_value(p, value, "the file name is empty");
	port->path = path;
	return 0;
}

static int parse_port(struct opt_parse *p, const char *value,
		      struct config_port *port)
{
	char *rest = port->text, *word;
	unsigned int nr_ends = 0;
	int err = 0;

	while (!err && (word = strsep(&rest, ",")) != NULL) {
		nr_ends++;
		if (!strcmp(word, "pty")) {
			port->kind = CHARDEV_PTY;
		} else if (!strncmp(word, "file=", 5)) {
			port->kind = CHARDEV_FILE;
			err = set_path(p, value, port, word + 5);
		} else if (!strncmp(word, "unix=", 5)) {
			port->kind = CHARDEV_UNIX;
			err = set_path(p, value, port, word + 5);
		} else if (!strncmp(word, "name=", 5)) {
			nr_ends--;
			err = set_name(p, value, port, word + 5);
		} else {
			err = opt_bad_value(p, value,
					    "'%.32s' is nothing of a port; "
					    "there are name=, and file=, pty "
					    "or unix=",
					    word);
		}
	}
	if (!err && (nr_ends != 1 || !port->name))
		err = opt_bad_value(p, value,
				    "give a name and one place: "
				    "name=NAME,file=PATH or name=NAME,pty or "
				    "name=NAME,unix=PATH");
	return err;
}

int config_add_port(struct opt_parse *p, const char *value)
{
	struct config *cfg = config_of(p);
	struct config_port *port = &cfg->ports[cfg->nr_ports];
	int err;

	if (cfg->nr_ports == CONFIG_MAX_PORTS)
		return opt_bad_value(p, value,
				     "there is room for %u ports; leave some "
				     "out",
				     CONFIG_MAX_PORTS);
	*port = (struct config_port){ .text = strdup(value) };
	if (!port->text) {
		opt_fail(p, "run: no memory for --port");
		return -ENOMEM;
	}
	err = parse_port(p, value, port);
	if (err)
		free(port->text);
	else
		cfg->nr_ports++;
	return err;
}

void config_free_ports(struct config *cfg)
{
	while (cfg->nr_ports > 0)
		free(cfg->ports[--cfg->nr_ports].text);
}
