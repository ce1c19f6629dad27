-- Vacancy: facts that contradict each other, which is in force, and what
-- meters and the household register tell.
BEGIN;
SELECT plan(45);
\ir fixture/estate.sql
CREATE FUNCTION pg_temp.refused(command text, code text, about text) RETURNS text LANGUAGE sql AS $$SELECT throws_ok($1, $2, NULL, $3)$$;
SELECT is((rui.vacancy(:one, :u1, '2025-01-01'))::text, '(unknown,0,,,f)', 'nothing is known');
SELECT rui.record_vacancy(:one, :u1, 'vacant', '2025-01-01', NULL, 'declared', 0.6) AS declared \gset
SELECT rui.record_vacancy(:one, :u1, 'occupied', '2025-02-01', '2025-03-01', 'visit', 0.9, remark => 'Light on', request_key => 'v') AS visit \gset
SELECT is(rui.record_vacancy(:one, :u1, 'occupied', '2025-02-01', '2025-03-01', 'visit', 0.9, remark => 'Light on', request_key => 'v'), :visit::bigint, 'sent twice: one fact');
SELECT results_eq(format('SELECT d::date, v.finding, v.source FROM generate_series(''2025-01-31''::timestamp, ''2025-03-01'', ''14 days 12:00'') d, rui.vacancy(%s, %s, d::date) v', :one, :u1),
	$$VALUES ('2025-01-31'::date, 'vacant', 'declared'), ('2025-02-14', 'occupied', 'visit'), ('2025-03-01', 'vacant', 'declared')$$, 'the surest is in force, on its days');
SELECT is((SELECT count(*) FROM rui.vacancy_fact), 2::bigint, 'both are kept');
SELECT is((SELECT days FROM rui.vacant_days(:one, '2025-01-15', '2025-03-11', :u1)), '{[2025-01-15,2025-02-01),[2025-03-01,2025-03-11)}'::datemultirange, 'the days on which it is vacant');
SELECT is_empty(format('SELECT FROM rui.vacant_days(%s, ''2025-01-15'', ''2025-03-11'', at_least => 0.61)', :one), 'not sure enough');
SELECT is_empty(format('SELECT FROM rui.vacant_days(%s, ''2025-01-15'', ''2025-03-11'', only_confirmed => true)', :one), 'nobody confirmed it');
-- What lowers fees somebody else confirms.
CREATE FUNCTION pg_temp.act(party bigint) RETURNS text LANGUAGE sql AS $$SELECT set_config('rui.party_id', party::text, true)$$;
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :manager, 'loader', '[2000-01-01,)');
SELECT pg_temp.act(:manager) \gset hidden_
SELECT is(rui.confirm_vacancy(:one, :declared, at => '2025-03-01'), 'confirmed', 'somebody does');
SELECT is((rui.vacancy(:one, :u1, '2025-02-14')).finding, 'vacant', 'what is confirmed goes before what is surer');
SELECT is(rui.confirm_vacancy(:one, :visit, at => '2025-03-02'), 'confirmed', 'and the other too');
SELECT is((rui.vacancy(:one, :u1, '2025-02-14')).finding, 'occupied', 'then the one confirmed last');
SELECT is((SELECT days FROM rui.vacant_days(:one, '2025-01-15', '2025-03-11', only_confirmed => true)), '{[2025-01-15,2025-02-01),[2025-03-01,2025-03-11)}'::datemultirange, 'confirmed days');
SELECT pg_temp.refused(format('SELECT rui.confirm_vacancy(%s, %s)', :one, :visit), '55000', 'once');
SELECT pg_temp.act(:loader) \gset hidden_
SELECT is(rui.withdraw_vacancy(:one, :visit, 'Wrong door'), 'withdrawn', 'a fact is taken back');
SELECT is((rui.vacancy(:one, :u1, '2025-02-14')).finding, 'vacant', 'and counts no more');
SELECT pg_temp.refused(format('SELECT rui.withdraw_vacancy(%s, %s, ''x'')', :one, :visit), '55000', 'once');
SELECT rui.record_vacancy(:one, :u2, 'vacant', '2020-01-01', at => now() - interval '1 minute') AS a, rui.record_vacancy(:one, :u2, 'unknown', '2020-01-01') AS b \gset
SELECT results_eq(format('SELECT fact_id, finding FROM rui.unit_vacancy WHERE unit_id = %s', :u2), format($$VALUES (%s::bigint, 'unknown')$$, :b), 'of equally sure ones the last recorded, today');
SELECT pg_temp.refused(format($$UPDATE rui.vacancy_fact SET state = 'confirmed' WHERE id = %s$$, :b), '55000', 'states move by actions');

-- What is refused.
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''haunted'', ''2025-01-01'')', :one, :u1), '22023', 'an unknown finding');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'', source => ''meter'')', :one, :u1), '22023', 'a source that is inferred');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'', ''2025-01-01'')', :one, :u1), '22023', 'no day');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''-infinity'')', :one, :u1), '22008', 'since ever');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'', confidence => 1.1)', :one, :u1), '22003', 'surer than sure');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'', confidence => ''NaN'')', :one, :u1), '22003', 'no number');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'', document_id => 1)', :one, :u1), 'P0002', 'evidence that is not there');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-01-01'')', :one, :v1), 'P0002', 'a unit of another project');
SELECT pg_temp.refused(format('SELECT rui.vacancy(%s, %s, NULL)', :one, :u1), '22004', 'no day asked');
SELECT pg_temp.refused(format('SELECT rui.vacant_days(%s, ''2025-02-01'', ''2025-01-01'')', :one), '22023', 'days that run backwards');
SELECT pg_temp.refused(format('SELECT rui.infer_vacancy(%s, ''2025-01-01'', ''2200-01-01'')', :one), '22023', 'days to come');

