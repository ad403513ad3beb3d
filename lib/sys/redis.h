/* SPDX-License-Identifier: ISC */
/*
 * A connection to Redis or Valkey on the event loop. The only user of hiredis,
 * for its formatter and its reader; the socket is a loop stream.
 *
 * Requests are answered in order. Each stays in a FIFO until its answer has
 * come: when the connection breaks it is dropped, made anew with jittered
 * back-off (50 ms to 1 s), greeted again (AUTH, SELECT, CLIENT SETNAME), and
 * everything unanswered is sent again, in order. So every request has to be
 * safe to repeat, and all of ours are.
 *
 * Error answers are dealt with by class (see redis_classify):
 *   wait    LOADING BUSY TRYAGAIN MASTERDOWN CLUSTERDOWN NOREPLICAS MISCONF
 *           "max number of clients": the request is repeated after a pause;
 *   reload  NOSCRIPT: SCRIPT LOAD and the request again, at once;
 *   all else ends the request with an error whose status fits:
 *           OOM 75; READONLY MOVED ASK 69; NOAUTH WRONGPASS NOPERM 77;
 *           (READONLY on a connection that has served something: once more
 *           on another one, first)
 *           a server that cannot compile "#!lua" 76 ("needs Redis 7.0 or
 *           Valkey 7.2, this is …"); bytes that are not RESP 76 ("not a Redis
 *           server"); anything else 70 with the server's words.
 *
 * Ceilings: an answer with a bulk string over 576 MiB, more than 1 M elements,
 * more than 7 levels, a line over 64 KiB or 2 GiB in all is a protocol error,
 * found before memory is taken. It costs the connection, and the third time in
 * a row the request.
 */
#ifndef SYS_REDIS_H
#define SYS_REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include "sys/loop.h"
#include "sys/url.h"

struct redis;
struct redis_reply; /* borrowed for the callback, or until the next call */

enum redis_type {
	REDIS_NIL,
	REDIS_STATUS,
	REDIS_INT,
	REDIS_STRING,
	REDIS_ARRAY,
	REDIS_OTHER, /* a type we never asked for */
};

/* Readers of an answer. Of the wrong type: "", 0, NULL, as fits; so that a
 * hostile answer is dull, not dangerous. `at` accepts any index. A nil or
 * NULL reply reads as empty. redis_int also reads a decimal string. */
enum redis_type redis_type(const struct redis_reply *r);
struct strv redis_str(const struct redis_reply *r);
int64_t redis_int(const struct redis_reply *r);
size_t redis_count(const struct redis_reply *r);
const struct redis_reply *redis_at(const struct redis_reply *r, size_t i);

/* A Lua script with the SHA-1 by which the server knows it. */
struct redis_script {
	const char *name; /* "push" */
	const char *sha;  /* 40 hex digits */
	const char *text;
	size_t len;
};

/* A command under construction: the words, copied unless said otherwise. */
struct redis_cmd {
	struct buf bytes;	 /* copied words, end to end */
	struct redis_word *word; /* owned array */
	size_t n, cap;
	const struct redis_script *script; /* set by redis_cmd_script() */
};

void redis_cmd_init(struct redis_cmd *c);
void redis_cmd_release(struct redis_cmd *c);
void redis_cmd_clear(struct redis_cmd *c);
/* A command's length, and back to it: what was added since is forgotten. */
struct redis_cmd_mark {
	size_t words, bytes;
};
struct redis_cmd_mark redis_cmd_mark(const struct redis_cmd *c);
void redis_cmd_cut(struct redis_cmd *c, struct redis_cmd_mark end);
void redis_cmd_add(struct redis_cmd *c, const void *p, size_t n);
void redis_cmd_str(struct redis_cmd *c, const char *s);
void redis_cmd_int(struct redis_cmd *c, int64_t v);
/* The bytes stay the caller's and are read by redis_send(), not later. */
void redis_cmd_ref(struct redis_cmd *c, const void *p, size_t n);
/* Begin EVALSHA of `s` over `nkeys` keys, which are added next, then ARGV. */
void redis_cmd_script(struct redis_cmd *c, const struct redis_script *s,
		      int nkeys);

