-- A day of a city's fire department, dispatched again: every response that
-- its record holds is opened at its instant and given to whom rui.dispatch
-- chooses, among the units that the record shows at work.
--
-- What is taken from the record: when a response was asked for (dispatch_at)
-- and of what kind of unit, how long its crew took to leave (response_at), how
-- long it was busy at the place, or until it was called off. What is modelled,
-- for the recorded units and for those chosen in the same way: a unit drives
-- 1.3 times the straight line from where it is, at the one speed that makes
-- the department's drives of the other days as long as they were at the
-- median; after a response it drives home, where its calls are. Printed side
-- by side; what is asserted are the rules, and that optimal is not worse.
\pset format unaligned
\pset tuples_only on
\getenv data RUI_DATA
\set found `test -r "${RUI_DATA:-}/sf_fire_dispatch/dispatch.csv" && echo true || echo false`
\if :found
BEGIN;
SET LOCAL jit = off;
SET LOCAL TimeZone = 'America/Los_Angeles';
SELECT plan(16);
CREATE TEMP TABLE recorded (row_id text, call_no bigint, incident_no bigint, unit text, unit_type text, call_type text, call_type_group text,
	priority_original text, priority_final int, als boolean, unit_seq int, received_at timestamptz, entry_at timestamptz, dispatch_at timestamptz,
	response_at timestamptz, on_scene_at timestamptz, transport_at timestamptz, hospital_at timestamptz, available_at timestamptz, disposition text,
	address_block text, zip text, battalion text, station_area text, neighborhood text, lat float8, lon float8);
\setenv RUI_FIRE_FILE :data/sf_fire_dispatch/dispatch.csv
\copy recorded FROM PROGRAM 'cat "$RUI_FIRE_FILE"' WITH (FORMAT csv, HEADER true)
SELECT is((SELECT count(*) FROM recorded), 7704::bigint, 'the record');
\set from '2017-01-03 00:00'
\set to '2017-01-04 00:00'
\ir ../pgtap/fixture/town.sql
SELECT rui.create_project(:company, 'fire', 'Fire department', 'America/Los_Angeles') AS city \gset
SELECT rui.set_project_state(:city, 'go_live') \g /dev/null

-- What was asked for: the responses of a day.
CREATE TEMP TABLE response AS
SELECT row_number() OVER (ORDER BY dispatch_at, call_no, unit_seq, row_id)::int AS no, r.row_id, r.call_no, r.unit, translate(lower(r.unit_type), ' ', '_') AS kind,
	r.priority_final, r.dispatch_at, ST_SetSRID(ST_MakePoint(r.lon, r.lat), 4326) AS place,
	on_scene_at IS NOT NULL AND response_at IS NOT NULL AND on_scene_at >= response_at AND response_at >= dispatch_at AND coalesce(available_at, on_scene_at) >= on_scene_at AS is_reached,
	response_at - dispatch_at AS turnout, on_scene_at, coalesce(available_at, on_scene_at, dispatch_at + interval '5 minutes') AS free_at
FROM recorded r;
DELETE FROM response WHERE NOT (dispatch_at >= :'from' AND dispatch_at < :'to');
-- Where a unit lives: amid its calls. Drives of the other days set the speed.
CREATE TEMP TABLE unit AS
SELECT r.unit, translate(lower(min(r.unit_type)), ' ', '_') AS kind, ST_SetSRID(ST_MakePoint(percentile_cont(0.5) WITHIN GROUP (ORDER BY r.lon),
	percentile_cont(0.5) WITHIN GROUP (ORDER BY r.lat)), 4326) AS home FROM recorded r GROUP BY 1;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY 1.3 * ST_DistanceSphere(u.home, ST_SetSRID(ST_MakePoint(r.lon, r.lat), 4326)))
	/ percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM r.on_scene_at - r.response_at)) AS speed
FROM recorded r JOIN unit u USING (unit) WHERE r.on_scene_at > r.response_at AND NOT (r.dispatch_at >= :'from' AND r.dispatch_at < :'to') \gset
CREATE FUNCTION pg_temp.drive(a geometry, b geometry) RETURNS interval LANGUAGE sql STABLE AS $$
	SELECT make_interval(secs => round((1.3 * ST_DistanceSphere(a, b) / current_setting('fire.speed')::float8)::numeric, 3)::float8) $$;
