-- Charges for what meters count: the use of a unit up to the end of a month,
-- on a ladder that counts on through a cycle. A charge stands for days; where
-- a register stood at a midnight is found between the readings around it.

CREATE TABLE rui.meter_plan (
	project_id bigint NOT NULL,
	plan_id bigint NOT NULL,
	medium text NOT NULL CHECK (medium IN ('water', 'electricity', 'gas', 'heat', 'other')),
	register text CHECK (register ~ '^[a-z][a-z0-9_]{0,19}$'),
	cycle_months integer NOT NULL CHECK (cycle_months IN (1, 2, 3, 4, 6, 12)),
	first_month integer NOT NULL CHECK (first_month BETWEEN 1 AND 12),
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, plan_id),
	FOREIGN KEY (project_id, plan_id) REFERENCES rui.price_plan (project_id, id)
);

-- As of rui.charge, nobody changes a row: a correction takes the charge back
-- and makes another.
CREATE TABLE rui.meter_bill (
	project_id bigint NOT NULL,
	charge_id bigint NOT NULL,
	fee_item_id bigint NOT NULL,
	unit_id bigint NOT NULL,
	period daterange NOT NULL CHECK (NOT isempty(period)),
	starts_on date NOT NULL GENERATED ALWAYS AS (lower(period)) STORED,
	revision integer NOT NULL CHECK (revision > 0),
	cycle_on date NOT NULL,
	before numeric CHECK (before >= 0),
	used numeric NOT NULL CHECK (used >= 0),
	persons integer CHECK (persons >= 0),
	estimates bigint NOT NULL CHECK (estimates >= 0),
	reading_ids bigint[] NOT NULL,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, charge_id),
	CONSTRAINT meter_bill_once UNIQUE (project_id, fee_item_id, unit_id, starts_on, revision),
	CHECK (cycle_on <= lower(period)),
	FOREIGN KEY (project_id, charge_id) REFERENCES rui.charge (project_id, id)
);

PERFORM rui._describe('meter_plan', 'What a price plan with quantity meter counts, and over which time its tiers count on.',
	'plan_id: The price plan.',
	'medium: What is counted: water, electricity, gas, heat or other; of the meters at the unit that are not shared.',
	'register: Which register counts; null: all but export, together.',
	'cycle_months: Months after which the tiers begin again: 12 for a yearly ladder, 1 for a monthly one.',
	'first_month: A month (1 to 12) in which they do.');
PERFORM rui._describe('meter_bill', 'Of each charge of a billing run for what meters count: how it came about.',
	'charge_id: The charge.', 'fee_item_id: As of the charge.', 'unit_id: As of the charge.',
	'period: As of the charge: the days whose use it charges, from midnight to midnight.', 'starts_on: First day of period.',
	'revision: 1, or more when an earlier charge of the same days was taken back.',
	'cycle_on: First day of the cycle the tiers count in.',
	'before: What was used in the cycle before the period; null: this is the first charge of the cycle.',
	'used: What was used in the period: the charge''s quantity.',
	'persons: Persons of the household, where the tariff asks; null: it does not.',
	'estimates: How many steps of the registers rest on an estimate.',
	'reading_ids: The readings at both ends, of each register.');
