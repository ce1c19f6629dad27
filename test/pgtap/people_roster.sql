-- Rosters: rules of rest, shifts, leave, swaps, covers.
BEGIN;
SELECT plan(105);
\ir fixture/town.sql
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
SELECT count(*) FROM rui.import_staff(:project, '[
	{"code":"anna","name":"Anna","staff_no":"1","from":"2020-01-01","qualifications":[{"code":"guard"}]},
	{"code":"ben","name":"Ben","staff_no":"2","from":"2020-01-01","qualifications":[{"code":"guard","from":"2020-01-01","to":"2026-03-20"}]},
	{"code":"cleo","name":"Cleo","staff_no":"3","from":"2020-01-01"},
	{"code":"dan","name":"Dan","staff_no":"4","from":"2026-03-05"},
	{"code":"mia","name":"Mia","staff_no":"5","from":"2020-01-01","role":"manager"}]') \gset hidden_
CREATE FUNCTION pg_temp.who(code text) RETURNS bigint LANGUAGE sql STABLE AS $$SELECT p.id FROM rui.party p WHERE p.code = $1 AND EXISTS (SELECT FROM rui.staff s WHERE s.party_id = p.id)$$;
CREATE FUNCTION pg_temp.acts(code text) RETURNS void LANGUAGE sql AS $$SELECT set_config('rui.party_id', pg_temp.who(code)::text, true)$$;
SELECT pg_temp.who('anna') AS anna, pg_temp.who('ben') AS ben, pg_temp.who('cleo') AS cleo, pg_temp.who('dan') AS dan, pg_temp.who('mia') AS mia \gset
SELECT count(*) FROM rui.import_posts(:project, '[{"code":"gate","name":"Gate","module":"order","headcount":2},{"code":"desk","name":"Desk","module":"support"}]') \gset hidden_
SELECT id AS gate FROM rui.post WHERE code = 'gate' \gset
SELECT id AS desk FROM rui.post WHERE code = 'desk' \gset
-- A shift of March 2026, hours by the clock of the town: publish('anna', 2, 8, 16).
CREATE FUNCTION pg_temp.at(day int, hour int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$SELECT (timestamp '2026-03-01 00:00' + make_interval(days => day - 1, hours => hour)) AT TIME ZONE 'Asia/Shanghai'$$;
CREATE FUNCTION pg_temp.publish(code text, day int, from_hour int, to_hour int, days int DEFAULT 1, post text DEFAULT 'desk') RETURNS jsonb LANGUAGE sql AS $$
	SELECT rui.publish_shifts(o.project_id, o.id, array_fill(pg_temp.who($1), ARRAY[days]), array_agg(pg_temp.at(d, from_hour)), array_agg(pg_temp.at(d, to_hour)),
		at => '2026-03-01 00:00+08')
	FROM rui.post o CROSS JOIN generate_series(day, day + days - 1) d WHERE o.code = post GROUP BY o.project_id, o.id $$;
CREATE FUNCTION pg_temp.refused(command text, code text, message text, about text) RETURNS text LANGUAGE sql AS $$SELECT throws_ok($1, $2, $3, $4)$$;

-- Rules.
SELECT is(rui.set_standard_rest_rules(:project), 12::bigint, 'the rules of the law');
SELECT is(rui.set_standard_rest_rules(:project), 0::bigint, 'are there once');
SELECT is((SELECT string_agg(amount::text, ',' ORDER BY valid) FROM rui.rest_rule WHERE kind = 'week_hours'), '44:00:00,40:00:00', 'the week became shorter');
SELECT ok(rui.set_rest_rule(:project, 'standard', 'shift_rest', '10:00', 'refuse', '2026-01-01', 'house rule') IS NOT NULL, 'a rule of the house');
SELECT is(rui.set_rest_rule(:project, 'standard', 'shift_rest', NULL, 'refuse', '2027-01-01', 'house rule', 'ends'), NULL, 'that ends');
SELECT is(rui.set_rest_rule(:project, 'standard', 'shift_rest', NULL, 'refuse', '2027-01-01', 'house rule', 'ends'), NULL, 'sent twice: the same answer, which is nothing');
SELECT is((SELECT valid::text FROM rui.rest_rule WHERE kind = 'shift_rest' AND action = 'refuse'), '[2026-01-01,2027-01-01)', 'then');
SELECT throws_ok(format($$SELECT rui.set_rest_rule(%s, 'standard', 'row_days', '36:00', 'refuse', '2026-01-01', 'x')$$, :project), '22023', NULL, 'days are whole');
SELECT throws_ok(format($$SELECT rui.set_rest_rule(%s, 'lazy', 'row_days', '3 days', 'refuse', '2026-01-01', 'x')$$, :project), '22023', NULL, 'an unknown system');
SELECT throws_ok(format($$SELECT rui.set_rest_rule(%s, 'standard', 'row_days', '3 days', 'refuse', '2026-01-01', ' ')$$, :project), '22023', NULL, 'a rule rests on something');

-- Publishing.
SELECT pg_temp.publish('anna', 2, 8, 16) AS first \gset
SELECT is(jsonb_array_length(:'first'::jsonb -> 'shift_ids'), 1, 'a shift');
SELECT is(:'first'::jsonb -> 'warnings', '[]'::jsonb, 'as it should be');
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 3, 0, 8)$$, '23514', format('the roster of party %s breaks the rule shift_rest: 08:00:00 instead of 10:00:00', :anna), 'too little rest');
SELECT is((SELECT jsonb_agg(w -> 'kind') FROM jsonb_array_elements(pg_temp.publish('anna', 3, 3, 12) -> 'warnings') w), '["day_hours"]'::jsonb, 'nine hours are told');
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 3, 8, 20)$$, '23514', format('the roster of party %s breaks the rule day_hours: 12:00:00 instead of 11:00:00', :cleo), 'twelve are not possible');
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 2, 8, 16, 7)$$, '23514', format('the roster of party %s breaks the rule row_days: 7 days instead of 6 days', :cleo), 'a day of rest a week');
SELECT is((SELECT string_agg(w ->> 'kind', ',') FROM jsonb_array_elements(pg_temp.publish('cleo', 2, 8, 16, 6) -> 'warnings') w), 'week_hours', 'six days are 48 hours');
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 8, 8, 16)$$, '23514', NULL, 'the seventh is refused, together with those that are there');
SELECT is((SELECT count(*) FROM rui.shift WHERE party_id = :cleo), 6::bigint, 'what is refused changes nothing');
SELECT pg_temp.refused($$SELECT pg_temp.publish('dan', 4, 8, 16)$$, '22023', NULL, 'before he is employed');
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 2, 15, 17)$$, '23P01', NULL, 'two shifts at a time') ;
SELECT pg_temp.refused($$SELECT rui.publish_shifts(project_id, id, '{1,2}', '{2026-03-01}', '{2026-03-02}') FROM rui.post WHERE code = 'desk'$$, '22023', NULL, 'as many as beginnings');

