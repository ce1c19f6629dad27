/* SPDX-License-Identifier: PostgreSQL
 *
 * compiled.c
 *	  Compiled forms of rule values, kept by the session.
 */
#include "pg/compiled.h"

#include <limits.h>

#include "access/detoast.h"
#include "lib/ilist.h"
#include "utils/guc.h"

#define BUCKETS 1024
#define LARGE_FORMS 16
#define FIRST_SIGHTS 16 /* powers of two */
#define MOST_SIGHTS 4096

/* What identifies a value, without reading it whole. */
typedef struct form_key
{
	const rui_compiled_kind *kind;
	bool by_pointer;
	Oid toast_relation;
	Oid toast_value;
	unsigned char hash[RUI_CONTENT_HASH_SIZE];
	Size size;
} form_key;

/*
 * A form the session keeps.  The struct itself is never freed but used again,
 * its generation counted on, so that whoever saw it can tell whether it still
 * is what it was.
 */
typedef struct kept_form
{
	dlist_node by_use;
	struct kept_form *next; /* in its bucket, or among the free ones */
	form_key key;
	uint64 generation;
	uint64 used_at;
	MemoryContext context;
	Size bytes;
	void *compiled;
} kept_form;

/* What a call site saw under a key. */
typedef struct sight
{
	form_key key; /* kind NULL: free */
	kept_form *form; /* NULL: an own, large form */
	uint64 generation;
	void *compiled;
} sight;

typedef struct large_form
{
	form_key key;
	uint64 used_at;
	MemoryContext context; /* NULL: free */
	void *compiled;
} large_form;

typedef struct call_site
{
	uint64 calls;
	sight last; /* most sites see one value: try that first */
	size_t count;
	size_t size;
	sight *sights; /* open addressing */
	large_form *large;
} call_site;

static int compiled_memory = 65536; /* kB */
static MemoryContext kept_context;
static kept_form *buckets[BUCKETS];
static kept_form *free_forms;
static dlist_head by_use = DLIST_STATIC_INIT(by_use); /* the latest first */
static uint64 uses;
static Size kept_bytes;

void
rui_compiled_start(void)
{
	DefineCustomIntVariable("rui.compiled_memory",
							"Memory of a session for compiled calendars, maps, tariffs, rubrics.",
							"The least recently used ones go first; results do not depend on it.",
							&compiled_memory, 65536, 1024, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB, NULL, NULL, NULL);
}