struct redis_options {
	const struct url *url;	 /* borrowed for the life of the connection */
	const char *client_name; /* CLIENT SETNAME; borrowed; no blanks */
	int64_t connect_timeout; /* ms for one try to connect; default 5000 */
	int64_t request_timeout; /* ms without an answer until the connection
				    counts as broken; default 5000 */
	/* How long a request is repeated over broken connections and "wait"
	 * errors, in ms, from redis_send(); then it ends with STATUS 69.
	 * 0 = for ever (workers). */
	int64_t patience;
	/* A connection that was never up fails its requests at once instead of
	 * trying again (unless the server answered, e.g. LOADING). One that is
	 * taken and dropped is tried again while there is patience, and three
	 * times without. */
	bool fail_first;
	const char *tls_ca_file; /* borrowed; NULL = the system's */
	/* Told when the connection is lost while something waits for it, or
	 * when the server says that we have to wait, again when the code of the
	 * reason is another than before; and with `why` NULL when it does what
	 * it is asked again. May be NULL. */
	void (*changed)(void *arg, const struct err *why);
	void *arg;
};

/* Make the object; connecting starts with the first request. */
struct redis *redis_new(struct loop *l, const struct redis_options *options);

/* The URL that it borrows has changed: what waits for an answer is sent again
 * on a new connection. Not from within a callback of this one. */
void redis_moved(struct redis *r);

/* Drop the connection and all requests; no callback is called any more. */
void redis_free(struct redis *r);

bool redis_is_up(const struct redis *r);

/*
 * Which connection it is, counted from 1; 0 = there was none yet. In a
 * callback with an answer: the one that the answer came on. Some commands, as
 * WAIT, speak only of what was sent on their own connection, and a request may
 * be answered on another than the one before it.
 */
uint64_t redis_connection(const struct redis *r);

/* Requests not yet answered. */
size_t redis_unanswered(const struct redis *r);

/*
 * Called once: with the answer, or with NULL and the reason. May call
 * redis_send() again, but not redis_free(), redis_call() or redis_drain().
 */
typedef void redis_fn(void *arg, const struct redis_reply *reply,
		      const struct err *why);

/*
 * Send `c`, which may be cleared afterwards. `extra` ms are added to the
 * request timeout (for blocking commands). fn may be NULL.
 */
void redis_send(struct redis *r, const struct redis_cmd *c, int64_t extra,
		redis_fn *fn, void *arg);

/* What was sent leaves at once, not when the loop has nothing else to do: for
 * who is busy for a while now. */
void redis_flush(struct redis *r);

/* Bytes queued and not sent: for back-pressure. */
size_t redis_unsent(const struct redis *r);

/*
 * Send and run the loop until the answer is there. `*reply` is valid until
 * the next call on `r`. -1 with `e` as in redis_fn.
 */
int redis_call(struct redis *r, const struct redis_cmd *c,
	       const struct redis_reply **reply, struct err *e) must_check;

/* Run the loop until nothing is unanswered. */
void redis_drain(struct redis *r);

/*
 * Listen to a pub/sub channel on a connection used for nothing else;
 * subscribed anew after each reconnect. `fn` gets each message, and one empty
 * view each time the subscription (re)starts, when messages may have been
 * missed.
 */
void redis_subscribe(struct redis *r, const char *channel,
		     void (*fn)(void *arg, struct strv message), void *arg);

/* Classes of error answers, by their first word. Pure. */
enum redis_class {
	REDIS_CLASS_WAIT,
	REDIS_CLASS_RELOAD,
	REDIS_CLASS_MOVED,
	REDIS_CLASS_FULL,
	REDIS_CLASS_RIGHTS,
	REDIS_CLASS_OLD,
	REDIS_CLASS_BUG,
};
enum redis_class redis_classify(struct strv error);

#endif
