#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-push: payloads, options, and everything that is refused before a server
# is asked. Streams are in push_stream.bats, servers in push_server.bats.

load ../lib/server
load ../lib/jobs

# refused STATUS TEXT ARG...: ends so, saying TEXT on the first of three lines
# (or the one line, for other statuses than 64), and nothing is sent.
refused() {
  local want=$1 text=$2
  shift 2
  run --separate-stderr jq-push "$@" </dev/null
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  assert_equal "$output" ''
  [[ ${stderr_lines[0]} == "jq-push: "*"$text"* ]] || fail "$*: $stderr"
  if [ "$want" -eq 64 ]; then
    assert_equal "${#stderr_lines[@]}" 3
    [[ ${stderr_lines[1]} == 'usage: jq-push '* ]] || fail "$stderr"
    [[ ${stderr_lines[2]} == "Try 'jq-push --help'"* ]] || fail "$stderr"
  else
    assert_equal "${#stderr_lines[@]}" 1
  fi
  [[ ${stderr//$'\n'/} != *[[:cntrl:]]* ]] || fail "raw bytes: $stderr"
}

nothing_was_sent() {
  assert_equal "$(redis DBSIZE)" 0
}

# The one id that was printed.
pushed() {
  [[ $output == q/* ]] || fail "no id: $output"
  printf '%s\n' "${output#q/}"
}

@test "each operand is a job; the names come in the same order" {
  run -0 --separate-stderr jq-push q one two '' 'three four'
  assert_equal "$stderr" ''
  assert_equal "${#lines[@]}" 4
  local i want=(one two '' 'three four')
  for i in 0 1 2 3; do
    [[ ${lines[i]} =~ ^q/[0-9a-z]{26}$ ]] || fail "no name: ${lines[i]}"
    assert_equal "$(job_payload "q/${lines[i]#q/}")" "${want[i]}"
  done
  assert_equal "$(job_ids q rdy)" "$(printf '%s\n' "${lines[@]#q/}")"
  assert_equal "$(redis SMEMBERS jq:queues)" q
}

@test "xargs can hand payloads over after --" {
  printf '%s\0' -p --help 5 - | xargs -0 jq-push q -- >ids
  assert_equal "$(wc -l <ids)" 4
  run -0 jq-push q -- -
  assert_equal "$(job_payload "q/$(pushed)")" -
}

@test "stdin is one job, byte for byte" {
  local id
  printf 'a\0b\377\r\n*3\r\n$3\r\n\n\n' >bytes
  run -0 jq-push q <bytes
  id=$(pushed)
  job_payload "q/$id" | cmp - bytes
  run -0 jq-push q - <bytes
  job_payload "q/$(pushed)" | cmp - bytes
  printf 'no newline' | jq-push q >id
  assert_equal "$(job_payload "q/$(sed 's,q/,,' id)")" 'no newline'
}

@test "sizes around the limits of pipes" {
  local n
  for n in 0 1 65535 65536 65537 1048577; do
    head -c "$n" /dev/urandom >bytes
    run -0 jq-push q <bytes
    job_payload "q/$(pushed)" | cmp - bytes
    assert_equal "$(job_header "q/$(pushed)" | cut -d ' ' -f 4)" "$n"
    run -0 jq-push q < <(cat bytes)
    job_payload "q/$(pushed)" | cmp - bytes
  done
}

@test "a payload may be as large as the limit and no larger" {
  printf 0123456789 >ten
  run -0 jq-push --max-payload 10 q <ten
  run -0 jq-push --max-payload 10 q 0123456789
  redis FLUSHALL >/dev/null
  printf 0123456789a >eleven
  run -65 --separate-stderr jq-push --max-payload 10 q <eleven
  assert_equal "$output" ''
  assert_equal "$stderr" \
    'jq-push: standard input is larger than 10 bytes (see --max-payload)'
  run -65 --separate-stderr jq-push --max-payload 10 q short 0123456789a
  assert_equal "$stderr" \
    'jq-push: payload 2 is larger than 10 bytes (see --max-payload)'
  nothing_was_sent
}

@test "64 MiB go through, endless input does not" {
  head -c 67108864 /dev/zero >large
  run -0 jq-push --connect-timeout 100s q <large
  assert_equal "$(redis HSTRLEN 'jq:{q}:pay' "$(pushed)")" \
    $((67108864 + $(job_header "q/$(pushed)" | wc -c)))
  redis FLUSHALL >/dev/null
  run -65 jq-push --max-payload 1M q < <(yes)
  assert_output --partial 'larger than 1048576 bytes'
  nothing_was_sent
}

@test "options travel with the job" {
  run -0 jq-push -N welcome -p 5 -t 90s -m 3 -b list:1s,2m -E 1h \
    -M TENANT=acme -M 'NOTE=two words=%' q x
  run -0 job_header "q/$(pushed)"
  assert_output --regexp \
    "^1 [0-9]{13} [0-9]{13} 1 [^ ]{22} p=5 m=3 t=90000 b=list:1s,2m n=welcome"
  assert_output --partial ' M=TENANT%3Dacme M=NOTE%3Dtwo%20words%3D%25'
  local created expires
  read -r _ created expires _ <<<"$output"
  assert_equal $((expires - created)) 3600000
}

@test "the timeout 0 is one that was given" {
  run -0 jq-push -t 0 q x
  run -0 job_header "q/$(pushed)"
  assert_output --regexp ' t=0$'
  run -0 jq-push q x
  run -0 job_header "q/$(pushed)"
  refute_output --partial ' t='
}

@test "higher priority goes first, equal ones in order" {
  jq-push -i a q a && jq-push -i b -p -9 q b && jq-push -i c -p 9 q c &&
    jq-push -i d q d
  assert_equal "$(job_ids q rdy | paste -sd ' ')" 'c a d b'
}

@test "a delayed job waits, one for the past is ready" {
  local now due
  now=$(date +%s)
  jq-push -i later -d 1h30m q x
  jq-push -i noted -a @$((now + 86400)) q x
  jq-push -i past -a '1999-12-31 23:59' q x
  jq-push -i zero -d 0 q x
  assert_equal "$(job_ids q rdy | paste -sd ' ')" 'past zero'
  assert_equal "$(job_ids q dly | paste -sd ' ')" 'later noted'
  due=$(redis ZSCORE 'jq:{q}:dly' noted)
  assert_equal "${due%%.*}" $(((now + 86400) * 1000))
  due=$(redis ZSCORE 'jq:{q}:dly' later)
  assert [ "${due%%.*}" -ge $(((now + 5400) * 1000)) ]
  assert [ "${due%%.*}" -le $(((now + 5460) * 1000)) ]
}

@test "a local time is one of TZ" {
  TZ=Asia/Kolkata jq-push -i a -a '2100-01-01 05:30' --dry-run q x >out ||
    true
  run -64 jq-push -a '2100-01-01 05:30' q x
  assert_line --partial 'more than 366 days'
  local year
  year=$(($(date +%Y) + 1))
  TZ=Asia/Kolkata run -0 jq-push --dry-run -a "$year-01-01 05:30" q x
  assert_output --partial " at=$year-01-01T00:00:00.000Z"
}

@test "the same id again is harmless; another payload is refused" {
  run -0 jq-push -i invoice:7.a q amount
  assert_output q/invoice:7.a
  run -0 jq-push -i invoice:7.a q amount
  assert_output q/invoice:7.a
  run -65 --separate-stderr jq-push -i invoice:7.a q other
  assert_equal "$output" ''
  assert_equal "${#stderr_lines[@]}" 1
  assert [ -n "${stderr##*record*}" ]
  [[ $stderr == *"'q/invoice:7.a' with another payload"* ]] || fail "$stderr"
  assert_equal "$(job_payload q/invoice:7.a)" amount
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 1
}

@test "ids that look like numbers stay text" {
  local id
  for id in 9007199254740993 1e5 nan true 0x10 007; do
    run -0 jq-push -i "$id" q "$id"
    assert_output "q/$id"
    assert_equal "$(job_payload "q/$id")" "$id"
  done
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 6
}

@test "a full queue is 75" {
  job_call q configure max_len 2 >/dev/null
  run -0 jq-push -i a q a
  run -75 --separate-stderr jq-push q b c d
  assert_equal "${#lines[@]}" 1
  [[ $stderr == "jq-push: pushed 1 record; stopped at record 2: queue 'q' is full"* ]] ||
    fail "$stderr"
  run -75 --separate-stderr jq-push q b
  [[ $stderr == "jq-push: queue 'q' is full"* ]] || fail "$stderr"
  run -0 jq-push -i a q a
}

@test "--no-empty pushes nothing for nothing" {
  run -0 jq-push -r q </dev/null
  assert_output ''
  run -0 jq-push -r q ''
  assert_output ''
  nothing_was_sent
  run -0 jq-push -r q x
  assert_output --partial q/
}

@test "--quiet prints no names" {
  run -0 jq-push -q q x
  assert_output ''
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 1
}

@test "--dry-run checks and shows, without a server" {
  export JQ_URL=unix:///nowhere/redis.sock
  run -0 jq-push --dry-run -i 7 -N mail -p 5 -d 90s -E 500ms -t 0 -m 3 \
    -b fixed:1s -M 'A=b c' q hello
  assert_output "q/7 size=5 name=mail priority=5 delay=90s expire=500ms \
timeout=0s max-attempts=3 backoff=fixed:1s meta=A%3Db%20c"
  run -0 jq-push --dry-run q a bb
  assert_line --index 0 --regexp '^q/[0-9a-z]{26} size=1$'
  assert_line --index 1 --regexp '^q/[0-9a-z]{26} size=2$'
  run -0 jq-push --dry-run q </dev/null
  assert_output --regexp '^q/[0-9a-z]{26} size=0$'
  run -65 jq-push --dry-run --max-payload 1 q bb
}

@test "trace context is taken from the environment" {
  export TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
  export TRACESTATE='a=b,c=d' BAGGAGE='user=a b'
  run -0 jq-push q x
  run -0 job_header "q/$(pushed)"
  assert_output --partial " T=$TRACEPARENT S=a%3Db,c%3Dd B=user%3Da%20b"
  TRACESTATE='' BAGGAGE=$(printf '%9000s' x) run -0 --separate-stderr \
    jq-push q x
  [[ $stderr == 'jq-push: warning: BAGGAGE has over 8192 bytes'* ]] ||
    fail "$stderr"
  run -0 job_header "q/$(pushed)"
  refute_output --partial ' S='
  refute_output --partial ' B='
}

@test "no arguments: usage; --help and --version: stdout" {
  refused 64 'no QUEUE'
  run -0 --separate-stderr jq-push --help
  assert_line --partial '--max-payload'
  assert_equal "$stderr" ''
  # each option once, also where it means something of its own
  assert_equal "$(printf '%s\n' "${lines[@]}" | grep -c -- --json)" 1
  run -0 --separate-stderr jq-push -V
  assert_output --partial '(jobq)'
}

@test "options may follow operands, whatever the environment" {
  POSIXLY_CORRECT=1 run -0 jq-push q x -p 5
  assert_equal "${#lines[@]}" 1
  job_header "q/$(pushed)" | grep -q ' p=5$'
}

@test "wrong options are refused, and nothing is sent" {
  refused 64 "did you mean '--priority'" --priorty 5 q x
  refused 64 "did you mean '--priority'" --prio 5 q x
  refused 64 "unknown option '-z'" -z q x
  refused 64 'needs a value' q x -p
  refused 64 'given twice' -p 5 -p 6 q x
  refused 64 'takes no value' --wait=yes q x
  refused 64 'cannot both' -d 1s -a 10:00 q x
  refused 64 'only one of' -l -0 q
  refused 64 'only one of' -l -J q
  refused 64 'come from stdin' -l q x
  refused 64 '--id is for one job' -i a q x y
  refused 64 '--id is for one job' -l -i a q
  refused 64 '--wait is for one job' -w q x y
  refused 64 '--wait is for one job' -w -J q
  refused 64 'goes with --wait' --wait-timeout 1s q x
  nothing_was_sent
}

@test "wrong values are refused, and nothing is sent" {
  local v
  for v in 10 -10 '' ' 5' '5 ' 0x5 1e0 +5 5k 2147483648 9223372036854775808 \
    18446744073709551616 ٣; do
    refused 64 '--priority: ' -p "$v" q x
  done
  for v in '' 5x 's' '5 s' 1.5h -1s 99999999d 367d 1e9s 18446744073709551616; do
    refused 64 '--delay: ' -d "$v" q x
    refused 64 '--timeout: ' -t "$v" q x
  done
  refused 64 '--expire: ' -E 0 q x
  for v in '' 0 -1 1000001 3x; do
    refused 64 '--max-attempts: ' -m "$v" q x
  done
  for v in '' tomorrow 25:00 2026-02-30T00:00 2026-01-01T00:00:60Z \
    1969-12-31T00:00:00Z 10000-01-01T00:00:00Z @9223372036854775808; do
    refused 64 '--at: ' -a "$v" q x
  done
  refused 64 'more than 366 days' -a 9999-01-01T00:00:00Z q x
  for v in '' exp fixed:1s,2s exp:0,1h list: exp:5s fibonacci:1s; do
    refused 64 '--backoff' -b "$v" q x
  done
  for v in '' x 10x 501M 99999999999999999999; do
    refused 64 '--max-payload: ' --max-payload "$v" q x
  done
  nothing_was_sent
}

@test "wrong names are refused and shown without their bytes" {
  local v long
  long=$(printf '%065d' 0)
  for v in '' "$long" 'a{b}' '{}' 'a b' $'a\tb' $'a\nb' $'\033[31m' $'a\xff' \
    a😀 $'\xe2\x80\xaea' '*' '?' '[a-z]' .. /etc/passwd a/b .a _a; do
    refused 64 'is not a queue name' -- "$v" x
  done
  for v in '' "$long" A ../x a/b . .. 'sh -c' '$(id)' -x; do
    refused 64 '--name' --name="$v" q x
  done
  for v in '' "$(printf '%0129d' 0)" -a :a a/b 'a b' $'a\r'; do
    refused 64 '--id' --id="$v" q x
  done
  for v in '' A =x a=b A-B=x "$(printf '%033d' 0)=x" $'A=x\ny'; do
    refused 64 '--meta' -M "$v" q x
  done
  refused 64 'given twice' -M A=1 -M A=2 q x
  refused 64 'of at most 4096' -M "A=$(printf '%04095d' 0)" q x
  refused 64 'namespace' --namespace 'a:b' q x
  nothing_was_sent
}

@test "names at their limits are taken" {
  local long id
  long=$(printf '%064d' 0)
  id=$(printf '%0128d' 0)
  run -0 jq-push -i "$id" -N "$long" "$long" x
  assert_output "$long/$id"
  jq-push -i 1 Mail x
  jq-push -i 1 mail y
  assert_equal "$(job_payload Mail/1)$(job_payload mail/1)" xy
  run -0 jq-push -M "A=$(printf '%04094d' 0)" q x
}

@test "a closed or unreadable stdin is 66" {
  run -66 --separate-stderr sh -c 'exec jq-push q <&-'
  [[ $stderr == 'jq-push: cannot read standard input: '* ]] || fail "$stderr"
  run -66 --separate-stderr sh -c 'exec jq-push -l q <&-'
  [[ $stderr == 'jq-push: cannot read standard input: '* ]] || fail "$stderr"
  run -66 jq-push q </
  run -66 jq-push -l q </
  nothing_was_sent
}

@test "a closed or full stdout is 74, and the job is named" {
  local text='jq-push: cannot write to standard output: '
  run -74 --separate-stderr sh -c 'exec jq-push -i a q x >&-'
  [[ $stderr == "$text"*'(the job was pushed: q/a)' ]] || fail "$stderr"
  assert_equal "$(job_sets q/a)" rdy
  run -74 --separate-stderr sh -c 'exec jq-push -i b q x >/dev/full'
  [[ $stderr == "$text"*'(the job was pushed: q/b)' ]] || fail "$stderr"
  assert_equal "$(job_sets q/b)" rdy
  run -74 sh -c 'exec jq-push --dry-run q x >/dev/full'
  run -74 sh -c 'exec jq-push --help >/dev/full'
  run -0 sh -c 'exec jq-push -q -i c q x >&-'
}

@test "a closed stderr and closed everything" {
  run -64 sh -c 'exec jq-push 2>&-'
  run -0 sh -c 'exec jq-push -q -i a q x <&- >&- 2>&-'
  assert_equal "$(job_sets q/a)" rdy
}

@test "a reader that goes away ends it quietly" {
  run --separate-stderr bash -c 'set -o pipefail
    yes | jq-push -l q | head -n 1 >/dev/null'
  assert_equal "$status" 141
  assert_equal "$stderr" ''
}

@test "nothing but a queue on a terminal: usage" {
  run -64 script -qec 'jq-push q' /dev/null
  assert_output --partial 'stdin is a terminal'
  run -64 script -qec 'jq-push -l q' /dev/null
  assert_output --partial 'stdin is a terminal (write - to type there)'
  nothing_was_sent
}

@test "what is typed on a terminal, when that is asked for" {
  run -0 script -qec 'jq-push -l q -' /dev/null < <(printf 'a\nb\n\4')
  assert_equal "$(jq-stat -H -F ready q)" 2
}

@test "environments that should make no difference" {
  local locale id
  for locale in C tr_TR.UTF-8 bogus; do
    LC_ALL=$locale LANG=$locale run -0 jq-push -p 5 -d 0 q x
    assert_output --partial q/
  done
  run -0 env -i JQ_URL="$JQ_URL" "$JQ_BIN/jq-push" -i bare q x
  assert_output q/bare
  run -0 env PATH= IFS=/ BASH_ENV=/dev/zero ENV=/dev/zero TMPDIR=/nowhere \
    HOME=/nowhere "$JQ_BIN/jq-push" -i odd q x
  assert_output q/odd
  id=$(bash -c 'for ((i = 0; i < 10000; i++)); do export "V$i=$i"; done
    exec jq-push -i crowded q x')
  assert_equal "$id" q/crowded
}

@test "a mistyped variable of ours is told with -v" {
  JQ_URRL=x run -0 --separate-stderr jq-push -v q x
  [[ $stderr == *JQ_URRL* ]] || fail "$stderr"
  JQ_URRL=x run -0 --separate-stderr jq-push q x
  assert_equal "$stderr" ''
}

@test "a bad address is wrong use like any other" {
  refused 64 'unknown scheme' -u http://h q x
  refused 64 'no host' -u redis:// q x
  refused 64 'port' -u redis://h:65536 q x
}
