#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work: what its options ask for, which job comes next, when it ends by
# itself, and what it refuses.

load ../lib/server

work() {
  run --separate-stderr jq-work --drain "$@"
}

# refused STATUS TEXT ARG...: ends so, saying TEXT, before a job is taken.
refused() {
  local want=$1 text=$2
  shift 2
  if [ "$want" -eq 127 ]; then
    run -127 --separate-stderr jq-work "$@"
  else
    run --separate-stderr jq-work "$@"
  fi
  [ "$status" -eq "$want" ] || fail "status $status of: $* ($stderr)"
  assert_equal "$output" ''
  [[ ${stderr_lines[0]} == "jq-work: "*"$text"* ]] || fail "$*: $stderr"
  if [ "$want" -eq 64 ]; then
    assert_equal "${#stderr_lines[@]}" 3
    [[ ${stderr_lines[1]} == 'usage: jq-work '* ]] || fail "$stderr"
  else
    assert_equal "${#stderr_lines[@]}" 1
  fi
}

@test "wrong use: three lines, 64" {
  refused 64 'no QUEUE'
  refused 64 'no COMMAND' q
  refused 64 'no COMMAND' q ''
  refused 64 'with -c there is no COMMAND' -c true q false
  refused 64 'with --handlers there is no COMMAND' --handlers . q false
  refused 64 'only one of --command and --handlers' -c true --handlers . q
  refused 64 '--command is empty' -c '' q
  refused 64 'only one of --once and --limit' -1 -n 2 q true
  refused 64 'only one of --drain and --idle' --drain -W 1s q true
  refused 64 'only one of --no-result and --max-result' \
    --no-result --max-result 1k q true
  refused 64 'only one of --no-pass and --tag' --tag --no-pass q true
  refused 64 "no ARG of COMMAND holds '{}'" -I '{}' q '{}'
  refused 64 'an empty string is everywhere' -I '' q echo x
  refused 64 '--ready-fd: descriptor 77 is not open' --ready-fd 77 q true
  refused 64 'text, json' --log-format xml q true
  refused 64 'blanks' --worker-name 'a b' q true
}

@test "bad values name the option and the value" {
  local bad
  for bad in 0 -1 1e3 10k 0x10 ' 5' '5 ' 10001 99999999999999999999; do
    refused 64 '--jobs' -j "$bad" q true
  done
  refused 64 "'2s' is too short" -L 2s q true
  refused 64 "'2h' is too long" -L 2h q true
  refused 64 --dead-on --dead-on 65,300 q true
  refused 64 --dead-on --dead-on 0 q true
  refused 64 --retry-on --dead-on 9 --retry-on 9 q true
  refused 64 --backoff -b exp:1s q true
  refused 64 --timeout -t 5x q true
  refused 64 --max-attempts -m 0 q true
  refused 64 --max-result --max-result 1T q true
  refused 64 "unknown option '--job'" --job 2 q true
}

@test "bad queue lists" {
  local bad
  for bad in '' ',' 'q,' ',q' 'a b' 'a{b}' '*' ../x; do
    refused 64 '' "$bad" true
  done
  refused 64 "queue 'q' is named twice" q,q true
  refused 64 'a weight, or none' a=1,b true
  refused 64 "weight of queue 'a'" a=0 true
  refused 64 "weight of queue 'a'" a=1001,b=1 true
}

@test "a command that cannot be run is told before a job is taken" {
  : >plain
  printf '#!/no/such/interpreter\n' >script
  chmod +x script
  jq-push -q q x
  refused 127 "'no-such-command' is not in PATH" q no-such-command
  refused 127 './none' q ./none
  refused 126 './plain' q ./plain
  refused 126 '' q /
  assert_equal "$(jq-stat -F ready q)" 1
  # this one is known only when it is tried: the job is handed back
  run --separate-stderr jq-work --drain q ./script
  assert_equal "$status" 126
  run -0 jq-stat -F ready,dead q
  assert_output $'1\t0'
}

@test "options end at the first operand" {
  jq-push -q q x
  work q echo -n --drain -j 0
  assert_output -- '--drain -j 0'
  jq-push -q q x
  work -- q echo --
  assert_output -- '--'
}

@test "a -- between queue and command is passed over" {
  jq-push -q q x
  run -0 jq-work -q -1 q -- echo -- there
  assert_output -- '-- there'
  run -64 jq-work q --
  assert_line --index 0 'jq-work: no COMMAND given'
}

