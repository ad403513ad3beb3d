# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Jobs as they lie in the file's server, and in states that are slow or hard to
# reach with commands: made by calling the scripts that change them, as the
# commands do. Loaded below server.bash:
#
#   load ../lib/jobs
#
# A JOB is QUEUE/ID, as the commands have it.
#
#   job_call QUEUE SCRIPT [ARG...]   call a script on a queue
#   job_push JOB [PAYLOAD [OPTION...]]
#                                    an OPTION is priority=N, when=+MS, or what
#                                    a header holds: n=NAME …
#   job_claim QUEUE [WORKER]         the next job runs, under WORKER; its id
#   job_close JOB KIND [HOW [REASON [STDERR [RESULT]]]]
#                                    end it: KIND is done, fail, dead or
#                                    release; HOW as in exit:1
#   job_kill JOB [REASON]            claim the next job, which has to be JOB,
#                                    and make it dead
#   job_beat QUEUE WORKER [STATE [NAME]]
#                                    WORKER is alive
#   job_live JOB PROGRESS TOTAL TEXT STDERR [WORKER]
#                                    what a running job tells
#   job_all_states QUEUE             one job in each state, and one more ready
#
#   job_ids QUEUE SET                ids in a set (rdy dly rty run done dead)
#   job_sets JOB                     the set that holds the job: all of them,
#                                    should there be several; nothing if none
#   job_header JOB                   what was pushed, without the payload
#   job_payload JOB                  the payload, byte for byte
#   job_token JOB                    the token of its lease

job_call() {
  local queue=$1 script=$2 name keys=()
  shift 2
  for name in rdy dly rty run "done" dead job pay out meta wrk wake min live \
    seen events; do
    keys+=("jq:{$queue}:$name")
  done
  redis EVAL "$(cat "$ROOT/build/gen/lua/$script.lua")" 16 "${keys[@]}" "$@"
}

job_push() {
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
  job_call "${job%%/*}" push epoch "${job#*/}" "digest-$payload" "$priority" \
    "$when" 0 "$options" "$payload" >/dev/null
}

job_claim() {
  job_call "$1" claim "${2:-W}" "${EPOCHREALTIME/[.,]/}" 1 | sed -n 8p
}

job_close() {
  job_call "${1%%/*}" close "${1#*/}" "$(job_token "$1")" "$2" 60000 5 \
    "${3:-exit:1}" "1500000 250000 3072 4711 me ${4-}"$'\n'"${5-}" \
    "${6-}" | sed -n 2p
}

job_kill() {
  [ "$(job_claim "${1%%/*}")" = "${1#*/}" ] &&
    job_close "$1" dead exit:65 "${2-}" >/dev/null
}

job_beat() {
  job_call "$1" beat "$2" \
    "${4:-name-of-$2} host1 812 4 3 1700000000000 120 2 0.1 ${3:-run}" \
    >/dev/null
}

job_live() {
  job_call "${1%%/*}" beat "${6:-W}" '' "${1#*/}" "$(job_token "$1")" \
    "$2 $3 $4"$'\n'"$5" >/dev/null
}

# r1 r2 ready, d1 delayed, t1 retry, x1 running, k1 dead, f1 done.
job_all_states() {
  local queue=$1
  job_push "$queue/f1" finished
  job_claim "$queue" >/dev/null
  job_close "$queue/f1" 'done' exit:0 '' '' $'6 line\nresult' >/dev/null
  job_push "$queue/k1" broken n=welcome
  job_claim "$queue" >/dev/null
  job_close "$queue/k1" dead exit:65 'bad data' $'a\nb' >/dev/null
  job_push "$queue/t1" again
  job_claim "$queue" >/dev/null
  job_close "$queue/t1" fail signal:9 'killed' >/dev/null
  job_push "$queue/x1" running
  job_claim "$queue" >/dev/null
  job_push "$queue/d1" later when=+3600000
  job_push "$queue/r1" one
  job_push "$queue/r2" two priority=5
}

job_ids() {
  redis ZRANGE "jq:{$1}:$2" 0 -1
}

job_sets() {
  local set found=()
  for set in rdy dly rty run "done" dead; do
    [ -z "$(redis ZSCORE "jq:{${1%%/*}}:$set" "${1#*/}")" ] ||
      found+=("$set")
  done
  printf '%s\n' "${found[*]}"
}

job_header() {
  redis HGET "jq:{${1%%/*}}:pay" "${1#*/}" | head -n 1
}

# redis-cli ends its output with a newline that is not the payload's.
job_payload() {
  redis HGET "jq:{${1%%/*}}:pay" "${1#*/}" | tail -n +2 | head -c -1
}

job_token() {
  redis HGET "jq:{${1%%/*}}:job" "${1#*/}" | head -n 1 | cut -d ' ' -f 1
}
