/* SPDX-License-Identifier: ISC */
/* Which of the things a command can do was asked for. */
#include "cli/mode.h"

#include <string.h>

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
	return chosen;
}
