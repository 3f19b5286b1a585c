// SPDX-License-Identifier: GPL-2.0-only
// The end of a job in the emulated host: nothing of it stays.
#include "job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "traces.h"

#define GRACE_MS  1000	/* for what the program started to end by itself */
#define REAP_MS	  60000 /* for killed VMs to give their memory back */
#define TAIL_SIZE 2048	/* of each console, shown after a failure */
#define TAIL_LINE 200	/* of each of its lines; the rest of it is cut off */
#define TAIL_READ 32768 /* of the file, to find so much in */

static void pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

/* Collects dead children; false when there are none any more. */
static bool reap(void)
{
	pid_t pid;

	do {
		pid = waitpid(-1, NULL, WNOHANG);
	} while (pid > 0);
	return pid == 0;
}

/*
 * PID 1 is the parent of every orphan and kill(-1) spares only PID 1, so
 * nothing gets away, whatever session or group it made. False when something
 * did not even die of SIGKILL.
 */
static bool kill_everything(struct job *job, int port)
{
	int64_t give_up = clock_ms() + REAP_MS;

	kill(-1, SIGKILL);
	while (reap()) {
		if (clock_ms() > give_up)
			return false;
		(void)job_output(&job->out, port, WIRE_OUT);
		(void)job_output(&job->err, port, WIRE_ERR);
		pause_ms(10);
		kill(-1, SIGKILL);
	}
	return true;
}

static void say(int port, const char *text)
{
	(void)wire_send(port, WIRE_OUT, text, strlen(text));
}

void job_expire(struct job *job, int port)
{
	char names[512], line[600];

	(void)traces_processes(names, sizeof(names));
	snprintf(line, sizeof(line), "timeout; running: %s\n", names);
	say(port, line);
	job->timed_out = true;
	job->deadline_ms = 0;
	kill(-1, SIGKILL);
}

/* Keeps the beginning of each line in @buf; returns the new length. */
static size_t cut_lines(char *buf, size_t len)
{
	size_t column = 0, kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\n')
			column = 0;
		else if (++column > TAIL_LINE)
			continue;
		buf[kept++] = buf[i];
	}
	return kept;
}

/* Where the last lines in @buf begin that are not too much. */
static const char *last_lines(const char *buf, size_t len)
{
	const char *from = buf + len - TAIL_SIZE, *end;

	if (len <= TAIL_SIZE)
		return buf;
	end = memchr(from, '\n', TAIL_SIZE);
	return end ? end + 1 : from;
}

static void show_tail(const char *dir, const char *name, int port)
{
	static char buf[TAIL_READ];
	char path[512], head[320];
	const char *from;
	size_t len = 0;
	ssize_t n;
	off_t end;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	end = lseek(fd, 0, SEEK_END);
	lseek(fd, end > TAIL_READ ? end - TAIL_READ : 0, SEEK_SET);
	snprintf(head, sizeof(head), "\n--- %s (%lld bytes)\n", name,
		 (long long)end);
	(void)wire_send(port, WIRE_KMSG, head, strlen(head));
	while ((n = read(fd, buf + len, sizeof(buf) - len)) > 0)
		len += (size_t)n;
	close(fd);
	len = cut_lines(buf, len);
	from = last_lines(buf, len);
	(void)wire_send(port, WIRE_KMSG, from, (size_t)(buf + len - from));
}

/* The consoles of guests are in *.log of the test's directory. */
static void show_consoles(const char *dirname, int port)
{
	DIR *d = opendir(dirname);
	const struct dirent *e;

	if (!d)
		return;
	while ((e = readdir(d))) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot && !strcmp(dot, ".log"))
			show_tail(dirname, e->d_name, port);
	}
	closedir(d);
}

/* What lib.sh's fail() said first. What a guest says is not in there. */
static void read_failure(const char *dir, char *said, size_t size)
{
	char path[80];
	ssize_t n;
	int fd;

	said[0] = '\0';
	snprintf(path, sizeof(path), "%s/.failed", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, said, size - 1);
	said[n > 0 ? n : 0] = '\0';
	said[strcspn(said, "\n")] = '\0';
	close(fd);
}

static long long record_usec(const char *record)
{
	const char *seq = strchr(record, ',');
	const char *usec = seq ? strchr(seq + 1, ',') : NULL;

	return usec ? strtoll(usec + 1, NULL, 10) : 0;
}

