#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-ctl export and import: jobs of all states out and in, byte for byte.

load ../lib/server
load ../lib/jobs

# What there is of a queue's jobs: sets with scores, and all hashes, sorted.
lie_of() {
  local name
  for name in rdy dly rty "done" dead; do
    redis ZRANGE "jq:{$1}:$name" 0 -1 WITHSCORES | sed "s/^/$name /"
  done | grep ' .'
  for name in job pay out; do
    redis EVAL 'local all = redis.call("HGETALL", KEYS[1])
      local t = {}
      for i = 1, #all, 2 do
        t[#t + 1] = all[i] .. " " .. redis.sha1hex(all[i + 1])
      end
      table.sort(t)
      return t' 1 "jq:{$1}:$name" | sed "s/^/$name /"
  done | grep ' .'
}

forget() {
  redis EVAL 'for _, key in ipairs(redis.call("KEYS", "jq:{" .. ARGV[1] .. "}:*"))
    do redis.call("DEL", key) end' 0 "$1" >/dev/null
}

# But for the digests, which the jobs of tests/lib/jobs.bash only pretend.
sound() {
  run -1 grep -v ': the digest in its' <(jq-stat --check "$@" 2>&1)
  assert_output ''
}

@test "all states come back byte for byte, and out again the same" {
  job_all_states q
  # what ran cannot run on: it is put aside here
  job_close q/x1 fail exit:7 'once more' $'tail\nof stderr \377' >/dev/null
  jq-push -q -i low -p -9 -M TENANT='ä b' -b fixed:3s -t 7s -m 9 -N welcome q x
  head -c 70000 /dev/urandom >bytes
  printf 'a\0b\n' | jq-push -q -i nul q
  jq-push -q -i random -d 1h q <bytes
  jq-push -q -i empty q ''
  sound q
  lie_of q >before
  run -0 --separate-stderr jq-ctl export q
  assert_equal "$stderr" ''
  printf '%s\n' "$output" >archive
  assert_equal "$(wc -l <archive)" "$(grep -cE '^(rdy|dly|rty|done|dead) [a-z]' before)"
  forget q
  run -0 --separate-stderr jq-ctl import <archive
  assert_equal "$output" ''
  assert_equal "$stderr" \
    "jq-ctl: imported $(wc -l <archive) jobs; 0 were there already"
  lie_of q | diff before -
  sound q
  jq-ctl export q | diff archive -
  jq-stat -i q/random -F payload | cmp - bytes
  jq-stat -i q/nul -F payload | cmp - <(printf 'a\0b\n')
  run -0 jq-stat -i q/f1 -F result
  assert_output result
  # and they work: all that may run does, in its order
  run -0 jq-work -q --drain -c 'printf "%s " "$JQ_ID"' q
  assert_output 'r2 r1 nul empty low '
  sound q
}

@test "nobody types an archive: on a terminal that is wrong usage" {
  run -64 script -qec 'jq-ctl -u unix:///nowhere import' /dev/null
  assert_output --partial 'jq-ctl: no FILE, and stdin is a terminal'
}

@test "again: what is there is left alone" {
  job_all_states q
  jq-ctl export q >archive
  lie_of q >before
  run -0 --separate-stderr jq-ctl import <archive
  assert_equal "$stderr" 'jq-ctl: imported 0 jobs; 7 were there already'
  lie_of q | diff before -
}

@test "a running job comes back as one that was given back" {
  jq-push -q -i a -p 3 q payload
  job_claim q W >/dev/null
  jq-ctl export q >archive
  forget q
  jq-ctl -q import <archive
  assert_equal "$(job_sets q/a)" rdy
  sound q
  run -0 jq-work -q --drain -c 'cat; echo " $JQ_ATTEMPT $JQ_DELIVERY"' q
  assert_output 'payload 1 2'
  sound q
}

@test "what was dropped comes back, from any state, and the sums hold" {
  jq-push -q -i r -p 3 q payload
  jq-push -q -i d -d 1h q later
  jq-push -q -i k q broken
  jq-push -q -i x -p 5 q running
  job_claim q >/dev/null
  redis ZADD 'jq:{q}:rdy' -99999999999999999 k >/dev/null
  job_kill q/k
  jq-ctl export q >archive
  jq-ctl drop q/r q/d q/k q/x
  job_close q/x fail signal:15 >/dev/null
  assert_equal "$(job_ids q 'done' | wc -l)" 4
  jq-ctl export q >tombstones
  run -0 --separate-stderr jq-ctl import <tombstones
  assert_equal "$stderr" 'jq-ctl: imported 0 jobs; 4 were there already'
  run -0 --separate-stderr jq-ctl import <archive
  assert_equal "$stderr" 'jq-ctl: imported 4 jobs; 0 were there already'
  assert_equal "$(job_sets q/r) $(job_sets q/d) $(job_sets q/k) $(job_sets q/x)" \
    'rdy dly dead rdy'
  run -0 jq-stat --check q
  assert_equal "$(redis HGET 'jq:{q}:meta' done_bytes)" 0
  run -0 --separate-stderr jq-ctl import <archive
  assert_equal "$stderr" 'jq-ctl: imported 0 jobs; 4 were there already'
  run -0 jq-work -q --drain -c 'cat; echo' q
  assert_output $'running\npayload'
  run -0 jq-stat --check q
}

@test "what is done or was moved since stays so, and is told" {
  jq-push -q -i a q x
  jq-push -q -i b q x
  jq-push -q -i c q x
  jq-ctl export q >archive
  job_claim q >/dev/null
  job_close q/a 'done' exit:0 >/dev/null
  jq-ctl -q move --to other q/b
  lie_of q >before
  run -0 --separate-stderr jq-ctl import <archive
  assert_equal "$stderr" \
    'jq-ctl: imported 0 jobs; 3 were there already, 2 of them done or moved since'
  lie_of q | diff before -
  # one that is not whole does not take the place of what was dropped
  jq-ctl drop q/c
  lie_of q >before
  grep '"id":"c"' archive | sed 's/"payload":"x"/"payload":"xy"/' >bad
  run -65 jq-ctl import <bad
  lie_of q | diff before -
  run -0 jq-stat --check q
}

@test "into a queue with jobs: behind them, by priority" {
  jq-push -q -i a q x
  jq-push -q -i b -p 5 q x
  jq-ctl export q >archive
  jq-push -q -i c other x
  jq-push -q -i d -p 5 other x
  run -0 --separate-stderr jq-ctl import --queue other <archive
  assert_equal "$(job_ids other rdy | paste -sd ' ')" 'd b c a'
  sound other
}

@test "one state; several queues; what is not there" {
  job_all_states q
  jq-push -q -i z other x
  run -0 jq-ctl export -s dead q
  assert_equal "${#lines[@]}" 1
  assert_line --regexp '^\{"v":1,"queue":"q","id":"k1","state":"dead",.*"payload":"broken"\}$'
  run -66 --separate-stderr jq-ctl export other nowhere q
  assert_equal "${#lines[@]}" 8
  assert_equal "$stderr" "jq-ctl: no such queue: 'nowhere' (nothing was ever pushed to it)"
  run -64 jq-ctl export -s nonsense q
  run -64 jq-ctl export
  run -64 jq-ctl import q
  run -0 jq-ctl export -s all q
  assert_equal "${#lines[@]}" 7
}

@test "lines that are no jobs are told with their number, the others go in" {
  job_all_states q
  jq-ctl export q >good
  forget q
  {
    echo 'nonsense'
    echo '{"v":2,"queue":"q","id":"a"}'
    echo '{"v":1,"queue":"q/r","id":"a"}'
    echo '{"v":1,"queue":"q","id":"a/b"}'
    echo '{"v":1,"queue":"q","id":"a","payload_b64":"%"}'
    echo
    cat good
  } >archive
  run -65 --separate-stderr jq-ctl import <archive
  for i in 0 1 2 3 4; do
    [[ ${stderr_lines[i]} == "jq-ctl: line $((i + 1)): "* ]] || fail "$stderr"
  done
  assert_equal "${stderr_lines[5]}" \
    'jq-ctl: imported 7 jobs; 0 were there already'
  sound q
}

@test "jobs that are not whole are refused, and harm nothing" {
  job_all_states q
  jq-ctl export q >good
  forget q
  # each changes one thing of one job
  {
    grep '"id":"r1"' good | sed 's/"state":"ready"/"state":"running"/'
    grep '"id":"r1"' good | sed 's/"payload":"one"/"payload":"ones"/'
    grep '"id":"r1"' good | sed 's/"score":"[^"]*"/"score":"nan"/'
    grep '"id":"r1"' good | sed 's/"score":"[^"]*"/"score":""/'
    grep '"id":"r1"' good | sed 's/,"pushed.*/}/'
    grep '"id":"k1"' good | sed 's/"record":"[^"]*",//'
    grep '"id":"k1"' good | sed 's/"record":"- /"record":"/'
    grep '"id":"k1"' good | sed 's/\(\\n.*\)"pushed"/\1"result":"x","pushed"/'
    grep '"id":"f1"' good | sed 's/"state":"done"/"state":"dead"/'
    grep '"id":"x1"' good | sed 's/"state":"running"/"state":"retry"/'
    grep '"id":"t1"' good | sed 's/"state":"retry"/"state":"nonsense"/'
  } >archive
  assert_equal "$(wc -l <archive)" 11
  run -65 --separate-stderr jq-ctl import <archive
  assert_equal "${#stderr_lines[@]}" 12
  assert_equal "${stderr_lines[11]}" \
    'jq-ctl: imported 0 jobs; 0 were there already'
  run ! lie_of q
  assert_output ''
  sound q
}

@test "a payload that does not have its digest is refused, alone" {
  jq-push -q -i a -N welcome q hello
  jq-push -q -i b q hello
  jq-ctl export q | sed '/"id":"b"/s/"hello"/"hallo"/' >archive
  forget q
  for queue in '' other; do
    run -65 --separate-stderr jq-ctl import ${queue:+--queue "$queue"} <archive
    assert_equal "$stderr" \
      "jq-ctl: line 2: job 'b': its payload does not have its digest
jq-ctl: imported 1 jobs; 0 were there already"
    assert_equal "$(job_ids "${queue:-q}" rdy)" a
    run -0 jq-stat --check "${queue:-q}"
  done
  # a digest of another kind proves nothing
  sed 's/ 0 5 [^ "]*/ 0 5 sha1:1234/' archive >others
  forget q
  run -0 jq-ctl import <others
  assert_equal "$(job_ids q rdy | paste -sd ' ')" 'a b'
}

@test "a place that was taken or never given is given anew" {
  jq-push -q -i a q x
  jq-push -q -i b q x
  jq-ctl export q | sed 's/"score":"[^"]*"/"score":"1"/' >archive
  forget q
  jq-ctl -q import <archive
  sound q
  assert_equal "$(job_ids q rdy | paste -sd ' ')" 'a b'
  forget q
  jq-ctl export q 2>/dev/null || true
  sed 's/"score":"[^"]*"/"score":"-3.5"/' archive | jq-ctl -q import
  sound q
}

@test "tokens of another server do not come again" {
  job_all_states q
  redis HSET 'jq:{q}:meta' fence 9000000000000000 >/dev/null
  jq-push -q -i hi -p 9 q x
  job_claim q >/dev/null
  jq-ctl export q >archive
  forget q
  jq-ctl -q import <archive
  sound q
  [ "$(redis HGET 'jq:{q}:meta' fence)" -ge 9000000000000000 ]
}

@test "many, through a pipe to another server, in constant memory" {
  server_start other
  seq 5000 | jq-push -q -l q
  jq-ctl export q | jq-ctl -u "$(server_url other)" import 2>said
  assert_equal "$(cat said)" 'jq-ctl: imported 5000 jobs; 0 were there already'
  jq-ctl export q | cmp - <(jq-ctl -u "$(server_url other)" export q)
  run -0 jq-stat -u "$(server_url other)" --check q
}

@test "get: a value, several, all with their type and default" {
  jq-push -q q x
  jq-ctl set q lease=1m30s
  run -0 jq-ctl get q lease
  assert_output 1m30s
  run -0 jq-ctl get q keep-dead-bytes lease max-len
  assert_output $'256M\n1m30s\n0'
  run -0 jq-ctl get q
  assert_line --regexp '^SETTING +VALUE +DEFAULT +TYPE +FROM +TO$'
  assert_line --regexp '^lease +1m30s +15s +duration +6s +1h$'
  assert_line --regexp '^keep-done-bytes +64M +64M +size +0 +1T$'
  run -0 jq-ctl -J get q
  assert_output --partial '"lease":90'
  assert_output --partial \
    '"about":{"lease":{"type":"duration","default":15'
  # what it prints, set takes
  jq-ctl set q "keep-dead=$(jq-ctl get q keep-dead)"
  run -64 jq-ctl get q nonsense
  run -66 jq-ctl get nowhere
  run -64 jq-ctl get
}
