/* SPDX-License-Identifier: PostgreSQL
 *
 * rule_value.h
 *	  The stored form that tariffs and rubrics share.
 *
 * A hash of all that follows, a version for later formats, and the canonical
 * text without NUL.  Equality, order and hash are those of the text, so the
 * functions rule_out, rule_send, rule_eq … serve every such type.
 */
#ifndef RUI_RULE_VALUE_H
#define RUI_RULE_VALUE_H

#include "pg/rui_pg.h"

#include "core/hash.h"
#include "core/text.h"

#define RUI_RULE_VERSION 1

typedef struct rui_rule_value
{
	int32 vl_len_;
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
	uint8 version;
	char text[FLEXIBLE_ARRAY_MEMBER];
} rui_rule_value;

/* Append the canonical form of a text, or fail. */
typedef rui_status (*rui_rule_canonical)(const rui_env *env, const char *text, size_t length,
										 rui_text *canonical, rui_error *error);

static inline size_t
rui_rule_length(const rui_rule_value *value)
{
	return VARSIZE(value) - offsetof(rui_rule_value, text);
}

/* The value of a text that is canonical already. */
extern rui_rule_value *rui_rule_make(const rui_text *canonical, const char *type);

/* Input and receive functions of a type. */
extern Datum rui_rule_in(FunctionCallInfo fcinfo, const char *type, rui_rule_canonical read);
extern Datum rui_rule_recv(FunctionCallInfo fcinfo, const char *type, rui_rule_canonical read);

#endif /* RUI_RULE_VALUE_H */
