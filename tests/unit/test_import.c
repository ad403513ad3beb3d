/* SPDX-License-Identifier: ISC */
/*
 * Crontabs as schedule files: what each line becomes, what is said of it, and
 * that a schedule file it is.
 */
#include "cron/import.h"

#include <sys/stat.h>

#include "base/buf.h"
#include "queue/schedule.h"
#include "sys/zone.h"
#include "unit.h"

static struct err err;

/* What was said, "LINE:COLUMN: text" with "left out" or "note" before. */
static struct buf said;

static void hear(void *arg, const struct schedule_report *r)
{
	(void)arg;
	buf_addf(&said, "%s %d:%zu: %s\n", r->warning ? "note" : "left out",
		 r->line, r->column, r->text);
}

static void complain(void *arg, const struct schedule_report *r)
{
	(void)arg;
	if (!r->warning) {
		printf("[%s] output %d:%zu: %s\n", unit_row, r->line, r->column,
		       r->text);
		unit_failed++;
	}
}

/* What comes out has to be a schedule file; its schedules. */
static struct schedule_file parse(const struct buf *out)
{
	const struct schedule_input in = {
		.source = "test", .now = 1764158400, .report = complain};
	struct schedule_file f;

	if (schedule_parse(&f, strv_make(out->p, out->len), &in, &err) < 0) {
		printf("%s\n%s\n", err.msg, out->p);
		unit_failed++;
	}
	return f;
}

static int import(const char *text, bool system, struct buf *out)
{
	const struct import_options o = {
		.queue = "cron",
		.zone = "Europe/Berlin",
		.system = system,
		.report = hear,
	};

	buf_clear(&said);
	buf_clear(out);
	err.msg[0] = '\0';
	return import_crontab(strv_of(text), &o, out, &err);
}

/* After the head, which ends with the first empty line. */
static const char *body(const struct buf *out)
{
	return strstr(out->p, "\n\n") + 2;
}

