/* SPDX-License-Identifier: PostgreSQL
 *
 * lookup.c
 *	  Small tables kept per backend until somebody changes them.
 */
#include "pg/lookup.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

static rui_lookup *lookups;

uint32
rui_local_transaction(void)
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

Oid
rui_table_oid(const char *name)
{
	Oid schema = get_namespace_oid("rui", true);

	return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
}

static Oid
table_owner(Oid relation)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

void
rui_enter_owner(Oid relation, rui_owner_scope *scope)
{
	GetUserIdAndSecContext(&scope->user, &scope->context);
	SetUserIdAndSecContext(table_owner(relation),
						   scope->context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
}

void
rui_leave_owner(const rui_owner_scope *scope)
{
	SetUserIdAndSecContext(scope->user, scope->context);
}

/* A table changed (or any may have: InvalidOid). */
static void
relation_changed(Datum argument, Oid relation)
{
	rui_lookup *lookup;
	int i;

	(void) argument;
	for (lookup = lookups; lookup != NULL; lookup = lookup->next)
		for (i = 0; i < RUI_LOOKUP_TABLES && lookup->tables[i] != NULL; i++)
			if (relation == InvalidOid || lookup->relations[i] == relation)
				lookup->valid = false;
}

void
rui_lookup_forget(rui_lookup *lookup)
{
	lookup->valid = false;
}

static void
register_lookup(rui_lookup *lookup)
{
	if (lookups == NULL)
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	lookup->next = lookups;
	lookups = lookup;
	lookup->registered = true;
}

void *
rui_lookup_get(rui_lookup *lookup)
{
	uint32 transaction = rui_local_transaction();
	MemoryContext context;
	rui_owner_scope scope;
	void *content;
	bool is_old;
	int i;

	/*
	 * What others changed is told when a lock is taken, and a transaction that
	 * uses the same tables again takes none: without this, who is in one would
	 * keep a role that was taken away.
	 */
	AcceptInvalidationMessages();
	if (likely(lookup->valid && !lookup->per_transaction && !lookup->is_old))
		return lookup->content;
	if (lookup->valid && lookup->transaction == transaction)
		return lookup->content;
	if (!lookup->registered)
		register_lookup(lookup);
	lookup->valid = false;
	for (i = 0; i < RUI_LOOKUP_TABLES && lookup->tables[i] != NULL; i++)
	{
		lookup->relations[i] = rui_table_oid(lookup->tables[i]);
		if (!OidIsValid(lookup->relations[i]))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("the platform is not there: table rui.%s does not exist",
							lookup->tables[i]),
					 errhint("Run CALL rui.create_platform().")));
	}
	context = AllocSetContextCreate(CacheMemoryContext, "rui lookup", ALLOCSET_SMALL_SIZES);
	MemoryContextCopyAndSetIdentifier(context, lookup->name);
	PG_TRY();
	{
		/* Before reading: a change that arrives meanwhile makes it stale again. */
		lookup->valid = true;
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		/*
		 * The statement's snapshot may be older than a change we have been
		 * told of already, and would not be told of again.
		 */
		is_old = IsInParallelMode();
		if (!is_old)
			PushActiveSnapshot(GetLatestSnapshot());
		rui_enter_owner(lookup->relations[0], &scope);
		content = lookup->load(lookup, context);
		rui_leave_owner(&scope);
		if (!is_old)
			PopActiveSnapshot();
		SPI_finish();
	}
	PG_CATCH();
	{
		lookup->valid = false;
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (lookup->context != NULL)
		MemoryContextDelete(lookup->context);
	lookup->context = context;
	lookup->content = content;
	lookup->transaction = transaction;
	lookup->is_old = is_old;
	return content;
}

RUI_FUNCTION(forget_lookups)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("rui.forget_lookups() must be called as a statement trigger")));
	CacheInvalidateRelcache(data->tg_relation);
	return PointerGetDatum(NULL);
}
