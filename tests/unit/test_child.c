/* SPDX-License-Identifier: ISC */
/* child: spawning, its descriptors and signals, payloads. */
#include "sys/child.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "child.h"
#include "sys/proc.h"

/* signal(), the old action returned. */
static void (*act(int signo, void (*handler)(int)))(int)
{
	struct sigaction old, sa = {.sa_handler = handler};

	CHECK_INT(sigaction(signo, &sa, &old), 0);
	return old.sa_handler;
}

/* All that `script` writes to stdout. */
static char *output_of(const char *script, struct child_spec spec)
{
	struct buf b = BUF_INIT;
	struct child c;
	int p[2];

	make_pipe(p);
	spec.out = p[1];
	c = shell(script, spec);
	close(p[1]);
	take(p[0], 1 << 16, &b);
	close(p[0]);
	finish(&c);
	return buf_detach(&b);
}

static void ways_to_end(void)
{
	static const struct {
		const char *script;
		int code, signo;
	} rows[] = {
		{"exit 0", 0, 0},
		{"exit 7", 7, 0},
		{"exit 255", 255, 0},
		{"kill -9 $$", -1, SIGKILL},
		{"kill -TERM $$", -1, SIGTERM},
		{"exit 256", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct child c = shell(rows[i].script, PLAIN);
		struct child_end end = finish(&c);

		unit_row = rows[i].script;
		CHECK_INT(end.code, rows[i].code);
		CHECK_INT(end.signo, rows[i].signo);
		CHECK(end.peak_kib > 0);
	}
}

static void reap_does_not_block(void)
{
	struct child_spec spec = PLAIN;
	struct child_end end;
	struct child c;
	int p[2];

	make_pipe(p);
	spec.in = p[0];
	c = shell("read x; i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done",
		  spec);
	CHECK_INT(child_reap(&c, &end), 0);
	CHECK(c.pid > 0);
	close(p[0]);
	close(p[1]);
	end = finish(&c);
	CHECK(end.user_us + end.sys_us > 0);
	/* once more: harmless, and nothing is known */
	CHECK_INT(child_reap(&c, &end), 1);
	CHECK_INT(end.code, -1);
	CHECK_INT(end.signo, 0);
}

/* An inherited "ignore" of SIGCHLD would lose the status. */
static void ignored_sigchld(void)
{
	struct child c;

	act(SIGCHLD, SIG_IGN);
	c = shell("exit 9", PLAIN);
	CHECK_INT(finish(&c).code, 9);
}

static void put_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CHECK(fd != -1);
	CHECK_INT(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

/* The same by child_begin(), of which its end tells. */
static int begin_in_vain(const struct child_spec *spec)
{
	struct child_start *s = child_start_new();
	struct child c;
	int rc;

	CHECK_INT(child_begin(s, spec, false, &c, &err), 0);
	finish(&c);
	rc = child_start_result(s, &err);
	child_start_free(s);
	return rc;
}

static void exec_failures(void)
{
	static const struct {
		const char *path;
		enum status code;
		const char *says;
	} rows[] = {
		{"./missing", STATUS_NOTFOUND, "No such file"},
		{"./plain/below", STATUS_NOTFOUND, "Not a directory"},
		{"./plain", STATUS_NOEXEC, "Permission denied"},
		{"./dir", STATUS_NOEXEC, "Permission denied"},
		{"./bare", STATUS_NOEXEC, "#!/bin/sh"},
		{"./interp", STATUS_NOEXEC, "interpreter"},
		{"./esc\033[31m", STATUS_NOTFOUND, "esc\\x1b[31m"},
	};
	char dir[] = "/tmp/test_child-XXXXXX";
	const char *argv[] = {"x", NULL};
	struct child_spec spec = PLAIN;

	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	mkdir("dir", 0700);
	put_file("plain", "#!/bin/sh\n", 0600);
	put_file("bare", "echo not run by a shell\n", 0700);
	put_file("interp", "#!/nonexistent/perl\n", 0700);
	spec.argv = argv;
	spec.envp = env;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unit_row = rows[i].path;
		spec.path = rows[i].path;
		for (int late = 0; late < 2; late++) {
			struct child c;
			int rc = late ? begin_in_vain(&spec)
				      : child_spawn(&spec, &c, &err);

			CHECK_INT(rc, -1);
			CHECK_INT(err.code, rows[i].code);
			CHECK_HAS(err.msg, rows[i].says);
			err = (struct err){0};
		}
	}
	/* nothing is left to wait for */
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	unlink("plain");
	unlink("bare");
	unlink("interp");
	rmdir("dir");
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

static void arguments_too_long(void)
{
	size_t n = 4u << 20;
	char *word = buf_alloc(n + 1);
	const char *argv[] = {"true", word, NULL};
	struct child_spec spec = PLAIN;
	struct child c;

	memset(word, 'x', n);
	word[n] = '\0';
	spec.path = "/bin/true";
	spec.argv = argv;
	spec.envp = env;
	CHECK_INT(child_spawn(&spec, &c, &err), -1);
	CHECK_INT(err.code, STATUS_DATA);
	CHECK_HAS(err.msg, "Argument list too long");
	free(word);
}

/*
 * The four descriptors come from numbers 0 to 3 themselves, in each of the 24
 * orders, close-on-exec all of them. `where[i]` becomes descriptor i.
 */
static void one_order(const int where[4])
{
	struct child_spec spec = {.in = where[0],
				  .out = where[1],
				  .err = where[2],
				  .control = where[3]};
	int saved[4], file[4];
	char text[8] = "";
	struct child c;

	for (int i = 0; i < 4; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 20);
		file[i] = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		file[i] = fcntl(file[i], F_DUPFD_CLOEXEC, 40);
	}
	CHECK_INT(pwrite(file[where[0]], "in", 2, 0), 2);
	for (int i = 0; i < 4; i++)
		dup3(file[i], i, O_CLOEXEC);
	c = shell("read x; echo 1 >&1; echo 2 >&2; echo 3 >&3; [ $x = in ]",
		  spec);
	for (int i = 0; i < 4; i++)
		saved[i] == -1 ? close(i) : dup2(saved[i], i);
	CHECK_INT(finish(&c).code, 0);
	for (int i = 1; i < 4; i++) {
		CHECK_INT(pread(file[where[i]], text, 2, 0), 2);
		CHECK_INT(text[0], '0' + i);
	}
}

static void descriptor_orders(void)
{
	char row[16];

	for (int n = 0; n < 256; n++) {
		int where[4] = {n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3};
		int seen = 0;

		for (int i = 0; i < 4; i++)
			seen |= 1 << where[i];
		if (seen != 15)
			continue;
		snprintf(row, sizeof(row), "%d%d%d%d", where[0], where[1],
			 where[2], where[3]);
		unit_row = row;
		one_order(where);
		for (int fd = 20; fd < 50; fd++)
			close(fd);
	}
	unit_row = "";
}

static void one_descriptor_for_all(void)
{
	struct buf b = BUF_INIT;
	struct child c;
	int p[2];

	make_pipe(p);
	c = shell("echo a; echo b >&2; echo c >&3",
		  (struct child_spec){
			  .in = -1, .out = p[1], .err = p[1], .control = p[1]});
	close(p[1]);
	take(p[0], 100, &b);
	CHECK_STR(b.p, "a\nb\nc\n");
	CHECK_INT(finish(&c).code, 0);
	buf_release(&b);
	close(p[0]);
}

static void everything_else_is_closed(void)
{
	static const char script[] =
		"for n in 3 4 5 6 7 8 9 10 11 57 500; do"
		" [ ! -e /proc/$$/fd/$n ] || printf '%s ' $n; done";
	struct child_spec spec = PLAIN;
	int null = open("/dev/null", O_RDWR), was = fcntl(3, F_GETFD);
	char *got;

	for (int fd = 4; fd < 12; fd++)
		dup2(null, fd);
	dup2(null, 57);
	dup2(null, 500);
	/* /proc/PID/fd is opened by the shell's own test for a moment only */
	got = output_of(script, spec);
	CHECK_STR(got, "");
	free(got);
	spec.control = null;
	got = output_of(script, spec);
	CHECK_STR(got, "3 ");
	free(got);
	/* in the child: not ours, and what was given may be any number */
	for (int fd = 4; fd < 12; fd++)
		CHECK_INT(fcntl(fd, F_GETFD), 0);
	CHECK_INT(fcntl(57, F_GETFD), 0);
	spec.control = 500;
	got = output_of(script, spec);
	CHECK_STR(got, "3 ");
	free(got);
	CHECK_INT(fcntl(500, F_GETFD), 0);
	CHECK_INT(fcntl(3, F_GETFD), was);
}

/* An old kernel, or a sandbox that lets nobody close a range. */
static void without_close_range(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

	CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		return; /* not in this kernel */
	CHECK_INT(syscall(SYS_close_range, 500, 500, 0), -1);
	everything_else_is_closed();
}

static void on_signal(int signo)
{
	(void)signo;
}

static void signals_are_reset(void)
{
	struct child_spec spec = PLAIN;
	sigset_t some;
	char *got;

	act(SIGPIPE, SIG_IGN);
	act(SIGHUP, SIG_IGN);
	act(SIGTTOU, SIG_IGN);
	act(SIGXFSZ, SIG_IGN);
	act(SIGRTMIN + 3, SIG_IGN);
	act(SIGUSR1, on_signal);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGUSR2);
	sigprocmask(SIG_BLOCK, &some, NULL);
	got = output_of("exec grep -E '^Sig(Blk|Ign)' /proc/self/status", spec);
	CHECK_STR(got, "SigBlk:\t0000000000000000\n"
		       "SigIgn:\t0000000000000000\n");
	free(got);
	/* later changes of the signals our programs handle are seen too */
	act(SIGINT, SIG_IGN);
	act(SIGQUIT, SIG_DFL); /* ignored where make runs in the background */
	act(SIGUSR2, SIG_IGN);
	got = output_of("exec grep -E '^SigIgn' /proc/self/status", spec);
	CHECK_STR(got, "SigIgn:\t0000000000000000\n");
	free(got);
	spec.foreground_signals = true;
	got = output_of("exec grep -E '^SigIgn' /proc/self/status", spec);
	CHECK_STR(got, "SigIgn:\t0000000000000002\n");
	free(got);
	/* and ours are as they were */
	sigprocmask(SIG_BLOCK, NULL, &some);
	CHECK(sigismember(&some, SIGTERM) && !sigismember(&some, SIGINT));
	CHECK(act(SIGUSR1, SIG_DFL) == on_signal);
}

