-- Rule values as text, for clients that know the types of PostgreSQL alone: a
-- view with all columns of each table that holds one.

CREATE FUNCTION rui._plain_view(table_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	source CONSTANT regclass := format('rui.%I', table_name)::regclass;
	plain CONSTANT text := table_name || '_plain';
	granted record;
	described record;
BEGIN
	EXECUTE (SELECT format('CREATE VIEW rui.%I WITH (security_invoker = true, security_barrier = true) AS SELECT %s FROM rui.%I t', plain,
			string_agg(format(CASE WHEN y.typnamespace = 'rui'::regnamespace AND y.typtype = 'b' THEN 't.%1$I::text AS %1$I' ELSE 't.%I' END, a.attname), ', '
				ORDER BY a.attnum), table_name)
		FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped);
	EXECUTE format('COMMENT ON VIEW rui.%I IS %L', plain, format('As rui.%s, with its rule values as text: for clients that know built-in types only. %s',
		table_name, obj_description(source, 'pg_class')));
	FOR described IN SELECT a.attname, col_description(source, a.attnum) AS about FROM pg_attribute a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped LOOP
		EXECUTE format('COMMENT ON COLUMN rui.%I.%I IS %L', plain, described.attname, described.about);
	END LOOP;
	FOR granted IN SELECT DISTINCT r.rolname FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) g JOIN pg_roles r ON r.oid = g.grantee
		WHERE c.oid = source AND g.privilege_type = 'SELECT' AND r.rolname <> 'rui_owner' LOOP
		EXECUTE format('GRANT SELECT ON rui.%I TO %I', plain, granted.rolname);
	END LOOP;
	INSERT INTO rui.analyst_relation (relation_name, form, why)
	SELECT plain, r.form, r.why FROM rui.analyst_relation r WHERE r.relation_name = table_name;
END
$$;
COMMENT ON FUNCTION rui._plain_view(text) IS
'Internal: makes the view TABLE_plain of a table: its columns, those of a type of rui as text, with the same comments, for the same readers.';

PERFORM rui._plain_view('calendar_version');
PERFORM rui._plain_view('working_calendar');
PERFORM rui._plain_view('task_clock');
PERFORM rui._plain_view('territory_map');
PERFORM rui._plain_view('price_plan');
PERFORM rui._plain_view('scorecard');
