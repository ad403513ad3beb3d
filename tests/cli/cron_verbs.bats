#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-cron next and jq-cron check: what a person asks before a schedule runs.

export SERVER=none
load ../lib/server

setup() {
  server_setup
  umask 022
  # neither needs a server
  export JQ_URL=unix:///nowhere/redis.sock
}

schedule() {
  local file=$1
  shift
  printf '%s\n' "$@" >"$file"
}

@test "next: UTC, local time, distance; kind and zone beside it" {
  run -0 --separate-stderr jq-cron next '30 2 * * *' --tz Europe/Berlin -n 2 \
    --after 2026-11-26T12:00:00Z
  assert_output "2026-11-27T01:30:00Z  2026-11-27 02:30:00 +01:00  in 13h30m
2026-11-28T01:30:00Z  2026-11-28 02:30:00 +01:00  in 1d13h"
  assert_equal "${stderr_lines[-1]}" 'fixed-time, Europe/Berlin'
  run -0 --separate-stderr jq-cron next -q '@every 90s' --after @0
  assert_equal "${#lines[@]}" 5
  assert_equal "${lines[0]}" \
    '1970-01-01T00:01:30Z  1970-01-01 00:01:30 +00:00  in 1m30s'
  assert_equal "$stderr" ''
}

@test "next: local times that do not exist, or happen twice" {
  run -0 --separate-stderr jq-cron next -n 1 --after 2024-03-09T12:00:00Z \
    'CRON_TZ=America/New_York 30 2 * * *'
  assert_output '2024-03-10T07:00:00Z  2024-03-10 03:00:00 -04:00  in 19h  (02:30 does not exist)'
  run -0 --separate-stderr jq-cron next -n 2 --after 2024-11-03T04:30:00Z \
    --tz America/New_York '30 * * * *'
  assert_output '2024-11-03T05:30:00Z  2024-11-03 01:30:00 -04:00  in 1h  (first of two)
2024-11-03T06:30:00Z  2024-11-03 01:30:00 -05:00  in 2h  (second of two)'
}

@test "next: the zone of the process plays no part" {
  local tz
  for tz in America/New_York Pacific/Chatham Etc/GMT+12 /nowhere; do
    TZ=$tz run -0 --separate-stderr jq-cron next -n 2 \
      --after 2024-10-26T12:00:00Z --tz Europe/Berlin '30 2 * * *'
    assert_output '2024-10-27T00:30:00Z  2024-10-27 02:30:00 +02:00  in 12h30m  (first of two)
2024-10-28T01:30:00Z  2024-10-28 02:30:00 +01:00  in 1d13h'
    TZ=$tz run -0 --separate-stderr jq-cron next -n 1 --after @0 '0 12 * * *'
    assert_output '1970-01-01T12:00:00Z  1970-01-01 12:00:00 +00:00  in 12h'
  done
}

@test "jq-crontab(5): its examples are in order" {
  sed -n '/^\.Bd -literal/,/^\.Ed/{ /^\./!p; }' \
    "$BATS_TEST_DIRNAME/../../man/jq-crontab.5" >examples
  [ "$(wc -l <examples)" -gt 12 ]
  run -0 jq-cron check examples
  assert_output ''
}

@test "next: as JSON" {
  run -0 --separate-stderr jq-cron next -J -n 1 --after 2024-03-09T12:00:00Z \
    --tz America/New_York '30 2 * * *'
  assert_output '{"schedule":"30 2 * * *","kind":"fixed-time",'\
'"zone":"America/New_York","tick":"2024-03-10T07:00:00.000Z",'\
'"local":"2024-03-10T03:00:00-04:00","in":68400,"mark":"moved",'\
'"missing":"2024-03-10T02:30:00"}'
}

@test "next: times that no clock of the zone ever shows: 65" {
  # the last Sunday of March, when it is the 31st
  run -65 --separate-stderr jq-cron next --tz Europe/Berlin \
    --after 2026-11-26T00:00:00Z '*/30 2 31 3 +SUN'
  assert_equal "${stderr_lines[1]}" \
    "jq-cron: '*/30 2 31 3 +SUN' never fires in Europe/Berlin: its times fall \
into a gap of the clock (choose another hour)"
  # moved to its end, and elsewhere there is no gap
  run -0 jq-cron next --tz Europe/Berlin '30 2 31 3 +SUN'
  run -0 jq-cron next --tz Africa/Lagos '*/30 2 31 3 +SUN'
}

@test "next: warnings, and H, which wants a name" {
  run -0 --separate-stderr jq-cron next -n 1 '0 0 */2 * MON'
  [[ $stderr == *'warning: '*'Vixie cron would require both'* ]] ||
    fail "$stderr"
  run -65 --separate-stderr jq-cron next 'H H * * *'
  [[ $stderr == *'give one with --name'* ]]
  run -0 --separate-stderr jq-cron next -n 1 --name web 'H H * * *'
  local first=$output
  run -0 --separate-stderr jq-cron next -n 1 --name mail 'H H * * *'
  [ "$first" != "$output" ]
}

