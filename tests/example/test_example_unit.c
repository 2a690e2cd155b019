/* SPDX-License-Identifier: MIT */
/*
 * test_example_unit.c - how to test pure code: copy this file.
 *
 * Model. Code is pure when it needs nothing of the running kernel: no CPU, no
 * lock, no interrupt. Its cases are of class unit, and they run twice: inside
 * the kernel, and as a program of the build machine under the address and
 * undefined-behaviour sanitizers, where a million steps take a second and a
 * read past an array is found at once.
 *
 * To add such a test:
 *   1. tests/<floor>/test_<concept>.c, found by the Makefile by itself;
 *   2. its name into HOST_TESTS of tests/host/host.mk, and the tested source
 *      into HOST_SRCS;
 *   3. make host-test TESTS='lib.example.*', then
 *      make run TESTS='lib.example.*'.
 *
 * Here a kfifo, a ring of fixed size, is compared with the simplest thing that
 * does the same.
 */
#include <lib/kfifo.h> /* what is tested comes first: it must stand alone */

#include <lib/random.h>
#include <lib/selftest.h>

#define PLACES 8

/*
 * First the plain facts, one by one. The name is floor.concept.case; the text
 * names what of the specification is proved ("" for nothing in particular).
 * Assert numbers: "it did not crash" proves little.
 */
SELFTEST(lib, example, first_in_first_out, "", unit)
{
	DECLARE_KFIFO(ring, int, PLACES);
	int v = 0;

	INIT_KFIFO(ring);
	EXPECT_EQ(kfifo_len(&ring), 0);
	EXPECT_TRUE(kfifo_put(&ring, 10));
	EXPECT_TRUE(kfifo_put(&ring, 20));
	EXPECT_EQ(kfifo_len(&ring), 2);

	/* REQUIRE_*: without this the rest would make no sense. */
	REQUIRE_TRUE(kfifo_get(&ring, &v));
	EXPECT_EQ(v, 10);
	REQUIRE_TRUE(kfifo_get(&ring, &v));
	EXPECT_EQ(v, 20);

	/* The border is where the bugs are. */
	EXPECT_FALSE(kfifo_get(&ring, &v));
	EXPECT_EQ(v, 20); /* left alone */
}

/* The model: a plain array that is moved by one at each get. */
struct model {
	int values[PLACES];
	unsigned int n;
};

static bool model_put(struct model *m, int v)
{
	if (m->n == PLACES)
		return false;
	m->values[m->n++] = v;
	return true;
}

static bool model_get(struct model *m, int *v)
{
	if (!m->n)
		return false;
	*v = m->values[0];
	m->n--;
	for (unsigned int i = 0; i < m->n; i++)
		m->values[i] = m->values[i + 1];
	return true;
}

/*
 * Then random steps against the model. The seed comes from the run (seed=), so
 * that a failure repeats; the number of steps from scale=, so that make
 * test-all does a hundred times as many.
 *
 * Differences are counted and asserted once: a million EXPECT_EQ would only be
 * slow, and a million lines of failures unreadable.
 */
SELFTEST(lib, example, against_a_model, "", unit)
{
	unsigned long steps = 2000 * selftest_scale();
	DECLARE_KFIFO(ring, int, PLACES);
	struct model m = {.n = 0};
	unsigned int wrong = 0, full = 0;
	struct rnd_state rnd;

	INIT_KFIFO(ring);
	prandom_seed_state(&rnd, selftest_seed());
	for (unsigned long i = 0; i < steps; i++) {
		int a = -1, b = -1;

		if (prandom_u32_below(&rnd, 2)) {
			a = b = (int)prandom_u32_below(&rnd, 1000);
			wrong += kfifo_put(&ring, a) != model_put(&m, b);
		} else {
			wrong += kfifo_get(&ring, &a) != model_get(&m, &b);
		}
		wrong += a != b || kfifo_len(&ring) != m.n;
		full += m.n == PLACES;
	}
	EXPECT_EQ(wrong, 0);
	EXPECT_GT(full, 0); /* the steps went where it is interesting */
}
