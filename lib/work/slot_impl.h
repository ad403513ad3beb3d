/* SPDX-License-Identifier: ISC */
/*
 * What the files of a slot share. Not for others.
 */
#ifndef WORK_SLOT_IMPL_H
#define WORK_SLOT_IMPL_H

#include "base/err.h"
#include "work/slot.h"

/* slot.c */
/* What a handler says on descriptor 3. */
extern const struct control_events slot_control_events;
/* Tell of a job and forget it; s->report is filled. */
void slot_close(struct slot *s, struct task *t);
/* Close it with an outcome that its handler has no part in. */
void slot_close_as(struct slot *s, struct task *t, const struct outcome *o);
/* Hand back the jobs from number `i` on. */
void slot_hand_back(struct slot *s, size_t i, const char *why);
/* All but how the handler ended. */
void slot_facts(const struct slot *s, const struct task *t, struct backoff *own,
		struct outcome_facts *f);
/* Judge it by how the handler ended, into s->report.outcome. */
void slot_judge(struct slot *s, const struct task *t);
/* Forget the handler and its jobs. */
void slot_clear(struct slot *s);
/* TERM to the handler's tree, unless it has just ended by itself. */
void slot_end(struct slot *s, enum outcome_cause cause);
/* Notice that the handler has ended, if it has. */
void slot_collect(struct slot *s);

/* slot_start.c */
void slot_launch_init(struct slot *s);
void slot_launch_release(struct slot *s);
/* Start the handler, for one job or (NULL) for all of the slot's. `input` is
 * its stdin unless it is fed. */
int slot_launch(struct slot *s, const struct claim_job *job, struct strv input,
		struct err *e) must_check;
int64_t slot_timeout(const struct slot *s, const struct task *t);
void slot_listen_soon(struct slot *s);
/* The handler has ended: 0 if it had executed, else -1 with why not. */
int slot_launch_over(struct slot *s, struct err *e) must_check;
/* No handler could be started for these jobs: close them. */
void slot_give_up(struct slot *s, const struct err *why);
/* … or for this one of them. */
void slot_cannot_start(struct slot *s, const struct err *why);

/* slot_stream.c */
void slot_stream_init(struct slot *s);
int slot_stream_open(struct slot *s, int *theirs, struct err *e) must_check;
void slot_stream_close(struct slot *s);
size_t slot_stream_place(const struct slot *s);
bool slot_stream_is_heavy(const struct slot *s);
void slot_stream_add(struct slot *s, struct task *t, struct strv payload);
void slot_stream_go(struct slot *s);
void slot_stream_answers(struct slot *s, struct strv bytes);
void slot_stream_time(struct slot *s); /* the timer, while it runs */
void slot_stream_extend(struct slot *s, int64_t ms);
void slot_stream_eof(struct slot *s);	    /* a pipe has ended */
void slot_stream_finish(struct slot *s);    /* no more jobs for it */
void slot_stream_take_back(struct slot *s); /* what it was not sent yet */
void slot_stream_blame(struct slot *s); /* the first job is why it is ended */
void slot_stream_over(struct slot *s); /* the handler is gone: close its jobs */
void slot_stream_release(struct slot *s);

/* slot_batch.c */
size_t slot_batch_place(const struct slot *s);
bool slot_batch_is_heavy(const struct slot *s);
void slot_batch_add(struct slot *s, struct task *t, struct strv payload);
void slot_batch_go(struct slot *s, bool more);
void slot_batch_time(struct slot *s); /* the timer, while it is filled */
void slot_batch_start(struct slot *s);
/* Those that were cancelled or lost while it is gathered leave it. */
void slot_batch_thin(struct slot *s);
/* "done ID …" on descriptor 3; NULL or what is wrong with it. */
const char *slot_batch_word(struct slot *s, struct strv word, struct strv rest);
void slot_batch_over(struct slot *s);

#endif
