#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The verbs of jq-cron that work on the schedules in the server.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  umask 022
}

# schedule FILE LINE...
schedule() {
  local file=$1
  shift
  printf '%s\n' "$@" >"$file"
}

# set_state QUEUE NAME N VALUE: as in tests/lua/cron.bats
set_state() {
  redis -x HSET "jq:{$1}:cron" "s:$2" < <(
    redis HGET "jq:{$1}:cron" "s:$2" |
      awk -v n="$3" -v v="$4" 'NR == 1 { $n = v } NR > 1 { printf "\n" }
        { printf "%s", $0 }'
  ) >/dev/null
}

# Word N of a schedule's state.
state() {
  redis HGET "jq:{$1}:cron" "s:$2" | head -n 1 | cut -d ' ' -f "$3"
}

# rewind QUEUE NAME SECONDS: as if nobody had been there for so long.
rewind() {
  set_state "$1" "$2" 6 "$(($(redis TIME | head -n 1) - $3))"
}

@test "sync: what is added, changed and removed; nothing is nothing" {
  schedule tab '@daily q a' '@daily r b'
  run -0 --separate-stderr jq-cron sync tab
  assert_output $'added q/a\nadded r/b'
  assert_equal "$stderr" ''
  run -0 --separate-stderr jq-cron sync tab
  assert_output ''
  schedule tab '@hourly q a' '@daily s c'
  run -0 jq-cron sync -J tab
  assert_line '{"what":"changed","queue":"q","name":"a"}'
  assert_line '{"what":"removed","queue":"r","name":"b"}'
  assert_line '{"what":"added","queue":"s","name":"c"}'
  assert_equal "$(redis SMEMBERS jq:crons | sort | paste -sd ' ')" 'q s'
  schedule tab '@daily q a'
  run -0 jq-cron sync -q tab
  assert_output ''
  assert_equal "$(redis SMEMBERS jq:crons)" q
}

@test "sync: --dry-run says the same and does nothing" {
  schedule tab '@daily q a' '@daily r b'
  run -0 jq-cron sync --dry-run tab
  assert_output $'added q/a\nadded r/b'
  assert_equal "$(redis DBSIZE)" 0
  jq-cron sync -q tab
  schedule tab '@hourly q a'
  run -0 jq-cron sync --dry-run tab
  assert_output $'changed q/a\nremoved r/b'
  run -0 jq-cron ls -F schedule,expression
  assert_output $'q/a\t@daily\nr/b\t@daily'
}

@test "sync: all or nothing, and only its own source" {
  schedule a '@daily q x'
  schedule b '@daily q y' '@daily r z'
  jq-cron sync -q a b
  # one of the two files cannot go in, so neither does
  schedule a '@daily z new'
  schedule b '@daily q y' '@daily q x'
  run -78 --separate-stderr jq-cron sync b a
  assert_equal "$stderr" "jq-cron: schedule 'x' of queue 'q' belongs to \
source 'a', not to 'b' (choose another name)"
  assert_output ''
  run -0 jq-cron ls -F schedule,source
  assert_output $'q/x\ta\nq/y\tb\nr/z\tb'
  schedule a 'nonsense'
  run -78 jq-cron sync b a
  run -66 jq-cron sync b none
  # without its own, those of the other stay
  schedule b ALLOW_EMPTY=1
  run -0 jq-cron sync b
  assert_output $'removed q/y\nremoved r/z'
  run -0 jq-cron ls -F schedule
  assert_output q/x
}

@test "sync: an empty set is refused, also with --dry-run" {
  schedule tab '@daily q a'
  jq-cron sync -q tab
  : >tab
  local option
  for option in --dry-run -q; do
    run -78 --separate-stderr jq-cron sync "$option" tab
    [[ $stderr == *"lists no schedule, but 1 are in force in queue 'q' (to \
remove them, write ALLOW_EMPTY=1)" ]] || fail "$stderr"
  done
  run -0 jq-cron ls -F schedule
  assert_output q/a
}

