/* SPDX-License-Identifier: ISC */
/*
 * Going through the dead jobs of a queue in bounded pages while they are
 * being taken out of it: what leaves the list moves all behind it, so the
 * place where a page begins is the last job that was seen, not a number.
 */
#ifndef QUEUE_PAGE_H
#define QUEUE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "queue/key.h"
#include "sys/redis.h"

#define PAGE_MOST 500 /* jobs of one page */

struct page {
	struct strv v[PAGE_MOST]; /* the ids of this page; views */
	size_t n;		  /* 0 = the end */
	/* To be set by the caller: how many of those seen are still in the
	 * list. Too high costs time, too low ends it early. */
	uint64_t left;
	/* The rest is page.c's. */
	struct buf ids;	  /* what `v` shows, each with its NUL */
	size_t most;	  /* of this page */
	int64_t until_ms; /* jobs that died after the first look are left */
	int64_t seen_ms;  /* when the last job that was seen died */
	char seen[KEY_ID_MAX + 1]; /* and its id */
};

void page_init(struct page *p);
void page_release(struct page *p);

/* The next jobs, oldest first, `most` at most. Runs the loop until the server
 * has answered. */
int page_next(struct page *p, struct redis *r, const struct key_set *k,
	      int64_t most, struct err *e) must_check;

#endif
