#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work and its server: outages, restarts, lost leases, operators.

load ../lib/server

# A server that keeps its data over a kill; JQ_URL names it.
durable_server() {
  back
  JQ_URL=$(server_url db)
  export JQ_URL
}

db() {
  "$SERVER_CLI" -e -s "$(server_socket db)" "$@"
}

back() {
  server_start db --appendonly yes --appendfsync everysec \
    --dir "$BATS_TEST_TMPDIR"
}

has() {
  [ "$(jq-stat -F "$1" q 2>/dev/null)" = "$2" ]
}

held() {
  [ -e pids ] && has running "${1:-1}"
}

begin() {
  mkfifo go
  exec 8<>go
}

waits='echo $$ >>pids; read -r line <go; exit ${line:-0}'

@test "the server dies under a running handler: nothing is lost or run twice" {
  durable_server
  begin
  local job
  job=$(jq-push q x)
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 held
  server_kill db
  wait_line 5 worker.err 'handlers run on, trying again'
  # it ends while there is nobody to tell
  echo 0 >&8
  wait_until 5 gone "$(cat pids)"
  back
  wait_until 5 has 'done' 1
  wait_line 5 worker.err 'connected again'
  assert_equal "$(jq-stat -i "$job" -F attempts,losses,releases)" $'0\t0\t0'
  assert_equal "$(wc -l <pids)" 1
  exec 8>&-
}

@test "an outage longer than the lease takes no job from the living" {
  durable_server
  begin
  jq-push -q q a b
  spawn worker jq-work -j 2 q sh -c "$waits"
  wait_until 5 held 2
  # as after an hour: the leases are over, the last beat is long ago
  db EVAL "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    redis.call('ZADD', KEYS[1], 1, id) end
    redis.call('HSET', KEYS[2], 'beat', ARGV[1])" 2 'jq:{q}:run' 'jq:{q}:meta' \
    "$((EPOCHSECONDS * 1000 - 3600000))" >/dev/null
  # another worker comes first, and does not take them
  run -0 jq-work -W 300ms q echo stolen
  assert_output ''
  printf '0\n0\n' >&8
  wait_until 5 has 'done' 2
  assert_equal "$(wc -l <pids)" 2
  exec 8>&-
}

@test "an idle worker takes jobs soon after the server is back" {
  durable_server
  spawn worker jq-work q cat
  wait_until 5 eval '[ -n "$(jq-stat --workers -F name q 2>/dev/null)" ]'
  server_kill db
  back
  local begin=${EPOCHREALTIME/[.,]/} took
  jq-push -q q x
  wait_until 10 has 'done' 1
  took=$((${EPOCHREALTIME/[.,]/} - begin))
  # 1.2 s are asked for; the rest is for a busy machine
  ((took < 2500000)) || fail "$took us"
}

@test "killed connections under load: every job once" {
  seq 400 | jq-push -l -q q
  spawn worker jq-work -W 2s -j 4 q sh -c 'echo "$(cat)" >>ran'
  for _ in $(seq 40); do
    redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
    redis CLIENT KILL TYPE pubsub >/dev/null
    redis SCRIPT FLUSH >/dev/null
    wait_tick
  done
  wait_exit 30 worker
  assert_success
  sort -n ran >sorted
  seq 400 | cmp - sorted
  assert_equal "$(jq-stat -F 'done',dead,retry q)" $'400\t0\t0'
}

@test "a server that stands still for a while" {
  durable_server
  jq-push -q q a
  spawn worker jq-work q sh -c 'echo "$(cat)" >>ran'
  wait_until 5 has 'done' 1
  kill -STOP "$(server_pid db)"
  spawn push jq-push q b
  for _ in $(seq 50); do wait_tick; done
  kill -CONT "$(server_pid db)"
  wait_exit 10 push
  assert_success
  wait_until 10 has 'done' 2
  assert_equal "$(cat ran)" $'a\nb'
}

@test "all data gone: it is said, and work goes on" {
  begin
  jq-push -q q x
  spawn worker jq-work -L 6s q sh -c "$waits"
  wait_until 5 held
  redis FLUSHALL >/dev/null
  jq-push -q q y
  echo 0 >&8
  wait_line 10 worker.err "there is no such job any more|the lease was lost"
  echo 0 >&8
  wait_until 10 has 'done' 1
  wait_line 10 worker.err "queue 'q': its data were lost or replaced"
  exec 8>&-
}

