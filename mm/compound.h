/* SPDX-License-Identifier: MIT */
/*
 * compound.h - blocks that count as one page; see mm/compound.c.
 */
#ifndef MM_COMPOUND_H
#define MM_COMPOUND_H

#include <base/compiler.h>
#include <mm/page.h>

/* Marks a block that was just allocated. @order >= 1. Context: any. */
void prep_compound_page(struct page *page, unsigned int order);

/**
 * destroy_compound_page() - the block is plain again.
 * @page: its head, count 0.
 *
 * Context: any. Return: false when a tail is not as it should be; nothing
 * has changed then.
 */
bool __must_check destroy_compound_page(struct page *page, unsigned int order);

#endif /* MM_COMPOUND_H */
