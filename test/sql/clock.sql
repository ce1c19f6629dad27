-- The type sla_clock: moves, readers, texts, binary form, operators, folds.
SET search_path = rui, public;
SET timezone = 'Asia/Shanghai';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';

CREATE FUNCTION pg_temp.raises(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
	explained text;
	advised text;
BEGIN
	EXECUTE statement;
	RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, explained = PG_EXCEPTION_DETAIL, advised = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n  ', SQLSTATE || ' ' || said, nullif(explained, ''), nullif(advised, ''));
END
$$;

CREATE TEMP TABLE hours (name text PRIMARY KEY, cal calendar);
INSERT INTO hours VALUES
('site', '{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"],["13:00","17:00"]],"tue":[["08:00","12:00"],["13:00","17:00"]],"wed":[["08:00","12:00"],["13:00","17:00"]],"thu":[["08:00","12:00"],["13:00","17:00"]],"fri":[["08:00","12:00"],["13:00","17:00"]]}}'),
('always', '{"tz":"UTC","weekly":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}'),
('never', '{"tz":"UTC"}');

-- One clock through its life; 2026-11-23 is a Monday.
CREATE TEMP TABLE life (step int, move text, clock sla_clock);
DO $$
DECLARE
	site rui.calendar := (SELECT cal FROM hours WHERE name = 'site');
	always rui.calendar := (SELECT cal FROM hours WHERE name = 'always');
	clock rui.sla_clock := rui.clock_start(site, '2026-11-23 09:00', '4 hours');
BEGIN
	INSERT INTO life VALUES (1, 'start', clock);
	clock := rui.clock_pause(clock, site, '2026-11-23 11:00');
	INSERT INTO life VALUES (2, 'pause', clock);
	clock := rui.clock_resume(clock, site, '2026-11-23 18:00');
	INSERT INTO life VALUES (3, 'resume after hours', clock);
	clock := rui.clock_retarget(clock, site, '2026-11-24 09:00', '6 hours');
	INSERT INTO life VALUES (4, 'retarget', clock);
	clock := rui.clock_retarget(clock, site, '2026-11-24 10:00', '30 minutes');
	INSERT INTO life VALUES (5, 'retarget below elapsed', clock);
	clock := rui.clock_stop(clock, site, '2026-11-24 11:00');
	INSERT INTO life VALUES (6, 'stop', clock);
	clock := rui.clock_reopen(clock, site, '2026-11-25 08:00');
	INSERT INTO life VALUES (7, 'reopen', clock);
	clock := rui.clock_switch(clock, site, always, '2026-11-25 08:10');
	INSERT INTO life VALUES (8, 'switch', clock);
	clock := rui.clock_retarget(clock, always, '2026-11-25 08:20', '1 hour', false);
	INSERT INTO life VALUES (9, 'retarget anew', clock);
END
$$;
SELECT step, move, clock FROM life ORDER BY step;
SELECT step, clock_state(clock) AS state, clock_cycle(clock) AS cycle, clock_target(clock) AS target, clock_due_at(clock) AS due_at,
	clock_breach_at(clock) AS breach_at, clock_first_breached_at(clock) AS first_breached_at
FROM life ORDER BY step;
-- The start of the cycle, and the last move, before which nothing may be asked.
SELECT step, move, clock_started_at(clock) AS started_at, clock_changed_at(clock) AS changed_at FROM life ORDER BY step;
SELECT bool_and(clock_elapsed(clock, cal, clock_changed_at(clock)) <= clock_changed_at(clock) - clock_started_at(clock)
	AND pg_temp.raises(format('SELECT clock_elapsed(%L, %L, %L)', clock, cal, clock_changed_at(clock) - interval '1 us')) LIKE '22023 %') AS agree
FROM life, hours WHERE name = 'site';
SELECT step, c, clock_elapsed(clock, cal, '2026-11-25 12:00', c), clock_remaining(clock, cal, '2026-11-25 12:00', c)
FROM life, hours, unnest(ARRAY['first', 'last', 'sum', 'longest']) c WHERE step IN (6, 7) AND name = 'site' ORDER BY step, c;
SELECT clock_elapsed(clock, cal, '2026-11-23 10:00'), clock_remaining(clock, cal, '2026-11-23 17:00') FROM life, hours WHERE step = 1 AND name = 'site';
-- Finished exactly when due or at the breach is on time.
WITH c AS (SELECT cal, clock_start(cal, '2026-11-23 08:00', '4 hours') AS clock FROM hours WHERE name = 'site')
SELECT at, clock_breached(clock, at), clock_first_breached_at(clock_stop(clock, cal, at)) FROM c, unnest(ARRAY['2026-11-23 12:00', '2026-11-23 13:00', '2026-11-23 13:00:00.000001']::timestamptz[]) at;
SELECT name, clock_start(cal, '2026-11-22 10:00', '0') FROM hours ORDER BY name;
SELECT clock_start(cal, '2026-11-22 10:00', '0') IS NULL, clock_pause(NULL, cal, now()) IS NULL, clock_due_at(NULL) IS NULL, clock_started_at(NULL) IS NULL, clock_changed_at(NULL) IS NULL FROM hours WHERE name = 'site';

-- What is refused.
SELECT q, pg_temp.raises(replace(replace(q, 'CAL', '(SELECT cal FROM hours WHERE name = ''site'')'), 'CLOCK', '(SELECT clock FROM life WHERE step = ' || step || ')'))
FROM (VALUES (1, 'SELECT clock_resume(CLOCK, CAL, ''2026-11-24'')'), (1, 'SELECT clock_reopen(CLOCK, CAL, ''2026-11-24'')'),
	(1, 'SELECT clock_pause(CLOCK, CAL, ''2026-11-23 08:59'')'), (2, 'SELECT clock_pause(CLOCK, CAL, ''2026-11-24'')'),
	(6, 'SELECT clock_stop(CLOCK, CAL, ''2026-11-25'')'), (6, 'SELECT clock_resume(CLOCK, CAL, ''2026-11-25'')'),
	(6, 'SELECT clock_retarget(CLOCK, CAL, ''2026-11-25'', ''1 hour'')'), (6, 'SELECT clock_switch(CLOCK, CAL, CAL, ''2026-11-25'')'),
	(1, 'SELECT clock_start(CAL, ''2026-11-23'', ''-1 hour'')'), (1, 'SELECT clock_start(CAL, ''2026-11-23'', ''1 day'')'),
	(1, 'SELECT clock_start(CAL, ''infinity'', ''1 hour'')'), (1, 'SELECT clock_start(CAL, ''2200-12-31'', ''100 hours'')'),
	(1, 'SELECT clock_retarget(CLOCK, CAL, ''2026-11-24'', ''1 month'')'), (1, 'SELECT clock_retarget(CLOCK, CAL, ''2026-11-24'', ''-1 s'')'),
	(1, 'SELECT clock_elapsed(CLOCK, CAL, ''2026-11-23 08:00'')'), (1, 'SELECT clock_elapsed(CLOCK, CAL, ''infinity'')'),
	(1, 'SELECT clock_elapsed(CLOCK, CAL, ''2026-11-24'', ''all'')'), (1, 'SELECT clock_remaining(CLOCK, CAL, ''2026-11-24'', '''')'),
	(1, 'SELECT clock_breached(CLOCK, ''2026-11-23 08:00'')')) v(step, q);
SELECT bad, pg_temp.raises(format('SELECT %L::rui.sla_clock', bad)) FROM unnest(ARRAY['', '{}', '{"state":"idle","cycle":1}',
	'{"state":"stopped","start":"2026-11-23T09:00Z","changed_at":"2026-11-23T12:30Z","target":"4 hours","elapsed":"PT3H","cycle":1}',
	'{"state":"stopped","start":"2026-11-23T09:00Z","changed_at":"2026-11-23T12:30Z","target":"PT4H","elapsed":"PT4H","cycle":1}',
	'{"state":"stopped","start":"2026-11-23T09:00Z","changed_at":"2026-11-23T12:30Z","target":"PT2H","elapsed":"PT3H","cycle":1}',
	'{"state":"paused","start":"2026-11-23T09:00Z","changed_at":"2026-11-23T12:30Z","target":"PT4H","elapsed":"PT3H","due":"infinity","cycle":1}',
	'{"state":"running","start":"2026-11-23T09:00Z","changed_at":"2026-11-23T12:30Z","target":"PT4H","elapsed":"PT3H","cycle":1}']) bad;

-- Text and binary form go round; recv checks what in checks.
SELECT count(*), bool_and(clock::text::sla_clock = clock) AS text_goes_round FROM life;
CREATE TEMP TABLE received (value sla_clock);
CREATE FUNCTION pg_temp.receive(bytes bytea) RETURNS sla_clock LANGUAGE plpgsql AS $$
DECLARE
	message bytea := '\x5047434f50590aff0d0a00'::bytea || int4send(0) || int4send(0) || int2send(1::int2)
		|| int4send(length(bytes)) || bytes || int2send(-1::int2);
	result sla_clock;
BEGIN
	DELETE FROM received;
	EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', 'printf ''' || (
		SELECT string_agg('\' || lpad(((get_byte(message, i) >> 6)::text || (get_byte(message, i) >> 3 & 7)::text
			|| (get_byte(message, i) & 7)::text), 3, '0'), '' ORDER BY i)
		FROM generate_series(0, length(message) - 1) i) || '''');
	SELECT value INTO result FROM received;
	RETURN result;
END
$$;
SELECT bool_and(pg_temp.receive(sla_clock_send(clock)) = clock) AS binary_goes_round FROM life;
WITH sent AS (SELECT sla_clock_send(clock) AS bytes FROM life WHERE step = 1)
SELECT what, pg_temp.raises(format('SELECT pg_temp.receive(%L)', bad))
FROM sent, LATERAL (VALUES ('version', set_byte(bytes, 0, 2)), ('state', set_byte(bytes, 1, 4)), ('paused but due', set_byte(bytes, 1, 2)),
	('start', overlay(bytes PLACING int8send(9223372036854775807) FROM 3)), ('elapsed', overlay(bytes PLACING int8send(1) FROM 27)),
	('due', overlay(bytes PLACING int8send(0) FROM 35)), ('cycle', overlay(bytes PLACING int4send(0) FROM 83)),
	('short', substr(bytes, 1, 85)), ('long', bytes || '\x00'::bytea)) v(what, bad);

-- The laws of the operator classes.
CREATE TEMP TABLE many AS
SELECT clock FROM life UNION ALL SELECT clock FROM life
UNION ALL SELECT clock_start(cal, '2026-11-23 08:00'::timestamptz + s * interval '1 hour', t * interval '1 hour') FROM hours, generate_series(-1, 1) s, generate_series(0, 2) t;
SELECT count(*) AS pairs,
	bool_and((a.clock = b.clock) = (sla_clock_cmp(a.clock, b.clock) = 0)) AND bool_and((a.clock <> b.clock) = (sla_clock_cmp(a.clock, b.clock) <> 0))
	AND bool_and((a.clock < b.clock) = (sla_clock_cmp(a.clock, b.clock) < 0)) AND bool_and((a.clock <= b.clock) = (sla_clock_cmp(a.clock, b.clock) <= 0))
	AND bool_and((a.clock > b.clock) = (sla_clock_cmp(a.clock, b.clock) > 0)) AND bool_and((a.clock >= b.clock) = (sla_clock_cmp(a.clock, b.clock) >= 0)) AS operators_agree,
	bool_and(sla_clock_cmp(a.clock, b.clock) = -sla_clock_cmp(b.clock, a.clock)) AS antisymmetric,
	bool_and((a.clock = b.clock) = (a.clock::text = b.clock::text)) AS equality_of_text,
	bool_and(a.clock <> b.clock OR sla_clock_hash(a.clock) = sla_clock_hash(b.clock)
		AND sla_clock_hash_extended(a.clock, 7) = sla_clock_hash_extended(b.clock, 7)) AS equal_hashes,
	bool_and(sla_clock_hash_extended(a.clock, 0) & 4294967295 = sla_clock_hash(a.clock)::bigint & 4294967295) AS hashes_agree
FROM many a, many b;
SELECT bool_and(NOT (a.clock <= b.clock AND b.clock <= c.clock) OR a.clock <= c.clock) AS transitive FROM many a, many b, many c;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS amcheck;
RESET client_min_messages;
CREATE INDEX many_btree ON many (clock);
CREATE INDEX many_hash ON many USING hash (clock);
SELECT bt_index_check('many_btree', true);
CREATE FUNCTION pg_temp.found(index_scan boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	PERFORM set_config('enable_seqscan', (NOT index_scan)::text, true), set_config('enable_indexscan', index_scan::text, true),
		set_config('enable_bitmapscan', index_scan::text, true), set_config('enable_indexonlyscan', index_scan::text, true);
	EXECUTE $q$SELECT md5(string_agg(concat(p.clock, n.eq, n.lt, n.le, n.gt, n.ge), ',' ORDER BY p.clock::text)) FROM
		(SELECT DISTINCT clock FROM many) p, LATERAL (SELECT
			(SELECT count(*) FROM many m WHERE m.clock = p.clock) AS eq, (SELECT count(*) FROM many m WHERE m.clock < p.clock) AS lt,
			(SELECT count(*) FROM many m WHERE m.clock <= p.clock) AS le, (SELECT count(*) FROM many m WHERE m.clock > p.clock) AS gt,
			(SELECT count(*) FROM many m WHERE m.clock >= p.clock) AS ge) n$q$ INTO result;
	RETURN result;
END
$$;
SELECT pg_temp.found(true) = pg_temp.found(false) AS index_scan_is_seq_scan;
SELECT count(*), count(DISTINCT clock) FROM many;

-- Folds: the same clock as the moves make, whatever the order at one instant.
CREATE TEMP TABLE happened (id int, event text, at timestamptz);
INSERT INTO happened VALUES (1, 'start', '2026-11-23 09:00'), (1, 'pause', '2026-11-23 11:00'), (1, 'resume', '2026-11-23 18:00'),
	(1, 'retarget PT6H', '2026-11-24 09:00'), (1, 'retarget PT30M', '2026-11-24 10:00'), (1, 'stop', '2026-11-24 11:00'), (1, 'reopen', '2026-11-25 08:00'),
	-- stopped and reopened at one instant: reopen comes first and finds nothing to reopen
	(2, 'start', '2026-11-23 09:00'), (2, 'stop', '2026-11-23 10:00'), (2, 'reopen', '2026-11-23 10:00'), (2, 'reopen', '2026-11-23 10:30'), (2, 'pause', '2026-11-23 10:30'), (2, 'resume', '2026-11-23 10:30'),
	-- what makes no sense does nothing
	(3, 'resume', '2026-11-23 08:00'), (3, 'stop', '2026-11-23 08:30'), (3, 'start', '2026-11-23 09:00'), (3, 'resume', '2026-11-23 09:30'), (3, 'start', '2026-11-23 10:00'), (3, 'reopen', '2026-11-23 11:00'), (3, NULL, '2026-11-23 11:30'), (3, 'stop', NULL),
	(4, 'pause', '2026-11-23 08:00');
SELECT id, fold_clock(cal, '4 hours', event, at ORDER BY at) FROM happened, hours WHERE name = 'site' GROUP BY id ORDER BY id;
SELECT (SELECT fold_clock(cal, '4 hours', event, at ORDER BY at) FROM happened, hours WHERE name = 'site' AND id = 1) = (SELECT clock FROM life WHERE step = 7) AS fold_is_moves;
SELECT bool_and(a = b AND sla_clock_send(a) = sla_clock_send(b)) AS any_order_at_one_instant
FROM (SELECT fold_clock(cal, '4 hours', event, at ORDER BY at, event) AS a, fold_clock(cal, '4 hours', event, at ORDER BY at, event DESC) AS b
	FROM happened, hours WHERE name = 'site' GROUP BY id) f WHERE a IS NOT NULL;
-- The state of any past instant.
SELECT t, fold_clock(cal, '4 hours', event, at ORDER BY at) FILTER (WHERE at <= t)
FROM happened, hours, unnest(ARRAY['2026-11-23 08:00', '2026-11-23 11:30', '2026-11-24 09:30']::timestamptz[]) t WHERE name = 'site' AND id = 1 GROUP BY t ORDER BY t;
-- As a window function: every row has the clock after all events up to its
-- instant, those of the same instant among them, as a plain fold of these has.
SELECT id, to_char(at, 'DD HH24:MI') AS at, event, clock_state(w.clock) AS state, clock_cycle(w.clock) AS cycle, clock_due_at(w.clock) AS due_at
FROM (SELECT id, event, at, fold_clock(cal, '4 hours', event, at) OVER (PARTITION BY id ORDER BY at) AS clock
	FROM happened, hours WHERE name = 'site') w ORDER BY w.id, w.at, event;
CREATE TEMP TABLE random_events AS
SELECT k, n, CASE WHEN n = 1 + k % 3 THEN 'start' WHEN hashint4(100 * k + n) & 31 = 0 THEN NULL
		ELSE (ARRAY['pause', 'resume', 'pause', 'resume', 'stop', 'reopen', 'retarget PT5H', 'retarget PT90M'])[1 + (hashint4(100 * k + n) & 7)] END AS event,
	timestamptz '2026-11-23 07:00' + (n / 2 * 70 + (hashint4(7 * k + n / 2) & 63)) * interval '1 minute' AS at
FROM generate_series(1, 50) k, generate_series(0, 39) n;
WITH w AS (
	SELECT e.k, e.n, e.at, name, cal, fold_clock(cal, '4 hours', event, at) OVER peers AS clock, count(*) OVER peers AS events,
		fold_clock(cal, '4 hours', event, at) OVER (peers ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS recent,
		array_agg(n) OVER (peers ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS recent_rows
	FROM random_events e, hours WINDOW peers AS (PARTITION BY k, name ORDER BY at))
SELECT count(*) AS rows, count(w.clock) AS clocks, count(DISTINCT w.clock) AS different, count(w.recent) AS recent,
	count(*) FILTER (WHERE w.clock IS DISTINCT FROM p.clock OR sla_clock_send(w.clock) IS DISTINCT FROM sla_clock_send(p.clock) OR events <> p.folded) AS wrong,
	count(*) FILTER (WHERE w.recent IS DISTINCT FROM r.clock) AS wrong_recent
FROM w, LATERAL (SELECT fold_clock(w.cal, '4 hours', event, at ORDER BY at) AS clock, count(*) AS folded FROM random_events e WHERE e.k = w.k AND e.at <= w.at) p,
	LATERAL (SELECT fold_clock(w.cal, '4 hours', event, at ORDER BY at) AS clock FROM random_events e WHERE e.k = w.k AND e.n = ANY (w.recent_rows)) r;
-- So the final function must leave the state alone, and says so.
SELECT aggfinalmodify FROM pg_aggregate WHERE aggfnoid = 'fold_clock'::regproc;

SELECT q, pg_temp.raises(q) FROM unnest(ARRAY[
	'SELECT fold_clock(cal, ''1 hour'', event, at) OVER (ORDER BY at DESC) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 hour'', event, at ORDER BY at DESC) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 hour'', event, at ORDER BY at) FROM happened, hours WHERE id = 1',
	'SELECT fold_clock(cal, length(event) * interval ''1 hour'', event, at ORDER BY at) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 day'', event, at ORDER BY at) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 hour'', ''begin'', at ORDER BY at) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 hour'', ''retarget 4 hours'', at ORDER BY at) FROM happened, hours WHERE id = 1 AND name = ''site''',
	'SELECT fold_clock(cal, ''1 hour'', ''start'', ''infinity'') FROM hours WHERE name = ''site''',
	'SELECT _fold_clock_step(NULL, cal, ''1 hour'', ''start'', now()) FROM hours WHERE name = ''site''']) q;

