-- Finding homes, people, tickets and buildings by whatever somebody types.
-- Every probe is one walk along an index that gives its best rows first, so
-- the best of all probes are the best of all.

CREATE TABLE rui.ticket_word (
	project_id bigint NOT NULL,
	word text COLLATE "C" NOT NULL,
	ticket_id bigint NOT NULL,
	PRIMARY KEY (project_id, word, ticket_id)
);
PERFORM rui._describe('ticket_word', 'The words that tickets begin with, in their first 200 characters. Nobody but the search reads it.',
	'word: Small letters and digits, or two Chinese characters that follow each other.', 'ticket_id: The ticket.');
PERFORM rui._declare_table('ticket_word', 'tenant', 'none');
GRANT INSERT, DELETE ON rui.ticket_word TO rui_api;

PERFORM rui._permit('search', '{candidate,live,closed}', 'resident', 'partner', 'staff', 'steward', 'agent', 'manager', 'accountant',
	'expert', 'analyst', 'auditor', 'director', 'loader');
PERFORM rui._permit('search_homes', '{candidate,live,closed}', 'staff', 'steward', 'agent', 'manager', 'expert', 'analyst', 'auditor',
	'director', 'loader');
PERFORM rui._permit('search_people', '{candidate,live,closed}', 'agent', 'manager', 'auditor', 'loader');
PERFORM rui._permit('search_phones', '{candidate,live}', 'agent', 'manager', 'loader');
PERFORM rui._permit('search_tickets', '{candidate,live,closed}', 'agent', 'manager', 'expert', 'auditor', 'loader');
PERFORM rui._name('search_kind', n.code, n.zh, n.en) FROM (VALUES
	('home', '房屋', 'home'), ('person', '人员', 'person'), ('ticket', '工单', 'ticket'), ('building', '楼栋', 'building')) AS n(code, zh, en);
PERFORM rui._name('search_match', n.code, n.zh, n.en) FROM (VALUES
	('number', '编号', 'number'), ('room', '房号', 'room'), ('name', '姓名', 'name'), ('part', '部分姓名', 'part of the name'),
	('initials', '拼音首字母', 'initials'), ('phone', '电话尾号', 'end of the phone number'), ('word', '内容', 'words')) AS n(code, zh, en);

CREATE TYPE rui.search_hit AS (rank_no integer, sort_no integer, key text, late bigint, kind text, subject_id bigint, matched text);
COMMENT ON TYPE rui.search_hit IS
'One thing found: how well (1: exactly, to 4), the place of its kind, what it was found by, minus its age where newer goes first, its kind and id, and what matched.';

CREATE FUNCTION rui._search_ticket_change() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- A new ticket has no words yet, and asking costs: each would be written twice to the log.
	IF TG_OP = 'INSERT' THEN
		INSERT INTO rui.ticket_word (project_id, word, ticket_id)
		SELECT DISTINCT NEW.project_id, n.word, NEW.id FROM rui._words(NEW.details) AS n(word);
		RETURN NULL;
	END IF;
	DELETE FROM rui.ticket_word w
	WHERE w.project_id = OLD.project_id AND w.ticket_id = OLD.id AND w.word IN (SELECT o.word FROM rui._words(OLD.details) AS o(word));
	IF TG_OP = 'UPDATE' THEN
		INSERT INTO rui.ticket_word (project_id, word, ticket_id)
		SELECT DISTINCT NEW.project_id, n.word, NEW.id FROM rui._words(NEW.details) AS n(word)
		ON CONFLICT DO NOTHING;
	END IF;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._search_ticket_change() IS 'Row trigger of rui.ticket: keeps the words of its details.';
CREATE TRIGGER search_change AFTER INSERT OR DELETE OR UPDATE OF details ON rui.ticket
	FOR EACH ROW EXECUTE FUNCTION rui._search_ticket_change();

CREATE FUNCTION rui._search_homes(project_id bigint, query text, row_limit integer, only_ids bigint[],
	with_archived boolean) RETURNS SETOF rui.search_hit
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	named CONSTANT text := rui._name_key(query);
	wanted CONSTANT text := coalesce(nullif(rui._home_key(query), ''), named);
	-- 3栋 and 3- are a whole number: 30 is another.
	is_whole CONSTANT boolean := query ~ '(号楼|单元|栋|幢|座|号|室|房|楼|层|门|户|弄|[-/#[:space:]])$';
	bound CONSTANT text := wanted || CASE WHEN is_whole THEN '.' ELSE chr(1114111) END;
