/* SPDX-License-Identifier: ISC */
/*
 * TLS on OpenSSL, between two buffers. The library is loaded when the first
 * rediss:// connection is made: linked in, it would double the time that every
 * start of every command takes.
 */
#include "sys/loop_impl.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* The library whose headers we were compiled with. */
#ifndef TLS_LIBRARY
#ifdef __APPLE__
#define TLS_LIBRARY "libssl." TLS_TEXT(OPENSSL_SHLIB_VERSION) ".dylib"
#elif defined(OPENSSL_SHLIB_VERSION)
#define TLS_LIBRARY "libssl.so." TLS_TEXT(OPENSSL_SHLIB_VERSION)
#else
#define TLS_LIBRARY "libssl.so." SHLIB_VERSION_NUMBER
#endif
#endif
#define TLS_TEXT_(x) #x
#define TLS_TEXT(x)  TLS_TEXT_(x)

/* Every function of it that is used; macros of its headers, which name others,
 * are not. */
/* clang-format off */
#define CALLS(X)                                                       \
	X(BIO_ctrl) X(BIO_new) X(BIO_read) X(BIO_s_mem) X(BIO_write)   \
	X(ERR_clear_error) X(ERR_peek_error) X(ERR_reason_error_string)\
	X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_new)                 \
	X(SSL_CTX_load_verify_locations)                               \
	X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_set_verify)      \
	X(SSL_CTX_set_options)                                         \
	X(SSL_ctrl) X(SSL_do_handshake) X(SSL_free) X(SSL_get0_param)  \
	X(SSL_get_error) X(SSL_get_verify_result) X(SSL_new)           \
	X(SSL_read) X(SSL_set1_host) X(SSL_set_bio)                    \
	X(SSL_set_connect_state) X(SSL_write) X(TLS_client_method)     \
	X(X509_VERIFY_PARAM_set1_ip_asc) X(X509_verify_cert_error_string)
/* clang-format on */

#define MEMBER(name) __typeof__(name) *(name);
static struct {
	CALLS(MEMBER)
	void *library;
} tls;

struct loop_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
};

static int load(struct err *e)
{
#define NAME(name) {#name, &tls.name},
	const struct {
		const char *name;
		void *to;
	} calls[] = {CALLS(NAME)};

	if (tls.library)
		return 0;
	tls.library = dlopen(TLS_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; tls.library && i < ARRAY_LEN(calls); i++) {
		/* with its libraries, of which libcrypto is one */
		void *p = dlsym(tls.library, calls[i].name);

		memcpy(calls[i].to, &p, sizeof(p));
		if (!p) {
			dlclose(tls.library);
			tls.library = NULL;
		}
	}
	if (!tls.library)
		return err_set(e, STATUS_UNAVAILABLE,
			       "TLS needs the library " TLS_LIBRARY
			       " (install OpenSSL)");
	return 0;
}

static int explain(struct loop_tls *t, int rc, struct err *e)
{
	int kind = tls.SSL_get_error(t->ssl, rc);
	long verdict = tls.SSL_get_verify_result(t->ssl);
	unsigned long code = tls.ERR_peek_error();
	const char *why = code ? tls.ERR_reason_error_string(code) : NULL;

	if (verdict != X509_V_OK)
		return err_set(
			e, STATUS_RIGHTS,
			"the server's certificate is not trusted: %s "
			"(%s)",
			tls.X509_verify_cert_error_string(verdict),
			verdict == X509_V_ERR_HOSTNAME_MISMATCH ||
					verdict ==
						X509_V_ERR_IP_ADDRESS_MISMATCH
				? "use a name that is in it"
				: "add its CA to this machine, or set "
				  "SSL_CERT_FILE");
	if (kind == SSL_ERROR_ZERO_RETURN)
		return err_set(e, STATUS_UNAVAILABLE,
			       "connection closed by the server");
	switch (ERR_GET_REASON(code)) {
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_PACKET_LENGTH_TOO_LONG:
	case SSL_R_BAD_RECORD_TYPE:
		return err_set(e, STATUS_PROTOCOL,
			       "the server does not speak TLS (use redis:// "
			       "instead of rediss://)");
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
	case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
		return err_set(e, STATUS_RIGHTS,
			       "the server refuses the TLS handshake: %s (does "
			       "it ask for a client certificate?)",
			       why ? why : "no reason given");
	default:
		return err_set(e, STATUS_UNAVAILABLE, "TLS: %s",
			       why ? why : "unexpected end");
	}
}

