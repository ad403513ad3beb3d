/* SPDX-License-Identifier: ISC */
/* environ: what a handler finds in its environment (b.4). */
#include "work/environ.h"

#include "unit.h"

/* Fields of a parsed header are its own. */
static char job_name[] = "welcome", trace[] = "00-1-2-01", baggage[] = "k=v";
static char tenant[] = "TENANT=acme", empty[] = "EMPTY=", equals[] = "A=b=c";
static char *meta[] = {tenant, empty, equals};

static struct job_header header(void)
{
	struct job_header h = {
		.created_ms = 1795478261492,
		.size = 1432,
		.priority = -3,
		.timeout_ms = -1,
		.name = job_name,
		.meta = meta,
		.n_meta = ARRAY_LEN(meta),
	};

	return h;
}

static const struct job_record record = {
	.deliveries = 3,
	.attempts = 1,
	.last = {"exit:1", 6},
};

static struct environ_facts facts(const struct job_header *h)
{
	struct environ_facts f = {
		.queue = "mail",
		.id = "01jdz4",
		.token = "1795478261000007.abcdef",
		.header = h,
		.record = &record,
		.max_attempts = 5,
		.deadline_ms = 1795478321000,
		.worker = "web1:812",
		.slot = 3,
		.control = true,
	};

	return f;
}

/* Value of a variable, "(unset)", or "(twice)". */
static const char *get(const char *const *env, const char *name)
{
	const char *found = "(unset)";
	size_t n = strlen(name);

	for (; *env; env++)
		if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
			found = found[0] == '(' ? *env + n + 1 : "(twice)";
	return found;
}

static void all_of_it(void)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{"JQ_ID", "01jdz4"},
		{"JQ_JOB", "mail/01jdz4"},
		{"JQ_NAME", "welcome"},
		{"JQ_QUEUE", "mail"},
		{"JQ_ATTEMPT", "2"},
		{"JQ_MAX_ATTEMPTS", "5"},
		{"JQ_PRIORITY", "-3"},
		{"JQ_KEY", "(unset)"},
		{"JQ_SIZE", "1432"},
		{"JQ_CREATED", "1795478261.492"},
		{"JQ_DEADLINE", "1795478321.000"},
		{"JQ_LAST_EXIT", "1"},
		{"JQ_WORKER", "web1:812"},
		{"JQ_SLOT", "3"},
		{"JQ_CTL_FD", "3"},
		{"JQ_DELIVERY", "3"},
		{"JQ_FENCE", "1795478261000007"},
		{"JQ_META_TENANT", "acme"},
		{"JQ_META_EMPTY", ""},
		{"JQ_META_A", "b=c"},
		{"TRACEPARENT", "00-1-2-01"},
		{"TRACESTATE", "(unset)"},
		{"BAGGAGE", "k=v"},
	};
	static const char *const ours[] = {"PATH=/bin", NULL};
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	const char *const *env;
	struct environ e;

	h.trace[0] = trace;
	h.trace[2] = baggage;
	environ_init(&e, ours, NULL);
	/* twice, for the memory is used again */
	for (int i = 0; i < 2; i++) {
		env = environ_build(&e, &f);
		for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
			unit_row = rows[k].name;
			CHECK_STR(get(env, rows[k].name), rows[k].value);
		}
		CHECK_STR(get(env, "PATH"), "/bin");
	}
	environ_release(&e);
}

static void what_is_absent(void)
{
	static const char *const ours[] = {NULL};
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	struct job_record first = {.last = {"-", 1}};
	const char *const *env;
	struct environ e;

	h.name = NULL;
	h.n_meta = 0;
	f.record = &first;
	f.deadline_ms = 0;
	f.control = false;
	environ_init(&e, ours, NULL);
	env = environ_build(&e, &f);
	CHECK_STR(get(env, "JQ_NAME"), "(unset)");
	CHECK_STR(get(env, "JQ_DEADLINE"), "(unset)");
	CHECK_STR(get(env, "JQ_LAST_EXIT"), "(unset)");
	CHECK_STR(get(env, "JQ_CTL_FD"), "(unset)");
	CHECK_STR(get(env, "JQ_ATTEMPT"), "1");
	CHECK_STR(get(env, "JQ_META_TENANT"), "(unset)");
	environ_release(&e);
}

