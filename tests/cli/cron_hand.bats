#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Schedules by hand: jq-cron set, rm, pause, resume, run, backfill, history.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  umask 022
}

# set_state QUEUE NAME N VALUE: as in tests/lua/cron.bats
set_state() {
  redis -x HSET "jq:{$1}:cron" "s:$2" < <(
    redis HGET "jq:{$1}:cron" "s:$2" |
      awk -v n="$3" -v v="$4" 'NR == 1 { $n = v } NR > 1 { printf "\n" }
        { printf "%s", $0 }'
  ) >/dev/null
}

# Word N of a schedule's state: 6 watermark, 8 fired, 9 missed, 11 paused
state() {
  redis HGET "jq:{$1}:cron" "s:$2" | head -n 1 | cut -d ' ' -f "$3"
}

# rewind QUEUE NAME SECONDS: as if nobody had been there for so long.
rewind() {
  set_state "$1" "$2" 6 "$(($(redis TIME | head -n 1) - $3))"
}

# The definition as the server keeps it.
definition() {
  redis HGET "jq:{$1}:cron" "d:$2"
}

# events SCHEDULE: the words of its history
events() {
  jq-cron history -F event "$1" | paste -sd ' '
}

@test "set: a schedule without a file, which any scheduler serves" {
  run -0 --separate-stderr jq-cron set q/tick '@every 1s' priority=3 --payload hello
  assert_output 'added q/tick'
  assert_equal "$stderr" ''
  assert_equal "$(definition q tick)" '@every 1s q tick tz=UTC priority=3'
  spawn d jq-cron serve
  wait_line 10 d.err ' fire name=tick queue=q '
  assert_equal "$(job_payload "q/$(job_ids q rdy | head -n 1)")" hello
  run -0 jq-cron ls -F schedule,source
  assert_output $'q/tick\t'
}

@test "set: what is as it was changes nothing, what is not starts anew" {
  jq-cron set -q q/a '@every 1h' --payload x
  rewind q a 8000
  local before
  before=$(redis HGET 'jq:{q}:cron' s:a)
  run -0 jq-cron set q/a '@every 1h' --payload x
  assert_output ''
  assert_equal "$(redis HGET 'jq:{q}:cron' s:a)" "$before"
  run -0 jq-cron set --dry-run q/a '@every 1h' --payload y
  assert_output 'changed q/a'
  assert_equal "$(redis HGET 'jq:{q}:cron' s:a)" "$before"
  run -0 jq-cron set q/a '@every 1h' --payload y
  assert_output 'changed q/a'
  # the edit is the new watermark: nothing is made up for
  [ "$(state q a 6)" -ge "$(($(redis TIME | head -n 1) - 30))" ]
  assert_equal "$(events q/a)" 'added changed'
  run -0 jq-cron set -J --queue q b '@daily'
  assert_output '{"what":"added","queue":"q","name":"b"}'
  run -0 jq-cron ls -F schedule
  assert_output $'q/a\nq/b'
}

@test "set: expressions, zones and payloads as people write them" {
  jq-cron set -q q/six '*/10 * * * * *'
  assert_equal "$(definition q six)" '@seconds */10 * * * * * q six tz=UTC'
  jq-cron set -q q/zone 'CRON_TZ=Asia/Tokyo 30 2 * * *'
  assert_equal "$(definition q zone)" '30 2 * * * q zone tz=Asia/Tokyo'
  jq-cron set -q q/zone '30 2 * * *' --tz Europe/Rome
  assert_equal "$(definition q zone)" '30 2 * * * q zone tz=Europe/Rome'
  printf 'a\0b\n' >payload
  jq-cron set -q q/bytes @daily --payload-file payload
  assert_equal "$(redis HSTRLEN 'jq:{q}:cron' p:bytes)" 4
  printf 'from stdin' | jq-cron set -q q/bytes @daily --payload-file -
  assert_equal "$(redis HGET 'jq:{q}:cron' p:bytes)" 'from stdin'
  run -0 --separate-stderr jq-cron set q/odd '0 0 */2 * MON'
  [[ $stderr == 'jq-cron: warning: day of month and day of week'* ]]
}

