#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# One job for each tick, whatever happens: schedulers on one queue, on hosts
# whose clocks differ, are killed, stopped and started at random, and so is the
# server. TICKS_SECONDS=300 TICKS_COPIES=10 TICKS_OUTAGE=90 is the long form (make
# ticks), and TICKS_SEED repeats a plan.
# Takes long: eight seconds of ticks, and outages of four.

export SERVER=none
TICKS_SECONDS=${TICKS_SECONDS:-8} TICKS_OUTAGE=${TICKS_OUTAGE:-4}
export BATS_TEST_TIMEOUT=$((TICKS_SECONDS * 2 + TICKS_OUTAGE + 120))
load ../lib/server

setup_file() {
  server_setup_file
  # clocks: sanitizers want to be loaded first
  case $JQ_BIN in
  *address* | *undefined*) ;;
  *)
    "${CC:-cc}" -shared -fPIC -o "$BATS_FILE_TMPDIR/clock.so" \
      "$ROOT/tests/fault/clock.c" -ldl || true
    ;;
  esac
}

setup() {
  server_setup
  umask 022
  RANDOM=${TICKS_SEED:=$((SRANDOM % 32768))}
  printf 'TICKS_SEED=%s\n' "$TICKS_SEED"
  copies=${TICKS_COPIES:-4}
  stopped=
  start_server
  export JQ_URL
  JQ_URL=$(server_url ticks)
  # seconds, as a long of this machine (tests/fault/clock.c)
  printf '\5\0\0\0\0\0\0\0' >clock5
  printf '\373\377\377\377\377\377\377\377' >clock-5
}

# What it has answered is on its disk.
start_server() {
  server_start ticks --appendonly yes --appendfsync always \
    --appenddirname ticks.aof
}

ask() {
  "$SERVER_CLI" -e -s "$(server_socket ticks)" "$@"
}

# Copy N; two of three on hosts whose clocks are wrong.
start_copy() {
  local offsets=('' 5 -5)
  local offset=${offsets[$1 % 3]}
  if [ -n "$offset" ] && [ -e "$BATS_FILE_TMPDIR/clock.so" ]; then
    LD_PRELOAD=$BATS_FILE_TMPDIR/clock.so JQ_CLOCK=clock$offset \
      spawn "copy$1" jq-cron -v serve tab
  else
    spawn "copy$1" jq-cron -v serve tab
  fi
}

kill_copy() {
  local pid
  pid=$(cat "copy$1.pid")
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  cat "copy$1.err" >>"log$1"
  [ "$stopped" != "$1" ] || stopped=
}

wake_copy() {
  [ -z "$stopped" ] || kill -CONT "$(cat "copy$stopped.pid")" 2>/dev/null || true
  stopped=
}

# One of them stands still until the next is stopped.
stop_copy() {
  wake_copy
  kill -STOP "$(cat "copy$1.pid")" 2>/dev/null || true
  stopped=$1
}

restart_server() {
  server_kill ticks
  start_server
}

one_fault() {
  local copy=$((RANDOM % copies))
  case $((RANDOM % 6)) in
  0) restart_server ;;
  1 | 2) stop_copy "$copy" ;;
  *)
    kill_copy "$copy"
    start_copy "$copy"
    ;;
  esac
}

# jobs NAME: how many there were
jobs() {
  ask HGET "jq:{$1}:meta" pushed
}

more_jobs() {
  [ "$(jobs "$1")" -gt "$2" ]
}

watermark() {
  ask HGET "jq:{$1}:cron" "s:$1" | head -n 1 | cut -d ' ' -f 6
}

dealt_with() {
  [ "$(watermark "$1")" -ge "$2" ]
}

# The ticks of all jobs of a schedule in seconds, sorted.
ticks() {
  ask ZRANGE "jq:{$1}:rdy" 0 -1 |
    sed 's/.*:\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z/\1-\2-\3 \4:\5:\6Z/' |
    date -f - +%s | sort -n
}

# each_once NAME FIRST LAST STEP
each_once() {
  local all
  all=$(ticks "$1")
  diff <(seq "$2" "$4" "$3") <(sed -n "/^$2$/,/^$3$/p" <<<"$all") ||
    fail "ticks of $1: < lost, > twice"
  # none came under another id, and none went: every push is one of these
  assert_equal "$(jobs "$1")" "$(wc -l <<<"$all")"
  assert_equal "$(ask HGET "jq:{$1}:cron" "s:$1" | head -n 1 |
    cut -d ' ' -f 8,9,12)" "$(wc -l <<<"$all") 0 0"
}

