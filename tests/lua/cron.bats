#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The scripts of schedules, called directly.

load ../lib/server
load ../lib/jobs

# cron SCRIPT QUEUE [ARG...]: with the queue's hash of schedules as well.
cron() {
  local script=$1 queue=$2 name keys=()
  shift 2
  for name in rdy dly rty run 'done' dead job pay out meta wrk wake min live \
    seen events cron; do
    keys+=("jq:{$queue}:$name")
  done
  redis EVAL "$(cat "$ROOT/build/gen/lua/cron_$script.lua")" 18 "${keys[@]}" \
    jq:crons "$@"
}

# sync [NAME DEFINITION PAYLOAD NEXT]...: source «web», no generation
sync() {
  cron sync q apply web 0 refuse me "$@" | tail -n +3 | paste -sd ' '
}

add() {
  sync "$1" "* * * * * q $1${2:+ $2}" "${3-payload of $1}" 60
}

hash() {
  redis HGET 'jq:{q}:cron' "$1"
}

# Value N of a schedule's state: 1 rev, 2 marks, 6 watermark, 7 next, 8 fired,
# 9 missed, 10 blocked, 11 paused, 12 known
state() {
  hash "s:$1" | head -n 1 | cut -d ' ' -f "$2"
}

# set_state NAME N VALUE
set_state() {
  redis -x HSET 'jq:{q}:cron' "s:$1" < <(
    hash "s:$1" | awk -v n="$2" -v v="$3" 'NR == 1 { $n = v }
      NR > 1 { printf "\n" } { printf "%s", $0 }'
  ) >/dev/null
}

# The clock of the server, in seconds.
server_now() {
  redis TIME | head -n 1
}

# fire NAME TICK [KEY=VALUE...]: keys are rev kind next missed stamp start end
# limit overlap max_live priority when expiry options release from until
fire() {
  local name=$1 tick=$2 word
  local rev kind=fire next=- missed=0 stamp=T$2 start=0 end=0 limit=0 \
    overlap=allow max_live=0 priority=0 when=0 expiry=0 options='' release='' from='' until=0
  rev=$(state "$name" 1)
  shift 2
  for word; do
    local "${word%%=*}=${word#*=}"
  done
  cron fire q "$name" "$rev" "$kind" "$tick" "$next" "$missed" "$stamp" \
    "$start" "$end" "$limit" "$overlap" "$max_live" epoch "digest-$stamp" \
    "$priority" "$when" "$expiry" "$options" me "$release" "$from" "$until"
}

# The word of the answer alone.
word() {
  fire "$@" | head -n 1
}

# The watermark far enough back for N ticks of one second.
rewind() {
  set_state "$1" 6 "$(($(server_now) - $2))"
}

# An hour ago, in seconds: ticks from here on are due after `rewind NAME 3700`.
setup() {
  server_setup
  base=$(($(server_now) - 3600))
}

jobs_in() {
  redis ZRANGE "jq:{q}:$1" 0 -1 | sed 's/^cron://' | paste -sd ' '
}

@test "sync: adds, leaves alone, changes, removes; only of its source" {
  assert_equal "$(add a)" 'added a'
  assert_equal "$(state a 6)" "$(hash s:a | head -n 1 | awk '{print int($4/1000)}')"
  local rev watermark
  rev=$(state a 1) watermark=$(state a 6)
  assert_equal "$(add a)" ''
  assert_equal "$(state a 1)" "$rev"
  assert_equal "$(cron sync q apply other 0 remove me b 'd' 'p' 60 | tail -n 2 | paste -sd ' ')" \
    'added b'
  assert_equal "$(sync a '* * * * * q a' 'payload of a' 60 \
    c '@daily q c' '' 60)" 'added c'
  set_state a 6 5
  assert_equal "$(sync a '*/5 * * * * q a' 'payload of a' 60 \
    c '@daily q c' '' 60)" 'changed a'
  # the edit is the new watermark, and a new revision
  [ "$(state a 6)" -ge "$watermark" ]
  [ "$(state a 1)" -gt "$rev" ]
  assert_equal "$(sync c '@daily q c' '' 60)" 'removed a'
  assert_equal "$(redis HKEYS 'jq:{q}:cron' | sort | paste -sd ' ')" \
    'd:b d:c h:b h:c n:other n:web p:b s:b s:c v'
}

