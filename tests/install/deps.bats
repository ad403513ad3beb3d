# SPDX-License-Identifier: ISC
#
# share/deps: what it finds missing, what it calls that on each system, and
# how it installs. The package managers are stand-ins that write down how they
# were called; PATH holds nothing else but what the script itself uses.

export SERVER=none
load ../lib/server

setup() {
  server_setup
  bin=$TMPDIR/bin calls=$TMPDIR/calls
  mkdir "$bin"
  : >"$calls"
  for tool in sh env cut sort tr sed grep cat; do
    ln -s "$(command -v "$tool")" "$bin/$tool"
  done
  become 0
}

# The user id that the script finds.
become() {
  printf '#!/bin/sh\necho %s\n' "$1" >"$bin/id"
  chmod +x "$bin/id"
}

# A program that records its call, then does what stdin says.
stand_in() {
  {
    printf '#!/bin/sh\necho %s "$@" >>%s\n' "$1" "$calls"
    cat
  } >"$bin/$1"
  chmod +x "$bin/$1"
}

# Alone with the stand-ins, and without a zone database.
deps() {
  TZDIR=$TMPDIR BATS_LIB_PATH='' PATH=$bin "$ROOT/share/deps" "$@"
}

assert_called() {
  run -0 cat "$calls"
  assert_line --regexp "$1"
}

@test "says nothing and succeeds when all is there" {
  run -0 --separate-stderr "$ROOT/share/deps"
  assert_output ''
  assert_equal "$stderr" ''
}

@test "refuses an argument it does not know" {
  run -64 --separate-stderr "$ROOT/share/deps" everything
  assert_equal "$stderr" 'share/deps: usage: share/deps [lint]'
}

@test "NO_INSTALL=1 names packages and command, installs nothing, fails" {
  stand_in apt-get </dev/null
  stand_in apt-cache </dev/null
  NO_INSTALL=1 run -1 --separate-stderr deps
  assert_output ''
  assert_equal "${#stderr_lines[@]}" 2
  assert_regex "${stderr_lines[0]}" '^share/deps: missing: .*redis-server'
  assert_regex "${stderr_lines[1]}" "run: env DEBIAN_FRONTEND=noninteractive \
apt-get install -qy --no-install-recommends .*libhiredis-dev"
  run -1 grep apt-get "$calls"
}

# MANAGER THING…: all of them are named by NO_INSTALL=1 on that system.
assert_names() {
  local manager=$1 name
  shift
  stand_in "$manager" <<<'echo found'
  NO_INSTALL=1 run -1 --separate-stderr deps lint
  for name; do
    assert_regex "${stderr_lines[1]} " "[ ]${name}[ ]"
  done
}

@test "Debian's names" {
  stand_in apt-cache </dev/null
  assert_names apt-get redis-server redis-tools libhiredis-dev libsodium-dev \
    libevent-dev libssl-dev libjansson-dev bats tzdata pkg-config procps \
    clang clang-format clang-tidy shellcheck mandoc libclang-rt-dev
}

@test "Debian's names where redis is gone" {
  stand_in apt-cache <<<'case $3 in redis*) exit 100;; esac'
  assert_names apt-get valkey-server valkey-tools
}

@test "Debian's names where libFuzzer comes with the compiler" {
  stand_in apt-cache <<<'case $3 in libclang-rt*) exit 100;; esac'
  assert_names apt-get clang
  refute_regex "${stderr_lines[1]}" libclang-rt
}

@test "Fedora's names" {
  assert_names dnf valkey hiredis-devel libsodium-devel libevent-devel \
    openssl-devel jansson-devel bats tzdata pkgconf-pkg-config procps-ng \
    clang clang-tools-extra ShellCheck mandoc compiler-rt
}

@test "Fedora's names where valkey has not come yet" {
  stand_in dnf <<<'case $3 in valkey) exit 1;; esac'
  NO_INSTALL=1 run -1 --separate-stderr deps
  assert_regex "${stderr_lines[1]} " ' redis '
  refute_regex "${stderr_lines[1]}" valkey
}

@test "Alpine's names" {
  assert_names apk valkey valkey-cli hiredis-dev libsodium-dev libevent-dev \
    openssl-dev jansson-dev bats tzdata pkgconf clang clang-extra-tools \
    shellcheck mandoc compiler-rt
}

@test "Arch's names" {
  assert_names pacman valkey hiredis libsodium libevent openssl jansson bats \
    tzdata pkgconf procps-ng clang shellcheck mandoc compiler-rt
}

@test "Homebrew's names, never with sudo" {
  become 1000
  stand_in sudo </dev/null
  assert_names brew redis hiredis libsodium libevent openssl@3 jansson \
    bats-core pkgconf llvm shellcheck mandoc
  refute_regex "$stderr" sudo
}

@test "goes through sudo when not root" {
  become 1000
  stand_in dnf </dev/null
  stand_in sudo <<<'exit 1'
  run -1 --separate-stderr deps
  assert_regex "${stderr_lines[1]}" '^share/deps: running: sudo dnf install -y '
  assert_called '^sudo dnf install -y .*libevent-devel'
}

@test "not root, and no way to become root: says what to run" {
  become 1000
  stand_in dnf </dev/null
  run -1 --separate-stderr deps
  assert_regex "${stderr_lines[1]}" 'as root, run: dnf install -y '
  run -1 grep 'dnf install' "$calls"
}

@test "no package manager: names the things" {
  run -1 --separate-stderr deps
  assert_regex "$stderr" 'no package manager known here .*install by hand: .*hiredis'
}

@test "fetches the lists and tries once more, then gives up" {
  stand_in apk <<<'case $1 in search) echo x;; *) exit 1;; esac'
  run -1 --separate-stderr deps
  assert_called '^apk update$'
  assert_regex "${stderr_lines[2]}" 'could not install them'
}

@test "an installation that brings nothing is noticed" {
  stand_in apk <<<'echo x'
  run -1 --separate-stderr deps
  assert_called '^apk add '
  assert_regex "${stderr_lines[2]}" 'installed, and still not found: .*server'
}

@test "installs once, and is content when the things have come" {
  local real=$PATH
  stand_in apk <<EOF
PATH=$real
for tool in redis-server redis-cli pkg-config bats ps tmux; do
  ln -sf "\$(command -v \$tool)" "$bin/\$tool"
done
mkdir -p $TMPDIR/Europe
: >$TMPDIR/Europe/Berlin
EOF
  run -0 --separate-stderr deps
  assert_called '^apk add '
  run -0 --separate-stderr deps
  assert_equal "$stderr" ''
}
