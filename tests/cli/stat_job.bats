#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat: one job in full, its bytes, waiting for jobs and queues.

load ../lib/server
load ../lib/jobs

@test "-i: one job in full" {
  job_push mail/a payload m=5 t=90000 b=fixed:5s n=welcome M=TENANT=acme%20inc \
    priority=2 T=00-1-2-01
  job_claim mail >/dev/null
  job_close mail/a fail signal:9 'out of memory?' $'first\nsecond\n' >/dev/null
  run -0 --separate-stderr jq-stat -i mail/a
  assert_line --index 0 'Job       mail/a'
  assert_line --regexp '^State     retry, for [0-9]+m?s$'
  assert_line 'Reason    out of memory?'
  assert_line --regexp '^Due       20.*Z \(in (5[0-9]s|1m)\)$'
  assert_line 'Name      welcome'
  assert_line --regexp '^Pushed    20.*Z \([0-9]+m?s ago\)$'
  assert_line 'Size      7 bytes'
  assert_line 'Priority  2'
  assert_line 'Timeout   1m30s'
  assert_line 'Back-off  fixed:5s'
  assert_line 'Labels    TENANT=acme inc'
  assert_line 'Trace     TRACEPARENT=00-1-2-01'
  assert_line 'Attempts  1 of 5 failed; starts 1'
  assert_line --regexp '^Life      20[0-9-]+ \(UTC\)$'
  assert_line --regexp '^  [0-9:]+\.[0-9]{3}  pushed$'
  assert_line --regexp '^  [0-9:]+\.[0-9]{3}  started on me, pid 4711$'
  want='^  [0-9:.]+  SIGKILL after [0-9]\.[0-9]{3}s, '
  want+='CPU 1\.500s user 0\.250s sys, peak 3\.0 MiB$'
  assert_line --regexp "$want"
  assert_line '                out of memory?'
  assert_line '  | first'
  assert_line '  | second'
  assert_regex "${lines[${#lines[@]} - 1]}" '^  [0-9:.]+  due in (5[0-9]s|1m)$'
  assert_equal "$stderr" ''
}

@test "-i: a finished job and its result" {
  job_all_states mail
  run -0 jq-stat -i mail/f1
  assert_line --regexp '^State     done, for '
  assert_line 'Result    line'
  assert_line 'Result    6 bytes'
  assert_line '  | result'
}

@test "-i: the life of a job across days and beyond what is on record" {
  job_push mail/a
  for _ in {1..12}; do
    job_claim mail >/dev/null
    job_close mail/a release exit:75 '' >/dev/null
    redis ZADD 'jq:{mail}:dly' 1 a >/dev/null
  done
  job_claim mail >/dev/null
  job_beat mail W run web1:812
  # pushed the day before
  redis HGET 'jq:{mail}:job' a | sed -E '2s/^1 [0-9]+/1 1700000000000/' |
    head -c -1 | redis -x HSET 'jq:{mail}:job' a >/dev/null
  run -0 jq-stat -i mail/a
  assert_line 'Life      2023-11-14 (UTC)'
  assert_line '  22:13:20.000  pushed'
  assert_line '          (2 earlier starts are not on record)'
  assert_line --regexp '^          20[0-9-]+ \(UTC\)$'
  assert_equal "$(grep -c 'exit 75 after' <<<"$output")" 10
  assert_regex "${lines[${#lines[@]} - 1]}" '^  [0-9:.]+  started on web1:812$'
}

@test "-i: colours say what is good and bad, and only where asked for" {
  job_all_states mail
  run -0 jq-stat -i --color always mail/k1
  assert_line --partial $'\e[31mdead\e[0m, for '
  assert_line --partial $'\e[31mexit 65\e[0m after'
  run -0 jq-stat -i --color always mail/f1
  assert_line --partial $'\e[32mdone\e[0m, for '
  run -0 jq-stat -i mail/k1
  refute_output --partial $'\e'
}

@test "-i: a result that was cut says so" {
  job_push mail/a
  job_claim mail >/dev/null
  job_close mail/a done exit:0 '' '' $'70000 \nkept' >/dev/null
  run -0 jq-stat -i mail/a
  assert_line 'Result    4 bytes kept, cut from 70000'
  run -0 --separate-stderr jq-stat -i mail/a -F result
  assert_output kept
  assert_equal "$stderr" \
    'jq-stat: warning: the result was cut: 4 of 70000 bytes were kept'
}

