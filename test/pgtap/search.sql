-- Whatever one types is found, by who may see it, best first.
BEGIN;
SELECT plan(89);
\ir fixture/estate.sql
\ir fixture/content.sql
\ir fixture/search_model.sql
\ir fixture/ask_search.sql
INSERT INTO rui.building (project_id, code, name, footprint, entrance)
SELECT :one, v.code, v.name, ST_Multi(ST_MakeEnvelope(118.80, 32.05, 118.801, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005, 32.05), 4326)
FROM (VALUES ('3', NULL), ('30', NULL), ('T7', '3号楼'), ('club', '香樟会所')) AS v(code, name);
INSERT INTO rui.unit (project_id, building_id, code, area_m2)
SELECT :one, b.id, v.code, 80 FROM (VALUES ('3', '3-2-1201'), ('3', '3-2-1202'), ('3', '3-1-0101'), ('30', '30-2-1201'), ('T7', 'T7-1-501'), ('club', 'VIP')) AS v(building, code)
JOIN rui.building b ON b.project_id = :one AND b.code = v.building;
CREATE FUNCTION pg_temp.searched(query text, row_limit int DEFAULT 20) RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(f.name, ' ' ORDER BY f.place), '') FROM rui.search((SELECT id FROM rui.project WHERE code = 'one'), query, row_limit)
	WITH ORDINALITY AS f(rank_no, kind, id, name, about, matched, place) $$;
CREATE FUNCTION pg_temp.found(query text, row_limit int DEFAULT 20) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.ask((SELECT id FROM rui.project WHERE code = 'one'), query);
	SELECT pg_temp.searched(query, row_limit) $$;

-- Homes, in any writing.
SELECT is(pg_temp.found(q), '3-2-1201', 'a home as ' || q)
FROM unnest('{3-2-1201,3栋2单元1201,3栋2单元1201室,三栋二单元一二〇一室,３栋２单元１２０１,03-02-1201,3#2-1201,3/2/1201,3 2 1201,Building 3 Unit 2 Room 1201,bldg. 3 unit 2 rm 1201,第三幢二单元1201房}'::text[]) q;
SELECT is(pg_temp.found('3-2-12'), '3-2-1201 3-2-1202', 'a beginning');
SELECT is(pg_temp.found('3-1-101'), '3-1-0101', 'zeros before a number do not count');
SELECT is(pg_temp.found('1201'), '3-2-1201 30-2-1201', 'a room by itself');
SELECT is(pg_temp.found('3栋2'), '3-2-1201 3-2-1202', 'a building and half an entrance');
SELECT is(pg_temp.found('3栋'), '3 3号楼 3-1-0101 T7-1-501 3-2-1201 3-2-1202', 'a whole building is not another that begins so, its name is as good as its code');
SELECT is(pg_temp.found('3-'), pg_temp.found('3栋'), 'a hyphen says so too');
SELECT is(pg_temp.found('30'), '30 30-2-1201', 'number 30 is not in building 3');
SELECT is(pg_temp.found('t7-1-501'), 'T7-1-501', 'letters of any size');
SELECT is(pg_temp.found('3号楼1单元501'), 'T7-1-501', 'the building by its name');
SELECT is(pg_temp.found('vip'), 'VIP', 'a home without a number');
SELECT is(pg_temp.found('会所'), '香樟会所', 'a building by the end of its name');
SELECT is(pg_temp.found('2-101'), '', 'not of another project');
SELECT is((SELECT (rank_no, kind, about, matched)::text FROM rui.search(:one, '3-2-1201')), '(1,home,3,number)', 'with building and reason');
UPDATE rui.unit SET code = '3-2-1301' WHERE project_id = :one AND code = '3-2-1202';
SELECT is(pg_temp.found('3-2-1202') || pg_temp.found('3-2-1301'), '3-2-1301', 'a number that changes is found as it is');
UPDATE rui.building SET name = '9号楼' WHERE project_id = :one AND code = 'T7';
SELECT is(pg_temp.found('3号楼1单元501') || pg_temp.found('9栋1单元501'), 'T7-1-501', 'so is a building renamed');
INSERT INTO rui.unit (project_id, building_id, code, area_m2) VALUES (:one, :b1, 'gone-1', 1) RETURNING id AS gone \gset
DELETE FROM rui.unit WHERE id = :gone;
SELECT is(pg_temp.found('gone'), '', 'what is gone is not found');

