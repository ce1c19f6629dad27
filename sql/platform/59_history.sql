-- What became of one row: who, when, what, from the journal, with what is
-- secret masked.

CREATE TABLE rui.masked_column (
	table_name text NOT NULL,
	column_name text NOT NULL,
	PRIMARY KEY (table_name, column_name)
);
INSERT INTO rui.masked_column (table_name, column_name) VALUES ('contact_point', 'value'), ('contact_point', 'value_norm'),
	('tax_title', 'name'), ('tax_title', 'tax_no'), ('tax_title', 'address'), ('tax_title', 'phone'), ('tax_title', 'bank'), ('tax_title', 'account_no'),
	('tax_invoice', 'buyer_name'), ('tax_invoice', 'buyer_tax_no'), ('tax_invoice', 'buyer_contact');
PERFORM rui._describe('masked_column', 'Columns whose values histories do not show: that they changed, not what they were.',
	'table_name: The table.', 'column_name: The column.');
PERFORM rui._declare_table('masked_column', 'reference', 'none');
PERFORM rui._permit('read_history', '{candidate,live,closed}', 'manager', 'expert', 'auditor', 'director');
PERFORM rui._name('journal_operation', n.code, n.zh, n.en) FROM (VALUES
	('insert', '新增', 'added'), ('update', '修改', 'changed'), ('delete', '删除', 'removed')) AS n(code, zh, en);