@test "-c runs a shell; the payload is never part of its text" {
  jq-push -q q '$(touch hit); x'
  work -c 'read -r line; echo "$0: $line"' q
  assert_output 'sh: $(touch hit); x'
  [ ! -e hit ]
}

@test "-I puts the payload into arguments, whole" {
  printf 'a  b\n' | jq-push -q q
  work -I '{}' q printf '<%s|%s>' {} 'x{}y'
  assert_output '<a  b|xa  by>'
  # nor is it there on stdin only
  jq-push -q q again
  work -I @ q sh -c 'cat; echo " $1"' sh @
  assert_output 'again again'
}

@test "-I refuses what would be an option, or cannot be an argument" {
  local job
  job=$(jq-push q -- -rf)
  work -I '{}' q echo {}
  assert_equal "$status" 1
  assert_equal "$(jq-stat -i "$job" -F state,exit)" $'dead\t65'
  [[ $(jq-stat -i "$job" -F error) == *"would be taken for an option"* ]]
  jq-push -q q -- -rf
  work -I '{}' q printf -- '%s' {}
  assert_output -- -rf
  job=$(printf 'a\0b' | jq-push q)
  work -I '{}' q echo {}
  assert_equal "$(jq-stat -i "$job" -F state)" dead
  job=$(head -c 200000 /dev/zero | tr '\0' a | jq-push q)
  work -I '{}' q echo {}
  assert_equal "$(jq-stat -i "$job" -F state)" dead
}

@test "-I: too long in all is the end of the job, and not of those behind it" {
  local job places=()
  # each of them is short enough
  mapfile -t places < <(yes '{}' | head -n 100)
  job=$(head -c 100000 /dev/zero | tr '\0' a | jq-push q)
  jq-push -q q small
  work -I '{}' q true "${places[@]}"
  assert_equal "$(jq-stat -i "$job" -F state,exit,releases)" $'dead\t65\t0'
  [[ $(jq-stat -i "$job" -F error) == *"Argument list too long"* ]]
  assert_equal "$(jq-stat -F ready,'done' q)" $'0\t1'
}

@test "--handlers: the file of the job's name" {
  mkdir hooks
  printf '#!/bin/sh\necho "one $0: $(cat)"\n' >hooks/one
  printf '#!/bin/sh\necho two\n' >hooks/two.v2
  chmod +x hooks/*
  jq-push -q -N one q payload
  jq-push -q -N two.v2 q payload
  work --handlers hooks q
  assert_success
  assert_line --regexp '^one /.*/hooks/one: payload$'
  assert_line two
}

@test "--handlers: what cannot be run makes its job dead, and no other" {
  mkdir hooks other
  printf '#!/bin/sh\necho ran\n' | tee other/evil hooks/writable >hooks/plain
  printf '#!/bin/sh\necho ran\n' >hooks/good
  chmod +x hooks/good hooks/writable other/evil
  chmod o+w hooks/writable
  ln -s ../other/evil hooks/link
  mkdir hooks/dir
  local name job
  for name in none plain writable link dir ''; do
    job=$(jq-push ${name:+-N "$name"} q x)
    work --handlers hooks q
    assert_output ''
    assert_equal "$(jq-stat -i "$job" -F state)" dead
    assert [ -n "$(jq-stat -i "$job" -F error)" ]
  done
  jq-push -q -N good q x
  work --handlers hooks q
  assert_output ran
}

