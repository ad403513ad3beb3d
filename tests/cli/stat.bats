#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat: the table, lists, workers, what is refused.

load ../lib/server
load ../lib/jobs

# The words of a queue's line in the table.
row() {
  jq-stat -H "$1" | tr -s ' '
}

# A terminal would act on one of these.
dangerous() {
  grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' <<<"$1"
}

@test "the table counts each state" {
  job_all_states mail
  run -0 --separate-stderr jq-stat
  want='^QUEUE +READY +RUN +DELAY +RETRY +DEAD +DONE/m +FAIL/m +OLDEST +'
  assert_line --index 0 --regexp "${want}WORKERS +NOTE$"
  assert_equal "${#lines[@]}" 2
  assert_equal "$stderr" ''
  run -0 row mail
  assert_output --regexp '^mail 2 1 1 1 1 1 2 [0-9]+m?s 0( .*)?$'
}

@test "the note says why nothing happens: nobody serves" {
  job_push mail/a
  run -0 row mail
  assert_output --regexp ' 0 no worker$'
}

@test "the note: nothing to say when somebody serves" {
  job_push mail/a
  job_beat mail W
  run -0 row mail
  assert_output --regexp ' 1$'
}

@test "the note: paused, since when, why and by whom" {
  job_push mail/a
  job_beat mail W
  job_call mail configure paused 'deploy 42, ann@web1' >/dev/null
  run -0 row mail
  assert_output --regexp ' paused [0-9]+m?s: deploy 42, ann@web1$'
}

@test "the note: limit reached" {
  job_push mail/a
  job_beat mail W
  job_call mail configure max_len 1 >/dev/null
  run -0 row mail
  assert_output --regexp ' limit reached$'
}

@test "the note: workers that take nothing" {
  job_push mail/a
  job_beat mail W quiet
  run -0 row mail
  assert_output --regexp ' workers take nothing: quiet$'
}

@test "an unknown queue is named, the others are shown" {
  job_push mail/a
  run -66 --separate-stderr jq-stat nowhere mail
  assert_line --index 1 --regexp '^mail '
  assert_equal "$stderr" \
    "jq-stat: no such queue: 'nowhere' (nothing was ever pushed to it)"
}

@test "no queue at all: the header, and a hint" {
  run -0 --separate-stderr jq-stat
  assert_output --regexp '^QUEUE +READY .*NOTE$'
  assert_equal "$stderr" 'jq-stat: no queue yet (jq-push makes one)'
  run -0 --separate-stderr jq-stat -q
  assert_equal "$stderr" ''
  run -0 --separate-stderr jq-stat -H -q
  assert_output ''
}

@test "-F: chosen fields with tabs between, empty ones empty" {
  job_all_states mail
  job_push Mail/a
  run -0 --separate-stderr jq-stat -F name,ready,paused,paused_why,dead
  assert_output $'Mail\t1\tfalse\t\t0\nmail\t2\tfalse\t\t1'
  assert_equal "$stderr" ''
}

@test "-F: an unknown field is refused before anything, with all there are" {
  run -64 --separate-stderr jq-stat -u unix:///nowhere -F name,foo
  assert_output ''
  assert_regex "$stderr" "^jq-stat: a queue has no field 'foo' \(it has: name ready running "
  run -64 --separate-stderr jq-stat -s dead -F ''
  assert_regex "$stderr" "a job has no field '' "
}

@test "-J: queues are one document" {
  job_all_states mail
  run -0 --separate-stderr jq-stat -J
  assert_equal "${#lines[@]}" 1
  want='^\{"v":1,"time":"20[0-9-]+T[0-9:.]+Z","queues":\[\{"name":"mail",'
  want+='"ready":2,"running":1,"delayed":1,"retry":1,"dead":1,"done":1,'
  want+='"oldest_ready_s":[0-9.]+,"workers":0,"paused":false,'
  assert_regex "$output" "$want"
  assert_regex "$output" '"pushed_total":7,.*"done_total":1,"failed_total":2,'
  assert_regex "$output" '\]\}$'
}

