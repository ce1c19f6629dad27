-- What one does with documents: store, supersede, open, erase, destroy.

CREATE FUNCTION rui.set_document_kind(project_id bigint, code text, name_zh text, name_en text, visibility text DEFAULT 'staff',
	keep_days integer DEFAULT NULL, media_types text[] DEFAULT '{}', max_bytes bigint DEFAULT 104857600) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_documents');
	PERFORM rui._check_text('code', code, 60);
	PERFORM rui._check_text('name_zh', name_zh, 200);
	PERFORM rui._check_text('name_en', name_en, 200);
	PERFORM rui._check_text('visibility', visibility, 20);
	IF code !~ '^[a-z][a-z0-9_]*$' THEN
		RAISE EXCEPTION 'a code is small letters, digits and _, not "%"', code USING ERRCODE = 'invalid_parameter_value';
	ELSIF visibility NOT IN ('staff', 'party', 'public') THEN
		RAISE EXCEPTION 'visibility is staff, party or public, not "%"', visibility USING ERRCODE = 'invalid_parameter_value';
	ELSIF num_nulls(media_types, max_bytes) > 0 THEN
		PERFORM rui._missing(CASE WHEN media_types IS NULL THEN 'media_types' ELSE 'max_bytes' END);
	ELSIF keep_days NOT BETWEEN 1 AND 36525 OR max_bytes NOT BETWEEN 1 AND 1099511627776 THEN
		RAISE EXCEPTION 'keep_days is 1 to 36525, max_bytes 1 to 1099511627776' USING ERRCODE = 'invalid_parameter_value';
	ELSIF array_ndims(media_types) > 1 OR EXISTS (
		SELECT FROM unnest(media_types) AS m(type) WHERE m.type IS NULL OR m.type !~ '^[a-z]+/([a-z0-9][a-z0-9.+-]{0,99}|\*)$') THEN
		RAISE EXCEPTION 'media_types are a list of such as image/jpeg or image/*' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.document_kind AS k (project_id, code, name_zh, name_en, media_types, max_bytes, visibility, keep_days)
	VALUES (project_id, code, name_zh, name_en, media_types, max_bytes, visibility, keep_days)
	ON CONFLICT ON CONSTRAINT document_kind_pkey DO UPDATE
	SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en, media_types = EXCLUDED.media_types, max_bytes = EXCLUDED.max_bytes,
		visibility = EXCLUDED.visibility, keep_days = EXCLUDED.keep_days;
	PERFORM rui._emit(project_id, 'document_kind.set', 'project', project_id, now(), jsonb_build_object('kind', code));
END
$$;
COMMENT ON FUNCTION rui.set_document_kind(bigint, text, text, text, text, integer, text[], bigint) IS
'Makes a kind of documents or says anew what holds for it. visibility: who sees them unless told otherwise: staff, party or public. keep_days: 1 to 36525 days after its last version a document is erased (null: never); counts for documents stored or superseded from now on. media_types: what content may be, such as image/jpeg or image/*; empty: anything. max_bytes: 1 to 1099511627776. Needs permission set_documents. Errors: 22004, 22001, 22023, 42501, 55000.';

