// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c: bytes between a guest's port and a file, a pseudoterminal or a
 * socket's client.
 *
 * How this works: the descriptor does not block. Input is the loop's thread's
 * alone: it is read into "held" when that is empty, and goes on as far as the
 * guest takes it; while something is held the descriptor is not watched for
 * input, so the kernel's buffers fill and the sender waits. Output comes from
 * any thread; when the kernel takes no more the descriptor is watched for room.
 *
 * A client is gone when it has closed both directions and all that it sent was
 * taken: one that only ends its sending still gets the guest's answer. Until
 * then others wait in the socket's backlog. Only the loop's thread closes a
 * client, with the lock held, which everybody else has who uses it.
 */
#include "chardev.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chardev_open.h"
#include "log.h"
#include "unix_socket.h"

#define HELD_SIZE 4096U

/* How long the reader of a pseudoterminal that ends may take, and may rest. */
#define READER_LOOKS	  1000U
#define READER_IDLE_LOOKS 100U
#define READER_LOOK_NS	  10000000L

/* Warnings of what the guest wrote in vain. */
#define MAX_WARNED 16U

struct chardev {
	enum chardev_kind kind;
	const char *path, *name;
	struct loop *loop;
	struct chardev_host host;
	int slave;		/* of a pseudoterminal; -1 */
	struct watch kick;	/* eventfd: the guest has room */
	struct watch listener;	/* of a socket; fd -1 otherwise */
	struct stat listens_at; /* what the path was when it was made */

	/* Loop's thread. */
	uint8_t held[HELD_SIZE];
	size_t held_pos, held_len;

	pthread_mutex_t lock;
	struct watch io GUARDED_BY(lock); /* fd -1: nobody is there */
	bool is_watched GUARDED_BY(lock);
	bool eof GUARDED_BY(lock); /* nothing more will come */
	bool wants_input GUARDED_BY(lock);
	bool wants_room GUARDED_BY(lock);
	bool has_failed GUARDED_BY(lock); /* and was warned of */
	unsigned int nr_warned GUARDED_BY(lock);
};

/*
 * Watches for what is wanted, lock held. Nothing wanted: not at all, or a
 * hang-up would come again and again; but after the end of a client's input it
 * is all that is waited for. -errno: it cannot be waited for.
 */
static int watch(struct chardev *c)
{
	uint32_t events = (c->wants_input ? (uint32_t)EPOLLIN : 0) |
			  (c->wants_room ? (uint32_t)EPOLLOUT : 0);
	bool is_wanted = c->io.fd >= 0 &&
			 (events || (c->eof && c->kind == CHARDEV_UNIX));
	int err = 0;

	if (c->is_watched && !is_wanted)
		loop_remove(c->loop, &c->io);
	else if (c->is_watched && events != c->io.events)
		err = loop_change(c->loop, &c->io, events);
	if (!c->is_watched && is_wanted) {
		c->io.events = events;
		err = loop_add(c->loop, &c->io);
	}
	c->is_watched = is_wanted && !err;
	/* A file cannot be watched, and always has room. */
	return err == -EPERM ? 0 : err;
}

static int want_input(struct chardev *c, bool wanted)
{
	int err;

	pthread_mutex_lock(&c->lock);
	c->wants_input = wanted;
	err = watch(c);
	pthread_mutex_unlock(&c->lock);
	return err;
}

/* --- output ---------------------------------------------------------------- */

/*
 * It cannot arrive: one warning, and another one once it worked again. A guest
 * whose disk is beside a file can have it fill up as often as it likes.
 */
static void give_up(struct chardev *c, int err)
{
	/* A client that left is nothing to warn of. */
	if (!c->has_failed && c->kind != CHARDEV_UNIX &&
	    c->nr_warned < MAX_WARNED) {
		c->nr_warned++;
		log_warn("%s: %s: %s; what the guest writes is dropped until "
			 "it works again%s",
			 c->name, c->path ? c->path : "pseudoterminal",
			 errno_text(err),
			 c->nr_warned == MAX_WARNED ? " (said no more)" : "");
	}
	c->has_failed = true;
}

