/* SPDX-License-Identifier: ISC */
/* What INFO says of a server. */
#include "cli/ping.h"

#include <string.h>

#include "base/attr.h"
#include "unit.h"

static struct err err;

static int read_text(const char *info, struct ping *p)
{
	memset(p, 0, sizeof(*p));
	err.msg[0] = '\0';
	return ping_read_info(strv_of(info), p, &err);
}

static void versions(void)
{
	static const struct {
		const char *info, *kind, *version;
		int rc;
	} rows[] = {
		{"# Server\r\nredis_version:7.0.15\r\n", "redis", "7.0.15", 0},
		{"redis_version:8.2.0\r\n", "redis", "8.2.0", 0},
		{"redis_version:10.0\n", "redis", "10.0", 0},
		{"redis_version:6.2.14\r\n", "redis", "6.2.14", -1},
		{"redis_version:7.2.4\r\nvalkey_version:8.0.1\r\n", "valkey",
		 "8.0.1", 0},
		{"redis_version:7.2.4\r\nvalkey_version:7.2.5\r\n", "valkey",
		 "7.2.5", 0},
		{"valkey_version:7.1.0\r\n", "valkey", "7.1.0", -1},
		{"redis_version:rubbish\r\n", "redis", "rubbish", -1},
		{"", "redis", "", 0},
		{"not_redis_version:6.0\r\n", "redis", "", 0},
	};
	struct ping p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].info;
		CHECK_INT(read_text(rows[i].info, &p), rows[i].rc);
		CHECK_STR(p.kind, rows[i].kind);
		CHECK_STR(p.version, rows[i].version);
		if (rows[i].rc == 0)
			continue;
		CHECK_INT(err.code, STATUS_PROTOCOL);
		CHECK_HAS(err.msg, "needs Redis 7.0 or Valkey 7.2");
	}
}

static void dangers(void)
{
	static const struct {
		const char *info;
		bool may_evict, forgets;
	} rows[] = {
		{"maxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", false,
		 false},
		{"maxmemory:1\r\nmaxmemory_policy:allkeys-lru\r\n", true,
		 false},
		{"maxmemory:1\r\nmaxmemory_policy:noeviction\r\n", false,
		 false},
		{"aof_enabled:0\r\n", false, true},
		{"aof_enabled:1\r\n", false, false},
	};
	struct ping p;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].info;
		CHECK_INT(read_text(rows[i].info, &p), 0);
		CHECK(p.may_evict == rows[i].may_evict);
		CHECK(p.forgets == rows[i].forgets);
	}
}

static void replicas(void)
{
	struct ping p;

	CHECK_INT(read_text("role:master\r\n", &p), 0);
	CHECK_INT(read_text("role:slave\r\nslave_read_only:0\r\n", &p), 0);
	CHECK_INT(read_text("role:slave\r\nmaster_host:db\x1b[2J\r\n"
			    "master_port:6380\r\nslave_read_only:1\r\n",
			    &p),
		  -1);
	CHECK_INT(err.code, STATUS_UNAVAILABLE);
	CHECK_HAS(err.msg,
		  "read-only replica (use the primary, db\\x1b[2J:6380)");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(versions)},
		{UNIT_TEST(dangers)},
		{UNIT_TEST(replicas)},
	};

	return unit_run("ping", tests, ARRAY_LEN(tests));
}
