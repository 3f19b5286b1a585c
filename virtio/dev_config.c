// SPDX-License-Identifier: GPL-2.0-only
/* dev_config.c: a device's configuration space (virtio 1.3 §2.5). */
#include "dev.h"

#include <linux/virtio_config.h>
#include <string.h>

void virtio_tell_config(struct virtio_dev *d)
{
	if ((d->status & VIRTIO_CONFIG_S_DRIVER_OK) && d->transport &&
	    d->transport->config_changed)
		d->transport->config_changed(d->transport_ctx);
}

void virtio_dev_config_read(struct virtio_dev *d, unsigned int offset,
			    void *buf, unsigned int len)
{
	memset(buf, 0, len);
	if (offset >= d->config_len)
		return;
	if (len > d->config_len - offset)
		len = d->config_len - offset;
	pthread_mutex_lock(&d->lock);
	d->class->config_read(d, offset, buf, len);
	pthread_mutex_unlock(&d->lock);
}

void virtio_dev_config_write(struct virtio_dev *d, unsigned int offset,
			     const void *buf, unsigned int len)
{
	if (offset >= d->config_len || !d->class->config_write)
		return;
	if (len > d->config_len - offset)
		len = d->config_len - offset;
	pthread_mutex_lock(&d->lock);
	d->class->config_write(d, offset, buf, len);
	pthread_mutex_unlock(&d->lock);
}

uint8_t virtio_dev_generation(struct virtio_dev *d)
{
	uint8_t generation;

	pthread_mutex_lock(&d->lock);
	generation = d->config_generation;
	pthread_mutex_unlock(&d->lock);
	return generation;
}

void virtio_config_changed(struct virtio_dev *d)
{
	d->config_generation++;
	virtio_tell_config(d);
}