@test "sync: the payload is part of the definition" {
  add a >/dev/null
  assert_equal "$(add a '' other)" 'changed a'
  assert_equal "$(hash p:a)" other
  assert_equal "$(add a '' '')" 'changed a'
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' p:a)" 0
}

@test "sync: a name of another source is an error, and nothing is written" {
  add a >/dev/null
  run cron sync q apply other 0 remove me z 'd' '' 60 a 'd' '' 60
  assert_output $'TAKEN\na\nweb'
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' d:z)" 0
}

@test "sync: an empty set is refused where there was one, unless allowed" {
  run cron sync q apply web 0 refuse me
  assert_line --index 0 OK
  add a >/dev/null
  run cron sync q apply web 0 refuse me
  assert_output $'EMPTY\n1'
  run cron sync q apply web 0 remove me
  assert_line --index 2 removed
  assert_equal "$(redis HKEYS 'jq:{q}:cron')" v
}

@test "sync: an older generation never replaces a newer one" {
  cron sync q apply web 5 remove me a 'd5' '' 60 >/dev/null
  run cron sync q apply web 4 remove me a 'd4' '' 60
  assert_output $'OLD\n5'
  run cron sync q apply web 0 remove me a 'd0' '' 60
  assert_output $'OLD\n5'
  assert_equal "$(hash d:a)" d5
  run cron sync q apply web 5 remove me a 'd5b' '' 60
  assert_line --index 2 changed
  run cron sync q apply web 6 remove me a 'd5b' '' 60
  assert_equal "$(hash g:web)" 6
}

