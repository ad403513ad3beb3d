/* SPDX-License-Identifier: ISC */
/*
 * The turns of the engine: after each round of events it sends what has been
 * closed, asks for as many jobs as there are free slots, or waits for them
 * (engine_wait.c). Closes and the claim after them are one call.
 */
#include "work/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "sys/child.h"
#include "sys/oom.h"
#include "sys/seal.h"
#include "work/engine_impl.h"

enum {
	/* An answer «at once» to «when is something due» means that it cannot
	 * be taken yet (a hold after an outage): not to be asked in a circle.
	 */
	SOON_MS = 100,
	TROUBLE_FIRST_MS = 1000,
	TROUBLE_MOST_MS = 30000,
	TROUBLE_TELL_MS = 60000,
	TROUBLE_BUGS = 3,
	/* For so long closes wait for others while the slots have work. */
	LINGER_MS = 10
};

void engine_fail(struct engine *en, const struct err *why)
{
	if (!en->end.failed) {
		en->end.failed = true;
		en->end.why = *why;
		en->end.status = (int)why->code;
	}
	engine_finish(en);
}

/* The server does not do what we ask. Before it ever has, that is the end;
 * later it is a matter of waiting, except where waiting cannot help. */
static void trouble(void *arg, struct lane *l, const struct err *why)
{
	struct engine *en = arg;
	int64_t now = clock_boot_ms();

	(void)l;
	if (!en->served) {
		engine_fail(en, why);
		return;
	}
	en->trouble_bugs = why->code == STATUS_BUG ? en->trouble_bugs + 1 : 0;
	if (why->code == STATUS_PROTOCOL || en->trouble_bugs >= TROUBLE_BUGS) {
		/* handlers may run on for hours before the end says so */
		if (en->busy && !en->refused)
			log_say(&en->log, LOG_ERROR, "%s; taking no more jobs",
				why->msg);
		en->refused = true;
		engine_fail(en, why);
		return;
	}
	en->trouble_span =
		en->trouble_span ? en->trouble_span * 2 : TROUBLE_FIRST_MS;
	if (en->trouble_span > TROUBLE_MOST_MS)
		en->trouble_span = TROUBLE_MOST_MS;
	/* a replica may be a primary at any time */
	if (why->code == STATUS_UNAVAILABLE)
		en->trouble_span = TROUBLE_FIRST_MS;
	en->trouble_ms = now + en->trouble_span;
	if (en->told_ms && now - en->told_ms < TROUBLE_TELL_MS)
		return;
	en->told_ms = now;
	log_say(&en->log, LOG_ERROR, "%s; trying again", why->msg);
}

static void served(struct engine *en)
{
	en->trouble_span = en->trouble_ms = 0;
	en->trouble_bugs = 0;
	if (en->served)
		return;
	en->served = true;
	en->active_ms = clock_boot_ms();
	notify_ready(&en->notify);
	engine_status(en);
}

/* Send claims for `n` jobs, to queues that may have some. */
static void claim_some(struct engine *en, int64_t n)
{
	for (size_t k = 0; k < en->pick->n; k++) {
		en->open[k] = en->lane[k].open;
		en->lane[k].draw = 0;
	}
	while (n > 0) {
		int i = pick_next(en->pick, en->open,
				  en->pick->weighted ? seal_chance() : 0);
		/* each slot draws for itself where queues have weights; in
		 * strict order the first queue is asked for all */
		int64_t share = en->pick->weighted ? 1 : n;

		if (i < 0)
			break;
		en->lane[i].draw += (int)share;
		n -= share;
	}
	for (size_t k = 0; k < en->pick->n; k++) {
		struct lane *l = &en->lane[k];

		/* one claim a queue at a time */
		if (!l->draw || l->ask.on)
			continue;
		lane_claim(l, l->draw < ENGINE_CLAIM_MOST ? l->draw
							  : ENGINE_CLAIM_MOST);
		en->reserved += l->ask.jobs;
	}
}

/* While `n` that have come are dealt with, the server looks for the next ones.
 */
static void ask_on(struct engine *en, int64_t n, int64_t now)
{
	int64_t more;

	en->reserved += n;
	more = engine_wanted(en, now);
	if (more > 0) {
		claim_some(en, more);
		redis_flush(en->redis);
	}
	en->reserved -= n;
}

