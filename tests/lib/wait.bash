# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Waiting in tests: always for an event, always with a limit. Loaded by
# server.bash.
#
#   wait_until SECONDS COMMAND [ARG...]
#       Run COMMAND every 20 ms until it succeeds; its output is dropped. When
#       SECONDS are over, and COMMAND had ten chances in each of them (a busy
#       machine gives fewer), the test fails, showing what COMMAND said last.
#         wait_until 5 test -s "$out"
#         wait_until 5 job_is "$id" dead          # any function of the test
#
#   wait_line SECONDS FILE REGEX
#       Wait until a line of FILE matches the extended REGEX (as grep -E).
#
#   spawn NAME COMMAND [ARG...]
#       Start COMMAND in the background, stdout in $BATS_TEST_TMPDIR/NAME.out,
#       stderr in NAME.err, stdin as it is (/dev/null; or say spawn … <FILE).
#       Its process id goes to the variable `spawned`. What still runs when
#       the test ends is ended by teardown: TERM, TERM again, KILL.
#
#   wait_exit SECONDS NAME
#       Wait until the process that spawn called NAME has ended, then set
#       status, output (its stdout) and stderr as `run` does:
#         spawn worker jq-work --drain q true
#         wait_exit 5 worker
#         assert_success
#
#   gone PID            True when no such process is left.

# Pause between two polls without starting a process: nobody ever writes to
# this FIFO.
wait_tick() {
  local fifo=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/.tick
  [ -p "$fifo" ] || mkfifo "$fifo"
  read -r -t 0.02 _ <>"$fifo" || true
}

wait_until() {
  local end=$((SECONDS + $1 + 1)) chances=$(($1 * 10)) said
  shift
  until said=$("$@" 2>&1); do
    if ((--chances < 0 && SECONDS >= end)); then
      printf 'never came true: %s\nit said last: %s\n' "$*" "$said" >&2
      return 1
    fi
    wait_tick
  done
}

wait_line() {
  if ! wait_until "$1" grep -qE -- "$3" "$2"; then
    printf 'the file holds:\n' >&2
    cat -- "$2" >&2
    return 1
  fi
}

gone() {
  ! kill -0 "$1" 2>/dev/null
}

spawn() {
  local at=$BATS_TEST_TMPDIR/$1
  shift
  # what one of that name wrote before is not taken for its words
  rm -f "$at.out" "$at.err"
  "$@" <&0 >"$at.out" 2>"$at.err" 3>&- &
  spawned=$!
  printf '%s\n' "$spawned" >"$at.pid"
  spawned_all="${spawned_all:-} $spawned"
}

wait_exit() {
  local at=$BATS_TEST_TMPDIR/$2 pid
  pid=$(cat "$at.pid") || return
  if ! wait_until "$1" gone "$pid"; then
    printf '%s still runs; its stderr:\n' "$2" >&2
    cat "$at.err" >&2
    return 1
  fi
  # shellcheck disable=SC2034 # all three are for the test
  { wait "$pid" && status=0 || status=$?; }
  # shellcheck disable=SC2034
  output=$(cat "$at.out") stderr=$(cat "$at.err")
}

# End what spawn() started and the test left running.
spawn_cleanup() {
  local pid signal
  for pid in ${spawned_all:-}; do
    for signal in TERM TERM KILL; do
      kill -"$signal" "$pid" 2>/dev/null || break
      wait_until 1 gone "$pid" 2>/dev/null || true
    done
    wait "$pid" 2>/dev/null || true
  done
  spawned_all=
}
