#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-ctl prune: what a worker would forget, without a worker.

load ../lib/server
load ../lib/jobs

# many QUEUE COUNT: dead jobs d1, d2 …
many() {
  seq "$2" | sed 's/.*/{"id":"d&","payload":"x"}/' | jq-push -q -J "$1"
  jq-stat -s ready -F job -H "$1" >names
  jq-ctl cancel -q - <names
}

@test "forgets by number, the oldest first, in as many steps as it takes" {
  many q 300
  jq-ctl set q keep-dead-jobs=10
  run -0 --separate-stderr jq-ctl prune q
  assert_output 'q: 0 done, 290 dead'
  assert_equal "$stderr" ''
  assert_equal "$(job_ids q dead | wc -l)" 10
  run -0 jq-ctl prune q
  assert_output ''
  run -0 jq-stat --check q
}

@test "all queues without names; a name that is none of ours leaves nothing" {
  job_all_states a
  job_all_states b
  jq-ctl set a keep-dead=1s keep-done=1s
  redis ZADD 'jq:{a}:dead' 1 k1 >/dev/null
  redis ZADD 'jq:{a}:done' 1 f1 >/dev/null
  run -0 jq-ctl prune
  assert_output 'a: 1 done, 1 dead'
  assert_equal "$(job_sets b/k1)" dead
  run -0 jq-ctl prune nowhere
  assert_output ''
  run -0 redis --raw KEYS 'jq:{nowhere}*'
  assert_output ''
  run -64 jq-ctl prune a/b
}

@test "promotes what is due and takes back what was lost, as a claim does" {
  jq-push -q -i a -d 1h q x
  redis ZADD 'jq:{q}:dly' 1 a >/dev/null
  jq-ctl prune q
  assert_equal "$(job_sets q/a)" rdy
}
