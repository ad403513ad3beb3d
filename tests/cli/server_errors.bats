#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Errors that servers answer, and silence: what jq-push and jq-work make of
# each, by the table of who waits, who goes elsewhere, who gives up.

load ../lib/server
load ../lib/jobs

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/fake_server" "$ROOT/tests/lib/fake_server.c"
}

fake() {
  spawn fake "$BATS_FILE_TMPDIR/fake_server" "$PWD/fake.sock" SADD ':1\r\n' "$@"
  wait_line 5 fake.out '^ready$'
  export JQ_URL=unix://$PWD/fake.sock
}

# A server of this test: its URL becomes JQ_URL.
own() {
  server_start own --appendonly yes --appendfsync no \
    --appenddirname "aof.$BATS_TEST_NUMBER" "$@"
  JQ_URL=$(server_url own)
}

# fails STATUS TEXT ARG...: jq-push does, with one line on stderr with TEXT
fails() {
  local want=$1 text=$2
  shift 2
  run --separate-stderr jq-push --connect-timeout "${patience:-300ms}" "$@"
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  assert_equal "$output" ''
  [[ $stderr == "jq-push: "*"$text"* ]] || fail "$stderr"
  assert_equal "${#stderr_lines[@]}" 1
}

# A worker that has been served and waits for jobs, and whose handlers live
# until a line comes through descriptor 8.
work() {
  mkfifo go
  exec 8<>go
  spawn worker jq-work -L 6s q sh -c 'echo $$ >>pids; read -r line <go'
  wait_until 5 idle
}

idle() {
  [ "$(jq-stat --workers -H -F state q)" = run ]
}

held() {
  [ -s pids ]
}

sets() {
  [ "$(job_sets_own "$1")" = "$2" ]
}

job_sets_own() {
  local set
  for set in rdy dly rty run 'done' dead; do
    [ -z "$(server_ask own ZSCORE "jq:{q}:$set" "$1")" ] || printf '%s' "$set"
  done
}

@test "not now: jq-push asks again, until its time is up" {
  local error
  for error in 'LOADING Redis is loading' 'BUSY Redis is busy' \
    'TRYAGAIN Multiple keys' 'MASTERDOWN Link with MASTER is down' \
    'CLUSTERDOWN The cluster is down' 'UNBLOCKED force unblock' \
    'MISCONF Errors writing' 'NOREPLICAS Not enough' \
    'ERR max number of clients reached'; do
    rm -f fake.sock
    fake EVALSHA "-$error\\r\\n" EVALSHA "-$error\\r\\n" \
      EVALSHA '*2\r\n$2\r\nOK\r\n$2\r\nOK\r\n'
    run -0 --separate-stderr jq-push -i a q x
    assert_equal "$output $stderr" 'q/a '
    kill "$spawned"
    wait_until 5 gone "$spawned"
    rm -f fake.sock
    fake EVALSHA "-$error\\r\\n"
    case $error in
    MISCONF* | NOREPLICAS*) fails 75 "is not ready: $error" q x ;;
    *) fails 69 "is not ready: $error" q x ;;
    esac
    kill "$spawned"
    wait_until 5 gone "$spawned"
  done
}

@test "elsewhere, never, not like this: jq-push gives up at once" {
  local status_ times error
  while read -r status_ times error; do
    rm -f fake.sock
    fake EVALSHA "-$error\\r\\n" INFO '$20\r\nredis_version:7.0.15\r\n'
    patience=5s fails "$status_" '' q x
    # a primary that was demoted is looked for once more; else it is no use
    assert_equal "$(grep -cx EVALSHA fake.out)" "$times"
    kill "$spawned"
    wait_until 5 gone "$spawned"
  done <<'TABLE'
69 2 READONLY You can't write against a read only replica.
69 1 MOVED 3999 127.0.0.1:6381
69 1 ASK 3999 127.0.0.1:6381
75 1 OOM command not allowed
77 1 NOAUTH Authentication required.
77 1 WRONGPASS invalid username-password pair
77 1 NOPERM this user has no permissions
70 1 WRONGTYPE Operation against a key
70 1 CROSSSLOT Keys in request
70 1 ERR unknown command 'EVALSHA'
TABLE
}

