#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --explain: why a job does not run, in a sentence.

load ../lib/server
load ../lib/jobs

day='20[0-9-]+T[0-9:]+Z'

cause() {
  jq-stat --explain -F cause "$1"
}

@test "--explain: no worker, and its place among the others" {
  job_push mail/a
  job_push mail/b
  job_push mail/c '' priority=5
  run -0 jq-stat --explain mail/a mail/b mail/c
  assert_line --index 0 \
    'mail/a is ready, but no worker serves its queue; 1 job is ahead of it'
  assert_line --index 1 \
    'mail/b is ready, but no worker serves its queue; 2 jobs are ahead of it'
  assert_line --index 2 \
    'mail/c is ready, but no worker serves its queue; it is the next'
  assert_equal "$(cause mail/a)" no-worker
  run -0 jq-stat --explain -F ahead,workers,expected_start mail/b
  assert_output $'2\t0\t'
}

@test "--explain: a paused queue, since when, why and by whom" {
  jq-push -i a mail x >/dev/null
  jq-ctl pause --reason 'disk full' mail
  run -0 jq-stat --explain mail/a
  assert_regex "$output" "^mail/a is ready, but its queue is paused since $day \
\([0-9]+m?s ago\): disk full, [^ ]+@[^ ]+; it is the next$"
  assert_equal "$(cause mail/a)" paused
  # what waits for a time is told of it too
  job_push mail/d '' when=+3600000
  run -0 jq-stat --explain mail/d
  assert_regex "$output" "^mail/d is delayed until $day \(in 59m59s|1h\).*; and \
its queue is paused since .*disk full"
  # the same sentence without the job, for programs
  run -0 jq-stat --explain -F job,text mail/a
  assert_regex "$output" $'^mail/a\tis ready, but its queue is paused since '
  run -0 jq-stat --explain -F text mail/d
  assert_output --regexp '^is delayed until '
  run -0 jq-stat --explain -J mail/a
  assert_regex "$output" '"cause":"paused".*"ahead":0.*"paused_why":"disk full, '
}

@test "--explain: workers that take no jobs" {
  job_push mail/a
  job_beat mail W halted
  run -0 jq-stat --explain mail/a
  assert_output "mail/a is ready, but the 1 worker of its queue takes no jobs: \
halted; it is the next"
  assert_equal "$(cause mail/a)" no-taker
}

@test "--explain: a free slot, a full house, a rate" {
  for id in a b c; do job_push "mail/$id"; done
  job_beat mail W run # 3 of 4 slots are busy
  run -0 jq-stat --explain mail/a mail/b
  assert_line --index 0 \
    'mail/a is ready and about to start: 1 of 4 slots are free'
  assert_line --index 1 "mail/b waits its turn: 1 job is ahead of it, 0 run on \
1 worker; no job has ended lately, so there is no telling when it starts"
  # 600 ended in this minute and the one before
  now=$(redis TIME | head -n 1)
  redis HSET 'jq:{mail}:meta' minute_low $((now / 60 - 1)) >/dev/null
  redis HSET 'jq:{mail}:min' $((now / 60 - 1))d 590 $((now / 60))f 10 >/dev/null
  run -0 jq-stat --explain mail/c
  assert_regex "$output" "^mail/c waits its turn: 2 jobs are ahead of it, 0 run \
on 1 worker; at [0-9]+ a minute it starts about $day \(.*\)$"
  run -0 jq-stat --explain -F ends_minute mail/c
  rate=${output%.*}
  [ "$rate" -ge 250 ] && [ "$rate" -le 601 ]
  # a rate of an hour, where little ends
  redis HSET 'jq:{mail}:meta' minute_low $((now / 60 - 500)) >/dev/null
  redis HSET 'jq:{mail}:min' $((now / 60 - 1))d 0 $((now / 60))f 0 \
    $((now / 60 - 30))d 15 >/dev/null
  run -0 jq-stat --explain -F ends_minute mail/c
  assert_regex "$output" '^0\.2[45]'
}

