-- Comma-separated values (RFC 4180) in and out (src/pg/csv.c).

CREATE FUNCTION rui.read_csv(content text, separator text DEFAULT ',', OUT row_no bigint, OUT line_no bigint, OUT item jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rui_read_csv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000;
COMMENT ON FUNCTION rui.read_csv(text, text) IS
'The records of a CSV text (RFC 4180; lines may end with LF, CRLF or CR; a byte-order mark is skipped) as JSON objects of texts, keyed by the first line: its number from 1, the line it begins in, the object. An empty field is a JSON null, a field of two quotes an empty text. separator: comma, semicolon, tab or vertical bar. Empty lines are skipped where there are several columns. Memory for the text and one record; the rows go to a file beyond work_mem. Errors: 22P02 quotes out of place, with line and column in characters; 22023 separator, a record of another number of fields than the first line, a column without a name or with another''s; 54000 more than 1600 columns.';

CREATE FUNCTION rui.csv_line(fields text[], separator text DEFAULT ',') RETURNS text
AS 'MODULE_PATHNAME', 'rui_csv_line' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.csv_line(text[], text) IS
'One line of CSV, without its end: nulls are empty, the empty text is two quotes; what holds the separator, quotes or line ends, or begins or ends with a blank, stands in quotes. rui.read_csv reads it back. Error 22023 for another separator than comma, semicolon, tab and vertical bar, or an array of several dimensions.';

CREATE FUNCTION rui.csv_guard(value text) RETURNS text
AS 'MODULE_PATHNAME', 'rui_csv_guard' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.csv_guard(text) IS
'A text that no spreadsheet takes for a formula: where it begins with = + - @ (also full-width), a tab or a line end, with or without apostrophes before, one apostrophe more; any other text as it is. rui.csv_unguard takes it back.';

CREATE FUNCTION rui.csv_unguard(value text) RETURNS text
AS 'MODULE_PATHNAME', 'rui_csv_unguard' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.csv_unguard(text) IS
'The text that rui.csv_guard was given: one apostrophe less where apostrophes stand before the beginning of a formula; any other text as it is.';
