-- Whether what is sealed is still what was sealed; and whether a head that was
-- kept elsewhere is one of this database.

CREATE FUNCTION rui._compare_marks(project_id bigint, sealed rui.seal_table, key text, clock text, whose text, from_at timestamptz, before_at timestamptz,
	OUT finding text, OUT detail text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex' SET jit = off
AS $$
DECLARE
	present text[];
	marks bytea[];
	same_before integer := 0;
	same_after integer := 0;
	were CONSTANT integer := sealed.rows;
	are integer;
BEGIN
	EXECUTE format('SELECT coalesce(array_agg(l.key), ''{}''), coalesce(array_agg(substring(rui.merkle_leaf(l.leaf) FROM 1 FOR 4)), ''{}'')
		FROM (SELECT %s AS leaf, json_build_array(%s)::text AS key FROM rui.%I t WHERE %s AND t.%5$I >= $2 AND t.%5$I < $3 ORDER BY %2$s) l',
		rui._leaf(sealed.columns), key, sealed.table_name, whose, clock)
	INTO present, marks USING project_id, from_at, before_at;
	are := cardinality(marks);
	WHILE same_before < least(were, are) AND marks[same_before + 1] = substring(sealed.marks FROM 4 * same_before + 1 FOR 4) LOOP
		same_before := same_before + 1;
	END LOOP;
	WHILE same_before + same_after < least(were, are) AND marks[are - same_after] = substring(sealed.marks FROM 4 * (were - same_after) - 3 FOR 4) LOOP
		same_after := same_after + 1;
	END LOOP;
	finding := CASE WHEN are = were THEN 'altered' WHEN were = same_before + same_after THEN 'inserted'
		WHEN are = same_before + same_after THEN 'deleted' ELSE 'altered' END;
	detail := CASE WHEN are = were AND same_before = are THEN 'the rows are those its marks tell, the root is not theirs' ELSE CASE finding
		WHEN 'inserted' THEN format('%s rows that were not there, from key %s', are - were, present[same_before + 1])
		WHEN 'deleted' THEN format('%s of %s rows, after key %s', were - are, were, coalesce(present[same_before], '(none)'))
		ELSE format('%s of %s rows are %s other ones, from key %s to %s', were - same_before - same_after, were, are - same_before - same_after,
			coalesce(present[same_before + 1], '(none)'), coalesce(present[are - same_after], '(none)')) END END;
END
$$;
COMMENT ON FUNCTION rui._compare_marks(bigint, rui.seal_table, text, text, text, timestamptz, timestamptz) IS
'Internal: where the rows of a table differ from what a seal says of them, by their marks: finding (inserted, deleted, altered) and detail with the primary keys of the rows now there (JSON arrays). Marks only locate: it is the root that proves.';

CREATE FUNCTION rui._erasure_of(party_id bigint, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN coalesce((SELECT jsonb_strip_nulls(jsonb_build_object('project_id', r.project_id, 'id', r.id, 'kind', r.kind, 'decided_by', r.decided_by))
		FROM rui.personal_request r
		WHERE r.party_id = _erasure_of.party_id AND r.kind IN ('erasure', 'retention') AND r.state IN ('held', 'done')
			AND coalesce(r.decided_at, r.requested_at) <= _erasure_of.at
		ORDER BY coalesce(r.decided_at, r.requested_at) DESC, r.id DESC LIMIT 1), '{}');
END
$$;
COMMENT ON FUNCTION rui._erasure_of(bigint, timestamptz) IS
'Internal: the request by which data of a party were erased at an instant: an erasure that somebody has approved, or one by the term of retention; project_id, id, kind, decided_by; an empty object for none. Only rui._erasure_as_owner may run it: the request may be of another project of the company.';

CREATE FUNCTION rui._check_erased(project_id bigint, table_name text, key text, clock text, whose text, from_at timestamptz, before_at timestamptz)
RETURNS TABLE (finding text, detail text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 2
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex' SET jit = off
AS $$
DECLARE
	salted text[];
	whom bigint;
	erased_at timestamptz;
	is_left boolean;
	found_rows bigint;
	first_key text;
	request jsonb;
BEGIN
	SELECT s.columns INTO salted FROM rui.salted_column s WHERE s.table_name = _check_erased.table_name;
	FOR whom, erased_at, is_left, found_rows, first_key IN EXECUTE format('SELECT e.party_id, e.at, e.content_hash IS NOT DISTINCT FROM l.content AND l.shows AS is_left, count(*) AS rows, min(l.key) AS first_key
		FROM (SELECT json_build_array(%1$s)::text AS key, %2$s AS content, coalesce(%6$s, false) AS shows FROM rui.%3$I t
			WHERE %4$s AND t.%5$I >= $2 AND t.%5$I < $3 AND (t.erased IS NOT NULL OR t.salt IS NULL)) l
		LEFT JOIN LATERAL (SELECT r.party_id, r.at, r.content_hash FROM rui.erased_row r
			WHERE r.project_id = $1 AND r.table_name = $4 AND r.row_key = l.key ORDER BY r.id DESC LIMIT 1) e ON true
		GROUP BY 1, 2, 3 ORDER BY 3, 2, 1',
		key, rui._content_hash(salted), table_name, whose, clock,
		-- What an erasure puts in place of something; nobody can tell from the images of a journal.
		CASE table_name WHEN 'journal' THEN 'true' ELSE (SELECT string_agg(format('t.%1$I::text ~ ''\*\*\*|^erased-'' OR t.erased ? %1$L AND (t.%1$I IS NULL%2$s)', c.name,
				CASE WHEN p.replacement IS NOT NULL THEN format(' OR t.%I::text = (%s)::text', c.name, p.replacement) ELSE '' END), ' OR ')
			FROM unnest(salted) AS c(name)
			LEFT JOIN rui.personal_column p ON p.table_name = _check_erased.table_name AND p.column_name = c.name AND p.replacement !~ '[$]') END)
		USING project_id, from_at, before_at, table_name
	LOOP
		request := CASE WHEN is_left THEN rui._erasure_as_owner(whom, erased_at) END;
		finding := CASE WHEN request ? 'id' THEN 'erased' ELSE 'altered' END;
		detail := CASE WHEN request IS NULL THEN format('%s rows are not what an erasure has left, from key %s', found_rows, first_key)
			WHEN finding = 'altered' THEN format('%s rows are known by digests only, and nobody has approved an erasure of party %s until %s, from key %s',
				found_rows, whom, erased_at, first_key)
			ELSE format('%s rows are known by digests only: data of party %s erased %s by %s %s of project %s, %s, from key %s', found_rows, whom, erased_at,
				request ->> 'kind', request ->> 'id', request ->> 'project_id', coalesce('decided by party ' || (request ->> 'decided_by'), 'by its term'), first_key) END;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._check_erased(bigint, text, text, text, text, timestamptz, timestamptz) IS
'Internal: of the rows of a table with salted columns that are known by the digests that were sealed only: finding erased where an erasure that is on record, and that somebody has approved or a term has asked for, has left them so (one row for each erasure: how many rows, whose data, when, by which request); altered where not.';

CREATE FUNCTION rui._seal_parts(project_id bigint, table_name text, columns text[], key text, clock text, whose text, bounds timestamptz[])
RETURNS TABLE (place integer, rows bigint, root bytea, erased bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex' SET jit = off
AS $$
BEGIN
	-- Rows come seal by seal in the order of their key, and are hashed as they come.
	FOR place, rows, root, erased IN EXECUTE format('SELECT l.place, count(*), rui.merkle_root(l.leaf), count(*) FILTER (WHERE l.erased)
		FROM (SELECT width_bucket(t.%4$I, $2) AS place, %1$s AS leaf, %6$s AS erased FROM rui.%2$I t
			WHERE %3$s AND t.%4$I >= $3 AND t.%4$I < $4 ORDER BY 1, %5$s) l GROUP BY l.place',
		rui._leaf(columns), table_name, whose, clock, key,
		CASE WHEN EXISTS (SELECT FROM unnest(columns) AS c(name) WHERE c.name LIKE '%#') THEN 't.erased IS NOT NULL OR t.salt IS NULL' ELSE 'false' END)
	USING project_id, bounds, bounds[1], bounds[cardinality(bounds)] LOOP
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._seal_parts(bigint, text, text[], text, text, text, timestamptz[]) IS
'Internal: rui._seal_part for seals that follow each other, in one reading of the table: bounds are where the first begins, and where each ends; place: 1 for the first. Nothing for those without rows; no marks.';

CREATE FUNCTION rui._differing_parts(project_id bigint, numbers bigint[], bounds timestamptz[], sources jsonb,
	OUT rows bigint[], OUT differing jsonb)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	source record;
	shape record;
	part record;
BEGIN
	rows := array_fill(0::bigint, ARRAY[cardinality(numbers)]);
	differing := '[]';
	FOR source IN SELECT * FROM jsonb_to_recordset(sources) AS x(table_name text, columns text[], key text, clock text, whose text) LOOP
		-- Seals of one batch may have been made before and after a column came.
		FOR shape IN SELECT coalesce(t.columns, source.columns) AS columns, array_agg(n.place::integer ORDER BY n.place) AS places
			FROM unnest(numbers) WITH ORDINALITY AS n(number, place)
			LEFT JOIN rui.seal_table t ON t.project_id = _differing_parts.project_id AND t.number = n.number AND t.table_name = source.table_name
			GROUP BY 1
		LOOP
			IF NOT (SELECT array_agg(rtrim(c.name, '#')) FROM unnest(shape.columns) AS c(name))
				<@ (SELECT array_agg(rtrim(c.name, '#')) FROM unnest(source.columns) AS c(name)) THEN
				SELECT differing || jsonb_agg(jsonb_build_object('place', n.place, 'table_name', source.table_name, 'is_unreadable', true))
				INTO differing FROM unnest(shape.places) AS n(place);
				CONTINUE;
			END IF;
			FOR part IN SELECT n.place, coalesce(p.rows, 0) AS rows, coalesce(p.erased, 0) AS erased,
					t.rows IS NOT DISTINCT FROM p.rows AND t.root IS NOT DISTINCT FROM p.root AS is_same
				FROM unnest(shape.places) AS n(place)
				LEFT JOIN rui._seal_parts(project_id, source.table_name, shape.columns, source.key, source.clock, source.whose, bounds) p ON p.place = n.place
				LEFT JOIN rui.seal_table t ON t.project_id = _differing_parts.project_id AND t.number = numbers[n.place] AND t.table_name = source.table_name
				WHERE p.place IS NOT NULL OR t.number IS NOT NULL
				ORDER BY n.place
			LOOP
				rows[part.place] := rows[part.place] + part.rows;
				IF NOT part.is_same OR part.erased > 0 THEN
					differing := differing || jsonb_build_object('place', part.place, 'table_name', source.table_name, 'is_unreadable', false,
						'is_same', part.is_same, 'rows', part.rows, 'erased', part.erased);
				END IF;
			END LOOP;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._differing_parts(bigint, bigint[], timestamptz[], jsonb) IS
'Internal: of seals that follow each other (their numbers, and bounds as of rui._seal_parts), with the tables of sources (rows of rui._sealed_tables): how many rows each has, and, as a JSON array, the tables of seals that are not as they were sealed, are unreadable, or have rows that are known by digests only: place of the seal, from 1.';

CREATE FUNCTION rui.verify_journal(project_id bigint, from_number bigint DEFAULT 1, to_number bigint DEFAULT NULL)
RETURNS TABLE (number bigint, rows bigint, finding text, table_name text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	sources jsonb;
	known_tables text[];
	batch record;
	parts record;
	seal_place integer;
	seal rui.seal;
	source record;
	sealed rui.seal_table;
	gone record;
	grown record;
	frontier bytea[];
	root bytea := sha256('');
	expected bigint := from_number;
	ends timestamptz;
	last_number bigint;
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'verify_journal') ELSE rui._require_above(project_id, 'verify_journal') END;
	IF from_number IS NULL THEN
		PERFORM rui._missing('from_number');
	ELSIF from_number < 1 OR to_number < from_number THEN
		RAISE EXCEPTION 'no seals from % to %', from_number, to_number
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Seals are numbered from 1.';
	END IF;
	-- Those before are taken as they are: their root is the head one knows.
	IF from_number > 1 THEN
		SELECT s.frontier, s.root, s.before_at INTO frontier, root, ends FROM rui.seal s
		WHERE s.project_id = verify_journal.project_id AND s.number = from_number - 1;
	END IF;
	SELECT jsonb_agg(to_jsonb(x) ORDER BY x.table_name COLLATE "C"), array_agg(x.table_name) INTO sources, known_tables
	FROM rui._sealed_tables(project_id) x;
	-- Small seals together, as far as each goes on where the one before ends: every table is read once for all of them.
	FOR batch IN
		SELECT array_agg(b.number ORDER BY b.number) AS numbers, min(b.from_at) || array_agg(b.before_at ORDER BY b.number) AS bounds
		FROM (
			SELECT c.number, c.from_at, c.before_at, sum(c.breaks) OVER w AS run, (sum(c.rows) OVER w - c.rows)::bigint / 50000 AS part,
				row_number() OVER w / 500 AS piece
			FROM (SELECT s.number, s.from_at, s.before_at, s.rows,
					CASE WHEN lag(s.before_at) OVER (ORDER BY s.number) = s.from_at THEN 0 ELSE 1 END AS breaks
				FROM rui.seal s
				WHERE s.project_id = verify_journal.project_id AND s.number >= from_number AND (to_number IS NULL OR s.number <= to_number)) c
			WINDOW w AS (ORDER BY c.number)) b
		GROUP BY b.run, b.part, b.piece ORDER BY min(b.number)
	LOOP
		parts := rui._differing_parts(project_id, batch.numbers, batch.bounds, sources);
		seal_place := 0;
		FOR seal IN SELECT s.* FROM rui.seal s
			WHERE s.project_id = verify_journal.project_id AND s.number = ANY (batch.numbers) ORDER BY s.number
		LOOP
			seal_place := seal_place + 1;
			number := seal.number;
			rows := 0;
			finding := NULL;
			table_name := NULL;
			detail := NULL;
			IF seal.number <> expected THEN
				finding := 'missing';
				detail := format('seals %s to %s are not there', expected, seal.number - 1);
				RETURN NEXT;
			ELSIF seal.previous_root IS DISTINCT FROM root OR seal.from_at IS DISTINCT FROM coalesce(ends, seal.from_at) THEN
				finding := 'unchained';
				detail := 'it does not go on from the seal before';
				RETURN NEXT;
			END IF;
			expected := seal.number + 1;
			SELECT g.* INTO grown FROM rui._grow_frontier(frontier, seal.number - 1, convert_to(seal.header, 'UTF8')) g;
			IF seal.header <> rui._seal_header(seal.project_id, seal.number, seal.from_at, seal.before_at, seal.rows, seal.tables, seal.tables_root, seal.previous_root)
				OR seal.root <> grown.root OR seal.frontier <> grown.grown
				OR seal.tables_root IS DISTINCT FROM (SELECT rui.merkle_root(convert_to(rui._table_entry(t.table_name, t.rows, t.root, t.columns), 'UTF8') ORDER BY t.place)
					FROM rui.seal_table t WHERE t.project_id = seal.project_id AND t.number = seal.number)
			THEN
				finding := 'forged';
				detail := 'the seal does not agree with itself';
				RETURN NEXT;
			END IF;
			-- What it says of itself is what the next one goes on from.
			root := seal.root;
			frontier := seal.frontier;
			ends := seal.before_at;
			rows := parts.rows[seal_place];
			FOR source IN SELECT x.*, d.is_unreadable, d.is_same, d.rows AS found_rows, d.erased
				FROM jsonb_to_recordset(parts.differing) AS d(place integer, table_name text, is_unreadable boolean, is_same boolean, rows bigint, erased bigint)
				JOIN jsonb_to_recordset(sources) AS x(table_name text, columns text[], key text, clock text, whose text) ON x.table_name = d.table_name
				WHERE d.place = seal_place ORDER BY x.table_name COLLATE "C"
			LOOP
				finding := NULL;
				table_name := source.table_name;
				SELECT t.* INTO sealed FROM rui.seal_table t
				WHERE t.project_id = seal.project_id AND t.number = seal.number AND t.table_name = source.table_name;
				IF source.is_unreadable THEN
					finding := 'unreadable';
					detail := 'columns are gone that were sealed';
					RETURN NEXT;
					CONTINUE;
				ELSIF sealed.rows IS NULL THEN
					finding := 'inserted';
					detail := format('%s rows that were not there', source.found_rows);
					RETURN NEXT;
				ELSIF NOT source.is_same THEN
					SELECT c.finding, c.detail INTO finding, detail FROM rui._compare_marks(seal.project_id, sealed, source.key, source.clock, source.whose, seal.from_at, seal.before_at) c;
					RETURN NEXT;
				END IF;
				-- What is erased is proved by its digest: that it was erased, by who did it.
				CONTINUE WHEN source.erased = 0;
				FOR gone IN SELECT e.* FROM rui._check_erased(seal.project_id, source.table_name, source.key, source.clock, source.whose, seal.from_at, seal.before_at) e LOOP
					finding := gone.finding;
					detail := gone.detail;
					RETURN NEXT;
				END LOOP;
			END LOOP;
			-- Tables that are sealed and are no more.
			FOR sealed IN SELECT t.* FROM rui.seal_table t WHERE t.project_id = seal.project_id AND t.number = seal.number
				AND t.table_name <> ALL (known_tables) ORDER BY t.place
			LOOP
				finding := 'unreadable';
				table_name := sealed.table_name;
				detail := 'the table is gone';
				RETURN NEXT;
			END LOOP;
			finding := 'verified';
			table_name := NULL;
			detail := encode(seal.root, 'hex');
			RETURN NEXT;
		END LOOP;
	END LOOP;
	-- Seals that events have told of and that are not there.
	SELECT max((e.payload ->> 'number')::bigint) INTO last_number FROM rui.event e
	WHERE e.project_id = verify_journal.project_id AND e.kind = 'journal.seal';
	IF to_number IS NULL AND last_number >= expected OR to_number >= expected THEN
		number := expected;
		rows := 0;
		finding := 'missing';
		table_name := NULL;
		detail := format('seals from %s to %s are not there', expected, coalesce(to_number, last_number));
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.verify_journal(bigint, bigint, bigint) IS
'Computes the seals of a project, of a company (minus its id) or of the installation (0) anew from its rows, from one number to another (null: the last), and says what has become of each: a row verified, with the rows it has counted and its root (detail), after a row for everything that is not as it was sealed: finding altered, deleted or inserted (detail: which keys of table_name), erased (rows whose content nobody can prove any more, only that it had these digests: how many, whose data, when, by which request), unreadable (a table or column is gone), forged (a seal that does not agree with itself), unchained (it does not go on from the one before) or missing. An insider who makes rows and seals anew is found out by heads kept elsewhere: rui.check_head. With from_number beyond 1 the seals before are believed. Call it in ranges to see how far it is. Needs permission verify_journal: of a company in the company as a whole, of the installation in any. Errors: 22004, 22023, 42501.';

CREATE FUNCTION rui.check_head(project_id bigint, number bigint, root text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	known bytea;
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'verify_journal') ELSE rui._require_above(project_id, 'verify_journal') END;
	IF number IS NULL OR root IS NULL THEN
		PERFORM rui._missing(CASE WHEN number IS NULL THEN 'number' ELSE 'root' END);
	ELSIF root !~ '^[0-9a-f]{64}$' THEN
		RAISE EXCEPTION 'root must be 64 hexadecimal digits, not "%"', left(root, 80) USING ERRCODE = 'invalid_parameter_value',
			HINT = 'It is what the event journal.seal said, and encode(rui.seal.root, ''hex'').';
	END IF;
	-- From the headers, not from what the seals say of themselves.
	SELECT CASE WHEN count(*) = check_head.number THEN rui.merkle_root(convert_to(s.header, 'UTF8') ORDER BY s.number) END INTO known
	FROM rui.seal s WHERE s.project_id = check_head.project_id AND s.number <= check_head.number;
	RETURN CASE WHEN known IS NULL THEN 'truncated' WHEN known = decode(root, 'hex') THEN 'holds' ELSE 'forked' END;
END
$$;
COMMENT ON FUNCTION rui.check_head(bigint, bigint, text) IS
'Whether a head that was kept elsewhere (number of seals and root, hexadecimal) is one of this database: holds; truncated, when there are not so many seals any more; or forked, when those seals are not the same. Together with rui.verify_journal up to that number it proves that nothing recorded before has been altered. project_id and permission as of rui.verify_journal. Errors: 22004, 22023, 42501.';
