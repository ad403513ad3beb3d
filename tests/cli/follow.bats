#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Following a running job: jq-stat --follow JOB and jq-push --follow.

load ../lib/server
load ../lib/jobs

# A handler that says what it is told to, line by line, on both descriptors.
speaker() {
  mkfifo speak
  cat >handler <<'END'
#!/bin/sh
exec 4<>speak
while read -r where line <&4; do
  case $where in
  err) echo "$line" >&2 ;;
  ctl) echo "$line" >&3 ;;
  out) echo "$line" ;;
  exit) exit "$line" ;;
  esac
done
END
  chmod +x handler
}

speak() {
  printf '%s\n' "$*" >speak
}

@test "jq-stat --follow: stderr on stdout as it comes, the end as exit status" {
  speaker
  job=$(jq-push -b fixed:0 mail x)
  spawn follow jq-stat --follow "$job"
  wait_line 20 follow.err "^$job: ready\$"
  spawn worker jq-work -n 2 -W 30s mail ./handler
  wait_line 20 follow.err "^$job: started\$"
  speak err first line
  wait_line 20 follow.out '^first line$'
  speak ctl progress 3/10 half way
  wait_line 20 follow.err "^$job: progress 3/10 half way\$"
  speak err second line
  wait_line 20 follow.out '^second line$'
  speak exit 3
  wait_line 20 follow.err "^$job: ended after .*: exit 3: second line\$"
  wait_line 20 follow.err "^$job: started again\$"
  speak err third line
  speak exit 0
  wait_exit 20 follow
  assert_success
  assert_output $'first line\nsecond line\nthird line'
  assert_regex "$stderr" "$job: ended after [^ ]*: exit 0\$"
}

@test "jq-stat --follow: a job that dies; nothing but stderr with -q" {
  speaker
  job=$(jq-push -m 1 mail x)
  spawn follow jq-stat -q --follow "$job"
  spawn worker jq-work -1 mail ./handler
  speak err only this
  speak exit 9
  wait_exit 20 follow
  assert_failure 1
  assert_output 'only this'
  assert_equal "$stderr" "jq-stat: '$job' is dead: only this"
}

@test "jq-stat --follow -J: an object for each event" {
  speaker
  job=$(jq-push mail x)
  spawn follow jq-stat -J --follow "$job"
  wait_line 20 follow.out '"event":"ready"'
  spawn worker jq-work -1 mail ./handler
  wait_line 20 follow.out "\"job\":\"$job\",\"event\":\"started\",\"start\":1"
  speak err 'a "quoted" line'
  wait_line 20 follow.out '"event":"stderr","start":1,"text":"a \\"quoted\\" line\\n"'
  speak ctl progress 1/2 one
  want='"event":"progress","start":1,"progress":1,"progress_total":2,'
  wait_line 20 follow.out "$want\"progress_text\":\"one\""
  speak exit 0
  wait_exit 20 follow
  assert_success
  assert_equal "$stderr" ''
  assert_regex "$output" '"event":"done","start":1\}$'
  assert_regex "$output" '"event":"ended","start":1,"last":"exit:0","run_s":'
}

@test "jq-stat --follow: what has ended, is unknown, or takes too long" {
  job_all_states mail
  run -0 --separate-stderr jq-stat --follow mail/f1
  assert_output ''
  run -1 --separate-stderr jq-stat --follow mail/k1
  assert_output $'a\nb'
  assert_regex "$stderr" 'exit 65: bad data.*is dead: bad data$'
  run -1 --separate-stderr jq-stat --follow mail/zz
  assert_equal "$stderr" "jq-stat: no such job: 'mail/zz'"
  run -75 --separate-stderr jq-stat --follow --wait-timeout 300ms mail/d1
  assert_regex "$stderr" "timed out: 'mail/d1' has not ended\$"
  run -64 jq-stat --follow mail/a mail/b
  run -64 jq-stat --follow -i mail/a
  run -64 jq-stat --follow -F id mail/a
  run -74 bash -c 'jq-stat --follow mail/k1 >/dev/full'
}

@test "jq-stat --follow: what came too fast is counted, nothing comes twice" {
  job_push mail/a
  job_beat mail W run web1:812
  job_claim mail W >/dev/null
  beat() {
    job_call mail beat W '' a "$(job_token mail/a)" "-1 0 % $1"$'\n'"$2" \
      >/dev/null
  }
  beat 4 $'one\n'
  spawn follow jq-stat --follow mail/a
  wait_line 20 follow.out '^one$'
  beat 8 $'one\ntwo\n'
  wait_line 20 follow.out '^two$'
  beat 112 $'far away\n'
  wait_line 20 follow.err '95 bytes of its stderr are left out$'
  job_close mail/a 'done' exit:0 '' $'far away\nthe end' >/dev/null
  wait_exit 20 follow
  assert_success
  assert_output $'one\ntwo\nfar away\nthe end'
}

