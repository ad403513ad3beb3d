#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-work: what a handler gets, what its end means, what becomes of what it
# writes. Options and the choice of jobs are in work_options.bats, the end of
# workers in work_stop.bats, servers in work_server.bats.

load ../lib/server

# work ARG...: a worker that takes what there is; handlers see stdin as given.
work() {
  run --separate-stderr jq-work --drain "$@"
}

# One job of the queue q, worked by the shell text; it may fail.
job() {
  id=$(jq-push -b fixed:1h q "${2-payload}")
  work q sh -c "$1"
}

# field NAME: of the job of job()
field() {
  jq-stat -i "$id" -F "$1"
}

# outcome_is STATE HOW: what became of that job, and of its last attempt
outcome_is() {
  assert_equal "$(field state)" "$1"
  assert_equal "$(field last)" "$2"
}

@test "a handler reads the payload on stdin, byte for byte" {
  head -c 200000 /dev/urandom >random
  printf 'a\0b\377\r\n\n' >odd
  : >empty
  local file size
  for size in 1 65535 65536 65537; do
    head -c "$size" random >"n$size"
  done
  for file in odd empty random n*; do
    jq-push -q q <"$file"
    jq-work --drain q cat >copy
    cmp "$file" copy
  done
}

@test "stdin can be read twice, in parts, or not at all" {
  job 'head -n 1; cat /dev/stdin; cat <&0' $'one\ntwo\n'
  assert_output $'one\none\ntwo\ntwo'
  head -c 3000000 /dev/zero | jq-push -q q
  work q true
  assert_success
}

@test "nobody can write to the payload" {
  job 'echo x >/dev/stdin' keep
  assert_equal "$status" 1
  job 'sh -c "echo x >&0"; cat' keep
  assert_equal "$output" keep
}

@test "a handler that writes before it reads does not block" {
  head -c 2000000 /dev/urandom | jq-push -q q
  jq-work --drain q sh -c 'head -c 300000 /dev/zero; cat' >out
  assert_equal "$(wc -c <out)" 2300000
}

@test "exit 0 is done; stdout is kept as the result and passed on" {
  job 'printf "a\0b\n"; echo seen >&2'
  assert_success
  assert_equal "$stderr" seen
  outcome_is 'done' exit:0
  jq-stat -i "$id" -F result >kept
  printf 'a\0b\n' | cmp - kept
}

@test "exit 65 is dead, 75 and all else a failed attempt" {
  job 'exit 65'
  assert_equal "$status" 1
  outcome_is dead exit:65
  local code
  for code in 1 2 64 75 77 78 100 126 127 128 255; do
    job "exit $code"
    assert_equal "$status" 1
    outcome_is retry "exit:$code"
    assert_equal "$(field attempts)" 1
  done
}

@test "death by any signal is a failed attempt, never done" {
  local name
  for name in HUP INT QUIT KILL SEGV PIPE ALRM TERM USR1 XCPU; do
    job "ulimit -c 0; kill -$name \$\$"
    outcome_is retry "signal:$(kill -l "$name")"
  done
  [[ $(jq-stat -F 'done' q) -eq 0 ]]
}

@test "a kill for memory is told from other kills" {
  job 'kill -KILL $$'
  # where the kernel does not count them the question stays
  [[ $(field error) =~ ^SIGKILL(\ \(out\ of\ memory\?\))?$ ]] ||
    fail "$(field error)"

  # a group with 40 MiB, where we may make one
  local own group
  own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
  group=/sys/fs/cgroup/memory$own/jobq-test-$BASHPID
  mkdir "$group" 2>/dev/null || return 0
  echo 40M >"$group/memory.limit_in_bytes"
  id=$(jq-push q x)
  bash -c 'echo $$ >"$1/cgroup.procs"; exec jq-work --drain q \
    awk "BEGIN { x = \"0123456789\"; for (; i < 25; i++) x = x x }"' \
    sh "$group" 2>err || true
  assert_equal "$(field error)" 'SIGKILL (out of memory)'
  wait_until 5 rmdir "$group"
}

@test "the last line of stderr is the reason, unless the handler gives one" {
  job 'echo first >&2; echo "cannot reach the moon" >&2; echo >&2; exit 3'
  assert_equal "$(field error)" 'cannot reach the moon'
  job 'echo noise >&2; echo "error the moon is gone" >&3; exit 3'
  assert_equal "$(field error)" 'the moon is gone'
  job 'exit 3'
  assert_equal "$(field error)" 'exit status 3'
}

