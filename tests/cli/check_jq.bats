#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# check_jq: what monitors get, and jq-stat --scale.

load ../lib/server
load ../lib/jobs

@test "all is well: one line, and performance data for what was asked" {
  job_all_states mail
  run -0 --separate-stderr check_jq
  assert_output --regexp '^JQ OK - 1 queue: 2 ready, oldest [0-9]+m?s, 1 dead$'
  assert_equal "$stderr" ''
  run -0 check_jq -w ready=2,dead=5 -c dead=10,workers=0: mail
  assert_output --regexp "^JQ OK - 1 queue: .* \| 'mail_ready'=2;2;;0 \
'mail_dead'=1;5;10;0 'mail_workers'=0;;0:;0\$"
}

@test "a warning, and what is critical before it" {
  job_all_states mail
  job_push reports/a
  run -1 check_jq -w ready=1 -c ready=5
  assert_output "JQ WARNING - mail: 2 ready | 'mail_ready'=2;1;5;0 \
'reports_ready'=1;1;5;0"
  run -2 check_jq -w ready=0 -c workers=1:
  assert_output "JQ CRITICAL - mail: 0 workers; reports: 0 workers | \
'mail_ready'=2;0;;0 'mail_workers'=0;;1:;0 \
'reports_ready'=1;0;;0 'reports_workers'=0;;1:;0"
  run -2 check_jq -c dead=@1:5 mail
  assert_output --partial 'mail: 1 dead'
}

@test "spans are durations, and seconds in the data" {
  job_push mail/a
  redis HSET 'jq:{mail}:pay' a \
    "1 $(($(date +%s) - 90000))000 0 1 d"$'\nx' >/dev/null
  run -1 check_jq -w oldest=10m -c oldest=366d mail
  assert_output --regexp \
    "^JQ WARNING - mail: oldest 1d1h \| 'mail_oldest'=[0-9.]+s;600;31622400;0\$"
}

@test "the share of failed attempts" {
  job_all_states mail
  run -2 check_jq -c fail_rate=50% mail
  # two of three, a little less or more where a minute ends between them
  assert_output --regexp \
    "^JQ CRITICAL - mail: failed 6[67]\.[0-9]% \| 'mail_fail_rate'=6[67]\.[0-9]*%;;50;0\$"
  run -0 check_jq -c fail_rate=70 mail
}

@test "-v: a line for each queue, after the one for the monitor" {
  job_all_states mail
  job_push b/a
  run -0 --separate-stderr check_jq -v
  assert_line --index 0 --regexp '^JQ OK - 2 queues'
  assert_line --index 1 --regexp '^b: 1 ready, 0 running, '
  assert_line --index 2 --regexp '^mail: 2 ready, 1 running, .* failed '
  assert_equal "${#lines[@]}" 3
}

@test "a server that is down is critical, on stdout" {
  run -2 --separate-stderr check_jq -u unix:///nowhere -w ready=1
  assert_regex "$output" '^JQ CRITICAL - .*unix:///nowhere'
  assert_equal "${#lines[@]}" 1
  assert_equal "$stderr" ''
  unset JQ_URL
  run -2 check_jq -H 127.0.0.1 -p 1 -t 5
  assert_output --partial '127.0.0.1:1'
}

@test "what cannot be said is 3, on stdout and in one line" {
  job_push mail/a
  for arguments in '-x' '-w' '-w ready' '-w nothing=1' '-w ready=5:1' -J \
    '-w ready=1 -c oldest=x' '-p 0' '-- a/b' nowhere '--critica ready=1' \
    '--config nowhere'; do
    # shellcheck disable=SC2086
    run -3 --separate-stderr check_jq $arguments
    assert_regex "$output" '^JQ UNKNOWN - '
    assert_equal "${#lines[@]}" 1
    assert_equal "$stderr" ''
  done
  run -3 check_jq --help
  assert_output --partial 'usage: check_jq '
  run -3 check_jq -V
  assert_output --regexp '^check_jq \(jobq\) '
  redis HSET 'jq:{mail}:meta' format 2 >/dev/null
  run -3 check_jq mail
  assert_output --partial 'data layout 2'
}

@test "no server is started for a monitor" {
  unset JQ_URL
  run -3 check_jq
  assert_output 'JQ UNKNOWN - which server? (-u URL, -H HOST or JQ_URL)'
  run -0 find "$XDG_RUNTIME_DIR" "$HOME" -name '*redis*' -o -name '*.sock'
  assert_output ''
}

@test "its options and numbers are those of its manual" {
  check_jq --help | sed -n '/^Options/,/^Common/s/^  \(-.\), --\([a-z]*\).*/\1 \2/p' |
    sort >help
  sed -nE 's/^\.It Fl (.) , -([a-z]+).*/-\1 \2/p' "$ROOT/man/check_jq.1" |
    grep -v verbose | sort >manual
  run -0 diff help manual
  check_jq -w x=1 | sed 's/.*what is: \(.*\))/\1/' | tr ' ' '\n' | sort >names
  sed -n '/^\.Ss Numbers/,/^\.Sh/s/^\.It Li //p' "$ROOT/man/check_jq.1" |
    sed 's/ , /\n/g' | sort >manual
  run -0 diff names manual
}

@test "--scale: one number, from rates and run time" {
  job_push q/a
  run -0 --separate-stderr jq-stat --scale
  assert_output 1
  assert_equal "$stderr" ''
  local minute
  minute=$(redis TIME | { read -r s && echo $((s / 60)); })
  # twenty attempts of 30 s; 600 pushed in four minutes: 2.5/s or less, as the
  # running minute goes on
  redis HSET 'jq:{q}:min' "$((minute - 9))r:30000" 20 \
    "$((minute - 9))r:sum" 600000 "$((minute - 3))p" 600 >/dev/null
  run -0 jq-stat --scale q
  assert [ "$output" -ge 60 ]
  assert [ "$output" -le 77 ]
  run -0 jq-stat --scale --within 1s q
  assert [ "$output" -ge 61 ]
  job_call q configure paused 'why, who' >/dev/null
  run -0 jq-stat --scale
  assert_output 0
}

@test "--scale: nothing there is 0, an unknown queue an error" {
  run -0 jq-stat --scale
  assert_output 0
  run -66 --separate-stderr jq-stat --scale nowhere
  assert_regex "$stderr" "no such queue: 'nowhere'"
  run -64 jq-stat --within 1m
  run -64 jq-stat --scale -J
  run -64 jq-stat --scale --within 0
}

@test "--scale: what is overdue for want of a worker takes one" {
  job_push q/a x when=+3600000
  run -0 jq-stat --scale q
  assert_output 0
  redis ZADD 'jq:{q}:dly' 1000 a >/dev/null
  run -0 jq-stat --scale q
  assert_output 1
}
