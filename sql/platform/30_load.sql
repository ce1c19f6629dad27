-- What makes work, and how much of it a place makes: the weights of workload
-- and the other numbers that grids are designed with, as data.

CREATE TABLE rui.grid_term (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
	standard double precision NOT NULL,
	lowest double precision NOT NULL,
	highest double precision NOT NULL,
	is_whole boolean NOT NULL DEFAULT false,
	about text NOT NULL,
	CHECK (standard BETWEEN lowest AND highest)
);
INSERT INTO rui.grid_term (code, standard, lowest, highest, is_whole, about) VALUES
	('homes', 1, 0, 1e6, false, 'Workload of a home.'),
	('area', 0, 0, 1e6, false, 'Workload of a square metre of units of every kind.'),
	('buildings', 0, 0, 1e6, false, 'Workload of a building, whatever is in it.'),
	('needs', 0, 0, 1e6, false, 'Workload of a task that arose there in the last days.'),
	('visits', 0, 0, 1e6, false, 'Workload of a task for which somebody came there in the last days.'),
	('other', 1, 0, 1e6, false, 'Workload of one of what rui.building_load counts.'),
	('days', 365, 0, 3650, true, 'How many days back needs and visits count.'),
	('margin', 100, 1, 1e4, false, 'Metres of ground around the outermost entrances.'),
	('gap', 15, 1, 1000, false, 'Metres of a barrier that a bridge opens to each side.'),
	('step', 25, 5, 1000, false, 'Metres between the nodes of the street network.'),
	('access', 100, 5, 5000, false, 'Metres from an entrance to a street at most.'),
	('rough', 2, 1, 1000, false, 'How much longer a way over open ground is than its straight line.'),
	('tolerance', 0.01, 0, 1, false, 'Largest deviation from the mean workload, above and below, where it can be reached.'),
	('seed', 1, 0, 2147483647, true, 'Another number tries another way.'),
	('stability', 5, 0, 1e6, false, 'How many metres of border between grids must be saved to move a home, or workload worth a mean home, to another grid; 0 designs afresh.');

CREATE TABLE rui.grid_weight (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	term text NOT NULL REFERENCES rui.grid_term (code),
	weight double precision NOT NULL,
	PRIMARY KEY (project_id, term)
);

CREATE TABLE rui.building_load (
	project_id bigint NOT NULL,
	building_id bigint NOT NULL,
	kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]{0,59}$'),
	amount double precision NOT NULL CHECK (amount >= 0 AND amount <= 1e9),
	PRIMARY KEY (project_id, building_id, kind),
	FOREIGN KEY (project_id, building_id) REFERENCES rui.building (project_id, id)
);

PERFORM rui._describe('grid_term', 'The numbers that grids are designed with: weights of workload, and options.',
	'code: The term, and the name of the option when grids are designed.', 'standard: Its value where neither the project nor the caller gives one.',
	'lowest: Smallest possible value.', 'highest: Largest possible value.', 'is_whole: Whether it is a whole number.', 'about: What it means.');
PERFORM rui._describe('grid_weight', 'A project''s own values for terms of grid design.', 'term: The term.', 'weight: Its value here.');
PERFORM rui._describe('building_load', 'What else makes work in a building: elders living alone, shops, whatever a project counts.',
	'kind: What is counted.', 'amount: How many, or how much.');
PERFORM rui._declare_table('grid_term', 'reference', 'none');
PERFORM rui._declare_table('grid_weight', 'tenant', 'change');
PERFORM rui._declare_table('building_load', 'tenant', 'change');
PERFORM rui._allow_read(t.name, '{rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])')
FROM unnest('{grid_weight,building_load}'::text[]) AS t(name);

CREATE FUNCTION rui._check_grid_term(term text, weight double precision) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	known rui.grid_term;
BEGIN
	SELECT g.* INTO known FROM rui.grid_term g WHERE g.code = term;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'unknown term "%"', left(term, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.grid_term lists them.';
	-- NaN is greater than every number.
	ELSIF NOT (weight >= known.lowest AND weight <= known.highest) OR known.is_whole AND weight <> floor(weight) THEN
		RAISE EXCEPTION '"%" cannot be %', term, weight
			USING ERRCODE = 'numeric_value_out_of_range', DETAIL = known.about,
				HINT = format('Give a %snumber from %s to %s.', CASE WHEN known.is_whole THEN 'whole ' ELSE '' END, known.lowest, known.highest);
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_grid_term(text, double precision) IS
'Internal: raises 22023 for an unknown term of grid design, 22003 for a value out of its range.';

CREATE FUNCTION rui.set_grid_weight(project_id bigint, term text, weight double precision) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'design_grids');
	PERFORM rui._check_text('term', term, 60);
	PERFORM rui._check_grid_term(term, coalesce(weight, (SELECT g.standard FROM rui.grid_term g WHERE g.code = term)));
	IF weight IS NULL THEN
		DELETE FROM rui.grid_weight w WHERE w.project_id = set_grid_weight.project_id AND w.term = set_grid_weight.term;
	ELSE
		INSERT INTO rui.grid_weight AS w (project_id, term, weight) VALUES (project_id, term, weight)
		ON CONFLICT ON CONSTRAINT grid_weight_pkey DO UPDATE SET weight = EXCLUDED.weight;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.set_grid_weight(bigint, text, double precision) IS
'Sets the value of a term of grid design (rui.grid_term) for a project: its designs take it unless their options say otherwise. null: the standard again. Needs permission design_grids. Errors: 22004, 22023 unknown term, 22003 out of the term''s range, 42501, 55000.';

