#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work --stream: one handler for many jobs, and what becomes of them when it
# does not do as it should.

load ../lib/server
load ../lib/jobs

# push TEXT...: a job for each, in this order, ids 1, 2 …
push() {
  local n=0 text
  for text; do
    n=$((n + 1))
    printf '%s' "$text" | jq-push -q -b fixed:1h -i "$n" q
  done
}

# stream [OPTION...] TEXT: a worker with that shell text for a handler.
stream() {
  run --separate-stderr jq-work --drain --stream "${@:1:$#-1}" q \
    sh -c "${@: -1}"
}

# field N NAME: of the job N
field() {
  jq-stat -i "q/$1" -F "$2"
}

# became N STATE [HOW [REASON]]: so it is with the job N
became() {
  assert_equal "$1 $(field "$1" state)" "$1 $2"
  [[ $# -lt 3 ]] || assert_equal "$1 $(field "$1" last)" "$1 $3"
  [[ $# -lt 4 ]] || assert_equal "$1 $(field "$1" error)" "$1 $4"
}

job_is() {
  [[ $(field "$1" state) == "$2" ]]
}

# renewed N SCORE: the lease of the running job N is longer than it was
renewed() {
  [[ $(redis ZSCORE 'jq:{q}:run' "$1") -gt $2 ]]
}

counts() {
  jq-stat -H -F "$1" q
}

@test "one handler answers for all jobs, in order; RESULT is kept and passed on" {
  push a b 'c d' ''
  stream 'while IFS= read -r x; do echo "ok $$:$x"; done'
  assert_success
  became 1 'done' ok
  local pid=${lines[0]%%:*}
  assert_output "$pid:a
$pid:b
$pid:c d
$pid:"
  assert_equal "$(jq-stat -i q/3 -F result)" "$pid:c d"
  jq-push -q q e
  stream --no-pass 'while read -r x; do echo ok; done'
  assert_output ''
  jq-stat --check q
}

@test "retry and dead, with and without a delay and a reason" {
  push a b c d e
  stream 'n=0; while read -r x; do n=$((n + 1)); case $n in
    1) echo retry;; 2) echo retry 10s;; 3) echo retry 2h no luck;;
    4) echo retry no luck;; 5) echo dead is no good;; esac; done'
  assert_equal "$status" 1
  became 1 retry retry 'the handler answered retry'
  became 2 retry retry
  became 3 retry retry 'no luck'
  became 4 retry retry 'no luck'
  became 5 dead dead 'is no good'
  [[ $stderr == *'/2 '*'next=10s'* || $stderr == *'id=2 '*'next=10s'* ]]
  [[ $stderr == *'id=3 '*'next=2h'* ]]
  assert_equal "$(field 1 attempts)" 1
}

@test "a final newline ends the record, any other makes the job dead" {
  push $'a\n' $'b\nc' d
  stream 'while IFS= read -r x; do echo "ok <$x>"; done'
  assert_output $'<a>\n<d>'
  became 2 dead exit:65 \
    'the payload holds a newline, which ends a record (use --frame netstring)'
  local nul
  nul=$(printf 'x\0y' | jq-push q)
  stream -0 'while IFS= read -r x; do echo "ok"; done'
  assert_equal "$(jq-stat -i "$nul" -F state)" dead
}

@test "records ended by NUL, netstrings, and ids before them" {
  command -v python3 >/dev/null || skip 'no python3'
  push $'a\nb' c
  stream -0 'exec python3 -c "
import sys
data = b\"\"
while True:
    c = sys.stdin.buffer.raw.read(1)
    if not c: break
    data += c
    if c == b\"\\0\":
        print(\"ok\", repr(data), flush=True)
        data = b\"\""'
  assert_output $'b\'a\\nb\\x00\'\nb\'c\\x00\''
  jq-push -q -i 8 q $'x\ny\n'
  stream --frame netstring --ids 'dd bs=1 count=11 2>/dev/null |
    od -An -c >&2; echo ok'
  assert_equal "${stderr//[[:space:]]/}" '8:q/8\tx\ny\n,'
  became 8 'done'
}

@test "the window: so many records are with the handler, no more" {
  push 1 2 3 4 5 6 7
  cat >handler <<'EOF'
#!/bin/sh
# reads three records before it answers the first of them
read -r a; read -r b; read -r c
if read -r -t 0.1 d; then echo "ok 4 came"; exit; fi
while [ "$a" ]; do
  echo "ok $a"; a=$b; b=$c; c=; read -r c
done
EOF
  sed -i "1s|.*|#!$(command -v bash)|" handler
  chmod +x handler
  run --separate-stderr jq-work -n 7 --stream --window 3 q ./handler
  assert_success
  assert_output $'1\n2\n3\n4\n5\n6\n7'
}

@test "a handler that dies: the first job is charged, the others go back" {
  push a boom c d
  stream --window 4 -b fixed:1h 'while read -r x; do
    [ $x = boom ] && { echo last words >&2; kill -SEGV $$; }; echo ok; done'
  assert_equal "$status" 1
  became 1 'done'
  became 2 retry signal:11 SIGSEGV
  became 3 'done'
  became 4 'done'
  assert_equal "$(counts 'done')" 3
  assert_equal "$(field 2 attempts)" 1
  # given back once, without an attempt
  run jq-stat -J -i q/3
  assert_output --partial '"releases":1'
  jq-stat --check q
}

@test "exit without an answer is a failed attempt, whatever the status" {
  push a b c
  stream --window 2 'read -r x; case $x in a) exit 0;; b) exit 65;;
    *) echo why >&2; exit 9;; esac'
  became 1 retry protocol 'exited without an answer'
  became 2 dead exit:65
  became 3 retry exit:9 why
}

