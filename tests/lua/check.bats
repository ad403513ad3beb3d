#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The scripts that check and mend a queue, called directly.

load ../lib/server
load ../lib/jobs

# Field N of what audit tells of the first ID.
audit() {
  job_call q audit 1000 100000 "$2" | sed -n "$(($1 + 4))p"
}

# What survey finds, all of it in one line; without the counters behind it.
survey() {
  job_call q survey | sed '1,7d; /^pushed$/,$d' | paste -sd ' '
}

mend() {
  job_call q mend "$1" | tail -n +2
}

key() {
  redis "$1" "jq:{q}:$2" "${@:3}" >/dev/null
}

@test "looking: one job in each state is in order, and nothing is written" {
  job_all_states q
  before=$(redis HGETALL 'jq:{q}:meta')
  for script in keys survey audit strays weigh; do
    run -0 head -n 1 "$ROOT/share/lua/$script.lua"
    assert_output '#!lua flags=no-writes'
  done
  run -0 job_call q keys
  assert_output OK
  run -0 survey
  assert_equal "${output// /}" ''
  assert_equal "$(redis HGETALL 'jq:{q}:meta')" "$before"
}

@test "mending a job in order changes nothing" {
  job_all_states q
  before=$(job_ids q rdy; job_ids q dead; redis HGETALL 'jq:{q}:job')
  for id in r1 r2 d1 t1 x1 k1 f1 nowhere; do
    run -0 mend "$id"
    # the digests of these jobs are short, which matters to finished ones
    if [ "$id" != f1 ]; then assert_output ''; fi
  done
  run -0 job_call q settle
  assert_output OK
  run -0 job_call q mend_keys
  assert_output OK
  after=$(job_ids q rdy; job_ids q dead; redis HGETALL 'jq:{q}:job' |
    sed 's/-\{22\}/digest-finished/')
  assert_equal "${#after}" "${#before}"
}

@test "audit: sets, score, record, envelope; it ends early" {
  job_push q/a payload
  key ZADD dead 5 a
  assert_equal "$(audit 1 a)" 'ready dead'
  assert_equal "$(audit 2 a) $(audit 3 a)" '1 1'
  run -0 job_call q audit 1000 1 a a a
  assert_equal "$(grep -c 'ready dead' <<<"$output")" 1
  run -0 job_call q audit 3 1000 a
  refute_line payload
  assert_equal "$(audit 1 none)$(audit 5 none)" -1
}

@test "survey: cards, hashes and counters that do not add up" {
  job_all_states q
  key HINCRBY meta pushed 1
  key HDEL pay r1
  key HSET meta failed many
  key HDEL meta epoch
  run -0 survey
  assert_output --partial 'jobs 7 8'
  assert_output --partial 'payloads 5 6'
  assert_output --partial 'counter many failed'
  assert_output --partial 'epoch'
}

@test "survey: what is overdue, longest first, and when workers looked" {
  job_all_states q
  key ZADD dly 5 d1
  key ZADD rty 4 t1
  run -0 survey
  assert_output --partial 'delayed d1 5 retry t1 4'
  run -0 job_call q survey
  assert_line --index 2 --regexp '^[0-9]{13}$'
}

@test "survey: the counters that never fall" {
  job_all_states q
  run -0 job_call q survey
  assert_line --index $((${#lines[@]} - 26)) pushed
  assert_line --index $((${#lines[@]} - 25)) 7
  assert_line --index $((${#lines[@]} - 2)) fence
}

@test "strays: only what no set holds" {
  job_all_states q
  key HSET job none x
  key HSET out r1 x
  run -0 job_call q strays job 0 100
  assert_line --index 1 0
  assert_equal "${lines[*]:3}" none
  run -0 job_call q strays out 0 100
  assert_equal "${lines[*]:3}" r1
  run -0 job_call q strays nothing 0 100
  assert_output UNKNOWN
}

# weigh SCORE SKIP N: the score and number to go on with, jobs, bytes
weigh() {
  job_call q weigh 'done' "$1" "$2" "$3" | sed -n '2,5p' | paste -sd ' '
}

@test "weigh: slices through many jobs of one score add up" {
  for id in a b c d e; do
    job_push "q/$id" "$id"
    job_claim q >/dev/null
    job_close "q/$id" 'done' exit:0 '' '' $'1 \nx' >/dev/null
  done
  # only now: a claim would trim them
  key ZADD 'done' 77 a 77 b 77 c 77 d 77 e
  bytes=$(redis HGET 'jq:{q}:meta' done_bytes)
  assert_equal "$(weigh '' 0 9)" " 0 5 $bytes"
  sum=0 jobs=0 score='' skip=0
  while :; do
    IFS=' ' read -r score skip n part <<<"$(weigh "$score" "$skip" 2 |
      sed 's/^ /- /')"
    sum=$((sum + part)) jobs=$((jobs + n))
    [ "$score" != - ] || break
  done
  assert_equal "$jobs $sum" "5 $bytes"
}

@test "mend: a dead job with a damaged record is counted once" {
  job_push q/a x
  job_kill q/a
  key HSET job a rubbish
  run -0 mend a
  assert_output 'it is dead now: its record was damaged'
  assert_equal "$(redis HGET 'jq:{q}:meta' dead_in)" 1
  assert_equal "$(job_sets q/a)" dead
  run -0 survey
  assert_equal "${output// /}" ''
}

@test "mend: whatever sets hold a job, its payload stays" {
  local a b others=(rdy dly rty run 'done' dead)
  for a in "${others[@]}"; do
    for b in "${others[@]}"; do
      redis FLUSHALL >/dev/null
      job_push q/a x
      key ZREM rdy a
      key ZADD "$a" 5 a
      key ZADD "$b" 5 a
      mend a >/dev/null
      assert_equal "$(job_payload q/a)" x
      run -0 job_sets q/a
      assert_output --regexp '^(rdy|dly|rty|dead)$'
      run -0 mend a
      assert_output ''
    done
    others=("${others[@]:1}")
  done
}

@test "weigh: many jobs that ended after now, before the clock was put back" {
  local bytes
  seq 1200 | jq-push -q -l q
  redis ZRANGE 'jq:{q}:rdy' 0 -1 | sed 's,^,q/,' | jq-ctl -q drop - >/dev/null
  bytes=$(redis HGET 'jq:{q}:meta' done_bytes)
  redis EVAL "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    redis.call('ZINCRBY', KEYS[1], 3600000, id) end" 1 'jq:{q}:done' >/dev/null
  run -0 job_call q weigh 'done' '' 0 9
  assert_line --index 5 1200
  assert_line --index 6 "$bytes"
  run jq-stat --check
  assert_output ''
  jq-push -q -i now q x
  jq-ctl -q drop q/now >/dev/null
  run jq-stat --check
  assert_output ''
}

@test "settle: closes gaps without touching what was counted" {
  job_all_states q
  key HINCRBY meta pushed 5
  key HINCRBY meta dead_bytes 9
  run -0 job_call q settle dead_bytes 9
  assert_line 'fix_jobs closes the gap of -5 to the counters'
  assert_line --partial 'dead_bytes was corrected by -9'
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 12
  run -0 job_call q settle
  assert_output OK
}
