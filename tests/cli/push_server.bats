#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-push and servers: how it finds one, and what it says when there is none,
# or the wrong one; and waiting for the end of a job.

load ../lib/server
load ../lib/jobs

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/fake_server" "$ROOT/tests/lib/fake_server.c"
}

# fake [WORD ANSWER]...: a server at fake.sock that answers so
fake() {
  spawn fake "$BATS_FILE_TMPDIR/fake_server" "$PWD/fake.sock" "$@"
  wait_line 5 fake.out '^ready$'
  export JQ_URL=unix://$PWD/fake.sock
}

# fails STATUS TEXT ARG...: with one line on stderr that has TEXT
fails() {
  local want=$1 text=$2
  shift 2
  run --separate-stderr jq-push --connect-timeout 500ms "$@"
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  assert_equal "$output" ''
  [[ $stderr == "jq-push: "*"$text"* ]] || fail "$stderr"
  assert_equal "${#stderr_lines[@]}" 1
}

@test "addresses that are none are refused" {
  local url long
  long=$(printf '%09000d' 0)
  for url in redis:// redis://:6379 redis://h:0 redis://h:65536 redis://h:abc \
    redis://h:6379:1 'redis://u:p%zz@h' 'redis://[::1' http://h h "unix://" \
    "unix:///$(printf '%0120d' 0)" "redis://$long" $'redis://h\n' \
    redis://h/x redis://h/-1; do
    run --separate-stderr jq-push -u "$url" q x
    [ "$status" -eq 64 ] || fail "status $status of $url: $stderr"
    [[ $stderr == *'jq-push: -u: '* ]] || fail "$stderr"
  done
  for url in http://h "$long" $'redis://\x01'; do
    JQ_URL=$url run --separate-stderr jq-push q x
    [ "$status" -eq 78 ] || fail "status $status of $url: $stderr"
    [[ $stderr == 'jq-push: JQ_URL: '* ]] || fail "$stderr"
  done
}

@test "no server there: 69, and what to do" {
  fails 69 '(set JQ_URL or use -u)' -u "unix://$PWD/none.sock" q x
  fails 69 '(set JQ_URL or use -u)' -u redis://127.0.0.1:1 q x
  fails 69 'such-a-host.invalid' -u redis://such-a-host.invalid q x
  mkdir directory
  fails 69 'directory' -u "unix://$PWD/directory" q x
  run -69 --separate-stderr jq-push -u "unix://$PWD/none.sock" -l q \
    < <(printf 'a\nb\n')
  assert_equal "$output" ''
  assert_equal "${#stderr_lines[@]}" 1
}

@test "an address that names no server never falls back to a private one" {
  JQ_URL=unix://$PWD/none.sock run -69 jq-push q x
  run -64 jq-push -u '' q x
  assert [ ! -e "$XDG_RUNTIME_DIR/jobq" ]
}

@test "where the address comes from" {
  local main=$JQ_URL
  server_start other
  JQ_URL=$(server_url other) run -0 jq-push -u "$main" -i a q x
  assert_equal "$(job_sets q/a)" rdy
  echo "$main" >url
  JQ_URL=$(server_url other) run -0 jq-push --url-file url -i b q x
  assert_equal "$(job_sets q/b)" rdy
  JQ_URL='' JQ_URL_FILE=url REDIS_URL=$(server_url other) \
    run -0 jq-push -i c q x
  assert_equal "$(job_sets q/c)" rdy
  JQ_URL='' REDIS_URL=$main run -0 jq-push -i d q x
  assert_equal "$(job_sets q/d)" rdy
  JQ_URL="$main?db=5" run -0 jq-push -i e q x
  assert_equal "$(job_sets q/e)" ''
  run -66 jq-push --url-file nowhere q x
  JQ_URL="$main?db=16" run --separate-stderr jq-push q x
  assert [ "$status" -ne 0 ]
  [[ $stderr == *'DB index is out of range'* ]] || fail "$stderr"
}

@test "the namespace keeps queues apart" {
  run -0 jq-push --namespace other -i a q x
  assert_equal "$(redis ZRANGE 'other:{q}:rdy' 0 -1)" a
  JQ_NAMESPACE=third run -0 jq-push -i b q x
  assert_equal "$(redis ZRANGE 'third:{q}:rdy' 0 -1)" b
  assert_equal "$(redis SMEMBERS third:queues)" q
}

