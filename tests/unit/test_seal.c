/* SPDX-License-Identifier: ISC */
/* seal: digests, base64, random bytes. */
#include "sys/seal.h"

#include <string.h>

#include "unit.h"

/* Known answers, made with another implementation (Python's hashlib). */
static void digests(void)
{
	const struct {
		const char *want;
		size_t n;
		struct strv parts[3];
	} rows[] = {
		{"yuZpQdnvvUBOTYh1jqZ2cA", 0, {{0}}},
		{"EDZqukZRjiudBA3eJCu8Wg", 1, {strv_of("abc")}},
		{"SCbtBDqzzexXbYVB-l1agA", 2, {strv_of("ab"), strv_of("c")}},
		{"Y-P5PQeTjyU1s7nIWORqUg",
		 3,
		 {strv_of("mail"), strv_of(""), strv_make("x\0y", 3)}},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[SEAL_DIGEST_SIZE];

		unit_row = rows[i].want;
		seal_digest(rows[i].parts, rows[i].n, got);
		CHECK_STR(got, rows[i].want);
	}
}

static void base64(void)
{
	static const struct {
		const char *plain;
		size_t n;
		const char *text;
	} rows[] = {
		{"", 0, ""},
		{"f", 1, "Zg=="},
		{"fo", 2, "Zm8="},
		{"foo", 3, "Zm9v"},
		{"\0\xff\xfe\n", 4, "AP/+Cg=="},
		{"foobar", 6, "Zm9vYmFy"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = BUF_INIT;

		unit_row = rows[i].text;
		buf_addstr(&b, ">");
		seal_base64(&b, rows[i].plain, rows[i].n);
		CHECK_STR(b.p + 1, rows[i].text);
		buf_cut(&b, 1);
		CHECK_INT(seal_unbase64(&b, strv_of(rows[i].text)), 0);
		CHECK_INT(b.len, rows[i].n + 1);
		CHECK(memcmp(b.p + 1, rows[i].plain, rows[i].n) == 0);
		buf_release(&b);
	}
}

static void base64_bad(void)
{
	static const char *const rows[] = {
		"Z",	 "Zg",	   "Zg=",      "Zg===",	 "Zh==",
		"Zm9v=", "Zm9vZg", "Zm 9v",    "Zm9v\n", "Zm9-",
		"====",	 "=",	   "Zg==Zg==",
	};
	struct buf b = BUF_INIT;

	buf_addstr(&b, "kept");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i];
		CHECK_INT(seal_unbase64(&b, strv_of(rows[i])), -1);
		CHECK_STR(b.p, "kept");
	}
	CHECK_INT(seal_unbase64(&b, strv_make("Zg==\0", 5)), -1);
	buf_release(&b);
}

static void chance(void)
{
	unsigned char a[16] = {0}, b[16] = {0};
	int seen[3] = {0};

	seal_random(a, sizeof(a));
	seal_random(b, sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (int i = 0; i < 300; i++) {
		uint32_t v = seal_uniform(3);

		CHECK(v < 3);
		if (v < 3)
			seen[v]++;
	}
	/* missing one of three in 300 draws has a chance of 10^-52 */
	CHECK(seen[0] && seen[1] && seen[2]);
	CHECK_INT(seal_uniform(1), 0);
}

static void wipe(void)
{
	char secret[] = "secret";

	seal_wipe(secret, sizeof(secret));
	for (size_t i = 0; i < sizeof(secret); i++)
		CHECK_INT(secret[i], 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(digests)},	 {UNIT_TEST(base64)},
		{UNIT_TEST(base64_bad)}, {UNIT_TEST(chance)},
		{UNIT_TEST(wipe)},
	};

	return unit_run("seal", tests, ARRAY_LEN(tests));
}
