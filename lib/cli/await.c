/* SPDX-License-Identifier: ISC */
/* Asking at growing intervals, on a timer of the loop. */
#include "cli/await.h"

#include "base/clock.h"

#define FIRST_MS 20
#define LAST_MS	 500

int await_true(struct loop *l, int64_t timeout_ms,
	       int (*ask)(void *arg, struct err *e), void *arg, struct err *e)
{
	int64_t start = clock_boot_ms(), interval = FIRST_MS;

	for (;;) {
		int64_t left = timeout_ms - (clock_boot_ms() - start);
		int rc = ask(arg, e);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (timeout_ms >= 0 && left <= 0)
			return err_set(e, STATUS_LATER, "timed out");
		/* the last question is asked when the time is up, not before */
		if (timeout_ms >= 0 && interval > left)
			interval = left;
		loop_sleep(l, interval);
		interval = interval * 3 / 2 + 1;
		if (interval > LAST_MS)
			interval = LAST_MS;
	}
}
