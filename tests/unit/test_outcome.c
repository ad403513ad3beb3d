/* SPDX-License-Identifier: ISC */
/* outcome: every way a handler can end (catalogue F24 to F27, b.5). */
#include "work/outcome.h"

#include <signal.h>

#include "unit.h"

/* One ending; what is not set is as it mostly is. */
struct row {
	const char *name;
	enum outcome_cause cause;
	int code, signo;
	enum outcome_oom oom;
	bool core;
	int64_t retry_after, defer; /* 0 = not said, -1 = said as 0 */
	const char *dead, *error, *last_line;
	int64_t failed;
	/* wanted: */
	const char *word;
	enum close_kind kind;
	int64_t delay;
	bool counts;
	const char *how, *reason;
};

static int64_t said(int64_t v)
{
	return v == 0 ? -1 : v == -1 ? 0 : v;
}

static double half(void)
{
	return 0.5;
}

static void check_row(const struct outcome_rules *rules, const struct row *r)
{
	struct child_end end = {.code = r->signo ? -1 : r->code,
				.signo = r->signo,
				.core = r->core};
	struct backoff backoff;
	struct outcome_facts f = {
		.cause = r->cause,
		.end = &end,
		.oom = r->oom,
		.retry_after_ms = said(r->retry_after),
		.defer_ms = said(r->defer),
		.dead = r->dead != NULL,
		.dead_text = strv_of(r->dead),
		.error_text = strv_of(r->error),
		.last_line = strv_of(r->last_line),
		.failed = r->failed,
		.max_attempts = 5,
		.backoff = &backoff,
		.chance = half,
	};
	struct outcome o;

	unit_row = r->name;
	CHECK_INT(backoff_parse(strv_of("exp:5s,1h"), &backoff, NULL), 0);
	outcome_decide(rules, &f, &o);
	CHECK_STR(o.word, r->word);
	CHECK_INT(o.kind, r->kind);
	CHECK_INT(o.delay_ms, r->delay);
	CHECK_INT(o.failed, r->counts);
	CHECK_STR(o.how, r->how);
	CHECK_STR(o.reason, r->reason);
}

#define EXIT(n) .name = "exit " #n, .code = (n)
#define DONE	.word = "done", .kind = CLOSE_DONE, .reason = ""
#define RETRY	.word = "retry", .kind = CLOSE_FAIL, .counts = true
#define DEAD	.word = "dead", .kind = CLOSE_DEAD, .counts = true

static void the_map(void)
{
	static const struct row rows[] = {
		{EXIT(0), DONE, .how = "exit:0"},
		{EXIT(1), RETRY, .delay = 5000, .how = "exit:1",
		 .reason = "exit status 1"},
		{EXIT(2), RETRY, .delay = 5000, .how = "exit:2",
		 .reason = "exit status 2"},
		{EXIT(64), RETRY, .delay = 5000, .how = "exit:64",
		 .reason = "exit status 64"},
		{EXIT(65), DEAD, .how = "exit:65", .reason = "exit status 65"},
		{EXIT(75), RETRY, .delay = 5000, .how = "exit:75",
		 .reason = "exit status 75"},
		{EXIT(78), RETRY, .delay = 5000, .how = "exit:78",
		 .reason = "exit status 78"},
		{EXIT(100), RETRY, .delay = 5000, .how = "exit:100",
		 .reason = "exit status 100"},
		{EXIT(126), RETRY, .delay = 5000, .how = "exit:126",
		 .reason = "exit status 126"},
		{EXIT(127), RETRY, .delay = 5000, .how = "exit:127",
		 .reason = "exit status 127"},
		{EXIT(255), RETRY, .delay = 5000, .how = "exit:255",
		 .reason = "exit status 255"},
		{.name = "second failure",
		 .code = 1,
		 .failed = 1,
		 RETRY,
		 .delay = 10000,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "last attempt",
		 .code = 1,
		 .failed = 4,
		 .word = "dead",
		 .kind = CLOSE_FAIL,
		 .counts = true,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "status lost",
		 .code = -1,
		 RETRY,
		 .delay = 5000,
		 .how = "unknown",
		 .reason = "the exit status was lost"},
	};
	struct outcome_rules rules;

	outcome_rules_init(&rules);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
}

