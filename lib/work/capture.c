/* SPDX-License-Identifier: ISC */
/* Keeps, counts and passes on what handlers write. */
#include "work/capture.h"

#include <string.h>
#include <unistd.h>

#include "base/fd.h"

/* Longer lines are passed on in pieces, or one handler could fill memory. */
#define OUT_LINE_MAX (1UL << 20)
#define ERR_LINE_MAX (8UL << 10)

/* For the reason of a failure, even when no tail is to be stored. */
#define TAIL_LEAST 512

static void pass_line(void *arg, struct strv line)
{
	struct capture *c = arg;
	struct sink *out = c->plan->out;

	if (c->plan->tag) {
		sink_add(out, c->job, strlen(c->job));
		sink_add(out, "\t", 1);
	}
	sink_add(out, line.p, line.n);
	sink_add(out, "\n", 1);
}

static void out_data(void *arg, struct strv bytes)
{
	struct capture *c = arg;
	struct sink *out = c->plan->out;
	size_t room = c->plan->max_result - c->head.len;

	if (c->take) {
		c->take(c->arg, bytes);
		if (out && sink_full(out))
			inlet_pause(&c->out);
		return;
	}
	c->total += bytes.n;
	if (room)
		buf_add(&c->head, bytes.p, bytes.n < room ? bytes.n : room);
	if (!out)
		return;
	if (c->plan->lines) {
		lines_feed(&c->out_lines, bytes, pass_line, c);
		sink_flush(out);
	} else {
		sink_write(out, bytes.p, bytes.n);
	}
	if (sink_full(out))
		inlet_pause(&c->out);
}

static void err_line(void *arg, struct strv line)
{
	struct capture *c = arg;

	log_handler(c->plan->log, c->job, c->plan->tag, line);
}

static void err_data(void *arg, struct strv bytes)
{
	struct capture *c = arg;
	struct sink *sink = c->plan->log->sink;

	c->err_total += (int64_t)bytes.n;
	lines_tail_add(&c->tail, bytes);
	lines_feed(&c->err_lines, bytes, err_line, c);
	sink_flush(sink);
	if (sink_full(sink))
		inlet_pause(&c->err);
	c->news(c->arg);
}

static void ended(void *arg)
{
	struct capture *c = arg;

	c->ended(c->arg);
}

void capture_init(struct capture *c, const struct capture_plan *plan)
{
	size_t tail = plan->max_tail;

	memset(c, 0, sizeof(*c));
	c->plan = plan;
	buf_init(&c->head);
	inlet_init(&c->out, plan->loop, plan->chunk);
	inlet_init(&c->err, plan->loop, plan->chunk);
	c->out.data = out_data;
	c->err.data = err_data;
	c->out.end = c->err.end = ended;
	c->out.arg = c->err.arg = c;
	lines_init(&c->out_lines, OUT_LINE_MAX);
	lines_init(&c->err_lines, ERR_LINE_MAX);
	lines_tail_init(&c->tail, tail < TAIL_LEAST ? TAIL_LEAST : tail);
}

void capture_release(struct capture *c)
{
	inlet_close(&c->out);
	inlet_close(&c->err);
	buf_release(&c->head);
	lines_release(&c->out_lines);
	lines_release(&c->err_lines);
	lines_tail_release(&c->tail);
}

int capture_open(struct capture *c, const char *job, int *out, int *err,
		 struct err *e)
{
	c->job = job;
	if (inlet_open(&c->out, out, e) < 0)
		return -1;
	if (inlet_open(&c->err, err, e) == 0)
		return 0;
	inlet_close(&c->out);
	fd_close(out);
	return -1;
}

void capture_listen(struct capture *c)
{
	inlet_listen(&c->out);
	inlet_listen(&c->err);
}

void capture_pass(struct capture *c, struct strv line)
{
	if (!c->plan->out)
		return;
	pass_line(c, line);
	sink_flush(c->plan->out);
}

bool capture_is_open(const struct capture *c)
{
	return inlet_is_open(&c->out) || inlet_is_open(&c->err);
}

void capture_drain(struct capture *c)
{
	inlet_drain(&c->out);
	inlet_drain(&c->err);
}

void capture_close(struct capture *c)
{
	inlet_close(&c->out);
	inlet_close(&c->err);
	if (c->out_lines.partial.len) {
		lines_end(&c->out_lines, pass_line, c);
		sink_flush(c->plan->out);
	}
	if (c->err_lines.partial.len) {
		lines_end(&c->err_lines, err_line, c);
		sink_flush(c->plan->log->sink);
	}
}

/* One job's megabytes are not kept for the next one's few bytes. */
static void empty(struct buf *b)
{
	if (b->cap > INLET_CHUNK)
		buf_release(b);
	buf_clear(b);
}

void capture_clear_tail(struct capture *c)
{
	c->err_total = 0;
	lines_tail_clear(&c->tail);
}

void capture_clear(struct capture *c)
{
	c->total = 0;
	empty(&c->head);
	empty(&c->out_lines.partial);
	empty(&c->err_lines.partial);
	capture_clear_tail(c);
}

struct strv capture_result(const struct capture *c)
{
	return strv_make(c->head.p, c->head.len);
}

struct strv capture_tail(const struct capture *c)
{
	return lines_tail_view(&c->tail, c->plan->max_tail);
}

struct strv capture_last_line(const struct capture *c)
{
	return lines_last(lines_tail_view(&c->tail, TAIL_LEAST));
}

void capture_resume(struct capture *c)
{
	if (!c->plan->out || !sink_full(c->plan->out))
		inlet_resume(&c->out);
	if (!sink_full(c->plan->log->sink))
		inlet_resume(&c->err);
}