@test "a handler may end by itself between two jobs, in whatever way" {
  local end
  # a shell reads byte by byte, so that the third record stays in the pipe
  for end in 'exit 0' 'exit 65' 'kill -KILL $$'; do
    seq 5 | jq-push -q -l q
    stream --window 3 'read -r x && echo "ok $$"; read -r x && echo "ok $$"
      '"$end"
    assert_success
    assert_equal "$(sort -u <<<"$output" | wc -l)" 3
  done
  assert_equal "$(counts 'done')" 15
  assert_equal "$(redis HGET 'jq:{q}:meta' failed)" ''
}

@test "the time limit is each job's, and the tree is killed" {
  push a slow c
  stream -t 1s -K 1s --window 3 'while read -r x; do
    [ $x = slow ] && { sleep 300 & sleep 300; }; echo ok; done # handler'
  assert_equal "$status" 1
  became 1 'done'
  became 2 retry timeout timeout
  became 3 'done'
}

@test "a job's own time limit, and extend on descriptor 3" {
  jq-push -q -t 300ms -i 1 q a
  jq-push -q -t 300ms -i 2 q b
  stream 'while read -r x; do echo "extend 1m" >&3; sleep 0.6; # jq-work
    echo ok; done'
  assert_success
  became 1 'done'
  became 2 'done'
}

@test "descriptor 3: progress is shown, defer and result count" {
  push a b
  spawn worker jq-work --stream -n 2 q sh -c 'read -r x
    echo "progress 3/4 nearly" >&3
    until [ -e go ]; do sleep 0.02; done # jq-work
    echo "result short" >&3; echo ok
    read -r x; echo "defer 1h" >&3; echo retry'
  wait_until 10 eval 'jq-stat -i q/1 | grep -q "3/4.*nearly"'
  touch go
  wait_exit 10 worker
  became 1 'done'
  run jq-stat -J -i q/1
  assert_output --partial short
  became 2 delayed
  assert_equal "$(field 2 attempts)" 0
}

@test "answers that are none: the handler is ended, the job charged" {
  push a b c
  stream --window 2 'while read -r x; do case $x in
    a) echo fine; sleep 300;; b) exec >&-; sleep 300;; *) echo ok;; esac; done # handler'
  became 1 retry protocol "answered 'fine' (not ok, retry or dead)"
  became 2 retry protocol 'closed its standard output'
  became 3 'done'
}

@test "more answers than jobs end the handler, and cost no job anything" {
  push a
  stream 'read -r x; echo ok; echo ok; sleep 300 # handler'
  assert_success
  became 1 'done'
  assert_regex "$stderr" "answered 'ok' when no job was unanswered: ending it"
}

@test "an answer before the job was read is none: the job is charged, not done" {
  push a
  stream 'echo ok ready; sleep 300 # handler'
  assert_equal "$status" 1
  became 1 retry protocol "answered 'ok ready' before it had read the job"
}

@test "a line beyond all bounds is no answer" {
  push a
  stream 'read -r x; head -c 3000000 /dev/zero | tr "\0" x; sleep 300 # handler'
  became 1 retry protocol 'wrote a line of more than 1 MiB for an answer'
}