CREATE FUNCTION rui._document_owner(project_id bigint, subject text, subject_id bigint, OUT party_id bigint, OUT household_id bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	place rui.document_subject;
	class text;
	is_there boolean;
BEGIN
	SELECT s.* INTO place FROM rui.document_subject s WHERE s.subject = _document_owner.subject;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'documents cannot be about "%"', subject
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.document_subject lists what they can be about.';
	END IF;
	SELECT t.class INTO class FROM rui.platform_table t WHERE t.table_name = place.table_name;
	EXECUTE format('SELECT true, %s, %s FROM rui.%I t WHERE t.id = $2 AND %s', coalesce('t.' || quote_ident(place.party_column), 'NULL'),
		coalesce('t.' || quote_ident(place.household_column), 'NULL'), place.table_name,
		CASE WHEN class = 'company' AND place.table_name <> 'project' THEN 't.company_id = (SELECT j.company_id FROM rui.project j WHERE j.id = $1)'
			ELSE 't.project_id = $1' END)
	INTO is_there, party_id, household_id USING project_id, subject_id;
	IF is_there IS NULL THEN
		PERFORM rui._unknown(subject, subject_id, project_id);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._document_owner(bigint, text, bigint) IS
'Internal: the party and the household whose a row is that documents can be about, each null where it has none. Errors: 22023 nothing that documents can be about, P0002 a row that the project does not have.';

CREATE FUNCTION rui._check_content(kind rui.document_kind, content_hash bytea, bytes bigint, media_type text, storage_ref text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_text('media_type', media_type, 120);
	PERFORM rui._check_text('storage_ref', storage_ref, 1000);
	IF content_hash IS NULL OR bytes IS NULL THEN
		PERFORM rui._missing(CASE WHEN content_hash IS NULL THEN 'content_hash' ELSE 'bytes' END);
	ELSIF octet_length(content_hash) <> 32 THEN
		RAISE EXCEPTION 'content_hash has % bytes', octet_length(content_hash)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the SHA-256 of the content: 32 bytes.';
	ELSIF bytes < 0 OR bytes > kind.max_bytes THEN
		RAISE EXCEPTION 'a "%" has 0 to % bytes, not %', kind.code, kind.max_bytes, bytes USING ERRCODE = 'numeric_value_out_of_range';
	ELSIF (bytes = 0) <> (content_hash = sha256('')) THEN
		RAISE EXCEPTION 'content_hash and bytes do not belong together' USING ERRCODE = 'invalid_parameter_value';
	ELSIF media_type !~ '^[a-z]+/[a-z0-9][a-z0-9.+-]{0,99}$' OR kind.media_types <> '{}' AND NOT (
		media_type = ANY (kind.media_types) OR split_part(media_type, '/', 1) || '/*' = ANY (kind.media_types)) THEN
		RAISE EXCEPTION 'a "%" cannot be %', kind.code, media_type USING ERRCODE = 'invalid_parameter_value',
			HINT = CASE WHEN kind.media_types = '{}' THEN 'Give such as image/jpeg.' ELSE format('It can be %s.', array_to_string(kind.media_types, ', ')) END;
	END IF;
	-- Whoever erases the others that have this content waits for us, or we for him.
	PERFORM FROM rui.document_content c
	WHERE c.project_id = kind.project_id AND c.storage_ref = _check_content.storage_ref AND NOT c.is_erased
	LIMIT 1 FOR SHARE;
	IF NOT FOUND AND EXISTS (SELECT FROM rui.document_content c
		WHERE c.project_id = kind.project_id AND c.storage_ref = _check_content.storage_ref) THEN
		RAISE EXCEPTION 'content "%" is being destroyed', storage_ref
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Store it under another name.';
	-- Whoever names what lies there without knowing it would be let open it, and keep it from being destroyed.
	ELSIF EXISTS (SELECT FROM rui.document_content c
		JOIN rui.document_version v ON v.project_id = c.project_id AND v.document_id = c.document_id AND v.version = c.version
		WHERE c.project_id = kind.project_id AND c.storage_ref = _check_content.storage_ref AND v.content_hash <> _check_content.content_hash) THEN
		RAISE EXCEPTION 'content "%" has another hash', storage_ref
			USING ERRCODE = 'invalid_parameter_value', HINT = 'A name in the store is of one content: store other content under another.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_content(rui.document_kind, bytea, bigint, text, text) IS
'Internal: raises unless content may be a document of a kind: 22004, 22001, 22003 too large, 22023 no SHA-256, of another media type, empty only by one of hash and size, or of another hash than what has this name in the project, 55000 erased content that the store has yet to destroy.';

CREATE FUNCTION rui._document_kind(project_id bigint, code text) RETURNS rui.document_kind
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	kind rui.document_kind;
BEGIN
	PERFORM rui._check_text('kind_code', code, 60);
	SELECT k.* INTO kind FROM rui.document_kind k WHERE k.project_id = _document_kind.project_id AND k.code = _document_kind.code;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'document kind "%" does not exist in project %', code, project_id
			USING ERRCODE = 'no_data_found', HINT = 'set_document_kind() makes one.';
	END IF;
	RETURN kind;
END
$$;
COMMENT ON FUNCTION rui._document_kind(bigint, text) IS 'Internal: a kind of documents. Errors: 22004, 22001, 22023 blank, P0002 unknown.';

CREATE FUNCTION rui._keep_until(kind rui.document_kind, at timestamptz) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT (at AT TIME ZONE j.time_zone)::date + kind.keep_days FROM rui.project j WHERE j.id = kind.project_id);
END
$$;
COMMENT ON FUNCTION rui._keep_until(rui.document_kind, timestamptz) IS
'Internal: the day, in the time of the project, on which a document whose last version is of `at` is erased; null: never.';

CREATE FUNCTION rui._sees_document(present rui.document) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (present.visibility = 'public'
		OR present.visibility = 'staff' AND rui.has_permission(present.project_id, 'see_documents')
		OR rui.has_permission(present.project_id, 'see_all_documents')
		OR present.visibility = 'party' AND (present.party_id = rui.current_party() OR present.household_id = ANY (rui.my_households())) IS TRUE);
END
$$;
COMMENT ON FUNCTION rui._sees_document(rui.document) IS
'Internal: whether the acting party may see a document.';

CREATE FUNCTION rui._document(project_id bigint, document_id bigint, locked boolean DEFAULT false) RETURNS rui.document
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.document;
BEGIN
	IF document_id IS NULL THEN
		PERFORM rui._missing('document_id');
	ELSIF locked THEN
		PERFORM FROM rui.document d WHERE d.project_id = _document.project_id AND d.id = document_id FOR NO KEY UPDATE;
	END IF;
	SELECT d.* INTO present FROM rui.document d WHERE d.project_id = _document.project_id AND d.id = document_id;
	-- What one may not see does not exist.
	IF NOT FOUND OR NOT rui._sees_document(present) THEN
		PERFORM rui._unknown('document', document_id, project_id);
	END IF;
	RETURN present;
END
$$;
COMMENT ON FUNCTION rui._document(bigint, bigint, boolean) IS
'Internal: a document that the acting party may see, locked on demand. Errors: 22004, P0002 unknown, another project''s, or not to be seen.';

CREATE FUNCTION rui.store_document(project_id bigint, kind_code text, subject text, subject_id bigint, title text, content_hash bytea,
	bytes bigint, media_type text, storage_ref text, visibility text DEFAULT NULL, request_key text DEFAULT NULL,
	at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	kind rui.document_kind;
	owner record;
	answer jsonb;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'store_documents');
	PERFORM rui._check_time(project_id, at);
	kind := rui._document_kind(project_id, kind_code);
	PERFORM rui._check_text('subject', subject, 60);
	PERFORM rui._check_text('title', title, 200);
	IF subject_id IS NULL THEN
		PERFORM rui._missing('subject_id');
	ELSIF visibility NOT IN ('staff', 'party', 'public') THEN
		RAISE EXCEPTION 'visibility is staff, party or public, not "%"', visibility USING ERRCODE = 'invalid_parameter_value';
	END IF;
	answer := rui._begin_request(project_id, 'store_document', request_key, jsonb_build_array(kind_code, subject, subject_id, title,
		encode(content_hash, 'hex'), bytes, media_type, storage_ref, visibility));
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	SELECT o.party_id, o.household_id INTO owner FROM rui._document_owner(project_id, subject, subject_id) o;
	IF NOT rui.has_permission(project_id, 'see_documents') THEN
		-- Who does not work here adds to what is his own, and shows it to nobody else.
		IF (owner.party_id = rui.current_party() OR owner.household_id = ANY (rui.my_households())) IS NOT TRUE THEN
			PERFORM rui._unknown(subject, subject_id, project_id);
		ELSIF coalesce(visibility, kind.visibility) = 'public' THEN
			RAISE EXCEPTION 'a document of your own cannot be public' USING ERRCODE = 'insufficient_privilege',
				HINT = 'Say visibility party.';
		END IF;
	END IF;
	PERFORM rui._check_content(kind, content_hash, bytes, media_type, storage_ref);
	INSERT INTO rui.document (project_id, kind_code, subject, subject_id, party_id, household_id, title, visibility, keep_until, last_at)
	VALUES (project_id, kind_code, subject, subject_id, owner.party_id, owner.household_id, title, coalesce(visibility, kind.visibility),
		rui._keep_until(kind, at), at)
	RETURNING id INTO new_id;
	INSERT INTO rui.document_version (project_id, document_id, version, content_hash, bytes, media_type, at, party_id)
	VALUES (project_id, new_id, 1, content_hash, bytes, media_type, at, rui.current_party());
	INSERT INTO rui.document_content (project_id, document_id, version, storage_ref) VALUES (project_id, new_id, 1, storage_ref);
	PERFORM rui._emit(project_id, 'document.store', 'document', new_id, at,
		jsonb_build_object('kind', kind_code, 'subject', subject, 'subject_id', subject_id, 'hash', encode(content_hash, 'hex')));
	PERFORM rui._finish_request(project_id, 'store_document', request_key, to_jsonb(new_id));
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.store_document(bigint, text, text, bigint, text, bytea, bigint, text, text, text, text, timestamptz) IS
'Writes down a document of a kind about a row (subject of rui.document_subject, subject_id) whose content lies in a store: title up to 200 characters, content_hash its SHA-256 (32 bytes), bytes its size, media_type such as image/jpeg, storage_ref its name in the store (up to 1000 characters), which other documents have for content of the same hash only. It is of the party and household whose the row is. visibility: staff, party or public; null: as the kind. Returns its id. Needs permission store_documents; who does not work in the project adds only to what is his own, and not publicly. Errors: 22004, 22001, 22003 too large, 22008, 22023 unknown subject, hash, media type or visibility, or a name that content of another hash has, P0002 unknown kind or row, RU409, 42501, 55000 also content that is being destroyed.';

CREATE FUNCTION rui.supersede_document(project_id bigint, document_id bigint, content_hash bytea, bytes bigint, media_type text, storage_ref text,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.document;
	kind rui.document_kind;
	answer jsonb;
BEGIN
	PERFORM rui.require_permission(project_id, 'store_documents');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'supersede_document', request_key, jsonb_build_array(document_id, encode(content_hash, 'hex'),
		bytes, media_type, storage_ref));
	IF answer IS NOT NULL THEN
		RETURN answer::integer;
	END IF;
	present := rui._document(project_id, document_id, true);
	IF NOT rui.has_permission(project_id, 'see_documents') THEN
		IF (present.party_id = rui.current_party() OR present.household_id = ANY (rui.my_households())) IS NOT TRUE THEN
			PERFORM rui._unknown('document', document_id, project_id);
		ELSIF present.visibility = 'public' THEN
			RAISE EXCEPTION 'document % is public', document_id USING ERRCODE = 'insufficient_privilege',
				HINT = 'Who works in the project gives it another version.';
		END IF;
	END IF;
	kind := rui._document_kind(project_id, present.kind_code);
	PERFORM rui._check_content(kind, content_hash, bytes, media_type, storage_ref);
	IF at < present.last_at THEN
		RAISE EXCEPTION 'document % was last changed at %, later than %', document_id, present.last_at, at
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give actions in the order they happened.';
	ELSIF present.state = 'stored' AND EXISTS (SELECT FROM rui.document_version v
		JOIN rui.document_content c ON c.project_id = v.project_id AND c.document_id = v.document_id AND c.version = v.version AND NOT c.is_erased
		WHERE v.project_id = present.project_id AND v.document_id = present.id AND v.version = present.versions
			AND v.content_hash = supersede_document.content_hash) THEN
		PERFORM rui._finish_request(project_id, 'supersede_document', request_key, to_jsonb(present.versions));
		RETURN present.versions;
	END IF;
	UPDATE rui.document d SET last_action = 'supersede', last_at = supersede_document.at, versions = d.versions + 1,
		keep_until = rui._keep_until(kind, supersede_document.at)
	WHERE d.project_id = supersede_document.project_id AND d.id = supersede_document.document_id;
	INSERT INTO rui.document_version (project_id, document_id, version, content_hash, bytes, media_type, at, party_id)
	VALUES (project_id, document_id, present.versions + 1, content_hash, bytes, media_type, at, rui.current_party());
	INSERT INTO rui.document_content (project_id, document_id, version, storage_ref) VALUES (project_id, document_id, present.versions + 1, storage_ref);
	PERFORM rui._emit(project_id, 'document.supersede', 'document', document_id, at,
		jsonb_build_object('version', present.versions + 1, 'hash', encode(content_hash, 'hex')));
	PERFORM rui._finish_request(project_id, 'supersede_document', request_key, to_jsonb(present.versions + 1));
	RETURN present.versions + 1;
END
$$;
COMMENT ON FUNCTION rui.supersede_document(bigint, bigint, bytea, bigint, text, text, text, timestamptz) IS
'Gives a document a new version; those before stay. Returns its number; content with the hash of the last version changes nothing and returns that. Its time of retention begins anew. Needs permission store_documents, and for who does not work in the project that it is his own and not public. Arguments and errors as store_document; 22023 also `at` before its last change, P0002 unknown document or not to be seen, 55000 erased.';

CREATE FUNCTION rui.set_document_visibility(project_id bigint, document_id bigint, visibility text, at timestamptz DEFAULT now()) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_documents');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('visibility', visibility, 20);
	IF visibility NOT IN ('staff', 'party', 'public') THEN
		RAISE EXCEPTION 'visibility is staff, party or public, not "%"', visibility USING ERRCODE = 'invalid_parameter_value';
	END IF;
	PERFORM rui._document(project_id, document_id, true);
	UPDATE rui.document d SET last_action = 'show', last_at = greatest(d.last_at, set_document_visibility.at), visibility = set_document_visibility.visibility
	WHERE d.project_id = set_document_visibility.project_id AND d.id = set_document_visibility.document_id;
	PERFORM rui._emit(project_id, 'document.show', 'document', document_id, at, jsonb_build_object('visibility', visibility));
END
$$;
COMMENT ON FUNCTION rui.set_document_visibility(bigint, bigint, text, timestamptz) IS
'Says who sees a document from now on: staff, party or public. Needs permission set_documents. Errors: 22004, 22001, 22008, 22023, P0002 unknown document or not to be seen, 42501, 55000 erased.';

CREATE FUNCTION rui._find_content(project_id bigint, document_id bigint, version integer, OUT is_foreign boolean, OUT is_public boolean,
	OUT storage_ref text, OUT content_hash bytea, OUT bytes bigint, OUT media_type text, OUT opened_version integer)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present CONSTANT rui.document := rui._document(project_id, document_id);
BEGIN
	SELECT c.storage_ref, v.content_hash, v.bytes, v.media_type, v.version
	INTO storage_ref, content_hash, bytes, media_type, opened_version
	FROM rui.document_version v
	LEFT JOIN rui.document_content c ON c.project_id = v.project_id AND c.document_id = v.document_id AND c.version = v.version AND NOT c.is_erased
	WHERE v.project_id = present.project_id AND v.document_id = present.id AND v.version = coalesce(_find_content.version, present.versions);
	IF opened_version IS NULL THEN
		RAISE EXCEPTION 'document % has no version %', document_id, version USING ERRCODE = 'no_data_found',
			HINT = format('It has %s.', present.versions);
	ELSIF storage_ref IS NULL THEN
		RAISE EXCEPTION 'version % of document % is erased', opened_version, document_id USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	is_public := present.visibility = 'public';
	is_foreign := NOT is_public AND (present.party_id IS NOT NULL OR present.household_id IS NOT NULL)
		AND (present.party_id = rui.current_party() OR present.household_id = ANY (rui.my_households())) IS NOT TRUE;
END
$$;
COMMENT ON FUNCTION rui._find_content(bigint, bigint, integer) IS
'Internal: where the content of a version (null: the last) of a document lies that the acting party may see; is_foreign: it is about somebody, who is not the acting party nor of its home. Errors: 22004, P0002, 55000 erased.';

CREATE FUNCTION rui.ask_document(project_id bigint, document_id bigint, purpose text, version integer DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	content record;
BEGIN
	PERFORM rui.require_permission(project_id, 'read_documents');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('purpose', purpose, 500);
	SELECT c.* INTO content FROM rui._find_content(project_id, document_id, version) c;
	IF content.is_foreign THEN
		INSERT INTO rui.document_access (project_id, document_id, version, at, party_id, purpose)
		VALUES (ask_document.project_id, ask_document.document_id, content.opened_version, ask_document.at, rui.current_party(), ask_document.purpose);
		PERFORM rui._ask(project_id, 'open_document', jsonb_build_array(document_id, content.opened_version, purpose));
	END IF;
	RETURN content.opened_version;
END
$$;
COMMENT ON FUNCTION rui.ask_document(bigint, bigint, text, integer, timestamptz) IS
'Asks to open a version (null: the last) of a document that is about somebody else, and writes it down in rui.document_access: COMMIT, then rui.open_document with the same purpose opens it within five minutes, as often as it takes. purpose: 1 to 500 characters. Returns the version. Of others there is nothing to ask: they are opened at once. Needs permission read_documents. Errors: 22004, 22001, 22008, 22023 blank purpose, P0002 unknown document or version, 42501, 55000 erased.';

CREATE FUNCTION rui.open_document(project_id bigint, document_id bigint, purpose text, version integer DEFAULT NULL, at timestamptz DEFAULT now(),
	OUT storage_ref text, OUT content_hash bytea, OUT bytes bigint, OUT media_type text, OUT opened_version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	content record;
BEGIN
	PERFORM rui.require_permission(project_id, 'read_documents');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('purpose', purpose, 500);
	SELECT c.* INTO content FROM rui._find_content(project_id, document_id, version) c;
	IF content.is_foreign THEN
		PERFORM rui._require_asked(project_id, 'open_document', jsonb_build_array(document_id, content.opened_version, purpose), 'ask_document');
	ELSIF NOT content.is_public THEN
		INSERT INTO rui.document_access (project_id, document_id, version, at, party_id, purpose)
		VALUES (open_document.project_id, open_document.document_id, content.opened_version, open_document.at, rui.current_party(), open_document.purpose);
	END IF;
	storage_ref := content.storage_ref;
	content_hash := content.content_hash;
	bytes := content.bytes;
	media_type := content.media_type;
	opened_version := content.opened_version;
END
$$;
COMMENT ON FUNCTION rui.open_document(bigint, bigint, text, integer, timestamptz) IS
'Where the content of a document lies, and what it must hash to: of a version, or (null) the last. One that is about somebody else (a party or household that is not the acting party''s) is opened where rui.ask_document has been asked for the same version and purpose within the last five minutes in a transaction that is committed; who opens others that are not public is written down with the purpose (up to 500 characters) in rui.document_access at once. Needs permission read_documents, and that the acting party may see it. Errors: 22004, 22001, 22008, 22023 blank purpose, P0002 unknown document or version, or not to be seen, 42501, 55000 erased, not asked, not committed, or over.';

CREATE FUNCTION rui.document_history(project_id bigint, document_id bigint)
RETURNS TABLE (version integer, at timestamptz, content_hash bytea, bytes bigint, media_type text, erased_at timestamptz, erased_for text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'read_documents');
	PERFORM rui._document(project_id, document_id);
	RETURN QUERY
	SELECT v.version, v.at, v.content_hash, v.bytes, v.media_type, e.at, e.reason
	FROM rui.document_version v
	LEFT JOIN rui.document_erasure e ON e.project_id = v.project_id AND e.document_id = v.document_id AND e.version = v.version
	WHERE v.project_id = document_history.project_id AND v.document_id = document_history.document_id
	ORDER BY v.version;
END
$$;
COMMENT ON FUNCTION rui.document_history(bigint, bigint) IS
'The versions of a document, in order: what each was, and whether, when and why its content was erased. Needs permission read_documents, and that the acting party may see it. Errors: 22004, P0002 unknown or not to be seen, 42501, 55000.';

CREATE FUNCTION rui._erase(project_id bigint, document_ids bigint[], only_version integer, reason text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	gone bigint;
BEGIN
	WITH erased AS (
		UPDATE rui.document_content c SET is_erased = true
		WHERE c.project_id = _erase.project_id AND c.document_id = ANY (document_ids) AND NOT c.is_erased
			AND (only_version IS NULL OR c.version = only_version)
		RETURNING c.document_id, c.version)
	INSERT INTO rui.document_erasure (project_id, document_id, version, at, reason, party_id)
	SELECT _erase.project_id, e.document_id, e.version, _erase.at, _erase.reason, rui.current_party() FROM erased e;
	GET DIAGNOSTICS gone = ROW_COUNT;
	WITH ended AS (
		UPDATE rui.document d SET last_action = 'erase', last_at = greatest(d.last_at, _erase.at)
		WHERE d.project_id = _erase.project_id AND d.id = ANY (document_ids) AND d.state = 'stored' AND NOT EXISTS (
			SELECT FROM rui.document_content c WHERE c.project_id = d.project_id AND c.document_id = d.id AND NOT c.is_erased)
		RETURNING d.id)
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	SELECT _erase.project_id, _erase.at, 'document.erase', 'document', e.id, rui.current_party(), jsonb_build_object('reason', reason) FROM ended e;
	RETURN gone;
END
$$;
COMMENT ON FUNCTION rui._erase(bigint, bigint[], integer, text, timestamptz) IS
'Internal: erases versions (one, or null: all) of documents whose rows are locked: nobody opens them any more, and the store is to destroy them; a document without any left is erased. Returns how many versions.';

CREATE FUNCTION rui.erase_document(project_id bigint, document_id bigint, reason text, version integer DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	present rui.document;
	gone bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'erase_documents');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_text('reason', reason, 500);
	present := rui._document(project_id, document_id, true);
	IF version NOT BETWEEN 1 AND present.versions THEN
		RAISE EXCEPTION 'document % has no version %', document_id, version USING ERRCODE = 'no_data_found',
			HINT = format('It has %s.', present.versions);
	END IF;
	gone := rui._erase(project_id, ARRAY[document_id], version, reason, at);
	IF gone = 0 THEN
		RAISE EXCEPTION 'document % is erased already', document_id USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	RETURN gone;
END
$$;
COMMENT ON FUNCTION rui.erase_document(bigint, bigint, text, integer, timestamptz) IS
'Erases the content of a document, all versions or one: from now on nobody can open it, and the store is told to destroy it. Hash, size, title and who stored it stay, with the reason (up to 500 characters). Returns how many versions. Needs permission erase_documents. Errors: 22004, 22001, 22008, 22023 blank reason, P0002 unknown document or version, 42501, 55000 erased already.';

CREATE FUNCTION rui._duty_erase_documents(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	today date;
	due bigint[];
BEGIN
	SELECT (at AT TIME ZONE j.time_zone)::date INTO today FROM rui.project j WHERE j.id = _duty_erase_documents.project_id;
	-- What another document still has is not destroyed: only its name here goes.
	-- Not at once when it is erased: two who erase both would each count on the other.
	DELETE FROM rui.document_content c
	WHERE c.project_id = _duty_erase_documents.project_id AND c.is_erased AND EXISTS (
		SELECT FROM rui.document_content o WHERE o.project_id = c.project_id AND o.storage_ref = c.storage_ref AND NOT o.is_erased);
	due := ARRAY(
		SELECT d.id FROM rui.document d
		WHERE d.project_id = _duty_erase_documents.project_id AND d.state = 'stored' AND d.keep_until <= today
		ORDER BY d.id FOR NO KEY UPDATE);
	PERFORM rui._erase(project_id, due, NULL, 'retention', at);
	RETURN cardinality(due);
END
$$;
COMMENT ON FUNCTION rui._duty_erase_documents(bigint, timestamptz) IS
'Internal: the duty erase_documents of rui.tick(): erases documents whose time of retention is over. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('erase_documents', 1400, 'Erases documents whose time of retention is over.', '{candidate,live,closed}');

CREATE FUNCTION rui.contents_to_destroy(project_id bigint, up_to integer DEFAULT 1000) RETURNS TABLE (storage_ref text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'dispose_documents');
	IF up_to IS NULL THEN
		PERFORM rui._missing('up_to');
	ELSIF up_to NOT BETWEEN 1 AND 10000 THEN
		RAISE EXCEPTION 'up_to must be 1 to 10000, not %', up_to USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN QUERY
	SELECT DISTINCT c.storage_ref FROM rui.document_content c
	WHERE c.project_id = contents_to_destroy.project_id AND c.is_erased AND NOT EXISTS (
		-- Other documents may have the same content.
		SELECT FROM rui.document_content o WHERE o.project_id = c.project_id AND o.storage_ref = c.storage_ref AND NOT o.is_erased)
	ORDER BY c.storage_ref LIMIT up_to;
END
$$;
COMMENT ON FUNCTION rui.contents_to_destroy(bigint, integer) IS
'For the store: names of content that was erased and that no other document has, up to up_to (1 to 10000); nothing new can be stored under them. Once destroyed, rui.confirm_destroyed takes them off. Needs permission dispose_documents. Errors: 22004, 22023, 42501, 55000.';

CREATE FUNCTION rui.confirm_destroyed(project_id bigint, storage_refs text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	gone bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'dispose_documents');
	IF storage_refs IS NULL OR rui._holds_null(storage_refs) THEN
		PERFORM rui._missing('storage_refs');
	END IF;
	DELETE FROM rui.document_content c
	WHERE c.project_id = confirm_destroyed.project_id AND c.storage_ref = ANY (storage_refs) AND c.is_erased;
	GET DIAGNOSTICS gone = ROW_COUNT;
	RETURN gone;
END
$$;
COMMENT ON FUNCTION rui.confirm_destroyed(bigint, text[]) IS
'For the store: says that content which was to be destroyed is gone; then its name is gone from here too. Names that were not erased are passed over. Returns of how many versions. Needs permission dispose_documents. Errors: 22004, 42501, 55000.';
