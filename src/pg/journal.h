/* SPDX-License-Identifier: PostgreSQL
 *
 * journal.h
 *	  Row images: how the journal writes rows down.
 *
 * A layout names the columns of a table as they were, so that images
 * outlive ALTER TABLE, dump and restore.  It is stored as JSON:
 *
 *	[{"name":"id","type":"pg_catalog.int8","form":"word8","key":true}, ...]
 *
 * form says how a value is written:
 *	word1|2|4|8	fixed size, most significant byte first
 *	bytes		payload of a text, varchar, bpchar, json or bytea, after its length
 *	send		what the type's send function gives, after its length
 *	text		what its output function gives, after its length
 * Lengths are base-128 varints, least significant group first.
 *
 * An image is a letter and its columns:
 *	I or D		a bitmap of the columns that are not null, then their values
 *	U			the key columns' values, a bitmap of the changed columns, and
 *				for each a byte (1: old not null, 2: new not null), old, new
 */
#ifndef RUI_JOURNAL_H
#define RUI_JOURNAL_H

#include "pg/rui_pg.h"

#include "access/tupdesc.h"
#include "lib/stringinfo.h"

typedef enum image_form
{
	IMAGE_WORD1,
	IMAGE_WORD2,
	IMAGE_WORD4,
	IMAGE_WORD8,
	IMAGE_BYTES,
	IMAGE_SEND,
	IMAGE_TEXT
} image_form;

extern const char *const rui_image_form_names[]; /* by image_form */

/* Bytes of a word form, 0 for the others. */
static inline int
rui_image_word_size(image_form form)
{
	return form <= IMAGE_WORD8 ? 1 << (int) form : 0;
}

/*
 * Insert one row into rui.journal: a value and null flag for each of its
 * columns, in order; the second, the identity, is given here.  Called inside
 * SPI, as the owner of the table.  The last two are the salt of what may be
 * erased, and what was: null in new rows.
 */
#define RUI_JOURNAL_COLUMNS 15
extern void rui_journal_insert(Datum *values, bool *nulls);

#endif /* RUI_JOURNAL_H */
