/* SPDX-License-Identifier: PostgreSQL
 *
 * workflow.c
 *	  The one trigger that enforces every state machine.
 *
 * A stateful table has columns state and last_action.  A row moves by
 * setting last_action; the trigger sets the state that rui.transition names.
 * Writing state alone is refused; beside last_action it is overwritten.  One
 * table may hold several machines, told apart by a column.
 */
#include "pg/rui_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "pg/lookup.h"

#define NO_STATE "(none)" /* from_state of the action that creates a row */

typedef struct transition
{
	char *subject;
	char *from_state;
	char *action;
	char *to_state;
	char *guard; /* NULL: none */
} transition;

typedef struct machine
{
	int count;
	transition *rows; /* ordered by subject, from_state, action */
} machine;

static int
compare_transitions(const void *left, const void *right)
{
	const transition *a = left;
	const transition *b = right;
	int order = strcmp(a->subject, b->subject);

	if (order == 0)
		order = strcmp(a->from_state, b->from_state);
	return order != 0 ? order : strcmp(a->action, b->action);
}

static void *
load_machine(rui_lookup *lookup, MemoryContext context)
{
	machine *result = MemoryContextAllocZero(context, sizeof *result);
	MemoryContext old;
	uint64 i;

	(void) lookup;
	if (SPI_execute("SELECT subject, from_state, action, to_state, guard FROM rui.transition",
					true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read rui.transition");
	result->count = (int) SPI_processed;
	result->rows = MemoryContextAllocZero(context, sizeof(transition) * (SPI_processed + 1));
	for (i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc layout = SPI_tuptable->tupdesc;
		char *guard = SPI_getvalue(tuple, layout, 5);

		old = MemoryContextSwitchTo(context);
		result->rows[i].subject = pstrdup(SPI_getvalue(tuple, layout, 1));
		result->rows[i].from_state = pstrdup(SPI_getvalue(tuple, layout, 2));
		result->rows[i].action = pstrdup(SPI_getvalue(tuple, layout, 3));
		result->rows[i].to_state = pstrdup(SPI_getvalue(tuple, layout, 4));
		result->rows[i].guard = guard == NULL ? NULL : pstrdup(guard);
		MemoryContextSwitchTo(old);
	}
	qsort(result->rows, result->count, sizeof(transition), compare_transitions);
	return result;
}

static rui_lookup machine_lookup = {
	.name = "transitions", .tables = { "transition" }, .load = load_machine
};

static const transition *
find_transition(const machine *machines, char *subject, char *from_state, char *action)
{
	transition key = { subject, from_state, action, NULL, NULL };

	return bsearch(&key, machines->rows, machines->count, sizeof(transition), compare_transitions);
}

/* "accept, reject or transfer": what may be done instead. */
static char *
legal_actions(const machine *machines, const char *subject, const char *from_state)
{
	StringInfoData text;
	int i;

	initStringInfo(&text);
	for (i = 0; i < machines->count; i++)
		if (strcmp(machines->rows[i].subject, subject) == 0 &&
			strcmp(machines->rows[i].from_state, from_state) == 0)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", machines->rows[i].action);
	if (text.len == 0)
		appendStringInfoString(&text, "none");
	return text.data;
}

static int
required_column(Relation relation, const char *name)
{
	int column = SPI_fnumber(RelationGetDescr(relation), name);

	if (column <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("rui.enforce_transition() needs a column \"%s\"", name)));
	return column;
}

static char *
column_text(HeapTuple tuple, Relation relation, int column)
{
	return SPI_getvalue(tuple, RelationGetDescr(relation), column);
}

/* Ask the guard: a function of (project_id, id) that returns null or why not. */
static void
ask_guard(const transition *move, HeapTuple tuple, Relation relation)
{
	TupleDesc layout = RelationGetDescr(relation);
	Oid types[2] = { INT8OID, INT8OID };
	Datum values[2];
	bool isnull;
	char *query = psprintf("SELECT rui.%s($1, $2)", quote_identifier(move->guard));
	char *reason;

	values[0] = SPI_getbinval(tuple, layout, required_column(relation, "project_id"), &isnull);
	values[1] = SPI_getbinval(tuple, layout, required_column(relation, "id"), &isnull);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute_with_args(query, 2, types, values, NULL, false, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "guard %s gave no answer", move->guard);
	reason = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (reason != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s: action \"%s\" is not possible now", move->subject, move->action),
				 errdetail("%s", reason)));
	SPI_finish();
}

RUI_FUNCTION(enforce_transition)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	const machine *machines;
	const transition *move;
	char *subject;
	char *from_state = NO_STATE;
	char *action;
	char *state;
	HeapTuple tuple;
	int state_column;
	int action_column;
	int columns[1];
	Datum values[1];
	bool nulls[1] = { false };
	bool moves;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event) || TRIGGER_FIRED_BY_DELETE(data->tg_event) ||
		data->tg_trigger->tgnargs != 2)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("rui.enforce_transition(subject, column) must be a row trigger before "
						"INSERT OR UPDATE")));
	state_column = required_column(data->tg_relation, "state");
	action_column = required_column(data->tg_relation, "last_action");
	tuple = TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple;
	subject = data->tg_trigger->tgargs[0];
	if (subject[0] == '\0')
		subject = column_text(tuple, data->tg_relation,
							  required_column(data->tg_relation, data->tg_trigger->tgargs[1]));
	if (subject == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("%s must not be null", data->tg_trigger->tgargs[1])));
	moves = true;
	if (TRIGGER_FIRED_BY_UPDATE(data->tg_event))
	{
		from_state = column_text(data->tg_trigtuple, data->tg_relation, state_column);
		moves = bms_is_member(action_column - FirstLowInvalidHeapAttributeNumber,
							  data->tg_updatedcols);
	}
	state = column_text(tuple, data->tg_relation, state_column);
	if (!moves)
	{
		if (state == NULL || strcmp(state, from_state) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("%s: the state cannot be written directly", subject),
					 errhint("Set last_action; rui.transition says which state it leads to.")));
		return PointerGetDatum(tuple);
	}
	machines = rui_lookup_get(&machine_lookup);
	action = column_text(tuple, data->tg_relation, action_column);
	move = action == NULL ? NULL : find_transition(machines, subject, from_state, action);
	if (move == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s: action \"%s\" is not legal in state \"%s\"", subject,
						action == NULL ? "" : action, from_state),
				 errdetail("Legal actions: %s.", legal_actions(machines, subject, from_state))));
	if (move->guard != NULL)
		ask_guard(move, tuple, data->tg_relation);
	if (state != NULL && strcmp(state, move->to_state) == 0)
		return PointerGetDatum(tuple);
	columns[0] = state_column;
	values[0] = CStringGetTextDatum(move->to_state);
	return PointerGetDatum(heap_modify_tuple_by_cols(tuple, RelationGetDescr(data->tg_relation), 1,
													 columns, values, nulls));
}
