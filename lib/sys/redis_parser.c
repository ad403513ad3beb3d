/* SPDX-License-Identifier: ISC */
/*
 * From bytes to answers. hiredis does the reading, but takes any length and
 * (from 1.0 on) any nesting that a server claims. So a small automaton walks
 * ahead of it, follows no more than the frame (types, lengths, levels) and
 * stops at the ceilings, before memory is taken for what is beyond.
 */
#include "sys/redis_impl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis.h>

#define BULK_MAX     (576ULL << 20)
#define ELEMENTS_MAX (1ULL << 20)
#define LEVELS_MAX   7
#define LINE_MAX_    65536 /* errors of scripts are long */
#define TOTAL_MAX    (2ULL << 30)

enum place {
	TYPE,
	LINE,	/* text up to the end of the line */
	LENGTH, /* digits after '$' or '*' */
	LENGTH_LF,
	BYTES, /* of a bulk string, with the CR and LF behind it */
};

struct redis_parser {
	redisReader *reader;
	enum place place;
	char type;
	bool cr, minus, digits; /* seen in this line */
	uint64_t n;		/* length so far; line or bytes left */
	unsigned level;
	uint64_t left[LEVELS_MAX]; /* elements to come, by level */
	uint64_t elements, total;  /* of this answer */
};

struct redis_parser *redis_parser_new(void)
{
	struct redis_parser *p = buf_zalloc(sizeof(*p));

	p->reader = redisReaderCreate();
	if (!p->reader)
		err_nomem();
	return p;
}

void redis_parser_free(struct redis_parser *p)
{
	if (!p)
		return;
	redisReaderFree(p->reader);
	free(p);
}

void redis_reply_free(struct redis_reply *reply)
{
	if (reply)
		freeReplyObject(reply);
}

/* One value is complete; 1 = the answer is. */
static int value(struct redis_parser *p)
{
	p->place = TYPE;
	while (p->level && --p->left[p->level - 1] == 0)
		p->level--;
	return p->level == 0;
}

static int type(struct redis_parser *p, char c, const char **why)
{
	p->type = c;
	p->n = 0;
	p->cr = p->minus = p->digits = false;
	switch (c) {
	case '+':
	case '-':
	case ':':
		p->place = LINE;
		return 0;
	case '$':
	case '*':
		p->place = LENGTH;
		return 0;
	default:
		*why = "no such type of value";
		return -1;
	}
}

static int array(struct redis_parser *p, const char **why)
{
	p->elements += p->n;
	if (p->elements > ELEMENTS_MAX) {
		*why = "more than a million elements";
		return -1;
	}
	if (p->level == LEVELS_MAX) {
		*why = "more than 7 levels";
		return -1;
	}
	p->left[p->level++] = p->n;
	p->place = TYPE;
	return 0;
}

/* The line with a length has ended. */
static int length(struct redis_parser *p, const char **why)
{
	if (p->minus)
		return value(p); /* -1: nil */
	if (p->type == '*')
		return p->n ? array(p, why) : value(p);
	p->total += p->n;
	if (p->total > TOTAL_MAX) {
		*why = "more than 2 GiB";
		return -1;
	}
	p->n += 2;
	p->place = BYTES;
	return 0;
}

static int digit(struct redis_parser *p, char c, const char **why)
{
	if (c == '\r' && p->digits && (!p->minus || p->n == 1)) {
		p->place = LENGTH_LF;
		return 0;
	}
	if (c == '-' && !p->digits && !p->minus) {
		p->minus = true;
		return 0;
	}
	if (c < '0' || c > '9') {
		*why = "a length that is no number";
		return -1;
	}
	/* leading zeros are a line without end */
	if (p->digits && p->n == 0) {
		*why = "a length that is no number";
		return -1;
	}
	p->digits = true;
	p->n = p->n * 10 + (uint64_t)(c - '0');
	if (p->n > (p->type == '*' ? ELEMENTS_MAX : BULK_MAX)) {
		*why = p->type == '*' ? "more than a million elements"
				      : "a string of more than 576 MiB";
		return -1;
	}
	return 0;
}

/* Text: as far as it is there. */
static int line(struct redis_parser *p, struct strv in, size_t *used,
		const char **why)
{
	const char *lf = memchr(in.p, '\n', in.n);
	size_t n = lf ? (size_t)(lf - in.p) : in.n;

	if (n)
		p->cr = in.p[n - 1] == '\r';
	p->n += n;
	p->total += n;
	*used += n;
	if (p->n > LINE_MAX_) {
		*why = "a line of more than 64 KiB";
		return -1;
	}
	if (p->total > TOTAL_MAX) {
		*why = "more than 2 GiB";
		return -1;
	}
	if (!lf)
		return 0;
	(*used)++;
	if (!p->cr) {
		*why = "a line without its end";
		return -1;
	}
	return value(p);
}

static int bytes(struct redis_parser *p, struct strv in, size_t *used,
		 const char **why)
{
	size_t k = p->n > 2 ? p->n - 2 : 0;

	if (k >= in.n) {
		p->n -= in.n;
		*used += in.n;
		return 0;
	}
	p->n -= k;
	*used += k;
	if (in.p[k] != (p->n == 2 ? '\r' : '\n')) {
		*why = "a string that is longer than it said";
		return -1;
	}
	(*used)++;
	return --p->n == 0 ? value(p) : 0;
}

/* Go on to the end of the answer or of the bytes. */
static int walk(struct redis_parser *p, struct strv in, size_t *used,
		const char **why)
{
	int rc = 0;

	for (*used = 0; rc == 0 && *used < in.n;) {
		struct strv rest = strv_make(in.p + *used, in.n - *used);

		switch (p->place) {
		case TYPE:
			rc = type(p, rest.p[0], why);
			(*used)++;
			break;
		case LINE:
			rc = line(p, rest, used, why);
			break;
		case LENGTH:
			rc = digit(p, rest.p[0], why);
			(*used)++;
			break;
		case LENGTH_LF:
			(*used)++;
			rc = length(p, why);
			if (rest.p[0] != '\n') {
				*why = "a line without its end";
				rc = -1;
			}
			break;
		case BYTES:
			rc = bytes(p, rest, used, why);
			break;
		}
	}
	return rc;
}

int redis_parser_next(struct redis_parser *p, struct strv in, size_t *used,
		      struct redis_reply **reply, const char **why)
{
	int rc = walk(p, in, used, why);
	void *got = NULL;

	*reply = NULL;
	if (rc < 0)
		return -1;
	/* step by step, so that the reader drops what it has read */
	if (redisReaderFeed(p->reader, in.p, *used) != REDIS_OK ||
	    redisReaderGetReply(p->reader, &got) != REDIS_OK ||
	    (rc == 1) != (got != NULL)) {
		redis_reply_free(got);
		*why = "not to be understood";
		return -1;
	}
	if (rc == 1)
		p->elements = p->total = 0;
	*reply = got;
	return rc;
}