size_t chardev_output(struct chardev *c, const uint8_t *bytes, size_t len)
{
	size_t done = 0;
	ssize_t n;

	pthread_mutex_lock(&c->lock);
	while (c->io.fd >= 0 && done < len) {
		n = write(c->io.fd, bytes + done, len - done);
		if (n > 0) {
			done += (size_t)n;
			c->has_failed = false;
		} else if (n < 0 && errno == EAGAIN) {
			c->wants_room = true;
			(void)watch(c);
			break;
		} else if (n == 0 || errno != EINTR) {
			give_up(c, n < 0 ? errno : ENOSPC);
			done = len;
		}
	}
	pthread_mutex_unlock(&c->lock);
	return done;
}

/* --- input ----------------------------------------------------------------- */

/*
 * Hands the guest what it takes; then reads on, or waits for its room. -errno:
 * what comes cannot be waited for.
 */
static int deliver(struct chardev *c)
{
	size_t taken;

	if (c->held_len > 0) {
		taken = c->host.input(c->host.ctx, c->held + c->held_pos,
				      c->held_len);
		c->held_pos += taken;
		c->held_len -= taken;
	}
	return want_input(c, c->held_len == 0 && !c->eof &&
				     c->kind != CHARDEV_FILE);
}

static void go_on(struct chardev *c)
{
	int err = deliver(c);

	if (err)
		log_warn("%s: cannot wait for what comes: %s", c->name,
			 errno_text(err));
}

void chardev_input_room(struct chardev *c)
{
	const uint64_t one = 1;

	/* Fails only when it is set already. */
	if (write(c->kick.fd, &one, sizeof(one)) < 0)
		return;
}

static void on_kick(struct watch *w, uint32_t events)
{
	struct chardev *c = container_of(w, struct chardev, kick);
	uint64_t count;

	(void)events;
	if (read(w->fd, &count, sizeof(count)) == sizeof(count))
		go_on(c);
}

static void read_input(struct chardev *c)
{
	ssize_t n = read(c->io.fd, c->held, sizeof(c->held));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->held_pos = 0;
		c->held_len = (size_t)n;
	} else {
		pthread_mutex_lock(&c->lock);
		c->eof = true;
		pthread_mutex_unlock(&c->lock);
	}
	go_on(c);
}

/* --- clients --------------------------------------------------------------- */

static void disconnect(struct chardev *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->is_watched)
		loop_remove(c->loop, &c->io);
	close(c->io.fd);
	c->io.fd = -1;
	c->is_watched = c->wants_input = c->wants_room = false;
	c->has_failed = c->eof = false;
	pthread_mutex_unlock(&c->lock);
	c->host.connected(c->host.ctx, false);
	if (loop_add(c->loop, &c->listener))
		log_warn("%s: no client can come any more", c->name);
}

/*
 * Edge-triggered: a connection that cannot be accepted (no descriptor left) is
 * not tried again and again, but with the next one.
 */
static void on_client(struct watch *w, uint32_t events)
{
	struct chardev *c = container_of(w, struct chardev, listener);
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int fd = accept4(w->fd, (struct sockaddr *)&from, &len,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED)
			log_warn("%s: cannot accept a client: %s", c->name,
				 errno_text(errno));
		return;
	}
	loop_remove(c->loop, &c->listener);
	pthread_mutex_lock(&c->lock);
	c->io.fd = fd;
	pthread_mutex_unlock(&c->lock);
	c->host.connected(c->host.ctx, true);
	go_on(c);
	c->host.output_room(c->host.ctx);
}