@test "the last data gone, as after a fail-over to a replica that lagged" {
  begin
  jq-push -q q x
  spawn worker jq-work -L 6s q sh -c "$waits"
  wait_until 5 held
  redis HINCRBY 'jq:{q}:meta' pushed -1 >/dev/null
  wait_line 10 worker.err "queue 'q': its data were lost or replaced: 1 pushes"
  redis HINCRBY 'jq:{q}:meta' pushed 1 >/dev/null
  echo 0 >&8
  wait_until 10 has 'done' 1
  exec 8>&-
}

@test "our claims gone, and others' in their place" {
  begin
  jq-push -q q x
  jq-push -q q y
  spawn worker jq-work -L 6s q sh -c "$waits"
  wait_until 5 held
  echo 0 >&8
  wait_until 5 has 'done',running $'1\t1'
  local claims
  claims=$(redis HKEYS 'jq:{q}:wrk' | grep '^c:')
  redis HSET 'jq:{q}:wrk' "$claims" 1 >/dev/null
  wait_line 10 worker.err "queue 'q': its data were lost or replaced: 1 of its"
  echo 0 >&8
  wait_until 10 has 'done' 2
  exec 8>&-
}

@test "wrong password, no rights, not a Redis: told at the start" {
  server_start locked --requirepass secret
  run -77 --separate-stderr jq-work -u "$(server_url locked)" q true
  assert_equal "${#stderr_lines[@]}" 1
  run -77 --separate-stderr env REDISCLI_AUTH=wrong \
    jq-work -u "$(server_url locked)" q true
  assert_equal "${#stderr_lines[@]}" 1
  redis ACL SETUSER little on nopass '~*' +ping >/dev/null
  local url
  url=unix://little:@${JQ_URL#unix://}
  run --separate-stderr jq-work -u "$url" q true
  redis ACL DELUSER little >/dev/null
  assert_equal "$status" 77
}

@test "an old server, another service, a replica: told at the start" {
  "${CC:-cc}" -o fake_server "$ROOT/tests/lib/fake_server.c"
  refused() {
    run --separate-stderr jq-work q true
    assert_equal "$status" "$1"
    assert_equal "${#stderr_lines[@]}" 1
    [[ $stderr == "jq-work: "*"$2"* ]] || fail "$stderr"
  }
  spawn old "$PWD/fake_server" "$PWD/old.sock" \
    evalsha '-NOSCRIPT No matching script.\r\n' \
    script '-ERR Error compiling script (new function): user_script:1\r\n' \
    info '$20\r\nredis_version:6.2.14\r\n'
  wait_line 5 old.out '^ready$'
  JQ_URL=unix://$PWD/old.sock refused 76 'is too old: Redis 6.2.14'
  spawn http "$PWD/fake_server" "$PWD/http.sock" \
    accept 'HTTP/1.1 400 Bad Request\r\n\r\n'
  wait_line 5 http.out '^ready$'
  JQ_URL=unix://$PWD/http.sock refused 76 'is not a Redis server'
  server_start replica --replicaof 127.0.0.1 1
  JQ_URL=$(server_url replica) refused 69 'is a read-only replica'
}

@test "two workers share a queue: every job once" {
  local one
  seq 200 | jq-push -l -q q
  spawn one jq-work -W 1s -j 3 q sh -c 'echo "$(cat)" >>ran; echo >>ran.one'
  one=$spawned
  jq-work -W 1s -j 3 q sh -c 'echo "$(cat)" >>ran; echo >>ran.two'
  wait_until 10 gone "$one"
  sort -n ran >sorted
  seq 200 | cmp - sorted
  # neither of them was left without
  [ -s ran.one ] && [ -s ran.two ]
  assert_equal "$(jq-stat -F 'done',dead,retry q)" $'200\t0\t0'
}

@test "a worker of an older or newer layout stops: 76" {
  jq-push -q q x
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  run -76 --separate-stderr jq-work q true
  [[ $stderr == *"data layout 2"* ]] || fail "$stderr"
}

