/* SPDX-License-Identifier: PostgreSQL
 *
 * compiled.c
 *	  Compiled forms of rule values, kept per call site.
 */
#include "pg/compiled.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
#include "access/detoast.h"

#define KEPT_FORMS 16

typedef struct form
{
	const rui_compiled_kind *kind; /* NULL: free place */
	bool by_pointer;
	Oid toast_relation;
	Oid toast_value;
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
	Size size;
	uint64 used_at;
	MemoryContext context;
	void *compiled;
} form;

typedef struct call_site
{
	uint64 calls;
	int last; /* most sites see one value: try that place first */
	form forms[KEPT_FORMS];
} call_site;

/* What identifies the value, without reading it whole. */
static void
read_key(struct varlena *value, form *key)
{
	key->by_pointer = VARATT_IS_EXTERNAL_ONDISK(value);
	if (key->by_pointer)
	{
		struct varatt_external pointer;

		VARATT_EXTERNAL_GET_POINTER(pointer, value);
		key->toast_relation = pointer.va_toastrelid;
		key->toast_value = pointer.va_valueid;
		key->size = pointer.va_rawsize;
		return;
	}
	if (VARATT_IS_EXTENDED(value) && !VARATT_IS_SHORT(value))
	{
		struct varlena *head = detoast_attr_slice(value, 0, RUI_CONTENT_HASH_SIZE);

		key->size = toast_raw_datum_size(PointerGetDatum(value)) - VARHDRSZ;
		memcpy(key->hash, VARDATA_ANY(head), RUI_CONTENT_HASH_SIZE);
		pfree(head);
		return;
	}
	key->size = VARSIZE_ANY_EXHDR(value);
	if (key->size < RUI_CONTENT_HASH_SIZE)
		elog(ERROR, "rule value without a content hash");
	memcpy(key->hash, VARDATA_ANY(value), RUI_CONTENT_HASH_SIZE);
}

static bool
matches(const form *candidate, const form *key)
{
	if (candidate->kind != key->kind || candidate->by_pointer != key->by_pointer ||
		candidate->size != key->size)
		return false;
	if (key->by_pointer)
		return candidate->toast_value == key->toast_value &&
			candidate->toast_relation == key->toast_relation;
	return memcmp(candidate->hash, key->hash, RUI_CONTENT_HASH_SIZE) == 0;
}

static void
compile_into(form *place, const form *key, struct varlena *value, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "rui compiled value",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	struct varlena *copy = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(value));
	void *compiled = key->kind->compile(copy, context);

	/* Only now, so that an error half-way leaves a usable site. */
	MemoryContextSwitchTo(old);
	MemoryContextCopyAndSetIdentifier(context, key->kind->name);
	if (place->context != NULL)
		MemoryContextDelete(place->context);
	*place = *key;
	place->context = context;
	place->compiled = compiled;
}

void *
rui_compiled(FunctionCallInfo fcinfo, int argument, const rui_compiled_kind *kind)
{
	struct varlena *value = (struct varlena *) PG_GETARG_POINTER(argument);
	form key = { 0 };
	call_site *site;
	int oldest = 0;
	int i;

	key.kind = kind;
	read_key(value, &key);
	if (fcinfo->flinfo == NULL)
	{
		form place = { 0 };

		compile_into(&place, &key, value, CurrentMemoryContext);
		return place.compiled;
	}
	site = fcinfo->flinfo->fn_extra;
	if (site == NULL)
	{
		site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(call_site));
		fcinfo->flinfo->fn_extra = site;
	}
	site->calls++;
	if (matches(&site->forms[site->last], &key))
	{
		site->forms[site->last].used_at = site->calls;
		return site->forms[site->last].compiled;
	}
	for (i = 0; i < KEPT_FORMS; i++)
	{
		if (matches(&site->forms[i], &key))
		{
			oldest = i;
			break;
		}
		if (site->forms[i].used_at < site->forms[oldest].used_at)
			oldest = i;
	}
	if (i == KEPT_FORMS)
		compile_into(&site->forms[oldest], &key, value, fcinfo->flinfo->fn_mcxt);
	site->forms[oldest].used_at = site->calls;
	site->last = oldest;
	return site->forms[oldest].compiled;
}
