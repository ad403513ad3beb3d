# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A place for one server and the proxy before it, in the current directory:
# sockets, data, logs, the clock's file. Everything that runs in a torture test
# runs in such a place; scenes that must not disturb each other have their own.

# The driver's: dir tools server cli.
# shellcheck disable=SC2034,SC2119,SC2120,SC2154

# pause MS
pause() {
  local s
  printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
  read -r -t "$s" <>"$dir/tick" || true
}

# until_true SECONDS COMMAND…
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    ((SECONDS < end)) || return 1
    pause 20
  done
}

# Milliseconds since boot, to the ledger's clock, into `now`.
look_at_clock() {
  local up
  read -r up _ </proc/uptime
  now=$((10#${up/./} * 10))
}

say() {
  printf '%s %s\n' "$(date +%T.%3N)" "$*" >>said
}

db() {
  timeout 15 "$cli" -s db.sock "$@"
}

db_up() {
  [ "$(db PING 2>/dev/null)" = PONG ]
}

# server_start [OPTION…]: false when it does not come up. With everysec Redis
# answers before it has written while an fsync takes long, and forgets that when
# killed; with no it has always written.
server_start() {
  LD_PRELOAD=$tools/clock.so JQ_CLOCK=$PWD/clock "$server" --port 0 \
    --unixsocket "$PWD/db.sock" --dir "$PWD/data" --save '' --appendonly yes \
    --appendfsync no --enable-debug-command local --daemonize no \
    --logfile "$PWD/server.log" "$@" </dev/null >/dev/null 2>&1 7>&- &
  server_pid=$!
  until_true 30 db_up_or_gone && db_up
}

# shellcheck disable=SC2317 # until_true calls it
db_up_or_gone() {
  db_up || ! is_ours "$server_pid"
}

# One that does not answer is no reason for a second one on the same data.
server_back() {
  until_true 5 db_up || {
    server_end KILL
    server_start
  }
}

server_end() {
  signal "$1" "$server_pid"
  wait "$server_pid" 2>/dev/null
}

# shellcheck disable=SC2317 # until_true calls it
worked_off() {
  [ "$(jq-stat -u "unix://$PWD/db.sock" -F ready,running,delayed,retry |
    sort -u)" = $'0\t0\t0\t0' ]
}

# What the server's clock is ahead of the true one, in seconds.
set_clock() {
  # 8 bytes, lowest first
  local n=$1 i text=
  clock_ahead=$n
  for ((i = 0; i < 8; i++)); do
    text+=$(printf '\\x%02x' $((n & 255)))
    n=$((n >> 8))
  done
  printf '%b' "$text" | dd of=clock conv=notrunc status=none
}

# Numbers of processes come again: nobody else's may be hit. Ours are our
# children and what has the test's directory in its environment.
is_ours() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
  [[ $stat == *") "?" $BASHPID "* ]] ||
    grep -qsF "HOME=$dir" "/proc/$1/environ"
}

# signal NAME PID…: to those that are there and ours; true if the last was.
signal() {
  local name=$1 pid status=1
  shift
  for pid; do
    is_ours "$pid" && kill "-$name" "$pid" 2>/dev/null
    status=$?
  done
  return "$status"
}

# ours NAME…: processes of these names that belong to this place; the machine,
# and other scenes, have others.
ours() {
  local name p
  for name; do
    for p in $(pgrep -x "$name"); do
      ! grep -qsF "HOME=$PWD" "/proc/$p/environ" || echo "$p"
    done
  done
}

proxy() {
  printf '%s\n' "$*" >&7
}

# A server on a disk of its own where that can be had, and a proxy before it.
arena() {
  export HOME=$PWD
  mkdir data
  mkfifo control
  local file
  for file in ledger said tries oks; do : >"$file"; done
  if [ "${1-}" = disk ] && mount -t tmpfs -o size=600m tmpfs data 2>/dev/null
  then
    : >mounted
  fi
  set_clock 0
  server_start || return
  exec 7<>control
  "$tools/proxy" db.sock <control >proxy.out 2>proxy.err 7>&- &
  proxy_pid=$!
  until_true 5 test -s proxy.out || return
  read -r port <proxy.out
  url=redis://127.0.0.1:$port
}

# end_all PID…: TERM, and gone. Without operands `wait` would wait for all.
end_all() {
  [ $# -gt 0 ] || return 0
  signal TERM "$@"
  wait "$@" 2>/dev/null
}

arena_end() {
  # shellcheck disable=SC2086 # nothing, or a number
  end_all $proxy_pid $server_pid
  [ ! -e mounted ] || umount data
}

# Every job with what was counted for it over all its lives, a line each:
# JOB STATE FENCE ATTEMPTS LOSSES RELEASES RETRIES
# where FENCE is that of the run which closed it. Read from the keys, past the
# commands under test.
records() {
  local q
  for q; do
    db EVAL "local out = {}
      for _, state in ipairs({'rdy', 'dly', 'rty', 'run', 'done', 'dead'}) do
        for _, id in ipairs(redis.call('ZRANGE', 'jq:{$q}:' .. state, 0, -1)) do
          local r = {}
          local text = redis.call('HGET', 'jq:{$q}:job', id)
          for w in string.gmatch(string.match(text or '', '^[^\n]*'), '%S+') do
            r[#r + 1] = w
          end
          local function sum(a, b)
            return string.format('%d', (r[a] or 0) + (b and r[b] or 0))
          end
          out[#out + 1] = table.concat({'$q/' .. id, state,
            string.match(r[2] or '-', '^[^.]*'), sum(6, 10), sum(7, 11),
            sum(8, 12), sum(13)}, ' ')
        end
      end
      return out" 0
  done >records
}
