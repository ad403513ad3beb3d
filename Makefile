# jobq: one non-recursive GNU makefile. Targets are listed by `make help`.
#
# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS belong to the user; ours are kept apart.
-include config.mk

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/jobq
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
UNITDIR ?= $(PREFIX)/lib/systemd/system

CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
FUZZ_CC ?= clang
JOBS ?= $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# SAN=address,undefined builds a variant of its own, as do other lists.
comma := ,
VARIANT := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
B := build/$(VARIANT)
GEN := build/gen

STD := -std=c17 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough \
	$(if $(DEV),-Werror)
HARDEN := -fstack-protector-strong -fPIE
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all)
INC := -iquote lib -iquote $(GEN)

# Each library's flags can be given by hand: make SODIUM_LIBS=-lsodium …
# Asked for when first used, once: `make check` may have to install it first.
define library
$1_CFLAGS ?= $$(shell $$(PKG_CONFIG) --cflags $2)
$1_LIBS ?= $$(shell $$(PKG_CONFIG) --libs $2)
endef
$(eval $(call library,HIREDIS,hiredis))
$(eval $(call library,SODIUM,libsodium))
$(eval $(call library,EVENT,libevent_extra libevent_core))
# Loaded when a rediss:// URL asks for it, and not linked: that would double
# the time every command takes to start.
OPENSSL_CFLAGS ?= $(shell $(PKG_CONFIG) --cflags openssl)
OPENSSL_LIBS ?= -ldl
$(eval $(call library,JANSSON,jansson))
DEPS := HIREDIS SODIUM EVENT OPENSSL JANSSON
DEPS_CFLAGS = $(eval DEPS_CFLAGS := $(foreach d,$(DEPS),$($d_CFLAGS)))$(DEPS_CFLAGS)
DEPS_LIBS = $(eval DEPS_LIBS := $(foreach l,$(foreach d,$(DEPS),$($d_LIBS)),\
	$(call archive,$l)))$(DEPS_LIBS)
# The archive of -lNAME, unless SHARED=1: loading five libraries takes longest.
archive = $(or $(if $(SHARED),,$(filter /%,$(shell $(CC) -print-file-name=lib$(1:-l%=%).a))),$1)

COMPILE = $(CC) $(STD) $(WARN) $(HARDEN) $(SANFLAGS) $(INC) $(DEPS_CFLAGS) \
	$(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(CC) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS) $(CFLAGS) $(LDFLAGS)