static void on_io(struct watch *w, uint32_t events)
{
	struct chardev *c = container_of(w, struct chardev, io);
	bool has_room, wants_input;

	pthread_mutex_lock(&c->lock);
	if (c->io.fd < 0) { /* of a client that is gone */
		pthread_mutex_unlock(&c->lock);
		return;
	}
	has_room = c->wants_room && events & (EPOLLOUT | EPOLLERR | EPOLLHUP);
	wants_input = c->wants_input;
	if (has_room) {
		c->wants_room = false;
		(void)watch(c);
	}
	pthread_mutex_unlock(&c->lock);
	if (has_room)
		c->host.output_room(c->host.ctx);
	if (wants_input && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		read_input(c);
	if (c->eof && c->kind == CHARDEV_UNIX && events & (EPOLLERR | EPOLLHUP))
		disconnect(c);
}

/* --- life ------------------------------------------------------------------ */

bool chardev_is_connected(const struct chardev *c)
{
	return c->io.fd >= 0;
}

static int open_end(struct chardev *c, const struct chardev_init *i)
{
	int err;

	switch (i->kind) {
	case CHARDEV_FILE:
		return chardev_open_file(i, &c->io.fd);
	case CHARDEV_PTY:
		return chardev_open_pty(i, &c->io.fd, &c->slave);
	case CHARDEV_UNIX:
		break;
	}
	err = unix_listen(c->name, c->path, 1, &c->listener.fd);
	if (err)
		return err;
	(void)lstat(c->path, &c->listens_at);
	err = loop_add(c->loop, &c->listener);
	if (err)
		log_err("%s: %s: %s", c->name, c->path, errno_text(err));
	return err;
}

int chardev_open(struct chardev **out, const struct chardev_init *i)
{
	struct chardev *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		log_err("%s: out of memory", i->name);
		return -ENOMEM;
	}
	c->kind = i->kind;
	c->path = i->path;
	c->name = i->name;
	c->loop = i->loop;
	c->host = i->host;
	c->slave = -1;
	pthread_mutex_init(&c->lock, NULL);
	c->io = (struct watch){ .fd = -1, .ready = on_io };
	c->listener = (struct watch){
		.fd = -1,
		.events = EPOLLIN | EPOLLET,
		.ready = on_client,
	};
	c->kick = (struct watch){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.events = EPOLLIN,
		.ready = on_kick,
	};
	err = c->kick.fd < 0 ? -errno : loop_add(c->loop, &c->kick);
	if (!err) {
		err = open_end(c, i);
		if (err)
			goto fail; /* said there */
		err = deliver(c);
	}
	if (err) {
		log_err("%s: %s", c->name, errno_text(err));
		goto fail;
	}
	*out = c;
	return 0;
fail:
	chardev_close(c);
	return err;
}

/*
 * With a pseudoterminal goes what nobody has read yet. A reader who is at it may
 * finish: until all is gone, or nothing goes for a while, or 10 s have passed.
 */
static void wait_for_reader(int slave)
{
	const struct timespec pause = { .tv_nsec = READER_LOOK_NS };
	struct pollfd p = { .fd = slave, .events = POLLIN };
	unsigned int idle = 0;
	int left, was = -1;

	for (unsigned int i = 0; i < READER_LOOKS; i++) {
		/*
		 * The kernel passes it on in pieces, when it has time to. To
		 * say that there is nothing to read poll() waits for that.
		 */
		(void)poll(&p, 1, 0);
		if (idle == READER_IDLE_LOOKS ||
		    ioctl(slave, FIONREAD, &left) || left == 0)
			return;
		idle = left == was ? idle + 1 : 0;
		was = left;
		(void)nanosleep(&pause, NULL);
	}
}

void chardev_close(struct chardev *c)
{
	if (!c)
		return;
	if (c->slave >= 0)
		wait_for_reader(c->slave);
	if (c->is_watched)
		loop_remove(c->loop, &c->io);
	if (c->listener.fd >= 0) {
		loop_remove(c->loop, &c->listener);
		unix_unlisten(c->path, &c->listens_at);
		close(c->listener.fd);
	}
	if (c->kick.fd >= 0) {
		loop_remove(c->loop, &c->kick);
		close(c->kick.fd);
	}
	if (c->io.fd >= 0)
		close(c->io.fd);
	if (c->slave >= 0)
		close(c->slave);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
