# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The faults of the torture test, each a function fault_NAME. They take what
# they need from the driver: db, proxy, pause, the process ids. Each heals what
# it did unless the process is one that the driver starts again.

# The driver's: worker_pid cron_pid server_pid queues url clock_ahead.
# shellcheck disable=SC2034,SC2086,SC2119,SC2154,SC2317

# Victims go to `it`: a subshell would throw dice of its own.
pick() {
  it=
  [ $# -eq 0 ] || eval "it=\${$((1 + RANDOM % $#))}"
}

a_worker() {
  pick "${worker_pid[@]}"
}

# The engine below a worker.
engine_of() {
  it=$(pgrep -P "$1" jq-work | head -n 1)
}

an_engine() {
  a_worker
  engine_of "$it"
}

of_name() {
  local all
  mapfile -t all < <(ours "$1")
  pick "${all[@]}"
}

hit() {
  [ -z "${2-}" ] || signal "$1" "$2"
}

# stop_for MS PID…: goes on while it is stopped.
stop_for() {
  local ms=$1
  shift
  signal STOP "$@" || return 0
  {
    pause "$ms"
    signal CONT "$@"
  } 7>&- &
  stopped_by+=($!)
}

# stop_alone MS PID: nothing else happens meanwhile.
stop_alone() {
  hit STOP "$2"
  pause "$1"
  hit CONT "$2"
}

# Processes of ours.
fault_kill_engine() { an_engine && hit KILL "$it"; }
fault_kill_supervisor() { a_worker && hit KILL "$it"; }
fault_kill_both() {
  local n
  pick "${!worker_pid[@]}"
  n=$it
  engine_of "${worker_pid[n]}"
  signal KILL $it "${worker_pid[n]}"
  echo "w$n" >>both-killed
}
fault_segv_engine() { an_engine && hit SEGV "$it"; }
fault_abort_engine() { an_engine && hit ABRT "$it"; }
fault_stop_engine_shortly() { an_engine && stop_for $((RANDOM % 2500)) "$it"; }
fault_stop_engine_beyond_lease() { an_engine && stop_for 9000 "$it"; }
fault_stop_supervisor() { a_worker && stop_for 1500 "$it"; }
fault_stop_worker_beyond_lease() {
  a_worker
  local w=$it
  engine_of "$w"
  stop_for 9000 "$w" $it
}
fault_kill_stopped_worker() {
  an_engine
  hit STOP "$it"
  pause 1000
  hit KILL "$it"
}
fault_term_worker() { a_worker && hit TERM "$it"; }
fault_term_worker_twice() {
  a_worker
  hit TERM "$it"
  pause 100
  hit TERM "$it"
}
fault_interrupt_worker() { a_worker && hit INT "$it"; }
fault_quit_worker() { a_worker && hit QUIT "$it"; }
fault_hangup_worker() { a_worker && hit HUP "$it"; }
fault_quiet_worker() {
  a_worker
  hit TSTP "$it"
  pause 500
  hit CONT "$it"
}
fault_ask_worker() { a_worker && hit USR1 "$it"; }
fault_all_engines() {
  local w
  for w in "${worker_pid[@]}"; do
    engine_of "$w"
    hit KILL "$it"
  done
}
fault_few_descriptors() {
  an_engine
  prlimit --pid "$it" --nofile=30:
  pause 1500
  prlimit --pid "$it" --nofile=1024:
}
fault_no_memory_engine() {
  an_engine
  prlimit --pid "$it" --as=1000000:
  pause 1000
  prlimit --pid "$it" --as=unlimited:
}
fault_kill_handler() { of_name ledger && hit KILL "$it"; }
fault_term_handler() { of_name ledger && hit TERM "$it"; }
fault_stop_handler() { of_name ledger && stop_for 1000 $it; }
fault_kill_pusher() { of_name jq-push && hit KILL "$it"; }
fault_stop_pusher() { of_name jq-push && stop_for 700 $it; }
fault_stop_pusher_for_long() { of_name jq-push && stop_for 7000 $it; }
fault_kill_scheduler() { pick "${cron_pid[@]}" && hit KILL "$it"; }
fault_stop_scheduler() { pick "${cron_pid[@]}" && stop_for 3000 "$it"; }
fault_both_schedulers() { signal KILL "${cron_pid[@]}"; }
fault_hangup_scheduler() { pick "${cron_pid[@]}" && hit HUP "$it"; }

# The server.
fault_kill_server() {
  server_end KILL
  server_start
}
fault_kill_server_twice() {
  fault_kill_server
  pause 200
  fault_kill_server
}
fault_restart_server() {
  server_end TERM
  server_start
}
fault_server_away() {
  server_end KILL
  pause 3000
  server_start
}
fault_server_away_beyond_lease() {
  server_end KILL
  pause 9000
  server_start
}
fault_stop_server_half_second() { stop_alone 500 "$server_pid"; }
fault_stop_server() { stop_alone 3000 "$server_pid"; }
fault_stop_server_beyond_lease() { stop_alone 8000 "$server_pid"; }
fault_server_sleeps() { db DEBUG SLEEP 1.5; }
fault_server_reloads() { db DEBUG RELOAD; }
fault_flush_scripts() { db SCRIPT FLUSH; }
fault_flush_scripts_again_and_again() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    db SCRIPT FLUSH
    pause 30
  done
}
fault_kill_clients() { db CLIENT KILL TYPE normal SKIPME yes; }
fault_kill_clients_again_and_again() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    db CLIENT KILL TYPE normal SKIPME yes
    pause 50
  done
}
fault_kill_listeners() { db CLIENT KILL TYPE pubsub; }
# The server ends a pause by its clock, which the next fault may put back.
fault_pause_clients() {
  db CLIENT PAUSE 1500 ALL
  pause 1600
}
fault_pause_writes() {
  db CLIENT PAUSE 1500 WRITE
  pause 1600
}
fault_no_memory() {
  db CONFIG SET maxmemory 1
  pause 1500
  db CONFIG SET maxmemory 0
}
# By one connection, for there may be no other.
fault_few_clients() {
  {
    echo 'CONFIG SET maxclients 8'
    echo 'CLIENT KILL TYPE normal SKIPME yes'
    pause 1000
    echo 'CONFIG SET maxclients 10000'
  } | db
}
fault_idle_clients_closed() {
  db CONFIG SET timeout 1
  pause 2500
  db CONFIG SET timeout 0
}
fault_small_output_buffers() {
  db CONFIG SET client-output-buffer-limit 'normal 20kb 0 0'
  pause 1500
  db CONFIG SET client-output-buffer-limit 'normal 0 0 0'
}
fault_rewrite_log() { db BGREWRITEAOF; }
fault_save() { db BGSAVE; }
fault_foreign_script() {
  db EVAL 'local t = redis.call("TIME")[1] + 2
    while tonumber(redis.call("TIME")[1]) < t do end' 0
}
fault_busy_script() {
  db CONFIG SET busy-reply-threshold 200
  fault_foreign_script
  db CONFIG SET busy-reply-threshold 5000
}
fault_password() {
  db CONFIG SET requirepass torture
  REDISCLI_AUTH=torture db CLIENT KILL TYPE normal SKIPME yes
  pause 1000
  REDISCLI_AUTH=torture db CONFIG SET requirepass ''
}
fault_no_replicas() {
  db CONFIG SET min-replicas-to-write 1
  pause 1500
  db CONFIG SET min-replicas-to-write 0
}
fault_demoted() {
  db REPLICAOF 127.0.0.1 1
  pause 1500
  db REPLICAOF NO ONE
}
# Redis 7.0 keeps no place for what a short write had to be taken back from: a
# log begun by a rewrite has a gap of zeros there and cannot be read again. A
# rewrite is what an operator has to do, too.
fault_full_disk() {
  [ -e mounted ] || return 0
  head -c 1000000000 /dev/zero >data/fill 2>/dev/null
  pause 1500
  rm -f data/fill
  until_true 10 db SET torture-room '' && db DEL torture-room
  until_true 30 rewriting
  until_true 30 rewritten
}
rewriting() {
  [[ $(db BGREWRITEAOF) == Background* ]]
}
rewritten() {
  local info
  info=$(db INFO persistence)
  [[ $info == *aof_rewrite_in_progress:0* &&
    $info == *aof_rewrite_scheduled:0* &&
    $info == *aof_last_bgrewrite_status:ok* ]]
}
fault_clock_forward() { set_clock $((clock_ahead + 3600)); }
fault_clock_back() { set_clock $((clock_ahead - 3600)); }
fault_clock_shakes() {
  local s
  for s in 2 -4 3 -2 1; do
    set_clock $((clock_ahead + s))
    pause 300
  done
}

