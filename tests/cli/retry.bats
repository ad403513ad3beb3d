#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-retry: dead jobs run again, here or in another queue.

load ../lib/server
load ../lib/jobs

# dead QUEUE ID [OPTION...]: a dead job whose payload is «payload of ID»
dead() {
  local queue=$1 id=$2
  shift 2
  jq-push -q -i "$id" "$@" "$queue" "payload of $id"
  job_kill "$queue/$id" "no good"
}

# many_dead QUEUE COUNT: j00001, j00002 …, expired
many_dead() {
  seq -f '{"id":"j%05.0f","payload":"x"}' "$2" | jq-push -q -J -E 1ms "$1"
  wait_until 10 all_expired "$1"
  [ "$(redis ZCARD "jq:{$1}:dead")" = "$2" ]
}

all_expired() {
  job_call "$1" claim tester "${EPOCHREALTIME/[.,]/}" 100 >/dev/null
  [ "$(redis ZCARD "jq:{$1}:rdy")" = 0 ]
}

@test "dead jobs are put back, and named" {
  dead q a -p 5
  dead q b
  dead other c
  run -0 --separate-stderr jq-retry q/b q/a other/c
  assert_output $'q/b\nq/a\nother/c'
  assert_equal "$stderr" ''
  assert_equal "$(job_ids q rdy | paste -sd ' ')" 'a b'
  assert_equal "$(job_ids q dead)$(job_ids other dead)" ''
  assert_equal "$(job_payload q/a)" 'payload of a'
}

@test "--queue is for bare ids" {
  dead q a
  dead q b
  run -0 jq-retry --queue q a q/b
  assert_output $'q/a\nq/b'
  run -64 jq-retry a
  assert_line --index 0 --partial "'a' names no queue"
}

@test "what is missing or not dead is one line each, the rest goes on" {
  dead q a
  dead q c
  jq-push -q -i b q x
  run -1 --separate-stderr jq-retry q/a q/b q/none q/c
  assert_output $'q/a\nq/c'
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/b' is not dead: it is ready"
  assert_equal "${stderr_lines[1]}" "jq-retry: 'q/none' is not there"
  assert_equal "${stderr_lines[2]}" 'jq-retry: put back 2, but not 2'
  assert_equal "${#stderr_lines[@]}" 3
  run -1 --separate-stderr jq-retry q/a
  assert_output ''
}

@test "names on stdin, by line and by NUL" {
  dead q a
  dead q b
  dead other c
  run -0 jq-retry - < <(printf 'q/a\n\nother/c\nq/b')
  assert_output $'q/a\nother/c\nq/b'
  job_kill q/a && job_kill q/b
  run -0 jq-retry -0 --queue q - < <(printf 'a\0b\0')
  assert_output $'q/a\nq/b'
  job_kill q/a
  run -0 jq-retry < <(echo q/a)
  assert_output q/a
}

