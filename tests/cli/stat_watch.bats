#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# jq-stat --watch in a terminal: what it shows in small and large ones, keys,
# and that the terminal is afterwards what it was.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  export LC_ALL=C.UTF-8 TERM=screen
  unset TMUX
  job_all_states mail
  job_beat mail W
  job_live mail/x1 42 100 rendering ''
}

teardown() {
  tmx kill-server 2>/dev/null || true
  server_teardown
}

# A tmux of this test alone.
tmx() {
  tmux -u -f /dev/null -S "$BATS_TEST_TMPDIR/tmux" "$@" 3>&-
}

# screen COLUMNS ROWS [ARG...]: jq-stat --watch in a shell that lives on; what
# was there before it is a line "before".
screen() {
  local columns=$1 rows=$2
  shift 2
  cat >in-terminal <<END
trap : INT QUIT
stty -a | tail -n +2 >modes.before
echo before
${JOB_CONTROL:+set -m}
jq-stat --watch $*
status=\$?
${JOB_CONTROL:+echo stopped; read -r _; fg >/dev/null; status=\$?}
echo "ended \$status"
stty -a | tail -n +2 >modes.after
exec cat
END
  tmx new-session -d -x "$columns" -y "$rows" "exec bash ./in-terminal"
}

shows() {
  tmx capture-pane -p | grep -qE -- "$1"
}

hides() {
  ! shows "$1"
}

# The other screen is left, what was there is there again, and the modes too.
is_as_before() {
  wait_until 10 shows "^ended $1\$"
  shows '^before$'
  [ "$(tmx display-message -p '#{alternate_on} #{cursor_flag} #{wrap_flag}')" \
    = '0 1 1' ]
  wait_until 5 test -s modes.after
  run -0 diff modes.before modes.after
}

# The process that draws.
watcher() {
  pgrep -P "$(tmx display-message -p '#{pane_pid}')" -x jq-stat
}

@test "80x24: queues with their hour, what runs, what failed; q quits" {
  screen 80 24
  wait_until 10 shows '^mail/k1 .* dead +exit 65 +bad data$'
  run -0 tmx capture-pane -p
  assert_line --index 0 --regexp '^jq-stat +20[0-9T:-]+Z +every 2s +q quits$'
  assert_line --index 1 --regexp '^QUEUE +READY +RUN .* NOTE$'
  assert_line --index 2 --regexp '^mail +2 +1 +1 +1 +1 '
  assert_line --index 3 --regexp '^    done .*█.*  failed .*█'
  assert_line --regexp '^RUNNING +FOR +NAME +WORKER +PROGRESS$'
  want='^mail/x1 +[0-9]+m?s +- +name-of-W +\[#{9}-{11}\] +42% rendering$'
  assert_line --regexp "$want"
  assert_line --regexp '^FAILED +AGO +STATE +LAST +REASON$'
  assert_line --regexp '^mail/t1 +[0-9]+m?s +retry +SIGKILL +killed$'
  tmx send-keys q
  is_as_before 0
}

@test "200x50: a column for each minute" {
  screen 200 50
  wait_until 10 shows '^mail/k1 '
  run -0 tmx capture-pane -p
  # the bars of this minute stand at the end of sixty columns
  assert_line --index 3 --regexp '^    done  {5}.{50,54}█.*  failed  {50,62}.*█ *$'
  tmx send-keys q
  is_as_before 0
}

@test "it goes on looking, at once after a blank" {
  screen 80 24 --interval 1h
  wait_until 10 shows '^mail +2 '
  job_push mail/more
  job_push other/a
  shows '^mail +2 '
  tmx send-keys Space
  wait_until 10 shows '^mail +3 '
  wait_until 10 shows '^other +1 '
  tmx send-keys Q
  is_as_before 0
}

@test "it looks again by itself" {
  screen 80 24 --interval 200ms mail
  wait_until 10 shows '^mail +2 '
  job_push mail/more
  job_push other/a
  wait_until 10 shows '^mail +3 '
  run -1 shows other
}

