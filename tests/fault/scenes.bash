# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Scenes: each answers one question that the dice of the main run cannot, in an
# arena of its own and as a process of its own. Their answers are checks and
# figures among the results.

# The driver's and the arena's.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317

# scene NAME: start it. NAME-WORD is the scene NAME with an argument.
scene() {
  mkdir "$1"
  {
    trap - INT TERM
    trap scene_end EXIT
    cd "$1" || exit 71
    worker_pid=() node_pid=()
    server_pid='' proxy_pid='' repeated=0
    "scene_${1%%-*}" "${1#*-}" >>said 2>&1 || check "scene $1 was cut short" 1
  } &
  scene_pid+=($!)
}

scene_end() {
  end_all "${worker_pid[@]}"
  arena_end
  end_all "${node_pid[@]}"
}

# crew N QUEUE [OPTION…]: a worker.
crew() {
  local n=$1 queue=$2
  shift 2
  jq-work -u "$url" -L "$lease" -t 0 -b fixed:200ms "$@" "$queue" \
    "$tools/ledger" "$PWD/ledger" </dev/null >/dev/null 2>>"worker.$n.err" \
    7>&- &
  worker_pid[n]=$!
}

# push QUEUE PAYLOAD [OPTION…], again until it is stored.
push() {
  local queue=$1 payload=$2
  shift 2
  until jq-push -q -u "$url" "$@" "$queue" "$payload" 2>>push.err; do
    repeated=$((repeated + 1))
    pause 50
  done
}

starts_are() {
  [ "$(grep -c '^start' ledger)" -ge "$1" ]
}

said_by_worker() {
  [ "$(grep -c "$2" worker.1.err)" -ge "$1" ]
}

# within LIMIT WHAT COMMAND…: COMMAND takes a time in ms, into `took`. A machine
# that is busy with other things may be why it is too long; what is too long
# three times is so.
within() {
  local limit=$1 what=$2 try best=
  shift 2
  for try in 1 2 3; do
    "$@" || return
    [ -n "$best" ] && ((took > best)) || best=$took
    ((best > limit)) || break
  done
  ((try == 1)) || what+=", best of $try"
  figure "ms $what (at most $limit)" "$best"
  check "later than $limit ms: $what" $((best > limit))
}

# How soon a job that has come due is claimed when the server is back.
scene_returns() {
  local how
  arena && : >worker.1.err || return
  # so many keys that they take a while to load
  db DEBUG POPULATE 3000 filler 100
  db BGREWRITEAOF && until_true 20 rewritten || return
  crew 1 a
  push a ok
  until_true 20 worked_off || return
  for how in killed restarted frozen loading demoted refused; do
    within 1200 "from the server's return to the first claim, it was $how" \
      returns_from "$how" || return
  done
}

