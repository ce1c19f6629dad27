-- All that is held of a person, as one document. Runs as the owner, by
-- rui._export_as_owner alone.

CREATE FUNCTION rui._export_party(party_id bigint, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	place record;
	found_rows jsonb;
	acted bigint;
	tables jsonb := '{}';
	deeds jsonb := '{}';
	company bigint;
BEGIN
	SELECT p.company_id INTO company FROM rui.party p WHERE p.id = _export_party.party_id;
	FOR place IN
		SELECT t.table_name, t.subjects, t.actors, t.also, f.class,
			coalesce((SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = format('rui.%I', t.table_name)::regclass
				AND a.attname IN ('salt', 'erased', 'images')), '{}') AS hidden
		FROM rui.personal_table t JOIN rui.platform_table f ON f.table_name = t.table_name
		WHERE t.excluded IS NULL ORDER BY t.table_name
	LOOP
		EXECUTE format('SELECT jsonb_agg(to_jsonb(t) - $2 ORDER BY t) FROM rui.%I t WHERE %s', place.table_name,
			rui._personal_condition(place.table_name, place.subjects, place.also)) INTO found_rows USING party_id, place.hidden;
		IF found_rows IS NOT NULL THEN
			tables := tables || jsonb_build_object(place.table_name, found_rows);
		END IF;
		IF place.actors <> '{}' THEN
			EXECUTE format('SELECT count(*) FROM rui.%I t WHERE %s', place.table_name, rui._personal_condition(place.table_name, place.actors, NULL))
			INTO acted USING party_id;
			IF acted > 0 THEN
				deeds := deeds || jsonb_build_object(place.table_name, acted);
			END IF;
		END IF;
	END LOOP;
	RETURN jsonb_build_object('version', 'rui subject 1', 'party_id', party_id, 'company_id', company, 'at', at, 'tables', tables, 'acted', deeds);
END
$$;
COMMENT ON FUNCTION rui._export_party(bigint, timestamptz) IS
'Internal: the rows about a party in all tables of rui.personal_table, by table, and in how many rows of which it acted. Only rui._export_as_owner may run it.';

CREATE FUNCTION rui.ask_export(project_id bigint, party_id bigint, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	obstacle record;
BEGIN
	PERFORM rui.require_permission(project_id, CASE WHEN party_id = rui.current_party() THEN 'read_own_data' ELSE 'export_subject' END);
	PERFORM rui._check_time(project_id, at);
	IF party_id IS NULL THEN
		PERFORM rui._missing('party_id');
	ELSIF NOT rui._is_of_project(project_id, party_id) THEN
		PERFORM rui._unknown('party', party_id, project_id);
	ELSIF party_id <> rui.current_party() THEN
		SELECT l.* INTO obstacle FROM rui._reveal_limit(project_id, party_id, at) l;
		IF obstacle.code IS NOT NULL THEN
			RAISE EXCEPTION '%', obstacle.message USING ERRCODE = obstacle.code, HINT = obstacle.hint;
		END IF;
	END IF;
	PERFORM rui._emit(project_id, 'personal.export', 'party', party_id, at);
	RETURN rui._write_access(project_id, party_id, ARRAY(SELECT f.code FROM rui.personal_field f ORDER BY f.code), 'subject_export', NULL, NULL, NULL, at);
END
$$;
COMMENT ON FUNCTION rui.ask_export(bigint, bigint, timestamptz) IS
'Asks for everything that the database holds about a party, and writes it down for the party to read. Returns the access: COMMIT, then rui.export_subject(project_id, access) gives it within five minutes. One''s own with permission read_own_data, else export_subject, within the limits of rui.set_reveal_limits. Errors: 22004, 22008, P0002, 42501, 53400 too many people within an hour or a day, 55000.';

CREATE FUNCTION rui.export_subject(project_id bigint, access_id bigint) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	access rui.personal_access;
BEGIN
	PERFORM rui.require_permission(project_id, CASE WHEN EXISTS (SELECT FROM rui.personal_access a
		WHERE a.project_id = export_subject.project_id AND a.id = access_id AND a.party_id = rui.current_party() AND a.subject_id = a.party_id)
		THEN 'read_own_data' ELSE 'export_subject' END);
	access := rui._committed_access(project_id, access_id);
	IF access.purpose <> 'subject_export' THEN
		RAISE EXCEPTION 'access % is not for an export', access_id USING ERRCODE = 'insufficient_privilege',
			HINT = 'rui.ask_export asks for one.';
	END IF;
	RETURN rui._export_as_owner(access.subject_id, access.at);
END
$$;
COMMENT ON FUNCTION rui.export_subject(bigint, bigint) IS
'Everything that the database holds about a party in all projects of the company (PIPL 45), as one JSON object: version, party_id, company_id, at; tables: the rows about it by table, each row an object of its columns; acted: in how many rows of which tables it acted, which are about others. Tables are those of rui.personal_table, which says why some are passed over. Content of documents lies in the store: rui.open_document. access_id: what rui.ask_export returned to the acting party, committed, within five minutes. One''s own with permission read_own_data, else export_subject. Errors: 22004, P0002 unknown access, or somebody else''s, 42501 also no access for an export, 55000 not committed, or over.';
PERFORM rui._name('personal_purpose', 'subject_export', '本人信息导出', 'export for the person');
PERFORM rui._name('personal_purpose', 'search', '按电话查找', 'found by phone');
