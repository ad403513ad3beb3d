/* SPDX-License-Identifier: ISC */
/*
 * The limit of jobs that cost nothing: each call closes the 100 jobs of an
 * earlier one and claims 100 others, so many calls in flight, until there are
 * none. Prints how many there were. claim SHA CALLS
 */
#include <string.h>

#include "limit.h"

#define JOBS  100
#define FIXED 8

/* Close the jobs of `old` (NULL: none), claim the next. */
static void call(redisContext *c, const char *sha, const redisReply *old)
{
	const char *arg[FIXED + JOBS] = {
		"EVALSHA",   sha,	  "3",	 "limit:pay",
		"limit:rdy", "limit:run", "100", "1800000000000"};
	size_t len[FIXED + JOBS], n = FIXED;

	for (size_t i = 0; i < FIXED; i++)
		len[i] = strlen(arg[i]);
	for (size_t i = 0; old && i < old->element[0]->elements; i++) {
		arg[n] = old->element[0]->element[i]->str;
		len[n++] = old->element[0]->element[i]->len;
	}
	redisAppendCommandArgv(c, (int)n, arg, len);
}

int main(int argc, char **argv)
{
	redisContext *c = limit_connect();
	unsigned long long jobs = 0;
	long flying = 0;

	if (argc != 3)
		return 64;
	for (; flying < strtol(argv[2], NULL, 10); flying++)
		call(c, argv[1], NULL);
	while (flying) {
		redisReply *r = limit_reply(c);

		flying--;
		if (r->elements) {
			jobs += r->element[0]->elements;
			call(c, argv[1], r);
			flying++;
		}
		freeReplyObject(r);
	}
	redisFree(c);
	printf("%llu\n", jobs);
	return 0;
}