@test "ls: a table, fields, JSON; of some queues" {
  schedule tab 'CRON_TZ=Europe/Berlin' '30 2 * * * q a' '@every 1h r b paused=yes' \
    '@daily r c end=2000-01-01T00:00:00Z'
  jq-cron sync -q tab
  run -0 --separate-stderr jq-cron ls
  assert_equal "${#lines[@]}" 4
  [[ ${lines[0]} =~ ^SCHEDULE\ +WHEN\ +ZONE\ +NEXT\ +LAST\ +FIRED\ +DROPPED\ +SOURCE\ +NOTE$ ]]
  [[ ${lines[1]} =~ ^q/a\ +30\ 2\ \*\ \*\ \*\ +Europe/Berlin\ +[0-9hms]+\ +-\ +0\ +0\ +tab$ ]] ||
    fail "${lines[1]}"
  [[ ${lines[2]} =~ ^r/b\ .*\ paused$ ]]
  [[ ${lines[3]} =~ ^r/c\ +@daily\ +Europe/Berlin\ +-\  ]]
  assert_equal "$stderr" ''
  run -0 jq-cron ls -H r
  assert_equal "${#lines[@]}" 2
  run -0 jq-cron ls -F schedule,paused,fired_total r
  assert_output $'r/b\ttrue\t0\nr/c\tfalse\t0'
  run -0 jq-cron ls -J q
  [[ $output == '{"v":1,"time":"'*'","schedules":[{"schedule":"q/a","queue":"q",'\
'"name":"a","source":"tab","expression":"30 2 * * *","kind":"fixed-time",'\
'"zone":"Europe/Berlin","next":"'*'","last_tick":"'*'","last_enqueued":null,'* ]] ||
    fail "$output"
  run -1 --separate-stderr jq-cron ls none
  assert_equal "$stderr" "jq-cron: no schedule feeds queue 'none'"
  run -64 jq-cron ls -F colour
  assert_line --partial 'it has: schedule queue name source'
}

@test "ls: nothing is no failure" {
  run -0 jq-cron ls -H
  assert_output ''
  run -0 jq-cron ls --check
  assert_output ''
}

@test "ls --check: 1 and those that are behind, for monitoring" {
  schedule tab '@every 1h q a' '@every 1h q b' '@every 1h r c paused=yes' \
    '@every 1h r d grace=3h'
  jq-cron sync -q tab
  run -0 --separate-stderr jq-cron ls --check
  assert_output ''
  rewind q b 7000
  rewind r c 7000
  rewind r d 7000
  run -1 --separate-stderr jq-cron ls --check
  [[ $output =~ ^q/b\ .*\ behind\ (1h|[0-9]+m) ]] || fail "$output"
  assert_equal "${#lines[@]}" 1
  assert_equal "$stderr" ''
  run -0 jq-cron ls --check r
  run -0 jq-cron ls -F name,behind_s q
  assert_line $'a\t0'
  [[ ${lines[1]} =~ ^b$'\t'[0-9.]+$ ]]
  # once a scheduler has been there all is well
  spawn d jq-cron tab
  wait_line 10 d.err ' fire name=b '
  run -0 jq-cron ls --check
}

@test "ls: one that a newer program wrote is told of, the others are shown" {
  schedule tab '@daily q good' '@daily q odd'
  jq-cron sync -q tab
  redis HSET 'jq:{q}:cron' d:odd '@daily q odd tz=UTC colour=red' >/dev/null
  run -76 --separate-stderr jq-cron ls -F schedule
  assert_output q/good
  [[ $stderr == *"option 'colour': unknown"* ]]
  run -76 --separate-stderr jq-cron show q/odd
  [[ $stderr == "jq-cron: schedule 'odd' of queue 'q': it cannot be understood"* ]]
}

@test "show: all there is to know, by name or QUEUE/NAME" {
  schedule tab 'H 3 * * * q a priority=4 -- two' '@daily r b'
  schedule other '@daily q b'
  jq-cron sync -q tab other
  run -0 --separate-stderr jq-cron show a
  assert_line --regexp '^Schedule  q/a$'
  assert_line --regexp '^When +H 3 \* \* \* = [0-9]+ 3 \* \* \*  \(fixed-time, UTC\)$'
  assert_line 'Source    tab'
  assert_line 'Line      H 3 * * * q a tz=UTC priority=4'
  assert_line --regexp '^Next +20..-..-..T03:..:00Z  .* in '
  assert_line 'Payload   3 bytes'
  assert_line '  | two'
  assert_line --regexp "^History .*  added by .*@"
  run -0 jq-cron show -J a
  [[ $output == '{"schedule":"q/a",'*'"definition":"H 3 * * * q a tz=UTC priority=4",'\
'"payload":"two","ticks":["'*'"jobs":[],"history":[{"time":"'*'"event":"added",'* ]] ||
    fail "$output"
  run -64 --separate-stderr jq-cron show b
  [[ $stderr == *"schedule 'b' is in several queues: q, r (write QUEUE/NAME)"* ]]
  run -0 jq-cron show --queue r b
  run -1 --separate-stderr jq-cron show r/b none r/c
  assert_equal "$stderr" "jq-cron: no such schedule: 'none'
jq-cron: no such schedule: 'c' of queue 'r'"
  assert_line 'Schedule  r/b'
  run -64 jq-cron show
  run -64 jq-cron show 'no name'
}

@test "serve: without files it pushes for what is in the server" {
  schedule tab '@every 1s q a'
  jq-cron sync -q tab
  spawn d jq-cron serve
  wait_line 10 d.err ' fire name=a queue=q '
  kill -TERM "$spawned"
  wait_exit 5 d
  assert_success
  # and with files as without the word
  schedule tab '@every 1s q b'
  spawn e jq-cron serve tab
  wait_line 10 e.err ' fire name=b '
}
