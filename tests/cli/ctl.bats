#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-ctl: the verbs that change or destroy.

load ../lib/server
load ../lib/jobs

me() {
  printf '%s@%s\n' "$(id -un)" "$(uname -n)"
}

@test "ping: what answers, where, how fast" {
  run -0 --separate-stderr jq-ctl ping
  assert_output --regexp \
    "^PONG from (redis|valkey) [0-9.]+ at unix://.*/main\.sock in [0-9]+\.[0-9]{2} ms$"
  run -0 --separate-stderr jq-ctl -J ping
  want='^\{"v":1,"pong":true,"server":"(redis|valkey)","version":"[0-9.]+",'
  want+='"url":"unix:[^"]+main.sock","round_trip_s":[0-9.e-]+\}$'
  assert_output --regexp "$want"
}

@test "ping: a server that forgets or evicts is warned of" {
  server_start memory
  local memory
  memory=$(server_url memory)
  run -0 --separate-stderr jq-ctl -u "$memory" ping
  want='jq-ctl: warning: the server forgets its data when it ends '
  assert_equal "$stderr" "$want(set appendonly yes)"
  run -0 --separate-stderr jq-ctl -q -u "$memory" ping
  assert_equal "$stderr" ''
  server_start small --appendonly yes --appenddirname small --maxmemory 100mb \
    --maxmemory-policy allkeys-lru
  run -0 --separate-stderr jq-ctl -u "$(server_url small)" ping
  want='jq-ctl: warning: the server throws keys away when memory is short '
  assert_equal "$stderr" "$want(set maxmemory-policy noeviction)"
}

@test "ping: no server 69, no rights 77, a replica 69" {
  run -69 --separate-stderr jq-ctl -u unix:///nowhere ping
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
  server_start locked --requirepass secret
  run -77 --separate-stderr jq-ctl -u "$(server_url locked)" ping
  assert_output ''
  REDISCLI_AUTH=secret run -0 jq-ctl -q -u "$(server_url locked)" ping
  server_start copy --replicaof 127.0.0.1 1
  run -69 --separate-stderr jq-ctl -u "$(server_url copy)" ping
  assert_equal "$stderr" 'jq-ctl: the server is a read-only replica (use the primary, 127.0.0.1:1)'
}

@test "pause: nothing is given out, with who and why on record" {
  job_push q/a
  job_push r/a
  run -0 --separate-stderr jq-ctl pause --reason 'deploy 42' q r
  assert_equal "$output$stderr" ''
  run -0 job_claim q
  assert_output ''
  run -0 jq-stat -F paused,paused_why q r
  assert_output "true	deploy 42, $(me)
true	deploy 42, $(me)"
  run -0 --separate-stderr jq-ctl pause q
  assert_equal "$stderr" "jq-ctl: warning: 'q' was paused already; who did so stays on record"
  run -0 jq-stat -F paused_why q
  assert_output "deploy 42, $(me)"
}

@test "pause: before the first push, which may be a misspelling" {
  run -0 --separate-stderr jq-ctl pause new
  assert_equal "$stderr" "jq-ctl: warning: queue 'new' is new: nothing was pushed to it yet"
  run -0 jq-stat -F name,paused_why
  assert_output "new	$(me)"
  job_push new/a
  run -0 job_claim new
  assert_output ''
}

@test "resume: jobs are given out again" {
  job_push q/a
  jq-ctl pause q
  run -0 --separate-stderr jq-ctl resume q
  assert_equal "$output$stderr" ''
  run -0 job_claim q
  assert_output a
  run -0 --separate-stderr jq-ctl resume q
  assert_equal "$output$stderr" ''
}

@test "resume: an unknown queue is named, the others resumed" {
  job_push q/a
  jq-ctl pause q
  run -66 --separate-stderr jq-ctl resume nowhere q
  assert_equal "$stderr" "jq-ctl: no such queue: 'nowhere' (nothing was ever pushed to it)"
  run -0 job_claim q
  assert_output a
}

@test "cancel: waiting jobs become dead, with that reason" {
  job_all_states q
  run -0 --separate-stderr jq-ctl cancel q/r1 q/d1 q/t1
  assert_output $'q/r1\nq/d1\nq/t1'
  assert_equal "$stderr" ''
  for id in r1 d1 t1; do
    run -0 jq-stat -i -F state,error "q/$id"
    assert_output "dead	cancelled by $(me)"
  done
}

@test "cancel: a running job's worker is asked, and told at its next beat" {
  job_all_states q
  run -0 --separate-stderr jq-ctl cancel q/x1
  assert_output q/x1
  assert_equal "$stderr" "jq-ctl: 'q/x1' is running; its worker was asked to stop it"
  run -0 job_call q beat W '' x1 "$(job_token q/x1)" ''
  assert_line --index 5 cancel
  run -0 job_close q/x1 fail signal:15
  run -0 jq-stat -i -F state,error q/x1
  assert_output "dead	cancelled"
}

