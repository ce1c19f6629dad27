/* SPDX-License-Identifier: PostgreSQL
 *
 * gateway.c
 *	  Whom a gateway's claims name, and whether they are believed.
 *
 * A gateway logs in with one role and says in each transaction for whom it
 * acts: by request.jwt.claims, one JSON object, or by jwt.claims.NAME, a
 * setting for each claim.  Both are settings that anybody can set, so they
 * count only in the sessions of login roles that the database's administrator
 * made members of rui_gateway and that the party's company has registered in
 * rui.gateway.  What a session may do beyond that is what its roles may, so
 * these must not be more than the party holds.
 */
#include "pg/gateway.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/timestamp.h"

#include "core/json.h"
#include "pg/instant.h"
#include "pg/lookup.h"
#include "pg/session.h"

typedef enum claim_name
{
	CLAIM_PARTY,
	CLAIM_ROLE,
	CLAIM_ISSUER,
	CLAIM_AUDIENCE,
	CLAIM_EXPIRES,
	CLAIM_BEGINS,
	CLAIMS
} claim_name;

static const char *const claim_names[CLAIMS] = { "party_id", "role", "iss", "aud", "exp", "nbf" };

static const char *const claim_settings[CLAIMS] = { "jwt.claims.party_id", "jwt.claims.role",
													"jwt.claims.iss", "jwt.claims.aud",
													"jwt.claims.exp", "jwt.claims.nbf" };

/* What was said: the one text, or a text for each claim; NULL: absent. */
typedef struct claim_texts
{
	const char *object;
	const char *single[CLAIMS];
} claim_texts;

/* The claims after reading; a NULL one is absent. */
typedef struct claim_set
{
	char *value[CLAIMS];
	const rui_json *audience; /* when it is a list */
} claim_set;

/* Whom the claims name, and until when that is so if no table changes. */
typedef struct claimed_party
{
	int64 party; /* 0: nobody */
	TimestampTz at; /* for which it was judged */
	TimestampTz until;
} claimed_party;

/* For whom the answer below was found. */
static struct
{
	Oid login;
	Oid role;
	char *object;
	char *single[CLAIMS];
} asked;

/* What belongs to a request that is being judged. */
static claim_texts current_texts;

bool
rui_read_party(const char *text, size_t length, int64 *party)
{
	int64 value = 0;
	size_t i;

	if (length == 0 || length > 19)
		return false;
	for (i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9' || rui_multiply_overflows(value, 10, &value) ||
			rui_add_overflows(value, text[i] - '0', &value))
			return false;
	*party = value;
	return value > 0;
}

bool
rui_is_gateway(void)
{
	Oid gateway = get_role_oid("rui_gateway", true);

	return OidIsValid(gateway) && is_member_of_role_nosuper(GetSessionUserId(), gateway);
}

#if PG_VERSION_NUM < 160000
/* Settings are ordered by name, ASCII letters of either case alike. */
static int
compare_setting_names(const char *left, const char *right)
{
	for (; *left != '\0' || *right != '\0'; left++, right++)
	{
		unsigned char a = pg_ascii_tolower((unsigned char) *left);
		unsigned char b = pg_ascii_tolower((unsigned char) *right);

		if (a != b)
			return (int) a - (int) b;
	}
	return 0;
}
#endif

static struct config_generic *
find_setting(const char *name)
{
#if PG_VERSION_NUM >= 160000
	return find_option(name, false, true, DEBUG5);
#else
	struct config_generic **variables = get_guc_variables();
	int low = 0;
	int high = GetNumConfigOptions();

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = compare_setting_names(variables[middle]->name, name);

		if (order == 0)
			return variables[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
#endif
}

/* Settings changed in the running transaction, and only they, have a stack of former values. */
bool
rui_is_set_in_transaction(const char *name)
{
	struct config_generic *setting = find_setting(name);

	return setting != NULL && setting->stack != NULL && setting->source == PGC_S_SESSION &&
		IsTransactionState();
}

/* The text of a setting of this transaction, NULL when there is none or an empty one. */
static const char *
fresh_setting(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value != NULL && value[0] != '\0' && rui_is_set_in_transaction(name) ? value : NULL;
}

static void
malformed(const char *claim, const char *value, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid claim %s \"%s\"", claim, value), errhint("%s", hint)));
}