-- Qualifications of a post.
SELECT rui.set_post_qualification(:project, :gate, 'guard') \gset hidden_
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 10, 8, 16, 1, 'gate')$$, '22023', format('party %s is not qualified for post %s: it needs guard', :cleo, :gate), 'not a guard');
SELECT ok(pg_temp.publish('ben', 19, 8, 16, 1, 'gate') IS NOT NULL, 'a guard until the 20th');
SELECT pg_temp.refused($$SELECT pg_temp.publish('ben', 19, 20, 28, 1, 'gate')$$, '22023', NULL, 'not for all of the night');
SELECT rui.set_post_qualification(:project, :gate, 'guard', 2) \gset hidden_
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 10, 8, 16, 1, 'gate')$$, '22023', NULL, 'not of that level');
SELECT rui.set_post_qualification(:project, :gate, 'guard', 1) \gset hidden_

-- Systems.
SELECT rui.set_working_system(:project, :gate, NULL, 'averaged', '2026-03-01', 'approval 7') \gset hidden_
SELECT is((SELECT string_agg(w ->> 'kind', ',') FROM jsonb_array_elements(pg_temp.publish('anna', 10, 8, 20, 1, 'gate') -> 'warnings') w), NULL, 'twelve hours, where they are averaged');
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 12, 6, 20, 15, 'gate')$$, '23514', format('the roster of party %s breaks the rule month_hours: 239:00:00 instead of 201:21:36', :anna), 'not 222 in the month, and 17 at a post of standard hours');
-- Who works at posts of two systems works all of it.
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 10, 20, 24)$$, '23514', format('the roster of party %s breaks the rule day_hours: 16:00:00 instead of 11:00:00', :anna), 'not 16 hours a day at two posts');
SELECT is((SELECT string_agg(w ->> 'kind' || ' ' || (w ->> 'found'), ', ') FROM jsonb_array_elements(pg_temp.publish('anna', 11, 12, 17) -> 'warnings') w), NULL, 'five hours after twelve, with rest between');
SELECT pg_temp.refused($$SELECT pg_temp.publish('anna', 12, 8, 16, 5, 'gate')$$, '23514', format('the roster of party %s breaks the rule row_days: 7 days instead of 6 days', :anna), 'nor seven days in a row at two posts');
SELECT rui.set_working_system(:project, NULL, :anna, 'flexible', '2026-03-01', 'approval 8') \gset hidden_
SELECT ok(pg_temp.publish('anna', 12, 8, 20, 1, 'gate') IS NOT NULL, 'flexible hours have no rules');
SELECT throws_ok(format($$SELECT rui.set_working_system(%s, 1, 1, 'averaged', '2026-03-01', 'x')$$, :project), '22023', NULL, 'a post or a person');