@test "next: what is no expression, and no zone: 65" {
  run -65 --separate-stderr jq-cron next '61 * * * *'
  [[ $stderr == *"minute '61'"* ]]
  run -65 --separate-stderr jq-cron next '0 0 30 2 *'
  run -65 --separate-stderr jq-cron next ''
  run -65 --separate-stderr jq-cron next $'* * * * *\n'
  run -65 --separate-stderr jq-cron next --tz Europe/Berln '@daily'
  [[ $stderr == *'Europe/Berlin'* ]]
  run -65 --separate-stderr jq-cron next --tz UTC 'TZ=Asia/Tokyo @daily'
  run -0 --separate-stderr jq-cron next --tz UTC 'TZ=UTC @daily'
}

@test "next: the schedules of a file, or one of them" {
  schedule tab 'CRON_TZ=Europe/London' '0 6 * * * q early' \
    '@every 1h r often start=2026-11-27T03:00:00Z end=2026-11-27T05:00:00Z'
  run -0 --separate-stderr jq-cron next -n 3 --after 2026-11-26T12:00:00Z \
    --file tab
  assert_equal "${#lines[@]}" 5
  assert_equal "${lines[0]}" \
    '2026-11-27T06:00:00Z  2026-11-27 06:00:00 +00:00  in 18h  q/early'
  # start and end hold
  assert_equal "${lines[3]%%  *}" 2026-11-27T03:00:00Z
  assert_equal "${lines[4]%%  *}" 2026-11-27T04:00:00Z
  [[ $stderr == *$'q/early: fixed-time, Europe/London\nr/often: every, '* ]] ||
    fail "$stderr"
  run -0 --separate-stderr jq-cron next -n 1 --file tab --name early
  assert_equal "${#lines[@]}" 1
  run -1 --separate-stderr jq-cron next --file tab --name none
  assert_equal "$stderr" "jq-cron: 'tab' has no schedule 'none'"
  run -1 --separate-stderr jq-cron next --file tab --after 2026-11-28T00:00:00Z
  assert_equal "${#lines[@]}" 5
  [[ $stderr == *"'often' is not due any more"* ]]
  run -66 jq-cron next --file none
  schedule bad 'x'
  run -78 --separate-stderr jq-cron next --file bad
  assert_output ''
}

@test "next: stdout that takes nothing is 74" {
  run -74 bash -c 'jq-cron next @daily >/dev/full'
}

@test "check: silence for a good file, a line for each fault" {
  schedule tab '@every 2s files again -- push.log' '' '# a comment'
  run -0 --separate-stderr jq-cron check tab
  assert_output ''
  assert_equal "$stderr" ''
  schedule bad 'SOURCE=x y' '0 0 30 2 * q a' '@daily q b colour=red' \
    '@daily q c' '@daily q c' '* * * * * * q d'
  run -78 --separate-stderr jq-cron check bad
  local line n=0
  for line in "${lines[@]}"; do
    [[ $line =~ ^bad:[1-6]:[0-9]+:\ .+\ \(.+\)$ ]] || fail "$line"
    n=$((n + 1))
  done
  assert_equal "$n" 6
  assert_equal "$stderr" \
    "jq-cron: schedule file 'bad': 6 errors, nothing is applied"
}

@test "check: warnings leave it good, -J is an object a line" {
  schedule tab '0 0 */2 * MON q a'
  chmod g+w tab
  run -0 --separate-stderr jq-cron check tab
  assert_equal "${#lines[@]}" 2
  [[ ${lines[0]} == 'tab:1:1: warning: others may write it'* ]]
  [[ ${lines[1]} == 'tab:1:1: warning: day of month and day of week'* ]]
  run -0 --separate-stderr jq-cron check -J tab
  [[ ${lines[1]} == '{"file":"tab","line":1,"column":1,"level":"warning","message":"day '* ]]
}

@test "check: several files, and what they say together" {
  schedule a '@daily q x'
  schedule b '@daily q x'
  run -78 --separate-stderr jq-cron check a b
  [[ $stderr == *"schedule 'x' of queue 'q' is in two files, of sources"* ]]
  run -66 --separate-stderr jq-cron check a none
  [[ $stderr == *"cannot read schedule file 'none'"* ]]
  mkdir dir
  run -66 jq-cron check dir
  run -64 jq-cron check
}

@test "check: --tz is for lines that name no zone" {
  schedule tab '30 2 * * * q x'
  run -0 --separate-stderr jq-cron next --file tab --tz Asia/Tokyo -n 1
  [[ $output == *' 02:30:00 +09:00 '* ]]
  run -78 jq-cron check --tz Nowhere/City tab
}

@test "a file called next is ./next" {
  schedule next '@daily q x'
  run -0 --separate-stderr jq-cron check ./next
  run -64 jq-cron next
  assert_line --index 0 'jq-cron: which expression?'
  run -64 jq-cron next '@daily' '@hourly'
  assert_line --index 0 'jq-cron: one expression, in quotes'
  run -64 jq-cron next --file next '@daily'
  run -64 jq-cron next --ready-fd 1 '@daily'
}

@test "the example file is in order" {
  cp "$ROOT/share/examples/crontab" crontab
  chmod go-w crontab
  run -0 --separate-stderr jq-cron check crontab
  assert_output ''
}