static void sessions(void)
{
	struct child_spec spec = PLAIN;
	struct proc_stat st;
	struct child c;
	int p[2];

	make_pipe(p);
	spec.in = p[0];
	spec.own_session = true;
	c = shell("read x", spec);
	CHECK(proc_stat(c.pid, &st));
	CHECK_INT(st.session, c.pid);
	CHECK_INT(st.group, c.pid);
	CHECK_INT(st.parent, getpid());
	child_signal_group(&c, SIGTERM);
	CHECK_INT(finish(&c).signo, SIGTERM);
	/* gone: harmless */
	child_signal_group(&c, SIGTERM);
	spec.own_session = false;
	c = shell("read x", spec);
	CHECK(proc_stat(c.pid, &st));
	CHECK_INT(st.session, getsid(0));
	close(p[1]);
	CHECK_INT(finish(&c).code, 1);
}

static void memory_files(void)
{
	static const size_t sizes[] = {1, 4096, 65535, 65536, 65537, 3u << 20};
	struct buf in = BUF_INIT, out = BUF_INIT;
	char path[64], *map;
	int fd;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		buf_clear(&in);
		buf_clear(&out);
		while (in.len < sizes[i])
			buf_addch(&in, (char)(in.len * 7 + in.len / 256));
		fd = child_memory_file(in.p, in.len, &err);
		CHECK(fd != -1);
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		CHECK_INT(lseek(fd, 0, SEEK_CUR), 0);
		CHECK_INT(write(fd, "x", 1), -1);
		map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
		CHECK(map != MAP_FAILED && *map == in.p[0]);
		munmap(map, 1);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		/* by root it can be opened, but not be changed */
		CHECK_INT(truncate(path, 0), -1);
		CHECK_INT(fd_read_all(fd, "it", in.len, &out, &err), 0);
		CHECK_INT(out.len, in.len);
		CHECK(memcmp(in.p, out.p, in.len) == 0);
		close(fd);
	}
	fd = child_memory_file("", 0, &err);
	CHECK(fd != -1);
	CHECK_INT(read(fd, path, 1), 0);
	close(fd);
	buf_release(&in);
	buf_release(&out);
}

