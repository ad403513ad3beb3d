#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --prometheus, --openmetrics and -o; the dashboard.

load ../lib/server
load ../lib/jobs

# The value of a series.
value() {
  sed -n "s/^$1 //p" <<<"$output"
}

@test "--prometheus: every state and counter of a queue" {
  job_all_states mail
  job_beat mail W halted
  job_call mail configure paused 'why, who' max_len 9 >/dev/null
  run -0 --separate-stderr jq-stat --prometheus
  assert_equal "$stderr" ''
  assert_equal "$(value jq_up)" 1
  assert_equal "$(value 'jq_jobs{queue="mail",state="ready"}')" 2
  for state in running delayed retry dead 'done'; do
    assert_equal "$(value "jq_jobs{queue=\"mail\",state=\"$state\"}")" 1
  done
  assert_equal "$(value 'jq_queue_paused{queue="mail"}')" 1
  assert_equal "$(value 'jq_queue_limit_jobs{queue="mail"}')" 9
  assert_equal "$(value 'jq_workers{queue="mail"}')" 1
  assert_equal "$(value 'jq_workers_halted{queue="mail"}')" 1
  assert_equal "$(value 'jq_worker_slots{queue="mail"}')" 4
  assert_equal "$(value 'jq_worker_slots_busy{queue="mail"}')" 3
  assert_equal "$(value 'jq_jobs_pushed_total{queue="mail"}')" 7
  for outcome in 'done' retry dead; do
    assert_equal \
      "$(value "jq_attempts_total{queue=\"mail\",outcome=\"$outcome\"}")" 1
  done
  assert_equal "$(value 'jq_attempts_total{queue="mail",outcome="lost"}')" 0
  assert_equal "$(value 'jq_job_wait_seconds_count{queue="mail"}')" 4
  assert_equal "$(value 'jq_attempt_seconds_count{queue="mail"}')" 3
  assert_equal "$(value 'jq_attempt_seconds_bucket{queue="mail",le="+Inf"}')" 3
  assert_regex "$(value 'jq_queue_kept_bytes{queue="mail",state="dead"}')" \
    '^[1-9][0-9]*$'
}

@test "buckets add up, and their bounds rise" {
  job_all_states mail
  redis HSET 'jq:{mail}:meta' r:1 2 r:50 3 r:inf 4 r:sum 5000 >/dev/null
  run -0 jq-stat --prometheus mail
  grep '^jq_attempt_seconds_bucket' <<<"$output" >buckets
  run -0 wc -l <buckets
  assert_output 23
  run -0 awk '{
    match($0, /le="[^"]*"/)
    le = substr($0, RSTART + 4, RLENGTH - 5)
    if (le != "+Inf" && le + 0 <= last_le || $2 < last) print "not: " $0
    last_le = le + 0; last = $2
  }' buckets
  assert_output ''
  run -0 jq-stat --prometheus mail
  assert_regex "$(value 'jq_attempt_seconds_sum{queue="mail"}')" '^5\.0[0-9]*$'
}

@test "a queue that was only set up or is served has all series, at zero" {
  job_call new configure max_len 5 >/dev/null
  redis SADD jq:queues new >/dev/null
  job_all_states mail
  run -0 jq-stat --prometheus
  diff <(sed -n 's/queue="new"/queue="mail"/; s/ .*//p' <<<"$output" |
    grep mail | sort | uniq -c | awk '$1 != 2') /dev/null
  grep 'queue="new"' <<<"$output" | grep -v limit >new
  run -1 grep -v ' 0$\| 0.000$' new
}

@test "names of queues choose, unknown ones are told, the rest is there" {
  job_push a/x
  job_push b/x
  run -66 --separate-stderr jq-stat --prometheus b nowhere
  refute_output --partial '"a"'
  assert_equal "$(value 'jq_jobs{queue="b",state="ready"}')" 1
  assert_regex "$stderr" "no such queue: 'nowhere'"
}

@test "without a queue there is jq_up and what asked" {
  run -0 --separate-stderr jq-stat --prometheus
  assert_equal "$(value jq_up)" 1
  assert_regex "$output" 'jq_build_info\{version="[0-9]'
  assert_equal "$stderr" ''
}