/* What a claim has brought. */
static void take_answer(struct engine *en, struct lane_ask *q,
			const struct claim_answer *a)
{
	struct lane *l = q->lane;
	int64_t now = clock_boot_ms(), since = q->since_ms, next;

	l->paused = a->word == CLAIM_PAUSED;
	/* What comes later has a hint that waits for us. The same again says
	 * nothing of what is there now, and may have been got by the first one.
	 */
	if (q == &l->ask && q->jobs)
		l->open = false;
	l->open |= a->left > 0 || a->word == CLAIM_SAME || l->again;
	if (a->word == CLAIM_SAME)
		since = l->request_ms;
	l->again = false;
	next = a->next_ms > 0 ? a->next_ms : SOON_MS;
	l->look_ms = now + (next < ENGINE_POLL_MS ? next : ENGINE_POLL_MS);
	if (a->n)
		en->active_ms = now;
	if (a->n && en->set->mode != SETTINGS_EACH)
		ask_on(en, (int64_t)a->n, now);
	for (size_t i = 0; i < a->n; i++)
		engine_take(en, l, a, i, since);
}

static void claimed(void *arg, struct lane_ask *q, const struct claim_answer *a,
		    bool known, const struct err *why)
{
	struct engine *en = arg;
	struct lane *l = q->lane;
	bool waited = q == &l->wait;

	if (!waited)
		en->reserved -= q->jobs;
	if (why)
		trouble(en, l, why);
	else
		served(en);
	if (a && !known)
		take_answer(en, q, a);
	else if (why || !waited)
		l->open = true;
	if (waited)
		engine_wait_over(en, a && !known && a->word != CLAIM_SAME &&
					     a->word != CLAIM_STALE);
}

static bool all_known(const struct engine *en)
{
	for (size_t i = 0; i < en->pick->n; i++)
		if (en->lane[i].open || en->lane[i].ask.on)
			return false;
	return true;
}

/* Before an end the last word has to be ours: is there a queue that was not
 * asked since a job ended, or whose claim that waits may bring one in this
 * moment? Asked they are in this turn. */
static bool ask_last(struct engine *en, int64_t now)
{
	bool any = false;

	if (en->phase != STOP_RUN)
		return false;
	for (size_t i = 0; i < en->pick->n; i++) {
		struct lane *l = &en->lane[i];

		if (!l->unasked && !lane_may_bring(l))
			continue;
		any = l->open = true;
	}
	if (any)
		claim_some(en, engine_wanted(en, now));
	return any;
}

static void check_idle(struct engine *en, int64_t now)
{
	int64_t left;
	bool enough =
		en->set->limit && en->taken >= en->set->limit && !en->reserved;

	/* what comes back unrun does not count, so it may not be the end yet */
	if (enough && !en->enough)
		engine_enough(en);
	en->enough = enough;
	if (enough && !en->busy)
		engine_finish(en);
	if (enough || en->set->idle_ms < 0 || !en->served || en->busy ||
	    !all_known(en) || !engine_abandon_over(en))
		return;
	left = en->active_ms + en->set->idle_ms - now;
	if (left > 0) {
		loop_timer_set(en->idle, left);
		return;
	}
	if (ask_last(en, now))
		return;
	en->found_nothing = en->set->need_one && en->taken == 0;
	engine_finish(en);
}

/* Nothing but to have a turn. */
static void wake_up(void *arg)
{
	(void)arg;
}

/* Look for what handlers left behind unnoticed, and collect what has ended. */
static void tick_due(void *arg)
{
	struct engine *en = arg;

	engine_job_rounds(en);
	if (en->busy || en->slot_host.strays)
		loop_timer_set(en->tick, 1000);
}

static void report_stdout(struct engine *en)
{
	if (!en->out.error || en->out_reported)
		return;
	en->out_reported = true;
	log_say(&en->log, LOG_ERROR,
		"cannot write to stdout: %s (handlers' output is no longer "
		"passed on)",
		strerror(en->out.error));
}

static void flush_now(void *arg)
{
	struct engine *en = arg;

	for (size_t i = 0; i < en->pick->n; i++)
		lane_flush(&en->lane[i]);
}

/* Send what was closed. Slots that have their next jobs already wait for
 * nothing, so then it may go with the next claim. */
static void flush(struct engine *en)
{
	if (en->ahead.n == 0) {
		flush_now(en);
		return;
	}
	if (en->lane[0].open_batch && !loop_timer_armed(en->linger))
		loop_timer_set(en->linger, LINGER_MS);
}