-- A calendar is edited: one statement takes every running clock over.
CREATE TEMP TABLE running AS SELECT n AS id, clock_start(cal, '2026-11-23 08:00', n * interval '1 minute') AS clock FROM hours, generate_series(0, 2000) n WHERE name = 'site';
UPDATE running SET clock = clock_switch(clock, o.cal, n.cal, '2026-11-23 12:30') FROM hours o, hours n WHERE o.name = 'site' AND n.name = 'always';
SELECT count(*) FILTER (WHERE clock_first_breached_at(clock) IS NOT NULL) AS breached, count(*) FILTER (WHERE clock_breached(clock, '2026-11-23 12:30')) AS breached_now,
	min(clock_due_at(clock)), max(clock_due_at(clock)) FROM running;
-- Under one calendar of both hours nothing needs to be taken over: the clock is the one that is switched then.
WITH both_hours AS (SELECT o.cal AS old, n.cal AS new, calendar_until(o.cal, '2026-11-23 12:30', n.cal) AS whole FROM hours o, hours n WHERE o.name = 'site' AND n.name = 'always'),
	c AS (SELECT *, clock_start(whole, '2026-11-23 08:00', target) AS one, clock_switch(clock_start(old, '2026-11-23 08:00', target), old, new, '2026-11-23 12:30') AS switched
		FROM both_hours, generate_series(0, 70) n, LATERAL (SELECT n * interval '17 minutes') t(target))
SELECT count(*), count(*) FILTER (WHERE target > '4 hours') AS across,
	bool_and(target <= '4 hours' OR clock_due_at(one) = clock_due_at(switched) AND clock_breach_at(one) = clock_breach_at(switched)) AS due_alike,
	bool_and(clock_elapsed(one, whole, at) = clock_elapsed(switched, new, at) AND clock_breached(one, at) = clock_breached(switched, at)) AS elapsed_alike
FROM c, unnest(ARRAY['2026-11-23 12:30', '2026-11-23 16:00', '2026-11-25 00:00']::timestamptz[]) at;