-- What is there, by whom it may be seen.
INSERT INTO rui.shift (project_id, post_id, party_id, during) VALUES (:project, :desk, :ben, tstzrange(pg_temp.at(23, 8), pg_temp.at(23, 22))), (:project, :desk, :ben, tstzrange(pg_temp.at(24, 6), pg_temp.at(24, 14)));
SELECT results_eq(format($$SELECT kind, action, excess FROM rui.rest_violations(%s, '2026-03-23', '2026-03-30')$$, :project),
	$$VALUES ('day_hours', 'refuse', interval '3:00'), ('day_hours', 'warn', '6:00'), ('shift_rest', 'refuse', '2:00'), ('shift_rest', 'warn', '3:00')$$, 'a roster that was not asked about');
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT is((SELECT array_agg(DISTINCT party_id) FROM rui.rest_violations(:project, '2026-03-01', '2026-04-01')), ARRAY[:cleo]::bigint[], 'people see their own');
SELECT throws_ok(format('SELECT rui.publish_shifts(%s, 1, NULL, NULL, NULL)', :project), '42501', NULL, 'and do not plan');
SELECT throws_ok(format('SELECT rui.rest_violations(%s, ''2026-03-01'', NULL)', :project), '22004', NULL, 'a span has two ends');

-- On duty.
SELECT id AS c2 FROM rui.shift WHERE party_id = :cleo ORDER BY during LIMIT 1 \gset
SELECT id AS a2 FROM rui.shift WHERE party_id = :anna ORDER BY during LIMIT 1 \gset
SELECT is(rui.begin_shift(:project, :c2), 'active', 'on duty');
SELECT is(rui.finish_shift(:project, :c2), 'finished', 'off duty');
SELECT throws_ok(format('SELECT rui.begin_shift(%s, %s)', :project, :a2), 'P0002', NULL, 'not for somebody else');
SELECT throws_ok(format('SELECT rui.report_absent(%s, %s, ''x'')', :project, :c2), '55000', NULL, 'over is over');

-- Leave: asked for by one, decided by another.
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.publish('cleo', 16, 8, 16, 3) \gset hidden_
SELECT rui.request_leave(:project, 'annual', pg_temp.at(17, 0), pg_temp.at(19, 0), 'holiday', :cleo, at => pg_temp.at(1, 0)) AS leave \gset
SELECT throws_ok(format('SELECT rui.decide_leave(%s, %s, ''approve'')', :project, :leave), '42501', NULL, 'who asked does not decide');
SELECT throws_ok(format('SELECT rui.request_leave(%s, ''annual'', ''2026-03-18'', ''2026-03-20'', ''again'', %s)', :project, :cleo), '23P01', NULL, 'one leave at a time');
SELECT throws_ok(format('SELECT rui.request_leave(%s, ''annual'', ''2026-04-18'', ''2026-05-20'', ''long'', %s)', :project, :cleo), '22023', NULL, 'not a month');
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT throws_ok(format('SELECT rui.decide_leave(%s, %s, ''approve'')', :project, :leave), '42501', NULL, 'nor whose it is');
SELECT throws_ok(format($$SELECT rui.request_leave(%s, 'annual', now() + interval '1 day', now() + interval '2 days', 'now')$$, :project), '22023', NULL, 'three days before');
SELECT ok(rui.request_leave(:project, 'sick', now(), now() + interval '2 days', 'flu') IS NOT NULL, 'not when ill');
SELECT pg_temp.acts('mia') \gset hidden_
SELECT is((SELECT string_agg(kind || ' ' || subject || ' ' || about, ', ' ORDER BY due_at) FROM rui.inbox() WHERE kind IN ('accept', 'approve')),
	'approve leave Cleo 2026-03-17, approve leave Cleo ' || to_char(now() AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), 'what waits for who plans');
