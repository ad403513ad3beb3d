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

void setting_format(const struct change_setting *s, int64_t value,
		    char to[SETTING_TEXT_SIZE])
{
	if (s->kind == CHANGE_DURATION)
		num_format_duration(value, to);
	else if (s->kind == CHANGE_SIZE)
		num_format_size(value, to);
	else
		snprintf(to, SETTING_TEXT_SIZE, "%" PRId64, value);
}

/* What is in force; the script fills in the default of what was never set. */
int64_t setting_value(const struct stats_queue *q,
		      const struct change_setting *s)
{
	int64_t value;

	if (num_int(stats_field(q, s->field), 0, INT64_MAX, &value, NULL) < 0)
		return s->fallback;
	return value;
}

static void put_value(struct json *j, const struct change_setting *s,
		      const char *key, int64_t value)
{
	if (s->kind == CHANGE_DURATION)
		json_put_num(j, key, (double)value / 1000);
	else
		json_put_int(j, key, value);
}

static const char *type_of(const struct change_setting *s)
{
	if (s->kind == CHANGE_DURATION)
		return "duration";
	return s->kind == CHANGE_SIZE ? "size" : "number";
}

static struct json *about(const struct change_setting *s)
{
	struct json *j = json_new_object();

	json_put_str(j, "type", type_of(s));
	put_value(j, s, "default", s->fallback);
	put_value(j, s, "min", s->min);
	put_value(j, s, "max", s->max);
	return j;
}

static void show_json(const struct stats_queue *q, const char *queue,
		      bool with_about, struct buf *out)
{
	struct json *j = json_new_object(), *all = json_new_object();
	struct json *abouts = with_about ? json_new_object() : NULL;

	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];

		put_value(all, s, s->name, setting_value(q, s));
		if (abouts)
			json_put(abouts, s->name, about(s));
	}
	json_put_int(j, "v", 1);
	json_put_time(j, "time", q->now_ms);
	json_put_str(j, "queue", queue);
	json_put(j, "settings", all);
	if (abouts)
		json_put(j, "about", abouts);
	json_write(j, out);
	buf_addch(out, '\n');
	json_free(j);
}

void setting_show(const struct stats_queue *q, const char *queue,
		  const struct opt_common *common, struct buf *out)
{
	static const struct output_column columns[] = {
		{"SETTING", OUTPUT_LEFT, 0},
		{"VALUE", OUTPUT_RIGHT, 0},
		{"", OUTPUT_LEFT, 0},
		{"MEANING", OUTPUT_LEFT, 0},
	};
	struct output_table *t;

	if (common->json) {
		show_json(q, queue, false, out);
		return;
	}
	t = output_table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];
		int64_t value = setting_value(q, s);
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

void setting_table(const struct stats_queue *q, const char *queue,
		   const struct opt_common *common, struct buf *out)
{
	static const struct output_column columns[] = {
		{"SETTING", OUTPUT_LEFT, 0},  {"VALUE", OUTPUT_RIGHT, 0},
		{"DEFAULT", OUTPUT_RIGHT, 0}, {"TYPE", OUTPUT_LEFT, 0},
		{"FROM", OUTPUT_RIGHT, 0},    {"TO", OUTPUT_RIGHT, 0},
	};
	struct output_table *t;

	if (common->json) {
		show_json(q, queue, true, out);
		return;
	}
	t = output_table_new(columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < change_n_settings; i++) {
		const struct change_setting *s = &change_settings[i];
		const int64_t numbers[] = {setting_value(q, s), s->fallback,
					   s->min, s->max};
		char text[ARRAY_LEN(numbers)][SETTING_TEXT_SIZE];

		for (size_t k = 0; k < ARRAY_LEN(numbers); k++)
			setting_format(s, numbers[k], text[k]);
		output_table_cell(t, OUTPUT_PLAIN, "%s", s->name);
		output_table_cell(t,
				  numbers[0] == s->fallback ? OUTPUT_PLAIN
							    : OUTPUT_BOLD,
				  "%s", text[0]);
		output_table_cell(t, OUTPUT_PLAIN, "%s", text[1]);
		output_table_cell(t, OUTPUT_PLAIN, "%s", type_of(s));
		output_table_cell(t, OUTPUT_PLAIN, "%s", text[2]);
		output_table_cell(t, OUTPUT_PLAIN, "%s", text[3]);
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