static void signals(void)
{
	static const struct row rows[] = {
		{.name = "KILL",
		 .signo = SIGKILL,
		 RETRY,
		 .delay = 5000,
		 .how = "signal:9",
		 .reason = "SIGKILL (out of memory?)"},
		{.name = "KILL, for memory",
		 .signo = SIGKILL,
		 .oom = OUTCOME_OOM_YES,
		 RETRY,
		 .delay = 5000,
		 .how = "signal:9",
		 .reason = "SIGKILL (out of memory)"},
		{.name = "KILL, not for memory",
		 .signo = SIGKILL,
		 .oom = OUTCOME_OOM_NO,
		 RETRY,
		 .delay = 5000,
		 .how = "signal:9",
		 .reason = "SIGKILL"},
		{.name = "a shell whose child was killed for memory",
		 .code = 137,
		 .oom = OUTCOME_OOM_YES,
		 RETRY,
		 .delay = 5000,
		 .how = "exit:137",
		 .reason = "exit status 137 (out of memory)"},
		{.name = "SEGV with core",
		 .signo = SIGSEGV,
		 .core = true,
		 RETRY,
		 .delay = 5000,
		 .how = "signal:11",
		 .reason = "SIGSEGV (core dumped)"},
		{.name = "TERM, said why",
		 .signo = SIGTERM,
		 .error = "shot",
		 RETRY,
		 .delay = 5000,
		 .how = "signal:15",
		 .reason = "SIGTERM: shot"},
		{.name = "no name",
		 .signo = 40,
		 RETRY,
		 .delay = 5000,
		 .how = "signal:40",
		 .reason = "SIG40"},
		{.name = "`dead` is for exits",
		 .signo = SIGTERM,
		 .dead = "x",
		 RETRY,
		 .delay = 5000,
		 .how = "signal:15",
		 .reason = "SIGTERM"},
	};
	struct outcome_rules rules;
	struct child_end end = {.code = -1};
	struct backoff backoff = {.kind = BACKOFF_FIXED, .ms = {1}, .n = 1};
	struct outcome_facts f = {.end = &end,
				  .retry_after_ms = -1,
				  .defer_ms = -1,
				  .max_attempts = 5,
				  .backoff = &backoff,
				  .chance = half};
	struct outcome o;

	outcome_rules_init(&rules);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
	unit_row = "never done";
	for (end.signo = 1; end.signo <= 64; end.signo++) {
		outcome_decide(&rules, &f, &o);
		CHECK_INT(o.kind, CLOSE_FAIL);
		CHECK(o.failed);
	}
}

static void words(void)
{
	static const struct row rows[] = {
		{.name = "dead at once",
		 .code = 1,
		 .dead = "bad file",
		 DEAD,
		 .how = "exit:1",
		 .reason = "bad file"},
		{.name = "dead without text",
		 .code = 1,
		 .dead = "",
		 .last_line = "oops",
		 DEAD,
		 .how = "exit:1",
		 .reason = "oops"},
		{.name = "0 is done whatever was said",
		 .code = 0,
		 .dead = "bad",
		 .error = "bad",
		 DONE,
		 .how = "exit:0"},
		{.name = "error before stderr",
		 .code = 1,
		 .error = "disk",
		 .last_line = "oops",
		 RETRY,
		 .delay = 5000,
		 .how = "exit:1",
		 .reason = "disk"},
		{.name = "stderr's last line",
		 .code = 1,
		 .last_line = "oops",
		 RETRY,
		 .delay = 5000,
		 .how = "exit:1",
		 .reason = "oops"},
	};
	struct outcome_rules rules;

	outcome_rules_init(&rules);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
}

