#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The histograms: what claim and close count, for how long it is kept, what
# history.lua tells of it.

load ../lib/server
load ../lib/jobs

minute() {
  redis TIME | { read -r s && echo $((s / 60)); }
}

# What was counted in the last two minutes, without the minute.
counted() {
  job_call "$1" history "$(($(minute) - 1))" 2 "${2-}" | sed -n '4~2p'
}

meta() {
  redis HGET "jq:{$1}:meta" "$2"
}

# A job that was pushed so many ms ago.
pushed() {
  job_push "$1" x
  redis EVAL "local t = redis.call('TIME')
    redis.call('HSET', KEYS[1], ARGV[1], string.format('1 %.0f 0 1 d%s\nx',
      t[1] * 1000 + math.floor(t[2] / 1000) - ARGV[2], ARGV[3]))" 1 \
    "jq:{${1%%/*}}:pay" "${1#*/}" "$2" "${3-}" >/dev/null
}

@test "the first start counts how long the job waited, later ones do not" {
  pushed q/a 4500000
  job_claim q >/dev/null
  assert_equal "$(meta q w:14400000)" 1
  assert_equal "$(meta q w:sum | cut -c 1-4)" 4500
  job_call q close a "$(job_token q/a)" release 0 5 exit:75 '0 0 0 0 me -' '' \
    >/dev/null
  job_claim q >/dev/null
  assert_equal "$(meta q w:14400000)" 1
  assert_equal "$(meta q r:sum)" ''
}

@test "a delayed job waits from when it was due" {
  redis EVAL "return redis.call('TIME')[1]" 0 >now
  pushed q/a 4500000 " a=$(($(cat now) - 70))000"
  job_claim q >/dev/null
  assert_equal "$(meta q w:120000)" 1
}

@test "attempts that end count how long they ran: done, failed, dead" {
  for id in a b c; do
    job_push "q/$id"
    job_claim q "W$id" >/dev/null
    redis EVAL "local r = redis.call('HGET', KEYS[1], ARGV[1])
      local t = redis.call('TIME')
      redis.call('HSET', KEYS[1], ARGV[1], (string.gsub(r,
        '^(%S+ %S+) %d+', '%1 ' .. string.format('%.0f', t[1] - 12) .. '000')))" \
      1 'jq:{q}:job' "$id" >/dev/null
  done
  job_close q/a 'done' exit:0 >/dev/null
  job_close q/b fail exit:1 >/dev/null
  job_close q/c dead exit:65 >/dev/null
  assert_equal "$(meta q r:30000)" 3
  # the minute may have changed meanwhile
  run -0 counted q
  assert_output --partial p=3
  assert_output --partial 'd=1 f=2'
  assert_output --regexp 'r:sum=(3[6-9]|[4-8][0-9])[0-9]{3} .*r:30000=3'
  assert_output --regexp 'w:sum=[0-9]+ .*w:[0-9]+='
  run -0 counted q jobs
  assert_output --partial 'd=1 f=2'
  refute_output --regexp '[wr]:[0-9]+='
}

@test "only attempts that ended dead count as that" {
  job_all_states q
  assert_equal "$(meta q failed)" 2
  assert_equal "$(meta q failed_dead)" 1
}

@test "a clock that was set back counts as no time at all" {
  pushed q/a -5000000
  job_claim q >/dev/null
  assert_equal "$(meta q w:1)" 1
  assert_equal "$(meta q w:sum)" 0
}

@test "what is older than a day is forgotten, all of a minute" {
  job_all_states q
  local old=$(($(minute) - 1500))
  redis HSET 'jq:{q}:min' "${old}p" 1 "${old}w:50" 1 "${old}w:sum" 9 \
    "${old}r:inf" 1 >/dev/null
  redis HSET 'jq:{q}:meta' minute_low "$old" >/dev/null
  job_claim q X >/dev/null
  run -0 redis HKEYS 'jq:{q}:min'
  refute_output --partial "$old"
  assert_output --partial 'w:'
}

@test "history answers for sixty minutes at most, and for those with counts" {
  job_all_states q
  local now
  now=$(minute)
  redis HSET 'jq:{q}:min' "$((now - 59))p" 7 "$((now - 61))p" 8 >/dev/null
  run -0 job_call q history "$((now - 61))" 500 jobs
  assert_line --index 0 OK
  assert_line --index 2 "$((now - 61))"
  assert_line --index 3 p=8
  assert_line --index 4 "$((now - 59))"
  refute_line "$now"
}

@test "the check finds a bucket that is no number" {
  job_all_states q
  redis HSET 'jq:{q}:meta' w:50 many >/dev/null
  run -1 jq-stat --check q
  assert_output --partial w:50
}

@test "the buckets of the scripts are those of the program" {
  sed -n '/^local BOUNDS/,/}/p' "$ROOT/share/lua/part/count.lua" |
    grep -oE '[0-9]+' >lua
  sed -n '/^const int64_t spans_bound_ms/,/}/p' "$ROOT/lib/queue/spans.c" |
    sed 1d | grep -oE '\b[0-9]+\b' >c
  assert_equal "$(wc -l <lua)" 22
  run -0 diff lua c
}
