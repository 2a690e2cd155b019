/* SPDX-License-Identifier: MIT */
/*
 * io.h - I/O ports.
 *
 * Each access is also a compiler barrier. Source: Intel SDM vol. 2, IN, OUT.
 */
#ifndef X86_IO_H
#define X86_IO_H

#include <base/compiler.h>
#include <base/types.h>

static __always_inline void outb(u16 port, u8 v)
{
	__asm__ __volatile__("outb %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static __always_inline void outw(u16 port, u16 v)
{
	__asm__ __volatile__("outw %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static __always_inline void outl(u16 port, u32 v)
{
	__asm__ __volatile__("outl %0, %1" ::"a"(v), "Nd"(port) : "memory");
}

static __always_inline u8 inb(u16 port)
{
	u8 v;

	__asm__ __volatile__("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u16 inw(u16 port)
{
	u16 v;

	__asm__ __volatile__("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u32 inl(u16 port)
{
	u32 v;

	__asm__ __volatile__("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

/* Port 0x80 takes the power-on self-test codes; a write takes about 1 us. */
static __always_inline void io_delay(void)
{
	outb(0x80, 0);
}

#endif /* X86_IO_H */
