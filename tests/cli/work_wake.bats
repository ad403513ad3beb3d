#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work: idle workers, woken one at a time, and the claims that wait with them.

load ../lib/server

all_wait() {
  redis INFO clients | grep -q "^blocked_clients:$1"$'\r'
}

calls() {
  redis INFO commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p"
}

is_done() {
  [ "$(jq-stat -F done q)" = "$1" ]
}

# Behind N waits there is a claim, which the server has got but not read.
claims_wait() {
  [ "$(redis CLIENT LIST | grep -c ' qbuf=[1-9].* cmd=blpop ')" = "$1" ]
}

# A worker whose handlers wait for a line on the FIFO `go` and exit as it says,
# and whose claim waits.
waiting() {
  [ -p go ] || mkfifo go
  # kept open: a line that nobody reads yet waits
  exec 8<>go
  spawn "$@" q sh -c 'echo $$ >>pids; read -r code <go; exit $code'
  wait_until 5 claims_wait 1
}

worker_is() {
  [ "$(jq-stat --workers -F state q)" = "$1" ]
}

state_is() {
  [ "$(jq-stat -F "$1" q)" = "$2" ]
}

@test "a push wakes one of thirty idle workers, and no other asks" {
  local i least=99
  for i in {1..30}; do
    spawn "worker$i" jq-work -q q true
  done
  wait_until 20 all_wait 30
  # who was woken waits again; some may have had their look of every five
  # seconds, on a busy machine many: one push without those will do
  for i in {1..5}; do
    redis CONFIG RESETSTAT >/dev/null
    jq-push -q q x
    wait_until 5 is_done "$i"
    wait_until 5 all_wait 30
    run -0 calls blpop
    assert [ "$output" -ge 1 ]
    [ "$output" -ge "$least" ] || least=$output
  done
  assert [ "$least" -le 10 ]
}

@test "the claim of an idle worker waits with it, and brings the job" {
  waiting worker jq-work
  jq-push -q q x
  echo 0 >&8
  wait_until 5 is_done 1
  wait_until 5 claims_wait 1
}

@test "a claim that waits is called off by TSTP" {
  waiting worker jq-work
  kill -TSTP "$spawned"
  wait_until 5 worker_is quiet
  jq-push -q q x
  jq-work -1 q true
  assert_equal "$(jq-stat -F done,running q)" $'1\t0'
  [ ! -e pids ]
  kill -CONT "$spawned"
  wait_until 5 claims_wait 1
  jq-push -q q y
  echo 0 >&8
  wait_until 5 is_done 2
}

@test "… by a job that fails, with --halt" {
  waiting worker jq-work -j 2 --halt 1
  jq-push -q q x
  wait_until 5 state_is running 1
  wait_until 5 claims_wait 1
  echo 65 >&8
  wait_until 5 worker_is halted
  jq-push -q q y
  wait_until 5 all_wait 0
  local begun
  begun=$(wc -l <pids)
  run -0 jq-stat -F ready,running,dead q
  if [ "$output" = $'0\t1\t1' ]; then
    # a busy machine: a second has gone by, after which one is taken on trial
    (($(changed running) - $(changed dead) > 500))
  else
    assert_equal "$output $begun" $'1\t0\t1 1'
  fi
}

# changed STATE: when the job in that state came there, in ms
changed() {
  date -d "$(jq-stat -s "$1" -F changed q)" +%s%3N
}

@test "… by an end, and nothing is left with a lease" {
  local i
  for i in {1..10}; do
    waiting worker jq-work
    jq-push -q q x
    kill "$spawned"
    echo 0 >&8
    wait_exit 5 worker
    assert_success
    assert_equal "$(jq-stat -F running,retry,dead q)" $'0\t0\t0'
    jq-work -q --drain q true
    is_done "$i"
    exec 8>&-
    rm go
  done
}

@test "a hint that came to a worker which takes nothing is passed on" {
  waiting first jq-work
  local first=$spawned begin took
  spawn second jq-work q true
  wait_until 5 claims_wait 2
  kill -TSTP "$first"
  wait_until 5 eval '[[ $(jq-stat --workers -F state q) == *quiet* ]]'
  begin=${EPOCHREALTIME/[.,]/}
  jq-push -q q x
  wait_until 5 is_done 1
  took=$((${EPOCHREALTIME/[.,]/} - begin))
  # it looks by itself, but not that often
  ((took < 1500000)) || fail "$took us"
}

