-- How promises were kept: one row a clock and cycle, and its sums by category,
-- grid, steward and hour of the week; late by working time and by the wall.

CREATE VIEW rui.clock_outcome WITH (security_invoker = true, security_barrier = true) AS
SELECT c.project_id, c.task_id, c.target, c.cycle, t.category, t.grid_id, t.accountable_id AS steward_id, t.executor_id, t.priority,
	t.is_emergency, c.judged_by, c.started_at,
	date_trunc('month', c.started_at AT TIME ZONE p.time_zone)::date AS month,
	((extract(isodow FROM c.started_at AT TIME ZONE p.time_zone) - 1) * 24
		+ extract(hour FROM c.started_at AT TIME ZONE p.time_zone))::integer AS hour_of_week,
	c.due_at, c.stopped_at, c.on_time, c.late_working, c.late_wall, c.breached_at
FROM (
	SELECT k.project_id, k.task_id, k.target, k.cycle, k.judged_by, rui.clock_started_at(k.clock) AS started_at, k.due_at, k.stopped_at,
		k.on_time, k.late_working, k.late_wall, k.breached_at
	FROM rui.task_clock k
	WHERE k.state <> 'stopped' OR k.on_time IS NOT NULL
	UNION ALL
	SELECT y.project_id, y.task_id, y.target, y.cycle, y.judged_by, y.started_at, y.due_at, y.stopped_at, y.on_time, y.late_working,
		y.late_wall, y.breached_at
	FROM rui.task_clock_cycle y
	WHERE y.on_time IS NOT NULL) AS c
JOIN rui.task t ON t.project_id = c.project_id AND t.id = c.task_id
JOIN rui.project p ON p.id = c.project_id;
PERFORM rui._describe('clock_outcome', 'Every clock of every task, cycle by cycle, with what it is about and how it went; those ended without being judged are left out.',
	'task_id: The task.', 'target: answer, response, arrival, resolution or call_back.', 'cycle: Which cycle, from 1.',
	'category: Category of the task.', 'grid_id: The grid it lies in, or null.', 'steward_id: Who answers for it, or null.',
	'executor_id: Who does it or did it last.', 'priority: 1 (first) to 5.', 'is_emergency: Whether it goes before everything else.',
	'judged_by: working or wall.', 'started_at: When the cycle began.',
	'month: First day of the month it began in, in the project''s zone.',
	'hour_of_week: Hour it began in, in the project''s zone: 0 is Monday 00:00 to 01:00, 167 the last of Sunday.',
	'due_at: When it is or was due; null while paused in time.', 'stopped_at: When it stopped; null: it still runs.',
	'on_time: The verdict as judged; null while it runs.',
	'late_working: By how much working time it was late; 0: not; null while it runs.',
	'late_wall: By how much it was late by the wall; 0: not; null while it runs.',
	'breached_at: Since when it is late, or null.');

CREATE VIEW rui.attainment_by_category WITH (security_invoker = true, security_barrier = true) AS
SELECT o.project_id, o.target, o.month, o.category,
	count(*) AS clocks, count(*) FILTER (WHERE o.on_time) AS on_time, count(*) FILTER (WHERE NOT o.on_time) AS late,
	count(*) FILTER (WHERE o.late_working > interval '0') AS late_working, count(*) FILTER (WHERE o.late_wall > interval '0') AS late_wall,
	count(*) FILTER (WHERE o.stopped_at IS NULL) AS running,
	count(*) FILTER (WHERE o.stopped_at IS NULL AND o.breached_at IS NOT NULL) AS running_late,
	round(avg(o.on_time::integer), 4) AS share, round(rui.wilson_low(o.on_time)::numeric, 4) AS share_low