@test "sync: check says what would change and writes nothing" {
  run cron sync q check web 1 remove me a 'd' '' 60
  assert_line --index 0 OK
  assert_line --index 2 added
  assert_equal "$(redis EXISTS 'jq:{q}:cron' jq:crons)" 0
  add a >/dev/null
  local before
  before=$(redis HGETALL 'jq:{q}:cron' | sort)
  run cron sync q check web 1 remove me a 'other' '' 60 b d '' 60
  assert_equal "$(paste -sd ' ' <<<"${output#*$'\n'*$'\n'}")" 'changed a added b'
  run cron sync q check web 0 remove me
  assert_line --index 2 removed
  assert_equal "$(redis HGETALL 'jq:{q}:cron' | sort)" "$before"
  run cron sync q check web 1 remove me a 'd'
  assert_output MALFORMED
}

@test "sync: paused= of the file, and a pause by hand that outlives it" {
  add a paused=yes >/dev/null
  assert_equal "$(state a 2)" p
  add a >/dev/null
  assert_equal "$(state a 2)" -
  set_state a 2 p
  add a priority=3 >/dev/null
  assert_equal "$(state a 2)" p
}

@test "list: source by source, by page, or that nothing has changed" {
  sync a 'd:a' 'pa' 60 b 'd:b' '' 60 c 'd:c' 'pc' 60 >/dev/null
  cron sync q apply other 0 keep me z 'd' 'pz' 60 >/dev/null
  run cron list q '' 0 2 payloads
  assert_line --index 0 OK
  assert_line --index 2 "$(hash v)"
  assert_line --index 3 4
  assert_line --index 4 z
  assert_line --index 6 d
  assert_line --index 7 pz
  assert_line --index 8 a
  run cron list q '' 3 500 ''
  assert_line --index 4 c
  refute_line pc
  run cron list q "$(hash v)" 0 500 ''
  assert_line --index 0 SAME
  assert_line --index 2 "$(hash v)"
}

@test "sync: keep leaves what is not listed, and lists nothing twice" {
  cron sync q apply - 0 keep me a 'd' '' 60 >/dev/null
  cron sync q apply - 0 keep me b 'd' '' 60 >/dev/null
  run cron sync q apply - 0 keep me a 'd2' '' 60
  assert_line --index 2 changed
  assert_equal "$(hash n:-)" ' a b'
  # what a file may not take over
  run cron sync q apply web 0 remove me a 'd' '' 60
  assert_output $'TAKEN\na\n-'
}

@test "sync: the set of queues with schedules has the queue while it has any" {
  assert_equal "$(redis SMEMBERS jq:crons)" ''
  add a >/dev/null
  cron sync q apply other 0 keep me b 'd' '' 60 >/dev/null
  assert_equal "$(redis SMEMBERS jq:crons)" q
  cron sync q apply web 0 remove me >/dev/null
  assert_equal "$(redis SMEMBERS jq:crons)" q
  redis DEL jq:crons >/dev/null
  # a look mends what was lost
  cron sync q apply other 0 keep me b 'd' '' 60 >/dev/null
  assert_equal "$(redis SMEMBERS jq:crons)" q
  cron sync q apply other 0 remove me >/dev/null
  assert_equal "$(redis SMEMBERS jq:crons)" ''
  # of another type: nothing is written
  redis SET jq:crons x >/dev/null
  run ! cron sync q apply web 0 remove me a d '' 60
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' d:a)" 0
}

@test "fire: a tick is a job, with all that push would have made of it" {
  add a '' $'two\nlines'
  rewind a 3700
  run fire a "$base" stamp=S1 priority=4 options=' n=report' missed=3 \
    next=$((base + 60))
  assert_line --index 0 FIRED
  assert_line --index 2 "$base"
  assert_line --index 4 cron:a:S1
  assert_equal "$(job_payload q/cron:a:S1)" $'two\nlines'
  [[ $(job_header q/cron:a:S1) == '1 '*' 0 9 digest-S1 n=report' ]] ||
    fail "$(job_header q/cron:a:S1)"
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 1
  assert_equal "$(state a 6) $(state a 7) $(state a 8) $(state a 9)" \
    "$base $((base + 60)) 1 3"
  assert_equal "$(job_claim q)" cron:a:S1
}

@test "fire: a tick up to the watermark is a duplicate, whatever became of it" {
  add a
  rewind a 3700
  assert_equal "$(word a "$base")" FIRED
  assert_equal "$(word a "$base")" DUPLICATE
  assert_equal "$(word a $((base - 1)))" DUPLICATE
  job_claim q >/dev/null
  job_close "q/cron:a:T$base" 'done' >/dev/null
  assert_equal "$(word a "$base")" DUPLICATE
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 1
  # nor may a new schedule fire for the past
  add b
  assert_equal "$(word b "$base")" DUPLICATE
}

@test "fire: a plan that was overtaken, or is too old, changes nothing" {
  add a
  rewind a 3700
  local from now
  from=$(state a 6) now=$(server_now)
  assert_equal "$(word a "$base" from="$from" until=$((now + 900))000)" FIRED
  local before
  before=$(hash s:a)
  # what has been overtaken would count again what was counted
  run fire a $((base + 5)) missed=4 from="$from"
  assert_line --index 0 MOVED
  assert_line --index 2 "$base"
  assert_equal "$(word a $((base + 5)) kind=drop missed=5 from="$from")" MOVED
  # on time when it was planned, and no more
  assert_equal "$(word a $((base + 1)) from="$base" until=$((now - 1))000)" \
    MOVED
  assert_equal "$(hash s:a)" "$before"
  assert_equal "$(jobs_in rdy)" "a:T$base"
  # asked again by who got no answer
  assert_equal "$(word a "$base" from="$from" until=1)" DUPLICATE
  assert_equal "$(word a $((base + 5)) missed=4 from="$base")" FIRED
  assert_equal "$(state a 6) $(state a 8) $(state a 9)" "$((base + 5)) 2 4"
  # a copy went on by itself, for new zone data
  assert_equal "$(word a $((base + 9)) from=$((base + 7)))" FIRED
}

@test "fire: the server's clock decides what is due" {
  add a
  run fire a $(($(server_now) + 60))
  assert_line --index 0 EARLY
  [ "${lines[4]}" -gt 58000 ] && [ "${lines[4]}" -le 60000 ]
  assert_equal "$(redis EXISTS 'jq:{q}:rdy')" 0
}

@test "fire: another revision is stale, an unknown name is gone" {
  add a
  rewind a 3700
  assert_equal "$(word a "$base" rev=1)" STALE
  assert_equal "$(word b "$base" rev=1)" GONE
  assert_equal "$(state a 8)" 0
}

@test "fire: paused, missed and outside ticks move the watermark, no more" {
  add a paused=yes
  rewind a 3700
  assert_equal "$(word a "$base")" PAUSED
  assert_equal "$(state a 6) $(state a 11)" "$base 1"
  add b
  rewind b 3700
  assert_equal "$(word b "$base" kind=drop missed=7)" DROPPED
  assert_equal "$(state b 6) $(state b 9)" "$base 7"
  assert_equal "$(word b $((base + 1)) start=$((base + 2))000)" OUTSIDE
  assert_equal "$(word b $((base + 2)) end=$((base + 2))000)" OUTSIDE
  assert_equal "$(word b $((base + 3)) start=$((base + 3))000 \
    end=$((base + 4))000 next=9)" FIRED
  assert_equal "$(jobs_in rdy)" "b:T$((base + 3))"
}

@test "fire: not by zone data older than those used before" {
  add a
  rewind a 3700
  assert_equal "$(word a "$base" release=2025b)" FIRED
  assert_equal "$(redis HGET 'jq:{q}:cron' z)" 2025b
  run -0 fire a $((base + 1)) release=2025a
  assert_equal "${lines[0]}" OUTDATED
  assert_equal "${lines[2]}" "$base"
  assert_equal "${lines[-1]}" 2025b
  assert_equal "$(state a 6)" "$base"
  # what was dealt with is nobody's any more
  assert_equal "$(word a "$base" release=2025a)" DUPLICATE
  # no release, or none that can be compared
  assert_equal "$(word a $((base + 1)))" FIRED
  assert_equal "$(word a $((base + 2)) release=unknown)" FIRED
  assert_equal "$(word a $((base + 3)) release=2024b-dirty)" FIRED
  assert_equal "$(redis HGET 'jq:{q}:cron' z)" 2025b
  assert_equal "$(word a $((base + 4)) release=2026a)" FIRED
  assert_equal "$(redis HGET 'jq:{q}:cron' z)" 2026a
}

@test "fire: limit counts jobs, not ticks, and then it is finished" {
  add a
  rewind a 3700
  assert_equal "$(word a "$base" kind=drop limit=2 next=9)" DROPPED
  assert_equal "$(word a $((base + 1)) limit=2 next=9)" FIRED
  assert_equal "$(state a 2)" -
  assert_equal "$(word a $((base + 2)) limit=2 next=9)" FIRED
  assert_equal "$(state a 2)" f
  assert_equal "$(word a $((base + 3)) limit=2 next=9)" LIMIT
  # an edit begins anew, but for what was enqueued
  add a limit=3 >/dev/null
  assert_equal "$(state a 2) $(state a 8)" '- 2'
}

@test "fire: the last tick of all finishes it too" {
  add a
  rewind a 3700
  fire a "$base" next=- >/dev/null
  assert_equal "$(state a 2)" f
}

@test "fire: overlap=forbid while a job waits, is delayed, runs or retries" {
  add a
  rewind a 3700
  fire a "$base" overlap=forbid when=+3600000 next=9 >/dev/null
  run fire a $((base + 1)) overlap=forbid next=9
  assert_line --index 0 BLOCKED
  assert_line --index 4 "cron:a:T$base"
  redis ZADD 'jq:{q}:dly' 1 "cron:a:T$base" >/dev/null
  assert_equal "$(job_claim q)" "cron:a:T$base"
  assert_equal "$(word a $((base + 2)) overlap=forbid next=9)" BLOCKED
  job_close "q/cron:a:T$base" fail >/dev/null
  assert_equal "$(job_sets "q/cron:a:T$base")" rty
  assert_equal "$(word a $((base + 3)) overlap=forbid next=9)" BLOCKED
  redis ZADD 'jq:{q}:rty' 1 "cron:a:T$base" >/dev/null
  job_claim q >/dev/null
  # dead is not live
  job_close "q/cron:a:T$base" dead >/dev/null
  assert_equal "$(word a $((base + 4)) overlap=forbid next=9)" FIRED
  assert_equal "$(state a 10)" 3
}

@test "fire: overlap=forbid is not held up by a job that vanished" {
  add a
  rewind a 3700
  fire a "$base" overlap=forbid next=9 >/dev/null
  redis ZREM 'jq:{q}:rdy' "cron:a:T$base" >/dev/null
  redis HDEL 'jq:{q}:pay' "cron:a:T$base" >/dev/null
  assert_equal "$(word a $((base + 1)) overlap=forbid next=9)" FIRED
}

@test "fire: max-live caps how many may be unfinished" {
  add a
  rewind a 3700
  local i
  for i in 0 1 2; do
    assert_equal "$(word a $((base + i)) max_live=3 next=9)" FIRED
  done
  assert_equal "$(word a $((base + 3)) max_live=3 next=9)" BLOCKED
  job_claim q >/dev/null
  job_close "q/cron:a:T$base" 'done' >/dev/null
  assert_equal "$(word a $((base + 4)) max_live=3 next=9)" FIRED
  assert_equal "$(word a $((base + 5)) max_live=3 next=9)" BLOCKED
  assert_equal "$(hash s:a | tail -n 1)" \
    " T$((base + 1)) T$((base + 2)) T$((base + 4))"
}

@test "fire: overlap=replace drops what waits and asks what runs to stop" {
  add a
  rewind a 3700
  fire a "$base" overlap=replace next=9 >/dev/null
  job_claim q >/dev/null
  fire a $((base + 1)) overlap=replace next=9 >/dev/null
  # the running one was asked, and stays on record until it has stopped
  assert_equal "$(redis HGET 'jq:{q}:job' "cron:a:T$base" |
    head -n 1 | cut -d ' ' -f 14)" d
  assert_equal "$(job_sets "q/cron:a:T$base")" run
  fire a $((base + 2)) overlap=replace next=9 >/dev/null
  assert_equal "$(job_sets "q/cron:a:T$((base + 1))")" 'done'
  assert_equal "$(jobs_in rdy)" "a:T$((base + 2))"
  job_close "q/cron:a:T$base" fail >/dev/null
  assert_equal "$(job_sets "q/cron:a:T$base")" 'done'
}

