/* SPDX-License-Identifier: PostgreSQL
 *
 * journal.c
 *	  The trigger that writes every change of a table into rui.journal.
 *
 * One statement gives one journal row per project and megabyte.  The trigger
 * reads transition tables, so its cost is that of writing the images down.
 */
#include "pg/journal.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"

#include "core/hash.h"
#include "pg/instant.h"
#include "pg/lookup.h"
#include "pg/session.h"

#define BATCH_BYTES (1024 * 1024)

const char *const rui_image_form_names[] = { "word1", "word2", "word4", "word8",
											 "bytes", "send", "text" };

typedef struct column_layout
{
	int number; /* attribute number - 1 */
	image_form form;
	bool is_key;
	Oid type;
	FmgrInfo write; /* send or output function */
} column_layout;

typedef struct table_layout
{
	Oid relation; /* hash key */
	TupleDesc descriptor; /* what the layout was made from */
	MemoryContext context;
	int64 id; /* from the content of text */
	char *text; /* the layout as JSON */
	bool known; /* its row is certainly in rui.journal_layout */
	int column_count;
	column_layout *columns;
	int project_column; /* attribute number, 0: none */
	int company_column; /* the same */
	int number_column; /* the last integer of the key but those above, 0: none */
} table_layout;

typedef struct batch
{
	const table_layout *layout;
	const char *table_name;
	const char *operation;
	int64 project;
	int rows;
	int64 first_key; /* least and greatest number_column of the rows */
	int64 last_key;
	StringInfoData images;
} batch;

static HTAB *layouts;

/* A layout row of an aborted transaction is not there: look again. */
static void
forget_known(void)
{
	HASH_SEQ_STATUS scan;
	table_layout *layout;

	hash_seq_init(&scan, layouts);
	while ((layout = hash_seq_search(&scan)) != NULL)
		layout->known = false;
}

static void
at_transaction_end(XactEvent event, void *argument)
{
	(void) argument;
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_PARALLEL_ABORT)
		forget_known();
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
					  void *argument)
{
	(void) mine;
	(void) parent;
	(void) argument;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_known();
}

static void
choose_form(Form_pg_attribute attribute, column_layout *column)
{
	Oid function;
	bool is_varlena;
	Oid base = getBaseType(attribute->atttypid);

	column->type = base;
	if (attribute->attbyval)
	{
		switch (attribute->attlen)
		{
			case 1:
				column->form = IMAGE_WORD1;
				break;
			case 2:
				column->form = IMAGE_WORD2;
				break;
			case 4:
				column->form = IMAGE_WORD4;
				break;
			default:
				column->form = IMAGE_WORD8;
				break;
		}
	}
	else if (base == TEXTOID || base == VARCHAROID || base == BPCHAROID || base == JSONOID ||
			 base == BYTEAOID)
		column->form = IMAGE_BYTES;
	else
	{
		Oid send = InvalidOid;
		HeapTuple type = SearchSysCache1(TYPEOID, ObjectIdGetDatum(base));

		if (HeapTupleIsValid(type))
		{
			send = ((Form_pg_type) GETSTRUCT(type))->typsend;
			ReleaseSysCache(type);
		}
		column->form = OidIsValid(send) ? IMAGE_SEND : IMAGE_TEXT;
		if (OidIsValid(send))
			function = send;
		else
			getTypeOutputInfo(base, &function, &is_varlena);
		fmgr_info_cxt(function, &column->write, CurrentMemoryContext);
	}
}

static void
describe(table_layout *layout, Relation relation)
{
	TupleDesc descriptor = RelationGetDescr(relation);
	Bitmapset *key = RelationGetIndexAttrBitmap(relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	unsigned char digest[RUI_CONTENT_HASH_SIZE];
	StringInfoData text;
	int i;

	layout->columns = palloc0(sizeof(column_layout) * (descriptor->natts + 1));
	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		column_layout *column = &layout->columns[layout->column_count];

		if (attribute->attisdropped)
			continue;
		column->number = i;
		column->is_key = bms_is_member(attribute->attnum - FirstLowInvalidHeapAttributeNumber, key);
		choose_form(attribute, column);
		if (strcmp(NameStr(attribute->attname), "project_id") == 0 &&
			attribute->atttypid == INT8OID)
			layout->project_column = attribute->attnum;
		else if (strcmp(NameStr(attribute->attname), "company_id") == 0 &&
				 attribute->atttypid == INT8OID)
			layout->company_column = attribute->attnum;
		else if (column->is_key &&
				 (attribute->atttypid == INT8OID || attribute->atttypid == INT4OID))
			layout->number_column = attribute->attnum;
		appendStringInfoString(&text, layout->column_count > 0 ? ",{\"name\":" : "{\"name\":");
		escape_json(&text, NameStr(attribute->attname));
		appendStringInfoString(&text, ",\"type\":");
		escape_json(&text, format_type_extended(column->type, -1, FORMAT_TYPE_FORCE_QUALIFY));
		appendStringInfo(&text, ",\"form\":\"%s\"", rui_image_form_names[column->form]);
		if (column->is_key)
			appendStringInfoString(&text, ",\"key\":true");
		appendStringInfoChar(&text, '}');
		layout->column_count++;
	}
	appendStringInfoChar(&text, ']');
	layout->text = text.data;
	rui_content_hash(text.data, text.len, digest);
	memcpy(&layout->id, digest, sizeof layout->id);
	layout->id &= PG_INT64_MAX;
}

