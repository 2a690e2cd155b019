/* SPDX-License-Identifier: MIT */
/*
 * list.h - doubly linked lists whose links live inside the elements.
 *
 * Model (A PROC-12). A list is a ring: the head and every element contain a
 * struct list_head, and the empty list is a head that points at itself. So
 * insertion and removal need no special case and no memory, and removal
 * needs no head. list_entry() steps from the link to what contains it.
 *
 *	 .-----------------------------------------.
 *	 '-> head <-> [a: link] <-> [b: link] <-----'
 *
 * An hlist is for hash tables: its head is one pointer, half the size. An
 * element knows the address of the pointer that points at it (pprev), which
 * is enough to leave without walking. The price is no tail.
 *
 * Invariants.
 *	I1  e->next->prev == e and e->prev->next == e for every linked e.
 *	I2  *n->pprev == n for every hashed hlist node n.
 *	I3  After del the links hold poison: use after removal faults at an
 *	    address that tells what happened. After del_init it is empty.
 *
 * Locking. The caller's, for readers and writers alike, except where a name
 * says otherwise: list_empty_careful(). Context: any.
 * Complexity: O(1), loops and counts O(n).
 */
#ifndef LIB_LIST_H
#define LIB_LIST_H

#include <base/assert.h>
#include <base/compiler.h>
#include <base/types.h>

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

/* Not canonical, so a dereference is a general protection fault (I3). */
#define LIST_POISON1 ((void *)0xdead000000000100UL)
#define LIST_POISON2 ((void *)0xdead000000000122UL)

#define LIST_HEAD_INIT(name)     \
	{                        \
		&(name), &(name) \
	}
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	WRITE_ONCE(list->next, list);
	list->prev = list;
}

/* I1 for one element; on a broken list the report names the element. */
static inline void list_check_linked(const struct list_head *e)
{
	if (CONFIG_DEBUG && unlikely(e->next->prev != e || e->prev->next != e))
		BUG("list broken at %p: next %p (prev %p), prev %p (next %p)",
		    (const void *)e, (void *)e->next, (void *)e->next->prev,
		    (void *)e->prev, (void *)e->prev->next);
}

static inline void __list_add(struct list_head *new, struct list_head *prev,
			      struct list_head *next)
{
	ASSERT(prev->next == next && next->prev == prev); /* I1 */
	ASSERT(new != prev &&new != next);
	next->prev = new;
	new->next = next;
	new->prev = prev;
	/* Pairs with the lone load of list_empty(). */
	WRITE_ONCE(prev->next, new);
}

/* @new becomes the first element, or comes right behind @head. */
static inline void list_add(struct list_head *new, struct list_head *head)
{
	__list_add(new, head, head->next);
}

/* @new becomes the last element, or comes right before @head. */
static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	__list_add(new, head->prev, head);
}

static inline void __list_del(struct list_head *prev, struct list_head *next)
{
	next->prev = prev;
	WRITE_ONCE(prev->next, next);
}

static inline void __list_del_entry(struct list_head *entry)
{
	ASSERT(entry->next != LIST_POISON1); /* deleted twice */
	list_check_linked(entry);
	__list_del(entry->prev, entry->next);
}

static inline void list_del(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->next = LIST_POISON1;
	entry->prev = LIST_POISON2;
}

/**
 * list_del_init() - remove, and leave the element as an empty list.
 *
 * The release orders the removal before what list_empty_careful() sees.
 * Context: any.
 * Locking: the list's.
 */
static inline void list_del_init(struct list_head *entry)
{
	__list_del_entry(entry);
	WRITE_ONCE(entry->prev, entry);
	/* Pairs with the acquire in list_empty_careful(). */
	__atomic_store_n(&entry->next, entry, __ATOMIC_RELEASE);
}

/* @new takes the place of @old, whose links are left as they were. */
static inline void list_replace(struct list_head *old, struct list_head *new)
{
	new->next = old->next;
	new->next->prev = new;
	new->prev = old->prev;
	WRITE_ONCE(new->prev->next, new);
}

