// SPDX-License-Identifier: GPL-2.0-only
/* seed_options.c: command lines as fuzz_options.c reads them. */
#include "seed.h"

/* The final NUL of the literal ends the last argument. */
#define SEED(name, line) seed_write(name, line, sizeof(line))

static void seed_write_all(void)
{
	SEED("short", "-k\0Image\0-i\0initrd.gz\0-m\000512\0-c\0002");
	SEED("long", "--kernel=Image\0--initrd=a\0--initrd\0b\0--mem=0x40M\0"
		     "--params\0quiet\0--params=console=ttyS0");
	SEED("kvmtool", "Image\0--protected\0--nodefaults\0--network\0"
			"mode=none\0--console\0serial\0--irqchip\0gicv3-its\0"
			"--loglevel=debug\0--no-balloon\0--kaslr-seed\00012");
	SEED("ours", "--firmware\0fw\0--memlock=lazy\0--on-reset=restart\0"
		     "--protected=off\0--dump-dtb\0x\0--irqchip=gicv3");
	SEED("affinity", "-kx\0-c4\0--vcpu-affinity\0000:2,1:3-5,9,3:0");
	SEED("affinity-all", "-kx\0--vcpu-affinity=0-3,8");
	SEED("outputs", "-kx\0--verdict\0v\0--events=fd:3\0--events\0-\0"
			"--timeout\0001.5\0--hang-timeout=3\0--expect\0a+\0"
			"--fail-on=b|c\0--artifacts\0d\0--console-log\0l");
	SEED("refused", "--9p\0a,b");
	SEED("unknown", "--kernle\0Image");
	SEED("cards", "-kx\0-n\0tap,if=tap0,mac=02:00:00:00:00:01,queues=2\0"
		      "--network=tap,if=tap1,vhost=on\0"
		      "-n\0passt,tcp=8022:22,tcp=80,udp=53,vhost=off\0");
	SEED("cards-kvmtool", "-kx\0-n\0mode=tap,tapif=t,guest_mac="
			      "02:00:00:00:00:02,script=none,trans=mmio,mq=1,"
			      "host_ip=192.168.33.1\0-n\0mode=user");
	SEED("cards-fd", "-kx\0-n\0tap,fd=3\0-n\0tap,fd=3");
	SEED("cards-name", "-kx\0-n\0tap,if=a/b\0");
	SEED("cards-word", "-kx\0-n\0tap,queue=2\0");
	SEED("cards-both", "-kx\0-n\0tap,if=a,fd=2\0");
	SEED("cards-ports", "-kx\0-n\0tap,if=a,tcp=80\0");
	SEED("cards-script", "-kx\0-n\0tap,if=a,script=up\0");
	SEED("cards-passt", "-kx\0-n\0passt,if=a\0");
	SEED("cards-queues", "-kx\0-n\0passt,queues=2\0");
	SEED("disks", "-kx\0-d\0a,ro,serial=A-1,id=root\0-d\0b,snapshot\0"
		      "--disk=c,direct,queues=2\0");
	SEED("disks-wrong", "-kx\0-d\0a,readonly\0");
	SEED("disks-serial", "-kx\0-d\0a,serial=?\0");
	SEED("disks-id", "-kx\0-d\0a,id=?\0");
	SEED("disks-default", "-kx\0-d\0a,id=blk1\0");
	SEED("disks-twice", "-kx\0-d\0a,id=x\0-d\0b,id=x\0");
	SEED("disks-queues", "-kx\0-d\0a,queues=0\0");
	SEED("disks-cpus", "-kx\0-d\0a,queues=9\0");
	SEED("disks-nameless", "-kx\0-d\0,ro\0");
	SEED("disks-scsi", "-kx\0-d\0scsi:w\0");
	SEED("disks-both", "-kx\0-d\0a,ro,snapshot\0");
	SEED("ports", "-kx\0--console=virtio\0--port=name=a,pty\0"
		      "--port=name=b,file=/b\0--port\0name=c,unix=/c\0");
	SEED("shares", "-kx\0--share=/a\0--share=/b,tag=b,ro\0--share=/c\0");
	SEED("back-ends", "-kx\0--vhost-user=socket=/s,type=blk\0"
			  "--vhost-user=socket=/t,type=fs,tag=t\0"
			  "--vhost-user\0socket=/n,type=net,mac="
			  "02:00:00:00:00:03\0"
			  "--vhost-user=type=rng,socket=/r\0");
	SEED("vsock", "-kx\0--vsock=cid=auto\0--window=16\0--rng\0--stats");
	SEED("vsock-unix", "-kx\0--vsock=socket=/v,cid=5\0--window=auto\0"
			   "--virtio-transport=mmio\0");
	SEED("end", "--debug\0--\0-Image");
}