@test "jq-stat --follow: at the end it is said when bytes may be missing" {
  local dots counted
  dots=$(printf '%8192s' '' | tr ' ' .)
  counted=$(seq -f 'line %g' 2000 | head -c 8192)
  # ends STDERR: an attempt, in which 9000 bytes were told of
  ends() {
    job_push "mail/$1"
    job_claim mail W >/dev/null
    job_call mail beat W '' "$1" "$(job_token "mail/$1")" '-1 0 % 9000'$'\n'"$2" \
      >/dev/null
    spawn follow jq-stat --follow "mail/$1"
    wait_line 20 follow.err '808 bytes of its stderr are left out$'
    job_close "mail/$1" 'done' exit:0 '' "$3" >/dev/null
    wait_exit 20 follow
    assert_success
  }
  ends dots "$dots" "$dots"
  assert_output "$dots"
  assert_regex "$stderr" 'mail/dots: bytes of its stderr may be left out'
  # nothing in common: there is no telling what came between
  ends other "$dots" "$counted"
  assert_output "$dots$counted"
  assert_regex "$stderr" 'bytes of its stderr may be left out'
  ends lines "$counted" "${counted:100}$(printf '%100s' end)"
  assert_output "$counted$(printf '%100s' end)"
  refute_regex "$stderr" 'may be left out'
  # of what ended before anybody looked as much is known
  run -0 --separate-stderr jq-stat -J --follow mail/dots
  assert_line --index 0 --regexp '"event":"gap","start":1\}$'
}

@test "jq-stat --follow: a job that is not kept when it ends" {
  job_push mail/a
  job_claim mail >/dev/null
  spawn follow jq-stat --follow mail/a
  wait_line 20 follow.err '^mail/a: started$'
  redis DEL 'jq:{mail}:run' 'jq:{mail}:job' 'jq:{mail}:pay' >/dev/null
  wait_exit 20 follow
  assert_failure 1
  assert_regex "$stderr" "'mail/a' ended and is not kept\$"
}

@test "a followed job is marked, and its worker hears of it" {
  job_push mail/a
  job_claim mail W >/dev/null
  token=$(job_token mail/a)
  run -0 job_call mail beat W '' a "$token" ''
  assert_line --index 5 ok
  run -0 job_call mail watch a 60000
  run -0 job_call mail beat W '' a "$token" ''
  assert_line --index 5 watched
  for i in {1..40}; do
    job_push "mail/b$i"
    job_call mail watch "b$i" 60000 >/dev/null
  done
  run -0 redis HGET 'jq:{mail}:meta' watched
  assert_equal "$(wc -w <<<"$output")" 32
  # marks end by themselves, and go with the next one
  redis HSET 'jq:{mail}:meta' watched 'a=1 ' >/dev/null
  run -0 job_call mail beat W '' a "$token" ''
  assert_line --index 5 ok
  job_call mail watch b1 60000 >/dev/null
  run -0 redis HGET 'jq:{mail}:meta' watched
  assert_output --regexp '^b1=[0-9]+ $'
  run -0 job_call mail watch nowhere 60000
  assert_output GONE
}

# round N: job b says something, then a; how long until a's is seen, in ms.
round() {
  local begun=${EPOCHREALTIME/[.,]/}
  printf '%s\n' "$1" >b
  wait_line 20 b.said "^$1\$"
  printf '%s\n' "$1" >a
  wait_line 20 follow.out "^$1\$"
  ms=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
}

@test "a followed job is told of soon beside one that nobody follows" {
  local ms n
  mkfifo a b
  cat >handler <<'END'
#!/bin/sh
read -r me
exec 4<>"$me"
while read -r line <&4; do
  [ "$line" != exit ] || exit 0
  echo "$line" >&2
  echo "$line" >>"$me.said"
done
END
  chmod +x handler
  jq-push -q -i a mail $'a\n'
  jq-push -q -i b mail $'b\n'
  spawn worker jq-work -n 2 -j 2 -W 30s mail ./handler
  spawn follow jq-stat --follow mail/a
  wait_line 20 follow.err '^mail/a: started$'
  round first
  # what b says is told a second after the last beat, what a says is not held
  # up by that; on a machine that is busy one such round will do
  for n in {1..10}; do
    round "$n"
    [ "$ms" -ge 700 ] || break
  done
  [ "$ms" -lt 700 ]
  echo exit >a
  echo exit >b
  wait_exit 20 follow
  assert_success
}

@test "jq-push --follow: stderr live, the result on stdout" {
  speaker
  spawn worker jq-work -n 2 -W 30s mail ./handler
  spawn push jq-push -i a --follow mail x
  wait_line 20 push.err '^mail/a: started$'
  speak err working on it
  wait_line 20 push.err '^working on it$'
  speak out the result
  speak exit 0
  wait_exit 20 push
  assert_success
  assert_output 'the result'
  spawn push jq-push -q -m 1 -i b --follow mail x
  speak err it failed
  speak exit 1
  wait_exit 20 push
  assert_failure 1
  assert_output ''
  assert_equal "$stderr" "it failed
jq-push: 'mail/b' is dead: it failed"
  run -64 jq-push --follow -l mail
}
