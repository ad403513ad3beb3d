/* SPDX-License-Identifier: ISC */
/* redis over TLS: a real server on a port of this machine. */
#include "sys/redis.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>

#include "base/fd.h"
#include "tls.h"
#include "unit.h"

static char dir[] = "/tmp/jobq-unit-XXXXXX";
static char ca[64], cert[64], key[64];
static int port, plain_port;
static pid_t server;
static struct loop *loop;
static struct url url;
static struct redis *client;

static void save(const char *name, const char *text, char to[64])
{
	int fd;

	snprintf(to, 64, "%s/%s", dir, name);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || fd_write_all(fd, text, strlen(text)) < 0)
		exit(1);
	close(fd);
}

/* Two ports that are free now. */
static void find_ports(void)
{
	int fd[2], *to[2] = {&port, &plain_port};

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in in = {.sin_family = AF_INET};
		socklen_t n = sizeof(in);

		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(fd[i], (struct sockaddr *)&in, n) < 0 ||
		    getsockname(fd[i], (struct sockaddr *)&in, &n) < 0)
			exit(1);
		*to[i] = ntohs(in.sin_port);
	}
	close(fd[0]);
	close(fd[1]);
}

static void start(void)
{
	char tls_text[16], plain_text[16];

	if (!mkdtemp(dir))
		exit(1);
	save("ca", tls_ca, ca);
	save("cert", tls_cert, cert);
	save("key", tls_key, key);
	find_ports();
	snprintf(tls_text, sizeof(tls_text), "%d", port);
	snprintf(plain_text, sizeof(plain_text), "%d", plain_port);
	server = fork();
	if (server == 0) {
		const char *const names[] = {"redis-server", "valkey-server"};
		int null = open("/dev/null", O_WRONLY);

#ifdef __linux__
		prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
		dup2(null, STDOUT_FILENO);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			execlp(names[i], names[i], "--port", plain_text,
			       "--tls-port", tls_text, "--tls-cert-file", cert,
			       "--tls-key-file", key, "--tls-ca-cert-file", ca,
			       "--tls-auth-clients", "no", "--bind",
			       "127.0.0.1", "--save", "", "--dir", dir,
			       (char *)NULL);
		_exit(127);
	}
}

static void end(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	unlink(ca);
	unlink(cert);
	unlink(key);
	rmdir(dir);
}

static void dial(const char *scheme, const char *host, int to,
		 const char *ca_file, bool patient)
{
	struct redis_options o = {.url = &url,
				  .patience = patient ? 10000 : 3000,
				  .fail_first = !patient,
				  .connect_timeout = 2000,
				  .request_timeout = 5000,
				  .tls_ca_file = ca_file};
	char text[128];
	struct err e;

	snprintf(text, sizeof(text), "%s://%s:%d", scheme, host, to);
	loop = loop_new(&e);
	if (!loop || url_parse(text, &url, &e) < 0)
		exit(1);
	client = redis_new(loop, &o);
}

static void hang_up(void)
{
	redis_free(client);
	loop_free(loop);
	url_release(&url);
}

static int call(const struct redis_reply **reply, struct err *e,
		const char *word, struct strv argument)
{
	struct redis_cmd c;
	int rc;

	redis_cmd_init(&c);
	redis_cmd_str(&c, word);
	redis_cmd_ref(&c, argument.p, argument.n);
	rc = redis_call(client, &c, reply, e);
	redis_cmd_release(&c);
	return rc;
}

/* Bytes there and back, more than fits into any buffer on the way. */
static void echo(size_t n)
{
	const struct redis_reply *reply;
	char *bytes = buf_alloc(n);
	struct err e = {0};

	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 31 + i / 257);
	CHECK_INT(call(&reply, &e, "ECHO", strv_make(bytes, n)), 0);
	CHECK_STR(e.msg, "");
	CHECK_INT(redis_str(reply).n, n);
	CHECK(redis_str(reply).n == n &&
	      memcmp(redis_str(reply).p, bytes, n) == 0);
	free(bytes);
}

static void count(void *arg, const struct redis_reply *reply,
		  const struct err *why)
{
	CHECK(!why);
	if (redis_int(reply) > *(int *)arg)
		*(int *)arg = (int)redis_int(reply);
}

/* The server cuts the connection in the middle of a pipeline. */
static void cut(void)
{
	const struct redis_reply *reply;
	struct redis_cmd c;
	struct err e;
	int n = 0;

	redis_cmd_init(&c);
	for (int i = 0; i < 100; i++) {
		const char *const words[] = {i == 50 ? "CLIENT" : "INCR",
					     i == 50 ? "KILL" : "n",
					     "TYPE",
					     "normal",
					     "SKIPME",
					     "no"};

		redis_cmd_clear(&c);
		for (int k = 0; k < (i == 50 ? 6 : 2); k++)
			redis_cmd_str(&c, words[k]);
		redis_send(client, &c, 0, count, &n);
		if (i == 50)
			redis_drain(client);
	}
	redis_drain(client);
	redis_cmd_release(&c);
	CHECK(n >= 99);
	CHECK_INT(call(&reply, &e, "GET", strv_of("n")), 0);
	CHECK_INT(redis_int(reply), n);
}

static void trusted(void)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost"};

	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		unit_row = hosts[i];
		dial("rediss", hosts[i], port, ca, true);
		echo(0);
		echo(1);
		echo(100000);
		echo(20 << 20);
		hang_up();
	}
	dial("rediss", "127.0.0.1", port, ca, false);
	cut();
	hang_up();
}

static void fails(const char *scheme, const char *host, int to,
		  const char *ca_file, enum status code, const char *says)
{
	struct err e = {0};

	unit_row = says;
	dial(scheme, host, to, ca_file, false);
	CHECK_INT(call(NULL, &e, "ECHO", strv_of("x")), -1);
	CHECK_INT(e.code, code);
	CHECK_HAS(e.msg, says);
	hang_up();
}

static void refused(void)
{
	fails("rediss", "127.0.0.1", port, NULL, STATUS_RIGHTS,
	      "certificate is not trusted: ");
	fails("rediss", "127.0.0.2", plain_port, ca, STATUS_UNAVAILABLE,
	      "Connection refused");
	fails("rediss", "127.0.0.1", port, key, STATUS_NOINPUT,
	      "cannot read CA certificates from '/tmp/jobq-unit-");
	fails("rediss", "127.0.0.1", port, "/nonexistent", STATUS_NOINPUT,
	      "cannot read CA certificates from '/nonexistent'");
	fails("redis", "127.0.0.1", port, NULL, STATUS_UNAVAILABLE,
	      "or does it speak TLS? use rediss://)");
}

/* The name in the URL has to be in the certificate. */
static void other_name(void)
{
	fails("rediss", "[::ffff:127.0.0.1]", port, ca, STATUS_RIGHTS,
	      "(use a name that is in it)");
}

/* One server for all: the tests are one. */
static void tls(void)
{
	start();
	trusted();
	refused();
	other_name();
	end();
}

int main(void)
{
	static const struct unit_test tests[] = {{UNIT_TEST(tls)}};

	return unit_run("redis_tls", tests, ARRAY_LEN(tests));
}
