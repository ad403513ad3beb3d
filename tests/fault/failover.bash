# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Fail-over: two servers on loopback ports, a Sentinel that promotes the
# replica, and a proxy that is moved to the new primary, as a virtual address
# would be, while jobs are pushed and worked on.

# The driver's, the arena's and the scenes'.
# shellcheck disable=SC2034,SC2154,SC2317

free_port() {
  local p
  while :; do
    p=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || break
  done
  port=$p
}

# node N [OPTION…]: (re)start one of the two servers, on ${at[N]}.
node() {
  local n=$1
  shift
  mkdir -p "n$n"
  rm -f "n$n.sock"
  "$server" --port "${at[n]}" --bind 127.0.0.1 --unixsocket "$PWD/n$n.sock" \
    --dir "$PWD/n$n" --save '' --appendonly yes --appendfsync everysec \
    --replica-announce-ip 127.0.0.1 --replica-announce-port "${at[n]}" \
    --logfile "$PWD/n$n.log" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- &
  node_pid[n]=$!
  until_true 20 node_up "$n"
}

node_up() {
  [ "$("$cli" -s "n$1.sock" PING)" = PONG ]
}

# sentinel PORT: watches the server behind PORT, and moves the proxy.
sentinel() {
  cat >moved <<END
#!/bin/sh
case \$7 in ${at[1]}) n=1 ;; ${at[2]}) n=2 ;; *) exit 0 ;; esac
[ "\$(readlink '$PWD/db.sock')" != n\$n.sock ] || exit 0
ln -sfn n\$n.sock '$PWD/db.sock'
echo reset >'$PWD/control'
END
  chmod +x moved
  cat >sentinel.conf <<END
port ${at[3]}
bind 127.0.0.1
dir $PWD
logfile $PWD/sentinel.log
sentinel monitor torture 127.0.0.1 $1 1
sentinel down-after-milliseconds torture 1000
sentinel failover-timeout torture 6000
sentinel client-reconfig-script torture $PWD/moved
END
  "$server" sentinel.conf --sentinel </dev/null >/dev/null 2>&1 7>&- 8>&- &
  node_pid[3]=$!
  until_true 30 sees_replica "${at[2]}"
}

# Sentinel could promote the server on that port.
sees_replica() {
  "$cli" -p "${at[3]}" SENTINEL REPLICAS torture | grep -A1000 "^$1$" |
    grep -A1 -x master-link-status | grep -qx ok
}

primary_is() {
  [ "$(readlink db.sock)" = "n$1.sock" ]
}

# The two, the proxy, two workers. With `link` the replica and Sentinel reach
# the first of them through a proxy of their own, at descriptor 8.
pair() {
  local n port
  mkfifo control
  for file in ledger tries oks said; do : >>"$file"; done
  for n in 1 2 3; do
    free_port
    at[n]=$port
  done
  node 1 || return
  ln -s n1.sock db.sock
  exec 7<>control
  "$tools/proxy" db.sock <control >proxy.out 2>proxy.err 7>&- &
  proxy_pid=$!
  until_true 5 test -s proxy.out || return
  read -r port <proxy.out
  url=redis://127.0.0.1:$port
  port=${at[1]}
  if [ "${1-}" = link ]; then
    mkfifo to-link
    exec 8<>to-link
    "$tools/proxy" n1.sock <to-link >link.out 2>>proxy.err 7>&- 8>&- &
    node_pid[4]=$!
    until_true 5 test -s link.out || return
    read -r port <link.out
  fi
  node 2 --replicaof 127.0.0.1 "$port" || return
  sentinel "$port" || return
  crew 1 a -j 4
  crew 2 a -j 4
}

# batches N [OPTION…]: push so many batches of jobs, each until it is stored.
batches() {
  local i n=$1
  shift
  for ((i = 0; i < n; i++)); do
    batch=$((batch + 1))
    jobs $((seed + batch)) "f$batch." 20 |
      sed 's/"payload":"[dst][^"]*"/"payload":"ok"/' >push.1
    sed 's|{"id":"\([^"]*\)".*|a/\1|' push.1 | tee -a tries >push.1.names
    store 1 "$@" -J a && cat push.1.names >>oks
  done
}