BEGIN
	IF wanted = '' THEN
		RETURN;
	END IF;
	IF only_ids IS NULL THEN
		RETURN QUERY
		(SELECT CASE WHEN e.key = wanted THEN 1 WHEN starts_with(e.key, wanted || '-') THEN 2 ELSE 3 END, 1, e.key, 0::bigint, 'home', e.subject_id, 'number'
			FROM rui.estate_key e
			WHERE e.project_id = _search_homes.project_id AND e.kind = 'home' AND e.key >= wanted AND e.key < bound
				AND (_search_homes.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = e.project_id AND a.table_name = 'unit' AND a.row_id = e.subject_id))
			ORDER BY e.key, e.subject_id LIMIT row_limit * 2)
		UNION ALL
		(SELECT CASE WHEN e.key = wanted THEN 2 ELSE 3 END, 1, e.key, 0::bigint, 'home', e.subject_id, 'room'
			FROM rui.estate_key e
			WHERE e.project_id = _search_homes.project_id AND e.kind = 'room' AND e.key >= wanted AND e.key < bound
				AND (_search_homes.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = e.project_id AND a.table_name = 'unit' AND a.row_id = e.subject_id))
			ORDER BY e.key, e.subject_id LIMIT row_limit);
	ELSE
		RETURN QUERY
		SELECT CASE WHEN e.key = wanted THEN CASE e.kind WHEN 'home' THEN 1 ELSE 2 END
				WHEN e.kind = 'home' AND starts_with(e.key, wanted || '-') THEN 2 ELSE 3 END, 1, e.key, 0::bigint, 'home', e.subject_id,
			CASE e.kind WHEN 'home' THEN 'number' ELSE 'room' END
		FROM rui.estate_key e
		WHERE e.project_id = _search_homes.project_id AND e.subject_id = ANY (only_ids) AND e.kind IN ('home', 'room')
			AND e.key >= wanted AND e.key < bound
			AND (_search_homes.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
				WHERE a.project_id = e.project_id AND a.table_name = 'unit' AND a.row_id = e.subject_id));
	END IF;
	RETURN QUERY
	SELECT CASE WHEN e.key IN (wanted, named) THEN 1 ELSE 3 END, 4, e.key, 0::bigint, 'building', e.subject_id, 'number'
	FROM (
		(SELECT e.key, e.subject_id FROM rui.estate_key e
			WHERE e.project_id = _search_homes.project_id AND e.kind = 'building' AND e.key >= wanted AND e.key < bound
				AND (_search_homes.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = e.project_id AND a.table_name = 'building' AND a.row_id = e.subject_id))
			ORDER BY e.key, e.subject_id LIMIT row_limit * 2)
		UNION
		(SELECT e.key, e.subject_id FROM rui.estate_key e
			WHERE e.project_id = _search_homes.project_id AND e.kind = 'building' AND named ~ '[^0-9 ]' AND e.key >= named
				AND e.key < named || chr(1114111)
				AND (_search_homes.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = e.project_id AND a.table_name = 'building' AND a.row_id = e.subject_id))
			ORDER BY e.key, e.subject_id LIMIT row_limit * 2)) e;
END
$$;
COMMENT ON FUNCTION rui._search_homes(bigint, text, integer, bigint[], boolean) IS
'Internal: homes whose number, or its last part, begins like the query, and buildings whose code, name or end of the name does; only_ids: of these units only, null: all; with_archived: also those that are archived.';

CREATE FUNCTION rui._search_people(project_id bigint, query text, row_limit integer, only_ids bigint[], by_phone boolean,
	with_archived boolean)
RETURNS SETOF rui.search_hit
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	wanted CONSTANT text := rui._name_key(query);
	typed_digits CONSTANT text := CASE WHEN query ~ '^[-0-9+() ./]+$' THEN regexp_replace(query, '[^0-9]', '', 'g') ELSE '' END;
	tail CONSTANT text := CASE WHEN by_phone THEN rui._phone_tail(typed_digits) END;
