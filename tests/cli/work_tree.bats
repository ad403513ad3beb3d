#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work among processes: those that its handlers start, those that were there
# before it, and those that should read what it writes.

load ../lib/server

has() {
  [ "$(jq-stat -F "$1" q)" = "$2" ]
}

engine() {
  pgrep -P "$spawned" jq-work
}

@test "output that nobody reads: jobs wait, memory does not grow" {
  seq 300 | jq-push -q -l q
  mkfifo out
  exec 9<>out
  spawn worker bash -c 'exec jq-work -j 2 --drain q head -c 50000 /dev/zero >out' 9>&-
  # as much as the pipe takes, 256 KiB, and what two handlers have
  settled() {
    local was
    was=$(jq-stat -F 'done',running q)
    for _ in 1 2 3 4 5; do wait_tick; done
    [[ $was == [1-9]*$'\t0' && $was == "$(jq-stat -F 'done',running q)" ]]
  }
  wait_until 10 settled
  (($(jq-stat -F 'done' q) < 30)) || fail "$(jq-stat q)"
  # and it hears of jobs again when it is read
  run -0 head -c 15000000 <&9
  exec 9>&-
  wait_exit 10 worker
  assert_success
  has 'done' 300
}

@test "children of the shell that became jq-work are left alone" {
  local kin
  spawn worker bash -c 'sleep 1000 & # handler of nobody
    echo $! >kin; exec jq-work --drain q cat'
  wait_exit 5 worker
  assert_success
  kin=$(cat kin)
  kill -0 "$kin"
  # nor does a crash of the engine concern them
  spawn worker bash -c 'sleep 1000 & # handler of nobody
    echo $! >>kin; exec jq-work q cat'
  wait_until 5 known
  kill -KILL "$(engine)"
  wait_line 5 worker.err 'died of SIGKILL'
  kill "$spawned"
  wait_exit 5 worker
  kill -0 "$(tail -n 1 kin)"
  # shellcheck disable=SC2046 # two numbers
  kill $(cat kin)
}

known() {
  [ -n "$(jq-stat --workers -F name q 2>/dev/null)" ]
}

@test "a process substitution reads to the end" {
  jq-push -q q hello
  mkfifo go
  exec 9<>go
  # it is a child of ours, and has not read yet when we end
  spawn worker bash -c \
    'exec jq-work --drain q cat > >(read -r line <go; cat | cat >read)' 9>&-
  wait_exit 5 worker
  assert_success
  echo >&9
  wait_until 5 grep -q hello read
  exec 9>&-
}

# ended_with STATE [REASON]: so the job did, or the last attempt at it.
ended_with() {
  [[ $(jq-stat -i "$job" -F state,error) == "$1"$'\t'"${2-}"* ]]
}

all_gone() {
  local pid
  while read -r pid; do gone "$pid" || return 1; done <pids
}

@test "a time limit ends a stopped handler, and a tree that ignores TERM" {
  local job
  job=$(jq-push q x)
  spawn worker jq-work -t 200ms -K 200ms -m 1 q sh -c 'echo $$ >>pids; kill -STOP $$'
  wait_until 5 ended_with dead timeout
  kill "$spawned"
  wait_exit 5 worker
  job=$(jq-push q y)
  # a child, one in a session of its own, and one whose parent is gone
  spawn worker jq-work -t 1s -K 200ms -m 1 q sh -c 'trap "" TERM; echo $$ >>pids
    for way in "" setsid "setsid -f"; do
      $way sh -c "echo \$\$ >>pids; while :; do sleep 100; done" & # handler
    done; while :; do sleep 100; done # handler'
  wait_until 5 ended_with dead timeout
  assert_equal "$(wc -l <pids)" 5
  wait_until 5 all_gone
}

@test "a tree that goes on forking is ended" {
  local job
  job=$(jq-push q x)
  # each starts the next one, and stays
  spawn worker jq-work -t 300ms -K 0 -m 1 q sh -c \
    'trap "" TERM; grow() { sleep 0.01; (grow & exec sleep 100); } # handler
    (grow & exec sleep 100); sleep 100 # handler'
  wait_until 5 ended_with dead timeout
  childless() { ! pgrep -P "$(engine)"; }
  wait_until 5 childless
}

