#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-push --durability: a job counts as pushed when the server has confirmed
# that it is on disk, or with replicas; and what is said when it has not.

load ../lib/server
load ../lib/jobs

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/fake_server" "$ROOT/tests/lib/fake_server.c"
}

# fake [WORD ANSWER]...: a server at fake.sock that answers so
fake() {
  spawn fake "$BATS_FILE_TMPDIR/fake_server" "$PWD/fake.sock" SADD ':1\r\n' \
    EVALSHA '*2\r\n$2\r\nOK\r\n$2\r\nOK\r\n' "$@"
  wait_line 5 fake.out '^ready$'
  export JQ_URL=unix://$PWD/fake.sock
}

# info VERSION AOF: what such a server answers to INFO
info() {
  local text="redis_version:$1 aof_enabled:$2 "
  printf '$%d\\r\\n%s\\n\\r\\n' "${#text}" "${text// /\\n}" | sed 's/\\n\\n/\\n/'
}

# asked WORD: how often the fake server was
asked() {
  grep -cx "$1" fake.out || true
}

# fails STATUS TEXT ARG...: with one line on stderr that has TEXT, and no name
fails() {
  local want=$1 text=$2
  shift 2
  run --separate-stderr jq-push -q "$@"
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  assert_equal "$output" ''
  [[ $stderr == "jq-push: "*"$text"* ]] || fail "$stderr"
  assert_equal "${#stderr_lines[@]}" 1
}

@test "memory is the default, and one of three" {
  run -0 jq-push --durability memory -i a q x
  assert_output q/a
  local kind
  for kind in '' disk fsync: replicas replicas: replicas:0 replicas:x \
    replicas:-1 replicas:1001 memory:1 Memory; do
    run --separate-stderr jq-push --durability "$kind" q x
    [ "$status" -eq 64 ] || fail "status $status of '$kind'"
    assert_equal "$output" ''
  done
}

@test "it may be set in the configuration" {
  mkdir -p "$XDG_CONFIG_HOME/jobq"
  printf '[jq-push]\ndurability = replicas:1\n' >"$XDG_CONFIG_HOME/jobq/config"
  fails 75 '0 of 1 replicas' --connect-timeout 50ms q x
  run -0 jq-push --durability memory q x
}

@test "a single push of memory takes one round trip" {
  jq-push -q q first
  redis CONFIG RESETSTAT >/dev/null
  jq-push -q q x
  run redis INFO commandstats
  # nothing but the name, the queue and the job
  [[ $output != *cmdstat_info* && $output != *cmdstat_wait* ]] || fail "$output"
}

@test "no replica there: stored, 75, and safe to repeat" {
  fails 75 'stored, durability not confirmed: 0 of 1 replicas had it in time' \
    --durability replicas:1 --connect-timeout 100ms -i a q x
  [[ $stderr == *'(-i a is safe to repeat'* ]] || fail "$stderr"
  assert_equal "$(job_sets q/a)" rdy
  run -0 jq-push -i a q x
}

@test "replicas: confirmed by one, not by two; a stopped one confirms later" {
  server_pair
  run -0 jq-push --durability replicas:1 -i a q x
  assert_output q/a
  assert_equal "$(server_ask replica ZRANGE 'jq:{q}:rdy' 0 -1)" a
  fails 75 '1 of 2 replicas' --durability replicas:2 --connect-timeout 100ms \
    q x
  kill -STOP "$(server_pid replica)"
  fails 75 '0 of 1 replicas' --durability replicas:1 --connect-timeout 100ms \
    -i b q x
  spawn push jq-push --durability replicas:1 -i b q x
  wait_until 5 waits
  assert_equal "$(cat push.out)" ''
  kill -CONT "$(server_pid replica)"
  wait_exit 10 push
  assert_equal "$status $output $stderr" '0 q/b '
  assert_equal "$(server_ask primary HGET 'jq:{q}:meta' dup)" 1
}

waits() {
  server_ask primary INFO clients | grep -q '^blocked_clients:1'
}

@test "replicas: a connection lost while it waits: pushed again, then confirmed" {
  server_pair
  kill -STOP "$(server_pid replica)"
  spawn push jq-push --durability replicas:1 -i a q x
  wait_until 5 waits
  server_ask primary CLIENT KILL TYPE normal >/dev/null
  # it waits again, on another connection
  wait_until 5 waits
  kill -CONT "$(server_pid replica)"
  wait_exit 10 push
  assert_equal "$status $output $stderr" '0 q/a '
  assert_equal "$(server_ask primary HGET 'jq:{q}:meta' dup)" 1
  assert_equal "$(server_ask primary ZCARD 'jq:{q}:rdy')" 1
}

@test "an answer on a new connection confirms nothing" {
  # since 7.2 WAIT on a connection that has written nothing returns at once
  fake WAIT close WAIT ':1\r\n'
  run -0 --separate-stderr jq-push --durability replicas:1 -i a q x
  assert_equal "$output $stderr" 'q/a '
  assert_equal "$(asked EVALSHA) $(asked WAIT)" '2 3'
}

@test "connections that go on breaking: 75 in the end" {
  fake WAIT close
  fails 75 'stored, durability not confirmed' --durability replicas:1 \
    --connect-timeout 300ms -i a q x
  [[ $stderr == *'-i a is safe to repeat'* ]] || fail "$stderr"
}

