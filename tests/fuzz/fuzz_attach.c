// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_attach.c: what somebody sends who is attached to a console. The first
 * byte says how much at once the guest takes; whatever comes, the guest gets no
 * byte that was not sent, and somebody else is served as before.
 *
 * Floor: vmm/attach.c 65
 */
#include "fuzz.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../vmm/attach.h"

struct guest {
	size_t appetite, nr_typed;
};

static size_t on_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct guest *g = ctx;

	(void)bytes;
	len = len < g->appetite ? len : g->appetite;
	g->nr_typed += len;
	return len;
}

static void on_break(void *ctx)
{
	(void)ctx;
}

/* Our end of one that is attached; its answer is taken. */
static int client(struct attach *a)
{
	char line[256];
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) || attach_add(a, fds[0]))
		abort();
	assert(recv(fds[1], line, sizeof(line), MSG_DONTWAIT) > 0);
	return fds[1];
}

static void serve(struct loop *l)
{
	for (unsigned int i = 0; i < 4; i++)
		assert(!loop_poll(l));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest g = { 0, 0 };
	const struct attach_host host = { &g, on_input, on_break };
	struct attach *a;
	struct loop l;
	int one, two;
	char bytes[64];

	if (!size || size > 6000)
		return 0;
	g.appetite = data[0];
	if (loop_init(&l) || attach_open(&a, &l, &host))
		abort();
	one = client(a);
	two = client(a);
	(void)!send(one, data + 1, size - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	serve(&l);
	g.appetite = SIZE_MAX;
	attach_input_room(a);
	attach_hear(a, data, size);
	if (size & 1)
		close(one);
	serve(&l);
	assert(g.nr_typed < size);
	attach_stop(a);
	attach_hear(a, data, size);
	if (!(size & 1))
		close(one);
	attach_close(a, NULL);
	/* The head and the beginning of what was printed last. */
	assert(recv(two, bytes, sizeof(bytes), MSG_DONTWAIT) > 4);
	assert(bytes[0] == ATTACH_OUTPUT && (uint8_t)bytes[4] == data[0]);
	close(two);
	loop_fini(&l);
	return 0;
}