static table_layout *
find_layout(Relation relation)
{
	Oid id = RelationGetRelid(relation);
	table_layout *layout;
	MemoryContext context;
	MemoryContext old;
	table_layout made = { 0 };
	bool found;

	if (layouts == NULL)
	{
		HASHCTL control = { .keysize = sizeof(Oid),
							.entrysize = sizeof(table_layout),
							.hcxt = CacheMemoryContext };

		layouts = hash_create("rui journal layouts", 64, &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
	}
	layout = hash_search(layouts, &id, HASH_FIND, &found);
	if (found && equalTupleDescs(layout->descriptor, RelationGetDescr(relation)))
		return layout;
	if (found)
	{
		MemoryContextDelete(layout->context);
		hash_search(layouts, &id, HASH_REMOVE, NULL);
	}
	/* Built aside: an error half-way must not leave half an entry. */
	context = AllocSetContextCreate(CurrentMemoryContext, "rui journal layout",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(context);
	made.relation = id;
	made.context = context;
	made.descriptor = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	describe(&made, relation);
	MemoryContextSwitchTo(old);
	layout = hash_search(layouts, &id, HASH_ENTER, NULL);
	MemoryContextSetParent(context, CacheMemoryContext);
	*layout = made;
	return layout;
}

/* Make sure rui.journal_layout has the row. */
static void
store_layout(table_layout *layout, const char *table_name)
{
	static SPIPlanPtr plan;
	Oid types[3] = { INT8OID, TEXTOID, TEXTOID };
	Datum values[3];

	if (layout->known)
		return;
	if (plan == NULL)
	{
		plan = SPI_prepare("INSERT INTO rui.journal_layout (id, table_name, columns) VALUES "
						   "($1, $2, $3::pg_catalog.jsonb) "
						   "ON CONFLICT DO NOTHING",
						   3, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the insert of layouts");
	}
	values[0] = Int64GetDatum(layout->id);
	values[1] = CStringGetTextDatum(table_name);
	values[2] = CStringGetTextDatum(layout->text);
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not write rui.journal_layout");
	layout->known = true;
}

/* 122 random bits: a version 4 UUID. */
static Datum
make_salt(void)
{
	pg_uuid_t *salt = palloc(sizeof(pg_uuid_t));

	if (!pg_strong_random(salt, UUID_LEN))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	salt->data[6] = (salt->data[6] & 0x0f) | 0x40;
	salt->data[8] = (salt->data[8] & 0x3f) | 0x80;
	return UUIDPGetDatum(salt);
}

static void
flush(batch *current)
{
	Datum values[RUI_JOURNAL_COLUMNS] = { 0 };
	bool nulls[RUI_JOURNAL_COLUMNS] = { false };
	int64 party = rui_current_party_id();

	if (current->rows == 0)
		return;
	values[0] = Int64GetDatum(current->project);
	nulls[1] = true; /* the identity is given where it is written */
	values[2] = TimestampTzGetDatum(rui_record_instant());
	values[3] = Int64GetDatum((int64) U64FromFullTransactionId(GetTopFullTransactionId()));
	values[4] = Int64GetDatum(party);
	nulls[4] = party == 0;
	values[5] = DirectFunctionCall1(namein,
									CStringGetDatum(GetUserNameFromId(GetSessionUserId(), false)));
	values[6] = CStringGetTextDatum(current->table_name);
	values[7] = Int64GetDatum(current->layout->id);
	values[8] = CStringGetTextDatum(current->operation);
	values[9] = Int32GetDatum(current->rows);
	SET_VARSIZE(current->images.data, current->images.len);
	values[10] = PointerGetDatum(current->images.data);
	values[11] = Int64GetDatum(current->first_key);
	values[12] = Int64GetDatum(current->last_key);
	nulls[11] = nulls[12] = current->layout->number_column == 0;
	values[13] = make_salt();
	nulls[14] = true;
	rui_journal_insert(values, nulls);
	current->rows = 0;
	current->images.len = VARHDRSZ;
}

static void
put_length(StringInfo out, Size length)
{
	do
	{
		uint8 group = length & 0x7F;

		length >>= 7;
		appendStringInfoCharMacro(out, (char) (length > 0 ? group | 0x80 : group));
	} while (length > 0);
}

static void
put_value(StringInfo out, column_layout *column, Datum value)
{
	struct varlena *payload;
	char *text;

	switch (column->form)
	{
		case IMAGE_WORD1:
			pq_sendint8(out, (uint8) DatumGetChar(value));
			break;
		case IMAGE_WORD2:
			pq_sendint16(out, (uint16) DatumGetInt16(value));
			break;
		case IMAGE_WORD4:
			pq_sendint32(out, (uint32) DatumGetInt32(value));
			break;
		case IMAGE_WORD8:
			pq_sendint64(out, (uint64) DatumGetInt64(value));
			break;
		case IMAGE_BYTES:
			payload = PG_DETOAST_DATUM_PACKED(value);
			put_length(out, VARSIZE_ANY_EXHDR(payload));
			appendBinaryStringInfo(out, VARDATA_ANY(payload), VARSIZE_ANY_EXHDR(payload));
			break;
		case IMAGE_SEND:
			payload = SendFunctionCall(&column->write, value);
			put_length(out, VARSIZE(payload) - VARHDRSZ);
			appendBinaryStringInfo(out, VARDATA(payload), VARSIZE(payload) - VARHDRSZ);
			break;
		case IMAGE_TEXT:
			text = OutputFunctionCall(&column->write, value);
			put_length(out, strlen(text));
			appendStringInfoString(out, text);
			break;
	}
}

static void
put_whole_row(StringInfo out, table_layout *layout, char letter, TupleTableSlot *slot)
{
	int bitmap;
	int i;

	appendStringInfoChar(out, letter);
	bitmap = out->len;
	for (i = 0; i < (layout->column_count + 7) / 8; i++)
		appendStringInfoChar(out, '\0');
	for (i = 0; i < layout->column_count; i++)
	{
		column_layout *column = &layout->columns[i];

		if (slot->tts_isnull[column->number])
			continue;
		out->data[bitmap + i / 8] |= 1 << (i % 8);
		put_value(out, column, slot->tts_values[column->number]);
	}
}

/* Returns false, writing nothing, when the rows are equal. */
static bool
put_change(StringInfo out, table_layout *layout, TupleTableSlot *before, TupleTableSlot *after,
		   bool *changed)
{
	TupleDesc descriptor = layout->descriptor;
	int count = 0;
	int bitmap;
	int i;

	for (i = 0; i < layout->column_count; i++)
	{
		int number = layout->columns[i].number;
		Form_pg_attribute attribute = TupleDescAttr(descriptor, number);
		bool old_null = before->tts_isnull[number];
		bool new_null = after->tts_isnull[number];

		changed[i] = old_null != new_null;
		if (!old_null && !new_null)
			changed[i] = !datum_image_eq(before->tts_values[number], after->tts_values[number],
										 attribute->attbyval, attribute->attlen);
		count += changed[i];
	}
	if (count == 0)
		return false;
	appendStringInfoChar(out, 'U');
	for (i = 0; i < layout->column_count; i++)
		if (layout->columns[i].is_key)
			put_value(out, &layout->columns[i], before->tts_values[layout->columns[i].number]);
	bitmap = out->len;
	for (i = 0; i < (layout->column_count + 7) / 8; i++)
		appendStringInfoChar(out, '\0');
	for (i = 0; i < layout->column_count; i++)
	{
		int number = layout->columns[i].number;
		int sides = (before->tts_isnull[number] ? 0 : 1) | (after->tts_isnull[number] ? 0 : 2);

		if (!changed[i])
			continue;
		out->data[bitmap + i / 8] |= 1 << (i % 8);
		appendStringInfoChar(out, (char) sides);
		if (!before->tts_isnull[number])
			put_value(out, &layout->columns[i], before->tts_values[number]);
		if (!after->tts_isnull[number])
			put_value(out, &layout->columns[i], after->tts_values[number]);
	}
	return true;
}

/*
 * The project of a row; of what belongs to a company, minus its id; 0 for what
 * belongs to neither.
 */
static int64
row_project(const table_layout *layout, TupleTableSlot *slot)
{
	int number = layout->project_column - 1;

	if (number >= 0 && !slot->tts_isnull[number])
		return DatumGetInt64(slot->tts_values[number]);
	number = layout->company_column - 1;
	if (number >= 0 && !slot->tts_isnull[number])
		return -DatumGetInt64(slot->tts_values[number]);
	return 0;
}

/* Widen the range of keys of a batch to hold that of a row. */
static void
note_key(batch *current, TupleTableSlot *slot)
{
	int number = current->layout->number_column - 1;
	int64 key;

	if (number < 0 || slot->tts_isnull[number])
		return;
	key = TupleDescAttr(current->layout->descriptor, number)->atttypid == INT4OID
		? DatumGetInt32(slot->tts_values[number])
		: DatumGetInt64(slot->tts_values[number]);
	current->first_key = Min(current->first_key, key);
	current->last_key = Max(current->last_key, key);
}

static void
write_rows(batch *current, table_layout *layout, Tuplestorestate *befores, Tuplestorestate *afters)
{
	TupleTableSlot *before = MakeSingleTupleTableSlot(layout->descriptor, &TTSOpsMinimalTuple);
	TupleTableSlot *after = MakeSingleTupleTableSlot(layout->descriptor, &TTSOpsMinimalTuple);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "rui journal row",
												  ALLOCSET_DEFAULT_SIZES);
	bool *changed = palloc(sizeof(bool) * (layout->column_count + 1));
	Tuplestorestate *leading = afters != NULL ? afters : befores;
	TupleTableSlot *leading_slot = afters != NULL ? after : before;

	tuplestore_rescan(leading);
	if (befores != NULL && afters != NULL)
		tuplestore_rescan(befores);
	while (tuplestore_gettupleslot(leading, true, false, leading_slot))
	{
		MemoryContext old;
		int64 project;
		bool wrote = true;

		CHECK_FOR_INTERRUPTS();
		slot_getallattrs(leading_slot);
		if (befores != NULL && afters != NULL)
		{
			if (!tuplestore_gettupleslot(befores, true, false, before))
				elog(ERROR, "transition tables differ in length");
			slot_getallattrs(before);
		}
		project = row_project(layout, leading_slot);
		if (current->rows > 0 &&
			(project != current->project || current->images.len >= BATCH_BYTES))
			flush(current);
		current->project = project;
		MemoryContextReset(scratch);
		old = MemoryContextSwitchTo(scratch);
		if (befores == NULL)
			put_whole_row(&current->images, layout, 'I', after);
		else if (afters == NULL)
			put_whole_row(&current->images, layout, 'D', before);
		else
			wrote = put_change(&current->images, layout, before, after, changed);
		MemoryContextSwitchTo(old);
		if (!wrote)
			continue;
		if (current->rows++ == 0)
		{
			current->first_key = PG_INT64_MAX;
			current->last_key = PG_INT64_MIN;
		}
		/* An update may move the key. */
		note_key(current, leading_slot);
		if (befores != NULL && afters != NULL)
			note_key(current, before);
	}
	flush(current);
	ExecDropSingleTupleTableSlot(before);
	ExecDropSingleTupleTableSlot(after);
}

RUI_FUNCTION(journal_change)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	table_layout *layout;
	rui_owner_scope scope;
	batch current = { 0 };

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) || data->tg_trigger->tgnargs != 1 ||
		(data->tg_newtable == NULL && data->tg_oldtable == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("rui.journal_change(table) must be a statement trigger after INSERT, "
						"UPDATE or DELETE with transition tables")));
	if ((data->tg_newtable == NULL || tuplestore_tuple_count(data->tg_newtable) == 0) &&
		(data->tg_oldtable == NULL || tuplestore_tuple_count(data->tg_oldtable) == 0))
		return PointerGetDatum(NULL);
	layout = find_layout(data->tg_relation);
	current.layout = layout;
	current.table_name = data->tg_trigger->tgargs[0];
	if (TRIGGER_FIRED_BY_INSERT(data->tg_event))
		current.operation = "insert";
	else
		current.operation = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? "update" : "delete";
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	initStringInfo(&current.images);
	appendStringInfoSpaces(&current.images, VARHDRSZ);
	rui_enter_owner(RelationGetRelid(data->tg_relation), &scope);
	store_layout(layout, current.table_name);
	write_rows(&current, layout, data->tg_oldtable, data->tg_newtable);
	rui_leave_owner(&scope);
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * Stores the layout of a table before anybody writes to it: the first two
 * transactions that do would wait for each other's row of rui.journal_layout.
 */
RUI_FUNCTION(store_layout)
{
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Oid id = rui_table_oid(name);
	rui_owner_scope scope;
	Relation relation;

	if (!OidIsValid(id))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("rui has no table \"%s\"", name)));
	relation = table_open(id, AccessShareLock);
	SPI_connect();
	rui_enter_owner(id, &scope);
	store_layout(find_layout(relation), name);
	rui_leave_owner(&scope);
	SPI_finish();
	table_close(relation, NoLock);
	PG_RETURN_VOID();
}