@test "-J without a queue is a document too" {
  run -0 --separate-stderr jq-stat -J -q
  assert_regex "$output" '^\{"v":1,"time":"[^"]+","queues":\[\]\}$'
}

@test "-s: the jobs of a state, in their order" {
  job_all_states mail
  run -0 jq-stat -s ready -F id,priority mail
  assert_output $'r2\t5\nr1\t0'
  run -0 jq-stat -s dead
  assert_line --index 0 --regexp '^JOB +STATE +NAME +FAILED +AGE +WHEN +SIZE +LAST +REASON$'
  want='^mail/k1 +dead +welcome +1 +[0-9]+m?s +[0-9]+m?s ago +6 +exit 65 +bad data$'
  assert_line --index 1 --regexp "$want"
  run -0 jq-stat -s retry -H
  assert_output --regexp '^mail/t1 +retry +- +1 +[0-9]+m?s +in (5[0-9]s|1m) +5 +SIGKILL +killed$'
  run -0 jq-stat -s delayed -H
  assert_output --regexp ' in (59m[0-9]+s|1h) '
  run -0 jq-stat -s running -H
  assert_output --regexp ' for [0-9]+m?s '
  run -0 jq-stat -s done -H
  assert_output --regexp '^mail/f1 +done .* ago +8 +exit 0$'
}

@test "-s: filters narrow the list, as jq-retry has them" {
  local id
  jq-push -q -i a -N mail q x
  jq-push -q -i b q x
  jq-push -q -i c q x
  job_kill q/a 'bad gateway'
  job_kill q/b 'bad data'
  jq-push -q -i w -N mail q x
  redis ZADD 'jq:{q}:dead' 1700000000000 b >/dev/null
  jobs() { jq-stat -F job "$@" q | paste -sd ' '; }
  assert_equal "$(jobs -s dead)" 'q/b q/a'
  assert_equal "$(jobs -s dead --error bad)" 'q/b q/a'
  assert_equal "$(jobs -s dead --error gate)" q/a
  assert_equal "$(jobs -s dead --exit 65 -n 1)" q/b
  assert_equal "$(jobs -s dead --exit 1)" ''
  assert_equal "$(jobs -s dead --signal 9)" ''
  assert_equal "$(jobs -s dead --since 1h)" q/a
  assert_equal "$(jobs -s dead --before @1700000001)" q/b
  assert_equal "$(jobs -s all -N mail)" 'q/w q/a'
  assert_equal "$(jobs -s dead --worker me --error data)" q/b
  run -0 jq-stat -s dead --error gate -J q
  assert_equal "$(jq -r '.id + " " + .payload' <<<"$output")" 'a x'
  run -64 jq-stat -s ready --since 1h q
  assert_line --index 0 --partial 'of when jobs ended'
  run -64 jq-stat --error x q
  assert_line --index 0 --partial 'for lists of jobs (-s)'
  run -64 jq-stat --workers --before 1h q
  run -64 jq-stat -s dead --exit 300 q
}

@test "-s all: every state, of every queue" {
  job_all_states mail
  job_push b/a
  run -0 jq-stat -s all -F job,state
  assert_output $'b/a\tready
mail/r2\tready
mail/r1\tready
mail/x1\trunning
mail/d1\tdelayed
mail/t1\tretry
mail/k1\tdead
mail/f1\tdone'
}

@test "-n: at most so many, over states and queues" {
  job_all_states mail
  job_all_states work
  run -0 --separate-stderr jq-stat -s all -n 3 -F job
  assert_output $'mail/r2\nmail/r1\nmail/x1'
  assert_equal "$stderr" ''
  run -0 jq-stat -s ready -n 3 -F job
  assert_output $'mail/r2\nmail/r1\nwork/r2'
  run -0 jq-stat -s ready -n 0 -F job
  assert_equal "${#lines[@]}" 4
}