static const struct {
	const char *crontab;
	const char *becomes;
} lines[] = {
	{"30 2 * * * /usr/local/bin/backup --all",
	 "30 2 * * *  cron  backup  -- /usr/local/bin/backup --all\n"},
	{"  \t0\t4  1 * *   ls   -l  ", "0 4 1 * *  cron  ls  -- ls   -l  \n"},
	{"# words\n\n  # more", "# words\n\n  # more\n"},
	{"@daily x\r\n@hourly y", "@daily  cron  x  -- x\n"
				  "@hourly  cron  y  -- y\n"},
	{"@midnight a;@weekly", "@midnight  cron  a  -- a;@weekly\n"},
	{"@every_minute x", "* * * * *  cron  x  -- x\n"},
	{"-*/5 * * * * x", "*/5 * * * *  cron  x  -- x\n"},
	/* names of days and months */
	{"0 9 * jan-MAR mon-Fri x", "0 9 * jan-MAR mon-Fri  cron  x  -- x\n"},
	{"0 0 * * 0-7 x", "0 0 * * 0-7  cron  x  -- x\n"},
	/* steps: past the end of the field there is one value */
	{"*/90 * * * * x", "*/60 * * * *  cron  x  -- x\n"},
	{"0 */36 * * * x", "0 */24 * * *  cron  x  -- x\n"},
	{"5/20 * * * * x", "5/20 * * * *  cron  x  -- x\n"},
	{"0 0 * * 2/2 x", "0 0 * * 2-7/2  cron  x  -- x\n"},
	{"0 0 * * MON/3,5 x", "0 0 * * MON-7/3,5  cron  x  -- x\n"},
	/* both day fields: a star at the front asks for both */
	{"0 0 13 * 5 x", "0 0 13 * 5  cron  x  -- x\n"},
	{"0 0 */2 * MON x", "0 0 */2 * +MON  cron  x  -- x\n"},
	{"0 0 1-7 * */2 x", "0 0 1-7 * +*/2  cron  x  -- x\n"},
	{"0 0 */1 * MON x", "0 0 */1 * MON  cron  x  -- x\n"},
	{"0 0 *,5 * 1 x", "0 0 *,5 * +1  cron  x  -- x\n"},
	/* a random value is one by the name */
	{"~ 0~5 * * * x", "H H(0-5) * * *  cron  x  -- x\n"},
	{"30~ ~3 * * * x", "H(30-59) H(0-3) * * *  cron  x  -- x\n"},
	{"~/10 * * * * x", "H/10 * * * *  cron  x  -- x\n"},
	{"0 0 31 ~ * p1", "0 0 31 H *  cron  p1  -- p1\n"},
	/* percent signs */
	{"* * * * * date +\\%F", "* * * * *  cron  date  -- date +%F\n"},
	{"* * * * * mail me%Hi%it's \\%5%",
	 "* * * * *  cron  mail  -- printf '%s\\n' 'Hi' 'it'\\''s %5' '' | "
	 "sh -c 'mail me'\n"},
	/* names: of the program, each once */
	{"1 * * * * a\n2 * * * * a\n3 * * * * /x/a-3",
	 "1 * * * *  cron  a  -- a\n2 * * * *  cron  a-2  -- a\n"
	 "3 * * * *  cron  a-3  -- /x/a-3\n"},
	{"1 * * * * a-3\n2 * * * * a\n3 * * * * a",
	 "1 * * * *  cron  a-3  -- a-3\n2 * * * *  cron  a  -- a\n"
	 "3 * * * *  cron  a-4  -- a\n"},
	{"1 * * * * [ -x /a ] || ( cd / && run-parts /etc/x )",
	 "1 * * * *  cron  run-parts  -- [ -x /a ] || ( cd / && run-parts "
	 "/etc/x )\n"},
	{"1 * * * * test -e /r || M=1 /l/e2 -A; true",
	 "1 * * * *  cron  e2  -- test -e /r || M=1 /l/e2 -A; true\n"},
	{"1 * * * * nice -n 19 \"$HOME/bin/a b\" >/dev/null 2>&1",
	 "1 * * * *  cron  a  -- nice -n 19 \"$HOME/bin/a b\" >/dev/null "
	 "2>&1\n"},
	{"1 * * * * %", "1 * * * *  cron  job  -- printf '%s\\n' '' | sh -c "
			"''\n"},
	/* settings go on into the commands */
	{"PATH=/bin:/usr/bin\n1 * * * * x\n PATH = \"/b 2\" \n2 * * * * y",
	 "# in the commands below: PATH=/bin:/usr/bin\n"
	 "1 * * * *  cron  x  -- export PATH='/bin:/usr/bin'; x\n"
	 "# in the commands below:  PATH = \"/b 2\" \n"
	 "2 * * * *  cron  y  -- export PATH='/b 2'; y\n"},
	{"HOME=/srv\n1 * * * * x",
	 "# in the commands below: HOME=/srv\n"
	 "1 * * * *  cron  x  -- cd '/srv'; export HOME='/srv'; x\n"},
	{"SHELL=/bin/sh\nCRON_TZ=Asia/Tokyo\n1 * * * * x",
	 "CRON_TZ=Asia/Tokyo\n1 * * * *  cron  x  -- x\n"},
};

static void carried_over(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		struct schedule_file f;

		unit_row = lines[i].crontab;
		CHECK_INT(import(unit_row, false, &out), 0);
		CHECK_STR(body(&out), lines[i].becomes);
		CHECK_STR(said.p ? said.p : "", "");
		f = parse(&out);
		CHECK(f.n > 0 || unit_row[0] == '#');
		for (size_t k = 0; k < f.n; k++) {
			CHECK_INT(f.v[k].missed, SCHEDULE_SKIP);
			CHECK_INT(f.v[k].job.max_attempts, 1);
			CHECK_INT(f.v[k].job.timeout_ms, 0);
		}
		schedule_file_release(&f);
	}
	buf_release(&out);
}

