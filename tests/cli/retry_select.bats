#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-retry: those that fit, at a rate, and a handler run here.

load ../lib/server
load ../lib/jobs

# dead ID HOW REASON [PUSH-OPTION...]: a dead job of q
dead() {
  local id=$1 how=$2 reason=$3
  shift 3
  jq-push -q -i "$id" "$@" q "payload of $id"
  job_claim q W >/dev/null
  job_close "q/$id" dead "$how" "$reason" >/dev/null
}

ids() {
  sed 's,^q/,,' | paste -sd ' '
}

@test "each filter takes those that fit, and all of them together" {
  dead a exit:1 'bad gateway'
  dead b exit:2 'bad data' -N mail
  dead c signal:9 'killed' -N mail
  for words in '--exit 1:a' '--exit 2:b' '--signal KILL:c' '--signal SIGKILL:c' \
    '--signal 9:c' '--error bad:a b' '--name mail:b c' '-N mail --error bad:b' \
    '--worker me:a b c' '--since @1:a b c' '--error bad -n 1:a' \
    '--since 1h --before 0 --exit 1 --error gate:a'; do
    # shellcheck disable=SC2086 # words
    run -0 jq-retry --all ${words%:*} --dry-run q
    assert_equal "$(ids <<<"$output")" "${words##*:}"
  done
  for words in '--exit 0' '--signal TERM' '--error none' '--before @9' \
    '--since 0' '--worker you' '--name sms' '--exit 1 -N mail'; do
    # shellcheck disable=SC2086 # words
    run -1 --separate-stderr jq-retry --all $words q
    assert_equal "$output" ''
    assert_equal "$stderr" 'jq-retry: nothing to do: no job is dead and fits'
  done
  run -0 jq-retry --all -N mail --error bad q
  assert_output q/b
  assert_equal "$(job_ids q dead | paste -sd ' ')" 'a c'
  run -0 jq-retry --all --signal KILL --to other q
  assert_output other/c
  assert_equal "$(job_payload other/c)" 'payload of c'
}

@test "times are those of death, the first included, the last not" {
  dead a exit:1 one
  dead b exit:1 two
  redis ZADD 'jq:{q}:dead' 1700000000000 a 1700000001000 b >/dev/null
  run -0 jq-retry --all --dry-run --since @1700000000 --before @1700000001 q
  assert_output q/a
  run -0 jq-retry --all --dry-run --since 2023-11-14T22:13:21Z q
  assert_output q/b
}

@test "many: in slices, while others die, and those are left alone" {
  seq -f '{"id":"j%04.0f","payload":"x"}' 1300 | jq-push -q -J q
  jq-stat -s ready -F job -H q | jq-ctl cancel -q -
  dead late exit:1 'in the way'
  redis ZADD 'jq:{q}:dead' 9000000000000 late >/dev/null
  redis ZADD 'jq:{q}:dead' 1 j0700 >/dev/null
  redis HDEL 'jq:{q}:pay' j0003 >/dev/null
  run -1 --separate-stderr jq-retry --all --error cancelled q
  assert_equal "${#lines[@]}" 1299
  assert_equal "${lines[0]}" q/j0700
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/j0003' is not there"
  assert_equal "$(job_ids q dead | paste -sd ' ')" 'j0003 late'
}

@test "a job that cannot be read is complained of, the others go" {
  dead a exit:1 one
  dead b exit:1 two
  dead c exit:1 three
  redis HSET 'jq:{q}:job' b nonsense >/dev/null
  run -1 --separate-stderr jq-retry --to other q/a q/b q/c
  assert_output $'other/a\nother/c'
  assert_equal "${#stderr_lines[@]}" 2
  assert_equal "${stderr_lines[0]%%:*}" 'jq-retry'
  [[ ${stderr_lines[0]} == *"'q/b' stays: "* ]] || fail "$stderr"
}

@test "--rate spreads them: each has its own time" {
  for i in 1 2 3 4 5 6; do dead "j$i" exit:1 why; done
  run -0 jq-retry -d 100h --rate 1/s q/j6
  run -0 jq-retry --all --rate 2/1h q
  assert_equal "$(job_ids q rdy)" j1
  assert_equal "$(job_ids q dly | paste -sd ' ')" 'j2 j3 j4 j5 j6'
  local first last
  first=$(redis ZSCORE 'jq:{q}:dly' j2) last=$(redis ZSCORE 'jq:{q}:dly' j5)
  # half an hour each, less what the call took
  [ "$((${last%.*} - ${first%.*}))" -le 5400001 ]
  [ "$((${last%.*} - ${first%.*}))" -ge 5390000 ]
}

