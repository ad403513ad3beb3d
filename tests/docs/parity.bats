#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What is said in several places is the same in all of them: options in --help,
# the manual and the completions; exit statuses in the code and the manual; the
# commands that there are. What is found in one place alone is named.

export SERVER=none
load ../lib/server

# The commands that were built.
commands() {
  local file
  for file in "$JQ_BIN"/jq-*; do
    [ ! -x "$file" ] || printf '%s\n' "${file##*/}"
  done
}

# Options are written here as --help does: "-p, --priority ARG", the last word
# being ARG or flag, one a line, sorted. Each function reads one source.
in_help() {
  "$1" --help | sed -nE \
    -e 's/^  (-., |    )(--[a-z0-9-]+) [^ ].*/\1\2 ARG/p;t' \
    -e 's/^  (-., |    )(--[a-z0-9-]+)( .*)?$/\1\2 flag/p;t' \
    -e 's/^  (-|    --)/not understood: \1/p' |
    sed 's/^ *//' | sort -u
}

# .It Fl p , -priority Ar n
page_options() {
  sed -nE \
    -e 's/^\.It Fl (. , )?-([a-z0-9-]+)$/\1-\2 flag/p;t' \
    -e 's/^\.It Fl (. , )?-([a-z0-9-]+) (Ar|Cm|Ns) .*/\1-\2 ARG/p;t' \
    -e 's/^\.It Fl (.*)/not understood: \1/p' |
    sed -E -e 's/^(.) , /-\1, /' -e 's/(^|, )-([a-z0-9-]+ (ARG|flag))$/\1--\2/'
}

section() {
  sed -n "/^\.Sh $2\$/,/^\.Sh /p" "$ROOT/man/$1"
}

in_manual() {
  {
    section jobq.7 'COMMON OPTIONS'
    cat "$ROOT/man/$1.1"
  } | page_options | sort -u
}

# '(-p --priority)'{-p,--priority}'[text]:value', '--all[text]'. What the option
# excludes has to be itself.
zsh_options() {
  sed -nE "s/^ +('.*)/\1/p" | sed -E \
    -e 's/\[[^]]*\]:.*/ ARG/;t more' -e 's/\[[^]]*\].*/ flag/;t more' -e d \
    -e ':more' -e "s/^'\((-.) (--[a-z0-9-]+)\)'\{\1,\2\}'/\1, \2/" \
    -e "s/^'\*'\{(-.),(--[a-z0-9-]+)\}'/\1, \2/" \
    -e "s/^'(--[a-z0-9-]+) /\1 /"
}

in_zsh() {
  local file=$ROOT/completions/_jobq own
  own=$(sed -n "/^$1)\$/,/;;/p" "$file")
  {
    printf '%s\n' "$own"
    ! grep -q '_arguments -s \$common' <<<"$own" ||
      sed -n '/^common=($/,/^)$/p' "$file"
  } | zsh_options | sort -u
}

# complete -c jq-push -s p -l priority -x -d 'Text'; in the loop over all
# commands $jobq_command.
in_fish() {
  local file=$ROOT/completions/jobq.fish names=$1
  ! grep -qE "^for jobq_command in .*\<$1\>" "$file" ||
    names='(\$jobq_command|'$1')'
  sed -nE "s/^ *complete -c $names //p" "$file" | sed "s/'[^']*'//g" | awk '{
    short = long = ""
    kind = "flag"
    for (i = 1; i <= NF; i++) {
      if ($i == "-s") short = "-" $++i ", "
      else if ($i == "-l") long = "--" $++i
      else if ($i == "-x" || $i == "-r") kind = "ARG"
    }
    if (long short != "") print short long, kind
  }' | sort -u
}

# The words alone, for a script that knows no more; as completion has them.
words() {
  sed -E -e 's/ (ARG|flag)$//' -e 's/, /\n/' | sort -u
}

in_bash() {
  bash -euc '. "$1"
    COMP_WORDS=("$2" -) COMP_CWORD=1
    "$(complete -p "$2" | sed "s/.*-F \([^ ]*\).*/\1/")" "$2" - "$2"
    printf "%s\n" "${COMPREPLY[@]}"' - "$ROOT/completions/jobq.bash" "$1" |
    sort -u
}

# same A LIST B LIST: what only one of them has, or fails to have, is named.
same() {
  [ -n "$2" ] || fail "found nothing in $1"
  [ "$2" = "$4" ] || fail "$(printf 'only in %s:\n%s\nonly in %s:\n%s\n' \
    "$1" "$(comm -23 <(sort <<<"$2") <(sort <<<"$4"))" \
    "$3" "$(comm -13 <(sort <<<"$2") <(sort <<<"$4"))")"
}

@test "there are commands, and each has --help" {
  run -0 commands
  assert_line jq-push
  local c
  for c in $(commands); do
    run -0 in_help "$c"
    assert_line '-h, --help flag'
    refute_line --partial '--help='
  done
}

@test "options in --help are those of the manual" {
  local c
  for c in $(commands); do
    same "$c --help" "$(in_help "$c")" "man/$c.1 and man/jobq.7" \
      "$(in_manual "$c")"
  done
}

@test "options in --help are those of the completion for bash" {
  local c
  for c in $(commands); do
    same "$c --help" "$(in_help "$c" | words)" completions/jobq.bash \
      "$(in_bash "$c")"
  done
}

@test "options in --help are those of the completion for zsh" {
  local c
  for c in $(commands); do
    same "$c --help" "$(in_help "$c")" completions/_jobq "$(in_zsh "$c")"
  done
}

@test "options in --help are those of the completion for fish" {
  local c
  for c in $(commands); do
    same "$c --help" "$(in_help "$c")" completions/jobq.fish "$(in_fish "$c")"
  done
}

