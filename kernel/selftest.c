/* SPDX-License-Identifier: MIT */
/*
 * selftest.c - runs the tests that the image contains.
 *
 * Purpose. The kernel proves itself where it runs: on its own CPUs, with its
 *	own interrupts, over the serial line that a host program reads.
 *
 * Model. The cases are the .selftests section. A run is
 *
 *	choose (globs) -> order (names, or shuffled by seed) -> for each:
 *		note the state -> run -> compare the state -> one KTAP line
 *
 *	The state that a case must leave as it was: preempt count, interrupt
 *	flag, number of warnings, open expectations, and the totals that
 *	other floors registered (allocated memory). So a case fails that
 *	leaks or leaves a lock held, although all its checks were true.
 *
 *	A case of class alloc is then repeated, in debug builds: in round n
 *	its n-th allocation fails (<mm/fail.h>), and the same is asked of it.
 *	The rounds end with the one in which no allocation was left to fail.
 *
 * Output (KTAP version 1), with diagnostics in "# " lines before the verdict:
 *
 *	KTAP version 1
 *	1..2
 *	ok 1 lib.list.add_tail # 12 checks
 *	# tests/lib/test_list.c:40: n == 3: got 2 (0x2), want 3 (0x3)
 *	not ok 2 lib.list.del # 4 checks, 1 failed
 *	# totals: pass:1 fail:1 skip:0 checks:16
 *
 * Invariants.
 *   I1  A case without a single check fails.
 *   I2  run.test is not NULL exactly while a case runs; only then does its
 *       time count. Time is watchdog NMIs, which come to one CPU only.
 *
 * Locking. Counters that checks change are atomic, because checks may come
 *	from any CPU. The rest belongs to the one CPU that runs the tests; the
 *	watchdog reads test and counts nmis_left down.
 * Contexts. Checks: any. Runs: task.
 * Limits. One run at a time. A case that never comes back ends the run: the
 *	watchdog turns it into a panic that shows what every CPU does.
 */
#include <kernel/selftest.h>

#include <arch/machine.h>
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <base/errno.h>
#include <kernel/command.h>
#include <kernel/watchdog.h>
#include <lib/context.h>
#include <lib/fault.h>
#include <lib/glob.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/param.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/random.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <mm/fail.h>

#define MAX_CASES    2048
#define MAX_TOTALS   8
#define MAX_MESSAGES 20 /* failures printed for one case */
#define MAX_ROUNDS   1000

struct total {
	const char *name;
	unsigned long (*read)(void);
};

/* What a case must leave as it found it. */
struct state {
	u32 preempt;
	bool irqs_off;
	unsigned int warnings;
	unsigned long totals[MAX_TOTALS];
};

/*
 * Lock key: (a) atomic; (r) the running CPU; (R) it, read by the watchdog;
 * (w) set by the running CPU while test is NULL, then the watchdog's.
 */
static struct {
	const struct selftest *test; /* (R) */
	unsigned long nmis_left; /* (w) watchdog NMIs until it is too late */
	bool quiet;		 /* (r) failures are counted, not told */
	const char *skip;	 /* (r) why */
	const char *leak;	 /* (r) the first total that changed */
	unsigned int round;	 /* (r) allocation to fail; 0: none */
	atomic64_t checks;	 /* (a) */
	atomic_t failed;	 /* (a) */
	atomic_t messages;	 /* (a) */
} run;

static struct total totals_table[MAX_TOTALS];
static unsigned int nr_totals;
static void (*settle_table[MAX_TOTALS])(void);
static unsigned int nr_settles;

static u16 order[MAX_CASES];

static char requested[256];
static unsigned int scale = 1;
static u64 seed;
static unsigned int limit_s = 30;
static unsigned int only_round;

static int request(const char *value)
{
	long n = strscpy(requested, value && *value ? value : "*",
			 sizeof(requested));

	if (n < 0)
		return (int)n;
	panic_set_default(PANIC_EXIT);
	return 0;
}
PARAM_FN("selftest", request, "globs of tests to run, then exit");
PARAM_UINT("scale", scale, "loops of stress tests times this", 1, 1000000);
PARAM_U64("seed", seed, "random numbers of this run; shuffles tests");
PARAM_UINT("failnth", only_round, "of class alloc, fail this allocation only",
	   0, MAX_ROUNDS);
