#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat: what the table of queues says of ones that are not as they should
# be, and since when jobs wait.

load ../lib/server
load ../lib/jobs

note() {
  jq-stat -F note "$1"
}

# pushed JOB MS [OPTIONS]: it was pushed so long ago
pushed() {
  job_push "$1" x
  redis HSET "jq:{${1%%/*}}:pay" "${1#*/}" \
    "1 $(($(now) - $2)) 0 1 digest${3:+ $3}"$'\n'x >/dev/null
}

now() {
  redis TIME | { read -r s && read -r us && echo "$((s * 1000 + us / 1000))"; }
}

# Seconds, rounded down.
oldest() {
  jq-stat -F oldest_ready_s "$1" | cut -d . -f 1
}

@test "the note: a handler that does not work, at all workers or some" {
  job_beat mail A halted
  job_push mail/a
  run -0 note mail
  assert_output 'handler broken'
  job_beat mail B run
  job_beat mail C quiet
  run -0 note mail
  assert_output 'handler broken on 1 of 3 workers'
  job_beat mail A run
  run -0 note mail
  assert_output ''
}

@test "the note: workers of one kind that take nothing" {
  job_push mail/a
  job_beat mail A stopping
  run -0 note mail
  assert_output 'workers take nothing: stopping'
  job_beat mail B quiet
  run -0 note mail
  assert_output 'workers take nothing: quiet'
  job_beat mail C run
  run -0 note mail
  assert_output ''
}

@test "the note: behind, when more come than go and they wait" {
  job_beat mail W
  job_push mail/a
  job_claim mail >/dev/null
  pushed mail/b 30000
  run -0 note mail
  assert_output ''
  pushed mail/b 90000
  run -0 note mail
  assert_output --regexp '^behind: [12]/m more come than go$'
  redis HINCRBY 'jq:{mail}:min' "$(($(now) / 60000))d" 10 >/dev/null
  run -0 note mail
  assert_output ''
}

@test "several notes stand beside each other" {
  job_push mail/a
  job_call mail configure paused 'why, who' max_len 1 >/dev/null
  run -0 note mail
  assert_output --regexp '^paused [0-9]+m?s: why, who; no worker; limit reached$'
}

@test "a job that was delayed waits since it was due" {
  pushed mail/a 100000
  run -0 oldest mail
  assert_output --regexp '^1[0-9][0-9]$'
  pushed mail/a 100000 "a=$(($(now) - 20000))"
  run -0 oldest mail
  assert_output --regexp '^[2-4][0-9]$'
}

@test "a delayed push says when it is due, another does not" {
  job_push mail/a x when=+3600000
  job_push mail/b x
  job_push mail/c x when=@1000
  run -0 job_header mail/a
  assert_output --regexp " a=$(redis ZSCORE 'jq:{mail}:dly' a | cut -d . -f 1)$"
  run -0 job_header mail/b
  refute_output --partial ' a='
  run -0 job_header mail/c
  refute_output --partial ' a='
}

# What a job's record says: change JOB PATTERN TEXT
change() {
  redis EVAL 'redis.call("HSET", KEYS[1], ARGV[1], (string.gsub(
    redis.call("HGET", KEYS[1], ARGV[1]), ARGV[2], ARGV[3], 1)))' 1 \
    "jq:{${1%%/*}}:job" "${1#*/}" "$2" "$3" >/dev/null
}

give_back() {
  job_call "${1%%/*}" close "${1#*/}" "$(job_token "$1")" release "${2:-0}" 5 \
    exit:75 '0 0 0 0 me -' '' >/dev/null
}

@test "a job that was given back, or lost with its worker, waits as before" {
  pushed mail/a 100000
  job_claim mail >/dev/null
  give_back mail/a
  run -0 oldest mail
  assert_output --regexp '^1[0-9][0-9]$'
  job_claim mail W >/dev/null
  job_call mail abandon W '' >/dev/null
  assert_equal "$(job_sets mail/a)" rdy
  run -0 oldest mail
  assert_output --regexp '^1[0-9][0-9]$'
}

@test "a job that was put back waits since then, also when it is given back" {
  pushed mail/a 100000
  job_call mail remove cancel why a >/dev/null
  change mail/a '^(%S+ %S+) %d+' '%1 1000'
  jq-retry mail/a >/dev/null
  run -0 oldest mail
  assert_output --regexp '^[0-9]$'
  run -0 jq-stat -i mail/a
  assert_line --regexp '^State +ready, for [0-9]+m?s$'
  change mail/a ' a=%d+' " a=$(($(now) - 50000))"
  job_claim mail >/dev/null
  give_back mail/a
  run -0 oldest mail
  assert_output --regexp '^[5-7][0-9]$'
}

@test "one that comes back later has its due time on record" {
  for how in 'release 3600000' 'fail 3600000' 'lost'; do
    job_push mail/a x
    job_claim mail W >/dev/null
    if [ "$how" = lost ]; then
      change mail/a '^(%S+ %S+ %S+ %S+ %S+ %S+) 0' '%1 1'
      job_call mail abandon W '' >/dev/null
    else
      # shellcheck disable=SC2086 # two words
      job_call mail close a "$(job_token mail/a)" $how 5 exit:75 \
        '0 0 0 0 me -' '' >/dev/null
    fi
    set=$(job_sets mail/a)
    [[ $set = [dr][lt]y ]] || fail "$how: $set"
    run -0 redis HGET 'jq:{mail}:job' a
    assert_line --index 1 --regexp \
      " a=$(redis ZSCORE "jq:{mail}:$set" a | cut -d . -f 1)\$"
    job_call mail remove drop why a >/dev/null
    redis DEL 'jq:{mail}:done' 'jq:{mail}:job' >/dev/null
  done
}

