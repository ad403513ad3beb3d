#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work: many idle workers, woken one at a time.

load ../lib/server

all_wait() {
  redis INFO clients | grep -q "^blocked_clients:$1"$'\r'
}

calls() {
  redis INFO commandstats | sed -n "s/^cmdstat_$1:calls=\([0-9]*\),.*/\1/p"
}

is_done() {
  [ "$(jq-stat -F done q)" = "$1" ]
}

@test "a push wakes one of thirty idle workers, and no other asks" {
  local i
  for i in {1..30}; do
    spawn "worker$i" jq-work -q q true
  done
  wait_until 20 all_wait 30
  redis CONFIG RESETSTAT >/dev/null
  jq-push -q q x
  wait_until 5 is_done 1
  wait_until 5 all_wait 30
  # who was woken waits again; some may have had their look of every five seconds
  assert [ "$(calls blpop)" -ge 1 ]
  assert [ "$(calls blpop)" -le 10 ]
}