static inline void list_replace_init(struct list_head *old,
				     struct list_head *new)
{
	list_replace(old, new);
	INIT_LIST_HEAD(old);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_del_entry(entry);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry,
				  struct list_head *head)
{
	__list_del_entry(entry);
	list_add_tail(entry, head);
}

/* May be asked without the lock; the answer is then a hint. */
static inline bool list_empty(const struct list_head *head)
{
	return READ_ONCE(head->next) == head;
}

/**
 * list_empty_careful() - is it empty, and is nobody halfway through?
 *
 * For one case only: the other side removes with list_del_init() and does
 * nothing else, and then a "true" here means that it is done with the
 * element, which may be freed.
 * Context: any.
 * Locking: none.
 * Return: whether both links point at @head itself.
 */
static inline bool list_empty_careful(const struct list_head *head)
{
	/* Pairs with the release in list_del_init(). */
	struct list_head *next = __atomic_load_n(&head->next, __ATOMIC_ACQUIRE);

	return next == head && READ_ONCE(head->prev) == head;
}

static inline bool list_is_first(const struct list_head *e,
				 const struct list_head *head)
{
	return e->prev == head;
}

static inline bool list_is_last(const struct list_head *e,
				const struct list_head *head)
{
	return e->next == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

/* The first element becomes the last. */
static inline void list_rotate_left(struct list_head *head)
{
	if (!list_empty(head))
		list_move_tail(head->next, head);
}

/* All of @list goes between @prev and @next; @list itself is not touched. */
static inline void __list_splice(const struct list_head *list,
				 struct list_head *prev, struct list_head *next)
{
	struct list_head *first = list->next;
	struct list_head *last = list->prev;

	first->prev = prev;
	last->next = next;
	next->prev = last;
	WRITE_ONCE(prev->next, first);
}

/* Joins two lists: @list in front of, or (tail) behind @head's elements. */
static inline void list_splice(const struct list_head *list,
			       struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head, head->next);
}

static inline void list_splice_tail(const struct list_head *list,
				    struct list_head *head)
{
	if (!list_empty(list))
		__list_splice(list, head->prev, head);
}

/* The same, and @list is empty afterwards. */
static inline void list_splice_init(struct list_head *list,
				    struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list,
					 struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

/* The elements up to and including @entry move to @list, which was empty. */
static inline void list_cut_position(struct list_head *list,
				     struct list_head *head,
				     struct list_head *entry)
{
	if (entry == head || list_empty(head)) {
		INIT_LIST_HEAD(list);
		return;
	}
	list->next = head->next;
	list->next->prev = list;
	head->next = entry->next;
	head->next->prev = head;
	list->prev = entry;
	entry->next = list;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) \
	list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) \
	list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member)                      \
	({                                                                \
		struct list_head *lfe_first = READ_ONCE((head)->next);    \
		lfe_first != (head) ? list_entry(lfe_first, type, member) \
				    : NULL;                               \
	})
#define list_next_entry(pos, member) \
	list_entry((pos)->member.next, __typeof__(*(pos)), member)