static void see_started(struct engine *en)
{
	for (int64_t i = 0; en->slot_host.starting && i < en->set->slots; i++)
		if (en->slot[i])
			slot_started(en->slot[i]);
	if (!en->slot_host.in_doubt || en->slot_host.starting)
		return;
	en->slot_host.in_doubt = false;
	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i])
			slot_look_again(en->slot[i]);
}

static void turn(struct engine *en)
{
	int64_t now = clock_boot_ms(), n;

	see_started(en);
	engine_beat_if_late(en);
	engine_beat_if_busier(en);
	engine_status(en);
	report_stdout(en);
	engine_take_ahead(en, now);
	n = engine_wanted(en, now);
	if (n > 0)
		claim_some(en, n);
	engine_fed(en);
	if (en->phase < STOP_FINISH)
		check_idle(en, now);
	engine_wait_review(en, n, now);
	flush(en);
	if (n > 0 && en->phase == STOP_RUN && all_known(en))
		engine_wait(en, n, now);
	if ((en->busy || en->slot_host.strays) && !loop_timer_armed(en->tick))
		loop_timer_set(en->tick, 1000);
	engine_stop_turn(en);
}

static void out_has_room(void *arg)
{
	struct engine *en = arg;

	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i])
			capture_resume(&en->slot[i]->capture);
}

static void listen_due(void *arg)
{
	struct engine *en = arg;

	for (int64_t i = 0; i < en->set->slots; i++)
		if (en->slot[i])
			slot_listen(en->slot[i]);
}

static void watchdog_due(void *arg)
{
	struct engine *en = arg;

	notify_alive(&en->notify);
	loop_timer_set(en->watchdog, en->notify.watchdog_ms);
}

static void init_output(struct engine *en)
{
	const struct settings *s = en->set;

	sink_init(&en->out, en->loop, STDOUT_FILENO, out_has_room, en);
	sink_init(&en->err, en->loop, STDERR_FILENO, out_has_room, en);
	log_init(&en->log, &en->err, s->log_format, s->verbose);
	en->log.journal =
		log_is_journal(s->supervisor->journal_stream, STDERR_FILENO);
	/* the service manager listens to the process it has started */
	notify_init_link(&en->notify,
			 s->notify_socket ? s->supervisor->link : -1,
			 s->watchdog_usec, s->watchdog_pid,
			 s->supervisor->main_pid, s->supervisor->ready_fd);
	en->plan = (struct capture_plan){
		.loop = en->loop,
		.chunk = buf_alloc(INLET_CHUNK),
		.out = s->pass ? &en->out : NULL,
		.log = &en->log,
		.max_result = (size_t)s->max_result,
		.max_tail = (size_t)s->stderr_tail,
		.lines = s->slots > 1 || s->tag,
		.tag = s->tag,
	};
}

static void init_slots(struct engine *en)
{
	const struct settings *s = en->set;

	environ_init(&en->environ, s->environ, s->extra);
	if (cgroup_delegated(&en->groups))
		cgroup_clear_left(en->groups.p, SLOT_GROUPS);
	else
		buf_clear(&en->groups);
	en->slot_host = (struct slot_host){
		.loop = en->loop,
		.settings = s,
		.plan = &en->plan,
		.environ = &en->environ,
		.handlers = s->handlers_dir ? &en->handlers : NULL,
		.groups = en->groups.len ? en->groups.p : NULL,
		.log = &en->log,
		.done = engine_job_done,
		.news = engine_news,
		.arg = en,
		.listen = loop_timer_new(en->loop, listen_due, en),
		.oom_kills = oom_kills(),
	};
	en->slot = buf_zalloc((size_t)s->slots * sizeof(struct slot *));
	ahead_init(&en->ahead, s->slots);
	breaker_init(&en->faults, 5);
	breaker_init(&en->halt, s->halt);
}

