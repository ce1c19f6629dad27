-- Creating, upgrading and naming the platform. Last but for the grants, so
-- that nothing above depends on it.

CREATE FUNCTION rui._postgis_schema() RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'$$;
COMMENT ON FUNCTION rui._postgis_schema() IS 'Internal: the schema PostGIS is installed in.';

CREATE FUNCTION rui.platform_version() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	version text;
BEGIN
	IF to_regclass('rui.platform') IS NULL THEN
		RETURN NULL;
	END IF;
	EXECUTE 'SELECT p.version FROM rui.platform p' INTO version;
	RETURN version;
END
$$;
COMMENT ON FUNCTION rui.platform_version() IS
'The version of the platform in this database, as text, or null before rui.create_platform().';

CREATE PROCEDURE rui.create_platform()
LANGUAGE plpgsql
AS $$
DECLARE
	code_version CONSTANT text := (SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'rui');
	present text;
	file text;
	old_path text := pg_catalog.current_setting('search_path');
BEGIN
	PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rui.create_platform', 0));
	present := rui.platform_version();
	IF present IS NOT NULL THEN
		IF present OPERATOR(pg_catalog.<>) code_version THEN
			RAISE EXCEPTION 'the platform has version %, the extension %', present, code_version
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run CALL rui.upgrade_platform().';
		END IF;
		RETURN;
	END IF;
	GRANT CREATE ON SCHEMA rui TO rui_owner;
	PERFORM pg_catalog.set_config('search_path',
		pg_catalog.format('pg_catalog, rui, %I, pg_temp', rui._postgis_schema()), true);
	SET LOCAL ROLE rui_owner;
	CREATE TABLE rui.platform (
		only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
		version text NOT NULL,
		created_at timestamptz NOT NULL DEFAULT now()
	);
	COMMENT ON TABLE rui.platform IS 'One row: which version of the platform lives in this database.';
	COMMENT ON COLUMN rui.platform.only_row IS 'Always true: allows one row.';
	COMMENT ON COLUMN rui.platform.version IS 'Version of the extension that created or last upgraded the platform.';
	COMMENT ON COLUMN rui.platform.created_at IS 'When the platform was created.';
	INSERT INTO rui.platform (version) VALUES (code_version);
	FOREACH file IN ARRAY rui._platform_files() LOOP
		EXECUTE pg_catalog.format('CALL rui.%I()', '_platform_' OPERATOR(pg_catalog.||) file);
	END LOOP;
	RESET ROLE;
	CALL rui._finish_platform();
	PERFORM pg_catalog.set_config('search_path', old_path, true);
END
$$;
COMMENT ON PROCEDURE rui.create_platform() IS
'Creates the platform in schema rui: tables, state machines, views, triggers, policies and API functions, owned by rui_owner and rui_api, not members of the extension. To be called by the superuser who installed the extension, in a database with UTF8 encoding; one transaction; returns at once when the platform is there. Error 55000 when the platform has another version.';