FROM rui.clock_outcome o
GROUP BY o.project_id, o.target, o.month, o.category;
CREATE VIEW rui.attainment_by_grid WITH (security_invoker = true, security_barrier = true) AS
SELECT o.project_id, o.target, o.month, o.grid_id,
	count(*) AS clocks, count(*) FILTER (WHERE o.on_time) AS on_time, count(*) FILTER (WHERE NOT o.on_time) AS late,
	count(*) FILTER (WHERE o.late_working > interval '0') AS late_working, count(*) FILTER (WHERE o.late_wall > interval '0') AS late_wall,
	count(*) FILTER (WHERE o.stopped_at IS NULL) AS running,
	count(*) FILTER (WHERE o.stopped_at IS NULL AND o.breached_at IS NOT NULL) AS running_late,
	round(avg(o.on_time::integer), 4) AS share, round(rui.wilson_low(o.on_time)::numeric, 4) AS share_low
FROM rui.clock_outcome o
GROUP BY o.project_id, o.target, o.month, o.grid_id;
CREATE VIEW rui.attainment_by_steward WITH (security_invoker = true, security_barrier = true) AS
SELECT o.project_id, o.target, o.month, o.steward_id,
	count(*) AS clocks, count(*) FILTER (WHERE o.on_time) AS on_time, count(*) FILTER (WHERE NOT o.on_time) AS late,
	count(*) FILTER (WHERE o.late_working > interval '0') AS late_working, count(*) FILTER (WHERE o.late_wall > interval '0') AS late_wall,
	count(*) FILTER (WHERE o.stopped_at IS NULL) AS running,
	count(*) FILTER (WHERE o.stopped_at IS NULL AND o.breached_at IS NOT NULL) AS running_late,
	round(avg(o.on_time::integer), 4) AS share, round(rui.wilson_low(o.on_time)::numeric, 4) AS share_low
FROM rui.clock_outcome o
GROUP BY o.project_id, o.target, o.month, o.steward_id;
CREATE VIEW rui.attainment_by_hour WITH (security_invoker = true, security_barrier = true) AS
SELECT o.project_id, o.target, o.month, o.hour_of_week,
	count(*) AS clocks, count(*) FILTER (WHERE o.on_time) AS on_time, count(*) FILTER (WHERE NOT o.on_time) AS late,
	count(*) FILTER (WHERE o.late_working > interval '0') AS late_working, count(*) FILTER (WHERE o.late_wall > interval '0') AS late_wall,
	count(*) FILTER (WHERE o.stopped_at IS NULL) AS running,
	count(*) FILTER (WHERE o.stopped_at IS NULL AND o.breached_at IS NOT NULL) AS running_late,
	round(avg(o.on_time::integer), 4) AS share, round(rui.wilson_low(o.on_time)::numeric, 4) AS share_low
FROM rui.clock_outcome o
GROUP BY o.project_id, o.target, o.month, o.hour_of_week;
PERFORM rui._describe('attainment_by_' || v.split, format('How promises were kept, by project, target, month and %s: sums of rui.clock_outcome.', v.split),
	v.about, 'target: answer, response, arrival, resolution or call_back.',
	'month: First day of the month the clocks began in, in the project''s zone.', 'clocks: How many there are.',
	'on_time: How many stopped in time, as judged.', 'late: How many stopped late, as judged.',
	'late_working: How many stopped late by working time.', 'late_wall: How many stopped late by the wall.',
	'running: How many still run.', 'running_late: How many of those are late.',
	'share: on_time / (on_time + late), four decimals; null where none has stopped.',
	'share_low: The least share that figure stands for with 95 % confidence (Wilson), so that few clocks prove little.')
FROM (VALUES
	('category', 'category: Category of the tasks.'),
	('grid', 'grid_id: The grid they lie in; null: none.'),
	('steward', 'steward_id: Who answers for them; null: nobody.'),
	('hour', 'hour_of_week: Hour of the week they began in, 0 is Monday 00:00 to 01:00.')
) AS v(split, about);
GRANT SELECT ON rui.attainment_by_category, rui.attainment_by_grid, rui.attainment_by_steward, rui.attainment_by_hour
	TO rui_manager, rui_expert, rui_analyst, rui_auditor;
GRANT SELECT ON rui.clock_outcome TO rui_manager, rui_expert, rui_analyst, rui_auditor;
