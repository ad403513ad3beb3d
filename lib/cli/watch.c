/* SPDX-License-Identifier: ISC */
/*
 * One look after the other, each of which asks the server a bounded number of
 * questions: about all queues, about the last hour of those that there is room
 * for, and about the jobs of those where most runs and most has failed lately.
 */
#include "cli/watch.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/chart.h"
#include "cli/output.h"
#include "cli/queues.h"
#include "cli/terminal.h"
#include "cli/watch_jobs.h"
#include "queue/minutes.h"

#define MINUTE_MS   60000
#define MINUTES	    60
#define JOBS_QUEUES 20	/* asked for jobs that run, and for failed ones */
#define WIDE	    140 /* columns from which a minute has one of its own */
#define SPARK_LABEL 9	/* columns before each row of bars */

/* A queue, in the order of the table. */
struct row {
	struct key_set keys;
	int64_t running, retry, dead;
	double failed_minute;
	bool stirs; /* there is something about it that may be looked for */
	bool asked; /* for its jobs */
};

struct watch {
	struct look *look;
	int64_t interval_ms;
	struct queues names;
	/* of what is shown: */
	size_t columns, rows;
	struct output_table *table;
	struct row *row; /* owned; sorted by name */
	size_t n;
	size_t left_out; /* queues with jobs that are not asked for them */
	int64_t now_ms;
	bool begun; /* the terminal is ours */
	/* told by the loop: */
	bool due, quit;
	struct loop_timer *timer;
	struct buf screen;
};

static int64_t failed_in(const struct row *r)
{
	return r->retry + r->dead;
}

static void fill_row(struct row *r, const struct key_set *k,
		     const struct stats_queue *s, bool noted)
{
	*r = (struct row){.keys = *k, .stirs = noted};
	if (!s)
		return;
	r->running = s->running;
	r->retry = s->retry;
	r->dead = s->dead;
	r->failed_minute = s->failed_minute;
	r->stirs |= s->ready + s->running + failed_in(r) > 0;
}

static int on_queue(void *arg, const struct key_set *k,
		    const struct stats_queue *s, const struct err *why,
		    struct err *e)
{
	struct watch *w = arg;
	struct show_queue thing = {.name = k->queue, .stats = s};
	struct buf note = BUF_INIT;

	if (why && !look_is_damage(why)) {
		*e = *why;
		return -1;
	}
	if (s && !s->known && w->names.named && !w->begun)
		return look_no_queue(k->queue, e);
	if (s && !s->known)
		return 0;
	if (s) {
		show_note(s, &note);
		w->now_ms = s->now_ms;
	}
	thing.note = s ? strv_make(note.p, note.len) : strv_of("damaged");
	show_queues.cells(w->table, &thing);
	fill_row(&w->row[w->n++], k, s, thing.note.n > 0);
	buf_release(&note);
	return 0;
}

static void forget(struct watch *w)
{
	queues_release(&w->names);
	output_table_free(w->table);
	free(w->row);
	w->table = NULL;
	w->row = NULL;
	w->n = 0;
}

/* The table of the queues, with what has to be known for the rest. */
static int ask_queues(struct watch *w, struct err *e)
{
	struct look *l = w->look;

	forget(w);
	w->table = output_table_new(show_queues.columns, show_queues.n_columns);
	if (queues_find(&w->names, l->server->redis, l->space, l->queues,
			l->n_queues, e) < 0)
		return -1;
	w->row = buf_zalloc((w->names.n + 1) * sizeof(*w->row));
	return queues_ask(&w->names, l->server->redis,
			  (struct stats_queues){
				  .space = l->space, .fn = on_queue, .arg = w},
			  e);
}

static int by_place(const struct row *x, const struct row *y)
{
	return (x > y) - (x < y);
}

static int most_running(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a;
	const struct row *y = *(struct row *const *)b;

	if (x->running != y->running)
		return x->running < y->running ? 1 : -1;
	return by_place(x, y);
}

/* Where the last failures are, as far as the counts tell: a job that waits for
 * a retry failed not long ago, a dead one may lie there for weeks. */
static int latest_failed(const void *a, const void *b)
{
	const struct row *x = *(struct row *const *)a;
	const struct row *y = *(struct row *const *)b;

	if (x->failed_minute > y->failed_minute ||
	    x->failed_minute < y->failed_minute)
		return x->failed_minute < y->failed_minute ? 1 : -1;
	if (x->retry != y->retry)
		return x->retry < y->retry ? 1 : -1;
	if (x->dead != y->dead)
		return x->dead < y->dead ? 1 : -1;
	return by_place(x, y);
}

static bool has_jobs(const struct row *r)
{
	return r->running + failed_in(r) > 0;
}