@test "fire: an edit to forbid knows the jobs of before" {
  add a
  rewind a 3700
  local i
  for i in $(seq 0 39); do
    fire a $((base + i)) next=9 >/dev/null
  done
  assert_equal "$(hash s:a | tail -n 1 | wc -w)" 16
  assert_equal "$(word a $((base + 40)) overlap=forbid next=9)" BLOCKED
}

@test "fire: a full queue takes no tick, and the watermark stays" {
  add a
  rewind a 3700
  job_call q configure max_len 1 >/dev/null
  assert_equal "$(word a "$base" next=9)" FIRED
  assert_equal "$(word a $((base + 1)) next=9)" FULL
  assert_equal "$(state a 6)" "$base"
  # … but it is on record, in one line however often it was tried
  assert_equal "$(word a $((base + 1)) next=9)" FULL
  assert_equal "$(hash h:a | grep . | tail -n 1 | cut -d ' ' -f 2-)" "full $((base + 1)) 2 -"
  # one that takes the place of another fits
  assert_equal "$(word a $((base + 1)) overlap=replace next=9)" FIRED
}

@test "fire: a job that has the id all the same is no second one" {
  add a
  rewind a 3700
  jq-push -q -i "cron:a:T$base" q by-hand
  assert_equal "$(word a "$base" next=9)" KNOWN
  assert_equal "$(state a 6) $(state a 12)" "$base 1"
  assert_equal "$(job_payload "q/cron:a:T$base")" by-hand
}

