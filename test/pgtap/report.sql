-- Reports count what is there, say it in two languages, escape what they
-- show, and refuse what they cannot answer.
BEGIN;
SELECT plan(39);
\ir fixture/town.sql
\set day '2026-01-05 09:00+08'

SELECT rui.import_buildings(:project, '[{"code": "1", "footprint": "SRID=4326;POLYGON((118.74 32.07,118.741 32.07,118.741 32.071,118.74 32.07))"}]') \gset hidden_
SELECT rui.import_units(:project, '[{"code": "1-101", "building": "1", "area_m2": 90}]') \gset hidden_
SELECT id AS unit FROM rui.unit WHERE project_id = :project \gset
SELECT rui.set_ticket_category(:project, 'water', '水', 'Water <b>&"''') \gset hidden_
SELECT rui.set_ticket_category(:project, 'power', '电', 'Power') \gset hidden_
SELECT rui.set_sla_policy(:project, 'always', resolution => '2 hours') \gset hidden_
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
SELECT rui.import_staff(:project, '[{"code": "W", "name": "Wu", "staff_no": "1", "from": "2020-01-01", "role": "staff"}]') \gset hidden_
SELECT id AS worker FROM rui.party WHERE code = 'W' AND company_id = :company \gset

-- Three of water: in time, late, open and late; one of power: open; one
-- cancelled; one on the next day.
CREATE FUNCTION pg_temp.need(project bigint, category text, worker bigint, opened timestamptz, took interval) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	ticket bigint := rui.open_ticket(project, category, 'Something', at => opened);
BEGIN
	IF took IS NOT NULL THEN
		PERFORM rui.triage_ticket(project, ticket, at => opened);
		PERFORM rui.assign_ticket(project, ticket, worker, at => opened);
		PERFORM rui.accept_ticket(project, ticket, at => opened);
		PERFORM rui.arrive_ticket(project, ticket, at => opened);
		PERFORM rui.complete_ticket(project, ticket, outcome => 'Done', at => opened + took);
	END IF;
	RETURN ticket;
END
$$;
SELECT pg_temp.need(:project, 'water', :worker, :'day', '2 hours') AS first,
	pg_temp.need(:project, 'water', :worker, :'day', '2 hours 1 second') AS second \gset
SELECT pg_temp.need(:project, 'water', :worker, :'day', NULL) AS third, pg_temp.need(:project, 'power', :worker, :'day', NULL) AS fourth,
	pg_temp.need(:project, 'power', :worker, :'day', NULL) AS fifth,
	pg_temp.need(:project, 'power', :worker, timestamptz :'day' + interval '1 day', '10 minutes') AS sixth \gset
SELECT rui.rate_ticket(:project, :first, 4, at => timestamptz :'day' + interval '3 hours') \gset hidden_
SELECT rui.cancel_ticket(:project, :fifth, 'Not needed', at => timestamptz :'day' + interval '1 minute') \gset hidden_
SELECT count(*) FROM rui.tick(:project, at => timestamptz :'day' + interval '5 hours') \gset hidden_
\set span :project ', ''2026-01-05 00:00+08'', ''2026-01-06 00:00+08'''

SELECT is((SELECT (opened, completed, cancelled, open_now, ratings, mean_rating)::text FROM rui.report_tickets(:span)),
	'(5,2,1,2,1,4.00)', 'tickets are counted by the day they were opened');
SELECT is((SELECT (clocks, on_time, late, running, running_late, share)::text FROM rui.report_attainment(:span, 'resolution', 'all')),
	'(4,1,1,2,2,0.5000)', 'a cancelled ticket''s clock does not count');
SELECT is((SELECT array_agg(code || on_time || late || running ORDER BY code) FROM rui.report_attainment(:span)),
	'{power001,water111}'::text[], 'by category');
SELECT is((SELECT string_agg(name, ',' ORDER BY code) FROM rui.report_attainment(:span, lang => 'zh')), '电,水', 'with Chinese names');
SELECT is((SELECT array_agg(code || '/' || clocks) FROM rui.report_attainment(:project, '2026-01-05 00:00+08', '2026-01-07 00:00+08',
	split_by => 'day')), '{2026-01-05/4,2026-01-06/1}'::text[], 'by day of the project''s zone');
SELECT is((SELECT (code, clocks)::text FROM rui.report_attainment(:span, split_by => 'executor') WHERE code IS NOT NULL),
	format('(%s,2)', :worker), 'by executor');
SELECT is_empty(format($$SELECT * FROM rui.report_attainment(%s, '2026-01-05 00:00+08', '2026-01-06 00:00+08', 'arrival')$$, :project),
	'what is not promised is not counted');
