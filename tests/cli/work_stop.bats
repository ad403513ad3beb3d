#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work: how it stops, what its signals mean, and where it still works.

load ../lib/server

# A worker of q whose handler waits for a line on the FIFO `go`, and then does
# what the arguments say, if any. Needs `begin` first.
begin() {
  mkfifo go
  # kept open: a line that nobody reads yet waits
  exec 8<>go
}

waits='echo $$ >>pids; read -r line <go; echo "$line"; exit ${line:-0}'

running() {
  [ "$(jq-stat -F running q)" = "$1" ] && [ -e pids ]
}

end() {
  exec 8>&-
}

idle() {
  [ "$(jq-stat --workers -F state q 2>/dev/null)" = run ]
}

worker_state() {
  [ "$(jq-stat --workers -F state q)" = "$1" ]
}

@test "TERM to an idle worker: 0, at once" {
  local before took least=999999999
  for _ in 1 2 3; do
    spawn worker jq-work q true
    wait_until 5 idle
    before=${EPOCHREALTIME/[.,]/}
    kill "$spawned"
    wait_exit 5 worker
    took=$((${EPOCHREALTIME/[.,]/} - before))
    ((took >= least)) || least=$took
    assert_success
    assert_equal "$stderr" ''
    # and it is known to be gone
    assert_equal "$(jq-stat --workers -F name q)" ''
  done
  # 100 ms are asked for; the look takes up to 20, a busy machine the rest
  ((least < 500000)) || fail "$least us"
}

@test "TERM: handlers finish, no more jobs are taken" {
  begin
  jq-push -q q a b
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 running 1
  kill "$spawned"
  wait_line 5 worker.err 'finishing 1 job$'
  wait_until 5 worker_state stopping
  echo 0 >&8
  wait_exit 5 worker
  assert_success
  assert_equal "$(jq-stat -F ready,done q)" $'1\t1'
  end
}

@test "-g bounds that; then jobs go back to the front, uncharged" {
  local first
  first=$(jq-push q first)
  jq-push -q q second
  spawn worker jq-work -g 300ms q sh -c 'echo $$ >>pids; exec sleep 100 # handler'
  wait_until 5 running 1
  kill "$spawned"
  wait_exit 5 worker
  assert_success
  assert_equal "$(jq-stat -i "$first" -F state,attempts,releases)" $'ready\t0\t1'
  assert_equal "$(jq-stat -s ready -F job q | head -n 1)" "$first"
}

@test "a second TERM ends the handlers, and the worker by that signal" {
  jq-push -q q x
  spawn worker jq-work q sh -c 'echo $$ >>pids; exec sleep 100 # handler'
  wait_until 5 running 1
  kill "$spawned"
  wait_line 5 worker.err finishing
  kill "$spawned"
  wait_exit 5 worker
  assert_equal "$status" 143
  assert_equal "$(jq-stat -F ready,retry,dead q)" $'1\t0\t0'
}

@test "a handler that ignores TERM is killed after -K" {
  jq-push -q q x
  spawn worker jq-work -K 200ms q sh -c \
    'trap "" TERM; echo $$ >>pids; while :; do sleep 100; done # handler'
  wait_until 5 running 1
  kill "$spawned"
  wait_line 5 worker.err finishing
  kill "$spawned"
  wait_exit 5 worker
  assert_equal "$status" 143
  assert_equal "$(jq-stat -F ready q)" 1
}

@test "a handler that had ended well when it was told to end is done" {
  begin
  jq-push -q q x
  spawn worker jq-work -g 0 q sh -c "$waits"
  wait_until 5 running 1
  kill -STOP "$(cat pids)"
  echo 0 >&8
  kill -CONT "$(cat pids)"
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  kill "$spawned"
  wait_exit 5 worker
  assert_success
  end
}

@test "INT: once says what it waits for, twice ends handlers: 130" {
  jq-push -q q x
  spawn worker bash -c 'trap - INT; exec jq-work q sh -c \
    "echo \$\$ >>pids; exec sleep 100 # handler"'
  wait_until 5 running 1
  kill -INT "$spawned"
  wait_line 5 worker.err 'finishing 1 job; \^C again to stop them'
  kill -INT "$spawned"
  wait_exit 5 worker
  assert_equal "$status" 130
  assert_equal "$(jq-stat -F ready q)" 1
}