BEGIN
	IF wanted <> '' AND only_ids IS NULL THEN
		RETURN QUERY
		(SELECT CASE WHEN k.key = wanted THEN 1 ELSE 2 END, 2, k.key, 0::bigint, 'person', k.party_id, 'name'
			FROM rui.person_key k
			WHERE k.project_id = _search_people.project_id AND k.kind = 'name' AND k.key >= wanted AND k.key < wanted || chr(1114111)
				AND (_search_people.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = k.project_id AND a.table_name = 'party' AND a.row_id = k.party_id))
			ORDER BY k.key, k.party_id LIMIT row_limit)
		UNION ALL
		(SELECT 4, 2, k.key, 0::bigint, 'person', k.party_id, 'part'
			FROM rui.person_key k
			WHERE k.project_id = _search_people.project_id AND k.kind = 'part' AND k.key >= wanted AND k.key < wanted || chr(1114111)
				AND (_search_people.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = k.project_id AND a.table_name = 'party' AND a.row_id = k.party_id))
			ORDER BY k.key, k.party_id LIMIT row_limit * 2);
		IF wanted ~ '^[a-z]{1,20}$' THEN
			RETURN QUERY
			SELECT CASE WHEN k.key = wanted THEN 2 ELSE 3 END, 2, k.key, 0::bigint, 'person', k.party_id, 'initials'
			FROM rui.person_key k
			WHERE k.project_id = _search_people.project_id AND k.kind = 'initials' AND k.key >= wanted AND k.key < wanted || chr(1114111)
				AND (_search_people.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
					WHERE a.project_id = k.project_id AND a.table_name = 'party' AND a.row_id = k.party_id))
			ORDER BY k.key, k.party_id LIMIT row_limit * 2;
		END IF;
	ELSIF wanted <> '' THEN
		RETURN QUERY
		SELECT CASE WHEN k.kind = 'part' THEN 4 WHEN k.key <> wanted THEN CASE k.kind WHEN 'name' THEN 2 ELSE 3 END
				WHEN k.kind = 'name' THEN 1 ELSE 2 END, 2, k.key, 0::bigint, 'person', k.party_id, k.kind
		FROM rui.person_key k
		WHERE k.party_id = ANY (only_ids) AND k.project_id = _search_people.project_id
			AND k.kind IN ('name', 'part', 'initials') AND k.key >= wanted AND k.key < wanted || chr(1114111)
			AND (_search_people.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
				WHERE a.project_id = k.project_id AND a.table_name = 'party' AND a.row_id = k.party_id));
	END IF;
	IF tail IS NOT NULL THEN
		RETURN QUERY
		SELECT 2, 2, k.key, 0::bigint, 'person', k.party_id, 'phone'
		FROM rui.person_key k
		WHERE k.project_id = _search_people.project_id AND k.kind = 'phone' AND k.key >= tail AND k.key < tail || ':'
			AND (_search_people.with_archived OR NOT EXISTS (SELECT FROM rui.archived a
				WHERE a.project_id = k.project_id AND a.table_name = 'party' AND a.row_id = k.party_id))
			-- The keys know eight digits; what is given beyond them must fit too.
			AND (length(typed_digits) <= 8 OR EXISTS (
				SELECT FROM rui.contact_point c CROSS JOIN LATERAL regexp_replace(c.value_norm, '[^0-9]', '', 'g') AS known(digits)
				WHERE c.party_id = k.party_id AND c.kind = 'phone'
					AND (starts_with(reverse(known.digits), reverse(typed_digits))
						OR starts_with(reverse(typed_digits), reverse(known.digits)))))
		ORDER BY k.key, k.party_id LIMIT row_limit * 2;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._search_people(bigint, text, integer, bigint[], boolean, boolean) IS
'Internal: people whose name, a later part of it, or initials begin like the query; by_phone: also those whose phone number ends with the digits of the query, four at least; only_ids: of these parties only, null: all (not by phone); with_archived: also those that are archived.';

CREATE FUNCTION rui._search_tickets(project_id bigint, query text, row_limit integer, only_ids bigint[]) RETURNS SETOF rui.search_hit
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	number_text CONSTANT text := substring(lower(normalize(query, NFKC)) FROM '^[[:space:]]*(?:#|no\.?|ticket|工单|单号)?[[:space:]]*#?([0-9]{1,18})[[:space:]]*$');
	all_words CONSTANT text[] := ARRAY(SELECT DISTINCT w.word FROM rui._words(query) AS w(word));
	-- The last word may still be being typed.
	open_word CONSTANT text := coalesce(substring(lower(normalize(left(query, 200), NFKC)) FROM '(?:[0-9a-z\u00c0-\u2dff]+|(?<![\u2e80-\ufaff])[\u2e80-\ufaff])$'), '');
	whole_words text[] := array_remove(all_words, open_word);
	endings text[] := '{}';
	next_word text := open_word;
	driver text;
	candidates bigint[];