SELECT is((SELECT count(*) FROM rui.report_grids(:span)), 0::bigint, 'no grids yet');
SELECT is((SELECT array_agg(age ORDER BY from_days) FROM rui.report_arrears(:project, '2026-02-01 00:00+08')),
	'{not due,1-30,31-60,61-90,91-180,over 180}'::text[], 'ages of arrears');
SELECT is((SELECT sum(amount) FROM rui.report_arrears(:project, '2026-02-01 00:00+08')), 0::numeric, 'nothing is owed');
SELECT is((SELECT (billed, paid, open_amount, collection_rate)::text FROM rui.report_money(:span)), '(0,0,0,)', 'nothing is billed');

SELECT rui.report_html(:span, at => '2026-01-07 08:00+08') AS page \gset
SELECT ok(:'page' LIKE '%Water &lt;b&gt;&amp;&quot;&#39;%' AND :'page' NOT LIKE '%Water <b>%', 'names are escaped');
SELECT ok(:'page' LIKE '%2026-01-05 00:00 – 2026-01-06 00:00 (Asia/Shanghai)%' AND :'page' LIKE '%2026-01-07 08:00%', 'period and time are stated');
SELECT ok(:'page' LIKE '%Seen by:%' , 'and for whom');
SELECT ok(:'page' !~ '<script|<link|<img|https?://|url\(', 'the page asks for nothing and runs nothing');
SELECT ok(:'page' LIKE '%data-key="water" data-value="50.0"%', 'the bars carry their numbers');
SELECT is(rui.report_html(:span, at => '2026-01-07 08:00+08'), :'page', 'the same question, the same page');
SELECT ok(rui.report_html(:span, 'zh') LIKE '%服务报告%', 'in Chinese');
SELECT ok((SELECT bool_and(length(line) <= 100) FROM rui.report_summary(:span) AS line), 'a summary fits a terminal');
SELECT ok((SELECT count(*) FROM rui.report_summary(:span, 'zh')) > 15, 'in Chinese too');

-- Refusals.
CREATE FUNCTION pg_temp.refused(call text, code text, about text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT throws_ok('SELECT * FROM rui.' || call, code, NULL, about);
END
$$;
SELECT pg_temp.refused(format('report_tickets(%s, NULL, now())', :project), '22004', 'no beginning');
SELECT pg_temp.refused(format('report_tickets(%s, now(), NULL)', :project), '22004', 'no end');
SELECT pg_temp.refused(format('report_tickets(%s, now(), now())', :project), '22023', 'an empty span');
SELECT pg_temp.refused(format('report_tickets(%s, now(), ''infinity'')', :project), '22008', 'an endless span');
SELECT pg_temp.refused('report_tickets(NULL, now(), now())', '22004', 'no project');
SELECT pg_temp.refused('report_tickets(0, now() - interval ''1 day'', now())', '42501', 'an unknown project');
SELECT pg_temp.refused(format('report_attainment(%s, now() - interval ''1 day'', now(), ''speed'')', :project), '22023', 'an unknown target');
SELECT pg_temp.refused(format('report_attainment(%s, now() - interval ''1 day'', now(), split_by => ''moon'')', :project), '22023', 'an unknown split');
SELECT pg_temp.refused(format('report_arrears(%s, NULL)', :project), '22004', 'no date');
SELECT pg_temp.refused(format('report_arrears(%s, ''infinity'')', :project), '22008', 'no finite date');
SELECT pg_temp.refused(format('report_money(%s, NULL, now())', :project), '22004', 'no beginning of the money');
SELECT pg_temp.refused(format('report_html(%s, now() - interval ''1 day'', now(), ''fr'')', :project), '22023', 'an unknown language');
SELECT pg_temp.refused(format('report_summary(%s, now() - interval ''1 day'', now(), NULL)', :project), '22023', 'no language');
SELECT set_config('rui.party_id', :'worker', true) \gset hidden_
SELECT pg_temp.refused(format('report_tickets(%s, now() - interval ''1 day'', now())', :project), '42501', 'a worker reads no reports');
SELECT pg_temp.refused(format('report_grids(%s, now() - interval ''1 day'', now())', :project), '42501', 'nor grids');
SELECT pg_temp.refused(format('report_arrears(%s, now())', :project), '42501', 'nor arrears');
SELECT pg_temp.refused(format('report_money(%s, now() - interval ''1 day'', now())', :project), '42501', 'nor money');
SELECT pg_temp.refused(format('report_html(%s, now() - interval ''1 day'', now())', :project), '42501', 'nor the page');
SELECT pg_temp.refused(format('report_summary(%s, now() - interval ''1 day'', now())', :project), '42501', 'nor its summary');
SELECT * FROM finish();
ROLLBACK;
