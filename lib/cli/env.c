/* SPDX-License-Identifier: ISC */
/* The only reader of the environment. */
#include "cli/env.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/strv.h"

/* What a handler finds (jq-handler(7)), and the colours of the JSON tool: not
 * ours to read, and no mistake either. */
static const char *const known[] = {
	"JQ_URL",     "JQ_URL_FILE",	 "JQ_NAMESPACE", "JQ_CONFIG",
	"JQ_ID",      "JQ_JOB",		 "JQ_NAME",	 "JQ_QUEUE",
	"JQ_ATTEMPT", "JQ_MAX_ATTEMPTS", "JQ_PRIORITY",	 "JQ_KEY",
	"JQ_SIZE",    "JQ_CREATED",	 "JQ_DEADLINE",	 "JQ_LAST_EXIT",
	"JQ_WORKER",  "JQ_SLOT",	 "JQ_CTL_FD",	 "JQ_COLORS",
};

const char *env_get(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static bool is_known(struct strv name)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strv_eq(name, known[i]))
			return true;
	return strv_starts(name, "JQ_META_");
}

const char *env_unknown(size_t *i)
{
	for (char **entry = environ; entry && entry[*i]; ++*i) {
		struct strv rest = strv_of(entry[*i]);
		struct strv name = strv_cut(&rest, '=');

		if (strv_starts(name, "JQ_") && !is_known(name))
			return entry[(*i)++];
	}
	return NULL;
}