BEGIN
	IF number_text IS NOT NULL THEN
		RETURN QUERY
		SELECT 1, 3, '', -d.subject_id, 'ticket', d.subject_id, 'number' FROM rui.document_number d
		WHERE d.project_id = _search_tickets.project_id AND d.series = 'ticket' AND d.period_on = '-infinity' AND d.number = number_text::bigint
			AND (only_ids IS NULL OR d.subject_id = ANY (only_ids));
	END IF;
	IF all_words = '{}' THEN
		RETURN;
	END IF;
	-- What the open word can become: the first fifty words there are.
	WHILE open_word <> '' AND cardinality(endings) < 50 LOOP
		SELECT w.word INTO next_word FROM rui.ticket_word w
		WHERE w.project_id = _search_tickets.project_id AND w.word >= next_word AND w.word < open_word || chr(1114111)
		ORDER BY w.word LIMIT 1;
		EXIT WHEN NOT FOUND;
		endings := endings || next_word;
		-- The least text that is greater.
		next_word := next_word || chr(1);
	END LOOP;
	IF open_word <> '' AND endings = '{}' THEN
		RETURN;
	END IF;
	IF only_ids IS NOT NULL THEN
		candidates := only_ids;
	ELSIF whole_words = '{}' THEN
		candidates := ARRAY(
			SELECT DISTINCT n.ticket_id FROM unnest(endings) AS e(word)
			CROSS JOIN LATERAL (
				SELECT w.ticket_id FROM rui.ticket_word w
				WHERE w.project_id = _search_tickets.project_id AND w.word = e.word
				ORDER BY w.ticket_id DESC LIMIT row_limit) n);
	ELSE
		-- The rarest word leads; of a word in very many, the newest two thousand.
		SELECT d.word INTO driver FROM unnest(whole_words) AS d(word)
		CROSS JOIN LATERAL (SELECT count(*) AS times FROM (
			SELECT FROM rui.ticket_word w WHERE w.project_id = _search_tickets.project_id AND w.word = d.word LIMIT 2000) w) c
		ORDER BY c.times, d.word LIMIT 1;
		candidates := ARRAY(SELECT w.ticket_id FROM rui.ticket_word w
			WHERE w.project_id = _search_tickets.project_id AND w.word = driver ORDER BY w.ticket_id DESC LIMIT 2000);
		whole_words := array_remove(whole_words, driver);
	END IF;
	RETURN QUERY
	SELECT 4, 3, '', -c.id, 'ticket', c.id, 'word' FROM unnest(candidates) AS c(id)
	WHERE NOT EXISTS (
			SELECT FROM unnest(whole_words) AS n(word) WHERE NOT EXISTS (
				SELECT FROM rui.ticket_word w
				WHERE w.project_id = _search_tickets.project_id AND w.word = n.word AND w.ticket_id = c.id))
		AND (open_word = '' OR EXISTS (
			SELECT FROM rui.ticket_word w
			WHERE w.project_id = _search_tickets.project_id AND w.word = ANY (endings) AND w.ticket_id = c.id))
	ORDER BY c.id DESC LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION rui._search_tickets(bigint, text, integer, bigint[]) IS
'Internal: the ticket with the number of the query, and tickets whose first 200 characters hold all its words, the last one perhaps unfinished (the first fifty words that begin so), newest first; of a word that is in more than 2000 tickets, the newest 2000 are looked at. only_ids: of these tickets only, null: all.';

