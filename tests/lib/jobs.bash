# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Jobs as they lie in the file's server, and a worker by hand: for tests of
# commands that are not jq-work. Loaded below server.bash:
#
#   load ../lib/jobs
#
#   job_script SCRIPT QUEUE [ARG...]    call a script on a queue
#   job_ids QUEUE SET                   ids in a set (rdy dly rty run done dead)
#   job_states QUEUE ID                 the set(s) that hold the job
#   job_header QUEUE ID                 what was pushed, without the payload
#   job_payload QUEUE ID                the payload, byte for byte
#   job_claim QUEUE                     claim the next job; prints its id
#   job_close QUEUE ID KIND [HOW [REASON [RESULT]]]
#       end it: KIND is done, fail, dead or release; HOW as in exit:1
#   job_kill QUEUE ID [REASON]          claim the next job, which has to be ID,
#                                       and make it dead

job_script() {
  local script=$1 queue=$2 name keys=()
  shift 2
  for name in rdy dly rty run done dead job pay out meta wrk wake min live \
    seen; do
    keys+=("jq:{$queue}:$name")
  done
  redis EVAL "$(cat "$ROOT/build/gen/lua/$script.lua")" 15 "${keys[@]}" "$@"
}

job_ids() {
  redis ZRANGE "jq:{$1}:$2" 0 -1
}

job_states() {
  local set found=()
  for set in rdy dly rty run done dead; do
    [ -z "$(redis ZSCORE "jq:{$1}:$set" "$2")" ] || found+=("$set")
  done
  printf '%s\n' "${found[*]}"
}

job_header() {
  redis HGET "jq:{$1}:pay" "$2" | head -n 1
}

# redis-cli ends its output with a newline that is not the payload's.
job_payload() {
  redis HGET "jq:{$1}:pay" "$2" | tail -n +2 | head -c -1
}

job_claim() {
  job_script claim "$1" tester "${EPOCHREALTIME/[.,]/}" 1 | sed -n 5p
}

job_close() {
  local token
  token=$(redis HGET "jq:{$1}:job" "$2" | head -n 1 | cut -d ' ' -f 1)
  job_script close "$1" "$2" "$token" "$3" 0 5 "${4:-exit:1}" \
    "1 2 3 4 tester ${5:-}"$'\n' "${6:-}"
}

job_kill() {
  [ "$(job_claim "$1")" = "$2" ] &&
    job_close "$1" "$2" dead exit:65 "${3:-}" >/dev/null
}