static const struct {
	const char *line;
	bool system;
	const char *says; /* "left out …" or "note …" */
} losses[] = {
	{"@reboot x", false, "left out 1:1: @reboot: a cluster has no boot"},
	{"@every 5m x", false, "left out 1:1: not a macro of cron"},
	{"@Daily x", false, "left out 1:1: expression '@Daily': not a macro"},
	{"0 22-2 * * * x", false, "(write two: 22-23,0-2)"},
	{"0 0 * * SAT-MON x", false, "(write two: 6-7,1-1)"},
	{"0 0 30 2 * x", false, "left out 1:1: expression '30': no month"},
	/* and a random month is one by the name: here one of 30 days */
	{"0 0 31 ~ * p3", false, "left out 1:1: expression '31': no month"},
	{"0 0 * * MONDAY x", false, "left out 1:1: day of week 'MONDAY'"},
	{"60 0 * * * x", false, "left out 1:1: minute '60': above"},
	{"*/0 0 * * * x", false, "a step of 0"},
	{"0 0 * * MON~FRI x", false, "left out 1:1: day of week 'H(MON-FRI)'"},
	{"0 0 * *", false, "left out 1:1: expression '0 0 * *': too few"},
	{"0 0 * * *", false, "left out 1:1: no command"},
	{"0 0 * * * root ", true, "left out 1:1: no command after the user"},
	{"0 0 * * *", true, "left out 1:1: user: no user and no command"},
	{"0 0 * * * a:b x", true, "left out 1:1: user: 'cron-a:b' is not"},
	{"0 0 * * * \xff", false, "left out 1:1: line: not UTF-8 text"},
	{"CRON_TZ=Mars/Base\n0 0 * * * x", false,
	 "left out 2:1: its zone is unknown"},
	{"CRON_TZ=Mars/Base", false, "left out 1:1: time zone 'Mars/Base'"},
	{"MAILTO=root", false,
	 "note 1:1: setting 'MAILTO': not carried over: output is kept"},
	{"SHELL=/bin/bash", false, "run jq-work with that shell"},
	{"RANDOM_DELAY=45", false, "write jitter="},
	{"A.B=1", false, "not a name that sh can export"},
};

static void left_out(void)
{
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
		struct schedule_file f;
		bool note = strstr(losses[i].says, "note ") ||
			    strchr(losses[i].line, '=');
		int rc;

		unit_row = losses[i].line;
		rc = import(unit_row, losses[i].system, &out);
		if (!note || strstr(unit_row, "CRON_TZ")) {
			CHECK_INT(rc, -1);
			CHECK_INT(err.code, STATUS_NO);
			CHECK_HAS(body(&out), "# left out: ");
		} else {
			CHECK_INT(rc, 0);
			CHECK_HAS(body(&out), "# not carried over: ");
		}
		CHECK_HAS(said.p, losses[i].says);
		f = parse(&out);
		CHECK_INT((long long)f.n, 0);
		schedule_file_release(&f);
	}
	buf_release(&out);
}

/* What is kept as a comment is no longer than a line may be. */
static void long_lines(void)
{
	static const struct {
		const char *begin, *more;
		int n;
	} rows[] = {
		{"# ", "\xc3\xa9", 40000},
		{"#", "xyz", 30000},
		{"0 0 * * * x ", "\xff", 20000},
		{"0 0 * * * x ", "y", 70000},
		{"61 0 * * * ", "\xe2\x82\xac", 25000},
	};
	struct buf tab = BUF_INIT, out = BUF_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct schedule_file f;

		unit_row = rows[i].begin;
		buf_clear(&tab);
		buf_addstr(&tab, rows[i].begin);
		for (int k = 0; k < rows[i].n; k++)
			buf_addstr(&tab, rows[i].more);
		(void)!import(tab.p, false, &out);
		CHECK_HAS(body(&out), " ...\n");
		f = parse(&out);
		CHECK_INT((long long)f.n, 0);
		schedule_file_release(&f);
	}
	buf_release(&tab);
	buf_release(&out);
}

