/* SPDX-License-Identifier: MIT */
/*
 * errno.h - error numbers, with Linux's values; returned negated.
 */
#ifndef BASE_ERRNO_H
#define BASE_ERRNO_H

#define EPERM	    1	/* operation not permitted */
#define ENOENT	    2	/* no such thing */
#define EINTR	    4	/* interrupted */
#define EIO	    5	/* the device or register did not answer */
#define ENXIO	    6	/* no such device or address */
#define E2BIG	    7	/* argument too long */
#define EAGAIN	    11	/* try again */
#define ENOMEM	    12	/* out of memory */
#define EFAULT	    14	/* bad address */
#define EBUSY	    16	/* in use */
#define EEXIST	    17	/* exists already */
#define ENODEV	    19	/* no such device */
#define EINVAL	    22	/* invalid argument */
#define ENOSPC	    28	/* no room left */
#define EDOM	    33	/* argument outside the domain */
#define ERANGE	    34	/* result does not fit */
#define EDEADLK	    35	/* would deadlock */
#define ENOSYS	    38	/* not implemented */
#define ENODATA	    61	/* no data */
#define EOVERFLOW   75	/* value too large */
#define EILSEQ	    84	/* malformed sequence or checksum */
#define ENOTSUP	    95	/* not supported */
#define ETIMEDOUT   110 /* did not answer in time */
#define ERESTARTSYS 512 /* internal: restart the system call */

/* Pointers in [-MAX_ERRNO, -1] are errors; see <base/err.h>. */
#define MAX_ERRNO 4095

#endif /* BASE_ERRNO_H */
