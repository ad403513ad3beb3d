#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Schedules whose jobs have a life of their own: done, dead, lost.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  umask 022
}

pushed() {
  [ "$(redis HGET "jq:{$1}:meta" pushed)" -ge "$2" ]
}

start() {
  : >d.err
  spawn d jq-cron -v "$@"
  wait_line 10 d.err ' start '
}

end() {
  kill -TERM "$(cat d.pid)"
  wait_exit 10 d
  assert_success
}

@test "removed and made again, with jobs done, dead and live: it fires" {
  local overlap
  for overlap in allow forbid; do
    printf '%s\n' SOURCE=s "@every 1s $overlap tick" >tab
    start tab
    wait_until 10 pushed "$overlap" 3
    end
    jq-work -q -1 "$overlap" true
    run jq-work -q -1 -m 1 "$overlap" false
    assert_equal "$(redis ZCARD "jq:{$overlap}:done")" 1
    assert_equal "$(redis ZCARD "jq:{$overlap}:dead")" 1
    run -0 redis ZCARD "jq:{$overlap}:rdy"
    [ "$output" -ge 1 ]
    printf '%s\n' SOURCE=s ALLOW_EMPTY=1 >none
    run -0 jq-cron sync none
    assert_output "removed $overlap/tick"
    printf '%s\n' SOURCE=s "@every 1s $overlap tick overlap=$overlap" >tab
    local before
    before=$(redis HGET "jq:{$overlap}:meta" pushed)
    start tab
    wait_until 10 pushed "$overlap" $((before + 1))
    end
  done
}

@test "overlap=forbid, and the worker is killed: not before the job is recovered" {
  printf '%s\n' '@every 1s q tick overlap=forbid' >tab
  start tab
  wait_until 10 pushed q 1
  mkfifo hold
  spawn w jq-work q sh -c 'echo >begun; exec cat hold'
  wait_until 10 test -e begun
  local engine
  engine=$(pgrep -P "$(cat w.pid)")
  # neither sees the other die, or it would hand the job back
  kill -STOP "$(cat w.pid)"
  kill -KILL "$engine" "$(cat w.pid)"
  wait_until 10 gone "$engine"
  wait_line 10 d.err ' drop name=tick queue=q why=overlap .*job=cron:tick:'
  assert_equal "$(redis HGET 'jq:{q}:meta' pushed)" 1
  assert_equal "$(redis ZCARD 'jq:{q}:run')" 1
  # its lease is over; whoever claims next recovers it
  redis ZADD 'jq:{q}:run' XX 1 "$(redis ZRANGE 'jq:{q}:run' 0 0)"
  wait_until 20 jq-work -q -1 -W 1s q true
  assert_equal "$(redis HGET 'jq:{q}:meta' lost)" 1
  wait_until 20 pushed q 2
  end
}