PARAM_UINT("testlimit", limit_s, "seconds one test may take", 1, 100000);

const char *selftest_requested(void)
{
	return requested[0] ? requested : NULL;
}

unsigned long selftest_scale(void)
{
	return scale;
}

u64 selftest_seed(void)
{
	return seed ? seed : 1;
}

void selftest_add_total(const char *name, unsigned long (*read)(void))
{
	BUG_ON(nr_totals == MAX_TOTALS);
	totals_table[nr_totals++] = (struct total){.name = name, .read = read};
}

void selftest_add_settle(void (*settle)(void))
{
	BUG_ON(nr_settles == MAX_TOTALS);
	settle_table[nr_settles++] = settle;
}

static void settle_all(void)
{
	for (unsigned int i = 0; i < nr_settles; i++)
		settle_table[i]();
}

static void count_failure(void)
{
	atomic_inc(&run.failed);
}

/* Whether a failure may still be printed; the first ones are the best. */
static bool may_print(void)
{
	int n;

	if (run.quiet)
		return false;
	n = atomic_inc_return(&run.messages);
	if (n == MAX_MESSAGES + 1)
		pr_raw("# further failures are only counted\n");
	return n <= MAX_MESSAGES;
}

bool selftest_check(bool ok, const char *file, int line, const char *expr,
		    u64 got, u64 want)
{
	atomic64_inc(&run.checks);
	if (likely(ok))
		return true;
	count_failure();
	if (may_print())
		pr_raw("# %s:%d: %s: got %lld (0x%llx), want %lld (0x%llx)\n",
		       file, line, expr, (s64)got, got, (s64)want, want);
	return false;
}

bool selftest_check_str(const char *file, int line, const char *expr,
			const char *got, const char *want)
{
	bool ok = got == want || (got && want && strcmp(got, want) == 0);

	atomic64_inc(&run.checks);
	if (likely(ok))
		return true;
	count_failure();
	if (may_print())
		pr_raw("# %s:%d: %s: got \"%s\", want \"%s\"\n", file, line,
		       expr, got ? got : "(null)", want ? want : "(null)");
	return false;
}

bool selftest_failing(void)
{
	return run.round && current_ctx()->nr_failed;
}

void selftest_skip(const char *why)
{
	run.skip = why;
}

static void __printf(1, 2) fail_case(const char *fmt, ...)
{
	va_list ap;

	count_failure();
	if (run.quiet)
		return;
	va_start(ap, fmt);
	vprintk(LOG_RAW, fmt, ap);
	va_end(ap);
}

static void note_state(struct state *s)
{
	s->preempt = preempt_count();
	s->irqs_off = irqs_disabled();
	settle_all();
	s->warnings = warn_unexpected_count();
	for (unsigned int i = 0; i < nr_totals; i++)
		s->totals[i] = totals_table[i].read();
}

/* Puts right what would spoil the next case, too. */
static void compare_state(const struct state *s)
{
	if (preempt_count() != s->preempt) {
		fail_case("# preempt count was 0x%x, is 0x%x\n", s->preempt,
			  preempt_count());
		this_cpu_add(preempt_word, s->preempt - preempt_count());
	}
	if (irqs_disabled() != s->irqs_off) {
		fail_case("# interrupts were %s, are %s\n",
			  s->irqs_off ? "off" : "on",
			  s->irqs_off ? "on" : "off");
		if (s->irqs_off)
			local_irq_disable();
		else
			local_irq_enable();
	}
	if (warn_expect_cancel())
		fail_case("# warn_expect_begin() without warn_expect_end()\n");
	settle_all();
	if (warn_unexpected_count() != s->warnings)
		fail_case("# %u unexpected warnings\n",
			  warn_unexpected_count() - s->warnings);
	for (unsigned int i = 0; i < nr_totals; i++) {
		const struct total *t = &totals_table[i];
		unsigned long now = t->read();

		if (now == s->totals[i])
			continue;
		fail_case("# %s: %lu before, %lu after\n", t->name,
			  s->totals[i], now);
		if (!run.leak)
			run.leak = t->name;
	}
	if (!run.skip && atomic64_read(&run.checks) == 0) /* I1 */
		fail_case("# the case checked nothing\n");
}