@test "fire: the job of a creation comes once, and not after an edit" {
  add a fire-on-create=yes
  assert_equal "$(state a 2)" c
  run fire a 0 kind=create stamp=created
  assert_line --index 0 FIRED
  assert_equal "$(jobs_in rdy)" a:created
  assert_equal "$(word a 0 kind=create stamp=created)" DUPLICATE
  add a 'fire-on-create=yes priority=1' >/dev/null
  assert_equal "$(word a 0 kind=create stamp=created)" DUPLICATE
  assert_equal "$(state a 8)" 1
}

@test "fire: what is missing or no number is malformed, nothing is written" {
  add a
  rewind a 3700
  local before
  before=$(redis HGETALL 'jq:{q}:cron' | sort)
  assert_equal "$(word a x stamp=S)" MALFORMED
  assert_equal "$(word a "$base" limit=x)" MALFORMED
  assert_equal "$(word a "$base" when=soon)" MALFORMED
  assert_equal "$(cron fire q a "$(state a 1)" fire "$base")" MALFORMED
  assert_equal "$(redis HGETALL 'jq:{q}:cron' | sort)" "$before"
}

@test "another data layout is refused before anything is written" {
  add a
  rewind a 3700
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  assert_equal "$(word a "$base")" FORMAT
  assert_equal "$(add b)" ''
  run cron list q '' 0 10 ''
  assert_output $'FORMAT\n2'
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' d:b)" 0
}

