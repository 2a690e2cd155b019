/* SPDX-License-Identifier: MIT */
/*
 * debug/slab_debug.c - objects that notice what is done to them.
 *
 * Purpose. What goes wrong with an object shows elsewhere and later: in its
 * neighbour, or in who gets it next. Debug builds report it with the name of
 * the cache and with who had the object, and refuse what would do damage.
 *
 *	double free	refused
 *	wild free	refused: no object of any cache, or not its start
 *	wrong cache	refused
 *	overrun, underrun	found when the object is freed; mended
 *	use after free	writes: found when it is allocated again, or its slab
 *			goes; mended. Reads find 0x6b6b6b6b6b6b6b6b
 *
 * Model. See slab_layout.c for the buffer. Three kinds of marks:
 *
 *	SLAB_RED_ZONE	a word before and a word behind; what they hold says
 *			whether the object is in use. Bytes of the object that
 *			the request did not ask for are marked as well
 *	SLAB_POISON	a free object is all 0x6b with 0xa5 at the end, a new
 *			one 0x5a: not by chance what somebody expects
 *	SLAB_STORE_USER	for the last allocation and the last free: caller's
 *			address, CPU, time
 *
 * The truth about an object is its bufctl: ACTIVE while a user has it. Two
 * CPUs that free it at the same time exchange ACTIVE against FREE, which only
 * one of them can.
 *
 * Invariants.
 *   I1  bufctl is ACTIVE from slab_debug_alloc() to slab_debug_free().
 *   I2  What is not ACTIVE has red zones RED_FREE and is poisoned.
 * Locking. None: the object belongs to who allocates or frees it.
 * Contexts. As the allocator's.
 * Limits. A cache with a constructor is not poisoned. Reads are not seen;
 * CONFIG=kasan finds those.
 */
#include <base/assert.h>
#include <base/atomic.h>
#include <base/bits.h>
#include <lib/fmt.h>
#include <lib/string.h>
#include <lib/time.h>
#include <mm/kasan.h>

#include "../slab_private.h"

#define RED_FREE     0xf2eef2eef2eef2eeULL
#define RED_ACTIVE   0xac71feedac71feedULL
#define POISON_FREE  0x6b
#define POISON_END   0xa5
#define POISON_INUSE 0x5a
#define SLACK	     0xbb

/* Bytes from an object to the word behind it. */
static size_t red_offset(const struct kmem_cache *c)
{
	return ALIGN((size_t)c->obj_size, sizeof(u64));
}

static u64 *red_before(void *obj)
{
	return (u64 *)obj - 1;
}

static u64 *red_behind(const struct kmem_cache *c, void *obj)
{
	return (u64 *)((char *)obj + red_offset(c));
}

/* Two: who allocated it, who freed it. */
struct slab_owner *slab_owners(const struct kmem_cache *c, void *obj)
{
	return (struct slab_owner *)(red_behind(c, obj) + 1);
}

static void set_owner(struct slab_owner *o, unsigned long caller, size_t size)
{
	o->caller = caller;
	o->when = sched_clock();
	o->cpu = raw_smp_processor_id();
	o->size = (u32)size;
}

/* ---- reports ------------------------------------------------------------ */

static int print_owner(char *buf, size_t size, const char *what,
		       const struct slab_owner *o)
{
	if (!o->caller)
		return scnprintf(buf, size, "\nnever %s", what);
	return scnprintf(buf, size, "\n%s by %pS, CPU %u, at %llu.%06llu s",
			 what, (void *)o->caller, o->cpu,
			 o->when / NSEC_PER_SEC,
			 o->when % NSEC_PER_SEC / NSEC_PER_USEC);
}

static const char *state_name(kmem_bufctl_t b)
{
	return b == BUFCTL_ACTIVE ? "in use"
	       : b == BUFCTL_FREE ? "free, in an array"
				  : "free, in its slab";
}

static kmem_bufctl_t *bufctl_of(struct kmem_cache *c, void *obj)
{
	struct slab *slab = virt_to_slab(obj);

	return &slab_bufctl(slab)[obj_to_index(c, slab, obj)];
}

/* @what happened to @obj, an object of @c in this @state, at @caller. */
static noinline void report(struct kmem_cache *c, void *obj,
			    kmem_bufctl_t state, unsigned long caller,
			    const char *what)
{
	char owners[300] = "";

	if (c->flags & SLAB_STORE_USER) {
		struct slab_owner *o = slab_owners(c, obj);
		int n = print_owner(owners, sizeof(owners), "allocated", &o[0]);

		print_owner(owners + n, sizeof(owners) - (size_t)n, "freed",
			    &o[1]);
	}
	WARN(1, "slab %s: %s\nobject %p of %u bytes, %s; found at %pS%s",
	     c->name, what, obj, c->obj_size, state_name(state), (void *)caller,
	     owners);
}

void slab_report_wild(const void *p, unsigned long caller)
{
	WARN(1, "slab: wild free of %p at %pS: no allocated block begins there",
	     p, (void *)caller);
}

/* ---- marks -------------------------------------------------------------- */

static void set_red(struct kmem_cache *c, void *obj, u64 red)
{
	if (!(c->flags & SLAB_RED_ZONE))
		return;
	*red_before(obj) = red;
	*red_behind(c, obj) = red;
}

static void poison_free(struct kmem_cache *c, void *obj)
{
	if (!(c->flags & SLAB_POISON))
		return;
	memset(obj, POISON_FREE, c->obj_size);
	((u8 *)obj)[c->obj_size - 1] = POISON_END;
}

/* What is not the user's of the bytes up to the red zone. */
static void mark_slack(struct kmem_cache *c, void *obj, size_t want)
{
	if (c->flags & SLAB_RED_ZONE)
		memset((u8 *)obj + want, SLACK, red_offset(c) - want);
}

