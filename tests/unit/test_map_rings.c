// SPDX-License-Identifier: GPL-2.0-only
/* test_map_rings.c: properties of what is said of devices' queues and buffers. */
#include "unit.h"

#include <jansson.h>
#include <linux/virtio_config.h>
#include <stdlib.h>
#include <string.h>

#include "../../vmm/vm.h"
#include "ring_backend.h"
#include "vq_driver.h"

#define GPA  0x80000000ULL
#define LEN  KIB(128)
#define DATA (GPA + KIB(64))

static const struct virtio_class class = { .name = "toy", .max_size = 16 };
static const struct ring_backend backend = { .in_order = false };

/* A VM of one device with two queues in use, of three. */
struct world {
	struct vm vm;
	struct devices devices;
	struct virtio_dev dev;
	struct vq_driver drivers[2];
};
static struct world *w;
static json_t *rings, *buffers;

static void setup(void)
{
	w = calloc(1, sizeof(*w));
	ck_assert_ptr_nonnull(w);
	w->vm.devices = &w->devices;
	ck_assert_int_eq(window_init(&w->devices.window, GPA, LEN), 0);
	w->devices.nr = 1;
	w->devices.all[0] = &w->dev;
	w->dev.class = &class;
	w->dev.window = &w->devices.window;
	w->dev.nr_queues = 3;
	strcpy(w->dev.name, "toy0");
	pthread_mutex_init(&w->dev.lock, NULL);
	for (unsigned int i = 0; i < 3; i++) {
		struct virtqueue *q = &w->dev.queues[i].vq;

		w->dev.queues[i].dev = &w->dev;
		vq_init(q, &w->devices.window, 16);
		if (i == 2)
			break;
		vq_driver_init(&w->drivers[i], &w->devices.window,
			       GPA + i * KIB(16), 16, false);
		vq_driver_attach(&w->drivers[i], q);
		ck_assert_int_eq(vq_start(q, 0), 0);
	}
}

static void forget(void)
{
	json_decref(rings);
	json_decref(buffers);
	rings = buffers = NULL;
}

static void teardown(void)
{
	forget();
	pthread_mutex_destroy(&w->dev.lock);
	window_fini(&w->devices.window);
	free(w);
}

static void look(void)
{
	forget();
	ck_assert_int_eq(map_rings_look(&w->vm, &rings, &buffers), 0);
	/* Nobody holds the lock. */
	ck_assert_int_eq(pthread_mutex_trylock(&w->dev.lock), 0);
	pthread_mutex_unlock(&w->dev.lock);
}

static void give(unsigned int queue, gpa_t gpa, uint32_t len, bool write)
{
	const struct vq_buf b = { gpa, len, write };

	ck_assert_int_ge(vq_driver_add(&w->drivers[queue], &b, 1), 0);
	(void)vq_driver_publish(&w->drivers[queue]);
}

static json_int_t of_ring(size_t i, const char *name)
{
	const json_t *o = json_object_get(json_array_get(rings, i), name);

	return json_is_integer(o) ? json_integer_value(o) : -1;
}

static json_int_t of_device(const char *name)
{
	return json_integer_value(
		json_object_get(json_array_get(buffers, 0), name));
}

static const char *runs(void)
{
	return json_string_value(
		json_object_get(json_array_get(buffers, 0), "runs"));
}

START_TEST(pages_of_a_devices_buffers_are_runs)
{
	look();
	ck_assert_uint_eq(json_array_size(rings), 2);
	ck_assert_str_eq(runs(), "32n");
	/* Page 16 to 19, 18 and 20 from it; two on the same page */
	give(0, DATA + 100, 3 * KIB(4), false);
	give(1, DATA + KIB(8), 1, true);
	give(1, DATA + KIB(8) + 1, KIB(4) - 1, true);
	give(1, DATA + KIB(16), KIB(4), true);
	look();
	ck_assert_str_eq(runs(), "16n2t1b1t1f11n");
	ck_assert_int_eq(of_device("buffers"), 4);
	ck_assert_int_eq(of_device("to_bytes"), KIB(12));
	ck_assert_int_eq(of_device("to_pages"), 4);
	ck_assert_int_eq(of_device("from_bytes"), KIB(8));
	ck_assert_int_eq(of_device("from_pages"), 2);
	ck_assert_int_eq(of_device("gpa"), GPA);
	ck_assert_int_eq(of_ring(0, "buffers"), 1);
	ck_assert_int_eq(of_ring(1, "buffers"), 3);
	ck_assert_int_eq(of_ring(1, "unknown"), -1);
	/* The whole window, to its last byte */
	give(0, GPA, LEN, false);
	look();
	ck_assert_str_eq(runs(), "18t1b1t1b11t");
}
END_TEST

START_TEST(what_is_not_known_says_why)
{
	give(0, GPA - 1, 8, true);
	give(0, DATA, 8, true);
	give(1, DATA, 8, true);
	w->dev.queues[1].backend = &backend;
	look();
	ck_assert_int_eq(of_ring(0, "buffers"), 2);
	ck_assert_int_eq(of_ring(0, "unknown"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(rings, 0), "why")),
			 "not in the window");
	ck_assert_int_eq(of_ring(1, "buffers"), 1);
	ck_assert_int_eq(of_ring(1, "unknown"), 1);
	ck_assert(json_is_false(
		json_object_get(json_array_get(buffers, 0), "complete")));
	ck_assert_str_eq(runs(), "16n1f15n");
	/* The device has not noticed anything. */
	ck_assert_int_eq(w->dev.queues[0].vq.error.fault, VQ_OK);
	ck_assert_int_eq(w->dev.queues[0].vq.stats.outside, 0);

	w->dev.status = VIRTIO_CONFIG_S_NEEDS_RESET;
	look();
	ck_assert_int_eq(of_ring(0, "buffers"), -1);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(rings, 0), "why")),
			 "the device waits for a reset");
	ck_assert_str_eq(runs(), "32n");
}
END_TEST

START_TEST(without_devices_there_is_nothing)
{
	w->vm.devices = NULL;
	look();
	ck_assert_uint_eq(json_array_size(rings), 0);
	ck_assert_uint_eq(json_array_size(buffers), 0);
	w->vm.devices = &w->devices;
	w->dev.queues[0].vq.ready = w->dev.queues[1].vq.ready = false;
	look();
	ck_assert_uint_eq(json_array_size(rings), 0);
	ck_assert_uint_eq(json_array_size(buffers), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("map_rings");
	TCase *tc = tcase_create("map_rings");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pages_of_a_devices_buffers_are_runs);
	tcase_add_test(tc, what_is_not_known_says_why);
	tcase_add_test(tc, without_devices_there_is_nothing);
	suite_add_tcase(s, tc);
	return unit_main(s);
}
