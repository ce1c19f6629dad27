-- How many people are needed, how many there are, whose qualification lapses.
BEGIN;
SELECT plan(31);
\ir fixture/estate.sql
SELECT count(*) FROM rui.import_staff(:one, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","qualifications":[{"code":"guard","to":"2026-03-20"},{"kind":"licence","code":"lift","to":"2026-05-20"},{"code":"water","to":"2026-03-10"},{"code":"water","from":"2026-03-10"}]},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","qualifications":[{"code":"guard"}]}]') \gset hidden_
SELECT id AS anna FROM rui.party WHERE code = 'anna' \gset
SELECT id AS ben FROM rui.party WHERE code = 'ben' \gset
SELECT count(*) FROM rui.import_posts(:one, '[{"code":"clean","name":"Clean","module":"place","headcount":1},{"code":"gate","name":"Gate","module":"order","headcount":2},{"code":"desk","name":"Desk","module":"support"}]') \gset hidden_
SELECT id AS clean FROM rui.post WHERE code = 'clean' \gset
SELECT id AS gate FROM rui.post WHERE code = 'gate' \gset
INSERT INTO rui.space (project_id, code, kind, place) VALUES (:one, 'north', 'gate', 'SRID=4326;POINT(118.8 32.05)'), (:one, 'hall', 'lobby', 'SRID=4326;POINT(118.8 32.05)');
CREATE FUNCTION pg_temp.need(code text, about text DEFAULT '2026-03-02 10:00+08') RETURNS text LANGUAGE sql AS
$$SELECT concat_ws(' ', driver, trim_scale(load), needed, headcount, on_shift, headcount_gap, shift_gap) FROM rui.staffing_need((SELECT id FROM rui.project WHERE code = 'one'), about::timestamptz) WHERE post_code = $1$$;

SELECT is(pg_temp.need('desk'), '1 0 1', 'a post without standard');
SELECT ok(rui.set_staffing_standard(:one, :clean, 'area_m2', 100, '2026-01-01', 'contract 3') IS NOT NULL, 'a standard');
SELECT is(pg_temp.need('clean'), 'area_m2 252.5 3 1 0 2 1', 'rounded up');
SELECT is(pg_temp.need('clean', '2025-12-31 10:00+08'), '1 0 1', 'not before it holds');
SELECT rui.set_staffing_standard(:one, :clean, 'area_m2', 100, '2026-02-01', 'contract 3', rounding => 'down') \gset hidden_
SELECT is(pg_temp.need('clean'), 'area_m2 252.5 2 1 0 1 1', 'rounded down');
SELECT is(pg_temp.need('clean', '2026-01-31 10:00+08'), 'area_m2 252.5 3 1 0 2 1', 'what held before is kept');
SELECT rui.set_staffing_standard(:one, :clean, 'homes', 1, '2026-02-01', 'contract 3', most_people => 5) \gset hidden_
SELECT is(pg_temp.need('clean'), 'homes 3 3 1 0 2 1', 'the driver that asks for most');
SELECT rui.set_staffing_standard(:one, :clean, 'homes', 0.1, '2026-02-01', 'contract 3', most_people => 5) \gset hidden_
SELECT is(pg_temp.need('clean'), 'homes 3 5 1 0 4 1', 'at most');
SELECT rui.set_staffing_standard(:one, :clean, 'homes', NULL, '2026-02-01', 'contract 3', request_key => 'ends') \gset hidden_
SELECT is(rui.set_staffing_standard(:one, :clean, 'homes', NULL, '2026-02-01', 'contract 3', request_key => 'ends'), NULL, 'sent twice: the same answer, which is nothing');
SELECT rui.set_staffing_standard(:one, :gate, 'entrances', 1, '2026-01-01', 'contract 3', 4) \gset hidden_
SELECT is(pg_temp.need('gate'), 'entrances 2 4 2 0 2 2', 'at least; a building and a gate');
SELECT rui.set_ticket_category(:one, 'fix', '修', 'Fix', skill => 'guard') \gset hidden_
SELECT rui.open_ticket(:one, 'fix', 'x', at => '2026-01-20 10:00+08'), rui.open_ticket(:one, 'fix', 'x', at => '2026-02-20 10:00+08'), rui.open_ticket(:one, 'fix', 'x', at => '2026-03-03 10:00+08') \gset hidden_
SELECT rui.set_staffing_standard(:one, :clean, 'tickets_month', 0.2, '2026-01-01', 'contract 3', rounding => 'nearest') \gset hidden_
SELECT is(pg_temp.need('clean'), 'tickets_month 1 5 1 0 4 1', 'tickets of 30 days until then');
SELECT is((SELECT reason_en FROM rui.staffing_need(:one, '2026-03-02 10:00+08') WHERE post_code = 'clean'), '1 tickets of 30 days, one person for 0.2: 5 needed; headcount 1, on shift 0', 'in words');
SELECT is((SELECT reason_zh FROM rui.staffing_need(:one, '2026-03-02 10:00+08') WHERE post_code = 'desk'), '没有标准；编制 1，在班 0', 'in Chinese');
SELECT rui.publish_shifts(:one, :gate, ARRAY[:anna, :ben]::bigint[], '{2026-03-02 08:00+08,2026-03-02 10:00+08}', '{2026-03-02 16:00+08,2026-03-02 13:30+08}', at => '2026-03-01') \gset hidden_
SELECT is(pg_temp.need('gate'), 'entrances 2 4 2 2 2 0', 'who is on shift');
SELECT results_eq(format($$SELECT extract(hour FROM hour_at AT TIME ZONE 'Asia/Shanghai')::int, rostered, gap FROM rui.staffing_hours(%s, '2026-03-02 07:00+08', '2026-03-02 17:00+08') WHERE post_id = %s$$, :one, :gate),
	'VALUES (7,0,2), (8,1,1), (9,1,1), (10,2,0), (11,2,0), (12,2,0), (13,1,1), (14,1,1), (15,1,1), (16,0,2)', 'hour by hour');
