# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Completion of the jobq commands for bash. Installed under the name of each.

_jobq_queues() {
  jq-stat -H -F name --connect-timeout 1s 2>/dev/null
}

_jobq_jobs() {
  jq-stat -s "$1" -n 100 -F job --connect-timeout 1s 2>/dev/null
}

_jobq_schedules() {
  jq-cron ls -F schedule --connect-timeout 1s 2>/dev/null
}

# The settings of a queue, each with that text behind it.
_jobq_settings() {
  jq-ctl get --connect-timeout 1s -- "$1" 2>/dev/null |
    awk -v end="$2" 'NR > 1 { print $1 end }'
}

# The fields of what is listed, behind those that stand there already. A wrong
# one is answered with the names of all, and no server is asked.
_jobq_fields() {
  local before='' field kind=()
  case " ${COMP_WORDS[*]} " in
  *' -s '* | *' --state '* | *' -i '* | *' --id '*) kind=(-s all) ;;
  *' --workers '*) kind=(--workers) ;;
  *' --history '*) kind=(--history) ;;
  *' --explain '*) kind=(--explain queue/id) ;;
  *' --follow '*) kind=(--follow) ;;
  esac
  [[ $cur != *,* ]] || before=${cur%,*},
  for field in $(jq-stat -F '?' "${kind[@]}" 2>&1 |
    sed -n 's/.* (it has: \(.*\))$/\1/p'); do
    printf '%s\n' "$before$field"
  done
}

_jobq_options() {
  printf '%s\n' -u --url --url-file --namespace --config --connect-timeout \
    -J --json -q --quiet -v --verbose --color --show-config -h --help -V --version
  case $1 in
  jq-push)
    printf '%s\n' -l --lines -0 --null -r --no-empty -N --name \
      -p --priority -d --delay -a --at -E --expire -t --timeout \
      -m --max-attempts -b --backoff -i --id -M --meta -w --wait \
      --wait-timeout --follow --max-payload --durability --dry-run --frame
    ;;
  jq-work)
    printf '%s\n' -c --command --handlers -I --replace -j --jobs --no-ctl \
      --stream --window --recycle --recycle-memory --batch --batch-wait \
      --frame -0 --null --ids \
      -1 --once -n --limit -W --idle --drain -g --grace -t --timeout \
      -K --kill-after -L --lease --strict-lease -m --max-attempts -b --backoff --dead-on \
      --retry-on --ok-on --halt --max-result --no-result --no-pass --tag \
      --stderr-tail --joblog --on-dead --log-format --worker-name --force --ready-fd
    ;;
  jq-stat)
    printf '%s\n' -s --state -n --limit -i --id --explain --follow --from \
      --queue --workers --empty --check --check-alert -w --wait \
      --wait-timeout -F --fields -H --no-header \
      --prometheus --openmetrics -o --output --scale --within \
      --prometheus --openmetrics -o --output --scale --within \
      --exit --signal --error -N --name --worker --before \
      --history --since --plot --html --watch --interval
    ;;
  jq-retry)
    printf '%s\n' --all --exit --signal --error -N --name --since --before \
      --worker -n --limit -0 --null --queue -d --delay --rate \
      -m --max-attempts --now --to --dry-run --here
    ;;
  jq-cron)
    printf '%s\n' -n --limit --after --tz --name --file --system --check \
      -F --fields -H --no-header --queue --payload --payload-file --with-jobs \
      --from --to --dry-run --ready-fd --durability
    ;;
  jq-ctl)
    printf '%s\n' --reason --to --all -s --state -f --force --queue --repair
    ;;
  esac
}

# Words for the value of an option; fails when it has none we know.
_jobq_value() {
  case $1:$2 in
  *:--color) echo auto always never ;;
  jq-ctl:--state | jq-ctl:-s) echo ready running delayed retry dead all ;;
  *:--state | *:-s) echo ready running delayed retry dead 'done' all ;;
  jq-cron:--to) return 1 ;;
  *:--queue | *:--to) _jobq_queues ;;
  jq-stat:-F | jq-stat:--fields) _jobq_fields ;;
  jq-work:--log-format) echo text json ;;
  jq-push:--durability | jq-cron:--durability) echo memory fsync replicas:1 ;;
  jq-work:-j | jq-work:--jobs) echo auto 1 2 4 8 ;;
  *:-b | *:--backoff) echo exp:5s,1h fixed:30s list:10s,1m,10m ;;
  *) return 1 ;;
  esac
}

_jobq_operands() {
  case $1 in
  jq-cron)
    case " ${COMP_WORDS[*]} " in
    *' ls '*) _jobq_queues ;;
    *' show '* | *' history '* | *' rm '* | *' pause '* | *' resume '* | \
      *' run '* | *' backfill '* | *' set '*)
      _jobq_schedules
      ;;
    # files
    *' next '* | *' check '* | *' import '* | *' serve '* | *' sync '*) ;;
    *)
      echo serve next check import sync ls show history set rm pause resume \
        run backfill
      ;;
    esac
    ;;
  jq-ctl)
    case " ${COMP_WORDS[*]:1:COMP_CWORD-1} " in
    ' set '?*) _jobq_settings "${COMP_WORDS[2]}" = ;;
    ' get '?*) _jobq_settings "${COMP_WORDS[2]}" '' ;;
    *' pause '* | *' resume '* | *' set '* | *' get '* | *' check '* | \
      *' export '* | *' prune '*)
      _jobq_queues
      ;;
    *' cancel '*) _jobq_jobs running ;;
    *' move '*) _jobq_jobs ready ;;
    *' drop '*) _jobq_jobs dead ;;
    *' server '*) echo status stop url ;;
    *' config '*) echo jq-push jq-work jq-stat jq-retry jq-cron jq-ctl ;;
    *) echo ping pause resume cancel drop move set get check prune export import \
      config server ;;
    esac
    ;;
  jq-retry) _jobq_jobs dead ;;
  *) _jobq_queues ;;
  esac
}

_jobq() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev='' words
  [ "$COMP_CWORD" -lt 1 ] || prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  if words=$(_jobq_value "${1##*/}" "$prev"); then
    :
  else
    case $prev in
    --url-file | --config | --handlers | --joblog | --file | --payload-file)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    esac
    case $cur in
    -*) words=$(_jobq_options "${1##*/}") ;;
    *) words=$(_jobq_operands "${1##*/}") ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  # the value of a setting comes next
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null || true
  case ${1##*/} in
  jq-work | jq-cron)
    # the command, or the schedule file
    [ "${#COMPREPLY[@]}" -gt 0 ] ||
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    ;;
  esac
}

complete -F _jobq jq-push jq-work jq-stat jq-retry jq-cron jq-ctl
