// SPDX-License-Identifier: GPL-2.0-only
// PID 1 of the emulated pKVM host: runs the jobs that come over a virtio port.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#include "job.h"

#define PORT_NAME "lkvm.agent"

/* Ends the host: there is nobody to report to but its serial console. */
__attribute__((format(printf, 1, 2), noreturn)) static void
give_up(const char *fmt, ...)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	va_list ap;

	if (fd >= 0) {
		va_start(ap, fmt);
		vdprintf(fd, fmt, ap);
		va_end(ap);
	}
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void mount_all(void)
{
	static const struct {
		const char *type, *where, *options;
	} mounts[] = {
		{ "devtmpfs", "/dev", "mode=0755" },
		{ "proc", "/proc", NULL },
		{ "sysfs", "/sys", NULL },
		{ "tmpfs", "/tmp", "mode=1777" },
		{ "tmpfs", "/run", "mode=0755" },
		{ "devpts", "/dev/pts", "ptmxmode=0666,mode=0620" },
		{ "tmpfs", "/dev/shm", "mode=1777" },
		{ "debugfs", "/sys/kernel/debug", NULL },
		{ "tracefs", "/sys/kernel/tracing", NULL },
		{ "cgroup2", "/sys/fs/cgroup", NULL },
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0,
			  mounts[i].options) &&
		    errno != EBUSY && errno != ENODEV && errno != ENOENT)
			give_up("agent: mount %s: %s\n", mounts[i].where,
				strerror(errno));
	}
	(void)!symlink("/proc/self/fd", "/dev/fd");
	/* As udev does; the sticky group kvm is not needed here. */
	chmod("/dev/kvm", 0666);
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

/* The user's directory, when the runner shares one. */
static void mount_share(void)
{
	mkdir("/mnt", 0755);
	mount("share", "/mnt", "9p", 0,
	      "trans=virtio,version=9p2000.L,msize=512000,cache=none");
}

static void set_up(void)
{
	mount_all();
	loopback_up();
	mount_share();
	(void)!sethostname("pkvm-host", 9);
	setenv("PATH",
	       "/usr/local/bin:/tests/bin:/usr/bin:/usr/sbin:/bin:/sbin", 1);
	setenv("HOME", "/root", 1);
	setenv("USER", "root", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("PS1", "pkvm-host:\\w# ", 1);
}

/* Opens the port if it is there by now. */
static int try_port(void)
{
	DIR *d = opendir("/sys/class/virtio-ports");
	const struct dirent *e;
	int fd = -1;

	while (d && fd < 0 && (e = readdir(d))) {
		char path[600], name[32] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name",
			 e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		fclose(f);
		if (strcmp(name, PORT_NAME) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (d)
		closedir(d);
	return fd;
}

static int open_port(void)
{
	int fd, tries;

	for (tries = 0; tries < 3000; tries++) {
		fd = try_port();
		if (fd >= 0)
			return fd;
		poll(NULL, 0, 10);
	}
	give_up("agent: no virtio port named " PORT_NAME "\n");
}

static void start(struct job *job, int port, const struct wire_frame *frame)
{
	char line[128];
	int err;

	if (job->pid)
		give_up("agent: a job while one runs\n");
	err = job_start(job, frame);
	if (!err)
		return;
	snprintf(line, sizeof(line), "agent: %s\n", strerror(-err));
	(void)wire_send(port, WIRE_ERR, line, strlen(line));
	job->status = W_EXITCODE(126, 0);
	job_finish(job, port);
}

static void handle(struct job *job, int port, const struct wire_frame *frame)
{
	switch (frame->type) {
	case WIRE_RUN:
		start(job, port, frame);
		break;
	case WIRE_INPUT:
		if (job->pid)
			job_input(job, frame->data, frame->len);
		break;
	case WIRE_EOF:
		if (job->pid)
			job_input_end(job);
		break;
	case WIRE_WINCH:
		if (job->pid)
			job_winch(job, frame);
		break;
	default:
		give_up("agent: frame of type %u\n", frame->type);
	}
}

/* One frame at a time: none is taken while bytes for stdin are held. */
static void handle_frames(struct job *job, int port, struct wire_in *in)
{
	struct wire_frame frame;
	int got = 0;

	while (!job->held_len && (got = wire_next(in, &frame)) == 1)
		handle(job, port, &frame);
	if (got < 0)
		give_up("agent: lost the stream\n");
}

static void children(struct job *job, int port, int sigfd)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	(void)!read(sigfd, &info, sizeof(info));
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != job->pid)
			continue;
		job->pid = 0;
		job->status = status;
		job_finish(job, port);
	}
}

static int wait_ms(const struct job *job)
{
	int64_t left;

	if (!job->pid || !job->deadline_ms)
		return -1;
	left = job->deadline_ms - clock_ms();
	return left < 0 ? 0 : (int)left;
}

/* Runs until the runner ends the machine. */
__attribute__((noreturn)) static void serve(int port, int sigfd)
{
	static struct wire_in in;
	static struct job job;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = sigfd, .events = POLLIN },
			{ .fd = job.held_len ? -1 : port, .events = POLLIN },
			{ .fd = job.pid ? job.out : -1, .events = POLLIN },
			{ .fd = job.pid ? job.err : -1, .events = POLLIN },
			{ .fd = job.held_len ? job.in : -1, .events = POLLOUT },
		};
		int n = poll(p, 5, wait_ms(&job));

		if (n < 0 && errno != EINTR)
			give_up("agent: poll: %s\n", strerror(errno));
		if (!n && job.pid)
			job_expire(&job, port);
		if (p[2].revents)
			(void)job_output(&job.out, port, WIRE_OUT);
		if (p[3].revents)
			(void)job_output(&job.err, port, WIRE_ERR);
		if (p[4].revents)
			job_flush_input(&job);
		if (p[1].revents && wire_fill(&in, port) <= 0)
			give_up("agent: the runner is gone\n");
		handle_frames(&job, port, &in);
		if (p[0].revents)
			children(&job, port, sigfd);
	}
}

/*
 * A VM that never runs, as long as the host lives. KVM patches the scheduler
 * (the static key of its preempt notifiers) when the first VM comes and when
 * the last one goes, and QEMU before 8.1 may then go on with the old code on
 * some CPU: a vCPU's thread is scheduled away without telling the hypervisor,
 * and no other vCPU can be loaded there.
 */
static void hold_vm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm < 0)
		return;
	(void)ioctl(kvm, KVM_CREATE_VM, 0UL);
	close(kvm);
}

int main(void)
{
	struct utsname name;
	sigset_t set;
	int port, sigfd;

	if (getpid() != 1) {
		fprintf(stderr, "agent: it is /init of the testbed\n");
		return 125;
	}
	set_up();
	hold_vm();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigfd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	port = open_port();
	uname(&name);
	if (sigfd < 0 ||
	    wire_send(port, WIRE_HELLO, name.release, strlen(name.release)))
		give_up("agent: cannot answer\n");
	serve(port, sigfd);
}
