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
