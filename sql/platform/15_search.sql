-- Keys to find homes and people by, kept by triggers: whatever is typed is a
-- beginning of a key, so one short walk along an index finds it.

CREATE TABLE rui.estate_key (
	project_id bigint NOT NULL,
	kind text NOT NULL CHECK (kind IN ('home', 'room', 'building')),
	key text COLLATE "C" NOT NULL,
	subject_id bigint NOT NULL,
	PRIMARY KEY (project_id, kind, key, subject_id)
);
CREATE INDEX estate_key_of_subject ON rui.estate_key (project_id, subject_id);

-- Of the company, not of the project alone: who changes a name in one
-- project changes the keys in all others.
CREATE TABLE rui.person_key (
	company_id bigint NOT NULL REFERENCES rui.company (id),
	project_id bigint NOT NULL,
	kind text NOT NULL CHECK (kind IN ('name', 'part', 'initials', 'phone')),
	key text COLLATE "C" NOT NULL,
	party_id bigint NOT NULL,
	PRIMARY KEY (project_id, kind, key, party_id)
);
CREATE INDEX person_key_of_party ON rui.person_key (party_id, project_id);

CREATE TABLE rui.surname_reading (
	surname text PRIMARY KEY CHECK (length(surname) IN (1, 2)),
	initials text NOT NULL CHECK (initials ~ '^[a-z]{1,2}$' AND length(initials) = length(surname))
);
-- Characters that sound otherwise in a surname than elsewhere.
INSERT INTO rui.surname_reading (surname, initials) VALUES
	('单', 's'), ('單', 's'), ('曾', 'z'), ('曽', 'z'), ('解', 'x'), ('仇', 'q'), ('查', 'z'), ('区', 'o'), ('區', 'o'),
	('乐', 'y'), ('樂', 'y'), ('覃', 'q'), ('种', 'c'), ('折', 's'), ('祭', 'z'), ('秘', 'b'), ('句', 'g'), ('翟', 'z'),
	('召', 's'), ('繁', 'p'), ('隗', 'w'), ('乜', 'n'), ('郇', 'x'), ('阚', 'k'), ('佴', 'n'),
	('尉迟', 'yc'), ('尉遲', 'yc'), ('澹台', 'tt'), ('澹臺', 'tt'), ('万俟', 'mq'), ('萬俟', 'mq');

CREATE TABLE rui.search_state (
	project_id bigint PRIMARY KEY REFERENCES rui.project (id),
	collation_version text NOT NULL,
	rebuilt_at timestamptz NOT NULL
);
CREATE INDEX occupancy_by_unit ON rui.occupancy (project_id, unit_id);

PERFORM rui._describe('estate_key', 'What homes and buildings are found by.',
	'kind: home: number of a unit; room: its last part; building: code, name or the end of a name.',
	'key: The number or name in the form it is looked for.', 'subject_id: Id of the unit or building.');
PERFORM rui._describe('person_key', 'What the people of a project (who lived, owned or held a role there) are found by. Nobody but the search reads it.',
	'kind: name; part: what follows a character or word of it; initials; phone: the last eight digits, last first.',
	'key: The name, part, initials or digits in the form they are looked for.');
PERFORM rui._describe('surname_reading', 'Surnames that sound otherwise than their characters elsewhere.',
	'surname: One or two characters.', 'initials: First letters of their sounds in pinyin.');
PERFORM rui._describe('search_state', 'By which order of sounds the initials of a project''s people were made.',
	'collation_version: Version of the collation zh-x-icu.', 'rebuilt_at: When they were last made anew.');
PERFORM rui._declare_table('estate_key', 'tenant', 'none');
PERFORM rui._declare_table('person_key', 'company', 'none');
PERFORM rui._declare_table('surname_reading', 'reference', 'none');
PERFORM rui._declare_table('search_state', 'tenant', 'none');
-- Not journaled: they say only what the tables they come from say.
GRANT INSERT, DELETE ON rui.estate_key, rui.person_key TO rui_api;
GRANT INSERT, UPDATE ON rui.search_state TO rui_api;

CREATE FUNCTION rui._initials(name_key text) RETURNS SETOF text
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
	-- In the order of pinyin that ICU knows, U+FDD0 and a letter stand before
	-- the first character of that letter; no sound begins with i, u or v.
	letters CONSTANT text := 'abcdefghjklmnopqrstwxyz';
	bounds text[];
	plain text := '';
	sign text;
	before text := ' ';
	other text;