@test "lines that name no job are refused by number: 65" {
  dead q a
  run -65 --separate-stderr jq-retry - < <(printf 'q/*\nq/a\na b/c\r\n%0500d\n' 0)
  assert_output q/a
  assert_equal "${#stderr_lines[@]}" 4
  [[ ${stderr_lines[0]} == 'jq-retry: line 1 of standard input: '* ]] ||
    fail "$stderr"
  [[ ${stderr_lines[1]} == 'jq-retry: line 3 of standard input: '* ]] ||
    fail "$stderr"
  [[ ${stderr//$'\n'/} != *[[:cntrl:]]* ]] || fail "raw bytes: $stderr"
}

@test "an operand that names no job: nothing is done" {
  dead q a
  local name
  for name in 'q/*' 'q/[a-z]' '*' q/ /a 'q/a b' q/a/b '' $'q/\033[m'; do
    run -64 --separate-stderr jq-retry q/a "$name"
    assert_equal "$output" ''
    assert_equal "${#stderr_lines[@]}" 3
  done
  assert_equal "$(job_sets q/a)" dead
}

@test "a glob is no pattern: all of a queue needs --all" {
  dead q a
  run -64 jq-retry q
  run -64 jq-retry --all 'q*'
  assert_equal "$(job_sets q/a)" dead
}

@test "--all: a queue that is not there is told, the others are put back" {
  dead q a
  run -66 --separate-stderr jq-retry --all typo q slip
  assert_output q/a
  assert_equal "$stderr" \
    "jq-retry: no such queue: 'typo' (nothing was ever pushed to it)
jq-retry: no such queue: 'slip' (nothing was ever pushed to it)"
  run -66 --separate-stderr jq-retry --all --dry-run typo
  assert_equal "${#stderr_lines[@]}" 1
}

@test "--all takes the oldest first; nothing to do is 1" {
  dead q a
  dead q b
  dead other c
  run -0 jq-retry --all q other
  assert_output $'q/a\nq/b\nother/c'
  run -1 --separate-stderr jq-retry --all q other
  assert_output ''
  assert_equal "$stderr" 'jq-retry: nothing to do: no job is dead'
  run -1 jq-retry - </dev/null
}

@test "--limit takes so many of them" {
  dead q a
  dead q b
  dead other c
  dead other d
  run -0 jq-retry --all -n 3 q other
  assert_output $'q/a\nq/b\nother/c'
  assert_equal "$(job_ids other dead)" d
}

@test "--all with more than a page, and a damaged one at the front" {
  many_dead q 1203
  redis HDEL 'jq:{q}:pay' j00001 >/dev/null
  run -1 --separate-stderr jq-retry --all q
  assert_equal "${#lines[@]}" 1202
  assert_equal "${lines[0]} ${lines[1201]}" 'q/j00002 q/j01203'
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/j00001' is not there"
  assert_equal "$(job_ids q dead)" j00001
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 1202
}

@test "many names on stdin" {
  many_dead q 1203
  job_ids q dead | sed 's,^,q/,' >names
  run -0 jq-retry - <names
  assert_output "$(cat names)"
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 1203
}

@test "two at once put each job back once" {
  many_dead q 900
  spawn one jq-retry --all q
  spawn two jq-retry --all q
  wait_exit 10 one
  wait_exit 10 two
  assert_equal "$(cat one.out two.out | wc -l)" 900
  assert_equal "$(cat one.out two.out | sort -u | wc -l)" 900
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 900
  assert_equal "$(redis HGET 'jq:{q}:meta' retried)" 900
  assert_equal "$(cat one.err two.err | grep -v 'nothing to do')" ''
}

@test "--delay makes them wait" {
  dead q a -p 3
  local now due
  now=$(date +%s)
  run -0 jq-retry -d 1h q/a
  assert_equal "$(job_sets q/a)" dly
  due=$(redis ZSCORE 'jq:{q}:dly' a)
  assert [ "${due%%.*}" -ge $(((now + 3600) * 1000)) ]
  assert [ "${due%%.*}" -le $(((now + 3660) * 1000)) ]
}

@test "--dry-run changes nothing" {
  dead q a
  dead q b
  jq-push -q -i c q x
  run -1 --separate-stderr jq-retry --dry-run q/a q/c q/d
  assert_output q/a
  assert_equal "${#stderr_lines[@]}" 3
  run -0 jq-retry --dry-run --all q
  assert_output $'q/a\nq/b'
  run -0 jq-retry --dry-run --all -n 1 q
  assert_output q/a
  run -0 jq-retry --dry-run --to other --all q
  assert_output $'other/a\nother/b'
  assert_equal "$(job_ids q dead | paste -sd ' ')" 'a b'
  assert_equal "$(redis EXISTS 'jq:{other}:meta')" 0
}

@test "with -J an object each, with -q nothing" {
  dead q a
  dead q b
  dead q c
  run -0 jq-retry -J --dry-run q/a
  assert_output '{"what":"planned","job":"q/a"}'
  run -0 jq-retry -J q/a
  assert_output '{"what":"retried","job":"q/a"}'
  run -0 jq-retry -J --to other q/b
  assert_output '{"what":"retried","job":"other/b"}'
  run -0 jq-retry -q --all q
  assert_output ''
  assert_equal "$(job_ids q dead)" ''
}

@test "--to moves them with their options" {
  dead q a -p 5 -N mail -t 9s -m 7 -b fixed:1s -M A=1
  run -0 --separate-stderr jq-retry --to other q/a
  assert_output other/a
  assert_equal "$(job_sets q/a) $(job_sets other/a)" 'done rdy'
  assert_equal "$(job_payload other/a)" 'payload of a'
  job_header other/a | grep -q ' p=5 m=7 t=9000 b=fixed:1s n=mail M=A%3D1$'
  assert_equal "$(redis SISMEMBER jq:queues other)" 1
}

@test "--to with --all and --delay" {
  many_dead q 503
  run -0 jq-retry --all -d 1h --to other q
  assert_equal "${#lines[@]}" 503
  assert_equal "$(redis ZCARD 'jq:{other}:dly')" 503
  assert_equal "$(redis ZCARD 'jq:{q}:dead')" 0
}

@test "--to again after it was broken off ends the move" {
  dead q a
  # what a move does first
  jq-push -q -i a other 'payload of a'
  run -0 jq-retry --to other q/a
  assert_output other/a
  assert_equal "$(job_sets q/a) $(job_sets other/a)" 'done rdy'
  assert_equal "$(redis ZCARD 'jq:{other}:rdy')" 1
  run -1 --separate-stderr jq-retry --to other q/a
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/a' is not dead: it is done"
}

@test "--to loses no job to what the other queue remembers" {
  dead q a
  jq-push -q -i a other 'something else'
  run -1 --separate-stderr jq-retry --to other q/a
  assert_equal "${stderr_lines[0]}" \
    "jq-retry: 'q/a' stays: queue 'other' has another job of that id"
  assert_equal "$(job_sets q/a)" dead
  # there and back: q remembers the job as dropped
  dead q b
  jq-retry --to third q/b
  job_kill third/b
  run -1 --separate-stderr jq-retry --to q third/b
  assert_equal "${stderr_lines[0]}" \
    "jq-retry: 'third/b' stays: it was dropped from queue 'q' before"
  assert_equal "$(job_sets third/b)" dead
  # and here it was dropped while it ran
  redis FLUSHALL >/dev/null
  dead q c
  jq-ctl export q >copy
  jq-retry -q --to third q/c
  job_claim third >/dev/null
  jq-ctl drop third/c
  job_close third/c fail exit:1 >/dev/null
  redis DEL 'jq:{q}:'{done,job,out,meta} >/dev/null
  jq-ctl -q import <copy
  run -1 --separate-stderr jq-retry --to third q/c
  assert_equal "${stderr_lines[0]}" \
    "jq-retry: 'q/c' stays: it was dropped from queue 'third' before"
}

@test "--to a full queue is 75, and the job stays" {
  dead q a
  job_call other configure max_len 1 >/dev/null
  jq-push -q other x
  run -75 --separate-stderr jq-retry --to other q/a
  assert_equal "$stderr" "jq-retry: queue 'other' is full"
  assert_equal "$(job_sets q/a)" dead
}

@test "--to the queue it is in already" {
  dead q a
  run -64 jq-retry --to q --all q
  run -1 --separate-stderr jq-retry --to q q/a
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/a' is in queue 'q' already"
  assert_equal "$(job_sets q/a)" dead
}

@test "--to takes an expired job along, without its expiry" {
  jq-push -q -i a -E 1ms q x
  wait_until 5 all_expired q
  run -0 jq-retry --to other q/a
  assert_equal "$(job_header other/a | cut -d ' ' -f 3)" 0
}

@test "wrong use: 64, three lines, nothing done" {
  dead q a
  local words
  for words in '--all' '--all --queue q q' '--all -0 q' '-n 1 q/a' \
    '--all -n 0 q' '-d 367d q/a' '-d x q/a' '--to a/b q/a' '--queue a/b a' \
    '--here --now q/a true' '--rate 1 q/a' '--rate 0/s q/a' '--rate 1/x q/a' \
    '--exit 1 q/a' '--all --exit 256 q' '--all --signal none q' \
    '--all --exit 1 --signal 9 q' '--all -N a/b q' \
    '--all --since @20 --before @10 q' '--here' '--here q/a' '--here a true' \
    '--here --all q true' '--here -d 1s q/a true'; do
    # shellcheck disable=SC2086 # words
    run -64 --separate-stderr jq-retry $words
    assert_equal "$output" ''
    [[ ${stderr_lines[0]} == 'jq-retry: '* ]] || fail "$words: $stderr"
    [[ ${stderr_lines[1]} == 'usage: jq-retry '* ]] || fail "$words: $stderr"
  done
  assert_equal "$(job_sets q/a)" dead
  run -64 script -qec jq-retry /dev/null
  run -0 --separate-stderr jq-retry --help
  assert_line --partial '--dry-run'
}

@test "closed and full streams, no server" {
  dead q a
  run -66 sh -c 'exec jq-retry - <&-'
  run -66 sh -c 'exec jq-retry - </'
  run -74 --separate-stderr sh -c 'exec jq-retry q/a >/dev/full'
  [[ $stderr == 'jq-retry: put back 1, then stopped: cannot write'* ]] ||
    fail "$stderr"
  assert_equal "$(job_sets q/a)" rdy
  JQ_URL=unix:///nowhere/s run -69 --separate-stderr jq-retry q/a
  assert_equal "${#stderr_lines[@]}" 1
}

# waiting QUEUE ID: one that failed once and waits
waiting() {
  jq-push -q -i "$2" "$1" "payload of $2"
  [ "$(job_claim "$1")" = "$2" ] &&
    job_close "$1/$2" fail exit:75 'not yet' >/dev/null
}

@test "--now: those that wait to be tried again, too" {
  waiting q a
  waiting q b
  dead q c
  run -1 --separate-stderr jq-retry q/a
  assert_equal "${stderr_lines[0]}" "jq-retry: 'q/a' is not dead: it waits to be \
tried again (--now takes it, too)"
  run -0 jq-retry --now --dry-run q/a
  assert_output q/a
  run -0 jq-retry --now q/a
  assert_output q/a
  run -0 --separate-stderr jq-retry --now --all q
  assert_output $'q/c\nq/b'
  assert_equal "$stderr" ''
  assert_equal "$(jq-stat -F ready,retry,dead q)" $'3\t0\t0'
  run -0 jq-stat --check q
  run -1 --separate-stderr jq-retry --now --all q
  assert_equal "$stderr" \
    'jq-retry: nothing to do: no job is dead or waits to be tried again'
  run -64 jq-retry --now --to other q/a
  run -64 jq-retry --now --all --since 1h q
}

@test "--now --all passes each by once, though it fails again at once" {
  local i
  for i in {1..7}; do waiting q "w$i"; done
  spawn worker jq-work -b fixed:1ms -m 100000 q sh -c 'exit 75'
  run -0 timeout 20 jq-retry --now --all q
  assert_equal "$(sort <<<"$output" | uniq -d)" ''
}

@test "-m: so many attempts from now on, here and in another queue" {
  dead q a
  dead q b
  run -0 jq-retry -m 2 q/a
  run -0 jq-retry -m 3 --to r q/b
  run -0 jq-work -q -W 1s -b fixed:1ms q,r \
    sh -c 'echo "$JQ_ATTEMPT of $JQ_MAX_ATTEMPTS"; exit 75'
  assert_line '1 of 2'
  assert_line '2 of 2'
  assert_line '3 of 3'
  assert_equal "$(jq-stat -F dead q r)" $'1\n1'
  run -0 jq-stat --check q r
  run -64 jq-retry -m 0 q/a
}
