-- The published Chinese time standards: what is written down, and what each
-- would promise.
BEGIN;
SELECT plan(36);
\ir fixture/content.sql
-- A row as one line: what it is for = how long.
CREATE TEMP VIEW line AS
SELECT standard, item, concat_ws(' ', 'L' || level, coalesce(kind, 'any'), '(' || scope || ')', target, '=', coalesce(length::text, 'open'), counted_in) AS said
FROM rui.sla_standard;
CREATE FUNCTION pg_temp.lines(of_standard text) RETURNS text[] LANGUAGE sql AS
$$SELECT array_agg(said ORDER BY item) FROM line WHERE standard = of_standard$$;

SELECT results_eq('SELECT standard, grade, count(*), max(item) FROM rui.sla_standard GROUP BY 1, 2 ORDER BY standard COLLATE "C"',
	$$VALUES ('article_2025', 'B', 4::bigint, 4), ('beijing_2008', 'A', 2, 2), ('beijing_earlier', 'A', 1, 1), ('contractor_beijing', 'C', 5, 5),
		('cpma_2004', 'A', 5, 5), ('digest_2025', 'B', 17, 17), ('hotline_12345', 'B', 4, 4), ('lift_2025', 'B', 2, 2),
		('moc_1998', 'A', 3, 3), ('qingdao_2013', 'A', 2, 2)$$, 'ten standards with their grades of evidence');
SELECT is(pg_temp.lines('cpma_2004'), '{L1 urgent arrival = 00:30:00 wall,L2 urgent arrival = 01:00:00 wall,L3 urgent arrival = open,ordinary arrival = open,any call_back = open}'::text[],
	'three levels of the association');
SELECT is(pg_temp.lines('moc_1998'), '{urgent resolution = open,ordinary resolution = 72:00:00 wall,any call_back = open}'::text[], 'three days by the wall are 72 hours');
SELECT is(pg_temp.lines('beijing_2008') || pg_temp.lines('beijing_earlier'),
	'{urgent arrival = 00:20:00 wall,L2 ordinary arrival = 01:00:00 working,any call_back = 168:00:00 wall}'::text[], 'Beijing');
SELECT is(pg_temp.lines('qingdao_2013'), '{L5 urgent arrival = 00:15:00 wall,L5 complaint answer = 24:00:00 working_days}'::text[], 'Qingdao');
SELECT is(pg_temp.lines('digest_2025'), ARRAY['urgent arrival = 00:15:00 wall', 'urgent (under control) resolution = 02:00:00 wall',
	'urgent (danger to life) arrival = 00:05:00 wall', 'urgent (urgent repair) arrival = 00:45:00 wall', 'urgent (urgent repair) resolution = 24:00:00 wall',
	'urgent (main supply cut) arrival = 00:30:00 wall', 'ordinary response = 00:30:00 working', 'ordinary resolution = 24:00:00 working',
	'ordinary (complex) resolution = 48:00:00 working', 'ordinary (public lighting, complex fault) resolution = 48:00:00 working',
	'complaint answer = 24:00:00 working_days', 'complaint (written progress) answer = 7 days working_days', 'enquiry answer = 04:00:00 working',
	'enquiry resolution = 48:00:00 working', 'request response = 01:00:00 working', 'L1 any call_back = open', 'L4 any call_back = open'], 'the digest');
SELECT is(pg_temp.lines('article_2025'), '{any (dispatch by the front desk) response = 00:05:00 working,any response = 00:15:00 working,L5 any arrival = 00:15:00 working,L1 any arrival = 00:30:00 working}'::text[],
	'the chain of dispatch');
SELECT is(pg_temp.lines('lift_2025'), '{urgent arrival = 00:30:00 wall,urgent (outside of cities) arrival = 01:00:00 wall}'::text[], 'lifts');
SELECT is(pg_temp.lines('hotline_12345'), ARRAY['urgent resolution = 02:00:00 wall', 'urgent (water, power, gas, heating) resolution = 24:00:00 wall',
	'ordinary resolution = 168:00:00 wall', 'ordinary (complex) resolution = 360:00:00 wall'], 'the hotline');
SELECT is(pg_temp.lines('contractor_beijing'), ARRAY['complaint answer = 00:15:00 working_days', 'complaint (first feedback) answer = 01:00:00 working_days',
	'complaint arrival = 02:00:00 working_days', 'complaint (simple) answer = 04:00:00 working_days', 'complaint (complex) answer = 04:00:00 working_days'], 'a contractor');
SELECT is_empty($$SELECT standard, item FROM rui.sla_standard WHERE length IS NULL AND remark IS NULL$$, 'where no time is set the remark says why');
SELECT is_empty($$SELECT DISTINCT s.standard FROM rui.sla_standard s
	WHERE (SELECT count(*) FROM rui.label l WHERE l.kind = 'sla_standard' AND l.code = s.standard) <> 2$$, 'every standard has both names');
SELECT is_empty($$SELECT l.code FROM rui.label l WHERE l.kind = 'sla_standard' AND NOT EXISTS (SELECT FROM rui.sla_standard s WHERE s.standard = l.code)$$,
	'and no name is without standard');

-- As policies -----------------------------------------------------------------