BEGIN
	IF name_key ~ '[\u2e80-\ufaff]' AND EXISTS (SELECT FROM pg_catalog.pg_collation c WHERE c.collname = 'zh-x-icu') THEN
		bounds := ARRAY(SELECT chr(64976) || upper(l.letter) FROM string_to_table(letters, NULL) WITH ORDINALITY AS l(letter, place)
			ORDER BY l.place);
	END IF;
	FOREACH sign IN ARRAY string_to_array(left(name_key, 40), NULL) LOOP
		IF ascii(sign) >= 11904 THEN
			plain := plain || coalesce(substr(letters, width_bucket(sign COLLATE pg_catalog."zh-x-icu", bounds), 1), '');
		ELSIF sign ~ '[a-z]' AND (before = ' ' OR ascii(before) >= 11904) THEN
			plain := plain || sign;
		END IF;
		before := sign;
	END LOOP;
	plain := left(plain, 20);
	IF plain <> '' THEN
		RETURN NEXT plain;
	END IF;
	SELECT r.initials || substr(plain, length(r.surname) + 1) INTO other FROM rui.surname_reading r
	WHERE r.surname IN (left(name_key, 1), left(name_key, 2)) ORDER BY length(r.surname) DESC LIMIT 1;
	IF other <> plain THEN
		RETURN NEXT other;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._initials(text) IS
'Internal: the first letters of a name key (at most 20): of each Chinese character the first of its sound in pinyin, of other words their first letter; a second row where the surname sounds otherwise. By the collation zh-x-icu: what is stored of it is made anew when that changes. None for Chinese names on a server without ICU.';

CREATE FUNCTION rui._keys_of_person(name text) RETURNS TABLE (kind text, key text)
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED ROWS 4
SET search_path FROM CURRENT
AS $$
DECLARE
	whole CONSTANT text := coalesce(nullif(rui._name_key(name), ''), lower(name));
BEGIN
	RETURN QUERY
	SELECT 'name', whole
	UNION ALL SELECT 'part', p.part FROM rui._name_parts(whole) AS p(part)
	UNION ALL SELECT 'initials', i.initials FROM rui._initials(whole) AS i(initials);
END
$$;
COMMENT ON FUNCTION rui._keys_of_person(text) IS 'Internal: the keys of a person''s or organisation''s name.';

