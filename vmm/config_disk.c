// SPDX-License-Identifier: GPL-2.0-only
/* config_disk.c: -d PATH[,OPTION]..., a disk of the guest. */
#include "config_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtio_blk.h"

static int bad_option(struct opt_parse *p, const char *value, const char *word)
{
	static const char *const words[] = { "ro",	"snapshot", "direct",
					     "serial=", "queues=",  "id=" };
	const char *near = opt_nearest(word, words, ARRAY_SIZE(words));

	return opt_bad_value(p, value,
			     "'%.32s' is no option of a disk%s%s%s; there are "
			     "ro, snapshot, direct, serial=, queues= and id=",
			     word, near ? " (" : "", near ? near : "",
			     near ? "?)" : "");
}

static bool only_of(const char *text, size_t max, const char *more)
{
	size_t len = 0;

	for (; text[len]; len++) {
		char c = text[len];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !strchr(more, c))
			return false;
	}
	return len > 0 && len <= max;
}

static int set_serial(struct opt_parse *p, const char *value,
		      struct config_disk *d, const char *serial)
{
	if (!only_of(serial, VIRTIO_BLK_SERIAL_LEN, "-_.+:"))
		return opt_bad_value(p, value,
				     "serial= takes 1 to %u letters, digits "
				     "and -_.+:",
				     VIRTIO_BLK_SERIAL_LEN);
	d->serial = serial;
	return 0;
}

/* "blk1": as a device without a name of its own is called. */
static bool is_usual_name(const char *id)
{
	static const char *const kinds[] = { "blk", "net",   "console",
					     "rng", "vsock", "fs" };
	const char *digits = id + strcspn(id, "0123456789");

	if (!*digits || digits[strspn(digits, "0123456789")])
		return false;
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == (size_t)(digits - id) &&
		    !strncmp(kinds[i], id, strlen(kinds[i])))
			return true;
	return false;
}

static int set_id(struct opt_parse *p, const char *value, struct config_disk *d,
		  const char *id)
{
	const struct config *cfg = p->target;

	if (!only_of(id, CONFIG_DISK_ID_LEN, "-_."))
		return opt_bad_value(p, value,
				     "id= takes 1 to %u letters, digits and "
				     "-_.",
				     CONFIG_DISK_ID_LEN);
	if (is_usual_name(id))
		return opt_bad_value(p, value,
				     "id=%s is the name of a device without "
				     "one; choose another",
				     id);
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		if (cfg->disks[i].id && !strcmp(cfg->disks[i].id, id))
			return opt_bad_value(p, value,
					     "another disk has this id");
	d->id = id;
	return 0;
}

static int set_queues(struct opt_parse *p, const char *value,
		      struct config_disk *d, const char *number)
{
	uint64_t n;

	if (parse_u64(number, &n) || n < 1 || n > VIRTIO_BLK_MAX_QUEUES)
		return opt_bad_value(p, value,
				     "queues= takes a number from 1 to %u",
				     VIRTIO_BLK_MAX_QUEUES);
	d->queues = (unsigned int)n;
	return 0;
}

static int set_word(struct opt_parse *p, const char *value,
		    struct config_disk *d, const char *word)
{
	if (!strcmp(word, "ro"))
		d->file.ro = true;
	else if (!strcmp(word, "snapshot"))
		d->file.snapshot = true;
	else if (!strcmp(word, "direct"))
		d->file.direct = true;
	else if (!strncmp(word, "serial=", 7))
		return set_serial(p, value, d, word + 7);
	else if (!strncmp(word, "queues=", 7))
		return set_queues(p, value, d, word + 7);
	else if (!strncmp(word, "id=", 3))
		return set_id(p, value, d, word + 3);
	else
		return bad_option(p, value, word);
	return 0;
}

static int parse_disk(struct opt_parse *p, const char *value,
		      struct config_disk *d)
{
	char *rest = d->text, *word;
	int err = 0;

	d->file.path = strsep(&rest, ",");
	if (!*d->file.path)
		return opt_bad_value(p, value, "the file name is empty");
	if (!strncmp(value, "scsi:", 5))
		return opt_bad_value(p, value,
				     "no SCSI targets of the host's kernel; "
				     "give a file or a block device");
	while (!err && (word = strsep(&rest, ",")) != NULL)
		err = set_word(p, value, d, word);
	if (err)
		return err;
	if (d->file.snapshot && d->file.ro)
		return opt_bad_value(p, value,
				     "ro and snapshot exclude each other");
	if (d->file.snapshot && d->file.direct)
		return opt_bad_value(p, value,
				     "direct and snapshot exclude each other");
	return 0;
}

/* exec's root: @value is a path and nothing else. */
static int set_root(struct opt_parse *p, const char *value,
		    struct config_disk *d)
{
	const struct config *cfg = p->target;

	d->file.path = d->text;
	d->file.snapshot = cfg->exec.rw;
	d->file.ro = !cfg->exec.rw;
	return set_serial(p, value, d, EXEC_ROOT);
}

static int add(struct opt_parse *p, const char *value,
	       int (*parse)(struct opt_parse *p, const char *value,
			    struct config_disk *d))
{
	struct config *cfg = p->target;
	struct config_disk *d, *more;
	int err;

	more = realloc(cfg->disks, (cfg->nr_disks + 1) * sizeof(*more));
	if (more)
		cfg->disks = more;
	d = more ? &more[cfg->nr_disks] : NULL;
	if (d) {
		memset(d, 0, sizeof(*d));
		d->text = strdup(value);
	}
	if (!d || !d->text) {
		opt_fail(p, "run: no memory for a disk");
		return -ENOMEM;
	}
	err = parse(p, value, d);
	if (err)
		free(d->text);
	else
		cfg->nr_disks++;
	return err;
}

int config_add_disk(struct opt_parse *p, const char *value)
{
	return add(p, value, parse_disk);
}

int config_add_root_disk(struct opt_parse *p, const char *path)
{
	return add(p, path, set_root);
}

int config_finish_disks(struct opt_parse *p, struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++) {
		struct config_disk *d = &cfg->disks[i];

		if (d->queues > cfg->nr_vcpus)
			return opt_fail(p,
					"%s: disk %.64s: queues=%u: more than "
					"vCPUs (-c %u)",
					p->verb, d->file.path, d->queues,
					cfg->nr_vcpus);
		if (!d->queues)
			d->queues = cfg->nr_vcpus < CONFIG_DISK_QUEUES
					    ? cfg->nr_vcpus
					    : CONFIG_DISK_QUEUES;
	}
	return 0;
}

void config_free_disks(struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->nr_disks; i++)
		free(cfg->disks[i].text);
	free(cfg->disks);
	cfg->disks = NULL;
	cfg->nr_disks = 0;
}