@test "another size is drawn at once" {
  screen 200 50 --interval 1h
  wait_until 10 shows '^mail/k1 '
  seq -f queue%02g 10 40 | xargs -I{} jq-push -q {} a
  tmx resize-window -x 80 -y 24
  wait_until 10 shows '^… and [0-9]+ more queues$'
  # the jobs have their place all the same
  wait_until 10 shows '^mail/x1 '
  wait_until 10 shows '^mail/k1 '
  tmx resize-window -x 30 -y 5
  # now none has a line of its own
  wait_until 10 shows '^… and 32 more queues$'
  run -1 shows '^(mail|queue)'
  tmx resize-window -x 80 -y 90
  wait_until 10 shows '^queue40 '
  tmx send-keys q
  is_as_before 0
}

@test "of many queues those that are busy, and how many others there are" {
  local queue queues=(a{10..34}) minutes=()
  redis FLUSHALL SYNC >/dev/null
  job_push a00/x
  job_claim a00 >/dev/null
  job_close a00/x 'done' exit:0 >/dev/null
  job_push zz/r1
  job_push zz/r2
  job_claim zz >/dev/null
  job_claim zz >/dev/null
  for queue in "${queues[@]}"; do
    jq-push -q -J "$queue" <<<'{"id":"d","payload":""}
{"id":"r","payload":""}'
    minutes+=("jq:{$queue}:min")
  done
  jq-ctl cancel -q "${queues[@]/%//d}"
  for queue in "${queues[@]}"; do
    job_claim "$queue" >/dev/null
  done
  # none failed later than another, also when a minute ended meanwhile
  redis DEL "${minutes[@]}" >/dev/null
  for id in d1 d2; do
    job_push "zz/$id"
    job_kill "zz/$id" 'the last one'
  done
  screen 100 60 --interval 1h
  wait_until 20 shows '^… and jobs of 6 more queues$'
  shows '^zz/r1 '
  shows '^zz/d2 .* the last one$'
  # a00 is idle, and last
  shows '^a10 '
  hides '^a00 '
  tmx resize-window -x 100 -y 200
  wait_until 10 shows '^a00 '
  run -0 tmx capture-pane -p
  assert_line --index 2 --regexp '^a00 '
  tmx send-keys q
  is_as_before 0
}

@test "a signal that ends it leaves the terminal as it was" {
  local signal
  for signal in INT TERM; do
    screen 80 24
    wait_until 10 shows '^mail/k1 '
    if [ "$signal" = INT ]; then
      tmx send-keys C-c
    else
      kill -TERM "$(watcher)"
    fi
    is_as_before "$((128 + $(kill -l "$signal")))"
    tmx kill-server
    rm -f modes.*
  done
}

@test "while it is stopped the terminal is the shell's" {
  JOB_CONTROL=1 screen 80 24
  wait_until 10 shows '^mail/k1 '
  tmx send-keys C-z
  wait_until 10 shows '^stopped$'
  shows '^before$'
  run -1 shows '^mail/k1 '
  tmx send-keys Enter
  wait_until 10 shows '^mail/k1 '
  tmx send-keys q
  is_as_before 0
}

@test "a server that goes away is told of and waited for" {
  server_start other
  JQ_URL=$(server_url other) jq-push q </dev/null
  screen 120 24 -u "$(server_url other)" --interval 100ms
  wait_until 10 shows '^q +1 '
  server_stop other
  wait_until 20 shows 'q quits  .*cannot reach|q quits  .*lost'
  server_start other
  wait_until 20 shows '^no queue yet'
  run -1 shows 'cannot reach'
  tmx send-keys q
  is_as_before 0
}

@test "q quits while the server does not answer" {
  server_start other
  JQ_URL=$(server_url other) jq-push q </dev/null
  screen 80 24 -u "$(server_url other)" --interval 100ms
  wait_until 10 shows '^q +1 '
  kill -STOP "$(server_pid other)"
  tmx send-keys q
  is_as_before 0
  kill -CONT "$(server_pid other)"
}

@test "what is wrong at the beginning is an error as elsewhere" {
  screen 80 24 nowhere
  is_as_before 66
  shows "no such queue: 'nowhere'"
  run -64 --separate-stderr jq-stat --watch
  assert_regex "$stderr" '--watch needs a terminal'
  run -64 jq-stat --interval 1s
  run -64 jq-stat --watch -J
}

@test "what handlers and pushers wrote does nothing to the terminal" {
  job_push mail/evil x
  job_claim mail V >/dev/null
  job_close mail/r2 dead exit:1 $'\e[31mred\e]0;title\a' >/dev/null
  screen 120 24
  wait_until 10 shows '\\x1b\[31mred'
  tmx send-keys q
  is_as_before 0
}
