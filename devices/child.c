// SPDX-License-Identifier: GPL-2.0-only
/* child.c: starts and ends the programs that serve a device (passt, virtiofsd). */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define HELP_PATIENCE_MS 10000
#define END_PATIENCE_MS	 1000U
#define KILL_PATIENCE_MS 2000U

static int set_actions(posix_spawn_file_actions_t *a,
		       const struct child_fd *fds, unsigned int nr)
{
	int err = posix_spawn_file_actions_addopen(a, STDIN_FILENO, "/dev/null",
						   O_RDONLY, 0);
	int last = STDERR_FILENO;

	for (unsigned int i = 0; !err && i < nr; i++) {
		err = posix_spawn_file_actions_adddup2(a, fds[i].ours,
						       fds[i].theirs);
		last = fds[i].theirs > last ? fds[i].theirs : last;
	}
	/* Ours are CLOEXEC; those that we were started with need not be. */
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(a, last + 1);
	return err;
}

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	/* We block and ignore signals; nothing of that is for it. */
	err = posix_spawnattr_setsigmask(attr, &none);
	if (!err)
		err = posix_spawnattr_setsigdefault(attr, &all);
	if (!err)
		err = posix_spawnattr_setpgroup(attr, 0);
	if (!err)
		err = posix_spawnattr_setflags(
			attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				      POSIX_SPAWN_SETPGROUP);
	return err;
}

static int start_directly(pid_t *pid, const char *const argv[],
			  const struct child_fd *fds, unsigned int nr)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int err = posix_spawn_file_actions_init(&actions);

	*pid = 0;
	if (err)
		return -err;
	err = posix_spawnattr_init(&attr);
	if (err) {
		posix_spawn_file_actions_destroy(&actions);
		return -err;
	}
	err = set_actions(&actions, fds, nr);
	if (!err)
		err = set_attributes(&attr);
	if (!err)
		err = posix_spawnp(pid, argv[0], &actions, &attr,
				   (char **)(uintptr_t)argv, environ);
	if (err)
		*pid = 0;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int child_start(struct spawner *s, pid_t *pid, const char *const argv[],
		const struct child_fd *fds, unsigned int nr)
{
	return s ? spawner_spawn(s, pid, argv, fds, nr)
		 : start_directly(pid, argv, fds, nr);
}

/* Whether it has ended; it is not waited for yet: its number stays its own. */
static bool has_ended(pid_t pid)
{
	siginfo_t si = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) ||
	       si.si_pid != 0;
}

static bool ends_within(pid_t pid, unsigned int patience_ms)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (unsigned int ms = 0; ms < patience_ms; ms += 5) {
		if (has_ended(pid))
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return has_ended(pid);
}

int child_end(pid_t *pid, unsigned int patience_ms)
{
	const pid_t group = *pid;
	int status = -1;

	if (group <= 0)
		return -1;
	(void)kill(-group, SIGTERM);
	(void)ends_within(group, patience_ms);
	/* What it has started may be there though it is not. */
	(void)kill(-group, SIGKILL);
	*pid = 0;
	/* The kernel may hold it (a disk, a server that does not answer). */
	if (!ends_within(group, KILL_PATIENCE_MS)) {
		log_warn("process %d was killed but does not end; it is left "
			 "to itself, see /proc/%d/stack",
			 (int)group, (int)group);
		return -1;
	}
	while (waitpid(group, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

/* What comes out of @fd until its end, or for as long as we have patience. */
static void read_all(int fd, char *text, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len + 1 < size && poll(&p, 1, HELP_PATIENCE_MS) == 1) {
		n = read(fd, text + len, size - 1 - len);
		if (n > 0)
			len += (size_t)n;
	}
	text[len] = '\0';
}

int child_help(const char *program, char text[CHILD_HELP_MAX])
{
	const char *const argv[] = { program, "--help", NULL };
	struct child_fd out[2] = { { .theirs = STDOUT_FILENO },
				   { .theirs = STDERR_FILENO } };
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	out[0].ours = out[1].ours = fds[1];
	err = start_directly(&pid, argv, out, 2);
	close(fds[1]);
	if (!err) {
		read_all(fds[0], text, CHILD_HELP_MAX);
		(void)child_end(&pid, END_PATIENCE_MS);
	}
	close(fds[0]);
	return err;
}
