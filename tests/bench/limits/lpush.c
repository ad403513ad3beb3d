/* SPDX-License-Identifier: ISC */
/* The limit of latency, the giving half: LPUSH for each line of stdin. */
#include "limit.h"

int main(void)
{
	redisContext *c = limit_connect();
	char line[256];

	while (fgets(line, sizeof(line), stdin)) {
		redisAppendCommand(c, "LPUSH limit:list %s", line);
		freeReplyObject(limit_reply(c));
	}
	redisFree(c);
	return 0;
}
