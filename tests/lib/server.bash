# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What every bats file loads, with one line at its top:
#
#   load ../lib/server
#
# It brings bats-support, bats-assert and wait.bash, gives the file a
# redis-server of its own on a Unix socket (no port; it writes to disk, without
# waiting for it, so that nobody warns), empties it before each test, and fails
# a test that leaves a process running.
#
# A test finds: stdin = /dev/null; the directory $BATS_TEST_TMPDIR, in which
# it stands; the tested commands in front of PATH ($JQ_BIN); JQ_URL naming the
# file's server; HOME, TMPDIR and XDG_* inside $BATS_TEST_TMPDIR; TZ=UTC and
# LC_ALL=C; $ROOT, the top of the source tree.
#
#   redis COMMAND [ARG...]   redis-cli on the file's server; fails on an error
#                            reply. `redis -x SET k <FILE` and the like work.
#   server_start NAME [ARG...]
#       One more server with these redis-server arguments; its socket is
#       $(server_socket NAME), its URL $(server_url NAME). Started in a test it
#       is gone when the test ends, started in setup_file when the file ends.
#   server_stop NAME         as an administrator does: SIGTERM, waited for
#   server_kill NAME         SIGKILL, waited for; the socket stays behind
#   server_pid NAME
#   no_server                unset JQ_URL: the commands under test use their
#                            private server (the test must stop it)
#
# The file's own server is called `main`. Files that need setup, teardown,
# setup_file or teardown_file of their own define them below the load line and
# call server_setup, server_teardown, server_setup_file or
# server_teardown_file in them. A file that needs no server says
# `export SERVER=none` above the load line.
#
# Environment of the runner: JQ_BIN (directory of the commands under test,
# default build/plain), BATS_TEST_TIMEOUT (seconds a test may take).

ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
export ROOT
JQ_BIN=${JQ_BIN:-$ROOT/build/plain}
case $JQ_BIN in /*) ;; *) JQ_BIN=$ROOT/$JQ_BIN ;; esac
export JQ_BIN
export BATS_TEST_TIMEOUT=${BATS_TEST_TIMEOUT:-120}
# The tests of a file share its server: files may run side by side, they not.
export BATS_NO_PARALLELIZE_WITHIN_FILE=true

bats_require_minimum_version 1.5.0

# Debian and Alpine, Fedora, other prefixes: they agree on no place.
server_load_library() {
  local dir IFS=:
  for dir in ${BATS_LIB_PATH:-} /usr/lib/bats /usr/share/bats /usr/lib \
    /usr/share /usr/libexec/bats /usr/local/lib /usr/local/lib/bats \
    /opt/homebrew/lib; do
    if [ -r "$dir/$1/load.bash" ]; then
      unset IFS
      # shellcheck disable=SC1090
      . "$dir/$1/load.bash"
      return
    fi
  done
  printf '%s is not installed (run share/deps)\n' "$1" >&2
  return 1
}
server_load_library bats-support
server_load_library bats-assert
# shellcheck source=wait.bash
. "${BASH_SOURCE[0]%/*}/wait.bash"

if [ -z "${SERVER_CLI:-}" ]; then
  SERVER_CLI=$(command -v redis-cli || command -v valkey-cli)
  export SERVER_CLI
fi

server_socket() {
  printf '%s\n' "$SERVER_DIR/$1.sock"
}

server_url() {
  printf 'unix://%s\n' "$SERVER_DIR/$1.sock"
}

server_pid() {
  cat "$SERVER_DIR/$1.pid"
}

redis() {
  "$SERVER_CLI" -e -s "$SERVER_DIR/main.sock" "$@"
}

server_start() {
  local name=$1 program line at=$SERVER_DIR/$1
  shift
  program=$(command -v redis-server || command -v valkey-server) || return
  # It may take the place of one of that name that was stopped.
  rm -f "$at.fifo"
  mkfifo "$at.fifo"
  "$program" --port 0 --unixsocket "$at.sock" --unixsocketperm 600 \
    --save '' --appendonly no --daemonize no --logfile '' \
    --dir "$SERVER_DIR" "$@" </dev/null >"$at.fifo" 2>&1 3>&- &
  printf '%s\n' "$!" >"$at.pid"
  printf '%s\n' "$name" >>"$SERVER_LIST"
  {
    while read -r -t 20 line; do
      printf '%s\n' "$line" >>"$at.log"
      case $line in
      *'eady to accept connections'*)
        # Somebody must go on reading, or the server blocks one day.
        cat >>"$at.log" 3>&- &
        return 0
        ;;
      esac
    done
  } <"$at.fifo"
  printf 'the server %s did not start:\n' "$name" >&2
  cat "$at.log" >&2
  return 1
}

# server_ask NAME COMMAND…: of a server of that name.
server_ask() {
  "$SERVER_CLI" -e -s "$(server_socket "$1")" "${@:2}"
}

# A primary that listens on a free port of this machine, and its replica; JQ_URL
# is the primary's. Nobody else gets a port that is in use: the server then
# fails to start.
server_pair() {
  local port try
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 10000))
    if server_start primary --bind 127.0.0.1 --port "$port" \
      --repl-diskless-sync-delay 0 --appendonly yes --appendfsync no \
      --appenddirname "aof.$BATS_TEST_NUMBER" 2>/dev/null; then
      break
    fi
    [ "$try" -lt 8 ]
  done
  server_start replica --replicaof 127.0.0.1 "$port"
  wait_until 10 server_linked
  JQ_URL=$(server_url primary)
}

server_linked() {
  server_ask primary INFO replication | grep -q 'state=online'
}

server_stop() {
  server_end TERM "$1"
}

server_kill() {
  server_end KILL "$1"
}

server_end() {
  local pid
  pid=$(server_pid "$2") || return
  kill -"$1" "$pid" 2>/dev/null || true
  # Only the shell that started it can reap it; others see it go.
  wait "$pid" 2>/dev/null || true
  wait_until 10 gone "$pid"
}

# Stop the servers of a list, quickly: nothing of theirs is kept.
server_end_all() {
  local name
  [ -e "$1" ] || return 0
  while read -r name; do
    server_kill "$name"
  done <"$1"
  rm -f "$1"
}

no_server() {
  unset JQ_URL
}

# Nothing of the user's may be read or touched, nothing of the user's
# environment may change what a test sees.
server_environment() {
  local dir=$1
  unset "${!JQ_@}" REDIS_URL REDISCLI_AUTH NO_COLOR TRACEPARENT TRACESTATE \
    BAGGAGE NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID JOURNAL_STREAM \
    DEBUG_INVOCATION POSIXLY_CORRECT MAKEFLAGS MAKELEVEL CDPATH
  export JQ_BIN=$2 JQ_URL TZ=UTC LC_ALL=C TERM=dumb PATH="$2:$PATH"
  JQ_URL=unix://$SERVER_DIR/main.sock
  export HOME=$dir/home TMPDIR=$dir/tmp XDG_RUNTIME_DIR=$dir/run
  export XDG_STATE_HOME=$dir/home/.local/state
  export XDG_CONFIG_HOME=$dir/home/.config XDG_CACHE_HOME=$dir/home/.cache
  export XDG_DATA_HOME=$dir/home/.local/share
  mkdir -p "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR"
  chmod 700 "$XDG_RUNTIME_DIR"
  # Sanitizers report to files, so that no test can swallow a report.
  export ASAN_OPTIONS=log_path=$dir/sanitizer:detect_leaks=1
  export UBSAN_OPTIONS=log_path=$dir/sanitizer:print_stacktrace=1
  cd "$dir" || return
}

server_setup_file() {
  # sun_path holds 104 to 108 bytes.
  SERVER_DIR=$BATS_FILE_TMPDIR
  if [ "${#SERVER_DIR}" -gt 80 ]; then
    SERVER_DIR=$(mktemp -d /tmp/jobq-test.XXXXXX)
  fi
  export SERVER_DIR SERVER_LIST=$SERVER_DIR/servers
  if [ "${SERVER:-}" != none ]; then
    server_start main --appendonly yes --appendfsync no \
      --appenddirname main.aof
  fi
}

server_teardown_file() {
  server_end_all "$SERVER_DIR/servers"
  if [ "$SERVER_DIR" != "$BATS_FILE_TMPDIR" ]; then
    rm -rf "$SERVER_DIR"
  fi
}

server_setup() {
  exec </dev/null
  export SERVER_LIST=$BATS_TEST_TMPDIR/.servers
  server_environment "$BATS_TEST_TMPDIR" "$JQ_BIN"
  if [ "${SERVER:-}" != none ]; then
    redis FLUSHALL SYNC >/dev/null
  fi
}

# Processes that a test started: its directory is in their environment (HOME)
# or in their arguments. The pattern does not match itself.
server_leaks() {
  [ -d /proc/self ] || return 0
  env -i "$(command -v grep)" -ls "[/]${BATS_TEST_TMPDIR#/}/" \
    /proc/[0-9]*/environ /proc/[0-9]*/cmdline || true
}

server_clean() {
  [ -z "$(server_leaks)" ]
}

server_teardown() {
  local file pid left=0
  spawn_cleanup
  server_end_all "$SERVER_LIST"
  # What was told to end may need a moment.
  if ! server_clean && ! wait_until 2 server_clean 2>/dev/null; then
    for file in $(server_leaks); do
      pid=${file#/proc/} pid=${pid%/*}
      printf 'the test left a process behind: %s %s\n' "$pid" \
        "$(tr '\0' ' ' <"/proc/$pid/cmdline")" >&2
      kill -KILL "$pid" 2>/dev/null || true
    done
    left=1
  fi
  for file in "$BATS_TEST_TMPDIR"/sanitizer.*; do
    if [ -e "$file" ]; then
      cat "$file" >&2
      left=1
    fi
  done
  return "$left"
}

setup_file() {
  server_setup_file
}

teardown_file() {
  server_teardown_file
}

setup() {
  server_setup
}

teardown() {
  server_teardown
}
