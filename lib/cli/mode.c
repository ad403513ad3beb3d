/* SPDX-License-Identifier: ISC */
/* Which of the things a command can do was asked for. */
#include "cli/mode.h"

#include <string.h>

static void check_extras(const struct opt_command *cmd,
			 const struct mode_extra *extras)
{
	for (const struct mode_extra *a = extras; a->option; a++)
		for (const struct mode_extra *b = extras; b->option; b++)
			if (*a->given && *b->given &&
			    strchr(a->against, b->letter))
				opt_usage(cmd, "%s and %s exclude each other",
					  a->option, b->option);
}

size_t mode_choose(const struct opt_command *cmd, const struct mode *modes,
		   const struct mode_extra *extras)
{
	size_t chosen = 0;

	while (modes[chosen].given && !*modes[chosen].given)
		chosen++;
	for (size_t i = chosen + 1; modes[chosen].given && modes[i].given; i++)
		if (*modes[i].given)
			opt_usage(cmd, "%s and %s exclude each other",
				  modes[chosen].option, modes[i].option);
	for (const struct mode_extra *x = extras; x->option; x++) {
		if (!*x->given || strchr(modes[chosen].takes, x->letter))
			continue;
		if (x->is_for)
			opt_usage(cmd, "%s is for %s", x->option, x->is_for);
		opt_usage(cmd, "%s and %s exclude each other",
			  modes[chosen].option, x->option);
	}
	check_extras(cmd, extras);
	return chosen;
}