SELECT set_config('fire.speed', :'speed', true) \g /dev/null
SELECT rui.set_travel_term(:city, 'speed', round(:speed::numeric, 6)::float8) \g /dev/null
-- Times, in seconds, of driving and nothing else.
SELECT rui.set_dispatch_weight(:city, t, 0) FROM unnest('{away,load,over_level,refused}'::text[]) t \g /dev/null

-- A unit is on shift while the record shows it at work, or between two
-- responses less than six hours apart; it never has two.
SELECT is((SELECT count(*) FROM rui.import_staff(:city, (SELECT jsonb_agg(jsonb_build_object('code', 'u-' || u.unit, 'name', u.unit, 'staff_no', u.unit, 'from', '2016-01-01',
	'qualifications', jsonb_build_array(jsonb_build_object('code', u.kind, 'level', 1))) ORDER BY u.unit) FROM unit u)) WHERE accepted), 178::bigint, 'units');
SELECT rui.import_posts(:city, '[{"code":"p","name":"Post","module":"steward"}]') \g /dev/null
CREATE TEMP TABLE duty AS
SELECT s.unit, min(s.dispatch_at) AS from_at, max(s.free_at) AS to_at
FROM (SELECT r.*, count(*) FILTER (WHERE r.was_free_at IS NULL OR r.dispatch_at - r.was_free_at >= interval '6 hours') OVER (PARTITION BY r.unit ORDER BY r.dispatch_at, r.no) AS shift
	FROM (SELECT r.*, max(r.free_at) OVER (PARTITION BY r.unit ORDER BY r.dispatch_at, r.no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS was_free_at FROM response r) r) s
GROUP BY s.unit, s.shift;
SELECT is((SELECT count(*) FROM rui.import_shifts(:city, (SELECT jsonb_agg(jsonb_build_object('post', 'p', 'staff', 'u-' || d.unit, 'from', to_char(d.from_at - interval '1 minute', 'YYYY-MM-DD HH24:MI'),
	'to', to_char(d.to_at + interval '2 minutes', 'YYYY-MM-DD HH24:MI'), 'capacity', 1)) FROM duty d)) WHERE accepted), (SELECT count(*) FROM duty), 'shifts');
SELECT rui.set_ticket_category(:city, k.kind, k.kind, k.kind, skill => k.kind) FROM (SELECT DISTINCT kind FROM unit) k \g /dev/null
SELECT rui.set_ticket_category(:city, 'home', 'Home', 'Home') \g /dev/null
CREATE TEMP TABLE who AS SELECT u.unit, u.kind, u.home, p.id AS party FROM unit u JOIN rui.party p ON p.code = 'u-' || u.unit AND p.company_id = :company;
CREATE UNIQUE INDEX ON who (party);
ANALYZE;

-- Lived through in order of time. kinds: 1 a response ends, 2 a unit is home
-- (a task of its own tells where it is), 3 a response is asked for.
CREATE TEMP TABLE due (at timestamptz, kind int, no int, PRIMARY KEY (at, kind, no));
CREATE TEMP TABLE asked (no int PRIMARY KEY, task bigint UNIQUE);
CREATE TEMP TABLE lived (no int PRIMARY KEY, party bigint, assigned_at timestamptz, arrived_at timestamptz, ended_at timestamptz);
CREATE TEMP TABLE runs (at timestamptz, run_id bigint, assigned int, waiting int);
INSERT INTO due SELECT dispatch_at, 3, no FROM response;
-- Below 0: the beginning of a shift.
INSERT INTO due SELECT lower(s.during), 2, -s.id FROM rui.shift s WHERE s.project_id = :city;

CREATE PROCEDURE pg_temp.bring_home(city bigint, worker bigint, home geometry, at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
	task CONSTANT bigint := rui.open_ticket(city, 'home', 'home', place => home, at => bring_home.at);
BEGIN
	PERFORM rui.assign_ticket(city, task, worker, at => bring_home.at);
	PERFORM rui.accept_ticket(city, task, at => bring_home.at);
	PERFORM rui.arrive_ticket(city, task, at => bring_home.at);
	PERFORM rui.complete_ticket(city, task, 'home', at => bring_home.at);
END
$$;
CREATE PROCEDURE pg_temp.live(city bigint) LANGUAGE plpgsql AS $$
DECLARE
	event due;
	now_at timestamptz;
	changed boolean;
	waiting int := 0;
	last_at timestamptz := '-infinity';
	answer record;
	given record;
	r response;
	w who;
	arrived_at timestamptz;
	free_at timestamptz;
BEGIN
	LOOP
		SELECT min(d.at) INTO now_at FROM due d WHERE d.at > last_at;
		EXIT WHEN now_at IS NULL;
		last_at := now_at;
		changed := false;
		FOR event IN SELECT d.* FROM due d WHERE d.at = now_at ORDER BY d.kind, d.no LOOP
			IF event.kind = 3 THEN
				SELECT * INTO r FROM response x WHERE x.no = event.no;
				INSERT INTO asked VALUES (r.no, rui.open_ticket(city, r.kind, r.row_id, place => r.place, priority => CASE r.priority_final WHEN 3 THEN 1 ELSE 3 END, at => now_at));
				waiting := waiting + 1;
				changed := true;
			ELSIF event.kind = 1 THEN
				SELECT * INTO r FROM response x WHERE x.no = event.no;
				IF r.is_reached THEN
					PERFORM rui.complete_ticket(city, (SELECT a.task FROM asked a WHERE a.no = r.no), 'done', at => now_at);
				ELSE
					PERFORM rui.cancel_ticket(city, (SELECT a.task FROM asked a WHERE a.no = r.no), 'called off', at => now_at);
				END IF;
				SELECT x.* INTO w FROM who x WHERE x.party = (SELECT l.party FROM lived l WHERE l.no = r.no);
				INSERT INTO due VALUES (now_at + greatest(pg_temp.drive(r.place, w.home), interval '1 ms'), 2, r.no);
				changed := changed OR waiting > 0;
			ELSE
				-- Unless it was sent out again before.
				SELECT x.* INTO w FROM who x WHERE x.party = CASE WHEN event.no < 0 THEN (SELECT s.party_id FROM rui.shift s WHERE s.project_id = city AND s.id = -event.no)
					ELSE (SELECT l.party FROM lived l WHERE l.no = event.no) END;
				IF NOT EXISTS (SELECT FROM lived l WHERE l.party = w.party AND (l.ended_at > now_at
					OR event.no > 0 AND l.assigned_at > now_at - pg_temp.drive((SELECT x.place FROM response x WHERE x.no = event.no), w.home))) THEN
					CALL pg_temp.bring_home(city, w.party, w.home, now_at);
				END IF;
				changed := changed OR event.no < 0 AND waiting > 0;
			END IF;
		END LOOP;
		CONTINUE WHEN NOT changed;
		-- As autovacuum does, which sees nothing of this transaction.
		IF (SELECT count(*) % 100 = 20 FROM runs) THEN
			ANALYZE rui.task;
			ANALYZE rui.event;
		END IF;
		SELECT d.run_id, d.assigned, d.waiting INTO answer FROM rui.dispatch(city, NULL, now_at) d;
		INSERT INTO runs VALUES (now_at, answer.run_id, answer.assigned, answer.waiting);
		waiting := answer.waiting;
		FOR given IN SELECT o.task_id, o.party_id, a.no FROM rui.dispatch_offer o JOIN asked a ON a.task = o.task_id
			WHERE o.project_id = city AND o.run_id = answer.run_id AND o.outcome = 'assigned' ORDER BY a.no
		LOOP
			SELECT * INTO r FROM response x WHERE x.no = given.no;
			PERFORM rui.accept_ticket(city, given.task_id, at => now_at);
			arrived_at := NULL;
			free_at := now_at + greatest(r.free_at - r.dispatch_at, interval '1 ms');
			IF r.is_reached THEN
				-- From where dispatch knows it to be.
				SELECT now_at + r.turnout + make_interval(secs => e.seconds) INTO arrived_at FROM rui._walks_to_tasks(city, ARRAY[given.party_id],
					ARRAY[(SELECT k.place::geometry FROM rui.task k WHERE k.project_id = city AND k.executor_id = given.party_id AND k.arrived_at <= now_at ORDER BY k.last_at DESC, k.id DESC LIMIT 1)],
					ARRAY[given.task_id]) e;
				PERFORM rui.arrive_ticket(city, given.task_id, at => arrived_at);
				free_at := greatest(arrived_at + (r.free_at - r.on_scene_at), now_at + interval '1 ms');
			END IF;
			INSERT INTO lived VALUES (r.no, given.party_id, now_at, arrived_at, free_at);
			INSERT INTO due VALUES (free_at, 1, r.no);
		END LOOP;
	END LOOP;
END
$$;
SELECT clock_timestamp() AS began \gset
CALL pg_temp.live(:city);
SELECT round(extract(epoch FROM clock_timestamp() - :'began'), 1) AS seconds \gset

-- Every response is accounted for, and the hard rules hold.
SELECT is((SELECT count(*) FROM lived), (SELECT count(*) FROM response), 'every response was given to a unit');
SELECT is((SELECT count(*) FROM response), 1001::bigint, 'which are 1,001');
SELECT results_eq(format('SELECT t.state, count(*) FROM rui.task t JOIN asked a ON a.task = t.id WHERE t.project_id = %s GROUP BY 1 ORDER BY 1', :city),
	$$SELECT CASE WHEN is_reached THEN 'completed' ELSE 'cancelled' END, count(*) FROM response GROUP BY 1 ORDER BY 1$$, 'and ended as recorded');
SELECT is((SELECT count(*) FROM rui.task t WHERE t.project_id = :city AND t.category <> 'home'), 1001::bigint, 'there is no other');
SELECT is_empty(format('SELECT a.no, b.no FROM lived a JOIN lived b ON b.party = a.party AND b.no > a.no AND tstzrange(a.assigned_at, a.ended_at) && tstzrange(b.assigned_at, b.ended_at)'), 'no unit has two at a time');
SELECT is_empty(format('SELECT l.no FROM lived l JOIN asked a USING (no) JOIN rui.task t ON t.project_id = %s AND t.id = a.task WHERE t.executor_id <> l.party OR t.assigned_at <> l.assigned_at OR t.completed_at <> l.ended_at', :city), 'tasks say the same');
SELECT is_empty('SELECT l.no FROM lived l JOIN response r USING (no) JOIN who w ON w.party = l.party WHERE w.kind <> r.kind', 'each has the kind of unit asked for');
SELECT is_empty(format('SELECT l.no FROM lived l WHERE NOT EXISTS (SELECT FROM rui.shift s WHERE s.project_id = %s AND s.party_id = l.party AND s.during @> l.assigned_at)', :city), 'on its shift');
SELECT is_empty('SELECT l.no FROM lived l JOIN response r USING (no) WHERE l.assigned_at < r.dispatch_at OR l.arrived_at < l.assigned_at + r.turnout', 'nobody comes before he was sent');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :city), 'and no invariant is broken');

