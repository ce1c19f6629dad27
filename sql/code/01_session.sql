-- Who acts, and what that party may reach and do (src/pg/session.c).

CREATE FUNCTION rui.current_party() RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_current_party' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui.current_party() IS
'The party this session acts for, or null for nobody: rui.party_id set in this very transaction; else, for login roles that are members of rui_gateway, the claim party_id of request.jwt.claims or the setting jwt.claims.party_id, set in this very transaction; else the row of rui.login for the login role. Errors of claims: 22P02, 22023 malformed; 28000 expired, not yet valid, of another issuer or for another audience; P0002 unknown party; 42501 the party''s company has not registered the login by rui.set_gateway, or the session''s role or the claim role is more than the party holds.';

CREATE FUNCTION rui._access_time() RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_access_time' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._access_time() IS
'Internal: the instant for which it is judged what somebody may: when the statement that the client sent began, or the transaction, when a procedure began it after that. So a role ends within open transactions, too. Not before the mark that rui._mark_clock keeps: where the server''s clock was set back, time stands still until it comes to that again, and no role that has ended holds once more.';

CREATE FUNCTION rui._record_time() RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui__record_time' LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._record_time() IS
'Internal: the instant at which what this transaction writes is recorded: its now(), or, where the server''s clock was set back, the mark that rui._mark_clock and the seals keep: no row is recorded behind a seal.';

CREATE FUNCTION rui._mark_clock(at timestamptz) RETURNS void
AS 'MODULE_PATHNAME', 'rui__mark_clock' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION rui._mark_clock(timestamptz) IS
'Internal: keeps in rui.clock_mark that the database has reached an instant, as its owner; does nothing where it is known to have reached a later one, or for infinity. Ticks do it every minute, and whoever ends a role.';

CREATE FUNCTION rui.my_projects() RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_my_projects' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION rui.my_projects() IS
'Ids of the projects in which the acting party holds a role now, also within a transaction that began before, its company roles included; ascending, empty for nobody. Use it in policies as project_id = ANY ((SELECT rui.my_projects())::bigint[]).';

CREATE FUNCTION rui.my_companies() RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_my_companies' LANGUAGE C STABLE PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION rui.my_companies() IS
'Ids of the companies in which, or in a project of which, the acting party holds a role now, also within a transaction that began before; ascending, empty for nobody.';

CREATE FUNCTION rui.projects_as(group_role text) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_projects_as' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION rui.projects_as(text) IS
'Ids of the projects of rui.my_projects() in which the acting party holds a role that reads as the group role (rui.role_group), such as rui_manager; ascending, empty for nobody and for unknown group roles. Policies of a group role use it as project_id = ANY ((SELECT rui.projects_as(''rui_manager''))::bigint[]), so that a manager of one project reads as a manager there alone, whatever role the same party holds elsewhere.';

CREATE FUNCTION rui.companies_as(group_role text) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_companies_as' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION rui.companies_as(text) IS
'Ids of the companies of rui.my_companies() in which, or in a project of which, the acting party holds a role that reads as the group role (rui.role_group); ascending, empty for nobody and for unknown group roles.';

CREATE FUNCTION rui.journals_as(group_role text) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui_journals_as' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 10;
COMMENT ON FUNCTION rui.journals_as(text) IS
'Numbers of the journals (rui.seal.project_id, rui.duty_run.project_id) of what rui.projects_as and rui.companies_as name: a project''s is its id, a company''s minus its id, and 0 is that of the installation; ascending, empty for nobody and for unknown group roles.';

CREATE FUNCTION rui.has_permission(project_id bigint, permission text) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_has_permission' LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui.has_permission(bigint, text) IS
'Whether a role of the acting party carries the permission in that project, and the project''s state allows it. False for nobody and for unknown projects.';

CREATE FUNCTION rui.require_permission(project_id bigint, permission text) RETURNS void
AS 'MODULE_PATHNAME', 'rui_require_permission' LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui.require_permission(bigint, text) IS
'Raises unless rui.has_permission: 22004 for a null argument, 42501 when nobody acts or no role carries the permission (also for unknown projects), 55000 when the project''s state forbids it.';