@test "-i: a running job, what it tells, and who runs it" {
  job_push mail/a
  job_beat mail W run web1:812
  job_claim mail W >/dev/null
  job_live mail/a 3 10 half%20way $'noise\nmore'
  run -0 jq-stat -i mail/a
  assert_line --regexp '^State     running, for '
  assert_line 'Worker    web1:812'
  assert_line --regexp '^Lease     .*\(in 1[0-9]s\)$'
  assert_line 'Progress  3/10 half way'
  assert_line 'Stderr    so far:'
  assert_line '  | noise'
  assert_line '  | more'
  run -0 jq-stat -i -F worker,progress,progress_total,progress_text mail/a
  assert_output $'web1:812\t3\t10\thalf way'
}

@test "-i: several, bare ids with --queue, and from stdin" {
  job_all_states mail
  run -0 jq-stat -i -F job,state mail/r1 mail/k1
  assert_output $'mail/r1\tready\nmail/k1\tdead'
  run -0 jq-stat -i --queue mail -F job x1 mail/d1
  assert_output $'mail/x1\nmail/d1'
  run -0 jq-stat -i -F state - <<<$'mail/r1\n\nmail/f1'
  assert_output $'ready\ndone'
  run -0 --keep-empty-lines jq-stat -i mail/r1 mail/k1
  assert_line --index 0 'Job       mail/r1'
  assert_output --partial $'\n\nJob       mail/k1'
}

@test "-i: an unknown id is one line, the rest go on" {
  job_push mail/a
  run -1 --separate-stderr jq-stat -i -F job mail/zz mail/a nowhere/a
  assert_output mail/a
  assert_equal "${stderr_lines[0]}" "jq-stat: no such job: 'mail/zz'"
  assert_equal "${stderr_lines[1]}" "jq-stat: no such job: 'nowhere/a'"
}

@test "-i: ids that are none are refused before anything is shown" {
  job_push mail/a
  for id in '' /a mail/ mail/a/b 'ma il/a' 'mail/*' 'mail/-a' \
    "mail/$(printf 'x%.0s' {1..129})" "$(printf 'q%.0s' {1..65})/a" a; do
    run -64 --separate-stderr jq-stat -i -- mail/a "$id"
    assert_output ''
  done
  long=mail/$(printf 'x%.0s' {1..128})
  job_push "$long"
  run -0 jq-stat -i -F job "$long"
  assert_output "$long"
  run -65 --separate-stderr jq-stat -i -F job - <<<$'mail/a\nma il/b\nmail/a'
  assert_output $'mail/a\nmail/a'
  assert_regex "$stderr" '^jq-stat: line 2 of standard input: '
}

@test "-i: a stdin that cannot be read" {
  run -66 bash -c 'jq-stat -i - <&-'
  assert_output --partial 'cannot read standard input'
  run -66 bash -c 'jq-stat -i - </'
}

@test "-i -J: one document with attempts, result and stderr" {
  job_all_states mail
  run -0 jq-stat -i -J mail/k1 mail/f1
  assert_equal "${#lines[@]}" 1
  assert_regex "$output" '^\{"v":1,"time":"[^"]+","jobs":\[\{"id":"k1",'
  want='"payload":"broken","history":\[\{"start":"[^"]+","run_s":[0-9.]+,'
  want+='"last":"exit:65","exit":65,"user_s":1\.5,"system_s":0\.25,'
  want+='"peak_bytes":3145728,"pid":4711,"worker":"me","error":"bad data",'
  want+='"stderr":"a\\nb"\}\]\}'
  assert_regex "$output" "$want"
  want='"result_bytes":6,"result_total":6,"result_line":"line",.*'
  assert_regex "$output" "$want"'"result":"result","history"'
}

@test "-F payload and result: raw bytes of one job" {
  printf 'a\0b\n\xff' >bytes
  { printf '1 1700000000000 0 5 d\n' && cat bytes; } |
    redis -x HSET 'jq:{q}:pay' a >/dev/null
  redis ZADD 'jq:{q}:rdy' 1 a >/dev/null
  jq-stat -i q/a -F payload >out
  run -0 cmp bytes out
  job_all_states mail
  run -0 --separate-stderr jq-stat -i mail/f1 -F result
  assert_output result
  run -1 --separate-stderr jq-stat -i mail/f1 -F payload
  assert_equal "$stderr" 'jq-stat: the payload of a finished job is not kept'
  run -1 --separate-stderr jq-stat -i mail/r1 -F result
  assert_equal "$stderr" 'jq-stat: no result: the job is ready'
  run -1 --separate-stderr jq-stat -i mail/zz -F result
  assert_equal "$stderr" "jq-stat: no such job: 'mail/zz'"
  run -64 jq-stat -i -F result mail/f1 mail/r1
  run -64 jq-stat -i -F id,result mail/f1
}

