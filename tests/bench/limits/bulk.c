/* SPDX-License-Identifier: ISC */
/*
 * The limit of a bulk push: lines of stdin, 1,000 of them a script call, four
 * calls in flight. bulk SHA
 */
#include <string.h>

#include "limit.h"

#define JOBS	1000
#define CALLS	4
#define ID_SIZE 24
#define FIXED	5

int main(int argc, char **argv)
{
	static char *line[JOBS], id[JOBS][ID_SIZE];
	static size_t room[JOBS];
	const char *arg[FIXED + 2 * JOBS] = {"EVALSHA", argv[1], "2",
					     "limit:pay", "limit:rdy"};
	size_t len[FIXED + 2 * JOBS];
	redisContext *c = limit_connect();
	unsigned long long number = 0;
	int flying = 0, n;

	if (argc != 2)
		return 64;
	for (int i = 0; i < FIXED; i++)
		len[i] = strlen(arg[i]);
	do {
		for (n = 0; n < JOBS; n++) {
			ssize_t k = getline(&line[n], &room[n], stdin);
			int at = FIXED + 2 * n;

			if (k < 0)
				break;
			len[at] = (size_t)snprintf(id[n], ID_SIZE, "%020llu",
						   ++number);
			arg[at] = id[n];
			arg[at + 1] = line[n];
			len[at + 1] = (size_t)k - 1;
		}
		if (flying == CALLS || (n == 0 && flying)) {
			freeReplyObject(limit_reply(c));
			flying--;
		}
		if (n) {
			int done = 0;

			redisAppendCommandArgv(c, FIXED + 2 * n, arg, len);
			/* the server works on it while we read on */
			while (!done)
				if (redisBufferWrite(c, &done) != REDIS_OK)
					limit_die("write");
			flying++;
		}
	} while (n || flying);
	redisFree(c);
	return 0;
}
