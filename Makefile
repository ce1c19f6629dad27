# What one can do here; `make help` lists it. The PGXS build itself is pgxs.mk.
#
#   PG_CONFIG=/path/to/pg_config   the server to build for (default: the first
#                                  of PostgreSQL 15 to 18 with its headers)
#   TESTS="calendar cell"          only these test files, in any check-* target
SHELL = /bin/bash
.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-print-directory

PG_CONFIG ?= $(shell scripts/find_pg_config)
export PG_CONFIG
pgxs = $(MAKE) -f pgxs.mk PG_CONFIG="$(PG_CONFIG)"

# The names of the test files of a room, or those of them TESTS names.
chosen = $(if $(TESTS),$(filter $(TESTS),$(1)),$(1))
names = $(call chosen,$(patsubst test/$(1)/%$(2),%,$(sort $(wildcard test/$(1)/*$(2)))))
UNIT = $(call names,unit,.c)
FUZZ = $(call names,fuzz,.c)

.PHONY: all install uninstall installcheck setup help demo check check-unit check-fuzz \
	check-lint check-regress check-isolation check-pgtap check-real check-oracle check-tap \
	check-asan check-gateway check-valgrind check-docs sim bench docs pictures format clean

all: ## build the extension
	+$(pgxs) all

install uninstall: ## install into the server's folders (as root), or remove
	+$(pgxs) $@

help: ## list the targets
	@sed -n 's/^\([a-z][a-z -]*\):[^#]*## /\1: /p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F': ' '{ printf "%-40s %s\n", $$1, $$2 }'

setup: ## find or install what check and demo need
	@scripts/setup check

demo: ## the whole platform at work on a town; see README.md
	@scripts/setup demo
	@scripts/with_cluster --platform scripts/demo

check: ## every test
	@scripts/setup check
	@scripts/check

check-unit: $(UNIT:%=build/unit/%) ## the core's test programs, with sanitizers
	@scripts/check_unit $^

check-fuzz: $(FUZZ:%=build/fuzz/%) ## replay each corpus, then fuzz FUZZ_SECONDS (3)
	+@if scripts/has_libfuzzer $(FUZZ_CC); then \
		$(MAKE) -s build/fuzz $(FUZZ:%=build/fuzz/%.libfuzzer); fi
	@scripts/check_fuzz $(FUZZ)

check-lint: ## format, banned calls, layering, lists
	@scripts/check_lint

check-regress: ## test/sql by pg_regress
	@scripts/with_cluster scripts/check_regress regress $(call names,sql,.sql)

check-isolation: ## test/specs by pg_isolation_regress
	@scripts/with_cluster scripts/check_regress isolation $(call names,specs,.spec)

check-pgtap: ## test/pgtap in a database with the platform
	@scripts/with_cluster scripts/check_pgtap $(call names,pgtap,.sql)

check-real: ## test/real on recorded data in RUI_DATA (../shared/data), where they exist
	@scripts/with_cluster scripts/check_real $(call names,real,.sql)

check-oracle: ## test/oracle: our answers against those of others
	@scripts/with_cluster scripts/check_oracle $(TESTS)

check-tap: ## test/t: install, crash, dump and restore with servers of their own
	@scripts/with_cluster --no-server --unprivileged scripts/check_tap $(call names,t,.pl)

check-asan: ## test/sql and test/pgtap in a server with ASan and UBSan
	@scripts/check_asan $(TESTS)

check-valgrind: ## test/sql in a server under valgrind, on demand: hours
	@scripts/check_valgrind $(TESTS)

sim: ## a community for DAYS (30) days from SEED (1), in quiet and in storm; see test/t/110_sim.pl
	@SIM_SEED=$(or $(SEED),1) SIM_DAYS=$(or $(DAYS),30) scripts/with_cluster --no-server \
		--unprivileged scripts/check_tap 110_sim

check-gateway: ## test/gateway: a GraphQL layer, installed by npm (skipped without)
	@scripts/check_gateway

installcheck: ## test/sql against the running server that PGHOST and PGPORT name
	@scripts/check_regress regress $(call names,sql,.sql)

bench: ## benchmarks beside their peers: BENCH=name for one
	@scripts/setup bench
	@scripts/with_cluster --platform --durable scripts/bench $(BENCH)

check-docs: ## docs/reference.md, the matrix of roles and docs/pictures against their sources
	@scripts/with_cluster scripts/check_docs

docs: ## docs/reference.md from the comments of all objects, docs/security.md's matrix
	@scripts/with_cluster --platform scripts/reference docs/reference.md
	@scripts/with_cluster scripts/role_matrix docs/security.md

pictures: ## docs/pictures from the queries in the pages that show them
	@scripts/with_cluster --platform scripts/pictures

format: ## clang-format all C files
	@scripts/format

clean: ## remove what was built
	+-$(pgxs) clean
	rm -rf build tmp_check

# The core as a plain program: malloc instead of palloc, and no -fwrapv, so
# that the sanitizers see overruns and signed overflow.
CC = gcc
CORE = $(sort $(wildcard src/core/*.c))
CORE_HEADERS = $(wildcard src/core/*.h)
CORE_OBJECTS = $(CORE:src/core/%.c=build/test_core/%.o)
TEST_CFLAGS = -std=gnu11 -g -O1 -Isrc -Itest/unit -Wall -Wextra -Wno-unused-parameter \
	-Wno-sign-compare -Wdeclaration-after-statement -Werror=vla -fno-omit-frame-pointer
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all

build/test_core/%.o: src/core/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	@echo CC $@
	@$(CC) $(TEST_CFLAGS) $(SANITIZE) -c $< -o $@

build/unit/%: test/unit/%.c $(wildcard test/unit/*.h) $(CORE_OBJECTS) $(CORE_HEADERS)
	@mkdir -p $(@D)
	@echo CC $@
	@$(CC) $(TEST_CFLAGS) $(SANITIZE) $< $(filter %.o,$^) -lm -o $@

build/fuzz/%: test/fuzz/%.c test/fuzz/replay/replay.c $(CORE_OBJECTS) $(CORE_HEADERS)
	@mkdir -p $(@D)
	@echo CC $@
	@$(CC) $(TEST_CFLAGS) $(SANITIZE) $(filter %.c %.o,$^) -lm -o $@

# libFuzzer comes with clang; without it the replay is all there is.
FUZZ_CC = $(shell command -v clang || command -v clang-19 || command -v clang-14)

build/fuzz:
	@mkdir -p $@

build/fuzz_core/%.o: src/core/%.c $(CORE_HEADERS)
	@mkdir -p $(@D)
	@echo CC $@
	@$(FUZZ_CC) $(TEST_CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link -c $< -o $@

build/fuzz/%.libfuzzer: test/fuzz/%.c $(CORE:src/core/%.c=build/fuzz_core/%.o) $(CORE_HEADERS)
	@mkdir -p $(@D)
	@echo CC $@
	@$(FUZZ_CC) $(TEST_CFLAGS) $(SANITIZE) -fsanitize=fuzzer $(filter %.c %.o,$^) -lm -o $@
