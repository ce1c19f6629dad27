-- The ground every other file stands on: a safe schema, the roles, and the
-- procedures that create and upgrade the platform.

-- A schema that somebody else can create objects in, or already did, would
-- let him slip functions under our names.
DO $guard$
DECLARE
	foreign_object text;
	creator name;
	owner_is_super boolean;
BEGIN
	IF pg_catalog.getdatabaseencoding() OPERATOR(pg_catalog.<>) 'UTF8' THEN
		RAISE EXCEPTION 'this database has encoding %', pg_catalog.getdatabaseencoding()
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'Install into one made by CREATE DATABASE ... TEMPLATE template0 ENCODING ''UTF8''.';
	END IF;
	SELECT r.rolsuper INTO owner_is_super
	FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) n.nspowner
	WHERE n.nspname OPERATOR(pg_catalog.=) 'rui';
	IF NOT owner_is_super THEN
		RAISE EXCEPTION 'schema "rui" is not owned by a superuser'
			USING ERRCODE = 'insufficient_privilege',
				HINT = 'Drop or rename the schema, then run CREATE EXTENSION rui CASCADE again.';
	END IF;
	SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) INTO foreign_object
	FROM pg_catalog.pg_depend d
	WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass
		AND d.refobjid OPERATOR(pg_catalog.=) (
			SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'rui')
		AND NOT (d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
			AND d.objid OPERATOR(pg_catalog.=) (
				SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'rui'))
	ORDER BY d.classid, d.objid
	LIMIT 1;
	IF foreign_object IS NOT NULL THEN
		RAISE EXCEPTION 'schema "rui" already holds %', foreign_object
			USING ERRCODE = 'object_not_in_prerequisite_state',
				HINT = 'If this is what DROP EXTENSION rui CASCADE left of a platform, keep it with ALTER SCHEMA rui RENAME TO rui_old, or remove it with DROP SCHEMA rui CASCADE; then run CREATE EXTENSION rui CASCADE and restore the data from a dump.';
	END IF;
	SELECT CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0 THEN 'PUBLIC' ELSE r.rolname END INTO creator
	FROM pg_catalog.pg_namespace n
	CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) a
	LEFT JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) a.grantee
	WHERE n.nspname OPERATOR(pg_catalog.=) 'rui' AND a.privilege_type OPERATOR(pg_catalog.=) 'CREATE'
		AND r.rolsuper IS NOT TRUE
	LIMIT 1;
	IF creator IS NOT NULL THEN
		RAISE EXCEPTION 'schema "rui" lets % create objects', creator
			USING ERRCODE = 'insufficient_privilege',
				HINT = 'Drop or rename the schema, then run CREATE EXTENSION rui CASCADE again.';
	END IF;
END
$guard$;

REVOKE ALL ON SCHEMA rui FROM PUBLIC;

CREATE FUNCTION rui.create_roles() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	role_names CONSTANT text[] := ARRAY['rui_user', 'rui_owner', 'rui_api', 'rui_resident', 'rui_staff',
		'rui_steward', 'rui_agent', 'rui_manager', 'rui_expert', 'rui_partner', 'rui_analyst',
		'rui_auditor', 'rui_gateway'];
	role_name text;
	found_role pg_roles;
BEGIN
	-- Roles are shared by all databases of a cluster: two installs may meet. An
	-- advisory lock could be held by anybody, and is of one database only.
	LOCK TABLE pg_authid IN SHARE UPDATE EXCLUSIVE MODE;
	FOREACH role_name IN ARRAY role_names LOOP
		SELECT * INTO found_role FROM pg_roles WHERE rolname = role_name;
		IF NOT FOUND THEN
			BEGIN
				EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
			EXCEPTION WHEN duplicate_object OR unique_violation THEN
				NULL; -- another database of this cluster was faster
			END;
		ELSIF found_role.rolsuper OR found_role.rolcanlogin OR found_role.rolbypassrls THEN
			RAISE EXCEPTION 'role "%" exists and is SUPERUSER, LOGIN or BYPASSRLS', role_name
				USING ERRCODE = 'object_not_in_prerequisite_state',
					HINT = format('Rename it, or run ALTER ROLE %I NOSUPERUSER NOLOGIN NOBYPASSRLS.', role_name);
		END IF;
		IF role_name <> 'rui_user' AND NOT pg_has_role(role_name, 'rui_user', 'MEMBER') THEN
			EXECUTE format('GRANT rui_user TO %I', role_name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.create_roles() IS
'Creates the cluster-wide group roles rui_user, rui_owner, rui_api, rui_resident, rui_staff, rui_steward, rui_agent, rui_manager, rui_expert, rui_partner, rui_analyst, rui_auditor and rui_gateway where they are missing, all NOLOGIN and members of rui_user. Takes nothing, returns nothing, may be repeated. Error 55000 when one of them exists as SUPERUSER, LOGIN or BYPASSRLS.';

SELECT rui.create_roles();

GRANT USAGE ON SCHEMA rui TO rui_user;