/* A record is "prio,seq,usec,flags;text\n" and then lines of properties. */
static void send_kmsg(struct job *job, int port, char *harm, size_t size)
{
	char record[1024], line[1100];
	ssize_t n;

	harm[0] = '\0';
	while (job->kmsg >= 0) {
		char *text, *end;
		long long usec;

		n = read(job->kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue; /* overwritten before we came */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		usec = record_usec(record);
		end = strchr(++text, '\n');
		if (end)
			*end = '\0';
		snprintf(line, sizeof(line), "[%5lld.%06lld] %s\n",
			 usec / 1000000, usec % 1000000, text);
		(void)wire_send(port, WIRE_KMSG, line, strlen(line));
		if (!harm[0] && traces_is_harm(text))
			snprintf(harm, size, "%s", text);
	}
	if (job->kmsg >= 0)
		close(job->kmsg);
	job->kmsg = -1;
}

/* Appends to the list of what was left behind. */
static void leave(char *left, size_t size, const char *what, const char *which)
{
	size_t len = strlen(left);

	snprintf(left + len, size - len, "%s%s%s", len ? "; " : "", what,
		 which);
}

static void look_for_traces(const struct job *job, char *left, size_t size)
{
	struct job_traces now = { 0 };
	char number[32];
	int tries;

	/* The kernel frees some of it after the last close(). */
	for (tries = 0; tries < 50; tries++) {
		now.vms = traces_vms();
		now.pinned = traces_pinned();
		if (now.vms <= job->before.vms &&
		    now.pinned <= job->before.pinned)
			return;
		pause_ms(10);
	}
	if (now.vms > job->before.vms) {
		snprintf(number, sizeof(number), "%ld",
			 now.vms - job->before.vms);
		leave(left, size, "VMs in debugfs: ", number);
	}
	if (now.pinned > job->before.pinned) {
		snprintf(number, sizeof(number), "%ld",
			 now.pinned - job->before.pinned);
		leave(left, size, "pinned pages: ", number);
	}
}

static void send_exit(const struct job *job, int port, const char *said,
		      const char *left, const char *harm)
{
	struct wire_fields *f = calloc(1, sizeof(*f));
	int err = f ? 0 : -ENOMEM;

	if (!err)
		err = wire_put_num(f, "status", job->status);
	if (!err)
		err = wire_put_num(f, "timeout", job->timed_out);
	if (!err)
		err = wire_put_num(f, "ms", (long)(clock_ms() - job->start_ms));
	if (!err && said[0])
		err = wire_put(f, "said", said);
	if (!err && left[0])
		err = wire_put(f, "left", left);
	if (!err && harm[0])
		err = wire_put(f, "harm", harm);
	if (!err)
		(void)wire_send(port, WIRE_EXIT, f->buf, f->len);
	free(f);
}

void job_finish(struct job *job, int port)
{
	char left[700] = "", harm[512], names[512], said[160];
	int64_t patience = clock_ms() + GRACE_MS;

	while (traces_processes(names, sizeof(names)) &&
	       clock_ms() < patience) {
		(void)reap();
		(void)job_output(&job->out, port, WIRE_OUT);
		(void)job_output(&job->err, port, WIRE_ERR);
		pause_ms(10);
	}
	if (names[0] && !job->timed_out)
		leave(left, sizeof(left), "processes: ", names);
	if (!kill_everything(job, port))
		leave(left, sizeof(left), "does not die", "");
	(void)job_output(&job->out, port, WIRE_OUT);
	(void)job_output(&job->err, port, WIRE_ERR);
	look_for_traces(job, left, sizeof(left));
	send_kmsg(job, port, harm, sizeof(harm));
	if (job->is_test && job->status && WEXITSTATUS(job->status) != 77)
		show_consoles(job->dir, port);
	read_failure(job->dir, said, sizeof(said));
	traces_remove(job->dir);
	if (job->in >= 0)
		close(job->in);
	if (job->out >= 0)
		close(job->out);
	if (job->err >= 0)
		close(job->err);
	job->in = job->out = job->err = -1;
	job->held_len = 0;
	send_exit(job, port, said, left, harm);
}
