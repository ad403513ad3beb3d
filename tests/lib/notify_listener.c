/* SPDX-License-Identifier: ISC */
/*
 * A service manager's ear for tests: prints what comes to a datagram socket,
 * a line for each, newlines in it as ' ', until it is killed.
 *
 *   notify_listener SOCKET
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[1024];
	ssize_t n;

	if (argc != 2 || strlen(argv[1]) >= sizeof(at.sun_path))
		return 64;
	memcpy(at.sun_path, argv[1], strlen(argv[1]));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		return 71;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while ((n = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		for (ssize_t i = 0; i < n; i++)
			if (text[i] == '\n')
				text[i] = ' ';
		text[n] = '\0';
		puts(text);
	}
	return 74;
}
