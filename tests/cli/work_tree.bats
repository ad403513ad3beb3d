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
