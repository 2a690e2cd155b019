/* SPDX-License-Identifier: MIT */
/*
 * sections.h (arch) - where the parts of the image lie; set by linker.ld.
 *
 * Borders of registries (.params, .commands, ...) are declared beside the
 * registry that they belong to.
 */
#ifndef ARCH_SECTIONS_H
#define ARCH_SECTIONS_H

#include <base/types.h>

extern const char _text[], _etext[];
extern const char __rodata_start[], __rodata_end[];
extern char _data[], _edata[];
extern char __bss_start[], __bss_end[];
extern char _end[];

/* Whether an address lies in the kernel's code. */
static inline bool arch_text_address(unsigned long addr)
{
	return addr >= (unsigned long)_text && addr < (unsigned long)_etext;
}

#endif /* ARCH_SECTIONS_H */
