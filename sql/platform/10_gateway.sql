-- Gateways: servers that log in with one role and say in each transaction, by
-- claims, for whom they act (src/pg/gateway.c). A company trusts a login by a
-- row here; the administrator does by membership in rui_gateway.

CREATE TABLE rui.gateway (
	company_id bigint NOT NULL REFERENCES rui.company (id),
	login name NOT NULL,
	issuer text CHECK (length(issuer) BETWEEN 1 AND 300),
	audience text CHECK (length(audience) BETWEEN 1 AND 300),
	is_active boolean NOT NULL DEFAULT true,
	PRIMARY KEY (company_id, login)
);

PERFORM rui._permit('set_gateways', '{candidate,live,closed}', 'director', 'loader');
PERFORM rui._name('permission', 'set_gateways', '管理网关', 'trust gateways');

PERFORM rui._describe('gateway', 'Which login roles a company trusts to name, by claims, the party they act for.',
	'login: Name of the login role, a member of rui_gateway.',
	'issuer: What the claim iss must be, or null: anything, or nothing.',
	'audience: What the claim aud must be or contain, or null: anything, or nothing.',
	'is_active: Whether its claims are believed now.');
PERFORM rui._declare_table('gateway', 'company', 'change');
PERFORM rui._watch_table('gateway');
PERFORM rui._allow_read('gateway', '{rui_manager,rui_auditor}', 'company_id = ANY ((SELECT rui.my_companies())::bigint[])');

CREATE FUNCTION rui.set_gateway(company_id bigint, login name, issuer text DEFAULT NULL, audience text DEFAULT NULL,
	is_active boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	found_role pg_roles;
	too_much name;
BEGIN
	PERFORM rui.require_company_permission(company_id, 'set_gateways');
	PERFORM rui._check_text('login', login::text, 63);
	IF is_active IS NULL THEN
		PERFORM rui._missing('is_active');
	END IF;
	IF issuer IS NOT NULL THEN
		PERFORM rui._check_text('issuer', issuer, 300);
	END IF;
	IF audience IS NOT NULL THEN
		PERFORM rui._check_text('audience', audience, 300);
	END IF;
	SELECT r.* INTO found_role FROM pg_roles r WHERE r.rolname = set_gateway.login;
	IF is_active AND (NOT FOUND OR NOT found_role.rolcanlogin) THEN
		RAISE EXCEPTION '"%" is no login role', login
			USING ERRCODE = 'invalid_parameter_value', HINT = 'The administrator makes it: CREATE ROLE … LOGIN NOINHERIT IN ROLE rui_gateway.';
	ELSIF is_active AND (found_role.rolsuper OR found_role.rolbypassrls) THEN
		RAISE EXCEPTION 'login "%" is not bound by row security', login
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'A gateway is a role without SUPERUSER and BYPASSRLS.';
	ELSIF is_active AND NOT pg_has_role(found_role.oid, 'rui_gateway', 'MEMBER') THEN
		RAISE EXCEPTION 'login "%" is no member of rui_gateway', login
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('The administrator trusts it by GRANT rui_gateway TO %I.', login);
	ELSIF is_active THEN
		-- It takes on a group role for the party it names, and has none by itself.
		SELECT g.name INTO too_much
		FROM (SELECT 'rui_owner'::name, 'MEMBER' UNION ALL SELECT 'rui_api', 'MEMBER' UNION ALL
			SELECT DISTINCT r.group_role, 'USAGE' FROM rui.role_group r) AS g(name, kind)
		WHERE pg_has_role(found_role.oid, g.name, g.kind) ORDER BY g.name LIMIT 1;
		IF FOUND THEN
			RAISE EXCEPTION 'login "%" has the rights of % whomever it acts for', login, too_much
				USING ERRCODE = 'object_not_in_prerequisite_state',
					HINT = format('A gateway may take on group roles by SET LOCAL ROLE, no more: ALTER ROLE %I NOINHERIT, REVOKE %I.', login, too_much);
		END IF;
	END IF;
	INSERT INTO rui.gateway AS g (company_id, login, issuer, audience, is_active)
	VALUES (company_id, login, issuer, audience, is_active)
	ON CONFLICT ON CONSTRAINT gateway_pkey DO UPDATE
	SET issuer = excluded.issuer, audience = excluded.audience, is_active = excluded.is_active;
END
$$;
COMMENT ON FUNCTION rui.set_gateway(bigint, name, text, text, boolean) IS
'Trusts a login role to act for the parties of a company that its claims name, or says anew on what terms; is_active false: no more. issuer: what the claim iss must be; audience: what the claim aud must be or contain; up to 300 characters, null: not asked. The login must be a member of rui_gateway without SUPERUSER and BYPASSRLS, must not inherit a group role of rui.role_group and must not be a member of rui_owner or rui_api. Needs permission set_gateways in the company. Errors: 22004, 22001, 22023 arguments, no login role, 42501, 55000 a login with rights of its own.';
