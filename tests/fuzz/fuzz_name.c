/* SPDX-License-Identifier: ISC */
/*
 * Names of queues, jobs and ids (queue/key.h). Exactly what the header's
 * patterns say is taken; what is split is put together to the same.
 */
#include "queue/key.h"

#include "fuzz.h"

static const char digits_lower[] = "0123456789abcdefghijklmnopqrstuvwxyz";
static const char digits_all[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* The pattern FIRST[FIRST OTHERS]{0,max-1}, said in another way. */
static bool fits(struct strv v, size_t max, const char *first,
		 const char *others)
{
	char set[80], text[256];

	if (v.n == 0 || v.n > max || memchr(v.p, '\0', v.n))
		return false;
	snprintf(set, sizeof(set), "%s%s", first, others);
	memcpy(text, v.p, v.n);
	text[v.n] = '\0';
	return strspn(text, first) > 0 && strspn(text, set) == v.n;
}

static void check(int rc, bool want, const struct err *e)
{
	HOLDS((rc == 0) == want, "the names of the pattern, and no others");
	if (rc < 0)
		fuzz_said(e, STATUS_USAGE);
}

static void names(struct strv v)
{
	struct err e;

	check(key_check_queue(v, &e), fits(v, KEY_QUEUE_MAX, digits_all, "._-"),
	      &e);
	check(key_check_id(v, &e), fits(v, KEY_ID_MAX, digits_all, "._:-"), &e);
	check(key_check_name(v, &e), fits(v, KEY_NAME_MAX, digits_lower, "._-"),
	      &e);
}

static void split(struct strv v, const char *fallback)
{
	struct strv queue, id;
	struct err e;
	struct buf b = BUF_INIT;
	bool bare = !v.n || !memchr(v.p, '/', v.n);

	if (key_split_job(v, fallback, &queue, &id, &e) < 0) {
		fuzz_said(&e, STATUS_USAGE);
		return;
	}
	HOLDS(key_check_queue(queue, NULL) == 0, "the queue of a job is one");
	HOLDS(key_check_id(id, NULL) == 0, "the id of a job is one");
	HOLDS(!bare || fallback, "a bare id needs a queue");
	if (!bare)
		buf_addf(&b, "%.*s/", (int)queue.n, queue.p);
	buf_add(&b, id.p, id.n);
	HOLDS(fuzz_equal(v, strv_make(b.p, b.len)), "a job's name comes back");
	buf_release(&b);
}

static void keys(struct strv v)
{
	struct key_set k;
	char name[KEY_QUEUE_MAX + 4];

	if (key_check_queue(v, NULL) < 0)
		return;
	key_set_init(&k, "jq", v);
	snprintf(name, sizeof(name), "{%.*s}", (int)v.n, v.p);
	for (size_t i = 0; i < KEY_COUNT; i++)
		HOLDS(strncmp(k.key[i], "jq:{", 4) == 0 &&
			      strncmp(k.key[i] + 3, name, strlen(name)) == 0,
		      "a key has the queue as its hash tag");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv v = fuzz_view(data, size);

	names(v);
	split(v, NULL);
	split(v, "mail");
	keys(v);
	return 0;
}