/* The object is new, or is made good again. */
static void make_free(struct kmem_cache *c, void *obj)
{
	kasan_slab_open(c, obj);
	set_red(c, obj, RED_FREE);
	mark_slack(c, obj, c->obj_size);
	poison_free(c, obj);
}

void slab_debug_init_obj(struct kmem_cache *c, void *obj)
{
	make_free(c, obj); /* I2 */
	if (c->flags & SLAB_STORE_USER)
		memset(slab_owners(c, obj), 0, 2 * sizeof(struct slab_owner));
}

/* Index of the first byte of [from, to) that is not @val, or @to. */
static size_t first_other(const void *p, size_t from, size_t to, u8 val)
{
	const u8 *b = p;

	while (from < to && b[from] == val)
		from++;
	return from;
}

/* I2: is a free object as it was left? Reports and mends if not. */
static bool check_free(struct kmem_cache *c, void *obj, unsigned long caller)
{
	size_t end = c->obj_size - 1, bad = end + 1;
	char what[80];

	if (c->flags & SLAB_POISON) {
		bad = first_other(obj, 0, end, POISON_FREE);
		if (bad == end && ((u8 *)obj)[end] == POISON_END)
			bad++;
	}
	if (bad <= end) {
		scnprintf(what, sizeof(what),
			  "use after free: byte %zu is 0x%02x", bad,
			  ((u8 *)obj)[bad]);
		report(c, obj, *bufctl_of(c, obj), caller, what);
	} else if ((c->flags & SLAB_RED_ZONE) &&
		   (*red_before(obj) != RED_FREE ||
		    *red_behind(c, obj) != RED_FREE)) {
		report(c, obj, *bufctl_of(c, obj), caller,
		       "red zone of a free object overwritten");
	} else {
		return true;
	}
	make_free(c, obj);
	return false;
}

/* Did the user stay within what was asked for? Reports; freeing mends. */
static void check_used(struct kmem_cache *c, void *obj, unsigned long caller)
{
	size_t want = c->obj_size, bad;

	if (!(c->flags & SLAB_RED_ZONE))
		return;
	if (c->flags & SLAB_STORE_USER)
		want = min(want, (size_t)slab_owners(c, obj)->size);
	bad = first_other(obj, want, red_offset(c), SLACK);
	if (*red_before(obj) != RED_ACTIVE)
		report(c, obj, BUFCTL_ACTIVE, caller,
		       "underrun: red zone overwritten");
	else if (bad < red_offset(c) || *red_behind(c, obj) != RED_ACTIVE)
		report(c, obj, BUFCTL_ACTIVE, caller,
		       "overrun: red zone overwritten");
}

/* ---- hooks -------------------------------------------------------------- */

void slab_debug_alloc(struct kmem_cache *c, void *obj, size_t want,
		      unsigned long caller)
{
	check_free(c, obj, caller);
	kasan_slab_open(c, obj);
	set_red(c, obj, RED_ACTIVE);
	if (c->flags & SLAB_POISON)
		memset(obj, POISON_INUSE, c->obj_size);
	if (c->flags & SLAB_STORE_USER)
		set_owner(&slab_owners(c, obj)[0], caller, want);
	mark_slack(c, obj, want);
	WRITE_ONCE(*bufctl_of(c, obj), BUFCTL_ACTIVE); /* I1 */
}

/* Is it an object of @c? Otherwise reports, and it must not be freed. */
bool slab_debug_pointer(struct kmem_cache *c, void *obj, unsigned long caller)
{
	struct kmem_cache *real;
	struct slab *slab;
	unsigned int i;

	if (!virt_addr_valid(obj) || !PageSlab(virt_to_page(obj))) {
		slab_report_wild(obj, caller);
		return false;
	}
	real = page_get_cache(virt_to_page(obj));
	slab = virt_to_slab(obj);
	i = obj_to_index(real, slab, obj);
	if (i >= real->num || index_to_obj(real, slab, i) != obj) {
		WARN(1,
		     "slab %s: wild free of %p at %pS: not the start of an object",
		     real->name, obj, (void *)caller);
		return false;
	}
	if (WARN(real != c,
		 "slab %s: wrong cache: object %p of %s freed to it at %pS",
		 c->name, obj, real->name, (void *)caller))
		return false;
	return true;
}

/* Before a free; false: it must not happen. */
bool slab_debug_free(struct kmem_cache *c, void *obj, unsigned long caller)
{
	kmem_bufctl_t was =
		cmpxchg(bufctl_of(c, obj), BUFCTL_ACTIVE, BUFCTL_FREE);

	if (was != BUFCTL_ACTIVE) { /* of two CPUs, one gets here */
		report(c, obj, was, caller, "double free");
		return false;
	}
	check_used(c, obj, caller);
	make_free(c, obj);
	if (c->flags & SLAB_STORE_USER)
		set_owner(&slab_owners(c, obj)[1], caller, 0);
	return true;
}

/* The user may use @want bytes from now on. */
void slab_debug_resize(struct kmem_cache *c, void *obj, size_t want)
{
	if (!(c->flags & SLAB_STORE_USER))
		return;
	kasan_slab_open(c, obj);
	slab_owners(c, obj)[0].size = (u32)want;
	mark_slack(c, obj, want);
}

/* Objects of a slab that were damaged while free. Nobody uses the slab. */
unsigned int slab_debug_check_slab(struct kmem_cache *c, struct slab *slab)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < c->num; i++)
		if (slab_bufctl(slab)[i] != BUFCTL_ACTIVE &&
		    !check_free(c, index_to_obj(c, slab, i), _RET_IP_))
			bad++;
	return bad;
}
