#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Events of queues: what the scripts record while somebody follows, and
# jq-stat --follow [QUEUE].

load ../lib/server
load ../lib/jobs

# Have the events of a queue recorded, as a follower does.
record() {
  job_call "$1" events 600000 >/dev/null
}

# The events on record of a queue: EVENT:ID, one a line.
recorded() {
  jq-stat --follow --from 0 -n "$(on_record "$1")" --wait-timeout 20s \
    -F event,id "$1" 2>/dev/null | tr '\t' :
}

is_recorded() {
  [ -n "$(redis HGET "jq:{$1}:meta" recorded)" ]
}

on_record() {
  redis XLEN "jq:{$1}:events"
}

@test "nothing is recorded while nobody follows" {
  job_all_states mail
  assert_equal "$(redis EXISTS 'jq:{mail}:events')" 0
  assert_equal "$(redis HEXISTS 'jq:{mail}:meta' recorded)" 0
}

@test "what happens to jobs is on record, in its order" {
  job_push mail/first
  record mail
  job_push mail/a '' n=welcome
  job_claim mail >/dev/null
  job_close mail/first 'done' exit:0 >/dev/null
  job_claim mail >/dev/null
  job_close mail/a fail exit:3 'no route' >/dev/null
  job_push mail/b '' when=+3600000
  run -0 recorded mail
  assert_output "pushed:a
claimed:first
ended:first
done:first
claimed:a
failed:a
retry:a
pushed:b
delayed:b"
}

@test "losses, promotions, releases, and what operators do" {
  job_push mail/a
  record mail
  job_claim mail W >/dev/null
  job_call mail close a "$(job_token mail/a)" release 60000 5 exit:75 \
    $'0 0 0 0 me later\n' '' >/dev/null
  redis ZADD 'jq:{mail}:dly' 1 a >/dev/null
  job_claim mail W >/dev/null
  jq-ctl cancel mail/a >/dev/null
  job_close mail/a fail signal:15 >/dev/null
  jq-retry mail/a >/dev/null
  job_claim mail W >/dev/null
  redis ZADD 'jq:{mail}:run' 1 a >/dev/null
  redis HDEL 'jq:{mail}:meta' hold >/dev/null
  job_call mail claim V 1 0 >/dev/null
  jq-ctl cancel mail/a >/dev/null
  jq-ctl drop mail/a >/dev/null
  jq-ctl pause --reason why mail
  jq-ctl resume mail
  job_call mail push e x d 0 0 1 '' p >/dev/null
  wait_until 5 expired x
  run -0 recorded mail
  assert_output "claimed:a
released:a
delayed:a
ready:a
claimed:a
stopping:a
failed:a
cancelled:a
retried:a
claimed:a
lost:a
cancelled:a
dropped:a
paused:
resumed:
pushed:x
expired:x"
}

# Claim until the job has expired.
expired() {
  job_claim mail >/dev/null
  [ "$(job_sets "mail/$1")" = dead ]
}

@test "--follow: lines for people, with a real worker" {
  jq-push -i first mail x >/dev/null
  spawn follow jq-stat --follow mail
  wait_until 20 is_recorded mail
  jq-push -i a -N welcome -b fixed:0 mail x >/dev/null
  jq-work -n 3 -W 20s --worker-name me mail sh -c \
    '[ "$JQ_ID" = first ] || [ "$JQ_ATTEMPT" = 2 ] || { echo oh >&2; exit 3; }' \
    2>/dev/null
  day='20[0-9-]+T[0-9:.]+Z'
  wait_line 20 follow.out "^$day pushed   mail/a welcome\$"
  wait_line 20 follow.out "^$day claimed  mail/first on me\$"
  wait_line 20 follow.out "^$day ended    mail/first exit 0 after [^ ]+ on me\$"
  wait_line 20 follow.out "^$day done     mail/first\$"
  wait_line 20 follow.out "^$day failed   mail/a exit 3 after [^ ]+ on me: oh\$"
  wait_line 20 follow.out "^$day retry    mail/a in [0-9]+m?s\$"
  wait_line 20 follow.out "^$day claimed  mail/a on me, start 2\$"
  wait_line 20 follow.out "^$day done     mail/a\$"
}