@test "more jobs than a page come out whole and in order" {
  redis EVAL "for i = 1, 1234 do
      redis.call('HSET', KEYS[1], 'j' .. i, '1 1700000000000 0 1 d\nx')
      redis.call('ZADD', KEYS[2], i, 'j' .. i)
    end
    redis.call('HSET', KEYS[3], 'format', 1)
    redis.call('SADD', 'jq:queues', 'big')" 3 'jq:{big}:pay' 'jq:{big}:rdy' \
    'jq:{big}:meta' >/dev/null
  jq-stat -s ready -F id big >ids
  run -0 cmp ids <(seq -f j%g 1234)
  run -0 jq-stat -s ready -n 501 big
  assert_equal "${#lines[@]}" 502
  assert_line --index 501 --regexp '^big/j501 '
}

@test "thousands of queues come out sorted, each once" {
  redis EVAL "for i = 1, 2500 do
      redis.call('SADD', 'jq:queues', 'q' .. i)
      redis.call('HSET', 'jq:{q' .. i .. '}:meta', 'format', 1)
    end" 0 >/dev/null
  jq-stat -F name >names
  run -0 cmp names <(seq -f q%g 2500 | sort)
}

@test "on a terminal: fifty jobs unless -n says more" {
  for i in {1..60}; do job_push "q/j$i"; done
  run -0 script -qec 'jq-stat -s ready -F id q' /dev/null
  assert_equal "${#lines[@]}" 51
  assert_output --partial 'only 50 jobs are shown (-n 0 shows all)'
  run -0 script -qec 'jq-stat -s ready -F id -n 0 q' /dev/null
  assert_equal "${#lines[@]}" 60
  job_call q remove cancel why j{51..60} >/dev/null
  run -0 script -qec 'jq-stat -s ready -F id q' /dev/null
  assert_equal "${#lines[@]}" 50
}

@test "on a terminal: the last column is cut to fit, elsewhere it is not" {
  job_push q/a
  job_claim q >/dev/null
  job_close q/a dead exit:1 "$(printf 'é%.0s' {1..200})" >/dev/null
  run -0 jq-stat -s dead
  assert_output --partial "$(printf 'é%.0s' {1..200})"
  for columns in 80 1 500; do
    run -0 script -qec "stty cols $columns; jq-stat -s dead" /dev/null
    assert_line --index 1 --regexp '^q/a  dead .* é+(…|é)'
    width=$(LC_ALL=C.UTF-8; line=${lines[1]%$'\r'}; echo "${#line}")
    [ "$width" -le "$columns" ] || [ "$columns" = 1 ]
  done
}

@test "colour: on a terminal only, and as told" {
  job_all_states mail
  esc=$'\033'
  run -0 jq-stat
  refute_output --partial "$esc"
  TERM=xterm run -0 script -qec jq-stat /dev/null
  assert_output --partial "${esc}[31m1${esc}[0m"
  TERM=xterm NO_COLOR=1 run -0 script -qec jq-stat /dev/null
  refute_output --partial "$esc"
  run -0 jq-stat --color always
  assert_output --partial "$esc"
}

@test "-s -J: an object a line, with the payload, as jq-push -J reads it" {
  job_push mail/a '{"to":"ann"}' m=7 t=90000 b=fixed:5s n=welcome M=TENANT=acme
  job_push mail/b $'caf\xe9' priority=-3
  run -0 jq-stat -s ready -J mail
  assert_equal "${#lines[@]}" 2
  want='^\{"id":"a","queue":"mail","job":"mail/a","state":"ready","name":"welcome",'
  want+='"priority":0,"max_attempts":7,"timeout":90(\.0)?,"backoff":"fixed:5s",'
  want+='"size":12,"created":"[^"]+",.*"meta":\{"TENANT":"acme"\},'
  want+='"payload":"\{\\"to\\":\\"ann\\"\}"\}$'
  assert_line --index 0 --regexp "$want"
  assert_line --index 1 --regexp '"priority":-3,.*"payload_b64":"Y2Fm6Q=="\}$'
}