COMMANDS := $(notdir $(basename $(wildcard cmd/*.c)))
COMPLETED := $(filter jq-%,$(COMMANDS))

LIB_SRC := $(sort $(wildcard lib/*/*.c))

SCRIPTS := $(sort $(wildcard share/lua/*.lua))
PARTS := $(wildcard share/lua/part/*.lua)
EMBED := share/lua/embed
UNIT_SRC := $(wildcard tests/unit/test_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

LIB_OBJ := $(LIB_SRC:%.c=$B/%.o)
BIN := $(COMMANDS:%=$B/%)
UNIT := $(UNIT_SRC:tests/unit/%.c=$B/tests/%)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=$B/tests/%)

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.SECONDEXPANSION:
.PHONY: oracle ticks torture run-torture deb all build deps deps-lint check run-check check-unit \
	check-cli check-lua check-install check-asan run-asan fuzz run-fuzz lint run-lint \
	bench format demo install uninstall dist clean help FORCE

# make once more, when the packages are there; on all processors unless told.
AGAIN = @$(MAKE) --no-print-directory \
	$(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))

## all: install missing packages, build the commands into build/plain
all: deps
	$(AGAIN) build

## build: the same, taking the machine as it is
build: $(BIN)

## deps: install the packages that building and testing need
deps:
	@share/deps
deps-lint: deps
	@share/deps lint

# One short line for each step; V=1 shows the commands.
Q = $(if $(V),,@printf '%-4s %s\n' $1 $2;)

$B/libjobq.a: $(LIB_OBJ)
	@rm -f $@
	$(call Q,AR,$@)$(AR) rcs $@ $^

$(BIN): $B/%: $B/cmd/%.o $B/libjobq.a
	$(call Q,LD,$@)$(LINK) -o $@ $< $B/libjobq.a $(DEPS_LIBS) $(LDLIBS)

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call Q,CC,$<)$(COMPILE) -c -o $@ $<

# Lua: parts are pasted in, and the result becomes a table in C.
$B/lib/queue/script.o: $(GEN)/scripts.inc
$(GEN)/lua/%.lua: share/lua/%.lua $(PARTS) $(EMBED)
	@mkdir -p $(@D) && $(EMBED) paste $< >$@

$(GEN)/scripts.inc: $(SCRIPTS:share/%=$(GEN)/%)
	@$(EMBED) table $^ >$@

# The version: the VERSION file, made exact by git inside a checkout.
$B/lib/cli/opt_help.o: $(GEN)/version.h
$(GEN)/version.h: FORCE
	@v=$$(git describe --tags --dirty --match 'v*' 2>/dev/null | \
	  sed 's/^v//'); v="#define JOBQ_VERSION \"$${v:-$$(cat VERSION)}\""; \
	[ "$$v" = "$$(cat $@ 2>/dev/null)" ] || \
	  { mkdir -p $(@D) && printf '%s\n' "$$v" >$@; }

# Fuzz targets have libFuzzer's main, or one that goes through the corpus.
REPLAY := $(if $(findstring fuzzer,$(SAN)),,$B/tests/fuzz/replay.o)
$(UNIT): $B/tests/%: $B/tests/unit/%.o
$(FUZZ): $B/tests/%: $B/tests/fuzz/%.o $(REPLAY)
$(UNIT) $(FUZZ): $B/libjobq.a
	$(call Q,LD,$@)$(LINK) -o $@ $(filter %.o,$^) $< $(DEPS_LIBS) $(LDLIBS)

## check: build, then run every test, most of which wait most of the time
BATS := $(wildcard $(patsubst %,tests/%/*.bats,lua cli fault docs install bench))
check: deps
	$(AGAIN) run-check
run-check: build $(UNIT) $(FUZZ)
	@JQ_BIN=$B TEST_JOBS=$$((2 * $(JOBS))) tests/run $(BATS) $(UNIT) $(FUZZ)

## check-unit, check-cli, check-lua, check-install: some of them
check-unit: $(UNIT) $(FUZZ)
	@TEST_JOBS=$(JOBS) tests/run $^
check-cli check-lua check-install: check-%: build
	@JQ_BIN=$B TEST_JOBS=$(JOBS) tests/run $(wildcard tests/$*/*.bats)

## check-asan: the tests against AddressSanitizer and UndefinedBehaviorSanitizer
check-asan: deps
	$(AGAIN) SAN=address,undefined run-asan
run-asan: build $(UNIT) $(FUZZ)
	@JQ_BIN=$B TEST_JOBS=$(JOBS) BATS_TEST_TIMEOUT=240 tests/run \
	  $(filter-out tests/install/%,$(BATS)) $(UNIT) $(FUZZ)

## fuzz: each parser with libFuzzer for FUZZ_SECONDS=60, where clang is
FUZZING = B=build/fuzz CC=$(FUZZ_CC) SAN=fuzzer,address,undefined run-fuzz
fuzz: deps
	$(if $(shell tests/fuzz/run --able $(FUZZ_CC)),$(AGAIN) $(FUZZING),\
	  @echo 'fuzz: no $(FUZZ_CC) with libFuzzer (share/deps lint)'; [ -z '$(STRICT)' ])
run-fuzz: $(FUZZ)
	@JOBS=$(JOBS) tests/fuzz/run $^

## torture: servers, workers and networks that fail, for TORTURE_SECONDS=240
TORTURE := $(addprefix $B/tests/fault/,proxy ledger clock.so)
$(TORTURE): $B/tests/fault/%: tests/fault/$$(basename $$*).c
	@mkdir -p $(@D)
	$(call Q,LD,$@)$(CC) $(STD) $(CFLAGS) -fPIC $(SO) -o $@ $< -ldl
%.so: SO = -shared
torture: deps
	$(AGAIN) run-torture
run-torture: build $(TORTURE)
	@JQ_BIN=$B TORTURE_BIN=$B/tests/fault tests/fault/torture

## oracle: cron times against a walk in all zones, ORACLE_ROUNDS=50 each
oracle: $B/tests/test_cron_oracle
	@ORACLE_ROUNDS=$${ORACLE_ROUNDS:-50} $<

## ticks: schedulers that fail, one job a tick, for TICKS_SECONDS=300
ticks: build
	@JQ_BIN=$B TICKS_SECONDS=$${TICKS_SECONDS:-300} TICKS_OUTAGE=$${TICKS_OUTAGE:-90} \
	  TICKS_COPIES=$${TICKS_COPIES:-10} tests/run tests/cli/cron_ticks.bats

## bench: speed beside the limit and other queues (tests/bench/run)
bench: all
	@JQ_BIN=$B tests/bench/run $(BENCH_ARGS)

## demo: build, then show the whole suite at work on a server of its own
demo: all
	@PATH="$(abspath $B):$$PATH" share/demo

## lint: formatting, clang-tidy, layers, symbols, shell scripts, manual
lint: deps-lint
	$(AGAIN) run-lint
run-lint: $(LIB_OBJ) $(COMMANDS:%=$B/cmd/%.o) $(GEN)/scripts.inc
	@CC='$(CC)' JOBS=$(JOBS) FLAGS='$(STD) $(INC) $(DEPS_CFLAGS)' \
	  CLANG_FORMAT=$(CLANG_FORMAT) CLANG_TIDY=$(CLANG_TIDY) \
	  tests/lint/run $(filter %.o,$^)

## format: put all C files into the house's format
format:
	$(CLANG_FORMAT) -i $(wildcard cmd/*.c lib/*/*.[ch] tests/*/*.[ch] tests/bench/*/*.[ch])

## install, uninstall: into PREFIX=/usr/local; DESTDIR for packages
MAN := $(wildcard man/*.[1-8])
EXAMPLES := $(shell find share/examples -type f 2>/dev/null)
MANIFEST = $(foreach c,$(COMMANDS),$B/$c:$(BINDIR)/$c) \
	$(foreach m,$(MAN),$m:$(MANDIR)/man$(subst .,,$(suffix $m))/$(notdir $m)) \
	$(foreach f,$(wildcard completions/jobq.bash), \
	  $(foreach c,$(COMPLETED),$f:$(BASHCOMPDIR)/$c)) \
	$(foreach f,$(wildcard completions/_jobq),$f:$(ZSHCOMPDIR)/_jobq) \
	$(foreach f,$(wildcard completions/jobq.fish), \
	  $(foreach c,$(COMPLETED),$f:$(FISHCOMPDIR)/$c.fish)) \
	$(foreach u,$(wildcard share/systemd/*.service),$u:$(UNITDIR)/$(notdir $u)) \
	$(foreach e,$(EXAMPLES),$e:$(DATADIR)/$(e:share/%=%))
install: build
	@umask 022; for pair in $(MANIFEST); do \
	  from="$${pair%%:*}" to="$(DESTDIR)$${pair#*:}"; \
	  mode=644; [ ! -x "$$from" ] || mode=755; \
	  mkdir -p "$${to%/*}" && install -m "$$mode" "$$from" "$$to" || exit; \
	done
uninstall:
	@for pair in $(MANIFEST); do rm -f "$(DESTDIR)$${pair#*:}"; done
	@[ ! -d "$(DESTDIR)$(DATADIR)" ] || \
	  find "$(DESTDIR)$(DATADIR)" -depth -type d -exec rmdir {} + 2>/dev/null || :

## dist: the source as a tar file, from the last commit
dist:
	git archive --prefix=jobq-$$(cat VERSION)/ -o build/jobq-$$(cat VERSION).tar.gz HEAD

## deb: a package for the Debian release it is built on, in build/
deb: build
	@MAKE='$(MAKE)' share/debian/build

## clean: remove build/
clean:
	rm -rf build

## help: this list
help:
	@sed -n 's/^## /make /p' Makefile

-include $(LIB_OBJ:.o=.d) $(COMMANDS:%=$B/cmd/%.d)
-include $(UNIT_SRC:%.c=$B/%.d) $(FUZZ_SRC:%.c=$B/%.d)