/* The queues that are asked for jobs: the first ones in either order. */
static void choose(struct watch *w)
{
	struct row **order = buf_zalloc((w->n + 1) * sizeof(struct row *));

	for (size_t i = 0; i < w->n; i++)
		order[i] = &w->row[i];
	qsort(order, w->n, sizeof(struct row *), most_running);
	for (size_t i = 0; i < w->n && i < JOBS_QUEUES; i++)
		order[i]->asked = true;
	qsort(order, w->n, sizeof(struct row *), latest_failed);
	for (size_t i = 0; i < w->n && i < JOBS_QUEUES; i++)
		order[i]->asked = true;
	free(order);
	w->left_out = 0;
	for (size_t i = 0; i < w->n; i++)
		w->left_out += has_jobs(&w->row[i]) && !w->row[i].asked;
}

/* How the lines of the screen are shared out. */
struct room {
	size_t queues;		/* of two lines each */
	size_t running, failed; /* jobs, below a blank line and a header */
};

static size_t least(uint64_t a, size_t b)
{
	return a < b ? (size_t)a : b;
}

/* Lines that `n` jobs take. */
static size_t lines_of(size_t n)
{
	return n ? n + 2 : 0;
}

static size_t jobs_in(size_t lines)
{
	return lines > 2 ? lines - 2 : 0;
}

/* The queues may have half the screen and what jobs do not need, running jobs
 * and failed ones halves of the rest and what the others do not need. */
static struct room share(const struct watch *w)
{
	/* the first line, the header, and those that say what is left out */
	size_t fixed = w->left_out ? 4 : 3;
	size_t all = w->rows > fixed ? w->rows - fixed : 0, rest, half;
	struct room room = {0, 0, 0};

	for (size_t i = 0; i < w->n; i++) {
		room.running += least((uint64_t)w->row[i].running, w->rows);
		room.failed += least((uint64_t)failed_in(&w->row[i]), w->rows);
	}
	rest = lines_of(room.running) + lines_of(room.failed);
	rest = all > rest ? all - rest : 0;
	room.queues = least(w->n, (rest > all / 2 ? rest : all / 2) / 2);
	rest = all - 2 * room.queues;
	half = rest / 2;
	if (lines_of(room.running) <= half)
		half = rest - lines_of(room.running);
	room.failed = least(room.failed, jobs_in(half));
	rest -= lines_of(room.failed);
	room.running = least(room.running, jobs_in(rest));
	return room;
}

/* A row of bars of the last hour. */
static void add_spark(const struct watch *w, const char *label,
		      const struct minutes *h, bool failed, struct buf *out)
{
	bool color = w->look->show->color;
	size_t step = w->columns >= WIDE ? 1 : 2, n = MINUTES / step;
	double v[MINUTES];
	struct buf bars = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		struct minute m;

		minutes_sum(h, i * step, step, &m);
		v[i] = (double)(failed ? m.failed : m.done);
	}
	chart_spark(v, n, chart_most(v, n), &bars);
	buf_addf(out, "%*s ", SPARK_LABEL - 1, label);
	output_paint(out, failed ? OUTPUT_BAD : OUTPUT_GOOD, color,
		     strv_make(bars.p, bars.len));
	buf_release(&bars);
}

static int add_sparks(struct watch *w, size_t i, struct err *e)
{
	struct minutes h;
	int rc;

	minutes_init(&h, w->now_ms / MINUTE_MS - MINUTES + 1, MINUTES);
	rc = minutes_read(w->look->server->redis, &w->row[i].keys, &h, true, e);
	if (rc == 0) {
		add_spark(w, "done", &h, false, &w->screen);
		add_spark(w, "failed", &h, true, &w->screen);
		buf_addch(&w->screen, '\n');
	}
	minutes_release(&h);
	return rc;
}

static void add_first_line(struct watch *w, const struct err *why)
{
	struct buf line = BUF_INIT;
	char time[32], span[24];

	num_format_time(w->now_ms, time);
	num_format_span(w->interval_ms, span);
	buf_addf(&line, "jq-stat  %.19sZ  every %s  q quits", time, span);
	buf_clear(&w->screen);
	output_paint(&w->screen, OUTPUT_DIM, w->look->show->color,
		     strv_make(line.p, line.len));
	if (why) {
		buf_addstr(&w->screen, "  ");
		output_paint(&w->screen, OUTPUT_BAD, w->look->show->color,
			     strv_of(why->msg));
	}
	buf_addch(&w->screen, '\n');
	buf_release(&line);
}

static void add_line(struct watch *w, struct strv line)
{
	buf_add(&w->screen, line.p, line.n);
	buf_addch(&w->screen, '\n');
}

