#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-cron: the daemon, and what it makes of files. Its verbs: cron_verbs.bats,
# cron_server.bats, cron_hand.bats; many copies that fail: cron_ticks.bats.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  umask 022
}

# schedule FILE LINE...
schedule() {
  local file=$1
  shift
  printf '%s\n' "$@" >"$file"
}

# start NAME FILE...: a daemon whose schedules are in force.
start() {
  local name=$1
  shift
  spawn "$name" jq-cron -v "$@"
  wait_line 10 "$name.err" ' start version='
}

# stop NAME: as a service manager does.
stop() {
  kill -TERM "$(cat "$1.pid")"
  wait_exit 5 "$1"
}

count() {
  [ "$(redis ZCARD "jq:{$1}:rdy")" -ge "$2" ]
}

# The stamps of all ready jobs of a schedule.
stamps() {
  job_ids "$1" rdy | sed -n "s/^cron:$2://p" | sort
}

# Seconds since the epoch of stamps on stdin.
seconds() {
  sed 's/\(....\)\(..\)\(..\)T\(..\)\(..\)\(..\)Z/\1-\2-\3 \4:\5:\6Z/' |
    date -f - +%s
}

# more_than QUEUE NAME N: two more, for one may have been on its way.
more_than() {
  [ "$(stamps "$1" "$2" | wc -l)" -ge $(($3 + 2)) ]
}

# set_state QUEUE NAME N VALUE: as in tests/lua/cron.bats
set_state() {
  redis -x HSET "jq:{$1}:cron" "s:$2" < <(
    redis HGET "jq:{$1}:cron" "s:$2" |
      awk -v n="$3" -v v="$4" 'NR == 1 { $n = v } NR > 1 { printf "\n" }
        { printf "%s", $0 }'
  ) >/dev/null
}

# rewind QUEUE NAME SECONDS: as if nobody had been there for so long.
rewind() {
  set_state "$1" "$2" 6 "$(($(redis TIME | head -n 1) - $3))"
}

# fired FILE N: the log tells of so many
fired() {
  [ "$(grep -c ' fire ' "$1")" -ge "$2" ]
}

@test "a tick each second, each a job of its own; TERM ends it with 0" {
  schedule tab '@every 1s q tick -- hello' '@seconds * * * * * * r six'
  start d tab
  wait_until 10 count q 3
  wait_until 10 count r 3
  local begin=${EPOCHREALTIME/[.,]/}
  stop d
  assert_success
  [ $((${EPOCHREALTIME/[.,]/} - begin)) -lt 1000000 ]
  assert_equal "$(stamps q tick | seconds | awk 'NR > 1 { print $1 - last }
    { last = $1 }' | sort -u)" 1
  assert_equal "$(job_payload "q/$(job_ids q rdy | head -n 1)")" hello
  assert_equal "$output" ''
  local at='20..-..-..T..:..:..Z'
  grep -qE " fire name=tick queue=q tick=$at lag=0\.[0-9]+s \
job=cron:tick:[0-9T]+Z\$" d.err
  grep -q ' sync source=tab schedules=2 added=2 changed=0 removed=0$' d.err
  grep -q ' stop ' d.err
  assert_equal "$(redis SMEMBERS jq:queues | sort | paste -sd ' ')" 'q r'
}

@test "INT ends it with 0 too, and --ready-fd tells when it is in force" {
  schedule tab '@daily q tick'
  mkfifo ready
  exec 6<>ready
  spawn d jq-cron --ready-fd 5 tab 5>ready
  read -r -t 10 -u 6
  exec 6>&-
  assert_equal "$(redis HGET 'jq:{q}:cron' d:tick)" '@daily q tick tz=UTC'
  kill -INT "$spawned"
  wait_exit 5 d
  assert_success
}

