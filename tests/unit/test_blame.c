// SPDX-License-Identifier: GPL-2.0-only
/* test_blame.c: properties of the lines about a guest that breaks its devices. */
#include "dev_fixture.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../vmm/crash.h"

/* What goes to stderr while it is diverted. */
struct capture {
	int saved, fd;
	char text[2048];
};

static void capture_begin(struct capture *c)
{
	c->saved = dup(STDERR_FILENO);
	c->fd = memfd_create("stderr", MFD_CLOEXEC);
	must(c->saved >= 0 && c->fd >= 0);
	must(dup2(c->fd, STDERR_FILENO) == STDERR_FILENO);
}

static void capture_end(struct capture *c)
{
	ssize_t n;

	must(dup2(c->saved, STDERR_FILENO) == STDERR_FILENO);
	n = pread(c->fd, c->text, sizeof(c->text) - 1, 0);
	must(n >= 0);
	c->text[n] = '\0';
	close(c->saved);
	close(c->fd);
}

static unsigned int nr_lines(const struct capture *c)
{
	unsigned int n = 0;

	for (const char *p = c->text; *p; p++)
		n += *p == '\n';
	return n;
}

static void check_says(const struct capture *c, const char *words)
{
	if (!strstr(c->text, words))
		ck_abort_msg("\"%s\" is not in \"%s\"", words, c->text);
}

START_TEST(a_refusal_says_what_the_guest_lacks)
{
	struct bench *b = bench_make();
	struct capture c;

	capture_begin(&c);
	accept_features(b, GOOD & ~(1ULL << VIRTIO_F_ACCESS_PLATFORM));
	virtio_dev_set_status(&b->dev, UP);
	capture_end(&c);
	must(nr_lines(&c) == 1);
	check_says(&c, "echo3: refused");
	check_says(&c, "VIRTIO_F_ACCESS_PLATFORM");
	check_says(&c, "CONFIG_ARM_PKVM_GUEST");

	virtio_dev_set_status(&b->dev, 0);
	capture_begin(&c);
	accept_features(b, 0);
	virtio_dev_set_status(&b->dev, UP);
	capture_end(&c);
	check_says(&c, "VIRTIO_F_VERSION_1");

	virtio_dev_set_status(&b->dev, 0);
	capture_begin(&c);
	accept_features(b, GOOD | 1ULL << 63);
	virtio_dev_set_status(&b->dev, UP);
	capture_end(&c);
	check_says(&c, "not offered (0x8000000000000000)");
	bench_free(b);
}
END_TEST

/* A buffer of 512 bytes at @gpa on queue 1. */
static void send_at(struct bench *b, struct capture *c, gpa_t gpa)
{
	const struct vq_buf buf = { gpa, 512, true };

	capture_begin(c);
	(void)vq_driver_add(&b->d[1], &buf, 1);
	(void)vq_driver_publish(&b->d[1]);
	kick(b, 1);
	poll_loop(b);
	capture_end(c);
}

START_TEST(a_broken_queue_is_one_line_that_names_it)
{
	struct bench *b = bench_make();
	struct capture c;

	bring_up(b);
	send_at(b, &c, DATA);
	must(nr_lines(&c) == 0);
	send_at(b, &c, 0x1234000);
	must(nr_lines(&c) == 1);
	check_says(&c, "echo3: ");
	check_says(&c, "queue 1");
	check_says(&c, "not in the window");
	check_says(&c, "512 bytes at 0x1234000\n");
	must(b->dev.nr_sharing == 0);
	send_at(b, &c, 0x1234000);
	must(nr_lines(&c) == 0);
	bench_free(b);
}
END_TEST

START_TEST(buffers_in_ram_point_at_the_guests_kernel_or_at_kexec)
{
	struct bench *b = bench_make();
	struct capture c;

	bring_up(b);
	send_at(b, &c, GPA + LEN + 0x1000);
	check_says(&c, "CONFIG_DMA_RESTRICTED_POOL");
	must(b->dev.nr_sharing == 1);
	bring_up(b);
	send_at(b, &c, DATA);
	bring_up(b);
	send_at(b, &c, GPA + LEN + 0x1000);
	check_says(&c, "kexec");
	must(b->dev.nr_sharing == 2);
	/* The next life has a past of its own. */
	virtio_dev_power_on(&b->dev);
	bring_up(b);
	send_at(b, &c, GPA + LEN + 0x1000);
	check_says(&c, "CONFIG_DMA_RESTRICTED_POOL");
	bench_free(b);
}
END_TEST

