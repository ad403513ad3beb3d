/* SPDX-License-Identifier: ISC */
/*
 * The private server: an installed redis-server or valkey-server that is
 * started on first use for this user alone. On a Unix socket, no TCP port,
 * append-only file, fsync every second, no eviction. Started at most once
 * however many commands ask at the same time (a lock file); outlives the
 * shell that started it.
 */
#ifndef SYS_SERVER_H
#define SYS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* Where its files go. All strings borrowed; the caller reads the environment.
 */
struct server_place {
	const char *runtime_dir; /* $XDG_RUNTIME_DIR, or NULL */
	const char *tmp_dir;	 /* $TMPDIR, or NULL = /tmp */
	const char *state_home;	 /* $XDG_STATE_HOME, or NULL */
	const char *home;	 /* $HOME, or NULL */
	const char *path;	 /* $PATH, for finding the program */
};

struct server {
	char *socket; /* owned paths */
	char *runtime;
	char *state;
	const struct server_place *place; /* borrowed */
};

/* Work the paths out; touches no file. -1 with STATUS_CONFIG when there is no
 * place for the data, or the socket's path would be too long. */
int server_init(struct server *s, const struct server_place *place,
		struct err *e) must_check;
void server_release(struct server *s);

/* "unix:///…/redis.sock" */
void server_url(const struct server *s, struct buf *out);

/*
 * Make sure it runs: returns at once when something accepts on the socket,
 * else makes the directories (0700, checked: owner and mode), takes the lock,
 * starts the program and waits until it accepts commands. A stale socket is
 * replaced. -1 with STATUS_UNAVAILABLE and a hint: no server program
 * ("install redis-server or valkey-server"), or its own last words.
 */
int server_ensure(const struct server *s, struct err *e) must_check;

struct server_state {
	bool running;
	pid_t pid;	  /* of the server, when running */
	char version[32]; /* when running */
};
int server_status(const struct server *s, struct server_state *out,
		  struct err *e) must_check;

/* Ask it to save and stop, and wait until it has. Not running is no error. */
int server_stop(const struct server *s, struct err *e) must_check;

#endif
