#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --check-alert: conditions, a line for each that holds, exit 1 then.

load ../lib/server
load ../lib/jobs

@test "what holds is a line, and exit 1; what does not is silence" {
  job_all_states q
  jq-push -q other x
  run -1 --separate-stderr jq-stat --check-alert 'dead>0' --check-alert 'ready>=2' q
  assert_output $'q: dead is 1 (dead>0)\nq: ready is 2 (ready>=2)'
  assert_equal "$stderr" ''
  run -0 jq-stat --check-alert 'dead>1' --check-alert 'ready>2' q
  assert_output ''
  run -1 jq-stat --check-alert 'ready>0'
  assert_output $'other: ready is 1 (ready>0)\nq: ready is 2 (ready>0)'
}

@test "every field, every comparison" {
  job_all_states q
  for words in 'ready=2' 'running==1' 'delayed<=1' 'retry>=1' 'dead!=0' \
    'workers<1' 'paused=0' 'oldest>=0' 'done_minute<9' 'failed_minute<9' \
    'fail_rate>=0%' 'fail_rate<=100'; do
    run -1 jq-stat --check-alert "$words" q
  done
  for words in 'ready!=2' 'running<1' 'delayed>1' 'dead=0' 'workers>0' \
    'paused>0' 'oldest>1h' 'fail_rate>99%'; do
    run -0 jq-stat --check-alert "$words" q
    assert_output ''
  done
  jq-ctl pause q
  run -1 jq-stat --check-alert 'paused>0' q
  assert_output 'q: paused is 1 (paused>0)'
}

@test "oldest: how long the first one waits" {
  job_push q/a x
  redis EVAL 'local v = redis.call("HGET", KEYS[1], "a")
    redis.call("HSET", KEYS[1], "a",
      (string.gsub(v, "^1 %d+", "1 " .. (redis.call("TIME")[1] - 1200) .. "000")))
    ' 1 'jq:{q}:pay' >/dev/null
  run -1 jq-stat --check-alert 'oldest>10m' q
  assert_output --regexp '^q: oldest is 20m[0-9]*s? \(oldest>10m\)$'
  run -0 jq-stat --check-alert 'oldest>1h' q
}

@test "a queue that is not there; nothing attempted is no failure" {
  jq-push -q q x
  run -0 jq-stat --check-alert 'fail_rate>0%' q
  run -66 --separate-stderr jq-stat --check-alert 'dead>0' nowhere
  run -1 --separate-stderr jq-stat --check-alert 'ready>0' nowhere q
  assert_output 'q: ready is 1 (ready>0)'
}

@test "what is no condition: 64, before the server is asked" {
  for words in dead 'dead>' 'dead>x' 'dead>-1' 'dead > 0' 'ded>0' 'oldest>x' \
    'fail_rate>101%' 'dead>5%' '>0' 'dead=>0'; do
    run -64 --separate-stderr jq-stat -u unix:///nowhere --check-alert "$words"
    [[ ${stderr_lines[0]} == 'jq-stat: --check-alert: '* ]] || fail "$stderr"
  done
  run -64 jq-stat --check-alert 'dead>0' --workers
  run -69 jq-stat -u unix:///nowhere --check-alert 'dead>0'
}