@test "schedulers and server are killed and stopped: one job for each tick" {
  printf '%s\n' '@every 1s one one missed=all missed-max=10000 grace=1h' \
    '@seconds */2 * * * * * two two missed=all missed-max=10000 grace=0s' \
    >tab
  local i
  for ((i = 0; i < copies; i++)); do
    start_copy "$i"
  done
  wait_until 20 more_jobs one 0
  wait_until 20 more_jobs two 0
  local end=$((SECONDS + TICKS_SECONDS)) n
  restart_server
  while [ "$SECONDS" -lt "$end" ]; do
    n=$(jobs one)
    one_fault
    # somebody goes on
    wait_until 30 more_jobs one "$n"
  done
  wake_copy
  local last
  last=$(($(ask TIME | head -n 1) / 2 * 2))
  wait_until 30 dealt_with one "$last"
  wait_until 30 dealt_with two "$last"
  for ((i = 0; i < copies; i++)); do
    kill_copy "$i"
  done
  each_once one "$(ticks one | head -n 1)" "$(ticks one | tail -n 1)" 1
  each_once two "$(ticks two | head -n 1)" "$(ticks two | tail -n 1)" 2
  [ "$(ticks one | tail -n 1)" -ge "$last" ]
  # several did come with the same ticks: that they were one job is no accident
  cat log* | grep -q ' duplicate name=one '
  # and nobody ended by himself
  run -1 grep ' stop ' log*
}

is_past() {
  [ "$EPOCHSECONDS" -ge "$1" ]
}

# within NAME FIRST LAST: how many jobs of ticks in between, both included
within() {
  ticks "$1" | awk -v first="$2" -v last="$3" \
    '$1 >= first && $1 <= last { n++ } END { print n + 0 }'
}

@test "the server is away: skip, once and all make up for it each in its way" {
  local name down up
  for name in skip once all; do
    echo "@every 1s $name $name missed=$name missed-max=1000 grace=1s"
  done >tab
  start_copy 0
  for name in skip once all; do
    wait_until 20 more_jobs "$name" 1
  done
  server_kill ticks
  down=$EPOCHSECONDS
  wait_until "$((TICKS_OUTAGE + 10))" is_past "$((down + TICKS_OUTAGE))"
  start_server
  up=$(ask TIME | head -n 1)
  for name in skip once all; do
    wait_until 30 dealt_with "$name" "$((up + 3))"
  done
  kill_copy 0
  # what was surely missed, and surely too late when the server was back
  assert_equal "$(within skip "$((down + 1))" "$((up - 2))")" 0
  assert_equal "$(within once "$((down + 1))" "$((up - 2))")" 0
  assert_equal "$(within all "$((down + 1))" "$((up + 3))")" "$((up + 3 - down))"
  # the next tick tells how many there were, and with once stands for them
  local missed
  for name in skip once; do
    assert_equal "$(grep -c " fire name=$name .* missed=" log0)" 1
    missed=$(sed -n "s/.* fire name=$name .* missed=\([0-9]*\).*/\1/p" log0)
    assert [ "$missed" -ge "$((up - 2 - down))" ]
    assert [ "$missed" -le "$((up + 3 - down))" ]
  done
}

# What a schedule has dealt with is what fired and what was missed, once each.
adds_up() {
  local -a word
  read -ra word < <(ask HGET "jq:{$1}:cron" "s:$1" | head -n 1)
  assert_equal "$((word[7] + word[8]))" "$((word[5] - word[3] / 1000))"
}

# late NAME FIRST LAST: how many jobs of ticks in between, both included, were
# pushed more than three seconds after their tick
late() {
  sed -n "s/.* fire name=$1 .* tick=\(\S*\) lag=\([0-9]*\)\..*/\1 \2/p" log0 |
    while read -r tick lag; do
      printf '%s %s\n' "$(date -d "$tick" +%s)" "$lag"
    done | awk -v first="$2" -v last="$3" \
    '$1 >= first && $1 <= last && $2 >= 3 { n++ } END { print n + 0 }'
}

@test "the server stands still: what lay in its socket counts no tick twice" {
  local name down up pid
  pid=$(server_pid ticks)
  # ticks before a change are nobody's
  ask FLUSHALL >/dev/null
  printf '@every 1s %s missed=%s grace=2s\n' 'skip skip' skip 'once once' once \
    'all all' 'all missed-max=5' >tab
  start_copy 0
  for name in skip once all; do
    wait_until 20 more_jobs "$name" 1
  done
  kill -STOP "$pid"
  down=$EPOCHSECONDS
  # a step is given up after five seconds, and so is the next
  wait_until 20 is_past "$((down + 12))"
  kill -CONT "$pid"
  up=$(ask TIME | head -n 1)
  for name in skip once all; do
    wait_until 30 dealt_with "$name" "$((up + 3))"
  done
  kill_copy 0
  # missed=all counts no more than missed-max and one
  adds_up skip
  adds_up once
  # what was surely late when the server went on
  assert_equal "$(within skip "$((down + 2))" "$((up - 4))")" 0
  assert_equal "$(within once "$((down + 2))" "$((up - 4))")" 0
  # and of those that were made up, as many as may be
  assert [ "$(late once "$down" "$up")" -le 1 ]
  assert [ "$(within all "$((down + 2))" "$((up - 4))")" -le 5 ]
}