START_TEST(a_ring_never_shared_points_at_the_guests_kernel)
{
	struct bench *b = bench_make();
	struct capture c;

	bring_up(b);
	take_page(b->d[1].avail);
	capture_begin(&c);
	kick(b, 1);
	poll_loop(b);
	capture_end(&c);
	must(nr_lines(&c) == 1);
	check_says(&c, "not shared");
	check_says(&c, "CONFIG_ARM_PKVM_GUEST");
	must(b->dev.nr_sharing == 1 && b->dev.waits_for_sharing);
	give_page(b->d[1].avail);
	virtio_dev_set_status(&b->dev, 0);
	must(!b->dev.waits_for_sharing);

	/* One that worked a moment ago is just taken back. */
	bring_up(b);
	send_at(b, &c, DATA);
	take_page(b->d[1].avail);
	capture_begin(&c);
	kick(b, 1);
	poll_loop(b);
	capture_end(&c);
	check_says(&c, "not shared");
	must(!strstr(c.text, "CONFIG_") && !strstr(c.text, "kexec"));
	must(b->dev.nr_sharing == 2);
	give_page(b->d[1].avail);
	bench_free(b);
}
END_TEST

START_TEST(a_driver_that_gives_up_is_a_line)
{
	struct bench *b = bench_make();
	struct capture c;

	capture_begin(&c);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_FAILED);
	virtio_dev_set_status(&b->dev, VIRTIO_CONFIG_S_FAILED);
	capture_end(&c);
	must(nr_lines(&c) == 1);
	check_says(&c, "echo3: the guest's driver gave up");
	bench_free(b);
}
END_TEST

START_TEST(each_fault_has_words_of_its_own)
{
	for (enum vq_fault f = VQ_OK; f <= VQ_MISALIGNED; f++) {
		must(strlen(vq_fault_text(f)) > 5);
		for (enum vq_fault g = VQ_OK; g < f; g++)
			must(strcmp(vq_fault_text(f), vq_fault_text(g)) != 0);
	}
}
END_TEST

static void count(void *ctx, const struct virtio_dev *d, const char *what,
		  const struct vq_error *e, unsigned int q)
{
	unsigned int *told = ctx;

	(void)d;
	(void)e;
	(void)q;
	told[!what]++;
}

static void ready(void *ctx, const struct virtio_dev *d)
{
	unsigned int *told = ctx;

	(void)d;
	told[2]++;
}

/* Whoever waits for it has to know, line or not. */
START_TEST(each_break_is_told_the_first_ones_in_words)
{
	static const struct virtio_watcher watcher = { ready, count };
	struct bench *b = bench_make();
	unsigned int told[3] = { 0 };
	struct capture c;

	b->dev.watcher = &watcher;
	b->dev.watcher_ctx = told;
	for (int i = 0; i < 100; i++) {
		virtio_dev_power_on(&b->dev);
		bring_up(b);
		send_at(b, &c, 0);
	}
	must(told[0] == 16);
	must(told[1] == 84);
	bench_free(b);
}
END_TEST

START_TEST(drivers_that_start_over_are_told_of_sixteen_times_a_life)
{
	static const struct virtio_watcher watcher = { ready, count };
	struct bench *b = bench_make();
	unsigned int told[3] = { 0 };

	b->dev.watcher = &watcher;
	b->dev.watcher_ctx = told;
	for (int i = 0; i < 100; i++) {
		virtio_dev_set_status(&b->dev, 0);
		bring_up(b);
	}
	must(told[2] == 16);
	virtio_dev_power_on(&b->dev);
	bring_up(b);
	must(told[2] == 17);
	bench_free(b);
}
END_TEST

START_TEST(lines_are_bounded_over_all_lives)
{
	struct bench *b = bench_make();
	struct capture c;
	unsigned int n = 0;

	for (int i = 0; i < 100; i++) {
		virtio_dev_power_on(&b->dev);
		bring_up(b);
		send_at(b, &c, 0);
		n += nr_lines(&c);
		if (n == 16 && nr_lines(&c))
			check_says(&c, "further lines");
		must(b->dev.status & VIRTIO_CONFIG_S_NEEDS_RESET);
	}
	must(n == 16);
	must(b->dev.queues[1].vq.stats.outside == 100);
	bench_free(b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("blame");
	TCase *tc = tcase_create("blame");

	crash_handlers_install();
	tcase_add_test(tc, a_refusal_says_what_the_guest_lacks);
	tcase_add_test(tc, a_broken_queue_is_one_line_that_names_it);
	tcase_add_test(tc,
		       buffers_in_ram_point_at_the_guests_kernel_or_at_kexec);
	tcase_add_test(tc, a_ring_never_shared_points_at_the_guests_kernel);
	tcase_add_test(tc, a_driver_that_gives_up_is_a_line);
	tcase_add_test(tc, each_fault_has_words_of_its_own);
	tcase_add_test(tc, each_break_is_told_the_first_ones_in_words);
	tcase_add_test(
		tc, drivers_that_start_over_are_told_of_sixteen_times_a_life);
	tcase_add_test(tc, lines_are_bounded_over_all_lives);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