data_lost_is_told() {
  grep -q 'data were lost or replaced' worker.1.err worker.2.err
}

# What was acknowledged as kept by a replica is there. Of what workers tell the
# server a replica may not have had the last; then it is said.
account_failover() {
  local silent=0
  until_true 90 worked_off
  check "fail-over, $1: jobs are left over" $?
  count_all a
  # a claim that was forgotten is explained by what its worker says of it
  if [ "$(value unexplained)" -gt 0 ]; then
    figure "claims forgotten by a fail-over: $1" "$(value unexplained)"
    until_true 10 data_lost_is_told
    silent=$?
  fi
  check "fail-over, $1: starts that no counter and no worker explains" "$silent"
  figure "jobs acknowledged with --durability replicas:1: $1" \
    "$(value acknowledged)"
  check "fail-over, $1: jobs were acknowledged and are not there" \
    "$(value lost)"
  check "fail-over, $1: jobs are done that no handler ended well" \
    "$(value unworked)"
  check "fail-over, $1: two starts for one token" "$(value restarted)"
  jq-stat -u "unix://$PWD/db.sock" --check >final.check
  check "fail-over, $1: the data are in disorder" "$(grep -c . final.check)"
}

# The primary is killed, its place is taken, it comes back as a replica.
scene_killed() {
  local batch=0 now begin pushing
  local -a at
  pair || return
  batches 10 --durability replicas:1
  look_at_clock
  begin=$now
  signal KILL "${node_pid[1]}"
  batches 10 --durability replicas:1 &
  pushing=$!
  until_true 30 primary_is 2 || return
  look_at_clock
  figure 'ms from the death of a primary to the change to its replica' \
    $((now - begin))
  node 1 --replicaof 127.0.0.1 "${at[2]}" || return
  wait "$pushing"
  account_failover 'primary killed'
}

# Sentinel is told to change the two over, again and again.
scene_ordered() {
  local batch=0 new
  local -a at
  pair || return
  batches 5 --durability replicas:1
  for new in 2 1 2; do
    until_true 40 ordered || return
    batches 3 --durability replicas:1
    until_true 30 primary_is "$new" || return
    batches 3 --durability replicas:1
    until_true 40 sees_replica "${at[3 - new]}" || return
  done
  account_failover 'ordered thrice'
}

ordered() {
  [ "$("$cli" -p "${at[3]}" SENTINEL FAILOVER torture)" = OK ]
}

# Sentinel and the replica lose sight of the primary, which goes on for its
# clients until they are moved to what the replica has: what was acknowledged
# in between is lost, and somebody says so.
scene_behind() {
  local batch=0
  local -a at
  pair link || return
  batches 5
  until_true 20 worked_off || return
  echo 'silent 1' >&8
  batches 5
  until_true 40 primary_is 2 || return
  signal KILL "${node_pid[1]}"
  batches 5
  until_true 90 worked_off
  check 'fail-over to an older state: jobs are left over' $?
  until_true 10 data_lost_is_told
  check 'fail-over to an older state: nobody noticed' $?
  count_all a
  figure 'jobs lost by a fail-over to an older state, which was told' \
    "$(value lost)"
  check 'fail-over to an older state: nothing was lost, so nothing was shown' \
    $(($(value lost) == 0))
  check 'fail-over to an older state: more was lost than was pushed behind it' \
    "$(awk '{split($1, p, "[f.]")} p[2] <= 5 || p[2] > 10' lost.list | wc -l)"
  check 'fail-over to an older state: two starts for one token' \
    "$(value restarted)"
  jq-stat -u "unix://$PWD/db.sock" --check >final.check
  check 'fail-over to an older state: the data are in disorder' \
    "$(grep -c . final.check)"
}
failovers=(killed ordered behind)