@test "-s -J: when it is due, how it ended" {
  job_all_states mail
  run -0 jq-stat -s delayed -J
  assert_output --regexp '"at":"20[^"]+Z"'
  refute_output --partial '"exit"'
  run -0 jq-stat -s dead -J
  assert_output --regexp '"attempts":1,.*"exit":65,"last":"exit:65","error":"bad data"'
  run -0 jq-stat -s retry -J
  assert_output --regexp '"signal":"SIGKILL","last":"signal:9"'
  run -0 jq-stat -s done -J
  refute_output --partial '"payload"'
}

@test "-s: an unknown state is refused" {
  run -64 --separate-stderr jq-stat -s sleeping mail
  want="jq-stat: 'sleeping' is not a state (ready, running, delayed, retry, dead, "
  assert_equal "${stderr_lines[0]}" "${want}done, all)"
}

@test "-s: an unknown queue is named" {
  run -66 --separate-stderr jq-stat -s dead nowhere
  assert_regex "$stderr" "no such queue: 'nowhere'"
}

@test "ids that look like numbers stay what they are" {
  for id in 9007199254740993 1e5 nan true null 0x10 a.b:c; do
    job_push "q/$id"
  done
  run -0 jq-stat -s ready -F id q
  assert_output $'9007199254740993\n1e5\nnan\ntrue\nnull\n0x10\na.b:c'
  run -0 jq-stat -s ready -J q
  assert_line --index 0 --partial '"id":"9007199254740993"'
  assert_line --index 3 --partial '"id":"true"'
  run -0 jq-stat -i q/1e5 -F id
  assert_output 1e5
}

@test "--workers: who serves" {
  job_push mail/a
  job_push other/a
  job_beat mail W1 run web1:812
  job_beat mail W2 quiet web2:9
  run -0 jq-stat --workers
  want='^WORKER +QUEUE +STATE +BUSY +DONE +FAILED +UP +SEEN +HOST +PID +VERSION$'
  assert_line --index 0 --regexp "$want"
  want='^web1:812 +mail +run +3/4 +120 +2 +[0-9]+d[0-9h]* +[0-9]+m?s +host1 +812 +0\.1$'
  assert_line --index 1 --regexp "$want"
  assert_equal "${#lines[@]}" 3
  run -0 jq-stat --workers -F name,state,busy mail
  assert_output $'web1:812\trun\t3\nweb2:9\tquiet\t3'
  run -0 jq-stat --workers -J mail
  want='^\{"v":1,"time":"[^"]+","workers":\[\{"name":"web1:812","queue":"mail",'
  assert_output --regexp "$want"'"state":"run","busy":3,"slots":4,'
  run -66 jq-stat --workers nowhere
}

@test "nothing a job brought along reaches the terminal" {
  evil=$'\e[31m\e]0;x\a\r\x9b1m\u202e\n\\'
  job_push mail/a '' 'M=X=%1B[2J'
  job_claim mail >/dev/null
  job_close mail/a dead exit:1 "$evil" "$evil" >/dev/null
  job_beat mail W run '%1B]0;worker%07'
  job_call mail configure paused "$evil" >/dev/null
  for arguments in '' '-s dead' '-i mail/a' '--workers' '-F note' \
    '-s dead -F error,meta' '--workers -F name' '-i -F error mail/a' -J \
    '-s dead -J' '-i -J mail/a' '--workers -J'; do
    # shellcheck disable=SC2086
    run -0 jq-stat $arguments
    run -1 dangerous "$output"
  done
  run -0 jq-stat -s dead -F error mail
  assert_output --partial '\x1b[31m'
  run -0 jq-stat -s dead -J mail
  assert_output --partial '"error_b64":"'
}

@test "a damaged queue is said to be so, and hides no other" {
  job_push b/a
  job_push mail/a
  redis DEL 'jq:{b}:rdy' >/dev/null
  redis SET 'jq:{b}:rdy' rubbish >/dev/null
  run -70 --separate-stderr jq-stat
  assert_line --index 1 --regexp '^b +- .*- +damaged$'
  assert_line --index 2 --regexp '^mail +1 '
  assert_regex "$stderr" '^jq-stat: '
  run -70 --separate-stderr jq-stat -F name,ready,note
  assert_output $'b\t\tdamaged\nmail\t1\tno worker'
}

