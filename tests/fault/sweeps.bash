# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Sweeps: something has a life of so many requests, and each of them is hit
# once, in a life of its own. The next life begins where the last was not hit
# any more.

# The driver's, the arena's and the scenes'.
# shellcheck disable=SC2015,SC2154,SC2317

# scene_sweep MODE: MODE is what the proxy does to the request.
scene_sweep() {
  local mode=$1 life
  # what is not the server's language is the end where it is first heard
  tolerant=$([ "$mode" != garble ] || echo 1)
  arena || return
  prepare_retry || return
  for life in job wait retry cron wake; do
    sweep "$mode" "$life" || return
  done
  work_off retry && work_off cron || return
  end_all "${worker_pid[@]}"
  worker_pid=()
  count_all job wait retry cron wake
  check_counts "sweep $mode: "
  check "sweep $mode: ticks of the schedule are missing" "$(ticks_missing)"
  jq-stat -u "unix://$PWD/db.sock" --check >final.check
  check "sweep $mode: the data are in disorder" "$(grep -c . final.check)"
  # whatever was lost on the way, each life was lived once; what works off many
  # at the end may hold some for a moment, and hand them back unstarted ($6)
  check "sweep $mode: something happened twice, or not at all" "$(awk '
    $1 ~ /^job/ { bad += $4 != 1 || $5 || $6 || $7 }
    $1 ~ /^wa/ { bad += $4 || $5 || $6 || $7 }
    $1 ~ /^cron/ { bad += $4 || $5 || $7 }
    $1 ~ /^retry/ { bad += $5 || $7 > 1 || $4 != 1 + $7; back += $7 }
    END { print bad + (back != '"$put_back"') }' records)"
  [ -n "$tolerant" ] ||
    check "sweep $mode: commands had to be given again" "$repeated"
}

sweep() {
  local mode=$1 life=$2 k=0 hits before
  before=$(grep -c hit proxy.out)
  hits=$before
  while ((++k <= most)); do
    proxy "$mode" "$k"
    echo "$mode $life $k"
    "live_$life" "$k" || return
    proxy release
    [ "$(grep -c hit proxy.out)" -gt "$hits" ] || break
    hits=$((hits + 1))
  done
  proxy before 0
  figure "requests of $(of_life "$life"), each $(past "$mode")" \
    $((hits - before))
  check "sweep $mode: not every request of $(of_life "$life") was reached" \
    $((k > most || hits == before))
}
most=50

of_life() {
  case $1 in
  job) echo 'a push and a worker: fail, retry, news, beat, done' ;;
  wait) echo 'a push that waits for the end' ;;
  retry) echo 'a dead job put back' ;;
  cron) echo 'a schedule that fires twice' ;;
  wake) echo 'a worker that waits for a job' ;;
  esac
}

past() {
  case $1 in
  before) echo 'cut before it' ;;
  after) echo 'cut before its answer' ;;
  inside) echo 'cut inside its answer' ;;
  hold) echo 'kept back and sent late' ;;
  twice) echo 'sent twice' ;;
  garble) echo 'answered with other bytes' ;;
  esac
}
# shellcheck disable=SC2034 # the driver's
sweeps=(sweep-before sweep-after sweep-inside sweep-hold sweep-twice
  sweep-garble)

# insist COMMAND…: again until it succeeds.
insist() {
  until timeout 60 "$@" </dev/null >>insist.out 2>>insist.err; do
    repeated=$((repeated + 1))
    echo "again: $*"
    ((repeated < 60)) || return
    pause 20
  done
}

live_job() {
  echo "job/j$1" | tee -a tries >>oks
  push job 'life 2200' -i "j$1"
  crew 2 job
  until_done job "j$1" || return
  signal TERM "${worker_pid[2]}" && wait "${worker_pid[2]}"
}

# until_done QUEUE ID: the worker may have come to its end before.
until_done() {
  until_true 60 is_done_or_over "$@"
  until is_done "$@"; do
    repeated=$((repeated + 1))
    is_ours "${worker_pid[2]}" || crew 2 "$1"
    ((repeated < 60)) && until_true 60 is_done_or_over "$@" || return
  done
}

is_done() {
  [ -n "$(db ZSCORE "jq:{$1}:done" "$2")" ]
}

is_done_or_over() {
  is_done "$@" || ! is_ours "${worker_pid[2]}"
}

# The worker is not of the sweep.
live_wait() {
  echo "wait/w$1" | tee -a tries >>oks
  [ -n "${worker_pid[1]-}" ] || url=unix://$PWD/db.sock crew 1 wait
  insist jq-push -q -w -u "$url" -i "w$1" wait ok
}

# work_off QUEUE: all there is, past the proxy; 1 tells of jobs that failed.
work_off() {
  jq-work -u "unix://$PWD/db.sock" -L "$lease" --no-result -j 4 --drain "$1" \
    "$tools/ledger" "$PWD/ledger" </dev/null >>"$1.out" 2>>"$1.err" ||
    [ $? -eq 1 ]
}

# One for each life, and all of them dead.
prepare_retry() {
  local k
  for ((k = 1; k <= most; k++)); do
    printf '{"id":"r%s","payload":"exit 65"}\n' "$k" >>dead
    echo "retry/r$k" >>oks
  done
  cat oks >>tries
  jq-push -q -J -u "unix://$PWD/db.sock" retry <dead && work_off retry
}

live_retry() {
  put_back=$1
  until is_put_back "r$1"; do
    repeated=$((repeated + 1))
    ((repeated < 60)) || return
  done
}

# An answer that made no sense may have been one all the same.
is_put_back() {
  timeout 60 jq-retry -u "$url" "retry/$1" >>retry.out 2>>retry.err ||
    { [ -n "$tolerant" ] && [ -n "$(db ZSCORE 'jq:{retry}:rdy' "$1")" ]; }
}

ticks_are() {
  [ "$(db ZCARD 'jq:{cron}:rdy')" -ge "$1" ]
}

live_cron() {
  local n
  n=$(db ZCARD 'jq:{cron}:rdy')
  [ -e schedule ] ||
    printf 'SOURCE=sweep\n@every 1s cron tick missed=all missed-max=1000 -- ok\n' \
      >schedule
  clock
  until_true 30 ticks_are_or_over $((n + 2))
  until ticks_are $((n + 2)); do
    repeated=$((repeated + 1))
    is_ours "${worker_pid[2]}" || clock
    ((repeated < 60)) && until_true 30 ticks_are_or_over $((n + 2)) || return
  done
  signal TERM "${worker_pid[2]}" && wait "${worker_pid[2]}"
}

clock() {
  jq-cron -u "$url" "$PWD/schedule" </dev/null >>cron.out 2>>cron.err 7>&- &
  worker_pid[2]=$!
}

ticks_are_or_over() {
  ticks_are "$1" || ! is_ours "${worker_pid[2]}"
}

# The push is not of the sweep.
live_wake() {
  crew 2 wake
  until_true 60 waits_or_over || return
  echo "wake/k$1" | tee -a tries >>oks
  jq-push -q -u "unix://$PWD/db.sock" -i "k$1" wake ok &&
    until_done wake "k$1" || return
  signal TERM "${worker_pid[2]}" && wait "${worker_pid[2]}"
}

# So does the worker of another life, if there is one.
waits_or_over() {
  db INFO clients | grep -q "^blocked_clients:$((${worker_pid[1]:+1} + 1))" ||
    ! is_ours "${worker_pid[2]}"
}