/* Of the classes whose loops are multiplied, the limit is, too. */
static unsigned int time_limit(const struct selftest *t)
{
	bool scaled = t->cls == SELFTEST_stress || t->cls == SELFTEST_race;

	return scaled ? limit_s * scale : limit_s;
}

/*
 * The case once, between two looks at the state. Returns how many allocations
 * were made to fail.
 */
static unsigned int run_once(const struct selftest *t, unsigned int seconds)
{
	unsigned int nr = 0;
	struct state state;

	note_state(&state);
	WRITE_ONCE(run.nmis_left, (unsigned long)seconds * WATCHDOG_HZ);
	barrier(); /* I2: the NMI may come on this CPU at once */
	WRITE_ONCE(run.test, t);
	if (run.round)
		fail_nth_begin(run.round);
	t->fn();
	if (run.round)
		nr = fail_nth_end();
	WRITE_ONCE(run.test, NULL);
	compare_state(&state);
	return nr;
}

/* Returns whether there was an allocation to fail. */
static bool run_round(const struct selftest *t, unsigned int seconds)
{
	if (!run_once(t, seconds))
		return false;
	if (atomic_read(&run.failed) && !run.quiet) {
		pr_raw("# allocation %u was made to fail (failnth=%u):\n",
		       run.round, run.round);
		fail_nth_print(LOG_RAW);
	}
	return true;
}

static void run_rounds(const struct selftest *t, unsigned int seconds)
{
	run.round = only_round ? only_round : 1;
	while (run_round(t, seconds) && !atomic_read(&run.failed)) {
		if (only_round)
			break;
		if (run.round++ == MAX_ROUNDS) {
			fail_case("# more than %u allocations\n", MAX_ROUNDS);
			break;
		}
	}
	run.round = 0;
}

static void run_case(const struct selftest *t, unsigned int seconds)
{
	run.skip = NULL;
	run.leak = NULL;
	run.round = 0;
	atomic64_set(&run.checks, 0);
	atomic_set(&run.failed, 0);
	atomic_set(&run.messages, 0);
	run_once(t, seconds);
	if (CONFIG_DEBUG && t->cls == SELFTEST_alloc && !run.skip &&
	    !atomic_read(&run.failed))
		run_rounds(t, seconds);
}

void selftest_try(const struct selftest *test, unsigned int seconds,
		  struct selftest_verdict *v)
{
	const struct selftest *outer = run.test;
	struct selftest_verdict saved = {
		.failed = (unsigned int)atomic_read(&run.failed),
		.checks = (u64)atomic64_read(&run.checks),
	};
	unsigned long nmis_left = run.nmis_left;
	int messages = atomic_read(&run.messages);
	const char *skip = run.skip;

	WRITE_ONCE(run.test, NULL); /* I2 */
	if (!outer)
		watchdog_start();
	run.quiet = true;
	run_case(test, seconds);
	run.quiet = false;
	if (!outer)
		watchdog_stop();
	v->failed = (unsigned int)atomic_read(&run.failed);
	v->checks = (u64)atomic64_read(&run.checks);
	v->skipped = run.skip != NULL;
	v->leak = run.leak;

	run.skip = skip;
	atomic64_set(&run.checks, (s64)saved.checks);
	atomic_set(&run.failed, (int)saved.failed);
	atomic_set(&run.messages, messages);
	WRITE_ONCE(run.nmis_left, nmis_left);
	barrier(); /* I2 */
	WRITE_ONCE(run.test, outer);
}

static void print_verdict(unsigned int nr, const struct selftest *t,
			  struct selftest_totals *totals)
{
	u64 checks = (u64)atomic64_read(&run.checks);
	int failed = atomic_read(&run.failed);