@test "descriptor 3: dead ends it with any failure, and only with one" {
  job 'echo "dead no such customer" >&3; exit 7'
  outcome_is dead exit:7
  assert_equal "$(field error)" 'no such customer'
  job 'echo "dead really" >&3'
  outcome_is 'done' exit:0
}

@test "descriptor 3: retry-after sets the wait of a failure" {
  job 'echo "retry-after 7m" >&3; exit 75'
  outcome_is retry exit:75
  [[ $stderr == *'next=7m'* ]] || fail "$stderr"
}

@test "descriptor 3: defer with 75 hands the job back uncharged" {
  job 'echo "defer 1h" >&3; exit 75'
  outcome_is delayed exit:75
  assert_equal "$(field attempts)" 0
  job 'echo "defer 1h" >&3; exit 1'
  outcome_is retry exit:1
  assert_equal "$(field attempts)" 1
}

@test "descriptor 3: result is kept beside the output" {
  job 'echo "result 42 rows" >&3; echo long'
  run -0 jq-stat -i "$id"
  assert_output --regexp 'Result +42 rows'
}

@test "descriptor 3: what is not understood is said once a worker" {
  jq-push -q q a b
  work q sh -c 'echo "progres 1" >&3; echo "extend never" >&3'
  assert_success
  assert_equal "$(grep -c 'descriptor 3' <<<"$stderr")" 1
  [[ $stderr == *"'progres 1'"* ]] || fail "$stderr"
}

@test "descriptor 3: lines from a pipeline's children, and no newline" {
  job 'true | (echo "progress 1/2 half" >&3); printf "error last" >&3; exit 1'
  assert_equal "$(field error)" last
}

@test "progress and stderr can be seen while the handler runs" {
  mkfifo go
  id=$(jq-push q x)
  spawn worker jq-work --drain q sh -c \
    'echo "progress 3/10 three of ten" >&3; echo working >&2; read x <go'
  shown() {
    run jq-stat -i "$id"
    [[ $output == *'three of ten'* && $output == *working* ]]
  }
  wait_until 5 shown
  echo >go
  wait_exit 5 worker
  assert_success
}

@test "extend moves the time limit" {
  id=$(jq-push q x)
  # 300 ms of time and 30 s more: it ends by itself
  work -t 300ms q sh -c 'echo "extend 30s" >&3; sleep 0.6 # handler'
  assert_success
  assert_equal "$(field state)" 'done'
}

@test "the environment of a handler" {
  local job
  job=$(TRACEPARENT=00-1-2-01 jq-push -N welcome -p 4 -M TENANT=acme -m 9 \
    mail 'four')
  JQ_META_OLD=x JQ_ID=mine TRACESTATE=mine LISTEN_FDS=1 WATCHDOG_PID=1 \
    KEPT=yes work --worker-name me -t 1m mail env
  assert_success
  local want
  for want in "JQ_JOB=$job" "JQ_ID=${job#mail/}" JQ_NAME=welcome \
    JQ_QUEUE=mail JQ_ATTEMPT=1 JQ_MAX_ATTEMPTS=9 JQ_PRIORITY=4 JQ_SIZE=4 \
    JQ_META_TENANT=acme JQ_WORKER=me JQ_SLOT=1 JQ_CTL_FD=3 JQ_DELIVERY=1 \
    TRACEPARENT=00-1-2-01 KEPT=yes "JQ_URL=$JQ_URL" JQ_NAMESPACE=jq; do
    grep -qxF -- "$want" <<<"$output" || fail "no $want in: $output"
  done
  run ! grep -E '^(JQ_META_OLD|TRACESTATE|LISTEN_FDS|WATCHDOG_PID|JQ_KEY|JQ_LAST_EXIT)=' \
    <<<"$output"
}

@test "deadline and creation are times that fit" {
  local now=$EPOCHSECONDS created deadline
  job 'echo "$JQ_CREATED $JQ_DEADLINE $JQ_FENCE"'
  read -r created deadline fence <<<"$output"
  ((${created%.*} >= now - 1 && ${created%.*} <= now + 5))
  ((${deadline%.*} - ${created%.*} >= 299 && ${deadline%.*} - ${created%.*} <= 305))
  [[ $fence =~ ^[0-9]{16}$ ]]
}