@test "a damaged job is said to be so, and hides no other" {
  job_push q/a
  job_push q/b
  job_push q/c
  redis HSET 'jq:{q}:job' b rubbish >/dev/null
  run -0 jq-stat -s ready q
  assert_line --index 2 --regexp "^q/b +ready .*damaged: the job's record cannot be read"
  assert_equal "${#lines[@]}" 4
  run -76 --separate-stderr jq-stat -i -F id q/b q/c
  assert_output c
  assert_regex "$stderr" "^jq-stat: q/b: the job's record cannot be read"
  redis DEL 'jq:{q}:pay' >/dev/null
  job_claim q >/dev/null
  run -0 row q
  assert_output --partial 'damaged (3 without data)'
}

@test "a newer data layout is refused" {
  job_push q/a
  redis HSET 'jq:{q}:meta' format 2 >/dev/null
  run -76 --separate-stderr jq-stat q
  assert_regex "$stderr" 'data layout 2, this program knows layout 1'
}

@test "options that do not go together" {
  for arguments in '--workers --empty q' '-s dead --workers' '-s dead -i q/a' \
    '-w --workers q' '-w -J q' '-w -F name q' '--empty -J q' '-J -F name' \
    '-J -H' '-H -i q/a' '-n 3' '-w -s dead -n 3 q' '--queue q' \
    '--wait-timeout 1s q' -w -i '-w -i' '-n -1 -s dead' '-n x -s dead'; do
    # shellcheck disable=SC2086
    run -64 --separate-stderr jq-stat $arguments
    assert_output ''
    assert_regex "$stderr" "^jq-stat: .*usage: jq-stat .*Try 'jq-stat --help'"
  done
}

@test "queue names that are none" {
  long=$(printf 'q%.0s' {1..64})
  job_push "$long/a"
  run -0 jq-stat -F name "$long"
  for name in '' "${long}q" 'a{b}' '{}' 'a b' $'a\tb' $'a\nb' $'\e[31m' \
    $'a\u202eb' $'\xff' '*' '[a-z]' .. /etc/passwd; do
    run -64 --separate-stderr jq-stat -- "$name"
    run -1 dangerous "$stderr"
  done
}

@test "a disk that is full, and a closed stdout, are noticed" {
  job_push q/a
  run -74 bash -c 'jq-stat >/dev/full'
  assert_output --partial 'No space left on device'
  run -74 bash -c 'jq-stat -J >/dev/full'
  run -74 bash -c 'jq-stat -s ready -F id >&-'
  run -1 bash -c 'jq-stat --empty q >&-'
}

@test "no server: one line, 69" {
  run -69 --separate-stderr jq-stat -u unix:///nowhere
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 1
}

@test "another namespace is another world" {
  job_push q/a
  run -0 --separate-stderr jq-stat --namespace other -F name
  assert_output ''
  JQ_NAMESPACE=other run -66 jq-stat q
}

@test "help and version need no server" {
  run -0 --separate-stderr jq-stat -u unix:///nowhere --help
  assert_line --partial 'usage: jq-stat '
  run -0 --separate-stderr jq-stat --version
  assert_output --regexp '^jq-stat \(jobq\) '
}

@test "the manual lists every field, and no other" {
  for kind in '' '-s all' '--workers' '--explain q/a' --history '--follow'; do
    # shellcheck disable=SC2086
    jq-stat $kind -F nothing 2>&1 | sed -n 's/.*(it has: \(.*\))$/\1/p' |
      tr ' ' '\n'
  done | sort -u >fields
  sed -n '/^\.Ss Fields/,/^\.Ss Metrics/s/^\.It Li //p' "$ROOT/man/jq-stat.1" |
    sed 's/ , /\n/g' | grep -vxE 'payload|result' | sort -u >manual
  run -0 diff fields manual
  run -0 wc -l <fields
  assert_output 96
}