@test "a third INT ends it at once" {
  jq-push -q q x
  spawn worker bash -c 'trap - INT; exec jq-work -K 1h q sh -c \
    "trap \"\" TERM; echo \$\$ >>pids; while :; do sleep 100; done # handler"'
  wait_until 5 running 1
  kill -INT "$spawned"
  wait_line 5 worker.err 'finishing'
  kill -INT "$spawned"
  wait_line 5 worker.err 'ending 1 job'
  kill -INT "$spawned"
  wait_exit 5 worker
  assert_equal "$status" 130
  wait_until 5 gone "$(cat pids)"
}

@test "QUIT is firm at once, and leaves no core" {
  jq-push -q q x
  spawn worker bash -c 'trap - QUIT; exec jq-work q sh -c \
    "echo \$\$ >>pids; exec sleep 100 # handler"'
  wait_until 5 running 1
  kill -QUIT "$spawned"
  wait_exit 5 worker
  assert_equal "$status" 131
  assert_equal "$(jq-stat -F ready q)" 1
  run ! ls core core.*
}

@test "HUP opens the job log anew" {
  begin
  jq-push -q q x
  spawn worker jq-work --joblog log q sh -c "$waits"
  wait_until 5 running 1
  mv log old
  kill -HUP "$spawned"
  wait_until 5 test -e log
  echo 0 >&8
  wait_until 5 test -s log
  [ ! -s old ]
  end
}

@test "HUP reads the configuration again" {
  mkdir -p home/jobq
  printf '[jq-work]\nmax-attempts = 1\n' >home/jobq/config
  export XDG_CONFIG_HOME=$PWD/home
  spawn worker jq-work -v q false
  jq-push -q -i a q x
  wait_until 5 job_in q/a dead
  printf '[jq-work]\nmax-attempts = 2\njobs = none\n' >home/jobq/config
  kill -HUP "$spawned"
  wait_line 5 worker.err 'config:3: jobs: .*; nothing is changed'
  jq-push -q -i b q x
  wait_until 5 job_in q/b dead
  printf '[jq-work]\nmax-attempts = 2\nbackoff = fixed:1h\n' >home/jobq/config
  kill -HUP "$spawned"
  wait_line 5 worker.err 'read the configuration again'
  jq-push -q -i c q x
  wait_until 5 job_in q/c retry
}

job_in() {
  [ "$(jq-stat -i "$1" -F state)" = "$2" ]
}

@test "HUP: another password, and handlers go on" {
  begin
  one() { printf 'unix://one:%s@%s\n' "$1" "${JQ_URL#unix://}" >url; }
  redis ACL SETUSER one on '>first' '~*' '&*' +@all >/dev/null
  one first
  jq-push -q -i a q x
  spawn worker jq-work --url-file url q sh -c "$waits"
  wait_until 5 running 1
  redis ACL SETUSER one resetpass '>second' >/dev/null
  one second
  redis CLIENT KILL USER one >/dev/null || true
  wait_line 5 worker.err 'refuses the user name or the password'
  kill -HUP "$spawned"
  wait_line 5 worker.err 'connected again'
  echo 0 >&8
  wait_until 5 job_in q/a 'done'
  end
}

@test "HUP: another server" {
  begin
  server_start other
  printf '%s\n' "$JQ_URL" >url
  spawn worker jq-work --url-file url q sh -c "$waits"
  wait_until 5 idle
  server_url other >url
  kill -HUP "$spawned"
  export JQ_URL
  JQ_URL=$(server_url other)
  jq-push -q -i a q x
  wait_until 5 running 1
  echo 0 >&8
  wait_until 5 job_in q/a 'done'
  printf 'nonsense\n' >url
  kill -HUP "$spawned"
  wait_line 5 worker.err 'nothing is changed'
  jq-push -q -i b q x
  wait_until 5 running 1
  end
}

@test "HUP of a terminal that is closed: as TERM" {
  begin
  jq-push -q q x
  # script(1) gives it a terminal, and takes that away when it is killed
  spawn terminal script -qec "jq-work q sh -c '$waits' 2>worker.err" /dev/null
  wait_until 5 running 1
  kill -KILL "$spawned"
  wait_line 5 worker.err 'finishing 1 job'
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  end
}

@test "^C in a terminal reaches the worker once, and no handler" {
  begin
  jq-push -q q x
  mkfifo keys
  exec 9<>keys
  spawn terminal script -qec "jq-work q sh -c '$waits' 2>worker.err" /dev/null <&9
  wait_until 5 running 1
  printf '\003' >&9
  wait_line 5 worker.err 'finishing 1 job; \^C again to stop them'
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  exec 9>&-
  end
}

