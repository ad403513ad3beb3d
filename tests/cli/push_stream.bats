#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-push with many records on stdin: lines, NUL-terminated, JSON.

load ../lib/server
load ../lib/jobs

# The payloads of the queue in order, each between « and ».
payloads() {
  local id
  for id in $(job_ids q rdy); do
    printf '«%s»' "$(job_payload "q/$id")"
  done
}

# json LINE...: push the lines
json() {
  printf '%s\n' "$@" >lines
  run --separate-stderr jq-push -J "${options[@]}" q <lines
}

setup() {
  server_setup
  options=()
}

@test "each line is a job, without its newline" {
  run -0 --separate-stderr jq-push -l q < <(printf 'a\n\nb c\r\n\377last')
  assert_equal "$stderr" ''
  assert_equal "$(job_ids q rdy)" "$(printf '%s\n' "${lines[@]#q/}")"
  assert_equal "$(payloads)" $'«a»«»«b c\r»«\377last»'
  run -0 jq-push -l q </dev/null
  assert_output ''
}

@test "NUL ends records as well" {
  run -0 jq-push -0 q < <(printf 'a\nb\0\0c\0')
  assert_equal "${#lines[@]}" 3
  assert_equal "$(payloads)" $'«a\nb»«»«c»'
}

@test "-r leaves empty records out" {
  run -0 jq-push -l -r q < <(printf '\na\n\n\nb\n\n')
  assert_equal "$(payloads)" '«a»«b»'
}

@test "options are for every record" {
  jq-push -l -q -p 3 -N n -M A=1 q < <(printf 'a\nb\n')
  local id
  for id in $(job_ids q rdy); do
    job_header "q/$id" | grep -q ' p=3 n=n M=A%3D1$'
  done
}

@test "many lines: all of them, in order, in bounded memory" {
  seq 20000 >numbers
  jq-push -l q <numbers >ids
  assert_equal "$(wc -l <ids)" 20000
  sed 's,^q/,,' ids | sort -c -u
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 20000
  sed 's,^q/,,' ids | cmp - <(job_ids q rdy)
  # a record that is many reads long, among short ones
  { echo a; head -c 3000000 /dev/zero | tr '\0' x; echo; echo b; } >mixed
  redis FLUSHALL >/dev/null
  run -0 jq-push -l q <mixed
  assert_equal "${#lines[@]}" 3
  job_payload "q/${lines[1]#q/}" | cmp - <(sed -n 2p mixed | tr -d '\n')
}

@test "a pause in the input sends what is there" {
  mkfifo in
  spawn push jq-push -l q <>in
  exec 5>in
  echo first >&5
  wait_line 5 push.out '^q/[0-9a-z]{26}$'
  assert_equal "$(payloads)" '«first»'
  printf 'sec' >&5
  printf 'ond\nthird\nfour' >&5
  wait_until 5 test "$(wc -l <push.out)" -eq 3 || true
  wait_until 5 three_names
  assert_equal "$(payloads)" '«first»«second»«third»'
  kill "$spawned"
  exec 5>&-
}

three_names() {
  [ "$(wc -l <push.out)" -eq 3 ]
}

@test "too long a line stops the stream; what went before is in" {
  run -65 --separate-stderr jq-push -l --max-payload 3 q \
    < <(printf 'a\nbbb\ncccc\nd\n')
  assert_equal "${#lines[@]}" 2
  assert_equal "$stderr" "jq-push: pushed 2 records; stopped at record 3: \
larger than 3 bytes (see --max-payload)"
  assert_equal "$(payloads)" '«a»«bbb»'
  run -65 jq-push -l --max-payload 64k q < <(yes | tr -d '\n')
  assert_output 'jq-push: record 1: larger than 65536 bytes (see --max-payload)'
}

@test "the queue becomes full: 75, and how far it came" {
  job_call q configure max_len 3 >/dev/null
  run -75 --separate-stderr jq-push -l q < <(seq 5)
  assert_equal "${#lines[@]}" 3
  [[ $stderr == "jq-push: pushed 3 records; stopped at record 4: queue 'q' is full"* ]] ||
    fail "$stderr"
}

@test "a full disk under stdout: 74, and how many are in" {
  run -74 --separate-stderr sh -c 'seq 5 | jq-push -l q >/dev/full'
  [[ $stderr == 'jq-push: pushed 5 records; '*'cannot write to standard output: '* ]] ||
    fail "$stderr"
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 5
}

@test "the server dies in the middle: the ids printed are what is in" {
  server_start other
  mkfifo in
  JQ_URL=$(server_url other) spawn push jq-push -l --connect-timeout 300ms q \
    <>in
  exec 5>in
  seq 3 >&5
  wait_until 5 three_names
  server_kill other
  echo 4 >&5
  wait_exit 10 push
  exec 5>&-
  assert_equal "$status" 69
  [[ $stderr == 'jq-push: pushed 3 records; '*'stopped at record 4: '* ]] ||
    fail "$stderr"
  assert_equal "$(wc -l <push.out)" 3
}

@test "a server that comes back is not noticed" {
  server_start other --appendonly yes
  mkfifo in
  JQ_URL=$(server_url other) spawn push jq-push -l q <>in
  exec 5>in
  seq 3 >&5
  wait_until 5 three_names
  server_stop other
  server_start other --appendonly yes
  echo 4 >&5
  wait_until 5 test_four_names
  kill "$spawned"
  exec 5>&-
}

test_four_names() {
  [ "$(wc -l <push.out)" -eq 4 ]
}

@test "a script flush in the middle is not noticed" {
  mkfifo in
  spawn push jq-push -l q <>in
  exec 5>in
  seq 3 >&5
  wait_until 5 three_names
  redis SCRIPT FLUSH >/dev/null
  echo 4 >&5
  wait_until 5 test_four_names
  kill "$spawned"
  exec 5>&-
}

@test "JSON: a job with everything" {
  local line='{"id":"all","payload":"pa\u0000y\u00e9","name":"mail",'
  line+='"priority":-3,"delay":1.5,"expire":"1h","timeout":0,'
  line+='"max_attempts":7,"backoff":"fixed:2s",'
  line+='"meta":{"A":"x y","N":1,"B":true},'
  line+='"traceparent":"00-a","baggage":"k=v"}'
  json "$line"
  assert_equal "$status $stderr" '0 '
  assert_output q/all
  job_payload q/all | cmp - <(printf 'pa\0y\303\251')
  run -0 job_header q/all
  assert_output --partial \
    ' p=-3 m=7 t=0 b=fixed:2s n=mail T=00-a B=k%3Dv M=A%3Dx%20y M=N%3D1 M=B%3Dtrue'
  assert_equal "$(job_sets q/all)" dly
}

@test "JSON: payload_b64 is any bytes" {
  json '{"id":"b","payload_b64":"AP8K"}' '{"id":"e","payload_b64":""}'
  assert_equal "$status" 0
  job_payload q/b | cmp - <(printf '\0\377\n')
  assert_equal "$(job_payload q/e)" ''
}

@test "JSON: what a line does not say comes from the options" {
  options=(-p 4 -M A=1 -M B=2 -d 1h)
  json '{"id":"a","payload":""}' \
    '{"id":"b","payload":"","priority":0,"delay":0,"meta":{"B":"3"}}' \
    '{"id":"c","payload":"","priority":null,"at":"2001-01-01T00:00:00Z"}'
  assert_equal "$status" 0
  job_header q/a | grep -qE ' p=4 M=A%3D1 M=B%3D2 a=[0-9]{13}$'
  job_header q/b | grep -q '[^ ] M=B%3D3 M=A%3D1$'
  job_header q/c | grep -qE ' p=4 M=A%3D1 M=B%3D2( a=[0-9]+)?$'
  assert_equal "$(job_sets q/a) $(job_sets q/b) $(job_sets q/c)" \
    'dly rdy rdy'
}

@test "JSON: what jq-stat tells beyond a push is passed over" {
  local line='{"id":"a","queue":"other","job":"other/a","state":"dead",'
  line+='"payload":"x","size":99,"attempts":5,'
  line+='"created":"2001-01-01T00:00:00Z","error":"why",'
  line+='"history":[{"exit":1}]}'
  json "$line"
  assert_equal "$status $output" '0 q/a'
  run -0 job_header q/a
  assert_output --regexp ' 1 [^ ]{22}$'
}

@test "JSON: bad lines are refused by number, the others go on" {
  local deep
  deep=$(printf '%0100d' 0 | tr 0 '[')
  json '{"payload":"1"}' 'not json' '[]' '{}' '{"payload":"5","prio":5}' \
    '{"payload":6}' '{"payload":"7","payload_b64":""}' '{"payload_b64":"*"}' \
    '{"payload":"9","payload":"9"}' "{\"payload\":\"10\",\"meta\":$deep" \
    '{"payload":"\ud800"}' '{"payload":"12","priority":99999999999999999999}' \
    '{"payload":"13","priority":1e400}' '{"payload":"14","priority":10}' \
    '{"payload":"15","delay":-1}' '{"payload":"16","timeout":"5 s"}' \
    '{"payload":"17","id":"a/b"}' '{"payload":"18","name":"A"}' \
    '{"payload":"19","meta":{"a":"b"}}' '{"payload":"20","meta":{"A":[]}}' \
    '{"payload":"21","backoff":"x"}' '{"payload":"22","at":"noon"}' \
    '{"payload":"23","delay":1,"at":"12:00"}' '{"payload":"24"} x' '' \
    '{"payload":"26","expire":0}' '{"payload":"27","max_attempts":0}' \
    '{"payload":"last"}'
  assert_equal "$status" 65
  assert_equal "${#lines[@]}" 2
  assert_equal "$(payloads)" '«1»«last»'
  assert_equal "${#stderr_lines[@]}" 27
  local i
  for ((i = 2; i <= 27; i++)); do
    [[ ${stderr_lines[i - 2]} == "jq-push: record $i: "* ]] ||
      fail "${stderr_lines[i - 2]}"
  done
  assert_equal "${stderr_lines[26]}" 'jq-push: pushed 2 records; refused 26'
  [[ ${stderr_lines[3]} == *"'prio' is nothing that a job has"* ]] ||
    fail "${stderr_lines[3]}"
  [[ ${stderr//$'\n'/} != *[[:cntrl:]]* ]] || fail "raw bytes: $stderr"
}

@test "JSON: a conflict is one bad line of several" {
  json '{"id":"a","payload":"1"}' '{"id":"a","payload":"2"}' \
    '{"id":"a","payload":"1"}' '{"id":"b","payload":"3"}'
  assert_equal "$status" 65
  assert_output $'q/a\nq/a\nq/b'
  [[ ${stderr_lines[0]} == "jq-push: record 2: a job 'q/a' with another"* ]] ||
    fail "$stderr"
  assert_equal "$(job_payload q/a)" 1
}

@test "JSON: payloads beyond the limit are bad lines, however long" {
  options=(--max-payload 4)
  json '{"payload":"abcd"}' '{"payload":"abcde"}' '{"payload_b64":"YWJjZGU="}' \
    "{\"payload\":\"$(printf '%02000000d' 0)\"}" '{"payload":"end"}'
  assert_equal "$status" 65
  assert_equal "$(payloads)" '«abcd»«end»'
  assert_equal "${#stderr_lines[@]}" 4
}

@test "JSON: --dry-run shows each line's job" {
  options=(--dry-run)
  json '{"id":"a","payload":"xy","priority":3}' '{"payload":7}' \
    '{"id":"b","payload":""}'
  assert_equal "$status" 65
  assert_output $'q/a size=2 priority=3\nq/b size=0'
  assert_equal "$(redis DBSIZE)" 0
}

@test "JSON: -r leaves empty payloads out" {
  options=(-r)
  json '{"id":"a","payload":""}' '{"id":"b","payload":"x"}'
  assert_equal "$status" 0
  assert_output q/b
}