/* Up to `most` lines of the table, of queues that stir or not, each followed by
 * the queue's bars. */
static int add_rows(struct watch *w, struct strv lines, bool stirs,
		    size_t *most, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && *most > 0 && i < w->n; i++) {
		struct strv line = strv_cut(&lines, '\n');

		if (w->row[i].stirs != stirs)
			continue;
		add_line(w, line);
		rc = add_sparks(w, i, e);
		--*most;
	}
	return rc;
}

/* The table. When it does not fit, queues where nothing is come last. */
static int add_queues(struct watch *w, const struct room *room, struct err *e)
{
	struct buf table = BUF_INIT;
	struct strv rest;
	size_t most = room->queues;
	int rc;

	output_table_fit(w->table, w->columns);
	output_table_write(w->table, false, w->look->show->color, &table);
	rest = strv_make(table.p, table.len);
	add_line(w, strv_cut(&rest, '\n'));
	for (size_t i = 0; i < w->n && w->n <= most; i++)
		w->row[i].stirs = true;
	rc = add_rows(w, rest, true, &most, e);
	if (rc == 0)
		rc = add_rows(w, rest, false, &most, e);
	if (w->n == 0)
		buf_addstr(&w->screen, "no queue yet (jq-push makes one)\n");
	if (w->n > room->queues)
		buf_addf(&w->screen, "… and %zu more queues\n",
			 w->n - room->queues);
	buf_release(&table);
	return rc;
}

static int add_jobs(struct watch *w, const struct room *room, struct err *e)
{
	struct watch_jobs jobs = {.running = {NULL, 0}};
	bool color = w->look->show->color;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->n; i++)
		if (w->row[i].asked && has_jobs(&w->row[i]))
			rc = watch_jobs_read(&jobs, w->look->server->redis,
					     &w->row[i].keys, w->rows, e);
	if (rc == 0 && room->running > 0) {
		buf_addch(&w->screen, '\n');
		watch_jobs_running(&jobs, room->running, w->columns, color,
				   &w->screen);
	}
	if (rc == 0 && room->failed > 0) {
		buf_addch(&w->screen, '\n');
		watch_jobs_failed(&jobs, room->failed, w->columns, color,
				  &w->screen);
	}
	if (rc == 0 && w->left_out && room->running + room->failed > 0)
		buf_addf(&w->screen, "… and jobs of %zu more queues\n",
			 w->left_out);
	watch_jobs_release(&jobs);
	return rc;
}

/* Put the screen together. */
static int look(struct watch *w, struct err *e)
{
	struct room room;

	terminal_size(&w->columns, &w->rows);
	if (ask_queues(w, e) < 0)
		return -1;
	choose(w);
	room = share(w);
	add_first_line(w, NULL);
	if (add_queues(w, &room, e) < 0)
		return -1;
	return add_jobs(w, &room, e);
}

static void look_and_draw(struct watch *w)
{
	struct err e;

	/* while the server is away what was there last would mislead */
	if (look(w, &e) < 0)
		add_first_line(w, &e);
	terminal_draw(&w->screen, w->rows);
	loop_timer_set(w->timer, w->interval_ms);
}

static void on_due(void *arg)
{
	struct watch *w = arg;

	w->due = true;
}

static void on_key(void *arg)
{
	struct watch *w = arg;
	int key;

	while ((key = terminal_key()) != 0) {
		w->quit |= key < 0 || key == 'q' || key == 'Q';
		w->due |= key == ' ';
		if (key < 0)
			break;
	}
}

static void run(struct watch *w)
{
	struct loop *loop = w->look->server->loop;
	struct loop_signal *resized =
		loop_signal_new(loop, SIGWINCH, on_due, w);
	struct loop_watch *keys = NULL;

	w->timer = loop_timer_new(loop, on_due, w);
	terminal_begin();
	w->begun = true;
	if (isatty(STDIN_FILENO))
		keys = loop_watch_new(loop, STDIN_FILENO, on_key, w);
	terminal_draw(&w->screen, w->rows);
	loop_timer_set(w->timer, w->interval_ms);
	while (!w->quit) {
		loop_turn(loop);
		if (w->due && !w->quit) {
			w->due = false;
			look_and_draw(w);
		}
	}
	terminal_end();
	loop_watch_free(keys);
	loop_timer_free(w->timer);
	loop_signal_free(resized);
}

int watch_run(struct look *l, int64_t interval_ms, struct err *e)
{
	struct watch w = {
		.look = l, .interval_ms = interval_ms, .screen = BUF_INIT};
	int rc = terminal_check(e);

	if (rc == 0)
		rc = look(&w, e);
	if (rc == 0)
		run(&w);
	forget(&w);
	buf_release(&w.screen);
	return rc;
}
