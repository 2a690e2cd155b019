/* SPDX-License-Identifier: MIT */
/*
 * test_printk.c - printk in the running kernel: nesting, NMI, panic, and
 * several CPUs at once.
 *
 * Model. The console is tapped (printk_console_tap): what would be shown
 * lands in an array instead. What was stored is read back with log_read().
 * Messages begin with "printk-test" so that others (of the tick, of another
 * CPU) do not disturb.
 */
#include "lib/printk_internal.h"
#include "tests/workers.h"

#include <lib/cpumask.h>
#include <lib/fault.h>
#include <lib/fmt.h>
#include <lib/irqflags.h>
#include <lib/panic.h>
#include <lib/preempt.h>
#include <lib/printk.h>
#include <lib/selftest.h>
#include <lib/string.h>
#include <lib/time.h>

#define MARK	 "printk-test"
#define CAPTURE	 65536
#define LINES	 40 /* of each CPU; times CPUs times length < CAPTURE */
#define MAX_CPUS 16 /* of those, so many are checked */

static char captured[CAPTURE]; /* under the console lock */
static size_t nr_captured;
static unsigned int broken_pieces; /* shown, but not whole lines */

static bool capture(const char *s, size_t n)
{
	if (s[n - 1] != '\n')
		broken_pieces++;
	n = min(n, CAPTURE - 1 - nr_captured);
	memcpy(captured + nr_captured, s, n);
	nr_captured += n;
	captured[nr_captured] = '\0';
	return true;
}

static void set_tap(bool (*tap)(const char *s, size_t n))
{
	unsigned long flags;

	local_irq_save(flags);
	while (!printk_console_trylock())
		cpu_relax();
	printk_console_tap = tap;
	printk_console_unlock();
	local_irq_restore(flags);
}

static void capture_begin(void)
{
	nr_captured = 0;
	captured[0] = '\0';
	broken_pieces = 0;
	set_tap(capture);
}

static void capture_end(void)
{
	set_tap(NULL);
}

/* How often @what was shown. */
static unsigned int shown(const char *what)
{
	const char *s = captured;
	unsigned int n = 0;

	while ((s = strstr(s, what))) {
		n++;
		s += strlen(what);
	}
	return n;
}

static char record[LOG_LINE_MAX];

/* The newest record that begins with @start into record[]. */
static bool last_record(const char *start, struct log_entry *e)
{
	struct log_entry found = {0};
	struct log_reader r, at;
	bool any = false;

	log_reader_last(&r, 64);
	while (at = r, log_read(&r, e, record, sizeof(record))) {
		if (strncmp(record, start, strlen(start)) == 0) {
			found = *e;
			any = true;
		}
	}
	if (!any)
		return false;
	at = (struct log_reader){.seq = found.seq};
	return log_read(&at, e, record, sizeof(record));
}

SELFTEST(lib, printk, record, "")
{
	u64 before = sched_clock();
	struct log_entry e;

	pr_debug(MARK " record %d %s\n", 42, "x");
	REQUIRE_TRUE(last_record(MARK " record", &e));
	EXPECT_STREQ(record, MARK " record 42 x");
	EXPECT_EQ(e.len, strlen(MARK " record 42 x"));
	EXPECT_EQ(e.level, LOG_DEBUG);
	EXPECT_EQ(e.cpu, raw_smp_processor_id());
	EXPECT_GE(e.ts_ns, before);
	EXPECT_LE(e.ts_ns, sched_clock());
}

/* What is shown is exactly this, and the level decides whether. */
SELFTEST(lib, printk, show, "")
{
	capture_begin();
	pr_raw(MARK " one\ntwo\n");
	pr_debug(MARK " hidden at the default level\n");
	capture_end();
	EXPECT_STREQ(captured, MARK " one\ntwo\n");
}

SELFTEST(lib, printk, too_long, "")
{
	static char text[2 * LOG_LINE_MAX];
	struct log_entry e;

	memset(text, 'x', sizeof(text) - 1);
	pr_debug(MARK " long %s", text);
	REQUIRE_TRUE(last_record(MARK " long", &e));
	EXPECT_EQ(e.len, LOG_LINE_MAX - 1);
	EXPECT_STREQ(record + LOG_LINE_MAX - 9, "xx [cut]");
	/* One that just fits is not cut. */
	text[LOG_LINE_MAX - 1 - strlen(MARK " fits ")] = '\0';
	pr_debug(MARK " fits %s", text);
	REQUIRE_TRUE(last_record(MARK " fits", &e));
	EXPECT_EQ(e.len, LOG_LINE_MAX - 1);
	EXPECT_EQ(record[LOG_LINE_MAX - 2], 'x');
}