@test "a rate that goes beyond all times stops, and says so" {
  for i in 1 2 3; do dead "j$i" exit:1 why; done
  run -75 --separate-stderr jq-retry --rate 1/366d --to other q/j1 q/j2 q/j3
  assert_output --partial other/j1
  [[ $stderr == *'then stopped: at this rate'* ]] || fail "$stderr"
}

@test "--here runs a handler as jq-work would, and leaves the queue alone" {
  dead a exit:3 why -N mail -M TENANT=acme -p 4
  cat >handler <<'END'
#!/bin/sh
echo "args $*"
cat
echo
echo "$JQ_JOB $JQ_NAME $JQ_ATTEMPT/$JQ_MAX_ATTEMPTS $JQ_LAST_EXIT" \
  "$JQ_PRIORITY $JQ_META_TENANT $JQ_SIZE"
echo "progress 1/2 half" >&3
exit "${1:-0}"
END
  chmod +x handler
  redis DUMP 'jq:{q}:job' >before
  run -0 --separate-stderr jq-retry --here q/a -- ./handler
  assert_equal "${lines[0]}" 'args '
  assert_equal "${lines[1]}" 'payload of a'
  assert_equal "${lines[2]}" 'q/a mail 1/5 3 4 acme 12'
  assert_equal "${stderr_lines[0]}" 'progress 1/2 half'
  [[ ${stderr_lines[1]} == 'jq-retry: exit 0 after '*'; the queue was not touched' ]] ||
    fail "$stderr"
  assert_equal "${stderr_lines[2]}" 'next: jq-retry q/a      # puts it back'
  assert_equal "${stderr_lines[3]}" \
    '  or: jq-ctl drop q/a   # what it does was done just now'
  run -1 --separate-stderr jq-retry --here --queue q a -- ./handler 7 -x
  assert_equal "${lines[0]}" 'args 7 -x'
  [[ $stderr == *"jq-retry: 'q/a': exit 7" ]] || fail "$stderr"
  run -1 --separate-stderr jq-retry -q --here q/a -- sh -c 'kill -9 $$'
  assert_equal "$stderr" "jq-retry: 'q/a': ended by SIGKILL"
  redis DUMP 'jq:{q}:job' | cmp - before
  assert_equal "$(job_sets q/a)" dead
}

@test "--here: what cannot be run" {
  dead a exit:3 why
  jq-push -q -i b q x
  run -1 --separate-stderr jq-retry --here q/b -- cat
  assert_equal "$stderr" "jq-retry: 'q/b' is not dead: it is ready"
  run -1 --separate-stderr jq-retry --here q/none -- cat
  assert_equal "$stderr" "jq-retry: no such job: 'q/none'"
  run -127 jq-retry --here q/a -- no-such-program
  : >plain
  run -126 jq-retry --here q/a -- ./plain
}

@test "--here: ^C ends the handler, and we tell of it" {
  dead a exit:3 why
  mkfifo began
  spawn terminal script -qec "jq-retry --here q/a -- \
    sh -c 'echo >began; handler=1; sleep 30'" /dev/null < <(cat began >seen
      # script may lose what comes while it sets the terminal up
      while printf '\003'; do read -rt 2 _ <>began || :; done)
  wait_until 20 test -e seen
  wait_exit 20 terminal
  assert_output --partial 'ended by SIGINT'
}

@test "a command that lasts tells how far it is, on a terminal alone" {
  mkfifo names
  exec 4<>names
  dead a exit:1 why
  spawn terminal script -qec "stty cols 60; TERM=xterm jq-retry - <names >answer" typescript
  # it draws once the first second is over, and with each name that comes
  put_names() {
    seq 1000 | sed 's,^,q/none,' >&4
    grep -q 'putting back  ' typescript
  }
  wait_until 30 put_names
  exec 4>&-
  kill "$spawned"
  dead b exit:1 why
  run -0 --separate-stderr jq-retry q/b
  assert_equal "$stderr" ''
}