@test "the server goes away while it waits: 75" {
  server_pair
  kill -STOP "$(server_pid replica)"
  spawn push jq-push --durability replicas:1 --connect-timeout 1s -i a q x
  wait_until 5 waits
  server_kill primary
  wait_exit 10 push
  assert_equal "$status $output" '75 '
  [[ $stderr == *'stored, durability not confirmed: '*'-i a is safe'* ]] ||
    fail "$stderr"
}

@test "a stream: one question a batch, names in order" {
  server_pair
  server_ask primary CONFIG RESETSTAT >/dev/null
  seq 3000 | sed 's/.*/{"id":"j&","payload":"&"}/' >in
  run -0 jq-push -J --durability replicas:1 q <in
  assert_equal "$output" "$(seq 3000 | sed 's,^,q/j,')"
  server_ask primary INFO commandstats | grep -q '^cmdstat_wait:calls=24,'
  run -0 jq-push --durability replicas:1 q one two three
  assert_equal "${#lines[@]}" 3
  run -0 jq-push --durability replicas:1 -0 q < <(printf 'a\0b\0')
  assert_equal "${#lines[@]}" 2
}

@test "a stream that is cut in the middle: every job once, names in order" {
  server_pair
  kill -STOP "$(server_pid replica)"
  # larger ones travel alone
  { head -c 200000 /dev/zero | tr '\0' x && echo && seq 2000; } >in
  spawn push jq-push -l --durability replicas:1 q <in
  wait_until 5 waits
  server_ask primary CLIENT KILL TYPE normal >/dev/null
  wait_until 5 waits
  kill -CONT "$(server_pid replica)"
  wait_exit 10 push
  assert_equal "$status $stderr" '0 '
  assert_equal "$(server_ask primary ZRANGE 'jq:{q}:rdy' 0 -1 | sed 's,^,q/,')" \
    "$output"
  assert_equal "$(server_ask primary ZCARD 'jq:{q}:rdy')" 2001
  assert_equal "$(server_ask primary HGET 'jq:{q}:pay' "$(head -n 1 push.out |
    cut -d / -f 2)" | tail -n +2)" "$(head -n 1 in)"
}

@test "a stream without replicas: which records are stored is told" {
  fails 75 'stopped at records 1 to 3: stored, durability not confirmed' \
    --durability replicas:1 --connect-timeout 50ms -l q < <(seq 3)
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 3
}

@test "nothing stored, nothing asked" {
  jq-push -q -i a q x
  redis CONFIG RESETSTAT >/dev/null
  fails 65 'another payload' --durability replicas:1 -i a q y
  run redis INFO commandstats
  [[ $output != *cmdstat_wait* ]] || fail "$output"
}

@test "fsync: by the server's configuration before Redis 7.2" {
  fake INFO "$(info 7.0.15 1)" \
    CONFIG '*4\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$11\r\nappendfsync\r\n$8\r\neverysec\r\n'
  fails 78 "appendfsync 'everysec' (set them to 'yes' and 'always'" \
    --durability fsync q x
  assert_equal "$(asked EVALSHA)" 0
}

@test "fsync: a configuration that changes meanwhile" {
  local head='*4\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$11\r\nappendfsync\r\n'
  fake INFO "$(info 7.0.15 1)" CONFIG "$head"'$6\r\nalways\r\n' \
    CONFIG "$head"'$2\r\nno\r\n'
  fails 78 "stored, durability not confirmed" --durability fsync q x
}

@test "fsync: on a server that writes each command" {
  server_start disk --appendonly yes --appendfsync always \
    --appenddirname always.aof
  JQ_URL=$(server_url disk)
  run -0 --separate-stderr jq-push --durability fsync -i a q x
  assert_equal "$output $stderr" 'q/a '
  server_ask disk ACL SETUSER poor on '>pw' '~*' '&*' +@all -config >/dev/null
  # 7.2 and later need not be asked for their configuration
  [[ $(server_ask disk INFO server) == *redis_version:7.0.* ]] || return 0
  JQ_URL=unix://poor:pw@$(server_socket disk)
  fails 77 '--durability fsync has to ask' --durability fsync q x
}

@test "fsync: WAITAOF where there is one" {
  fake INFO "$(info 7.2.4 1)" WAITAOF '*2\r\n:0\r\n:0\r\n' \
    WAITAOF '*2\r\n:1\r\n:0\r\n'
  fails 75 'stored, durability not confirmed: the server'\''s disk' \
    --durability fsync -i a q x
  run -0 jq-push --durability fsync -i a q x
  assert_output q/a
  assert_equal "$(asked CONFIG)" 0
}

@test "fsync: refused where nothing goes to disk" {
  fake INFO "$(info 8.0.0 0)"
  fails 78 "set 'appendonly yes' there" --durability fsync q x
  assert_equal "$(asked EVALSHA)" 0
}

@test "fsync: a user who may not ask: 77" {
  redis ACL SETUSER poor on '>pw' '~*' '&*' +@all -info >/dev/null
  JQ_URL=unix://poor:pw@$(server_socket main)
  fails 77 '--durability fsync has to ask' --durability fsync q x
  assert_equal "$(job_ids q rdy)" ''
  redis ACL DELUSER poor >/dev/null
}
