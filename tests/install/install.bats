#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# make install and make uninstall: which files, where, with which modes; what
# is installed works; nothing else is touched.

export SERVER=none
load ../lib/server

# git looks there for what it may read, and with that goes the version.
user_home=$HOME

setup() {
  server_setup
  dest=$TMPDIR/dest
}

# build TARGET [VARIABLE=VALUE...]: in the source tree, which has been built
build() {
  HOME=$user_home make --no-print-directory -C "$ROOT" "$@"
}

# MODE PATH of each file below a directory.
files() {
  local mode
  (
    cd "$1" && for mode in 644 755; do
      find . -type f -perm "$mode" | sed "s,^\.,$mode ,"
    done
    find . ! -type d ! -perm 644 ! -perm 755 | sed 's,^\.,other ,'
  ) | sort
}

# All that is to be installed, below the default directories of a prefix.
expected() {
  local file name p=$1
  (
    cd "$ROOT" && for file in cmd/jq-*.c; do
      name=${file#cmd/} name=${name%.c}
      printf '%s\n' "755 $p/bin/$name" \
        "644 $p/share/bash-completion/completions/$name" \
        "644 $p/share/fish/vendor_completions.d/$name.fish"
    done
    printf '%s\n' "644 $p/share/zsh/site-functions/_jobq"
    printf '%s\n' "755 $p/bin/check_jq"
    for file in man/*.*; do
      printf '%s\n' "644 $p/share/man/man${file##*.}/${file#man/}"
    done
    find share/examples -type f -perm -100 | sed "s,^share,755 $p/share/jobq,"
    find share/examples -type f ! -perm -100 |
      sed "s,^share,644 $p/share/jobq,"
    for file in share/systemd/*; do
      [ ! -e "$file" ] ||
        printf '%s\n' "644 $p/lib/systemd/system/${file##*/}"
    done
  ) | sort
}

@test "installs these files with these modes, and no other" {
  run -0 build install DESTDIR="$dest"
  assert_output ''
  assert_equal "$(files "$dest")" "$(expected /usr/local)"
}

@test "PREFIX moves all of it; DESTDIR may have blanks" {
  build install PREFIX="$TMPDIR/mine"
  assert_equal "$(files "$TMPDIR/mine")" "$(expected '')"
  build install DESTDIR="$TMPDIR/a b" PREFIX=/usr
  assert_equal "$(files "$TMPDIR/a b")" "$(expected /usr)"
  build uninstall DESTDIR="$TMPDIR/a b" PREFIX=/usr
  assert_equal "$(files "$TMPDIR/a b")" ''
}

@test "each directory can be chosen, on the command line or around it" {
  local places=(BINDIR=/b MANDIR=/m DATADIR=/d BASHCOMPDIR=/bash
    ZSHCOMPDIR=/zsh FISHCOMPDIR=/fish UNITDIR=/unit)
  expected '' | sed -e 's, /bin/, /b/,' -e 's, /share/man/, /m/,' \
    -e 's, /share/jobq/, /d/,' -e 's, /share/bash-[^ ]*/, /bash/,' \
    -e 's, /share/zsh/[^ ]*/, /zsh/,' -e 's, /share/fish/[^ ]*/, /fish/,' \
    -e 's, /lib/systemd/system/, /unit/,' | sort >want
  build install DESTDIR="$dest" "${places[@]}"
  files "$dest" | diff want -
  build uninstall DESTDIR="$dest" "${places[@]}"
  assert_equal "$(files "$dest")" ''
  (
    export "${places[@]}" PREFIX=/nowhere
    build install DESTDIR="$dest"
  )
  files "$dest" | diff want -
}

@test "the user's umask makes nothing unreadable" {
  (
    umask 077
    build install DESTDIR="$dest"
  )
  assert_equal "$(files "$dest")" "$(expected /usr/local)"
  run -0 find "$dest" -type d ! -perm 755
  assert_output ''
}

@test "what is installed runs, without the tree or an environment" {
  local file name
  build install DESTDIR="$dest"
  for file in "$dest"/usr/local/bin/*; do
    name=${file##*/}
    # a monitor takes 0 for «all is well»
    [ "$name" = check_jq ] && want=3 || want=0
    run "-$want" --separate-stderr env -i "$file" --version
    assert_output --regexp "^$name \(jobq\) [0-9]+\.[0-9]+"
    assert_equal "$stderr" ''
    cmp "$file" "$ROOT/build/plain/$name"
    [ "$name" != check_jq ] || continue
    # shellcheck source=/dev/null
    . "$dest/usr/local/share/bash-completion/completions/$name"
    complete -p "$name"
  done
}

@test "installing again, over files in use, changes nothing" {
  build install DESTDIR="$dest"
  mkfifo in
  "$dest/usr/local/bin/jq-push" --dry-run -l q <in >/dev/null 3>&- &
  exec 4>in
  build install DESTDIR="$dest" 4>&-
  assert_equal "$(files "$dest")" "$(expected /usr/local)"
  exec 4>&-
  wait "$!"
}

@test "installing what is built writes nothing into the tree" {
  : >before
  build install DESTDIR="$dest"
  run -0 find "$ROOT/build/plain" "$ROOT/build/gen" -newer before
  assert_output ''
}

@test "uninstall leaves nothing of ours and all of others" {
  local p=$dest/usr/local
  build install DESTDIR="$dest"
  touch "$p/bin/jq" "$p/share/man/man1/jq.1"
  run -0 build uninstall DESTDIR="$dest"
  assert_output ''
  assert_equal "$(files "$dest")" \
    $'644 /usr/local/bin/jq\n644 /usr/local/share/man/man1/jq.1'
  assert [ ! -e "$p/share/jobq" ]

  build install DESTDIR="$dest"
  touch "$p/share/jobq/examples/mine"
  run -0 build uninstall DESTDIR="$dest"
  assert_output ''
  assert_equal "$(files "$dest" | grep -c -v 'bin/jq$\|jq\.1$')" 1
  assert [ -e "$p/share/jobq/examples/mine" ]
}

@test "uninstall where nothing is installed" {
  run -0 build uninstall DESTDIR="$dest"
  assert_output ''
  assert [ ! -e "$dest" ]
}

@test "a place that cannot be made fails the install" {
  : >"$dest"
  run -2 build install DESTDIR="$dest"
  assert_output --partial "$dest"
}
