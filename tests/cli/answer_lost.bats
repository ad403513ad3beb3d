#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What operators ask for is asked again when the connection breaks before the
# answer; what the first copy did is not held against the second.

export SERVER=none
load ../lib/server

setup_file() {
  server_setup_file
  "${CC:-cc}" -o "$BATS_FILE_TMPDIR/fake_server" "$ROOT/tests/lib/fake_server.c"
}

# answers STATE: a server that carries out a script, gives no answer, and says
# when it is asked again that the job is in this state
answers() {
  local text="*2\\r\\n\$2\\r\\nOK\\r\\n\$${#1}\\r\\n$1\\r\\n"
  rm -f fake.sock
  spawn "$1" "$BATS_FILE_TMPDIR/fake_server" "$PWD/fake.sock" \
    EVALSHA close EVALSHA "$text"
  wait_line 5 "$1.out" '^ready$'
  export JQ_URL=unix://$PWD/fake.sock
}

@test "put back, and the answer lost: that the job is ready is no failure" {
  answers ready
  run -0 --separate-stderr jq-retry q/a
  assert_equal "$output" q/a
  assert_equal "$stderr" ''
}

@test "put back, and the job gone or still dead: that is one" {
  answers GONE
  run -1 jq-retry q/a
  assert_output --partial "'q/a' is not there"
  answers dead
  run -1 jq-retry q/a
  assert_output --partial "'q/a' is not dead: it is dead"
}

@test "cancelled or dropped, and the answer lost" {
  answers dead
  run -0 jq-ctl cancel q/a
  answers done
  run -0 jq-ctl drop q/a
  answers ready
  run -1 jq-ctl cancel q/a
}
