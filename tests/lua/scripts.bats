#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Each script called directly, also with states that no command of ours makes.

load ../lib/server

# call SCRIPT [ARG...]: as the commands do, with every key of queue q.
call() {
  local script=$1 name keys=()
  shift
  for name in rdy dly rty run done dead job pay out meta wrk wake min live \
    seen events; do
    keys+=("jq:{q}:$name")
  done
  redis EVAL "$(<"$ROOT/build/gen/lua/$script.lua")" 16 "${keys[@]}" "$@"
}

# push ID [PRIORITY [WHEN [EXPIRE [OPTIONS]]]]: the payload is «payload of ID»
push() {
  call push epoch "$1" "digest-$1" "${2:-0}" "${3:-0}" "${4:-0}" "${5:-}" \
    "payload of $1"
}

# claim WORKER REQUEST [N]: the ids that came, one per line
claim() {
  call claim "$1" "$2" "${3:-1}" | sed -n '8~5p'
}

# A request number above all before it.
next_request() {
  printf '%s\n' "${EPOCHREALTIME/[.,]/}"
}

# Word N of a job's record line; 1 is the token.
record() {
  redis HGET 'jq:{q}:job' "$1" | head -n 1 | cut -d ' ' -f "$2"
}

# close_as ID KIND [DELAY [LIMIT [HOW [REASON [RESULT]]]]]
close_as() {
  call close "$1" "$(record "$1" 1)" "$2" "${3:-0}" "${4:-5}" "${5:-exit:1}" \
    "1 2 3 4 me ${6:-}"$'\n'"the tail" "${7:-}"
}

# of_sets COMMAND ARG…: what it says of each set, in one go
of_sets() {
  local set
  for set in rdy dly rty run 'done' dead; do
    printf '%s "jq:{q}:%s" %s\n' "$1" "$set" "${*:2}"
  done | redis
}

state() {
  local names=(rdy dly rty run 'done' dead) score
  while read -r score; do
    [ -z "$score" ] || printf '%s ' "${names[0]}"
    names=("${names[@]:1}")
  done < <(of_sets ZSCORE "$1")
}

meta() {
  redis HGET 'jq:{q}:meta' "$1"
}

# A counter that nobody touched yet is 0.
counter() {
  local n
  n=$(meta "$1")
  printf '%s\n' "${n:-0}"
}

ids() {
  redis ZRANGE "jq:{q}:$1" 0 -1 | paste -sd ' '
}

# Make the lease of a job run out now.
expire_lease() {
  redis ZADD 'jq:{q}:run' 1 "$1" >/dev/null
}

# What must hold after every script, whatever was done before it.
assert_sound() {
  local sum n
  sum=$(($(of_sets ZCARD | paste -sd +)))
  n=$(($(counter pushed) - $(counter trimmed_done) - $(counter trimmed_dead)))
  assert_equal "$sum" "$n"
  n=$((sum - $(redis ZCARD 'jq:{q}:done')))
  assert_equal "$(redis HLEN 'jq:{q}:pay')" "$n"
  n=$(($(counter completed) + $(counter deleted) - $(counter trimmed_done)))
  assert_equal "$(redis ZCARD 'jq:{q}:done')" "$n"
  n=$(($(counter dead_in) - $(counter retried) - $(counter deleted_dead) - \
    $(counter trimmed_dead)))
  assert_equal "$(redis ZCARD 'jq:{q}:dead')" "$n"
  [ "$(redis LLEN 'jq:{q}:wake')" -le 16 ]
}

@test "push: stored once, the same again is DUP, another payload CONFLICT" {
  run -0 push a
  assert_output $'OK\nOK'
  run -0 push a
  assert_output $'OK\nDUP'
  run -0 call push epoch a other-digest 0 0 0 '' other
  assert_output $'OK\nCONFLICT'
  assert_equal "$(redis HGET 'jq:{q}:pay' a | tail -n 1)" 'payload of a'
  assert_equal "$(meta pushed) $(meta dup)" '1 2'
  assert_sound
}

@test "push: many in one call, each with its own verdict" {
  push a
  run -0 call push epoch a digest-a 0 0 0 '' 'payload of a' \
    b digest-b 0 0 0 '' B c digest-c 0 +60000 0 '' C
  assert_output $'OK\nDUP\nOK\nOK'
  assert_equal "$(ids rdy)" 'a b'
  assert_equal "$(ids dly)" 'c'
  assert_sound
}

@test "push: a malformed call writes nothing" {
  run -0 call push epoch a digest x 0 0 '' payload
  assert_output MALFORMED
  run -0 call push epoch a digest 0 tomorrow 0 '' payload
  assert_output MALFORMED
  run -0 call push epoch a digest 0 0 0 ''
  assert_output MALFORMED
  assert_equal "$(redis DBSIZE)" 0
}