-- What meters and the register tell: 3 at an empty home, 40 where there is life,
-- nothing of a meter that was not read from end to end.
SELECT rui.set_meter_rule(:one, 'water', 100, idle_below => 0.1) \gset hidden_
SELECT count(*) FROM rui.import_meters(:one, '[{"code":"A","medium":"water","measured_in":"m3","unit":"1-101","installed_at":"2025-01-01 00:00","initial":0},
	{"code":"B","medium":"water","measured_in":"m3","unit":"1-102","installed_at":"2025-01-01 00:00","initial":0},
	{"code":"C","medium":"water","measured_in":"m3","unit":"1-103","installed_at":"2025-05-02 00:00","initial":0}]') \gset hidden_
SELECT count(*) FROM rui.record_readings(:one, '[{"meter":"A","read_at":"2025-05-01 00:00","value":10},{"meter":"A","read_at":"2025-05-31 00:00","value":11.5},{"meter":"A","read_at":"2025-06-10 00:00","value":12},
	{"meter":"B","read_at":"2025-05-01 00:00","value":10},{"meter":"B","read_at":"2025-05-31 00:00","value":50},{"meter":"B","read_at":"2025-06-10 00:00","value":60},
	{"meter":"C","read_at":"2025-06-10 00:00","value":1}]') \gset hidden_
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u2, '[2025-05-11,)');
SELECT results_eq(format('SELECT u.code, v.source, v.finding, v.days, v.confidence, v.outcome FROM rui.infer_vacancy(%s, ''2025-05-01'', ''2025-05-31'', true) v JOIN rui.unit u ON u.id = v.unit_id ORDER BY 1, 2, 4', :one), $$VALUES
	('1-101', 'household', 'vacant', '[2025-05-01,2025-05-31)'::daterange, 0.6, 'added'), ('1-101', 'meter', 'vacant', '[2025-05-01,2025-05-31)', 0.725, 'added'),
	('1-102', 'household', 'vacant', '[2025-05-01,2025-05-11)', 0.6, 'added'), ('1-102', 'household', 'occupied', '[2025-05-11,2025-05-31)', 0.6, 'added'),
	('1-102', 'meter', 'occupied', '[2025-05-01,2025-05-31)', 0.95, 'added'), ('1-103', 'household', 'vacant', '[2025-05-01,2025-05-31)', 0.6, 'added')$$,
	'meters that were read from end to end, and the register');
SELECT is_empty($$SELECT FROM rui.vacancy_fact WHERE source IN ('meter', 'household')$$, 'a preview records nothing');
SELECT is((SELECT count(*) FROM rui.infer_vacancy(:one, '2025-05-01', '2025-05-31', request_key => 'i') WHERE outcome = 'added'), 6::bigint, 'recorded');
SELECT is((SELECT count(*) FROM rui.infer_vacancy(:one, '2025-05-01', '2025-05-31', request_key => 'i')), 6::bigint, 'sent twice: the first answer');
SELECT is((SELECT count(*) FROM rui.infer_vacancy(:one, '2025-05-01', '2025-05-31') WHERE outcome = 'unchanged'), 6::bigint, 'told again: unchanged');
SELECT is((SELECT count(*) FROM rui.vacancy_fact WHERE source IN ('meter', 'household')), 6::bigint, 'and nothing more is there');
SELECT is((rui.vacancy(:one, :u3, '2025-05-15')).finding, 'vacant', 'it is in force where nothing else is known');
UPDATE rui.household SET valid = '[2025-05-21,)' WHERE unit_id = :u2;
SELECT is((SELECT count(*) FROM rui.infer_vacancy(:one, '2025-05-01', '2025-05-31') WHERE outcome = 'added'), 2::bigint, 'the register tells otherwise now');
SELECT results_eq(format($$SELECT finding, valid, state FROM rui.vacancy_fact WHERE source = 'household' AND unit_id = %s ORDER BY state, valid$$, :u2), $$VALUES
	('vacant', '[2025-05-01,2025-05-21)'::daterange, 'recorded'), ('occupied', '[2025-05-21,2025-05-31)', 'recorded'),
	('vacant', '[2025-05-01,2025-05-11)', 'withdrawn'), ('occupied', '[2025-05-11,2025-05-31)', 'withdrawn')$$, 'what it had told gives way');

-- Whose home it is.
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) VALUES (:one, :u1, '[2020-01-01,)', ARRAY[:zhao], '{1}');
SET LOCAL rui.party_id = :'zhao';
SELECT rui.record_vacancy(:one, :u1, 'vacant', '2025-06-01', source => 'declared') AS own \gset
SELECT is(rui.withdraw_vacancy(:one, :own, 'Back again'), 'withdrawn', 'an owner declares, and takes back');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-06-01'')', :one, :u1), '42501', 'he does not visit');
SELECT pg_temp.refused(format('SELECT rui.record_vacancy(%s, %s, ''vacant'', ''2025-06-01'', source => ''declared'')', :one, :u2), 'P0002', 'nor speak for others');
SELECT pg_temp.refused(format('SELECT rui.withdraw_vacancy(%s, %s, ''x'')', :one, :declared), 'P0002', 'nor take back what others said');
SELECT pg_temp.refused(format('SELECT rui.vacancy(%s, %s, ''2025-05-15'')', :one, :u2), 'P0002', 'nor know of others');
SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(DISTINCT unit_id) FROM rui.vacancy_fact), 1::bigint, 'the table shows him his own');
SELECT is((SELECT finding FROM rui.unit_vacancy), 'vacant', 'and so does the view');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
