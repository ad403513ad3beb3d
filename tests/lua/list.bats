#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# list.lua alone: which jobs it finds, where it goes on, how far it goes.

load ../lib/server
load ../lib/jobs

# list STATE SCORE ID HIGHEST MOST [FILTER...]: the ids
list() {
  job_call q list "${@:1:5}" ids "${@:6}"
}

# call ARG...: the same, the time left out
call() {
  list "$@" | sed 2d | paste -sd ' '
}

# dead ID SCORE [RECORD-LINE-END]: a dead job, written by hand
dead() {
  redis HSET 'jq:{q}:job' "$1" "- 1.W 1 0 1 1 0 0 0 0 0 0 0 - ${3:-exit:1 why}
1 1 0 1 digest${4-}
${5-}" >/dev/null
  redis ZADD 'jq:{q}:dead' "$2" "$1" >/dev/null
}

@test "an empty queue, an unknown state" {
  assert_equal "$(call dead -inf '' inf 10)" 'OK 0  '
  assert_equal "$(list nonsense -inf '' inf 10)" UNKNOWN
}

@test "what fits: last, error, name, worker, and all of them" {
  dead a 10 'exit:1 bad gateway'
  dead b 20 'exit:2 bad data' ' n=mail' '22:1 2 exit:2 0 0 0 4 w1 ,'
  dead c 30 'signal:9 bad [gateway%' ' n=sms' \
    '23:1 2 exit:1 0 0 0 44 w1 ,30:1 2 signal:9 0 0 0 4 w2:8 why
,'
  assert_equal "$(call dead -inf '' inf 10)" 'OK 3   a b c'
  assert_equal "$(call dead -inf '' inf 10 last exit:1)" 'OK 3   a'
  assert_equal "$(call dead -inf '' inf 10 last signal:9)" 'OK 3   c'
  assert_equal "$(call dead -inf '' inf 10 error gateway)" 'OK 3   a c'
  assert_equal "$(call dead -inf '' inf 10 error '[gateway%')" 'OK 3   c'
  assert_equal "$(call dead -inf '' inf 10 name mail)" 'OK 3   b'
  assert_equal "$(call dead -inf '' inf 10 worker w1)" 'OK 3   b'
  assert_equal "$(call dead -inf '' inf 10 worker w2:8)" 'OK 3   c'
  assert_equal "$(call dead -inf '' inf 10 error bad name mail last exit:2)" \
    'OK 3   b'
  assert_equal "$(call dead -inf '' inf 10 error bad name mail last exit:1)" \
    'OK 3  '
}

@test "what cannot be read fits nothing, and stops nothing" {
  dead a 10
  redis HSET 'jq:{q}:job' a 'nonsense' >/dev/null
  dead b 20
  redis HDEL 'jq:{q}:job' b >/dev/null
  dead c 30 'exit:1 why' '' '999999999999:x'
  dead d 40 'exit:1 why' '' '99:x'
  dead e 50
  assert_equal "$(call dead -inf '' inf 10 error why)" 'OK 5   c d e'
  assert_equal "$(call dead -inf '' inf 10 worker w)" 'OK 5  '
}

@test "from one slice to the next: by score, then by id, whoever has gone" {
  local id
  for id in a B b0 b z; do dead "$id" 10; done
  dead y 20
  assert_equal "$(call dead -inf '' inf 2)" 'OK 2 10 a B a'
  # the server's order is that of the bytes
  assert_equal "$(call dead 10 a inf 2)" 'OK 2 10 b0 b b0'
  redis ZREM 'jq:{q}:dead' a b b0 >/dev/null
  assert_equal "$(call dead 10 b inf 2)" 'OK 2 20 y z y'
  assert_equal "$(call dead 10 b0 inf 1)" 'OK 1 10 z z'
  assert_equal "$(call dead 10 zz inf 9)" 'OK 1   y'
  assert_equal "$(call dead 11 '' inf 9)" 'OK 1   y'
  assert_equal "$(call dead -inf '' 19 9)" 'OK 2   B z'
  assert_equal "$(call dead -inf '' 10 1)" 'OK 1 10 B B'
}

@test "a slice is bounded, by looks and by what is read" {
  redis EVAL 'for i = 1, 1200 do
    redis.call("ZADD", KEYS[1], i, string.format("j%04d", i)) end' 1 \
    'jq:{q}:dead' >/dev/null
  assert_equal "$(call dead -inf '' inf 1000 | cut -d ' ' -f 1-4)" \
    'OK 500 500 j0500'
  assert_equal "$(call dead -inf '' inf 1000 error x | tr -s ' ')" \
    'OK 100 100 j0100'
  redis DEL 'jq:{q}:dead' >/dev/null
  for id in a b c d e; do
    dead "$id" 10
    printf -- '- 1.W 1 0 1 1 0 0 0 0 0 0 0 - exit:1 why\nheader\n%0200000d' 0 |
      redis -x HSET 'jq:{q}:job' "$id" >/dev/null
  done
  assert_equal "$(call dead -inf '' inf 1000 error nothing | tr -s ' ')" \
    'OK 3 10 c'
}

@test "whole jobs: fewer a slice, payloads to a size" {
  redis EVAL 'for i = 1, 300 do
    redis.call("ZADD", KEYS[1], i, string.format("j%04d", i)) end' 1 \
    'jq:{q}:rdy' >/dev/null
  assert_equal "$(job_call q list ready -inf '' inf 1000 jobs | sed -n '3p;5p' |
    paste -sd ' ')" '200 j0200'
  redis DEL 'jq:{q}:rdy' >/dev/null
  local id
  for id in a b c; do
    redis ZADD 'jq:{q}:rdy' 1 "$id" >/dev/null
    printf '1 1 0 1 digest\n%03000000d' 1 |
      redis -x HSET 'jq:{q}:pay' "$id" >/dev/null
  done
  assert_equal "$(job_call q list ready -inf '' inf 9 payloads | sed -n '3p;5p' |
    paste -sd ' ')" '2 b'
  # headers alone are looked for in the same payloads
  assert_equal "$(job_call q list ready -inf '' inf 9 jobs | sed -n '3p;5p' |
    paste -sd ' ')" '1 a'
}

@test "every state; waiting jobs by what was pushed" {
  job_all_states q
  redis ZREM 'jq:{q}:rdy' r2 >/dev/null
  for state in ready:r1 delayed:d1 retry:t1 running:x1 dead:k1 done:f1; do
    assert_equal "$(list "${state%:*}" -inf '' inf 9 | tail -n 1)" \
      "${state#*:}"
  done
  job_push q/r3 x n=welcome
  assert_equal "$(list ready -inf '' inf 9 name welcome |
    tail -n 1)" r3
}