/* An NMI in the middle of this CPU's printk: nothing hangs or is lost. */
SELFTEST(lib, printk, nmi_log_locked, "")
{
	unsigned long flags;
	unsigned int waiting;
	struct log_entry e;

	local_irq_save(flags);
	while (!printk_log_trylock())
		cpu_relax();
	preempt_count_add(NMI_OFFSET);
	pr_debug(MARK " nmi %d\n", 7);
	preempt_count_sub(NMI_OFFSET);
	waiting = printk_nmi_pending();
	printk_log_unlock();
	EXPECT_GT(waiting, 0U);
	EXPECT_FALSE(last_record(MARK " nmi", &e));
	printk_flush_nmi();
	local_irq_restore(flags);
	EXPECT_EQ(printk_nmi_pending(), 0U);
	REQUIRE_TRUE(last_record(MARK " nmi", &e));
	EXPECT_STREQ(record, MARK " nmi 7");
	EXPECT_EQ(e.level, LOG_DEBUG);
}

/* A fault, not an NMI, in the middle of storing: it may not wait either. */
SELFTEST(lib, printk, fault_log_locked, "")
{
	unsigned long flags;
	unsigned int waiting;
	struct log_entry e;

	local_irq_save(flags);
	while (!printk_log_trylock())
		cpu_relax();
	pr_debug(MARK " fault\n");
	waiting = printk_nmi_pending();
	EXPECT_FALSE(last_record(MARK " fault", &e)); /* log_read() gives up */
	printk_log_unlock();
	printk_flush_nmi();
	local_irq_restore(flags);
	EXPECT_GT(waiting, 0U);
	EXPECT_TRUE(last_record(MARK " fault", &e));
}

/* The lock is free: an NMI stores at once, like everybody. */
SELFTEST(lib, printk, nmi_log_free, "")
{
	unsigned long flags;
	struct log_entry e;

	local_irq_save(flags);
	preempt_count_add(NMI_OFFSET);
	pr_debug(MARK " free nmi\n");
	preempt_count_sub(NMI_OFFSET);
	local_irq_restore(flags);
	EXPECT_TRUE(last_record(MARK " free nmi", &e));
}

/* The next printk of this CPU takes it along, and in order. */
SELFTEST(lib, printk, nmi_before_next, "")
{
	unsigned long flags;

	capture_begin();
	local_irq_save(flags);
	while (!printk_log_trylock())
		cpu_relax();
	preempt_count_add(NMI_OFFSET);
	pr_raw(MARK " first\n");
	preempt_count_sub(NMI_OFFSET);
	printk_log_unlock();
	pr_raw(MARK " second\n");
	local_irq_restore(flags);
	capture_end();
	EXPECT_STREQ(captured, MARK " first\n" MARK " second\n");
}

/* More in NMI than the buffer takes: said, not silent. */
SELFTEST(lib, printk, nmi_overflow, "")
{
	unsigned long flags;

	capture_begin();
	local_irq_save(flags);
	while (!printk_log_trylock())
		cpu_relax();
	preempt_count_add(NMI_OFFSET);
	for (int i = 0; i < 20; i++)
		pr_raw(MARK " %0500d\n", i);
	preempt_count_sub(NMI_OFFSET);
	printk_log_unlock();
	printk_flush_nmi();
	local_irq_restore(flags);
	capture_end();
	EXPECT_EQ(shown(MARK), 15U); /* of 536 bytes in 8192 */
	EXPECT_EQ(shown("printk: 5 messages lost"), 1U);
}

/* A fault inside a console driver prints: stored, shown by the outer call. */
SELFTEST(lib, printk, console_owned, "")
{
	unsigned long flags;
	struct log_entry e;

	capture_begin();
	local_irq_save(flags);
	while (!printk_console_trylock())
		cpu_relax();
	pr_raw(MARK " inner\n");
	EXPECT_EQ(shown(MARK " inner"), 0U);
	EXPECT_TRUE(last_record(MARK " inner", &e));
	printk_console_unlock();
	pr_raw(MARK " outer\n");
	local_irq_restore(flags);
	capture_end();
	EXPECT_STREQ(captured, MARK " inner\n" MARK " outer\n");
}