SELECT is(cardinality(rui.decide_leave(:project, :leave, 'approve')), 2, 'two shifts are absent');
SELECT is((SELECT count(*) FROM rui.uncovered_shift WHERE party_id = :cleo), 2::bigint, 'and wait to be covered');
SELECT throws_ok(format('SELECT rui.decide_leave(%s, %s, ''refuse'', ''x'')', :project, :leave), '55000', NULL, 'decided once');
-- Nothing is planned for who is on leave, in whatever way.
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 18, 20, 23)$$, '55000', format('party %s is on leave during %s', :cleo, tstzrange(pg_temp.at(18, 20), pg_temp.at(18, 23))), 'no shift on leave');
SELECT pg_temp.refused($$SELECT pg_temp.publish('cleo', 16, 20, 25)$$, '55000', NULL, 'nor one that ends in it');
SELECT results_eq(format($$SELECT row_no, outcome, error_code FROM rui.import_shifts(%s, '[
	{"post":"desk","staff":"cleo","from":"2026-03-16 08:00","to":"2026-03-16 16:00"},
	{"post":"desk","staff":"cleo","from":"2026-03-18 08:00","to":"2026-03-18 16:00"}]', preview => true)$$, :project),
	$$VALUES (1, 'unchanged', NULL), (2, 'rejected', '55000')$$, 'nor by an import');
SELECT pg_temp.publish('dan', 18, 8, 16) \gset hidden_
SELECT is(rui.hand_over(:project, :dan, :cleo, 'ill', at => pg_temp.at(17, 9)) ->> 'shifts', '0', 'nor handed over');
SELECT pg_temp.publish('cleo', 20, 8, 16) \gset hidden_
SELECT id AS c20 FROM rui.shift WHERE party_id = :cleo AND during @> pg_temp.at(20, 9) \gset
SELECT id AS d18 FROM rui.shift WHERE party_id = :dan AND during @> pg_temp.at(18, 9) \gset
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT rui.propose_swap(:project, :c20, :d18) AS early \gset
SELECT pg_temp.acts('dan') \gset hidden_
SELECT rui.decide_swap(:project, :early, 'agree') \gset hidden_
SELECT pg_temp.acts('mia') \gset hidden_
SELECT pg_temp.refused(format('SELECT rui.decide_swap(%s, %s, ''approve'')', :project, :early), '55000', format('party %s is on leave during %s', :cleo, tstzrange(pg_temp.at(18, 8), pg_temp.at(18, 16))), 'nor swapped for');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s', :project), 'so leave is kept');
DELETE FROM rui.shift_swap;
DELETE FROM rui.shift WHERE id IN (:c20, :d18);

-- Cover.
SELECT shift_id AS gap FROM rui.uncovered_shift WHERE party_id = :cleo ORDER BY during LIMIT 1 \gset
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.publish('dan', 17, 12, 20) \gset hidden_
SELECT is((SELECT string_agg(name || coalesce(' ' || reason, ''), ', ') FROM rui.cover_candidates(:project, :gap)), 'Anna, Ben, Mia, Dan has_shift', 'who can');
SELECT throws_ok(format('SELECT rui.offer_cover(%s, %s, %s)', :project, :gap, :dan), '22023', NULL, 'who cannot is not asked');
SELECT rui.offer_cover(:project, :gap, :ben) AS cover, rui.offer_cover(:project, :gap, :anna) AS other \gset
SELECT throws_ok(format('SELECT rui.decide_cover(%s, %s, ''approve'')', :project, :cover), '55000', NULL, 'not before he says yes');
SELECT pg_temp.acts('ben') \gset hidden_
SELECT is((SELECT string_agg(kind || ' ' || subject || ' ' || about, ', ' ORDER BY subject_id) FROM rui.inbox() WHERE kind IN ('accept', 'approve')),
	'accept shift_cover 2026-03-17 08:00', 'he is asked');
SELECT is(rui.decide_cover(:project, :cover, 'agree'), 'accepted', 'he does');
SELECT throws_ok(format('SELECT rui.decide_cover(%s, %s, ''agree'')', :project, :other), 'P0002', NULL, 'for himself');
SELECT pg_temp.acts('mia') \gset hidden_
SELECT is((SELECT string_agg(kind || ' ' || subject || ' ' || about, ', ' ORDER BY subject_id) FROM rui.inbox() WHERE subject = 'shift_cover'),
	'approve shift_cover Ben', 'and who plans approves');
SELECT is(rui.decide_cover(:project, :cover, 'approve'), 'approved', 'and covers');
SELECT is((SELECT (s.party_id = :ben AND s.state = 'planned')::text || ', ' || (SELECT state FROM rui.shift_cover WHERE id = :other)
	FROM rui.shift s JOIN rui.shift_cover c ON c.new_shift_id = s.id WHERE c.id = :cover), 'true, withdrawn', 'with a shift; the other need not answer');
SELECT is((SELECT count(*) FROM rui.uncovered_shift WHERE party_id = :cleo), 1::bigint, 'one gap less');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.acts('mia') \gset hidden_
UPDATE rui.leave_request SET requested_by = :cleo WHERE id = :leave;
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT is(rui.decide_leave(:project, :leave, 'revoke', 'needed', at => pg_temp.at(1, 1)), ARRAY(SELECT shift_id FROM rui.uncovered_shift WHERE party_id = :cleo), 'who comes back has what nobody covers');

-- What a leave made absent comes back with it: not what was absent before, nor what can no more be.
SELECT pg_temp.publish('cleo', 40, 8, 16, 4) -> 'shift_ids' AS april \gset
SELECT :'april'::jsonb ->> 0 AS c40, :'april'::jsonb ->> 1 AS c41, :'april'::jsonb ->> 2 AS c42, :'april'::jsonb ->> 3 AS c43 \gset
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT rui.report_absent(:project, :c40, 'ill') \gset hidden_
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT rui.request_leave(:project, 'annual', pg_temp.at(40, 0), pg_temp.at(44, 0), 'holiday', :cleo, at => pg_temp.at(1, 0)) AS spring \gset
SELECT pg_temp.acts('mia') \gset hidden_
SELECT is(rui.decide_leave(:project, :spring, 'approve'), ARRAY[:c41, :c42, :c43]::bigint[], 'three are absent, one was');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.publish('cleo', 44, 0, 8) \gset hidden_
SELECT rui.offer_cover(:project, :c41, :ben) AS needless \gset
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, ''back'')', :project, :c41), '55000', NULL, 'who is on leave does not come');
SELECT pg_temp.acts('mia') \gset hidden_
UPDATE rui.leave_request SET requested_by = :cleo WHERE id = :spring;
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT is(rui.decide_leave(:project, :spring, 'revoke', 'needed', at => pg_temp.at(1, 1)), ARRAY[:c41, :c42]::bigint[], 'two come back, the third leaves too little rest');
SELECT is(ARRAY(SELECT shift_id FROM rui.uncovered_shift WHERE party_id = :cleo ORDER BY 1), ARRAY[:c40, :c43]::bigint[], 'which waits to be covered, as does what was absent before');
SELECT is((SELECT state FROM rui.shift_cover WHERE id = :needless), 'withdrawn', 'who was asked need not answer any more');

