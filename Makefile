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

VARIANT = $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
B := build/$(VARIANT)
GEN := build/gen
comma := ,

STD := -std=c17 -D_GNU_SOURCE
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wimplicit-fallthrough \
	$(if $(DEV),-Werror)
HARDEN := -fstack-protector-strong -fPIE
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all)
INC := -iquote lib -iquote $(GEN)
DEPS := hiredis libsodium libevent_core libevent_openssl openssl jansson
DEPS_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(DEPS))
DEPS_LIBS = $(shell $(PKG_CONFIG) --libs $(DEPS))
COMPILE = $(CC) $(STD) $(WARN) $(HARDEN) $(SANFLAGS) $(INC) $(DEPS_CFLAGS) \
	$(CPPFLAGS) $(CFLAGS) -MMD -MP
LINK = $(CC) -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS) $(CFLAGS) \
	$(LDFLAGS)

COMMANDS := $(notdir $(basename $(wildcard cmd/jq-*.c)))

LIB_SRC := \
	lib/base/buf.c \
	lib/base/civil.c \
	lib/base/clock.c \
	lib/base/err.c \
	lib/base/fd.c \
	lib/base/num.c \
	lib/base/strv.c \
	lib/base/text.c \
	lib/queue/backoff.c \
	lib/queue/beat.c \
	lib/queue/change.c \
	lib/queue/claim.c \
	lib/queue/close.c \
	lib/queue/job.c \
	lib/queue/job_text.c \
	lib/queue/key.c \
	lib/queue/push.c \
	lib/queue/script.c \
	lib/queue/stats.c \
	lib/sys/seal.c \
	lib/sys/url.c \
	lib/sys/zone.c \
	lib/sys/zone_file.c \
	lib/sys/zone_footer.c \
	lib/sys/zone_names.c

SCRIPTS := $(sort $(wildcard share/lua/*.lua))
PARTS := $(wildcard share/lua/part/*.lua)
UNIT_SRC := $(wildcard tests/unit/test_*.c)

LIB_OBJ := $(LIB_SRC:%.c=$B/%.o)
BIN := $(COMMANDS:%=$B/%)
UNIT := $(UNIT_SRC:tests/unit/%.c=$B/tests/%)

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all build

all: deps
	@$(MAKE) --no-print-directory build

# `deps` installs what is missing; `build` takes the machine as it is.
.PHONY: deps
deps:
	@share/deps

build: $(BIN)

$B/libjobq.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BIN): $B/%: $B/cmd/%.o $B/libjobq.a
	$(LINK) -o $@ $< $B/libjobq.a $(DEPS_LIBS) $(LDLIBS)

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

# Lua: parts named by a line «--@ part» are pasted in; the result is embedded
# byte for byte together with its SHA-1, by which Redis knows a script.
$B/lib/queue/script.o: $(GEN)/scripts.inc
$(GEN)/lua/%.lua: share/lua/%.lua $(PARTS)
	@mkdir -p $(@D)
	@awk '/^--@ /{f="share/lua/part/"$$2".lua"; r=0; \
		while((r=(getline l < f))>0) print l; \
		if(r<0){print "no such part: " f > "/dev/stderr"; exit 1} \
		close(f); next}{print}' $< >$@

$(GEN)/scripts.inc: $(SCRIPTS:share/%=$(GEN)/%)
	@{ for f in $^; do n=$$(basename $$f .lua); \
	  printf 'static const char script_%s[] = {\n' $$n; \
	  od -An -v -tx1 $$f | sed "s/ *\([0-9a-f][0-9a-f]\)/'\\\\x\1',/g"; \
	  printf '0};\n'; done; \
	  printf 'static const struct redis_script scripts[] = {\n'; \
	  for f in $^; do n=$$(basename $$f .lua); \
	  printf '\t[SCRIPT_%s] = {"%s", "%s", script_%s, sizeof(script_%s) - 1},\n' \
	    $$(echo $$n | tr a-z- A-Z_) $$n $$(sha1sum <$$f | cut -c1-40) $$n $$n; \
	  done; printf '};\n'; } >$@

# The version: the VERSION file, made exact by git inside a checkout.
$B/lib/cli/opt.o: $(GEN)/version.h
$(GEN)/version.h: FORCE
	@mkdir -p $(@D)
	@v=$$(git describe --tags --dirty --match 'v*' 2>/dev/null | \
	  sed 's/^v//'); v=$${v:-$$(cat VERSION)}; \
	printf '#define JOBQ_VERSION "%s"\n' "$$v" >$@.tmp; \
	cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@
.PHONY: FORCE
FORCE:

$(UNIT): $B/tests/%: $B/tests/unit/%.o $B/libjobq.a
	$(LINK) -o $@ $< $B/libjobq.a $(DEPS_LIBS) $(LDLIBS)

# Every program runs, also after one has failed; the last line is the count.
.PHONY: check-unit
check-unit: $(UNIT)
	@for t in $^; do $$t || echo "FAILED $$t"; done | awk '{print} \
	  /^unit /{ok+=$$3; bad+=$$5; n++} /^FAILED /{died++} END{ \
	  printf "unit tests: %d programs, %d passed, %d failed\n", n, ok, bad; \
	  exit bad || died || n != $(words $^)}'

.PHONY: clean
clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(COMMANDS:%=$B/cmd/%.d)
-include $(UNIT_SRC:%.c=$B/%.d)