@test "--explain: what expires before its turn" {
  job_push mail/a
  job_call mail push e x d 0 0 5000 '' p >/dev/null
  run -0 jq-stat --explain mail/x
  assert_output --regexp "1 job is ahead of it; it expires $day \(in [45].*s\) \
unless it is started by then$"
}

@test "--explain: retries, losses, what was handed back" {
  job_push mail/a '' m=5
  job_claim mail >/dev/null
  job_close mail/a fail exit:3 'no route' >/dev/null
  run -0 jq-stat --explain mail/a
  assert_regex "$output" "^mail/a waits for its next attempt until $day \(in [0-9ms]+\
\), because attempt 1 of 5 failed with exit 3: no route; and no worker serves"
  assert_equal "$(cause mail/a)" retry
  job_push mail/b
  job_claim mail >/dev/null
  job_call mail close b "$(job_token mail/b)" release 60000 5 exit:75 \
    $'0 0 0 0 me later\n' '' >/dev/null
  job_beat mail W run
  run -0 jq-stat --explain mail/b
  assert_regex "$output" "^mail/b is delayed until $day \(in .*\), because it was \
handed back \(1 time\)$"
  assert_equal "$(cause mail/b)" released
  run -0 jq-stat --explain -F expected_start mail/b
  assert_regex "$output" '^20'
}

@test "--explain: a running job, its worker, its lease" {
  job_push mail/a
  job_beat mail W run web1:812
  job_claim mail W >/dev/null
  job_live mail/a 3 10 half%20way ''
  run -0 jq-stat --explain mail/a
  assert_regex "$output" "^mail/a runs since $day \(.* ago\) on web1:812, 3 of 10 \
done$"
  jq-ctl cancel mail/a >/dev/null
  run -0 jq-stat --explain mail/a
  assert_regex "$output" '; its worker was asked to stop it$'
  redis ZADD 'jq:{mail}:run' 1700000000000 a >/dev/null
  run -0 jq-stat --explain mail/a
  assert_regex "$output" '; its lease ran out 2023-11-14T22:13:20Z \(.* ago\), and '
  assert_equal "$(cause mail/a)" overdue
}

@test "--explain: how a job ended" {
  job_all_states mail
  run -0 jq-stat --explain mail/f1 mail/k1
  assert_line --regexp "^mail/f1 is done since $day \(.* ago\), after [0-9]+m?s on me$"
  assert_line --regexp "^mail/k1 is dead since $day \(.* ago\): bad data; its last \
attempt ended with exit 65 \(jq-retry mail/k1 puts it back\)$"
  jq-ctl drop mail/r1 >/dev/null
  jq-ctl cancel mail/r2 >/dev/null
  assert_equal "$(cause mail/r1)" dropped
  assert_equal "$(cause mail/r2)" cancelled
}

@test "--explain: unknown jobs, several, bare ids, wrong use" {
  job_push mail/a
  run -1 --separate-stderr jq-stat --explain --queue mail zz a
  assert_output --regexp '^mail/a is ready'
  assert_equal "$stderr" "jq-stat: no such job: 'mail/zz'"
  run -64 jq-stat --explain
  run -64 jq-stat --explain -w mail/a
  run -64 jq-stat --explain --workers mail/a
  run -64 jq-stat --explain -F nonsense mail/a
  run -64 jq-stat --explain -F payload mail/a
  run -0 jq-stat --explain -J mail/a
  assert_regex "$output" '^\{"v":1,"time":"[^"]+","jobs":\[\{"id":"a",'
}

@test "--explain: what a handler wrote cannot act on the terminal" {
  job_push mail/a
  job_kill mail/a $'\e[2Jred'
  run -0 jq-stat --explain --color always mail/a
  assert_output --partial ': \x1b[2Jred;'
  assert_output --partial $'\e[31mmail/a\e[0m is dead'
}
