/* SPDX-License-Identifier: MIT */
/*
 * libc_side.c - the host test program: arguments, processes, KTAP.
 *
 * Purpose. Runs each case in a child with a time limit, so that a crash, a
 *	sanitizer's report or an endless loop fails that case and no other.
 * Usage. host-test [glob[,glob...]] [seed=N] [scale=N] [limit=SECONDS]
 *	Exit code 0 if all passed, 1 if one failed or none was selected, 2 for
 *	wrong arguments.
 * Limits. panic_catch() leaves by longjmp(), without the report that the
 *	kernel would print.
 */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sanitizer/asan_interface.h>
#include "host.h"

static unsigned long long seed = 1;
static unsigned long scale = 1;
static unsigned int limit_s = 120;
static const char *globs = "*";

static jmp_buf *panic_landing; /* innermost panic_catch(), or NULL */
static char panic_msg[512];

void host_write(const char *s, size_t n)
{
	fwrite(s, 1, n, stdout);
	fflush(stdout);
}

unsigned long long host_seed(void)
{
	return seed;
}

unsigned long host_scale(void)
{
	return scale;
}

static unsigned long live;

void *host_alloc(size_t size)
{
	void *p = calloc(1, size);

	live += p != NULL;
	return p;
}

void host_free(void *p)
{
	live -= p != NULL;
	free(p);
}

unsigned long host_live(void)
{
	return live;
}

void host_check_region(const void *p, size_t n)
{
	const volatile char *bad;

	if (!n)
		return;
	bad = __asan_region_is_poisoned((void *)(uintptr_t)p, n);
	if (bad)
		(void)*bad; /* the sanitizer reports and stops here */
}

void host_panic(const char *msg)
{
	if (panic_landing) {
		snprintf(panic_msg, sizeof(panic_msg), "%s", msg);
		longjmp(*panic_landing, 1);
	}
	printf("# panic: %s\n", msg);
	fflush(stdout);
	abort();
}

/* The kernel's, see <lib/fault.h>. */
bool panic_catch(void (*fn)(void *), void *arg, char *msg, size_t size);

bool panic_catch(void (*fn)(void *), void *arg, char *msg, size_t size)
{
	jmp_buf *volatile outer = panic_landing;
	volatile bool caught = false;
	jmp_buf here;

	panic_msg[0] = '\0';
	if (setjmp(here) == 0) {
		panic_landing = &here;
		fn(arg);
	} else {
		caught = true;
	}
	panic_landing = outer;
	if (size)
		snprintf(msg, size, "%s", panic_msg);
	return caught;
}

static bool selected(const char *name)
{
	char list[512];
	char *rest = list, *glob;

	snprintf(list, sizeof(list), "%s", globs);
	while ((glob = strsep(&rest, ",")))
		if (fnmatch(glob, name, 0) == 0)
			return true;
	return false;
}

static unsigned int passed, failed, skipped;

static void run_case(unsigned int number, unsigned int i)
{
	const char *name = host_case_name(i);
	const char *why = "";
	int status = 0;
	pid_t child;

	printf("# items %s: %s\n", name, host_case_items(i));
	fflush(stdout);
	child = fork();
	if (child == 0) {
		alarm(limit_s);
		_exit(host_case_run(i));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		why = "could not be run";
	else if (WIFSIGNALED(status))
		why = WTERMSIG(status) == SIGALRM ? "time limit" : "crashed";
	else if (WEXITSTATUS(status) == HOST_NOTHING_CHECKED)
		why = "nothing was checked";
	else if (WEXITSTATUS(status) == HOST_FAILED)
		why = "failed";
	else if (WEXITSTATUS(status) != HOST_PASSED &&
		 WEXITSTATUS(status) != HOST_SKIPPED)
		why = "stopped by a sanitizer";
	if (*why)
		printf("# %s: %s; again: host-test '%s' seed=%llu scale=%lu\n",
		       name, why, name, seed, scale);
	if (*why)
		failed++;
	else if (WEXITSTATUS(status) == HOST_SKIPPED)
		skipped++;
	else
		passed++;
	printf("%sok %u %s%s\n", *why ? "not " : "", number, name,
	       !*why && WEXITSTATUS(status) == HOST_SKIPPED ? " # SKIP" : "");
}

static bool parse_arg(const char *arg)
{
	if (!strncmp(arg, "seed=", 5))
		seed = strtoull(arg + 5, NULL, 0);
	else if (!strncmp(arg, "scale=", 6))
		scale = strtoul(arg + 6, NULL, 0);
	else if (!strncmp(arg, "limit=", 6))
		limit_s = (unsigned int)strtoul(arg + 6, NULL, 0);
	else if (!strncmp(arg, "selftest=", 9))
		globs = arg + 9;
	else if (*arg != '-' && !strchr(arg, '='))
		globs = arg;
	else
		return false;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(host_case_name(*(const unsigned int *)a),
		      host_case_name(*(const unsigned int *)b));
}

/* The cases that were asked for, in the order of their names. */
static unsigned int select_cases(unsigned int *chosen)
{
	unsigned int i, n = 0;

	for (i = 0; i < host_case_count(); i++)
		if (selected(host_case_name(i)))
			chosen[n++] = i;
	qsort(chosen, n, sizeof(*chosen), by_name);
	return n;
}

int main(int argc, char **argv)
{
	unsigned int i, planned;
	unsigned int *chosen;

	for (i = 1; i < (unsigned int)argc; i++) {
		if (!parse_arg(argv[i])) {
			fprintf(stderr, "%s: what is %s?\n", argv[0], argv[i]);
			return 2;
		}
	}
	chosen = calloc(host_case_count(), sizeof(*chosen));
	planned = chosen ? select_cases(chosen) : 0;
	printf("KTAP version 1\n1..%u\n", planned);
	for (i = 0; i < planned; i++)
		run_case(i + 1, chosen[i]);
	free(chosen);
	printf("# %u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !planned;
}
