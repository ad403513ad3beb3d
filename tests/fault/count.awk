# SPDX-License-Identifier: ISC
#
# Holds what was tried and acknowledged, what handlers wrote down and what the
# server's records say against each other:
#
#   awk -f count.awk tries oks records ledger
#
# Prints «name number» lines; the jobs in question go to NAME.list. Times are
# not compared, tokens are: FENCE is the number in them.

function blame(name, job) {
  n[name]++
  print job > (name ".list")
}

FILENAME == "tries" { tried[$1] = 1; next }
FILENAME == "oks" { acked[$1] = 1; next }
FILENAME == "records" {
  job = $1
  if (job in state) blame("twofold", job)
  state[job] = $2
  closed[job] = $3
  losses[job] = $5
  explained[job] = $4 + $5 + $6 + ($2 == "done" || $2 == "run")
  n["again"] += $4 + $5 + $6
  n[$2]++
  next
}
$1 == "start" {
  n["starts"]++
  starts[$2]++
  # one token is one start
  if (($2, $3) in started) blame("restarted", $2 " " $3)
  started[$2, $3] = 1
}
$1 == "end" && $4 == 0 { well[$2, $3] = 1 }
$1 == "overlap" { n["overlaps"]++; overlaps[$2]++ }

END {
  for (job in acked) {
    n["acknowledged"]++
    if (!(job in state)) blame("lost", job)
  }
  for (job in state) {
    cron = job ~ /\/cron:/
    if (state[job] != "done" && state[job] != "dead")
      blame("stuck", job " " state[job])
    if (state[job] == "done" && !((job, closed[job]) in well))
      blame("unworked", job)
    if (cron) n["ticks"]++
    else if (!(job in tried)) blame("unexpected", job)
    else if (!(job in acked)) n["recovered"]++
  }
  for (job in starts) {
    n["doubled"] += starts[job] - 1
    if (starts[job] > explained[job])
      blame("unexplained", job " " starts[job] " " explained[job] + 0)
    # two at once: the lease of the first was lost before
    if (overlaps[job] > losses[job])
      blame("unfenced", job " " overlaps[job] " " losses[job] + 0)
  }
  words = "acknowledged recovered ticks done dead starts doubled again overlaps " \
    "lost unexpected twofold stuck unworked restarted unexplained unfenced"
  m = split(words, word, " ")
  for (i = 1; i <= m; i++) printf "%s %d\n", word[i], n[word[i]]
}