@test "passwords: right, wrong and missing ones" {
  server_start locked --requirepass 's:e/c'
  local at=$BATS_FILE_TMPDIR/locked.sock
  [ -S "$at" ] || at=$(server_socket locked)
  export JQ_URL=unix://$at
  REDISCLI_AUTH=s:e/c run -0 jq-push q x
  JQ_URL=unix://:s%3Ae%2Fc@$at run -0 jq-push q x
  fails 77 password q x
  REDISCLI_AUTH=wrong fails 77 password q x
  JQ_URL=unix://:wr%6Fngone@$at fails 77 password q x
  [[ $stderr != *wrongone* ]] || fail "$stderr"
}

@test "a user without rights: 77" {
  redis ACL SETUSER poor on '>pw' '~*' '+ping' '+client' '+select' >/dev/null
  JQ_URL=unix://poor:pw@$(server_socket main) fails 77 NOPERM q x
}

@test "a password on the command line is covered" {
  server_start locked --requirepass secretword
  spawn push jq-push -w -u "unix://:secretword@$(server_socket locked)" q x
  wait_until 5 covered "$spawned"
  kill "$spawned"
}

covered() {
  [ "$(tr '\0' ' ' <"/proc/$1/cmdline" | grep -c 'jq-push.*//[*]*@')" = 1 ] &&
    ! grep -q secretword "/proc/$1/cmdline"
}

@test "not a Redis: 76" {
  fake accept 'HTTP/1.1 400 Bad Request\r\n\r\n'
  fails 76 "is not a Redis server: it says 'HTTP/1.1 400 Bad Request'" q x
}

@test "another protocol that speaks first: 76" {
  fake accept 'SSH-2.0-OpenSSH_9.2\r\n'
  fails 76 "is not a Redis server" q x
}

@test "memcached answers ERROR: 76" {
  fake '*' '' CLIENT 'ERROR\r\n' SELECT 'ERROR\r\n' EVALSHA 'ERROR\r\n' \
    SADD 'ERROR\r\n'
  fails 76 'is not a Redis server' q x
}

@test "a Redis that is too old: 76, with its version" {
  local error='-ERR Error compiling script (new function): user_script:1: '
  error+="unexpected symbol near '#'\\r\\n"
  local info=$'# Server\\r\\nredis_version:6.0.16\\r\\nredis_mode:standalone\\r\\n'
  fake EVALSHA '-NOSCRIPT No matching script. Please use EVAL.\r\n' \
    SADD ':1\r\n' \
    SCRIPT "$error" \
    INFO "\$55\\r\\n$info\\r\\n"
  fails 76 'Redis 6.0.16 (needs Redis 7.0 or Valkey 7.2)' q x
}

@test "a connection that breaks after the push may have stored it" {
  fake EVALSHA close SADD ':1\r\n'
  run --separate-stderr jq-push --connect-timeout 300ms -i mine q x
  assert_equal "$status" 69
  [[ $stderr == *'(it may have been stored; -i mine is safe to repeat)' ]] ||
    fail "$stderr"
}

@test "a read-only replica: 69" {
  server_start replica --replicaof 127.0.0.1 1
  JQ_URL=$(server_url replica) fails 69 'read-only replica' q x
}

@test "a server out of memory: 75" {
  redis CONFIG SET maxmemory 1 >/dev/null
  fails 75 'out of memory' q x
  redis CONFIG SET maxmemory 0 >/dev/null
  run -0 jq-push q x
}

@test "a server that wants replicas to write: 75 after a while" {
  redis CONFIG SET min-replicas-to-write 1 >/dev/null
  fails 75 'NOREPLICAS' q x
  redis CONFIG SET min-replicas-to-write 0 >/dev/null
}

@test "another data layout: 76" {
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  fails 76 'data layout 2' q x
}

@test "without an address the private server is started, once" {
  local socket=$XDG_RUNTIME_DIR/jobq/redis.sock cli
  cli=$(command -v redis-cli || command -v valkey-cli)
  no_server
  run -0 --separate-stderr jq-push -i a q x
  assert_output q/a
  assert_equal "$stderr" ''
  run -0 jq-push -i b q x
  assert_equal "$("$cli" -s "$socket" ZCARD 'jq:{q}:rdy')" 2
  "$cli" -s "$socket" SHUTDOWN
}