CREATE FUNCTION rui.import_building_loads(project_id bigint, records jsonb, preview boolean DEFAULT false,
	request_key text DEFAULT NULL, at timestamptz DEFAULT now())
RETURNS SETOF rui.import_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	report rui.import_result[];
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	report := rui._begin_import(project_id, 'import_building_loads', records, preview, request_key, at);
	IF report IS NOT NULL THEN
		RETURN QUERY SELECT * FROM unnest(report);
		RETURN;
	END IF;
	WITH judged AS MATERIALIZED (
		SELECT r.row_no, r.item, r.item ->> 'building' AS building_code, r.item ->> 'kind' AS kind,
			coalesce(rui._row_fault(r.item, '{building,kind,amount}'), rui._code_fault('building', r.item), rui._code_fault('kind', r.item),
				CASE WHEN r.item ->> 'kind' !~ '^[a-z][a-z0-9_]*$' THEN
					ARRAY['22023', format('kind "%s" is no plain word', rui._show(r.item ->> 'kind')), 'Give small letters, digits and underscores, such as elders.'] END,
				rui._number_fault('amount', r.item, 0, 1000000000, 6, true)) AS fault
		FROM rui._import_rows(records) r
	), compared AS MATERIALIZED (
		SELECT j.row_no, j.building_code, j.kind, (j.item ->> 'amount')::double precision AS amount, b.id AS building_id,
			l.building_id AS old_id,
			CASE WHEN b.id IS NULL THEN
				ARRAY['P0002', format('building "%s" does not exist in the project', j.building_code), 'Import the buildings first; give the building''s code.']
			WHEN j.row_no > min(j.row_no) FILTER (WHERE b.id IS NOT NULL) OVER (PARTITION BY j.building_code, j.kind) THEN
				ARRAY['23505', format('%s of building "%s" is in the batch twice', j.kind, j.building_code), 'Give one row a building and kind.']
			WHEN l.amount <> (j.item ->> 'amount')::double precision THEN
				ARRAY['23505', format('%s of building "%s" is already there as %s', j.kind, j.building_code, l.amount), 'Change it with rui.set_building_load().']
			END AS fault
		FROM judged j
		LEFT JOIN rui.building b ON b.project_id = import_building_loads.project_id AND b.code = j.building_code
		LEFT JOIN rui.building_load l ON l.project_id = b.project_id AND l.building_id = b.id AND l.kind = j.kind
		WHERE rui._good(j.fault)
	), added AS (
		INSERT INTO rui.building_load AS l (project_id, building_id, kind, amount)
		SELECT import_building_loads.project_id, c.building_id, c.kind, c.amount
		FROM compared c
		WHERE rui._good(c.fault, c.old_id) AND NOT import_building_loads.preview
		ORDER BY c.row_no
	)
	SELECT coalesce(array_agg(rui._result(j.row_no, j.building_code, c.old_id, CASE WHEN NOT preview THEN c.building_id END,
		coalesce(j.fault, c.fault)) ORDER BY j.row_no), '{}') INTO report
	FROM judged j LEFT JOIN compared c ON c.row_no = j.row_no;
	PERFORM rui._finish_import(project_id, 'import_building_loads', 'building_load', report, preview, request_key, at);
	RETURN QUERY SELECT * FROM unnest(report);
END
$$;
COMMENT ON FUNCTION rui.import_building_loads(bigint, jsonb, boolean, text, timestamptz) IS
'Imports what else makes work in buildings. records: a JSON array of rows {building (its code), kind (small letters, digits, underscores), amount (0 to 10^9, at most 6 decimals)}. Good rows are added and bad ones change nothing; identical rows already there are unchanged. preview: report only. Returns rui.import_result, one a row, in order, with the code and id of the building; the faults'' SQLSTATEs: 22004, 22023, 22001, 22003, P0002 unknown building, 23505 twice or already there with another amount. Needs permission manage_estate. Errors: 22004, 22023 container, 22008, 42501, 55000, RU409.';

CREATE FUNCTION rui.set_building_load(project_id bigint, building_id bigint, kind text, amount double precision) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'manage_estate');
	PERFORM rui._check_text('kind', kind, 60);
	IF building_id IS NULL THEN
		PERFORM rui._missing('building_id');
	ELSIF kind !~ '^[a-z][a-z0-9_]*$' THEN
		RAISE EXCEPTION 'kind "%" is no plain word', kind
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give small letters, digits and underscores, such as elders.';
	ELSIF NOT EXISTS (SELECT FROM rui.building b WHERE b.project_id = set_building_load.project_id AND b.id = set_building_load.building_id) THEN
		PERFORM rui._unknown('building', building_id, project_id);
	ELSIF amount IS NULL THEN
		DELETE FROM rui.building_load l
		WHERE l.project_id = set_building_load.project_id AND l.building_id = set_building_load.building_id AND l.kind = set_building_load.kind;
	ELSIF NOT (amount >= 0 AND amount <= 1e9) THEN
		RAISE EXCEPTION 'amount cannot be %', amount
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Give 0 to 1000000000, or null for none.';
	ELSE
		INSERT INTO rui.building_load AS l (project_id, building_id, kind, amount) VALUES (project_id, building_id, kind, amount)
		ON CONFLICT ON CONSTRAINT building_load_pkey DO UPDATE SET amount = EXCLUDED.amount;
	END IF;
END
$$;
COMMENT ON FUNCTION rui.set_building_load(bigint, bigint, text, double precision) IS
'Sets how much of a kind of work there is in a building beside homes, area, needs and visits; amount null: none. Needs permission manage_estate. Errors: 22004, 22001, 22023 kind, 22003 amount, P0002 unknown building, 42501, 55000.';