-- People.
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'p1', '张伟'), (:company, 'p2', '张伟强'), (:company, 'p3', '曾国藩'),
	(:company, 'p4', 'Anna Zhang'), (:company, 'p5', '王张氏'), (:company, 'p6', '阿卜杜拉·买买提'), (:company, 'p7', '张远');
INSERT INTO rui.contact_point (company_id, party_id, kind, value)
SELECT :company, p.id, 'phone', v.value FROM (VALUES ('p1', '+86 138-1234-5678'), ('p2', '13900005678'), ('p7', '13812345678')) AS v(code, value) JOIN rui.party p ON p.code = v.code AND p.company_id = :company;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT :one, u.id, '[2020-01-01,)' FROM rui.unit u WHERE u.project_id = :one AND u.code = '3-2-1201' RETURNING id AS home, unit_id AS flat \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, :home, :flat, p.id, 'owner', '[2020-01-01,)' FROM rui.party p WHERE p.company_id = :company AND p.code ~ '^p[1-5]$';
INSERT INTO rui.ownership (project_id, unit_id, valid, owner_ids, share_parts) SELECT :one, :u1, '[2020-01-01,)', ARRAY[p.id], '{1}' FROM rui.party p WHERE p.code = 'p6';
SELECT is(pg_temp.found('张伟'), '张伟 张伟强', 'a name: the whole one first');
SELECT is(pg_temp.found('伟强'), '张伟强', 'the end of a name');
SELECT is(pg_temp.found('张'), '张伟 张伟强 王张氏', 'part of a name comes last');
SELECT is(pg_temp.found('zhang'), 'Anna Zhang', 'a later word');
SELECT is(pg_temp.found('ANNA Z'), 'Anna Zhang', 'small and capital letters');
SELECT is(pg_temp.found('阿卜杜拉买买提'), '阿卜杜拉·买买提', 'without its point; an owner who lives elsewhere');
SELECT is(pg_temp.found('zw'), '张伟 张伟强', 'initials in pinyin');
SELECT is(pg_temp.found('zwq'), '张伟强', 'all of them');
SELECT is(pg_temp.found('zgf') || ' ' || pg_temp.found('cgf'), '曾国藩 曾国藩', 'a surname by its sound as one, and otherwise');
SELECT is(pg_temp.searched('5678'), '', 'nobody by a phone number who has not asked');
SELECT is(rui.ask_search(:one, '5678'), 2::bigint, 'who asks is told how many there are');
SELECT is(pg_temp.searched('5678'), '', 'but finds nobody before that is committed');
UPDATE rui.access_ask SET transaction_id = 1;
SELECT is(pg_temp.searched('5678') || ' ' || pg_temp.searched('345678'), '张伟强 张伟 ', 'then them, and nobody by other digits');
SELECT is((SELECT count(*) FROM rui.access_ask WHERE encode(content_hash, 'hex') = encode(sha256(convert_to('["5678"]', 'UTF8')), 'hex')), 0::bigint, 'what was typed is kept salted');
UPDATE rui.access_ask SET asked_at = now() - interval '6 minutes';
SELECT is(pg_temp.searched('5678'), '', 'for five minutes');
SELECT throws_ok(format('SELECT rui.ask_search(%s, %s)', :one, a), c, NULL, 'not asked: ' || a) FROM (VALUES ('NULL', '22004'), (''' ''', '22023'), ('repeat(''x'', 201)', '22001')) AS v(a, c);
UPDATE rui.access_ask SET asked_at = now() - interval '11 minutes', party_id = (SELECT max(id) FROM rui.party);
SELECT rui.ask_search(:one, '00000') \gset hidden_
SELECT is((SELECT count(*) FROM rui.access_ask WHERE asked_at < now() - interval '10 minutes'), 0::bigint, 'what is over is taken away, whoever asked');
DELETE FROM rui.access_ask;
SELECT is(pg_temp.found('5678'), '张伟强 张伟', 'the end of a phone number');
SELECT is(pg_temp.found('345678'), '张伟', 'more of it');
SELECT is(pg_temp.found('13812345678'), '张伟', 'all of it, though stored with a country');
SELECT is(pg_temp.found('+86 139 0000 5678'), '张伟强', 'with a country, though stored without');
SELECT is(pg_temp.found('13712345678'), '', 'the first digits matter');
SELECT is(pg_temp.found('678'), '', 'three digits are too few');
SELECT is((SELECT about FROM rui.search(:one, '张伟', 1)), '3-2-1201', 'with the home');
SELECT pg_temp.ask(:one, '12345678') \g /dev/null
SELECT ok((SELECT bool_and(f::text !~ '5678') FROM rui.search(:one, '12345678') f), 'no number is shown');
SELECT is((SELECT count(*) FROM rui.event WHERE kind = 'party.find' AND project_id = :one AND party_id = :loader), 8::bigint, 'each found by phone is written down');
CREATE FUNCTION pg_temp.only_read(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	BEGIN
		PERFORM set_config('transaction_read_only', 'on', true);
		answer := pg_temp.searched(query);
		RAISE EXCEPTION USING ERRCODE = 'P0099';
	EXCEPTION WHEN SQLSTATE 'P0099' THEN NULL; WHEN OTHERS THEN answer := SQLSTATE;
	END;
	RETURN answer;
END $$;
SELECT is(pg_temp.only_read('张伟') || ' ' || pg_temp.only_read('345678'), '张伟 张伟强 张伟', 'who searches only reads');
UPDATE rui.party SET name = '赵云' WHERE code = 'p1' AND company_id = :company;
SELECT is(pg_temp.found('张伟') || ' ' || pg_temp.found('zy'), '张伟强 赵云', 'who changes the name');
UPDATE rui.contact_point SET value = '13700001111' WHERE value = '13900005678';
SELECT is(pg_temp.found('00005678') || pg_temp.found('1111'), '张伟强', 'who changes the number');
DELETE FROM rui.contact_point WHERE value = '13700001111';
SELECT is(pg_temp.found('1111'), '', 'who gives it up');
DELETE FROM rui.occupancy o USING rui.party p WHERE p.id = o.party_id AND p.code = 'p4';
SELECT is(pg_temp.found('anna'), '', 'of whom nothing speaks any more');
SELECT is(pg_temp.found('张远'), '', 'who was never here');

-- Tickets.
SELECT count(rui.set_ticket_category(:one, 'general', '一般', 'general')) \g /dev/null
SELECT rui.open_ticket(:one, 'general', '厨房水管漏水', unit_id => :flat) AS t1, rui.open_ticket(:one, 'general', 'The kitchen tap drips') AS t2,
	rui.open_ticket(:one, 'general', 'The kitchen lamp flickers') AS t3 \gset
SELECT is(pg_temp.found('#2'), '#2', 'a ticket by its number');
SELECT is(pg_temp.found('水管'), '#1', 'by two characters');
SELECT is(pg_temp.found('kitchen'), '#3 #2', 'by a word, the newest first');
SELECT is(pg_temp.found('kitchen ta'), '#2', 'by a word and the beginning of another, in any order');
SELECT is(pg_temp.found('drips kitchen'), '#2', 'in any order');
SELECT is(pg_temp.found('水管 lamp'), '', 'all words must be there');
SELECT is((SELECT about FROM rui.search(:one, '漏水')), '厨房水管漏水', 'with what was told');

-- The slow model, for whatever is typed.
CREATE FUNCTION pg_temp.both(query text, n int) RETURNS TABLE (ours text, theirs text) LANGUAGE sql AS $$
	SELECT pg_temp.ask(j.id, query) FROM rui.project j WHERE j.code = 'one';
	SELECT (SELECT string_agg(concat_ws(' ', f.rank_no, f.kind, f.id), ', ' ORDER BY f.place)
			FROM rui.search(j.id, query, n) WITH ORDINALITY AS f(rank_no, kind, id, name, about, matched, place)),
		(SELECT string_agg(concat_ws(' ', m.rank_no, m.kind, m.id), ', ' ORDER BY m.place)
			FROM pg_temp.model(j.id, query, n) WITH ORDINALITY AS m(rank_no, kind, id, place))
	FROM rui.project j WHERE j.code = 'one' $$;
SELECT is_empty($$
	SELECT q.query, n, b.ours, b.theirs
	FROM (SELECT x || y AS query FROM unnest('{1,3,张,z,k,楼,#,水,the ,香,567}'::text[]) x, unnest('{"",2,-,伟,w,栋,管}'::text[]) y) q
	CROSS JOIN unnest('{2,20}'::int[]) n CROSS JOIN LATERAL pg_temp.both(q.query, n) b
	WHERE b.ours IS DISTINCT FROM b.theirs
$$, 'whatever is typed, the answer is the slow model''s');
SELECT cmp_ok((SELECT count(*) FROM unnest('{1,张,z,水管,kitchen,3栋}'::text[]) q CROSS JOIN LATERAL pg_temp.both(q, 20) b WHERE b.theirs IS NOT NULL), '=', 6::bigint,
	'and it has answers');

-- Who may see what.
SELECT rui._index_people(ARRAY[:one], ARRAY[:zhao]) \g /dev/null
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is(pg_temp.found('3-2-1201') || ' ' || pg_temp.found('zwq') || ' ' || pg_temp.found('kitchen') || ' ' || pg_temp.found('345678'),
	'3-2-1201 张伟强 #3 #2 赵云', 'a manager finds all');
RESET ROLE;
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is(pg_temp.found('3-2-1201') || pg_temp.found('zwq') || pg_temp.found('kitchen') || pg_temp.found('5678') || ' ' || pg_temp.found('zha'), ' Zhao', 'a resident only himself');
RESET ROLE;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
INSERT INTO rui.household (project_id, unit_id, valid) VALUES (:one, :u2, '[2020-01-01,)') RETURNING id AS home2 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :home2, :u2, :zhao, 'owner', '[2020-01-01,)');
SELECT rui.open_ticket(:one, 'general', 'A kitchen of his own', household_id => :home2) AS t4 \gset
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT is(pg_temp.found('1-1') || ' ' || pg_temp.found('kitchen'), '1-102 #4', 'and his home and its tickets');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.search(%s, ''x'')', :one), '42501', NULL, 'nobody finds nothing');
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_

