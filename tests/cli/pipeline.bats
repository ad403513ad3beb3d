#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The commands together, in the lines that people type.

load ../lib/server

@test "a push, a worker, a look" {
  printf 'Subject: hi\n\nbody\n' >message.eml
  jq-push mail <message.eml
  run -0 jq-stat -F ready mail
  assert_output 1
  run -0 jq-work --drain mail cat
  assert_output "$(cat message.eml)"
  run -0 jq-stat -F ready,done mail
  assert_output $'0\t1'
}

@test "a filter: -w waits for the result, byte for byte" {
  head -c 300000 /dev/urandom >photo
  spawn worker jq-work --max-result 8M --no-pass thumbs gzip -n
  jq-push -w --wait-timeout 10s thumbs <photo >photo.gz
  gzip -dc photo.gz | cmp - photo
}

@test "the exit status of a filter is that of its job" {
  spawn worker jq-work -b fixed:1ms -m 2 q sh -c 'echo why >&2; exit 3'
  run --separate-stderr jq-push -w --wait-timeout 10s q x
  assert_equal "$status" 1
  assert_equal "$output" ''
  [[ $stderr == *why* ]] || fail "$stderr"
}

@test "safe to run again: the same id" {
  jq-push -i invoice-7 billing 7
  run -0 jq-push -i invoice-7 billing 7
  assert_output billing/invoice-7
  run -0 jq-work --drain billing cat
  assert_output 7
  jq-push -i invoice-7 billing 7
  run -0 jq-work --drain billing cat
  assert_output ''
}

@test "find, xargs and NUL records carry any file name" {
  mkdir pictures
  local name
  for name in plain 'with space' -dash '*' $'new\nline'; do
    : >"pictures/$name.jpg"
  done
  find pictures -name '*.jpg' -print0 | xargs -0 jq-push -q thumbs --
  find pictures -name '*.jpg' -print0 | jq-push -0 -q thumbs
  jq-work --drain thumbs sh -c 'cat; printf "\0"' | sort -z >seen
  find pictures pictures -name '*.jpg' -print0 | sort -z | cmp - seen
}

@test "a stream is pushed as it comes" {
  mkfifo log
  exec 8<>log
  spawn push jq-push -l -q alerts <log 8>&-
  echo 'ERROR one' >&8
  wait_until 5 eval '[ "$(jq-stat -F ready alerts 2>/dev/null)" = 1 ]'
  echo 'ERROR two' >&8
  exec 8>&-
  wait_exit 5 push
  assert_success
  run -0 jq-work --drain alerts sed 's/$/!/'
  assert_output 'ERROR one!ERROR two!'
}

@test "handlers' output flows on" {
  seq 5 | jq-push -l -q pages
  run -0 bash -c "jq-work --drain pages sh -c 'echo \"page \$(cat)\"' |
    tee copy | wc -l"
  assert_output 5
  run -0 sort copy
  assert_line --index 4 'page 5'
}

@test "a handler pushes to the next queue" {
  jq-push -q first a b
  jq-work --drain first sh -c 'tr a-z A-Z | jq-push -q second'
  run -0 jq-work --drain second cat
  assert_output AB
}

@test "dead jobs: list, choose, put back" {
  seq 6 | jq-push -l -q -m 1 mail
  jq-work --drain mail sh -c 'n=$(cat); exit $((n % 3 + 1))' 2>err || true
  jq-stat -s dead -F job,exit mail | sort -k 2n >list
  assert_equal "$(cut -f 2 list)" $'1\n1\n2\n2\n3\n3'
  awk '$2 == 3 {print $1}' list | jq-retry - >back
  assert_equal "$(wc -l <back)" 2
  run -0 jq-work --drain mail sh -c 'cat; echo'
  assert_output $'2\n5'
}

@test "a list of many pages, each job of which leaves it meanwhile: all are met" {
  seq 1700 | jq-push -q -l mail
  jq-stat -s ready -F job mail | jq-ctl cancel -q -
  assert_equal "$(jq-stat -F ready,dead mail)" $'0\t1700'
}

@test "payloads edited on their way back: JSON out, JSON in" {
  jq-push -q -m 1 -p 2 -N fetch mail 'http://x'
  jq-work --drain mail false 2>err || true
  jq-stat -s dead -J mail | sed 's/http:/https:/; s/"id": *"[^"]*", *//' |
    jq-push -J -q mail
  run -0 jq-work --drain mail sh -c 'echo "$JQ_NAME $JQ_PRIORITY $(cat)"'
  assert_output 'fetch 2 https://x'
}

@test "deploy: pause, wait for the running ones, resume" {
  mkfifo go
  spawn worker jq-work mail sh -c 'read x <go'
  jq-push -q mail a b
  wait_until 5 eval '[ "$(jq-stat -F running mail)" = 1 ]'
  jq-ctl pause mail
  spawn look jq-stat -w -s running mail
  echo >go
  wait_exit 5 look
  assert_success
  run -0 jq-stat -F ready,running,note mail
  assert_output --regexp $'^1\t0\tpaused'
  jq-ctl resume mail
  echo >go
  jq-stat -w --wait-timeout 5s mail
}

@test "--empty in an if" {
  jq-push -q import x
  run -1 jq-stat --empty import
  assert_output ''
  jq-work --drain import true
  run -0 jq-stat --empty import
}

@test "a result, later" {
  local id
  id=$(jq-push q 'some bytes')
  jq-work --drain --no-pass q md5sum
  jq-stat -i "$id" -F result >out
  assert_equal "$(cat out)" "$(printf 'some bytes' | md5sum)"
}

@test "two queues by two workers, every job once" {
  seq 300 | jq-push -l -q q
  spawn one jq-work --drain -j 2 q sh -c 'cat; echo'
  spawn two jq-work --drain -j 2 q sh -c 'cat; echo'
  wait_exit 20 one
  wait_exit 20 two
  sort -n one.out two.out >all
  seq 300 | cmp - all
  [ -s one.out ] && [ -s two.out ]
}

@test "the private server, from first push to stop" {
  no_server
  jq-push -q q x
  run -0 jq-work --drain q cat
  assert_output x
  run -0 jq-ctl server status
  jq-ctl server stop
}