@test "set: what is refused, and leaves nothing behind" {
  run -65 --separate-stderr jq-cron set q/a '61 * * * *'
  [[ $stderr == "jq-cron: minute '61'"* ]] || fail "$stderr"
  run -65 jq-cron set q/a '@daily q b'
  run -65 --separate-stderr jq-cron set q/a @daily colour=red
  [[ $stderr == "jq-cron: option 'colour': unknown"* ]]
  run -65 jq-cron set q/a @daily 'limit=1 paused=yes'
  run -65 jq-cron set q/a @daily $'name=x\n@daily q b'
  run -65 jq-cron set q/a @daily hello
  run -65 --separate-stderr jq-cron set q/a @daily payload-file=x
  [[ $stderr == *'write --payload-file FILE'* ]]
  run -65 jq-cron set q/a '0 0 * * *' --tz Nowhere/City
  run -66 jq-cron set q/a @daily --payload-file none
  run -64 jq-cron set q/a
  assert_line --index 0 'jq-cron: which expression?'
  run -64 jq-cron set a @daily
  assert_line --index 0 "jq-cron: 'a' names no queue (write QUEUE/NAME)"
  run -64 jq-cron set 'q/a b' @daily
  run -64 jq-cron set q/a @daily --payload x --payload-file y
  assert_equal "$(redis DBSIZE)" 0
}

@test "set: a name of a file is the file's, and the other way round" {
  printf '@daily q mine\n' >tab
  jq-cron sync -q tab
  run -78 --separate-stderr jq-cron set q/mine @hourly
  [[ $stderr == *"belongs to source 'tab' (change it there, "* ]]
  jq-cron set -q q/byhand @hourly
  printf '@daily q byhand\n' >tab
  run -78 --separate-stderr jq-cron sync tab
  [[ $stderr == *"was made by 'jq-cron set' and is not of source 'tab'"* ]]
  # a file does not remove what it never listed
  printf '@daily q other\n' >tab
  run -0 jq-cron sync tab
  assert_output $'added q/other\nremoved q/mine'
}

@test "rm: definition, counters and pause go; jobs stay unless told" {
  jq-cron set -q q/a @daily
  jq-cron set -q q/ab @daily
  jq-cron run -q a a ab
  jq-push -q q other
  redis HINCRBY 'jq:{q}:meta' x 1 >/dev/null
  run -0 --separate-stderr jq-cron rm a
  assert_output 'removed q/a'
  assert_equal "$stderr" ''
  assert_equal "$(redis HKEYS 'jq:{q}:cron' | grep -c ':a$')" 0
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 4
  run -1 --separate-stderr jq-cron rm a
  assert_equal "$stderr" "jq-cron: no such schedule: 'a'"
  jq-cron set -q q/a @daily
  assert_equal "$(state q a 8)" 0
  job_claim q >/dev/null
  jq-cron pause a
  run -0 --separate-stderr jq-cron rm --with-jobs q/a
  # the one that runs is left alone
  assert_equal "$(redis ZCARD 'jq:{q}:run')" 1
  assert_line --index 0 'removed q/a'
  assert_line --index 1 --regexp '^q/cron:a:manual:[0-9a-z]{9}$'
  assert_equal "${#lines[@]}" 2
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 2
  run -0 jq-cron rm -J q/ab
  assert_output '{"what":"removed","queue":"q","name":"ab"}'
  assert_equal "$(redis SMEMBERS jq:crons)" ''
}

@test "run, backfill, rm --with-jobs: -J is an object a line" {
  jq-cron set -q q/a '@every 1h'
  run -0 jq-cron run -J a
  [[ $output =~ ^'{"what":"enqueued","job":"q/cron:a:manual:'[0-9a-z]{9}'"}'$ ]] ||
    fail "$output"
  local manual=$output
  run -0 jq-cron backfill -J a --from @1795471200 --to @1795478400
  assert_output '{"what":"enqueued","job":"q/cron:a:20261123T220000Z"}
{"what":"enqueued","job":"q/cron:a:20261123T230000Z"}'
  run -0 jq-cron backfill -J a --dry-run --from @1795471200 --to @1795474800
  assert_output '{"what":"enqueued","job":"q/cron:a:20261123T220000Z"}'
  run -0 jq-cron rm -J --with-jobs a
  assert_line --index 0 '{"what":"removed","queue":"q","name":"a"}'
  assert_line "${manual/enqueued/dropped}"
  assert_line '{"what":"dropped","job":"q/cron:a:20261123T230000Z"}'
  assert_equal "${#lines[@]}" 4
}

