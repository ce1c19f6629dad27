-- Verdicts on the cycles of clocks.
\pset null (none)
SET timezone = 'UTC';
\set site '{"tz":"UTC","weekly":{"mon":[["08:00","16:00"]],"tue":[["08:00","16:00"]],"wed":[["08:00","16:00"]]}}'
CREATE TEMP TABLE fact (clock text, event text, at timestamptz);
INSERT INTO fact VALUES
	('running', 'start', '2026-11-23 08:00Z'),
	('in time', 'start', '2026-11-23 08:00Z'), ('in time', 'stop', '2026-11-23 12:00Z'),
	('late by the wall', 'start', '2026-11-23 12:00Z'), ('late by the wall', 'stop', '2026-11-24 08:00Z'),
	('late', 'start', '2026-11-23 08:00Z'), ('late', 'stop', '2026-11-23 12:00:00.000001Z'),
	('late, then paused', 'start', '2026-11-23 08:00Z'), ('late, then paused', 'pause', '2026-11-23 13:00Z'),
	('late, then paused', 'resume', '2026-11-23 15:00Z'), ('late, then paused', 'stop', '2026-11-24 09:00Z'),
	('paused in time', 'start', '2026-11-23 08:00Z'), ('paused in time', 'pause', '2026-11-23 09:00Z'),
	('stopped from a pause', 'start', '2026-11-23 08:00Z'), ('stopped from a pause', 'pause', '2026-11-23 09:00Z'),
	('stopped from a pause', 'stop', '2026-11-25 09:00Z'),
	('three cycles', 'start', '2026-11-23 08:00Z'), ('three cycles', 'stop', '2026-11-23 09:00Z'),
	('three cycles', 'reopen', '2026-11-23 10:00Z'), ('three cycles', 'stop', '2026-11-24 10:00Z'),
	('three cycles', 'reopen', '2026-11-24 12:00Z'), ('three cycles', 'end', '2026-11-24 13:00Z'),
	('made late', 'start', '2026-11-23 08:00Z'), ('made late', 'retarget PT1H', '2026-11-23 11:00Z'),
	('made late', 'stop', '2026-11-23 11:30Z'),
	('a longer target saves nothing', 'start', '2026-11-23 08:00Z'),
	('a longer target saves nothing', 'retarget PT20H', '2026-11-23 13:00Z'),
	('a longer target saves nothing', 'stop', '2026-11-23 14:00Z'),
	('never started', 'stop', '2026-11-23 08:00Z');
CREATE TEMP VIEW verdict AS
SELECT k.clock AS name, v.* FROM (
	SELECT clock, rui.judge_clock(:'site', '4:00', event, at, '2026-11-24 12:00Z' ORDER BY at) AS verdicts
	FROM fact GROUP BY clock) k
LEFT JOIN LATERAL unnest(k.verdicts) v ON true;
SELECT name, cycle, due_at, breach_at, stopped_at, is_ended FROM verdict ORDER BY name COLLATE "C", cycle;
SELECT name, cycle, wall_due_at, wall_breach_at, working_due_at, working_breach_at FROM verdict
WHERE wall_due_at IS NOT NULL OR working_due_at IS NOT NULL ORDER BY name COLLATE "C", cycle;

-- The last clock is that of the fold.
SELECT count(*) AS different
FROM (SELECT clock, rui.fold_clock(:'site', '4:00', CASE event WHEN 'end' THEN 'stop' ELSE event END, at ORDER BY at) AS folded
	FROM fact GROUP BY clock) f
JOIN (SELECT DISTINCT ON (name) name, clock FROM verdict ORDER BY name, cycle DESC) v ON v.name = f.clock
WHERE f.folded::text IS DISTINCT FROM v.clock::text;
-- As of other instants; infinity judges what runs.
SELECT as_of, v.cycle, v.due_at, v.working_breach_at
FROM (VALUES ('2026-11-23 07:00Z'::timestamptz), ('2026-11-23 12:00Z'), ('2026-11-23 12:00:00.000001Z'), ('infinity')) t(as_of),
	LATERAL (SELECT rui.judge_clock(:'site', '4:00', event, at, as_of ORDER BY at) AS verdicts FROM fact WHERE clock = 'running') k,
	LATERAL unnest(k.verdicts) v
ORDER BY as_of;
-- The order within an instant does not matter.
SELECT count(DISTINCT k.verdicts::text) AS different
FROM (VALUES ('{start,pause,resume,stop,end}'::text[]), ('{end,stop,resume,pause,start}'), ('{stop,start,end,resume,pause}')) o(events),
	LATERAL (SELECT rui.judge_clock(:'site', '4:00', event, '2026-11-23 08:00Z', '2026-11-24 08:00Z') AS verdicts FROM unnest(o.events) e(event)) k;

SELECT rui.judge_clock(:'site', '4:00', event, at, '2026-11-24 12:00Z' ORDER BY at DESC) FROM fact WHERE clock = 'late';
SELECT rui.judge_clock(:'site', '4:00', 'begin', at, '2026-11-24 12:00Z' ORDER BY at) FROM fact WHERE clock = 'late';
SELECT rui.judge_clock(:'site', '4:00', event, at, at ORDER BY at) FROM fact WHERE clock = 'late';
SELECT rui.judge_clock(:'site', n * interval '1 hour', 'start', '2026-11-23 08:00Z', '2026-11-24 12:00Z') FROM generate_series(1, 2) n;
SELECT rui.judge_clock(:'site', '4:00', event, at, NULL ORDER BY at) FROM fact WHERE clock = 'late';
