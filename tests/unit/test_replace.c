/* SPDX-License-Identifier: ISC */
/* replace: payloads as arguments, and those that must not be. */
#include "work/replace.h"

#include "unit.h"

static const char *const plain[] = {"curl", "-f", "{}", "x{}y{}", "end", NULL};
static const char *const guarded[] = {"curl", "--", "{}", NULL};
static const char *const inside[] = {"curl", "--url={}", NULL};
static const char *const command[] = {"{}", "{}", NULL};

static struct replace r;
static struct err err;

/* The arguments behind the command, with '|' between. */
static const char *build(const char *const *argv, struct strv payload)
{
	static struct buf b = BUF_INIT;
	const char *const *v;

	replace_release(&r);
	replace_init(&r, "{}", argv);
	v = replace_build(&r, payload, &err);
	buf_clear(&b);
	if (!v)
		return "(refused)";
	CHECK_STR(v[0], argv[0]);
	for (size_t i = 1; v[i]; i++)
		buf_addf(&b, "%s%s", i > 1 ? "|" : "", v[i]);
	return b.p;
}

static void everywhere(void)
{
	CHECK_STR(build(plain, strv_of("u")), "-f|u|xuyu|end");
	CHECK_STR(build(plain, strv_of("u\n")), "-f|u|xuyu|end");
	CHECK_STR(build(plain, strv_of("u\n\n")), "-f|u\n|xu\nyu\n|end");
	CHECK_STR(build(plain, strv_of("")), "-f||xy|end");
	CHECK_STR(build(plain, strv_of("a b;$(c)")),
		  "-f|a b;$(c)|xa b;$(c)ya b;$(c)|end");
	/* what comes from the payload is not replaced again */
	CHECK_STR(build(plain, strv_of("{}")), "-f|{}|x{}y{}|end");
	/* only in ARGs */
	CHECK_STR(build(command, strv_of("u")), "u");
}

static void options(void)
{
	CHECK_STR(build(plain, strv_of("-rf")), "(refused)");
	CHECK_INT(err.code, STATUS_DATA);
	CHECK_HAS(err.msg, "'-'");
	CHECK_STR(build(guarded, strv_of("-rf")), "--|-rf");
	CHECK_STR(build(inside, strv_of("-rf")), "--url=-rf");
	CHECK_STR(build(plain, strv_of("-")), "(refused)");
}

static void nul(void)
{
	CHECK_STR(build(guarded, strv_make("a\0b", 3)), "(refused)");
	CHECK_INT(err.code, STATUS_DATA);
	CHECK_HAS(err.msg, "NUL");
}

static void size(void)
{
	size_t n = 128UL * 1024;
	char *big = malloc(n + 2);

	memset(big, 'x', n + 2);
	CHECK_STR(build(guarded, strv_make(big, n + 1)), "(refused)");
	CHECK_HAS(err.msg, "128 kB");
	/* with its NUL it would be one too long for execve() */
	CHECK_STR(build(guarded, strv_make(big, n)), "(refused)");
	CHECK_HAS(err.msg, "argument 2");
	CHECK_INT((long long)strlen(build(guarded, strv_make(big, n - 1))),
		  (long long)n + 2);
	free(big);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(everywhere)},
		{UNIT_TEST(options)},
		{UNIT_TEST(nul)},
		{UNIT_TEST(size)},
	};

	return unit_run("replace", tests, ARRAY_LEN(tests));
}