static void
read_hash(struct varlena *value, form_key *key)
{
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

static void
read_key(struct varlena *value, form_key *key)
{
	key->by_pointer = VARATT_IS_EXTERNAL_ONDISK(value);
	if (key->by_pointer)
	{
		struct varatt_external pointer;

		VARATT_EXTERNAL_GET_POINTER(pointer, value);
		key->toast_relation = pointer.va_toastrelid;
		key->toast_value = pointer.va_valueid;
		key->size = pointer.va_rawsize;
	}
	else
		read_hash(value, key);
}

static inline bool
same_key(const form_key *a, const form_key *b)
{
	if (a->kind != b->kind || a->by_pointer != b->by_pointer || a->size != b->size)
		return false;
	if (b->by_pointer)
		return a->toast_value == b->toast_value && a->toast_relation == b->toast_relation;
	return memcmp(a->hash, b->hash, RUI_CONTENT_HASH_SIZE) == 0;
}

/* The content hash is as good as random; pointers are not. */
static inline uint64
spread(const form_key *key)
{
	uint64 word;

	if (key->by_pointer)
		return (key->toast_value * UINT64CONST(0x9E3779B97F4A7C15)) >> 32;
	memcpy(&word, key->hash, sizeof word);
	return word;
}

static inline void
use(kept_form *form)
{
	form->used_at = ++uses;
	if (dlist_head_node(&by_use) != &form->by_use)
		dlist_move_head(&by_use, &form->by_use);
}

static kept_form *
find_kept(const form_key *key)
{
	kept_form *form = buckets[spread(key) % BUCKETS];

	while (form != NULL && !same_key(&form->key, key))
		form = form->next;
	return form;
}

static void
forget(kept_form *form)
{
	kept_form **place = &buckets[spread(&form->key) % BUCKETS];

	while (*place != form)
		place = &(*place)->next;
	*place = form->next;
	dlist_delete(&form->by_use);
	kept_bytes -= form->bytes;
	form->generation++;
	MemoryContextDelete(form->context);
	form->next = free_forms;
	free_forms = form;
}

/* Make room; forms that a running call may still use stay. */
static void
make_room(Size bytes)
{
	Size limit = (Size) compiled_memory * 1024;

	while (!dlist_is_empty(&by_use) && kept_bytes + bytes > limit)
	{
		kept_form *oldest = dlist_tail_element(kept_form, by_use, &by_use);

		if (oldest->used_at + RUI_FORMS_IN_USE > uses)
			break;
		forget(oldest);
	}
}

/* The session takes a compiled form over, its context included. */
static kept_form *
keep(const form_key *key, MemoryContext context, Size bytes, void *compiled)
{
	kept_form *form;
	kept_form **bucket = &buckets[spread(key) % BUCKETS];

	if (kept_context == NULL)
		kept_context = AllocSetContextCreate(TopMemoryContext, "rui compiled values",
											 ALLOCSET_SMALL_SIZES);
	make_room(bytes);
	if (free_forms == NULL)
		free_forms = MemoryContextAllocZero(kept_context, sizeof(kept_form));
	form = free_forms;
	free_forms = form->next;
	form->key = *key;
	form->context = context;
	form->bytes = bytes;
	form->compiled = compiled;
	form->next = *bucket;
	*bucket = form;
	kept_bytes += bytes;
	dlist_push_head(&by_use, &form->by_use);
	form->used_at = ++uses;
	MemoryContextSetParent(context, kept_context);
	return form;
}

/* Forms larger than this are not kept by the session. */
static inline Size
largest_kept(void)
{
	return (Size) compiled_memory * 1024 / 4;
}

static bool
reads_in_parts(const form_key *key, struct varlena *value)
{
	struct varatt_external pointer;

	if (!key->by_pointer || key->kind->compile_in_parts == NULL || key->size <= largest_kept())
		return false;
	VARATT_EXTERNAL_GET_POINTER(pointer, value);
	return !VARATT_EXTERNAL_IS_COMPRESSED(pointer);
}

/* Compile into a context of its own below parent. */
static void *
compile(const form_key *key, struct varlena *value, bool in_parts, MemoryContext parent,
		MemoryContext *context)
{
	MemoryContext own = AllocSetContextCreate(parent, "rui compiled value", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	struct varlena *copy;
	void *compiled;

	if (in_parts)
	{
		copy = palloc(VARSIZE_ANY(value));
		memcpy(copy, value, VARSIZE_ANY(value));
		compiled = key->kind->compile_in_parts(copy, own);
	}
	else
	{
		copy = (struct varlena *) PG_DETOAST_DATUM_COPY(PointerGetDatum(value));
		compiled = key->kind->compile(copy, own);
	}
	MemoryContextSwitchTo(old);
	MemoryContextCopyAndSetIdentifier(own, key->kind->name);
	*context = own;
	return compiled;
}

static large_form *
find_large(call_site *site, const form_key *key)
{
	int i;

	for (i = 0; site->large != NULL && i < LARGE_FORMS; i++)
		if (site->large[i].context != NULL && same_key(&site->large[i].key, key))
			return &site->large[i];
	return NULL;
}

/* The place of the large form that was used longest ago, free. */
static large_form *
large_place(call_site *site, MemoryContext site_context)
{
	large_form *oldest;
	int i;

	if (site->large == NULL)
		site->large = MemoryContextAllocZero(site_context, LARGE_FORMS * sizeof(large_form));
	oldest = &site->large[0];
	for (i = 1; i < LARGE_FORMS; i++)
		if (site->large[i].used_at < oldest->used_at)
			oldest = &site->large[i];
	if (oldest->context != NULL)
		MemoryContextDelete(oldest->context);
	oldest->context = NULL;
	return oldest;
}

static sight *
sight_place(call_site *site, const form_key *key)
{
	size_t place = spread(key) & (site->size - 1);

	while (site->sights[place].key.kind != NULL && !same_key(&site->sights[place].key, key))
		place = (place + 1) & (site->size - 1);
	return &site->sights[place];
}

/* Remember what was found; a full table that may not grow starts anew. */
static void
remember(call_site *site, MemoryContext context, const sight *seen)
{
	sight *place;

	if (site->sights == NULL)
	{
		site->size = FIRST_SIGHTS;
		site->sights = MemoryContextAllocZero(context, site->size * sizeof(sight));
	}
	else if (4 * (site->count + 1) > 3 * site->size)
	{
		sight *old = site->sights;
		size_t old_size = site->size;
		size_t i;

		site->size = Min(2 * old_size, MOST_SIGHTS);
		site->sights = MemoryContextAllocZero(context, site->size * sizeof(sight));
		site->count = 0;
		for (i = 0; site->size > old_size && i < old_size; i++)
			if (old[i].key.kind != NULL)
			{
				*sight_place(site, &old[i].key) = old[i];
				site->count++;
			}
		pfree(old);
	}
	place = sight_place(site, &seen->key);
	if (place->key.kind == NULL)
		site->count++;
	*place = *seen;
	site->last = *seen;
}

static inline bool
still_there(const sight *seen)
{
	return seen->form != NULL && seen->form->generation == seen->generation;
}

void *
rui_compiled(FunctionCallInfo fcinfo, int argument, const rui_compiled_kind *kind)
{
	struct varlena *value = (struct varlena *) PG_GETARG_POINTER(argument);
	MemoryContext site_context;
	MemoryContext context;
	call_site *site = NULL;
	large_form *large;
	form_key content;
	sight seen;
	bool in_parts;
	Size bytes;

	memset(&seen, 0, sizeof seen);
	seen.key.kind = kind;
	read_key(value, &seen.key);
	site_context = fcinfo->flinfo != NULL ? fcinfo->flinfo->fn_mcxt : CurrentMemoryContext;
	if (fcinfo->flinfo != NULL)
	{
		site = fcinfo->flinfo->fn_extra;
		if (site == NULL)
		{
			site = MemoryContextAllocZero(site_context, sizeof(call_site));
			fcinfo->flinfo->fn_extra = site;
		}
		site->calls++;
		if (!same_key(&site->last.key, &seen.key) && site->sights != NULL)
		{
			const sight *before = sight_place(site, &seen.key);

			if (before->key.kind != NULL)
				site->last = *before;
		}
		if (same_key(&site->last.key, &seen.key) && still_there(&site->last))
		{
			use(site->last.form);
			return site->last.compiled;
		}
		large = find_large(site, &seen.key);
		if (large != NULL)
		{
			large->used_at = site->calls;
			return large->compiled;
		}
	}
	content = seen.key;
	in_parts = reads_in_parts(&content, value);
	if (content.by_pointer && !in_parts)
	{
		content.by_pointer = false;
		read_hash(value, &content);
	}
	seen.form = in_parts ? NULL : find_kept(&content);
	if (seen.form != NULL)
		use(seen.form);
	else
	{
		/* Below the call site's context, so that an error leaves nothing. */
		seen.compiled = compile(&content, value, in_parts, site_context, &context);
		bytes = MemoryContextMemAllocated(context, true);
		if (in_parts || bytes > largest_kept())
		{
			if (site != NULL)
			{
				large = large_place(site, site_context);
				large->key = seen.key;
				large->used_at = site->calls;
				large->context = context;
				large->compiled = seen.compiled;
			}
			return seen.compiled;
		}
		seen.form = keep(&content, context, bytes, seen.compiled);
	}
	seen.compiled = seen.form->compiled;
	seen.generation = seen.form->generation;
	if (site != NULL)
		remember(site, site_context, &seen);
	return seen.compiled;
}
