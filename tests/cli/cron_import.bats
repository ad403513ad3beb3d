#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-cron import: a crontab as a schedule file. What each line becomes is in
# tests/unit/test_import.c; here is what the verb does with files and streams.

load ../lib/server

setup() {
  server_setup
  umask 022
}

@test "import: a schedule file on stdout, which check takes" {
  printf '%s\n' '# mine' 'PATH=/bin:/usr/bin' '30 2 * * 1-5 backup --all' \
    >tab
  run -0 --separate-stderr jq-cron import --tz Europe/Paris tab
  assert_equal "$stderr" ''
  assert_equal "${lines[0]}" \
    '# By jq-cron import. Each payload is a command for sh, run by'
  assert_equal "${lines[3]}" 'DEFAULTS=missed=skip max-attempts=1 timeout=0'
  assert_equal "${lines[4]}" 'CRON_TZ=Europe/Paris'
  assert_equal "${lines[-1]}" \
    "30 2 * * 1-5  cron  backup  -- export PATH='/bin:/usr/bin'; backup --all"
  printf '%s\n' "$output" >file
  run -0 jq-cron check file
  assert_output ''
  run -0 --separate-stderr jq-cron next --file file -n 1 \
    --after 2026-11-27T12:00:00Z
  assert_output '2026-11-30T01:30:00Z  2026-11-30 02:30:00 +01:00  in 2d13h  cron/backup'
}

@test "import: from stdin, in another queue, in the zone of the host" {
  run -0 --separate-stderr jq-cron import --queue night - <<<'@daily x'
  assert_equal "${lines[-1]}" '@daily  night  x  -- x'
  [[ $output =~ CRON_TZ=[A-Za-z] ]]
}

@test "import: what is lost is said with its place, and stays: 1" {
  printf '%s\n' 'MAILTO=root' '@reboot start' '0 22-2 * * * night' '@daily x' \
    >tab
  run -1 --separate-stderr jq-cron import --tz UTC tab
  [[ ${stderr_lines[0]} == \
    "tab:1:1: warning: setting 'MAILTO': not carried over: output is kept"* ]]
  assert_equal "${stderr_lines[1]}" \
    'tab:2:1: @reboot: a cluster has no boot (fire-on-create=yes pushes one job)'
  assert_equal "${stderr_lines[2]}" \
    "tab:3:1: hour '22-2': a range that runs backwards (write two: 22-23,0-2)"
  assert_equal "${stderr_lines[3]}" 'jq-cron: 2 lines were left out'
  [[ $output == *$'\n# left out: @reboot: '*$'\n# @reboot start\n'* ]]
  assert_equal "${lines[-1]}" '@daily  cron  x  -- x'
  printf '%s\n' "$output" >file
  run -0 jq-cron check file
  run -1 --separate-stderr jq-cron import -J --tz UTC tab
  [[ ${stderr_lines[1]} == '{"file":"tab","line":2,"column":1,"level":"error",'* ]]
}

@test "import: a system's crontab gives each user a queue" {
  printf '%s\n' $'17 *\t* * *\troot    cd / && run-parts /etc/cron.hourly' \
    '@daily man x' >tab
  run -0 --separate-stderr jq-cron import --system --tz UTC tab
  assert_equal "${lines[-2]}" \
    '17 * * * *  cron-root  run-parts  -- cd / && run-parts /etc/cron.hourly'
  assert_equal "${lines[-1]}" '@daily  cron-man  x  -- x'
  # without it the user is part of the command
  run -0 --separate-stderr jq-cron import --tz UTC tab
  assert_equal "${lines[-1]}" '@daily  cron  man  -- man x'
}

@test "import: a command with settings and input runs as under cron" {
  printf '%s\n' "A=\"it's\"" \
    "0 0 * * * cat >got; echo \"\$A\" '\\%' >>got%one%two \\% '" >tab
  run -0 --separate-stderr jq-cron import --tz UTC tab
  printf '%s\n' "${lines[-1]#* -- }" | jq-push -q cron
  run -0 jq-work -q -1 cron sh
  run -0 cat got
  assert_output "one
two % '
it's %"
}

@test "import: no crontab, no zone, no queue" {
  run -66 --separate-stderr jq-cron import nowhere
  [[ $stderr == "jq-cron: crontab 'nowhere': No such file or directory"* ]]
  printf '@daily x\n' >tab
  run -64 --separate-stderr jq-cron import --tz Mars/Base tab
  [[ $stderr == *"time zone 'Mars/Base': not in "* ]]
  run -64 --separate-stderr jq-cron import --queue a/b tab
  run -64 --separate-stderr jq-cron import tab tab
  run -64 --separate-stderr jq-cron import
  run -64 --separate-stderr jq-cron ls --system
  assert_equal "$output" ''
}

@test "next: a schedule in the server, by its name alone" {
  printf '%s\n' 'SOURCE=s' '0 2 * * * mail digest tz=Europe/Paris' >file
  run -0 jq-cron sync file
  run -0 --separate-stderr jq-cron next -n 1 --name mail/digest \
    --after 2026-11-26T00:00:00Z
  assert_output '2026-11-26T01:00:00Z  2026-11-26 02:00:00 +01:00  in 1h  mail/digest'
  assert_equal "${stderr_lines[-1]}" 'mail/digest: fixed-time, Europe/Paris'
  run -0 --separate-stderr jq-cron next -n 1 --queue mail --name digest
  run -1 --separate-stderr jq-cron next --name mail/other
  [[ $stderr == *"no such schedule: 'other' of queue 'mail'"* ]]
}

@test "next: one in the server that is finished is not due any more: 1" {
  jq-cron set -q q/a '@every 1s' limit=1
  run -0 jq-cron next -n 1 --name a
  spawn d jq-cron -v serve
  wait_line 10 d.err ' fire name=a '
  run -1 --separate-stderr jq-cron next --name a
  assert_equal "$stderr" "jq-cron: 'a' is not due any more"
  assert_equal "$output" ''
  # an edit lets it go on
  jq-cron set -q q/a '@every 1s' limit=9
  run -0 jq-cron next -n 1 --name a
}