# The network, through the proxy.
fault_cut_before() { proxy before $((1 + RANDOM % 30)); }
fault_cut_after() { proxy after $((1 + RANDOM % 30)); }
fault_cut_inside() { proxy inside $((1 + RANDOM % 30)); }
fault_late_copy() {
  proxy hold $((1 + RANDOM % 10))
  pause 1500
  proxy release
}
fault_late_copy_beyond_lease() {
  proxy hold $((1 + RANDOM % 10))
  pause 8000
  proxy release
}
fault_copy() { proxy twice $((1 + RANDOM % 10)); }
fault_copies() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    proxy twice 1
    pause 30
  done
}
fault_garbage() { proxy garble $((1 + RANDOM % 10)); }
fault_reset() { proxy reset; }
fault_reset_storm() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    proxy reset
    pause 20
  done
}
fault_half_closed_to_client() { proxy half-client; }
fault_half_closed_to_server() { proxy half-server; }
fault_silence() {
  proxy silent 1
  pause 2000
  proxy silent 0
}
fault_silence_beyond_lease() {
  proxy silent 1
  pause 9000
  proxy silent 0
}
fault_refused() {
  proxy refuse 1
  proxy reset
  pause 2000
  proxy refuse 0
}
fault_delay() {
  proxy delay 30
  pause 1500
  proxy delay 0
}
fault_trickle() {
  proxy trickle 1
  pause 1500
  proxy trickle 0
}

