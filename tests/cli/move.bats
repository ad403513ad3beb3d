#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-ctl move: waiting and dead jobs into another queue, as they are.

load ../lib/server
load ../lib/jobs

# But for the digests, which the jobs of tests/lib/jobs.bash only pretend.
sound() {
  run -1 grep -v ': the digest in its' <(jq-stat --check "$@" 2>&1)
  assert_output ''
}

@test "each state goes as it is: time, priority, attempts, payload" {
  job_all_states q
  jq-push -q -i p -p 7 -N mail q payload
  local due
  due=$(redis ZSCORE 'jq:{q}:dly' d1)
  run -0 --separate-stderr jq-ctl move --to other q/r2 q/d1 q/t1 q/k1 q/p
  assert_output $'other/r2\nother/d1\nother/t1\nother/k1\nother/p'
  assert_equal "$stderr" ''
  assert_equal "$(job_ids other rdy | paste -sd ' ')" 'p r2'
  assert_equal "$(redis ZSCORE 'jq:{other}:dly' d1)" "$due"
  assert_equal "$(job_sets other/t1)" rty
  assert_equal "$(job_sets other/k1)" dead
  run -0 jq-stat -i -F last,attempts,error other/t1
  assert_output $'signal:9\t1\tkilled'
  assert_equal "$(job_payload other/p)" payload
  # what was there is a tombstone that says where it went
  assert_equal "$(job_sets q/p)" 'done'
  run -0 jq-stat -i -F error q/p
  assert_output 'moved to other'
  sound q other
  run -0 jq-work -q --drain -c cat other
  assert_output payloadtwo
}

@test "a job pushed by jq-push can be proved where it came to" {
  jq-push -q -i a -N mail -M X=1 q payload
  jq-push -q -i b -d 1h q payload
  jq-ctl -q move --to other q/a q/b
  run -0 jq-stat --check q other
}

@test "what runs, is done, is there or is nowhere stays; the others go" {
  job_all_states q
  jq-push -q -i r1 other x
  run -1 --separate-stderr jq-ctl move --to other q/x1 q/f1 q/r1 q/none q/r2
  assert_output other/r2
  assert_equal "${stderr_lines[0]}" "jq-ctl: 'q/x1' stays: it is running"
  assert_equal "${stderr_lines[1]}" "jq-ctl: 'q/f1' stays: it is done"
  assert_equal "${stderr_lines[2]}" \
    "jq-ctl: 'q/r1' stays: the other queue has a job of that id"
  assert_equal "${stderr_lines[3]}" "jq-ctl: 'q/none' is not there"
  assert_equal "$(job_sets q/r1)" rdy
  assert_equal "$(job_sets q/x1)" run
  sound q other
}

@test "all of a state, in their order; ids from stdin; twice the same" {
  seq 130 | jq-push -q -l q
  jq-push -q -i hi -p 5 q x
  job_ids q rdy >before
  run -0 jq-ctl move --all -s ready --to other q
  assert_equal "${#lines[@]}" 131
  job_ids other rdy | diff before -
  run -0 jq-stat --check q other
  sed 's,^,other/,' before | head -n 3 >names
  cat names names >twice
  run -0 --separate-stderr jq-ctl move --to back - <twice
  assert_equal "${#lines[@]}" 3
  run -1 --separate-stderr jq-ctl move --all -s dead --to other q
  assert_equal "$stderr" "jq-ctl: nothing to do: no job of 'q' is dead"
}

@test "a job that is held is not taken, and one that was taken is not held" {
  jq-push -q -i a q x
  job_call q remove hold 'moving to other' a >/dev/null
  assert_equal "$(job_sets q/a)" dead
  # broken off there, it is moved as the dead job it is now
  run -0 jq-ctl move --to other q/a
  assert_equal "$(job_sets other/a)" dead
  jq-push -q -i b q x
  job_claim q >/dev/null
  assert_equal "$(job_call q remove hold why b | sed -n 2p)" running
  run -0 jq-stat -i -J q/b
  refute_output --partial stopping
}

@test "wrong use" {
  jq-push -q -i a q x
  for words in 'q/a' '--to o/p q/a' '--to o --all q' '--to o -s ready q/a' \
    '--to o --all -s running q' '--to o --all -s all q' '--to q --all -s ready q' \
    '--to o --all -s ready q r' '--to o'; do
    # shellcheck disable=SC2086 # words
    run -64 jq-ctl move $words
  done
  run -66 jq-ctl move --all -s ready --to o nowhere
  run -1 --separate-stderr jq-ctl move --to q q/a
  assert_equal "$stderr" "jq-ctl: 'q/a' is there already"
  assert_equal "$(job_sets q/a)" rdy
}