static void
read_object(const char *text, const rui_env *env, rui_json_document *document, claim_set *claims)
{
	rui_error error;
	int i;

	RUI_CHECK(rui_json_parse(env, text, strlen(text), document, &error), error,
			  "setting request.jwt.claims");
	if (document->root->kind != RUI_JSON_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("setting request.jwt.claims is no object"),
				 errhint("Set it to the payload of the token, such as {\"party_id\": 42}.")));
	for (i = 0; i < CLAIMS; i++)
	{
		const rui_json *member = rui_json_member(document->root, claim_names[i]);

		if (member == NULL || member->kind == RUI_JSON_NULL)
			continue;
		if (member->kind == RUI_JSON_ARRAY && i == CLAIM_AUDIENCE)
			claims->audience = member;
		else if (member->kind == RUI_JSON_STRING || member->kind == RUI_JSON_NUMBER)
			claims->value[i] = pstrdup(member->text);
		else
			malformed(claim_names[i], "", "The claim must be a text or a number.");
	}
}

/* A list of audiences comes as JSON in a setting of its own. */
static void
read_singles(const claim_texts *texts, const rui_env *env, rui_json_document *document,
			 claim_set *claims)
{
	rui_error error;
	int i;

	for (i = 0; i < CLAIMS; i++)
		if (texts->single[i] != NULL)
			claims->value[i] = pstrdup(texts->single[i]);
	if (claims->value[CLAIM_AUDIENCE] != NULL && claims->value[CLAIM_AUDIENCE][0] == '[')
	{
		const char *list = claims->value[CLAIM_AUDIENCE];

		RUI_CHECK(rui_json_parse(env, list, strlen(list), document, &error), error,
				  "setting jwt.claims.aud");
		claims->audience = document->root;
	}
}

/* Seconds since 1970, as claims give instants; parts of a second are allowed. */
static TimestampTz
read_instant(claim_name claim, const char *text)
{
	const char *hint = "The claim must be a number of seconds since 1970.";
	char *end;
	double seconds;

	/* No minus, names of numbers or hexadecimal digits, which strtod would read. */
	if (text[0] == '\0' || strspn(text, "0123456789.eE+") != strlen(text))
		malformed(claim_names[claim], text, hint);
	seconds = strtod(text, &end);
	if (*end != '\0' || !(seconds < 253402300800.0)) /* the year 10000 */
		malformed(claim_names[claim], text, hint);
	seconds -= (double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	return (TimestampTz) rint(seconds * USECS_PER_SEC);
}

static void
refuse_token(const char *what, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION), errmsg("%s", what),
			 errdetail("%s", detail), errhint("%s", hint)));
}

static void
check_times(const claim_set *claims, claimed_party *answer)
{
	const char *hint = "Sign in again, or let the gateway renew the token.";

	if (claims->value[CLAIM_EXPIRES] != NULL)
		answer->until = read_instant(CLAIM_EXPIRES, claims->value[CLAIM_EXPIRES]);
	if (answer->until <= answer->at)
		refuse_token("the claims have expired",
					 psprintf("They counted before %s seconds since 1970.",
							  claims->value[CLAIM_EXPIRES]),
					 hint);
	if (claims->value[CLAIM_BEGINS] != NULL &&
		read_instant(CLAIM_BEGINS, claims->value[CLAIM_BEGINS]) > answer->at)
		refuse_token("the claims do not count yet",
					 psprintf("They count from %s seconds since 1970.",
							  claims->value[CLAIM_BEGINS]),
					 hint);
}

/* Who made the token and for whom, where the registration says who must be named. */
static void
check_origin(const claim_set *claims, const char *issuer, const char *audience)
{
	const char *hint = "rui.set_gateway() says which issuer and audience are right.";
	const rui_json *one;
	bool found;

	if (issuer != NULL &&
		(claims->value[CLAIM_ISSUER] == NULL || strcmp(claims->value[CLAIM_ISSUER], issuer) != 0))
		refuse_token("the claims are of another issuer",
					 claims->value[CLAIM_ISSUER] == NULL
						 ? "The claim iss is missing."
						 : psprintf("The claim iss is \"%s\".", claims->value[CLAIM_ISSUER]),
					 hint);
	if (audience == NULL)
		return;
	found = claims->audience == NULL && claims->value[CLAIM_AUDIENCE] != NULL &&
		strcmp(claims->value[CLAIM_AUDIENCE], audience) == 0;
	if (claims->audience != NULL)
		for (one = claims->audience->first; one != NULL; one = one->next)
			found |= one->kind == RUI_JSON_STRING && strcmp(one->text, audience) == 0;
	if (!found)
		refuse_token("the claims are for another audience",
					 claims->audience == NULL && claims->value[CLAIM_AUDIENCE] == NULL
						 ? "The claim aud is missing."
						 : psprintf("The claim aud does not name \"%s\".", audience),
					 hint);
}