-- The recorded units, driven by the same model: from the place last reached,
-- or from home when there was time to return.
CREATE TEMP TABLE modelled AS
SELECT r.no, pg_temp.drive(CASE WHEN p.no IS NULL OR r.dispatch_at >= p.free_at + pg_temp.drive(p.place, u.home) THEN u.home ELSE p.place END, r.place) AS drive
FROM response r JOIN unit u USING (unit)
LEFT JOIN LATERAL (SELECT p.* FROM response p WHERE p.unit = r.unit AND p.no < r.no AND p.is_reached ORDER BY p.no DESC LIMIT 1) p ON true;
CREATE TEMP TABLE outcome AS
SELECT r.no, l.party = w.party AS is_same, extract(epoch FROM r.on_scene_at - r.dispatch_at)::float8 AS recorded_response, extract(epoch FROM r.on_scene_at - r.dispatch_at - r.turnout)::float8 AS recorded_drive,
	extract(epoch FROM r.turnout + m.drive)::float8 AS modelled_response, extract(epoch FROM m.drive)::float8 AS modelled_drive,
	extract(epoch FROM l.arrived_at - r.dispatch_at)::float8 AS our_response, extract(epoch FROM l.arrived_at - l.assigned_at - r.turnout)::float8 AS our_drive,
	extract(epoch FROM l.assigned_at - r.dispatch_at)::float8 AS wait
