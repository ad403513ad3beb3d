#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work is two processes: the engine may die, and the supervisor sees to it
# that its handlers do not outlive it and its jobs run again at once.

load ../lib/server

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/notify_listener" \
    "$ROOT/tests/lib/notify_listener.c"
}

# The engine of the worker that was spawned last.
engine() {
  pgrep -P "$spawned" jq-work
}

# A worker whose handler tells its pid in the file `pids` and waits.
start_worker() {
  spawn worker jq-work q sh -c 'echo $$ >>pids; exec sleep 1000 # handler'
}

lines_in() {
  [ "$(wc -l <"$2" 2>/dev/null)" = "$1" ]
}

attempts() {
  jq-stat -i "$1" -F attempts,losses,releases
}

@test "a killed engine: handlers end, jobs run again at once" {
  local id
  id=$(jq-push q x)
  start_worker
  wait_until 5 lines_in 1 pids
  kill -KILL "$(engine)"
  # the lease of 15 s plays no part
  wait_until 5 lines_in 2 pids
  wait_until 5 gone "$(head -n 1 pids)"
  assert_equal "$(attempts "$id")" $'0\t1\t0'
  wait_line 5 worker.err 'died of SIGKILL'
  wait_line 5 worker.err "queue 'q': handed back 1 job"
}

@test "also the handlers that do not care about TERM, and their children" {
  jq-push -q q x
  # by a name that no other test has
  cp "$(command -v sleep)" "nap$$"
  spawn worker jq-work -K 100ms q sh -c \
    'trap "" TERM; echo $$ >>pids; (setsid ./nap'$$' 1000 &) # handler
     while :; do ./nap'$$' 1000; done # handler'
  wait_until 5 lines_in 1 pids
  kill -KILL "$(engine)"
  wait_until 5 lines_in 2 pids
  wait_until 5 gone "$(head -n 1 pids)"
  # two of the new one and none of the old
  two() { [ "$(pgrep -c -x "nap$$")" -eq 2 ]; }
  wait_until 5 two
}

# The script that hands them back is one that this server has never seen.
@test "a killed engine: --drain does not end before its jobs are back and done" {
  seq 3 | jq-push -q -l q
  mkfifo go
  spawn worker jq-work --drain -j 3 q sh -c 'echo $$ >>pids; read -r x <go'
  exec 4<>go
  wait_until 5 lines_in 3 pids
  kill -KILL "$(engine)"
  wait_until 5 lines_in 6 pids
  printf '%s\n' 1 2 3 4 5 6 >&4
  wait_exit 5 worker
  assert_equal "$status" 0
  exec 4>&-
  assert_equal "$(jq-stat -F 'done' q)" 3
}

@test "an engine that crashes again and again is started ever later" {
  jq-push -q q x
  start_worker
  wait_until 5 lines_in 1 pids
  kill -KILL "$(engine)"
  wait_until 5 lines_in 2 pids
  kill -ABRT "$(engine)"
  # said at once; the next one has a second to wait
  wait_line 5 worker.err 'died of SIGABRT'
  assert_equal "$(wc -l <pids)" 2
  # a stop in the pause is heard, and nothing runs that would have to end
  kill "$spawned"
  wait_exit 5 worker
  assert_success
  assert_equal "$(wc -l <pids)" 2
}

@test "a crash is told in the format of the log" {
  spawn worker jq-work --json q true
  wait_until 5 engine
  kill -KILL "$(engine)"
  wait_line 5 worker.err 'died of SIGKILL'
  run ! grep -v "^{.*}\$" worker.err
}

@test "a job that kills its engine is poison in the end" {
  local id
  id=$(jq-push q x)
  spawn worker jq-work q sh -c 'kill -KILL $PPID'
  dead() { [ "$(jq-stat -i "$id" -F losses)" -ge 1 ]; }
  wait_until 5 dead
  # the rest waits 20 s and more: what the scripts do of it is tested there
  [[ $(jq-stat -i "$id" -F state) =~ ready|running|retry ]]
}