/* The prompt waits for records that could not be shown yet. */
SELFTEST(lib, printk, console_write_keeps_order, "")
{
	unsigned long flags;

	capture_begin();
	local_irq_save(flags);
	while (!printk_console_trylock())
		cpu_relax();
	pr_raw(MARK " before\n");
	printk_console_unlock();
	console_write("prompt> \n", 9);
	local_irq_restore(flags);
	capture_end();
	EXPECT_STREQ(captured, MARK " before\nprompt> \n");
}

/* ... and a printk from inside the showing of a record is shown after it. */
static bool capture_nested(const char *s, size_t n)
{
	printk_console_tap = capture;
	pr_raw(MARK " from inside\n");
	return capture(s, n);
}

SELFTEST(lib, printk, recursion, "")
{
	capture_begin();
	set_tap(capture_nested);
	pr_raw(MARK " outside\n");
	capture_end();
	EXPECT_STREQ(captured, MARK " outside\n" MARK " from inside\n");
	EXPECT_EQ(printk_nesting(), 0U);
}

/* A panic that a test catches leaves what it was called in. */
static bool capture_panics(const char *s __unused, size_t n __unused)
{
	printk_console_tap = capture;
	panic("from inside");
}

static void print_and_panic(void *arg __unused)
{
	pr_raw(MARK " panics\n");
}

SELFTEST(lib, printk, caught_panic_inside, "B LIB-01")
{
	capture_begin();
	set_tap(capture_panics);
	EXPECT_TRUE(panic_catch(print_and_panic, NULL, NULL, 0));
	EXPECT_EQ(printk_nesting(), 0U);
	pr_raw(MARK " after\n");
	capture_end();
	EXPECT_EQ(shown(MARK " after"), 1U);
}

/* A console driver in which a panic begins, instead of showing @s. */
static bool panic_mode_inside(const char *s __unused, size_t n __unused)
{
	printk_console_tap = capture;
	pr_raw(MARK " waits\n"); /* the console is taken: it must */
	EXPECT_EQ(shown(MARK), 0U);
	EXPECT_TRUE(printk_panic_enter());
	EXPECT_EQ(shown(MARK " waits\n"), 1U);
	pr_raw(MARK " report\n");
	printk_panic_leave();
	panic("from inside");
}

static void write_and_panic(void *arg __unused)
{
	console_write("prompt> ", 8);
}

/*
 * The record whose display broke is given up, lest it break the report too.
 * If it was no record that broke, none is given up.
 */
SELFTEST(lib, printk, panic_while_showing, "B LIB-01")
{
	static void (*const ways[])(void *) = {print_and_panic,
					       write_and_panic};

	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		capture_begin();
		set_tap(panic_mode_inside);
		EXPECT_TRUE(panic_catch(ways[i], NULL, NULL, 0));
		pr_raw(MARK " after\n");
		capture_end();
		EXPECT_STREQ(captured, "\n" MARK " waits\n" MARK
				       " report\n" MARK " after\n");
	}
}

/* The prompt: a record ends the open line, and that is noticed. */
SELFTEST(lib, printk, open_line, "")
{
	unsigned int before = console_interruptions();

	capture_begin();
	console_write("prompt> x", 9);
	console_write("y", 1);
	EXPECT_EQ(console_interruptions(), before);
	pr_raw(MARK " news\n");
	EXPECT_EQ(console_interruptions(), before + 1);
	pr_raw(MARK " more\n");
	EXPECT_EQ(console_interruptions(), before + 1);
	capture_end();
	EXPECT_STREQ(captured, "prompt> xy\n" MARK " news\n" MARK " more\n");
}

SELFTEST(lib, printk, once, "")
{
	static unsigned int rounds;

	capture_begin();
	for (int i = 0; i < 3; i++)
		printk_once(LOG_RAW, MARK " once\n");
	capture_end();
	/* The case may run again in this boot; the line does not. */
	EXPECT_EQ(shown(MARK " once"), rounds++ ? 0U : 1U);
}