	totals->checks += checks;
	if (failed) {
		totals->fail++;
		pr_raw("not ok %u %s # %llu checks, %d failed\n", nr, t->name,
		       checks, failed);
	} else if (run.skip) {
		totals->skip++;
		pr_raw("ok %u %s # SKIP %s\n", nr, t->name, run.skip);
	} else {
		totals->pass++;
		pr_raw("ok %u %s # %llu checks\n", nr, t->name, checks);
	}
}

/* Insertion sort by name, which also finds two cases of one name. */
static unsigned int choose(const char *patterns)
{
	size_t all = (size_t)(__selftests_stop - __selftests_start);
	unsigned int nr = 0;

	BUG_ON(all > MAX_CASES);
	for (size_t i = 0; i < all; i++) {
		const char *name = __selftests_start[i].name;
		unsigned int j = nr;

		if (!glob_match_list(patterns, name))
			continue;
		while (j &&
		       strcmp(__selftests_start[order[j - 1]].name, name) > 0) {
			order[j] = order[j - 1];
			j--;
		}
		order[j] = (u16)i;
		nr++;
	}
	return nr;
}

/* Fisher and Yates: every order is equally likely. */
static void shuffle(unsigned int nr)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	for (unsigned int i = nr; i > 1; i--) {
		unsigned int j = prandom_u32_below(&rnd, i);

		swap(order[i - 1], order[j]);
	}
}

int selftest_run(const char *patterns, struct selftest_totals *totals)
{
	unsigned int nr = choose(patterns);

	*totals = (struct selftest_totals){0};
	if (seed)
		shuffle(nr);

	watchdog_start();
	pr_raw("KTAP version 1\n");
	pr_raw("1..%u\n", nr);
	for (unsigned int i = 0; i < nr; i++) {
		const struct selftest *t = &__selftests_start[order[i]];

		run_case(t, time_limit(t));
		print_verdict(i + 1, t, totals);
	}
	watchdog_stop();
	if (!nr) {
		pr_raw("# no test matches \"%s\"\n", patterns);
		totals->fail = 1;
	}
	pr_raw("# totals: pass:%u fail:%u skip:%u checks:%llu\n", totals->pass,
	       totals->fail, totals->skip, totals->checks);
	return nr ? 0 : -ENOENT;
}

void selftest_boot(void)
{
	struct selftest_totals totals;

	if (!requested[0])
		return;
	selftest_run(requested, &totals);
	arch_exit(totals.fail ? ARCH_EXIT_FAIL : ARCH_EXIT_PASS);
}

bool selftest_watchdog_expired(void)
{
	if (!READ_ONCE(run.test))
		return false;
	if (run.nmis_left == 0)
		return true;
	run.nmis_left--;
	return false;
}

void selftest_watchdog_panic(const struct pt_regs *regs)
{
	const struct selftest *t = READ_ONCE(run.test);

	panic_regs(regs, "test %s did not end within its time limit",
		   t ? t->name : "?");
}

static void report_test(void)
{
	const struct selftest *t = READ_ONCE(run.test);

	if (t)
		pr_raw("  %s (%s), after %lld checks\n", t->name, t->file,
		       atomic64_read(&run.checks));
	else
		pr_raw("  none\n");
	if (t && selftest_failing()) {
		pr_raw("  allocation %u was made to fail (failnth=%u):\n",
		       run.round, run.round);
		fail_nth_print(LOG_RAW);
	}
}
PANIC_REPORT("running test", report_test);

static int cmd_tests(int argc, char **argv)
{
	static const char *const classes[] = {"func", "unit", "race", "alloc",
					      "stress"};
	unsigned int nr = choose(argc > 1 ? argv[1] : "*");

	for (unsigned int i = 0; i < nr; i++) {
		const struct selftest *t = &__selftests_start[order[i]];

		pr_raw("%-40s %-6s %s\n", t->name, classes[t->cls], t->items);
	}
	pr_raw("%u tests\n", nr);
	return 0;
}
COMMAND("tests", "list the self-tests: name, class, items of the specification",
	"[glob]", cmd_tests);

static int cmd_test(int argc, char **argv)
{
	struct selftest_totals totals;

	if (argc != 2)
		return -EINVAL;
	return selftest_run(argv[1], &totals);
}
COMMAND("test", "run the self-tests that match", "<glob>[,<glob>...]",
	cmd_test);
