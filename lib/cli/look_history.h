/* SPDX-License-Identifier: ISC */
/* jq-stat --history: minutes as a list, as charts, as a page. */
#ifndef CLI_LOOK_HISTORY_H
#define CLI_LOOK_HISTORY_H

#include "cli/look.h"

enum look_history {
	LOOK_HISTORY_LIST, /* through l->show */
	LOOK_HISTORY_PLOT,
	LOOK_HISTORY_PAGE,
};

/*
 * What was counted since `since_ms` (0: in the last hour), a day ago at most,
 * in the queues asked for; of all others those in which something was.
 */
int look_history(struct look *l, int64_t since_ms, enum look_history how,
		 struct err *e) must_check;

#endif
