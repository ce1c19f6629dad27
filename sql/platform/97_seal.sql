-- Seals: what was added to the journal and the append-only tables of a project,
-- a company or the installation is condensed, batch by batch, into roots that
-- can be kept elsewhere.

CREATE TABLE rui.seal (
	project_id bigint NOT NULL,
	number bigint NOT NULL CHECK (number > 0),
	from_at timestamptz NOT NULL,
	before_at timestamptz NOT NULL CHECK (before_at > from_at),
	rows bigint NOT NULL CHECK (rows > 0),
	tables integer NOT NULL CHECK (tables > 0),
	tables_root bytea NOT NULL CHECK (length(tables_root) = 32),
	previous_root bytea NOT NULL CHECK (length(previous_root) = 32),
	header text NOT NULL,
	root bytea NOT NULL CHECK (length(root) = 32),
	frontier bytea[] NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, number)
);
CREATE TABLE rui.seal_table (
	project_id bigint NOT NULL,
	number bigint NOT NULL,
	place integer NOT NULL CHECK (place >= 0),
	table_name text NOT NULL,
	columns text[] NOT NULL,
	rows bigint NOT NULL CHECK (rows > 0),
	root bytea NOT NULL CHECK (length(root) = 32),
	marks bytea NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, number, place),
	CONSTRAINT seal_table_once UNIQUE (project_id, number, table_name),
	FOREIGN KEY (project_id, number) REFERENCES rui.seal (project_id, number),
	CHECK (length(marks) = 4 * rows)
);
-- Where the next seal may end.
CREATE TABLE rui.seal_watch (
	project_id bigint PRIMARY KEY,
	noted_at timestamptz NOT NULL,
	running text[] NOT NULL
) WITH (fillfactor = 50);

PERFORM rui._permit('seal_journal', '{candidate,live,closed}', 'manager', 'auditor', 'director', 'loader');
PERFORM rui._permit('verify_journal', '{candidate,live,closed}', 'manager', 'auditor', 'director');
PERFORM rui._name('permission', p.code, p.zh, p.en) FROM (VALUES ('seal_journal', '封存日志', 'seal the journal'),
	('verify_journal', '核验日志', 'verify the journal and prove entries')) AS p(code, zh, en);
PERFORM rui._name('event', 'journal.seal', '日志封存', 'journal sealed');

PERFORM rui._describe('seal', 'Seals of a project (of a company: under minus its id; of the installation: under 0), chained: each covers the rows recorded from from_at to before before_at. Number and root are to be kept elsewhere.',
	'number: 1, 2, 3 …',
	'from_at: The first instant it covers: where the seal before ends.',
	'before_at: The instant before which it covers.',
	'rows: How many rows.',
	'tables: Of how many tables.',
	'tables_root: Root of the Merkle tree over the entries of its tables.',
	'previous_root: Root of all seals before; of none, SHA-256 of nothing.',
	'header: What is sealed: a JSON array of all the above, with a version.',
	'root: Root of the Merkle tree over the headers of all seals up to this one: the head to be published.',
	'frontier: Roots of the full subtrees of that tree, largest first: the next seal goes on from them.');
PERFORM rui._describe('seal_table', 'What of one table a seal covers.',
	'number: The seal.',
	'place: Place among its tables, from 0.',
	'table_name: The table.',
	'columns: The columns that were there, in order: the leaf of a row is the JSON array of their texts; of those with # behind the name, of their salted digests.',
	'rows: How many rows, ordered by primary key.',
	'root: Root of the Merkle tree over their leaves.',
	'marks: The first four bytes of each leaf''s hash: where rows differ, these say which.');
PERFORM rui._describe('seal_watch', 'The instant up to which the next seal may reach, once those are over who were at work then.',
	'noted_at: The instant.', 'running: Who was at work when it was noted (virtual transaction ids).');