CREATE FUNCTION pg_temp.policies(of_standard text, at_level integer DEFAULT NULL) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(concat_ws(' ', coalesce(p.kind, 'any'), p.is_emergency, 'answer ' || p.answer, 'response ' || p.response, 'arrival ' || p.arrival,
		'resolution ' || p.resolution, 'call_back ' || p.call_back, 'in ' || p.counted_in, 'by ' || p.judged_by) ORDER BY p.place)
	FROM rui.standard_policy(of_standard, at_level) WITH ORDINALITY
		AS p(kind, is_emergency, answer, response, arrival, resolution, call_back, counted_in, judged_by, place)$$;
SELECT pg_temp.content() AS before \gset
SELECT is(pg_temp.policies('digest_2025'), ARRAY['urgent t arrival 00:15:00 in wall by wall',
	'ordinary f response 00:30:00 resolution 24:00:00 in working by wall', 'complaint f answer 24:00:00 in working_days by wall',
	'enquiry f answer 04:00:00 resolution 48:00:00 in working by wall', 'request f response 01:00:00 in working by wall'],
	'one row a kind, without what is for a part of it');
SELECT is(pg_temp.policies('digest_2025', 4), pg_temp.policies('digest_2025'), 'a level that only says how many are called back adds none');
SELECT is(pg_temp.policies('cpma_2004', 1), '{urgent t arrival 00:30:00 in wall by wall}'::text[], 'level 1 of the association');
SELECT is(pg_temp.policies('cpma_2004', 2), '{urgent t arrival 01:00:00 in wall by wall}'::text[], 'level 2');
SELECT throws_ok($$SELECT * FROM rui.standard_policy('cpma_2004', 3)$$, '22023', 'standard "cpma_2004" sets no time for level 3', 'at level 3 all is agreed');
SELECT throws_ok($$SELECT * FROM rui.standard_policy('cpma_2004')$$, '22023', 'standard "cpma_2004" sets no time for needs without a level', 'without a level it says nothing');
SELECT is(pg_temp.policies('moc_1998'), '{ordinary f resolution 72:00:00 in wall by wall}'::text[], 'a level is not needed where none is named');
SELECT is(pg_temp.policies('moc_1998', 5), pg_temp.policies('moc_1998'), 'and changes nothing');
SELECT is(pg_temp.policies('beijing_2008'), '{urgent t arrival 00:20:00 in wall by wall}'::text[], 'of every level');
SELECT is(pg_temp.policies('beijing_2008', 2), '{urgent t arrival 00:20:00 in wall by wall,ordinary f arrival 01:00:00 in working by wall}'::text[],
	'with what is of level 2 alone');
SELECT is(pg_temp.policies('beijing_earlier'), '{any call_back 168:00:00 in wall by wall}'::text[], 'for needs of any kind');
SELECT is(pg_temp.policies('article_2025', 5), '{any response 00:15:00 arrival 00:15:00 in working by wall}'::text[], 'a five-star site');
SELECT is(pg_temp.policies('contractor_beijing'), '{complaint f answer 00:15:00 arrival 02:00:00 in working_days by wall}'::text[],
	'two targets of one kind');
SELECT throws_ok('SELECT * FROM rui.standard_policy(NULL)', '22004', 'standard must not be null', 'no standard');
SELECT throws_ok($$SELECT * FROM rui.standard_policy('gb_1')$$, 'P0002', 'standard "gb_1" does not exist', 'an unknown one');
SELECT throws_ok($$SELECT * FROM rui.standard_policy('moc_1998', 6)$$, '22023', 'level must be 1 to 5, not 6', 'an unknown level');
SELECT is(pg_temp.content(), :'before', 'nothing is written');

-- A row of one's own ------------------------------------------------------------

-- What is said of a level goes before what is said of all of them.
SET LOCAL ROLE rui_owner;
INSERT INTO rui.sla_standard (standard, item, level, kind, target, length, counted_in, grade, source) VALUES
	('own', 1, NULL, 'complaint', 'resolution', '5 days', 'working_days', 'C', 'own'),
	('own', 2, 5, 'complaint', 'resolution', '3 days', 'working_days', 'C', 'own');
RESET ROLE;
SELECT is(pg_temp.policies('own', 4) || pg_temp.policies('own', 5),
	'{complaint f resolution 5 days in working_days by wall,complaint f resolution 3 days in working_days by wall}'::text[], 'working days stay days');
CREATE FUNCTION pg_temp.refused(own_rows text, about text) RETURNS SETOF text LANGUAGE sql AS
$$SELECT throws_ok('INSERT INTO rui.sla_standard (standard, item, kind, target, length, counted_in, grade, source) VALUES ' || own_rows, '23514', NULL, about)$$;
SELECT pg_temp.refused($$('own', 3, 'urgent', 'arrival', '1 day', 'wall', 'C', 'own')$$, 'a day by the wall is 24 hours');
SELECT pg_temp.refused($$('own', 3, 'urgent', 'arrival', '1 day 2:00', 'working_days', 'C', 'own')$$, 'nor are working days mixed with hours');
SELECT throws_ok($$INSERT INTO rui.sla_standard (standard, item, kind, target, length, counted_in, grade, source) VALUES
	('own', 3, 'complaint', 'answer', '1:00', 'wall', 'C', 'own')$$, '23P01', NULL, 'a kind is counted in one way');

-- Rights --------------------------------------------------------------------------

SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(*) FROM rui.standard_policy('qingdao_2013', 5)), 2::bigint, 'everybody may read them');
SELECT throws_ok('DELETE FROM rui.sla_standard', '42501', NULL, 'nobody changes them');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