@test "push: at the limit the rest is FULL, a repeat is still DUP" {
  call configure max_len 2
  run -0 call push epoch a d 0 0 0 '' A b d 0 +9000 0 '' B c d 0 0 0 '' C
  assert_output $'OK\nOK\nOK\nFULL'
  run -0 call push epoch a d 0 0 0 '' A
  assert_output $'OK\nDUP'
  assert_sound
}

@test "push: the header holds time, expiry, size and options" {
  push a 5 0 60000 ' p=5 m=2'
  run -0 redis HGET 'jq:{q}:pay' a
  assert_line --index 0 --regexp \
    '^1 [0-9]{13} [0-9]{13} 12 digest-a p=5 m=2$'
}

@test "push is refused at maxmemory, closing is not" {
  push a
  claim W 1
  redis CONFIG SET maxmemory 1 >/dev/null
  run push b
  assert_failure
  assert_output --partial OOM
  run -0 close_as a done
  redis CONFIG SET maxmemory 0 >/dev/null
  assert_equal "$(state a)" 'done '
  assert_equal "$(state b)" ''
  assert_sound
}

@test "claim: higher priority first, first come first served inside one" {
  push low -9
  push one
  push two
  push high 9
  run -0 claim W 1 10
  assert_output $'high\none\ntwo\nlow'
  assert_sound
}

@test "claim: the same request again gives the same jobs and tokens" {
  push a
  push b
  first=$(call claim W 1 2 | tail -n +8)
  second=$(call claim W 1 2 | tail -n +8)
  assert_equal "$second" "$first"
  assert_equal "$(call claim W 1 2 | head -n 1)" SAME
  assert_equal "$(record a 5)" 1
  # a job that was closed meanwhile is not handed out again
  close_as a done
  assert_equal "$(claim W 1 2)" b
}

@test "claim: an older request and a closed worker get nothing" {
  push a
  call claim W 5 0 >/dev/null
  run -0 call claim W 4 1
  assert_line --index 0 STALE
  call beat W closed >/dev/null
  run -0 call claim W 6 1
  assert_line --index 0 STALE
  assert_equal "$(state a)" 'rdy '
}

@test "claim: tokens rise and carry the worker" {
  push a
  push b
  claim one 1 >/dev/null
  claim two 1 >/dev/null
  a=$(record a 1) b=$(record b 1)
  assert_equal "${a#*.} ${b#*.}" 'one two'
  [ "${b%.*}" -gt "${a%.*}" ]
  assert_equal "$(meta fence)" "${b%.*}"
}

@test "claim: fences rise even when the server's clock goes back" {
  push a
  claim W 1 >/dev/null
  redis HSET 'jq:{q}:meta' fence 9000000000000000 >/dev/null
  push b
  claim W 2 >/dev/null
  assert_equal "$(record b 1)" 9000000000000001.W
}

@test "claim: a paused queue gives nothing until it is resumed" {
  push a
  call configure paused 'deploy, me@here'
  run -0 call claim W 1 1
  assert_line --index 0 PAUSED
  assert_regex "$(meta paused)" '^[0-9]{13} deploy, me@here$'
  call configure paused 'again'
  assert_regex "$(meta paused)" 'deploy'
  redis DEL 'jq:{q}:wake' >/dev/null
  call configure paused ''
  assert_equal "$(redis LLEN 'jq:{q}:wake')" 1
  assert_equal "$(claim W 2)" a
}

claims_b() {
  [ "$(claim W "$(next_request)")" = b ]
}

@test "claim: a job that expired is dead, not run" {
  push a 0 0 1
  redis HGET 'jq:{q}:pay' a | sed '1s/^\(1 [0-9]*\) [0-9]*/\1 1/' >expired
  redis -x HSET 'jq:{q}:pay' a <expired
  push b
  wait_until 5 claims_b
  assert_equal "$(state a)" 'dead '
  assert_equal "$(meta expired)" 1
  assert_sound
}

@test "claim: an id without payload is counted and dropped" {
  push a
  redis ZADD 'jq:{q}:rdy' 1 ghost >/dev/null
  assert_equal "$(claim W 1 10)" a
  assert_equal "$(meta orphan)" 1
  assert_equal "$(state ghost)" ''
}

@test "claim: large payloads come few at a time" {
  head -c 200000 /dev/zero | tr '\0' x >big
  for id in a b c; do
    push $id
    { printf '1 1 0 200000 d\n' && cat big; } |
      redis -x HSET 'jq:{q}:pay' $id >/dev/null
  done
  run -0 claim W 1 10
  assert_output a
}

@test "close done: tombstone stays, payload goes, push again is DUP" {
  push a
  claim W 1 >/dev/null
  token=$(record a 1)
  run -0 close_as a done 0 5 exit:0 '' $'6 \nresult'
  assert_output $'OK\nOK'
  assert_equal "$(state a)" 'done '
  assert_equal "$(redis HEXISTS 'jq:{q}:pay' a)" 0
  assert_equal "$(redis HGET 'jq:{q}:out' a)" $'6 \nresult'
  run -0 call close a "$token" done 0 5 exit:0 '' ''
  assert_output $'OK\nDUP'
  run -0 push a
  assert_output $'OK\nDUP'
  assert_sound
}