/*
 * The registration of the login by the party's company.  Row security would
 * hide it from whom it is about, so the caller reads as the tables' owner.
 */
static void
read_registration(int64 party, char **issuer, char **audience)
{
	char *login = GetUserNameFromId(GetSessionUserId(), false);
	Oid types[2] = { INT8OID, NAMEOID };
	Datum values[2];
	TupleDesc layout;
	HeapTuple row;

	values[0] = Int64GetDatum(party);
	values[1] = DirectFunctionCall1(namein, CStringGetDatum(login));
	if (SPI_execute_with_args("SELECT p.company_id, g.login, g.issuer, g.audience "
							  "FROM rui.party p LEFT JOIN rui.gateway g "
							  "ON g.company_id OPERATOR(pg_catalog.=) p.company_id "
							  "AND g.login OPERATOR(pg_catalog.=) $2 AND g.is_active "
							  "WHERE p.id OPERATOR(pg_catalog.=) $1",
							  2, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read rui.gateway");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("party " INT64_FORMAT " of the claims does not exist", party),
				 errhint("The claim party_id must be the id of a row of rui.party.")));
	row = SPI_tuptable->vals[0];
	layout = SPI_tuptable->tupdesc;
	if (SPI_getvalue(row, layout, 2) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("login \"%s\" is no gateway of company %s", login,
						SPI_getvalue(row, layout, 1)),
				 errdetail("Party " INT64_FORMAT " belongs to that company.", party),
				 errhint("A director of the company registers it with rui.set_gateway().")));
	*issuer = SPI_getvalue(row, layout, 3);
	*audience = SPI_getvalue(row, layout, 4);
}

static void
refuse_role(int64 party, const char *role, const char *whose)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("party " INT64_FORMAT " may not act with the rights of \"%s\"", party, role),
			 errdetail("%s.", whose),
			 errhint("SET LOCAL ROLE to the group role of a role that the party holds now: "
					 "rui.role_group lists them.")));
}

/*
 * What a role of the database may read must be what the party's own roles may:
 * each group role whose rights it has stands for a role that the party holds
 * somewhere at the time.
 */
static void
check_database_role(int64 party, Oid role, const char *whose, uint64 groups)
{
	uint64 i;

	for (i = 0; i < groups; i++)
	{
		char *name = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		char *is_held = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		Oid group = get_role_oid(name, true);

		if (is_held[0] != 't' && OidIsValid(group) && has_privs_of_role(role, group))
			refuse_role(party, name, whose);
	}
}

static void
check_roles(claimed_party *answer, const char *claimed, Oid session_role)
{
	int64 party = answer->party;
	Oid types[2] = { INT8OID, TIMESTAMPTZOID };
	Datum values[2] = { Int64GetDatum(party), TimestampTzGetDatum(answer->at) };
	bool is_known = claimed == NULL;
	bool isnull = true;
	TimestampTz change = DT_NOEND;
	uint64 groups;
	uint64 i;

	/*
	 * A line for each group role, then one for each role held; ordered so.
	 * Each says when the next role of the party begins or ends.
	 */
	if (SPI_execute_with_args(
			"WITH mine AS MATERIALIZED ("
			"SELECT m.role_code, m.valid FROM rui.membership m "
			"WHERE m.party_id OPERATOR(pg_catalog.=) $1 "
			"UNION ALL SELECT c.role_code, c.valid FROM rui.company_member c "
			"WHERE c.party_id OPERATOR(pg_catalog.=) $1), "
			"held AS (SELECT DISTINCT r.role_code FROM mine r "
			"WHERE pg_catalog.range_contains_elem(r.valid, $2)), "
			"change AS (SELECT pg_catalog.min(b.at) FROM mine r "
			"CROSS JOIN LATERAL (VALUES (pg_catalog.lower(r.valid)), (pg_catalog.upper(r.valid))) "
			"AS b(at) WHERE b.at OPERATOR(pg_catalog.>=) $2) "
			"SELECT g.group_role::pg_catalog.text, pg_catalog.bool_or(h.role_code IS NOT NULL), 1, "
			"(TABLE change) FROM rui.role_group g LEFT JOIN held h "
			"ON h.role_code OPERATOR(pg_catalog.=) g.role_code GROUP BY g.group_role "
			"UNION ALL SELECT h.role_code, true, 2, NULL FROM held h ORDER BY 3, 1",
			2, types, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read rui.role_group");
	if (SPI_processed > 0)
		change = DatumGetTimestampTz(
			SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 4, &isnull));
	if (!isnull)
		answer->until = Min(answer->until, change);
	for (groups = 0; groups < SPI_processed; groups++)
		if (strcmp(SPI_getvalue(SPI_tuptable->vals[groups], SPI_tuptable->tupdesc, 3), "1") != 0)
			break;
	check_database_role(party, session_role, "The session has these rights", groups);
	if (claimed == NULL)
		return;
	for (i = groups; i < SPI_processed; i++)
		is_known |=
			strcmp(SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1), claimed) == 0;
	if (!is_known)
	{
		Oid role = get_role_oid(claimed, true);

		if (!OidIsValid(role))
			refuse_role(party, claimed, "The claim role names it, and the party does not hold it");
		check_database_role(party, role, "The claim role gives these rights", groups);
	}
}

