/* SPDX-License-Identifier: ISC */
/*
 * Exit status, signal, time limit and the handler's own words become one
 * verdict. Everything unknown is soft: retrying a hopeless job wastes a few
 * attempts, burying a curable one stops it silently.
 */
#include "work/outcome.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/signame.h"

enum {
	EXIT_DATA = 65,	    /* EX_DATAERR: the payload is bad */
	EXIT_TRY_LATER = 75 /* EX_TEMPFAIL: not this job's fault */
};

void outcome_rules_init(struct outcome_rules *r)
{
	memset(r, 0, sizeof(*r));
	memset(r->verdict, OUTCOME_RETRY, sizeof(r->verdict));
	r->verdict[0] = OUTCOME_OK;
	r->verdict[EXIT_DATA] = OUTCOME_DEAD;
}

/* "65" or "1-9". */
static int read_range(struct strv text, int64_t *low, int64_t *high,
		      struct err *e)
{
	struct strv to = text, from = strv_cut(&to, '-');

	if (num_int(from, 0, 255, low, e) < 0)
		return -1;
	*high = *low;
	if (from.n == text.n)
		return 0;
	return num_int(to, *low, 255, high, e);
}

static int set_one(struct outcome_rules *r, enum outcome_verdict verdict,
		   int64_t status, struct err *e)
{
	if (status == 0 && verdict != OUTCOME_OK)
		return err_set(e, STATUS_USAGE,
			       "exit status 0 always means done");
	if (r->said[status] && r->verdict[status] != verdict)
		return err_set(e, STATUS_USAGE,
			       "exit status %d is given two meanings",
			       (int)status);
	r->said[status] = true;
	r->verdict[status] = (unsigned char)verdict;
	return 0;
}

int outcome_rules_set(struct outcome_rules *r, enum outcome_verdict verdict,
		      struct strv list, struct err *e)
{
	int64_t low, high;
	bool more;

	do {
		more = list.n && memchr(list.p, ',', list.n);
		if (read_range(strv_cut(&list, ','), &low, &high, e) < 0)
			return -1;
		for (; low <= high; low++)
			if (set_one(r, verdict, low, e) < 0)
				return -1;
	} while (more);
	return 0;
}

/* One line without NUL, cut to fit but never inside a UTF-8 sequence. */
static void add_reason(struct outcome *o, struct strv text)
{
	size_t len = strlen(o->reason);

	if (text.n > OUTCOME_REASON_MAX - len) {
		text.n = OUTCOME_REASON_MAX - len;
		while (text.n > 0 && (text.p[text.n] & 0xc0) == 0x80)
			text.n--;
	}
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		o->reason[len + i] = c == '\n' || c == '\0' ? ' ' : c;
	}
	o->reason[len + text.n] = '\0';
}

static void set_how(struct outcome *o, const char *kind, int n)
{
	snprintf(o->how, sizeof(o->how), "%s:%d", kind, n);
}

/* The reason when the handler did not choose how it ended: what ended it
 * comes first, for that is what people search for. */
static void say_what(struct outcome *o, const char *what,
		     const struct outcome_facts *f)
{
	add_reason(o, strv_of(what));
	if (f->error_text.n) {
		add_reason(o, strv_of(": "));
		add_reason(o, f->error_text);
	}
}

static void say_signal(struct outcome *o, const struct outcome_facts *f)
{
	static const char *const memory[] = {
		[OUTCOME_OOM_UNKNOWN] = " (out of memory?)",
		[OUTCOME_OOM_NO] = "",
		[OUTCOME_OOM_YES] = " (out of memory)",
	};
	const char *name = signame_of(f->end->signo);
	char text[64], number[16];

	snprintf(number, sizeof(number), "SIG%d", f->end->signo);
	snprintf(text, sizeof(text), "%s%s%s", name ? name : number,
		 f->end->core ? " (core dumped)" : "",
		 f->end->signo == SIGKILL ? memory[f->oom] : "");
	say_what(o, text, f);
	set_how(o, "signal", f->end->signo);
}

static void say_exit(struct outcome *o, const struct outcome_facts *f)
{
	char text[32];

	set_how(o, "exit", f->end->code);
	if (f->dead && f->dead_text.n) {
		add_reason(o, f->dead_text);
	} else if (f->error_text.n) {
		add_reason(o, f->error_text);
	} else if (f->last_line.n) {
		add_reason(o, f->last_line);
	} else {
		snprintf(text, sizeof(text), "exit status %d", f->end->code);
		add_reason(o, strv_of(text));
	}
	/* a shell that passes on the death of what it ran */
	if (f->end->code == 128 + SIGKILL && f->oom == OUTCOME_OOM_YES)
		add_reason(o, strv_of(" (out of memory)"));
}