@test "--empty: an answer by exit status alone" {
  job_push q/a
  run -1 --separate-stderr jq-stat --empty q
  assert_equal "$output$stderr" ''
  job_claim q >/dev/null
  run -1 jq-stat --empty q
  job_close q/a fail >/dev/null
  run -1 jq-stat --empty q
  job_call q remove cancel why a >/dev/null
  run -0 --separate-stderr jq-stat --empty q
  assert_equal "$output$stderr" ''
  job_push other/a '' when=+60000
  run -1 jq-stat --empty q other
  run -66 --separate-stderr jq-stat --empty q nowhere
  run -64 --separate-stderr jq-stat --empty
  assert_equal "${stderr_lines[0]}" 'jq-stat: which queue?'
}

@test "-w: returns once nothing waits or runs" {
  job_push q/a
  spawn wait jq-stat -w q
  job_claim q >/dev/null
  run ! gone "$spawned"
  job_close q/a done >/dev/null
  wait_exit 5 wait
  assert_success
  assert_equal "$output$stderr" ''
}

@test "-w -s: returns once that state is empty" {
  job_push q/a
  job_push q/b
  job_claim q >/dev/null
  spawn wait jq-stat -w -s running q
  job_close q/a fail >/dev/null
  wait_exit 5 wait
  assert_success
}

@test "-w: gives up after --wait-timeout" {
  job_push q/a
  run -75 --separate-stderr jq-stat -w --wait-timeout 100ms q
  assert_equal "$stderr" "jq-stat: timed out: queue 'q' still has 1 unfinished"
  run -75 --separate-stderr jq-stat -w --wait-timeout 0 -s ready q
  assert_equal "$stderr" \
    "jq-stat: timed out: queue 'q' still has 1 in state ready"
  run -66 jq-stat -w nowhere
}

@test "-w -i: 0 when all are done, 1 when one is dead, 75 when it takes long" {
  job_all_states mail
  run -0 --separate-stderr jq-stat -w -i mail/f1
  assert_equal "$output$stderr" ''
  run -1 --separate-stderr jq-stat -w -i mail/k1 mail/f1
  assert_equal "$stderr" "jq-stat: 'mail/k1' is dead"
  run -1 --separate-stderr jq-stat -w -i mail/zz
  assert_equal "$stderr" "jq-stat: no such job: 'mail/zz'"
  run -75 --separate-stderr jq-stat -w --wait-timeout 50ms -i mail/f1 mail/x1
  assert_equal "$stderr" "jq-stat: timed out: 'mail/x1' has not ended"
  spawn wait jq-stat -w -i mail/x1 mail/f1
  job_close mail/x1 done >/dev/null
  wait_exit 5 wait
  assert_success
}

@test "-w outlives a restart of the server" {
  server_start other --appendonly yes --appenddirname other
  export JQ_URL
  JQ_URL=$(server_url other)
  redis() {
    "$(command -v redis-cli || command -v valkey-cli)" -e \
      -s "$(server_socket other)" "$@"
  }
  asks() {
    redis CLIENT LIST | grep -q name=jq-stat
  }
  job_push q/a
  job_claim q >/dev/null
  spawn wait jq-stat -w q
  wait_until 5 asks
  server_stop other
  server_start other --appendonly yes --appenddirname other
  job_close q/a done >/dev/null
  wait_exit 20 wait
  assert_success
}

running_is() {
  [ "$(jq-stat -F running q)" = "$1" ]
}

@test "a job that is dropped while it runs was dropped, and is not done" {
  local job
  mkfifo go
  job=$(jq-push q x)
  spawn worker jq-work q sh -c 'read -r x <go'
  wait_until 5 running_is 1
  run -0 --separate-stderr jq-ctl drop "$job"
  run -1 --separate-stderr jq-stat -w -i "$job"
  assert_equal "$stderr" "jq-stat: '$job' was dropped"
  run -1 --separate-stderr jq-stat --follow "$job"
  assert_regex "$stderr" "jq-stat: '$job' was dropped\$"
  run -0 jq-stat -i "$job"
  refute_output --partial 'asked to stop'
  assert_line --regexp ' dropped$'
  run -0 jq-stat --explain "$job"
  assert_output --partial ' was dropped '
}
