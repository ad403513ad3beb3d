#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work --on-dead: a command that is told of dead jobs, and gets in nobody's
# way.
# Takes long: the limit of the command is half a minute.

load ../lib/server
load ../lib/jobs

@test "the job as a line of JSON, the reason and the end of stderr in it" {
  jq-push -q -i a -N mail -p 3 -M TENANT=acme q payload
  run -1 jq-work -q --drain --on-dead 'cat >>told; echo out; echo "$JQ_JOB" >job' \
    q sh -c 'echo trouble >&2; exit 65'
  assert_output --partial out
  run -0 cat told
  assert_output --regexp '^\{"v":1,"time":"[^"]*Z","id":"a","queue":"q",'
  assert_output --partial '"job":"q/a","state":"dead","name":"mail","priority":3,'
  assert_output --regexp '"size":7,"created":"[^"]*Z","attempts":1,"max_attempts":5,'
  assert_output --regexp '"last":"exit:65","exit":65,"error":".*trouble.*","worker":"'
  assert_output --partial '"meta":{"TENANT":"acme"},"stderr":"trouble\n","untold":0}'
  assert_equal "$(cat job)" ''
}

@test "its output is no result of ours: it goes to stderr" {
  jq-push -q q x
  run -1 --separate-stderr jq-work -q --drain --on-dead 'echo said' q sh -c 'exit 65'
  assert_equal "$output" ''
  [[ $stderr == *said* ]] || fail "$stderr"
}

@test "only dead jobs are told of: not those that are done or tried again" {
  jq-push -q -i ok q 0
  jq-push -q -i again q 1
  jq-push -q -i dead q 65
  jq-push -q -i last -m 1 q 1
  jq-push -q -i killed -m 1 q k
  run -1 jq-work -q --drain --on-dead 'cat >>told' q \
    sh -c 'read -r n; [ "$n" != k ] || kill -9 $$; exit "$n"'
  assert_equal "$(sed 's/.*"id":"\([^"]*\)".*/\1/' told | paste -sd ' ')" \
    'dead last killed'
  assert_equal "$(grep -c '"signal":"SIGKILL"' told)" 1
}

@test "work goes on while it takes its time; one runs at a time" {
  mkfifo gate
  # a command that was ended meanwhile does not keep us
  exec 7<>gate
  for i in 1 2 3; do jq-push -q -i "d$i" q 65; done
  for i in 1 2 3; do jq-push -q -i "k$i" q 0; done
  spawn worker jq-work -q --on-dead 'cat >>told; read -r x <gate' q \
    sh -c 'read -r n; exit "$n"'
  all_done() { [ "$(redis ZCARD 'jq:{q}:done')" = 3 ]; }
  wait_until 20 all_done
  wait_until 20 test -s told
  assert_equal "$(wc -l <told)" 1
  for i in 2 3; do
    echo >&7
    lines_are() { [ "$(wc -l <told)" = "$i" ]; }
    wait_until 20 lines_are
  done
  kill -TERM "$spawned"
  echo >&7
  wait_exit 20 worker
  assert_success
  exec 7>&-
}

@test "ten in a minute; what is more than can wait is told as a number" {
  seq 40 | sed 's/.*/{"id":"d&","payload":"x"}/' | jq-push -q -J q
  spawn worker jq-work -q --on-dead 'cat >>told' q sh -c 'exit 65'
  all_dead() { [ "$(redis ZCARD 'jq:{q}:dead')" = 40 ]; }
  wait_until 30 all_dead
  ten() { [ "$(wc -l <told)" = 10 ]; }
  wait_until 30 ten
  # at the end the minute does not count: those that wait are told still
  kill -TERM "$spawned"
  wait_exit 30 worker
  assert_success
  assert_equal "$(wc -l <told)" 26
}

@test "a command that fails or is not there is said, and harms nothing" {
  jq-push -q -i a q x
  run -1 --separate-stderr jq-work --drain --on-dead 'exit 7' q sh -c 'exit 65'
  [[ $stderr == *'--on-dead: the command exited 7'* ]] || fail "$stderr"
  jq-push -q -i b q x
  run -1 --separate-stderr jq-work --drain --on-dead no-such-program q \
    sh -c 'exit 65'
  [[ $stderr == *'--on-dead: the command exited 127'* ]] || fail "$stderr"
  assert_equal "$(job_ids q dead | paste -sd ' ')" 'a b'
}

@test "a command that takes more than half a minute is ended, and the next one runs" {
  cat >tell <<'EOF'
case $(cat) in
*q/long*) echo $$ >began; handler=1; sleep 300 ;;
*) echo >told ;;
esac
EOF
  jq-push -q -i long q x
  spawn worker jq-work -q --on-dead '. ./tell' q sh -c 'exit 65'
  wait_until 20 test -s began
  jq-push -q -i next q x
  wait_line 45 worker.err 'on-dead: the command was ended by signal 15'
  wait_until 10 test -e told
  gone "$(cat began)"
  kill -TERM "$spawned"
  wait_exit 20 worker
}

@test "a second signal does not wait for it, and nothing of it stays" {
  jq-push -q q x
  spawn worker jq-work -q --on-dead 'echo $$ >began; handler=1; sleep 300' q \
    sh -c 'exit 65'
  wait_until 20 test -s began
  kill -TERM "$spawned"
  kill -TERM "$spawned"
  wait_exit 20 worker
  wait_until 10 gone "$(cat began)"
}