static void fail(struct outcome *o, const struct outcome_facts *f)
{
	o->failed = true;
	o->kind = CLOSE_FAIL;
	o->word = "dead";
	if (f->failed + 1 >= f->max_attempts)
		return;
	o->word = "retry";
	o->delay_ms =
		f->retry_after_ms >= 0
			? f->retry_after_ms
			: backoff_delay(f->backoff, f->failed + 1, f->chance());
}

static void bury(struct outcome *o)
{
	o->failed = true;
	o->kind = CLOSE_DEAD;
	o->word = "dead";
}

static void defer(struct outcome *o, int64_t ms)
{
	o->word = "deferred";
	o->kind = CLOSE_RELEASE;
	/* 0 would be «to the front», and run in a circle */
	o->delay_ms = ms > 0 ? ms : 1;
	o->quiet = true;
}

/* The handler exited by itself. */
static void judge_exit(const struct outcome_rules *r,
		       const struct outcome_facts *f, struct outcome *o)
{
	int code = f->end->code;
	enum outcome_verdict verdict =
		(enum outcome_verdict)r->verdict[code & 255];

	/* its own word goes before the map, except that 0 is done */
	if (f->dead && code != 0)
		verdict = OUTCOME_DEAD;
	say_exit(o, f);
	if (verdict == OUTCOME_OK) {
		o->word = "done";
		o->kind = CLOSE_DONE;
		o->reason[0] = '\0';
	} else if (verdict == OUTCOME_DEAD) {
		bury(o);
	} else if (code == EXIT_TRY_LATER && f->defer_ms >= 0) {
		defer(o, f->defer_ms);
	} else {
		fail(o, f);
		o->quiet = code == EXIT_TRY_LATER;
	}
}

void outcome_decide(const struct outcome_rules *r,
		    const struct outcome_facts *f, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	/* Once we have told a handler to end, its exit status says how it took
	 * that and not whether the work was done. */
	switch (f->cause) {
	case OUTCOME_EVICTED:
		outcome_lost(out);
		return;
	case OUTCOME_STOP:
		outcome_hand_back("the worker was stopped", out);
		return;
	case OUTCOME_CANCEL:
		bury(out);
		out->word = "cancelled";
		snprintf(out->how, sizeof(out->how), "cancelled");
		add_reason(out, strv_of("cancelled"));
		return;
	case OUTCOME_TIMEOUT:
		fail(out, f);
		snprintf(out->how, sizeof(out->how), "timeout");
		say_what(out, "timeout", f);
		return;
	case OUTCOME_BROKEN:
		fail(out, f);
		snprintf(out->how, sizeof(out->how), "protocol");
		say_what(out, f->broken, f);
		return;
	case OUTCOME_ITSELF:
		break;
	}
	if (f->end->signo) {
		say_signal(out, f);
		fail(out, f);
	} else if (f->end->code >= 0) {
		judge_exit(r, f, out);
	} else {
		/* somebody else waited for it */
		snprintf(out->how, sizeof(out->how), "unknown");
		say_what(out, "the exit status was lost", f);
		fail(out, f);
	}
}

/* The first of these texts that says something. */
static void say_first(struct outcome *o, struct strv a, struct strv b,
		      struct strv c, const char *last)
{
	struct strv text = a.n ? a : b;

	text = text.n ? text : c;
	add_reason(o, text.n ? text : strv_of(last));
}

void outcome_answer(const struct answer *a, const struct outcome_facts *f,
		    struct outcome *out)
{
	struct outcome_facts with = *f;
	bool dead = a->kind == ANSWER_DEAD || f->dead;

	memset(out, 0, sizeof(*out));
	if (a->kind == ANSWER_OK) {
		out->word = "done";
		out->kind = CLOSE_DONE;
		snprintf(out->how, sizeof(out->how), "ok");
		return;
	}
	if (a->delay_ms >= 0)
		with.retry_after_ms = a->delay_ms;
	if (dead)
		bury(out);
	else if (f->defer_ms >= 0)
		defer(out, f->defer_ms);
	else
		fail(out, &with);
	snprintf(out->how, sizeof(out->how), "%s", dead ? "dead" : "retry");
	say_first(out, a->text, dead ? f->dead_text : f->error_text,
		  f->last_line,
		  dead ? "the handler answered dead"
		       : "the handler answered retry");
}

void outcome_lost(struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->word = "lost";
	snprintf(out->how, sizeof(out->how), "lost");
	add_reason(out, strv_of("the lease was lost"));
}

void outcome_refuse(int status, const char *reason, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	bury(out);
	set_how(out, "exit", status);
	add_reason(out, strv_of(reason));
}

void outcome_hand_back(const char *reason, struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->word = "released";
	out->kind = CLOSE_RELEASE;
	snprintf(out->how, sizeof(out->how), "released");
	add_reason(out, strv_of(reason));
}
