/* SPDX-License-Identifier: PostgreSQL
 *
 * session.c
 *	  Who acts: the party behind a session and what it may do.
 *
 * A session speaks for a party in one of three ways, tried in this order:
 * the setting rui.party_id, believed only in the transaction that set it, and
 * settable only by a superuser or by whom SET ON PARAMETER was granted; the
 * claims of a gateway (gateway.c); the table rui.login, by the name of the
 * login role.
 */
#include "pg/session.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "pg/gateway.h"
#include "pg/instant.h"
#include "pg/lookup.h"

#define CODE_SIZE 64

/* What the check hook of rui.party_id leaves beside the value.  It travels
 * with the value when a rolled-back SET is undone, so an old value never
 * looks new. */
typedef struct party_stamp
{
	int64 party; /* 0: none */
	uint32 transaction; /* that set it, 0: not to be believed */
} party_stamp;

typedef struct permission_row
{
	char role[CODE_SIZE];
	char permission[CODE_SIZE];
	int states; /* bits of project states that allow it */
} permission_row;

typedef struct permission_list
{
	int count;
	permission_row *rows; /* ordered by role, permission */
} permission_list;

typedef struct access_row
{
	int64 project; /* 0 for a company-wide row */
	int64 company;
	int state; /* bit of the project's state */
	char role[CODE_SIZE];
} access_row;

typedef struct access_list
{
	int count;
	access_row *rows; /* ordered by project */
	Datum projects; /* bigint[] */
	Datum companies;
	TimestampTz at; /* for which it was read */
	TimestampTz from; /* what holds after this instant, and */
	TimestampTz until; /* before this one, is the same */
} access_list;

static char *party_setting;
static int login_limits[3];
static const party_stamp *current_stamp;
static bool starting; /* the library is being loaded */
static int64 access_party; /* whom the access lookup is about */

static const char *const project_states[] = { "candidate", "live", "closed", "archived" };

/* The same for errors. */
static const char *const state_phrases[] = { "a candidate", "live", "closed", "archived" };

static int
state_bit(const char *state)
{
	int i;

	for (i = 0; i < (int) lengthof(project_states); i++)
		if (strcmp(project_states[i], state) == 0)
			return 1 << i;
	return 0;
}

/* What errors call the state of a bit. */
static const char *
state_phrase(int bit)
{
	int i;

	for (i = 0; i < (int) lengthof(state_phrases); i++)
		if (bit == 1 << i)
			return state_phrases[i];
	return "in no known state";
}

static bool
check_party_setting(char **newval, void **extra, GucSource source)
{
	party_stamp *stamp;
	int64 party = 0;

	if (*newval != NULL && **newval != '\0' && !rui_read_party(*newval, strlen(*newval), &party))
	{
		GUC_check_errdetail("The value must be a positive party id or empty.");
		return false;
	}
#if PG_VERSION_NUM >= 160000
	stamp = guc_malloc(LOG, sizeof *stamp);
#else
	stamp = malloc(sizeof *stamp);
#endif
	if (stamp == NULL)
		return false;
	stamp->party = party;
	/*
	 * Only what a statement of a running transaction set: not values from
	 * the configuration, the role or the connection.  For values older than
	 * the library see adopt_placeholder.
	 */
	stamp->transaction = !starting && source == PGC_S_SESSION && IsTransactionState()
		? rui_local_transaction()
		: 0;
	*extra = stamp;
	return true;
}

static void
assign_party_setting(const char *newval, void *extra)
{
	(void) newval;
	current_stamp = extra;
}

/*
 * A value set before the library was loaded was kept as a placeholder, and
 * nothing tells its check hook when it was set.  One that was changed in the
 * running transaction may be believed (who may set it was checked when it
 * became ours).
 */
static void
adopt_placeholder(void)
{
	if (rui_is_set_in_transaction("rui.party_id") && current_stamp != NULL)
		((party_stamp *) current_stamp)->transaction = rui_local_transaction();
}

