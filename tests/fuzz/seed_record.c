// SPDX-License-Identifier: GPL-2.0-only
/* seed_record.c: a record with a line of each kind. */
#include "seed.h"

static const char record[] =
	"{\"v\":1,\"ns\":1000000000,\"event\":\"record\",\"format\":1,\"version\":\"0.1.0\",\"time\":1795287844,\"host\":\"7.3.4\",\"machine\":\"aarch64\",\"kernel\":\"Image\",\"params\":\"quiet\"}\n"
	"{\"v\":1,\"ns\":1100000000,\"event\":\"created\",\"protected\":true,\"vcpus\":2,\"mem\":134217728,\"pid\":64}\n"
	"{\"v\":1,\"ns\":1200000000,\"event\":\"loaded\",\"kernel_bytes\":1,\"initrd_bytes\":2}\n"
	"{\"v\":1,\"ns\":1250000000,\"event\":\"machine\",\"window\":5767168,\"page\":4096,\"name\":\"guest\"}\n"
	"{\"v\":1,\"ns\":1300000000,\"event\":\"vcpu-start\",\"vcpu\":0}\n"
	"{\"v\":1,\"ns\":1400000000,\"event\":\"violation\",\"device\":\"blk0\",\"what\":\"a <b>\"}\n"
	"{\"v\":1,\"ns\":2000000000,\"event\":\"sample\",\"locked\":1048576,\"console\":10,\"limited\":1,\"exits\":100,\"mmio_user\":10,\"wfi\":5,\"hvc\":3,\"limit\":2097152}\n"
	"{\"v\":1,\"ns\":2000100000,\"event\":\"device\",\"device\":\"blk0\",\"requests\":7,\"bytes\":28672,\"outside\":1,\"partial\":true}\n"
	"{\"v\":1,\"ns\":2000200000,\"event\":\"window\",\"private\":1,\"readable\":514,\"us\":29159}\n"
	"{\"v\":1,\"ns\":3000000000,\"event\":\"sample\",\"locked\":2097152,\"console\":20,\"exits\":12345}\n"
	"{\"v\":1,\"ns\":3100000000,\"event\":\"vcpu\",\"vcpu\":1,\"exits\":9474}\n"
	"{\"v\":1,\"ns\":3200000000,\"event\":\"map\",\"region\":\"RAM\",\"gpa\":2153250816,\"len\":524288,\"cell\":65536,\"at\":0,\"cells\":\"#%o..?##\"}\n"
	"{\"v\":1,\"ns\":3200000000,\"event\":\"map-total\",\"region\":\"RAM\",\"page\":4096,\"private\":60,\"readable\":20}\n"
	"{\"v\":1,\"ns\":3300000000,\"event\":\"exit\",\"code\":0,\"origin\":\"guest\",\"reason\":\"powered off\"}\n";

static void seed_write_all(void)
{
	seed_write("record", record, sizeof(record) - 1);
	seed_write("cut", record, sizeof(record) - 30);
}
