#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-cron --durability: jobs that are on disk, or with replicas, or told of.

load ../lib/server

setup() {
  server_setup
  umask 022
  printf '@every 1s q tick\n' >tab
}

asked() {
  server_ask "$1" INFO commandstats | grep -q "^cmdstat_$2:calls=[1-9]"
}

fired() {
  [ "$(grep -c ' fire ' d.err)" -ge "$1" ]
}

@test "memory, the default: nothing is asked" {
  server_start plain
  JQ_URL=$(server_url plain) spawn d jq-cron tab
  wait_until 10 fired 2
  run ! asked plain wait
  run ! asked plain waitaof
}

@test "fsync: asked after each job; a server without a file is refused" {
  server_start disk --appendonly yes --appendfsync always \
    --appenddirname disk.aof
  JQ_URL=$(server_url disk) spawn d jq-cron --durability fsync tab
  wait_until 10 fired 2
  run -1 grep unsure d.err
  asked disk waitaof || asked disk 'config|get'
  server_start memory
  JQ_URL=$(server_url memory)
  run -78 --separate-stderr jq-cron --durability fsync tab
  [[ $stderr == 'jq-cron: the server '*appendonly* ]] || fail "$stderr"
  assert_equal "$(server_ask memory DBSIZE)" 0
}

@test "replicas: a job that none has is told of, and the ticks go on" {
  JQ_URL=$JQ_URL spawn d jq-cron --durability replicas:1 tab
  wait_line 10 d.err \
    ' unsure name=tick queue=q tick=20..-..-..T..:..:..Z what="0 of 1 replicas had it in time"$'
  wait_until 10 fired 3
  kill -TERM "$spawned"
  wait_exit 5 d
  assert_success
}

@test "replicas: a job that one has is not told of, until it is gone" {
  server_pair
  spawn d jq-cron --durability replicas:1 tab
  wait_until 10 fired 3
  asked primary wait
  run -1 grep unsure d.err
  [ "$(server_ask replica ZCARD 'jq:{q}:rdy')" -ge 3 ]
  kill -STOP "$(server_pid replica)"
  wait_line 10 d.err ' unsure name=tick .*what="0 of 1 replicas had it in time"$'
  kill -CONT "$(server_pid replica)"
}

@test "an unknown kind is wrong use" {
  run -64 jq-cron --durability disk tab
  assert_line --index 0 --partial 'it is one of memory, fsync, replicas:N'
}
