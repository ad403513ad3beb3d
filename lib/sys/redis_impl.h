/* SPDX-License-Identifier: ISC */
/*
 * What the files of the Redis client share. Not for others. A connection is
 * a link (redis_link.c) that carries requests (redis_queue.c), reads answers
 * with a parser (redis_parser.c) and judges errors (redis_error.c).
 */
#ifndef SYS_REDIS_IMPL_H
#define SYS_REDIS_IMPL_H

#include "sys/redis.h"

/* The command as the server reads it, for redis_free_bytes(). NULL when it is
 * larger than the 1 GiB that servers take. */
char *redis_cmd_bytes(const struct redis_cmd *c, size_t *len);
void redis_cmd_bytes_free(char *bytes);

/* Whose answer a request waits for. */
enum redis_kind {
	REDIS_FOR_CALLER,
	REDIS_FOR_AUTH,
	REDIS_FOR_SELECT,
	REDIS_FOR_NAME,
	REDIS_FOR_LOAD,
	REDIS_FOR_INFO,
	REDIS_FOR_CHANNEL,
};

struct redis_request {
	struct redis_request *next;
	enum redis_kind kind;
	char *bytes; /* owned; NULL = too large to be sent */
	size_t len;
	const struct redis_script *script; /* borrowed, or NULL */
	int64_t seq;			   /* order of redis_send() */
	int64_t born;			   /* clock_boot_ms() of redis_send() */
	int64_t extra;	  /* ms on top of the request timeout */
	unsigned reloads; /* times it was answered NOSCRIPT */
	unsigned garbled; /* times its answer could not be read */
	unsigned lent;	  /* times its bytes are with the stream */
	bool over;	  /* answered; goes when no longer lent */
	redis_fn *fn;
	void *arg;
};

struct redis_queue {
	struct redis_request *first, *last;
	size_t bytes; /* of all of them */
};

struct redis_request *redis_request_new(enum redis_kind kind,
					const struct redis_cmd *c);
void redis_request_free(struct redis_request *q); /* perhaps later */
/* Count the bytes as lent until redis_request_back(). */
void redis_request_lend(struct redis_request *q);
loop_fn redis_request_back;

void redis_queue_add(struct redis_queue *l, struct redis_request *q);
/* Put it before the first with a higher number. */
void redis_queue_insert(struct redis_queue *l, struct redis_request *q);
struct redis_request *redis_queue_take(struct redis_queue *l); /* or NULL */

/* Reads answers from a stream of bytes. Opaque for hiredis' sake. */
struct redis_parser;
struct redis_parser *redis_parser_new(void);
void redis_parser_free(struct redis_parser *p); /* NULL is fine */

/*
 * Take bytes up to the end of the next answer. 1 = there is one, which the
 * caller frees; 0 = all bytes were taken; -1 = not an answer, or beyond
 * a ceiling, which `*why` (static) tells.
 */
int redis_parser_next(struct redis_parser *p, struct strv in, size_t *used,
		      struct redis_reply **reply, const char **why) must_check;
void redis_reply_free(struct redis_reply *reply); /* NULL is fine */
bool redis_is_error(const struct redis_reply *reply);

/* The error that an answer `words` of a server means, in plain words. */
void redis_error(struct err *e, const char *server, struct strv words);
/* The same for what makes us wait, when the waiting has an end. */
void redis_error_wait(struct err *e, const char *server, struct strv words);
/* Judge by INFO: too old, a Sentinel, a replica, or none of that. */
void redis_error_old(struct err *e, const char *server, struct strv words,
		     struct strv info);
/* Bytes that are no answer, as the first thing heard from a server or later. */
void redis_error_garbage(struct err *e, const char *server, bool first,
			 struct strv bytes, const char *why);

enum redis_state {
	REDIS_IDLE,	/* nothing to do */
	REDIS_BACKOFF,	/* waits for `again` to connect */
	REDIS_OPENING,	/* the stream is being opened */
	REDIS_GREETING, /* AUTH or SELECT are not answered yet */
	REDIS_READY,
};

struct redis {
	struct loop *loop; /* borrowed */
	struct redis_options options;
	char server[272]; /* the URL as it may be shown */
	enum redis_state state;
	struct loop_stream *stream; /* from OPENING on */
	struct redis_parser *parser;

	struct redis_queue sent;    /* in the order answers will come */
	struct redis_queue again;   /* to be sent anew, ahead of */
	struct redis_queue fresh;   /* those never sent */
	struct redis_queue accused; /* wait for INFO to be judged */
	struct redis_queue refused; /* too large to be sent */
	size_t unanswered;	    /* the caller's, in any of these */
	int64_t seq;		    /* last number given to a request */

	struct loop_timer *wait;     /* ends BACKOFF or a pause */
	bool paused;		     /* READY, but the server wants time */
	struct loop_timer *patience; /* the oldest request's runs out */
	struct loop_timer *silence;  /* too long without an answer */
	struct loop_timer *refuse;   /* to tell of `refused` */
	int64_t silence_due; /* clock_boot_ms() that `silence` fires at */
	int64_t heard;	     /* clock_boot_ms() of the last sign of life */
	uint64_t connection; /* number of the last that was made */
	bool useful;	     /* this connection has served a request */
	unsigned failures;   /* in a row, for the back-off */

	unsigned hangups; /* in place of a first answer */
	bool answered;	  /* ever, by anything readable */
	bool served;	  /* ever, beyond the greeting */
	enum status told; /* the kind of trouble options.changed knows of */
	bool unready;	  /* the last answer was to wait */
	struct err why;	  /* last reason not to be served */
	unsigned greets;  /* greetings not answered yet */
	const struct redis_script *loading;    /* a SCRIPT LOAD is under way */
	const struct redis_script *unloadable; /* … was refused, for */
	struct buf accusation; /* words that INFO will explain */

	char *channel; /* owned; NULL = no subscription */
	void (*on_message)(void *arg, struct strv message);
	void *on_message_arg;

	struct redis_reply *current; /* being handed to a callback */
	struct redis_reply *held;    /* of the last redis_call() */
};

/* Its timers. */
void redis_link_init(struct redis *r);
void redis_link_release(struct redis *r);

/* Drop the connection and make it anew. */
void redis_link_reopen(struct redis *r);
/* See that requests go out: connect, or send. */
void redis_link_kick(struct redis *r);
/* Give one request up, or answer it. Frees it. */
void redis_link_finish(struct redis *r, struct redis_request *q,
		       const struct redis_reply *reply, const struct err *why);
/* Handle one answer (redis_answer.c). The link may be gone afterwards. */
void redis_answer(struct redis *r, struct redis_reply *reply);

/* Services of the link to redis_answer(). */
void redis_link_lost(struct redis *r, const struct err *why);
/* The owner hears of each kind of trouble once, and of the end (`why` NULL) of
 * all of it once. */
void redis_link_tell(struct redis *r, const struct err *why);
void redis_link_pause(struct redis *r);
void redis_link_ready(struct redis *r);
void redis_link_send(struct redis *r, struct redis_request *q);
/* Put a request back that has to be sent again. */
void redis_link_return(struct redis *r, struct redis_request *q);

#endif
