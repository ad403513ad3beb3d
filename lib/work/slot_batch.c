/* SPDX-License-Identifier: ISC */
/*
 * Many jobs for one run of a handler: gathered, given as records on its stdin,
 * and closed by its exit status, but for those that a line on descriptor 3
 * says more of.
 */
#include "work/slot_impl.h"

#include <string.h>

#include "base/clock.h"

enum {
	/* What was asked for comes later, as the server is in trouble. */
	LATE_MS = 1000,
	/* A batch of so many bytes is full. */
	BYTES_MOST = 16 << 20,
	/* Of stderr, for each of them. */
	TAIL_MOST = 512
};

bool slot_batch_is_heavy(const struct slot *s)
{
	return s->records.len >= BYTES_MOST;
}

size_t slot_batch_place(const struct slot *s)
{
	if (s->state == SLOT_FREE)
		return s->cap;
	return s->state == SLOT_FILLING ? s->cap - s->n : 0;
}

void slot_batch_add(struct slot *s, struct task *t, struct strv payload)
{
	const struct settings *set = s->host->settings;
	int64_t wait = set->batch_wait_ms;
	struct outcome o;
	struct err e;

	t->from = s->records.len;
	if (frame_add(set->frame, set->ids ? t->job : NULL, payload,
		      &s->records, &e) < 0) {
		s->n--;
		outcome_refuse(STATUS_DATA, e.msg, &o);
		slot_close_as(s, t, &o);
		return;
	}
	t->to = s->records.len;
	if (s->n > 1)
		return;
	s->state = SLOT_FILLING;
	s->waited = wait <= 0;
	loop_timer_set(s->timer, wait > 0 ? wait : LATE_MS);
}

/* Cut its record out, and its place in the ring, which a batch fills from the
 * first one on. Late news of those that move find their serials elsewhere, and
 * are not heard. */
static void forget(struct slot *s, struct task *t)
{
	struct buf *b = &s->records;
	size_t from = (size_t)t->from, to = (size_t)t->to;
	struct task *end = &s->task[s->n];

	memmove(b->p + from, b->p + to, b->len - to);
	buf_cut(b, b->len - (to - from));
	memmove(t, t + 1, (size_t)(end - t - 1) * sizeof(*t));
	end[-1] = (struct task){.slot = s};
	for (; t < end - 1; t++) {
		t->from -= to - from;
		t->to -= to - from;
	}
	s->n--;
}

/* It is not run with those it is gathered with. */
static void leave(struct slot *s, struct task *t)
{
	struct outcome o;

	if (t->lost)
		outcome_lost(&o);
	else
		outcome_hand_back("it was cancelled before it began", &o);
	slot_close_as(s, t, &o);
	forget(s, t);
}

void slot_batch_thin(struct slot *s)
{
	for (size_t i = s->n; i-- > 0;) {
		struct task *t = slot_task(s, i);

		if (t->lost || t->cancel)
			leave(s, t);
	}
	if (s->n > 0)
		return;
	loop_timer_clear(s->timer);
	slot_clear(s);
}

void slot_batch_start(struct slot *s)
{
	struct err e;

	loop_timer_clear(s->timer);
	for (size_t i = 0; i < s->n; i++)
		task_start(slot_task(s, i));
	if (slot_launch(s, NULL, strv_make(s->records.p, s->records.len), &e) <
	    0)
		slot_give_up(s, &e);
	buf_clear(&s->records);
}

void slot_batch_go(struct slot *s, bool more)
{
	bool enough = s->waited || slot_room(s) == 0;

	if (slot_place(s) == 0 || (enough && !more))
		slot_batch_start(s);
}

/* It has waited for others. What is there already comes in all the same. */
void slot_batch_time(struct slot *s)
{
	if (s->waited) {
		slot_batch_start(s);
		return;
	}
	s->waited = true;
	loop_timer_set(s->timer, LATE_MS);
}

/* By its id or QUEUE/ID; NULL if it is not in the batch, or closed. */
static struct task *find(const struct slot *s, struct strv name)
{
	for (size_t i = 0; i < s->n; i++) {
		struct task *t = slot_task(s, i);

		if (t->serial &&
		    (strv_eq(name, t->id) || strv_eq(name, t->job)))
			return t;
	}
	return NULL;
}

static void decide(struct slot *s, struct task *t, const struct answer *a)
{
	size_t keep = s->host->plan->max_result;
	struct outcome_facts f;
	struct backoff own;

	slot_facts(s, t, &own, &f);
	f.last_line = strv_of("");
	f.error_text = strv_of("");
	s->report = (struct slot_report){.end.code = -1, .started = true};
	outcome_answer(a, &f, &s->report.outcome);
	if (t->lost)
		outcome_lost(&s->report.outcome);
	if (a->kind == ANSWER_OK) {
		s->report.total = a->text.n;
		s->report.result = strv_make(
			a->text.p, a->text.n < keep ? a->text.n : keep);
	}
	t->ended_us = clock_boot_us();
	slot_close(s, t);
}

const char *slot_batch_word(struct slot *s, struct strv word, struct strv rest)
{
	struct strv name = strv_word(&rest);
	struct answer a = {.delay_ms = -1, .text = strv_trim(rest)};
	struct task *t = find(s, name);

	if (!name.n)
		return "no job is named (write done ID)";
	if (!t)
		return "no such job in the batch, or it was said before";
	if (strv_eq(word, "retry"))
		answer_retry(rest, &a);
	else if (strv_eq(word, "dead"))
		a.kind = ANSWER_DEAD;
	decide(s, t, &a);
	return NULL;
}

/* What the process used stands with the first job, as nobody can tell how much
 * of it each has used. */
void slot_batch_over(struct slot *s)
{
	bool first = true;

	for (size_t i = 0; i < s->n; i++) {
		struct task *t = slot_task(s, i);

		if (!t->serial)
			continue;
		slot_judge(s, t);
		if (s->cause == OUTCOME_EVICTED && !t->lost)
			outcome_hand_back("the lease of another job of the "
					  "batch was lost",
					  &s->report.outcome);
		if (!first)
			s->report.end = (struct child_end){
				.code = s->end.code, .signo = s->end.signo};
		s->report.tail = lines_tail_view(
			&s->capture.tail,
			s->cap == 1 ? s->host->plan->max_tail : TAIL_MOST);
		first = false;
		t->ended_us = s->ended_us;
		slot_close(s, t);
	}
	slot_clear(s);
}
