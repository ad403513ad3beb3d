/* SPDX-License-Identifier: ISC */
/* The zone database as files that come, change and go. */
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "sys/zone.h"
#include "unit.h"

static struct err err;
static char dir[64], file[96], index_file[96];

static void put(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	fwrite(text, 1, n, f);
	fclose(f);
}

static void copy(const char *zone, const char *to)
{
	static char bytes[65536];
	char path[128];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), ZONE_DIR "/%s", zone);
	f = fopen(path, "r");
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	put(to, bytes, n);
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/jobq-zones-XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	snprintf(file, sizeof(file), "%s/Town", dir);
	snprintf(index_file, sizeof(index_file), "%s/tzdata.zi", dir);
}

static void end(void)
{
	unlink(file);
	unlink(index_file);
	rmdir(dir);
}

static void changed(void)
{
	struct zone *z, *bytes;
	char other[128];

	begin();
	copy("Asia/Tokyo", file);
	z = zone_load(dir, strv_of("Town"), &err);
	CHECK(z && !zone_changed(dir, z));
	snprintf(other, sizeof(other), "%s/new", dir);
	copy("Europe/Paris", other);
	CHECK_INT(rename(other, file), 0);
	CHECK(zone_changed(dir, z));
	zone_free(z);
	z = zone_load(dir, strv_of("Town"), &err);
	CHECK(z && !zone_changed(dir, z));
	/* cut short in place */
	CHECK_INT(truncate(file, 100), 0);
	CHECK(zone_changed(dir, z));
	CHECK(!zone_load(dir, strv_of("Town"), &err));
	CHECK_HAS(err.msg, "time zone 'Town': damaged zone file");
	unlink(file);
	CHECK(zone_changed(dir, z));
	zone_free(z);
	/* what came from no file does not change */
	bytes = zone_load(dir, strv_of("UTC"), &err);
	CHECK(bytes && !zone_changed(dir, bytes));
	CHECK_INT(zone_at(bytes, 0).offset, 0);
	CHECK_STR(zone_at(bytes, 1764158400).abbr, "UTC");
	CHECK_INT(zone_from_local(bytes, 1764158400).n, 1);
	zone_free(bytes);
	end();
}

static void release(void)
{
	static const struct {
		const char *text;
		const char *is;
	} rows[] = {
		{"# version 2026a\n# x\n", "2026a"},
		{"# version 2026a-dirty\n", "2026a-dirty"},
		{"# version 2026a", "unknown"},
		{"# version \033[m\n", "\\x1b[m"},
		{"R A 1916", "unknown"},
		{"", "unknown"},
	};
	struct buf out = BUF_INIT;

	begin();
	zone_release(dir, &out);
	CHECK_STR(out.p, "unknown");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].text;
		put(index_file, rows[i].text, strlen(rows[i].text));
		buf_clear(&out);
		zone_release(dir, &out);
		CHECK_STR(out.p, rows[i].is);
	}
	end();
	buf_release(&out);
}

static void another_database(void)
{
	struct zone *z;

	begin();
	copy("Asia/Tokyo", file);
	zone_set_dir(dir);
	z = zone_load(NULL, strv_of("Town"), &err);
	CHECK(z && zone_at(z, 0).offset == 9 * 3600);
	CHECK(!zone_changed(NULL, z));
	CHECK(!zone_load(NULL, strv_of("Europe/Paris"), &err));
	CHECK_HAS(err.msg, dir);
	zone_free(z);
	zone_set_dir("relative");
	CHECK(!zone_load(NULL, strv_of("Town"), &err));
	CHECK_HAS(err.msg, ZONE_DIR);
	end();
	zone_set_dir(NULL);
	CHECK(!zone_load(dir, strv_of("Europe/Paris"), &err));
	CHECK_HAS(err.msg, "(install tzdata)");
}

int main(void)
{
	static const struct unit_test tests[] = {
		{UNIT_TEST(changed)},
		{UNIT_TEST(release)},
		{UNIT_TEST(another_database)},
	};

	return unit_run("zone_data", tests, ARRAY_LEN(tests));
}
