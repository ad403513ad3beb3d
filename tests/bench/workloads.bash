# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What is measured. A function WORKLOAD_WHO runs a workload once and prints
# lines of case, tab, value; can_WHO says whether there is such a one here.
# shellcheck disable=SC2034,SC2154,SC2317 # all for and by run

# Case, unit, with whom the others are compared, aim.
cases=(
  'push|ms|limit|<= 1.3'
  'bulk|jobs/s|limit|>= 0.7'
  'process 2|jobs/s|limit|>= 0.95'
  'process 8|jobs/s|limit|>= 0.95'
  'process 32|jobs/s|limit|>= 0.95'
  'stream|jobs/s|limit|value >= 60000'
  'batch|jobs/s|limit|value >= 60000'
  'latency p50|us|limit|<= 1.1'
  'latency p99|us|limit|<= 1.5'
  'idle 1|KiB|limit|value <= 2560'
  'idle 64|KiB|limit|value <= 2560'
  'running job|KiB|limit|value <= 80'
  'waiting job|bytes|limit|value <= 450'
  'depth push|us|jq-few|<= 1.3'
  'depth claim|us|jq-few|<= 1.3'
  'depth cancel|us|jq-few|<= 1.3'
  'depth stat|us|jq-few|<= 1.3'
  'depth slow|scripts|none|value <= 0'
)
declare -A contestants=(
  [push]='limit jq redis-cli gearman amqp bullmq'
  [bulk]='limit jq gearman amqp bullmq'
  [process]='limit jq xargs parallel gearman amqp bullmq'
  [stream]='limit limit-8 limit-1 jq bullmq'
  [latency]='limit jq gearman amqp bullmq'
  [memory]='jq gearman amqp bullmq'
  [depth]='jq-few jq-many'
)

can_limit() { true; }
can_limit_1() { true; }
can_limit_8() { true; }
can_redis_cli() { true; }
can_jq_few() { true; }
can_jq_many() { true; }
can_jq() {
  why='it has no --stream'
  [ "$1" != stream ] || jq-work --help | grep -q -- --stream
}

payload=$(printf '%0200d' 0)
records() {
  seq -f "%0200.0f" "$1"
}

# each WHO JOBS COMMAND…: milliseconds of a process that is run so many times
each() {
  local times seconds
  times=$(fewer "$1")
  shift
  seconds=$("$tools/spawn" 1 "$times" "$@" 2>>log) || return
  echo "$seconds $times" | awk '{ printf "push\t%.4f\n", $1 * 1000 / $2 }'
}

push_limit() { each 300 "$tools/push" "$sha_push" "$payload"; }
push_jq() { each 300 "$bin/jq-push" bench "$payload"; }
push_redis_cli() {
  each 100 "$cli" -s "$BENCH_SOCKET" LPUSH bench "$payload"
}

bulk() {
  local n
  n=$(fewer "$1")
  shift
  [ -s "records.$n" ] || records "$n" >"records.$n"
  printf 'bulk\t%s\n' "$(timed "$n" "$@" <"records.$n")"
}
bulk_limit() { bulk 100000 "$tools/bulk" "$sha_push"; }
bulk_jq() { bulk 100000 jq-push -l bench; }

# at_once FUNCTION: the process workload, 2, 8 and 32 at once
at_once() {
  local j rate
  for j in 2 8 32; do
    rate=$("$1" "$j" "$(fewer "$2")") && [ -n "$rate" ] || return
    printf 'process %s\t%s\n' "$j" "$rate"
  done
}
process_limit() { at_once spawn_limit 2000; }
spawn_limit() { timed "$2" "$tools/spawn" "$1" "$2" /bin/true; }
process_jq() { at_once spawn_jq 2000; }
spawn_jq() {
  seq "$2" | jq-push -q -l bench
  timed "$2" jq-work -j "$1" -n "$2" bench /bin/true
}
process_xargs() { at_once spawn_xargs 1000; }
spawn_xargs() { seq "$2" | timed "$2" xargs -P "$1" -n 1 /bin/true; }
process_parallel() { at_once spawn_parallel 100; }
spawn_parallel() {
  seq "$2" | timed "$2" parallel --will-cite -j "$1" /bin/true
}

stream_calls() {
  local n
  n=$(fewer 100000)
  records "$n" | "$tools/bulk" "$sha_push"
  printf 'stream\t%s\n' "$(timed "$n" "$tools/claim" "$sha_claim" "$1")"
}
stream_limit() { stream_calls 32; }
stream_limit_8() { stream_calls 8; }
stream_limit_1() { stream_calls 1; }
stream_jq() {
  local n
  n=$(fewer 100000)
  records "$n" | jq-push -q -l bench
  printf 'stream\t%s\n' \
    "$(timed "$n" jq-work --stream --window 256 -n "$n" bench "$tools/noop")"
  n=$(fewer 50000)
  records "$n" | jq-push -q -l bench
  printf 'batch\t%s\n' \
    "$(timed "$n" jq-work -j 2 --batch 1000 -n "$n" bench sh -c 'cat >/dev/null')"
}

