-- Erasing a person: what is about it by the columns that say so, what others
-- wrote of it wherever its numbers or its name stand, and the images of all
-- that in the journal. Runs as the owner, by rui._erase_as_owner alone.

CREATE FUNCTION rui._digest(column_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('encode(sha256(convert_to(t.salt::text || %L || t.%I::text, ''UTF8'')), ''hex'')', ' ' || column_name || ' ', column_name);
COMMENT ON FUNCTION rui._digest(text) IS
'Internal: the expression of the salted digest of a column of a row t: SHA-256, hexadecimal, of the salt, a space, the name of the column, a space and the text of the value; null for null.';

CREATE FUNCTION rui._content_hash(columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('sha256(convert_to(json_build_array(%s)::text, ''UTF8''))', (SELECT string_agg(format('t.%I::text', c.name), ', ' ORDER BY c.place)
	FROM unnest(columns) WITH ORDINALITY AS c(name, place)));
COMMENT ON FUNCTION rui._content_hash(text[]) IS 'Internal: the expression of SHA-256 of what stands in columns of a row t.';

CREATE FUNCTION rui._personal_condition(table_name text, columns text[], also text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((SELECT string_agg(c.condition, ' OR ') FROM (
		SELECT CASE WHEN a.atttypid = 'bigint[]'::regtype THEN format('$1 = ANY (t.%I)', a.attname) ELSE format('t.%I = $1', a.attname) END AS condition
		FROM pg_attribute a
		WHERE a.attrelid = format('rui.%I', _personal_condition.table_name)::regclass AND a.attname::text = ANY (columns) AND NOT a.attisdropped
		UNION ALL
		SELECT format('(%s)', also) WHERE also IS NOT NULL) c), 'false');
END
$$;
COMMENT ON FUNCTION rui._personal_condition(text, text[], text) IS
'Internal: the condition on rows t of a table that name the party $1 in one of the columns, or for which a further condition holds.';

CREATE FUNCTION rui._secret_pattern(kind text, value text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	digits text := regexp_replace(value, '[^0-9]', '', 'g');
	plain CONSTANT text := regexp_replace(value, '([][(){}.*+?^$|\\-])', '\\\1', 'g');
BEGIN
	IF kind = 'phone' THEN
		digits := regexp_replace(digits, '^(00)?86(?=1[0-9]{10}$)', '');
		-- As people write it: with and without the country, spaces and dashes.
		RETURN CASE WHEN length(digits) >= 7 THEN '(?<![0-9])(?:(?:\+|00)?86[ -]?)?' || regexp_replace(digits, '(.)(?=.)', '\1[ -]?', 'g') || '(?![0-9])' END;
	ELSIF kind = 'name' THEN
		RETURN CASE WHEN length(value) < 2 THEN NULL WHEN value ~ '^[ -~]+$' THEN '\m' || plain || '\M' ELSE plain END;
	END IF;
	RETURN CASE WHEN length(value) >= 5 THEN plain END;
END
$$;
COMMENT ON FUNCTION rui._secret_pattern(text, text) IS
'Internal: the regular expression by which a personal value is found in what people write; null for values too short to be anybody''s.';

CREATE FUNCTION rui._rows_of(party_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	place record;
	ids bigint[];
	answer jsonb := '{}';
BEGIN
	FOR place IN
		SELECT t.table_name, t.subjects, t.also FROM rui.personal_table t
		JOIN rui.platform_table f ON f.table_name = t.table_name AND f.writes = 'change'
		JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attname = 'id'
		WHERE EXISTS (SELECT FROM rui.personal_column c WHERE c.table_name = t.table_name)
	LOOP
		EXECUTE format('SELECT array_agg(t.id) FROM rui.%I t WHERE %s', place.table_name,
			rui._personal_condition(place.table_name, place.subjects, place.also)) INTO ids USING party_id;
		answer := answer || jsonb_build_object(place.table_name, coalesce(to_jsonb(ids), '[]'));
	END LOOP;
	-- And those that are gone, which only the journal knows.
	FOR place IN
		SELECT j.table_name, array_agg(DISTINCT (i.row_key ->> 'id')::bigint) AS ids FROM rui.journal j
		JOIN rui.journal_layout l ON l.id = j.layout_id
		CROSS JOIN LATERAL rui.image_json(l.columns::text, j.images) i
		WHERE j.table_name IN ('contact_point', 'personal_value', 'tax_title') AND position(int8send(_rows_of.party_id) IN j.images) > 0
			AND _rows_of.party_id::text IN (i.old_row ->> 'party_id', i.new_row ->> 'party_id')
		GROUP BY j.table_name
	LOOP
		answer := jsonb_set(answer, ARRAY[place.table_name], (answer -> place.table_name) || to_jsonb(place.ids));
	END LOOP;
	RETURN answer;
END
$$;
COMMENT ON FUNCTION rui._rows_of(bigint) IS
'Internal: ids of the rows about a party of the journaled tables of which an erasure changes something, by table; those that are gone included where they held what people are reached or known by.';

CREATE FUNCTION rui._secrets_of(party_id bigint, rows_of jsonb, with_name boolean) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	company bigint;
BEGIN
	SELECT p.company_id INTO company FROM rui.party p WHERE p.id = _secrets_of.party_id;
	-- What is known now, and what was once: the journal has former values.
	RETURN (WITH image AS MATERIALIZED (
		SELECT j.table_name, i.old_row, i.new_row
		FROM (SELECT k.table_name, n.id::bigint AS id FROM jsonb_each(rows_of) AS k(table_name, ids) CROSS JOIN LATERAL jsonb_array_elements_text(k.ids) AS n(id)
			WHERE k.table_name IN ('party', 'contact_point', 'personal_value', 'tax_title')) w
		JOIN rui.journal j ON j.table_name = w.table_name AND w.id BETWEEN j.first_key AND j.last_key
		JOIN rui.journal_layout l ON l.id = j.layout_id
		CROSS JOIN LATERAL rui.image_json(l.columns::text, j.images) i
		WHERE (i.row_key ->> 'id')::bigint = w.id
	), version AS (
		SELECT i.table_name, v.content FROM image i CROSS JOIN LATERAL (VALUES (i.old_row), (i.new_row)) AS v(content) WHERE v.content IS NOT NULL
		UNION ALL
		SELECT 'party', to_jsonb(p) FROM rui.party p WHERE p.id = _secrets_of.party_id
		UNION ALL
		SELECT 'contact_point', to_jsonb(c) FROM rui.contact_point c WHERE c.party_id = _secrets_of.party_id
		UNION ALL
		SELECT 'personal_value', to_jsonb(v) FROM rui.personal_value v WHERE v.party_id = _secrets_of.party_id
		UNION ALL
		SELECT 'tax_title', to_jsonb(x) FROM rui.tax_title x WHERE x.party_id = _secrets_of.party_id
	), secret AS (
		-- A changed value comes without its kind: what looks like a number is one.
		SELECT coalesce(content ->> 'kind', CASE WHEN content ->> 'value' ~ '^[-+0-9 ()]+$' THEN 'phone' ELSE 'text' END) AS kind, content ->> 'value' AS value
		FROM version WHERE table_name = 'contact_point' AND content ->> 'kind' IS DISTINCT FROM 'push'
		UNION SELECT coalesce(content ->> 'field', 'text'), content ->> 'value' FROM version WHERE table_name = 'personal_value'
		UNION SELECT 'phone', content ->> 'phone' FROM version WHERE table_name = 'tax_title'
		UNION SELECT 'account', content ->> 'account_no' FROM version WHERE table_name = 'tax_title'
		-- A name that others have too says nothing of this one.
		UNION SELECT 'name', content ->> 'name' FROM version
		WHERE table_name = 'party' AND with_name AND content ->> 'name' <> '***' AND NOT EXISTS (SELECT FROM rui.party o
			WHERE o.company_id = company AND o.id <> _secrets_of.party_id AND o.name = content ->> 'name')
	)
	SELECT nullif(string_agg(DISTINCT s.pattern, '|'), '') FROM (SELECT rui._secret_pattern(w.kind, w.value) AS pattern FROM secret w) s);
END
$$;
COMMENT ON FUNCTION rui._secrets_of(bigint, jsonb, boolean) IS
'Internal: the regular expression of all numbers, addresses and, with_name, names that a party has or had (rows_of: as rui._rows_of), unless others of the company have the same name; null for none.';

CREATE FUNCTION rui._redact_json(content jsonb, pattern text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN CASE jsonb_typeof(content)
		WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(e.key, rui._redact_json(e.value, pattern)), '{}') FROM jsonb_each(content) e)
		WHEN 'array' THEN (SELECT coalesce(jsonb_agg(rui._redact_json(e.value, pattern) ORDER BY e.place), '[]')
			FROM jsonb_array_elements(content) WITH ORDINALITY AS e(value, place))
		WHEN 'string' THEN to_jsonb(regexp_replace(content #>> '{}', pattern, '***', 'gi'))
		WHEN 'number' THEN CASE WHEN content #>> '{}' ~* pattern THEN '"***"' ELSE content END
		ELSE content END;
END
$$;
COMMENT ON FUNCTION rui._redact_json(jsonb, text) IS
'Internal: a JSON value with *** in place of what matches in its texts and numbers; names of members stay.';

CREATE FUNCTION rui._redact_rows(table_name text, assignments text, condition text, party_id bigint, at timestamptz, pattern text, projects bigint[],
	company_id bigint, images bytea DEFAULT NULL, row_id bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	salted text[];
	key text;
	changed bigint;
BEGIN
	SELECT s.columns INTO salted FROM rui.salted_column s WHERE s.table_name = _redact_rows.table_name;
	IF salted IS NULL THEN
		EXECUTE format('UPDATE rui.%I t SET %s WHERE %s', table_name, assignments, condition)
		USING party_id, at, pattern, projects, company_id, images, row_id;
		GET DIAGNOSTICS changed = ROW_COUNT;
		RETURN changed;
	END IF;
	SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY p.place) INTO key
	FROM pg_index i
	CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS p(number, place)
	JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number
	WHERE i.indrelid = format('rui.%I', _redact_rows.table_name)::regclass AND i.indisprimary;
	EXECUTE format('WITH changed AS (
			UPDATE rui.%I t SET %s, salt = NULL, erased = CASE WHEN t.salt IS NULL THEN t.erased
				ELSE jsonb_strip_nulls(jsonb_build_object(%s)) END
			WHERE %s
			RETURNING t.project_id, json_build_array(%s)::text AS row_key, %s AS content_hash), written AS (
			INSERT INTO rui.erased_row (project_id, table_name, row_key, content_hash, party_id, at)
			SELECT c.project_id, %L, c.row_key, c.content_hash, $1, $2 FROM changed c)
		SELECT count(*) FROM changed', table_name, assignments,
		(SELECT string_agg(format('%L, %s', c.name, rui._digest(c.name)), ', ') FROM unnest(salted) AS c(name)),
		condition, key, rui._content_hash(salted), table_name)
	INTO changed USING party_id, at, pattern, projects, company_id, images, row_id;
	RETURN changed;
END
$$;
COMMENT ON FUNCTION rui._redact_rows(text, text, text, bigint, timestamptz, text, bigint[], bigint, bytea, bigint) IS
'Internal: changes rows t of a table: $1 in assignments and condition is the party, $2 the time, $3 the pattern, $4 the projects, $5 the company, $6 images, $7 an id. Of sealed rows the digests are kept as they were sealed, the salt is destroyed, and rui.erased_row tells of them. Returns how many rows.';

CREATE FUNCTION rui._erase_linked(party_id bigint, at timestamptz, projects bigint[], company_id bigint, OUT erased jsonb, OUT held jsonb)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	place record;
	rule record;
	condition text;
	due timestamptz;
	changed bigint;
BEGIN
	erased := '{}';
	held := '[]';
	FOR place IN
		SELECT c.table_name, t.subjects, t.also FROM (SELECT DISTINCT c.table_name FROM rui.personal_column c) c
		JOIN rui.personal_table t ON t.table_name = c.table_name
		-- What others are found by goes last.
		ORDER BY c.table_name IN ('party', 'personal_request'), c.table_name
	LOOP
		condition := rui._personal_condition(place.table_name, place.subjects, place.also);
		FOR rule IN
			SELECT c.years, c.held_from, c.source, string_agg(format('%I = %s', c.column_name, c.replacement), ', ') AS assignments,
				string_agg(format('t.%I::text IS DISTINCT FROM (%s)::text', c.column_name, c.replacement), ' OR ') FILTER (WHERE c.column_name <> '*') AS differs,
				array_agg(c.column_name ORDER BY c.column_name) AS columns, bool_or(c.column_name = '*') AS goes
			FROM rui.personal_column c WHERE c.table_name = place.table_name
			GROUP BY c.years, c.held_from, c.source ORDER BY c.years
		LOOP
			IF rule.goes THEN
				EXECUTE format('DELETE FROM rui.%I t WHERE %s', place.table_name, condition) USING party_id;
				GET DIAGNOSTICS changed = ROW_COUNT;
			ELSIF rule.years = 0 THEN
				changed := rui._redact_rows(place.table_name, rule.assignments, format('(%s) AND (%s)', condition, rule.differs), party_id, at, NULL, projects, company_id);
			ELSE
				changed := rui._redact_rows(place.table_name, rule.assignments, format('(%s) AND (%s) AND coalesce(%s + interval ''%s years'' <= $2, true)',
					condition, rule.differs, rule.held_from, rule.years), party_id, at, NULL, projects, company_id);
				EXECUTE format('SELECT max(%s + interval ''%s years'') FROM rui.%I t WHERE (%s) AND (%s) AND %1$s + interval ''%2$s years'' > $2',
					rule.held_from, rule.years, place.table_name, condition, rule.differs) INTO due USING party_id, at;
				IF due IS NOT NULL THEN
					held := held || jsonb_build_object('table', place.table_name, 'columns', rule.columns, 'until', due, 'source', rule.source);
				END IF;
			END IF;
			IF changed > 0 THEN
				erased := erased || jsonb_build_object(place.table_name, coalesce((erased ->> place.table_name)::bigint, 0) + changed);
			END IF;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._erase_linked(bigint, timestamptz, bigint[], bigint) IS
'Internal: erases what rui.personal_column says of the rows about a party, but for what a term holds back: erased counts changed rows by table, held lists tables, columns, until when and the law.';

CREATE FUNCTION rui._hold_rows(table_name text, party_id bigint, at timestamptz, pattern text, projects bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	rule record;
BEGIN
	FOR rule IN SELECT c.column_name, c.held_from, c.years FROM rui.personal_column c
		JOIN pg_attribute a ON a.attrelid = format('rui.%I', _hold_rows.table_name)::regclass AND a.attname = 'id'
		WHERE c.table_name = _hold_rows.table_name AND c.is_whole
	LOOP
		EXECUTE format('INSERT INTO rui.personal_hold (project_id, party_id, table_name, row_id, until_at)
			SELECT t.project_id, $1, %L, t.id, %s + interval ''%s years'' FROM rui.%I t
			WHERE t.project_id = ANY ($4) AND t.%I::text ~* $3 AND %2$s + interval ''%3$s years'' > $2
			ON CONFLICT ON CONSTRAINT personal_hold_pkey DO NOTHING', table_name, rule.held_from, rule.years, table_name, rule.column_name)
		USING party_id, at, pattern, projects;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._hold_rows(text, bigint, timestamptz, text, bigint[]) IS
'Internal: notes the documents of a table that name a party and that a term holds, so that they are found when it is over.';

CREATE FUNCTION rui._erase_held(party_id bigint, at timestamptz, projects bigint[], company_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	hold rui.personal_hold;
	changed bigint := 0;
BEGIN
	FOR hold IN SELECT h.* FROM rui.personal_hold h WHERE h.party_id = _erase_held.party_id AND h.until_at <= _erase_held.at LOOP
		changed := changed + rui._redact_rows(hold.table_name, (SELECT string_agg(format('%I = %s', c.column_name, c.replacement), ', ')
				FROM rui.personal_column c WHERE c.table_name = hold.table_name AND c.is_whole),
			format('t.project_id = %s AND t.id = $7', hold.project_id), party_id, at, NULL, projects, company_id, NULL, hold.row_id);
		DELETE FROM rui.personal_hold h WHERE h.project_id = hold.project_id AND h.party_id = hold.party_id AND h.table_name = hold.table_name
			AND h.row_id = hold.row_id;
	END LOOP;
	RETURN changed;
END
$$;
COMMENT ON FUNCTION rui._erase_held(bigint, timestamptz, bigint[], bigint) IS
'Internal: erases what names a party in documents whose terms are over. Returns how many rows.';

CREATE FUNCTION rui._erase_written(party_id bigint, at timestamptz, pattern text, projects bigint[], company_id bigint) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	place record;
	changed bigint;
	erased jsonb := '{}';
BEGIN
	FOR place IN
		SELECT t.table_name, t.class, string_agg(format('%I = %s', a.attname, CASE
				WHEN a.atttypid = 'jsonb'::regtype THEN format('rui._redact_json(t.%I, $3)', a.attname)
				-- What must differ from row to row goes whole.
				WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND (i.indisunique OR i.indisexclusion) AND a.attnum = ANY (i.indkey::smallint[]))
				THEN format('CASE WHEN t.%I ~* $3 THEN ''erased-'' || %s ELSE t.%1$I END', a.attname, CASE WHEN EXISTS (SELECT FROM pg_attribute k
					WHERE k.attrelid = a.attrelid AND k.attname = 'id') THEN 't.id' ELSE 'gen_random_uuid()' END)
				ELSE format('regexp_replace(t.%I, $3, ''***'', ''gi'')', a.attname) END), ', ') AS assignments,
			-- What a term holds of the party stays, and documents as they came, also those about others.
			string_agg(format('t.%I::text ~* $3%s', a.attname, CASE WHEN c.years > 0 THEN
				format(' AND NOT ((%s) AND coalesce(%s + interval ''%s years'' > $2, false))',
					CASE WHEN c.is_whole THEN 'true' ELSE rui._personal_condition(t.table_name, p.subjects, p.also) END, c.held_from, c.years) ELSE '' END), ' OR ') AS found,
			bool_or(c.is_whole) IS TRUE AS keeps
		FROM rui.platform_table t
		JOIN rui.personal_text x ON x.table_name = t.table_name
		JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			AND a.attname::text = ANY (x.written)
		LEFT JOIN rui.personal_column c ON c.table_name = t.table_name AND c.column_name = a.attname AND c.years > 0
		LEFT JOIN rui.personal_table p ON p.table_name = t.table_name
		WHERE t.class IN ('tenant', 'company') AND t.table_name <> 'journal'
		GROUP BY t.table_name, t.class ORDER BY t.table_name
	LOOP
		IF place.keeps THEN
			PERFORM rui._hold_rows(place.table_name, party_id, at, pattern, projects);
		END IF;
		changed := rui._redact_rows(place.table_name, place.assignments, format('(%s) AND %s', place.found,
			CASE place.class WHEN 'tenant' THEN 't.project_id = ANY ($4)' ELSE 't.company_id = $5' END), party_id, at, pattern, projects, company_id);
		IF changed > 0 THEN
			erased := erased || jsonb_build_object(place.table_name, changed);
		END IF;
	END LOOP;
	RETURN erased;
END
$$;
COMMENT ON FUNCTION rui._erase_written(bigint, timestamptz, text, bigint[], bigint) IS
'Internal: puts *** for what matches a pattern in the columns that rui.personal_text calls written, of all tables of a company and its projects, but for what a term holds back; keys become erased- and a number. Returns how many rows of which tables.';

CREATE FUNCTION rui._byte_pattern(pattern text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT string_agg(CASE WHEN ascii(c.sign) < 128 THEN c.sign ELSE replace(encode(convert_to(c.sign, 'UTF8'), 'escape'), E'\\', E'\\\\') END, '' ORDER BY c.place)
	FROM string_to_table(replace(replace(replace(replace(pattern, '(?<![0-9])', ''), '(?![0-9])', ''), '\m', ''), '\M', ''), NULL) WITH ORDINALITY AS c(sign, place));
COMMENT ON FUNCTION rui._byte_pattern(text) IS
'Internal: a pattern of rui._secrets_of for bytes as encode(…, ''escape'') writes them: finds all that it finds, and more.';

CREATE FUNCTION rui._erase_journal(party_id bigint, at timestamptz, pattern text, projects bigint[], company_id bigint, held jsonb, rows_of jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	in_bytes CONSTANT text := rui._byte_pattern(pattern);
	entry record;
	image record;
	images bytea;
	names text[];
	changed bigint := 0;
	me CONSTANT text := party_id::text;
BEGIN
	FOR entry IN
		SELECT j.project_id, j.id, j.table_name, j.images, l.columns, coalesce(p.subjects, '{}') AS subjects, f.ids,
			-- Of rows about the party what an erasure changes; of others what its text tells. Not what a term holds back.
			array_agg(c.name) FILTER (WHERE x.column_name IS NOT NULL AND NOT c.is_held
				AND c.name <> ALL ('{company_id,project_id,party_id,valid,keep_until,erased_at}'::text[])) AS linked,
			coalesce(array_agg(c.name) FILTER (WHERE c.is_held), '{}') AS kept, array_agg(c.name) AS written
		FROM rui.journal j
		JOIN rui.journal_layout l ON l.id = j.layout_id
		LEFT JOIN rui.personal_table p ON p.table_name = j.table_name
		CROSS JOIN LATERAL (SELECT ARRAY(SELECT n.id::bigint FROM jsonb_array_elements_text(rows_of -> j.table_name) AS n(id)) AS ids) f
		CROSS JOIN LATERAL (SELECT y.name, EXISTS (SELECT FROM jsonb_array_elements(held) h
				WHERE h ->> 'table' = j.table_name AND h -> 'columns' ? y.name) AS is_held
			FROM jsonb_to_recordset(l.columns) AS y(name text, "key" boolean) WHERE y."key" IS NOT TRUE) c
		LEFT JOIN LATERAL (SELECT x.column_name FROM rui.personal_column x
			WHERE x.table_name = j.table_name AND x.column_name IN (c.name, '*') LIMIT 1) x ON true
		WHERE j.project_id = ANY (projects || -company_id)
			AND (position(int8send(_erase_journal.party_id) IN j.images) > 0 OR encode(j.images, 'escape') ~* in_bytes
				OR EXISTS (SELECT FROM unnest(f.ids) AS n(id) WHERE n.id BETWEEN j.first_key AND j.last_key))
		GROUP BY j.project_id, j.id, j.table_name, j.images, l.columns, p.subjects, f.ids
		ORDER BY j.project_id, j.id
	LOOP
		images := entry.images;
		FOR image IN SELECT i.* FROM rui.image_json(entry.columns::text, entry.images) i LOOP
			names := ARRAY(SELECT n.name FROM unnest(entry.written) AS n(name)
				WHERE concat_ws(' ', image.old_row ->> n.name, image.new_row ->> n.name) ~* pattern);
			IF (image.row_key ->> 'id')::bigint = ANY (entry.ids)
				OR me IN (SELECT w.content ->> s.name FROM unnest(entry.subjects) AS s(name) CROSS JOIN (VALUES (image.old_row), (image.new_row)) AS w(content)) THEN
				names := ARRAY(SELECT n.name FROM unnest(names || entry.linked) AS n(name) WHERE n.name <> ALL (entry.kept));
			END IF;
			IF names <> '{}' THEN
				images := rui._redact_image(entry.columns::text, images, image.image_number, names);
			END IF;
		END LOOP;
		IF images <> entry.images THEN
			changed := changed + rui._redact_rows('journal', 'images = $6', format('t.project_id = %s AND t.id = $7', entry.project_id),
				party_id, at, NULL, projects, company_id, images, entry.id);
		END IF;
	END LOOP;
	RETURN changed;
END
$$;
COMMENT ON FUNCTION rui._erase_journal(bigint, timestamptz, text, bigint[], bigint, jsonb, jsonb) IS
'Internal: takes from the images of the journal what is erased in the rows they are of (rows_of: as rui._rows_of), and everything in which a pattern is found, but for what is held. Returns how many journal rows.';

CREATE FUNCTION rui._money_obstacle(party_id bigint, at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (SELECT string_agg(format(o.problem, o.amount), ' ' ORDER BY o.place) FROM (
		SELECT 1 AS place, 'The party owes %s.' AS problem, sum(c.open_amount) AS amount FROM rui.charge_open c WHERE c.payer_id = _money_obstacle.party_id
		UNION ALL SELECT 2, 'The party has paid %s more than it was charged.', sum(y.left_over) FROM rui.payment_open y WHERE y.payer_id = _money_obstacle.party_id
		UNION ALL SELECT 3, 'A deposit of %s is held.', sum(d.held) FROM rui.deposit_held d WHERE d.party_id = _money_obstacle.party_id
		UNION ALL SELECT 4, 'The party has %s running leases.', count(*) FROM rui.lease l
		WHERE l.lessee_id = _money_obstacle.party_id AND l.state = 'running' AND upper(l.valid) > _money_obstacle.at::date IS NOT FALSE) o
		WHERE o.amount > 0);
END
$$;
COMMENT ON FUNCTION rui._money_obstacle(bigint, timestamptz) IS
'Internal: what is still owed by a party or to it, in all projects the caller sees, or null: then its data are needed.';

CREATE FUNCTION rui._erase_party(party_id bigint, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'
	SET standard_conforming_strings = on
AS $$
DECLARE
	whose rui.party;
	projects bigint[];
	obstacle text;
	rows_of jsonb;
	pattern text;
	name_held boolean;
	linked record;
	written jsonb := '{}';
	entries bigint;
BEGIN
	SELECT p.* INTO whose FROM rui.party p WHERE p.id = _erase_party.party_id FOR UPDATE;
	projects := ARRAY(SELECT j.id FROM rui.project j WHERE j.company_id = whose.company_id ORDER BY j.id);
	obstacle := concat_ws(' ', rui._erasure_obstacle(party_id, at), rui._money_obstacle(party_id, at));
	IF obstacle <> '' THEN
		RETURN jsonb_build_object('obstacle', obstacle);
	END IF;
	-- What to look for, before it is gone; the name only when it goes.
	EXECUTE (SELECT format('SELECT coalesce(%s + interval ''%s years'' > $2, false) FROM rui.party t WHERE t.id = $1', c.held_from, c.years)
		FROM rui.personal_column c WHERE c.table_name = 'party' AND c.column_name = 'name') INTO name_held USING party_id, at;
	rows_of := rui._rows_of(party_id);
	pattern := rui._secrets_of(party_id, rows_of, NOT name_held);
	SELECT l.erased, l.held INTO linked FROM rui._erase_linked(party_id, at, projects, whose.company_id) l;
	IF pattern IS NOT NULL THEN
		written := rui._erase_written(party_id, at, pattern, projects, whose.company_id);
	END IF;
	PERFORM rui._erase_held(party_id, at, projects, whose.company_id);
	-- Last: it has just written down once more what is gone now.
	entries := rui._erase_journal(party_id, at, coalesce(pattern, 'x\A'), projects, whose.company_id, linked.held, rows_of);
	RETURN jsonb_strip_nulls(jsonb_build_object('erased', linked.erased || (SELECT coalesce(jsonb_object_agg(w.key,
			w.value::bigint + coalesce((linked.erased ->> w.key)::bigint, 0)), '{}') FROM jsonb_each_text(written) w), 'journal', entries, 'held', linked.held,
		'held_until', least((SELECT min((h ->> 'until')::timestamptz) FROM jsonb_array_elements(linked.held) h),
			(SELECT min(h.until_at) FROM rui.personal_hold h WHERE h.party_id = _erase_party.party_id))));
END
$$;
COMMENT ON FUNCTION rui._erase_party(bigint, timestamptz) IS
'Internal: erases what may be of a party in all projects of its company, and says what was changed (erased: rows by table, journal: journal rows) and what is held (held, held_until: the first end of a term). Where the data are still needed it changes nothing and says why (obstacle). Only rui._erase_as_owner may run it.';
