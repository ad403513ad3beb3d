/* SPDX-License-Identifier: ISC */
/* Settings: what is shown can be typed again. */
#include "cli/setting.h"

#include <inttypes.h>

#include "base/attr.h"
#include "unit.h"

static struct err err;

static void formats(void)
{
	static const struct {
		const char *text;
		const char *shown;
	} rows[] = {
		{"lease=15", "15s"},
		{"lease=6500ms", "6s500ms"},
		{"lease=90s", "1m30s"},
		{"lease=1h", "1h"},
		{"keep-dead=1w", "7d"},
		{"keep-dead=1d2h3m4s5ms", "1d2h3m4s5ms"},
		{"keep-dead=366d", "366d"},
		{"keep-done-bytes=0", "0"},
		{"keep-done-bytes=1", "1"},
		{"keep-done-bytes=1536", "1536"},
		{"keep-done-bytes=64k", "64k"},
		{"keep-done-bytes=1024k", "1M"},
		{"keep-done-bytes=1T", "1T"},
		{"max-len=1000000000", "1000000000"},
		{"max-len=0", "0"},
	};
	char text[SETTING_TEXT_SIZE], again[SETTING_TEXT_SIZE + 32];
	struct setting_change change, second;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(setting_parse(rows[i].text, &change, &err), 0);
		setting_format(change.setting, change.value, text);
		CHECK_STR(text, rows[i].shown);
		snprintf(again, sizeof(again), "%s=%s", change.setting->name,
			 text);
		CHECK_INT(setting_parse(again, &second, &err), 0);
		CHECK_INT(second.value, change.value);
	}
}

static void defaults(void)
{
	struct setting_change change;

	CHECK_INT(setting_parse("lease=default", &change, &err), 0);
	CHECK(change.is_default);
	CHECK_INT(change.value, 15000);
	CHECK_INT(setting_parse("lease=15s", &change, &err), 0);
	CHECK(!change.is_default);
}

static void refused(void)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"lease", "is not KEY=VALUE"},
		{"", "is not KEY=VALUE"},
		{"=1", "is not a setting"},
		{"Lease=1m", "is not a setting"},
		{"lease=", "lease: "},
		{"lease=5s", "lease: '5s' is too short (at least 6s)"},
		{"lease=61m", "lease: '61m' is too long (at most 1h)"},
		{"max-len=1k", "max-len: "},
		{"keep-done-bytes=2T", "keep-done-bytes: "},
		{"\x1b=\x1b", "'\\x1b' is not a setting"},
	};
	struct setting_change change;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		CHECK_INT(setting_parse(rows[i].text, &change, &err), -1);
		CHECK_INT(err.code, STATUS_USAGE);
		CHECK_HAS(err.msg, rows[i].why);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(formats)},
		{UNIT_TEST(defaults)},
		{UNIT_TEST(refused)},
	};

	return unit_run("setting", tests, ARRAY_LEN(tests));
}