@test "BUSY: a foreign script runs, until it is killed" {
  own --busy-reply-threshold 20
  work
  spawn foreign server_ask own EVAL 'while true do end' 0
  wait_until 5 busy
  spawn push jq-push -i a q x
  wait_line 5 worker.err 'BUSY|lost the connection|no answer'
  fails 69 BUSY -i b q x
  server_ask own SCRIPT KILL >/dev/null
  wait_exit 5 push
  assert_equal "$status $output" '0 q/a'
  wait_until 5 held
  echo >&8
  wait_until 5 sets a 'done'
  exec 8>&-
}

busy() {
  ! server_ask own PING
}

# hold N: a client of the server, somebody else's
hold() {
  spawn "holder$1" "$SERVER_CLI" -s "$(server_socket own)" SUBSCRIBE x
  wait_line 5 "holder$1.out" subscribe
}

@test "too many clients: waits for a place" {
  own
  hold 1
  hold 2
  # as many as a worker and a push need, for both have to get in
  server_ask own CONFIG SET maxclients 3 >/dev/null
  hold 3
  fails 69 'max number of clients' q x
  spawn push jq-push -i a q x
  spawn worker jq-work -1 q true
  wait_line 5 worker.err 'max number of clients'
  kill "$(cat holder1.pid)" "$(cat holder2.pid)" "$(cat holder3.pid)"
  wait_exit 5 push
  assert_equal "$status $output" '0 q/a'
  wait_until 10 gone "$(cat worker.pid)"
}

@test "READONLY: a primary that is demoted, and promoted again" {
  own
  jq-push -q -i a q x
  work
  wait_until 5 held
  # a stream that has been served
  mkfifo in
  exec 7<>in
  spawn push jq-push -l q <in
  echo one >&7
  wait_line 5 push.out q/
  server_ask own REPLICAOF 127.0.0.1 1 >/dev/null
  echo two >&7
  wait_exit 5 push
  assert_equal "$status" 69
  [[ $stderr == *'pushed 1 record;'*'read-only replica'*'127.0.0.1:1)'* ]] ||
    fail "$stderr"
  exec 7>&-
  echo >&8
  wait_line 5 worker.err 'read-only replica'
  kill -0 "$(cat worker.pid)"
  assert_equal "$(job_sets_own a)" run
  server_ask own REPLICAOF NO ONE >/dev/null
  wait_until 5 sets a 'done'
  exec 8>&-
}

@test "OOM: 75 for jq-push; claims and closes go on" {
  own
  jq-push -q -i a q x
  jq-push -q -i b q y
  work
  wait_until 5 held
  server_ask own CONFIG SET maxmemory 1 maxmemory-policy noeviction >/dev/null
  fails 75 'is out of memory' q x
  echo >&8
  wait_until 5 sets a 'done'
  wait_until 5 sets b run
  echo >&8
  wait_until 5 sets b 'done'
  ! grep OOM worker.err || fail 'said of a close'
  exec 8>&-
}

@test "MISCONF: closes are held, jq-push 75, and all goes on afterwards" {
  mkdir gone
  own --enable-protected-configs yes --save '3600 1' --stop-writes-on-bgsave-error yes
  jq-push -q -i a q x
  work
  wait_until 5 held
  server_ask own CONFIG SET dir "$PWD/gone" >/dev/null
  rmdir gone
  server_ask own BGSAVE >/dev/null
  wait_until 5 misconf
  fails 75 'is not ready: MISCONF' q x
  echo >&8
  wait_line 5 worker.err 'is not ready: MISCONF'
  assert_equal "$(job_sets_own a)" run
  server_ask own CONFIG SET dir "$SERVER_DIR" stop-writes-on-bgsave-error no \
    >/dev/null
  wait_until 5 sets a 'done'
  assert_equal "$(grep -c MISCONF worker.err)" 1
  exec 8>&-
}

misconf() {
  server_ask own SET x y 2>&1 | grep -q MISCONF
}

@test "NOSCRIPT: scripts that are flushed are loaded again" {
  own
  work
  local i
  for i in 1 2 3 4 5; do
    server_ask own SCRIPT FLUSH >/dev/null
    jq-push -q -i "j$i" q x
    server_ask own SCRIPT FLUSH >/dev/null
    wait_until 5 sets "j$i" run
    server_ask own SCRIPT FLUSH >/dev/null
    echo >&8
    wait_until 5 sets "j$i" 'done'
  done
  assert_equal "$(cat worker.err)" ''
  exec 8>&-
}

