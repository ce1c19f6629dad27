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

CREATE FUNCTION rui._suppress(counts bigint[], threshold integer, OUT shown boolean[], OUT total_shown boolean)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	hidden bigint := 0;
	groups integer := 0;
	next_place integer;
BEGIN
	SELECT coalesce(array_agg(c.n = 0 OR c.n >= threshold ORDER BY c.place), '{}'), coalesce(sum(c.n) FILTER (WHERE c.n > 0 AND c.n < threshold), 0),
		count(*) FILTER (WHERE c.n > 0 AND c.n < threshold)
	INTO shown, hidden, groups FROM unnest(counts) WITH ORDINALITY AS c(n, place);
	-- The total less what is shown tells the sum of what is hidden: of two
	-- groups at least, and of people enough.
	WHILE groups > 0 AND (groups < 2 OR hidden < threshold) LOOP
		SELECT c.place INTO next_place FROM unnest(counts, shown) WITH ORDINALITY AS c(n, is_shown, place)
		WHERE c.is_shown AND c.n > 0 ORDER BY c.n, c.place LIMIT 1;
		EXIT WHEN NOT FOUND;
		shown[next_place] := false;
		hidden := hidden + counts[next_place];
		groups := groups + 1;
	END LOOP;
	total_shown := groups = 0 OR groups >= 2 AND hidden >= threshold;
END
$$;
COMMENT ON FUNCTION rui._suppress(bigint[], integer) IS
'Internal: which counts of people, and whether their total, may be shown: none from 1 to below least, and as many more, smallest first, until what the total tells of the hidden ones is the sum of two groups and of at least so many people; where there are not as many, the total is hidden too. Zeros are shown.';

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
	SELECT coalesce(s.threshold, 5) INTO fewest FROM rui.project j LEFT JOIN rui.suppression_setting s ON s.company_id = j.company_id
	WHERE j.id = count_people.project_id;
	-- Everybody once: in the first home, and the first role there.
	WITH person AS (
		SELECT DISTINCT ON (o.party_id) o.party_id, CASE split_by WHEN 'building' THEN b.code WHEN 'unit_kind' THEN u.kind ELSE o.role END AS name
		FROM rui.occupancy o
		JOIN rui.unit u ON u.project_id = o.project_id AND u.id = o.unit_id
		JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id
		WHERE o.project_id = count_people.project_id AND o.valid @> on_day
		ORDER BY o.party_id, o.unit_id, array_position('{owner,tenant,family,helper,other}'::text[], o.role)
	), part AS (
		SELECT p.name, count(*) AS n FROM person p GROUP BY p.name
	)
	SELECT coalesce(array_agg(p.name ORDER BY p.name), '{}'), coalesce(array_agg(p.n ORDER BY p.name), '{}'), coalesce(sum(p.n), 0)
	INTO names, counts, total FROM part p;
	verdict := rui._suppress(counts, fewest);
	RETURN QUERY
	SELECT w.name, CASE WHEN w.is_shown THEN w.n END, NOT w.is_shown FROM unnest(names, counts, verdict.shown) AS w(name, n, is_shown)
	UNION ALL
	SELECT NULL, CASE WHEN verdict.total_shown THEN total END, NOT verdict.total_shown;
END
$$;
COMMENT ON FUNCTION rui.count_people(bigint, text, date) IS
'How many people lived in a project on the first day of a month (null: the present one), by building, unit_kind or role (everybody once, in the home with the lowest id), by name; the last row, without a name, is the total. Groups of fewer people than rui.set_suppression says (5 unless set) are suppressed (null), and so many others that none can be worked out from the total: what is hidden is always two groups or more with as many people. Needs permission count_people. Errors: 22004, 22023, 42501, 55000.';
