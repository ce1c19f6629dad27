/* SPDX-License-Identifier: PostgreSQL
 *
 * cell_plan.c
 *	  What the planner learns about containment of cells: conditions that an
 *	  index serves, and how many rows they leave.
 */
#include "pg/rui_pg.h"

#include "access/stratnum.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#include "core/cell.h"

/* Where nothing is known: as contsel says. */
#define DEFAULT_SHARE 0.001
/* So many cells stand for a column on the other side of a join. */
#define SAMPLE 256

/* ---- conditions ---- */

/*
 * Descendants are a range of the order, so "column <@ cell" is "column >=
 * low(cell) AND column <= high(cell)", whatever cell is: the executor computes
 * the bounds.  Nothing for an index without these operators.
 */
static List *
range_conditions(SupportRequestIndexCondition *request, Node *column, Node *cell)
{
	static const char *const names[2] = { "cell_low", "cell_high" };
	static const StrategyNumber strategies[2] = { BTGreaterEqualStrategyNumber,
												  BTLessEqualStrategyNumber };
	char *schema = get_namespace_name(get_func_namespace(request->funcid));
	Oid type = exprType(cell);
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	List *conditions = NIL;
	int i;

	for (i = 0; i < 2 && schema != NULL; i++)
	{
		Oid operator= get_opfamily_member(entry->btree_opf, type, type, strategies[i]);
		List *name = list_make2(makeString(schema), makeString(pstrdup(names[i])));
		Oid function = LookupFuncName(name, 1, &type, true);
		Expr *bound;
		Expr *condition;

		if (!OidIsValid(operator) || !op_in_opfamily(operator, request->opfamily) ||
			!OidIsValid(function))
			return NIL;
		bound = (Expr *) makeFuncExpr(function, type, list_make1(copyObject(cell)), InvalidOid,
									  InvalidOid, COERCE_EXPLICIT_CALL);
		condition = make_opclause(operator, BOOLOID, false, (Expr *) copyObject(column), bound,
								  InvalidOid, InvalidOid);
		conditions = lappend(conditions, condition);
	}
	return conditions;
}

/* outer is the argument that contains; the index is on the other one. */
static List *
index_condition(SupportRequestIndexCondition *request, int outer)
{
	List *arguments;

	if (is_opclause(request->node))
		arguments = ((OpExpr *) request->node)->args;
	else if (is_funcclause(request->node))
		arguments = ((FuncExpr *) request->node)->args;
	else
		return NIL;
	if (list_length(arguments) != 2 || request->indexarg != 1 - outer ||
		!is_pseudo_constant_for_index(request->root, (Node *) list_nth(arguments, outer),
									  request->index))
		return NIL;
	request->lossy = false;
	return range_conditions(request, (Node *) list_nth(arguments, 1 - outer),
							(Node *) list_nth(arguments, outer));
}

/* ---- statistics ---- */

/* What ANALYZE found in a column of cells. */
typedef struct statistics
{
	AttStatsSlot common; /* the most common cells with their shares of the rows */
	AttStatsSlot bounds; /* those that cut the others, in order, into equal parts */
	double rest; /* share of these others; nulls are in neither */
} statistics;

/*
 * Whether there are any, and the user may see what follows from them; then free
 * them by free_statistics.
 */