@test "the service manager hears how many schedules there are, and of the server" {
  "${CC:-cc}" -o notify_listener "$ROOT/tests/lib/notify_listener.c"
  server_start heard --appendonly yes --appenddirname heard.aof
  export JQ_URL
  JQ_URL=$(server_url heard)
  spawn manager ./notify_listener "$PWD/notify.sock"
  wait_line 5 manager.out '^ready$'
  schedule tab '@every 5s q tick' '@daily q tock'
  NOTIFY_SOCKET=$PWD/notify.sock start d tab
  wait_line 5 manager.out '^READY=1$'
  wait_line 5 manager.out '^STATUS=2 schedules, next q/tick at 20..-..-..T..:..:.[05]Z$'
  server_kill heard
  wait_line 10 manager.out '^STATUS=2 schedules, waiting for the server$'
  server_start heard --appendonly yes --appenddirname heard.aof
  jq-cron set q/late '@daily'
  wait_line 10 manager.out '^STATUS=3 schedules, next q/tick at '
  stop d
  wait_line 5 manager.out '^STOPPING=1$'
}

# Every tick between the first and the last, once; wait for it while they go on.
each_once() {
  local all n
  all=$(stamps "$1" "$2" | seconds)
  n=$(wc -l <<<"$all")
  [ "$n" -eq $(($(tail -n 1 <<<"$all") - $(head -n 1 <<<"$all") + 1)) ] &&
    [ "$(sort -u <<<"$all" | wc -l)" -eq "$n" ] &&
    [ "$(redis HGET "jq:{$1}:meta" pushed)" -eq "$n" ]
}

@test "HUP: what is no longer listed stops, what is new begins" {
  schedule tab '@every 1s q old' '@every 1s r stays'
  start d tab
  wait_until 10 count q 1
  schedule tab '@every 1s r stays' '@every 1s s new'
  kill -HUP "$spawned"
  wait_line 10 d.err ' sync .*added=1 changed=0 removed=1$'
  local before
  before=$(redis ZCARD 'jq:{q}:rdy')
  wait_until 10 count s 3
  assert_equal "$(redis ZCARD 'jq:{q}:rdy')" "$before"
  assert_equal "$(redis HKEYS 'jq:{q}:cron')" v
  wait_until 10 count r 4
  stop d
  each_once r stays
}

@test "HUP: with one bad file all stay as they were" {
  schedule a '@every 1s q a'
  schedule b '@every 1s r b'
  start d a b
  schedule a '@every 1s q other'
  schedule b 'nonsense'
  kill -HUP "$spawned"
  wait_line 10 d.err '^b:1:1: .*nonsense'
  wait_line 10 d.err " error what=.*'b': .*nothing is applied"
  local before
  before=$(redis ZCARD 'jq:{q}:rdy')
  wait_until 10 count q $((before + 2))
  assert_equal "$(stamps q other)" ''
  # and with the error mended
  schedule b '@every 1s r b'
  kill -HUP "$spawned"
  wait_line 10 d.err ' fire name=other '
}

@test "another copy's newer file is followed without being told" {
  schedule tab '@every 1s q old' '@every 1s q gone'
  start one tab
  schedule tab '@every 1s q old priority=5' '@every 1s q new'
  start two tab
  stop two
  # the revision that the first one knows is stale at its next tick
  wait_line 10 one.err ' fire name=new '
  stop one
  local last
  last=$(stamps q old | tail -n 1)
  [[ $(job_header "q/cron:old:$last") == *' p=5'* ]]
  [[ $last > $(stamps q gone | tail -n 1) ]]
}