@test "--handlers: a broken file is its job's end, not the worker's" {
  mkdir hooks
  printf '#!/no/such/interpreter\n' >hooks/bad
  printf '#!/bin/sh\necho ran\n' >hooks/good
  chmod +x hooks/*
  local job
  job=$(jq-push -N bad q x)
  jq-push -q -N good q x
  work --handlers hooks q
  assert_equal "$status" 1
  assert_output ran
  assert_equal "$(jq-stat -i "$job" -F state)" dead
  [[ $(jq-stat -i "$job" -F error) == *'its interpreter does not exist'* ]]
}

@test "--handlers: a directory that is not there, or that others may write" {
  refused 66 nowhere --handlers nowhere q
  mkdir open
  chmod 777 open
  refused 77 open --handlers open q
}

@test "-1 takes one job; 0 when it was done, 1 when not, 75 without" {
  jq-push -q q a b c
  run -0 jq-work -1 q cat
  assert_output a
  run -1 jq-work -1 -W 5s q sh -c 'exit 3'
  run -0 jq-work -1 -W 0 q cat
  assert_output c
  run -75 jq-work -1 -W 0 q cat
  assert_output ''
}

@test "-n ends after so many jobs, also with more slots" {
  seq 20 | jq-push -q -l q
  run -0 jq-work -n 7 -j 4 q echo x
  assert_equal "${#lines[@]}" 7
  assert_equal "$(jq-stat -F ready q)" 13
}

@test "-W waits for what may still come" {
  spawn worker jq-work -W 700ms q cat
  jq-push -q q first
  wait_line 5 worker.out first
  jq-push -q q second
  wait_exit 5 worker
  assert_success
  assert_output firstsecond
}

@test "-W waits while a handler runs" {
  mkfifo go
  exec 8<>go
  jq-push -q q x
  spawn worker jq-work -W 0 q sh -c \
    'read -r x <go; [ -z "$x" ] || jq-push -q q more'
  wait_until 5 eval '[ "$(jq-stat -F running q)" = 1 ]'
  # what it pushes is still taken
  printf 'again\n\n' >&8
  wait_exit 5 worker
  assert_success
  assert_equal "$(jq-stat -F done q)" 2
  exec 8>&-
}

@test "a drained worker leaves what is delayed" {
  jq-push -q -d 1h q later
  jq-push -q q now
  work q cat
  assert_success
  assert_output now
  assert_equal "$(jq-stat -F delayed q)" 1
}

@test "-j runs so many handlers at once, each in its slot" {
  seq 3 | jq-push -q -l q
  mkfifo go
  spawn worker jq-work --drain -j 3 q sh -c 'echo "$JQ_SLOT" >>slots; read x <go'
  slots() { [ "$(sort slots)" = $'1\n2\n3' ]; }
  wait_until 5 slots
  busy() { [ "$(jq-stat --workers -F slots,busy)" = $'3\t3' ]; }
  wait_until 5 busy
  exec 8<>go
  printf '\n\n\n' >&8
  wait_exit 5 worker
  exec 8>&-
  assert_success
}

@test "-j auto is the number of processors" {
  spawn worker jq-work -j auto q true
  workers() { [ -n "$(jq-stat --workers -F slots q)" ]; }
  wait_until 5 workers
  assert_equal "$(jq-stat --workers -F slots q)" "$(nproc)"
}

@test "higher priority first, then first come first served" {
  jq-push -q q a b
  jq-push -q -p 9 q c
  jq-push -q -p -9 q d
  jq-push -q -p 9 q e
  jq-push -q q f
  work q sh -c 'cat; echo'
  assert_output $'c\ne\na\nb\nf\nd'
}

@test "queues in strict order" {
  jq-push -q low l1 l2
  jq-push -q high h1 h2
  jq-push -q mid m1
  work high,mid,low sh -c 'cat; echo'
  assert_output $'h1\nh2\nm1\nl1\nl2'
}

@test "queues by weight: both get their share" {
  seq 60 | sed 's/^/a/' | jq-push -q -l a
  seq 60 | sed 's/^/b/' | jq-push -q -l b
  jq-work -n 60 a=9,b=1 sh -c 'cat; echo' >out
  local a b
  a=$(grep -c '^a' out) b=$(grep -c '^b' out) || true
  # 54 to 6 is expected; both ends are less likely than one in a billion
  ((a > 35 && b >= 0 && a + b == 60)) || fail "$a to $b"
  jq-work --drain a=9,b=1 sh -c 'cat; echo' >>out
  assert_equal "$(sort -u out | wc -l)" 120
}

@test "an expired job is not run" {
  local job
  job=$(jq-push -E 1ms q x)
  wait_tick
  work q echo ran
  assert_output ''
  assert_equal "$(jq-stat -i "$job" -F state,error)" $'dead\texpired before it was started'
}

@test "expired jobs do not keep a drained worker from the live one" {
  for _ in 1 2 3 4 5; do jq-push -q -E 1ms q old; done
  wait_tick
  jq-push -q q live
  work q cat
  assert_success
  assert_output live
  assert_equal "$(jq-stat -F ready,dead q)" $'0\t5'
}

@test "-m and -b hold for jobs that carry none" {
  local own theirs
  theirs=$(jq-push q x)
  work -m 1 q false
  assert_equal "$(jq-stat -i "$theirs" -F state)" dead
  own=$(jq-push -m 3 -b fixed:1h q x)
  work -m 1 -b fixed:1ms q false
  assert_equal "$(jq-stat -i "$own" -F state)" retry
  [[ $stderr =~ attempt=1/3\ .*next=([0-9]+m|1h) ]] || fail "$stderr"
  jq-push -q other x
  work -b fixed:10m other false
  [[ $stderr =~ next=([89]|1[0-2])m ]] || fail "$stderr"
}

@test "back-off grows from attempt to attempt" {
  jq-push -q -m 3 q x
  run --separate-stderr jq-work -n 3 -W 5s -b list:1ms,50ms q false
  [[ $stderr == *'outcome=dead'* ]] || fail "$stderr"
  assert_equal "$(grep -c 'outcome=retry' <<<"$stderr")" 2
}

@test "exit statuses can be given other meanings" {
  local job
  job=$(jq-push q x)
  work --dead-on 1,100-103 q sh -c 'exit 102'
  assert_equal "$(jq-stat -i "$job" -F state)" dead
  job=$(jq-push q x)
  work --ok-on 3 q sh -c 'exit 3'
  assert_success
  assert_equal "$(jq-stat -i "$job" -F state)" 'done'
  job=$(jq-push q x)
  work --retry-on 65 q sh -c 'exit 65'
  assert_equal "$(jq-stat -i "$job" -F state)" retry
}

@test "--halt: a broken handler does not burn the backlog" {
  seq 50 | jq-push -q -l q
  # its next beat of itself is minutes away
  spawn worker jq-work --halt 3 -L 10m q false
  wait_line 5 worker.err '3 failed attempts in a row'
  halted() { [[ $(jq-stat --workers -F state q) == halted ]]; }
  wait_until 5 halted
  (($(jq-stat -F retry q) <= 5)) || fail "$(jq-stat q)"
}

@test "-L sets the lease of the queues, and it stays" {
  jq-push -q a x
  run -0 jq-work -L 42s --drain a,b true
  local q
  for q in a b; do
    run -0 jq-ctl set "$q"
    assert_output --regexp 'lease +42s'
  done
}

@test "--worker-name and the queue are seen before the first job" {
  spawn worker jq-work --worker-name mine:1 fresh true
  known() { [[ $(jq-stat --workers -F name fresh) == mine:1 ]]; }
  wait_until 5 known
  run -0 jq-stat -F name,workers
  assert_output $'fresh\t1'
}

@test "--ready-fd gets its newline when jobs can be taken" {
  mkfifo ready
  exec 8<>ready
  spawn worker jq-work --ready-fd 9 q true 9>ready
  read -r -t 5 line <&8
  assert_equal "$line" ''
  exec 8<&-
}

@test "options from the configuration file, its own section only" {
  mkdir -p "$XDG_CONFIG_HOME/jobq"
  cat >"$XDG_CONFIG_HOME/jobq/config" <<'END'
[jq-push]
priority = 3
[jq-work]
max-attempts = 1
drain = true
END
  local job
  job=$(jq-push q x)
  run -1 jq-work q false
  assert_equal "$(jq-stat -i "$job" -F state)" dead
  echo 'slots = 3' >>"$XDG_CONFIG_HOME/jobq/config"
  run --separate-stderr jq-work q false
  assert_equal "$status" 78
  [[ $stderr == "jq-work: $XDG_CONFIG_HOME/jobq/config:6: "*slots* ]] ||
    fail "$stderr"
}

@test "--help and --version need nothing" {
  local option
  for option in -h --help -V --version; do
    run -0 --separate-stderr env -u JQ_URL HOME=/nonexistent jq-work "$option"
    assert_equal "$stderr" ''
    assert [ -n "$output" ]
  done
}

@test "descriptors for all slots, or a word about it" {
  (
    ulimit -n 100
    refused 78 descriptors -j 1000 q true
  )
}

@test "many handlers at once under a low soft limit" {
  ulimit -S -n 64
  seq 60 | jq-push -q -l q
  run -0 jq-work --drain -j 60 q sh -c 'ulimit -n'
  assert_equal "$(sort -u <<<"$output")" 64
}