@test "--wait prints the result instead of the name" {
  spawn push jq-push -w -i a q x
  wait_until 5 job_is_there a
  assert_equal "$(job_claim q)" a
  job_close q/a done exit:0 '' '' $'12 \nthe\nresult\n\n'
  wait_exit 5 push
  assert_equal "$status $stderr" '0 '
  cmp push.out <(printf 'the\nresult\n\n')
}

job_is_there() {
  [ -n "$(job_sets "q/$1")" ]
}

@test "--wait: a result that was cut is told" {
  spawn push jq-push -w -i a q x
  wait_until 5 job_is_there a
  job_claim q
  job_close q/a done exit:0 '' '' $'70000 \nshort'
  wait_exit 5 push
  assert_equal "$status $output" '0 short'
  [[ $stderr == *'only 5 of 70000 bytes'* ]] || fail "$stderr"
}

@test "--wait: dead, cancelled and dropped jobs are 1, with the reason" {
  spawn push jq-push -w -i a q x
  wait_until 5 job_is_there a
  job_kill q/a $'bad \033[31mdata'
  wait_exit 5 push
  assert_equal "$status $output" '1 '
  assert_equal "$stderr" "jq-push: 'q/a' is dead: bad \\x1b[31mdata"

  spawn push jq-push -w -v -i b q x
  wait_until 5 job_is_there b
  job_kill q/b reason
  wait_exit 5 push
  assert_equal "$status" 1
  [[ $stderr == *'last attempt: exit:65'* ]] || fail "$stderr"

  spawn push jq-push -w -i c q x
  wait_until 5 job_is_there c
  job_call q remove cancel 'not wanted' c
  wait_exit 5 push
  assert_equal "$status $stderr" "1 jq-push: 'q/c' is dead: not wanted"

  spawn push jq-push -w -i d q x
  wait_until 5 job_is_there d
  job_call q remove drop 'not wanted' d
  wait_exit 5 push
  assert_equal "$status $stderr" "1 jq-push: 'q/d' was dropped: not wanted"
}

@test "--wait: 75 when the time is up, and the job stays" {
  run -75 --separate-stderr jq-push -w --wait-timeout 100ms -i a q x
  assert_equal "$output" ''
  assert_equal "$stderr" \
    "jq-push: 'q/a' was pushed: it has not ended within 100ms"
  assert_equal "$(job_sets q/a)" rdy
}

@test "--wait: a job that ended before is found" {
  jq-push -i a q x
  job_claim q
  job_close q/a done exit:0 '' '' $'3 \nold'
  run -0 jq-push -w -i a q x
  assert_output old
}

@test "--wait: a message that got lost is made up for" {
  spawn push jq-push -w -i a q x
  wait_until 5 subscribed
  wait_until 5 job_is_there a
  kill -STOP "$spawned"
  redis CLIENT KILL TYPE pubsub >/dev/null
  job_claim q
  job_close q/a done exit:0 '' '' $'4 \nfound'
  kill -CONT "$spawned"
  wait_exit 10 push
  assert_equal "$status $output" '0 found'
}

subscribed() {
  [ "$(redis PUBSUB NUMSUB 'jq:{q}:end' | tail -n 1)" = 1 ]
}

@test "--wait: others' jobs and a restarting server do not disturb" {
  server_start other --appendonly yes
  JQ_URL=$(server_url other) spawn push jq-push -w -i a q x
  wait_until 5 there_too
  server_stop other
  server_start other --appendonly yes
  "$(command -v redis-cli || command -v valkey-cli)" \
    -s "$(server_socket other)" PUBLISH 'jq:{q}:end' 'done b' >/dev/null
  redis() {
    command redis-cli -e -s "$(server_socket other)" "$@"
  }
  job_claim q
  job_close q/a done exit:0 '' '' $'4 \nfound'
  wait_exit 10 push
  assert_equal "$status $output" '0 found'
}

there_too() {
  [ "$(redis-cli -s "$(server_socket other)" ZCARD 'jq:{q}:rdy')" = 1 ]
}

@test "--wait --quiet says it by the status alone" {
  spawn push jq-push -w -q -i a q x
  wait_until 5 job_is_there a
  job_claim q
  job_close q/a done exit:0 '' '' $'3 \nold'
  wait_exit 5 push
  assert_equal "$status $output$stderr" '0 '
}