# A few kilobytes a second.
fault_slow() {
  proxy trickle 1
  proxy delay 20
  pause 2500
  proxy delay 0
  proxy trickle 0
}

# Operators, who do not know of all this.
operator() {
  timeout 10 "$@" >/dev/null 2>&1
}
fault_pause_queue() {
  pick "${queues[@]}"
  operator jq-ctl -u "$url" pause "$it"
  pause 500
  until_true 60 operator jq-ctl -u "$url" resume "$it"
}
some_jobs() {
  mapfile -t them < <(timeout 5 jq-stat -u "$url" -s "$1" -n 3 -F job)
}
fault_cancel_running() {
  some_jobs running
  operator jq-ctl -u "$url" cancel "${them[@]}"
}
fault_cancel_waiting() {
  some_jobs ready
  operator jq-ctl -u "$url" cancel "${them[@]}"
}
fault_retry_dead() { operator jq-retry -u "$url" -n 50 --all "${queues[@]}"; }
fault_retry_dead_twice() {
  operator jq-retry -u "$url" -n 200 --all "${queues[@]}" &
  operator jq-retry -u "$url" -n 200 --all "${queues[@]}"
  wait $!
}
fault_raise_lease() {
  pick "${queues[@]}"
  operator jq-ctl -u "$url" set "$it" lease=20s
  pause 300
  until_true 60 operator jq-ctl -u "$url" set "$it" lease="$lease"
}

# Everything that a fault may have left behind when the server went away.
calm() {
  [ "${#stopped_by[@]}" -eq 0 ] || wait "${stopped_by[@]}" 2>/dev/null
  rm -f data/fill
  REDISCLI_AUTH=torture db CONFIG SET requirepass '' >/dev/null 2>&1
  server_back
  db CONFIG SET maxmemory 0 maxclients 10000 timeout 0 \
    min-replicas-to-write 0 busy-reply-threshold 5000 \
    client-output-buffer-limit 'normal 0 0 0' >/dev/null
  db REPLICAOF NO ONE >/dev/null
}

# A plan for the whole run: all kinds in another order each round.
mapfile -t kinds < <(declare -F | sed -n 's/^declare -f fault_//p')
deck=()
next_kind() {
  local i
  [ "${#deck[@]}" -gt 0 ] || deck=("${kinds[@]}")
  i=$((RANDOM % ${#deck[@]}))
  kind=${deck[i]}
  deck=("${deck[@]:0:i}" "${deck[@]:i + 1}")
}