SELECT throws_ok(format('SELECT rui.set_staffing_standard(%s, %s, ''moons'', 1, ''2026-01-01'', ''x'')', :one, :gate), '22023', NULL, 'an unknown driver');
SELECT throws_ok(format('SELECT rui.set_staffing_standard(%s, %s, ''homes'', ''NaN'', ''2026-01-01'', ''x'')', :one, :gate), '22003', NULL, 'no number');
SELECT throws_ok(format('SELECT rui.set_staffing_standard(%s, %s, ''homes'', 1, ''2026-01-01'', ''x'', 5, 4)', :one, :gate), '22003', NULL, 'least above most');
SELECT throws_ok(format('SELECT rui.set_staffing_standard(%s, -1, ''homes'', 1, ''2026-01-01'', ''x'')', :one), 'P0002', NULL, 'an unknown post');
SELECT throws_ok(format('SELECT * FROM rui.staffing_hours(%s, ''2026-01-01'', ''2027-01-01'')', :one), '22023', NULL, 'a year of hours');

-- Lapses.
SELECT rui.set_post_qualification(:one, :gate, 'guard') \gset hidden_
INSERT INTO rui.shift (project_id, post_id, party_id, during) VALUES (:one, :gate, :anna, '[2026-03-25 08:00+08,2026-03-25 16:00+08)');
SELECT rui.assign_ticket(:one, (SELECT max(id) FROM rui.task WHERE project_id = :one), :anna, at => '2026-03-03 11:00+08') \gset hidden_
SELECT results_eq(format($$SELECT party_id, code, posts, shifts, tasks FROM rui.lapsing_qualifications(%s, '30 days', '2026-03-04')$$, :one),
	format($$VALUES (%s::bigint, 'guard', '{gate}'::text[], 1::bigint, 1::bigint)$$, :anna), 'what lapses, and what it is needed for; renewed in time is none');
SELECT is((SELECT count(*) FROM rui.lapsing_qualifications(:one, '90 days', '2026-03-04')), 2::bigint, 'and later');
SELECT throws_ok(format('SELECT * FROM rui.lapsing_qualifications(%s, ''-1 day'')', :one), '22023', NULL, 'not backwards');
SELECT is((SELECT done FROM rui.tick(:one, '2026-02-01 00:00+08') WHERE duty = 'tell_lapses'), 0::bigint, 'too early');
SELECT is((SELECT done FROM rui.tick(:one, '2026-03-01 00:00+08') WHERE duty = 'tell_lapses'), 2::bigint, 'a skill 30 days before, a licence 90');
SELECT is((SELECT done FROM rui.tick(:one, '2026-03-02 00:00+08') WHERE duty = 'tell_lapses'), 0::bigint, 'once');
SELECT is((SELECT string_agg(payload ->> 'code', ',' ORDER BY id) FROM rui.event WHERE kind = 'qualification.lapse_soon'), 'guard,lift', 'by an event');
UPDATE rui.qualification SET valid = tstzrange(lower(valid), '2026-04-20 00:00+08') WHERE code = 'guard' AND party_id = :anna;
SELECT is((SELECT done FROM rui.tick(:one, '2026-03-02 01:00+08') WHERE duty = 'tell_lapses'), 0::bigint, 'prolonged');
SELECT is((SELECT done FROM rui.tick(:one, '2026-03-22 01:00+08') WHERE duty = 'tell_lapses'), 1::bigint, 'it is told again before its new end');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.staffing_need(%s)', :one), '42501', NULL, 'residents plan nobody');
SELECT throws_ok(format('SELECT * FROM rui.lapsing_qualifications(%s)', :one), '42501', NULL, 'nor see lapses');
SELECT * FROM finish();
ROLLBACK;
