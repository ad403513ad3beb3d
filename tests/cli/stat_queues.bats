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

@test "a job that was put back or tried waits since then" {
  pushed mail/a 100000
  job_claim mail >/dev/null
  job_call mail close a "$(job_token mail/a)" release 0 5 exit:75 \
    '0 0 0 0 me -' '' >/dev/null
  run -0 oldest mail
  assert_output --regexp '^[0-9]$'
  redis DEL 'jq:{mail}:rdy' >/dev/null
  pushed mail/b 100000
  job_call mail remove cancel why b >/dev/null
  jq-retry mail/b >/dev/null
  run -0 oldest mail
  assert_output --regexp '^[0-9]$'
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
