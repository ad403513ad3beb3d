#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work --batch: many jobs for one run of a handler.

load ../lib/server
load ../lib/jobs

# push TEXT...: a job for each, in this order, ids 1, 2 …
push() {
  local n=0 text
  for text; do
    n=$((n + 1))
    printf '%s' "$text" | jq-push -q -b fixed:1h -i "$n" q
  done
}

# batch N [OPTION...] TEXT: a worker with that shell text for a handler.
batch() {
  run --separate-stderr jq-work --drain --batch "$1" "${@:2:$#-2}" q \
    sh -c "${@: -1}"
}

# field N NAME: of the job N
field() {
  jq-stat -i "q/$1" -F "$2"
}

# became N STATE [HOW [REASON]]: so it is with the job N
became() {
  assert_equal "$1 $(field "$1" state)" "$1 $2"
  [[ $# -lt 3 ]] || assert_equal "$1 $(field "$1" last)" "$1 $3"
  [[ $# -lt 4 ]] || assert_equal "$1 $(field "$1" error)" "$1 $4"
}

@test "up to N jobs are one run's stdin, and exit 0 is all of them done" {
  push a b c d e
  batch 3 'echo "$JQ_BATCH_SIZE $JQ_QUEUE $JQ_ID$JQ_JOB"; cat'
  assert_success
  assert_output $'3 q \na\nb\nc\n2 q \nd\ne'
  assert_equal "$(jq-stat -H -F 'done' q)" 5
  jq-stat --check q
}

@test "one that waits begins with all that is there, also if that is more" {
  spawn worker jq-work -n 120 --batch 200 q sh -c 'wc -l >>sizes'
  wait_until 5 eval 'redis CLIENT LIST | grep -q "qbuf=[1-9].* cmd=blpop "'
  seq 120 | jq-push -l -q q
  wait_exit 10 worker
  run -0 cat sizes
  assert_output 120
}

@test "a batch of more than one claim gives" {
  seq 1000 | jq-push -l -q q
  batch 1000 'wc -l'
  assert_success
  assert_output 1000
}

# It waits for what is there, however slowly it comes.
@test "a batch holds 16 MiB of payloads, however many claims these take" {
  printf '%0300000d\n' {1..60} | jq-push -l -q q
  batch 1000 --batch-wait 20s -n 60 'wc -l'
  assert_success
  assert_equal "${#lines[@]} $((lines[0] + lines[1]))" '2 60'
  [ "${lines[0]}" -ge 56 ] || fail "$output"
  assert_equal "$(jq-stat -H -F released_total q)" 0
}

@test "a wait that is over before all that is there has come: it comes in" {
  seq 2500 | jq-push -l -q q
  batch 1000 --batch-wait 1ms 'wc -l'
  assert_success
  assert_output $'1000\n1000\n500'
  assert_equal "$(jq-stat -H -F released_total q)" 0
}

@test "the exit status is the outcome of all of them" {
  push a b
  batch 9 'echo why >&2; exit 3'
  assert_equal "$status" 1
  became 1 retry exit:3 why
  became 2 retry exit:3 why
  jq-push -q q c
  batch 9 'exit 65'
  assert_equal "$(jq-stat -H -F dead q)" 1
  jq-stat --check q
}

@test "done, retry and dead on descriptor 3 decide for one" {
  push a b c d
  batch 9 --ids 'while read -r id x; do case $x in
    a) echo "done $id some result" >&3;;
    b) echo "retry ${id#*/} 2h no luck" >&3;;
    c) echo "dead $id bad" >&3;; esac; done
    echo "done q/none" >&3; exit 4'
  assert_equal "$status" 1
  became 1 'done' ok
  assert_equal "$(jq-stat -i q/1 -F result)" 'some result'
  became 2 retry retry 'no luck'
  became 3 dead dead bad
  became 4 retry exit:4
  assert_regex "$stderr" 'no such job in the batch'
  jq-stat --check q
}

@test "what was said counts, however the batch ends" {
  push a b c
  batch 9 'echo "done 1" >&3; echo "dead 2 no" >&3; kill -KILL $$'
  became 1 'done'
  became 2 dead
  became 3 retry signal:9
  jq-push -q -i 4 q d
  batch 9 'echo "retry 4 1h" >&3'
  assert_equal "$(field 4 state)" retry
}

@test "a word that is too long counts as far as it fits" {
  push a b
  batch 9 'printf "dead 1 %06000d\n" 0 >&3'
  became 1 dead dead
  became 2 'done'
  assert_regex "$(field 1 error)" '^0{100}'
  assert_regex "$stderr" 'on descriptor 3 is cut: longer than 4096 bytes'
}

@test "the time limit ends the whole batch" {
  push a b
  batch 9 -t 300ms 'echo "done 1" >&3; sleep 300 # handler'
  assert_equal "$status" 1
  became 1 'done'
  became 2 retry timeout
}

@test "stopped twice: the jobs go back, but for those that are done" {
  push a b c
  spawn worker jq-work --batch 3 q sh -c 'echo "done 2" >&3; touch at
    sleep 300 # handler'
  wait_until 10 test -e at
  kill "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'finishing'
  kill "$spawned"
  wait_exit 15 worker
  became 1 ready released
  became 2 'done'
  became 3 ready released
  assert_equal "$(field 1 attempts)" 0
}

@test "--batch-wait lets a batch fill" {
  spawn worker jq-work --batch 3 --batch-wait 1m -n 3 q wc -l
  jq-push -q q 1
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 1 ]]'
  jq-push -q q 2
  jq-push -q q 3
  wait_exit 15 worker
  assert_success
  assert_output 3
}

