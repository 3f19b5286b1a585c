// SPDX-License-Identifier: GPL-2.0-only
/* notify.c: word for the service manager; see notify.h. */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "log.h"

#define NOTIFY_PATIENCE_S 5

/* A path, or "@name": of the abstract kind, which begins with a NUL. */
static bool take_address(struct notify *n, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || !name[1] ||
	    len >= sizeof(n->to.sun_path))
		return false;
	n->to.sun_family = AF_UNIX;
	memcpy(n->to.sun_path, name, len);
	if (name[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

void notify_open(struct notify *n)
{
	const struct timeval patience = { .tv_sec = NOTIFY_PATIENCE_S };
	const char *name = getenv("NOTIFY_SOCKET"); /* NOLINT: one thread */

	memset(n, 0, sizeof(*n));
	n->fd = -1;
	if (!name || !*name)
		return;
	if (!take_address(n, name)) {
		log_warn("NOTIFY_SOCKET '%.64s': neither a path nor @name; the "
			 "service manager is told nothing",
			 name);
	} else {
		n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (n->fd < 0 || setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO,
					    &patience, sizeof(patience))) {
			log_warn("NOTIFY_SOCKET: %s; the service manager is "
				 "told nothing",
				 errno_text(errno));
			notify_close(n);
		}
	}
	(void)unsetenv("NOTIFY_SOCKET"); /* NOLINT: one thread */
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void notify_tell(const struct notify *n, const char *state, const char *fmt,
		 ...)
{
	char text[512];
	va_list ap;
	size_t at;

	if (n->fd < 0)
		return;
	at = (size_t)snprintf(text, sizeof(text),
			      "%s%sSTATUS=", state ? state : "",
			      state ? "\n" : "");
	va_start(ap, fmt);
	(void)vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	/* A guest's words may be among them: no line of its own for it. */
	for (; text[at]; at++)
		if ((unsigned char)text[at] < ' ' ||
		    (unsigned char)text[at] > '~')
			text[at] = '?';
	if (sendto(n->fd, text, at, state ? 0 : MSG_DONTWAIT,
		   (const struct sockaddr *)&n->to, n->to_len) < 0 &&
	    state)
		log_warn("NOTIFY_SOCKET: %s: the service manager was not told "
			 "%s",
			 errno_text(errno), state);
}

void notify_ready(const struct notify *n, unsigned int nr_restarts)
{
	if (nr_restarts)
		notify_tell(n, NULL,
			    "the guest boots; it reset itself %u times",
			    nr_restarts);
	else
		notify_tell(n, "READY=1", "the guest boots");
}

void notify_stopping(const struct notify *n, const char *reason)
{
	notify_tell(n, "STOPPING=1", "%s; its memory is given back", reason);
}
