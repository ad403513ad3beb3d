#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work where it may divide its control group: one for each slot.

load ../lib/server

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/delegate" "$ROOT/tests/lib/delegate.c"
}

setup() {
  server_setup
  group=jobq-test-$$-$BATS_TEST_NUMBER
  "$BATS_FILE_TMPDIR/delegate" "$group" true || skip 'no control group may be made'
}

teardown() {
  server_teardown
  wait_until 5 "$BATS_FILE_TMPDIR/delegate" -r "$group"
}

# worker NAME ARG…: jq-work in the group
worker() {
  spawn "$1" "$BATS_FILE_TMPDIR/delegate" "$group" jq-work "${@:2}"
}

pids() {
  [ "$(wc -l <pids 2>/dev/null)" -ge "$1" ]
}

groups() {
  find /sys/fs/cgroup -path "*$group/*" -name 'jq-work-*' -printf '%f\n' 2>/dev/null | sort
}

@test "each slot has a group, and nothing is left of them" {
  jq-push -q q a b
  worker worker -j 2 q sh -c 'cat /proc/self/cgroup >"$JQ_SLOT"; echo $$ >>pids
    exec sleep 1000 # handler'
  wait_until 5 pids 2
  assert_equal "$(groups)" "jq-work-$spawned.1
jq-work-$spawned.2"
  grep -q "^0::.*/$group/jq-work-$spawned.1\$" 1
  grep -q "^0::.*/$group/jq-work-$spawned.2\$" 2
  kill "$spawned"
  wait_line 5 worker.err 'finishing'
  kill "$spawned"
  wait_exit 5 worker
  assert_equal "$(groups)" ''
}

@test "what a handler leaves is gone when it is, wherever it went" {
  jq-push -q q a
  worker worker q sh -c 'env -i setsid sh -c "echo \$\$ >>pids; exec sleep 1000 # handler
    " >/dev/null 2>&1 3>&- & until [ -s pids ]; do :; done'
  wait_until 5 pids 1
  wait_until 5 gone "$(cat pids)"
  kill "$spawned"
  wait_exit 5 worker
}

@test "what outlived a worker that was killed goes with the next one" {
  jq-push -q q a
  worker worker q sh -c 'setsid sh -c "echo \$\$ >>pids; exec sleep 1000 # handler
    " & exec sleep 1000 # handler'
  wait_until 5 pids 1
  kill -STOP "$spawned"
  kill -KILL "$(pgrep -P "$spawned" jq-work)"
  kill -KILL "$spawned"
  wait_until 5 gone "$spawned"
  kill -0 "$(cat pids)"
  worker next other true
  wait_until 5 gone "$(cat pids)"
  kill "$spawned"
  wait_exit 5 next
}