SELFTEST(lib, printk, ratelimit, "")
{
	struct printk_ratelimit rl = {0};
	unsigned int passed = 0;
	struct log_entry e;

	for (int i = 0; i < RATELIMIT_BURST + 3; i++)
		passed += printk_ratelimit(&rl);
	EXPECT_EQ(passed, (unsigned int)RATELIMIT_BURST);
	EXPECT_EQ(rl.missed, 3U);
	/* The next interval. */
	rl.begin_ns -= min(rl.begin_ns, RATELIMIT_INTERVAL_NS);
	capture_begin();
	EXPECT_TRUE(printk_ratelimit(&rl));
	capture_end();
	EXPECT_EQ(rl.missed, 0U);
	REQUIRE_TRUE(last_record("printk: ", &e));
	EXPECT_STREQ(record, "printk: 3 similar messages left out");
}

/* ---- several CPUs ------------------------------------------------------- */

/* A line that shows when it was torn: "<mark> c<cpu> n<i> <letters>." */
static void print_numbered(unsigned int cpu, unsigned int i)
{
	pr_raw(MARK " c%u n%u %.*s.\n", cpu, i, (int)((cpu * 7 + i) % 26 + 1),
	       "abcdefghijklmnopqrstuvwxyz");
}

static void print_many(unsigned int cpu, void *arg)
{
	(void)arg;
	for (unsigned int i = 0; cpu < MAX_CPUS && i < LINES; i++)
		print_numbered(cpu, i);
}

