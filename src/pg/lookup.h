/* SPDX-License-Identifier: PostgreSQL
 *
 * lookup.h
 *	  Small tables kept per backend until somebody changes them.
 *
 * A lookup reads a few rows of platform tables once and keeps what it made
 * of them.  It is forgotten when one of its tables changes: the statement
 * trigger rui.forget_lookups() sends a relcache invalidation, which reaches
 * every backend at commit, our own at the next command, and is also played
 * back when a subtransaction aborts.  It is read by the latest snapshot, also
 * in a transaction that looks at the past.  So a cached answer is never older
 * than what the snapshot of a new statement would see.
 */
#ifndef RUI_LOOKUP_H
#define RUI_LOOKUP_H

#include "pg/rui_pg.h"

#define RUI_LOOKUP_TABLES 5

typedef struct rui_lookup
{
	const char *name; /* of the memory context */
	const char *tables[RUI_LOOKUP_TABLES]; /* watched tables of schema rui, NULL-ended */
	bool per_transaction; /* also forget at the end of the transaction */

	/*
	 * Fill: called inside SPI as the owner of the tables, row security off;
	 * allocate in context.  Returns what rui_lookup_get returns.
	 */
	void *(*load)(struct rui_lookup *lookup, MemoryContext context);

	/* Kept by lookup.c. */
	void *content;
	MemoryContext context;
	Oid relations[RUI_LOOKUP_TABLES];
	uint32 transaction;
	bool registered;
	bool valid;
	bool is_old; /* read by a snapshot that may miss changes: for its transaction only */
	struct rui_lookup *next;
} rui_lookup;

/* The content, loading it when needed. */
extern void *rui_lookup_get(rui_lookup *lookup);

/* Forget by hand (a key of the lookup changed). */
extern void rui_lookup_forget(rui_lookup *lookup);

/* Number of the current transaction in this backend. */
extern uint32 rui_local_transaction(void);

/* Oid of a table of schema rui, InvalidOid when the platform lacks it. */
extern Oid rui_table_oid(const char *name);

/*
 * Act as the owner of a table of schema rui with row security not forced,
 * until rui_leave_owner.  An error restores the user by itself.
 */
typedef struct rui_owner_scope
{
	Oid user;
	int context;
} rui_owner_scope;

extern void rui_enter_owner(Oid relation, rui_owner_scope *scope);
extern void rui_leave_owner(const rui_owner_scope *scope);

#endif /* RUI_LOOKUP_H */