CREATE FUNCTION rui._my_people(project_id bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
BEGIN
	RETURN ARRAY(
		SELECT rui.current_party() WHERE rui.current_party() IS NOT NULL
		UNION
		SELECT o.party_id FROM rui.grid_building g
		JOIN rui.unit u ON u.project_id = g.project_id AND u.building_id = g.building_id
		JOIN rui.occupancy o ON o.project_id = u.project_id AND o.unit_id = u.id AND o.valid @> (SELECT rui._today(_my_people.project_id))
		WHERE g.project_id = _my_people.project_id AND g.grid_id = ANY ((SELECT rui.my_grids())::bigint[]));
END
$$;
COMMENT ON FUNCTION rui._my_people(bigint) IS
'Internal: whom the acting party may find without search_people: itself, and who lives today in the grids it looks after.';

CREATE FUNCTION rui.ask_search(project_id bigint, query text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	found_ids bigint[];
BEGIN
	PERFORM rui.require_permission(project_id, 'search_phones');
	PERFORM rui.require_permission(project_id, 'search');
	PERFORM rui._check_text('query', query, 200);
	-- Whoever may be found: as many as search shows at most, archived ones too.
	found_ids := ARRAY(SELECT DISTINCT p.subject_id FROM rui._search_people(project_id, ltrim(query), 100, '{}', true, true) p
		WHERE p.matched = 'phone' ORDER BY p.subject_id);
	INSERT INTO rui.event (project_id, at, kind, subject, subject_id, party_id, payload)
	SELECT ask_search.project_id, now(), 'party.find', 'party', f.id, rui.current_party(),
		jsonb_build_object('by', 'phone', 'digits', length(regexp_replace(query, '[^0-9]', '', 'g')))
	FROM unnest(found_ids) WITH ORDINALITY AS f(id, place) ORDER BY f.place;
	PERFORM rui._ask(project_id, 'search', jsonb_build_array(ltrim(query)), found_ids);
	RETURN cardinality(found_ids);
END
$$;
COMMENT ON FUNCTION rui.ask_search(bigint, text) IS
'Asks who has a phone number that ends with the digits of the query (1 to 200 characters), and writes down each who does, up to 200, by an event party.find: COMMIT, then rui.search with the same query finds them as well, within five minutes. Returns how many there are. Needs permissions search and search_phones. Errors: 22004, 22001, 22023 blank query, 42501.';

CREATE FUNCTION rui.search(project_id bigint, query text, row_limit integer DEFAULT 20, with_archived boolean DEFAULT false)
RETURNS TABLE (rank_no integer, kind text, id bigint, name text, about text, matched text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	typed CONSTANT text := ltrim(query);
	-- By phone: those whose finding is on record for good.
	asked bigint[];
	hits rui.search_hit[];
BEGIN
	PERFORM rui.require_permission(project_id, 'search');
	PERFORM rui._check_text('query', query, 200);
	IF row_limit IS NULL OR with_archived IS NULL THEN
		PERFORM rui._missing(CASE WHEN row_limit IS NULL THEN 'row_limit' ELSE 'with_archived' END);
	ELSIF row_limit NOT BETWEEN 1 AND 100 THEN
		RAISE EXCEPTION 'row_limit must be 1 to 100, not %', row_limit
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Type more to find less.';
	END IF;
	IF rui.has_permission(project_id, 'search_phones') THEN
		asked := rui._asked(project_id, 'search', jsonb_build_array(typed));
	END IF;
	hits := ARRAY(
		SELECT ROW(b.*)::rui.search_hit FROM (
			SELECT DISTINCT ON (h.kind, h.subject_id) h.* FROM (
				SELECT * FROM rui._search_homes(search.project_id, typed, search.row_limit,
					CASE WHEN NOT rui.has_permission(search.project_id, 'search_homes') THEN rui.my_units() END, search.with_archived)
				UNION ALL
				SELECT p.* FROM rui._search_people(search.project_id, typed, CASE WHEN asked IS NULL THEN search.row_limit ELSE 100 END,
					CASE WHEN NOT rui.has_permission(search.project_id, 'search_people') THEN rui._my_people(search.project_id) END, asked IS NOT NULL,
					search.with_archived) p
				WHERE p.matched <> 'phone' OR p.subject_id = ANY (asked)
				UNION ALL
				SELECT * FROM rui._search_tickets(search.project_id, typed, search.row_limit,
					CASE WHEN NOT rui.has_permission(search.project_id, 'search_tickets') THEN rui.my_tasks() || rui.my_tickets() END)) h
			ORDER BY h.kind, h.subject_id, h.rank_no, h.key COLLATE "C") b
		-- Of what fits alike, five of each kind in turn: many homes do not hide a person.
		ORDER BY b.rank_no, (row_number() OVER (PARTITION BY b.rank_no, b.kind ORDER BY b.key COLLATE "C", b.late, b.subject_id) - 1) / 5,
			b.sort_no, b.key COLLATE "C", b.late, b.subject_id
		LIMIT search.row_limit);
	RETURN QUERY
	SELECT h.rank_no, h.kind, h.subject_id, coalesce(u.code, p.name, rui.number_of(k.project_id, 'ticket', k.id), b.name, b.code),
		CASE h.kind WHEN 'home' THEN coalesce(v.name, v.code) WHEN 'ticket' THEN rui._short(k.details, 80) WHEN 'building' THEN b.code
			ELSE (SELECT string_agg(DISTINCT n.code, ', ' ORDER BY n.code) FROM rui.occupancy o
				JOIN rui.unit n ON n.project_id = o.project_id AND n.id = o.unit_id
				WHERE o.project_id = search.project_id AND o.party_id = h.subject_id AND o.valid @> (SELECT rui._today(search.project_id))) END,
		h.matched
	FROM unnest(hits) WITH ORDINALITY AS h(rank_no, sort_no, key, late, kind, subject_id, matched, place)
	LEFT JOIN rui.unit u ON h.kind = 'home' AND u.project_id = search.project_id AND u.id = h.subject_id
	LEFT JOIN rui.building v ON v.project_id = search.project_id AND v.id = u.building_id
	LEFT JOIN rui.party p ON h.kind = 'person' AND p.id = h.subject_id
	LEFT JOIN rui.ticket k ON h.kind = 'ticket' AND k.project_id = search.project_id AND k.id = h.subject_id
	LEFT JOIN rui.building b ON h.kind = 'building' AND b.project_id = search.project_id AND b.id = h.subject_id
	ORDER BY h.place;
END
$$;
COMMENT ON FUNCTION rui.search(bigint, text, integer, boolean) IS
'Finds in a project what begins like the query (1 to 200 characters), at most row_limit rows (1 to 100), best first; what is archived only with_archived. Homes by their number (3-2-1201, 3栋2单元1201, 三栋二单元一二〇一, Building 3 Unit 2 Room 1201; 3-2 and all that begins so; 1201 alone), buildings by code or name, people who lived, owned or held a role there by name, part of it, initials in pinyin or Latin, or, where rui.ask_search has been asked with the same query within the last five minutes in a transaction that is committed, by four and more last digits of a phone number; tickets by number (12, #12) or by words of their first 200 characters. rank_no: 1 exactly, 2 nearly, 3 begins so, 4 within; kind: home, person, ticket or building; id; name: number or name; about: building of a home, homes where a person lives today, beginning of a ticket, code of a building; matched: what it was found by (label kind search_match). Never a phone number; nobody finds out whose one is and takes back the record. Needs permission search; finds what one may see: homes with search_homes, else one''s own and those of one''s tasks; people with search_people, else oneself and who lives today in one''s grids; by phone with search_phones only; tickets with search_tickets, else one''s own and those of one''s home. Errors: 22004, 22001, 22023 blank query or row_limit, 42501.';

CREATE FUNCTION rui._index_words(project_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	changed bigint;
	removed bigint;
BEGIN
	WITH wanted AS MATERIALIZED (
		SELECT DISTINCT w.word, k.id FROM rui.ticket k CROSS JOIN LATERAL rui._words(k.details) AS w(word)
		WHERE k.project_id = _index_words.project_id
	), gone AS (
		DELETE FROM rui.ticket_word w
		WHERE w.project_id = _index_words.project_id AND NOT EXISTS (SELECT FROM wanted n WHERE n.word = w.word AND n.id = w.ticket_id)
		RETURNING 1
	), added AS (
		INSERT INTO rui.ticket_word (project_id, word, ticket_id)
		SELECT _index_words.project_id, n.word, n.id FROM wanted n
		ON CONFLICT DO NOTHING
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM gone) INTO changed, removed;
	RETURN changed + removed;
END
$$;
COMMENT ON FUNCTION rui._index_words(bigint) IS 'Internal: makes the words of a project''s tickets what their details say. Returns how many changed.';

CREATE FUNCTION rui._collation_version() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((SELECT pg_collation_actual_version(c.oid) FROM pg_catalog.pg_collation c WHERE c.collname = 'zh-x-icu' LIMIT 1), 'none');
END
$$;
COMMENT ON FUNCTION rui._collation_version() IS 'Internal: version of the order of Chinese sounds (collation zh-x-icu) of this server now, or none.';

CREATE FUNCTION rui._rebuild_people(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	changed bigint;
BEGIN
	SELECT rui._index_people(array_agg(_rebuild_people.project_id), array_agg(l.party_id)) INTO changed FROM (
		SELECT o.party_id FROM rui.occupancy o WHERE o.project_id = _rebuild_people.project_id
		UNION SELECT w.party_id FROM rui.ownership o CROSS JOIN LATERAL unnest(o.owner_ids) AS w(party_id) WHERE o.project_id = _rebuild_people.project_id
		UNION SELECT m.party_id FROM rui.membership m WHERE m.project_id = _rebuild_people.project_id) l
	HAVING count(*) > 0;
	INSERT INTO rui.search_state AS s (project_id, collation_version, rebuilt_at)
	VALUES (project_id, rui._collation_version(), at)
	ON CONFLICT ON CONSTRAINT search_state_pkey DO UPDATE
	SET collation_version = EXCLUDED.collation_version, rebuilt_at = EXCLUDED.rebuilt_at;
	RETURN coalesce(changed, 0);
END
$$;
COMMENT ON FUNCTION rui._rebuild_people(bigint, timestamptz) IS
'Internal: makes the keys of all people of a project anew and notes the order of sounds they are made by. Returns how many changed.';

CREATE FUNCTION rui.rebuild_search(project_id bigint, request_key text DEFAULT NULL, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	answer jsonb;
	changed bigint;
	stale bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_time(project_id, at);
	answer := rui._begin_request(project_id, 'rebuild_search', request_key, '{}');
	IF answer IS NOT NULL THEN
		RETURN answer::bigint;
	END IF;
	changed := rui._rebuild_people(project_id, at) + rui._index_words(project_id)
		+ coalesce((SELECT rui._index_buildings(array_agg(b.project_id), array_agg(b.id)) FROM rui.building b
			WHERE b.project_id = rebuild_search.project_id HAVING count(*) > 0), 0)
		+ coalesce((SELECT rui._index_units(array_agg(u.project_id), array_agg(u.id)) FROM rui.unit u
			WHERE u.project_id = rebuild_search.project_id HAVING count(*) > 0), 0);
	DELETE FROM rui.estate_key k WHERE k.project_id = rebuild_search.project_id AND NOT CASE k.kind
		WHEN 'building' THEN EXISTS (SELECT FROM rui.building b WHERE b.project_id = k.project_id AND b.id = k.subject_id)
		ELSE EXISTS (SELECT FROM rui.unit u WHERE u.project_id = k.project_id AND u.id = k.subject_id) END;
	GET DIAGNOSTICS stale = ROW_COUNT;
	changed := changed + stale;
	PERFORM rui._unlink_people(array_agg(k.project_id), array_agg(k.party_id)) FROM (
		SELECT DISTINCT k.project_id, k.party_id FROM rui.person_key k WHERE k.project_id = rebuild_search.project_id) k HAVING count(*) > 0;
	PERFORM rui._finish_request(project_id, 'rebuild_search', request_key, to_jsonb(changed));
	RETURN changed;
END
$$;
COMMENT ON FUNCTION rui.rebuild_search(bigint, text, timestamptz) IS
'Makes everything that search knows of a project anew from the tables; returns how many keys changed: 0 unless somebody wrote past the triggers, or the server''s ICU orders Chinese characters otherwise than before. Needs permission manage_estate. Errors: 22004, 22008, RU409, 42501, 55000.';

CREATE FUNCTION rui._duty_refresh_search(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF EXISTS (SELECT FROM rui.search_state s
		WHERE s.project_id = _duty_refresh_search.project_id AND s.collation_version = rui._collation_version()) THEN
		RETURN 0;
	END IF;
	RETURN rui._rebuild_people(project_id, at);
END
$$;
COMMENT ON FUNCTION rui._duty_refresh_search(bigint, timestamptz) IS
'Internal: the duty refresh_search of rui.tick(): makes initials anew when the server orders Chinese sounds otherwise than when they were made. Returns how many keys changed.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('refresh_search', 9000, 'Makes the initials of names anew after the server''s ICU has changed.');
