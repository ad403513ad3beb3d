#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work holding jobs for slots that will be free in a moment.

load ../lib/server

setup() {
  server_setup
  cat >handler <<'EOF'
#!/bin/sh
read -r word
[ "$word" != long ] || { echo >began; cat fifo; }
EOF
  chmod +x handler
  mkfifo fifo
}

short() {
  seq "$1" | jq-push -q -l q
}

# counts READY RUNNING
counts() {
  [ "$(jq-stat -F ready q) $(jq-stat -F running q)" = "$1 $2" ]
}

released() {
  redis HGET 'jq:{q}:meta' released
}

# some_done QUEUE N: more than so many
some_done() {
  [ "$(redis HGET "jq:{$1}:meta" completed)" -gt "$2" ]
}

# Short jobs, one that is not, and more: are there some that were held when the
# long one began, and handed back? The machine may have had no time for handlers
# to be short; then for another go.
some_handed_back() {
  rm -f began
  short 60
  jq-push -q q long
  short 20
  wait_until 20 test -e began || return
  wait_until 5 counts 20 1 || return
  [ "$(released)" = '' ] || return 0
  echo >fifo
  wait_until 20 counts 0 0 || return
  return 1
}

@test "short handlers: jobs are held for them, and handed back when one takes long" {
  spawn worker jq-work q ./handler
  wait_until 60 some_handed_back
  # in their old places, for whoever has time, and nothing was charged
  assert [ "$(released)" -le 20 ]
  run -0 jq-work -n 20 q sh -c 'cat; echo'
  assert_output "$(seq 20)"
  run -0 jq-stat --json -s done -n 20 q
  assert_equal "$(jq -s 'map(.attempts) | add' <<<"$output")" 0
  echo >fifo
  wait_until 5 counts 0 0
  kill "$spawned"
  wait_exit 5 worker
  run -0 jq-stat --check q
}

@test "no more are taken than asked for, and none is kept at the end" {
  short 100
  run -0 jq-work -j 2 -n 70 q ./handler
  assert counts 30 0
  # on a machine that is slow for a moment some are handed back, and come again
  local back
  back=$(released)
  assert_equal $(($(redis HGET 'jq:{q}:meta' claimed) - ${back:-0})) 70
  spawn worker jq-work -j 2 q ./handler
  short 2000
  wait_until 20 some_done q 100
  kill "$spawned"
  wait_exit 10 worker
  assert_success
  assert_equal "$(jq-stat -F running q)" 0
  run -0 jq-stat --check q
}

@test "many queues: none is held, for another's job may come first" {
  seq 50 | jq-push -q -l low
  spawn worker jq-work high,low ./handler
  wait_until 20 some_done low 49
  jq-push -q low long
  seq 20 | jq-push -q -l low
  wait_until 20 test -e began
  assert_equal "$(jq-stat -F running low)" 1
  echo >fifo
}