@test "what is overdue where nobody makes it ready counts from when it was due" {
  job_push mail/a x when=+3600000
  run -0 jq-stat -F oldest_ready_s,note mail
  assert_output $'\t'
  redis ZADD 'jq:{mail}:dly' "$(($(now) - 20000)).5" a >/dev/null
  run -0 oldest mail
  assert_output --regexp '^[2-4][0-9]$'
  run -0 note mail
  assert_output 'no worker'
  run -1 jq-stat --check-alert 'oldest>10s' mail
  run -2 check_jq -c oldest=10s mail
  run -0 jq-stat --prometheus mail
  assert_line --regexp '^jq_queue_oldest_ready_seconds\{queue="mail"\} [2-4][0-9]'
  job_push mail/b x
  job_claim mail >/dev/null
  job_close mail/b fail >/dev/null
  redis ZADD 'jq:{mail}:rty' "$(($(now) - 100000)).5" b >/dev/null
  run -0 oldest mail
  assert_output --regexp '^1[0-9][0-9]$'
  job_beat mail Q quiet
  run -0 note mail
  assert_output 'workers take nothing: quiet'
  # the oldest of all is ready
  pushed mail/c 300000
  run -0 oldest mail
  assert_output --regexp '^3[0-9][0-9]$'
}

@test "changed: when a job came into its state, not when it was started" {
  job_push mail/a x
  job_claim mail >/dev/null
  change mail/a '^(%S+ %S+) %d+' '%1 1000'
  give_back mail/a
  run -0 jq-stat -i mail/a
  assert_line --regexp '^State +ready, for [0-9]+m?s$'
}

@test "slots: of all living workers, and how many are busy" {
  job_beat mail A
  job_beat mail B halted
  run -0 jq-stat -F workers,slots,slots_busy mail
  assert_output $'2\t8\t6'
}

@test "colours go by meaning, on a terminal or when told" {
  job_all_states mail
  run -0 jq-stat mail
  refute_output --partial $'\e'
  run -0 jq-stat --color always mail
  assert_output --partial $'\e[1mmail'
  assert_output --partial $'\e[31m1\e'
  assert_output --partial $'\e[33mno worker\e'
  TERM=xterm NO_COLOR=1 run -0 script -qec 'jq-stat mail' /dev/null
  refute_output --partial $'\e'
  TERM=xterm run -0 script -qec 'jq-stat mail' /dev/null
  assert_output --partial $'\e[31m1\e'
}

# on_terminal COLUMNS COMMAND: its lines, none of which goes on in the next
on_terminal() {
  run -0 script -qec "stty cols $1; $2" /dev/null
  output=$(tr -d '\r' <<<"$output")
  mapfile -t lines <<<"$output"
  # awk may count bytes
  run -0 awk -v most="$1" '{ print; gsub("…", ".") }
    length($0) > most { print "too long"; exit 1 }' <<<"$output"
}

@test "a table fits the terminal: what can be spared goes, then ends of texts" {
  local text='it was not to be, as somebody had said the other day already'
  job_push payments-eu/a
  jq-ctl pause -q --reason 'deploy 42' payments-eu
  on_terminal 100 'jq-stat payments-eu'
  assert_line --index 0 --regexp '^QUEUE +READY .* NOTE$'
  assert_line --index 1 --regexp '^payments-eu .*paused [0-9]+m?s: deploy 42'
  on_terminal 40 'jq-stat payments-eu'
  assert_line --index 0 --regexp '^QUEUE +READY +NOTE$'
  assert_line --index 1 --regexp '^payments-eu +1  paused .*…$'

  job_push payments-eu/0123456789abcdefghijklmn x 'n=welcome'
  jq-ctl resume -q payments-eu
  job_claim payments-eu >/dev/null
  job_claim payments-eu >/dev/null
  job_close payments-eu/0123456789abcdefghijklmn dead exit:1 "$text" >/dev/null
  on_terminal 80 'jq-stat -s dead'
  assert_line --index 0 --regexp '^JOB +STATE .* REASON$'
  assert_line --index 1 --regexp '^payments-eu/0123.* dead .*it was not to be, as.*…$'

  on_terminal 80 'jq-stat --history payments-eu'
  assert_line --regexp '^MINUTE .* WAIT p95 .* RUN p95$'
  job_beat payments-eu W
  on_terminal 60 'jq-stat --workers payments-eu'
  assert_line --regexp '^WORKER +QUEUE +STATE .* FAILED'

  # elsewhere all of it is there
  run -0 jq-stat -s dead
  assert_output --partial "$text"
  run -0 jq-stat --history payments-eu
  assert_output --partial ' RUN p99'
}

@test "a long list on a terminal: each page has a header and columns that fit" {
  seq 501 | jq-push -q -l mail
  on_terminal 80 'jq-stat -n 0 -s ready'
  run -0 grep -c '^JOB  *STATE ' <<<"$output"
  assert_output 2
  on_terminal 80 'jq-stat -H -n 0 -s ready'
  run -1 grep -c '^JOB  *STATE ' <<<"$output"
}
