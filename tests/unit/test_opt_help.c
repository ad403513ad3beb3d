/* SPDX-License-Identifier: ISC */
/* opt_help: the layout of --help, and what a misspelt word meant. */
#include "cli/opt_help.h"

#include "unit.h"

/* clang-format off */
static const struct opt table[] = {
	{'j', "jobs", "N", "slots", OPT_INT, NULL, 1, 9, NULL, NULL, NULL},
	{'q', "quiet", NULL, "an own meaning", OPT_FLAG, NULL, 0, 0, NULL, NULL, NULL},
	{256, "a-very-long-option-name", "ARGUMENT", "on a line of its own",
	 OPT_TEXT, NULL, 0, 0, NULL, NULL, NULL},
	{256, "wrapped", NULL, "words that go on and on until the line is full "
	 "and then some more of them follow on the next line",
	 OPT_FLAG, NULL, 0, 0, NULL, NULL, NULL},
	{0, NULL, NULL, NULL, OPT_FLAG, NULL, 0, 0, NULL, NULL, NULL},
};
/* clang-format on */

static struct opt_common common;
static const struct opt_command command = {
	.name = "jq-work",
	.synopsis = "[options] QUEUE\n-c TEXT QUEUE",
	.summary = "Work.",
	.table = table,
	.common = &common,
};

static void layout(void)
{
	static const char want[] =
		"usage: jq-work [options] QUEUE\n"
		"       jq-work -c TEXT QUEUE\n"
		"Work.\n"
		"\n"
		"Options:\n"
		"  -j, --jobs N               slots\n"
		"  -q, --quiet                an own meaning\n"
		"      --a-very-long-option-name ARGUMENT\n"
		"                             on a line of its own\n"
		"      --wrapped              words that go on and on until the "
		"line is full and\n"
		"                             then some more of them follow on "
		"the next line\n"
		"\n"
		"Common options:\n"
		"  -u, --url URL              server: ";
	struct buf out = BUF_INIT;

	opt_help_write(&command, &out);
	CHECK(out.len > sizeof(want));
	buf_cut(&out, sizeof(want) - 1);
	CHECK_STR(out.p, want);
	buf_release(&out);
}

/* The common options, each once, none wider than a terminal. */
static void common_part(void)
{
	static const char *const rows[] = {
		"  -u, --url URL ",
		"      --url-file FILE ",
		"      --namespace NAME ",
		"      --config FILE ",
		"      --connect-timeout ",
		"  -J, --json ",
		"  -v, --verbose ",
		"      --color WHEN ",
		"  -h, --help ",
		"  -V, --version ",
	};
	struct buf out = BUF_INIT;
	struct strv rest;

	opt_help_write(&command, &out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK(strstr(out.p, rows[i]) != NULL);
	}
	/* redefined by the command */
	CHECK(!strstr(strstr(out.p, "Common"), "--quiet"));
	rest = strv_of(out.p);
	while (rest.n) {
		struct strv line = strv_cut(&rest, '\n');

		unit_row = line.p;
		CHECK(line.n <= 80);
		CHECK(!line.n || line.p[line.n - 1] != ' ');
	}
	buf_release(&out);
}

static void usage(void)
{
	struct buf out = BUF_INIT;

	opt_help_usage(&command, false, &out);
	CHECK_STR(out.p, "usage: jq-work [options] QUEUE\n");
	buf_release(&out);
}

static void find(void)
{
	CHECK(opt_help_find(table, strv_of("jobs")) == table);
	CHECK(!opt_help_find(table, strv_of("job")));
	CHECK(!opt_help_find(table, strv_of("")));
	CHECK(!opt_help_find(table, strv_make("jobs\0", 5)));
}

static void nearest(void)
{
	static const char *const words[] = {"priority", "queue",   "quiet",
					    "all",	"dry-run", "on-dup"};
	static const struct {
		const char *typed, *want;
	} rows[] = {
		{"qeue", "queue"},
		{"queu", "queue"},
		{"queues", "queue"},
		{"prio", "priority"},
		{"p", "priority"},
		{"prority", "priority"},
		{"piroirty", "priority"},
		{"q", "queue"},
		{"quite", "quiet"},
		{"dryrun", "dry-run"},
		{"dry_run", "dry-run"},
		{"al", "all"},
		{"alll", "all"},
		{"xyz", ""},
		{"", ""},
		{"a-word-like-no-other", ""},
		{"zz", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = opt_help_nearest_word(
			strv_of(rows[i].typed), words, ARRAY_LEN(words));

		unit_row = rows[i].typed;
		CHECK_STR(got ? got : "", rows[i].want);
	}
}

static void nearest_of_nothing(void)
{
	char text[5000];

	memset(text, 'q', sizeof(text));
	CHECK(!opt_help_nearest(strv_make(text, sizeof(text)), table, table));
	CHECK(!opt_help_nearest_word(strv_of("a"), NULL, 0));
	CHECK_STR(opt_help_nearest(strv_of("job"), table, NULL), "jobs");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(layout)},  {UNIT_TEST(common_part)},
		{UNIT_TEST(usage)},   {UNIT_TEST(find)},
		{UNIT_TEST(nearest)}, {UNIT_TEST(nearest_of_nothing)},
	};

	return unit_run("opt_help", tests, ARRAY_LEN(tests));
}