@test "a handler that closes all it was given" {
  local job
  job=$(jq-push q x)
  mkfifo go
  spawn worker jq-work q sh -c \
    'exec <&- >&- 2>&- 3>&-; echo $$ >pids; read -r line <go'
  wait_until 5 test -s pids
  # that is not its end
  has running 1
  echo >go
  wait_until 5 ended_with 'done'
}

@test "a large payload that nobody reads" {
  head -c 1048576 /dev/zero | jq-push -q q
  run -0 jq-work --drain q true
  has 'done' 1
  head -c 1048576 /dev/zero | jq-push -q q
  run -0 jq-work --drain q sh -c 'exec <&-; echo closed'
  assert_output closed
}

@test "no longer executable while others run: they finish, 126" {
  printf '#!/bin/sh\necho $$ >pids; read -r line <go\n' >handler
  chmod +x handler
  mkfifo go
  jq-push -q q first
  spawn worker jq-work -j 2 q ./handler
  wait_until 5 test -s pids
  chmod -x handler
  seq 3 | jq-push -q -l q
  wait_line 5 worker.err 'Permission denied'
  has running 1
  echo >go
  wait_exit 5 worker
  assert_equal "$status" 126
  assert_equal "$(jq-stat -F 'done',ready,retry,dead q)" $'1\t3\t0\t0'
  assert_equal "$(jq-stat -s ready -F attempts q | sort -u)" 0
}

@test "no descriptor is left for a handler: jobs wait, uncharged" {
  spawn worker jq-work q true
  wait_until 5 known
  local engine was
  engine=$(engine)
  was=$(prlimit --nofile --noheadings -o SOFT -p "$engine")
  # those that are open stay so
  prlimit --nofile=4: -p "$engine"
  jq-push -q q x
  wait_line 5 worker.err 'no handler can be started; next try in 1s'
  assert_equal "$(jq-stat -F ready,retry,dead q)" $'1\t0\t0'
  assert_equal "$(jq-stat -s ready -F attempts q)" 0
  prlimit --nofile="$was": -p "$engine"
  wait_until 5 has 'done' 1
  wait_line 5 worker.err 'handlers can be started again'
}

@test "worker and supervisor killed: another takes the job when its lease is over" {
  local job
  job=$(jq-push q x)
  spawn worker jq-work q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
  wait_until 5 test -s pids
  # at once: neither may do anything about the other's end
  kill -STOP "$spawned"
  kill -KILL "$(engine)"
  kill -KILL "$spawned"
  # TERM comes to it from the kernel
  wait_until 5 all_gone
  spawn other jq-work --worker-name other q true
  wait_until 5 known
  has running 1
  redis ZADD 'jq:{q}:run' 1 "${job#q/}" >/dev/null
  wait_until 8 ended_with 'done'
  assert_equal "$(jq-stat -i "$job" -F losses,attempts,releases)" $'1\t0\t0'
}

@test "a directory that cannot be written to" {
  # root may write everywhere but here
  cd /proc/self
  jq-push -q q x
  run -0 jq-work --drain q cat
  assert_output x
}

# Milliseconds that 24 jobs take whose handlers leave the process $1 behind.
take_24() {
  local begin
  seq 24 | jq-push -q -l q
  begin=$(date +%s%N)
  run -0 jq-work -j 4 -n 24 q sh -c "$1 </dev/null >/dev/null 2>&1 & exit 0"
  took=$((($(date +%s%N) - begin) / 1000000))
}

# Its descriptor 3 is open in a handler that is just being started, too: who is
# in doubt looks again when there is none.
@test "a process that holds descriptor 3 alone is ended when its handler ends" {
  local with=99999 without=99999 took
  for _ in 1 2 3 4 5; do
    take_24 'tail -f /dev/null'
    ((took > with)) || with=$took
    take_24 'tail -f /dev/null 3>&-'
    ((took > without)) || without=$took
  done
  # a quarter of a second is how long it would be waited for
  ((with < without + 240)) || fail "$with ms, and $without ms without it"
}
