# SPDX-License-Identifier: ISC
# The benchmark still runs: a little of everything, once. No figure is judged.
export SERVER=none
load ../lib/server

bench() {
  "$ROOT/tests/bench/run" "$@"
}

@test "every workload yields a figure for us and for the limit" {
  local case
  run --separate-stderr bench --short --json
  assert_success
  assert_equal "$stderr" ''
  for case in push bulk 'process 2' 'process 32' 'latency p50' 'latency p99'; do
    assert_regex "$output" "\"case\":\"$case\",\"who\":\"limit\",[^}]*\"median\":[0-9.]*[1-9]"
    assert_regex "$output" "\"case\":\"$case\",\"who\":\"jq\",[^}]*\"ratio\":[0-9.]*[1-9]"
  done
  for case in 'idle 1' 'idle 64' 'running job' 'waiting job'; do
    assert_regex "$output" "\"case\":\"$case\",\"who\":\"jq\",[^}]*\"median\":[0-9]"
  done
  for case in 'depth push' 'depth claim' 'depth cancel' 'depth stat'; do
    assert_regex "$output" "\"case\":\"$case\",\"who\":\"jq-many\",[^}]*\"ratio\":[0-9.]*[1-9]"
  done
}

@test "one workload, as a table" {
  run --separate-stderr bench --short push
  assert_success
  assert_line --regexp '^push +limit +[0-9.]+ '
  assert_line --regexp '^push +jq +[0-9.]+ .*<= 1.3'
  refute_line --regexp '^bulk'
}

@test "an unknown workload is a usage error" {
  run --separate-stderr bench speed
  assert_failure 64
  assert_regex "$stderr" '^usage: tests/bench/run '
}
