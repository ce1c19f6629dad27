-- A month of a real city's requests (as a part of make check its first week), lived
-- through on a real town by the demo's own script: nothing is lost, and every verdict
-- is the city's.
\pset format unaligned
\pset tuples_only on
\set there `test -r "$RUI_DATA/boston311/requests.csv.gz" && test -r "$RUI_DATA/osm_nanjing/buildings.geojson" && echo true || echo false`
\if :there
\getenv data RUI_DATA
\set town_file :data/osm_nanjing/buildings.geojson
\set needs_file :data/boston311/requests.csv.gz
\setenv RUI_TOWN_FILE :town_file
\setenv RUI_NEEDS_FILE :needs_file
\set month_start 2015-01-01
\set month_end 2015-02-01
\set requests 7528
\set verdicts 4377
\getenv short RUI_SHORT
\if :{?short}
\set month_end 2015-01-08
\set requests 1215
\set verdicts 788
\endif
\set town_name 'Recorded town'
\set bills 1
\o /dev/null
\ir ../../demo/main.sql
\o
\pset format unaligned
\pset tuples_only on
BEGIN;
SELECT plan(9);
SELECT is((SELECT count(*) FROM rui.ticket WHERE project_id = :project), (SELECT count(*) FROM need_row),
	'as many tickets as requests');
SELECT is((SELECT count(*) FROM need_row), (:requests)::bigint, 'as many requests as the city recorded in that time');
SELECT is((SELECT count(*) FROM rui.task WHERE project_id = :project AND state IN ('completed', 'closed')),
	(SELECT count(*) FROM need_row WHERE closes_at IS NOT NULL), 'as many done as the city closed');
SELECT is_empty(format($$SELECT n.key FROM need_row n JOIN lived l USING (need)
	JOIN rui.task t ON t.project_id = %s AND t.id = l.ticket
	WHERE t.opened_at <> n.opened_at OR t.completed_at IS DISTINCT FROM n.closes_at OR t.category <> n.category$$, :project),
	'with the times and categories they had');
SELECT is_empty(format($$SELECT n.key, n.recorded_on_time, c.on_time FROM need_row n JOIN lived l USING (need)
	LEFT JOIN rui.task_clock c ON c.project_id = %s AND c.task_id = l.ticket AND c.target = 'resolution'
	WHERE n.recorded_on_time IS NOT NULL AND n.recorded_on_time IS DISTINCT FROM c.on_time$$, :project),
	'every closed case with a target has the city''s verdict');
SELECT is((SELECT count(*) FROM need_row n JOIN lived l USING (need)
	JOIN rui.task_clock c ON c.project_id = :project AND c.task_id = l.ticket AND c.target = 'resolution'
	WHERE n.recorded_on_time = c.on_time), (:verdicts)::bigint, 'as many as there are');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT task_id, target, cycle, level FROM rui.escalation WHERE project_id = :project) e),
	(SELECT count(*) FROM rui.escalation WHERE project_id = :project), 'each escalation fired once');
SELECT is((SELECT count(*) FROM rui.escalation e WHERE e.project_id = :project AND e.target = 'resolution' AND e.level = 0),
	(SELECT count(*) FROM rui.task_clock c WHERE c.project_id = :project AND c.target = 'resolution' AND c.breached_at IS NOT NULL),
	'for every late clock, and for no other');
SELECT is_empty(format($$SELECT * FROM rui.invariant_violation WHERE project_id = %s$$, :project), 'and no invariant is broken');
SELECT * FROM finish();
ROLLBACK;
\else
SELECT '1..0 # SKIP skipped: no data';
\endif
