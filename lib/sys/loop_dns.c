/* SPDX-License-Identifier: ISC */
/*
 * Looks names up without blocking, on libevent's resolver. Made on first use:
 * sockets and addresses in digits never come here. The files that say how are
 * read for each lookup, as a worker outlives many a change of them.
 */
#include "sys/loop_impl.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/dns.h>

struct loop_dns {
	struct loop *loop; /* borrowed */
	loop_dns_fn *done; /* NULL once cancelled */
	void *arg;
	struct evdns_getaddrinfo_request *request;
};

static struct evdns_base *resolver(struct loop *l)
{
	if (l->dns && l->lookups)
		return l->dns;
	if (l->dns)
		evdns_base_free(l->dns, 0);
	l->dns = evdns_base_new(l->base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!l->dns)
		err_nomem();
	/* Without the file the name servers default to this host and the hosts
	 * file is read all the same. Letters in random case confuse some small
	 * name servers. */
	evdns_base_resolv_conf_parse(l->dns, DNS_OPTIONS_ALL,
				     "/etc/resolv.conf");
	evdns_base_set_option(l->dns, "randomize-case:", "0");
	return l->dns;
}

static void resolved(int result, struct evutil_addrinfo *list, void *arg)
{
	struct loop_dns *q = arg;
	loop_dns_fn *done = q->done;
	void *done_arg = q->arg;

	q->loop->lookups--;
	free(q);
	if (!done) {
		if (list)
			evutil_freeaddrinfo(list);
	} else if (result == 0 && list) {
		done(done_arg, list, NULL);
	} else if (result == EVUTIL_EAI_NONAME || result == EVUTIL_EAI_NODATA ||
		   result == 0) {
		done(done_arg, NULL, "no such host name");
	} else if (result == EVUTIL_EAI_AGAIN) {
		done(done_arg, NULL, "no name server answers");
	} else {
		done(done_arg, NULL, evutil_gai_strerror(result));
	}
}

struct loop_dns *loop_dns_start(struct loop *l, const char *host, int port,
				loop_dns_fn *done, void *arg)
{
	struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_protocol = IPPROTO_TCP};
	struct loop_dns *q = buf_zalloc(sizeof(*q));
	struct evdns_base *dns = resolver(l);
	struct evdns_getaddrinfo_request *request;
	char service[16];

	q->loop = l;
	l->lookups++;
	q->done = done;
	q->arg = arg;
	snprintf(service, sizeof(service), "%d", port);
	request = evdns_getaddrinfo(dns, host, service, &hints, resolved, q);
	/* NULL: `q` was answered and freed within the call. */
	if (!request)
		return NULL;
	q->request = request;
	return q;
}

void loop_dns_cancel(struct loop_dns *q)
{
	if (!q)
		return;
	q->done = NULL;
	evdns_getaddrinfo_cancel(q->request);
}

void loop_dns_close(struct loop *l)
{
	if (!l->dns)
		return;
	/* Queries that were cancelled are answered in the next turn. */
	event_base_loop(l->base, EVLOOP_NONBLOCK);
	evdns_base_free(l->dns, 1);
	event_base_loop(l->base, EVLOOP_NONBLOCK);
	l->dns = NULL;
}
