# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What became of all jobs, and the verdict.

# The driver's: here dir queues drained descriptors zombies proxy_pid worker_pid.
# shellcheck disable=SC2154,SC2317

# check WHAT NUMBER: passed when it is 0. figure NAME VALUE.
check() {
  printf 'check %s\t%s\n' "$2" "$1" >>"$dir/results"
}
figure() {
  printf 'figure %s\t%s\n' "$2" "$1" >>"$dir/results"
}

# count_all QUEUE…: totals of the arena we are in.
count_all() {
  records "$@"
  : >>tries
  awk -f "$here/count.awk" tries oks records ledger >totals
}

value() {
  awk -v name="$1" '$1 == name {print $2}' totals
}

# check_counts PREFIX: all that must be 0.
check_counts() {
  local prefix=$1
  check "${prefix}jobs were acknowledged and are not there" "$(value lost)"
  check "${prefix}jobs are there that nobody pushed" "$(value unexpected)"
  check "${prefix}jobs are in two places" "$(value twofold)"
  check "${prefix}jobs are left over" "$(value stuck)"
  check "${prefix}jobs are done whose last run no handler ended well" \
    "$(value unworked)"
  check "${prefix}handlers were started twice for one token" \
    "$(value restarted)"
  check "${prefix}handlers were started that no counter explains" \
    "$(value unexplained)"
  check "${prefix}handlers of one job ran at once without a lost lease" \
    "$(value unfenced)"
}

# Ticks of the schedule: each second between the first and the last, once.
ticks_missing() {
  awk '
    match($1, /\/cron:tick:/) {
      s = substr($1, RSTART + RLENGTH)
      print mktime(substr(s, 1, 4) " " substr(s, 5, 2) " " substr(s, 7, 2) \
        " " substr(s, 10, 2) " " substr(s, 12, 2) " " substr(s, 14, 2))
    }' records | sort -n |
    awk 'NR > 1 { gaps += $1 - last - 1 } { last = $1 } END { print gaps + 0 }'
}

# Open descriptors of a worker's engine.
descriptors_of() {
  local e
  e=$(pgrep -P "$1" jq-work | head -n 1)
  find "/proc/$e/fd" -mindepth 1 2>/dev/null | wc -l
}

# Workers that have seen all of it hold no more than a fresh one does.
no_more_descriptors() {
  local n fresh
  fresh=$(descriptors_of "${worker_pid[9]}")
  for n in "${!worker_pid[@]}"; do
    [ "$(descriptors_of "${worker_pid[n]}")" -le "$fresh" ] || return 1
  done
}

# Neither supervisors nor engines have children that nobody collected.
no_zombies() {
  local all
  all=$(
    printf '%s\n' "${worker_pid[@]}"
    for p in "${worker_pid[@]}"; do pgrep -P "$p"; done
  )
  ! ps -eo ppid=,stat= | awk '$2 ~ /^Z/ {print $1}' | grep -qxF "$all"
}

# A process that left its handler's session can get away when both processes
# of its worker are killed at once: nobody is left who could know of it.
escaped() {
  local p
  : >>both-killed
  for p in $(ours ledger-orphan); do
    tr '\0' '\n' <"/proc/$p/environ" | sed -n 's/^JQ_WORKER=//p'
  done >escaped
  grep -cvxFf both-killed escaped
}

account() {
  count_all "${queues[@]}"
  cp totals faults.log ..
  echo
  sort faults.log | uniq -c | awk '{printf "%5d  %s\n", $1, $2}'
  echo
  cat totals
  printf 'faults %s\nkinds %s\nseconds %s\n' "$(wc -l <faults.log)" \
    "$(sort -u faults.log | wc -l)" "$SECONDS"
  printf 'checks of the data on the way %s\n' "$(wc -l <looks)"
  printf 'processes that got away %s\n\n' "$(ours ledger-orphan | wc -l)"
  check_counts ''
  check 'ticks of the schedule are missing' "$(ticks_missing)"
  check 'the schedule did not fire' $(($(value ticks) == 0))
  check 'queues were not worked off' $((1 - drained))
  check 'workers hold descriptors they do not need' "$descriptors"
  check 'zombies are left' "$zombies"
  check 'processes are left' \
    "$(ours ledger jq-work jq-push jq-cron jq-retry jq-ctl | wc -l)"
  check 'processes got away' "$(escaped)"
  jq-stat -u "unix://$PWD/db.sock" --check >final.check
  check 'the data is in disorder' "$(grep -c . final.check)"
  check 'disorder was seen on the way' "$(grep -c . violations)"
  check 'jq-stat did not know what to say' "$(grep -c 'jq-stat ended' said)"
  check 'the proxy did not live to the end' \
    "$proxy_died"
  check 'the server did not live to the end' "$(db_up; echo $?)"
  check 'sanitizers or crashes' \
    "$(cat worker.*.err cron.*.err | grep -cE 'Sanitizer|please report')"
}

# Whoever stands in our directory; this shell does not any more.
left_over() {
  find /proc/[0-9]*/cwd -maxdepth 0 -lname "$dir*" 2>/dev/null | wc -l
}

none_left_over() {
  [ "$(left_over)" = 0 ]
}

# Prints all results; false when a check failed. Everything is over by now.
verdict() {
  local passed failed
  cd / || return
  until_true 10 none_left_over
  check 'processes are left after the end' "$(left_over)"
  awk -F '\t' '
    /^figure/ { sub(/^figure /, "", $1); print $2 ": " $1 }
    /^check/ && $1 != "check 0" { sub(/^check /, "", $1); bad[++n] = $2 ": " $1 }
    END { for (i = 1; i <= n; i++) print "not ok: " bad[i] }' "$dir/results"
  passed=$(grep -c '^check 0	' "$dir/results")
  failed=$(($(grep -c '^check' "$dir/results") - passed))
  [ -z "${TEST_TOTALS:-}" ] || echo "$passed $failed" >>"$TEST_TOTALS"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] || echo "torture: everything is in $dir"
  [ "$failed" -eq 0 ]
}
