-- Writing every change of a table down, and reading it back
-- (src/pg/journal.c, src/pg/journal_image.c; the form is in src/pg/journal.h).

CREATE FUNCTION rui.journal_change() RETURNS trigger
AS 'MODULE_PATHNAME', 'rui_journal_change' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rui.journal_change() IS
'Statement trigger after INSERT, UPDATE or DELETE with transition tables; argument: the table''s name. Writes the images of all changed rows to rui.journal, one row per project and megabyte; rows an UPDATE left as they were are not written.';

CREATE FUNCTION rui._store_layout(table_name text) RETURNS void
AS 'MODULE_PATHNAME', 'rui_store_layout' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rui._store_layout(text) IS
'Internal: writes how the columns of a table are now to rui.journal_layout, so that the first two transactions that change its rows need not wait for each other to do so.';

CREATE FUNCTION rui.image_json(columns text, images bytea,
	OUT image_number integer, OUT operation text, OUT row_key jsonb, OUT old_row jsonb, OUT new_row jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rui_image_json' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10;
COMMENT ON FUNCTION rui.image_json(text, bytea) IS
'The row images of a rui.journal row as JSON: columns is rui.journal_layout.columns of its layout_id, images the journal''s. One row per image: image_number from 1, operation insert, update or delete, the primary key, the old and the new values (of an update: only the changed columns). Numbers and booleans are JSON numbers and booleans, other values their text form. For who reads the journal. Errors: 22P02, 22023 columns are no journal layout, or call by a form what no value of the type is written as, 22P03 a value is none of its type, XX001 images do not fit it.';

CREATE FUNCTION rui._redact_image(columns text, images bytea, image_number integer, names text[]) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui__redact_image' LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui._redact_image(text, bytea, integer, text[]) IS
'Internal: the images of a rui.journal row, the values of the named columns of one of them (from 1) taken out: they read as null afterwards. Columns of the primary key stay, unknown names are passed over. Error XX001 when images do not fit the layout.';

CREATE FUNCTION rui._erase_as_owner(party_id bigint, at timestamptz) RETURNS jsonb
AS 'MODULE_PATHNAME', 'rui__erase_as_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION rui._erase_as_owner(bigint, timestamptz) IS
'Internal: rui._erase_party, done as the owner of the tables, with the guards of append-only tables open while it runs.';

CREATE FUNCTION rui._ties_as_owner(party_id bigint, at timestamptz) RETURNS jsonb
AS 'MODULE_PATHNAME', 'rui__ties_as_owner' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000;
COMMENT ON FUNCTION rui._ties_as_owner(bigint, timestamptz) IS
'Internal: rui._party_ties, done as the owner of the tables, who sees all projects of the company.';

CREATE FUNCTION rui._export_as_owner(party_id bigint, at timestamptz) RETURNS jsonb
AS 'MODULE_PATHNAME', 'rui__export_as_owner' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 100000;
COMMENT ON FUNCTION rui._export_as_owner(bigint, timestamptz) IS
'Internal: rui._export_party, done as the owner of the tables, who sees all projects of the company.';

CREATE FUNCTION rui._erasure_as_owner(party_id bigint, at timestamptz) RETURNS jsonb
AS 'MODULE_PATHNAME', 'rui__erasure_as_owner' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000;
COMMENT ON FUNCTION rui._erasure_as_owner(bigint, timestamptz) IS
'Internal: rui._erasure_of, done as the owner of the tables, who sees all projects of the company.';
