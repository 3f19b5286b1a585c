// SPDX-License-Identifier: GPL-2.0-only
/* seed_control.c: lines of the control socket as fuzz_control.c reads them. */
#include "seed.h"

#define SEED(name, line) seed_write(name, line, sizeof(line) - 1)

static void seed_write_all(void)
{
	SEED("list", ">{\"v\":1,\"do\":\"list\"}");
	SEED("stat", ">{\"v\":1,\"do\":\"stat\"}");
	SEED("pss", ">{\"v\":1,\"do\":\"stat\",\"pss\":true}");
	SEED("wait", ">{\"v\":1,\"do\":\"wait\"}");
	SEED("kill", ">{\"v\":1,\"do\":\"kill\",\"seconds\":30}");
	SEED("late", ">{\"v\":1,\"do\":\"kill\",\"seconds\":86401}");
	SEED("stop", ">{\"v\":1,\"do\":\"stop\"}");
	SEED("pause", ">{\"v\":1,\"do\":\"pause\"}");
	SEED("resume", ">{\"v\":1,\"do\":\"resume\"}");
	SEED("sysrq", ">{\"v\":1,\"do\":\"sysrq\",\"key\":\"b\"}");
	SEED("reclaim", ">{\"v\":1,\"do\":\"reclaim\",\"page\":2147483648}");
	SEED("memlock", ">{\"v\":1,\"do\":\"memlock\",\"bytes\":8388608}");
	SEED("hold", ">{\"v\":1,\"do\":\"stop-vcpu\",\"vcpu\":1}");
	SEED("regs", ">{\"v\":1,\"do\":\"regs\"}");
	SEED("states", "<{\"vcpus\":[{\"vcpu\":0,\"held\":true,\"off\":true,"
		       "\"pc\":\"0x0\",\"x\":[\"0x1\",7]},{\"vcpu\":1,"
		       "\"unknown\":\"EPERM\"}],\"page\":4096,\"before\":"
		       "\"private\",\"locked\":4096,\"hard\":8192}");
	SEED("threads", "<{\"threads\":[{\"tid\":7,\"name\":\"vcpu0\",\"call\":"
			"\"ioctl(3, ...)\",\"frames\":[\"a+0x1\",2],"
			"\"kernel\":[\"b+0x1/0x2\"]}]}");
	SEED("version", ">{\"v\":2,\"do\":\"stat\"}");
	SEED("unknown", ">{\"v\":1,\"do\":\"stat\",\"more\":true}");
	SEED("verb", ">{\"v\":1,\"do\":\"fly\"}");
	SEED("shown",
	     "<{\"name\":\"a\",\"state\":\"running\",\"pid\":7,"
	     "\"uptime_ms\":93784000,\"restarts\":0,\"protected\":true,"
	     "\"vcpus\":2,\"mem\":134217728,\"memory\":{\"pss\":1,"
	     "\"rss\":null,\"locked\":4096,\"memlock_soft\":8388608,"
	     "\"memlock_exempt\":false}}");
	SEED("counters", "<{\"name\":\"a\",\"vcpu_stats\":[{\"exits\":7,"
			 "\"mmio_user\":null},null],\"devices\":[{\"name\":"
			 "\"blk0\",\"requests\":3,\"bytes\":12,\"kicks\":1},"
			 "{\"name\":\"net0\\\"\",\"requests\":null}]}");
	SEED("map", "<{\"page\":4096,\"spent_us\":7,\"regions\":[{\"name\":"
		    "\"RAM\",\"gpa\":2147483648,\"len\":67108864,\"runs\":"
		    "\"8p7p1r8r4u4r15872u480p\"}],\"rings\":[{\"device\":"
		    "\"blk0\",\"queue\":0,\"size\":256,\"desc\":{\"gpa\":"
		    "2147483648,\"len\":4096}}]}");
	SEED("console", ">{\"v\":1,\"do\":\"console\"}");
	SEED("ask-map", ">{\"v\":1,\"do\":\"map\"}");
	SEED("exempt", "<{\"name\":7,\"memory\":{\"memlock_exempt\":true}}");
}
