#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --check finds nothing in a queue in use, and every kind of damage.

load ../lib/server
load ../lib/jobs

assert_clean() {
  run -0 --separate-stderr jq-stat --check "$@"
  assert_output ''
  assert_equal "$stderr" ''
}

# A file that does what the payload says.
handler() {
  cat >handler <<'EOF'
#!/bin/sh
read -r word _
case $word in
fail) exit 1 ;;
dead) exit 65 ;;
soft)
  [ ! -e "soft.$JQ_ID" ] || exit 0
  : >"soft.$JQ_ID"
  exit 75
  ;;
kill) kill -KILL $$ ;;
*) echo "result of $word" ;;
esac
EOF
  chmod +x handler
}

drain() {
  handler
  jq-work --drain -q -b fixed:10ms "$@" ./handler >/dev/null 2>&1 || true
}

# Four jobs of the names a to d, ready, ready, ready and delayed.
some_jobs() {
  local id
  for id in a b c; do
    jq-push -q -i "$id" mail "payload of $id" >/dev/null
  done
  jq-push -q -i d -d 1h mail 'payload of d' >/dev/null
}

# assert_repaired SAYS ID-OR-QUEUE [STATE]: the check says it of that, the
# repair mends all of it, a second one finds nothing to do
assert_repaired() {
  run -1 --separate-stderr jq-stat --check
  assert_line --partial "$2: $1"
  run -1 jq-ctl check
  assert_line --partial "$2: $1"
  run -0 --separate-stderr jq-ctl check --repair
  assert_line --regexp "^${2%%/*}(/[^ ]*)?: "
  assert_equal "$stderr" ''
  run -0 --separate-stderr jq-ctl check --repair
  assert_output ''
  assert_clean
  [ -z "${3+x}" ] || assert_equal "$(job_sets "$2")" "$3"
}

meta() {
  redis HGET 'jq:{mail}:meta' "$1"
}

@test "nothing to say: no queue, one in every state, one that was used up" {
  assert_clean
  run -66 jq-stat --check nowhere
  assert_output --partial "no such queue: 'nowhere'"
  some_jobs
  jq-push -q -p 9 -n two -m 2 mail 2>/dev/null <<<fail || true
  for word in fail dead soft kill good 'good again'; do
    jq-push -q -p -9 -N name -M A=b -t 5s -m 2 -E 1h mail "$word" >/dev/null
  done
  assert_clean
  drain mail
  assert_clean
  jq-retry -q --all mail
  assert_clean
  jq-ctl cancel -q mail/d
  assert_clean
  jq-ctl drop -q --all -s dead -f mail
  assert_clean mail
  run -0 --separate-stderr jq-stat --check -v mail
  assert_output ''
  assert_regex "$stderr" 'jq-stat: mail: [0-9]+ jobs, [0-9]+ payloads read, in order'
}

@test "a queue in use is in order at every moment" {
  handler
  jq-ctl set mail keep-done-jobs=50 keep-dead-jobs=20
  spawn one jq-work -q -j 4 -b fixed:10ms -m 3 mail ./handler
  spawn two jq-work -q -j 4 -b fixed:10ms -m 3 mail,other ./handler
  spawn pusher push_a_lot
  local looks=0
  until gone "$spawned"; do
    assert_clean
    looks=$((looks + 1))
  done
  [ "$looks" -gt 5 ]
  # what a worker that is killed leaves is taken back in order
  kill -KILL "$(cat "$BATS_TEST_TMPDIR/one.pid")"
  assert_clean
  for id in $(redis ZRANGE 'jq:{mail}:run' 0 -1); do
    redis ZADD 'jq:{mail}:run' XX 1 "$id" >/dev/null
  done
  redis HSET 'jq:{mail}:meta' hold 0 >/dev/null
  jq-stat -w --wait-timeout 30s mail other
  assert_clean
}