@test "the second attempt knows of the first" {
  id=$(jq-push -b fixed:1ms -m 2 q x)
  jq-work -n 2 -W 5s q sh -c \
    'echo "$JQ_ATTEMPT/$JQ_MAX_ATTEMPTS ${JQ_LAST_EXIT-unset} $JQ_DELIVERY"
     exit 4' >out 2>err
  assert_equal "$(cat out)" $'1/2 unset 1\n2/2 4 2'
  assert_equal "$(field state)" dead
}

@test "a handler's own pushes go to the server its job came from" {
  server_start other
  unset JQ_URL
  printf '%s\n' "$(server_url other)" >url
  jq-push -q -u "$(server_url other)" first x
  jq-work -u "$(server_url other)" --drain first jq-push -q second y
  assert_equal "$(jq-stat -u "$(server_url other)" -F ready second)" 1
  # named by a file, relative to a directory that the handler leaves
  jq-push -q --url-file url first x
  JQ_URL=redis://127.0.0.1:1 jq-work --url-file url --drain first \
    sh -c 'cd /; jq-push -q third y'
  assert_equal "$(jq-stat --url-file url -F ready third)" 1
  # and so does the namespace
  jq-push -q --url-file url --namespace ns first x
  jq-work --url-file url --namespace ns --drain first jq-push -q fourth y
  assert_equal "$(jq-stat --url-file url --namespace ns -F ready fourth)" 1
}

@test "only 0 to 3 are open, signals are at their defaults, no terminal" {
  exec 7</dev/null 9>/dev/null
  # the shell reads for itself: it blocks signals while it starts another
  job 'ls /proc/$$/fd
    while read -r line; do
      case $line in Sig[BI]*) echo "$line" ;; esac
    done </proc/$$/status
    cut -d" " -f5-7 /proc/$$/stat; echo $$'
  exec 7<&- 9>&-
  assert_success
  local want=$'0\n1\n2\n3\n' pid=${lines[-1]}
  # a shell may have its script on 10
  [[ $output == "$want"* ]] || fail "$output"
  assert_line --regexp '^SigBlk:.0+$'
  assert_line --regexp '^SigIgn:.0+$'
  # group and session are its own; terminal 0
  assert_equal "${lines[-2]}" "$pid $pid 0"
}

@test "--no-ctl keeps descriptor 3 closed" {
  jq-push -q q x
  work --no-ctl q sh -c 'echo "${JQ_CTL_FD-unset}"; ls /proc/$$/fd'
  assert_equal "${lines[0]}" unset
  [[ ${lines[*]} != *' 3'* ]] || fail "$output"
}

@test "what a handler leaves running ends with it and delays nothing" {
  id=$(jq-push q x)
  local begin=$SECONDS
  work q sh -c 'sleep 1000 & setsid sleep 1000 & echo said # handler'
  assert_success
  assert_output said
  ((SECONDS - begin <= 3))
  # teardown fails if one of them is still there
}

@test "a time limit ends the whole tree" {
  id=$(jq-push q x)
  work -t 200ms -K 200ms q sh -c \
    'trap "" TERM; (setsid sleep 1000 &) ; sleep 1000 # handler'
  assert_equal "$status" 1
  outcome_is retry timeout
  assert_equal "$(field attempts)" 1
}

@test "a job's own limit comes before the worker's" {
  id=$(jq-push -t 200ms -b fixed:1h q x)
  work -t 1h q sh -c 'exec sleep 1000 # handler'
  outcome_is retry timeout
  jq-push -q -t 0 other x
  work -t 200ms other sh -c 'sleep 0.5; echo "${JQ_DEADLINE-none}" # handler'
  assert_success
  assert_output none
}

@test "TERM at the limit leaves time to clean up" {
  id=$(jq-push q x)
  work -t 200ms -K 10s q sh -c \
    'trap "echo cleaned; exit 1" TERM; sleep 1000 & wait # handler'
  assert_output cleaned
  outcome_is retry timeout
}

@test "results: the first bytes up to --max-result, marked when cut" {
  id=$(jq-push q x)
  work --max-result 10 q sh -c 'echo 0123456789abcdef'
  assert_output 0123456789abcdef
  assert_equal "$(field result)" 0123456789
  run -0 jq-stat -i "$id"
  assert_output --partial 17
  id=$(jq-push q x)
  work --no-result q echo out
  assert_output out
  assert_equal "$(field result)" ''
}

@test "--no-pass keeps the output to the result" {
  id=$(jq-push q x)
  work --no-pass q echo out
  assert_output ''
  assert_equal "$(field result)" out
}

@test "--stderr-tail: the last bytes stay with the attempt" {
  id=$(jq-push q x)
  work --stderr-tail 8 q sh -c 'echo 0123456789 >&2; exit 1'
  run -0 jq-stat -i "$id"
  assert_line '  | 3456789'
}

