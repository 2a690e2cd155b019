/* SPDX-License-Identifier: MIT */
/*
 * rename.h - moves the kernel's functions out of the C library's way.
 *
 * Force-included into every kernel and test source of the host build: the
 * kernel's memcpy() becomes vx_memcpy() there, in its definition and in all
 * calls. So the tests test the kernel's versions, and the sanitizers'
 * runtime keeps the C library's. A name is missing here exactly when the
 * linker reports it as defined twice, or a test tests the wrong one.
 */
#ifndef HOST_RENAME_H
#define HOST_RENAME_H

#define memchr	   vx_memchr
#define memcmp	   vx_memcmp
#define memcpy	   vx_memcpy
#define memmove	   vx_memmove
#define memset	   vx_memset
#define strcasecmp vx_strcasecmp
#define strchr	   vx_strchr
#define strcmp	   vx_strcmp
#define strcspn	   vx_strcspn
#define strlen	   vx_strlen
#define strncmp	   vx_strncmp
#define strnlen	   vx_strnlen
#define strrchr	   vx_strrchr
#define strsep	   vx_strsep
#define strspn	   vx_strspn
#define strstr	   vx_strstr
#define snprintf   vx_snprintf
#define vsnprintf  vx_vsnprintf
#define bsearch	   vx_bsearch

#endif /* HOST_RENAME_H */