@test "a layout that changes under a running handler: it ends, then 76" {
  local job
  begin
  job=$(jq-push q x)
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 held
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  # told by the next beat, as nothing else is asked
  wait_line 8 worker.err 'data layout 2.*taking no more jobs'
  echo 0 >&8
  # the outcome cannot be told: not for ever
  wait_exit 10 worker
  assert_equal "$status" 76
  # nobody has taken it from there
  redis HSET 'jq:{q}:meta' format 1 >/dev/null
  assert_equal "$(jq-stat -i "$job" -F state,attempts)" $'running\t0'
  exec 8>&-
}

@test "a server that refuses for a while: said once, and work goes on" {
  spawn worker jq-work -L 6s q true
  wait_until 5 eval '[ -n "$(jq-stat --workers -F name q 2>/dev/null)" ]'
  redis CONFIG SET min-replicas-to-write 1 >/dev/null
  # the next beat, a third of the lease away, meets it
  wait_line 5 worker.err 'is not ready: NOREPLICAS .*trying again'
  redis CONFIG SET min-replicas-to-write 0 >/dev/null
  wait_line 5 worker.err 'connected again'
  jq-push -q -w q x
  assert_equal "$(wc -l <worker.err)" 2
  # and at the start it is told, not a silent wait
  kill "$spawned"
  wait_exit 5 worker
  redis CONFIG SET min-replicas-to-write 1 >/dev/null
  spawn worker jq-work q true
  wait_line 5 worker.err 'is not ready: NOREPLICAS'
  redis CONFIG SET min-replicas-to-write 0 >/dev/null
  wait_line 5 worker.err 'connected again'
}

@test "a queue that is paused is left alone until it is resumed" {
  jq-push -q q x
  jq-ctl pause q
  spawn worker jq-work q true
  wait_until 5 eval '[ -n "$(jq-stat --workers -F name q)" ]'
  has ready 1
  jq-ctl resume q
  wait_until 5 has 'done' 1
}

@test "cancel ends a running handler with its tree, and the job is dead" {
  local job
  job=$(jq-push q x)
  spawn worker jq-work -L 6s q sh -c \
    'echo $$ >>pids; (setsid sleep 1000 & echo $! >>pids); exec sleep 1000 # handler'
  wait_until 5 held
  run -0 jq-ctl cancel "$job"
  # told with the next beat, a third of the lease away
  wait_until 5 has dead 1
  assert_equal "$(jq-stat -i "$job" -F state)" dead
  [[ $(jq-stat -i "$job" -F error) == cancelled* ]]
  local pid
  while read -r pid; do wait_until 5 gone "$pid"; done <pids
}

@test "drop ends a running handler, and the job is deleted" {
  local job
  job=$(jq-push q x)
  spawn worker jq-work -L 6s q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
  wait_until 5 held
  jq-ctl drop "$job"
  wait_until 5 has 'running' 0
  wait_until 5 gone "$(cat pids)"
  assert_equal "$(jq-stat -F ready,retry,dead q)" $'0\t0\t0'
}