@test "each family once, with help and type before it, in both formats" {
  job_all_states mail
  job_push other/a
  for format in prometheus openmetrics; do
    run -0 jq-stat "--$format"
    run -0 awk -v open="$format" '
      /^# HELP / { if (helped[$3]++) print "twice: " $0; next }
      /^# TYPE / { if (!helped[$3] || typed[$3]++) print "type: " $0
        family = $3; type = $4; next }
      /^# EOF$/ { eof = NR; next }
      {
        name = $1; sub(/[{].*/, "", name)
        if (type == "counter" && open == "openmetrics") {
          if (!sub(/_total$/, "", name)) print "no _total: " $0
        }
        if (type == "info") sub(/_info$/, "", name)
        if (type == "histogram") sub(/_(bucket|sum|count)$/, "", name)
        if (name != family) print "apart: " $0
        if (seen[$1]++) print "again: " $0
      }
      END {
        if ((open == "openmetrics") != (eof == NR)) print "EOF: " eof
      }' <<<"$output"
    assert_output ''
  done
}

@test "promtool finds nothing, where it is installed" {
  command -v promtool >/dev/null || return 0
  job_all_states mail
  jq-stat --prometheus >jq.prom
  run -0 --separate-stderr promtool check metrics <jq.prom
  assert_equal "$output$stderr" ''
}

@test "no server: jq_up 0 and 69, in the file too" {
  run -69 --separate-stderr jq-stat -u unix:///nowhere --prometheus
  assert_equal "$(value jq_up)" 0
  refute_output --partial jq_jobs
  assert_regex "$stderr" '^jq-stat: .*unix:///nowhere'
  echo old >jq.prom
  run -69 jq-stat -q -u unix:///nowhere --openmetrics -o jq.prom
  run -0 cat jq.prom
  assert_equal "$(value jq_up)" 0
  assert_line --index -1 '# EOF'
}

@test "-o: the file appears whole, readable, and nothing beside it" {
  job_push mail/a
  umask 022
  mkdir dir
  run -0 --separate-stderr jq-stat --prometheus -o dir/jq.prom
  assert_equal "$output$stderr" ''
  run -0 stat -c %a dir/jq.prom
  assert_output 644
  chmod 640 dir/jq.prom
  ln dir/jq.prom old
  run -0 jq-stat --prometheus -o dir/jq.prom
  run -0 stat -c '%a %h' dir/jq.prom
  assert_output '640 1'
  run -0 ls -A dir
  assert_output jq.prom
  run -0 grep -c '^jq_up 1$' dir/jq.prom
}

@test "-o: for tables and JSON too; a failure leaves the old file" {
  job_push mail/a
  run -0 jq-stat -J -o out
  run -0 grep -c '"name":"mail"' out
  run -0 jq-stat -F name -o out
  run -0 cat out
  assert_output mail
  run -69 jq-stat -u unix:///nowhere -o out
  run -64 jq-stat -F nonsense -o out
  run -0 cat out
  assert_output mail
  run -0 ls -A
  refute_line --partial .out.
}

@test "-o: what cannot be made is said; a device is written to" {
  run -73 --separate-stderr jq-stat -q -o nowhere/out
  assert_regex "$stderr" "^jq-stat: cannot write 'nowhere/out': "
  mkdir dir
  run -73 jq-stat -q -o dir
  run -0 jq-stat -q -o /dev/null
  assert [ -c /dev/null ]
  run -64 jq-stat --empty -o x q
  run -64 jq-stat --prometheus --openmetrics
  run -64 jq-stat --prometheus -J
}

@test "the dashboard is JSON and asks for nothing that is not exported" {
  job_all_states mail
  local file=$ROOT/share/examples/grafana.json
  # our own reader of records takes in all of an object, then does not want it
  tr -d '\n' <"$file" >line
  run -65 --separate-stderr jq-push -J check <line
  assert_regex "$stderr" "'title' is nothing that a job has"
  jq-stat --prometheus | sed -n 's/^\(jq_[a-z_]*\).*/\1/p' | sort -u >exported
  grep -oE 'jq_[a-z_]+' "$file" | sort -u >asked
  run -0 comm -23 asked exported
  assert_output ''
  run -0 wc -l <asked
  assert [ "$output" -gt 12 ]
}

@test "the manual names every family" {
  job_all_states mail
  jq-stat --prometheus | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort >families
  sed -n '/^\.Ss Metrics/,/^\.Ss Check/p' "$ROOT/man/jq-stat.1" |
    grep -oE 'jq_[a-z_]+' | sort -u >manual
  run -0 diff families manual
}