static void words_of_delay(void)
{
	static const struct row rows[] = {
		{.name = "retry-after",
		 .code = 1,
		 .retry_after = 60000,
		 RETRY,
		 .delay = 60000,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "retry-after 0",
		 .code = 1,
		 .retry_after = -1,
		 RETRY,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "retry-after and no attempt left",
		 .code = 1,
		 .retry_after = 60000,
		 .failed = 4,
		 .word = "dead",
		 .kind = CLOSE_FAIL,
		 .counts = true,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "defer",
		 .code = 75,
		 .defer = 30000,
		 .failed = 4,
		 .word = "deferred",
		 .kind = CLOSE_RELEASE,
		 .delay = 30000,
		 .how = "exit:75",
		 .reason = "exit status 75"},
		{.name = "defer 0 is not to the front",
		 .code = 75,
		 .defer = -1,
		 .word = "deferred",
		 .kind = CLOSE_RELEASE,
		 .delay = 1,
		 .how = "exit:75",
		 .reason = "exit status 75"},
		{.name = "defer with another status",
		 .code = 1,
		 .defer = 30000,
		 RETRY,
		 .delay = 5000,
		 .how = "exit:1",
		 .reason = "exit status 1"},
		{.name = "one line",
		 .code = 1,
		 .error = "a\nb",
		 RETRY,
		 .delay = 5000,
		 .how = "exit:1",
		 .reason = "a b"},
	};
	struct outcome_rules rules;

	outcome_rules_init(&rules);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
}

/* Once we have ended a handler its status does not count, not even 0. */
static void ended_by_us(void)
{
	static const struct row rows[] = {
		{.name = "timeout",
		 .cause = OUTCOME_TIMEOUT,
		 .signo = SIGTERM,
		 RETRY,
		 .delay = 5000,
		 .how = "timeout",
		 .reason = "timeout"},
		{.name = "timeout, then 0",
		 .cause = OUTCOME_TIMEOUT,
		 RETRY,
		 .delay = 5000,
		 .how = "timeout",
		 .reason = "timeout"},
		{.name = "timeout, said why",
		 .cause = OUTCOME_TIMEOUT,
		 .error = "slow",
		 RETRY,
		 .delay = 5000,
		 .how = "timeout",
		 .reason = "timeout: slow"},
		{.name = "last timeout",
		 .cause = OUTCOME_TIMEOUT,
		 .failed = 4,
		 .word = "dead",
		 .kind = CLOSE_FAIL,
		 .counts = true,
		 .how = "timeout",
		 .reason = "timeout"},
		{.name = "cancel",
		 .cause = OUTCOME_CANCEL,
		 .signo = SIGTERM,
		 .word = "cancelled",
		 .kind = CLOSE_DEAD,
		 .counts = true,
		 .how = "cancelled",
		 .reason = "cancelled"},
		{.name = "stop",
		 .cause = OUTCOME_STOP,
		 .code = 0,
		 .word = "released",
		 .kind = CLOSE_RELEASE,
		 .how = "released",
		 .reason = "the worker was stopped"},
	};
	struct outcome_rules rules;
	struct child_end end = {.code = 0};
	struct outcome_facts f = {.cause = OUTCOME_EVICTED, .end = &end};
	struct outcome o;

	outcome_rules_init(&rules);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
	outcome_decide(&rules, &f, &o);
	CHECK_STR(o.word, "lost");
	CHECK(!o.failed);
}

static void lists(void)
{
	struct outcome_rules r;
	struct err e;

	outcome_rules_init(&r);
	CHECK_INT(
		outcome_rules_set(&r, OUTCOME_DEAD, strv_of("100,110-112"), &e),
		0);
	CHECK_INT(outcome_rules_set(&r, OUTCOME_RETRY, strv_of("65"), &e), 0);
	CHECK_INT(outcome_rules_set(&r, OUTCOME_OK, strv_of("0,3"), &e), 0);
	CHECK_INT(r.verdict[100], OUTCOME_DEAD);
	CHECK_INT(r.verdict[109], OUTCOME_RETRY);
	CHECK_INT(r.verdict[110], OUTCOME_DEAD);
	CHECK_INT(r.verdict[112], OUTCOME_DEAD);
	CHECK_INT(r.verdict[113], OUTCOME_RETRY);
	CHECK_INT(r.verdict[65], OUTCOME_RETRY);
	CHECK_INT(r.verdict[3], OUTCOME_OK);
}

