# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What became of all jobs: the ledger of the handlers and the list of what was
# acknowledged, held against the records in Redis.

# The driver's: dir queues drained proxy_pid.
# shellcheck disable=SC2154,SC2317

passed=0 failed=0
check() {
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "not ok: $1: $2"
  fi
}

# JOB STATE ATTEMPTS LOSSES RELEASES DELIVERIES RETRIES, a line each.
records() {
  local q
  for q in "${queues[@]}"; do
    jq-stat -u "unix://$dir/db.sock" -s all \
      -F job,state,attempts,losses,releases,deliveries,retries "$q"
  done >records
}

# lost, doubled … as «name number» lines; the jobs in question in *.list.
count() {
  awk '
    FILENAME == "records" {
      state[$1] = $2; deliveries[$1] = $6; losses[$1] = $4
      charged[$1] = $3 + $4 + $5 + $7; retries[$1] = $7
      n[$2]++
      next
    }
    FILENAME == "oks" { acked[$1] = 1; next }
    $1 == "start" {
      starts[$2]++; all_starts++
      begin[$2, $3] = $5
      # runs of one job one after the other: the fences rise
      if (!($2 in seen)) { seen[$2] = $3 } else { seen[$2] = seen[$2] " " $3 }
      next
    }
    $1 == "end" {
      stop[$2, $3] = $5
      if ($4 == 0) well[$2]++
    }
    END {
      for (job in acked) {
        acknowledged++
        if (!(job in state)) { lost++; print job > "lost.list" }
        else if (state[job] != "done" && state[job] != "dead") {
          stuck++; print job, state[job] > "stuck.list"
        }
      }
      for (job in state) if (state[job] == "done" && !well[job]) {
        unworked++; print job > "unworked.list"
      }
      for (job in starts) {
        jobs_started++
        over = starts[job] - deliveries[job]
        if (!(job in state)) over = starts[job]
        if (over > 0) {
          unexplained += over
          print job, starts[job], deliveries[job] > "unexplained.list"
        }
        if (starts[job] > 1) doubled += starts[job] - 1
        m = split(seen[job], f, " ")
        for (i = 1; i < m; i++) for (j = i + 1; j <= m; j++) {
          first = f[i]; second = f[j]
          if (begin[job, first] > begin[job, second]) {
            t = first; first = second; second = t
          }
          if (!((job, first) in stop) ||
            stop[job, first] <= begin[job, second]) continue
          overlaps++
          if (losses[job] > 0 || retries[job] > 0) continue
          unfenced++
          print job > "unfenced.list"
        }
      }
      printf "acknowledged %d\n", acknowledged
      printf "done %d\ndead %d\n", n["done"], n["dead"]
      printf "starts %d\ndoubled %d\n", all_starts, doubled
      printf "lost %d\nunexplained %d\nunworked %d\n", lost, unexplained, unworked
      printf "overlaps %d\nunfenced %d\nstuck %d\n", overlaps, unfenced, stuck
    }' records oks ledger
}

value() {
  awk -v name="$1" '$1 == name {print $2}' totals
}

# Ticks of the schedule: each second between the first and the last, once.
ticks() {
  awk -F '[:\t]' '$1 ~ /^a\/cron$/ {print $3}' records | sort >ticks.list
  awk '{
      gsub(/[-:TZ]/, " ")
      t = mktime(substr($0, 1, 4) " " substr($0, 5, 2) " " substr($0, 7, 2) \
        " " substr($0, 10, 2) " " substr($0, 12, 2) " " substr($0, 14, 2))
      if (NR > 1 && t != last + 1) gaps += t - last - 1
      last = t
    }
    END { print gaps + 0 }' ticks.list
}

# Those that nobody ended and nobody collects.
left_behind() {
  ours "$1" | wc -l
}

# A process that left its handler's session can get away when both processes
# of its worker are killed at once: nobody is left who could know of it.
escaped() {
  if grep -q kill_both faults; then echo 0; else left_behind ledger-orphan; fi
}

account() {
  records
  count >totals
  echo
  sort faults | uniq -c | awk '{printf "%5d  %s\n", $1, $2}'
  echo
  cat totals
  echo "faults $(wc -l <faults) of $(sort -u faults | wc -l) kinds"
  echo "seconds $SECONDS"
  check 'jobs were acknowledged and are not there' "$(value lost)"
  check 'handlers were started that no counter explains' "$(value unexplained)"
  check 'jobs are done that no handler ended well' "$(value unworked)"
  check 'handlers of one job ran at once without a lost lease' "$(value unfenced)"
  check 'jobs are left over' "$(value stuck)"
  check 'queues were not worked off' $((1 - drained))
  echo "escaped $(left_behind ledger-orphan)"
  check 'processes are left' "$(left_behind 'ledger|jq-work|jq-push|jq-cron')"
  check 'processes got away' "$(escaped)"
  jq-stat -u "unix://$dir/db.sock" --check >final.check
  check 'the data is in disorder' "$(grep -c . final.check)"
  : >>violations
  check 'disorder was seen on the way' "$(grep -c . violations)"
  check 'jq-stat did not know what to say' "$(grep -c 'jq-stat ended' said)"
  check 'the proxy did not live to the end' \
    "$(kill -0 "$proxy_pid" 2>/dev/null; echo $?)"
  check 'sanitizers or crashes' \
    "$(cat worker.*.err cron.*.err | grep -cE 'Sanitizer|please report')"
  [ -z "${TEST_TOTALS:-}" ] || echo "$passed $failed" >>"$TEST_TOTALS"
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] || echo "torture: everything is in $dir"
  [ "$failed" -eq 0 ]
}