@test "a killed supervisor: the engine ends and hands its jobs back" {
  local id
  id=$(jq-push q x)
  start_worker
  wait_until 5 lines_in 1 pids
  local engine
  engine=$(engine)
  kill -KILL "$spawned"
  wait_until 5 gone "$engine"
  wait_until 5 gone "$(cat pids)"
  assert_equal "$(jq-stat -i "$id" -F state)" ready
  assert_equal "$(attempts "$id")" $'0\t0\t1'
}

@test "both killed: no handler is left" {
  jq-push -q q x
  start_worker
  wait_until 5 lines_in 1 pids
  kill -STOP "$spawned"
  kill -KILL "$(engine)"
  kill -KILL "$spawned"
  wait_until 5 gone "$(cat pids)"
}

@test "the server is down when the engine dies: the next one waits for it" {
  server_start other --appendonly yes --appenddirname other.aof
  export JQ_URL
  JQ_URL=$(server_url other)
  local id
  id=$(jq-push q x)
  start_worker
  wait_until 5 lines_in 1 pids
  server_kill other
  kill -KILL "$(engine)"
  wait_line 5 worker.err 'died of SIGKILL'
  wait_until 5 gone "$(cat pids)"
  server_start other --appendonly yes --appenddirname other.aof
  wait_until 5 lines_in 2 pids
  assert_equal "$(attempts "$id")" $'0\t1\t0'
}

@test "one TERM is one TERM, also when the whole group is sent it" {
  mkfifo go
  jq-push -q q x
  spawn worker setsid jq-work q sh -c 'echo $$ >>pids; read x <go'
  wait_until 5 lines_in 1 pids
  kill -TERM -- "-$spawned"
  wait_line 5 worker.err 'finishing 1 job'
  # a TERM to the engine alone is not for it
  kill -TERM "$(engine)"
  echo >go
  wait_exit 5 worker
  assert_success
  assert_equal "$(jq-stat -F 'done' q)" 1
}

@test "jq-stat names the process that takes signals" {
  spawn worker jq-work q true
  named() { [ "$(jq-stat --workers -F pid q)" = "$spawned" ]; }
  wait_until 5 named
  run -0 jq-stat --workers -F name q
  assert_output --regexp ":$spawned$"
}

@test "the reader of --ready-fd sees its end" {
  mkfifo ready
  exec 8<>ready
  exec 9<ready
  spawn worker jq-work --ready-fd 7 q true 7>ready 8>&- 9>&-
  exec 8>&-
  run -0 cat <&9
  exec 9<&-
  kill "$spawned"
  wait_exit 5 worker
  assert_success
}

@test "the service manager hears all of it, from the process it knows" {
  spawn manager "$BATS_FILE_TMPDIR/notify_listener" "$PWD/notify.sock"
  wait_line 5 manager.out '^ready$'
  spawn worker env NOTIFY_SOCKET="$PWD/notify.sock" jq-work -n 3 q true
  wait_line 5 manager.out '^READY=1$'
  wait_line 5 manager.out '^STATUS=0/1 busy, 0 done, 0 failed$'
  # the engine says the rest, and ends, while nobody listens to it
  local engine
  engine=$(engine)
  kill -STOP "$spawned"
  jq-push -q q a b c
  ended() { grep -q '^State:.Z' "/proc/$engine/status"; }
  wait_until 5 ended
  kill -CONT "$spawned"
  wait_exit 5 worker
  assert_success
  wait_line 5 manager.out '^STATUS=0/1 busy, 3 done, 0 failed$'
  wait_line 5 manager.out '^STOPPING=1$'
}

@test "as PID 1: orphans of others are collected, TERM ends it" {
  unshare -pf --mount-proc true 2>/dev/null ||
    unshare -Urpf --mount-proc true || skip 'no pid namespaces'
  local as=(unshare -pf --mount-proc)
  "${as[@]}" true 2>/dev/null || as=(unshare -Urpf --mount-proc)
  jq-push -q q x
  spawn worker "${as[@]}" jq-work q sh -c \
    'echo "$PPID $$" >>pids; exec sleep 1000 # handler'
  wait_until 5 lines_in 1 pids
  local inner
  inner=$(pgrep -P "$spawned" jq-work)
  kill -TERM "$inner"
  wait_line 5 worker.err 'finishing 1 job'
  kill -TERM "$inner"
  wait_exit 5 worker
  assert_equal "$(jq-stat -F ready q)" 1
}