static void find_in_path(void)
{
	static const struct {
		const char *name, *path, *want;
		enum status code;
	} rows[] = {
		{"sh", "/nonexistent:/bin", "/bin/sh", STATUS_OK},
		{"sh", NULL, "/bin/sh", STATUS_OK},
		{"/bin/sh", "", "/bin/sh", STATUS_OK},
		{"tool", "/bin:a:b", "b/tool", STATUS_OK},
		{"tool", "/bin::b", "./tool", STATUS_OK},
		{"tool", "/bin:b:", "b/tool", STATUS_OK},
		{"tool", "/bin:", "./tool", STATUS_OK},
		{"./tool", "/bin", "./tool", STATUS_OK},
		{"tool", "/bin:a", NULL, STATUS_NOEXEC},
		{"tool", "/bin", NULL, STATUS_NOTFOUND},
		{"", "/bin", NULL, STATUS_NOTFOUND},
		{"./a/tool", "/bin", NULL, STATUS_NOEXEC},
		{"./a", "/bin", NULL, STATUS_NOEXEC},
		{"./no", "/bin", NULL, STATUS_NOTFOUND},
	};
	char dir[] = "/tmp/test_child-XXXXXX";

	CHECK(mkdtemp(dir) && chdir(dir) == 0);
	mkdir("a", 0700);
	mkdir("b", 0700);
	put_file("a/tool", "", 0600);
	put_file("b/tool", "#!/bin/sh\n", 0700);
	put_file("tool", "#!/bin/sh\n", 0700);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *got = child_find(rows[i].name, rows[i].path, &err);

		unit_row = rows[i].name;
		CHECK_STR(got ? got : "none",
			  rows[i].want ? rows[i].want : "none");
		if (!got)
			CHECK_INT(err.code, rows[i].code);
		free(got);
	}
	unlink("a/tool");
	unlink("b/tool");
	unlink("tool");
	rmdir("a");
	rmdir("b");
	CHECK(chdir("/") == 0 && rmdir(dir) == 0);
}