PERFORM rui._declare_table('meter_plan', 'tenant', 'append');
PERFORM rui._declare_table('meter_bill', 'tenant', 'append');
PERFORM rui._allow_read('meter_plan', '{rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor,rui_resident}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._allow_read('meter_bill', '{rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._name('meter_obstacle', o.code, o.zh, o.en) FROM (VALUES
	('never_read', '从未抄表', 'the meter was never read'),
	('not_read', '本期无读数', 'the meter was not read in the period'),
	('doubted', '读数待复核', 'a reading waits to be checked'),
	('falls', '读数倒走', 'the register falls'),
	('settled', '须更正的账单已有违约金、费用或之后的收款', 'a charge to be corrected has late fees or costs, or something happened to it later')
) AS o(code, zh, en);

CREATE FUNCTION rui.set_meter_plan(project_id bigint, fee_code text, tariff rui.tariff, medium text, from_on date,
	unit_kind text DEFAULT 'any', due_days integer DEFAULT 14, register text DEFAULT NULL, cycle_months integer DEFAULT 12,
	first_month integer DEFAULT 1, at timestamptz DEFAULT now(), rests text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	rules CONSTANT jsonb := tariff::text;
	new_id bigint;
BEGIN
	PERFORM rui.require_permission(project_id, 'set_prices');
	PERFORM rui._check_text('medium', medium, 20);
	IF num_nulls(tariff, cycle_months, first_month) > 0 THEN
		PERFORM rui._missing(CASE WHEN tariff IS NULL THEN 'tariff' WHEN cycle_months IS NULL THEN 'cycle_months' ELSE 'first_month' END);
	ELSIF medium NOT IN ('water', 'electricity', 'gas', 'heat', 'other') THEN
		RAISE EXCEPTION 'unknown medium "%"', medium
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Media are water, electricity, gas, heat and other.';
	ELSIF register !~ '^[a-z][a-z0-9_]{0,19}$' THEN
		RAISE EXCEPTION 'register "%" must be small letters, digits and underscores', register USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Such as total or peak.';
	ELSIF cycle_months NOT IN (1, 2, 3, 4, 6, 12) OR first_month NOT BETWEEN 1 AND 12 THEN
		RAISE EXCEPTION 'cycle out of range: % months, beginning in month %', cycle_months, first_month
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Cycles have 1, 2, 3, 4, 6 or 12 months; months are 1 to 12.';
	ELSIF NOT (rules ->> 'model' IN ('fixed', 'graduated', 'package') OR rules ->> 'model' = 'blocks' AND rules ->> 'policy' IS DISTINCT FROM 'top') THEN
		-- More use must never cost less in all, or a charge would be negative.
		RAISE EXCEPTION 'a tariff of model % cannot count on', rules ->> 'model' USING ERRCODE = 'invalid_parameter_value',
			HINT = 'Models for meters are fixed, graduated, package and blocks by parts. Registers of several prices are fee items of their own.';
	END IF;
	new_id := rui._add_price_plan(project_id, fee_code, tariff, 'meter', from_on, unit_kind, due_days, 'actual', rests, at);
	IF EXISTS (SELECT FROM rui.price_plan p
		JOIN rui.fee_item f ON f.project_id = p.project_id AND f.id = p.fee_item_id AND f.code = fee_code
		JOIN rui.meter_plan m ON m.project_id = p.project_id AND m.plan_id = p.id
		WHERE p.project_id = set_meter_plan.project_id
			AND (m.medium <> set_meter_plan.medium OR m.register IS DISTINCT FROM set_meter_plan.register)) THEN
		RAISE EXCEPTION 'fee item "%" charges another medium or register', fee_code
			USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give each a fee item of its own.';
	END IF;
	INSERT INTO rui.meter_plan (project_id, plan_id, medium, register, cycle_months, first_month)
	VALUES (project_id, new_id, medium, register, cycle_months, first_month);
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION rui.set_meter_plan(bigint, text, rui.tariff, text, date, text, integer, text, integer, integer, timestamptz, text) IS
'Sets the price of what the meters of a medium at a unit count (those that are not shared), from a day on, as rui.set_price_plan does. The tiers of the tariff count on through a cycle of cycle_months (12: a yearly ladder; 1, 2, 3, 4, 6), which begins in first_month (1 to 12); a tariff with allowance is that of the persons who live in the household. register: one of the meter''s, null: all but export, together. Returns the id of the price plan. Needs permission set_prices. Errors: 22004, 22023 (also a tariff by which more use may cost less, or days without a price), 22001, 22003, 22008, P0002 unknown fee item, 55000 a plan begins on that day already, or the item charges another medium or register, 42501.';

CREATE FUNCTION rui._cycle_start(day date, cycle_months integer, first_month integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (date_trunc('month', day::timestamp) - make_interval(months =>
	(date_part('month', day)::integer - first_month + 12) % cycle_months))::date;
COMMENT ON FUNCTION rui._cycle_start(date, integer, integer) IS
'Internal: the first day of the cycle of so many months, which divide 12, that holds a day; one begins in first_month.';

CREATE FUNCTION rui._meter_pieces(project_id bigint, month date, at timestamptz, first_unit bigint, last_unit bigint)
RETURNS TABLE (fee_item_id bigint, unit_id bigint, meter_id bigint, obstacle text, since_on date, plan_id bigint, payer_id bigint, revision integer,
	reverses bigint, period daterange, cycle_on date, before numeric, used numeric, persons integer, estimates bigint, reading_ids bigint[],
	net numeric, tax numeric, gross numeric, tax_rate numeric, due_on date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 100000
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	zone CONSTANT text := (SELECT j.time_zone FROM rui.project j WHERE j.id = _meter_pieces.project_id);
	opened CONSTANT date := (SELECT b.first_month FROM rui.books b WHERE b.project_id = _meter_pieces.project_id);
	end_on CONSTANT date := (month + interval '1 month')::date;
	end_at CONSTANT timestamptz := end_on::timestamp AT TIME ZONE zone;
	month_at CONSTANT timestamptz := month::timestamp AT TIME ZONE zone;
	-- Charges that began in the last two years are looked at again; the cycle
	-- of the first of them began at most a year before.
	again_from CONSTANT date := (end_on - interval '24 months')::date;
	seen_from CONSTANT date := (end_on - interval '36 months')::date;
	today CONSTANT date := rui._local_date(project_id, at);
	lowest_unit CONSTANT bigint := coalesce(first_unit, -9223372036854775808);
	highest_unit CONSTANT bigint := coalesce(last_unit, 9223372036854775807);
BEGIN
	IF NOT EXISTS (SELECT FROM rui.meter_plan m WHERE m.project_id = _meter_pieces.project_id) THEN
		RETURN;
	END IF;
	RETURN QUERY
	WITH item AS MATERIALIZED (
		SELECT p.fee_item_id, min(m.medium) AS medium, min(m.register) AS register, f.payer,
			bool_or(p.tariff::text::jsonb ? 'allowance') AS asks_persons
		FROM rui.meter_plan m
		JOIN rui.price_plan p ON p.project_id = m.project_id AND p.id = m.plan_id
		JOIN rui.fee_item f ON f.project_id = p.project_id AND f.id = p.fee_item_id
		WHERE m.project_id = _meter_pieces.project_id AND lower(p.valid) < end_on
		GROUP BY p.fee_item_id, f.payer),
	-- Which plan counts for which kind of units on which days: a few rows.
	plan AS MATERIALIZED (
		SELECT p.* FROM rui.price_plan p JOIN item i ON i.fee_item_id = p.fee_item_id
		WHERE p.project_id = _meter_pieces.project_id AND p.valid && daterange(opened, end_on)),
	plan_cut AS (
		SELECT p.fee_item_id, greatest(lower(p.valid), opened) AS day FROM plan p
		UNION
		SELECT p.fee_item_id, upper(p.valid) FROM plan p WHERE upper(p.valid) < end_on),
	plan_part AS (
		SELECT c.fee_item_id, daterange(c.day, lead(c.day, 1, end_on) OVER (PARTITION BY c.fee_item_id ORDER BY c.day)) AS days
		FROM plan_cut c),
	rate AS MATERIALIZED (
		SELECT d.fee_item_id, k.kind, p.id AS plan_id, d.days, m.cycle_months, m.first_month, p.asks_persons
		FROM plan_part d
		CROSS JOIN unnest('{home,shop,office,parking,storage,other}'::text[]) AS k(kind)
		CROSS JOIN LATERAL (SELECT p.id, p.tariff::text::jsonb ? 'allowance' AS asks_persons FROM plan p
			WHERE p.fee_item_id = d.fee_item_id AND p.valid @> lower(d.days) AND p.unit_kind IN ('any', k.kind)
			ORDER BY p.unit_kind = 'any' LIMIT 1) p
		JOIN rui.meter_plan m ON m.project_id = _meter_pieces.project_id AND m.plan_id = p.id),
	rated AS MATERIALIZED (SELECT r.fee_item_id, r.kind, range_agg(r.days) AS days FROM rate r GROUP BY r.fee_item_id, r.kind),
	-- The metering points of each unit, and up to when they are known.
	chain AS MATERIALIZED (
		SELECT i.fee_item_id, i.register, u.id AS unit_id, u.kind, m.chain_id, min(lower(m.installed)) AS hung_at,
			CASE WHEN bool_and(NOT upper_inf(m.installed)) THEN max(upper(m.installed)) END AS ended_at,
			(array_agg(m.id ORDER BY m.installed DESC))[1] AS meter_id
		FROM item i
		JOIN rui.meter m ON m.project_id = _meter_pieces.project_id AND m.medium = i.medium AND NOT m.is_shared
			AND m.unit_id BETWEEN lowest_unit AND highest_unit AND lower(m.installed) < end_at
		JOIN rui.unit u ON u.project_id = m.project_id AND u.id = m.unit_id
		JOIN rated r ON r.fee_item_id = i.fee_item_id AND r.kind = u.kind
		WHERE NOT EXISTS (SELECT FROM rui.archived a
			WHERE a.project_id = u.project_id AND a.table_name = 'unit' AND a.row_id = u.id AND a.at < month_at)
		GROUP BY i.fee_item_id, i.register, u.id, u.kind, m.chain_id),
	point AS MATERIALIZED (
		SELECT c.*, l.last_at FROM chain c
		LEFT JOIN LATERAL (SELECT min(e.at) AS last_at FROM rui.meter_register r
			CROSS JOIN LATERAL (SELECT max(e.at) AS at FROM rui.meter_reading e
				WHERE e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'accepted') e
			WHERE r.project_id = _meter_pieces.project_id AND r.meter_id = c.meter_id
				AND (r.code = c.register OR c.register IS NULL AND r.code <> 'export')
			HAVING bool_and(e.at IS NOT NULL)) l ON true),
	known AS (
		SELECT p.fee_item_id, p.unit_id, p.kind, greatest(opened, (min(p.hung_at) AT TIME ZONE zone)::date) AS first_on,
			-- What was taken away for good is known for ever, and charged up to that day.
			least(end_on, min(CASE WHEN p.ended_at IS NULL THEN coalesce((p.last_at AT TIME ZONE zone)::date, '-infinity') END),
				CASE WHEN bool_and(p.ended_at IS NOT NULL)
					THEN ((max(p.ended_at) - interval '1 microsecond') AT TIME ZONE zone)::date + 1 END) AS to_on,
			CASE WHEN bool_and(p.ended_at IS NOT NULL) THEN ((max(p.ended_at) - interval '1 microsecond') AT TIME ZONE zone)::date + 1 END AS gone_on,
			bool_or(p.last_at IS NULL AND p.ended_at IS NULL) AS is_unread,
			(array_agg(p.meter_id ORDER BY p.ended_at IS NOT NULL, p.last_at NULLS FIRST, p.meter_id))[1] AS meter_id
		FROM point p GROUP BY p.fee_item_id, p.unit_id, p.kind),
	bill AS MATERIALIZED (
		SELECT b.*, v.charge_id IS NOT NULL AS is_final, c.plan_id, c.payer_id, c.at
		FROM rui.meter_bill b
		JOIN rui.charge c ON c.project_id = b.project_id AND c.id = b.charge_id
		LEFT JOIN rui.charge_reversal v ON v.project_id = b.project_id AND v.charge_id = b.charge_id
		WHERE b.project_id = _meter_pieces.project_id AND b.unit_id BETWEEN lowest_unit AND highest_unit AND v.bill_again IS NOT TRUE),
	account AS MATERIALIZED (
		SELECT k.*, (r.days * datemultirange(daterange(k.first_on, greatest(k.first_on, k.to_on)))) - coalesce(b.days, '{}') AS open_days,
			(r.days * datemultirange(daterange(k.first_on, greatest(k.first_on, least(end_on, k.gone_on))))) - coalesce(b.days, '{}') AS due_days
		FROM known k
		JOIN rated r ON r.fee_item_id = k.fee_item_id AND r.kind = k.kind
		LEFT JOIN (SELECT b.fee_item_id, b.unit_id, range_agg(b.period) AS days FROM bill b GROUP BY b.fee_item_id, b.unit_id) b
			ON b.fee_item_id = k.fee_item_id AND b.unit_id = k.unit_id),
	-- New days, cut where the plan, the cycle, the payer or the persons may change.
	open_part AS MATERIALIZED (
		SELECT a.fee_item_id, a.unit_id, a.kind, s.days FROM account a CROSS JOIN LATERAL unnest(a.open_days) AS s(days)),
	cut AS (
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, lower(o.days) AS day FROM open_part o
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, lower(r.days) FROM open_part o
		JOIN rate r ON r.fee_item_id = o.fee_item_id AND r.kind = o.kind AND o.days @> lower(r.days)
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, d.day FROM open_part o
		CROSS JOIN LATERAL (SELECT g.at::date AS day FROM generate_series(date_trunc('month', lower(o.days)::timestamp), upper(o.days)::timestamp, '1 month') AS g(at)) d
		JOIN rate r ON r.fee_item_id = o.fee_item_id AND r.kind = o.kind AND r.days @> d.day
		WHERE o.days @> d.day AND rui._cycle_start(d.day, r.cycle_months, r.first_month) = d.day
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, d.day FROM open_part o
		JOIN rui.ownership w ON w.project_id = _meter_pieces.project_id AND w.unit_id = o.unit_id
		CROSS JOIN LATERAL (VALUES (lower(w.valid)), (upper(w.valid))) AS d(day)
		WHERE o.days @> d.day
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, d.day FROM open_part o
		JOIN rui.household h ON h.project_id = _meter_pieces.project_id AND h.unit_id = o.unit_id
		CROSS JOIN LATERAL (VALUES (lower(h.valid)), (upper(h.valid))) AS d(day)
		WHERE o.days @> d.day
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, d.day FROM open_part o
		JOIN item i ON i.fee_item_id = o.fee_item_id AND i.asks_persons
		JOIN rui.occupancy h ON h.project_id = _meter_pieces.project_id AND h.unit_id = o.unit_id
		CROSS JOIN LATERAL (VALUES (lower(h.valid)), (upper(h.valid))) AS d(day)
		WHERE o.days @> d.day
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, y.delivered_on FROM open_part o
		JOIN rui.unit_delivery y ON y.project_id = _meter_pieces.project_id AND y.unit_id = o.unit_id
		WHERE o.days @> y.delivered_on
		UNION
		SELECT o.fee_item_id, o.unit_id, o.kind, o.days, d.day FROM open_part o
		CROSS JOIN (SELECT DISTINCT b.day FROM rui.developer y
			CROSS JOIN LATERAL (VALUES (lower(y.valid)), (upper(y.valid))) AS b(day) WHERE y.project_id = _meter_pieces.project_id) d
		WHERE o.days @> d.day),
	-- Joined again where none of them did.
	part AS (
		SELECT s.fee_item_id, s.unit_id, s.days, r.plan_id, rui._cycle_start(lower(s.days), r.cycle_months, r.first_month) AS cycle_on,
			rui._payer(_meter_pieces.project_id, i.payer, s.unit_id, lower(s.days)) AS payer_id, h.household_id, h.persons
		FROM (SELECT c.fee_item_id, c.unit_id, c.kind, daterange(c.day, lead(c.day, 1, upper(c.days)) OVER (
			PARTITION BY c.fee_item_id, c.unit_id, c.days ORDER BY c.day)) AS days FROM cut c) s
		JOIN rate r ON r.fee_item_id = s.fee_item_id AND r.kind = s.kind AND r.days @> lower(s.days)
		JOIN item i ON i.fee_item_id = s.fee_item_id
		LEFT JOIN LATERAL (SELECT (SELECT h.id FROM rui.household h
				WHERE h.project_id = _meter_pieces.project_id AND h.unit_id = s.unit_id AND h.valid @> lower(s.days)) AS household_id,
			count(DISTINCT o.party_id)::integer AS persons FROM rui.occupancy o
			WHERE o.project_id = _meter_pieces.project_id AND o.unit_id = s.unit_id AND o.valid @> lower(s.days)) h ON r.asks_persons),
	joined AS (
		SELECT p.*, count(*) FILTER (WHERE p.is_first) OVER (PARTITION BY p.fee_item_id, p.unit_id ORDER BY lower(p.days)) AS place
		FROM (SELECT p.*, (lag(p.days) OVER w -|- p.days AND lag(p.plan_id) OVER w = p.plan_id AND lag(p.cycle_on) OVER w = p.cycle_on
				AND lag(p.payer_id) OVER w IS NOT DISTINCT FROM p.payer_id AND lag(p.household_id) OVER w IS NOT DISTINCT FROM p.household_id
				AND lag(p.persons) OVER w IS NOT DISTINCT FROM p.persons) IS NOT TRUE AS is_first
			FROM part p WINDOW w AS (PARTITION BY p.fee_item_id, p.unit_id ORDER BY lower(p.days))) p),
	span AS MATERIALIZED (
		SELECT j.fee_item_id, j.unit_id, daterange(min(lower(j.days)), max(upper(j.days))) AS days, min(j.plan_id) AS plan_id, min(j.cycle_on) AS cycle_on,
			NULL::bigint AS charge_id, NULL::numeric AS charged, NULL::numeric AS before, false AS is_final, min(j.payer_id) AS payer_id,
			min(j.persons) AS persons, NULL::timestamptz AS at
		FROM joined j GROUP BY j.fee_item_id, j.unit_id, j.place
		UNION ALL
		SELECT b.fee_item_id, b.unit_id, b.period, b.plan_id, b.cycle_on, b.charge_id, b.used, b.before, b.is_final, b.payer_id, b.persons, b.at
		FROM bill b WHERE b.starts_on >= seen_from),
	-- Where the registers stood at each midnight that bounds something: never
	-- higher than they were read later, where an estimate had been too much.
	bound AS MATERIALIZED (
		SELECT d.fee_item_id, d.unit_id, d.day, d.day::timestamp AT TIME ZONE zone AS at
		FROM (SELECT s.fee_item_id, s.unit_id, lower(s.days) AS day FROM span s
			UNION SELECT s.fee_item_id, s.unit_id, upper(s.days) FROM span s) d),
	went AS MATERIALIZED (
		SELECT p.fee_item_id, p.unit_id, g.* FROM rui._meter_increments(_meter_pieces.project_id, NULL,
			(SELECT CASE WHEN count(DISTINCT i.medium) = 1 THEN min(i.medium) END FROM item i),
			coalesce((SELECT min(b.at) FROM bound b), end_at), 'infinity', false, first_unit, last_unit) g
		JOIN point p ON p.chain_id = g.chain_id AND (g.register = p.register OR p.register IS NULL AND g.register <> 'export')),
	raised AS (
		SELECT w.fee_item_id, w.unit_id, w.chain_id, w.register, w.before_at, w.at, w.used,
			sum(w.used) OVER (PARTITION BY w.fee_item_id, w.chain_id, w.register ORDER BY w.at) AS stood
		FROM went w
		UNION ALL
		SELECT w.fee_item_id, w.unit_id, w.chain_id, w.register, '-infinity', min(w.before_at), 0, 0
		FROM went w GROUP BY w.fee_item_id, w.unit_id, w.chain_id, w.register),
	step AS MATERIALIZED (
		SELECT r.*, lead(r.before_at, 1, 'infinity') OVER w AS next_at, min(r.stood) OVER (PARTITION BY r.fee_item_id, r.chain_id, r.register
			ORDER BY r.at, r.before_at ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS lowest
		FROM raised r WINDOW w AS (PARTITION BY r.fee_item_id, r.chain_id, r.register ORDER BY r.at, r.before_at)),
	stand AS MATERIALIZED (
		SELECT b.fee_item_id, b.unit_id, b.day, sum(least(s.lowest, CASE WHEN b.at >= s.at OR s.used = 0 THEN s.stood
			ELSE s.stood - s.used + rui._wall_part(s.used, s.before_at, s.at, b.at, zone) END)) AS stood
		FROM bound b
		JOIN step s ON s.fee_item_id = b.fee_item_id AND s.unit_id = b.unit_id AND s.before_at < b.at AND b.at <= s.next_at
		GROUP BY b.fee_item_id, b.unit_id, b.day),
	counted AS MATERIALIZED (
		SELECT s.*, coalesce(y.stood - x.stood, 0) AS used
		FROM span s
		LEFT JOIN stand x ON x.fee_item_id = s.fee_item_id AND x.unit_id = s.unit_id AND x.day = lower(s.days)
		LEFT JOIN stand y ON y.fee_item_id = s.fee_item_id AND y.unit_id = s.unit_id AND y.day = upper(s.days)),
	laddered AS MATERIALIZED (
		SELECT c.fee_item_id, c.unit_id, c.days, c.charge_id, sum(e.used) AS before_now
		FROM counted c
		LEFT JOIN counted e ON e.fee_item_id = c.fee_item_id AND e.unit_id = c.unit_id
			AND lower(e.days) >= c.cycle_on AND lower(e.days) < lower(c.days)
		GROUP BY c.fee_item_id, c.unit_id, c.days, c.charge_id),
	wanted AS MATERIALIZED (
		SELECT c.*, l.before_now FROM counted c
		JOIN laddered l ON l.fee_item_id = c.fee_item_id AND l.unit_id = c.unit_id AND l.days = c.days
		WHERE c.charge_id IS NULL
			OR NOT c.is_final AND lower(c.days) >= again_from AND (c.used <> c.charged OR c.before IS DISTINCT FROM l.before_now)),
	-- Why a unit is left out.
	doubt AS (
		SELECT DISTINCT a.fee_item_id, a.unit_id FROM account a
		JOIN point p ON p.fee_item_id = a.fee_item_id AND p.unit_id = a.unit_id
		JOIN rui.meter m ON m.project_id = _meter_pieces.project_id AND m.chain_id = p.chain_id
		JOIN rui.meter_register r ON r.project_id = m.project_id AND r.meter_id = m.id
			AND (r.code = p.register OR p.register IS NULL AND r.code <> 'export')
		JOIN rui.meter_reading e ON e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'to_check'
		WHERE NOT isempty(a.due_days) AND e.at > lower(a.due_days)::timestamp AT TIME ZONE zone AND e.at <= end_at),
	refused AS MATERIALIZED (
		SELECT a.fee_item_id, a.unit_id, a.meter_id, lower(a.due_days) AS since_on, CASE
			WHEN a.is_unread AND NOT isempty(a.due_days) THEN 'never_read'
			WHEN d.unit_id IS NOT NULL THEN 'doubted'
			WHEN EXISTS (SELECT FROM went w WHERE w.fee_item_id = a.fee_item_id AND w.unit_id = a.unit_id AND w.used < 0 AND NOT w.is_estimate) THEN 'falls'
			WHEN EXISTS (SELECT FROM wanted w WHERE w.fee_item_id = a.fee_item_id AND w.unit_id = a.unit_id AND w.charge_id IS NOT NULL
				AND (w.at > _meter_pieces.at
					OR EXISTS (SELECT FROM rui.charge c WHERE c.project_id = _meter_pieces.project_id AND c.about_charge_id = w.charge_id
						AND NOT EXISTS (SELECT FROM rui.charge_reversal v WHERE v.project_id = c.project_id AND v.charge_id = c.id))
					OR EXISTS (SELECT FROM rui.allocation l WHERE l.project_id = _meter_pieces.project_id AND l.charge_id = w.charge_id AND l.at > _meter_pieces.at)
					OR EXISTS (SELECT FROM rui.waiver l WHERE l.project_id = _meter_pieces.project_id AND l.charge_id = w.charge_id
						AND l.state = 'approved' AND l.decided_at > _meter_pieces.at)
					OR EXISTS (SELECT FROM rui.credit_loss l WHERE l.project_id = _meter_pieces.project_id AND l.charge_id = w.charge_id
						AND l.at > _meter_pieces.at)
					OR EXISTS (SELECT FROM rui.recognition l WHERE l.project_id = _meter_pieces.project_id AND l.charge_id = w.charge_id
						AND l.at > _meter_pieces.at))) THEN 'settled'
			WHEN NOT isempty(a.due_days) AND (isempty(a.open_days) OR lower(a.open_days) > lower(a.due_days)) THEN 'not_read' END AS obstacle
		FROM account a
		LEFT JOIN doubt d ON d.fee_item_id = a.fee_item_id AND d.unit_id = a.unit_id),
	piece AS (
		SELECT w.*, p.tariff, p.due_days, (p.tariff::text::jsonb #>> '{tax,rate}')::numeric AS tax_rate
		FROM wanted w
		JOIN rui.price_plan p ON p.project_id = _meter_pieces.project_id AND p.id = w.plan_id)
	SELECT r.fee_item_id, r.unit_id, r.meter_id, r.obstacle, r.since_on, NULL::bigint, NULL::bigint, NULL::integer, NULL::bigint, NULL::daterange,
		NULL::date, NULL::numeric, NULL::numeric, NULL::integer, NULL::bigint, NULL::bigint[], NULL::numeric, NULL::numeric, NULL::numeric,
		NULL::numeric, NULL::date
	FROM refused r WHERE r.obstacle IS NOT NULL
	UNION ALL
	SELECT w.fee_item_id, w.unit_id, NULL, NULL, NULL, w.plan_id, w.payer_id,
		coalesce((SELECT max(b.revision) FROM rui.meter_bill b WHERE b.project_id = _meter_pieces.project_id AND b.fee_item_id = w.fee_item_id
			AND b.unit_id = w.unit_id AND b.starts_on = lower(w.days)), 0) + 1,
		w.charge_id, w.days, w.cycle_on, w.before_now, w.used, w.persons, s.estimates, s.reading_ids, c.net, c.tax, c.gross, w.tax_rate,
		greatest(month + w.due_days, today)
	FROM piece w
	CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE g.is_estimate) AS estimates,
		ARRAY(SELECT DISTINCT e.id FROM unnest(array_agg(g.reading_id) FILTER (WHERE g.place_down = 1)
			|| array_agg(g.before_id) FILTER (WHERE g.place_up = 1)) AS e(id) ORDER BY e.id) AS reading_ids
		FROM (SELECT t.*, row_number() OVER (PARTITION BY t.chain_id, t.register ORDER BY t.at) AS place_up,
				row_number() OVER (PARTITION BY t.chain_id, t.register ORDER BY t.at DESC) AS place_down
			FROM went t WHERE t.fee_item_id = w.fee_item_id AND t.unit_id = w.unit_id
				AND t.at > lower(w.days)::timestamp AT TIME ZONE zone AND t.before_at < upper(w.days)::timestamp AT TIME ZONE zone) g) s
	CROSS JOIN LATERAL rui._meter_charge(w.tariff, w.persons, w.before_now, w.used) c
	WHERE NOT EXISTS (SELECT FROM refused r WHERE r.fee_item_id = w.fee_item_id AND r.unit_id = w.unit_id AND r.obstacle IS NOT NULL);
END
$$;
COMMENT ON FUNCTION rui._meter_pieces(bigint, date, timestamptz, bigint, bigint) IS
'Internal: what a billing run of a month would charge of what meters count, at units with ids from first_unit to last_unit (null: all), and where it would charge nothing although it is time (obstacle, since_on, meter_id). Days up to the month''s end, or to the last day on which all meters of the unit were read, from the first that is not charged; cut where the plan, the cycle, the payer or, with an allowance, the persons change. Charges of the last 24 months whose use or place on the ladder is no longer what was charged come again, with the charge they take the place of in reverses, at their plan and for their payer.';

CREATE FUNCTION rui._meter_charge(tariff rui.tariff, persons integer, before numeric, used numeric) RETURNS rui.charge_result
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF persons IS NOT NULL THEN
		tariff := rui.tariff_for_household(tariff, persons);
	END IF;
	IF before IS NULL THEN
		RETURN rui.charge(tariff, used);
	END IF;
	RETURN rui.charge_between(tariff, before, before + used);
END
$$;
COMMENT ON FUNCTION rui._meter_charge(rui.tariff, integer, numeric, numeric) IS
'Internal: what a step on a ladder costs: what all used so far in the cycle costs, less what was charged of it; before null: nothing was, not even a flat part. persons null: the tariff does not ask.';

CREATE FUNCTION rui._charge_meters(project_id bigint, month date, at timestamptz, first_unit bigint, last_unit bigint)
RETURNS TABLE (fee_item_id bigint, charges bigint, net numeric, tax numeric, gross numeric)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 10
SET search_path FROM CURRENT
AS $$
DECLARE
	sums jsonb;
	corrected bigint[];
	wrong_id bigint;
BEGIN
	WITH piece AS MATERIALIZED (
		SELECT p.* FROM rui._meter_pieces(_charge_meters.project_id, _charge_meters.month, _charge_meters.at, first_unit, last_unit) p
		WHERE p.obstacle IS NULL),
	added AS (
		INSERT INTO rui.charge AS c (project_id, fee_item_id, unit_id, payer_id, source, plan_id, revision, period, quantity, net, tax, gross,
			tax_rate, due_on, at)
		SELECT _charge_meters.project_id, p.fee_item_id, p.unit_id, p.payer_id, 'meter', p.plan_id, p.revision, p.period, p.used, p.net, p.tax, p.gross,
			p.tax_rate, p.due_on, _charge_meters.at
		FROM piece p ORDER BY p.fee_item_id, p.unit_id, p.period
		RETURNING c.id, c.fee_item_id, c.unit_id, c.starts_on, c.net, c.tax, c.gross),
	noted AS (
		INSERT INTO rui.meter_bill (project_id, charge_id, fee_item_id, unit_id, period, revision, cycle_on, before, used, persons, estimates, reading_ids)
		SELECT _charge_meters.project_id, a.id, p.fee_item_id, p.unit_id, p.period, p.revision, p.cycle_on, p.before, p.used, p.persons, p.estimates, p.reading_ids
		FROM piece p
		JOIN added a ON a.fee_item_id = p.fee_item_id AND a.unit_id = p.unit_id AND a.starts_on = lower(p.period))
	SELECT (SELECT jsonb_agg(s) FROM (SELECT a.fee_item_id, count(*) AS charges, sum(a.net) AS net, sum(a.tax) AS tax, sum(a.gross) AS gross
			FROM added a GROUP BY a.fee_item_id) s),
		(SELECT array_agg(p.reverses ORDER BY p.reverses) FROM piece p WHERE p.reverses IS NOT NULL)
	INTO sums, corrected;
	FOREACH wrong_id IN ARRAY coalesce(corrected, '{}') LOOP
		PERFORM rui.require_permission(project_id, 'reverse_charge');
		PERFORM rui._reverse_charge(project_id, wrong_id, 'Readings say otherwise', true, at);
	END LOOP;
	RETURN QUERY SELECT s.* FROM jsonb_to_recordset(sums) AS s(fee_item_id bigint, charges bigint, net numeric, tax numeric, gross numeric);
END
$$;
COMMENT ON FUNCTION rui._charge_meters(bigint, date, timestamptz, bigint, bigint) IS
'Internal: charges what rui._meter_pieces says, and takes back what it takes the place of; number and sums by fee item. The caller holds the books.';

CREATE FUNCTION rui.meter_charge_obstacles(project_id bigint, month date, lang text DEFAULT 'en', at timestamptz DEFAULT now())
RETURNS TABLE (fee_code text, unit_id bigint, unit_code text, meter_id bigint, meter_code text, obstacle text, text text, since_on date, last_read_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'see_meters');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui._check_month('month', month);
	IF (lang IN ('zh', 'en')) IS NOT TRUE THEN
		RAISE EXCEPTION 'unknown language "%"', left(coalesce(lang, 'null'), 60) USING ERRCODE = 'invalid_parameter_value', HINT = 'Give zh or en.';
	END IF;
	RETURN QUERY
	SELECT f.code, u.id, u.code, m.id, m.code, p.obstacle, rui.label('meter_obstacle', p.obstacle, lang), p.since_on,
		(SELECT max(e.at) FROM rui.meter_register r
			JOIN rui.meter_reading e ON e.project_id = r.project_id AND e.register_id = r.id AND e.state = 'accepted'
			WHERE r.project_id = meter_charge_obstacles.project_id AND r.meter_id = m.id)
	FROM rui._meter_pieces(meter_charge_obstacles.project_id, meter_charge_obstacles.month, meter_charge_obstacles.at, NULL, NULL) p
	JOIN rui.fee_item f ON f.project_id = meter_charge_obstacles.project_id AND f.id = p.fee_item_id
	JOIN rui.unit u ON u.project_id = meter_charge_obstacles.project_id AND u.id = p.unit_id
	JOIN rui.meter m ON m.project_id = meter_charge_obstacles.project_id AND m.id = p.meter_id
	WHERE p.obstacle IS NOT NULL
	ORDER BY f.code, u.code, u.id;
END
$$;
COMMENT ON FUNCTION rui.meter_charge_obstacles(bigint, date, text, timestamptz) IS
'The units whose use up to the end of a month (its first day) a billing run would not charge, although it is time, and why (obstacle, in lang zh or en): never_read, not_read (no reading after since_on, the first day not charged; nor one of that day), doubted (a reading waits for rui.check_reading), falls, settled (a correction is due to a charge that has late fees or costs: take those back first; or was paid, waived, written off or recognized after at). meter_id: the one read least lately; last_read_at: when. The next run charges them once the reason is gone. Needs permission see_meters. Errors: 22004, 22008, 22023 no first day or unknown language, 42501.';
