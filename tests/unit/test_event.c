/* SPDX-License-Identifier: ISC */
/*
 * Events as text and as JSON: what is foreign in them stays one value.
 */
#include "cron/event.h"

#include "unit.h"

static struct buf text = BUF_INIT, json = BUF_INIT;

static void keep(void *arg, const struct event *v)
{
	(void)arg;
	buf_clear(&text);
	buf_clear(&json);
	event_render_text(v, &text);
	event_render_json(v, 1795478400000, &json);
}

static const struct event_sink sink = {.fn = keep};

static void values(void)
{
	struct event v;

	event_begin(&v, EVENT_NOTE, "fire");
	event_str(&v, "name", "poll");
	event_str(&v, "what", "a \"b\"=\x1b[m\n");
	event_str(&v, "empty", "");
	event_int(&v, "missed", -3);
	event_time(&v, "tick", 1795478401000);
	event_time(&v, "at", 1795478401250);
	event_span(&v, "lag", 1250);
	event_span(&v, "by", -50);
	event_end(&v, &sink);
	CHECK_STR(text.p,
		  "fire name=poll what=\"a \\\"b\\\"=\\x1b[m\\x0a\" empty=\"\" "
		  "missed=-3 tick=2026-11-24T00:00:01Z "
		  "at=2026-11-24T00:00:01.250Z lag=1.250s by=-0.050s");
	CHECK_STR(json.p,
		  "{\"time\":\"2026-11-24T00:00:00.000Z\",\"level\":\"notice\","
		  "\"event\":\"fire\",\"name\":\"poll\","
		  "\"what\":\"a \\\"b\\\"=\\u001B[m\\n\",\"empty\":\"\","
		  "\"missed\":-3,\"tick\":\"2026-11-24T00:00:01Z\","
		  "\"at\":\"2026-11-24T00:00:01.250Z\",\"lag\":1.25,"
		  "\"by\":-0.05}");
	buf_release(&text);
	buf_release(&json);
}

static void bare(void)
{
	struct event v;
	struct err e;

	event_begin(&v, EVENT_ERROR, "stop");
	event_end(&v, &sink);
	CHECK_STR(text.p, "stop");
	CHECK_STR(json.p, "{\"time\":\"2026-11-24T00:00:00.000Z\","
			  "\"level\":\"error\",\"event\":\"stop\"}");
	err_set(&e, STATUS_DATA, "no good");
	event_error(&sink, "poll", &e);
	CHECK_STR(text.p, "error name=poll what=\"no good\"");
	event_error(&sink, NULL, &e);
	CHECK_STR(text.p, "error what=\"no good\"");
	buf_release(&text);
	buf_release(&json);
}

static const struct unit_test tests[] = {
	{UNIT_TEST(values)},
	{UNIT_TEST(bare)},
};

int main(void)
{
	return unit_run("event", tests, ARRAY_LEN(tests));
}