# latency COMMAND…: with a worker that waits, started by the caller
latency() {
  "$tools/latency" "$(fewer 300)" "$@" 2>>log | sort -n | awk '
    { v[NR] = $1 }
    END {
      if (!NR) exit 1
      printf "latency p50\t%s\n", v[int((NR + 1) / 2)]
      printf "latency p99\t%s\n", v[int(NR * 0.99 + 0.5)]
    }'
}
latency_limit() {
  background "$tools/brpop" "$tools/stamp"
  latency "$tools/lpush"
  end_background "$pid"
}
latency_jq() {
  background jq-work bench "$tools/stamp"
  latency jq-push -q -l bench
  end_background "$pid"
}

# pss PID…: proportional memory of these and of all their children, in KiB
pss() {
  local p list=("$@") children sum=0 kib
  for p in "$@"; do
    children=$(cat "/proc/$p/task/$p/children" 2>/dev/null) || return
    # shellcheck disable=SC2206 # numbers
    list+=($children)
  done
  for p in "${list[@]}"; do
    kib=$(awk '/^Pss:/ { print $2 }' "/proc/$p/smaps_rollup") || return
    sum=$((sum + kib))
  done
  echo "$sum"
}

# A process that has started still touches pages: until two looks agree.
pss_settled() {
  local last=-1 kib=0
  while kib=$(pss "$@") && [ "$kib" != "$last" ]; do
    last=$kib
    pause 200
  done
  [ -n "$kib" ] && echo "$kib"
}

# 64 handlers that hold still; what they take themselves is not counted.
memory_jq() {
  local n idle
  for n in 1 64; do
    jq_idle "$n"
    idle=$(pss_settled "$pid")
    printf 'idle %s\t%s\n' "$n" "$idle"
    [ "$n" = 64 ] || end_background "$pid"
  done
  seq 64 | jq-push -q -l bench
  until_true 20 running_are 64
  printf 'running job\t%s\n' $((($(pss_settled "$pid") - idle) / 64))
  end_background "$pid"
  redis FLUSHALL SYNC >/dev/null
  memory_waiting
}

jq_idle() {
  rm -f ready
  mkfifo ready
  background jq-work -q -g 0 -j "$1" --ready-fd 9 bench sleep 60 9<>ready
  read -r -t 10 <>ready
}

running_are() {
  [ "$(jq-stat -F running bench)" = "$1" ]
}

memory_waiting() {
  local n before
  n=$(fewer 100000)
  before=$(used_memory)
  records "$n" | jq-push -q -l bench
  printf 'waiting job\t%s\n' $((($(used_memory) - before) / n))
}

used_memory() {
  redis INFO memory | awk -F: '/^used_memory:/ { print $2 + 0 }'
}

# Two queues in one server: few and many jobs, waiting, delayed and dead.
prepare_depth() {
  fill few "$(fewer 1000)"
  fill many "$(fewer 1000000)"
  redis CONFIG SET slowlog-log-slower-than 2000 >/dev/null
}

fill() {
  jq-ctl -q set "$1" keep-dead-jobs=10000000 keep-dead-bytes=100G || return
  seq "$2" | jq-push -l "$1" | jq-ctl -q cancel - >/dev/null
  seq "$2" | jq-push -q -l -d 1h "$1"
  seq "$2" | jq-push -q -l "$1"
}

# cost WHAT TIMES: microseconds of the server for one, from commandstats
cost() {
  redis INFO commandstats | awk -F '[:,=]' -v what="$1" -v n="$2" '
    /^cmdstat_evalsha/ { sum += $5 }
    END { printf "depth %s\t%.1f\n", what, sum / n }'
  redis CONFIG RESETSTAT >/dev/null
}

depth() {
  local queue=$1 n ids
  n=$(fewer 100)
  redis CONFIG RESETSTAT >/dev/null
  redis SLOWLOG RESET >/dev/null
  "$tools/spawn" 1 "$n" "$bin/jq-push" "$queue" x >/dev/null
  cost push "$n"
  jq-work -q -n "$n" "$queue" /bin/true
  cost claim "$n"
  ids=$(for _ in $(seq "$n"); do jq-push -p -1 "$queue" y; done)
  redis CONFIG RESETSTAT >/dev/null
  # one at a time, as push and claim were
  for id in $ids; do jq-ctl -q cancel "$id" >/dev/null; done
  cost cancel "$n"
  "$tools/spawn" 1 "$n" "$bin/jq-stat" "$queue" >/dev/null
  cost stat "$n"
  printf 'depth slow\t%s\n' "$(redis SLOWLOG LEN)"
}
depth_jq_few() { depth few; }
depth_jq_many() { depth many; }
