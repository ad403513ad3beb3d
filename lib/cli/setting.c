/* SPDX-License-Identifier: ISC */
/* Settings of a queue, in and out. */
#include "cli/setting.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/output.h"
#include "sys/json.h"

int setting_parse(const char *text, struct setting_change *out, struct err *e)
{
	struct strv value = strv_of(text), name = strv_cut(&value, '=');
	char shown[64];

	if (name.n == strv_of(text).n)
		return err_set(e, STATUS_USAGE, "'%s' is not KEY=VALUE",
			       text_show(name, shown, sizeof(shown)));
	out->setting = change_find_setting(name, e);
	if (!out->setting)
		return -1;
	if (change_parse_value(out->setting, value, &out->value,
			       &out->is_default, e) < 0)
		return err_prefix(e, "%s", out->setting->name);
	return 0;
}

/* Sums of falling units, each used once: what num_duration() reads. */
static void format_duration(int64_t ms, char *to, size_t size)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"d", 86400000}, {"h", 3600000}, {"m", 60000},
		{"s", 1000},	 {"ms", 1},
	};
	size_t used = 0;

	snprintf(to, size, "0");
	for (size_t i = 0; i < ARRAY_LEN(units) && ms > 0; i++) {
		int64_t n = ms / units[i].ms;

		ms %= units[i].ms;
		if (n)
			used += (size_t)snprintf(to + used, size - used,
						 "%" PRId64 "%s", n,
						 units[i].name);
	}
}

static void format_size(int64_t bytes, char *to, size_t size)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	size_t i = 0;

	while (bytes && bytes % 1024 == 0 && i + 1 < ARRAY_LEN(units)) {
		bytes /= 1024;
		i++;
	}
	snprintf(to, size, "%" PRId64 "%s", bytes, units[i]);
}

void setting_format(const struct change_setting *s, int64_t value,
		    char to[SETTING_TEXT_SIZE])
{
	if (s->kind == CHANGE_DURATION)
		format_duration(value, to, SETTING_TEXT_SIZE);
	else if (s->kind == CHANGE_SIZE)
		format_size(value, to, SETTING_TEXT_SIZE);
	else
		snprintf(to, SETTING_TEXT_SIZE, "%" PRId64, value);
}

/* What is in force; the script fills in the default of what was never set. */
static int64_t value_of(const struct stats_queue *q,
			const struct change_setting *s)
{
	int64_t value;

	if (num_int(stats_field(q, s->field), 0, INT64_MAX, &value, NULL) < 0)
		return s->fallback;
	return value;
}

static void show_json(const struct stats_queue *q, const char *queue,
		      struct buf *out)
{
	struct json *j = json_new_object(), *all = json_new_object();

	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];
		int64_t value = value_of(q, s);

		if (s->kind == CHANGE_DURATION)
			json_put_num(all, s->name, (double)value / 1000);
		else
			json_put_int(all, s->name, value);
	}
	json_put_int(j, "v", 1);
	json_put_time(j, "time", q->now_ms);
	json_put_str(j, "queue", queue);
	json_put(j, "settings", all);
	json_write(j, out);
	buf_addch(out, '\n');
	json_free(j);
}

void setting_show(const struct stats_queue *q, const char *queue,
		  const struct opt_common *common, struct buf *out)
{
	static const struct output_column columns[] = {
		{"SETTING", OUTPUT_LEFT},
		{"VALUE", OUTPUT_RIGHT},
		{"", OUTPUT_LEFT},
		{"MEANING", OUTPUT_LEFT},
	};
	struct output_table *t;

	if (common->json) {
		show_json(q, queue, out);
		return;
	}
	t = output_table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];
		int64_t value = value_of(q, s);
		bool changed = value != s->fallback;
		char text[SETTING_TEXT_SIZE];

		setting_format(s, value, text);
		output_table_cell(t, OUTPUT_PLAIN, "%s", s->name);
		output_table_cell(t, changed ? OUTPUT_BOLD : OUTPUT_PLAIN, "%s",
				  text);
		output_table_cell(t, OUTPUT_DIM, "%s",
				  changed ? "" : "default");
		output_table_cell(t, OUTPUT_PLAIN, "%s", s->help);
	}
	output_table_write(t, false, output_color(common, stdout), out);
	output_table_free(t);
}

void setting_help(struct buf *out)
{
	buf_addstr(out, "Settings ('KEY=default' puts the default back):");
	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];
		char text[SETTING_TEXT_SIZE];

		setting_format(s, s->fallback, text);
		buf_addf(out, "\n  %-16s  %s (default %s)", s->name, s->help,
			 text);
	}
}
