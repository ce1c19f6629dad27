-- Nobody but the roles of rui may call anything; names with a leading
-- underscore are for the owner of the platform and its API. Those that are
-- IMMUTABLE know nothing but their arguments: public functions of the
-- extension, which run as their caller, may be made of them; _missing only
-- says what is missing.
DO $$
DECLARE
	member record;
BEGIN
	FOR member IN
		SELECT p.oid::pg_catalog.regprocedure AS signature, p.proname,
			pg_catalog.left(p.proname, 1) OPERATOR(pg_catalog.=) '_'
				AND p.provolatile OPERATOR(pg_catalog.<>) 'i' AND p.proname OPERATOR(pg_catalog.<>) '_missing' AS internal,
			p.prorettype OPERATOR(pg_catalog.=) 'pg_catalog.trigger'::pg_catalog.regtype AS is_trigger
		FROM pg_catalog.pg_proc p
		JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
			AND d.objid OPERATOR(pg_catalog.=) p.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'
		JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid AND e.extname OPERATOR(pg_catalog.=) 'rui'
	LOOP
		EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', member.signature);
		IF member.proname OPERATOR(pg_catalog.=) ANY (ARRAY['create_roles', 'create_platform', 'upgrade_platform', 'distribute_platform']) THEN
			CONTINUE; -- for the superuser who installs
		END IF;
		EXECUTE pg_catalog.format('GRANT EXECUTE ON ROUTINE %s TO %s', member.signature,
			CASE WHEN member.proname OPERATOR(pg_catalog.=) 'image_json' THEN 'rui_owner, rui_api, rui_auditor' -- who reads the journal
				WHEN member.internal OR member.is_trigger THEN 'rui_owner, rui_api' ELSE 'rui_user' END);
	END LOOP;
END
$$;