push_a_lot() {
  local i word words=(good fail dead soft kill good good)
  for i in {1..40}; do
    word=${words[i % 7]}
    for _ in 1 2 3 4 5 6 7 8; do
      printf '%s\n' "$word $i"
    done | jq-push -q -p $((i % 19 - 9)) -l mail >/dev/null
    jq-push -q -d 100ms -E 1m mail "$word" >/dev/null
    case $((i % 5)) in
    0) jq-retry -q --all -n 5 mail ;;
    1) jq-retry -q --all -n 3 --to other mail ;;
    2) jq-stat -s ready -n 2 -F job mail | jq-ctl cancel -q - ;;
    3) jq-stat -s dead -n 2 -F job mail | jq-ctl drop -q - ;;
    4) jq-stat -s running -n 1 -F job mail | jq-ctl cancel -q - ;;
    esac 2>/dev/null || true
  done
}

@test "two states: it stays where it runs again" {
  some_jobs
  redis ZADD 'jq:{mail}:dead' 5 a >/dev/null
  redis ZADD 'jq:{mail}:done' 5 d >/dev/null
  assert_repaired 'it is in several states: ready dead' mail/a rdy
  assert_equal "$(job_sets mail/d)" dly
  drain mail
  assert_equal "$(job_sets mail/a)" 'done'
  assert_clean
}

@test "two states: who holds a lease goes on" {
  some_jobs
  assert_equal "$(job_claim mail W)" a
  redis ZADD 'jq:{mail}:rdy' 77 a >/dev/null
  assert_repaired 'it is in several states: ready running' mail/a run
  assert_equal "$(job_close mail/a 'done' exit:0)" OK
  assert_clean
}

@test "no state: dead, so that it can be put back" {
  some_jobs
  redis ZREM 'jq:{mail}:rdy' b >/dev/null
  assert_repaired 'its payload is here, but no state holds it' mail/b dead
  run -0 jq-stat -i -F error mail/b
  assert_output 'found without a state'
  jq-retry -q mail/b
  drain mail
  assert_equal "$(job_sets mail/b)" 'done'
  assert_clean
}

@test "no state: a finished job is finished again, with its result" {
  some_jobs
  drain mail
  redis ZREM 'jq:{mail}:done' b >/dev/null
  assert_repaired 'its record is here, but no state holds it' mail/b 'done'
  run -0 jq-stat -i -F result mail/b
  assert_output 'result of payload'
}

@test "no payload and no record: removed, and counted" {
  some_jobs
  redis HDEL 'jq:{mail}:pay' c >/dev/null
  redis ZADD 'jq:{mail}:dead' 5 ghost >/dev/null
  assert_repaired 'it is ready without a payload' mail/c ''
  assert_equal "$(meta orphan) $(meta orphan_known)" '2 2'
  assert_equal "$(job_sets mail/ghost)" ''
}

@test "no payload: what ran once is deleted, who runs it may finish it" {
  some_jobs
  job_claim mail >/dev/null
  job_close mail/a fail >/dev/null
  job_beat mail W
  job_claim mail >/dev/null
  redis HDEL 'jq:{mail}:pay' a b >/dev/null
  run -1 jq-ctl check --repair
  assert_line 'mail/a: it is deleted now: its payload is lost'
  assert_line --partial 'mail/b: it is running without a payload'
  assert_equal "$(job_sets mail/a) $(job_sets mail/b)" 'done run'
  job_close mail/b 'done' exit:0 >/dev/null
  assert_clean
}

@test "a done job with a payload, results and news of no job" {
  some_jobs
  drain mail
  redis HSET 'jq:{mail}:pay' a "$(redis HGET 'jq:{mail}:pay' d)" >/dev/null
  redis HSET 'jq:{mail}:out' d $'3 \nabc' none $'3 \nabc' >/dev/null
  redis HSET 'jq:{mail}:live' b $'3 4 \n' none $'3 4 \n' >/dev/null
  for line in 'a: it is done and has a payload' \
    'd: it has a result and is not done' 'none: a result without a job' \
    'b: it has news of a handler and does not run'; do
    run -1 jq-stat --check
    assert_line --partial "mail/$line"
  done
  assert_repaired 'it is done and has a payload' mail/a 'done'
}