FROM response r JOIN lived l USING (no) JOIN modelled m USING (no) JOIN who w USING (unit) WHERE r.is_reached;
-- A call is reached when the first of its units is.
CREATE TEMP TABLE first_unit AS
SELECT r.call_no, extract(epoch FROM min(r.on_scene_at) - c.asked_at)::float8 AS recorded, extract(epoch FROM min(r.dispatch_at + make_interval(secs => o.modelled_response)) - c.asked_at)::float8 AS modelled,
	extract(epoch FROM min(l.arrived_at) - c.asked_at)::float8 AS ours
FROM outcome o JOIN response r USING (no) JOIN lived l USING (no) JOIN (SELECT x.call_no, min(x.dispatch_at) AS asked_at FROM response x GROUP BY 1) c USING (call_no)
GROUP BY r.call_no, c.asked_at;
CREATE FUNCTION pg_temp.spread(what text, seconds float8[]) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s %s %s %s %s', rpad(what, 47), lpad(round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s))::text, 7), lpad(round(percentile_cont(0.9) WITHIN GROUP (ORDER BY s))::text, 7),
		lpad(round(percentile_cont(0.99) WITHIN GROUP (ORDER BY s))::text, 7), lpad(round(avg(s))::text, 7)) FROM unnest(seconds) s $$;
