/* SPDX-License-Identifier: MIT */
/*
 * random.h - repeatable pseudo-random numbers.
 *
 * For tests, jitter and hashing seeds; never for secrets: who sees a few
 * results knows all others. The state is the caller's, so two users do not
 * disturb each other and a seed repeats a run.
 *
 * Locking. The owner of the state. Context: any.
 */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <base/types.h>

struct rnd_state {
	u64 s[4]; /* never all zero */
};

/**
 * prandom_seed_state() - start a sequence.
 * @seed: any number, 0 too; other seeds give unrelated sequences.
 *
 * Context: any.
 * Locking: the state's.
 */
void prandom_seed_state(struct rnd_state *state, u64 seed);

/* The next number, all values equally likely. */
u64 prandom_u64_state(struct rnd_state *state);
u32 prandom_u32_state(struct rnd_state *state);

/**
 * prandom_u32_below() - a number in [0, @ceil), without bias.
 * @state: seeded before.
 * @ceil: at least 1.
 *
 * Context: any.
 * Locking: the state's.
 * Return: the number.
 */
u32 prandom_u32_below(struct rnd_state *state, u32 ceil);

/* Fills a block of memory. */
void prandom_bytes_state(struct rnd_state *state, void *buf, size_t n);

#endif /* LIB_RANDOM_H */