@test "a state changed by hand is a schedule that is gone" {
  add a
  redis HSET 'jq:{q}:cron' s:a nonsense >/dev/null
  assert_equal "$(word a "$base" rev=1)" GONE
  run cron list q '' 0 10 ''
  assert_line --index 4 a
}

@test "fire: by hand, which moves and heeds nothing but overlap" {
  add a paused=yes
  local before
  before=$(state a 6)
  assert_equal "$(word a 0 kind=run stamp=manual:1 limit=1 \
    end=1 overlap=forbid next=9)" FIRED
  assert_equal "$(job_payload q/cron:a:manual:1)" 'payload of a'
  # sent again, it is the same job
  assert_equal "$(word a 0 kind=run stamp=manual:1 overlap=forbid next=9)" KNOWN
  assert_equal "$(word a 0 kind=run stamp=manual:2 overlap=forbid next=9)" BLOCKED
  assert_equal "$(word a 0 kind=run stamp=manual:2 max_live=1 next=9)" BLOCKED
  assert_equal "$(word a 0 kind=run stamp=manual:3 overlap=replace next=9)" FIRED
  assert_equal "$(jobs_in rdy)" a:manual:3
  assert_equal "$(state a 6) $(state a 8) $(state a 10) $(state a 12)" \
    "$before 0 0 0"
  # a tick of the past, and none of the future
  assert_equal "$(word a "$base" kind=backfill overlap=forbid next=9)" FIRED
  assert_equal "$(word a "$base" kind=backfill overlap=forbid next=9)" KNOWN
  assert_equal "$(word a $((base + 1)) kind=backfill overlap=replace)" FIRED
  assert_equal "$(word a $(($(server_now) + 60)) kind=backfill)" EARLY
  assert_equal "$(jobs_in rdy)" "a:manual:3 a:T$base a:T$((base + 1))"
  assert_equal "$(state a 6) $(state a 2)" "$before p"
}