@test "a lease that was lost: the handler is killed and nothing is closed" {
  local job
  job=$(jq-push q x)
  spawn worker jq-work -L 6s q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
  wait_until 5 held
  # the job is somebody else's now
  redis EVAL "local r = redis.call('HGET', KEYS[1], ARGV[1])
    redis.call('HSET', KEYS[1], ARGV[1], (r:gsub('^%S+', '9.other')))" \
    1 'jq:{q}:job' "${job#q/}" >/dev/null
  wait_line 10 worker.err 'the lease was lost: ending its handler'
  wait_until 5 gone "$(head -n 1 pids)"
  assert_equal "$(jq-stat -F running,'done' q)" $'1\t0'
}

# A server that stands still for longer than a lease, while a handler runs.
stand_still() {
  server_start own
  JQ_URL=$(server_url own)
  jq-push -q -i a q x
  spawn worker jq-work -L 6s -K 1s "$@" q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
  wait_until 5 held
  kill -STOP "$(server_pid own)"
}

two_started() {
  [ "$(wc -l <pids)" -eq 2 ]
}

@test "--strict-lease: no handler outlives its lease" {
  local before=${EPOCHREALTIME/[.,]/}
  stand_still --strict-lease
  wait_line 10 worker.err 'q/a: its lease cannot be renewed in time: ending its handler'
  wait_until 5 gone "$(head -n 1 pids)"
  # the lease was renewed after it began, if at all
  ((${EPOCHREALTIME/[.,]/} - before < 9000000)) || fail 'too late'
  kill -CONT "$(server_pid own)"
  wait_until 10 two_started
  assert_equal "$(jq-stat -i q/a -F state,attempts,losses)" $'running\t0\t0'
}

@test "without it a handler runs on, and is not run again" {
  stand_still
  # the one from its start, then one each two seconds
  wait_line 15 worker.err 'no answer'
  local until=$((SECONDS + 7))
  while ((SECONDS < until)); do wait_tick; done
  kill -CONT "$(server_pid own)"
  wait_line 5 worker.err 'connected again'
  assert_equal "$(wc -l <pids)" 1
  run ! gone "$(cat pids)"
  assert_equal "$(jq-stat -i q/a -F state,attempts,losses)" $'running\t0\t0'
}

@test "no memory left on the server: jobs are closed all the same" {
  begin
  jq-push -q q a b
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 held
  redis CONFIG SET maxmemory 1 >/dev/null
  printf '0\n1\n' >&8
  wait_until 5 has 'done' 1
  wait_until 5 has retry 1
  run -75 jq-push q c
  redis CONFIG SET maxmemory 0 >/dev/null
  exec 8>&-
}

@test "the push itself wakes an idle worker" {
  spawn worker jq-work q true
  wait_until 5 eval '[ -n "$(jq-stat --workers -F name q)" ]'
  local begin took least=999999999
  for _ in 1 2 3; do
    begin=${EPOCHREALTIME/[.,]/}
    jq-push -q -w q x
    took=$((${EPOCHREALTIME/[.,]/} - begin))
    ((took >= least)) || least=$took
  done
  # far less than any poll: milliseconds, on a busy machine more
  ((least < 300000)) || fail "$least us"
}

@test "delayed jobs and retries are due while the worker idles" {
  spawn worker jq-work -b fixed:300ms q sh -c \
    '[ "$JQ_ATTEMPT" != 1 ] || exit 1; echo "$(cat)" >>ran'
  jq-push -q -d 300ms q later
  wait_until 5 has 'done' 1
  assert_equal "$(cat ran)" later
}

@test "many queues, one worker: each is listened to" {
  spawn worker jq-work a,b,c sh -c 'echo "$JQ_QUEUE" >>ran'
  wait_until 5 eval '[ -n "$(jq-stat --workers -F name c)" ]'
  local queue
  for queue in c a b; do jq-push -q -w "$queue" x; done
  assert_equal "$(cat ran)" $'c\na\nb'
}

@test "the server is gone for good: TERM still ends the worker" {
  durable_server
  begin
  jq-push -q q x
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 held
  server_kill db
  kill "$spawned"
  wait_line 5 worker.err 'finishing 1 job'
  echo 0 >&8
  wait_until 5 gone "$(cat pids)"
  # it has an outcome to tell and waits; told again, it gives up
  kill "$spawned"
  wait_exit 12 worker
  assert_equal "$status" 143
  exec 8>&-
}

@test "no server at the start: 69" {
  run -69 --separate-stderr jq-work -u unix:///nonexistent.sock q true
  assert_equal "${#stderr_lines[@]}" 1
}

refused_calls() {
  redis INFO commandstats |
    sed -n 's/^cmdstat_evalsha:.*rejected_calls=\([0-9]*\).*/\1/p'
}

lease_is_over() {
  [ "$(redis ZRANGE 'jq:{q}:run' 0 0 WITHSCORES | sed -n 2p)" -lt \
    $((${EPOCHREALTIME/[.,]/} / 1000)) ]
}

@test "a worker that may not renew its leases asks now and then, not in a circle" {
  jq-push -q q x
  spawn worker jq-work -L 6s q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
  wait_until 5 held
  redis ACL SETUSER default -evalsha -script >/dev/null
  wait_until 12 lease_is_over
  local before
  before=$(refused_calls)
  for _ in $(seq 50); do wait_tick; done
  (($(refused_calls) - before < 20)) || fail "$before, then $(refused_calls)"
  redis ACL SETUSER default +evalsha +script >/dev/null
}