@test "cancel: what cannot be done is said, the rest is done, 1" {
  job_all_states q
  run -1 --separate-stderr jq-ctl cancel q/k1 q/zz q/f1 nowhere/a q/r1
  assert_output q/r1
  assert_equal "$stderr" "jq-ctl: nothing to do: 'q/k1' is dead already
jq-ctl: no such job: 'q/zz'
jq-ctl: nothing to do: 'q/f1' is done already
jq-ctl: no such job: 'nowhere/a'"
}

@test "cancel: ids from stdin, bare ones with --queue, silence with -q" {
  job_all_states q
  run -0 --separate-stderr bash -c 'jq-stat -s ready -F job q | jq-ctl cancel -'
  assert_output $'q/r2\nq/r1'
  run -0 --separate-stderr jq-ctl cancel --queue q -q d1 x1
  assert_equal "$output$stderr" ''
  assert_equal "$(job_sets q/d1)" dead
  run -65 --separate-stderr jq-ctl cancel - <<<$'not a job\nq/t1'
  assert_output q/t1
  assert_regex "$stderr" '^jq-ctl: line 1 of standard input: '
}

@test "with -J an object for each job, and what became of it" {
  job_all_states q
  run -0 --separate-stderr jq-ctl -J cancel q/r1 q/x1
  assert_output '{"what":"cancelled","job":"q/r1"}
{"what":"asked","job":"q/x1"}'
  run -0 jq-ctl -J drop q/r1
  assert_output '{"what":"dropped","job":"q/r1"}'
  run -0 jq-ctl -J move --to other q/r2
  assert_output '{"what":"moved","job":"other/r2"}'
  jq-ctl set -q q keep-dead-jobs=0
  run -0 jq-ctl -J prune q
  assert_output '{"queue":"q","done":0,"dead":1}'
}

@test "cancel: a bad id among the operands, and nothing is done" {
  job_all_states q
  for id in '' q/ /a 'q/*' 'a b/c' q/-x r1; do
    run -64 --separate-stderr jq-ctl cancel -- q/r1 "$id"
    assert_output ''
  done
  assert_equal "$(job_sets q/r1)" rdy
}

@test "drop: waiting and dead jobs are deleted, running ones stopped first" {
  job_all_states q
  run -0 --separate-stderr jq-ctl drop q/r1 q/d1 q/t1 q/k1 q/x1
  assert_output $'q/r1\nq/d1\nq/t1\nq/k1\nq/x1'
  assert_equal "$stderr" "jq-ctl: 'q/x1' is running; its worker was asked to stop it"
  run -0 jq-stat -F ready,delayed,retry,dead,running,deleted_total q
  assert_output $'1\t0\t0\t0\t1\t4'
  run -0 redis HEXISTS 'jq:{q}:pay' r1
  assert_output 0
  job_close q/x1 fail
  run -0 jq-stat -F running,deleted_total q
  assert_output $'0\t5'
}

@test "drop: a job that was dropped does not come back by a late push" {
  job_push q/a payload
  jq-ctl drop -q q/a
  job_push q/a payload
  run -0 jq-stat -F ready q
  assert_output 0
}

@test "drop --all: every job of the state, and no other" {
  job_all_states q
  run -0 --separate-stderr jq-ctl drop --all -s ready -f q
  assert_output $'q/r2\nq/r1'
  assert_equal "$stderr" ''
  run -0 jq-stat -F ready,delayed,retry,dead,running q
  assert_output $'0\t1\t1\t1\t1'
  run -1 --separate-stderr jq-ctl drop --all -s ready -f q
  assert_equal "$stderr" "jq-ctl: nothing to do: no job of 'q' is ready"
  run -0 --separate-stderr jq-ctl drop --all -s all -f q
  assert_output $'q/x1\nq/d1\nq/t1\nq/k1'
  run -66 jq-ctl drop --all -s ready -f nowhere
}

@test "drop --all: more than fit into one call" {
  redis EVAL "for i = 1, 2345 do
      redis.call('HSET', KEYS[1], 'j' .. i, '1 1700000000000 0 1 d\nx')
      redis.call('ZADD', KEYS[2], i, 'j' .. i)
    end
    redis.call('HSET', KEYS[3], 'format', 1)" 3 'jq:{q}:pay' 'jq:{q}:rdy' \
    'jq:{q}:meta' >/dev/null
  jq-ctl drop --all -s ready -f q >dropped
  run -0 cmp dropped <(seq -f q/j%g 2345)
  run -0 jq-stat -F ready,deleted_total q
  assert_output $'0\t2345'
}

