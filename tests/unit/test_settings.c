/* SPDX-License-Identifier: ISC */
/* settings: what holds without a word, and the values of options. */
#include "work/settings.h"

#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "unit.h"

static void without_a_word(void)
{
	struct settings s;

	settings_init(&s);
	CHECK_INT(s.slots, 1);
	CHECK_INT(s.limit, 0);
	CHECK_INT(s.idle_ms, -1);
	CHECK_INT(s.grace_ms, -1);
	CHECK_INT(s.timeout_ms, 300000);
	CHECK_INT(s.max_attempts, 5);
	CHECK_INT(s.rules.verdict[0], OUTCOME_OK);
	CHECK_INT(s.rules.verdict[65], OUTCOME_DEAD);
	CHECK_INT(s.rules.verdict[1], OUTCOME_RETRY);
	CHECK_INT(backoff_delay(&s.backoff, 1, 0.5), 5000);
	CHECK_INT(backoff_delay(&s.backoff, 40, 0.5), 3600000);
	CHECK(s.control && s.pass);
}

static void slots(void)
{
	int64_t n = 0;
	struct err e;

	CHECK_INT(settings_slots(strv_of("10000"), &n, &e), 0);
	CHECK_INT(n, 10000);
	CHECK_INT(settings_slots(strv_of("auto"), &n, &e), 0);
	CHECK_INT(n, sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_INT(settings_slots(strv_of("10001"), &n, &e), -1);
	CHECK_INT(settings_slots(strv_of("Auto"), &n, &e), -1);
	CHECK_INT(e.code, STATUS_USAGE);
}

static void rules(void)
{
	struct settings s;
	struct err e;

	settings_init(&s);
	CHECK_INT(settings_dead_on(strv_of("7"), &s.rules, &e), 0);
	CHECK_INT(settings_ok_on(strv_of("8"), &s.rules, &e), 0);
	CHECK_INT(settings_retry_on(strv_of("65"), &s.rules, &e), 0);
	CHECK_INT(s.rules.verdict[7], OUTCOME_DEAD);
	CHECK_INT(s.rules.verdict[8], OUTCOME_OK);
	CHECK_INT(s.rules.verdict[65], OUTCOME_RETRY);
	CHECK_INT(settings_retry_on(strv_of("7"), &s.rules, &e), -1);
}

static void log_formats(void)
{
	enum log_format f = LOG_TEXT;
	struct err e;

	CHECK_INT(settings_log_format(strv_of("json"), &f, &e), 0);
	CHECK_INT(f, LOG_JSON);
	CHECK_INT(settings_log_format(strv_of("text"), &f, &e), 0);
	CHECK_INT(f, LOG_TEXT);
	CHECK_INT(settings_log_format(strv_of("JSON"), &f, &e), -1);
}

static void worker_names(void)
{
	static const struct {
		const char *name;
		int rc;
	} rows[] = {
		{"web1:812", 0}, {"x", 0},     {"", -1},     {"a b", -1},
		{"a\tb", -1},	 {"a\nb", -1}, {"\x7f", -1}, {"\xc3\xa9", -1},
	};
	char name[130];
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(settings_check_worker(rows[i].name, &e), rows[i].rc);
	memset(name, 'a', sizeof(name));
	name[128] = '\0';
	CHECK_INT(settings_check_worker(name, &e), 0);
	name[128] = 'a';
	name[129] = '\0';
	CHECK_INT(settings_check_worker(name, &e), -1);
}

static void commands(void)
{
	static char nothing[] = "", name[] = "prog", arg[] = "a{}";
	static char *none[] = {NULL}, *empty[] = {nothing, NULL};
	static char *prog[] = {name, arg, NULL};
	static const struct {
		const char *shell, *handlers, *replace;
		char *const *command;
		int rc;
	} rows[] = {
		{NULL, NULL, NULL, prog, 0},   {"x", NULL, NULL, none, 0},
		{NULL, "d", NULL, none, 0},    {NULL, NULL, "{}", prog, 0},
		{NULL, NULL, NULL, none, -1},  {NULL, NULL, NULL, empty, -1},
		{"", NULL, NULL, none, -1},    {"x", "d", NULL, none, -1},
		{"x", NULL, NULL, prog, -1},   {NULL, "d", NULL, prog, -1},
		{NULL, NULL, "", prog, -1},    {NULL, NULL, "@", prog, -1},
		{NULL, NULL, "pro", prog, -1}, {"x", NULL, "x", none, -1},
	};
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct settings s = {.handlers_dir = rows[i].handlers,
				     .replace = rows[i].replace};

		CHECK_INT(settings_check_command(&s, rows[i].shell,
						 rows[i].command, &e),
			  rows[i].rc);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(without_a_word)}, {UNIT_TEST(slots)},
		{UNIT_TEST(rules)},	     {UNIT_TEST(log_formats)},
		{UNIT_TEST(worker_names)},   {UNIT_TEST(commands)},
	};

	return unit_run("settings", tests, ARRAY_LEN(tests));
}