@test "--batch-wait is over: it runs with what there is" {
  spawn worker jq-work --batch 3 --batch-wait 200ms q sh -c 'wc -l >n'
  jq-push -q q 1
  wait_until 10 eval '[[ $(jq-stat -H -F done q) -eq 1 ]]'
  assert_equal "$(cat n)" 1
  kill "$spawned"
  wait_exit 10 worker
  assert_success
}

@test "told to stop while a batch fills: it runs with what there is" {
  spawn worker jq-work --batch 3 --batch-wait 1h q wc -l
  jq-push -q q 1
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 1 ]]'
  kill -USR1 "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'slot 1: .*gathering'
  kill "$spawned"
  wait_exit 10 worker
  assert_success
  assert_output 1
}

@test "a cancelled job goes on with its batch, and is dead if that fails" {
  jq-ctl set -q q lease=6s
  push a b
  spawn worker jq-work --batch 2 -n 2 q sh -c 'touch at
    until [ -e go ]; do sleep 0.02; done; exit 1 # jq-work'
  wait_until 10 test -e at
  jq-ctl cancel -q q/2
  touch go
  wait_exit 10 worker
  became 1 retry exit:1
  became 2 dead
  assert_equal "$(field 2 error)" cancelled
}

@test "jobs that are cancelled while a batch fills are not in it" {
  jq-ctl set -q q lease=6s
  spawn worker jq-work --batch 9 --batch-wait 1h --ids q sh -c 'cat >>had'
  push a bb ccc dddd
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 4 ]]'
  jq-ctl cancel -q q/2 q/4
  wait_until 10 eval '[[ $(jq-stat -H -F dead q) -eq 2 ]]'
  became 2 dead released cancelled
  assert_equal "$(field 2 attempts)" 0
  # all that is left: nothing is run for none
  jq-ctl cancel -q q/1 q/3
  wait_until 10 eval '[[ $(jq-stat -H -F dead q) -eq 4 ]]'
  jq-retry -q q/1 q/3 q/4
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 3 ]]'
  jq-ctl cancel -q q/3
  wait_until 10 eval '[[ $(jq-stat -H -F dead q) -eq 2 ]]'
  refute [ -e had ]
  kill -TERM "$spawned"
  wait_exit 10 worker
  assert_success
  assert_equal "$(cat had)" $'q/1\ta\nq/4\tdddd'
}

@test "jobs that are lost while a batch fills are not in it" {
  # no beat renews it meanwhile
  jq-ctl set -q q lease=1h
  spawn worker jq-work -n 3 --batch 9 --batch-wait 1h --ids q sh -c 'cat >>had'
  push a bb
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 2 ]]'
  redis ZADD 'jq:{q}:run' XX 1 1 >/dev/null
  jq-ctl prune q >/dev/null
  # it is given to the same worker, which then knows
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'q/1: the lease was lost$'
  wait_until 10 eval '[[ $(jq-stat -H -F running q) -eq 2 ]]'
  # no handler had it, so it does not count for -n
  jq-push -q -i 3 q ccc
  wait_exit 10 worker
  assert_success
  assert_equal "$(cat had)" $'q/2\tbb\nq/1\ta\nq/3\tccc'
}

@test "frames hold for batches too; what does not fit is dead" {
  push $'a\nb' c
  batch 9 --frame netstring 'cat'
  assert_output $'3:a\nb,1:c,'
  jq-push -q -i 7 q $'a\nb'
  batch 9 cat
  became 7 dead exit:65
  assert_output ''
}

@test "a command that cannot be run costs no job anything" {
  push a b
  printf '#!/no/such/interpreter\n' >broken
  chmod +x broken
  run --separate-stderr jq-work --batch 5 q ./broken
  [[ $status -eq 126 || $status -eq 127 ]]
  became 1 ready
  became 2 ready
}