@test "rm: one of a file comes back with it, and one is damaged" {
  printf '@daily q a\n@daily q b\n' >tab
  jq-cron sync -q tab
  run -0 --separate-stderr jq-cron rm q/a
  [[ $stderr == *"'q/a' is of source 'tab' and comes back when"* ]]
  run -0 jq-cron sync tab
  assert_output 'added q/a'
  redis HSET 'jq:{q}:cron' s:b nonsense >/dev/null
  run -76 jq-cron show q/b
  run -65 --separate-stderr jq-cron pause q/b
  [[ $stderr == *'damaged (remove it and set it anew)' ]]
  run -0 jq-cron rm q/b
  assert_equal "$(redis HGET 'jq:{q}:cron' n:tab)" ' a'
}

@test "pause and resume: no tick of the time between fires, whatever missed says" {
  jq-cron set -q q/a '@every 1s' missed=all
  run -0 jq-cron pause q/a
  assert_output ''
  run -0 --separate-stderr jq-cron pause q/a
  assert_equal "$stderr" "jq-cron: warning: 'q/a' is paused already"
  # a scheduler that runs meanwhile drops them, one that does not finds none
  rewind q a 600
  run -0 jq-cron resume q/a
  local resumed
  resumed=$(redis TIME | head -n 1)
  run -0 --separate-stderr jq-cron resume q/a
  assert_equal "$stderr" "jq-cron: warning: 'q/a' is not paused"
  spawn d jq-cron serve
  wait_line 10 d.err ' fire name=a '
  local first
  first=$(job_ids q rdy | head -n 1 |
    sed 's/.*:\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z/\1-\2-\3 \4:\5:\6Z/')
  [ "$(date -d "$first" +%s)" -gt $((resumed - 2)) ]
  assert_equal "$(state q a 9)" 0
  jq-cron pause a
  wait_line 10 d.err ' drop name=a queue=q why=paused '
  run -0 jq-cron ls -F note,paused
  assert_line --partial true
  assert_equal "$(events q/a | tr ' ' '\n' | uniq | paste -sd ' ')" \
    'added pause resume fired pause paused'
  # a sync or an edit that says nothing about it leaves it paused
  jq-cron set -q q/a '@every 2s'
  run -0 jq-cron ls -F paused
  assert_output true
}

@test "run: a job now; the watermark, limit and pause do not matter" {
  jq-cron set -q q/a @daily limit=1 paused=yes priority=4 --payload p
  local before
  before=$(state q a 6)
  run -0 --separate-stderr jq-cron run q/a
  [[ $output =~ ^q/cron:a:manual:[0-9a-z]{9}$ ]] || fail "$output"
  assert_equal "$(job_payload "$output")" p
  [[ $(job_header "$output") == *' p=4'* ]]
  assert_equal "$(state q a 6) $(state q a 8)" "$before 0"
  run -0 jq-cron run a a
  assert_equal "$(sort -u <<<"$output" | wc -l)" 2
  run -0 jq-stat -H -F name
  assert_output q
  run -1 --separate-stderr jq-cron run none a
  assert_equal "$stderr" "jq-cron: no such schedule: 'none'"
  [[ $output == q/cron:a:manual:* ]]
}

@test "run: overlap holds, and a full queue is 75" {
  jq-cron set -q q/a @daily overlap=forbid
  jq-cron run -q a
  run -1 --separate-stderr jq-cron run a
  [[ $stderr == *"is unfinished, and jobs of it may not overlap" ]]
  # and so it does for the ticks that follow
  spawn d jq-cron serve
  wait_line 10 d.err ' start '
  # the scheduler hears of the change and does not wait for its next look
  jq-cron set -q q/a '@every 1s' overlap=forbid
  wait_line 10 d.err ' drop name=a queue=q why=overlap .* job=cron:a:manual:'
  jq-cron set -q r/b @daily overlap=replace
  jq-cron run -q b
  run -0 jq-cron run b
  assert_equal "$(job_ids r rdy)" "${output#*/}"
  job_call r configure max_len 1 >/dev/null
  jq-cron set -q r/c @daily
  run -75 --separate-stderr jq-cron run c
  assert_equal "$stderr" "jq-cron: queue 'r' is full"
}