static void bad_lists(void)
{
	static const struct {
		const char *list, *says;
	} rows[] = {
		{"", "''"},
		{"a", "'a'"},
		{"1,", "''"},
		{"1,,2", "''"},
		{"256", "range"},
		{"-1", "''"},
		{"5-3", "'3'"},
		{"1-300", "range"},
		{"0", "always means done"},
		{"7", "two meanings"},
	};
	struct outcome_rules r;
	struct err e;

	outcome_rules_init(&r);
	CHECK_INT(outcome_rules_set(&r, OUTCOME_OK, strv_of("7"), &e), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].list;
		CHECK_INT(outcome_rules_set(&r, OUTCOME_DEAD,
					    strv_of(rows[i].list), &e),
			  -1);
		CHECK_INT(e.code, STATUS_USAGE);
		CHECK_HAS(e.msg, rows[i].says);
	}
}

static void options_decide(void)
{
	struct outcome_rules rules;
	static const struct row rows[] = {
		{.name = "ok-on", .code = 3, DONE, .how = "exit:3"},
		{.name = "dead-on",
		 .code = 100,
		 DEAD,
		 .how = "exit:100",
		 .reason = "exit status 100"},
		{.name = "retry-on",
		 .code = 65,
		 RETRY,
		 .delay = 5000,
		 .how = "exit:65",
		 .reason = "exit status 65"},
		{.name = "its own word goes first",
		 .code = 3,
		 .dead = "no",
		 DEAD,
		 .how = "exit:3",
		 .reason = "no"},
	};

	outcome_rules_init(&rules);
	rules.verdict[3] = OUTCOME_OK;
	rules.verdict[100] = OUTCOME_DEAD;
	rules.verdict[65] = OUTCOME_RETRY;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rules, &rows[i]);
}

/* A reason is cut between characters, not inside one. */
static void long_reason(void)
{
	char text[1200] = "";
	struct child_end end = {.code = 1};
	struct backoff backoff = {.kind = BACKOFF_FIXED, .ms = {1}, .n = 1};
	struct outcome_facts f = {.end = &end,
				  .retry_after_ms = -1,
				  .defer_ms = -1,
				  .max_attempts = 5,
				  .backoff = &backoff,
				  .chance = half};
	struct outcome_rules rules;
	struct outcome o;

	text[0] = 'x';
	for (size_t i = 1; i + 2 < sizeof(text); i += 2) {
		text[i] = '\xc3';
		text[i + 1] = '\xa9';
	}
	f.error_text = strv_of(text);
	outcome_rules_init(&rules);
	outcome_decide(&rules, &f, &o);
	CHECK_INT((long long)strlen(o.reason), OUTCOME_REASON_MAX - 1);
	CHECK_INT((unsigned char)o.reason[OUTCOME_REASON_MAX - 2], 0xa9);
}

static void not_run(void)
{
	struct outcome o;

	outcome_refuse(127, "no handler", &o);
	CHECK_INT(o.kind, CLOSE_DEAD);
	CHECK_STR(o.word, "dead");
	CHECK_STR(o.how, "exit:127");
	CHECK_STR(o.reason, "no handler");
	CHECK(o.failed);
	outcome_hand_back("no memory", &o);
	CHECK_INT(o.kind, CLOSE_RELEASE);
	CHECK_INT(o.delay_ms, 0);
	CHECK_STR(o.word, "released");
	CHECK(!o.failed);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(the_map)},	  {UNIT_TEST(signals)},
		{UNIT_TEST(words)},	  {UNIT_TEST(words_of_delay)},
		{UNIT_TEST(ended_by_us)}, {UNIT_TEST(lists)},
		{UNIT_TEST(bad_lists)},	  {UNIT_TEST(options_decide)},
		{UNIT_TEST(long_reason)}, {UNIT_TEST(not_run)},
	};

	return unit_run("outcome", tests, ARRAY_LEN(tests));
}