-- Reported absent, and comes after all.
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, ''well'')', :project, :c40), '42501', NULL, 'who plans says so');
SELECT pg_temp.acts('mia') \gset hidden_
SELECT rui.offer_cover(:project, :c40, :ben) AS needless \gset
SELECT ok('restore' IN (SELECT action FROM rui.allowed_actions(:project, 'shift', :c40)), 'it may be restored');
SELECT is(rui.restore_shift(:project, :c40, 'well again', 'w'), 'planned', 'and is');
SELECT is(rui.restore_shift(:project, :c40, 'well again', 'w'), 'planned', 'once');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'shift.restore' AND subject_id = :c40), 1::bigint, 'as the event says');
SELECT is((SELECT state FROM rui.shift_cover WHERE id = :needless), 'withdrawn', 'who was asked need not answer');
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, ''again'')', :project, :c40), '55000', NULL, 'what is planned is not restored');
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, ''x'')', :project, :c43), '23514', NULL, 'nor what leaves too little rest');
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, '' '')', :project, :c43), '22023', NULL, 'without a reason');
SELECT throws_ok(format('SELECT rui.restore_shift(%s, %s, ''x'')', :project, :gap), '55000', format('shift %s is covered', :gap), 'nor what somebody covers');
SELECT is((SELECT state FROM rui.shift WHERE id = :c43), 'absent', 'what is refused stays absent');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_