/* Each user has a queue, and so a worker. */
static void system_format(void)
{
	struct buf out = BUF_INIT;
	struct schedule_file f;

	CHECK_INT(import("17 * * * *\troot\tcd / && run-parts /etc/x\n"
			 "@daily www-data /bin/x\n",
			 true, &out),
		  0);
	f = parse(&out);
	CHECK_INT((long long)f.n, 2);
	CHECK_STR(f.v[0].queue, "cron-root");
	CHECK_STR(f.v[0].name, "run-parts");
	CHECK_STR(f.v[0].tz, "Europe/Berlin");
	CHECK_STR(f.v[0].payload.p, "cd / && run-parts /etc/x");
	CHECK_STR(f.v[1].queue, "cron-www-data");
	schedule_file_release(&f);
	CHECK(import_is_system("/etc/crontab"));
	CHECK(import_is_system("/etc/cron.d/sysstat"));
	CHECK(!import_is_system("crontab"));
	CHECK(!import_is_system("/etc/cron.daily"));
	buf_release(&out);
}

static void refused(void)
{
	struct buf out = BUF_INIT, big = BUF_INIT;
	struct import_options o = {
		.queue = "cron", .zone = "Mars/Base", .report = hear};

	CHECK_INT(import_crontab(strv_of(""), &o, &out, &err), -1);
	CHECK_INT(err.code, STATUS_USAGE);
	o.zone = "UTC";
	o.queue = "a/b";
	CHECK_INT(import_crontab(strv_of(""), &o, &out, &err), -1);
	CHECK_INT(err.code, STATUS_USAGE);
	o.queue = "q";
	while (big.len <= IMPORT_MAX)
		buf_addstr(&big, "0 0 * * * x\n");
	CHECK_INT(import_crontab(strv_make(big.p, big.len), &o, &out, &err),
		  -1);
	CHECK_INT(err.code, STATUS_DATA);
	/* the largest, all of one name, in no time */
	buf_cut(&big, IMPORT_MAX / 12 * 12);
	buf_clear(&out);
	CHECK_INT(import_crontab(strv_make(big.p, big.len), &o, &out, &err), 0);
	buf_release(&big);
	buf_release(&out);
}

static void host_zone(void)
{
	char dir[] = "/tmp/jobq-import-XXXXXX", path[64];
	struct buf out = BUF_INIT;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	CHECK(!zone_host(dir, &out));
	snprintf(path, sizeof(path), "%s/timezone", dir);
	f = fopen(path, "w");
	fputs("Asia/Tokyo\n", f);
	fclose(f);
	CHECK(zone_host(dir, &out));
	CHECK_STR(out.p, "Asia/Tokyo");
	snprintf(path, sizeof(path), "%s/localtime", dir);
	CHECK_INT(symlink("../usr/share/zoneinfo/Europe/Paris", path), 0);
	buf_clear(&out);
	CHECK(zone_host(dir, &out));
	CHECK_STR(out.p, "Europe/Paris");
	unlink(path);
	CHECK_INT(symlink("/usr/share/zoneinfo/../../x", path), 0);
	buf_clear(&out);
	CHECK(zone_host(dir, &out));
	CHECK_STR(out.p, "Asia/Tokyo");
	unlink(path);
	snprintf(path, sizeof(path), "%s/timezone", dir);
	unlink(path);
	rmdir(dir);
	buf_release(&out);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(carried_over)}, {UNIT_TEST(left_out)},
		{UNIT_TEST(long_lines)},   {UNIT_TEST(system_format)},
		{UNIT_TEST(refused)},	   {UNIT_TEST(host_zone)},
	};

	return unit_run("import", tests, ARRAY_LEN(tests));
}