returns_from() {
  local n before
  n=$(grep -c '^start' ledger)
  before=$(grep -c . worker.1.err)
  push a ok -d 1s
  "gone_$1" || return
  until_true 60 starts_are $((n + 1)) || return
  took=$(awk -v begin="$begin" '/^start/ {t = $6}
    END {print int(t / 1000) - begin}' ledger)
  # the last job's end is told before the next fault
  until_true 20 worked_off || return
  [ "$(grep -c . worker.1.err)" -gt "$before" ]
}

# Each: away for three seconds or more, `begin` is when it can serve again.
gone_killed() {
  server_end KILL
  pause 3000
  look_at_clock
  begin=$now
  server_start
}
gone_restarted() {
  server_end TERM
  pause 5000
  look_at_clock
  begin=$now
  server_start
}
gone_frozen() {
  signal STOP "$server_pid"
  pause 8000
  look_at_clock
  begin=$now
  signal CONT "$server_pid"
}
gone_loading() {
  server_end KILL
  server_start --key-load-delay 1000 \
    --loading-process-events-interval-bytes 1024 || return
  look_at_clock
  begin=$now
}
gone_demoted() {
  db REPLICAOF 127.0.0.1 1
  pause 8000
  look_at_clock
  begin=$now
  db REPLICAOF NO ONE
}
gone_refused() {
  proxy refuse 1
  proxy reset
  pause 5000
  look_at_clock
  begin=$now
  proxy refuse 0
}

# How soon a worker notices that nothing comes any more.
scene_silence() {
  arena && : >worker.1.err || return
  crew 1 a
  push a ok
  until_true 10 worked_off || return
  within 10000 'until a half-open connection was noticed, idle' half_open ||
    return
  push a 'sleep 60000'
  until_true 10 starts_are 2 || return
  within 10000 'until a half-open connection was noticed, at work' half_open ||
    return
  signal TERM "${worker_pid[1]}" && signal TERM "${worker_pid[1]}"
}

half_open() {
  local n
  n=$(grep -c 'trying again' worker.1.err)
  proxy silent 1
  look_at_clock
  begin=$now
  until_true 30 said_by_worker $((n + 1)) 'trying again' || return
  look_at_clock
  took=$((now - begin))
  proxy silent 0
  until_true 20 said_by_worker $((n + 1)) 'connected again'
}

# How soon an idle worker ends, and the jobs of a killed engine run again; and
# that one which is told to before it has heard anything leaves no job behind.
scene_ends() {
  arena || return
  early_end || return
  within 100 'from SIGTERM to the end of an idle worker, the slowest of 20' \
    idle_end || return
  within 1000 'until jobs of a killed engine ran again, p99 of 120' engine_end
}

early_end() {
  push e ok
  proxy delay 200
  crew 1 e
  until_true 10 runs_in e || return
  signal TERM "${worker_pid[1]}"
  wait "${worker_pid[1]}"
  check 'a job was left behind by a worker that had heard nothing yet' \
    "$(db ZCARD 'jq:{e}:run')"
  proxy delay 0
}

runs_in() {
  [ "$(db ZCARD "jq:{$1}:run")" -gt 0 ]
}

idle_end() {
  local i begin
  took=0
  [ -p ready ] || mkfifo ready
  exec 4<>ready
  for ((i = 0; i < 20; i++)); do
    crew 1 a --ready-fd 4
    read -r -u 4 || return
    begin=${EPOCHREALTIME/./}
    signal TERM "${worker_pid[1]}"
    wait "${worker_pid[1]}" || return
    begin=$(((${EPOCHREALTIME/./} - begin) / 1000))
    ((begin <= took)) || took=$begin
  done
  exec 4>&-
}

engine_end() {
  local n i e
  : >ledger
  : >kills
  for ((n = 1; n <= 12; n++)); do
    crew "$n" "k$n" -j 10
    for ((i = 0; i < 10; i++)); do echo linger; done |
      jq-push -q -l -u "$url" "k$n" || return
  done
  until_true 30 starts_are 120 || return
  for ((n = 1; n <= 12; n++)); do
    e=$(pgrep -P "${worker_pid[n]}" jq-work)
    look_at_clock
    echo "kill k$n $now" >>kills
    signal KILL "$e" || return
    pause 100
  done
  until_true 60 starts_are 240 || return
  end_all "${worker_pid[@]}"
  took=$(awk '
    $1 == "kill" { at[$2] = $3 }
    $1 == "start" && $4 { split($2, q, "/"); if (seen[$2]++) print int($6 / 1000) - at[q[1]] }
  ' kills ledger | sort -n | sed -n 119p)
}

# Handlers that live through all that stops the server and its clock are not
# run again.
scene_living() {
  local n
  arena || return
  crew 1 a -j 20
  crew 2 a -j 20
  for ((n = 0; n < 40; n++)); do echo 'sleep 112000'; done >jobs.txt
  jq-push -q -l -u "$url" a <jobs.txt || return
  until_true 20 starts_are 40 || return
  server_end KILL
  server_start
  pause 2000
  for n in 3600 0 -3600 0; do
    set_clock "$n"
    pause 7000
  done
  signal STOP "$server_pid"
  pause 8000
  signal CONT "$server_pid"
  server_end KILL
  pause 60000
  server_start
  until_true 60 worked_off
  records a
  local what='two restarts, 60 s without a server, 8 s of its silence'
  figure "handlers that lived through $what, four jumps of its clock" 40
  check 'living handlers were run again' $(($(grep -c '^start' ledger) - 40))
  check 'living handlers lost their jobs' \
    "$(awk '$2 != "done" || $4 + $5 + $6 {n++} END {print n + 0}' records)"
}

# A push wakes one of a thousand idle workers. Each has a look of its own every
# five seconds, so some ask meanwhile.
scene_crowd() {
  local n began asked
  arena || return
  for ((n = 1; n <= 1000; n++)); do
    jq-work -q -u "unix://$PWD/db.sock" crowd true </dev/null >/dev/null \
      2>>worker.err 7>&- &
    worker_pid[n]=$!
  done
  until_true 60 crowd_waits || return
  for n in 1 100; do
    look_at_clock
    began=$now
    db CONFIG RESETSTAT || return
    seq "$n" | jq-push -q -l -u "unix://$PWD/db.sock" crowd || return
    until_true 20 crowd_is_done || return
    asked=$(crowd_calls blpop)
    look_at_clock
    figure "of 1000 idle workers asked again after $n jobs came" "$asked"
    check "$n jobs woke too many of 1000 idle workers" \
      $((asked > n + 16 + (now - began) * 3 / 10))
  done
}
crowd_waits() {
  db INFO clients | grep -q '^blocked_clients:1000'
}
crowd_calls() {
  db INFO commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p"
}
crowd_is_done() {
  [ "$(db HLEN 'jq:{crowd}:pay')" = 0 ] && crowd_waits
}
