#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The private server: started on first use, found by the next command.

export SERVER=none
load ../lib/server

setup() {
  server_setup
  no_server
}

teardown() {
  jq-ctl -q server stop || true
  server_teardown
}

pid() {
  jq-ctl -J server status | sed -n 's/.*"pid":\([0-9]*\).*/\1/p'
}

ask() {
  "$(command -v redis-cli || command -v valkey-cli)" -e \
    -s "$XDG_RUNTIME_DIR/jobq/redis.sock" "$@"
}

# The servers that run for this test; the pattern does not match itself.
servers() {
  grep -ls "^[^ ]*-server .*[/]${XDG_RUNTIME_DIR#/}/jobq/redis.sock" \
    /proc/[0-9]*/cmdline | tr -dc '0-9\n'
}

mode() {
  stat -c %a "$1"
}

@test "first use starts it, the next command finds it" {
  run -1 --separate-stderr jq-ctl server status
  assert_output --regexp '^not running: unix://'
  run -0 --separate-stderr jq-ctl ping
  assert_output --regexp '^PONG from (redis|valkey) .* at unix://.*/run/jobq/redis\.sock in '
  assert_equal "$stderr" ''
  run -0 pid
  first=$output
  run -0 jq-ctl server status
  assert_output --regexp "^running: version [0-9.]+, pid $first, unix://"
  run -0 jq-stat -q
  run -0 pid
  assert_output "$first"
}

@test "twenty commands at once get one server" {
  for i in {1..20}; do
    spawn "ping$i" jq-ctl ping
  done
  for i in {1..20}; do
    wait_exit 20 "ping$i"
    assert_success
  done
  run -0 pid
  one=$output
  run -0 ask INFO server
  assert_output --partial "process_id:$one"
  run -0 servers
  assert_output "$one"
}

@test "it survives the terminal it was started from, and holds no pipe" {
  run -0 script -qec 'jq-ctl ping' /dev/null
  run -0 jq-ctl server status
  one=$(pid)
  # reading up to the end of file would hang if the server kept the pipe
  run -0 bash -c 'jq-ctl ping 2>&1 | cat'
  run -0 pid
  assert_output "$one"
  run -0 ps -o tty= -p "$one"
  assert_output --regexp '^\?'
}

@test "stop: asks it to save and end; not running is no error" {
  run -0 jq-ctl ping
  one=$(pid)
  run -0 --separate-stderr jq-ctl server stop
  assert_equal "$output$stderr" ''
  wait_until 5 gone "$one"
  run -1 jq-ctl server status
  run -0 --separate-stderr jq-ctl server stop
  assert_equal "$output$stderr" ''
}

@test "what was pushed is there after a stop and a new start" {
  jq-ctl -q set q max-len=7
  jq-ctl server stop
  run -0 jq-stat -F name,max_len
  assert_output $'q\t7'
}

@test "no port, on disk every second, nothing evicted" {
  jq-ctl ping
  for setting in 'port 0' 'appendonly yes' 'appendfsync everysec' \
    'maxmemory-policy noeviction'; do
    run -0 ask CONFIG GET "${setting% *}"
    assert_line --index 1 "${setting#* }"
  done
}

@test "its directories are 0700 and its files 0600, whatever the umask" {
  umask 000
  jq-ctl ping
  umask 022
  assert_equal "$(mode "$XDG_RUNTIME_DIR/jobq")" 700
  assert_equal "$(mode "$XDG_STATE_HOME/jobq")" 700
  run -0 find "$XDG_RUNTIME_DIR/jobq" "$XDG_STATE_HOME/jobq" \
    ! -type d ! -perm 600
  assert_output ''
  run -0 find "$XDG_RUNTIME_DIR/jobq" "$XDG_STATE_HOME/jobq" \
    -type d ! -perm 700
  assert_output ''
}

@test "a killed server is noticed, its socket replaced, its data kept" {
  jq-ctl -q set q max-len=7
  one=$(pid)
  kill -KILL "$one"
  wait_until 5 gone "$one"
  [ -S "$XDG_RUNTIME_DIR/jobq/redis.sock" ]
  run -1 jq-ctl server status
  run -0 jq-stat -F name,max_len
  assert_output $'q\t7'
  run -0 pid
  assert_not_equal "$output" "$one"
}

@test "no server program: the error names the package" {
  mkdir empty
  run -69 --separate-stderr env PATH="$PWD/empty" "$JQ_BIN/jq-ctl" ping
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
  assert_regex "$stderr" 'redis-server or valkey-server'
}

@test "url: what JQ_URL needs to mean the same" {
  run -0 --separate-stderr jq-ctl server url
  assert_output "unix://$XDG_RUNTIME_DIR/jobq/redis.sock"
  run -0 jq-ctl -J server url
  assert_output "{\"v\":1,\"url\":\"unix://$XDG_RUNTIME_DIR/jobq/redis.sock\"}"
  run -1 jq-ctl server status
  run -0 jq-ctl ping
  JQ_URL=$(jq-ctl server url) run -0 jq-ctl ping
}

@test "a URL that was given and cannot be reached starts nothing" {
  JQ_URL=unix://$PWD/nothing run -69 jq-ctl ping
  run -69 jq-ctl -u unix:///nothing ping
  run -1 jq-ctl server status
}

@test "without XDG_RUNTIME_DIR: a directory of one's own in TMPDIR" {
  unset XDG_RUNTIME_DIR
  run -0 jq-ctl ping
  dir=$(jq-ctl server url)
  dir=${dir#unix://}
  dir=${dir%/*}
  assert_regex "$dir" "^$TMPDIR/"
  assert_equal "$(mode "$dir")" 700
  jq-ctl server stop
  chmod 777 "$dir"
  run -77 --separate-stderr jq-ctl ping
  assert_equal "${#stderr_lines[@]}" 1
  chmod 700 "$dir"
}

@test "a place that cannot be had is said to be so" {
  long=$PWD/$(printf 'x%.0s' {1..100})
  XDG_RUNTIME_DIR=$long run -78 --separate-stderr jq-ctl ping
  assert_equal "${#stderr_lines[@]}" 1
  XDG_STATE_HOME=/proc/nowhere run -73 --separate-stderr jq-ctl ping
  assert_equal "${#stderr_lines[@]}" 1
}

@test "a home directory that is not there is not made" {
  HOME=$BATS_TEST_TMPDIR/none run -73 --separate-stderr \
    env -u XDG_STATE_HOME jq-push q x
  [[ $stderr == *"set HOME or XDG_STATE_HOME"* ]] || fail "$stderr"
  [ ! -e none ]
}