-- Whoever changes what a person is found by holds that person's row, so that
-- a name changed while its owner moves in is not left out.
CREATE FUNCTION rui._index_people(project_ids bigint[], party_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	changed bigint;
	gone bigint;
BEGIN
	PERFORM FROM rui.party p WHERE p.id = ANY (party_ids) ORDER BY p.id FOR NO KEY UPDATE;
	WITH person AS MATERIALIZED (
		SELECT DISTINCT u.project_id, p.id, p.company_id, p.name
		FROM unnest(project_ids, party_ids) AS u(project_id, party_id) JOIN rui.party p ON p.id = u.party_id
	), named AS MATERIALIZED (
		SELECT n.name, k.kind, k.key FROM (SELECT DISTINCT p.name FROM person p) n CROSS JOIN LATERAL rui._keys_of_person(n.name) k
	), wanted AS MATERIALIZED (
		SELECT p.company_id, p.project_id, n.kind, n.key, p.id AS party_id FROM person p JOIN named n ON n.name = p.name
		UNION
		SELECT p.company_id, p.project_id, 'phone', rui._phone_tail(c.value_norm), p.id
		FROM person p JOIN rui.contact_point c ON c.party_id = p.id AND c.kind = 'phone'
		WHERE rui._phone_tail(c.value_norm) IS NOT NULL
	), gone AS (
		DELETE FROM rui.person_key k USING person p
		WHERE k.party_id = p.id AND k.project_id = p.project_id AND NOT EXISTS (SELECT FROM wanted w
			WHERE w.project_id = k.project_id AND w.kind = k.kind AND w.key = k.key AND w.party_id = k.party_id)
		RETURNING 1
	), added AS (
		INSERT INTO rui.person_key (company_id, project_id, kind, key, party_id)
		SELECT w.company_id, w.project_id, w.kind, w.key, w.party_id FROM wanted w
		ON CONFLICT DO NOTHING
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM gone) INTO changed, gone;
	RETURN changed + gone;
END
$$;
COMMENT ON FUNCTION rui._index_people(bigint[], bigint[]) IS
'Internal: makes the keys of people in projects (pairs of the two arrays) what their names and phones say now. Returns how many keys changed.';

CREATE FUNCTION rui._link_people(project_ids bigint[], party_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	-- Held before it is looked whether they are known: who takes them away meanwhile waits.
	PERFORM FROM rui.party p WHERE p.id = ANY (party_ids) ORDER BY p.id FOR NO KEY UPDATE;
	PERFORM rui._index_people(array_agg(l.project_id), array_agg(l.party_id))
	FROM (SELECT DISTINCT u.project_id, u.party_id FROM unnest(project_ids, party_ids) AS u(project_id, party_id)) l
	WHERE NOT EXISTS (SELECT FROM rui.person_key k WHERE k.party_id = l.party_id AND k.project_id = l.project_id)
	HAVING count(*) > 0;
END
$$;
COMMENT ON FUNCTION rui._link_people(bigint[], bigint[]) IS
'Internal: gives people (pairs of the two arrays) who have no keys in a project theirs.';

CREATE FUNCTION rui._index_units(project_ids bigint[], unit_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	changed bigint;
	gone bigint;
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT DISTINCT u.project_id, k.kind, k.key, u.id AS subject_id
		FROM unnest(project_ids, unit_ids) AS a(project_id, unit_id)
		JOIN rui.unit u ON u.project_id = a.project_id AND u.id = a.unit_id
		JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id
		CROSS JOIN LATERAL rui._home_keys(u.code, b.code, b.name) k
	), gone AS (
		DELETE FROM rui.estate_key k USING unnest(project_ids, unit_ids) AS a(project_id, unit_id)
		WHERE k.project_id = a.project_id AND k.subject_id = a.unit_id AND k.kind IN ('home', 'room')
			AND NOT EXISTS (SELECT FROM wanted w
				WHERE w.project_id = k.project_id AND w.kind = k.kind AND w.key = k.key AND w.subject_id = k.subject_id)
		RETURNING 1
	), added AS (
		INSERT INTO rui.estate_key (project_id, kind, key, subject_id)
		SELECT w.project_id, w.kind, w.key, w.subject_id FROM wanted w
		ON CONFLICT DO NOTHING
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM gone) INTO changed, gone;
	RETURN changed + gone;
END
$$;
COMMENT ON FUNCTION rui._index_units(bigint[], bigint[]) IS
'Internal: makes the keys of units (pairs of the two arrays; units that are gone included) what their numbers and buildings say now. Returns how many keys changed.';

CREATE FUNCTION rui._index_buildings(project_ids bigint[], building_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	changed bigint;
	gone bigint;
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT DISTINCT b.project_id, k.key, b.id AS subject_id
		FROM unnest(project_ids, building_ids) AS a(project_id, building_id)
		JOIN rui.building b ON b.project_id = a.project_id AND b.id = a.building_id
		CROSS JOIN LATERAL (
			SELECT rui._home_key(b.code) UNION ALL SELECT rui._home_key(b.name) UNION ALL SELECT rui._name_key(b.name)
			UNION ALL SELECT p.part FROM rui._name_parts(rui._name_key(b.name)) AS p(part)) AS k(key)
		WHERE k.key <> ''
	), gone AS (
		DELETE FROM rui.estate_key k USING unnest(project_ids, building_ids) AS a(project_id, building_id)
		WHERE k.project_id = a.project_id AND k.subject_id = a.building_id AND k.kind = 'building'
			AND NOT EXISTS (SELECT FROM wanted w
				WHERE w.project_id = k.project_id AND w.key = k.key AND w.subject_id = k.subject_id)
		RETURNING 1
	), added AS (
		INSERT INTO rui.estate_key (project_id, kind, key, subject_id)
		SELECT w.project_id, 'building', w.key, w.subject_id FROM wanted w
		ON CONFLICT DO NOTHING
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM gone) INTO changed, gone;
	RETURN changed + gone;
END
$$;
COMMENT ON FUNCTION rui._index_buildings(bigint[], bigint[]) IS
'Internal: makes the keys of buildings (pairs of the two arrays; buildings that are gone included) what their codes and names say now. Returns how many keys changed.';

CREATE FUNCTION rui._unlink_people(project_ids bigint[], party_ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	PERFORM FROM rui.party p WHERE p.id = ANY (party_ids) ORDER BY p.id FOR NO KEY UPDATE;
	DELETE FROM rui.person_key k USING unnest(project_ids, party_ids) AS a(project_id, party_id)
	WHERE k.party_id = a.party_id AND k.project_id = a.project_id
		AND NOT EXISTS (SELECT FROM rui.occupancy o WHERE o.project_id = a.project_id AND o.party_id = a.party_id)
		AND NOT EXISTS (SELECT FROM rui.membership m WHERE m.party_id = a.party_id AND m.project_id = a.project_id)
		AND NOT EXISTS (SELECT FROM rui.ownership o WHERE o.project_id = a.project_id AND a.party_id = ANY (o.owner_ids));
END
$$;
COMMENT ON FUNCTION rui._unlink_people(bigint[], bigint[]) IS
'Internal: takes the keys of people from projects (pairs of the two arrays) in which nothing speaks of them any more.';
