-- What every table of the platform has in common, said once: row security,
-- grants, the journal, comments. Called by the platform files as rui_owner.

CREATE FUNCTION rui._describe(table_name text, about text, VARIADIC columns text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	-- Columns that mean the same in every table need not be described again.
	common CONSTANT jsonb := '{
		"project_id": "The project (tenant) the row belongs to.",
		"company_id": "The company the row belongs to.",
		"id": "Identity of the row: unique, neither dense nor in order of time.",
		"code": "Short name for people and imports, unique among its kind.",
		"name": "Name as people say it.",
		"valid": "When the row holds: from, inclusive, to, exclusive.",
		"recorded_at": "When the database learned of it (transaction time).",
		"state": "State; moves only by rui.transition.",
		"last_action": "The action that led to the state.",
		"party_id": "The party (person or organisation) concerned.",
		"unit_id": "The unit (home, shop, parking place) concerned.",
		"building_id": "The building concerned.",
		"household_id": "The household concerned."}';
	entry text;
	column_name text;
	described text[] := '{}';
	missing text;
BEGIN
	EXECUTE format('COMMENT ON %s rui.%I IS %L',
		CASE (SELECT c.relkind FROM pg_class c WHERE c.oid = format('rui.%I', table_name)::regclass)
			WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, table_name, about);
	FOREACH entry IN ARRAY columns LOOP
		column_name := split_part(entry, ':', 1);
		EXECUTE format('COMMENT ON COLUMN rui.%I.%I IS %L', table_name, column_name,
			btrim(substr(entry, length(column_name) + 2)));
		described := described || column_name;
	END LOOP;
	FOR column_name IN
		SELECT a.attname FROM pg_attribute a
		WHERE a.attrelid = format('rui.%I', table_name)::regclass AND a.attnum > 0
			AND NOT a.attisdropped AND a.attname <> ALL (described)
	LOOP
		IF common ? column_name THEN
			EXECUTE format('COMMENT ON COLUMN rui.%I.%I IS %L', table_name, column_name, common ->> column_name);
		ELSE
			missing := concat_ws(', ', missing, column_name);
		END IF;
	END LOOP;
	IF missing IS NOT NULL THEN
		RAISE EXCEPTION 'table rui.% has columns without description: %', table_name, missing;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._describe(text, text, text[]) IS
'Internal: comments a table or view and its columns; each further argument is "column: text". Columns such as project_id that mean the same everywhere have a text already; any other without text is an error.';