PERFORM rui._declare_table('seal', 'tenant', 'append');
PERFORM rui._declare_table('seal_table', 'tenant', 'append');
PERFORM rui._declare_table('seal_watch', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.seal_watch TO rui_api;
-- No seal reaches beyond what is noted, and nothing is recorded before it.
PERFORM rui._watch_table('seal_watch');
PERFORM rui._allow_read('seal', ARRAY[r.name], format('project_id = ANY ((SELECT rui.journals_as(%L))::bigint[])', r.name))
FROM unnest('{rui_resident,rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_partner,rui_analyst,rui_auditor}'::text[]) AS r(name);
PERFORM rui._allow_read('seal_table', '{rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

-- What stands above the projects, under minus a company's id and under 0.
PERFORM rui._reach_above(t.name) FROM unnest('{journal,event,erased_row,duty_run,seal,seal_table,seal_watch}'::text[]) AS t(name);
-- Only the owner changes what everybody reads (what a role may, which duties
-- there are, which tables): from here on that is journaled as well. Ticks move
-- the mark of the clock, and what else is recorded tells of that.
PERFORM rui._journal_table(t.table_name) FROM rui.platform_table t WHERE t.class = 'reference' AND t.writes = 'none' AND t.table_name <> 'clock_mark';

CREATE FUNCTION rui._sealed_tables(project_id bigint) RETURNS TABLE (table_name text, columns text[], key text, clock text, whose text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 60
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY
	SELECT t.table_name, c.columns, k.key, CASE t.table_name WHEN 'journal' THEN 'at' ELSE 'recorded_at' END,
		CASE t.class WHEN 'tenant' THEN 't.project_id = $1' WHEN 'company' THEN 't.company_id = -$1' ELSE '$1 = 0' END
	FROM rui.platform_table t
	CROSS JOIN LATERAL (SELECT ('rui.' || quote_ident(t.table_name))::regclass AS oid) r
	LEFT JOIN rui.salted_column s ON s.table_name = t.table_name
	CROSS JOIN LATERAL (SELECT array_agg(a.attname || CASE WHEN a.attname::text = ANY (s.columns) THEN '#' ELSE '' END ORDER BY a.attnum) AS columns
		FROM pg_attribute a
		WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND (s.table_name IS NULL OR a.attname NOT IN ('salt', 'erased'))) c
	CROSS JOIN LATERAL (SELECT string_agg(format(CASE WHEN a.attcollation <> 0 THEN 't.%I COLLATE "C"' ELSE 't.%I' END, a.attname), ', ' ORDER BY p.place) AS key
		FROM pg_index i
		CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY AS p(number, place)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = p.number
		WHERE i.indrelid = r.oid AND i.indisprimary) k
	WHERE t.writes = 'append' AND t.table_name NOT IN ('seal', 'seal_table')
		-- Above the projects lie journal, events and erasures, and tables of their own.
		AND CASE WHEN project_id > 0 THEN t.class = 'tenant' ELSE t.table_name IN ('journal', 'event', 'erased_row')
			OR t.class = CASE project_id WHEN 0 THEN 'reference' ELSE 'company' END END
	ORDER BY t.table_name COLLATE "C";
END
$$;
COMMENT ON FUNCTION rui._sealed_tables(bigint) IS
'Internal: the tables that are sealed of a project, a company (minus its id) or the installation (0): their columns (those of which the seal takes a salted digest with # behind the name), the order of their rows (primary key) the column that says when a row was recorded, and the condition of the rows that are its own ($1: the number).';


CREATE FUNCTION rui._leaf(columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN format('convert_to(json_build_array(%s)::text, ''UTF8'')',
	(SELECT string_agg(CASE WHEN c.name LIKE '%#' THEN format('coalesce(t.erased ->> %L, %s)', rtrim(c.name, '#'), rui._digest(rtrim(c.name, '#')))
			ELSE format('t.%I::text', c.name) END, ', ' ORDER BY c.place)
		FROM unnest(columns) WITH ORDINALITY AS c(name, place)));
COMMENT ON FUNCTION rui._leaf(text[]) IS
'Internal: the expression of the leaf of a row t: the JSON array of the texts of its columns (null for null), of those with # behind their name the salted digests, UTF-8; what is erased is there as it was sealed. Depends on settings of text output: rui._seal_part pins them.';

CREATE FUNCTION rui._seal_part(project_id bigint, table_name text, columns text[], key text, clock text, whose text, from_at timestamptz, before_at timestamptz,
	OUT rows bigint, OUT root bytea, OUT marks bytea, OUT erased bigint)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex' SET jit = off
AS $$
BEGIN
	-- Rows come in the order of their key, and are hashed as they come.
	EXECUTE format('SELECT count(*), rui.merkle_root(l.leaf), string_agg(substring(rui.merkle_leaf(l.leaf) FROM 1 FOR 4), ''''), count(*) FILTER (WHERE l.erased)
		FROM (SELECT %1$s AS leaf, %6$s AS erased FROM rui.%2$I t WHERE %3$s AND t.%4$I >= $2 AND t.%4$I < $3 ORDER BY %5$s) l',
		rui._leaf(columns), table_name, whose, clock, key,
		CASE WHEN EXISTS (SELECT FROM unnest(columns) AS c(name) WHERE c.name LIKE '%#') THEN 't.erased IS NOT NULL OR t.salt IS NULL' ELSE 'false' END)
	INTO rows, root, marks, erased USING project_id, from_at, before_at;
END
$$;
COMMENT ON FUNCTION rui._seal_part(bigint, text, text[], text, text, text, timestamptz, timestamptz) IS
'Internal: of the rows of a table that were recorded from an instant to before another: how many, the root over their leaves, their marks (null without rows), and how many are known by the digests that were sealed only. The caller may read them.';

CREATE FUNCTION rui._table_entry(table_name text, rows bigint, root bytea, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN json_build_array(table_name, rows, encode(root, 'hex'), array_to_json(columns))::text;
COMMENT ON FUNCTION rui._table_entry(text, bigint, bytea, text[]) IS
'Internal: what a seal says of a table, a leaf of its tree: the JSON array of name, number of rows, root (hexadecimal) and columns.';

CREATE FUNCTION rui._seal_header(project_id bigint, number bigint, from_at timestamptz, before_at timestamptz, rows bigint, tables integer,
	tables_root bytea, previous_root bytea) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD'
AS $$
BEGIN
	RETURN json_build_array('rui seal 1', project_id, number, from_at::text, before_at::text, rows, tables, encode(tables_root, 'hex'),
		encode(previous_root, 'hex'))::text;
END
$$;
COMMENT ON FUNCTION rui._seal_header(bigint, bigint, timestamptz, timestamptz, bigint, integer, bytea, bytea) IS
'Internal: what a seal is, a leaf of the tree of seals: a JSON array of version, project, number, the instants (UTC), rows, tables, and both roots (hexadecimal).';

CREATE FUNCTION rui._grow_frontier(frontier bytea[], size bigint, leaf bytea, OUT grown bytea[], OUT root bytea)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	carried bytea := rui.merkle_leaf(leaf);
	rest bigint := size;
	last integer := coalesce(cardinality(frontier), 0);
BEGIN
	-- As in counting: every full subtree of the size of the new one joins it.
	WHILE rest % 2 = 1 LOOP
		carried := sha256('\x01'::bytea || frontier[last] || carried);
		last := last - 1;
		rest := rest / 2;
	END LOOP;
	grown := coalesce(frontier[1:last], '{}') || carried;
	root := carried;
	WHILE last > 0 LOOP
		root := sha256('\x01'::bytea || grown[last] || root);
		last := last - 1;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._grow_frontier(bytea[], bigint, bytea) IS
'Internal: one more leaf on a Merkle tree of size leaves that is known by the roots of its full subtrees, largest first: those of the greater tree, and its root, which is what rui.merkle_root says of all leaves. Source: RFC 9162, 2.1.2, where it is a stack.';

CREATE FUNCTION rui._seal(project_id bigint, before_at timestamptz, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	last rui.seal;
	source record;
	part record;
	entries bytea[] := '{}';
	total bigint := 0;
	next_number bigint;
	from_at timestamptz;
	header text;
	tables_root bytea;
	grown record;
	parts rui.seal_table[] := '{}';
BEGIN
	SELECT s.* INTO last FROM rui.seal s WHERE s.project_id = _seal.project_id ORDER BY s.number DESC LIMIT 1;
	next_number := coalesce(last.number, 0) + 1;
	from_at := coalesce(last.before_at, '-infinity');
	IF before_at <= from_at THEN
		RETURN 0;
	END IF;
	FOR source IN SELECT * FROM rui._sealed_tables(project_id) LOOP
		SELECT p.* INTO part FROM rui._seal_part(project_id, source.table_name, source.columns, source.key, source.clock, source.whose, from_at, before_at) p;
		CONTINUE WHEN part.rows = 0;
		parts := parts || ROW(project_id, next_number, cardinality(entries), source.table_name, source.columns, part.rows, part.root, part.marks, rui._record_time())::rui.seal_table;
		entries := entries || convert_to(rui._table_entry(source.table_name, part.rows, part.root, source.columns), 'UTF8');
		total := total + part.rows;
	END LOOP;
	-- A seal is an event: that of the last one alone is not worth another.
	IF total = 0 OR total = 1 AND EXISTS (SELECT FROM rui.event e WHERE e.project_id = _seal.project_id AND e.kind = 'journal.seal'
		AND e.recorded_at >= from_at AND e.recorded_at < _seal.before_at) THEN
		RETURN 0;
	END IF;
	SELECT rui.merkle_root(e.entry ORDER BY e.place) INTO tables_root FROM unnest(entries) WITH ORDINALITY AS e(entry, place);
	header := rui._seal_header(project_id, next_number, from_at, before_at, total, cardinality(entries), tables_root, coalesce(last.root, sha256('')));
	SELECT g.* INTO grown FROM rui._grow_frontier(last.frontier, next_number - 1, convert_to(header, 'UTF8')) g;
	INSERT INTO rui.seal (project_id, number, from_at, before_at, rows, tables, tables_root, previous_root, header, root, frontier)
	VALUES (_seal.project_id, next_number, from_at, _seal.before_at, total, cardinality(entries), tables_root, coalesce(last.root, sha256('')), header,
		grown.root, grown.grown);
	INSERT INTO rui.seal_table SELECT p.* FROM unnest(parts) p;
	PERFORM rui._emit(project_id, 'journal.seal', 'seal', next_number, at,
		jsonb_build_object('number', next_number, 'root', encode(grown.root, 'hex'), 'before_at', before_at, 'rows', total));
	RETURN total;
END
$$;
COMMENT ON FUNCTION rui._seal(bigint, timestamptz, timestamptz) IS
'Internal: seals what was recorded before an instant and is not sealed yet; returns how many rows. The caller holds its row of rui.seal_watch and knows that nobody is at work who began before.';

CREATE FUNCTION rui._seal_settled(project_id bigint, at timestamptz, slack interval) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	ready CONSTANT timestamptz := now() - slack;
	at_work text[];
	oldest timestamptz;
	watch rui.seal_watch;
	sealed bigint := 0;
BEGIN
	PERFORM rui._require_read_committed('a seal is made');
	INSERT INTO rui.seal_watch (project_id, noted_at, running) VALUES (_seal_settled.project_id, '-infinity', '{}')
	ON CONFLICT ON CONSTRAINT seal_watch_pkey DO NOTHING;
	SELECT w.* INTO watch FROM rui.seal_watch w WHERE w.project_id = _seal_settled.project_id FOR NO KEY UPDATE;
	-- Looked at after now() and after the note, so whoever began before either
	-- and is at work is seen; who is just beginning is given the slack.
	at_work := rui._running_transactions();
	-- A session may be between two transactions, of which the second has the
	-- time of the first: it is at work all the same.
	oldest := rui._oldest_start();
	-- Whoever is prepared was at work, who knows since when.
	IF EXISTS (SELECT FROM pg_prepared_xacts p WHERE p.database = current_database()) THEN
		RETURN 0;
	ELSIF cardinality(at_work) = 0 THEN
		watch.noted_at := greatest(ready, watch.noted_at);
	ELSIF watch.running && at_work THEN
		RETURN 0;
	END IF;
	-- What this transaction has yet to write is not sealed by itself.
	sealed := rui._seal(project_id, least(watch.noted_at, now(), oldest), at);
	UPDATE rui.seal_watch w SET noted_at = greatest(ready, w.noted_at), running = at_work
	WHERE w.project_id = _seal_settled.project_id;
	RETURN sealed;
END
$$;
COMMENT ON FUNCTION rui._seal_settled(bigint, timestamptz, interval) IS
'Internal: seals up to the instant noted at the last call, once all transactions are over that were under way then, and notes the present one less the slack for the next call; where no other transaction is under way it seals up to that at once. So a row is sealed in the batch of the time its transaction began, however late it commits, and nobody waits for anybody. Never beyond the time at which another session''s transaction or message began. Returns how many rows. Errors: 25000 in a transaction that looks at the past, whose seal would miss what is committed.';

CREATE FUNCTION rui.seal_journal(project_id bigint, at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'seal_journal') ELSE rui._require_above(project_id, 'seal_journal') END;
	PERFORM rui._check_time(project_id, at);
	RETURN rui._seal_settled(project_id, at, '5 seconds');
END
$$;
COMMENT ON FUNCTION rui.seal_journal(bigint, timestamptz) IS
'Seals what was added to the journal and the append-only tables of a project, of a company (minus its id) or of the installation (0) since its last seal and is settled: recorded more than five seconds ago, by the server''s clock, by transactions before which no other is still under way. Writes rui.seal and an event journal.seal with its number and root, to be kept elsewhere; a duty does it every ten minutes. Returns how many rows were sealed; 0 where nothing is settled, or nothing but the event of the last seal was added. Needs permission seal_journal: of a company in the company as a whole, of the installation in any. Errors: 22004, 22008, 25000 in a transaction of another isolation level than read committed, 42501.';

CREATE FUNCTION rui._duty_seal(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- By the server's clock, as rows are recorded.
	IF EXISTS (SELECT FROM rui.seal s WHERE s.project_id = _duty_seal.project_id AND s.recorded_at > now() - interval '10 minutes') THEN
		RETURN 0;
	-- A tick that looks at the past leaves it to the next.
	ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
		RETURN 0;
	END IF;
	RETURN rui._seal_settled(project_id, at, '5 seconds');
END
$$;
COMMENT ON FUNCTION rui._duty_seal(bigint, timestamptz) IS
'Internal: duty: a seal as rui.seal_journal makes it, ten minutes after the last one; none in a tick of another isolation level than read committed.';
INSERT INTO rui.duty (code, sort_order, about, levels, project_states) VALUES
	('seal', 9300, 'Seals what was added to the journal and the append-only tables.', '{project,company,installation}', '{candidate,live,closed}');
PERFORM rui._name('duty', 'seal', '日志封存', 'seal the journal');
