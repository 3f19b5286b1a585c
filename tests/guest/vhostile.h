/* SPDX-License-Identifier: GPL-2.0-only */
/* vhostile.h: what the parts of the hostile driver have in common. */
#ifndef LKVM_PVM_TESTS_VHOSTILE_H
#define LKVM_PVM_TESTS_VHOSTILE_H

#include "noise.h"
#include "vpci.h"

#define VHOSTILE_MAX 8U /* devices */

/* Says what went wrong, and is 0. */
int failed(const struct vpci *d, const char *what, uint64_t arg);
void wait_ms(uint64_t ms);

/* Offers request @i of the device's kind; descriptors 3 * @i and on are its. */
void put_request(struct vpci *d, unsigned int i);
/* As many as there is room for; their number. */
unsigned int put_many(struct vpci *d);
/* Starts the device anew and has it serve a request. */
int works(struct vpci *d);

int all_work(struct vpci *all, unsigned int nr);
/* Every page of it; whether that could be done. */
int share_window(void);

/* Groups of attacks; 0: failed, which is said. */
int status_orders(struct vpci *d);
int queue_sizes(struct vpci *d);
int enable_twice(struct vpci *d);
int noise_of_access_cap(struct vpci *d);
int notify_storm(struct vpci *d);
int noise_of_registers(struct vpci *d);
int vectors(struct vpci *d);
int config_past_end(struct vpci *d);
int reset_in_flight(struct vpci *d);
int queue_reset_in_flight(struct vpci *d);
/* ... on the ring */
int queue_addresses(struct vpci *d);
int bad_chains(struct vpci *d);
int bad_requests(struct vpci *d);
int revoke(struct vpci *d);
int revoke_in_flight(struct vpci *d);
/* ... one ring for two devices, which both serve it */
int share_ring(struct vpci *all, unsigned int nr);

/* All of it, in other ways: 0: failed, which is said. */
int attack_by_rounds(struct vpci *all, unsigned int nr, unsigned int more);
int attack_by_crowd(struct vpci *all, unsigned int nr);
int attack_by_name(struct vpci *all, unsigned int nr);

#endif
