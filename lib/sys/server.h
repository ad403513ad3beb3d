/* SPDX-License-Identifier: ISC */
/*
 * The private server: an installed redis-server or valkey-server that is
 * started on first use for this user alone. On a Unix socket, no TCP port,
 * append-only file, fsync every second, no eviction. Started at most once
 * however many commands ask at the same time; outlives the shell that started
 * it.
 *
 * Two directories, 0700 and checked for their owner: one for the socket (of
 * this login, gone after it), one for the data (of the user, for good). In the
 * latter:
 *   start.lock     locked by the command that is starting it
 *   server.lock    locked by the server itself for as long as it lives, so
 *                  that one directory never has two; holds its socket's path
 *   server.log     what it says
 * A command with another socket directory (cron's, without XDG_RUNTIME_DIR)
 * finds the living server by that path and leaves a symbolic link to it where
 * it would have had its own socket. A server whose socket was removed, as a
 * logout does, is ended and started anew.
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
	const char *home;	 /* $HOME, or NULL = of the password file */
	const char *path;	 /* $PATH, for finding the program */
};

struct server {
	char *runtime; /* the socket's directory; owned, like all here */
	char *socket;  /* in it */
	char *state;   /* the data's directory */
	char *lock;    /* server.lock in it */
	char *log;     /* server.log in it */
	const struct server_place *place; /* borrowed */
};

/* Work the paths out; touches no file of theirs. Relative directories are
 * taken as not given. -1 with STATUS_CONFIG when there is no place for the
 * data, or the socket's path would be too long. */
int server_init(struct server *s, const struct server_place *place,
		struct err *e) must_check;
void server_release(struct server *s);

/* "unix:///…/redis.sock" */
void server_url(const struct server *s, struct buf *out);

/*
 * Make sure it runs: returns when something accepts on the socket, which costs
 * one look at the directory and one connect(); else makes the directories,
 * starts the program and waits until it answers. May block as long as the
 * server loads its data, at most SERVER_LOAD_MS.
 * -1 with STATUS_UNAVAILABLE: no server program, or its own last words;
 * STATUS_RIGHTS: a directory is not ours alone; STATUS_CANTCREATE.
 */
#define SERVER_LOAD_MS 600000
int server_ensure(const struct server *s, struct err *e) must_check;

struct server_state {
	bool running;
	pid_t pid;	  /* as it says itself, when running */
	char version[32]; /* "7.0.15", when running */
};

/* Look, start nothing. */
int server_status(const struct server *s, struct server_state *out,
		  struct err *e) must_check;

/* Ask it to save and stop, and wait until it has. Not running is no error. -1
 * with STATUS_UNAVAILABLE when it refuses or takes longer than 30 s. */
int server_stop(const struct server *s, struct err *e) must_check;

#endif
