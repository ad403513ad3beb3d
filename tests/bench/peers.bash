# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Other queues in the place of ours, each with what it has for a shell: xargs
# and parallel (no queue at all), gearman (gearman-job-server, gearman-tools),
# RabbitMQ (rabbitmq-server, amqp-tools), BullMQ (node, and NODE_PATH naming a
# node_modules that holds it). Servers start when first asked for.
# shellcheck disable=SC2034,SC2154,SC2317 # all for and by run

can_xargs() { command -v xargs >/dev/null; }
can_parallel() { command -v parallel >/dev/null; }

gearman_port=$((20000 + $$ % 10000))
can_gearman() {
  command -v gearmand >/dev/null && command -v gearman >/dev/null || return
  [ -z "${gearmand:-}" ] || return 0
  background gearmand -L 127.0.0.1 -p "$gearman_port" -l stderr
  gearmand=$pid
  until_true 10 gearman_says status
}

gearman_says() {
  exec 8<>"/dev/tcp/127.0.0.1/$gearman_port" || return
  echo "$1" >&8
  read -r -t 2 gearman_line <&8
  exec 8>&-
}

gearman() {
  command gearman -h 127.0.0.1 -p "$gearman_port" "$@"
}

push_gearman() {
  each 100 "$(type -P gearman)" -h 127.0.0.1 -p "$gearman_port" -b \
    -f "push$EPOCHREALTIME" "$payload"
}
bulk_gearman() { bulk 20000 gearman -n -b -f "bulk$EPOCHREALTIME"; }
process_gearman() { at_once spawn_gearman 800; }

# so many workers: each is one process, and takes its share
spawn_gearman() {
  local f=process$EPOCHREALTIME
  seq "$2" | gearman -n -b -f "$f"
  timed "$2" workers "$1" gearman -w -f "$f" -c $(($2 / $1)) -- /bin/true
}

# workers N COMMAND…: so many of it, until all have ended
workers() {
  local i
  local -a all=()
  for ((i = 0; i < $1; i++)); do
    "${@:2}" </dev/null &
    all+=($!)
  done
  wait "${all[@]}"
}

latency_gearman() {
  local f=latency$EPOCHREALTIME
  background "$(type -P gearman)" -h 127.0.0.1 -p "$gearman_port" -w \
    -f "$f" -- "$tools/stamp"
  latency "$(type -P gearman)" -h 127.0.0.1 -p "$gearman_port" -n -b -f "$f"
  end_background "$pid"
}

memory_gearman() {
  local i
  local -a all=()
  for ((i = 0; i < 64; i++)); do
    background "$(type -P gearman)" -h 127.0.0.1 -p "$gearman_port" -w \
      -f memory -- /bin/true
    all+=("$pid")
  done
  pause 300
  printf 'idle 64\t%s\n' "$(pss_settled "${all[@]}")"
  for pid in "${all[@]}"; do end_background "$pid"; done
}

# A broker of its own, with all its files and its port mapper in our directory.
amqp_port=$((30000 + $$ % 10000))
amqp_url=amqp://127.0.0.1:$amqp_port
can_amqp() {
  local rabbit=/usr/lib/rabbitmq/bin/rabbitmq-server
  command -v amqp-consume >/dev/null && [ -x "$rabbit" ] || return
  [ -z "${rabbitmq:-}" ] || return 0
  export ERL_EPMD_PORT=$((amqp_port + 10000))
  background epmd -port "$ERL_EPMD_PORT"
  background env "RABBITMQ_NODENAME=bench$$@localhost" \
    "RABBITMQ_NODE_PORT=$amqp_port" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
    "RABBITMQ_DIST_PORT=$((amqp_port + 20000))" \
    "RABBITMQ_MNESIA_BASE=$dir/mnesia" "RABBITMQ_LOG_BASE=$dir/rabbit" \
    "RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins" "$rabbit"
  rabbitmq=$pid
  until_true 60 amqp_answers || why='its broker did not start'
  amqp_answers
}

amqp_answers() {
  amqp-publish -u "$amqp_url" -r nowhere -b x
}

amqp_queue() {
  queue=bench$EPOCHREALTIME
  amqp-declare-queue -u "$amqp_url" -q "$queue" -d >/dev/null
}

push_amqp() {
  amqp_queue
  each 100 "$(command -v amqp-publish)" -u "$amqp_url" -p -r "$queue" \
    -b "$payload"
}
bulk_amqp() {
  amqp_queue
  bulk 50000 amqp-publish -u "$amqp_url" -p -r "$queue" -l
}
process_amqp() { at_once spawn_amqp 800; }
# /bin/true reads no payload, and amqp-consume dies of that: noop does.
spawn_amqp() {
  amqp_queue
  seq "$2" | amqp-publish -u "$amqp_url" -p -r "$queue" -l
  timed "$2" workers "$1" amqp-consume -u "$amqp_url" -q "$queue" \
    -c $(($2 / $1)) -p 1 "$tools/noop"
}
latency_amqp() {
  amqp_queue
  background amqp-consume -u "$amqp_url" -q "$queue" -p 1 "$tools/stamp"
  latency amqp-publish -u "$amqp_url" -p -r "$queue" -l
  end_background "$pid"
}
memory_amqp() {
  local i
  local -a all=()
  amqp_queue
  for ((i = 0; i < 64; i++)); do
    background amqp-consume -u "$amqp_url" -q "$queue" -p 1 /bin/true
    all+=("$pid")
  done
  pause 500
  printf 'idle 64\t%s\n' "$(pss_settled "${all[@]}")"
  for pid in "${all[@]}"; do end_background "$pid"; done
}

can_bullmq() {
  # its client is a package of its own
  command -v node >/dev/null &&
    node -e 'require("bullmq"); require("ioredis")' 2>/dev/null
}

bull() { node "$here/peers/bullmq.js" "$@"; }
push_bullmq() {
  each 5 "$(command -v node)" "$here/peers/bullmq.js" push "$payload"
}
# These time themselves, without the start of node.
bulk_bullmq() { printf 'bulk\t%s\n' "$(bull bulk "$(fewer 20000)")"; }
stream_bullmq() { printf 'stream\t%s\n' "$(bull stream "$(fewer 10000)")"; }
process_bullmq() { at_once spawn_bullmq 400; }
spawn_bullmq() { bull process "$1" "$2"; }
latency_bullmq() {
  background node "$here/peers/bullmq.js" latency "$tools/stamp"
  latency node "$here/peers/bullmq.js" lines
  end_background "$pid"
}
memory_bullmq() {
  background node "$here/peers/bullmq.js" latency /bin/true
  pause 1500
  printf 'idle 1\t%s\n' "$(pss_settled "$pid")"
  end_background "$pid"
}

# The broker's launcher ends it, which takes a moment.
peers_end() {
  [ -z "${rabbitmq:-}" ] || end_background "$rabbitmq"
}