@test "a large payload and a large result go through" {
  head -c 3000000 /dev/zero | tr '\0' x | jq-push -q -i 1 q
  stream --max-result 1k 'read -r x; printf "ok %.800000s\n" "$x"'
  assert_success
  assert_equal "${#output}" 800000
  assert_equal "$(jq-stat -i q/1 -F result | wc -c)" 1024
  run jq-stat -J -i q/1
  assert_output --partial 800000
}

@test "handlers that end at once are restarted ever more slowly" {
  jq-push -q -b fixed:0 -i 1 q a
  spawn worker jq-work --stream -m 4 q sh -c 'echo $$ >>pids; exit 3'
  wait_until 20 job_is 1 dead
  assert_equal "$(wc -l <pids)" 4
  kill "$spawned"
  wait_exit 10 worker
  assert_success
}

@test "--recycle replaces the handler after so many jobs, --recycle-memory a large one" {
  push 1 2 3 4 5
  stream --recycle 2 --window 4 'while read -r x; do echo "ok $$"; done'
  assert_success
  assert_equal "$(sort <<<"$output" | uniq -c | sort -rn | awk '{ print $1 }' |
    tr '\n' ' ')" '2 2 1 '
  jq-push -q q x
  jq-push -q q y
  stream --recycle-memory 1 'while read -r x; do echo "ok $$"; done'
  assert_equal "$(sort -u <<<"$output" | wc -l)" 2
}

@test "--recycle-memory: what the handler has started counts as well" {
  push a b
  # the first shell itself stays small
  stream --recycle-memory 30M 'sh -c "x=\$(head -c 40000000 /dev/zero | tr \"\\0\" x)
    while read -r line; do echo \"ok \$\$\"; done"; exit'
  assert_success
  assert_equal "$(sort -u <<<"$output" | wc -l)" 2
}

@test "told to stop: what was sent is finished, then stdin is closed" {
  push a b c
  spawn worker jq-work --stream --window 2 q sh -c 'trap "" TERM
    while read -r x; do touch at-$x; until [ -e go ]; do sleep 0.02; done # handler
    echo ok; done; touch closed # jq-work'
  wait_until 10 test -e at-a
  kill "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'finishing'
  touch go
  wait_exit 10 worker
  assert_success
  test -e closed
  became 1 'done'
  became 2 'done'
  became 3 ready
}

@test "told twice: the tree is killed, its jobs go back uncharged" {
  push a b c
  spawn worker jq-work --stream --window 3 q sh -c 'read -r x; touch at
    sleep 300 & sleep 300 # handler'
  wait_until 10 test -e at
  kill "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'finishing'
  kill "$spawned"
  wait_exit 15 worker
  assert_equal "$status" 143
  local n
  for n in 1 2 3; do
    became "$n" ready released
    assert_equal "$(field "$n" attempts)" 0
  done
  # to the front, in the old order
  assert_equal "$(job_ids q rdy)" $'1\n2\n3'
  jq-stat --check q
}

@test "cancelling a job that waits in the window ends it when its turn comes" {
  jq-ctl set q lease=6s
  push a b c
  spawn worker jq-work --stream --window 3 q sh -c 'while read -r x; do
    touch at-$x; [ $x = a ] && until [ -e go ]; do sleep 0.02; done # handler
    [ $x = b ] && sleep 300 # handler
    echo ok; done # jq-work'
  wait_until 10 test -e at-a
  jq-ctl cancel q/2
  # the word comes with the next beat
  local before
  before=$(redis ZSCORE 'jq:{q}:run' 2)
  wait_until 20 renewed 2 "$before"
  touch go
  wait_until 20 job_is 3 'done'
  kill "$spawned"
  wait_exit 20 worker
  became 1 'done'
  became 2 dead
  became 3 'done'
  assert_equal "$(field 2 error)" cancelled
}

@test "a lost lease ends the handler; the other jobs go back" {
  jq-ctl set q lease=6s
  push a b
  spawn worker jq-work --stream --window 2 q sh -c 'while read -r x; do
    touch at-$x; [ -e second ] || sleep 300; echo ok; done # jq-work'
  wait_until 10 test -e at-a
  touch second
  # somebody else's: another token
  redis HSET 'jq:{q}:job' 1 "$(redis HGET 'jq:{q}:job' 1 |
    sed '1s/^[0-9]*/1/')" >/dev/null
  wait_line 20 "$BATS_TEST_TMPDIR/worker.err" 'q/1: the lease was lost'
  wait_until 20 job_is 2 'done'
  kill "$spawned"
  wait_exit 10 worker
  assert_success
}