@test "NOPERM, later: the worker keeps its handlers and asks again" {
  own
  server_ask own ACL SETUSER w on '>pw' '~*' '&*' +@all >/dev/null
  jq-push -q -i a q x
  JQ_URL=unix://w:pw@$(server_socket own) work
  wait_until 5 held
  server_ask own ACL SETUSER w -evalsha >/dev/null
  echo >&8
  wait_line 5 worker.err 'NOPERM'
  kill -0 "$(cat worker.pid)"
  assert_equal "$(job_sets_own a)" run
  server_ask own ACL SETUSER w +evalsha >/dev/null
  wait_until 5 sets a 'done'
  exec 8>&-
}

@test "WRONGPASS, later: the same when it has to connect anew" {
  own
  server_ask own ACL SETUSER w on '>pw' '~*' '&*' +@all >/dev/null
  jq-push -q -i a q x
  JQ_URL=unix://w:pw@$(server_socket own) work
  wait_until 5 held
  server_ask own ACL SETUSER w resetpass '>new' >/dev/null
  server_ask own CLIENT KILL USER w >/dev/null
  echo >&8
  wait_line 10 worker.err 'refuses the user name or the password'
  kill -0 "$(cat worker.pid)"
  server_ask own ACL SETUSER w resetpass '>pw' >/dev/null
  wait_until 10 sets a 'done'
  exec 8>&-
}

@test "no rights at the start: 77" {
  own --requirepass secret
  local url
  for url in "$JQ_URL" "unix://:wrong@$(server_socket own)"; do
    JQ_URL=$url fails 77 password q x
    JQ_URL=$url run --separate-stderr jq-work q true
    assert_equal "$status" 77
  done
}

@test "WRONGTYPE: 70; a worker gives up after three, when its handlers ended" {
  own
  jq-push -q -i a q x
  spawn worker jq-work -L 6s -j 2 q sh -c 'echo $$ >>pids; read -r line <go'
  mkfifo go
  exec 8<>go
  wait_until 5 held
  server_ask own DEL 'jq:{q}:rdy' >/dev/null
  server_ask own SET 'jq:{q}:rdy' 'not a set' >/dev/null
  fails 70 WRONGTYPE q x
  # so that it asks
  server_ask own LPUSH 'jq:{q}:wake' 1 >/dev/null
  wait_line 15 worker.err 'WRONGTYPE.*taking no more jobs'
  kill -0 "$(cat pids)"
  echo >&8
  wait_exit 10 worker
  assert_equal "$status" 70
  exec 8>&-
}

now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  printf '%s' "${t%???}"
}

# took LIMIT: ms since $start, which are to be no more
took() {
  local ms=$(($(now_ms) - start))
  [ "$ms" -le "$1" ] || fail "it took $ms ms"
}

@test "a server that does not answer is noticed within 10 s, by an idle worker" {
  own
  work
  kill -STOP "$(server_pid own)"
  local start
  start=$(now_ms)
  wait_line 15 worker.err 'no answer from'
  took 10000
  kill -CONT "$(server_pid own)"
  exec 8>&-
}

@test "a server that does not answer: jq-push gives up in time" {
  own
  kill -STOP "$(server_pid own)"
  local start
  start=$(now_ms)
  run --separate-stderr jq-push -i a q x
  assert_equal "$status" 69
  [[ $stderr == *'no answer from'* ]] || fail "$stderr"
  took 7000
  kill -CONT "$(server_pid own)"
}

@test "the server is back: a waiting worker asks within 1.2 s" {
  own
  work
  local start ms i
  # a busy machine may take longer for one of them
  for i in 1 2 3; do
    # due while the server is away, so that nothing but asking finds it
    jq-push -q -d 1s -i "$i" q x
    start=$(now_ms)
    server_kill own
    wait_until 5 over 1500
    own
    start=$(now_ms)
    wait_until 5 held
    ms=$(($(now_ms) - start))
    ((ms > 1200)) || break
    echo >&8
    wait_until 5 sets "$i" 'done'
    rm pids
  done
  ((ms <= 1200)) || fail "it took $ms ms"
  exec 8>&-
}

over() {
  [ "$(($(now_ms) - start))" -ge "$1" ]
}
