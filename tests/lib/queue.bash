# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Jobs in states that are slow or hard to reach with commands, made by calling
# the scripts that change them, as the commands do. Load it after server.bash.
#
#   call QUEUE SCRIPT [ARG...]
#   push JOB [PAYLOAD [OPTION...]]   JOB is QUEUE/ID; an OPTION is priority=N,
#                                    when=+MS, or what a header holds: n=NAME …
#   claim QUEUE [WORKER]             the next job runs, under WORKER; its id
#   close JOB KIND [HOW [REASON [STDERR [RESULT]]]]
#                                    KIND is done, fail, dead or release
#   beat QUEUE WORKER [STATE [NAME]] WORKER is alive
#   live JOB PROGRESS TOTAL TEXT STDERR
#                                    what a running job tells
#   state_of JOB

call() {
  local queue=$1 script=$2 name keys=()
  shift 2
  for name in rdy dly rty run "done" dead job pay out meta wrk wake min live \
    seen; do
    keys+=("jq:{$queue}:$name")
  done
  redis EVAL "$(cat "$ROOT/build/gen/lua/$script.lua")" 15 "${keys[@]}" "$@"
}

push() {
  local job=$1 payload=${2-} word priority=0 when=0 options=
  shift
  [ $# -eq 0 ] || shift
  for word; do
    case $word in
    priority=*) priority=${word#*=} options+=" p=${word#*=}" ;;
    when=*) when=${word#*=} ;;
    *) options+=" $word" ;;
    esac
  done
  redis SADD jq:queues "${job%%/*}" >/dev/null
  call "${job%%/*}" push epoch "${job#*/}" "digest-$payload" "$priority" \
    "$when" 0 "$options" "$payload" >/dev/null
}

claim() {
  call "$1" claim "${2:-W}" "${EPOCHREALTIME/[.,]/}" 1 | sed -n 5p
}

token_of() {
  redis HGET "jq:{${1%%/*}}:job" "${1#*/}" | head -n 1 | cut -d ' ' -f 1
}

close() {
  call "${1%%/*}" close "${1#*/}" "$(token_of "$1")" "$2" 60000 5 \
    "${3:-exit:1}" "1500000 250000 3072 4711 me ${4-}"$'\n'"${5-}" \
    "${6-}" | sed -n 2p
}

beat() {
  call "$1" beat "$2" \
    "${4:-name-of-$2} host1 812 4 3 1700000000000 120 2 0.1 ${3:-run}" \
    >/dev/null
}

live() {
  call "${1%%/*}" beat "${W:-W}" '' "${1#*/}" "$(token_of "$1")" \
    "$2 $3 $4"$'\n'"$5" >/dev/null
}

state_of() {
  call "${1%%/*}" peek "${1#*/}" state | sed -n 3p
}

# One job in each state: r1 r2 ready, d1 delayed, t1 retry, x1 running, k1
# dead, f1 done.
all_states() {
  local queue=$1
  push "$queue/f1" finished
  claim "$queue" >/dev/null
  close "$queue/f1" 'done' exit:0 '' '' "6 line"$'\n'result >/dev/null
  push "$queue/k1" broken n=welcome
  claim "$queue" >/dev/null
  close "$queue/k1" dead exit:65 'bad data' 'a
b' >/dev/null
  push "$queue/t1" again
  claim "$queue" >/dev/null
  close "$queue/t1" fail signal:9 'killed' >/dev/null
  push "$queue/x1" running
  claim "$queue" >/dev/null
  push "$queue/d1" later when=+3600000
  push "$queue/r1" one
  push "$queue/r2" two priority=5
}