SELECT diag(l.line) FROM (
	SELECT 1, format('%s responses of %s calls, %s of them reached; %s units; %s dispatches; replayed in %s s; speed %s m/s', (SELECT count(*) FROM response), (SELECT count(DISTINCT call_no) FROM response),
		(SELECT count(*) FROM outcome), (SELECT count(DISTINCT unit) FROM response), (SELECT count(*) FROM runs), :'seconds', round(:speed::numeric, 1))
	UNION ALL SELECT 2, rpad('seconds', 47) || '  median    90th    99th    mean'
	UNION ALL SELECT 3, pg_temp.spread('dispatch to arrival, as recorded', array_agg(recorded_response)) FROM outcome
	UNION ALL SELECT 4, pg_temp.spread('dispatch to arrival, recorded units, modelled', array_agg(modelled_response)) FROM outcome
	UNION ALL SELECT 5, pg_temp.spread('dispatch to arrival, rui, modelled', array_agg(our_response)) FROM outcome
	UNION ALL SELECT 6, pg_temp.spread('drive, as recorded', array_agg(recorded_drive)) FROM outcome
	UNION ALL SELECT 7, pg_temp.spread('drive, recorded units, modelled', array_agg(modelled_drive)) FROM outcome
	UNION ALL SELECT 8, pg_temp.spread('drive, rui, modelled', array_agg(our_drive)) FROM outcome
	UNION ALL SELECT 9, pg_temp.spread('first unit of a call, as recorded', array_agg(recorded)) FROM first_unit
	UNION ALL SELECT 10, pg_temp.spread('first unit of a call, recorded units, modelled', array_agg(modelled)) FROM first_unit
	UNION ALL SELECT 11, pg_temp.spread('first unit of a call, rui, modelled', array_agg(ours)) FROM first_unit
	UNION ALL SELECT 12, format('same unit as recorded: %s %%; waited for a unit: %s, %s s at most', round(avg(is_same::int) * 100, 1), count(*) FILTER (WHERE wait > 0), round(max(wait))) FROM outcome
	ORDER BY 1) l(n, line);
SELECT cmp_ok((SELECT avg(our_drive) FROM outcome), '<=', (SELECT avg(modelled_drive) FROM outcome), 'the drives are not longer than those of the recorded units');
SELECT cmp_ok((SELECT avg(ours) FROM first_unit), '<=', (SELECT avg(modelled) FROM first_unit), 'nor do calls wait longer for their first unit');
SELECT cmp_ok((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY our_response) FROM outcome), '<=', (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY modelled_response) FROM outcome), 'nor does the median call wait longer');
SELECT * FROM finish();
ROLLBACK;
\else
SELECT '1..0 # SKIP skipped: no data';
\endif