-- What does not hold changes nothing.
SELECT pg_temp.content() AS before \gset
SELECT throws_ok(format('SELECT * FROM rui.search(%s, %s)', :one, a), c, NULL, 'refused: ' || a) FROM (VALUES ('NULL', '22004'), (''' ''', '22023'),
	('''x'', NULL', '22004'), ('''x'', 0', '22023'), ('''x'', 101', '22023'), ('repeat(''x'', 201)', '22001')) AS v(a, c);
SELECT is(pg_temp.content(), :'before', 'and nothing has changed');
SELECT is(rui.rebuild_search(:one), 0::bigint, 'the triggers have kept everything');
DELETE FROM rui.person_key WHERE project_id = :one AND kind = 'initials';
DELETE FROM rui.ticket_word WHERE project_id = :one;
DELETE FROM rui.estate_key WHERE project_id = :one;
SELECT cmp_ok(rui.rebuild_search(:one), '>', 20::bigint, 'what is lost is made anew');
SELECT is(rui.rebuild_search(:one), 0::bigint, 'all of it');
UPDATE rui.search_state SET collation_version = 'older' WHERE project_id = :one;
DELETE FROM rui.person_key WHERE project_id = :one AND kind = 'initials';
SELECT cmp_ok((SELECT done FROM rui.tick(:one) WHERE duty = 'refresh_search'), '>', 3::bigint, 'a tick makes initials anew after an upgrade');
SELECT is((SELECT done FROM rui.tick(:one) WHERE duty = 'refresh_search'), 0::bigint, 'once');
SELECT is(pg_temp.found('zwq'), '张伟强', 'and they are found');
SELECT lives_ok(format('SELECT rui.open_ticket(%s, ''general'', ''灯坏了,换过的灯坏了; again and again'')', :one), 'a word may come twice');
SELECT * FROM finish();
ROLLBACK;
