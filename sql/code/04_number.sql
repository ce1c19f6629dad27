-- Numbers of documents, given as their transaction commits (src/pg/number.c).

CREATE FUNCTION rui.give_number() RETURNS trigger
AS 'MODULE_PATHNAME', 'rui_give_number' LANGUAGE C VOLATILE PARALLEL UNSAFE
SET enable_seqscan = off;
COMMENT ON FUNCTION rui.give_number() IS
'Constraint trigger after INSERT for each row, deferred; arguments: a code of rui.number_series and, for one that restarts, the column with the instant of the document. Writes the next number of the series, or of its month or year in the project''s zone, for the row (project_id, id) to rui.document_number: without gaps, in the order in which transactions commit. Errors: 39P01, 42703, 42704 unknown series.';

CREATE FUNCTION rui._number_table(table_name text, series text, at_column text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('CREATE CONSTRAINT TRIGGER give_number AFTER INSERT ON rui.%I DEFERRABLE INITIALLY DEFERRED
		FOR EACH ROW EXECUTE FUNCTION rui.give_number(%s)', table_name, concat_ws(', ', quote_literal(series), quote_literal(at_column)));
END
$$;
COMMENT ON FUNCTION rui._number_table(text, text, text) IS
'Internal: lets the rows of a table be numbered in a series as they are committed; at_column, for a series that restarts, holds the instant of the document.';
