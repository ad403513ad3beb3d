#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The handlers of share/examples that get many jobs.

load ../lib/server

# example OPTION... NAME: a worker with that example for a handler
example() {
  run --separate-stderr jq-work --drain "${@:1:$#-1}" q \
    "$ROOT/share/examples/${*: -1}"
}

count() {
  jq-stat -H -F "$1" q
}

@test "stream-sh" {
  printf 'abc' >file
  printf '%s\n' file none | jq-push -l -q q
  example --stream stream-sh
  assert_output \
    ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  assert_equal "$(count dead)" 1
}

@test "stream-awk, with the awk that is here and one record at a time" {
  printf '%s\n' 'apples 3' 'pears 2' nonsense 'apples 4' | jq-push -l -q q
  example --stream -t 20s stream-awk
  assert_output $'apples 3\npears 2\napples 7'
  assert_equal "$(count dead)" 1
  printf '%s\n' 'apples 3' 'pears 2' | jq-push -l -q q
  example --stream --window 256 stream-awk
  assert_output $'apples 3\npears 2'
}

@test "stream-python" {
  command -v python3 >/dev/null || skip 'no python3'
  printf '%s\n' '{"to": "ann", "n": 2}' '{"to": 1' '[]' \
    '{"to": "a\nok b", "n": 1}' '{"to": "\ud800", "n": 1}' | jq-push -l -q q
  example --stream --window 8 stream-python
  assert_output 'Dear ann, 2 pages
Dear a ok b, 1 pages
Dear \ud800, 1 pages'
  assert_equal "$(count dead)" 2
}

@test "batch-psql: one COPY for a batch; without a connection nothing is charged" {
  mkdir bin
  # what it asks of psql; a database is not at hand everywhere
  cat >bin/psql <<'EOF'
#!/bin/sh
[ ! -e down ] || exit 2
printf '%s\n' "$@" >args
cat >rows
EOF
  chmod +x bin/psql
  PATH=$PWD/bin:$PATH
  printf '2026-11-26 12:00Z\tlogin\n' | jq-push -q q
  printf '2026-11-26 12:01Z\tlogout\n' | jq-push -q q
  touch down
  run --separate-stderr jq-work -n 2 --batch 10 q \
    "$ROOT/share/examples/batch-psql"
  assert_equal "$(count delayed)" 2
  assert_equal "$(redis HGET 'jq:{q}:meta' failed)" ''
  rm down
  printf '%s\n' $'2026-11-26 12:02Z\tlogin' '\.' | jq-push -l -q q
  example --batch 10 batch-psql
  assert_success
  assert_equal "$(tail -n 1 args)" 'COPY events FROM STDIN'
  assert_equal "$(cat rows)" $'2026-11-26 12:02Z\tlogin\n\\\\.'
}