CREATE FUNCTION rui._mask(table_name text, content jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	masked text;
BEGIN
	FOR masked IN SELECT m.column_name FROM rui.masked_column m WHERE m.table_name = _mask.table_name LOOP
		IF content ->> masked IS NOT NULL THEN
			content := jsonb_set(content, ARRAY[masked], '"***"');
		END IF;
	END LOOP;
	RETURN content;
END
$$;
COMMENT ON FUNCTION rui._mask(text, jsonb) IS
'Internal: the values of a row of a table, those of columns in rui.masked_column replaced by ***; nulls stay null.';

CREATE FUNCTION rui.history(project_id bigint, table_name text, key jsonb, row_limit integer DEFAULT 100)
RETURNS TABLE (at timestamptz, party_id bigint, party_name text, login name, operation text, operation_zh text, operation_en text,
	old_row jsonb, new_row jsonb, transaction_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 10
-- All months of the journal are planned once: that takes longer than looking into them.
SET search_path FROM CURRENT SET jit = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	kept_under bigint;
	my_company bigint;
	wanted jsonb;
	key_columns text[];
	numbers bigint[];
	has_plain boolean;
BEGIN
	PERFORM rui.require_permission(project_id, 'read_history');
	IF table_name IS NULL OR key IS NULL OR row_limit IS NULL THEN
		PERFORM rui._missing(CASE WHEN table_name IS NULL THEN 'table_name' WHEN key IS NULL THEN 'key' ELSE 'row_limit' END);
	ELSIF row_limit NOT BETWEEN 1 AND 1000 THEN
		RAISE EXCEPTION 'row_limit must be 1 to 1000, not %', row_limit USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM FROM rui.platform_table t
	WHERE t.table_name = history.table_name AND t.writes = 'change' AND t.class IN ('tenant', 'company');
	IF NOT FOUND THEN
		RAISE EXCEPTION 'table "%" has no history', left(table_name, 80)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Those of rui.platform_table have one whose writes are change and whose class is tenant or company.';
	END IF;
	-- A number is an id; an object names columns of the primary key.
	wanted := CASE jsonb_typeof(key) WHEN 'number' THEN jsonb_build_object('id', key) ELSE key END - 'project_id' - 'company_id';
	SELECT array_agg(DISTINCT c.name) INTO key_columns
	FROM rui.journal_layout l CROSS JOIN LATERAL jsonb_to_recordset(l.columns) AS c(name text, "key" boolean)
	WHERE l.table_name = history.table_name AND c.key AND c.name NOT IN ('project_id', 'company_id');
	IF jsonb_typeof(wanted) <> 'object' OR wanted = '{}' OR NOT ARRAY(SELECT jsonb_object_keys(wanted)) <@ key_columns THEN
		RAISE EXCEPTION 'key % is none of table "%"', left(key::text, 200), table_name
			USING ERRCODE = 'invalid_parameter_value', HINT = format('Give an id, or an object of %s.', array_to_string(key_columns, ', '));
	END IF;
	SELECT p.company_id INTO my_company FROM rui.project p WHERE p.id = history.project_id;
	-- Rows of a project are kept under it, those of a company under minus its id.
	kept_under := CASE WHEN EXISTS (SELECT FROM rui.journal_layout l
		WHERE l.table_name = history.table_name AND l.columns @> '[{"name": "project_id"}]') THEN project_id ELSE -my_company END;
	-- The last number of the key is what the journal is indexed by.
	SELECT coalesce(array_agg(DISTINCT (wanted ->> n.name)::bigint) FILTER (WHERE wanted ->> n.name ~ '^-?[0-9]{1,18}$'), '{}'),
		bool_or(n.name IS NULL OR NOT wanted ? n.name)
	INTO numbers, has_plain
	FROM rui.journal_layout l
	LEFT JOIN LATERAL (
		SELECT c.column ->> 'name' AS name FROM jsonb_array_elements(l.columns) WITH ORDINALITY AS c("column", place)
		WHERE c.column ? 'key' AND c.column ->> 'name' NOT IN ('project_id', 'company_id') AND c.column ->> 'type' IN ('bigint', 'integer', 'pg_catalog.int8', 'pg_catalog.int4')
		ORDER BY c.place DESC LIMIT 1) n ON true
	WHERE l.table_name = history.table_name;
	RETURN QUERY
	WITH found AS MATERIALIZED (
		SELECT j.* FROM rui.journal j
		WHERE j.project_id = kept_under AND j.table_name = history.table_name AND j.first_key = j.last_key AND j.first_key = ANY (numbers)
		UNION ALL
		SELECT j.* FROM unnest(numbers) AS n(number) JOIN rui.journal j ON j.project_id = kept_under AND j.table_name = history.table_name
			AND j.first_key <> j.last_key AND j.last_key >= n.number AND j.first_key <= n.number
		UNION ALL
		SELECT j.* FROM rui.journal j
		WHERE has_plain AND j.project_id = kept_under AND j.table_name = history.table_name AND (j.first_key IS NULL OR numbers = '{}')
	), image AS MATERIALIZED (
		SELECT f.id, f.at, f.party_id, f.login, f.transaction_id, i.operation, i.image_number, i.old_row, i.new_row
		FROM found f
		JOIN rui.journal_layout l ON l.id = f.layout_id
		CROSS JOIN LATERAL rui.image_json(l.columns::text, f.images) i
		WHERE i.row_key @> wanted
	)
	SELECT i.at, i.party_id, p.name, i.login, i.operation, rui.label('journal_operation', i.operation, 'zh'),
		rui.label('journal_operation', i.operation, 'en'), rui._mask(history.table_name, i.old_row), rui._mask(history.table_name, i.new_row), i.transaction_id
	FROM image i
	LEFT JOIN rui.party p ON p.id = i.party_id
	ORDER BY i.at DESC, i.id DESC, i.image_number DESC
	LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION rui.history(bigint, text, jsonb, integer) IS
'The changes of one row of a journaled table of the project or its company, newest first, at most row_limit (1 to 1000): when (time of the transaction), who (party, null for nobody known, and login role), operation (insert, update, delete; with names), the old and the new values as JSON, of an update only the changed columns. key: the id as a JSON number, or an object of columns of the primary key, without project_id and company_id. Values of columns in rui.masked_column are ***. Empty for rows never seen, or of another company. Needs permission read_history. Errors: 22004, 22023 table, key or row_limit, 42501.';
