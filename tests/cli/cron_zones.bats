#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Zone data: which are used, and what becomes of schedules when they change.
# The databases here have one zone, Town, as Tokyo or Paris.

load ../lib/server
load ../lib/jobs

setup() {
  server_setup
  umask 022
  mkdir tz
  export TZDIR=$PWD/tz
}

# town LIKE: the file comes all at once, as from a package manager.
town() {
  cp "/usr/share/zoneinfo/$1" new
  mv new tz/Town
}

release() {
  printf '# version %s\n# redo posix_only\n' "$1" >new
  mv new tz/tzdata.zi
}

count() {
  [ "$(redis ZCARD "jq:{$1}:rdy")" -ge "$2" ]
}

serve() {
  printf '%s\n' "$1" >tab
  spawn d jq-cron -v tab
  wait_line 10 d.err ' start '
}

end() {
  kill -TERM "$spawned"
  wait_exit 10 d
  assert_success
}

@test "TZDIR is where zones come from" {
  town Asia/Tokyo
  run -0 --separate-stderr jq-cron next -n 1 --tz Town --after @0 '0 12 * * *'
  assert_output '1970-01-01T03:00:00Z  1970-01-01 12:00:00 +09:00  in 3h'
  run -65 --separate-stderr jq-cron next --tz Toen '0 12 * * *'
  assert_equal "$stderr" \
    "jq-cron: time zone 'Toen': not in $PWD/tz (did you mean Town)"
  # not a path that means something else elsewhere
  TZDIR=tz run -65 --separate-stderr jq-cron next --tz Town '0 12 * * *'
}

@test "without a database there is UTC" {
  rmdir tz
  run -0 --separate-stderr jq-cron next -n 1 --after @0 '0 12 * * *'
  assert_output '1970-01-01T12:00:00Z  1970-01-01 12:00:00 +00:00  in 12h'
  run -65 --separate-stderr jq-cron next --tz Europe/Paris '0 12 * * *'
  assert_equal "$stderr" \
    "jq-cron: time zone database '$PWD/tz' (install tzdata): No such file or directory"
}

@test "new zone data while running: next ticks move, and are told of" {
  town Asia/Tokyo
  release 2025a
  serve '0 12 * * * q noon tz=Town'
  wait_line 10 d.err ' start .* zones=2025a$'
  # it looks by itself, too: not between the two
  kill -STOP "$spawned"
  town Europe/Paris
  release 2025b
  kill -HUP "$spawned"
  kill -CONT "$spawned"
  wait_line 10 d.err \
    ' zone old=2025a new=2025b zones=1 moved=1 names=q/noon$'
  # what cannot be read any more stays as it was
  rm tz/Town
  kill -HUP "$spawned"
  wait_line 10 d.err ' error '
  end
  run -0 grep -c ' zone old=' d.err
  assert_output 1
}

@test "zone data that vanish stay in use, and are complained of" {
  town Asia/Tokyo
  serve '@seconds * * * * * * q tick tz=Town'
  wait_until 10 count q 1
  # the copy without files reads none when told to look
  end
  : >d.err
  spawn d jq-cron -v serve
  wait_until 10 count q 2
  rm tz/Town
  kill -HUP "$spawned"
  wait_line 10 d.err \
    ' error .*the zone data of before stay in use: time zone .Town.: not in'
  local before
  before=$(redis ZCARD 'jq:{q}:rdy')
  wait_until 10 count q $((before + 2))
  end
}

@test "older zone data than were used before push nothing" {
  town Asia/Tokyo
  release 2025b
  serve '@seconds * * * * * * q tick tz=Town'
  wait_until 10 count q 1
  end
  assert_equal "$(redis HGET 'jq:{q}:cron' z)" 2025b
  release 2025a
  serve '@seconds * * * * * * q tick tz=Town'
  wait_line 10 d.err \
    ' error .*the zone data are of release 2025a, those last used of 2025b \(update tzdata\)'
  run -1 grep ' fire ' d.err
  # until they are newer
  release 2025c
  kill -HUP "$spawned"
  wait_line 10 d.err ' zone old=2025a new=2025c zones=0 moved=0$'
  wait_line 10 d.err ' fire '
  assert_equal "$(redis HGET 'jq:{q}:cron' z)" 2025c
  end
  # UTC is UTC by any
  release 2001a
  serve '@seconds * * * * * * r tick'
  wait_until 10 count r 1
  end
}
