// SPDX-License-Identifier: GPL-2.0-only
/*
 * client.c: asking a running VM by its control socket. What comes back is
 * taken apart as if anybody had sent it: the VM may be of another version.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "unix_socket.h"

#define REPLY_MAX MIB(16)
#define WHY_SIZE  512U

int client_open_dir(unsigned int at, char *path)
{
	char why[WHY_SIZE];
	int fd = at ? control_dir_open_system(path, why)
		    : control_dir_open(false, path, why);

	if (fd < 0 && fd != -ENOENT)
		log_err("%s", why);
	return fd;
}

int client_connect(struct client *c, const char *dir, const char *name)
{
	char path[CONTROL_PATH_MAX + CONTROL_NAME_MAX + 8];
	int err = control_socket_path(dir, name, path, sizeof(path));

	memset(c, 0, sizeof(*c));
	c->fd = -1;
	if (err)
		return err;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	c->fd = unix_connect(path);
	return c->fd < 0 ? c->fd : 0;
}

static bool is_missing(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -EINVAL;
}

int client_find(struct client *c, const char *verb, const char *name)
{
	char dirs[CLIENT_NR_DIRS][CONTROL_PATH_MAX] = { "", "" };
	int fd, err = -ENOENT;
	bool two;

	for (unsigned int i = 0; i < CLIENT_NR_DIRS && is_missing(err); i++) {
		fd = client_open_dir(i, dirs[i]);
		if (fd < 0 && fd != -ENOENT)
			return fd;
		if (fd < 0)
			continue;
		err = client_connect(c, dirs[i], name);
		close(fd);
	}
	two = *dirs[1] && strcmp(dirs[0], dirs[1]) != 0;
	if (is_missing(err))
		log_err("%s: no VM '%.64s' is running: no socket of it in %s%s%s; 'lkvm-pvm list' names those that are",
			verb, name, dirs[0], two ? " or " : "",
			two ? dirs[1] : "");
	else if (err == -EAGAIN)
		log_err("%s: '%s' has too many who ask; try again", verb, name);
	else if (err)
		log_err("%s: cannot reach '%.64s': %s", verb, name,
			errno_text(err));
	return err;
}

void client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->in);
	c->in = NULL;
}

/* Until @fd has one of @events, or @until (-1: for ever). */
static int wait_until(int fd, short events, int64_t until)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = until < 0 ? -1 : until - clock_ms();
	int n;

	if (until >= 0 && left < 0)
		left = 0;
	n = poll(&p, 1, (int)left);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

int client_send(struct client *c, const struct control_request *r)
{
	char *line = control_request_format(r);
	size_t len = line ? strlen(line) : 0, at = 0;
	int64_t until = clock_ms() + CLIENT_PATIENCE_MS;
	int err = line ? 0 : -ENOMEM;

	while (!err && at < len) {
		ssize_t n = send(c->fd, line + at, len - at, MSG_NOSIGNAL);

		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN || errno == EINTR)
			err = wait_until(c->fd, POLLOUT, until);
		else
			err = errno == ECONNRESET ? -EPIPE : -errno;
	}
	free(line);
	return err;
}

static int make_room(struct client *c)
{
	size_t size = c->in_size ? 2 * c->in_size : KIB(8);
	char *more;

	if (c->in_len < c->in_size)
		return 0;
	if (size > REPLY_MAX)
		return -EPROTO;
	more = realloc(c->in, size);
	if (!more)
		return -ENOMEM;
	c->in = more;
	c->in_size = size;
	return 0;
}

/* 1: a line came apart into @o; 0: more has to come. */
static int take_line(struct client *c, size_t from, json_t **o)
{
	char *end = from < c->in_len
			    ? memchr(c->in + from, '\n', c->in_len - from)
			    : NULL;
	size_t len;

	if (!end)
		return 0;
	len = (size_t)(end - c->in);
	*o = json_loadb(c->in, len, 0, NULL);
	c->in_len -= len + 1;
	memmove(c->in, end + 1, c->in_len);
	if (json_is_object(*o))
		return 1;
	json_decref(*o);
	*o = NULL;
	return -EPROTO;
}

int client_receive(struct client *c, int timeout_ms, json_t **o)
{
	int64_t until = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
	int ret = take_line(c, 0, o);

	while (ret == 0) {
		ssize_t n;

		ret = make_room(c);
		if (ret)
			break;
		n = recv(c->fd, c->in + c->in_len, c->in_size - c->in_len, 0);
		if (n > 0) {
			c->in_len += (size_t)n;
			ret = take_line(c, c->in_len - (size_t)n, o);
		} else if (n == 0 || errno == ECONNRESET) {
			ret = -EPIPE;
		} else if (errno == EAGAIN || errno == EINTR) {
			ret = wait_until(c->fd, POLLIN, until);
		} else {
			ret = -errno;
		}
	}
	return ret < 0 ? ret : 0;
}

int64_t client_integer(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

const char *client_string(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "?";
}

bool client_ended(const struct client *c, const json_t *o, int *code)
{
	const json_t *value = json_object_get(o, "code");

	if (!json_is_integer(value))
		return false;
	*code = (int)json_integer_value(value) & 0xff;
	log_info("%s: %.16s: %.255s", c->name, client_string(o, "origin"),
		 client_string(o, "reason"));
	return true;
}

int client_pid(const struct client *c)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.pid;
}

static int explain(const struct client *c, int err)
{
	if (err == -ETIMEDOUT)
		log_err("%s: does not answer; it may be starting, ending or stopped (kill -CONT %d)",
			c->name, client_pid(c));
	else if (err == -EPIPE)
		log_err("%s: it has ended meanwhile, without a word (killed?)",
			c->name);
	else if (err == -EPROTO)
		log_err("%s: answered what this lkvm-pvm does not understand; is it of another version?",
			c->name);
	else
		log_err("%s: %s", c->name, errno_text(err));
	return err;
}

int client_ask(struct client *c, const struct control_request *r, json_t **o)
{
	const json_t *error;
	int err = client_send(c, r);

	*o = NULL;
	if (!err)
		err = client_receive(c, CLIENT_PATIENCE_MS, o);
	if (err)
		return explain(c, err);
	error = json_object_get(*o, "error");
	if (!error)
		return 0;
	log_err("%s: %.255s", c->name, client_string(*o, "error"));
	json_decref(*o);
	*o = NULL;
	return -EINVAL;
}

const char *client_uptime(int64_t ms, char *text, size_t size)
{
	long long s = ms / 1000, days = s / 86400;
	int n = 0;

	if (days > 0)
		n = snprintf(text, size, "%lld d ", days);
	if (n >= 0 && (size_t)n < size)
		(void)snprintf(text + n, size - (size_t)n,
			       "%02lld:%02lld:%02lld", s / 3600 % 24,
			       s / 60 % 60, s % 60);
	return text;
}