@test "close: a foreign token is LOST, an unknown job GONE, nothing changes" {
  push a
  claim W 1 >/dev/null
  run -0 call close a 1.other done 0 5 exit:0 '' '' b 1.W done 0 5 exit:0 '' ''
  assert_output $'OK\nLOST\nGONE'
  assert_equal "$(state a)" 'run '
  assert_sound
}

@test "close: a late close cannot touch the next lease" {
  push a
  claim W 1 >/dev/null
  token=$(record a 1)
  expire_lease a
  assert_equal "$(claim V 1)" a
  run -0 call close a "$token" done 0 5 exit:0 '' ''
  assert_output $'OK\nLOST'
  assert_equal "$(state a)" 'run '
  run -0 close_as a done
  assert_output $'OK\nOK'
}

# close_and_claim ID REQUEST N: as worker W
close_and_claim() {
  call close "$1" "$token" done 0 5 exit:0 '' '' W "$2" "$3"
}

@test "close and claim: the next jobs come with the answer, again and again the same" {
  push a
  push b
  push c
  claim W 1 >/dev/null
  token=$(record a 1)
  run -0 close_and_claim a 2 1
  assert_line --index 0 OK
  assert_line --index 1 OK
  assert_line --index 2 OK
  assert_line --index 9 b
  assert_equal "$(state a) $(state b) $(state c)" 'done  run  rdy '
  # the answer was lost
  run -0 close_and_claim a 2 1
  assert_line --index 1 DUP
  assert_line --index 2 SAME
  assert_line --index 9 b
  assert_line --index 10 "$(record b 1)"
  # a late copy of it
  claim W 3 >/dev/null
  run -0 close_and_claim a 2 1
  assert_line --index 2 STALE
  assert_equal "$(meta claimed) $(meta completed)" '3 1'
  assert_sound
}

@test "close and claim: what became due waits for the housekeeping, at most 10 ms" {
  push a
  push later 9 +60000
  claim W 1 >/dev/null
  token=$(record a 1)
  redis ZADD 'jq:{q}:dly' 1.0 later >/dev/null
  # there is nothing else to give
  run -0 close_and_claim a 2 1
  assert_line --index 9 later
  push b
  push latest 9 +60000
  redis ZADD 'jq:{q}:dly' 1.0 latest >/dev/null
  token=$(record later 1)
  redis HSET 'jq:{q}:meta' tick "$(($(date +%s%3N) - 11))" >/dev/null
  run -0 close_and_claim later 3 1
  assert_line --index 9 latest
  # a clock that goes back keeps nothing from its turn
  push even-later 9 +60000
  redis ZADD 'jq:{q}:dly' 1.0 even-later >/dev/null
  token=$(record latest 1)
  redis HSET 'jq:{q}:meta' tick "$(($(date +%s%3N) + 60000))" >/dev/null
  run -0 close_and_claim latest 4 1
  assert_line --index 9 even-later
  assert_sound
}

@test "push: an id twice in one call is one job, or a conflict" {
  run -0 call push e a d 0 0 0 '' x a d 0 0 0 '' x a other 0 0 0 '' y b d 0 0 0 '' x
  assert_output $'OK\nOK\nDUP\nCONFLICT\nOK'
  assert_equal "$(redis ZCARD 'jq:{q}:rdy') $(meta pushed) $(meta dup)" '2 2 2'
  assert_sound
}

@test "close fail: waits its delay, and is dead at the limit" {
  push a 3
  claim W 1 >/dev/null
  close_as a fail 100000 2 exit:3 'went wrong'
  assert_equal "$(state a)" 'rty '
  assert_equal "$(record a 6)" 1
  redis ZADD 'jq:{q}:rty' 1.1875 a >/dev/null
  assert_equal "$(claim W 2)" a
  close_as a fail 100000 2 exit:4 'went wrong again'
  assert_equal "$(state a)" 'dead '
  assert_regex "$(redis HGET 'jq:{q}:job' a | head -n 1)" \
    ' exit:4 went wrong again$'
  assert_equal "$(meta failed) $(meta dead_in)" '2 1'
  assert_equal "$(redis HGET 'jq:{q}:pay' a | tail -n 1)" 'payload of a'
  assert_sound
}

@test "close dead: for good at the first attempt" {
  push a
  claim W 1 >/dev/null
  close_as a dead 0 5 exit:65 'bad data'
  assert_equal "$(state a)" 'dead '
  assert_equal "$(record a 6)" 1
  assert_sound
}

@test "close release: to the front, no attempt charged" {
  push a
  push b
  claim W 1 >/dev/null
  close_as a release 0 5 released
  assert_equal "$(record a 6) $(record a 8)" '0 1'
  run -0 claim W 2 10
  assert_output $'a\nb'
  assert_sound
}

