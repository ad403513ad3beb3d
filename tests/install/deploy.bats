#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What share/ has for services and machines: systemd units, the image and its
# compose file, the Debian package.

load ../lib/server

user_home=$HOME

# The units as installed, with commands that are there.
units() {
  local file
  mkdir -p units
  for file in "$ROOT"/share/systemd/*.service; do
    sed "s,^ExecStart=,&$JQ_BIN/," "$file" >"units/${file##*/}"
  done
  cp units/jq-work@.service units/jq-work@mail.service
}

# What a unit runs, a word a line.
command_of() {
  sed -n 's/^ExecStart=//p' "units/$1" | sed "s/%i/mail/g" | tr ' ' '\n'
}

@test "units: systemd has nothing to say against them, nor on their exposure" {
  units
  run -0 grep -hc '^KillMode=mixed$' units/jq-work@.service units/jq-cron.service
  assert_output $'1\n1'
  command -v systemd-analyze >/dev/null || return 0
  cd units
  run -0 systemd-analyze --man=no verify ./jq-work@mail.service
  assert_output ''
  run -0 systemd-analyze --man=no verify ./jq-cron.service
  assert_output ''
  for unit in jq-work@mail jq-cron; do
    # 2.0 is the limit of what it calls OK
    run -0 systemd-analyze security --offline=true --threshold=20 \
      "./$unit.service"
  done
}

@test "units: a verdict that can fail" {
  command -v systemd-analyze >/dev/null || return 0
  units
  cd units
  echo 'ProtectSystem=very' >>jq-cron.service
  run systemd-analyze --man=no verify ./jq-cron.service
  assert_output --partial ProtectSystem
}

@test "units: their commands work, and tell the manager that they are ready" {
  local word words=()
  mkdir handlers
  printf '#!/bin/sh\ncat >>"%s"\n' "$PWD/took" >handlers/mail
  chmod +x handlers/mail
  units
  while read -r word; do
    case $word in
    '$WORK_OPTIONS') words+=(-n 1) ;;
    '${HANDLER}') words+=("$PWD/handlers/mail") ;;
    *) words+=("$word") ;;
    esac
  done < <(command_of jq-work@.service)
  jq-push -q mail hello
  run -0 "${words[@]}"
  assert_equal "$(cat took)" hello
  words=()
  while read -r word; do
    case $word in
    '$CRON_OPTIONS') words+=(--ready-fd 7) ;;
    '${CRONTAB}') words+=("$ROOT/share/docker/crontab") ;;
    *) words+=("$word") ;;
    esac
  done < <(command_of jq-cron.service)
  spawn cron "${words[@]}" 7>ready
  wait_until 20 test -s ready
  kill -TERM "$spawned"
  wait_exit 20 cron
  assert_success
}

@test "units: exit statuses that no restart mends are named" {
  run -0 sed -n 's/^RestartPreventExitStatus=//p' \
    "$ROOT/share/systemd/jq-work@.service"
  assert_output '64 77 78 126 127'
  run -127 jq-work mail /no/such/handler
}

# Words of the last `apt-get install` of the image: what it needs to run.
image_packages() {
  sed ':join; /\\$/{N; s/\\\n//; bjoin}' "$ROOT/share/docker/Dockerfile" |
    grep 'apt-get install' | tail -n 1 |
    sed 's/.*--no-install-recommends//; s/&&.*//' | tr -s ' ' '\n' | grep .
}