# missed OPTIONS SECONDS: start with the line «* * * * *» so long after the
# last tick; prints how many jobs there were of how many minutes.
missed() {
  redis FLUSHALL >/dev/null
  # the logs of a call before are not to be waited for
  rm -f ./*.err
  schedule tab "@every 1m q m $1"
  start first tab
  stop first
  rewind q m "$2"
  start again tab
  wait_line 10 again.err ' (fire|drop) '
  # what is due is done when another schedule of the file was fired twice
  schedule more '@every 1s z z'
  start other more
  wait_until 10 count z 2
  stop other
  stop again
  redis ZCARD 'jq:{q}:rdy'
}

@test "missed=once: one job, which knows how many there were" {
  run -0 missed '' 600
  # a second one where a minute ends meanwhile
  [ "$output" -ge 1 ] && [ "$output" -le 2 ]
  grep -qE ' fire .* missed=(9|10) ' again.err
  local first
  first=$(job_ids q rdy | head -n 1)
  [[ $(job_header "q/$first") =~ M=CRON_MISSED(=|%3D)(9|10) ]] ||
    fail "$(job_header "q/$first")"
}

@test "missed=skip: none, but for those within grace" {
  run -0 missed 'missed=skip grace=0s' 600
  [ "$output" -le 1 ]
  grep -qE ' drop .* why=missed .* missed=(9|10|11)$' again.err
}

@test "missed=all: each, up to missed-max" {
  run -0 missed 'missed=all' 600
  [ "$output" -ge 10 ] && [ "$output" -le 11 ]
  run -0 missed 'missed=all missed-max=4' 600
  [ "$output" -ge 4 ] && [ "$output" -le 5 ]
  grep -q ' missed_more_than=5 ' again.err
}

@test "missed-window: what is older is dropped" {
  run -0 missed 'missed=all missed-window=150s' 600
  [ "$output" -ge 2 ] && [ "$output" -le 4 ]
}

@test "jitter: a delayed job, the same offset on every host" {
  local now due
  now=$(date +%s)
  schedule tab "@every 1h q a jitter=1h anchor=@$((now - 5))"
  start d tab
  stop d
  rewind q a 60
  start e tab
  wait_line 10 e.err ' fire '
  stop e
  due=$(redis ZRANGE 'jq:{q}:dly' 0 -1 WITHSCORES | sed -n 2p)
  # FNV-1a of «a» modulo 3,600,000 ms
  assert_equal "${due%.*}" "$(((now - 5) * 1000 + 3241996))"
}

@test "fire-on-create: once, not after a restart" {
  schedule tab '@daily q first fire-on-create=yes -- now'
  start d tab
  wait_until 10 count q 1
  stop d
  assert_equal "$(job_ids q rdy)" cron:first:created
  start e tab
  wait_until 10 grep -q ' start ' e.err
  stop e
  run -1 grep ' fire ' e.err
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 1
}

@test "limit, paused, start, end and overlap hold in the daemon" {
  local now
  now=$(date +%s)
  schedule tab '@every 1s a limited limit=2' '@every 1s b still paused=yes' \
    "@every 1s c later start=@$((now + 3000))" \
    "@every 1s d over end=@$((now - 5))" '@every 1s e single overlap=forbid' \
    '@every 1s f capped max-live=2' '@every 1s g one overlap=replace' \
    '@every 1s z clock'
  start d tab
  wait_until 20 count z 5
  stop d
  assert_equal "$(redis ZCARD 'jq:{a}:rdy')" 2
  local queue
  for queue in b c d; do
    assert_equal "$(redis EXISTS "jq:{$queue}:rdy")" 0
  done
  assert_equal "$(redis ZCARD 'jq:{e}:rdy')" 1
  assert_equal "$(redis ZCARD 'jq:{f}:rdy')" 2
  assert_equal "$(redis ZCARD 'jq:{g}:rdy')" 1
  [ "$(redis ZCARD 'jq:{g}:done')" -ge 3 ]
  grep -q ' drop name=still queue=b why=paused ' d.err
  grep -qE ' drop name=single queue=e why=overlap .* job=cron:single:' d.err
}

@test "anchor and the options of a job reach the job" {
  printf 'from a file\n' >payload
  local at=$(($(date +%s) % 7))
  schedule tab "@every 7s q a anchor=@$at priority=4 timeout=9s name=kind \
meta=TENANT=acme max-attempts=3 expire=1h payload-file=payload"
  start d tab
  wait_until 15 count q 1
  local id
  id=$(job_ids q rdy)
  assert_equal "$(($(seconds <<<"${id#cron:a:}") % 7))" "$at"
  local header
  header=$(job_header "q/$id")
  local word
  for word in p=4 t=9000 n=kind m=3 M=TENANT; do
    [[ $header == *" $word"* ]] || fail "$word: $header"
  done
  assert_equal "$(job_payload "q/$id"; echo x)" $'from a file\nx'
}

@test "one schedule that cannot go in does not hold up the others" {
  jq-push -q full x
  job_call full configure max_len 1 >/dev/null
  schedule tab '@every 1s full stuck' '@every 1s q goes'
  start d tab
  wait_until 10 count q 4
  wait_line 5 d.err " error name=stuck queue=full what=\"queue 'full' is full\""
  assert_equal "$(grep -c ' error ' d.err)" 1
  wait_until 5 each_once q goes
  job_call full configure max_len 0 >/dev/null
  wait_until 10 count full 2
}

@test "one that a newer program wrote is told of and left out" {
  schedule tab '@every 1s q good' '@every 1s q odd'
  start d tab
  wait_until 10 count q 2
  # a change that the daemon sees when its next tick is found stale
  set_state q good 1 1
  redis HSET 'jq:{q}:cron' d:odd '@every 1s q odd tz=UTC colour=red' v 1 \
    >/dev/null
  wait_line 10 d.err " error name=odd what=.*option 'colour': unknown"
  local n
  n=$(stamps q odd | wc -l)
  wait_until 10 more_than q good "$(stamps q good | wc -l)"
  stop d
  assert_equal "$(stamps q odd | wc -l)" "$n"
}

@test "the server goes and comes back, and so do the ticks" {
  server_start second --appendonly yes
  export JQ_URL
  JQ_URL=$(server_url second)
  schedule tab '@every 1s q tick'
  start d tab
  wait_line 10 d.err ' fire '
  server_kill second
  wait_line 20 d.err ' error .*(lost|refused|reach|closed|No such|connect)'
  local lines
  lines=$(grep -c ' fire ' d.err)
  server_start second --appendonly yes
  wait_until 15 fired d.err $((lines + 3))
  stop d
  assert_success
  assert_equal "$("$SERVER_CLI" -s "$SERVER_DIR/second.sock" \
    HGET 'jq:{q}:cron' s:tick | head -n 1 | cut -d ' ' -f 8)" \
    "$("$SERVER_CLI" -s "$SERVER_DIR/second.sock" HGET 'jq:{q}:meta' pushed)"
}

@test "a server that lost everything gets the schedules again" {
  server_start second
  export JQ_URL
  JQ_URL=$(server_url second)
  schedule tab '@every 1s q tick'
  start d tab
  wait_line 10 d.err ' fire '
  server_kill second
  server_start second
  wait_line 20 d.err ' error .*lost the schedules'
  local lines
  lines=$(grep -c ' fire ' d.err)
  wait_until 15 fired d.err $((lines + 2))
}

@test "TERM ends it while the server is away" {
  server_start second
  export JQ_URL
  JQ_URL=$(server_url second)
  schedule tab '@every 1s q tick'
  start d tab
  server_kill second
  wait_line 20 d.err ' error '
  stop d
  assert_success
}

@test "files of two sources; a name belongs to one" {
  schedule a '@daily q x'
  schedule b 'SOURCE=second' '@daily q y'
  start d a b
  stop d
  assert_success
  schedule c '@daily q x'
  run -78 --separate-stderr jq-cron c
  assert_equal "$stderr" "jq-cron: schedule 'x' of queue 'q' belongs to \
source 'a', not to 'c' (choose another name)"
  run -78 --separate-stderr jq-cron a c
  [[ $stderr == *"is in two files, of sources"* ]]
  schedule c 'SOURCE=a' '@daily q z'
  run -78 --separate-stderr jq-cron a c
  [[ $stderr == *"two files are of the source 'a'"* ]]
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' d:z)" 0
}

@test "an empty file removes nothing unless it says so" {
  schedule tab '@daily q x'
  start d tab
  stop d
  : >tab
  run -78 --separate-stderr jq-cron tab
  [[ $stderr == *"lists no schedule, but 1 are in force in queue 'q'"* ]]
  assert_equal "$(redis HEXISTS 'jq:{q}:cron' d:x)" 1
  schedule tab ALLOW_EMPTY=1
  start e tab
  stop e
  assert_equal "$(redis HKEYS 'jq:{q}:cron')" v
}

@test "an older generation is refused, also where it has other queues" {
  schedule tab GENERATION=2 '@daily q x'
  start d tab
  stop d
  schedule tab GENERATION=1 '@daily other x'
  run -78 --separate-stderr jq-cron tab
  [[ $stderr == *"generation 1 is older than 2"*"raise GENERATION"* ]]
  assert_equal "$(redis EXISTS 'jq:{other}:cron')" 0
}

@test "files that cannot be used: one clear line, its own status" {
  run -66 --separate-stderr jq-cron none
  assert_equal "$stderr" \
    "jq-cron: cannot read schedule file 'none': No such file or directory"
  mkdir dir
  run -66 --separate-stderr jq-cron dir
  assert_equal "${#stderr_lines[@]}" 1
  schedule tab '@daily q x'
  chmod g+w tab
  run -77 --separate-stderr jq-cron tab
  [[ $stderr == *"others may write it (chmod go-w)"* ]]
  chmod g-w tab
  schedule with '@daily q x payload-file=body'
  echo 'rm -rf' >body
  chmod 666 body
  run -77 --separate-stderr jq-cron with
  [[ ${stderr_lines[0]} == "with:1:25: payload-file: 'body': others may write"* ]]
  [[ ${stderr_lines[1]} == "jq-cron: schedule file 'with': payload file 'body': "* ]]
  run -77 jq-cron sync with
  ln -sf /etc/passwd body
  run -77 --separate-stderr jq-cron with
  [[ $stderr == *"link to elsewhere (copy the file)"* ]]
  schedule bad '@daily q x colour=red' '61 * * * * q y'
  run -78 --separate-stderr jq-cron tab bad
  [[ ${stderr_lines[0]} == "bad:1:12: option 'colour': unknown ("* ]]
  [[ ${stderr_lines[1]} == "bad:2:1: minute '61': "* ]]
  [[ ${stderr_lines[2]} == "jq-cron: schedule file 'bad': 2 errors, "* ]]
  run -69 --separate-stderr jq-cron -u unix:///nowhere/x.sock tab
  assert_equal "${#stderr_lines[@]}" 1
  assert_equal "$(redis DBSIZE)" 0
}

@test "wrong use: 64" {
  schedule tab '@daily q x'
  run -64 jq-cron
  assert_line --index 0 'jq-cron: which file?'
  run -64 jq-cron -n 3 tab
  run -64 jq-cron --file tab
  run -64 jq-cron --ready-fd 99 tab
  assert_line --index 0 --partial 'descriptor 99 is not open'
  run -64 jq-cron --unknown tab
}

@test "-q and -qq say less, -J says it as JSON" {
  schedule tab '@every 1s q tick'
  spawn d jq-cron -q tab
  spawn e jq-cron -J -v tab
  wait_until 10 count q 2
  wait_line 5 e.err '"event":"(fire|duplicate)","name":"tick","queue":"q"'
  stop d
  assert_equal "$stderr" ''
  stop e
  local line
  grep -v "variable 'JQ_BIN'" e.err >log
  while read -r line; do
    [[ $line == '{"time":"'*'","level":"'*'","event":"'*'}' ]] || fail "$line"
  done <log
}

@test "without a URL it starts the private server" {
  no_server
  schedule tab '@every 1s q tick'
  spawn d jq-cron tab
  wait_line 10 d.err ' fire '
  stop d
  assert_success
  run -0 jq-stat -H -F name
  assert_output q
  run -0 jq-ctl server stop
}

@test "a file that is wrong starts no server" {
  no_server
  run -66 jq-cron none
  assert_output --partial "cannot read schedule file 'none'"
  run -1 jq-ctl server status
}

@test "stderr that nobody reads does not hold it up" {
  schedule tab '@every 1s q tick'
  mkfifo full
  exec 6<>full
  # as much as the pipe takes
  dd if=/dev/zero bs=4096 count=32 oflag=nonblock of=full 2>/dev/null || true
  env -u JQ_BIN jq-cron -v tab 2>&6 6>&- 3>&- &
  spawned_all="${spawned_all:-} $!"
  wait_until 10 count q 3
  kill -TERM $!
  wait_until 5 gone $!
  exec 6>&-
}
