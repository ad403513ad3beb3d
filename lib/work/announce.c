/* SPDX-License-Identifier: ISC */
/* Makes queues known to the server. */
#include "work/announce.h"

#include "queue/change.h"
#include "queue/push.h"

int announce_queues(struct redis *r, const char *space,
		    const struct pick *queues, int64_t lease_ms, struct err *e)
{
	const struct change_setting *lease =
		change_find_setting(strv_of("lease"), e);

	for (size_t i = 0; i < queues->n; i++) {
		struct key_set k;

		push_announce(r, space, queues->queue[i].name);
		key_set_init(&k, space, strv_of(queues->queue[i].name));
		if (lease_ms &&
		    change_set(r, &k, lease, lease_ms, false, e) < 0)
			return -1;
	}
	return 0;
}