@test "image: what it copies is there, what it runs is installed" {
  local file word
  cd "$ROOT"
  while read -r word; do
    assert [ -e "$word" ]
  done < <(sed -n 's/^COPY .*\(share[^ ]*\) .*/\1/p' share/docker/Dockerfile)
  # the build needs no file that is kept from the engine
  for file in Makefile VERSION cmd completions lib man share; do
    run -0 grep -Fx "!$file" share/docker/Dockerfile.dockerignore
  done
  run -0 grep -c '^FROM' share/docker/Dockerfile
  assert_output 4
  run -0 grep -c '^USER jobq$' share/docker/Dockerfile
  run -0 "$JQ_BIN/jq-cron" check share/docker/crontab
  grep -q bookworm /etc/os-release 2>/dev/null || return 0
  # each library that is linked comes with a package that is named
  image_packages >"$BATS_TEST_TMPDIR/named"
  for file in hiredis sodium event_core event_extra jansson; do
    word=$(ldd "$JQ_BIN/jq-work" | sed -n "s,.*lib$file.* => \([^ ]*\).*,\1,p")
    [ -n "$word" ] || continue
    word=$(dpkg -S "*${word##*/}" | sed -n '1s/:.*//p')
    run -0 grep -Fx "$word" "$BATS_TEST_TMPDIR/named"
  done
}

@test "image: the handler of the demo does its work" {
  jq-push -q files hello
  run -0 --separate-stderr jq-work -q --drain files "$ROOT/share/docker/handler"
  assert_output --regexp '^files/[0-9a-z]+: 5 bytes, attempt 1$'
}

@test "compose: a server that keeps its data, two workers, one scheduler" {
  command -v python3 >/dev/null || return 0
  python3 -c 'import yaml' 2>/dev/null || return 0
  run -0 python3 - "$ROOT/share/docker/compose.yaml" <<'END'
import sys, yaml
c = yaml.safe_load(open(sys.argv[1]))
s = c['services']
assert set(s) == {'redis', 'worker', 'scheduler', 'shell'}, set(s)
assert s['worker']['deploy']['replicas'] == 2
assert 'deploy' not in s['scheduler']
server = ' '.join(s['redis']['command'])
assert '--appendonly yes' in server and 'noeviction' in server, server
assert s['redis']['volumes'] == ['redis:/data'] and 'redis' in c['volumes']
assert all(isinstance(w, str) for v in s.values() for w in v['command'])
for name in ('worker', 'scheduler'):
    v = s[name]
    assert v['depends_on']['redis']['condition'] == 'service_healthy'
    assert v['environment']['JQ_URL'] == 'redis://redis:6379'
    assert v['build']['target'] == 'demo'
    assert v['restart'] == 'unless-stopped'
print(' '.join(s['worker']['command'][:-1]), s['worker']['stop_grace_period'])
END
  assert_output 'jq-work -j4 -t 5m files 5m30s'
}

@test "deb: builds without root, holds all, and lintian finds no error" {
  local deb
  if ! command -v dpkg-shlibdeps >/dev/null; then
    run -69 "$ROOT/share/debian/build" "$PWD/out"
    assert_output --partial 'apt-get install dpkg-dev'
    return
  fi
  HOME=$user_home MAKEFLAGS='' run -0 --separate-stderr \
    "$ROOT/share/debian/build" "$PWD/out"
  deb=$output
  assert_equal "$(ls out)" "${deb##*/}"
  run -0 dpkg-deb -f "$deb" Package Depends Recommends
  assert_line 'Package: jobq'
  assert_line --regexp '^Depends: libc6 [^,]*$'
  assert_line --regexp '^Recommends: .*redis-server.*libssl3'
  dpkg-deb -x "$deb" root
  dpkg-deb -e "$deb" control
  (cd root && md5sum --quiet -c ../control/md5sums)
  for file in bin/jq-work share/man/man1/jq-work.1.gz share/doc/jobq/copyright \
    share/doc/jobq/examples/webhook lib/systemd/system/jq-work@.service \
    share/zsh/vendor-completions/_jobq; do
    assert [ -s "root/usr/$file" ]
  done
  run -0 --separate-stderr env -i root/usr/bin/jq-push --version
  run -1 grep -v ' root/root ' <(dpkg-deb -c "$deb")
  command -v lintian >/dev/null || return 0
  run -0 lintian --allow-root --fail-on error "$deb"
}