# Options and defaults as --help has them, «--name VALUE»: "(default 5s)" or, at
# the end, "(5m)".
help_defaults() {
  "$1" --help | awk '
    function tell(  v) {
      if (match(text, /\(default [^ )]+\)/))
        v = substr(text, RSTART + 9, RLENGTH - 10)
      else if (match(text, / \(([0-9]|exp:)[^ )]*\)$/))
        v = substr(text, RSTART + 2, RLENGTH - 3)
      if (v != "") print name, v
      text = ""
    }
    /^  (-., |    )--/ {
      tell()
      match($0, /--[a-z0-9-]+/)
      name = substr($0, RSTART + 2, RLENGTH - 2)
    }
    { sub(/^ +/, " "); text = text $0 }
    /^$/ { tell() }
    END { tell() }'
}

@test "defaults in --help are those that hold" {
  local c name value n=0
  for c in $(commands); do
    run -0 "$c" --show-config --config /dev/null
    while read -r name value; do
      n=$((n + 1))
      # a verb of its own may have it
      ! grep -q "^$name"$'\t' <<<"$output" ||
        grep -qF "$name"$'\t'"$value"$'\t' <<<"$output" ||
        fail "$c --help: $name is $value; it is $(grep "^$name"$'\t' <<<"$output")"
    done < <(help_defaults "$c")
  done
  [ "$n" -gt 20 ]
}

# The numbers of .It lines: ".It 126 , 127".
page_statuses() {
  sed -nE 's/^\.It ([0-9]+( , [0-9]+)*)$/\1/p' | sed 's/ , /\n/g' | sort -n
}

statuses() {
  sed -nE 's/^\tSTATUS_[A-Z]+ = ([0-9]+),.*/\1/p' "$ROOT/lib/base/err.h" |
    sort -n
}

@test "exit statuses in the code are those of jobq(7)" {
  same lib/base/err.h "$(statuses)" man/jobq.7 \
    "$(section jobq.7 'EXIT STATUS' | page_statuses)"
}

@test "no page has an exit status that jobq(7) has not" {
  local page
  for page in "$ROOT"/man/jq-*.1; do
    run -0 section "${page##*/}" 'EXIT STATUS'
    run -0 comm -13 <(statuses | sort) <(page_statuses <<<"$output" | sort)
    [ -z "$output" ] || fail "${page##*/}: $output"
  done
}

@test "the completions load in bash, silently" {
  run -0 --separate-stderr bash -euc '. "$1"' - "$ROOT/completions/jobq.bash"
  assert_equal "$output$stderr" ''
}

# Other shells are not needed to build or to test: each is asked if it is there.
# completed WORD...: what the last one of a command line may become in bash
completed() {
  bash -euc '. "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _jobq "$1" "${!#}" "${COMP_WORDS[$# - 2]}"
    printf "%s\n" "${COMPREPLY[@]}"' - "$ROOT/completions/jobq.bash" "$@"
}

@test "bash completes settings of a queue, and fields" {
  server_start main
  jq-push -q mail x
  run -0 completed jq-ctl set ma
  assert_output mail
  run -0 completed jq-ctl set mail max-l
  assert_output $'max-len=\nmax-losses='
  run -0 completed jq-ctl set mail max-len=7 lea
  assert_output 'lease='
  run -0 completed jq-ctl get mail lea
  assert_output lease
  server_stop main
  run -0 completed jq-stat -F paused
  assert_output $'paused\npaused_since\npaused_why'
  run -0 completed jq-stat -F name,oldest
  assert_output 'name,oldest_ready_s'
  run -0 completed jq-stat -s dead -F prio
  assert_output priority
  run -0 completed jq-stat --history --fields wait_p9
  assert_output $'wait_p95_s\nwait_p99_s'
}

@test "the completions load in zsh and fish where they are installed" {
  local c
  for c in $(commands); do
    if command -v zsh >/dev/null; then
      run -0 --separate-stderr zsh -fc 'fpath=($1 $fpath)
        autoload -Uz compinit && compinit -D -u
        [ "$_comps[$2]" = _jobq ] || exit 9
        # As completion calls it; helpers of zsh are not at hand outside one.
        _arguments() { print -r -- "${(@)argv}" >&3 }
        service=$2
        _jobq 3>options && grep -q -- --help options' - "$ROOT/completions" "$c"
      assert_equal "$output$stderr" ''
    fi
    if command -v fish >/dev/null; then
      run -0 --separate-stderr fish -N -c 'source $argv[1]
        complete -C "$argv[2] --help" | string match -q -- "--help*"
        or exit 9' "$ROOT/completions/jobq.fish" "$c"
      assert_equal "$output$stderr" ''
    fi
  done
}

# Commands in a text, as whole words; not files that begin so (jq-crontab).
named() {
  grep -oE '(^|[^[:alnum:]_-])jq-[a-z]+' | grep -oE 'jq-[a-z]+' |
    grep -vxE 'jq-(crontab|handler)' | sort -u
}

@test "the commands that texts name are those that are there" {
  local all page
  all=$(commands)
  same commands "$all" "the table in README.md" \
    "$(sed -nE 's/^\| `(jq-[a-z]+)` \|.*/\1/p' "$ROOT/README.md" | sort -u)"
  same commands "$all" man/jq-*.1 "$(for page in "$ROOT"/man/jq-*.1; do
    page=${page##*/}
    printf '%s\n' "${page%.1}"
  done)"
  for page in README.md man/jobq.7 completions/_jobq \
    completions/jobq.bash completions/jobq.fish; do
    same commands "$all" "$page" "$(named <"$ROOT/$page")"
  done
}
