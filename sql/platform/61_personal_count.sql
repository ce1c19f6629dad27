-- Counts of people for analysts, none of so few that it says who they are,
-- and none that can be worked out from the others.

CREATE TABLE rui.suppression_setting (
	company_id bigint PRIMARY KEY REFERENCES rui.company (id),
	threshold integer NOT NULL CHECK (threshold BETWEEN 2 AND 1000)
);
PERFORM rui._describe('suppression_setting', 'Of how many people at least a group must be to be counted for analysts; without a row 5.',
	'threshold: So many.');
PERFORM rui._declare_table('suppression_setting', 'company', 'change');
PERFORM rui._allow_read('suppression_setting', '{rui_manager,rui_analyst,rui_auditor}', 'company_id = ANY ((SELECT rui.my_companies())::bigint[])');
PERFORM rui._permit('count_people', '{candidate,live,closed}', 'analyst', 'expert', 'manager', 'auditor', 'director', 'loader');
PERFORM rui._name('permission', 'count_people', '统计人数', 'count people');

CREATE FUNCTION rui.set_suppression(company_id bigint, threshold integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_company_permission(company_id, 'manage_company');
	IF threshold IS NULL THEN
		PERFORM rui._missing('threshold');
	ELSIF threshold NOT BETWEEN 2 AND 1000 THEN
		RAISE EXCEPTION 'threshold is 2 to 1000' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.suppression_setting AS s (company_id, threshold) VALUES (set_suppression.company_id, set_suppression.threshold)
	ON CONFLICT ON CONSTRAINT suppression_setting_pkey DO UPDATE SET threshold = EXCLUDED.threshold;
END
$$;
COMMENT ON FUNCTION rui.set_suppression(bigint, integer) IS
'Says of how many people (2 to 1000) a group must be at least to be counted for analysts in the projects of a company. Needs permission manage_company. Errors: 22004, 22023, 42501.';

CREATE FUNCTION rui._fewest(project_id bigint) RETURNS integer
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
BEGIN ATOMIC
	SELECT coalesce(s.threshold, 5) FROM rui.project j LEFT JOIN rui.suppression_setting s ON s.company_id = j.company_id
	WHERE j.id = _fewest.project_id;
END;
COMMENT ON FUNCTION rui._fewest(bigint) IS
'Internal: of how many people at least a group must be to be counted for analysts of a project.';

CREATE FUNCTION rui._suppress(counts bigint[], threshold integer, overlap boolean DEFAULT false,
	sums numeric[] DEFAULT NULL, largest numeric[] DEFAULT NULL, OUT shown boolean[], OUT total_shown boolean)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	hidden bigint := 0;
	groups integer := 0;
	hidden_sum numeric := 0;
	hidden_largest numeric := 0;
	next_place integer;
BEGIN
	shown := ARRAY(SELECT true FROM unnest(counts));
	LOOP
		-- First what says who it is, then, as the total less what is shown
		-- tells the sum of what is hidden, the smallest of the others.
		SELECT c.place INTO next_place
		FROM unnest(counts, shown, sums, largest) WITH ORDINALITY AS c(n, is_shown, total, most, place)
		CROSS JOIN LATERAL (SELECT c.n BETWEEN 1 AND threshold - 1 OR c.n > 0 AND coalesce(c.most * 4 > c.total * 3, false)) AS d(is_small)
		WHERE c.is_shown AND (d.is_small OR c.n > 0 AND groups > 0 AND (groups < 2 OR hidden < threshold OR hidden_largest * 4 > hidden_sum * 3))
		ORDER BY d.is_small DESC, c.n, c.place LIMIT 1;
		EXIT WHEN NOT FOUND;
		shown[next_place] := false;
		groups := groups + 1;
		hidden_sum := hidden_sum + coalesce(sums[next_place], 0);
		IF overlap THEN
			-- The same people may be in all of them.
			hidden := greatest(hidden, counts[next_place]);
			hidden_largest := hidden_largest + coalesce(largest[next_place], 0);
		ELSE
			hidden := hidden + counts[next_place];
			hidden_largest := greatest(hidden_largest, largest[next_place]);
		END IF;
	END LOOP;
	total_shown := groups = 0 OR groups >= 2 AND hidden >= threshold AND hidden_largest * 4 <= hidden_sum * 3;
END
$$;
COMMENT ON FUNCTION rui._suppress(bigint[], integer, boolean, numeric[], numeric[]) IS
'Internal: which groups of a table by one key, and whether its total, may be shown. counts: of how many people each is. Hidden are groups of 1 to below threshold; with sums (amounts of the groups) and largest (the greatest part of one person in each) also those of which one person has more than three quarters; and as many more, smallest first, until what the total tells of the hidden ones is the sum of two groups, of at least so many people, none of whom has more than three quarters of it; where there are not as many, the total is hidden too. overlap: one person may be in several groups; then one of the hidden groups alone must be of so many. Groups of nobody are shown. The total is hidden only where all groups are, so that tables by other keys with the same total tell nothing either.';

CREATE FUNCTION rui._suppress_tree(paths text[], people bigint[], threshold integer, overlap boolean DEFAULT true, amounts numeric[] DEFAULT NULL,
	OUT shown boolean[], OUT total_shown boolean)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	-- As if all were one group: whoever may not be counted together may not apart.
	SELECT v.total_shown INTO total_shown
	FROM (SELECT count(*) AS n, sum(p.size) AS total, max(p.size) AS most FROM (
		SELECT r.person, sum(abs(r.amount)) AS size FROM unnest(people, amounts) AS r(person, amount) WHERE r.person IS NOT NULL GROUP BY r.person) p) t
	CROSS JOIN LATERAL rui._suppress(ARRAY[t.n], threshold, overlap, ARRAY[t.total], ARRAY[t.most]) v;
	shown := ARRAY(SELECT total_shown FROM unnest(paths));
	FOR depth IN 1 .. coalesce((SELECT max(cardinality(string_to_array(p.path, E'\n'))) FROM unnest(paths) AS p(path)), 0) LOOP
		WITH line AS MATERIALIZED (
			SELECT r.person, r.amount, r.is_shown, r.place, array_to_string((string_to_array(r.path, E'\n'))[:depth - 1], E'\n') AS whole,
				array_to_string((string_to_array(r.path, E'\n'))[:depth], E'\n') AS part
			FROM unnest(paths, people, amounts, shown) WITH ORDINALITY AS r(path, person, amount, is_shown, place)
		), part AS (
			SELECT l.whole, l.part, count(l.person) AS n, sum(l.size) FILTER (WHERE l.person IS NOT NULL) AS total, max(l.size) FILTER (WHERE l.person IS NOT NULL) AS most
			FROM (SELECT l.whole, l.part, l.person, sum(abs(l.amount)) AS size FROM line l WHERE l.is_shown GROUP BY 1, 2, 3) l
			GROUP BY l.whole, l.part
		), verdict AS (
			SELECT u.part, u.is_shown
			FROM (SELECT array_agg(p.part ORDER BY p.part) AS parts, array_agg(p.n ORDER BY p.part) AS counts, array_agg(p.total ORDER BY p.part) AS sums,
				array_agg(p.most ORDER BY p.part) AS largest FROM part p GROUP BY p.whole) w
			CROSS JOIN LATERAL rui._suppress(w.counts, threshold, overlap, w.sums, w.largest) v
			CROSS JOIN LATERAL unnest(w.parts, v.shown) AS u(part, is_shown)
		)
		SELECT coalesce(array_agg(l.is_shown AND coalesce(v.is_shown, false) ORDER BY l.place), '{}') INTO shown
		FROM line l LEFT JOIN verdict v ON v.part = l.part;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._suppress_tree(text[], bigint[], integer, boolean, numeric[]) IS
'Internal: which rows are of groups that may be shown, where groups are parts of others: a path is the names of the groups a row is of, from the largest to the smallest, one a line, as many for all rows; people says of whom each row is (null: of nobody), amounts what of it is the person''s. A group is shown where the whole it is part of is, and where rui._suppress shows it among the parts of that whole; so what is shown of the parts tells nothing of a hidden one, nor do counts by larger parts. total_shown: whether all rows together may be.';

CREATE FUNCTION rui.count_people(project_id bigint, split_by text DEFAULT 'building', month date DEFAULT NULL)
RETURNS TABLE (split text, people bigint, is_suppressed boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 20
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	on_day date;
	fewest integer;
	total bigint;
	names text[];
	counts bigint[];
	is_crossed boolean;
	verdict record;
BEGIN
	PERFORM rui.require_permission(project_id, 'count_people');
	on_day := coalesce(month, date_trunc('month', current_date)::date);
	IF split_by IS NULL THEN
		PERFORM rui._missing('split_by');
	ELSIF split_by NOT IN ('building', 'unit_kind', 'role') THEN
		RAISE EXCEPTION 'people are not counted by "%"', left(split_by, 60)
			USING ERRCODE = 'invalid_parameter_value', HINT = 'They are by building, unit_kind or role.';
	ELSIF on_day <> date_trunc('month', on_day)::date OR on_day NOT BETWEEN '1900-01-01' AND '2200-01-01' THEN
		-- From day to day the difference is who moved.
		RAISE EXCEPTION 'month is the first day of one, not %', on_day USING ERRCODE = 'invalid_parameter_value';
	END IF;
	fewest := rui._fewest(project_id);
	-- Everybody once: in the first home, and the first role there.
	WITH person AS (
		SELECT DISTINCT ON (o.party_id) o.party_id, b.code AS building, u.kind, CASE split_by WHEN 'building' THEN b.code WHEN 'unit_kind' THEN u.kind ELSE o.role END AS name
		FROM rui.occupancy o
		JOIN rui.unit u ON u.project_id = o.project_id AND u.id = o.unit_id
		JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id
		WHERE o.project_id = count_people.project_id AND o.valid @> on_day
		ORDER BY o.party_id, o.unit_id, array_position('{owner,tenant,family,helper,other}'::text[], o.role)
	), part AS (
		SELECT p.name, count(*) AS n FROM person p GROUP BY p.name
	)
	SELECT coalesce(array_agg(p.name ORDER BY p.name), '{}'), coalesce(array_agg(p.n ORDER BY p.name), '{}'), coalesce(sum(p.n), 0),
		-- Everybody knows which kinds of units are in which building.
		split_by = 'unit_kind' AND EXISTS (SELECT FROM person p GROUP BY p.building, p.kind HAVING count(*) < fewest)
	INTO names, counts, total, is_crossed FROM part p;
	verdict := rui._suppress(counts, fewest);
	IF is_crossed AND cardinality(counts) > 1 THEN
		verdict.shown := ARRAY(SELECT false FROM unnest(counts));
	END IF;
	RETURN QUERY
	SELECT w.name, CASE WHEN w.is_shown THEN w.n END, NOT w.is_shown FROM unnest(names, counts, verdict.shown) AS w(name, n, is_shown)
	UNION ALL
	SELECT NULL, CASE WHEN verdict.total_shown THEN total END, NOT verdict.total_shown;
END
$$;
COMMENT ON FUNCTION rui.count_people(bigint, text, date) IS
'How many people lived in a project on the first day of a month (null: the present one), by building, unit_kind or role (everybody once, in the home with the lowest id), by name; the last row, without a name, is the total. Groups of fewer people than rui.set_suppression says (5 unless set) are suppressed (null), and so many others that none can be worked out from the total: what is hidden is always two groups or more with as many people. By unit_kind all groups are hidden where fewer people live in units of a kind in one building, as counts by building would tell of them. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';
