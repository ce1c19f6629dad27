-- Proofs for others: that a row was there when a seal was put on it.

CREATE FUNCTION rui._siblings(index bigint, size bigint) RETURNS TABLE (step integer, first bigint, beyond bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 20
SET search_path FROM CURRENT
AS $$
DECLARE
	lowest bigint := 0;
	rest bigint := size;
	half bigint;
BEGIN
	step := 0;
	WHILE rest > 1 LOOP
		half := 1;
		WHILE half * 2 < rest LOOP
			half := half * 2;
		END LOOP;
		step := step - 1;
		IF index < lowest + half THEN
			first := lowest + half;
			beyond := lowest + rest;
			rest := half;
		ELSE
			first := lowest;
			beyond := lowest + half;
			lowest := lowest + half;
			rest := rest - half;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._siblings(bigint, bigint) IS
'Internal: the subtrees whose roots are the audit path of the leaf at an index, from 0, in a Merkle tree of size leaves: which leaves each has, from first to before beyond; by step in the order of the path, from the leaf to the root. So a path is made of log2(size) roots, each computed as its leaves come, and not of all leaves at once. Source: RFC 6962, 2.1.1.';

CREATE FUNCTION rui._prove_row(project_id bigint, table_name text, condition text, row_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex' SET jit = off
AS $$
DECLARE
	source record;
	recorded timestamptz;
	seal rui.seal;
	sealed rui.seal_table;
	leaf text;
	index bigint;
	openings jsonb;
	path bytea[];
	found_rows bigint;
	starts bigint[];
	table_path bytea[];
	seal_path bytea[];
	head rui.seal;
BEGIN
	SELECT x.* INTO source FROM rui._sealed_tables(project_id) x WHERE x.table_name = _prove_row.table_name;
	EXECUTE format('SELECT t.%I FROM rui.%I t WHERE %s AND %s', source.clock, table_name, source.whose, condition) INTO recorded USING project_id, row_id;
	IF recorded IS NULL THEN
		PERFORM rui._unknown(table_name, row_id, project_id);
	END IF;
	SELECT s.* INTO seal FROM rui.seal s WHERE s.project_id = _prove_row.project_id AND s.from_at <= recorded AND s.before_at > recorded;
	SELECT t.* INTO sealed FROM rui.seal_table t
	WHERE t.project_id = seal.project_id AND t.number = seal.number AND t.table_name = _prove_row.table_name;
	IF sealed.number IS NULL THEN
		RAISE EXCEPTION 'row % of % is not sealed yet', row_id, table_name
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ticks seal what is settled every ten minutes; rui.seal_journal does it now.';
	END IF;
	-- First where it stands, then the roots of the subtrees beside its way up.
	EXECUTE format('SELECT count(*), max(l.place) FILTER (WHERE l.is_it)
		FROM (SELECT %s AS is_it, row_number() OVER (ORDER BY %s) - 1 AS place FROM rui.%I t WHERE %s AND t.%5$I >= $3 AND t.%5$I < $4) l',
		condition, source.key, table_name, source.whose, source.clock)
	INTO found_rows, index USING project_id, row_id, seal.from_at, seal.before_at;
	EXECUTE format('SELECT convert_from(%s, ''UTF8'') FROM rui.%I t WHERE %s AND %s', rui._leaf(sealed.columns), table_name, source.whose, condition)
	INTO leaf USING project_id, row_id;
	starts := ARRAY(SELECT s.first FROM (SELECT n.first FROM rui._siblings(index, sealed.rows) n UNION ALL SELECT index) s ORDER BY 1);
	EXECUTE format('SELECT array_agg(h.root ORDER BY n.step) FROM rui._siblings($5, $6) n
		LEFT JOIN (SELECT $7[width_bucket(l.place, $7)] AS first, rui.merkle_root(l.leaf ORDER BY l.place) AS root
			FROM (SELECT %s AS leaf, row_number() OVER (ORDER BY %s) - 1 AS place FROM rui.%I t WHERE %s AND t.%5$I >= $3 AND t.%5$I < $4) l
			GROUP BY 1) h ON h.first = n.first',
		rui._leaf(sealed.columns), source.key, table_name, source.whose, source.clock)
	INTO path USING project_id, row_id, seal.from_at, seal.before_at, index, sealed.rows, starts;
	path := coalesce(path, '{}');
	IF found_rows <> sealed.rows OR NOT rui.merkle_verify(convert_to(leaf, 'UTF8'), index, sealed.rows, path, sealed.root) THEN
		RAISE EXCEPTION 'seal % of % is broken at table %', seal.number, project_id, table_name
			USING ERRCODE = 'data_corrupted', HINT = 'rui.verify_journal says where.';
	END IF;
	IF EXISTS (SELECT FROM unnest(sealed.columns) AS c(name) WHERE c.name LIKE '%#') THEN
		EXECUTE format('SELECT jsonb_strip_nulls(jsonb_build_object(%s)) FROM rui.%I t WHERE %s AND %s%s',
			(SELECT string_agg(format('%L, CASE WHEN t.salt IS NOT NULL AND t.%I IS NOT NULL THEN jsonb_build_array(t.salt::text, t.%I::text) END',
				rtrim(c.name, '#'), rtrim(c.name, '#'), rtrim(c.name, '#')), ', ') FROM unnest(sealed.columns) AS c(name) WHERE c.name LIKE '%#'),
			table_name, source.whose, condition,
			-- What nobody is shown without saying why stays a digest.
			CASE table_name WHEN 'journal' THEN ' AND NOT EXISTS (SELECT FROM rui.masked_column m WHERE m.table_name = t.table_name)' ELSE '' END)
		INTO openings USING project_id, row_id;
	END IF;
	SELECT rui.merkle_proof(array_agg(convert_to(rui._table_entry(t.table_name, t.rows, t.root, t.columns), 'UTF8') ORDER BY t.place), sealed.place)
	INTO table_path FROM rui.seal_table t WHERE t.project_id = seal.project_id AND t.number = seal.number;
	SELECT s.* INTO head FROM rui.seal s WHERE s.project_id = seal.project_id ORDER BY s.number DESC LIMIT 1;
	SELECT array_agg((SELECT rui.merkle_root(convert_to(s.header, 'UTF8') ORDER BY s.number) FROM rui.seal s
			WHERE s.project_id = seal.project_id AND s.number > n.first AND s.number <= n.beyond) ORDER BY n.step)
	INTO seal_path FROM rui._siblings(seal.number - 1, head.number) n;
	RETURN jsonb_build_object('version', 'rui proof 1',
		'row', leaf, 'openings', coalesce(openings, '{}'), 'index', index, 'path', rui._hex(path),
		'table', rui._table_entry(sealed.table_name, sealed.rows, sealed.root, sealed.columns), 'table_index', sealed.place, 'table_path', rui._hex(table_path),
		'seal', seal.header, 'seal_path', rui._hex(seal_path),
		'head', jsonb_build_object('number', head.number, 'root', encode(head.root, 'hex')));
END
$$;
COMMENT ON FUNCTION rui._prove_row(bigint, text, text, bigint) IS
'Internal: the proof of a row: condition names it by $2. Errors: P0002 no such row, 55000 not sealed yet, XX001 what was sealed with it is not what it was.';

CREATE FUNCTION rui._hex(hashes bytea[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT jsonb_agg(encode(h.hash, 'hex') ORDER BY h.place) FROM unnest(hashes) WITH ORDINALITY AS h(hash, place)), '[]');
COMMENT ON FUNCTION rui._hex(bytea[]) IS 'Internal: hashes as a JSON array of hexadecimal texts.';

CREATE FUNCTION rui.journal_proof(project_id bigint, entry_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'verify_journal') ELSE rui._require_above(project_id, 'verify_journal') END;
	IF entry_id IS NULL THEN
		PERFORM rui._missing('entry_id');
	END IF;
	RETURN rui._prove_row(project_id, 'journal', 't.id = $2', entry_id);
END
$$;
COMMENT ON FUNCTION rui.journal_proof(bigint, bigint) IS
'The proof that a row of the journal of a project, of a company (minus its id) or of the installation (0), by its id, was there when its seal was made, up to the last head: a JSON object that docs/verify_proof.py checks against a head that was published, without this database. It shows the row itself, with the salts of what is in it as digests (none where it was erased, or where rui.masked_column has columns of the table the entry is about: what it was stays a digest), and nothing of others but hashes. Needs permission verify_journal: of a company in the company as a whole, of the installation in any. Errors: 22004, P0002 unknown entry, 55000 not sealed yet, XX001 what was sealed with it has been altered, 42501.';

CREATE FUNCTION rui.row_proof(project_id bigint, table_name text, row_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'verify_journal') ELSE rui._require_above(project_id, 'verify_journal') END;
	IF row_id IS NULL THEN
		PERFORM rui._missing('row_id');
	END IF;
	PERFORM rui._check_text('table_name', table_name, 63);
	IF NOT EXISTS (SELECT FROM rui._sealed_tables(project_id) x WHERE x.table_name = row_proof.table_name AND 'id' = ANY (x.columns)) THEN
		RAISE EXCEPTION 'rows of "%" are not sealed by an id', table_name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Append-only tables with a column id are, such as charge, payment, posting and event.';
	END IF;
	RETURN rui._prove_row(project_id, table_name, 't.id = $2', row_id);
END
$$;
COMMENT ON FUNCTION rui.row_proof(bigint, text, bigint) IS
'The proof that a row of an append-only table, such as a charge, a payment or a posting, was there when its seal was made: as rui.journal_proof, with the same numbers. Needs permission verify_journal as that. Errors: 22004, 22023 no such table, 22001, P0002 unknown row, 55000 not sealed yet, XX001 what was sealed with it has been altered, 42501.';
