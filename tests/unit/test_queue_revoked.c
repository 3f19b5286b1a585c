// SPDX-License-Identifier: GPL-2.0-only
/* test_queue_revoked.c: properties of the ring whose pages come and go. */
#include "queue_fixture.h"

#include <pthread.h>
#include <string.h>

#include "../../vmm/crash.h"

/* A ring whose three parts are on pages of their own. */
static void spread(struct ring *r, uint64_t features)
{
	struct vq_driver *d = &r->d;

	d->desc_gpa = RING;
	d->avail_gpa = RING + KIB(64);
	d->used_gpa = RING + KIB(192);
	d->desc = (void *)mem(r, d->desc_gpa);
	d->avail = (void *)mem(r, d->avail_gpa);
	d->used = (void *)mem(r, d->used_gpa);
	vq_reset(&r->q);
	vq_driver_attach(d, &r->q);
	must(vq_start(&r->q, features) == 0);
}

START_TEST(each_access_survives_a_page_taken_back)
{
	for (int event_idx = 0; event_idx < 2; event_idx++) {
		uint64_t f = event_idx ? ALL_FEATURES : 0;
		struct ring *r = ring_make(4, f);
		uint8_t *desc, *avail, *used;

		spread(r, f);
		desc = (void *)r->d.desc;
		avail = (void *)r->d.avail;
		used = (void *)r->d.used;
		(void)ring_offer_one(r);
		(void)vq_driver_publish(&r->d);

		take_page(avail);
		must(vq_pop(&r->q, &r->c) == -EINVAL);
		must(r->q.error.fault == VQ_REVOKED);
		must(r->q.error.gpa == r->d.avail_gpa + 2);
		must(vq_start(&r->q, f) == 0);
		must(vq_kicks_on(&r->q) == -EINVAL);
		must(r->q.error.fault == VQ_REVOKED);
		give_page(avail);

		must(vq_start(&r->q, f) == 0);
		take_page(desc);
		must(vq_pop(&r->q, &r->c) == -EINVAL);
		must(r->q.error.fault == VQ_REVOKED);
		must(r->q.error.gpa == r->d.desc_gpa);
		give_page(desc);

		must(vq_start(&r->q, f) == 0);
		must(vq_pop(&r->q, &r->c) == 1);
		take_page(used);
		must(vq_push(&r->q, r->c.head, 1) == -EINVAL);
		must(r->q.error.gpa == r->d.used_gpa + 4);
		must(vq_start(&r->q, f) == 0);
		must(vq_kicks_on(&r->q) == -EINVAL);
		must(vq_start(&r->q, f) == 0);
		vq_kicks_off(&r->q);
		must(r->q.error.fault == VQ_REVOKED);
		give_page(used);

		must(vq_start(&r->q, f) == 0);
		must(vq_pop(&r->q, &r->c) == 1);
		must(vq_push(&r->q, r->c.head, 1) == 0);
		take_page(used);
		must(vq_publish(&r->q) == -EINVAL);
		give_page(used);

		must(vq_start(&r->q, f) == 0);
		must(vq_pop(&r->q, &r->c) == 1);
		must(vq_push(&r->q, r->c.head, 1) == 0);
		take_page(avail);
		must(vq_publish(&r->q) == -EINVAL);
		must(r->q.error.fault == VQ_REVOKED);
		give_page(avail);
		ring_free(r);
	}
}
END_TEST

START_TEST(a_lost_neighbour_does_not_hurt_a_descriptor)
{
	struct ring *r = ring_make(VQ_MAX_SIZE, ALL_FEATURES);
	gpa_t end = TABLE + KIB(64);

	/* Three descriptors up to the page's end: copied as a run of four. */
	*(struct vring_desc *)(void *)mem(r, end - 16) =
		(struct vring_desc){ DATA, 8, 0, 0 };
	for (uint32_t n = 1; n < 8; n++) {
		take_page(mem(r, end));
		must(take_indirect(r, end - 16, n * 16, 0, ALL_FEATURES) == 1);
		give_page(mem(r, end));
	}
	take_page(mem(r, end - 16));
	must(take_indirect(r, end - 16, 32, 0, ALL_FEATURES) == -EINVAL);
	must(r->q.error.fault == VQ_REVOKED);
	must(r->q.error.gpa == end - 16);
	ring_free(r);
}
END_TEST

START_TEST(a_lost_payload_page_is_the_devices_to_report)
{
	struct ring *r = ring_make(4, 0);
	uint8_t b[8];

	(void)ring_offer_one(r);
	(void)vq_driver_publish(&r->d);
	must(vq_pop(&r->q, &r->c) == 1);
	take_page(mem(r, DATA));
	must(vq_chain_write(&r->c, 0, "12345678", 8) == -EFAULT);
	must(vq_chain_read(&r->c, 0, b, 8) == -ERANGE);
	vq_break(&r->q, VQ_REVOKED, &r->c);
	vq_break(&r->q, VQ_BAD_CHAIN, &r->c);
	must(r->q.error.fault == VQ_REVOKED);
	must(r->q.error.gpa == DATA && r->q.error.len == 64);
	must(vq_push(&r->q, r->c.head, 0) == -EINVAL);
	ring_free(r);
}
END_TEST