-- Swap.
SELECT pg_temp.publish('ben', 27, 8, 16) \gset hidden_
SELECT pg_temp.publish('cleo', 27, 8, 16) \gset hidden_
SELECT pg_temp.publish('dan', 27, 20, 28) \gset hidden_
SELECT id AS b27 FROM rui.shift WHERE party_id = :ben AND during @> pg_temp.at(27, 9) \gset
SELECT id AS c27 FROM rui.shift WHERE party_id = :cleo AND during @> pg_temp.at(27, 9) \gset
SELECT id AS d27 FROM rui.shift WHERE party_id = :dan AND during @> pg_temp.at(27, 21) \gset
UPDATE rui.shift SET post_id = :gate WHERE id = :d27;
SELECT pg_temp.acts('ben') \gset hidden_
SELECT rui.propose_swap(:project, :b27, :c27) AS swap, rui.propose_swap(:project, :b27, :d27) AS bad \gset
SELECT throws_ok(format('SELECT rui.decide_swap(%s, %s, ''agree'')', :project, :swap), '42501', NULL, 'the other one agrees');
SELECT pg_temp.acts('cleo') \gset hidden_
SELECT is(rui.decide_swap(:project, :swap, 'agree'), 'agreed', 'she does');
SELECT pg_temp.acts('dan') \gset hidden_
SELECT is(rui.decide_swap(:project, :bad, 'agree'), 'agreed', 'so does he');
SELECT pg_temp.acts('mia') \gset hidden_
SELECT pg_temp.refused(format('SELECT rui.decide_swap(%s, %s, ''approve'')', :project, :bad), '22023', NULL, 'whose guard has lapsed may not');
SELECT is(rui.decide_swap(:project, :bad, 'refuse', 'no guard'), 'refused', 'so it is refused');
SELECT is(rui.decide_swap(:project, :swap, 'approve'), 'approved', 'two at the same time change places');
SELECT is((SELECT string_agg(party_id::text, ',' ORDER BY id) FROM rui.shift WHERE id IN (:b27, :c27)), format('%s,%s', :cleo, :ben), 'in one');
-- Imports obey the same rules, row by row.
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT results_eq(format($$SELECT row_no, outcome, error_code FROM rui.import_shifts(%s, '[
	{"post":"desk","staff":"dan","from":"2026-04-01 08:00","to":"2026-04-01 16:00"},
	{"post":"desk","staff":"dan","from":"2026-04-01 23:00","to":"2026-04-02 03:00"},
	{"post":"desk","staff":"dan","from":"2026-04-02 08:00","to":"2026-04-02 16:00"},
	{"post":"gate","staff":"cleo","from":"2026-04-02 08:00","to":"2026-04-02 16:00"},
	{"post":"desk","staff":"cleo","from":"2026-04-02 08:00","to":"2026-04-02 16:00"}]')$$, :project),
	$$VALUES (1, 'rejected', '23514'), (2, 'rejected', '23514'), (3, 'rejected', '23514'), (4, 'rejected', '22023'), (5, 'added', NULL)$$, 'an import obeys the rules');
-- People belong to the company: what its other projects plan counts, and no more is told of it.
SELECT rui.create_project(:company, 'village', 'Village', 'Asia/Shanghai') AS village \gset
SELECT rui.set_project_state(:village, 'go_live') \gset hidden_
SELECT count(*) FROM rui.import_staff(:village, '[{"code":"vera","name":"Vera","staff_no":"6","from":"2020-01-01","role":"loader"}]') \gset hidden_
SELECT count(*) FROM rui.import_posts(:village, '[{"code":"stall","name":"Stall","module":"order"}]') \gset hidden_
SELECT rui.set_standard_rest_rules(:village) \gset hidden_
SELECT pg_temp.publish('dan', 60, 8, 16) \gset hidden_
SELECT rui.request_leave(:project, 'annual', pg_temp.at(62, 0), pg_temp.at(63, 0), 'holiday', :dan, at => pg_temp.at(1, 0)) AS away \gset
SELECT pg_temp.acts('mia') \gset hidden_
SELECT rui.decide_leave(:project, :away, 'approve') \gset hidden_
SELECT pg_temp.acts('vera') \gset hidden_
SELECT throws_ok(format('SELECT rui.rest_violations(%s, ''2026-03-01'', ''2026-05-01'')', :project), '42501', NULL, 'who plans in one project sees no other');
SELECT pg_temp.refused($$SELECT pg_temp.publish('dan', 60, 14, 18, 1, 'stall')$$, '23P01', format('party %s has another shift during %s', :dan, tstzrange(pg_temp.at(60, 14), pg_temp.at(60, 18))), 'nobody is in two places');
SELECT pg_temp.refused($$SELECT pg_temp.publish('dan', 60, 16, 21, 1, 'stall')$$, '23514', format('the roster of party %s breaks the rule day_hours: 13:00:00 instead of 11:00:00', :dan), 'nor works thirteen hours in two');
SELECT pg_temp.refused($$SELECT pg_temp.publish('dan', 62, 8, 16, 1, 'stall')$$, '55000', NULL, 'nor works while on leave from another');
SELECT results_eq(format($$SELECT row_no, outcome, error_code, problem FROM rui.import_shifts(%s, '[
	{"post":"stall","staff":"vera","from":"2026-04-29 08:00","to":"2026-04-29 16:00"}]')$$, :village), $$VALUES (1, 'added', NULL, NULL)$$, 'an import where she is free');
SELECT is(pg_temp.publish('dan', 60, 17, 19, 1, 'stall') #- '{shift_ids}', jsonb_build_object('warnings', jsonb_build_array(jsonb_build_object('party_id', :dan, 'kind', 'day_hours',
	'found', '10:00:00', 'allowed', '08:00:00', 'during', tstzrange(pg_temp.at(60, 17), pg_temp.at(60, 19)), 'elsewhere', '08:00:00'))), 'ten hours are told');
