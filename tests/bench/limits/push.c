/* SPDX-License-Identifier: ISC */
/*
 * The limit of a single push: a process that connects, makes one EVALSHA and
 * ends. push SHA PAYLOAD
 */
#include <unistd.h>

#include "limit.h"

int main(int argc, char **argv)
{
	redisContext *c = limit_connect();
	char id[32];

	if (argc != 3)
		return 64;
	snprintf(id, sizeof(id), "%llx-%d", limit_now(), (int)getpid());
	redisAppendCommand(c, "EVALSHA %s 2 limit:pay limit:rdy %s %s", argv[1],
			   id, argv[2]);
	freeReplyObject(limit_reply(c));
	redisFree(c);
	return puts(id) == EOF;
}