@test "a record that cannot be read: its job is dead, and runs when put back" {
  some_jobs
  redis HSET 'jq:{mail}:job' b rubbish >/dev/null
  assert_repaired 'its record cannot be read' mail/b dead
  run -0 jq-stat -i -F error mail/b
  assert_output 'its record was damaged'
  jq-retry -q mail/b
  drain mail
  assert_equal "$(job_sets mail/b)" 'done'
  assert_clean
}

# edit ID FIELD VALUE: change a word of the record line
edit() {
  redis HGET 'jq:{mail}:job' "$1" | head -c -1 |
    sed "1s/^\(\([^ ]* \)\{$(($2 - 1))\}\)[^ ]*/\1$3/" >edited
  redis -x HSET 'jq:{mail}:job' "$1" <edited >/dev/null
}

@test "counts, tokens and fences in a record" {
  some_jobs
  job_claim mail >/dev/null
  job_close mail/a fail >/dev/null
  edit a 5 7
  assert_repaired '7 deliveries, but 1 are explained' mail/a rty
  edit a 1 12345.W
  assert_repaired 'it has a token and is not running' mail/a rty
  edit a 14 d
  assert_repaired 'it was asked to stop and does not run' mail/a rty
  edit a 7 99
  edit a 5 100
  assert_repaired '99 workers vanished with it' mail/a dead
  redis HSET 'jq:{mail}:meta' fence 5 >/dev/null
  assert_repaired 'its token' mail/a dead
  assert_equal "$(job_claim mail)" b
  edit b 1 -
  assert_repaired 'it is running without a token' mail/b rdy
  drain mail
}

@test "leases, places and due times that are not possible" {
  some_jobs
  job_claim mail >/dev/null
  redis ZADD 'jq:{mail}:run' 9000000000000 a >/dev/null
  assert_repaired 'its lease ends in more than two hours' mail/a run
  redis ZADD 'jq:{mail}:rdy' 99999999999999999 b >/dev/null
  assert_repaired 'its place in the queue is of no priority' mail/b rdy
  redis ZADD 'jq:{mail}:rdy' 3 b 3 c >/dev/null
  assert_repaired '2 ready jobs have its place' mail/b rdy
  redis HSET 'jq:{mail}:meta' seq 0 >/dev/null
  assert_repaired 'its sequence is at 0' mail/b
  redis ZADD 'jq:{mail}:dly' 9000000000000 d >/dev/null
  run -1 jq-ctl check --repair
  assert_output --partial 'mail/d: it is due in more than 366 days'
}

@test "payloads and headers that are not what was pushed are left" {
  some_jobs
  redis HGET 'jq:{mail}:pay' a | head -c -1 | sed '$s/of/OF/' |
    redis -x HSET 'jq:{mail}:pay' a >/dev/null
  redis HGET 'jq:{mail}:pay' b | head -c -1 | sed '$s/of/off/' |
    redis -x HSET 'jq:{mail}:pay' b >/dev/null
  redis HSET 'jq:{mail}:pay' c rubbish >/dev/null
  redis HSET 'jq:{mail}:pay' d $'1 2 0 1 short\nx' >/dev/null
  run -1 jq-ctl check --repair
  assert_line --partial 'mail/a: its payload does not have its digest'
  assert_line --partial 'mail/b: its payload has 13 bytes, not 12'
  assert_line --partial 'mail/c: its payload has no header'
  assert_line --partial 'mail/d: the digest in its payload is of the wrong'
  jq-ctl drop -q mail/a mail/b mail/c mail/d
  run -0 jq-ctl check --repair
  assert_line --partial 'mail/c: its header was replaced'
  assert_clean
}

