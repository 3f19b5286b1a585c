// SPDX-License-Identifier: GPL-2.0-only
/* flight_report.c: the verb report: a record in, a page out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exitcode.h"
#include "flight_html.h"
#include "log.h"
#include "text.h"
#include "verbs.h"

struct report_options {
	const char *record, *output; /* borrowed; NULL: none given */
};

static int set_record(struct opt_parse *p, const char *value)
{
	struct report_options *o = p->target;

	if (o->record)
		return opt_fail(p, "report: one record at a time");
	if (!*value)
		return opt_fail(p, "report: the record's name is empty");
	o->record = value;
	return 0;
}

static int set_output(struct opt_parse *p, const char *value)
{
	struct report_options *o = p->target;

	return opt_set_file(p, value, &o->output);
}

/* clang-format off */
static const struct opt_spec report_specs[] = {
	{ .name = "output", .letter = 'o', .arg = OPT_VALUE,
	  .arg_name = "FILE", .set = set_output,
	  .help = "write the page there (default: standard output)" },
};
/* clang-format on */

const struct opt_table report_table = {
	.specs = report_specs,
	.nr = ARRAY_SIZE(report_specs),
	.positional = set_record,
};

/* All of @fd, to be freed; NULL with errno: EFBIG when it is too much. */
static char *read_all(int fd, size_t *len)
{
	size_t size = KIB(256);
	char *text = malloc(size), *more;
	ssize_t n = -1;

	*len = 0;
	while (text && (n = read(fd, text + *len, size - *len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		*len += (size_t)n;
		if (*len > FLIGHT_FILE_MAX) {
			errno = EFBIG;
			n = -1;
			break;
		}
		if (*len < size)
			continue;
		size *= 2;
		more = realloc(text, size);
		if (!more) {
			n = -1;
			break;
		}
		text = more;
	}
	if (n == 0)
		return text;
	free(text);
	return NULL;
}

/* Whether the page would take the place of the record, in @fd. */
static bool is_output(int fd, const struct report_options *o)
{
	struct stat in, out;

	return o->output && !fstat(fd, &in) && !stat(o->output, &out) &&
	       S_ISREG(in.st_mode) && in.st_dev == out.st_dev &&
	       in.st_ino == out.st_ino;
}

static int load(struct flight *f, const struct report_options *o)
{
	const char *path = o->record;
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				   : dup(STDIN_FILENO);
	char *text = NULL, why[FLIGHT_WHY];
	size_t len = 0;
	int ret;

	if (fd >= 0 && is_output(fd, o)) {
		close(fd);
		log_err("report: -o %s is the record itself; name another file",
			o->output);
		return -EINVAL;
	}
	if (fd >= 0)
		text = read_all(fd, &len);
	ret = text ? 0 : -errno;
	if (fd >= 0)
		close(fd);
	if (ret) {
		log_err("report: %s: %s", path,
			ret == -EFBIG ? "more than 64 MiB; no record is so long"
				      : errno_text(ret));
		return ret;
	}
	ret = flight_read(f, text, len, why);
	if (ret)
		log_err("report: %s %s", path, why);
	free(text);
	return ret;
}

static int write_file(const char *path, int flags, const char *page, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
	int ret = 0;

	if (fd >= 0 && !out)
		close(fd);
	errno = out ? EIO : errno; /* what a short write without one means */
	if (!out || fwrite(page, 1, len, out) != len)
		ret = -errno;
	if (out && fclose(out) && !ret)
		ret = -errno;
	return ret;
}

/* Whole, or not at all: a page that is cut off misleads. */
static int replace_file(const char *path, const char *page, size_t len)
{
	char *temp;
	int ret;

	if (asprintf(&temp, "%s.%d.tmp", path, (int)getpid()) < 0)
		return -ENOMEM;
	ret = write_file(temp, O_EXCL, page, len);
	if (!ret && rename(temp, path))
		ret = -errno;
	if (ret && ret != -EEXIST)
		(void)unlink(temp);
	free(temp);
	return ret;
}

/* A link stays one, and what is no file stays what it is. */
static int put_page(const char *path, const char *page, size_t len)
{
	char *file = realpath(path, NULL);
	const char *at = file ? file : path;
	struct stat st;
	int ret = !lstat(at, &st) && !S_ISREG(st.st_mode)
			  ? write_file(at, O_TRUNC, page, len)
			  : replace_file(at, page, len);

	free(file);
	return ret;
}

static int write_page(const struct flight *f, const char *path)
{
	char *page = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&page, &len);
	int ret = out ? 0 : -ENOMEM;

	if (out) {
		flight_page(out, f);
		ret = text_close(out, &page);
	}
	if (!ret && !path) {
		/* main() says when that fails. */
		(void)!fwrite(page, 1, len, stdout);
	} else if (!ret) {
		ret = put_page(path, page, len);
	}
	if (ret)
		log_err("report: %s%s%s", path ? path : "", path ? ": " : "",
			errno_text(ret));
	free(page);
	return ret;
}

static int report(const struct report_options *o)
{
	struct flight *f = calloc(1, sizeof(*f));
	int ret = -ENOMEM;

	if (f) {
		ret = load(f, o);
		if (!ret)
			ret = write_page(f, o->output);
		flight_fini(f);
	} else {
		log_err("out of memory");
	}
	free(f);
	return ret ? EXIT_HOST : 0;
}

int cmd_report(const struct verb *v, int argc, char **argv)
{
	struct report_options o = { NULL, NULL };
	struct opt_parse p;
	int ret = opt_parse(&p, v->table, &o, argc, argv);

	if (ret == OPT_HELP) {
		help_verb(stdout, v);
		return 0;
	}
	if (ret < 0) {
		log_err("%s", p.error);
		return EXIT_HOST;
	}
	if (!o.record) {
		log_err("report: no record; give the file that run --record wrote");
		return EXIT_HOST;
	}
	if (!o.output && isatty(STDOUT_FILENO)) {
		log_err("report: standard output is a terminal; give a file with -o");
		return EXIT_HOST;
	}
	return report(&o);
}
