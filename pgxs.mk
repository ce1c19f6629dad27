# The PGXS build. Only this file includes PGXS, because PGXS claims target
# names (check) that Makefile gives a meaning of its own.
EXTENSION = rui
EXTVERSION = 1.0.0
MODULE_big = rui
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/core/*.c) $(wildcard src/pg/*.c)))
DATA_built = build/rui--$(EXTVERSION).sql
DATA = $(wildcard sql/updates/rui--*--*.sql)
EXTRA_CLEAN = build

PG_CPPFLAGS = -I$(srcdir)/src
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-fvisibility=hidden -D'PGDLLEXPORT=__attribute__((visibility("default")))' $(RUI_CFLAGS)
SHLIB_LINK += $(RUI_LDFLAGS)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# The core is also used without the server: it must not see its headers.
SQL_PARTS = $(sort $(wildcard sql/code/*.sql) $(wildcard sql/platform/*.sql))

build/rui--$(EXTVERSION).sql: $(SQL_PARTS) scripts/build_sql
	@mkdir -p build
	scripts/build_sql $@ > $@.part
	mv $@.part $@

HEADERS_ALL = $(wildcard src/core/*.h) $(wildcard src/pg/*.h)
$(OBJS): $(HEADERS_ALL)
ifneq ($(with_llvm),no)
$(patsubst %.o,%.bc,$(OBJS)): $(HEADERS_ALL)
endif