/* Judges current_texts; the answer holds until one of the tables changes, or its time is over. */
static void *
load_claimed(rui_lookup *lookup, MemoryContext context)
{
	claimed_party *answer = MemoryContextAllocZero(context, sizeof *answer);
	Oid role = OidIsValid(asked.role) ? asked.role : asked.login;
	rui_env env = rui_pg_env(CurrentMemoryContext);
	rui_json_document document = { NULL, NULL };
	claim_set claims = { { NULL }, NULL };
	char *issuer;
	char *audience;

	(void) lookup;
	answer->at = rui_access_instant();
	answer->until = DT_NOEND;
	if (current_texts.object != NULL)
		read_object(current_texts.object, &env, &document, &claims);
	else
		read_singles(&current_texts, &env, &document, &claims);
	if (claims.value[CLAIM_PARTY] != NULL)
	{
		const char *text = claims.value[CLAIM_PARTY];

		if (!rui_read_party(text, strlen(text), &answer->party))
			malformed("party_id", text, "The claim must be a positive party id.");
		check_times(&claims, answer);
		read_registration(answer->party, &issuer, &audience);
		check_origin(&claims, issuer, audience);
		check_roles(answer, claims.value[CLAIM_ROLE], role);
	}
	rui_json_release(&env, &document);
	return answer;
}

static rui_lookup claimed_lookup = { .name = "claims",
									 .tables = { "party", "gateway", "role_group", "membership",
												 "company_member" },
									 .per_transaction = true,
									 .load = load_claimed };

/* Whether a text is the one that was kept; keeps it when not. */
static bool
keep_text(char **kept, const char *text)
{
	char *copy;

	if (*kept == NULL ? text == NULL : text != NULL && strcmp(*kept, text) == 0)
		return true;
	copy = text == NULL ? NULL : MemoryContextStrdup(TopMemoryContext, text);
	if (*kept != NULL)
		pfree(*kept);
	*kept = copy;
	return false;
}

int64
rui_claimed_party(void)
{
	claim_texts texts = { NULL, { NULL } };
	const claimed_party *answer;
	TimestampTz now = rui_access_instant();
	bool same;
	int i;

	texts.object = fresh_setting("request.jwt.claims");
	for (i = 0; texts.object == NULL && i < CLAIMS; i++)
		texts.single[i] = fresh_setting(claim_settings[i]);
	if (texts.object == NULL && texts.single[CLAIM_PARTY] == NULL)
		return 0;
	same = asked.login == GetSessionUserId() && asked.role == GetCurrentRoleId();
	asked.login = GetSessionUserId();
	asked.role = GetCurrentRoleId();
	same &= keep_text(&asked.object, texts.object);
	for (i = 0; i < CLAIMS; i++)
		same &= keep_text(&asked.single[i], texts.single[i]);
	if (!same)
		rui_lookup_forget(&claimed_lookup);
	current_texts = texts;
	answer = rui_lookup_get(&claimed_lookup);
	if (unlikely(now != answer->at && (now < answer->at || now >= answer->until)))
	{
		rui_lookup_forget(&claimed_lookup);
		answer = rui_lookup_get(&claimed_lookup);
	}
	return answer->party;
}
