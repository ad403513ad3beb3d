/* SPDX-License-Identifier: ISC */
/* Who runs the command. */
#include "cli/who.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

void who_find(char *to, size_t size)
{
	const struct passwd *user = getpwuid(getuid());
	char host[65] = "";

	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	if (user)
		snprintf(to, size, "%s@%s", user->pw_name, host);
	else
		snprintf(to, size, "%ld@%s", (long)getuid(), host);
}