@test "nohup: HUP is ignored when it was before" {
  begin
  jq-push -q q x
  spawn worker nohup jq-work q sh -c "$waits"
  wait_until 5 running 1
  kill -HUP "$spawned"
  # asked for after it, so answered after it
  kill -USR1 "$spawned"
  wait_line 5 worker.err 'slot 1: q/'
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  kill -0 "$spawned"
  end
}

@test "USR1: a line for each slot; USR2: nothing" {
  begin
  local job
  job=$(jq-push q x)
  spawn worker jq-work -j 2 q sh -c "echo 'progress 2/3 two' >&3; $waits"
  wait_until 5 running 1
  kill -USR2 "$spawned"
  kill -USR1 "$spawned"
  wait_line 5 worker.err "slot 1: $job attempt 1/5, running for .*, pid [0-9]+, progress 2/3 two"
  wait_line 5 worker.err 'slot 2: idle'
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  end
}

@test "TSTP: no more jobs; CONT: again" {
  begin
  jq-push -q q x
  spawn worker jq-work -j 2 q sh -c "$waits"
  wait_until 5 running 1
  kill -TSTP "$spawned"
  wait_until 5 worker_state quiet
  jq-push -q q y
  # goes on with what it has
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done",ready q)" = "1	1" ]'
  kill -CONT "$spawned"
  echo 0 >&8
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 2 ]'
  end
}

@test "a quiet worker can be stopped" {
  spawn worker jq-work q true
  wait_until 5 idle
  kill -TSTP "$spawned"
  wait_until 5 worker_state quiet
  kill "$spawned"
  wait_exit 5 worker
  assert_success
}

@test "a stopped and continued worker renews its leases first" {
  begin
  local job
  job=$(jq-push q x)
  spawn worker jq-work q sh -c "$waits"
  wait_until 5 running 1
  local engine
  engine=$(pgrep -P "$spawned" jq-work)
  kill -STOP "$engine"
  # as if its lease had run out, and nobody had been there to take the job
  redis ZADD 'jq:{q}:run' 1 "${job#q/}" >/dev/null
  echo 0 >&8
  wait_until 5 gone "$(cat pids)" || true
  kill -CONT "$engine"
  wait_until 5 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  assert_equal "$(jq-stat -i "$job" -F losses)" 0
  end
}

@test "a stopped worker whose job was taken: its outcome does not count" {
  begin
  local job
  job=$(jq-push q x)
  spawn worker jq-work --worker-name first q sh -c "$waits"
  wait_until 5 running 1
  local engine
  engine=$(pgrep -P "$spawned" jq-work)
  kill -STOP "$engine"
  redis ZADD 'jq:{q}:run' 1 "${job#q/}" >/dev/null
  # another one takes it back, and finishes it
  run -0 jq-work --worker-name second -W 2s q true
  assert_equal "$(jq-stat -i "$job" -F state,losses)" $'done\t1'
  echo 0 >&8
  kill -CONT "$engine"
  wait_line 5 worker.err 'lease was lost'
  run -0 jq-stat -i "$job"
  assert_output --partial 'on second'
  end
}

# Beats are far apart: it is not they that tell.
@test "a job that comes again to the worker that runs it: one handler goes on" {
  begin
  local job first
  jq-ctl set -q q lease=1h
  job=$(jq-push q x)
  spawn worker jq-work -j 2 q sh -c "$waits"
  wait_until 5 running 1
  first=$(cat pids)
  redis ZADD 'jq:{q}:run' XX 1 "${job#q/}" >/dev/null
  jq-ctl prune q >/dev/null
  wait_until 10 gone "$first"
  wait_line 5 worker.err "$job: the lease was lost: ending its handler"
  echo 0 >&8
  wait_until 10 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  assert_equal "$(jq-stat -i "$job" -F losses,attempts)" $'1\t0'
  kill "$spawned"
  wait_exit 5 worker
  assert_success
  end
}

@test "the reader of its stdout goes away: jobs go on" {
  seq 200 | jq-push -q -l q
  jq-work --drain q echo some output | head -n 1 >first
  assert_equal "${PIPESTATUS[0]}" 0
  assert_equal "$(jq-stat -F 'done' q)" 200
}