CREATE FUNCTION rui.require_company_permission(company_id bigint, permission text) RETURNS void
AS 'MODULE_PATHNAME', 'rui_require_company_permission' LANGUAGE C VOLATILE PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui.require_company_permission(bigint, text) IS
'Raises unless a role of the acting party in that company, or in one of its projects, carries the permission: 22004 for a null argument, 42501 otherwise.';

CREATE FUNCTION rui.forget_lookups() RETURNS trigger
AS 'MODULE_PATHNAME', 'rui_forget_lookups' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rui.forget_lookups() IS
'Statement trigger of small tables that backends keep in memory (permissions, memberships, transitions): makes every backend read them again.';

-- Not IMMUTABLE: the planner would raise for branches that are never run.
CREATE FUNCTION rui._missing(argument text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '% must not be null', argument USING ERRCODE = 'null_value_not_allowed';
END
$$;
COMMENT ON FUNCTION rui._missing(text) IS 'Internal: raises 22004 naming an argument that must be given.';

CREATE FUNCTION rui._unknown(subject text, id bigint, project_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RAISE EXCEPTION '% % does not exist in project %', subject, coalesce(id::text, 'null'), project_id
		USING ERRCODE = 'no_data_found', HINT = 'Ids are per project: give the id and the project it belongs to.';
END
$$;
COMMENT ON FUNCTION rui._unknown(text, bigint, bigint) IS
'Internal: raises P0002 for an id that the project does not have.';

CREATE FUNCTION rui._check_text(argument text, value text, longest integer) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM rui._missing(argument);
	ELSIF value !~ '[^[:space:]]' THEN
		RAISE EXCEPTION '% must not be empty', argument USING ERRCODE = 'invalid_parameter_value';
	ELSIF length(value) > longest THEN
		RAISE EXCEPTION '% is longer than % characters', argument, longest
			USING ERRCODE = 'string_data_right_truncation', DETAIL = format('It has %s.', length(value));
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_text(text, text, integer) IS
'Internal: raises 22004 for a null, 22023 for a blank and 22001 for a text of more than `longest` characters.';

CREATE FUNCTION rui._holds_null(list anyarray) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF array_ndims(list) > 1 THEN
		RAISE EXCEPTION 'a list has % dimensions', array_ndims(list)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give its elements one after the other, as in ''{1,2,3}''.';
	END IF;
	RETURN list IS NOT NULL AND array_position(list, NULL) IS NOT NULL;
END
$$;
COMMENT ON FUNCTION rui._holds_null(anyarray) IS
'Internal: whether a list that a caller gives holds a null; false for no list and an empty one. Error 22023 for an array of several dimensions.';

CREATE FUNCTION rui._check_point(place geometry) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- place may be null: then there is nothing to check.
	IF place IS NULL THEN
		RETURN;
	ELSIF GeometryType(place) NOT IN ('POINT', 'POINTM') OR ST_IsEmpty(place) THEN
		RAISE EXCEPTION 'the place must be a point, not %', GeometryType(place)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give ST_SetSRID(ST_MakePoint(lon, lat), 4326).';
	ELSIF ST_SRID(place) <> 4326 THEN
		RAISE EXCEPTION 'the place has SRID %', ST_SRID(place)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give WGS 84 coordinates with SRID 4326, or use ST_Transform.';
	-- NaN is greater than every number, so it fails the upper bound.
	ELSIF NOT (ST_X(place) BETWEEN -180 AND 180 AND ST_Y(place) BETWEEN -90 AND 90) THEN
		RAISE EXCEPTION 'the place lies outside the world: % %', ST_X(place), ST_Y(place)
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give longitude -180 to 180, then latitude -90 to 90.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_point(geometry) IS
'Internal: raises 22023 unless a place is a non-empty point with SRID 4326, 22003 when it is not finite or outside the world. Null passes.';