/* The number after @key in @line, or -1. */
static int field(const char *line, const char *key)
{
	const char *s = strstr(line, key);
	int v = 0;

	if (!s || s[strlen(key)] < '0' || s[strlen(key)] > '9')
		return -1;
	for (s += strlen(key); *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	return v;
}

/* Every line whole, and each CPU's lines in order; returns how many. */
static unsigned int check_lines(unsigned int *torn)
{
	int next[MAX_CPUS] = {0};
	char want[96], *rest = captured, *line;
	unsigned int nr = 0;

	while ((line = strsep(&rest, "\n"))) {
		int cpu = field(line, " c"), n = field(line, " n");

		if (!*line)
			continue;
		nr++;
		if (cpu < 0 || cpu >= MAX_CPUS || n != next[cpu]) {
			++*torn;
			continue;
		}
		next[cpu]++;
		scnprintf(want, sizeof(want), MARK " c%d n%d %.*s.", cpu, n,
			  (cpu * 7 + n) % 26 + 1, "abcdefghijklmnopqrstuvwxyz");
		*torn += strcmp(line, want) != 0;
	}
	return nr;
}

/*
 * All CPUs print at once: no line is torn, none is lost, each CPU's are in
 * order; and when the last printk has returned, all of them have been shown:
 * whoever could not have the console left it to one who looked again.
 */
SELFTEST(lib, printk, writers_on_all_cpus, "", race)
{
	unsigned int cpus, torn = 0, nr;

	capture_begin();
	cpus = workers_run(print_many, NULL);
	EXPECT_EQ(printk_console_seq(), printk_head_seq());
	capture_end();
	cpus = min(cpus, (unsigned int)MAX_CPUS);
	nr = check_lines(&torn);
	EXPECT_EQ(nr, cpus * LINES);
	EXPECT_EQ(torn, 0U);
	EXPECT_EQ(broken_pieces, 0U);
}

/* Each CPU interrupts itself in the middle of storing, as an NMI does. */
static void print_nested(unsigned int cpu, void *arg)
{
	(void)arg;
	for (unsigned int i = 0; cpu < MAX_CPUS && i < LINES / 2; i++) {
		bool locked = printk_log_trylock();

		preempt_count_add(NMI_OFFSET);
		print_numbered(cpu, 2 * i);
		preempt_count_sub(NMI_OFFSET);
		if (locked)
			printk_log_unlock();
		print_numbered(cpu, 2 * i + 1);
	}
}

SELFTEST(lib, printk, nmi_on_all_cpus, "", race)
{
	unsigned int cpus, torn = 0, nr;

	capture_begin();
	cpus = workers_run(print_nested, NULL);
	EXPECT_EQ(printk_console_seq(), printk_head_seq());
	capture_end();
	cpus = min(cpus, (unsigned int)MAX_CPUS);
	nr = check_lines(&torn);
	EXPECT_EQ(nr, cpus * LINES);
	EXPECT_EQ(torn, 0U);
}

static void print_from_other(void *arg)
{
	pr_raw(MARK " %s\n", (const char *)arg);
}

/* In a panic the others are heard through the one that panics. */
SELFTEST(lib, printk, panic_mode, "")
{
	unsigned int other = workers_other_cpu();
	static char word[] = "other";
	unsigned long flags;

	if (other == NR_CPUS) {
		selftest_skip("needs two CPUs");
		return;
	}
	preempt_disable();
	capture_begin();
	local_irq_save(flags);
	EXPECT_TRUE(printk_panic_enter());
	EXPECT_TRUE(printk_panic_enter()); /* again: still us */
	local_irq_restore(flags);
	pr_raw(MARK " panic\n");
	EXPECT_EQ(smp_call_function_single(other, print_from_other, word, true),
		  0);
	EXPECT_EQ(shown(MARK " other"), 0U);
	pr_raw(MARK " last words\n");
	printk_panic_leave();
	capture_end();
	preempt_enable();
	EXPECT_STREQ(captured,
		     MARK " panic\n" MARK " other\n" MARK " last words\n");
}

static void stop_nothing(void *arg __unused)
{
}

struct holder {
	struct printk_guard {
		bool (*trylock)(void);
		void (*unlock)(void);
	} lock;
	bool holding;
	bool left;
};

static void hold_a_moment(void *arg)
{
	struct holder *h = arg;

	while (!h->lock.trylock())
		cpu_relax();
	WRITE_ONCE(h->holding, true);
	for (unsigned int i = 0; i < 1000; i++)
		cpu_relax();
	WRITE_ONCE(h->left, true);
	h->lock.unlock();
}

/* A CPU that is about to leave with a lock is waited for. */
SELFTEST(lib, printk, panic_waits_for_locks, "B LIB-01")
{
	static const struct printk_guard locks[] = {
		{printk_log_trylock, printk_log_unlock},
		{printk_console_trylock, printk_console_unlock},
	};
	static struct holder h; /* the call may still run at the end */
	unsigned int other = workers_other_cpu();
	unsigned long flags;
	bool waited;

	if (other == NR_CPUS) {
		selftest_skip("needs two CPUs");
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(locks); i++) {
		h = (struct holder){.lock = locks[i]};
		preempt_disable();
		smp_call_function_single(other, hold_a_moment, &h, false);
		while (!READ_ONCE(h.holding))
			cpu_relax();
		local_irq_save(flags);
		EXPECT_TRUE(printk_panic_enter());
		waited = READ_ONCE(h.left);
		printk_panic_leave();
		local_irq_restore(flags);
		/* Behind the holder's end, so that h may be used again. */
		smp_call_function_single(other, stop_nothing, NULL, true);
		preempt_enable();
		EXPECT_TRUE(waited);
	}
}

/* What is typed is not drawn into another CPU's line. */
SELFTEST(lib, printk, console_write_waits, "")
{
	static struct holder h;
	unsigned int other = workers_other_cpu();
	bool waited;

	if (other == NR_CPUS) {
		selftest_skip("needs two CPUs");
		return;
	}
	h = (struct holder){
		.lock = {printk_console_trylock, printk_console_unlock},
	};
	preempt_disable();
	capture_begin();
	smp_call_function_single(other, hold_a_moment, &h, false);
	while (!READ_ONCE(h.holding))
		cpu_relax();
	console_write("prompt> \n", 9);
	waited = READ_ONCE(h.left);
	smp_call_function_single(other, stop_nothing, NULL, true);
	capture_end();
	preempt_enable();
	EXPECT_TRUE(waited);
	EXPECT_STREQ(captured, "prompt> \n");
}

static void stop_with_locks(void *arg)
{
	bool *taken = arg;

	taken[0] = printk_log_trylock();
	taken[1] = printk_console_trylock();
}

/* A CPU that was stopped with both locks held does not keep us silent. */
SELFTEST(lib, printk, panic_breaks_locks, "")
{
	unsigned int other = workers_other_cpu();
	bool taken[2] = {false, false};
	unsigned long flags;

	if (other == NR_CPUS) {
		selftest_skip("needs two CPUs");
		return;
	}
	preempt_disable();
	capture_begin();
	EXPECT_EQ(smp_call_function_single(other, stop_with_locks, taken, true),
		  0);
	local_irq_save(flags);
	EXPECT_TRUE(printk_panic_enter());
	pr_raw(MARK " alone\n");
	printk_panic_leave();
	local_irq_restore(flags);
	EXPECT_TRUE(taken[0]);
	EXPECT_TRUE(taken[1]);
	pr_raw(MARK " sound again\n");
	capture_end();
	preempt_enable();
	EXPECT_EQ(shown(MARK " alone\n"), 1U);
	EXPECT_EQ(shown(MARK " sound again\n"), 1U);
}