static void dies_of_what_it_says(void)
{
	static const int signals[] = {SIGTERM, SIGINT,	SIGQUIT,
				      SIGHUP,  SIGPIPE, SIGKILL};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			sigset_t all;

			sigfillset(&all);
			sigprocmask(SIG_SETMASK, &all, NULL);
			if (signals[i] != SIGKILL)
				act(signals[i], SIG_IGN);
			child_die_of(signals[i]);
		}
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK(WIFSIGNALED(status) && !WCOREDUMP(status));
		CHECK_INT(WTERMSIG(status), signals[i]);
	}
}

static const struct unit_test tests[] = {
	{UNIT_TEST(ways_to_end)},
	{UNIT_TEST(reap_does_not_block)},
	{UNIT_TEST(ignored_sigchld)},
	{UNIT_TEST(exec_failures)},
	{UNIT_TEST(arguments_too_long)},
	{UNIT_TEST(descriptor_orders)},
	{UNIT_TEST(one_descriptor_for_all)},
	{UNIT_TEST(everything_else_is_closed)},
	{UNIT_TEST(without_close_range)},
	{UNIT_TEST(signals_are_reset)},
	{UNIT_TEST(sessions)},
	{UNIT_TEST(memory_files)},
	{UNIT_TEST(find_in_path)},
	{UNIT_TEST(dies_of_what_it_says)},
};

int main(void)
{
	return unit_run("child", tests, ARRAY_LEN(tests));
}