struct engine *engine_new(struct loop *loop, const struct settings *settings,
			  const struct pick *pick, struct err *e)
{
	struct engine *en = buf_zalloc(sizeof(*en));

	en->loop = loop;
	en->set = settings;
	en->pick = pick;
	buf_init(&en->text);
	buf_init(&en->groups);
	if (joblog_open(&en->joblog, settings->joblog, e) < 0) {
		free(en);
		return NULL;
	}
	if (settings->handlers_dir &&
	    handlers_open(&en->handlers, settings->handlers_dir, e) < 0) {
		joblog_close(&en->joblog);
		free(en);
		return NULL;
	}
	init_output(en);
	init_slots(en);
	en->poll = loop_timer_new(loop, engine_poll_due, en);
	en->idle = loop_timer_new(loop, wake_up, en);
	en->tick = loop_timer_new(loop, tick_due, en);
	en->lease = loop_timer_new(loop, engine_lease_due, en);
	en->ahead_timer = loop_timer_new(loop, engine_ahead_due, en);
	en->linger = loop_timer_new(loop, flush_now, en);
	en->watchdog = loop_timer_new(loop, watchdog_due, en);
	alarm_init(&en->alarm, loop, settings, &en->log);
	return en;
}

void engine_connect(struct engine *en, struct redis *redis,
		    struct redis *waiting)
{
	size_t n = en->pick->n;

	en->redis = redis;
	en->waiting = waiting;
	en->lane_host = (struct lane_host){
		.loop = en->loop,
		.redis = redis,
		.waiting = waiting,
		.instance = en->set->supervisor->instance,
		.log = &en->log,
		.claimed = claimed,
		.trouble = trouble,
		.arg = en,
	};
	en->lane = buf_alloc(n * sizeof(*en->lane));
	en->open = buf_zalloc(n * sizeof(*en->open));
	en->wait_keys = buf_alloc(n * sizeof(struct key_set *));
	for (size_t i = 0; i < n; i++) {
		lane_init(&en->lane[i], &en->lane_host, en->set->space,
			  en->pick->queue[i].name);
		en->wait_keys[i] = &en->lane[i].keys;
	}
}

void engine_connection(void *engine, const struct err *why)
{
	struct engine *en = engine;

	/* at the start it may just be the reason to end, which is said then */
	if (why && !en->end.failed && en->cut_off != why->code) {
		en->cut_off = why->code;
		log_say(&en->log, LOG_WARN, "%s; %strying again", why->msg,
			en->busy ? "handlers run on, " : "");
	} else if (!why && en->cut_off) {
		en->cut_off = STATUS_OK;
		log_say(&en->log, LOG_WARN, "connected again");
	}
}

void engine_hold(struct engine *en)
{
	en->held = true;
}

void engine_admit(void *engine, const struct err *why)
{
	struct engine *en = engine;

	en->held = false;
	if (why)
		engine_fail(en, why);
}

void engine_warn(void *engine, const char *text)
{
	struct engine *en = engine;

	if (en->set->verbose >= 0)
		log_say(&en->log, LOG_WARN, "%s", text);
}

void engine_run(struct engine *en, struct engine_end *end)
{
	en->started_ms = clock_real_ms();
	child_become_subreaper();
	engine_stop_start(en);
	engine_abandon_start(en);
	engine_beat_start(en);
	if (en->notify.watchdog_ms)
		loop_timer_set(en->watchdog, en->notify.watchdog_ms);
	turn(en);
	while (!en->finished) {
		loop_turn(en->loop);
		turn(en);
	}
	engine_stop_end(en);
	*end = en->end;
}

void engine_free(struct engine *en)
{
	if (!en)
		return;
	for (size_t i = 0; en->lane && i < en->pick->n; i++)
		lane_release(&en->lane[i]);
	for (int64_t i = 0; i < en->set->slots; i++) {
		if (!en->slot[i])
			continue;
		slot_release(en->slot[i]);
		free(en->slot[i]);
	}
	loop_timer_free(en->poll);
	loop_timer_free(en->idle);
	loop_timer_free(en->tick);
	loop_timer_free(en->lease);
	loop_timer_free(en->ahead_timer);
	loop_timer_free(en->slot_host.listen);
	loop_timer_free(en->linger);
	ahead_release(&en->ahead);
	loop_timer_free(en->watchdog);
	alarm_release(&en->alarm);
	free(en->slot);
	free(en->lane);
	free(en->open);
	free(en->wait_keys);
	free(en->plan.chunk);
	buf_release(&en->groups);
	environ_release(&en->environ);
	if (en->set->handlers_dir)
		handlers_close(&en->handlers);
	joblog_close(&en->joblog);
	notify_release(&en->notify);
	log_release(&en->log);
	sink_release(&en->out);
	sink_release(&en->err);
	buf_release(&en->text);
	free(en);
}
