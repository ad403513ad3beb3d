/* SPDX-License-Identifier: ISC */
/* Looks up what is to be run. */
#include "work/program.h"

#include <stdlib.h>

#include "sys/child.h"

int program_find(struct program *p, struct settings *s, const char *shell,
		 char *const *command, const char *search, struct err *e)
{
	if (s->handlers_dir)
		return 0;
	if (shell) {
		p->line[0] = "sh";
		p->line[1] = "-c";
		p->line[2] = shell;
		s->path = "/bin/sh";
		s->argv = p->line;
		return 0;
	}
	p->found = child_find(command[0], search, e);
	s->path = p->found;
	s->argv = (const char *const *)command;
	return p->found ? 0 : -1;
}

void program_release(struct program *p)
{
	free(p->found);
	p->found = NULL;
}