static bool
get_statistics(VariableStatData *variable, Oid function, statistics *result)
{
	const FormData_pg_statistic *form;
	Oid types[2] = { InvalidOid, InvalidOid };
	int i;

	memset(result, 0, sizeof *result);
	if (!HeapTupleIsValid(variable->statsTuple) ||
		!statistic_proc_security_check(variable, function))
		return false;
	form = (Form_pg_statistic) GETSTRUCT(variable->statsTuple);
	result->rest = 1 - form->stanullfrac;
	if (get_attstatsslot(&result->common, variable->statsTuple, STATISTIC_KIND_MCV, InvalidOid,
						 ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		types[0] = result->common.valuetype;
	if (get_attstatsslot(&result->bounds, variable->statsTuple, STATISTIC_KIND_HISTOGRAM,
						 InvalidOid, ATTSTATSSLOT_VALUES))
		types[1] = result->bounds.valuetype;
	for (i = 0; i < result->common.nnumbers; i++)
		result->rest -= result->common.numbers[i];
	CLAMP_PROBABILITY(result->rest);
	/* A join may put a column of cells beside nothing else, but make sure. */
	for (i = 0; i < 2; i++)
		if (OidIsValid(types[i]) && getBaseType(types[i]) != getBaseType(variable->vartype))
			return false;
	return result->common.nvalues > 0 || result->bounds.nvalues > 1;
}

static void
free_statistics(statistics *known)
{
	free_attstatsslot(&known->common);
	free_attstatsslot(&known->bounds);
}

static inline rui_cell
cell_of(const AttStatsSlot *slot, int i)
{
	return (rui_cell) DatumGetInt64(slot->values[i]);
}

/* The share of the uncommon cells below a number, evenly spread between bounds. */
static double
share_below(const AttStatsSlot *bounds, uint64 number)
{
	int low = 0;
	int high = bounds->nvalues - 1;
	uint64 first;
	uint64 last;
	double share;

	if (number <= cell_of(bounds, 0))
		return 0;
	if (number > cell_of(bounds, high))
		return 1;
	while (high - low > 1)
	{
		int middle = (low + high) / 2;

		if (cell_of(bounds, middle) < number)
			low = middle;
		else
			high = middle;
	}
	first = cell_of(bounds, low);
	last = cell_of(bounds, high);
	share = (double) (number - first) / (double) (last - first);
	return (low + share) / (bounds->nvalues - 1);
}

/* The share of the rows whose cell is within another one. */
static double
share_within(const statistics *known, rui_cell cell)
{
	double result = 0;
	int i;

	for (i = 0; i < known->common.nvalues; i++)
		if (rui_cell_contains(cell, cell_of(&known->common, i)))
			result += known->common.numbers[i];
	if (known->bounds.nvalues > 1)
	{
		double low = share_below(&known->bounds, rui_cell_low(cell));
		double high = share_below(&known->bounds, rui_cell_high(cell) + 1);

		result += known->rest * (high - low);
	}
	CLAMP_PROBABILITY(result);
	return result;
}

/*
 * The share of the rows whose cell is around another one: of the common ones
 * those that are; beside them, as there are few around any place, one.
 */
static double
share_around(VariableStatData *variable, const statistics *known, rui_cell cell)
{
	bool is_default;
	double others = get_variable_numdistinct(variable, &is_default) - known->common.nvalues;
	double result = 0;
	int i;

	for (i = 0; i < known->common.nvalues; i++)
		if (rui_cell_contains(cell_of(&known->common, i), cell))
			result += known->common.numbers[i];
	if (known->bounds.nvalues > 1)
		result += known->rest / Max(others, 1);
	CLAMP_PROBABILITY(result);
	return result;
}

/* ---- estimates ---- */

/* The mean share of the inner column's rows within a cell of the outer column. */
static double
mean_share(const statistics *outer, const statistics *inner)
{
	int count = Min(outer->bounds.nvalues, SAMPLE);
	double result = 0;
	double sum = 0;
	int i;

	for (i = 0; i < Min(outer->common.nvalues, SAMPLE); i++)
		result += outer->common.numbers[i] * share_within(inner, cell_of(&outer->common, i));
	for (i = 0; i < count; i++)
	{
		/* evenly, from the first to the last */
		int at = count == 1 ? 0 : (int) ((int64) i * (outer->bounds.nvalues - 1) / (count - 1));

		sum += share_within(inner, cell_of(&outer->bounds, at));
	}
	if (count > 0)
		result += outer->rest * sum / count;
	CLAMP_PROBABILITY(result);
	return result;
}

/* With a column of another table in place of a constant, where both are known. */
static double
parameter_share(PlannerInfo *root, Node *other, Oid function, const statistics *known,
				bool is_outer)
{
	VariableStatData partner;
	statistics its;
	double result = DEFAULT_SHARE;

	examine_variable(root, other, 0, &partner);
	if (get_statistics(&partner, function, &its))
		result = is_outer ? mean_share(known, &its) : mean_share(&its, known);
	free_statistics(&its);
	ReleaseVariableStats(partner);
	return result;
}

static double
restriction(PlannerInfo *root, List *arguments, int relation, Oid function, int outer)
{
	VariableStatData variable;
	statistics known;
	Node *other;
	bool on_left;
	bool is_outer;
	double result = DEFAULT_SHARE;

	if (!get_restriction_variable(root, arguments, relation, &variable, &other, &on_left))
		return result;
	is_outer = on_left == (outer == 0);
	if (IsA(other, Const) && ((Const *) other)->constisnull)
		result = 0;
	else
	{
		if (get_statistics(&variable, function, &known))
		{
			if (!IsA(other, Const))
				result = parameter_share(root, other, function, &known, is_outer);
			else if (is_outer)
				result = share_around(&variable, &known,
									  (rui_cell) DatumGetInt64(((Const *) other)->constvalue));
			else
				result = share_within(&known,
									  (rui_cell) DatumGetInt64(((Const *) other)->constvalue));
		}
		free_statistics(&known);
	}
	ReleaseVariableStats(variable);
	return result;
}

/* Rows on the right side of a semijoin. */
static double
right_rows(PlannerInfo *root, const SpecialJoinInfo *join)
{
	RelOptInfo *relation;
	int single;

	if (bms_get_singleton_member(join->min_righthand, &single))
		relation = find_base_rel(root, single);
	else
		relation = find_join_rel(root, join->min_righthand);
	return relation == NULL ? 1 : relation->rows;
}

static double
join(PlannerInfo *root, List *arguments, JoinType type, SpecialJoinInfo *info, Oid function,
	 int outer)
{
	VariableStatData variables[2];
	statistics known[2];
	bool is_reversed;
	bool found[2];
	double result = DEFAULT_SHARE;
	int i;

	get_join_variables(root, arguments, info, &variables[0], &variables[1], &is_reversed);
	for (i = 0; i < 2; i++)
		found[i] = get_statistics(&variables[i], function, &known[i]);
	if (found[0] && found[1])
		result = mean_share(&known[outer], &known[1 - outer]);
	for (i = 0; i < 2; i++)
	{
		free_statistics(&known[i]);
		ReleaseVariableStats(variables[i]);
	}
	/* Of a semijoin it is the share of the left rows that have a partner. */
	if (type == JOIN_SEMI || type == JOIN_ANTI)
		result *= right_rows(root, info);
	CLAMP_PROBABILITY(result);
	return result;
}

/* Which argument of an operator contains the other one. */
static int
outer_argument(Oid operator)
{
	char *name = get_opname(operator);

	return name != NULL && strcmp(name, "@>") == 0 ? 0 : 1;
}

RUI_FUNCTION(sql_cell_restriction)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid operator= PG_GETARG_OID(1);

	PG_RETURN_FLOAT8(restriction(root, (List *) PG_GETARG_POINTER(2), PG_GETARG_INT32(3),
								 get_opcode(operator), outer_argument(operator)));
}

RUI_FUNCTION(sql_cell_join)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid operator= PG_GETARG_OID(1);

	PG_RETURN_FLOAT8(join(root, (List *) PG_GETARG_POINTER(2), (JoinType) PG_GETARG_INT16(3),
						  (SpecialJoinInfo *) PG_GETARG_POINTER(4), get_opcode(operator),
						  outer_argument(operator)));
}

/* ---- support functions ---- */

static Node *
support(Node *raw, int outer)
{
	SupportRequestSelectivity *request;

	if (IsA(raw, SupportRequestIndexCondition))
		return (Node *) index_condition((SupportRequestIndexCondition *) raw, outer);
	if (!IsA(raw, SupportRequestSelectivity))
		return NULL;
	request = (SupportRequestSelectivity *) raw;
	if (request->is_join)
		request->selectivity = join(request->root, request->args, request->jointype,
									request->sjinfo, request->funcid, outer);
	else
		request->selectivity = restriction(request->root, request->args, request->varRelid,
										   request->funcid, outer);
	return raw;
}

RUI_FUNCTION(sql_cell_contains_support)
{
	PG_RETURN_POINTER(support((Node *) PG_GETARG_POINTER(0), 0));
}

RUI_FUNCTION(sql_cell_contained_support)
{
	PG_RETURN_POINTER(support((Node *) PG_GETARG_POINTER(0), 1));
}
