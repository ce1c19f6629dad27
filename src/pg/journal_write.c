/* SPDX-License-Identifier: PostgreSQL
 *
 * journal_write.c
 *	  Putting rows into rui.journal.
 *
 * A journal row goes straight to its partition: planning nothing, routing
 * nothing, it costs a fraction of what the executor takes to insert one row
 * into a partitioned table.  Where the journal is not as the platform made it
 * (a column, trigger or constraint more, partitions of partitions, another
 * kind of table), the row is inserted by SQL.
 */
#include "pg/journal.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "partitioning/partdesc.h"
#include "partitioning/partbounds.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "pg/lookup.h"

/* In the order of the columns; the identity is given by the sequence. */
static const char *const columns[RUI_JOURNAL_COLUMNS] = {
	"project_id",
	"id",
	"at",
	"transaction_id",
	"party_id",
	"login",
	"table_name",
	"layout_id",
	"operation",
	"row_count",
	"images",
	"first_key",
	"last_key",
	"salt",
	"erased",
};

#define COLUMNS RUI_JOURNAL_COLUMNS
#define ID_COLUMN 1
#define AT_COLUMN 2

static bool
is_as_made(Relation relation, char kind)
{
	TupleDesc layout = RelationGetDescr(relation);
	TriggerDesc *triggers = relation->trigdesc;
	int i;

	if (relation->rd_rel->relkind != kind || layout->natts != COLUMNS)
		return false;
	if (layout->constr != NULL &&
		(layout->constr->num_check > 0 || layout->constr->has_generated_stored))
		return false;
	if (triggers != NULL &&
		(triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
		 triggers->trig_insert_before_statement || triggers->trig_insert_after_statement))
		return false;
	for (i = 0; i < COLUMNS; i++)
		if (strcmp(NameStr(TupleDescAttr(layout, i)->attname), columns[i]) != 0)
			return false;
	return true;
}

/* The partition of an instant; InvalidOid where there is none, or none simple. */
static Oid
find_partition(Relation journal, TimestampTz at)
{
	PartitionDesc partitions = RelationGetPartitionDesc(journal, true);
	PartitionBoundInfo bounds = partitions->boundinfo;
	int first = 0;
	int last;
	int index;

	if (bounds == NULL || bounds->strategy != PARTITION_STRATEGY_RANGE ||
		RelationGetPartitionKey(journal)->partnatts != 1 ||
		RelationGetPartitionKey(journal)->partattrs[0] != AT_COLUMN + 1)
		return InvalidOid;
	/* How many bounds are at or before the instant. */
	last = bounds->ndatums;
	while (first < last)
	{
		int middle = (first + last) / 2;
		PartitionRangeDatumKind kind = bounds->kind[middle][0];

		if (kind == PARTITION_RANGE_DATUM_MINVALUE ||
			(kind == PARTITION_RANGE_DATUM_VALUE &&
			 DatumGetTimestampTz(bounds->datums[middle][0]) <= at))
			first = middle + 1;
		else
			last = middle;
	}
	index = bounds->indexes[first];
	if (index < 0)
		index = bounds->default_index;
	return index < 0 || !partitions->is_leaf[index] ? InvalidOid : partitions->oids[index];
}

/* Found once: pg_depend is asked at the price of an insert. */
static Oid
identity_sequence(Relation journal)
{
	static Oid owner;
	static Oid sequence;

	if (owner != RelationGetRelid(journal) ||
		!SearchSysCacheExists1(SEQRELID, ObjectIdGetDatum(sequence)))
	{
		owner = RelationGetRelid(journal);
#if PG_VERSION_NUM >= 170000
		sequence = getIdentitySequence(journal, ID_COLUMN + 1, true);
#else
		sequence = getIdentitySequence(owner, ID_COLUMN + 1, true);
#endif
	}
	return sequence;
}

static void
insert_tuple(Relation partition, Datum *values, bool *nulls)
{
	EState *estate = CreateExecutorState();
	ResultRelInfo *target = makeNode(ResultRelInfo);
	TupleTableSlot *slot = table_slot_create(partition, NULL);

	InitResultRelInfo(target, partition, 1, NULL, 0);
	ExecOpenIndices(target, false);
	memcpy(slot->tts_values, values, sizeof(Datum) * COLUMNS);
	memcpy(slot->tts_isnull, nulls, sizeof(bool) * COLUMNS);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(partition);
	table_tuple_insert(partition, slot, GetCurrentCommandId(true), 0, NULL);
#if PG_VERSION_NUM >= 160000
	(void) ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL, false);
#else
	(void) ExecInsertIndexTuples(target, slot, estate, false, false, NULL, NIL);
#endif
	ExecCloseIndices(target);
	ExecDropSingleTupleTableSlot(slot);
	FreeExecutorState(estate);
}

static bool
insert_straight(Datum *values, bool *nulls)
{
	Relation journal = table_open(rui_table_oid("journal"), RowExclusiveLock);
	Relation partition = NULL;
	Oid found = InvalidOid;
	Oid sequence;
	bool done = false;

	if (is_as_made(journal, RELKIND_PARTITIONED_TABLE))
		found = find_partition(journal, DatumGetTimestampTz(values[AT_COLUMN]));
	if (OidIsValid(found))
		partition = table_open(found, RowExclusiveLock);
	sequence = identity_sequence(journal);
	if (partition != NULL && OidIsValid(sequence) && is_as_made(partition, RELKIND_RELATION))
	{
		values[ID_COLUMN] = Int64GetDatum(nextval_internal(sequence, false));
		nulls[ID_COLUMN] = false;
		insert_tuple(partition, values, nulls);
		done = true;
	}
	if (partition != NULL)
		table_close(partition, NoLock);
	table_close(journal, NoLock);
	return done;
}

static void
insert_by_sql(Datum *values, const bool *nulls)
{
	static SPIPlanPtr plan;
	Oid types[COLUMNS] = { INT8OID, INT8OID, TIMESTAMPTZOID, INT8OID, INT8OID, NAMEOID, TEXTOID,
						   INT8OID, TEXTOID, INT4OID, BYTEAOID, INT8OID, INT8OID, UUIDOID,
						   JSONBOID };
	char flags[COLUMNS + 1];
	int i;

	for (i = 0; i < COLUMNS; i++)
		flags[i] = nulls[i] ? 'n' : ' ';
	flags[COLUMNS] = '\0';
	if (plan == NULL)
	{
		/* $2, the identity, is the table's to give. */
		plan = SPI_prepare("INSERT INTO rui.journal (project_id, at, transaction_id, party_id, "
						   "login, table_name, layout_id, operation, row_count, images, first_key, "
						   "last_key, salt) VALUES ($1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
						   "$13, $14)",
						   COLUMNS, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the insert of journal rows");
	}
	if (SPI_execute_plan(plan, values, flags, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write rui.journal");
}

void
rui_journal_insert(Datum *values, bool *nulls)
{
	if (!insert_straight(values, nulls))
		insert_by_sql(values, nulls);
}
