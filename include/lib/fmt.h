/* SPDX-License-Identifier: MIT */
/*
 * fmt.h - formatted text into a buffer.
 *
 * Conversions: %d %i %u %x %X %o %c %s %p %% with flags "-+ #0", width and
 * precision (also *), and lengths hh h l ll z t. Beyond the C library's:
 *   %pS   an address as symbol+0xoff/0xsize   %ps   without the offset
 *   %pb   const struct cpumask * as a list, "0-3,7"
 * Nothing else is understood, on purpose; an unknown conversion is copied
 * literally. %n does not exist. No floating point.
 */
#ifndef LIB_FMT_H
#define LIB_FMT_H

#include <base/compiler.h>
#include <base/types.h>
#include <stdarg.h>

/**
 * vsnprintf() - format into a buffer of limited size.
 * @buf: receives at most @size bytes, always terminated if @size > 0.
 * @size: bytes in @buf; 0 only counts.
 *
 * Context: any.
 * Return: the length the whole text has, without the terminator.
 */
int __printf(3, 0)
	vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int __printf(3, 4) snprintf(char *buf, size_t size, const char *fmt, ...);

/* The same, returning what was really stored (without the terminator). */
int __printf(3, 4) scnprintf(char *buf, size_t size, const char *fmt, ...);
int __printf(3, 0)
	vscnprintf(char *buf, size_t size, const char *fmt, va_list ap);

#endif /* LIB_FMT_H */