/* A guest's vCPU that writes what it likes into the ring and unshares it. */
struct attacker {
	pthread_t thread;
	struct ring *r;
	unsigned int seed;
	bool stop; /* accessed atomically */
	unsigned int nr_lost;
};

/* A plausible thing: one more chain of one plausible buffer. */
static void offer_plausible(struct attacker *a, unsigned int n)
{
	struct vq_driver *d = &a->r->d;
	const struct vring_desc desc = { DATA + n % 4096, n % 977 + 1,
					 VRING_DESC_F_WRITE | (n >> 8) % 8, 1 };
	uint16_t idx;

	a->nr_lost += 0 != window_write(d->desc + n % 16, &desc, sizeof(desc));
	a->nr_lost += 0 != window_load16(&d->avail->idx, &idx);
	a->nr_lost += 0 != window_store16(&d->avail->ring[idx % 16],
					  (uint16_t)(n % 16));
	a->nr_lost += 0 != window_store16(&d->avail->idx, (uint16_t)(idx + 1));
}

static void *attack(void *arg)
{
	struct attacker *a = arg;
	struct vq_driver *d = &a->r->d;
	uint8_t *pages[] = { (void *)d->desc, (void *)d->avail,
			     (void *)d->used };

	while (!__atomic_load_n(&a->stop, __ATOMIC_ACQUIRE)) {
		unsigned int n = (unsigned int)rand_r(&a->seed) >> 4;
		uint8_t *p = pages[n % 3];
		uint32_t v = (uint32_t)rand_r(&a->seed);

		if (n % 1024 == 3)
			take_page(p);
		else if (n % 64 == 7)
			give_page(p);
		else if (n % 64 == 9)
			a->nr_lost += 0 != window_write(p + (n >> 8) % 100 * 4,
							&v, sizeof(v));
		else
			offer_plausible(a, n / 64);
	}
	return NULL;
}

static void serve_some(struct ring *r, unsigned int *nr_popped)
{
	int nr_failed = 0;

	for (int i = 0; i < 40 && vq_pop(&r->q, &r->c) > 0; i++) {
		++*nr_popped;
		for (unsigned int k = 0; k < r->c.nr_read + r->c.nr_write; k++)
			must((uint8_t *)r->c.iov[k].iov_base >= r->w.hva &&
			     (uint8_t *)r->c.iov[k].iov_base +
					     r->c.iov[k].iov_len <=
				     r->w.hva + LEN);
		nr_failed += vq_chain_write(&r->c, 0, "x", 1) != 0;
		if (i % 3)
			nr_failed += vq_push(&r->q, r->c.head, 1) != 0;
	}
	nr_failed += vq_publish(&r->q) < 0;
	nr_failed += vq_kicks_on(&r->q) < 0;
	must(nr_failed >= 0);
}

START_TEST(nothing_a_second_thread_does_gets_out_of_the_window)
{
	struct ring *r = ring_make(16, ALL_FEATURES);
	struct attacker a[2] = { { .r = r, .seed = 1 }, { .r = r, .seed = 2 } };
	unsigned int faults[VQ_MISALIGNED + 1] = { 0 }, nr_popped = 0;

	spread(r, ALL_FEATURES);
	for (int i = 0; i < 2; i++)
		must(pthread_create(&a[i].thread, NULL, attack, &a[i]) == 0);
	/* Until it has seen enough of each; tests/unit/run ends it otherwise. */
	while (nr_popped < 2000 || faults[VQ_REVOKED] < 20 ||
	       faults[VQ_BAD_INDEX] < 20 || faults[VQ_IN_FLIGHT] < 5) {
		serve_some(r, &nr_popped);
		if (r->q.error.fault == VQ_OK)
			continue;
		faults[r->q.error.fault]++;
		vq_reset(&r->q);
		vq_driver_attach(&r->d, &r->q);
		must(vq_start(&r->q, ALL_FEATURES) == 0);
		give_page(r->d.desc);
		give_page(r->d.avail);
		give_page(r->d.used);
		must(window_zero(r->d.avail, 38) <= 0);
	}
	for (int i = 0; i < 2; i++) {
		__atomic_store_n(&a[i].stop, true, __ATOMIC_RELEASE);
		pthread_join(a[i].thread, NULL);
	}
	ring_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("queue_revoked");
	TCase *tc = tcase_create("queue_revoked");

	crash_handlers_install();
	tcase_add_test(tc, each_access_survives_a_page_taken_back);
	tcase_add_test(tc, a_lost_neighbour_does_not_hurt_a_descriptor);
	tcase_add_test(tc, a_lost_payload_page_is_the_devices_to_report);
	tcase_add_test(tc, nothing_a_second_thread_does_gets_out_of_the_window);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
