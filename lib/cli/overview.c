/* SPDX-License-Identifier: ISC */
/* Runs the commands with --show-config and puts their lines together. */
#include "cli/overview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/strv.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/env.h"
#include "cli/output.h"
#include "sys/child.h"
#include "sys/json.h"

#define ANSWER_MOST (1 << 20)

extern char **environ;

/* Where the lines go: one of the two. */
struct overview {
	const struct opt_command *cmd;
	struct output_table *table;
	struct json *list;
	int status; /* exit status: the first failure, or 0 */
};

static int check_name(const char *name, struct err *e)
{
	char shown[64];

	for (size_t i = 0; i < CONFIG_COMMANDS; i++)
		if (strcmp(name, config_commands[i]) == 0)
			return 0;
	return err_set(e, STATUS_USAGE, "'%s' is none of the commands",
		       text_show(strv_of(name), shown, sizeof(shown)));
}

/* The path of a command: beside ours, for one may run from where it was built
 * or in several versions; else the one in PATH. */
static char *locate(const char *name, struct err *e)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct buf path = BUF_INIT;
	char *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return child_find(name, env_get("PATH"), e);
	buf_addf(&path, "%.*s/%s", (int)(slash - self), self, name);
	if (access(path.p, X_OK) == 0)
		return buf_detach(&path);
	buf_release(&path);
	return child_find(name, env_get("PATH"), e);
}

/* The file to name to them; what JQ_CONFIG says they hear of anyway. */
static const char *config_option(const struct opt_common *common)
{
	const char *variable = env_get("JQ_CONFIG");

	return variable && common->config_file &&
			       strcmp(variable, common->config_file) == 0
		       ? NULL
		       : common->config_file;
}

/* Its lines into `text`, its exit status into `*status`. */
static int ask(const struct overview *o, const char *name, struct buf *text,
	       int *status, struct err *e)
{
	const char *file = config_option(o->cmd->common);
	const char *const argv[] = {name, "--show-config",
				    file ? "--config" : NULL, file, NULL};
	struct child_spec spec = {.argv = argv,
				  .envp = (const char *const *)environ,
				  .in = -1,
				  .err = -1,
				  .control = -1};
	struct child child;
	struct child_end end;
	char *path = locate(name, e);
	int fds[2], rc;

	if (!path)
		return -1;
	spec.path = path;
	if (pipe(fds) < 0) {
		free(path);
		return err_sys(e, STATUS_SYSTEM, errno, "cannot make a pipe");
	}
	spec.out = fds[1];
	rc = child_spawn(&spec, &child, e);
	free(path);
	fd_close(&fds[1]);
	if (rc == 0) {
		rc = fd_read_all(fds[0], name, ANSWER_MOST, text, e);
		child_wait(&child, &end);
		*status = end.code;
	}
	fd_close(&fds[0]);
	return rc;
}

static void add_row(const struct overview *o, const char *name,
		    struct strv line)
{
	struct strv option = strv_cut(&line, '\t');
	struct strv value = strv_cut(&line, '\t'), from = line;
	struct json *j;

	if (o->list) {
		j = json_new_object();
		json_put_str(j, "command", name);
		json_put_bytes(j, "option", option);
		json_put_bytes(j, "value", value);
		json_put_bytes(j, "from", from);
		json_put(o->list, NULL, j);
		return;
	}
	output_table_cell(o->table, OUTPUT_PLAIN, "%s", name);
	output_table_cell(o->table, OUTPUT_PLAIN, "%.*s", (int)option.n,
			  option.p);
	output_table_cell(
		o->table, strv_eq(from, "default") ? OUTPUT_DIM : OUTPUT_BOLD,
		"%.*s", value.n ? (int)value.n : 1, value.n ? value.p : "-");
	output_table_cell(o->table, OUTPUT_DIM, "%.*s", (int)from.n, from.p);
}

static int add_command(struct overview *o, const char *name, struct err *e)
{
	struct buf text = BUF_INIT;
	int status = 0, rc = ask(o, name, &text, &status, e);
	struct strv rest = strv_make(text.p, text.len);

	while (rc == 0 && rest.n)
		add_row(o, name, strv_cut(&rest, '\n'));
	if (rc == 0 && status != 0 && o->status == 0)
		o->status = status > 0 ? status : STATUS_SYSTEM;
	buf_release(&text);
	return rc;
}

static void write_json(struct overview *o, struct buf *out)
{
	struct json *j = json_new_object();

	json_put_int(j, "v", 1);
	json_put(j, "options", o->list);
	json_write(j, out);
	buf_addch(out, '\n');
	json_free(j);
}

int overview_run(const struct opt_command *cmd, char *const *names, size_t n,
		 struct buf *out, struct err *e)
{
	static const struct output_column columns[] = {
		{"COMMAND", OUTPUT_LEFT, 0},
		{"OPTION", OUTPUT_LEFT, 0},
		{"VALUE", OUTPUT_LEFT, 0},
		{"FROM", OUTPUT_LEFT, 0},
	};
	struct overview o = {.cmd = cmd};
	size_t total = n ? n : CONFIG_COMMANDS;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (check_name(names[i], e) < 0)
			return -1;
	if (cmd->common->json)
		o.list = json_new_array();
	else
		o.table = output_table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < total && rc == 0; i++)
		rc = add_command(&o, n ? names[i] : config_commands[i], e);
	if (o.list) {
		write_json(&o, out);
		return rc < 0 ? -1 : o.status;
	}
	output_table_write(o.table, false, output_color(cmd->common, stdout),
			   out);
	output_table_free(o.table);
	return rc < 0 ? -1 : o.status;
}