CREATE FUNCTION rui._journal_table(table_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER journal_insert AFTER INSERT ON rui.%I REFERENCING NEW TABLE AS new_rows
		FOR EACH STATEMENT EXECUTE FUNCTION rui.journal_change(%L)', table_name, table_name);
	EXECUTE format('CREATE TRIGGER journal_update AFTER UPDATE ON rui.%I REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
		FOR EACH STATEMENT EXECUTE FUNCTION rui.journal_change(%L)', table_name, table_name);
	EXECUTE format('CREATE TRIGGER journal_delete AFTER DELETE ON rui.%I REFERENCING OLD TABLE AS old_rows
		FOR EACH STATEMENT EXECUTE FUNCTION rui.journal_change(%L)', table_name, table_name);
	EXECUTE format('CREATE TRIGGER journal_truncate BEFORE TRUNCATE ON rui.%I
		FOR EACH STATEMENT EXECUTE FUNCTION rui.refuse_change(%L)', table_name, table_name);
END
$$;
COMMENT ON FUNCTION rui._journal_table(text) IS
'Internal: puts the journal''s triggers on a table; TRUNCATE, which no trigger could write down, is refused.';

CREATE FUNCTION rui._append_only(table_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Row triggers also guard the partitions of a partitioned table.
	EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rui.%I
		FOR EACH ROW EXECUTE FUNCTION rui.refuse_change(%L)', table_name, table_name);
	EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON rui.%I
		FOR EACH STATEMENT EXECUTE FUNCTION rui.refuse_change(%L)', table_name, table_name);
END
$$;
COMMENT ON FUNCTION rui._append_only(text) IS 'Internal: makes a table refuse UPDATE, DELETE and TRUNCATE.';

CREATE FUNCTION rui._declare_table(table_name text, class text, writes text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reach text := CASE class
		WHEN 'tenant' THEN 'project_id = ANY ((SELECT rui.my_projects())::bigint[])'
		WHEN 'company' THEN 'company_id = ANY ((SELECT rui.my_companies())::bigint[])'
		WHEN 'reference' THEN 'true' END;
BEGIN
	IF reach IS NULL OR writes NOT IN ('change', 'append', 'none') THEN
		RAISE EXCEPTION 'unknown class "%" or writes "%"', class, writes;
	END IF;
	EXECUTE format('ALTER TABLE rui.%I ENABLE ROW LEVEL SECURITY', table_name);
	EXECUTE format('ALTER TABLE rui.%I FORCE ROW LEVEL SECURITY', table_name);
	EXECUTE format('REVOKE ALL ON rui.%I FROM PUBLIC', table_name);
	-- API functions name one project in every query. CASE keeps the policy out
	-- of index conditions and estimates, where it would only compete with that.
	EXECUTE format('CREATE POLICY api ON rui.%I TO rui_api USING (CASE WHEN %s THEN true ELSE false END) WITH CHECK (%s)', table_name, reach, reach);
	EXECUTE format('GRANT SELECT%s ON rui.%I TO rui_api',
		CASE writes WHEN 'change' THEN ', INSERT, UPDATE, DELETE' WHEN 'append' THEN ', INSERT' ELSE '' END,
		table_name);
	IF class = 'reference' THEN
		EXECUTE format('CREATE POLICY everybody ON rui.%I FOR SELECT TO rui_user USING (true)', table_name);
		EXECUTE format('GRANT SELECT ON rui.%I TO rui_user', table_name);
		-- The platform files seed these tables as their owner.
		EXECUTE format('CREATE POLICY owner ON rui.%I TO rui_owner USING (true) WITH CHECK (true)', table_name);
	END IF;
	IF writes = 'append' THEN
		PERFORM rui._append_only(table_name);
		-- Never behind a seal, whatever the server's clock does.
		IF table_name <> 'journal' THEN
			EXECUTE format('ALTER TABLE rui.%I ALTER COLUMN recorded_at SET DEFAULT rui._record_time()', table_name);
		END IF;
		-- What was added since the last seal: rows lie as they came, so an
		-- index of ranges of blocks is enough, and costs writers nothing. Ranges
		-- are summarised when they are full, or each seal would read them all.
		IF class <> 'reference' THEN
			EXECUTE format('CREATE INDEX %I ON rui.%I USING brin (%I) WITH (autosummarize = on)', table_name || '_recorded', table_name,
				CASE table_name WHEN 'journal' THEN 'at' ELSE 'recorded_at' END);
		END IF;
	ELSIF writes = 'change' THEN
		PERFORM rui._journal_table(table_name);
	END IF;
	INSERT INTO rui.platform_table (table_name, class, writes) VALUES (table_name, class, writes);
END
$$;
COMMENT ON FUNCTION rui._declare_table(text, text, text) IS
'Internal: makes a new table one of the platform. class: tenant (project_id, one project per row), company (company_id) or reference (everybody reads it). writes: change (the API inserts, updates and deletes; journaled), append (inserts only; the table refuses the rest; it has a column recorded_at, by which it is sealed), none (only the owner writes). Enables and forces row security, creates the policy of rui_api, grants, and records the class in rui.platform_table.';

CREATE FUNCTION rui._reach_above(table_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reach CONSTANT text := 'project_id <= 0 AND (project_id = 0 OR -project_id = ANY ((SELECT rui.my_companies())::bigint[]))';
BEGIN
	-- A policy of its own: what is done in a project is let pass by the other.
	EXECUTE format('CREATE POLICY api_above ON rui.%I TO rui_api USING (CASE WHEN %s THEN true ELSE false END) WITH CHECK (%s)', table_name, reach, reach);
END
$$;
COMMENT ON FUNCTION rui._reach_above(text) IS
'Internal: lets API functions reach the rows of a tenant table that belong to no project: those of one''s companies, under minus their ids as project_id, and those of the installation, under 0.';

CREATE FUNCTION rui._allow_read(table_name text, roles text[], condition text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	role_name text;
	reach text;
BEGIN
	FOREACH role_name IN ARRAY roles LOOP
		-- A login may be in a group for the sake of one project, and its party
		-- be somebody else in another.
		reach := condition;
		IF EXISTS (SELECT FROM rui.role_group g WHERE g.group_role = role_name) THEN
			reach := replace(reach, 'rui.my_projects()', format('rui.projects_as(%L)', role_name));
			reach := replace(reach, 'rui.my_companies()', format('rui.companies_as(%L)', role_name));
		END IF;
		EXECUTE format('CREATE POLICY %I ON rui.%I FOR SELECT TO %I USING (%s)',
			role_name || '_reads', table_name, role_name, reach);
		EXECUTE format('GRANT SELECT ON rui.%I TO %I', table_name, role_name);
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._allow_read(text, text[], text) IS
'Internal: lets group roles read the rows of a table that a condition names; the condition holds columns, constants and parameterless STABLE functions in a scalar subselect, such as project_id = ANY ((SELECT rui.my_projects())::bigint[]). For a group role of rui.role_group, my_projects and my_companies become projects_as and companies_as of that role.';

CREATE FUNCTION rui._watch_table(table_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER forget_lookups AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON rui.%I
		FOR EACH STATEMENT EXECUTE FUNCTION rui.forget_lookups()', table_name);
END
$$;
COMMENT ON FUNCTION rui._watch_table(text) IS
'Internal: tells every backend when a table changes that they keep in memory.';

CREATE FUNCTION rui._stateful_table(table_name text, subject text, subject_column text DEFAULT '') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('CREATE TRIGGER enforce_transition BEFORE INSERT OR UPDATE OF state, last_action ON rui.%I
		FOR EACH ROW EXECUTE FUNCTION rui.enforce_transition(%L, %L)', table_name, subject, subject_column);
END
$$;
COMMENT ON FUNCTION rui._stateful_table(text, text, text) IS
'Internal: makes a table with columns project_id, id, state and last_action obey a machine of rui.transition: that of a subject, or, when subject is empty, that of the subject in a column.';

CREATE FUNCTION rui._create_partition(table_name text, part text, bounds text, about text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- Made alone and then attached, it keeps nobody from writing to the table
	-- meanwhile, but for those who write to its default partition.
	EXECUTE format('CREATE TABLE rui.%I (LIKE rui.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION)',
		part, table_name);
	EXECUTE format('ALTER TABLE rui.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', part);
	EXECUTE format('ALTER TABLE rui.%I ATTACH PARTITION rui.%I %s', table_name, part, bounds);
	EXECUTE format('COMMENT ON TABLE rui.%I IS %L', part, about);
END
$$;
COMMENT ON FUNCTION rui._create_partition(text, text, text, text) IS
'Internal: makes a table like table_name, with row security, and attaches it with these bounds (FOR VALUES …, or DEFAULT). Errors: 23514 where the default partition holds rows of the bounds.';

CREATE FUNCTION rui._create_partitions(table_name text, from_on date, months integer) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	first_on timestamp := date_trunc('month', from_on::timestamp);
	part text;
	made integer := 0;
BEGIN
	part := table_name || '_default';
	IF to_regclass(format('rui.%I', part)) IS NULL THEN
		PERFORM rui._create_partition(table_name, part, 'DEFAULT',
			format('Partition of rui.%s for instants outside the others; nobody reads it by its own name.', table_name));
	END IF;
	FOR i IN 0 .. months - 1 LOOP
		part := format('%s_%s', table_name, to_char(first_on + make_interval(months => i), 'YYYY_MM'));
		IF to_regclass(format('rui.%I', part)) IS NULL THEN
			PERFORM rui._create_partition(table_name, part, format('FOR VALUES FROM (%L) TO (%L)',
				(first_on + make_interval(months => i)) AT TIME ZONE 'UTC', (first_on + make_interval(months => i + 1)) AT TIME ZONE 'UTC'),
				format('Partition of rui.%s; nobody reads it by its own name.', table_name));
			made := made + 1;
		END IF;
	END LOOP;
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui._create_partitions(text, date, integer) IS
'Internal: creates the monthly partitions (UTC months) of a table partitioned by time, as many months from from_on as asked, and the default partition; existing ones are left. Returns how many months were created. Errors: 23514 for a month whose rows are in the default partition.';

CREATE FUNCTION rui._extend_partitions(table_name text, from_on date, months integer) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_extend_partitions' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION rui._extend_partitions(text, date, integer) IS
'Internal: rui._create_partitions, done as the owner of the table.';