@test "close release with a delay: deferred, and dead beyond the limit" {
  call configure max_releases 2
  push a
  for request in 1 2 3; do
    assert_equal "$(claim W $request)" a
    close_as a release 50000 5 released
    [ $request = 3 ] || assert_equal "$(state a)" 'dly '
    redis ZADD 'jq:{q}:dly' XX 1.28125 a >/dev/null
  done
  assert_equal "$(state a)" 'dead '
  assert_sound
}

@test "the history keeps ten attempts, in order" {
  push a
  for request in 1 2 3 4 5 6 7 8 9 10 11 12; do
    claim W $request >/dev/null
    close_as a fail 0 99 exit:$request
    redis ZADD 'jq:{q}:rty' XX 1.28125 a >/dev/null
  done
  run -0 redis HGET 'jq:{q}:job' a
  assert_equal "$(grep -c '^the tail' <<<"$output")" 10
  assert_line --index 2 --regexp '^[0-9]+:[0-9]{13} [0-9]+ exit:3 1 2 3 4 me $'
}

@test "recover: the first loss runs again at once and in its old place" {
  push a
  push b
  claim W 1 >/dev/null
  expire_lease a
  run -0 claim V 1 10
  assert_output $'a\nb'
  assert_equal "$(record a 7) $(record a 6)" '1 0'
  assert_equal "$(meta lost)" 1
  assert_sound
}

@test "recover: later losses wait, too many are poison" {
  push a
  for loss in 1 2 3; do
    assert_equal "$(claim W $loss)" a
    expire_lease a
    call claim H $loss 0 >/dev/null
    [ $loss = 1 ] || {
      assert_equal "$(state a)" 'rty '
      redis ZADD 'jq:{q}:rty' 1.28125 a >/dev/null
    }
  done
  assert_equal "$(claim W 4)" a
  expire_lease a
  call claim H 4 0 >/dev/null
  assert_equal "$(state a)" 'dead '
  assert_regex "$(redis HGET 'jq:{q}:job' a | head -n 1)" 'lost poison: '
  assert_sound
}

@test "claim: one that waited is no proof that anybody reaches the server" {
  call beat W x >/dev/null
  redis HSET 'jq:{q}:meta' beat 1000 hold 0 >/dev/null
  push a
  call claim W 1 1 waited >/dev/null
  assert_equal "$(state a)" 'run '
  assert_equal "$(redis HGET 'jq:{q}:meta' beat)" 1000
  # but it sees that nobody has
  assert [ "$(redis HGET 'jq:{q}:meta' hold)" -gt 1000 ]
  call claim W 2 1 >/dev/null
  assert [ "$(redis HGET 'jq:{q}:meta' beat)" -gt 1000 ]
}

@test "recover: after an outage nobody's lease is taken for one lease time" {
  push a
  claim W 1 >/dev/null
  expire_lease a
  redis HSET 'jq:{q}:meta' beat "$(($(date +%s) * 1000 - 60000))" >/dev/null
  # the first caller after the gap may be a beat of somebody else
  call beat V info >/dev/null
  call claim V 1 1 >/dev/null
  assert_equal "$(state a)" 'run '
  run -0 call beat W '' a "$(record a 1)" ''
  assert_line --index 5 ok
  # the grace ends
  expire_lease a
  redis HSET 'jq:{q}:meta' hold 1 >/dev/null
  assert_equal "$(claim V 2)" a
}

@test "recover: a lease given by a clock ahead is brought back" {
  push a
  claim W 1 >/dev/null
  # an hour ahead, or much more
  local ahead
  for ahead in $((($(date +%s) + 3600) * 1000)) 9000000000000; do
    redis ZADD 'jq:{q}:run' "$ahead" a >/dev/null
    call claim V "$(next_request)" 0 >/dev/null
    [ "$(redis ZSCORE 'jq:{q}:run' a)" -lt $((($(date +%s) + 20) * 1000)) ]
  done
}

@test "recover: a lease from before it was made shorter stays" {
  call configure lease 3600000 >/dev/null
  push a
  claim W 1 >/dev/null
  call configure lease 6000 >/dev/null
  local until
  until=$(redis ZSCORE 'jq:{q}:run' a)
  call claim V 1 0 >/dev/null
  assert_equal "$(redis ZSCORE 'jq:{q}:run' a)" "$until"
}

@test "after a jump of the clock no worker is forgotten at once" {
  call beat W 'me h 1 1 1 1 0 0 v run' >/dev/null
  redis ZADD 'jq:{q}:seen' 1000 W >/dev/null
  redis HSET 'jq:{q}:meta' beat "$((($(date +%s) - 3600) * 1000))" >/dev/null
  call claim V 1 0 >/dev/null
  assert_equal "$(redis ZSCORE 'jq:{q}:seen' W)" 1000
  # but when the grace is over it is
  redis HSET 'jq:{q}:meta' hold 1000 >/dev/null
  call claim V 2 0 >/dev/null
  assert_equal "$(redis ZSCORE 'jq:{q}:seen' W)" ''
}

