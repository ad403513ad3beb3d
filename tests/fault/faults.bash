# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The faults of the torture test, each a function fault_NAME. They take what
# they need from the driver: db, proxy, pause, the process ids. Each heals what
# it did unless the process is one that the driver starts again.

# The driver's: dir worker_pid cron_pid server_pid data queues url.
# shellcheck disable=SC2154,SC2046,SC2317

pick() {
  local all=("$@")
  [ $# -eq 0 ] || printf '%s\n' "${all[RANDOM % $#]}"
}

a_worker() {
  pick "${worker_pid[@]}"
}

# The engine below a worker.
an_engine() {
  pgrep -P "$(a_worker)" jq-work | head -n 1
}

# ours NAME: processes of that name with our directory in their environment;
# the machine may have others.
ours() {
  local p
  for p in $(pgrep -x "$1"); do
    ! grep -qs "$dir" "/proc/$p/environ" || echo "$p"
  done
}

a_handler() {
  pick $(ours ledger)
}

hit() {
  [ -z "${2-}" ] || kill "-$1" "$2" 2>/dev/null
}

stop_for() {
  hit STOP "${2-}"
  pause "$1"
  hit CONT "${2-}"
}

# Processes of ours.
fault_kill_engine() { hit KILL "$(an_engine)"; }
fault_kill_supervisor() { hit KILL "$(a_worker)"; }
fault_kill_both() {
  local w
  w=$(a_worker)
  kill -KILL $(pgrep -P "$w" jq-work) "$w" 2>/dev/null
}
fault_segv_engine() { hit SEGV "$(an_engine)"; }
fault_abort_engine() { hit ABRT "$(an_engine)"; }
fault_stop_engine_shortly() { stop_for $((RANDOM % 2500)) "$(an_engine)"; }
fault_stop_engine_beyond_lease() { stop_for 9000 "$(an_engine)"; }
fault_stop_supervisor() { stop_for 1500 "$(a_worker)"; }
fault_term_worker() { hit TERM "$(a_worker)"; }
fault_term_worker_twice() {
  local w
  w=$(a_worker)
  hit TERM "$w"
  pause 100
  hit TERM "$w"
}
fault_interrupt_worker() { hit INT "$(a_worker)"; }
fault_quit_worker() { hit QUIT "$(a_worker)"; }
fault_hangup_worker() { hit HUP "$(a_worker)"; }
fault_quiet_worker() {
  local w
  w=$(a_worker)
  hit TSTP "$w"
  pause 500
  hit CONT "$w"
}
fault_ask_worker() { hit USR1 "$(a_worker)"; }
fault_all_engines() {
  local w
  for w in "${worker_pid[@]}"; do hit KILL "$(pgrep -P "$w" jq-work | head -n 1)"; done
}
fault_few_descriptors() {
  local e
  e=$(an_engine)
  prlimit --pid "$e" --nofile=30:
  pause 1500
  prlimit --pid "$e" --nofile=1024:
}
fault_no_memory_engine() {
  local e
  e=$(an_engine)
  prlimit --pid "$e" --as=1000000:
  pause 1000
  prlimit --pid "$e" --as=unlimited:
}
fault_kill_handler() { hit KILL "$(a_handler)"; }
fault_term_handler() { hit TERM "$(a_handler)"; }
fault_stop_handler() { stop_for 1000 "$(a_handler)"; }
fault_kill_pusher() { hit KILL "$(ours jq-push | head -n 1)"; }
fault_stop_pusher() { stop_for 700 "$(ours jq-push | head -n 1)"; }
fault_kill_scheduler() { hit KILL "$(pick "${cron_pid[@]}")"; }
fault_stop_scheduler() { stop_for 3000 "$(pick "${cron_pid[@]}")"; }
fault_both_schedulers() { kill -KILL "${cron_pid[@]}" 2>/dev/null; }
fault_hangup_scheduler() { hit HUP "$(pick "${cron_pid[@]}")"; }

# The server.
server_gone() {
  hit "$1" "$server_pid"
  wait "$server_pid" 2>/dev/null
}
fault_kill_server() {
  server_gone KILL
  server_start
}
fault_kill_server_twice() {
  fault_kill_server
  pause 200
  fault_kill_server
}
fault_restart_server() {
  server_gone TERM
  server_start
}
fault_server_away() {
  server_gone KILL
  pause 3000
  server_start
}
fault_server_away_beyond_lease() {
  server_gone KILL
  pause 9000
  server_start
}
fault_stop_server_half_second() { stop_for 500 "$server_pid"; }
fault_stop_server() { stop_for 3000 "$server_pid"; }
fault_stop_server_beyond_lease() { stop_for 8000 "$server_pid"; }
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
fault_pause_clients() { db CLIENT PAUSE 1500 ALL; }
fault_pause_writes() { db CLIENT PAUSE 1500 WRITE; }
fault_no_memory() {
  db CONFIG SET maxmemory 1
  pause 1500
  db CONFIG SET maxmemory 0
}
fault_few_clients() {
  db CONFIG SET maxclients 8
  db CLIENT KILL TYPE normal SKIPME yes
  pause 1000
  db CONFIG SET maxclients 10000
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
  db CLIENT KILL TYPE normal SKIPME yes
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
fault_full_disk() {
  [ -e mounted ] || return 0
  head -c 1000000000 /dev/zero >"$data/fill" 2>/dev/null
  pause 1500
  rm -f "$data/fill"
}
set_clock() {
  # 8 bytes, lowest first
  local n=$1 i text=
  for ((i = 0; i < 8; i++)); do
    text+=$(printf '\\x%02x' $((n & 255)))
    n=$((n >> 8))
  done
  printf '%b' "$text" | dd of=clock conv=notrunc status=none
}
fault_clock_forward() { set_clock 3600; }
fault_clock_back() { set_clock 0; }
fault_clock_shakes() {
  local s
  for s in 2 -2 1 -1 0; do
    set_clock "$s"
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
fault_garbage() { proxy garble; }
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

# Operators, who do not know of all this.
operator() {
  timeout 10 "$@" >/dev/null 2>&1
}
fault_pause_queue() {
  local q
  q=$(pick "${queues[@]}")
  operator jq-ctl -u "$url" pause "$q"
  pause 500
  until operator jq-ctl -u "$url" resume "$q"; do pause 100; done
}
fault_cancel_running() {
  operator jq-ctl -u "$url" cancel \
    $(timeout 5 jq-stat -u "$url" -s running -n 3 -F job)
}
fault_cancel_waiting() {
  operator jq-ctl -u "$url" cancel \
    $(timeout 5 jq-stat -u "$url" -s ready -n 3 -F job)
}
fault_retry_dead() { operator jq-retry -u "$url" -n 50 --all "${queues[@]}"; }

# Everything that a fault may have left behind when the server went away.
calm() {
  set_clock 0
  rm -f "$data/fill"
  REDISCLI_AUTH=torture db CONFIG SET requirepass '' >/dev/null 2>&1
  until_true 20 db_up || server_start
  db CONFIG SET maxmemory 0 maxclients 10000 timeout 0 \
    min-replicas-to-write 0 >/dev/null
  db REPLICAOF NO ONE >/dev/null
}

# shellcheck disable=SC2034 # the driver's
mapfile -t kinds < <(declare -F | sed -n 's/^declare -f fault_//p')