@test "backfill: a job for each tick of the time, none twice" {
  jq-cron set -q q/a '@every 1h' overlap=forbid limit=1
  local to=1795478400 # 2026-11-24T00:00:00Z
  run -0 --separate-stderr jq-cron backfill a --from "@$((to - 7200))" --to "@$to" \
    --dry-run
  assert_output $'q/cron:a:20261123T220000Z\nq/cron:a:20261123T230000Z'
  assert_equal "$(redis EXISTS 'jq:{q}:rdy')" 0
  run -0 --separate-stderr jq-cron backfill a --from "@$((to - 7200))" --to "@$to"
  assert_output $'q/cron:a:20261123T220000Z\nq/cron:a:20261123T230000Z'
  assert_equal "$stderr" ''
  run -0 --separate-stderr jq-cron backfill a --from "@$((to - 7200))" --to "@$((to + 1))"
  assert_output q/cron:a:20261124T000000Z
  assert_equal "$stderr" "jq-cron: 'q/a': 2 of 3 ticks had their job already"
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 3
  assert_equal "$(state q a 8)" 0
}

@test "backfill: of ticks that are due; catching up then enqueues none twice" {
  jq-cron set -q q/a '@every 1h' missed=all
  rewind q a 8000
  local n
  n=$(jq-cron backfill a --from "@$(($(redis TIME | head -n 1) - 8000))" | wc -l)
  [ "$n" -ge 2 ]
  spawn d jq-cron serve
  wait_line 10 d.err ' drop name=a queue=q why=known '
  run -0 jq-cron ls --check
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" "$n"
}

@test "backfill: wrong use" {
  jq-cron set -q q/a '@every 1s'
  run -64 jq-cron backfill a
  assert_line --index 0 'jq-cron: from when on? (--from TIME)'
  run -64 jq-cron backfill a --from @5 --to @5
  run -64 jq-cron backfill a --from @1000000 --to @1020000
  assert_line --index 0 --partial 'more than 10000 ticks'
  run -64 jq-cron backfill a --from @5 --to 9999-01-01T00:00:00Z
  run -1 jq-cron backfill a --from @5.1 --to @5.2
  assert_output --partial 'has no tick in that time'
  assert_equal "$(redis EXISTS 'jq:{q}:rdy')" 0
}

@test "history: what happened, the latest last; of drops in a row one line" {
  jq-cron set -q q/a '@every 1s' paused=yes
  rewind q a 3
  spawn d jq-cron serve
  wait_until 20 test_count_paused 4
  jq-cron resume -q a
  wait_line 20 d.err ' fire name=a '
  run -0 jq-cron history a
  assert_line --index 0 --regexp '^TIME +EVENT +TICK +COUNT +WHAT$'
  assert_line --index 1 --regexp ' added +- +1  by .+@'
  assert_line --index 2 --regexp ' paused +20..-..-..T..:..:..Z +[0-9]+$'
  assert_line --index 3 --regexp ' resume '
  assert_line --index 4 --regexp ' fired +20..-..-..T..:..:..Z +0  cron:a:20'
  run -0 jq-cron history -n 1 -H a
  assert_equal "${#lines[@]}" 1
  run -0 jq-cron history -J a
  [[ ${lines[0]} == '{"queue":"q","name":"a","time":"'*'","event":"added","tick":null,'* ]]
  # the record has bounds
  local n
  for ((n = 0; n < 30; n++)); do
    jq-cron pause -q a
    jq-cron resume -q a
  done
  assert_equal "$(jq-cron history -F event a | wc -l)" 50
}

test_count_paused() {
  [ "$(state q a 11)" -ge "$1" ]
}
