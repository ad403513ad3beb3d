# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Those that use the queues while faults happen: workers, pushers, schedulers,
# and somebody who looks on.

# The driver's: tools seed queues lease; the arena's: url.
# shellcheck disable=SC2154

# worker N: (re)start the worker of that number.
worker() {
  local list=a,b,c
  (($1 % 2)) || list=c=3,b=2,a=1
  jq-work -u "$url" -L "$lease" -j $((8 + $1 % 3 * 8)) -t 4s -K 1s -g 15s \
    -b fixed:200ms -m 6 --no-result --worker-name "w$1" "$list" \
    "$tools/ledger" "$PWD/ledger" </dev/null >/dev/null \
    2>>"worker.$1.err" 7>&- &
  worker_pid[$1]=$!
}

workers_alive() {
  local n
  for n in "${!worker_pid[@]}"; do
    is_ours "${worker_pid[n]}" || worker "$n"
  done
}

scheduler() {
  jq-cron -u "$url" "$PWD/schedule" </dev/null >>"cron.$1.out" \
    2>>"cron.$1.err" 7>&- &
  cron_pid[$1]=$!
}

schedulers_alive() {
  local n
  for n in "${!cron_pid[@]}"; do
    is_ours "${cron_pid[n]}" || scheduler "$n"
  done
}

waiting() {
  local n
  n=$(db EVAL "local n = 0 for _, k in ipairs(KEYS) do
    n = n + redis.call('ZCARD', k) end return n" 3 'jq:{a}:rdy' 'jq:{b}:rdy' \
    'jq:{c}:rdy' 2>/dev/null)
  [[ $n =~ ^[0-9]+$ ]] || n=9999
  printf '%s\n' "$n"
}

# jobs SEED PREFIX N: N jobs as lines of JSON. What the handler is told to do:
# most end at once.
jobs() {
  awk -v seed="$1" -v prefix="$2" -v n="$3" '
    function any(n) { return int(rand() * n) }
    function told() {
      k = any(40)
      if (k == 0) return "sleep " any(1500)
      if (k == 1) return "exit " any(5)
      if (k == 2) return "flaky"
      if (k == 3) return "kill"
      if (k == 4) return "orphan"
      if (k == 5) return "talk"
      if (k == 6) return "exit 65"
      if (k == 7 && !any(8)) return "stop"
      if (k == 8) return "exit 75"
      if (k == 9 && any(5)) return "deaf " any(3000)
      return "ok"
    }
    BEGIN {
      srand(seed)
      for (i = 0; i < n; i++)
        printf "{\"id\":\"%s%d\",\"priority\":%d,\"payload\":\"%s\"%s}\n",
          prefix, i, any(19) - 9, told(), any(20) ? "" : ",\"delay\":1.5"
    }'
}

# store N ARG…: push what is in push.N until it is stored; false when there is
# no server for a minute.
store() {
  local n=$1 end=$((SECONDS + 60))
  shift
  until jq-push -q -u "$url" "$@" <"push.$n" 2>>"push.$n.err"; do
    ((SECONDS < end)) || return 1
    pause 100
  done
}

# A process that pushes jobs with names of its own, each again and again until
# it is told that all are stored.
pusher() {
  local batch=0 id queue
  RANDOM=$((seed + $1 * 100))
  while [ -e go ]; do
    # not further ahead than the workers can follow
    if [ "$(waiting)" -gt 3000 ]; then
      pause 100
      continue
    fi
    batch=$((batch + 1))
    queue=${queues[RANDOM % 3]}
    if ((batch % 5 == 0)); then
      id=p$1.$batch
      echo "$queue/$id" >>tries
      echo ok >"push.$1"
      store "$1" -i "$id" "$queue" && echo "$queue/$id" >>oks
      continue
    fi
    jobs $((seed + $1 * 1000 + batch)) "p$1.$batch." 200 >"push.$1"
    sed "s|{\"id\":\"\([^\"]*\)\".*|$queue/\1|" "push.$1" >"push.$1.names"
    cat "push.$1.names" >>tries
    store "$1" -J "$queue" && cat "push.$1.names" >>oks
  done
}

# Looks on all the time: no fault may make it crash, or see disorder. A fifth
# of its time, as looking at all jobs of a long run takes the server's.
onlooker() {
  local status begin
  while [ -e go ]; do
    begin=${EPOCHREALTIME/./}
    jq-stat -u "$url" --connect-timeout 2s >look.out 2>look.err
    status=$?
    case $status in 0 | 66 | 69 | 75 | 76 | 77) ;; *)
      say "jq-stat ended with $status: $(head -n 1 look.err)" ;;
    esac
    timeout 60 jq-stat -u "unix://$PWD/db.sock" --connect-timeout 2s --check \
      >check.out 2>check.err
    status=$?
    [ "$status" -ne 1 ] || { cat check.out; echo; } >>violations
    [ "$status" -ne 0 ] || echo >>looks
    pause $((500 + (${EPOCHREALTIME/./} - begin) / 250))
  done
}