static int trust(struct loop_tls *t, const char *ca_file, struct err *e)
{
	if (!ca_file) {
		if (tls.SSL_CTX_set_default_verify_paths(t->ctx) == 1)
			return 0;
		return err_set(e, STATUS_NOINPUT,
			       "cannot read the system's CA certificates");
	}
	if (tls.SSL_CTX_load_verify_locations(t->ctx, ca_file, NULL) == 1)
		return 0;
	return err_set(e, STATUS_NOINPUT,
		       "cannot read CA certificates from '%s' (is it PEM?)",
		       ca_file);
}

/* Whom the certificate has to name; addresses have no place in the greeting
 * (RFC 6066). */
static bool expect(struct loop_tls *t, const char *host)
{
	X509_VERIFY_PARAM *param = tls.SSL_get0_param(t->ssl);
	char name[256];

	snprintf(name, sizeof(name), "%s", host);
	if (tls.X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return true;
	tls.ERR_clear_error();
	return tls.SSL_set1_host(t->ssl, name) == 1 &&
	       tls.SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
			    TLSEXT_NAMETYPE_host_name, name) == 1;
}

static int prepare(struct loop_tls *t, const char *host, const char *ca_file,
		   struct err *e)
{
	t->ctx = tls.SSL_CTX_new(tls.TLS_client_method());
	if (!t->ctx)
		err_nomem();
	tls.SSL_CTX_ctrl(t->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION,
			 NULL);
	tls.SSL_CTX_ctrl(t->ctx, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
	tls.SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION);
	tls.SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	if (trust(t, ca_file, e) < 0)
		return -1;
	t->ssl = tls.SSL_new(t->ctx);
	t->in = tls.BIO_new(tls.BIO_s_mem());
	t->out = tls.BIO_new(tls.BIO_s_mem());
	if (!t->ssl || !t->in || !t->out)
		err_nomem();
	/* an empty buffer is not the end, only all there is by now */
	tls.BIO_ctrl(t->in, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, NULL);
	tls.SSL_set_bio(t->ssl, t->in, t->out);
	tls.SSL_set_connect_state(t->ssl);
	if (!expect(t, host))
		return err_set(e, STATUS_RIGHTS,
			       "TLS cannot verify a host of this name");
	return 0;
}

struct loop_tls *loop_tls_new(const char *host, const char *ca_file,
			      struct err *e)
{
	struct loop_tls *t;

	if (load(e) < 0)
		return NULL;
	t = buf_zalloc(sizeof(*t));
	tls.ERR_clear_error();
	if (prepare(t, host, ca_file, e) == 0)
		return t;
	loop_tls_free(t);
	return NULL;
}

void loop_tls_free(struct loop_tls *t)
{
	if (!t)
		return;
	tls.SSL_free(t->ssl);
	tls.SSL_CTX_free(t->ctx);
	free(t);
}

void loop_tls_feed(struct loop_tls *t, const void *p, size_t n)
{
	if (tls.BIO_write(t->in, p, (int)n) != (int)n)
		err_nomem();
}

int loop_tls_shake(struct loop_tls *t, struct err *e)
{
	int rc;

	tls.ERR_clear_error();
	rc = tls.SSL_do_handshake(t->ssl);
	if (rc == 1)
		return 1;
	if (tls.SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_READ)
		return 0;
	return explain(t, rc, e);
}

int loop_tls_read(struct loop_tls *t, struct buf *in, struct err *e)
{
	int n;

	tls.ERR_clear_error();
	for (;;) {
		n = tls.SSL_read(t->ssl, buf_reserve(in, 16384), 16384);
		if (n <= 0)
			break;
		in->len += (size_t)n;
	}
	if (tls.SSL_get_error(t->ssl, n) == SSL_ERROR_WANT_READ)
		return 0;
	return explain(t, n, e);
}

int loop_tls_write(struct loop_tls *t, const void *p, size_t n, struct err *e)
{
	int rc;

	tls.ERR_clear_error();
	rc = tls.SSL_write(t->ssl, p, (int)n);
	return rc == (int)n ? 0 : explain(t, rc, e);
}

void loop_tls_take(struct loop_tls *t, struct evbuffer *wire)
{
	char *p;
	long n = tls.BIO_ctrl(t->out, BIO_CTRL_INFO, 0, &p);

	if (n <= 0)
		return;
	evbuffer_add(wire, p, (size_t)n);
	tls.BIO_ctrl(t->out, BIO_CTRL_RESET, 0, NULL);
}