@test "counters: bytes, ends, runs, hints, words" {
  some_jobs
  drain mail
  redis HINCRBY 'jq:{mail}:meta' done_bytes 1000 >/dev/null
  assert_repaired 'its done jobs take' mail
  redis HINCRBY 'jq:{mail}:meta' pushed 2 >/dev/null
  assert_repaired 'it holds 4 jobs, but its counters say 6' mail
  redis HINCRBY 'jq:{mail}:meta' claimed 2 >/dev/null
  assert_repaired '0 jobs run, but its counters say 2' mail
  redis HINCRBY 'jq:{mail}:meta' completed 2 >/dev/null
  redis HINCRBY 'jq:{mail}:meta' dead_in 2 >/dev/null
  assert_repaired '3 jobs are done, but its counters say 5' mail
  redis HSET 'jq:{mail}:meta' failed some >/dev/null
  assert_repaired "the value 'some' is no number, as counter failed" mail
  redis RPUSH 'jq:{mail}:wake' {1..40} >/dev/null
  assert_repaired "$(redis LLEN 'jq:{mail}:wake') hints wait for workers" mail
  assert_equal "$(redis LLEN 'jq:{mail}:wake')" 16
  redis HDEL 'jq:{mail}:meta' epoch >/dev/null
  assert_repaired 'it has no epoch' mail
  redis HDEL 'jq:{mail}:meta' format >/dev/null
  assert_repaired 'its data layout is not noted' mail
}

@test "keys: lifetimes, types, strangers, names of queues" {
  some_jobs
  redis EXPIRE 'jq:{mail}:pay' 1000 >/dev/null
  assert_repaired "key 'pay' will expire" mail
  redis DEL 'jq:{mail}:wake' >/dev/null
  redis SET 'jq:{mail}:wake' x >/dev/null
  assert_repaired "key 'wake' is of type string" mail
  redis DEL jq:queues >/dev/null
  assert_repaired 'it is missing in the set of queue names' mail
  assert_equal "$(redis SMEMBERS jq:queues)" mail
  redis DEL jq:queues >/dev/null
  assert_clean mail
  redis SADD jq:queues mail >/dev/null
  redis SET 'jq:{mail}:cron:lead' me >/dev/null
  assert_clean
  redis SET 'jq:{mail}:mine' me >/dev/null
  run -1 jq-ctl check --repair
  assert_output --partial "mail: 'jq:{mail}:mine' is no key of ours"
  redis DEL 'jq:{mail}:mine' 'jq:{mail}:dly' >/dev/null
  redis SET 'jq:{mail}:dly' x >/dev/null
  run -1 jq-ctl check --repair
  assert_output --partial "mail: key 'dly' is of type string"
  redis SET 'jq:{mail}:meta' x >/dev/null
  run -1 jq-stat --check
  assert_output --partial "mail: key 'meta' is of type string"
}

@test "another data layout is said and nothing is touched" {
  some_jobs
  redis HSET 'jq:{mail}:meta' format 9 >/dev/null
  run -76 jq-ctl check --repair
  assert_output --partial "data layout 9"
}

@test "stuck: what a claim ought to have moved, while workers are here" {
  some_jobs
  job_beat mail W
  redis ZADD 'jq:{mail}:dly' 5 d >/dev/null
  # as if a worker claimed after the first look
  redis HSET 'jq:{mail}:meta' tick 9000000000000 >/dev/null
  run -1 jq-stat --check
  assert_output --partial 'mail/d: it is overdue (workers are here'
}

@test "two running jobs with a token of one number" {
  some_jobs
  job_claim mail >/dev/null
  job_claim mail >/dev/null
  job_beat mail W
  assert_clean
  local a
  a=$(redis HGET 'jq:{mail}:job' a)
  redis HGET 'jq:{mail}:job' b | sed "1s/^[0-9]*\\./${a%%.*}./" | head -c -1 >changed
  redis -x HSET 'jq:{mail}:job' b <changed >/dev/null
  run -1 jq-stat --check
  assert_output \
    "mail: two running jobs have tokens of number ${a%%.*} (a token was given twice)"
}

