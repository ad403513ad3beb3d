/* SPDX-License-Identifier: ISC */
/*
 * The small languages of options: lists of queues (work/pick.h) and of exit
 * statuses (work/outcome.h), back-offs (queue/backoff.h), settings of a queue
 * (cli/setting.h), -I (work/replace.h). What was read is in its bounds, and
 * written out again reads as the same.
 */
#include <inttypes.h>

#include "base/num.h"
#include "cli/setting.h"
#include "fuzz.h"
#include "queue/backoff.h"
#include "work/outcome.h"
#include "work/pick.h"
#include "work/replace.h"

static void pick_one(const struct pick *p, uint64_t seed)
{
	bool *open = buf_zalloc(p->n * sizeof(*open));
	bool any = false;
	int i;

	for (size_t k = 0; k < p->n; k++)
		any |= open[k] = seed >> (k % 64) & 1;
	i = pick_next(p, open, (double)(seed % 1000) / 1000);
	HOLDS(i < (int)p->n && (i >= 0) == any, "a queue if one is open");
	HOLDS(i < 0 || open[i], "the queue picked is open");
	free(open);
}

static void picks(struct strv v)
{
	struct pick p, again;
	struct buf b = BUF_INIT;
	struct err e;

	if (pick_init(&p, v, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
		HOLDS(!p.queue && !p.n, "no list on failure");
		return;
	}
	HOLDS(p.n > 0, "a list of queues has one");
	for (size_t i = 0; i < p.n; i++) {
		buf_addf(&b, "%s%s", i ? "," : "", p.queue[i].name);
		if (p.weighted)
			buf_addf(&b, "=%" PRId64, p.queue[i].weight);
	}
	HOLDS(pick_init(&again, strv_make(b.p, b.len), &e) == 0 &&
		      again.n == p.n && again.weighted == p.weighted,
	      "a list of queues comes back");
	for (size_t i = 0; i < p.n; i++)
		HOLDS(strcmp(p.queue[i].name, again.queue[i].name) == 0 &&
			      p.queue[i].weight == again.queue[i].weight,
		      "each queue of a list comes back");
	pick_one(&p, fuzz_hash(v));
	pick_release(&again);
	pick_release(&p);
	buf_release(&b);
}

static void statuses(struct strv v, enum outcome_verdict verdict)
{
	struct outcome_rules r, again;
	struct buf b = BUF_INIT;
	struct err e;

	outcome_rules_init(&r);
	outcome_rules_init(&again);
	if (outcome_rules_set(&r, verdict, v, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
		return;
	}
	HOLDS(r.verdict[0] == OUTCOME_OK, "status 0 is done");
	for (int i = 0; i < 256; i++)
		if (r.said[i]) {
			HOLDS(r.verdict[i] == verdict, "a status as said");
			buf_addf(&b, "%s%d", b.len ? "," : "", i);
		}
	HOLDS(outcome_rules_set(&again, verdict, strv_make(b.p, b.len), &e) ==
			      0 &&
		      memcmp(&r, &again, sizeof(r)) == 0,
	      "a list of statuses comes back");
	buf_release(&b);
}

/* In milliseconds alone, with `end` behind it. */
static int parse_again(const struct backoff *o, const char *end,
		       struct backoff *again)
{
	static const char *const kinds[] = {"exp:", "fixed:", "list:"};
	struct buf b = BUF_INIT;
	int rc;

	buf_addstr(&b, kinds[o->kind]);
	for (size_t i = 0; i < o->n; i++)
		buf_addf(&b, "%s%" PRId64 "ms", i ? "," : "", o->ms[i]);
	buf_addstr(&b, end);
	rc = backoff_parse(strv_make(b.p, b.len), again, NULL);
	buf_release(&b);
	return rc;
}

static void backoffs(struct strv v)
{
	struct backoff o, again;
	struct err e;

	if (backoff_parse(v, &o, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
		return;
	}
	HOLDS(o.n >= 1 && o.n <= BACKOFF_LIST_MAX, "as many delays as fit");
	for (int64_t failed = -1; failed < 70; failed++) {
		double chance = (double)(failed & 7) / 8;
		int64_t ms = backoff_delay(&o, failed, chance);

		HOLDS(ms >= 1 && ms <= NUM_SPAN_MAX_MS, "a delay in its range");
	}
	HOLDS(backoff_delay(&o, INT64_MAX, 0.999) >= 1, "a delay at last");
	HOLDS(parse_again(&o, "", &again) == 0 && again.kind == o.kind &&
		      again.n == o.n &&
		      memcmp(o.ms, again.ms, sizeof(o.ms)) == 0,
	      "a back-off comes back");
	HOLDS(parse_again(&o, ",", &again) < 0, "a delay behind each comma");
}

static void settings(struct strv v)
{
	struct setting_change c, again;
	char *text = strv_dup(v), value[SETTING_TEXT_SIZE];
	struct buf b = BUF_INIT;
	struct err e;

	if (setting_parse(text, &c, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
	} else if (!c.is_default) {
		HOLDS(c.value >= c.setting->min && c.value <= c.setting->max,
		      "a setting in its range");
		setting_format(c.setting, c.value, value);
		buf_addf(&b, "%s=%s", c.setting->name, value);
		HOLDS(setting_parse(b.p, &again, &e) == 0 &&
			      again.setting == c.setting &&
			      again.value == c.value && !again.is_default,
		      "a setting comes back");
	}
	buf_release(&b);
	free(text);
}

/* The arguments made of ARGs that hold STR or do not. */
static void replaced(const char *str, const char *const *argv, size_t n,
		     struct strv payload)
{
	const char *const *got;
	struct replace r;
	struct err e;

	replace_init(&r, str, argv);
	got = replace_build(&r, payload, &e);
	if (!got)
		fuzz_said(&e, STATUS_DATA);
	for (size_t i = 1; got && i < n; i++) {
		HOLDS(strlen(got[i]) < REPLACE_ARG_MAX,
		      "an argument that execve() takes");
		HOLDS(strstr(argv[i], str) || strcmp(got[i], argv[i]) == 0,
		      "an argument without STR stays");
	}
	HOLDS(!got || !got[n], "as many arguments as before");
	replace_release(&r);
}

/* Lines of the input: STR, the payload, ARGs. */
static void replaces(struct strv v)
{
	char *str = strv_dup(strv_cut(&v, '\n'));
	struct strv payload = strv_cut(&v, '\n');
	char *args[8] = {NULL};
	const char *argv[10] = {"command"};
	size_t n = 0;

	for (; v.n && n < ARRAY_LEN(args); n++) {
		args[n] = strv_dup(strv_cut(&v, '\n'));
		argv[n + 1] = args[n];
	}
	if (str[0])
		replaced(str, argv, n + 1, payload);
	for (size_t i = 0; i < n; i++)
		free(args[i]);
	free(str);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);

	picks(v);
	statuses(v, OUTCOME_OK);
	statuses(v, OUTCOME_DEAD);
	backoffs(v);
	settings(v);
	replaces(v);
	return 0;
}
