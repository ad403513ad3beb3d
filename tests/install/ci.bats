#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# tests/run and .ci/run: what they count, say and end with. The files run are
# small ones made here; make and share/deps are stand-ins.

export SERVER=none
load ../lib/server

setup() {
  server_setup
  unset STRICT TEST_TOTALS TEST_JOBS
}

# bats_file FILE [NAME TEXT]...: a test of that name for each text
bats_file() {
  local to=$1
  shift
  : >"$to"
  [ $# -eq 0 ] || printf '@test "%s" { %s; }\n' "$@" >"$to"
}

# unit FILE TEXT: a program, as unit tests are
unit() {
  printf '#!/bin/sh\n%s\n' "$2" >"$1"
  chmod +x "$1"
}

# A tree with .ci/run; what share/deps and make do is given.
tree() {
  mkdir -p tree/.ci tree/share bin
  cp "$ROOT/.ci/run" tree/.ci
  unit tree/share/deps "$1"
  unit bin/make "$2"
  PATH=$PWD/bin:${PATH#"$PWD/bin:"}
}

# As a shell outside of bats would, whose inside is not to be met again.
tests() {
  local path
  path=$(printf '%s' "$PATH" | tr : '\n' | grep -v /bats-core | paste -sd :)
  env -i PATH="$path" HOME="$HOME" TMPDIR="$TMPDIR" \
    TEST_TOTALS="${TEST_TOTALS-}" STRICT="${STRICT-}" "$ROOT/tests/run" "$@"
}

last_line() {
  assert_equal "${lines[${#lines[@]} - 1]}" "$1"
}

@test "tests/run sums over files of both kinds" {
  bats_file one.bats a true
  unit ./two 'echo "unit two: 3 passed, 0 failed"'
  TEST_TOTALS=totals run -0 tests one.bats ./two
  last_line '4 passed, 0 failed'
  assert_equal "$(cat totals)" '4 0'
}

@test "tests/run shows what failed, and fails" {
  bats_file one.bats 'this is good' true
  bats_file two.bats 'this too' true \
    'this is not' 'echo "because of this"; false'
  unit ./three 'echo "unit three: 3 passed, 2 failed"; exit 1'
  run -1 tests one.bats two.bats ./three
  assert_line 'not ok 2 this is not'
  assert_line '# because of this'
  refute_line --partial 'ok 1 this too'
  last_line '5 passed, 3 failed'
}

@test "tests/run: what runs no test or ends badly has failed" {
  bats_file one.bats a true
  bats_file none.bats
  bats_file broken.bats a '('
  unit ./crash 'echo "unit crash: 3 passed, 0 failed"; exit 7'
  run -1 tests one.bats none.bats broken.bats ./crash ./nowhere
  assert_line 'not ok: none.bats ran no test'
  assert_line 'not ok: ./crash ended with status 7'
  last_line '4 passed, 4 failed'
  run -1 tests none.bats
  last_line '0 passed, 1 failed'
}

@test "tests/run: a skipped test fails where that is strict, and is named" {
  bats_file one.bats a true 'left out' 'skip "no reason"'
  run -0 tests one.bats
  assert_line --partial '1 skipped'
  last_line '1 passed, 0 failed'
  STRICT=1 run -1 tests one.bats
  assert_line --partial 'left out # skip no reason'
  last_line '1 passed, 1 failed'
}

@test ".ci/run ends with the sum, from anywhere, without standard input" {
  tree : 'case $* in
    check*) echo 5 0 >>"$TEST_TOTALS" ;;
    *check-asan) echo 4 0 >>"$TEST_TOTALS" ;;
  esac
  ! read -r line'
  run -0 --separate-stderr tree/.ci/run
  assert_equal "$stderr" ''
  last_line '9 passed, 0 failed'
  run -0 --separate-stderr bash -c 'exec tree/.ci/run <&-'
  assert_equal "$stderr" ''
  last_line '9 passed, 0 failed'
  cd /
  run -0 bash -c 'yes | "$1"' - "$BATS_TEST_TMPDIR/tree/.ci/run"
  last_line '9 passed, 0 failed'
}

@test ".ci/run: failed tests, and steps that fail without one" {
  local n
  n=$(grep -c '^step make' "$ROOT/.ci/run")
  tree : 'echo 5 2 >>"$TEST_TOTALS"; exit 2'
  run -1 tree/.ci/run
  last_line "$((5 * n)) passed, $((2 * n)) failed"
  tree : '[ "$1" != lint ] && echo 5 0 >>"$TEST_TOTALS"'
  run -1 tree/.ci/run
  last_line "$((5 * n - 5)) passed, 1 failed"
  tree 'exit 1' 'echo 5 0 >>"$TEST_TOTALS"'
  run -1 tree/.ci/run
  last_line "$((5 * n)) passed, 2 failed"
  tree : :
  run -1 tree/.ci/run
  last_line '0 passed, 0 failed'
}

@test ".ci/run installs, tests, lints, tests under sanitizers, and fuzzes" {
  tree 'echo "deps $*" >>calls' 'echo "make $* $STRICT" >>calls
    echo 1 0 >>"$TEST_TOTALS"'
  run -0 tree/.ci/run
  run -0 cat tree/calls
  assert_line --index 0 'deps '
  assert_line --index 1 'deps lint'
  assert_line --index 2 'make check DEV=1 1'
  assert_line --index 3 'make lint 1'
  assert_line --index 4 'make DEV=1 check-asan 1'
  assert_line --partial 'fuzz 1'
}

@test ".ci/run leaves no file behind" {
  tree : 'echo 1 0 >>"$TEST_TOTALS"'
  run -0 tree/.ci/run
  run -0 ls -A "$TMPDIR"
  assert_output ''
}