scripts_called() {
  [ "$(redis INFO commandstats | sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\).*/\1/p')" -ge "$1" ]
}

@test "a job that its worker's last claim does not tell of" {
  local id
  for id in a b c; do jq-push -q -i "$id" mail x; done
  job_call mail claim W 1 1 >/dev/null
  job_call mail claim W 2 2 >/dev/null
  assert_clean
  redis HSET 'jq:{mail}:wrk' c:W '2 a b' >/dev/null
  run -1 jq-stat --check mail
  assert_output "mail/c: its worker's last claim gave out older jobs, and not it \
(asked again, the server would not tell of it)"
  # jobs of earlier claims are older than all of the last one's
  redis HSET 'jq:{mail}:wrk' c:W '2 gone c' >/dev/null
  assert_clean
}

@test "fell: counters that went back between two looks" {
  some_jobs
  job_beat mail W
  # with somebody here to move it, the check waits for that
  redis ZADD 'jq:{mail}:dly' 5 d >/dev/null
  redis CONFIG RESETSTAT >/dev/null
  spawn check jq-stat --check
  wait_until 5 scripts_called 4
  redis HINCRBY 'jq:{mail}:meta' completed -1 >/dev/null
  wait_exit 20 check
  assert_equal "$status" 1
  [[ $output == *"its counter 'completed' fell from 0 to -1 (data was lost"* ]]
}

@test "-J: an object a line; wrong uses" {
  some_jobs
  redis ZADD 'jq:{mail}:dead' 5 a >/dev/null
  run -1 jq-stat --check -J mail
  assert_line --partial '{"queue":"mail","id":"a","check":"states",'
  assert_line --partial '"problem":"it is in several states: ready dead","mean'
  run -0 jq-ctl check --repair -J mail
  assert_line '{"queue":"mail","id":"a","mended":"it was dead too, and is ready"}'
  run -64 jq-stat --check -s ready
  run -64 jq-stat --check --workers
  run -64 jq-ctl check a/b
  run -69 jq-stat --check -u unix:///nowhere/at/all
}

@test "ids and keys with bytes that a terminal would act on" {
  redis ZADD 'jq:{mail}:rdy' 5 $'a\e[2J\nb' >/dev/null
  run -1 jq-stat --check
  assert_line --partial 'mail/a\x1b[2J\x0ab: it is ready without a payload'
  run -0 jq-ctl check --repair
  assert_clean
}

@test "30,000 jobs in slices that do not hold the server" {
  seq -f 'payload %.0f' 30000 | jq-push -q -l mail >/dev/null
  redis CONFIG SET slowlog-log-slower-than 5000 >/dev/null
  redis CONFIG SET slowlog-max-len 1000 >/dev/null
  redis SLOWLOG RESET >/dev/null
  redis CONFIG RESETSTAT >/dev/null
  assert_clean
  slow=$(redis SLOWLOG LEN)
  calls=$(redis INFO commandstats | sed -n 's/^cmdstat_evalsha:calls=\([0-9]*\).*/\1/p')
  # a slice takes half a millisecond; the machine may be busy
  [ "$calls" -gt 500 ]
  [ "$slow" -lt $((calls / 5)) ]
  redis CONFIG SET slowlog-log-slower-than 10000 >/dev/null
}

@test "on a terminal a line tells how far it is, once a second is over" {
  seq 1000 | jq-push -q -l q
  redis CLIENT PAUSE 1500 ALL >/dev/null
  script -qec "stty cols 70; TERM=xterm jq-stat --check q >answer" seen
  run -0 cat -v seen
  assert_output --regexp 'checking  \[#+ *\] +[0-9]+ %  [0-9]+/1000 '
  assert_equal "$(cat answer)" ''
}