@test "drop --all: without -f and a terminal it refuses" {
  job_all_states q
  run -64 --separate-stderr jq-ctl drop --all -s ready q
  assert_regex "$stderr" '^jq-ctl: --all needs -f when nobody can be asked'
  run -0 jq-stat -F ready q
  assert_output 2
}

@test "drop --all: on a terminal the queue's name has to be typed" {
  job_all_states q
  run -1 script -qec 'jq-ctl drop --all -s ready q' /dev/null <<<yes
  assert_output --partial "2 jobs of queue 'q' (ready) will be deleted."
  assert_output --partial 'nothing was dropped'
  run -0 jq-stat -F ready q
  assert_output 2
  run -0 script -qec 'jq-ctl drop --all -s ready q' /dev/null <<<q
  run -0 jq-stat -F ready q
  assert_output 0
}

@test "drop: options that do not go together" {
  job_push q/a
  for arguments in '--all q' '--all -s ready -f' '--all -s ready -f q r' \
    '--all -s done -f q' '--all -s dozing -f q' '-s ready q/a' '-f q/a' \
    '--all -s ready -f --queue q q' '--all -s ready -f a/b'; do
    # shellcheck disable=SC2086
    run -64 --separate-stderr jq-ctl drop $arguments
    assert_output ''
    assert_regex "$stderr" "^jq-ctl: .*usage: jq-ctl drop .*Try 'jq-ctl --help'"
  done
  assert_equal "$(job_sets q/a)" rdy
}

@test "set: shows what is in force, defaults marked" {
  job_push q/a
  run -0 --separate-stderr jq-ctl set q
  assert_line --index 0 --regexp '^SETTING +VALUE +MEANING$'
  assert_line --regexp '^lease +15s +default +time without a heartbeat'
  assert_line --regexp '^keep-dead +30d +default '
  assert_line --regexp '^keep-done-bytes +64M +default '
  # what the scripts take for a default is what we call one
  run -0 grep -vc ' default ' <<<"$output"
  assert_output 1
  run -66 --separate-stderr jq-ctl set nowhere
}

@test "set: the manual lists every setting with its default" {
  job_push q/a
  jq-ctl set q | sed -n 's/^\([a-z-]*\) *\([^ ]*\)  default .*/\1 \2/p' >settings
  sed -n '/^\.Ss Settings/,/^\.Sh/s/^\.It Cm \(.*\) Pq \(.*\)/\1 \2/p' \
    "$ROOT/man/jq-ctl.1" >manual
  run -0 diff settings manual
  run -0 wc -l <settings
  assert_output 11
}

@test "set: changes, and puts a default back" {
  job_push q/a
  run -0 --separate-stderr jq-ctl set q lease=1m30s max-len=7 keep-done-bytes=3M
  assert_equal "$output$stderr" ''
  run -0 jq-ctl set q
  assert_line --regexp '^lease +1m30s +time'
  assert_line --regexp '^max-len +7 +most'
  assert_line --regexp '^keep-done-bytes +3M +most'
  run -0 redis HGET 'jq:{q}:meta' lease
  assert_output 90000
  run -0 jq-ctl -J set q
  assert_output --regexp \
    '^\{"v":1,"time":"[^"]+","queue":"q","settings":\{"lease":90(\.0)?,"max-len":7,'
  run -0 jq-ctl set q lease=default
  run -0 jq-ctl set q
  assert_line --regexp '^lease +15s +default '
  run -0 redis HEXISTS 'jq:{q}:meta' lease
  assert_output 0
}

@test "set: one bad value, and nothing is set" {
  job_push q/a
  for change in lease=1s lease=2h lease= lease lease=x max-len=-1 colour=red \
    =1 keep-done-bytes=1x max-releases=0; do
    run -64 --separate-stderr jq-ctl set q max-len=5 "$change"
    assert_output ''
    assert_regex "$stderr" '^jq-ctl: '
  done
  run -0 redis HEXISTS 'jq:{q}:meta' max_len
  assert_output 0
}

@test "set: the limit is kept by pushes" {
  jq-ctl -q set q max-len=1
  job_push q/a
  run -0 job_call q push epoch b d 0 0 0 '' x
  assert_line --index 1 FULL
}