#define list_prev_entry(pos, member) \
	list_entry((pos)->member.prev, __typeof__(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define list_for_each_prev(pos, head) \
	for ((pos) = (head)->prev; (pos) != (head); (pos) = (pos)->prev)
/* The _safe loops allow that the body removes the element it stands on. */
#define list_for_each_safe(pos, n, head)                               \
	for ((pos) = (head)->next, (n) = (pos)->next; (pos) != (head); \
	     (pos) = (n), (n) = (pos)->next)
#define list_for_each_entry(pos, head, member)                           \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, head, member);                     \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)                  \
	for ((pos) = list_last_entry(head, __typeof__(*(pos)), member); \
	     !list_entry_is_head(pos, head, member);                    \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member)                   \
	for ((pos) = list_first_entry(head, __typeof__(*(pos)), member), \
	    (n) = list_next_entry(pos, member);                          \
	     !list_entry_is_head(pos, head, member);                     \
	     (pos) = (n), (n) = list_next_entry(n, member))
/* Goes on behind @pos, which a list_for_each_entry() left or begins at. */
#define list_for_each_entry_continue(pos, head, member) \
	for ((pos) = list_next_entry(pos, member);      \
	     !list_entry_is_head(pos, head, member);    \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry_from(pos, head, member)    \
	for (; !list_entry_is_head(pos, head, member); \
	     (pos) = list_next_entry(pos, member))

static inline size_t list_count_nodes(const struct list_head *head)
{
	const struct list_head *pos;
	size_t n = 0;

	list_for_each(pos, head)
		n++;
	return n;
}

/**
 * list_check() - validate I1 along a whole list.
 * @head: the list.
 * @max: more elements than this count as a circle that misses the head.
 *
 * Context: any.
 * Locking: the list's.
 * Return: whether the list is sound.
 */
static inline bool list_check(const struct list_head *head, size_t max)
{
	const struct list_head *pos = head;

	do {
		if (pos->next->prev != pos || pos->prev->next != pos)
			return false;
		pos = pos->next;
	} while (pos != head && max--);
	return pos == head;
}

#define HLIST_HEAD_INIT \
	{               \
		NULL    \
	}
#define HLIST_HEAD(name) struct hlist_head name = HLIST_HEAD_INIT

static inline void INIT_HLIST_HEAD(struct hlist_head *h)
{
	h->first = NULL;
}

static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}

/* Whether a node is on no list; true after INIT and hlist_del_init(). */
static inline bool hlist_unhashed(const struct hlist_node *n)
{
	return !READ_ONCE(n->pprev);
}

static inline bool hlist_empty(const struct hlist_head *h)
{
	return !READ_ONCE(h->first);
}

static inline void __hlist_del(struct hlist_node *n)
{
	struct hlist_node *next = n->next;
	struct hlist_node **pprev = n->pprev;

	ASSERT(*pprev == n); /* I2 */
	WRITE_ONCE(*pprev, next);
	if (next)
		next->pprev = pprev;
}

static inline void hlist_del(struct hlist_node *n)
{
	ASSERT(n->pprev != LIST_POISON2); /* deleted twice */
	__hlist_del(n);
	n->next = LIST_POISON1;
	n->pprev = LIST_POISON2;
}

/* Does nothing to a node that is on no list. */
static inline void hlist_del_init(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	__hlist_del(n);
	INIT_HLIST_NODE(n);
}

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	if (first)
		first->pprev = &n->next;
	n->pprev = &h->first;
	WRITE_ONCE(h->first, n);
}

static inline void hlist_add_before(struct hlist_node *n,
				    struct hlist_node *next)
{
	n->pprev = next->pprev;
	n->next = next;
	next->pprev = &n->next;
	WRITE_ONCE(*n->pprev, n);
}

static inline void hlist_add_behind(struct hlist_node *n,
				    struct hlist_node *prev)
{
	n->next = prev->next;
	prev->next = n;
	n->pprev = &prev->next;
	if (n->next)
		n->next->pprev = &n->next;
}

#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member)                          \
	({                                                           \
		__typeof__(ptr) hes_ptr = (ptr);                     \
		hes_ptr ? hlist_entry(hes_ptr, type, member) : NULL; \
	})
#define hlist_for_each_entry(pos, head, member)                          \
	for ((pos) = hlist_entry_safe((head)->first, __typeof__(*(pos)), \
				      member);                           \
	     (pos); (pos) = hlist_entry_safe((pos)->member.next,         \
					     __typeof__(*(pos)), member))
/* @n is a struct hlist_node * that the loop needs for itself. */
#define hlist_for_each_entry_safe(pos, n, head, member)                  \
	for ((pos) = hlist_entry_safe((head)->first, __typeof__(*(pos)), \
				      member);                           \
	     (pos) && ((n) = (pos)->member.next, true);                  \
	     (pos) = hlist_entry_safe((n), __typeof__(*(pos)), member))

#endif /* LIB_LIST_H */