@test "claim and beat: the history grows with each push and claim" {
  push a
  push b
  # a claim is in its own answer, and in that of its repetition
  run -0 call claim W 1 1
  assert_line --index 4 3
  run -0 call claim W 1 1
  assert_line --index 4 3
  run -0 call claim V 1 0
  assert_line --index 4 3
  close_as a done
  run -0 call beat W ''
  assert_line --index 3 3
}

@test "claim and beat: a worker hears which claim of its the server knew last" {
  push a
  run -0 call claim W 7 1
  assert_line --index 5 0
  run -0 call beat W ''
  assert_line --index 4 7
  run -0 call claim W 9 1
  assert_line --index 5 7
  run -0 call beat V ''
  assert_line --index 4 0
}

@test "beat: renews what is held, names what is lost" {
  push a
  claim W 1 >/dev/null
  redis ZADD 'jq:{q}:run' 1 a >/dev/null
  run -0 call beat W 'me h 1 1 1 1 0 0 v run' a "$(record a 1)" 'news' b 1.W ''
  assert_line --index 0 OK
  assert_line --index 3 2
  assert_line --index 5 ok
  assert_line --index 6 lost
  [ "$(redis ZSCORE 'jq:{q}:run' a)" -gt 1000 ]
  assert_equal "$(redis HGET 'jq:{q}:live' a)" news
  close_as a done
  assert_equal "$(redis HEXISTS 'jq:{q}:live' a)" 0
}

@test "promote: due jobs become ready with their priority" {
  push low -1 +60000
  push high 1 +60000
  push now
  redis ZADD 'jq:{q}:dly' 1.3125 low 1.25 high >/dev/null
  run -0 claim W 1 10
  assert_output $'high\nnow\nlow'
}

@test "a delayed job that is due first moves the idle workers' alarm" {
  push later 0 +60000
  redis DEL 'jq:{q}:wake' >/dev/null
  push latest 0 +90000
  assert_equal "$(redis LLEN 'jq:{q}:wake')" 0
  push sooner 0 +30000
  assert_equal "$(redis LLEN 'jq:{q}:wake')" 1
  next=$(call claim W 1 1 | sed -n 2p)
  [ "$next" -le 30000 ]
}

@test "hints: one for each job, never more than sixteen" {
  for n in $(seq 20); do push "j$n" >/dev/null; done
  assert_equal "$(redis LLEN 'jq:{q}:wake')" 16
  redis DEL 'jq:{q}:wake' >/dev/null
  # whoever leaves something behind wakes the next
  claim W 1 5 >/dev/null
  assert_equal "$(redis LLEN 'jq:{q}:wake')" 1
}

@test "trim: by number, by age, by bytes; tombstones and results go" {
  call configure keep_done_jobs 3
  for n in 1 2 3 4 5 6; do
    push "j$n" >/dev/null
    claim W "$n" >/dev/null
    close_as "j$n" done 0 5 exit:0 '' $'1 \nx' >/dev/null
  done
  assert_equal "$(ids done)" 'j4 j5 j6'
  assert_equal "$(redis HLEN 'jq:{q}:out') $(redis HLEN 'jq:{q}:job')" '3 3'
  assert_sound
  call configure keep_done_jobs '' keep_done_bytes 1
  call claim W 7 0 >/dev/null
  assert_equal "$(ids done)" ''
  assert_equal "$(meta done_bytes)" 0
  assert_sound
}

@test "trim: the dead go too, after their own time" {
  push a
  claim W 1 >/dev/null
  close_as a dead
  redis ZADD 'jq:{q}:dead' 1 a >/dev/null
  call claim W 2 0 >/dev/null
  assert_equal "$(state a)" ''
  assert_equal "$(meta dead_bytes) $(meta trimmed_dead)" '0 1'
  assert_sound
}

@test "remove cancel: waiting jobs are dead, running ones are told" {
  push r
  push d 0 +60000
  claim W 1 >/dev/null
  push s
  run -0 call remove cancel 'by me' r d s none
  assert_output $'OK\nASKED\nOK\nOK\nGONE'
  assert_equal "$(state d)$(state s)$(state r)" 'dead dead run '
  run -0 call beat W '' r "$(record r 1)" ''
  assert_line --index 5 cancel
  close_as r fail 1000 5 cancelled
  assert_equal "$(state r)" 'dead '
  run -0 call remove cancel 'by me' r
  assert_output $'OK\ndead'
  assert_sound
}

@test "remove drop: deleted with a tombstone, whatever the state" {
  push r
  claim W 1 >/dev/null
  push a
  push d
  call remove cancel why d
  run -0 call remove drop why r a d
  assert_output $'OK\nASKED\nOK\nOK'
  close_as r release
  assert_equal "$(state r)$(state a)$(state d)" 'done done done '
  run -0 push a
  assert_output $'OK\nDUP'
  assert_equal "$(meta deleted) $(meta deleted_dead)" '3 1'
  assert_equal "$(meta dead_bytes)" 0
  assert_sound
}