@test "stdout on a full disk: 74, and the jobs are done" {
  jq-push -q q a b
  run -74 --separate-stderr bash -c 'jq-work --drain q echo out >/dev/full'
  [[ $stderr == *'cannot write to stdout: No space left on device'* ]] ||
    fail "$stderr"
  assert_equal "$(jq-stat -F 'done' q)" 2
}

@test "closed standard streams: no socket takes their place" {
  jq-push -q q a
  jq-work --drain q sh -c 'echo out; echo err >&2; ls -l /proc/$$/fd >fds' \
    <&- >&- 2>&- || true
  assert_equal "$(jq-stat -F 'done' q)" 1
  run ! grep socket fds
}

@test "an empty environment, as from cron" {
  jq-push -q q x
  run -0 env -i "$(command -v jq-work)" -u "$JQ_URL" --drain q sh -c 'env | sort'
  assert_line "JQ_URL=$JQ_URL"
  refute_line --regexp '^HOME='
}

@test "a directory that is gone" {
  mkdir gone
  jq-push -q q x
  (
    cd gone
    rmdir ../gone
    run -0 jq-work --drain q cat
    assert_output x
  )
}

@test "the command vanishes while it works: jobs are handed back, 127" {
  printf '#!/bin/sh\nrm -f "$0"\n' >handler
  chmod +x handler
  jq-push -q q a b c
  run -127 --separate-stderr jq-work --drain q ./handler
  [[ $stderr == *"cannot execute './handler': No such file"* ]] || fail "$stderr"
  assert_equal "$(jq-stat -F 'done',ready,retry,dead q)" $'1\t2\t0\t0'
  assert_equal "$(jq-stat -s ready -F attempts q | sort -u)" 0
}

@test "no process can be made: jobs wait, uncharged" {
  jq-push -q q a
  # a limit on processes does not bind root
  local as=()
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --clear-groups)
  # where it may be read by all
  cp "$(command -v jq-work)" .
  chmod 711 "$BATS_TEST_TMPDIR" . && chmod 777 "$SERVER_DIR"/main.sock
  chmod 755 "$SERVER_DIR" "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
  spawn worker "${as[@]}" bash -c 'ulimit -S -u 2; exec ./jq-work q true'
  # the engine is the second process: a third cannot be
  wait_line 5 worker.err 'no handler can be started|cannot start a process'
  assert_equal "$(jq-stat -F dead,retry q)" $'0\t0'
  [[ $(jq-stat -s all -F attempts q) == 0 ]]
}

@test "descriptors and zombies do not grow" {
  seq 300 | jq-push -q -l q
  spawn worker jq-work q true
  fds() { find "/proc/$engine/fd" -mindepth 1 | wc -l; }
  wait_until 5 idle
  local engine before
  engine=$(pgrep -P "$spawned" jq-work)
  wait_until 20 eval '[ "$(jq-stat -F "done" q)" = 300 ]'
  before=$(fds)
  seq 1000 | jq-push -q -l q
  wait_until 60 eval '[ "$(jq-stat -F "done" q)" = 1300 ]'
  assert_equal "$(fds)" "$before"
  run -1 pgrep -r Z -P "$engine"
}

@test "100 MB of output: constant memory, all of it passed on" {
  jq-push -q q x
  spawn worker jq-work q sh -c 'head -c 100000000 /dev/zero; echo $$ >>pids'
  wait_until 20 eval '[ "$(jq-stat -F "done" q)" = 1 ]'
  local kib
  kib=$(awk '/VmHWM/ {print $2}' "/proc/$(pgrep -P "$spawned" jq-work)/status")
  [[ $JQ_BIN == *address* ]] || ((kib < 20000)) || fail "$kib KiB"
  kill "$spawned"
  wait_exit 5 worker
  assert_equal "$(stat -c %s worker.out)" 100000000
}

@test "100 MB of stderr, a reader that does not read" {
  jq-push -q q x
  mkfifo err
  exec 9<>err
  spawn worker bash -c 'exec jq-work --drain q sh -c \
    "head -c 3000000 /dev/zero | tr \"\\0\" \"a\" >&2" 2>err' 9>&-
  wait_until 5 running_any
  # the handler waits for its reader; the worker beats on
  run -0 head -c 2900000 <&9
  exec 9>&-
  wait_exit 10 worker
  assert_success
}

running_any() {
  [ "$(jq-stat -F running q)" = 1 ]
}