SELECT results_eq(format($$SELECT kind, cardinality(shift_ids), during, found, elsewhere FROM rui.rest_violations(%s, '2026-03-01', '2026-05-01')$$, :village),
	$$VALUES ('day_hours', 1, tstzrange(pg_temp.at(60, 17), pg_temp.at(60, 19)), interval '10:00', interval '8:00')$$, 'of other projects the hours alone');
SELECT pg_temp.publish('vera', 61, 8, 16, 1, 'stall') -> 'shift_ids' -> 0 AS stall \gset
SELECT rui.report_absent(:village, :stall, 'ill') \gset hidden_
SELECT count(*) FROM rui.import_staff(:village, '[{"code":"dan","name":"Dan","staff_no":"4","from":"2026-03-05"}]') \gset hidden_
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT pg_temp.publish('dan', 61, 8, 16) \gset hidden_
SELECT pg_temp.refused($$SELECT pg_temp.publish('dan', 60, 18, 20)$$, '23P01', NULL, 'the other project is told as well');
SELECT pg_temp.acts('vera') \gset hidden_
SELECT is((SELECT reason FROM rui.cover_candidates(:village, :stall) WHERE name = 'Dan'), 'has_shift', 'who is taken elsewhere cannot cover');
SELECT results_eq(format($$SELECT row_no, outcome, error_code, problem FROM rui.import_shifts(%s, '[
	{"post":"stall","staff":"dan","from":"2026-04-30 10:00","to":"2026-04-30 18:00"}]')$$, :village),
	$$VALUES (1, 'rejected', '23P01', '"dan" has a shift in another project then')$$, 'nor is he imported there');
SELECT throws_ok(format($$INSERT INTO rui.shift (project_id, post_id, party_id, during) SELECT project_id, id, %s, tstzrange(pg_temp.at(61, 10), pg_temp.at(61, 12)) FROM rui.post WHERE code = 'stall'$$, :dan),
	'23P01', 'conflicting key value violates exclusion constraint "roster_time_once"', 'the database itself refuses it');
SELECT set_config('rui.party_id', :'boss', true) \gset hidden_
SELECT is_empty('SELECT * FROM rui.invariant_violation', 'and nothing is broken');
SELECT is_empty('SELECT * FROM rui.workflow_problem', 'the machines are sound');
SELECT * FROM finish();
ROLLBACK;