@test "a cancelled job whose worker vanished is dead, not run again" {
  push a
  claim W 1 >/dev/null
  call remove cancel why a
  expire_lease a
  call claim V 1 1 >/dev/null
  assert_equal "$(state a)" 'dead '
  assert_sound
}

@test "a dropped job whose worker vanished is deleted" {
  push a
  claim W 1 >/dev/null
  call remove drop why a
  expire_lease a
  call claim V 1 1 >/dev/null
  assert_equal "$(state a)" 'done '
  assert_sound
}

@test "retry: dead jobs run again with counters at zero and totals kept" {
  push a 4 0 0 ' p=4'
  claim W 1 >/dev/null
  close_as a fail 0 1
  push b
  run -0 call retry 0 0 '' 0 a b none
  assert_output $'OK\nOK\nready\nGONE'
  assert_equal "$(record a 6) $(record a 10) $(record a 13)" '0 1 1'
  run -0 claim W 2 10
  assert_output $'a\nb'
  assert_equal "$(meta dead_bytes)" 0
  assert_sound
}

@test "retry of those that wait in back-off, when it is asked for" {
  push a 2
  claim W 1 >/dev/null
  close_as a fail 60000 5
  assert_equal "$(state a)" 'rty '
  run -0 call retry 0 0 '' 0 a
  assert_output $'OK\nretry'
  run -0 call retry 0 0 waiting 0 a
  assert_output $'OK\nOK'
  assert_equal "$(state a)$(record a 6) $(record a 10)" 'rdy 0 1'
  assert_equal "$(counter retried)" 0
  assert_sound
}

@test "retry with another limit of attempts: in the envelope and the record" {
  push a 0 0 0 ' p=3 m=2 t=9'
  push b
  claim W 1 2 >/dev/null
  close_as a fail 0 1
  close_as b fail 0 1
  run -0 call retry 0 0 '' 7 a b
  assert_output $'OK\nOK\nOK'
  assert_regex "$(redis HGET 'jq:{q}:pay' a | head -n 1)" ' p=3 m=7 t=9$'
  assert_regex "$(redis HGET 'jq:{q}:job' a | sed -n 2p)" ' p=3 m=7 t=9 a=[0-9]+$'
  assert_regex "$(redis HGET 'jq:{q}:pay' b | head -n 1)" ' m=7$'
  assert_equal "$(redis HGET 'jq:{q}:pay' a | tail -n 1)" 'payload of a'
  assert_sound
}

@test "retry with a delay, and of a job that had expired" {
  push a
  redis HGET 'jq:{q}:pay' a | sed '1s/^\(1 [0-9]*\) [0-9]*/\1 1/' >expired
  redis -x HSET 'jq:{q}:pay' a <expired
  claim W 1
  assert_equal "$(state a)" 'dead '
  call retry 60000 0 '' 0 a
  assert_equal "$(state a)" 'dly '
  redis ZADD 'jq:{q}:dly' 1.28125 a >/dev/null
  assert_equal "$(claim X 1)" a
  assert_sound
}

@test "who waits is told of the end: done and dead" {
  spawn ear "$(command -v redis-cli || command -v valkey-cli)" \
    -s "$(server_socket main)" SUBSCRIBE 'jq:{q}:end'
  wait_line 5 "$BATS_TEST_TMPDIR/ear.out" subscribe
  push a 0 0 0 ' w=1'
  push b 0 0 0 ' w=1'
  push silent
  claim W 1 3 >/dev/null
  close_as silent done
  close_as a done
  close_as b dead
  wait_line 5 "$BATS_TEST_TMPDIR/ear.out" '^dead b$'
  run -0 grep -cE '^(done|dead) ' "$BATS_TEST_TMPDIR/ear.out"
  assert_output 2
}

