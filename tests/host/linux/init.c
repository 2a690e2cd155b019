/* SPDX-License-Identifier: MIT */
/*
 * init.c - the only program of the Linux that is measured: loads the module,
 * then switches the machine off.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/vx_bench.ko", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		perror("vx_bench.ko"); /* "try again": its way to be gone */
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