@test "fire: jobs by hand hold up a tick that may not overlap" {
  add a
  rewind a 3700
  local i
  for i in $(seq 0 29); do
    fire a $((base + i)) kind=backfill overlap=forbid next=9 >/dev/null
  done
  # all of them are on record, not the last few
  assert_equal "$(hash s:a | tail -n 1 | wc -w)" 30
  assert_equal "$(word a $((base + 60)) overlap=forbid next=9)" BLOCKED
}

@test "alter: pause, resume, remove; what is so already, and what is not" {
  add a
  rewind a 600
  assert_equal "$(cron alter q resume a me | head -n 1)" SAME
  assert_equal "$(cron alter q pause a me | head -n 1)" OK
  assert_equal "$(cron alter q pause a me | head -n 1)" SAME
  [ "$(state a 6)" -lt $(($(server_now) - 500)) ]
  assert_equal "$(cron alter q resume a me | head -n 1)" OK
  # nothing of before fires any more
  [ "$(state a 6)" -gt $(($(server_now) - 60)) ]
  assert_equal "$(state a 2)" -
  assert_equal "$(cron alter q pause b me | head -n 1)" GONE
  assert_equal "$(cron alter q pause a)" MALFORMED
  run cron alter q remove a me
  assert_line --index 2 web
  assert_equal "$(redis HKEYS 'jq:{q}:cron')" v
  assert_equal "$(redis EXISTS jq:crons)" 0
}

@test "alter: one whose state was changed by hand can be removed" {
  add a
  cron sync q apply web 0 keep me b d '' 60 >/dev/null
  redis HSET 'jq:{q}:cron' s:a nonsense >/dev/null
  assert_equal "$(cron alter q pause a me | head -n 1)" DAMAGED
  assert_equal "$(cron alter q remove a me | head -n 1)" OK
  assert_equal "$(hash n:web)" ' b'
}

@test "look: one schedule, with payload and history or without" {
  add a '' 'the payload'
  run cron look q a ''
  assert_line --index 0 OK
  assert_line --index 2 a
  assert_line --index 4 '* * * * * q a'
  refute_line 'the payload'
  run cron look q a payload
  assert_line 'the payload'
  assert_line --regexp '^[0-9]+ added - 1 me$'
  run cron look q b payload
  assert_line --index 0 GONE
}

@test "history: drops in a row are one line, and there are 50 at most" {
  add a
  rewind a 3700
  local i
  for i in 0 1 2; do
    fire a $((base + i)) kind=drop missed=4 next=9 >/dev/null
  done
  assert_equal "$(hash h:a | tail -n 2 | cut -d ' ' -f 2-)" \
    "missed $((base + 2)) 12 -"
  fire a $((base + 3)) missed=2 next=9 >/dev/null
  fire a $((base + 4)) overlap=forbid next=9 >/dev/null
  fire a $((base + 5)) overlap=forbid next=9 >/dev/null
  assert_equal "$(hash h:a | tail -n 3 | cut -d ' ' -f 2-)" \
    "fired $((base + 3)) 2 T$((base + 3))
overlap $((base + 5)) 2 T$((base + 3))"
  for i in $(seq 6 70); do
    fire a $((base + i)) next=9 >/dev/null
  done
  assert_equal "$(hash h:a | grep -c .)" 50
  assert_equal "$(hash h:a | head -n 1 | cut -d ' ' -f 2,3)" \
    "fired $((base + 21))"
}
