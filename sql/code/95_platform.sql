-- Creating, upgrading and naming the platform. Last but for the grants, so
-- that nothing above depends on it.

CREATE FUNCTION rui._postgis_schema() RETURNS name
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis'$$;
COMMENT ON FUNCTION rui._postgis_schema() IS 'Internal: the schema PostGIS is installed in.';

CREATE FUNCTION rui.platform_version() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
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

CREATE PROCEDURE rui._finish_platform()
LANGUAGE plpgsql
AS $$
DECLARE
	routine record;
BEGIN
	-- What the platform files would have to repeat for every function: who
	-- owns it and who may call it.
	FOR routine IN
		SELECT p.oid::pg_catalog.regprocedure AS signature, p.prosecdef,
			pg_catalog.left(p.proname, 1) OPERATOR(pg_catalog.=) '_' AS internal,
			p.prorettype OPERATOR(pg_catalog.=) 'pg_catalog.trigger'::pg_catalog.regtype AS is_trigger,
			pg_catalog.obj_description(p.oid, 'pg_proc') OPERATOR(pg_catalog.~~) 'For the DBA:%' AS for_dba
		FROM pg_catalog.pg_proc p
		WHERE p.pronamespace OPERATOR(pg_catalog.=) 'rui'::pg_catalog.regnamespace
			AND NOT EXISTS (
				SELECT FROM pg_catalog.pg_depend d
				WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
					AND d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e')
	LOOP
		IF routine.prosecdef THEN
			EXECUTE pg_catalog.format('ALTER ROUTINE %s OWNER TO rui_api', routine.signature);
		END IF;
		EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', routine.signature);
		IF routine.for_dba THEN
			CONTINUE;
		END IF;
		EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO %s', routine.signature,
			CASE WHEN routine.internal OR routine.is_trigger THEN 'rui_api' ELSE 'rui_user' END);
	END LOOP;
	-- API functions read views as they read tables; row security of the
	-- tables below decides for them too.
	FOR routine IN
		SELECT c.oid::pg_catalog.regclass AS signature FROM pg_catalog.pg_class c
		WHERE c.relnamespace OPERATOR(pg_catalog.=) 'rui'::pg_catalog.regnamespace
			AND c.relkind OPERATOR(pg_catalog.=) 'v'
	LOOP
		EXECUTE pg_catalog.format('GRANT SELECT ON %s TO rui_api', routine.signature);
	END LOOP;
END
$$;
COMMENT ON PROCEDURE rui._finish_platform() IS
'Internal: lets the API read all views, gives the platform''s SECURITY DEFINER functions to rui_api, takes EXECUTE from PUBLIC, and grants it to rui_user, or to rui_api alone for names with a leading underscore. Functions whose comment begins with "For the DBA:" stay with the owner and superusers.';

CREATE PROCEDURE rui.create_platform()
LANGUAGE plpgsql
AS $$
DECLARE
	code_version CONSTANT text := (SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'rui');
	present text;
	file text;
	old_path CONSTANT text := pg_catalog.current_setting('search_path');
	old_strings CONSTANT text := pg_catalog.current_setting('standard_conforming_strings');
BEGIN
	-- Not an advisory lock, which any login may take and keep.
	LOCK TABLE pg_catalog.pg_extension IN SHARE UPDATE EXCLUSIVE MODE;
	present := rui.platform_version();
	IF present IS NOT NULL THEN
		IF present OPERATOR(pg_catalog.<>) code_version THEN
			RAISE EXCEPTION 'the platform has version %, the extension %', present, code_version
				USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run CALL rui.upgrade_platform().';
		END IF;
		RETURN;
	END IF;
	-- It is in the path of the API's functions.
	IF pg_catalog.has_schema_privilege('public', rui._postgis_schema(), 'CREATE') THEN
		RAISE EXCEPTION 'schema "%" lets everybody create objects', rui._postgis_schema()
			USING ERRCODE = 'insufficient_privilege',
				HINT = pg_catalog.format('Run REVOKE CREATE ON SCHEMA %I FROM PUBLIC, see what strangers left there, and call it again.', rui._postgis_schema());
	END IF;
	GRANT CREATE ON SCHEMA rui TO rui_owner;
	PERFORM pg_catalog.set_config('search_path',
		pg_catalog.format('pg_catalog, rui, %I, pg_temp', rui._postgis_schema()), true);
	-- Backslashes in patterns are backslashes.
	SET LOCAL standard_conforming_strings = on;
	SET LOCAL ROLE rui_owner;
	FOREACH file IN ARRAY rui._platform_files() LOOP
		-- Not by CALL: a procedure keeps the plans of its statements, and each
		-- object that is made goes through all plans there are.
		BEGIN
			EXECUTE pg_catalog.format('DO LANGUAGE plpgsql %L', (SELECT p.prosrc FROM pg_catalog.pg_proc p
				WHERE p.pronamespace OPERATOR(pg_catalog.=) 'rui'::pg_catalog.regnamespace
					AND p.proname OPERATOR(pg_catalog.=) ('_platform_' OPERATOR(pg_catalog.||) file)));
		EXCEPTION WHEN OTHERS THEN
			-- Once more, for an error that names the file and its line.
			EXECUTE pg_catalog.format('CALL rui.%I()', '_platform_' OPERATOR(pg_catalog.||) file);
		END;
	END LOOP;
	INSERT INTO rui.platform (version) VALUES (code_version);
	EXECUTE 'SELECT count(rui._store_layout(t.table_name)) FROM rui.platform_table t WHERE t.writes = ''change'' OR t.class = ''reference'' AND t.writes = ''none''';
	RESET ROLE;
	CALL rui._finish_platform();
	PERFORM pg_catalog.set_config('search_path', old_path, true), pg_catalog.set_config('standard_conforming_strings', old_strings, true);
END
$$;
COMMENT ON PROCEDURE rui.create_platform() IS
'Creates the platform in schema rui: tables, state machines, views, triggers, policies and API functions, owned by rui_owner and rui_api, not members of the extension. To be called by the superuser who installed the extension, in a database with UTF8 encoding; one transaction; returns at once when the platform is there. Errors: 55000 when the platform has another version, 42501 when everybody may create objects in the schema of PostGIS, which is in the path of API functions.';

CREATE PROCEDURE rui.upgrade_platform()
LANGUAGE plpgsql
AS $$
DECLARE
	code_version CONSTANT text := (SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'rui');
	present text := rui.platform_version();
BEGIN
	IF present IS NULL THEN
		RAISE EXCEPTION 'there is no platform to upgrade'
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Run CALL rui.create_platform().';
	ELSIF present OPERATOR(pg_catalog.<>) code_version THEN
		-- 1.0.0 is the first version: no other can be the platform's.
		RAISE EXCEPTION 'no way leads from platform version % to %', present, code_version
			USING ERRCODE = 'feature_not_supported', HINT = 'Install the versions between them one after the other.';
	END IF;
	-- Books that were opened before an account was added have it from now on.
	EXECUTE 'SELECT rui._complete_charts(NULL)';
END
$$;
COMMENT ON PROCEDURE rui.upgrade_platform() IS
'Brings the platform to the version of the extension after ALTER EXTENSION rui UPDATE; when it is there already, it only gives all books the accounts of rui.account_template that they lack. Error 55000 without a platform, 0A000 when no step leads from its version.';
