// SPDX-License-Identifier: GPL-2.0-only
// The emulated pKVM host as a machine: one QEMU and the agent in it.
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define MAX_ARGS  64
#define TAIL_SIZE 3000

/* argv of QEMU; what is formatted lives in text. */
struct args {
	char *argv[MAX_ARGS];
	unsigned int n;
	size_t len;
	char text[8192];
};

__attribute__((format(printf, 2, 3))) static void add(struct args *a,
						      const char *fmt, ...)
{
	size_t room = sizeof(a->text) - a->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->text + a->len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room || a->n + 1 == MAX_ARGS)
		return; /* QEMU will name what is missing */
	a->argv[a->n++] = a->text + a->len;
	a->len += (size_t)n + 1;
}

static void add_words(struct args *a, const char *words)
{
	while (*words) {
		size_t len = strcspn(words, " ");

		if (len)
			add(a, "%.*s", (int)len, words);
		words += len;
		words += strspn(words, " ");
	}
}

/* A comma in a path is written twice in QEMU's options. */
static void add_share(struct args *a, const char *dir)
{
	char path[1024];
	size_t n = 0;

	for (; *dir && n + 2 < sizeof(path); dir++) {
		if (*dir == ',')
			path[n++] = ',';
		path[n++] = *dir;
	}
	path[n] = '\0';
	add(a, "-fsdev");
	add(a, "local,id=share,path=%s,security_model=none", path);
	add(a, "-device");
	add(a, "virtio-9p-pci,fsdev=share,mount_tag=share");
}

static void build_args(struct args *a, const struct machine_config *cfg, int fd)
{
	add_words(a, cfg->qemu);
	add_words(a, "-nodefaults -no-user-config -no-reboot -display none "
		     "-monitor none");
	add(a, "-M");
	add(a, "virt,virtualization=on,gic-version=%s", cfg->gic);
	add(a, "-cpu");
	add(a, "%s", cfg->cpu);
	add(a, "-smp");
	add(a, "%u", cfg->smp);
	add(a, "-m");
	add(a, "%u", cfg->mem_mib);
	add(a, "-kernel");
	add(a, "%s", cfg->kernel);
	add(a, "-initrd");
	add(a, "%s", cfg->initrd);
	add(a, "-append");
	add(a, "console=ttyAMA0 loglevel=4 panic=-1 %s", cfg->params);
	add(a, "-chardev");
	add(a, "file,id=console,path=%s", cfg->log);
	add_words(a, "-serial chardev:console -device virtio-serial-pci");
	add(a, "-chardev");
	add(a, "socket,id=agent,fd=%d", fd);
	add_words(a, "-device virtserialport,chardev=agent,name=lkvm.agent");
	if (cfg->share)
		add_share(a, cfg->share);
	a->argv[a->n] = NULL;
}

__attribute__((noreturn)) static void
become_qemu(const struct machine_config *cfg, int fd, pid_t parent)
{
	static struct args a;
	sigset_t none;
	int out, null;

	build_args(&a, cfg, fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* Ctrl-c is for the runner, which then ends QEMU */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	out = open(cfg->qemu_log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
		   0666);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	fcntl(fd, F_SETFD, 0);
	execvp(a.argv[0], a.argv);
	dprintf(2, "%s: %s\n", a.argv[0], strerror(errno));
	_exit(127);
}

int machine_receive(struct machine *m, struct wire_frame *frame,
		    int64_t timeout_ms, int stop_fd)
{
	int64_t end = clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = m->fd, .events = POLLIN },
			{ .fd = stop_fd, .events = POLLIN },
		};
		int64_t left = timeout_ms < 0 ? -1 : end - clock_ms();
		int got = wire_next(&m->in, frame);

		if (got)
			return got;
		if (timeout_ms >= 0 && left <= 0)
			return -ETIMEDOUT;
		if (poll(p, 2, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents)
			return -EINTR;
		if (!p[0].revents)
			continue;
		got = wire_fill(&m->in, m->fd);
		if (got != 1 && got != -EAGAIN)
			return -EPIPE;
	}
}

int machine_start(struct machine *m, const struct machine_config *cfg,
		  int stop_fd)
{
	struct wire_frame hello;
	pid_t self = getpid();
	int fds[2], err;

	unlink(cfg->log); /* may be of another boot */
	unlink(cfg->qemu_log);
	m->pid = 0;
	m->in.start = 0;
	m->in.end = 0;
	m->fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	m->pid = fork();
	if (!m->pid)
		become_qemu(cfg, fds[1], self);
	err = m->pid < 0 ? -errno : 0;
	close(fds[1]);
	if (err) {
		m->pid = 0;
		close(fds[0]);
		return err;
	}
	m->fd = fds[0];
	fcntl(m->fd, F_SETFL, O_NONBLOCK);
	err = machine_receive(m, &hello, MACHINE_BOOT_MS, stop_fd);
	if (err == 1)
		err = hello.type == WIRE_HELLO ? 0 : -EPROTO;
	if (err)
		machine_stop(m);
	return err;
}

void machine_stop(struct machine *m)
{
	int64_t give_up = clock_ms() + 3000;

	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	if (!m->pid)
		return;
	kill(m->pid, SIGTERM);
	while (!waitpid(m->pid, NULL, WNOHANG)) {
		if (clock_ms() > give_up)
			kill(m->pid, SIGKILL);
		poll(NULL, 0, 10);
	}
	m->pid = 0;
}

void machine_show_log(const char *title, const char *path)
{
	char buf[TAIL_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	off_t end;

	if (fd < 0)
		return;
	end = lseek(fd, 0, SEEK_END);
	n = pread(fd, buf, TAIL_SIZE, end > TAIL_SIZE ? end - TAIL_SIZE : 0);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	fprintf(stderr, "--- %s (%s):\n%s%s", title, path, buf,
		buf[n - 1] == '\n' ? "" : "\n");
}