@test "--follow: all queues, also those that are new" {
  job_push mail/a
  spawn follow jq-stat --follow -F job,event
  wait_until 20 is_recorded mail
  job_push mail/b
  wait_line 20 follow.out $'^mail/b\tpushed$'
  job_push other/a
  wait_until 20 is_recorded other
  job_push other/b
  wait_line 20 follow.out $'^other/b\tpushed$'
  run -0 grep -c . follow.out
  assert_output 2
}

@test "--follow -J -n: objects, resumed by event_id without a gap" {
  job_push mail/first
  record mail
  for id in a b c d e; do job_push "mail/$id"; done
  run -0 --separate-stderr jq-stat --follow -J --from 0 -n 2 mail
  assert_regex "$stderr" 'may be missing$'
  assert_equal "${#lines[@]}" 2
  assert_regex "${lines[0]}" '^\{"event_id":"[0-9]+-[0-9]+","time":"[^"]+Z",'
  assert_regex "${lines[1]}" '"event":"pushed","queue":"mail","id":"b","job":"mail/b"\}$'
  last=$(sed -nE '2s/.*"event_id":"([^"]+)".*/\1/p' <<<"$output")
  run -0 --separate-stderr jq-stat --follow -F id --from "$last" -n 3 mail
  assert_output $'c\nd\ne'
  assert_equal "$stderr" ''
  run -75 --separate-stderr jq-stat --follow --from "$(redis XREVRANGE \
    'jq:{mail}:events' + - COUNT 1 | head -n 1)" --wait-timeout 10ms mail
  assert_output ''
}

@test "--follow --from: what is not on record any more is said" {
  job_push mail/a
  run -75 --separate-stderr jq-stat --follow --from 1700000000000-0 \
    --wait-timeout 1s mail
  assert_regex "$stderr" \
    "^jq-stat: warning: queue 'mail': events before 20.*Z may be missing\$"
  jq-ctl set mail keep-events=100 >/dev/null
  args=()
  for id in {1..40}; do job_push "mail/x$id"; done
  from=$(redis XRANGE 'jq:{mail}:events' - + COUNT 1 | head -n 1)
  run -0 --separate-stderr jq-stat --follow --from "$from" -n 1 mail
  assert_equal "$stderr" ''
  # the stream is cut by whole nodes, of 100 entries each
  for id in {1..250}; do args+=("y$id" d 0 0 0 '' p); done
  job_call mail push e "${args[@]}" >/dev/null
  [ "$(on_record mail)" -le 300 ]
  run -0 --separate-stderr jq-stat --follow --from "$from" -n 1 mail
  assert_regex "$stderr" 'may be missing$'
}

@test "what nobody follows any more goes with the housekeeping" {
  job_push mail/a
  record mail
  job_push mail/b
  assert_equal "$(on_record mail)" 1
  redis HSET 'jq:{mail}:meta' recorded 1 >/dev/null
  job_push mail/c
  assert_equal "$(on_record mail)" 1
  job_call mail claim W 1 0 >/dev/null
  assert_equal "$(redis EXISTS 'jq:{mail}:events')" 0
  assert_equal "$(redis HEXISTS 'jq:{mail}:meta' recorded_since)" 0
}

@test "an events key of a foreign type stops scripts before they write" {
  jq-push -i a mail x >/dev/null
  record mail
  redis DEL 'jq:{mail}:events' >/dev/null
  redis SET 'jq:{mail}:events' x >/dev/null
  run job_claim mail
  assert_equal "$(job_sets mail/a)" rdy
  run -1 jq-stat --check mail
  assert_output --partial 'events'
  run -0 jq-ctl check --repair mail
  assert_output --partial "mail: key 'events': it was removed"
  assert_equal "$(job_claim mail)" a
}

@test "--follow: wrong use, unknown queues" {
  job_push mail/a
  run -66 --separate-stderr jq-stat --follow nowhere
  assert_regex "$stderr" "^jq-stat: no such queue: 'nowhere'"
  run -64 jq-stat --follow --from nonsense mail
  run -64 jq-stat --from 0 mail
  run -64 jq-stat --follow --from 0 mail/a
  run -64 jq-stat --follow -F nonsense mail
  run -64 jq-stat --follow mail mail/a
  run -75 jq-stat --follow --wait-timeout 10ms
  run -64 jq-stat --follow -w mail
}

@test "an outage of the server is waited out" {
  job_push mail/a
  spawn follow jq-stat --follow -F id,event mail
  wait_until 20 is_recorded mail
  redis CLIENT KILL TYPE normal >/dev/null || true
  job_push mail/b
  wait_line 30 follow.out $'^b\tpushed$'
}
