// SPDX-License-Identifier: GPL-2.0-only
/* consoles.c: wires the virtio console's ports to the host's end of each. */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

_Static_assert(CONFIG_MAX_PORTS + 1 <= VIRTIO_CONSOLE_PORTS,
	       "port 0 is kept for the terminal");

#define HVC_SYSRQ 0x0f /* Ctrl-o: to Linux' hvc what a break is to its UART */

static struct virtio_console *device_of(const struct vm *vm)
{
	return vm->devices ? vm->devices->consoles.device : NULL;
}

/* --- the terminal, port 0 -------------------------------------------------- */

static size_t term_output(void *ctx, const uint8_t *bytes, size_t len)
{
	struct vm *vm = ctx;

	if (vm->has_term && !vm->exec)
		len = term_offer(&vm->term, bytes, len);
	vm_heard(vm, EXPECT_HVC, bytes, len);
	return len;
}

static void term_wants_input(void *ctx)
{
	struct vm *vm = ctx;

	if (vm->has_term)
		term_input_room(&vm->term);
	attach_input_room(vm->attach);
}

bool consoles_have_terminal(const struct vm *vm)
{
	return vm->cfg->console == CONSOLE_VIRTIO;
}

size_t consoles_type(struct vm *vm, const uint8_t *bytes, size_t len)
{
	if (consoles_have_terminal(vm))
		return virtio_console_input(device_of(vm), 0, bytes, len);
	return uart_receive(&vm->uart, bytes, len);
}

void consoles_break(struct vm *vm)
{
	const uint8_t byte = HVC_SYSRQ;

	if (consoles_have_terminal(vm))
		(void)virtio_console_input(device_of(vm), 0, &byte, 1);
	else
		uart_receive_break(&vm->uart);
}

void consoles_output_room(struct vm *vm)
{
	if (consoles_have_terminal(vm))
		virtio_console_output_room(device_of(vm), 0);
}

static bool get_size(uint16_t *cols, uint16_t *rows)
{
	return term_size(STDOUT_FILENO, cols, rows) ||
	       term_size(STDIN_FILENO, cols, rows);
}

void consoles_resize(struct vm *vm)
{
	uint16_t cols, rows;

	if (consoles_have_terminal(vm) && get_size(&cols, &rows))
		virtio_console_resize(device_of(vm), cols, rows);
}

/* --- the other ports ------------------------------------------------------- */

static size_t end_output(void *ctx, const uint8_t *bytes, size_t len)
{
	struct console_end *e = ctx;

	return chardev_output(e->chardev, bytes, len);
}

static void end_wants_input(void *ctx)
{
	struct console_end *e = ctx;

	chardev_input_room(e->chardev);
}

static size_t end_input(void *ctx, const uint8_t *bytes, size_t len)
{
	struct console_end *e = ctx;

	return virtio_console_input(device_of(e->vm), e->port, bytes, len);
}

static void end_output_room(void *ctx)
{
	struct console_end *e = ctx;

	virtio_console_output_room(device_of(e->vm), e->port);
}

static void end_connected(void *ctx, bool is_connected)
{
	struct console_end *e = ctx;

	virtio_console_connected(device_of(e->vm), e->port, is_connected);
}

static int open_end(struct console_end *e, const struct config_port *p,
		    struct virtio_console_port *port)
{
	const struct chardev_init init = {
		.kind = p->kind,
		.path = p->path,
		.name = e->name,
		.loop = &e->vm->loop,
		.host = {
			.ctx = e,
			.input = end_input,
			.output_room = end_output_room,
			.connected = end_connected,
		},
	};
	int ret;

	(void)snprintf(e->name, sizeof(e->name), "port '%s'", p->name);
	ret = chardev_open(&e->chardev, &init);
	if (ret)
		return ret;
	*port = (struct virtio_console_port){
		.name = p->name,
		.host = {
			.ctx = e,
			.output = end_output,
			.input_room = end_wants_input,
		},
		.is_connected = chardev_is_connected(e->chardev),
	};
	return 0;
}

/* --- life ------------------------------------------------------------------ */

int consoles_init(struct vm *vm)
{
	struct virtio_console_port ports[VIRTIO_CONSOLE_PORTS] = { 0 };
	struct consoles *cs = &vm->devices->consoles;
	/* Alone, exec's port is port 0: two queues and their rings less. */
	const bool is_alone = config_has_channel_alone(vm->cfg);
	struct virtio_console_init init = {
		.window = &vm->devices->window,
		.loop = &vm->loop,
		.ports = ports,
		.nr_ports = is_alone ? 1 : 1 + config_nr_ports(vm->cfg),
		.queue_size = is_alone ? VIRTIO_CONSOLE_FEW : 0,
		.has_hvc = consoles_have_terminal(vm),
	};
	int ret = 0;

	if (consoles_have_terminal(vm)) {
		ports[0] = (struct virtio_console_port){
			.host = {
				.ctx = vm,
				.output = term_output,
				.input_room = term_wants_input,
			},
			.is_connected = true,
		};
		init.has_size = get_size(&init.cols, &init.rows);
	}
	if (config_has_exec_port(vm->cfg))
		exec_port(vm->exec, init.nr_ports - 1,
			  &ports[init.nr_ports - 1]);
	for (unsigned int i = 1; !ret && i <= vm->cfg->nr_ports; i++) {
		cs->ends[i].vm = vm;
		cs->ends[i].port = i;
		ret = open_end(&cs->ends[i], &vm->cfg->ports[i - 1], &ports[i]);
	}
	if (ret)
		return ret;
	ret = virtio_console_create(&cs->device, &init);
	if (ret)
		log_err("cannot make a virtio console: %s", errno_text(ret));
	return ret;
}

void consoles_fini(struct vm *vm)
{
	struct consoles *cs = &vm->devices->consoles;

	virtio_console_destroy(cs->device);
	cs->device = NULL;
	for (unsigned int i = 0; i < VIRTIO_CONSOLE_PORTS; i++) {
		chardev_close(cs->ends[i].chardev);
		cs->ends[i].chardev = NULL;
	}
}