@test "with several slots lines stay whole" {
  seq 40 | jq-push -q -l q
  jq-work --drain -j 8 q sh -c \
    'read -r n; for p in a b c d; do printf "%s-" "$n$p"; done; echo end' >out
  assert_equal "$(wc -l <out)" 40
  run ! grep -vE '^([0-9]+)a-\1b-\1c-\1d-end$' out
}

@test "--tag names the job of each line, of stderr too" {
  local job
  job=$(jq-push q x)
  work --tag q sh -c 'echo out; printf tail; echo err >&2'
  assert_equal "$output" "$job"$'\t'"out"$'\n'"$job"$'\t'"tail"
  assert_equal "$stderr" "$job"$'\t'"err"
}

@test "stderr cannot forge a line of the log or move the cursor" {
  job 'printf "\033[2Jred\r\nlast\n" >&2'
  assert_equal "$stderr" '\x1b[2Jred'$'\n'last
}

@test "the log: a line an attempt, as text and as JSON" {
  job 'exit 3'
  assert_equal "${#stderr_lines[@]}" 1
  local want='^[0-9T:.-]+Z jq-work: id=[a-z0-9]+ queue=q attempt=1/5 '
  want+='outcome=retry exit=3 took=[0-9.]+s next=[0-9hms]+ reason="'
  [[ $stderr =~ $want ]] || fail "$stderr"
  jq-push -q -N kind q 'x'
  work -v --log-format json q true
  local entry=${stderr_lines[-1]}
  [[ $entry == '{'*'"outcome":"done"'*'"exit":0'*'}' ]] || fail "$entry"
  jq-push -q q 'x'
  work -v -J q true
  [[ ${stderr_lines[-1]} == '{'*'}' ]] || fail "$stderr"
}

@test "-v tells of success, -q -q only of what is bad" {
  job true
  assert_equal "$stderr" ''
  jq-push -q q x
  work -v q true
  [[ $stderr == *outcome=done* ]] || fail "$stderr"
  jq-push -q q x
  work -qq q sh -c 'exit 1'
  assert_equal "$stderr" ''
  jq-push -q q x
  work -qq q sh -c 'exit 65'
  [[ $stderr == *outcome=dead* ]] || fail "$stderr"
}

@test "in the journal there are priorities and no times" {
  jq-push -q q x
  exec 5>log
  JOURNAL_STREAM=$(stat -L -c %d:%i log) jq-work --drain q false 2>&5 || true
  exec 5>&-
  run -0 grep -E '^<[0-7]>id=|^<[0-7]>jq-work: id=' log
}

@test "--joblog: nine fields an attempt, appended" {
  echo kept >jobs.tsv
  id=$(jq-push -b fixed:1ms -m 2 q x)
  jq-work -n 2 -W 5s --worker-name me --joblog jobs.tsv q sh -c 'exit 9' 2>err
  jq-push -q q x
  work --worker-name me --joblog jobs.tsv q sh -c 'kill -TERM $$'
  assert_equal "$(wc -l <jobs.tsv)" 4
  assert_equal "$(sed -n 1p jobs.tsv)" kept
  assert_equal "$(awk -F'\t' 'NR > 1 {print NF}' jobs.tsv | sort -u)" 9
  assert_equal "$(sed -n 3p jobs.tsv | cut -f 3-)" \
    "9	-	dead	2	q	${id#q/}	me"
  assert_equal "$(sed -n 4p jobs.tsv | cut -f 3-5)" "-	15	retry"
}

@test "attempts are on record with code, CPU, memory, worker and reason" {
  job 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; exit 4'
  run -0 jq-stat -i "$id"
  assert_line --regexp ' started on [^ ]+, pid [0-9]+$'
  local want=' exit 4 after [0-9.]+s, CPU [0-9.]+s user [0-9.]+s sys, '
  assert_line --regexp "${want}peak [0-9.]+ MiB$"
}

@test "the tenth and later attempts push the first from the record" {
  id=$(jq-push -b fixed:1ms -m 12 q x)
  jq-work -n 12 -W 5s q sh -c 'exit $JQ_ATTEMPT' 2>err
  run -0 jq-stat -i "$id"
  assert_equal "$(grep -c ' exit [0-9]* after ' <<<"$output")" 10
  assert_output --partial 'exit 12 after'
  assert_output --partial 'exit 3 after'
  refute_output --partial 'exit 2,'
}
