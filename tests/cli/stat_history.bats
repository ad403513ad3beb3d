#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --history: minutes as a list, as charts, as a page.

load ../lib/server
load ../lib/jobs

# Counters of minutes of a queue: BACK NAME=N...: so many minutes ago.
counted() {
  local queue=$1 at=$(($(redis TIME | head -n 1) / 60 - $2)) word
  shift 2
  redis SADD jq:queues "$queue" >/dev/null
  redis HSET "jq:{$queue}:meta" format 1 epoch e >/dev/null
  for word; do
    redis HSET "jq:{$queue}:min" "$at${word%=*}" "${word#*=}" >/dev/null
  done
}

# A queue with a little in the last hour, and something half a day ago.
some_history() {
  counted mail 0 p=3
  counted mail 10 p=20 d=10 f=2 w:50=10 w:sum=400 r:1000=8 r:5000=2 r:sum=9000
  counted mail 11 d=5
  counted mail 700 p=7
}

@test "--history: the minutes of an hour, with percentiles" {
  some_history
  run -0 --separate-stderr jq-stat --history
  want='^MINUTE +QUEUE +PUSHED +DONE +FAILED +WAIT p50 +WAIT p95 +RUN p50 '
  assert_line --index 0 --regexp "$want"
  # the hour may have gone on to its next minute
  assert [ "${#lines[@]}" -ge 61 ]
  assert [ "${#lines[@]}" -le 62 ]
  run -0 grep -E ' mail +20 ' <<<"$output"
  assert_output --regexp \
    '^20[0-9:T-]+Z +mail +20 +10 +2 +35ms +48ms +812ms +4\.25s +4\.85s$'
  assert_equal "$stderr" ''
}

@test "--history: -F and -J, spans in seconds, nothing where nothing was" {
  some_history
  run -0 jq-stat --history -F pushed,done,failed,wait_p50_s,run_p95_s mail
  assert_line $'20\t10\t2\t0.035\t4.25'
  assert_line $'0\t5\t0\t\t'
  assert_line $'0\t0\t0\t\t'
  run -0 jq-stat --history -J mail
  assert_output --regexp '"pushed":20,"done":10,"failed":2,"first_starts":10,'
  assert_output --partial '"wait_p50_s":0.035,'
  assert_output --partial '"wait_p50_s":null,'
}

@test "--since: a span, a time; more than a day is a day" {
  some_history
  run -0 jq-stat --history --since 12h -F pushed
  assert_line 7
  run -0 jq-stat --history --since 0 -F pushed -H
  assert [ "${#lines[@]}" -le 2 ]
  run -0 jq-stat --history --since "@$(($(date +%s) - 300))" -F pushed
  assert [ "${#lines[@]}" -le 7 ]
  assert [ "${#lines[@]}" -ge 6 ]
  jq-stat --history --since 5d -F pushed >minutes
  run -0 wc -l <minutes
  assert_output 1440
}

@test "without names: the queues in which something was; with: those" {
  some_history
  counted quiet 700 p=1
  run -0 jq-stat --history -F queue
  refute_line quiet
  run -0 jq-stat --history -F queue quiet
  assert_line quiet
  run -66 --separate-stderr jq-stat --history nowhere
  assert_regex "$stderr" "no such queue: 'nowhere'"
}

@test "--plot: charts, with what is highest and from when to when" {
  some_history
  run -0 --separate-stderr jq-stat --history --plot
  assert_line --index 0 --regexp '^mail: 23 pushed, 15 done, 2 failed; a column is 1m$'
  assert_line 'pushed a minute'
  assert_line --regexp '^      20 +█$'
  assert_line --regexp '^       0 +█ +(▃|▄|▅|▆)$'
  assert_line 'waited, 95th percentile'
  assert_line --regexp '^ +20[0-9T:-]+Z +20[0-9T:-]+Z$'
  run -0 jq-stat --history --plot --since 24h
  assert_line --index 0 --regexp 'a column is 21m$'
  # no column beyond the eightieth
  run -0 awk '{ gsub(/[^ -~]/, "x"); if (length > 80 * 3) print }' <<<"$output"
  assert_output ''
}

@test "--plot on a terminal is as wide as that, and in colour" {
  some_history
  TERM=xterm run -0 script -qec \
    'stty cols 200; jq-stat --history --plot --since 24h' /dev/null
  assert_line --index 0 --partial 'a column is 8m'
  assert_output --partial $'\e[31m'
}

@test "--html: a page with all in it, for light and dark" {
  some_history
  counted other 3 p=5
  run -0 --separate-stderr jq-stat --history --html page.html
  assert_equal "$output$stderr" ''
  run -0 cat page.html
  assert_line --index 0 '<!doctype html>'
  assert_line --index -1 '</html>'
  assert_output --partial 'prefers-color-scheme: dark'
  assert_output --partial "default-src 'none'"
  assert_output --partial '<h2>mail</h2>'
  assert_output --partial '<h2>other</h2>'
  assert_output --partial '23 pushed, 15 done, 2 failed'
  # nothing of elsewhere, nothing that runs
  run -1 grep -nEi 'https?:|//[a-z]|<script|<link|<img|@import|url\(|src=|href=' \
    page.html
  # three drawings a queue, with eight lines, and keys
  assert_equal "$(grep -c 'role="img"' page.html)" 6
  assert_equal "$(grep -c '<title>.*</path>' page.html)" 16
  # minutes of which nothing stands beside them can be seen: two lines of
  # waits and three of runs
  run -0 grep -oE 'class="[abc] dot" d="M[0-9.]+ [0-9.]+h' page.html
  assert [ "${#lines[@]}" -eq 5 ]
  run -0 cat page.html
  assert_output --partial '.dot { stroke-width: 6;'
  # what is opened is closed
  for tag in svg section figure table details figcaption h2 title; do
    assert_equal "$(grep -o "<${tag}[ >]" page.html | wc -l)" \
      "$(grep -o "</$tag>" page.html | wc -l)"
  done
  # no number of a path is one that is none
  run -1 grep -niE 'nan|inf[^o]' page.html
}

@test "--html: a failure leaves the page that was there" {
  echo old >page.html
  run -69 jq-stat -u unix:///nowhere --history --html page.html
  run -0 cat page.html
  assert_output old
}

@test "numbers changed by hand do no harm" {
  counted mail 5 p=-3 d=x f=99999999999999999999 w:50=nan w:7=3 r:sum=1e9
  run -0 jq-stat --history -F pushed,done,failed mail
  assert_line $'0\t0\t0'
  run -0 jq-stat --history --plot mail
}

@test "what does not go together" {
  for arguments in --plot '--html x' '--since 1h' '--history -s dead' \
    '--history --plot -J' '--history --plot --html x' '--history --html x -o y' \
    '--history --since 25:00' '--history --since 2100-01-01T00:00:00Z' \
    '--history -w q'; do
    # shellcheck disable=SC2086
    run -64 --separate-stderr jq-stat $arguments
    assert_output ''
  done
}
