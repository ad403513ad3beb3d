#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Servers that are not ones to keep jobs on: what jq-work says when it starts,
# and jq-push when it is asked to look.

load ../lib/server
load ../lib/jobs

# says STATUS TEXT COMMAND...: one line on stderr with TEXT; none if it is ''
says() {
  local want=$1 text=$2
  shift 2
  # JQ_BIN is ours, and -v would tell of it
  run --separate-stderr env -u JQ_BIN "$@"
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  if [ -z "$text" ]; then
    assert_equal "$stderr" ''
  else
    [[ $stderr == *"$text"* ]] || fail "$stderr"
    assert_equal "${#stderr_lines[@]}" 1
  fi
}

forgets="has 'appendonly no': queue data live in its memory only"
drops='drops keys, and so jobs, when its memory is full'

@test "a server that writes to disk is fine" {
  says 0 '' jq-work --drain q true
  says 0 '' jq-push -v q x
}

@test "appendonly no: a warning, hidden by -q" {
  server_start memory
  JQ_URL=$(server_url memory)
  jq-push -q q x
  says 0 "$forgets" jq-work --drain q true
  [[ $stderr == *"$JQ_URL"* ]] || fail "$stderr"
  says 0 '' jq-work -q --drain q true
  # in the log's own form
  says 0 "$forgets" jq-work --drain --log-format json q true
  [[ $stderr == '{'*'}' ]] || fail "$stderr"
}

@test "appendonly no: jq-push says so when it looks, else it does not ask" {
  server_start memory
  JQ_URL=$(server_url memory)
  says 0 "jq-push: warning: $JQ_URL $forgets" jq-push -v q x
  says 0 '' jq-push q x
  says 0 '' jq-push -q -v q x
  says 75 "0 of 1 replicas" jq-push -q --durability replicas:1 \
    --connect-timeout 50ms q x
  run --separate-stderr jq-push --durability replicas:1 --connect-timeout 50ms \
    q x
  [[ $stderr == *"$forgets"* ]] || fail "$stderr"
}

@test "a server that may evict jobs: 78, nothing taken, unless --force" {
  redis CONFIG SET maxmemory 100mb maxmemory-policy allkeys-lru >/dev/null
  jq-push -q -i a q x
  says 78 "$drops" jq-work --drain q true
  [[ $stderr == *'or --force'* ]] || fail "$stderr"
  assert_equal "$(job_sets q/a) $(redis HGET 'jq:{q}:meta' claimed)" 'rdy '
  says 0 "$drops" jq-push -v q x
  says 0 "$drops" jq-work --force --drain q true
  says 0 '' jq-work -q --force --drain q true
  assert_equal "$(job_sets q/a)" 'done'
  # no limit, or no policy: nothing to fear
  redis CONFIG SET maxmemory 0 >/dev/null
  says 0 '' jq-work --drain q true
  redis CONFIG SET maxmemory 100mb maxmemory-policy noeviction >/dev/null
  says 0 '' jq-work --drain q true
  redis CONFIG SET maxmemory 0 >/dev/null
}

@test "a replica: 69, with the address of its primary" {
  server_start replica --replicaof 127.0.0.1 1
  JQ_URL=$(server_url replica)
  says 69 'read-only replica' jq-work q true
  [[ $stderr == *127.0.0.1:1* ]] || fail "$stderr"
}

@test "a user who may not ask works without" {
  server_start memory
  server_ask memory ACL SETUSER poor on '>pw' '~*' '&*' +@all -info >/dev/null
  JQ_URL=unix://poor:pw@$(server_socket memory)
  says 0 '' jq-push -v q x
  says 0 '' jq-work --drain q true
  assert_equal "$(jq-stat -F 'done' q)" 1
}

@test "asked once: not by the engine that takes a dead one's place" {
  server_start memory
  JQ_URL=$(server_url memory)
  spawn worker jq-work q sh -c 'echo "$PPID" >engine'
  jq-push -q -w q x
  kill -KILL "$(cat engine)"
  jq-push -q -w q x
  assert_equal "$(grep -c "$forgets" worker.err)" 1
}

@test "the private server never warns" {
  no_server
  says 0 '' jq-push -v q x
  says 0 '' jq-work --drain q true
  jq-ctl server stop
}