@test "every script refuses another data layout and writes nothing" {
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  for script in "$ROOT"/share/lua/*.lua; do
    run -0 call "$(basename "$script" .lua)" a 1 1
    assert_line --index 0 FORMAT
    assert_line --index 1 2
  done
  assert_equal "$(redis DBSIZE)" 1
  assert_equal "$(redis HLEN 'jq:{q}:meta')" 1
}

@test "looking changes nothing" {
  push a
  claim W 1 >/dev/null
  before=$(redis HGETALL 'jq:{q}:meta')
  call stat 30000 >/dev/null
  call list ready -inf '' inf 10 payloads >/dev/null
  call peek a >/dev/null
  call workers 30000 >/dev/null
  assert_equal "$(redis HGETALL 'jq:{q}:meta')" "$before"
  for script in stat list peek workers; do
    run -0 head -n 1 "$ROOT/share/lua/$script.lua"
    assert_output '#!lua flags=no-writes'
  done
}

# No script may break off over them after it took a job out of a set.
@test "a damaged record or score loses no job, its payload runs" {
  push a
  claim W 1 >/dev/null
  for record in rubbish "$(redis HGET 'jq:{q}:job' a | sed '1s/ 0 / x /g')"; do
    redis HSET 'jq:{q}:job' a "$record" >/dev/null
    run -0 call close a '' 'done' 0 5 exit:0 '1 2 3 4 me ' ''
    assert_output $'OK\nGONE'
    expire_lease a
    assert_equal "$(claim V "$(next_request)")" a
    assert_equal "$(record a 7)" 1
  done
  close_as a release 60000
  redis ZADD 'jq:{q}:dly' -inf a >/dev/null
  assert_equal "$(claim V "$(next_request)")" a
  close_as a 'done'
  assert_equal "$(state a) $(counter orphan)" 'done  0'
  assert_sound
}

@test "a length changed by hand in the history does not hold the server" {
  push a
  claim W 1 >/dev/null
  redis HSET 'jq:{q}:job' a "$(redis HGET 'jq:{q}:job' a)
99999999999999999999:x," >/dev/null
  run -0 close_as a 'done'
  assert_equal "$(state a)" 'done '
}

@test "an id without payload leaves nothing behind" {
  push a
  push b
  claim W 1 2 >/dev/null
  close_as a release
  redis HDEL 'jq:{q}:pay' a b >/dev/null
  expire_lease b
  call claim V 1 5 >/dev/null
  assert_equal "$(counter orphan) $(redis EXISTS 'jq:{q}:job')" '2 0'
  assert_equal "$(state a)$(state b)" ''
  # left `run`: given back and lost
  assert_equal "$(counter claimed) $(counter released) $(counter lost)" '2 1 1'
}

# They beat each third of a lease, which may be twenty minutes.
@test "a living worker is known however long the lease is" {
  push a
  call configure lease 3600000
  call beat W 'me here 1 1 0 1 0 0 0.1 run' >/dev/null
  claim W 1 >/dev/null
  redis ZINCRBY 'jq:{q}:seen' -1300000 W >/dev/null
  call claim V 1 0 >/dev/null
  assert_equal "$(redis HEXISTS 'jq:{q}:wrk' c:W)" 1
  run -0 call workers 30000
  assert_line --index 2 W
  run -0 call stat 30000
  assert_equal "$(sed -n '/^workers$/{n;p}' <<<"$output")" 1
  call beat W closed >/dev/null
  run -0 call workers 30000
  refute_line W
}

@test "claim: a key of a foreign type stops it before it writes" {
  push a
  push d 0 +60000
  redis ZADD 'jq:{q}:dly' 1 d >/dev/null
  for key in rdy rty run 'done' dead job pay out live min wake seen; do
    redis RENAME "jq:{q}:$key" aside >/dev/null || true
    redis SET "jq:{q}:$key" rubbish >/dev/null
    before=$(redis HGETALL 'jq:{q}:meta')
    run call claim W 1 5
    assert_failure
    assert_output --partial WRONGTYPE
    assert_equal "$(redis HGETALL 'jq:{q}:meta')" "$before"
    assert_equal "$(redis ZCARD 'jq:{q}:dly')" 1
    redis DEL "jq:{q}:$key" >/dev/null
    redis RENAME aside "jq:{q}:$key" >/dev/null || true
  done
  run -0 claim W 1 5
  assert_output $'d\na'
}

@test "what a check goes by: the last housekeeping, trimmed bytes, limits" {
  push a
  claim W 1 >/dev/null
  assert_regex "$(meta tick)" '^[0-9]{13}$'
  close_as a 'done' 0 5 exit:0 '' result
  bytes=$(meta done_bytes)
  [ "$bytes" -gt 50 ]
  redis ZADD 'jq:{q}:done' 1 a >/dev/null
  call claim W 2 0 >/dev/null
  assert_equal "$(meta done_bytes) $(meta trimmed_done_bytes)" "0 $bytes"
  call configure max_losses 9
  assert_equal "$(meta max_losses_was)" 3
  call configure max_losses ''
  assert_equal "$(meta max_losses_was)" 9
}

@test "configure: an unknown name is refused, nothing is set" {
  run -0 call configure lease 20000 colour red
  assert_output $'UNKNOWN\ncolour'
  assert_equal "$(redis DBSIZE)" 0
}

@test "peek: the state alone, without payload or history" {
  push a
  run -0 call peek a state
  assert_line --index 0 OK
  assert_line --index 2 ready
  assert_equal "${#lines[@]}" 4
  run -0 call peek nowhere state
  assert_output GONE
}

@test "list: a record changed by hand does not cut the page short" {
  push a
  push b
  push c
  redis HSET 'jq:{q}:job' b rubbish >/dev/null
  run -0 call list ready -inf '' inf 10 jobs
  assert_line a
  assert_line rubbish
  assert_line c
}

@test "list: a page begins behind a job, whatever has gone meanwhile" {
  push a
  push b
  push c
  push d
  run -0 call list ready -inf '' inf 2 jobs
  assert_line --index 5 a
  assert_line --index 8 b
  local score=${lines[9]}
  claim W 1 2 >/dev/null
  run -0 call list ready "$score" b inf 2 jobs
  assert_line --index 5 c
  run -0 call list ready "$(redis ZSCORE 'jq:{q}:rdy' d)" d inf 2 jobs
  assert_equal "${#lines[@]}" 3 # OK, the time, none looked at
}

@test "abandon: the jobs of that worker go back at once, no others" {
  push a
  push b
  push c
  claim W 1 >/dev/null
  claim V 1 >/dev/null
  claim W 2 >/dev/null
  call beat W 'web1:1 h 1 1 1 1 0 0 v run' >/dev/null
  run -0 call abandon W ''
  assert_output $'OK\n-1\n2'
  assert_equal "$(state a)$(state b)$(state c)" 'rdy run rdy '
  # a loss, charged to the worker by its name
  assert_equal "$(record a 7)" 1
  redis HGET 'jq:{q}:job' a | grep -q 'lost 0 0 0 0 web1:1 the worker vanished'
  # again is harmless, also when somebody else has them
  claim V 2 >/dev/null
  run -0 call abandon W ''
  assert_output $'OK\n-1\n0'
  assert_equal "$(state a)" 'run '
}

@test "abandon: nothing may be claimed for that worker any more" {
  push a
  call abandon W '' >/dev/null
  run -0 call claim W 9 1
  assert_line --index 0 STALE
  assert_equal "$(state a)" 'rdy '
}

@test "abandon: 500 running jobs a call, from the top downwards" {
  local i
  for i in $(seq 6); do
    seq -f "j$i-%g" 100 | while read -r id; do
      printf 'ZADD jq:{q}:run 9999999999999 %s\n' "$id"
    done
  done | redis >/dev/null
  push mine
  claim W 1 >/dev/null
  # the lowest lease of all
  redis ZADD 'jq:{q}:run' 1 mine >/dev/null
  run -0 call abandon W ''
  assert_output $'OK\n100\n0'
  run -0 call abandon W 100
  assert_output $'OK\n-1\n1'
  assert_equal "$(state mine)" 'rdy '
}

@test "claim: expired jobs do not stand before live ones" {
  for id in a b c d e; do
    push "$id" 0 0 1
    redis HGET 'jq:{q}:pay' "$id" | sed '1s/^\(1 [0-9]*\) [0-9]*/\1 1/' >expired
    redis -x HSET 'jq:{q}:pay' "$id" <expired
  done
  push live
  assert_equal "$(claim W 1)" live
  assert_equal "$(redis ZCARD 'jq:{q}:dead')" 5
  assert_sound
}