@test "-j: each slot has a handler of its own; jobs go to the idle one" {
  push 1 2 3 4
  run --separate-stderr jq-work --stream -j 2 -n 4 q sh -c '
    while read -r x; do
      [ $x = 1 ] && until [ -e seen ]; do sleep 0.02; done # jq-work
      [ $x = 4 ] && touch seen
      echo "ok $x"; done'
  assert_success
  assert_equal "${lines[*]:0:2}" '2 3'
}

@test "USR1 tells of each slot; the job log has a line for each job" {
  push a b
  spawn worker jq-work --stream --window 2 --joblog log q sh -c '
    while read -r x; do touch at-$x; until [ -e go ]; do sleep 0.02; done # handler
    echo ok; done # jq-work'
  wait_until 10 test -e at-a
  kill -USR1 "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" \
    'slot 1: q/1 attempt 1/5, one of 2 jobs, running for .*, 0 answered'
  touch go
  wait_until 10 eval '[[ $(wc -l <log) -eq 2 ]]'
  wait_until 10 eval '[[ $(counts running) -eq 0 ]]'
  kill -USR1 "$spawned"
  wait_line 10 "$BATS_TEST_TMPDIR/worker.err" 'slot 1: idle, running for'
  kill "$spawned"
  wait_exit 10 worker
  assert_success
}

@test "the environment is the handler's, not a job's" {
  push a
  JQ_ID=x stream 'read -r x; echo "ok $JQ_QUEUE $JQ_SLOT $JQ_ID $JQ_JOB."'
  assert_output 'q 1  .'
}

@test "a command that cannot be run costs no job anything" {
  push a b
  printf '#!/no/such/interpreter\n' >broken
  chmod +x broken
  run --separate-stderr jq-work --stream --window 2 q ./broken
  [[ $status -eq 126 || $status -eq 127 ]]
  became 1 ready
  became 2 ready
  assert_equal "$(field 1 attempts)" 0
}

@test "jq-push warns of what will not be a record" {
  run --separate-stderr jq-push --frame line -i 1 q $'a\nb'
  assert_success
  assert_output q/1
  assert_regex "$stderr" 'warning: record 1: the payload holds a newline, which'
  run --separate-stderr jq-push --frame line -i 2 q $'a\n'
  assert_equal "$stderr" ''
  printf 'a\0b' >payload
  run --separate-stderr jq-push --frame nul -i 3 q <payload
  assert_regex "$stderr" 'holds a NUL byte'
  run --separate-stderr jq-push --frame netstring -i 4 q <payload
  assert_equal "$stderr" ''
  run jq-push --frame csv q x
  assert_equal "$status" 64
}

@test "what does not go together is told" {
  local args
  for args in '--stream --batch 2' '--window 2' '--recycle 2' '-0' \
    '--frame nul' '--ids' '--batch-wait 1s' '--stream -0 --frame line' \
    '--stream -I{}' '--stream --frame csv' '--stream --window 0'; do
    # shellcheck disable=SC2086
    run jq-work $args q cat '{}'
    assert_equal "$args: $status" "$args: 64"
  done
  run jq-work --stream --handlers . q
  assert_equal "$status" 64
  run jq-work --recycle-memory 5M q cat
  assert_line 'jq-work: --recycle-memory goes with --stream'
  run jq-work --stream --recycle-memory 0 q cat
  assert_equal "$status" 64
}

@test "-n: the last jobs are done, also those that wait for room in the pipe" {
  local payload
  payload=$(printf '%70000d' 0)
  push "$payload" "$payload"
  run -0 --separate-stderr jq-work -n 2 --window 2 --stream q \
    sh -c 'while read -r x; do echo ok; done'
  assert_equal "$(counts 'done') $(counts 'ready')" '2 0'
  assert_equal "$(jq-stat -i q/2 -F releases)" 0
}

@test "-1: a handler that ends before it reads is charged" {
  local n
  for n in 1 2 3 4 5 6 7 8; do
    push a b
    run -1 jq-work -q -1 --window 4 --stream q false
    assert_equal "$(field 1 state) $(field 1 attempts)" 'retry 1'
    redis FLUSHALL >/dev/null
  done
}

@test "a bad answer is one, however its handler ends then" {
  local n how
  for n in 1 2 3 4; do
    for how in 0 4 65; do
      push a
      run -1 --separate-stderr jq-work -q -1 --stream q \
        sh -c "read -r x; echo okay; exit $how"
      became 1 retry protocol "answered 'okay' (not ok, retry or dead)"
      redis FLUSHALL >/dev/null
    done
  done
}
