/* SPDX-License-Identifier: MIT */
/*
 * version.h - what this kernel calls itself. No date and no host name: the
 * same source gives the same image.
 */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#include <base/config.h>

#define VITRIX_VERSION "0.1"

#ifdef __clang__
#define VITRIX_COMPILER "clang " __clang_version__
#else
#define VITRIX_COMPILER "gcc " __VERSION__
#endif

#define VITRIX_BUILD (CONFIG_DEBUG ? "debug" : "release")

#endif /* KERNEL_VERSION_H */