@test "claim: a hundred looks a call, then it says to ask again" {
  local i
  for i in $(seq 120); do
    push "j$i" 0 0 1 >/dev/null
  done
  redis EVAL "for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do
    local t = redis.call('HGET', KEYS[1], id)
    redis.call('HSET', KEYS[1], id, (t:gsub('^(1 %d+) %d+', '%1 1'))) end" \
    1 'jq:{q}:pay' >/dev/null
  run -0 call claim W 1 1
  assert_line --index 0 OK
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" 20
  run -0 call claim W 2 1
  assert_line --index 0 NONE
  assert_equal "$(redis ZCARD 'jq:{q}:dead')" 120
}

# What stands in one of the sets, all of them.
held() {
  of_sets ZRANGE 0 -1 2>&1 | sort
}

# foreign SET…: these are of another type when a script comes to them
foreign() {
  local set script before
  for set; do
    for script in release fail finish kill abandon retry cancel; do
      redis FLUSHALL >/dev/null
      push a
      claim W 1 >/dev/null
      case $script in
      retry | cancel) close_as a dead >/dev/null ;;
      esac
      [ "$script" != cancel ] || call retry 0 0 '' 0 a >/dev/null
      # its own state stays readable
      [ "$set" != "$(state a | tr -d ' ')" ] || continue
      redis SET "jq:{q}:$set" rubbish >/dev/null
      before=$(held)
      case $script in
      release) run close_as a release ;;
      fail) run close_as a fail 1000 ;;
      finish) run close_as a 'done' 0 5 exit:0 '' result ;;
      kill) run close_as a dead ;;
      abandon) run call abandon W '' ;;
      retry) run call retry 1000 0 '' 0 a ;;
      cancel) run call remove cancel why a ;;
      esac
      assert_failure
      assert_equal "$script $set $(held)" "$script $set $before"
    done
  done
}

@test "no script loses a job to a key of a foreign type: where it waits" {
  foreign rdy rty dly
}

@test "… where it ends" {
  foreign 'done' dead
}

@test "… and what is told of it" {
  foreign out min
}