/* Nothing of the service manager's, of another job's, or without a name. */
static void what_is_withheld(void)
{
	static const char *const ours[] = {
		"NOTIFY_SOCKET=/run/x",
		"WATCHDOG_USEC=1",
		"WATCHDOG_PID=1",
		"LISTEN_FDS=1",
		"LISTEN_PID=1",
		"LISTEN_FDNAMES=a",
		"JQ_ID=old",
		"JQ_KEY=old",
		"JQ_META_OLD=x",
		"TRACESTATE=old",
		"JQ_CTL_FD=9",
		"novalue",
		"=noname",
		"JQ_URL=unix:///s",
		"JQ_NAMESPACE=t",
		"HOME=/root",
		"JQ_IDENTITY=kept",
		NULL,
	};
	static const char *const gone[] = {
		"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
		"LISTEN_FDS",	 "LISTEN_PID",	  "LISTEN_FDNAMES",
		"JQ_KEY",	 "JQ_META_OLD",	  "TRACESTATE",
	};
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	const char *const *env;
	struct environ e;
	size_t n = 0;

	environ_init(&e, ours, NULL);
	env = environ_build(&e, &f);
	for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
		unit_row = gone[i];
		CHECK_STR(get(env, gone[i]), "(unset)");
	}
	CHECK_STR(get(env, "JQ_ID"), "01jdz4");
	CHECK_STR(get(env, "JQ_CTL_FD"), "3");
	CHECK_STR(get(env, "JQ_URL"), "unix:///s");
	CHECK_STR(get(env, "JQ_NAMESPACE"), "t");
	CHECK_STR(get(env, "JQ_IDENTITY"), "kept");
	CHECK_STR(get(env, "HOME"), "/root");
	for (; env[n]; n++)
		CHECK(strchr(env[n], '=') && env[n][0] != '=');
	environ_release(&e);
}

static void extra_replaces(void)
{
	static const char *const ours[] = {"JQ_URL=old", "JQ_URLS=kept", NULL};
	static const char *const extra[] = {"JQ_URL=new", "JQ_NAMESPACE=n",
					    NULL};
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	const char *const *env;
	struct environ e;

	environ_init(&e, ours, extra);
	env = environ_build(&e, &f);
	CHECK_STR(get(env, "JQ_URL"), "new");
	CHECK_STR(get(env, "JQ_URLS"), "kept");
	CHECK_STR(get(env, "JQ_NAMESPACE"), "n");
	environ_release(&e);
}

static void last_exit(void)
{
	static const struct {
		const char *last, *value;
	} rows[] = {
		{"exit:1", "1"},	  {"exit:255", "255"},
		{"signal:9", "SIGKILL"},  {"signal:15", "SIGTERM"},
		{"signal:40", "SIG40"},	  {"timeout", "timeout"},
		{"lost", "lost"},	  {"cancelled", "cancelled"},
		{"released", "released"}, {"-", "(unset)"},
	};
	static const char *const ours[] = {NULL};
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	struct job_record r = record;
	struct environ e;

	f.record = &r;
	environ_init(&e, ours, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].last;
		r.last = strv_of(rows[i].last);
		CHECK_STR(get(environ_build(&e, &f), "JQ_LAST_EXIT"),
			  rows[i].value);
	}
	environ_release(&e);
}

/* 10,000 variables, and labels that make the text grow while it is built. */
static void much(void)
{
	static char names[10000][24];
	static const char *ours[10001];
	static char labels[200][32], *many[200];
	struct job_header h = header();
	struct environ_facts f = facts(&h);
	const char *const *env;
	struct environ e;

	for (int i = 0; i < 10000; i++) {
		snprintf(names[i], sizeof(names[i]), "VAR%d=%d", i, i);
		ours[i] = names[i];
	}
	for (int i = 0; i < 200; i++) {
		snprintf(labels[i], sizeof(labels[i]), "L%d=%d", i, i);
		many[i] = labels[i];
	}
	h.meta = many;
	h.n_meta = 200;
	environ_init(&e, ours, NULL);
	env = environ_build(&e, &f);
	CHECK_STR(get(env, "VAR9999"), "9999");
	CHECK_STR(get(env, "JQ_META_L0"), "0");
	CHECK_STR(get(env, "JQ_META_L199"), "199");
	environ_release(&e);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(all_of_it)},	       {UNIT_TEST(what_is_absent)},
		{UNIT_TEST(what_is_withheld)}, {UNIT_TEST(extra_replaces)},
		{UNIT_TEST(last_exit)},	       {UNIT_TEST(much)},
	};

	return unit_run("environ", tests, ARRAY_LEN(tests));
}