/* A limit of rui.limit_login in milliseconds, 0 for none: rui.end_overdue_sessions keeps it. */
static void
define_limit(const char *name, const char *what, int *value)
{
	DefineCustomIntVariable(name, what, "Set by rui.limit_login() for a login.", value, 0, 0,
							INT_MAX, PGC_SUSET, GUC_UNIT_MS | GUC_DISALLOW_IN_FILE, NULL, NULL,
							NULL);
}

void
rui_session_start(void)
{
	starting = true;
	DefineCustomStringVariable("rui.party_id", "The party this transaction acts for.",
							   "Believed only in the transaction that sets it (SET LOCAL).",
							   &party_setting, "", PGC_SUSET,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE | GUC_NO_SHOW_ALL,
							   check_party_setting, assign_party_setting, NULL);
	starting = false;
	/* A place that no login can write: ALTER ROLE ... SET of these is for superusers. */
	define_limit("rui.statement_limit", "How long a statement of this login runs.",
				 &login_limits[0]);
	define_limit("rui.idle_limit", "How long a transaction of this login lies idle.",
				 &login_limits[1]);
	define_limit("rui.transaction_limit", "How long a transaction of this login lasts.",
				 &login_limits[2]);
	adopt_placeholder();
}

static void *
load_login(rui_lookup *lookup, MemoryContext context)
{
	int64 *party = MemoryContextAllocZero(context, sizeof(int64));
	Oid types[1] = { NAMEOID };
	Datum values[1];
	bool isnull;

	(void) lookup;
	values[0] = DirectFunctionCall1(namein,
									CStringGetDatum(GetUserNameFromId(GetSessionUserId(), false)));
	if (SPI_execute_with_args("SELECT l.party_id FROM rui.login l WHERE l.login "
							  "OPERATOR(pg_catalog.=) $1",
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read rui.login");
	if (SPI_processed == 1)
		*party = DatumGetInt64(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return party;
}

static rui_lookup login_lookup = { .name = "login", .tables = { "login" }, .load = load_login };

/* The acting party, 0 for nobody. */
static int64
acting_party(void)
{
	static Oid login_user = InvalidOid;

	if (current_stamp != NULL && current_stamp->party != 0 &&
		current_stamp->transaction == rui_local_transaction())
		return current_stamp->party;
	if (rui_is_gateway())
		return rui_claimed_party();
	if (!OidIsValid(rui_table_oid("login")))
		return 0;
	/* SET SESSION AUTHORIZATION changes the login role. */
	if (login_user != GetSessionUserId())
		rui_lookup_forget(&login_lookup);
	login_user = GetSessionUserId();
	return *(int64 *) rui_lookup_get(&login_lookup);
}

int64
rui_current_party_id(void)
{
	return acting_party();
}

RUI_FUNCTION(current_party)
{
	int64 party = acting_party();

	if (party == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(party);
}

static void
copy_code(char *target, HeapTuple tuple, TupleDesc layout, int column)
{
	char *text = SPI_getvalue(tuple, layout, column);

	if (text == NULL || strlcpy(target, text, CODE_SIZE) >= CODE_SIZE)
		elog(ERROR, "a role or permission code is missing or too long");
}

static int
compare_permissions(const void *left, const void *right)
{
	const permission_row *a = left;
	const permission_row *b = right;
	int order = strcmp(a->role, b->role);

	return order != 0 ? order : strcmp(a->permission, b->permission);
}

static void *
load_permissions(rui_lookup *lookup, MemoryContext context)
{
	permission_list *list = MemoryContextAllocZero(context, sizeof *list);
	uint64 i;

	(void) lookup;
	if (SPI_execute("SELECT r.role_code, r.permission, s.state "
					"FROM rui.role_permission r "
					"JOIN rui.permission p ON p.code OPERATOR(pg_catalog.=) r.permission "
					"CROSS JOIN LATERAL pg_catalog.array_to_string(p.project_states, ',') AS "
					"s(state)",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read rui.role_permission");
	list->count = (int) SPI_processed;
	list->rows = MemoryContextAllocZero(context, sizeof(permission_row) * (SPI_processed + 1));
	for (i = 0; i < SPI_processed; i++)
	{
		permission_row *row = &list->rows[i];
		char *states = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3);
		int bit;

		copy_code(row->role, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		copy_code(row->permission, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		for (bit = 0; bit < (int) lengthof(project_states); bit++)
			if (states != NULL && strstr(states, project_states[bit]) != NULL)
				row->states |= 1 << bit;
	}
	qsort(list->rows, list->count, sizeof(permission_row), compare_permissions);
	return list;
}

static rui_lookup permission_lookup = {
	.name = "permissions", .tables = { "role_permission", "permission" }, .load = load_permissions
};

static Datum
bigint_array(const int64 *values, int count, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Datum *elements = palloc(sizeof(Datum) * (count + 1));
	ArrayType *array;
	int i;

	for (i = 0; i < count; i++)
		elements[i] = Int64GetDatum(values[i]);
	array = construct_array(elements, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
							TYPALIGN_DOUBLE);
	MemoryContextSwitchTo(old);
	return PointerGetDatum(array);
}

static int
compare_ids(const void *left, const void *right)
{
	int64 a = *(const int64 *) left;
	int64 b = *(const int64 *) right;

	return a < b ? -1 : a > b;
}

/* Distinct ids, ascending, as bigint[]. */
static Datum
distinct_ids(int64 *ids, int count, MemoryContext context)
{
	int kept = 0;
	int i;

	qsort(ids, count, sizeof(int64), compare_ids);
	for (i = 0; i < count; i++)
		if (kept == 0 || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return bigint_array(ids, kept, context);
}

/*
 * What a party may reach: its memberships of projects, and those of companies
 * spread over their projects.  Validity is judged at rui_access_instant(); those
 * that do not hold then come too, for when they begin and end: until the next
 * such instant the answer is the same for later statements.
 */
static const char access_query[] =
	"SELECT m.project_id, p.company_id, p.state, m.role_code, "
	"pg_catalog.range_contains_elem(m.valid, $2), "
	"pg_catalog.lower(m.valid), pg_catalog.upper(m.valid) "
	"FROM rui.membership m "
	"JOIN rui.project p ON p.id OPERATOR(pg_catalog.=) m.project_id "
	"WHERE m.party_id OPERATOR(pg_catalog.=) $1 "
	"UNION ALL "
	"SELECT p.id, c.company_id, p.state, c.role_code, "
	"pg_catalog.range_contains_elem(c.valid, $2), "
	"pg_catalog.lower(c.valid), pg_catalog.upper(c.valid) "
	"FROM rui.company_member c "
	"LEFT JOIN rui.project p ON p.company_id OPERATOR(pg_catalog.=) c.company_id "
	"WHERE c.party_id OPERATOR(pg_catalog.=) $1 "
	"ORDER BY 1";

/* A membership begins or ends at the instant in that column, if it does. */
static void
narrow_access(access_list *list, HeapTuple tuple, TupleDesc layout, int column)
{
	bool isnull;
	TimestampTz at = DatumGetTimestampTz(SPI_getbinval(tuple, layout, column, &isnull));

	if (isnull)
		return;
	/* At the very instant both: how the range ends, open or closed, matters then only. */
	if (at <= list->at)
		list->from = Max(list->from, at);
	if (at >= list->at)
		list->until = Min(list->until, at);
}

static void *
load_access(rui_lookup *lookup, MemoryContext context)
{
	static SPIPlanPtr plan;
	access_list *list = MemoryContextAllocZero(context, sizeof *list);
	Oid types[2] = { INT8OID, TIMESTAMPTZOID };
	Datum values[2];
	int64 *projects;
	int64 *companies;
	int project_count = 0;
	int count = 0;
	uint64 i;

	(void) lookup;
	if (plan == NULL)
	{
		plan = SPI_prepare(access_query, 2, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the query of memberships");
	}
	list->at = rui_access_instant();
	values[0] = Int64GetDatum(access_party);
	values[1] = TimestampTzGetDatum(list->at);
	if (SPI_execute_plan(plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read memberships");
	list->rows = MemoryContextAllocZero(context, sizeof(access_row) * (SPI_processed + 1));
	projects = palloc(sizeof(int64) * (SPI_processed + 1));
	companies = palloc(sizeof(int64) * (SPI_processed + 1));
	list->from = DT_NOBEGIN;
	list->until = DT_NOEND;
	for (i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc layout = SPI_tuptable->tupdesc;
		access_row *row = &list->rows[count];
		bool isnull;

		narrow_access(list, tuple, layout, 6);
		narrow_access(list, tuple, layout, 7);
		if (!DatumGetBool(SPI_getbinval(tuple, layout, 5, &isnull)))
			continue;
		row->project = DatumGetInt64(SPI_getbinval(tuple, layout, 1, &isnull));
		if (isnull)
			row->project = 0; /* a company without projects yet */
		else
		{
			row->state = state_bit(SPI_getvalue(tuple, layout, 3));
			projects[project_count++] = row->project;
		}
		row->company = DatumGetInt64(SPI_getbinval(tuple, layout, 2, &isnull));
		companies[count++] = row->company;
		copy_code(row->role, tuple, layout, 4);
	}
	list->count = count;
	list->projects = distinct_ids(projects, project_count, context);
	list->companies = distinct_ids(companies, list->count, context);
	return list;
}

static rui_lookup access_lookup = {
	.name = "access",
	.tables = { "membership", "company_member", "project" },
	.load = load_access
};

static const access_list *
acting_access(int64 party)
{
	TimestampTz now = rui_access_instant();
	const access_list *list;

	if (access_party != party)
		rui_lookup_forget(&access_lookup);
	access_party = party;
	list = rui_lookup_get(&access_lookup);
	if (likely(now == list->at || (now > list->from && now < list->until)))
		return list;
	rui_lookup_forget(&access_lookup);
	return rui_lookup_get(&access_lookup);
}

RUI_FUNCTION(my_projects)
{
	int64 party = acting_party();

	if (party == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT8OID));
	return datumCopy(acting_access(party)->projects, false, -1);
}

RUI_FUNCTION(my_companies)
{
	int64 party = acting_party();

	if (party == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT8OID));
	return datumCopy(acting_access(party)->companies, false, -1);
}

/* Pairs of rui.role_group, kept as permission rows: role, group. */
static void *
load_groups(rui_lookup *lookup, MemoryContext context)
{
	permission_list *list = MemoryContextAllocZero(context, sizeof *list);
	uint64 i;

	(void) lookup;
	if (SPI_execute("SELECT g.role_code, g.group_role FROM rui.role_group g", true, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not read rui.role_group");
	list->count = (int) SPI_processed;
	list->rows = MemoryContextAllocZero(context, sizeof(permission_row) * (SPI_processed + 1));
	for (i = 0; i < SPI_processed; i++)
	{
		copy_code(list->rows[i].role, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		copy_code(list->rows[i].permission, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
	}
	qsort(list->rows, list->count, sizeof(permission_row), compare_permissions);
	return list;
}

static rui_lookup group_lookup = {
	.name = "groups", .tables = { "role_group" }, .load = load_groups
};

/* Which ids are asked for, of the projects and companies one reaches. */
typedef enum wanted_ids
{
	PROJECT_IDS,
	COMPANY_IDS,
	JOURNAL_IDS /* both, companies as minus their id, and 0 */
} wanted_ids;

/*
 * Ids of the projects (or companies, or both) in which the acting party holds
 * a role that reads as the group role named by the first argument.
 */
static Datum
ids_as_group(FunctionCallInfo fcinfo, wanted_ids wanted)
{
	int64 party = acting_party();
	permission_row key;
	const permission_list *groups;
	const access_list *access;
	int64 *ids;
	int count = 0;
	int i;

	if (party == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(INT8OID));
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(0), key.permission, CODE_SIZE);
	access = acting_access(party);
	groups = rui_lookup_get(&group_lookup);
	ids = palloc(sizeof(int64) * (2 * access->count + 1));
	for (i = 0; i < access->count; i++)
	{
		const access_row *row = &access->rows[i];

		strlcpy(key.role, row->role, CODE_SIZE);
		if (bsearch(&key, groups->rows, groups->count, sizeof(permission_row),
					compare_permissions) == NULL)
			continue;
		/* A company without projects has the row of none. */
		if (wanted != COMPANY_IDS && row->project != 0)
			ids[count++] = row->project;
		if (wanted != PROJECT_IDS)
			ids[count++] = wanted == COMPANY_IDS ? row->company : -row->company;
	}
	if (wanted == JOURNAL_IDS && count > 0)
		ids[count++] = 0;
	return distinct_ids(ids, count, CurrentMemoryContext);
}

RUI_FUNCTION(projects_as)
{
	return ids_as_group(fcinfo, PROJECT_IDS);
}

RUI_FUNCTION(companies_as)
{
	return ids_as_group(fcinfo, COMPANY_IDS);
}

RUI_FUNCTION(journals_as)
{
	return ids_as_group(fcinfo, JOURNAL_IDS);
}

/* Bits of the project states in which the role has the permission. */
static int
permitted_states(const char *role, const char *permission)
{
	const permission_list *list = rui_lookup_get(&permission_lookup);
	permission_row key;
	const permission_row *found;

	if (strlcpy(key.role, role, CODE_SIZE) >= CODE_SIZE ||
		strlcpy(key.permission, permission, CODE_SIZE) >= CODE_SIZE)
		return 0;
	found = bsearch(&key, list->rows, list->count, sizeof(permission_row), compare_permissions);
	return found == NULL ? 0 : found->states;
}

typedef enum verdict
{
	PERMITTED,
	MISSING,
	WRONG_STATE
} verdict;

static verdict
judge(int64 party, int64 project, const char *permission, int *state)
{
	const access_list *access = acting_access(party);
	verdict result = MISSING;
	int low = 0;
	int high = access->count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (access->rows[middle].project < project)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < access->count && access->rows[low].project == project; low++)
	{
		int states = permitted_states(access->rows[low].role, permission);

		*state = access->rows[low].state;
		if ((states & access->rows[low].state) != 0)
			return PERMITTED;
		if (states != 0)
			result = WRONG_STATE;
	}
	return result;
}

RUI_FUNCTION(has_permission)
{
	int64 party = acting_party();
	int64 project = PG_GETARG_INT64(0);
	char *permission = text_to_cstring(PG_GETARG_TEXT_PP(1));
	int state = 0;

	PG_RETURN_BOOL(party != 0 && project > 0 &&
				   judge(party, project, permission, &state) == PERMITTED);
}

static void
refuse_nobody(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("nobody acts in this session"),
			 errhint("Map the login role with rui.login, use a gateway's claims, or SET LOCAL "
					 "rui.party_id in the same transaction.")));
}

RUI_FUNCTION(require_permission)
{
	int64 party = acting_party();
	int64 project;
	char *permission;
	int state = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", PG_ARGISNULL(0) ? "project_id" : "permission")));
	project = PG_GETARG_INT64(0);
	permission = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (party == 0)
		refuse_nobody();
	switch (judge(party, project, permission, &state))
	{
		case PERMITTED:
			break;
		case MISSING:
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission \"%s\" is missing in project " INT64_FORMAT,
							permission, project),
					 errdetail("Party " INT64_FORMAT " holds no role there that carries it "
							   "now.",
							   party),
					 errhint("A manager of the project grants roles with rui.grant_role().")));
			break;
		case WRONG_STATE:
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("project " INT64_FORMAT " is %s", project,
							state_phrase(state)),
					 errdetail("Its state does not allow \"%s\".", permission),
					 errhint("rui.permission lists the project states that allow each "
							 "permission.")));
			break;
	}
	PG_RETURN_VOID();
}

RUI_FUNCTION(require_company_permission)
{
	int64 party = acting_party();
	int64 company;
	char *permission;
	const access_list *access;
	int i;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", PG_ARGISNULL(0) ? "company_id" : "permission")));
	company = PG_GETARG_INT64(0);
	permission = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (party == 0)
		refuse_nobody();
	access = acting_access(party);
	for (i = 0; i < access->count; i++)
		if (access->rows[i].company == company &&
			permitted_states(access->rows[i].role, permission) != 0)
			PG_RETURN_VOID();
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission \"%s\" is missing in company " INT64_FORMAT, permission, company),
			 errdetail("Party " INT64_FORMAT " holds no role there that carries it now.", party),
			 errhint("Company roles are rows of rui.company_member.")));
}
