/* SPDX-License-Identifier: MIT */
/*
 * kernel_side.c - what pure kernel code expects around it, on the host.
 *
 * Purpose. The same tests and the same sources as in the kernel, run as a
 *	program under the address and undefined-behaviour sanitizers.
 * Model. This file stands in for printk, panic, the symbol table and the
 *	runner's checks. The cases are found in the .selftests section, as in
 *	the kernel (host.ld). Each runs in a process of its own, so nothing
 *	here has to be undone.
 * Invariants.
 *	I1  A case passes only if it checked something, no check failed and
 *	    each warning was expected.
 *	I2  What the stand-ins for allocators gave out has come back.
 * Locking. None: one thread.
 * Limits. No per-CPU data, no interrupts: class unit only. The block
 *	functions use string instructions, which the compiler does not
 *	instrument; calls from other files therefore go through wrappers that
 *	check both regions first.
 */
#include <base/assert.h>
#include <base/compiler.h>
#include <base/types.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/ksyms.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/idr.h>
#include <mm/slab.h>
#include "host.h"

#define LINE_MAX 512

extern const struct selftest __selftests_start[], __selftests_stop[];

static unsigned int checks, failures;
static bool skipped;
static bool warn_expecting;
static unsigned int warn_count;	     /* since warn_expect_begin() */
static unsigned int warn_unexpected; /* ever */
static char warn_text[LINE_MAX];     /* the first since ..._begin() */

/* Every line of the text as a KTAP comment. */
void vprintk(enum log_level level __unused, const char *fmt, va_list ap)
{
	char text[LINE_MAX];
	char *rest = text, *line;

	vscnprintf(text, sizeof(text), fmt, ap);
	while ((line = strsep(&rest, "\n"))) {
		if (!*line && !rest)
			return;
		host_write("# ", 2);
		host_write(line, strlen(line));
		host_write("\n", 1);
	}
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintk(level, fmt, ap);
	va_end(ap);
}

void bug_report(const char *file, int line, const char *fmt, ...)
{
	char msg[LINE_MAX];
	int n = scnprintf(msg, sizeof(msg), "%s:%d: ", file, line);
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(msg + n, sizeof(msg) - (size_t)n, fmt, ap);
	va_end(ap);
	host_panic(msg);
}

bool warn_expect_handle(const char *msg)
{
	if (!warn_expecting)
		return false;
	if (!warn_count++)
		strscpy(warn_text, msg, sizeof(warn_text));
	return true;
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	char msg[LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	if (warn_expect_handle(msg))
		return;
	warn_unexpected++;
	printk(LOG_WARNING, "WARNING %s:%d: %s", file, line, msg);
}

void warn_expect_begin(void)
{
	BUG_ON(warn_expecting);
	warn_expecting = true;
	warn_count = 0;
	warn_text[0] = '\0';
}

unsigned int warn_expect_end(void)
{
	BUG_ON(!warn_expecting);
	warn_expecting = false;
	return warn_count;
}

const char *warn_expect_text(void)
{
	return warn_text;
}

unsigned int warn_unexpected_count(void)
{
	return warn_unexpected;
}

/*
 * One symbol, so that %pS can be tested: this function itself, as 0x100
 * bytes long. Its name is what the kernel's table would say.
 */
bool ksym_lookup(unsigned long addr, struct ksym *sym)
{
	unsigned long start = (unsigned long)ksym_lookup;

	if (addr < start || addr >= start + 0x100)
		return false;
	sym->name = "ksym_lookup";
	sym->addr = start;
	sym->size = 0x100;
	return true;
}

unsigned long ksym_addr(const char *name)
{
	return strcmp(name, "ksym_lookup") ? 0 : (unsigned long)ksym_lookup;
}

bool selftest_check(bool ok, const char *file, int line, const char *expr,
		    u64 got, u64 want)
{
	checks++;
	if (ok)
		return true;
	failures++;
	pr_raw("%s:%d: %s: left %llu (0x%llx), right %llu (0x%llx)", file, line,
	       expr, got, got, want, want);
	return false;
}

bool selftest_check_str(const char *file, int line, const char *expr,
			const char *got, const char *want)
{
	bool ok = got && want ? !strcmp(got, want) : got == want;

	checks++;
	if (ok)
		return true;
	failures++;
	pr_raw("%s:%d: %s: \"%s\", not \"%s\"", file, line, expr, got, want);
	return false;
}

void selftest_skip(const char *why)
{
	skipped = true;
	pr_raw("skipped: %s", why);
}

bool selftest_failing(void)
{
	return false;
}

unsigned long selftest_scale(void)
{
	return host_scale();
}

u64 selftest_seed(void)
{
	return host_seed();
}

/* One cache is enough for what is tested here. */
struct kmem_cache {
	size_t size;
};

struct kmem_cache *kmem_cache_create(const char *name __unused, size_t size,
				     size_t align __unused,
				     unsigned long flags __unused,
				     void (*ctor)(void *obj))
{
	static struct kmem_cache cache;

	BUG_ON(cache.size || ctor);
	cache.size = size;
	return &cache;
}

void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp __unused)
{
	return host_alloc(cache->size);
}

void kmem_cache_free(struct kmem_cache *cache __unused, void *obj)
{
	host_free(obj);
}

unsigned int host_case_count(void)
{
	return (unsigned int)(__selftests_stop - __selftests_start);
}

const char *host_case_name(unsigned int i)
{
	return __selftests_start[i].name;
}

const char *host_case_items(unsigned int i)
{
	return __selftests_start[i].items;
}

enum host_result host_case_run(unsigned int i)
{
	const struct selftest *t = &__selftests_start[i];

	if (t->cls != SELFTEST_unit) {
		selftest_skip("not of class unit");
		return HOST_SKIPPED;
	}
	idr_cache_init();
	t->fn();
	if (warn_unexpected || warn_expecting)
		failures++;
	if (host_live()) { /* I2 */
		pr_raw("%lu pieces of memory leaked", host_live());
		failures++;
	}
	if (failures)
		return HOST_FAILED; /* I1 */
	if (skipped)
		return HOST_SKIPPED;
	return checks ? HOST_PASSED : HOST_NOTHING_CHECKED;
}

/* The linker (--wrap) sends calls from other files here. */
void *__real_vx_memcpy(void *dst, const void *src, size_t n);
void *__real_vx_memmove(void *dst, const void *src, size_t n);
void *__real_vx_memset(void *dst, int c, size_t n);
void *__wrap_vx_memcpy(void *dst, const void *src, size_t n);
void *__wrap_vx_memmove(void *dst, const void *src, size_t n);
void *__wrap_vx_memset(void *dst, int c, size_t n);

void *__wrap_vx_memcpy(void *dst, const void *src, size_t n)
{
	uintptr_t d = (uintptr_t)dst, s = (uintptr_t)src;

	/* memcpy() promises nothing for regions that overlap. */
	BUG_ON(n && d != s && (d - s < n || s - d < n));
	host_check_region(src, n);
	host_check_region(dst, n);
	return __real_vx_memcpy(dst, src, n);
}

void *__wrap_vx_memmove(void *dst, const void *src, size_t n)
{
	host_check_region(src, n);
	host_check_region(dst, n);
	return __real_vx_memmove(dst, src, n);
}

void *__wrap_vx_memset(void *dst, int c, size_t n)
{
	host_check_region(dst, n);
	return __real_vx_memset(dst, c, n);
}