@test "verbs: none, unknown, and what each takes" {
  run -64 --separate-stderr jq-ctl
  assert_equal "${stderr_lines[0]}" 'jq-ctl: which verb?'
  run -64 --separate-stderr jq-ctl resum q
  assert_equal "${stderr_lines[0]}" "jq-ctl: unknown verb 'resum' (did you mean 'resume'?)"
  assert_equal "${#stderr_lines[@]}" 3
  run -64 --separate-stderr jq-ctl pause
  assert_equal "${stderr_lines[0]}" 'jq-ctl: which queue?'
  assert_equal "${stderr_lines[1]}" 'usage: jq-ctl pause [--reason TEXT] QUEUE ...'
  run -64 --separate-stderr jq-ctl cancel
  assert_equal "${stderr_lines[0]}" 'jq-ctl: which job?'
  run -64 jq-ctl ping q
  run -64 jq-ctl server
  run -64 jq-ctl server dance
  run -64 jq-ctl server status q
  run -64 jq-ctl resume --reason why q
  run -64 jq-ctl cancel --all q
}

@test "verbs: the help lists them, and each has its own" {
  run -0 --separate-stderr jq-ctl --help
  for verb in ping pause resume cancel drop set server; do
    assert_line --regexp "^  $verb +[A-Z]"
  done
  for option in --reason --all --state --force --queue --url; do
    assert_output --partial " $option"
  done
  run -0 --separate-stderr jq-ctl pause --help
  assert_line --index 0 'usage: jq-ctl pause [--reason TEXT] QUEUE ...'
  assert_output --partial ' --reason TEXT'
  refute_output --partial ' --all'
  run -0 --separate-stderr jq-ctl -u unix:///nowhere set --help
  assert_line --regexp '^  keep-dead +how long a dead job is kept \(default 30d\)$'
}

@test "verbs: options may stand before them, whatever their values" {
  job_push q/a
  run -0 jq-ctl --reason drop -u "$JQ_URL" pause q
  run -0 jq-stat -F paused_why q
  assert_output "drop, $(me)"
  run -0 jq-ctl -qu "$JQ_URL" resume q
}

@test "queue names that are none" {
  for name in '' 'a{b}' 'a b' $'\e[31m' '*' ../x "$(printf 'q%.0s' {1..65})"; do
    for verb in pause resume set; do
      run -64 --separate-stderr jq-ctl "$verb" -- "$name"
      refute_output --partial $'\e'
    done
  done
  assert_equal "$(redis DBSIZE)" 0
}

@test "a full disk is noticed" {
  job_push q/a
  run -74 bash -c 'jq-ctl ping >/dev/full'
  run -74 bash -c 'jq-ctl cancel q/a >/dev/full'
  run -74 bash -c 'jq-ctl set q >&-'
}

@test "config: every option of every command, and who set it" {
  printf '%s\n' 'namespace = mine' '[jq-work]' 'timeout = 90s' >c
  chmod 600 c
  JQ_CONFIG=c run -0 --separate-stderr jq-ctl config
  assert_equal "$stderr" ''
  assert_line --regexp '^COMMAND +OPTION +VALUE +FROM$'
  assert_line --regexp '^jq-work +timeout +1m30s +c:3$'
  assert_line --regexp '^jq-push +namespace +mine +c:1$'
  assert_line --regexp '^jq-ctl +config +c +JQ_CONFIG$'
  assert_line --regexp '^jq-cron +connect-timeout +5s +default$'
  refute_line --regexp '^jq-stat +timeout '
  local command
  for command in push work stat retry cron ctl; do
    assert_line --regexp "^jq-$command +verbose +0 +default\$"
  done
  JQ_URL='' run -0 jq-ctl --config c config -J jq-retry
  run -0 jq -r '.options[] | select(.from != "default") |
    [.command, .option, .value, .from] | @tsv' <<<"$output"
  assert_output $'jq-retry\tnamespace\tmine\tc:1\njq-retry\tconfig\tc\tcommand line'
}

@test "config: says no password, and what is wrong with a file" {
  JQ_URL=redis://me:secret@nowhere run -0 jq-ctl config jq-stat
  assert_line --regexp '^jq-stat +url +redis://me:\*\*\*@nowhere:6379 +JQ_URL$'
  echo 'timeuot = 1s' >c
  chmod 600 c
  run -78 --separate-stderr jq-ctl --config c config
  assert_equal "$stderr" "jq-ctl: c:1: unknown key 'timeuot'"
  printf '%s\n' '[jq-work]' 'timeuot = 1s' >c
  run -78 --separate-stderr jq-ctl --config c config
  assert_equal "$stderr" \
    "jq-work: c:2: unknown key 'timeuot' (did you mean 'timeout'?)"
  assert_line --regexp '^jq-push '
  refute_line --regexp '^jq-work '
  run -64 --separate-stderr jq-ctl config jq-nothing
  assert_equal "${stderr_lines[0]}" "jq-ctl: 'jq-nothing' is none of the commands"
}