@test "jobs that came to an engine that stood still: run when it goes on" {
  waiting worker jq-work
  local engine job
  engine=$(pgrep -P "$spawned" jq-work)
  kill -STOP "$engine"
  job=$(jq-push q x)
  wait_until 5 state_is running 1
  [ ! -e pids ]
  kill -CONT "$engine"
  echo 0 >&8
  wait_until 5 is_done 1
  assert_equal "$(jq-stat -i "$job" -F attempts,losses,releases)" $'0\t0\t0'
}

@test "… but not those that another has run meanwhile" {
  local first engine
  jq-ctl -q set q lease=6s
  waiting first jq-work
  first=$spawned
  engine=$(pgrep -P "$first" jq-work)
  kill -STOP "$engine"
  jq-push -q q x
  wait_until 5 state_is running 1
  spawn second jq-work -n 1 q sh -c 'echo second >>pids'
  wait_until 20 is_done 1
  wait_exit 5 second
  kill -CONT "$engine"
  wait_until 5 claims_wait 1
  assert_equal "$(cat pids)" second
  kill "$first"
  wait_exit 5 first
  # nor was one started and ended again at once
  refute_regex "$stderr" 'lease was lost'
}

@test "… and when it was killed: by the next engine" {
  waiting worker jq-work
  local engine
  engine=$(pgrep -P "$spawned" jq-work)
  kill -STOP "$engine"
  jq-push -q q x
  wait_until 5 state_is running 1
  kill -KILL "$engine"
  echo 0 >&8
  wait_until 5 is_done 1
  assert_equal "$(wc -l <pids)" 1
}

# The id of the connection that waits, at the server.
waiting_client() {
  redis CLIENT LIST | sed -n 's/^id=\([0-9]*\) .* cmd=blpop .*/\1/p'
}

@test "a wait that is broken off: its claim and the one beside it bring a job once" {
  local i engine
  waiting worker jq-work -j 2
  engine=$(pgrep -P "$spawned" jq-work)
  for i in {1..10}; do
    kill -STOP "$engine"
    redis CLIENT KILL ID "$(waiting_client)" >/dev/null
    jq-push -q q x
    kill -CONT "$engine"
    wait_until 5 state_is running 1
    wait_until 5 claims_wait 1
    echo 0 >&8
    wait_until 5 is_done "$i"
    wait_until 5 claims_wait 1
  done
  assert_equal "$(wc -l <pids)" 10
  assert_equal "$(jq-stat -F lost_total,released_total q)" $'0\t0'
}

@test "a server that is emptied under a wait which was called off" {
  waiting worker jq-work
  kill -TSTP "$spawned"
  wait_until 5 worker_is quiet
  kill -CONT "$spawned"
  wait_until 5 worker_is run
  redis FLUSHALL >/dev/null
  jq-push -q q x
  echo 0 >&8
  wait_until 3 is_done 1
}

is_idle_again() {
  [ "$(redis HLEN 'jq:{q}:pay')" = 0 ] && all_wait 1
}

@test "a job costs a push, a claim and a close, whatever the slots" {
  local options i began
  for options in '-j 1' '-j 4' '-j 1 -W 60s'; do
    # shellcheck disable=SC2086
    waiting worker jq-work $options
    redis CONFIG RESETSTAT >/dev/null
    began=$SECONDS
    for i in {1..30}; do
      echo 0 >&8
      jq-push -q q "$i"
      wait_until 5 is_idle_again
    done
    # and heartbeats, two a second at the most
    run -0 calls evalsha
    assert [ "$output" -le $((92 + 2 * (SECONDS - began + 1))) ]
    kill "$spawned"
    wait_exit 5 worker
  done
}

claims_wait_or_gone() {
  claims_wait 1 || gone "$1"
}

@test "-W: a job that comes at the end is run, or left for others" {
  local i k
  for i in {12..17}; do
    spawn worker jq-work -W 300ms q true
    # on a busy machine its time may be over before it is seen to wait
    wait_until 5 claims_wait_or_gone "$spawned"
    for ((k = 0; k < i; k++)); do wait_tick; done
    jq-push -q q x
    wait_exit 5 worker
    assert_success
    assert_equal "$(jq-stat -F running,released_total q)" $'0\t0'
  done
}

@test "connections that break under a claim that waits: every job once" {
  local i
  waiting worker jq-work
  for i in {1..20}; do
    jq-push -q q "$i"
    redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
    echo 0 >&8
    wait_until 10 is_done "$i"
    redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
  done
  assert_equal "$(wc -l <pids)" 20
}
