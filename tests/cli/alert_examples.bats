#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# share/examples/alert-*: from a condition or a dead job to people.

load ../lib/server
load ../lib/jobs

# Stands in for mail, logger and curl: notes arguments and stdin.
stand_in() {
  mkdir -p bin
  printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"%s"\ncat >"%s"\n' \
    "$PWD/args" "$PWD/stdin" >"bin/$1"
  chmod +x "bin/$1"
  PATH=$PWD/bin:$PATH
}

setup() {
  server_setup
  PATH=$ROOT/share/examples:$PATH
  jq-push -q -i a q x
  job_kill q/a 'no good'
}

@test "mail: of what holds, and only then" {
  stand_in mail
  jq-stat --check-alert 'dead>5' q | alert-mail ops@example.org
  assert [ ! -e args ]
  jq-stat --check-alert 'dead>0' q | alert-mail ops@example.org
  assert_equal "$(cat stdin)" 'q: dead is 1 (dead>0)'
  assert_equal "$(tail -n 1 args)" ops@example.org
  run ! alert-mail </dev/null
}

@test "chat: JSON whatever the text, the address not among the arguments" {
  mkdir bin
  cat >bin/curl <<END
#!/bin/sh
printf '%s\n' "\$@" >"$PWD/args"
cat >"$PWD/stdin"
for word; do case \$word in @*) cat "\${word#@}" >"$PWD/body" ;; esac; done
END
  chmod +x bin/curl
  PATH=$PWD/bin:$PATH
  echo https://example.org/secret >hook
  alert-chat hook </dev/null
  assert [ ! -e args ]
  printf 'a "quoted" \\ line\nand\ta second\n' | alert-chat hook
  assert_equal "$(cat body)" \
    "{\"text\":\"$(uname -n): a \\\"quoted\\\" \\\\ line\\nand a second\"}"
  assert_equal "$(cat stdin)" 'url = "https://example.org/secret"'
  run ! grep secret args
}

@test "syslog, from a worker" {
  stand_in logger
  jq-push -q -i b q x
  run -1 jq-work -q --drain --on-dead alert-syslog q sh -c 'exit 65'
  assert_equal "$(paste -sd ' ' args)" '-t jobq -p daemon.err'
  run -0 cat stdin
  assert_output --partial '"job":"q/b"'
}

@test "the timer is one that systemd takes" {
  command -v systemd-analyze >/dev/null || return 0
  cp "$ROOT"/share/examples/jq-alert.* .
  run -0 systemd-analyze --man=no verify ./jq-alert.timer ./jq-alert.service
  assert_output ''
}
