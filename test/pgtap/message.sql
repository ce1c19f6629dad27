-- Messages: who gets what, when, how often, by which way; what a gateway
-- does with them; and what is written down of it.
BEGIN;
SELECT plan(146);
\ir fixture/estate.sql
\ir fixture/message.sql
CREATE FUNCTION pg_temp.act_as(party bigint) RETURNS text LANGUAGE sql AS $$SELECT set_config('rui.party_id', party::text, true)$$;
-- 2026-03-09 is a Monday.
CREATE FUNCTION pg_temp.at(moment text) RETURNS timestamptz LANGUAGE sql AS $$SELECT ('2026-03-' || moment || '+08')::timestamptz$$;
CREATE FUNCTION pg_temp.state(which bigint) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', state, channel, attempts, to_char(next_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI')) FROM rui.message WHERE id = which$$;
CREATE FUNCTION pg_temp.receipts(which bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', attempt, state, channel, reason), ', '
		ORDER BY attempt, at, array_position('{queued,rerouted,lost,taken,sent,delivered,read}', state))
	FROM rui.message_receipt WHERE message_id = which$$;
CREATE FUNCTION pg_temp.reached(batch bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p.code || CASE WHEN m.state = 'queued' THEN '' ELSE ' ' || m.state || ' ' || (
		SELECT r.reason FROM rui.message_receipt r WHERE r.message_id = m.id AND r.state = m.state) END, ', ' ORDER BY p.code)
	FROM rui.message m JOIN rui.party p ON p.id = m.party_id WHERE m.batch_id = batch$$;
CREATE FUNCTION pg_temp.take(project bigint, channel text, up_to integer, moment text, gateway text DEFAULT 'g1') RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws('|', attempt, address, title, body), '; ') FROM rui.take_messages(project, channel, up_to, gateway, pg_temp.at(moment))$$;
-- Everything taken is sent.
CREATE FUNCTION pg_temp.sent(project bigint, moment text) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(rui.acknowledge_message(project, m.id, m.attempts, 'sent', at => pg_temp.at(moment))) FROM rui.message m WHERE m.state = 'taken'$$;

-- Templates.
SELECT is(rui._placeholders('x', 'a {b} {{c}} {a}{b}'), '{a,b}'::text[], 'placeholders of a text, each once');
SELECT is(rui._fill_template('{a}{b} {{a}} {c}', '{"a": "{b}", "b": 2}'), '{b}2 {a} {c}', 'what is filled in is not filled again');
SELECT throws_ok($$SELECT rui._placeholders('body', 'Dear {Name}')$$, '22023', 'body has a brace that belongs to no placeholder: "Dear {Name}"');
SELECT throws_ok(format($$SELECT rui.set_message_template(%s, 'news', 'sms', 'en', 'News: {when}')$$, :one), '22023', 'kind "news" has no parameter {when}');
SELECT throws_ok(format($$SELECT rui.set_message_kind(%s, 'news', 'n', 'n', '{when}', '{sms}')$$, :one), '55000', 'the template of sms in zh says {what}',
	'a parameter that a template needs stays');
SELECT is(rui.set_message_template(:one, 'news', 'sms', 'zh', '通知：{what}', from_at => '2026-02-01'), (SELECT id FROM rui.message_template
	WHERE project_id = :one AND kind_code = 'news'), 'the same words change nothing');

-- One message, its way and its receipts.
SELECT rui.send_message(:one, 'repair', :zhao, '{"day": "周二"}', 'r1', at => pg_temp.at('09 10:00')) AS m1 \gset
SELECT is(pg_temp.state(:m1), 'queued wechat 0 09 10:00', 'queued at once within waking hours');
SELECT is((SELECT (household_id, unit_id, lang, channels, window_on)::text FROM rui.message WHERE id = :m1), format('(%s,%s,zh,"{wechat,sms}",)', :h1, :u1),
	'with household and home, all the ways it may go, and no budget');
SELECT is(rui.send_message(:one, 'repair', :zhao, '{"day": "周三"}', 'r1', at => pg_temp.at('09 10:01')), :m1::bigint, 'the same key twice: one message');
SELECT is((SELECT count(*) FROM rui.message), 1::bigint, 'and no other');
SELECT pg_temp.act_as(:gateway) \gset hidden_
SELECT throws_ok(format($$SELECT * FROM rui.take_messages(%s, 'wechat', 10, 'g1', pg_temp.at('09 10:00'))$$, :one), '42501', NULL, 'a gateway states no other time');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT is(pg_temp.take(:one, 'sms', 10, '09 10:02'), NULL, 'nothing on another channel');
SELECT is(pg_temp.take(:one, 'wechat', 10, '09 10:02'), '1|zhao_wx|维修|Zhao，1-101 周二维修 {One}', 'address and text are made when it is taken');
SELECT is(pg_temp.take(:one, 'wechat', 10, '09 10:03', 'g2'), NULL, 'what one gateway holds another does not get');
SELECT is_empty($$SELECT m FROM rui.message m WHERE m::text ~ 'zhao_wx|138-?0000' UNION ALL SELECT NULL FROM rui.message_batch b WHERE b::text ~ 'zhao_wx|138-?0000'
	UNION ALL SELECT NULL FROM rui.message_receipt r WHERE r::text ~ 'zhao_wx|138-?0000'$$, 'the address is kept nowhere');
SELECT is(rui.acknowledge_message(:one, :m1, 1, 'sent', reference => 'W-7', at => pg_temp.at('09 10:04')), 'sent', 'sent');
SELECT is(rui.acknowledge_message(:one, :m1, 1, 'delivered', at => pg_temp.at('09 10:05')), 'delivered', 'delivered');
SELECT is(rui.acknowledge_message(:one, :m1, 1, 'delivered', at => pg_temp.at('09 10:06')), 'delivered', 'twice is once');
SELECT is(rui.acknowledge_message(:one, :m1, 1, 'sent', at => pg_temp.at('09 10:06')), 'delivered', 'what comes late does not go back');
SELECT is(rui.acknowledge_message(:one, :m1, 1, 'failed', 'gone', at => pg_temp.at('09 10:06')), 'stale', 'what has arrived has not failed');
SELECT is(rui.acknowledge_message(:one, :m1, 2, 'read', at => pg_temp.at('09 10:06')), 'stale', 'nor is it another attempt''s');
SELECT is(rui.acknowledge_message(:one, -1 + 1, 1, 'read', at => pg_temp.at('09 10:06')), 'unknown', 'nor unheard of');
SELECT pg_temp.act_as(:zhao) \gset hidden_
SELECT results_eq(format('SELECT message_id, title, body, state, read_at FROM rui.my_messages(%s, ''2026-01-01'')', :one),
	format($$VALUES (%s::bigint, '维修', 'Zhao，1-101 周二维修 {One}', 'delivered', NULL::timestamptz)$$, :m1), 'it is in the inbox');
SELECT is(rui.mark_message_read(:one, :m1), 'read', 'read');
SELECT is(rui.mark_message_read(:one, :m1), 'read', 'twice is once');
SELECT pg_temp.act_as(:sun) \gset hidden_
SELECT is_empty(format('SELECT * FROM rui.my_messages(%s, ''2026-01-01'')', :one), 'others have others');
SELECT throws_ok(format('SELECT rui.mark_message_read(%s, %s)', :one, :m1), 'P0002', NULL, 'and do not read it');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT is(pg_temp.receipts(:m1), '0 queued wechat, 1 taken wechat, 1 sent wechat, 1 delivered wechat, 1 read wechat', 'each a receipt');
SELECT is((SELECT reference FROM rui.message_receipt WHERE message_id = :m1 AND state = 'sent'), 'W-7', 'with the gateway''s number');
SELECT throws_ok(format('DELETE FROM rui.message_receipt WHERE message_id = %s', :m1), '55000', NULL, 'receipts stay');
SET LOCAL ROLE rui_api;
SELECT throws_ok(format('UPDATE rui.message SET party_id = %s WHERE id = %s', :sun, :m1), '42501', NULL, 'what a message is stays');
RESET ROLE;

-- Failure, backoff, the next channel, a dead letter.
SELECT rui.send_message(:one, 'repair', :zhao, '{"day": "周三"}', at => pg_temp.at('10 10:00')) AS m2 \gset
SELECT pg_temp.take(:one, 'wechat', 10, '10 10:00') \gset hidden_
SELECT is(rui.acknowledge_message(:one, :m2, 1, 'failed', 'busy', at => pg_temp.at('10 10:00')), 'queued', 'a failure is tried again');
SELECT is(pg_temp.state(:m2), 'queued wechat 1 10 10:01', 'after the backoff');
SELECT is(pg_temp.take(:one, 'wechat', 10, '10 10:00:59'), NULL, 'not before');
SELECT pg_temp.take(:one, 'wechat', 10, '10 10:01') \gset hidden_
SELECT is(rui.acknowledge_message(:one, :m2, 2, 'failed', 'busy', at => pg_temp.at('10 10:01')), 'queued', 'the last one here');
SELECT is(pg_temp.state(:m2), 'queued sms 2 10 10:01', 'then the next channel, at once');
SELECT is(pg_temp.take(:one, 'sms', 10, '10 10:02'), '3|138-0000-0009|1-101 周三维修', 'to the preferred phone, in the words of the channel');
SELECT is(rui.acknowledge_message(:one, :m2, 3, 'rejected', 'blocked', at => pg_temp.at('10 10:02')), 'failed', 'rejected on the last: failed');
SELECT is((SELECT payload ->> 'reason' FROM rui.event WHERE kind = 'message.fail' AND subject_id = :m2), 'blocked', 'somebody may listen to that');
SELECT is(pg_temp.take(:one, 'sms', 10, '10 11:00'), NULL, 'a dead letter is not tried');
SELECT is(rui.revive_messages(:one, ARRAY[:m2, :m1]::bigint[], pg_temp.at('10 12:00')), 1::bigint, 'unless it is revived');
SELECT is(pg_temp.state(:m2), 'queued wechat 4 10 12:00', 'from the first channel');
SELECT pg_temp.take(:one, 'wechat', 10, '10 12:00') \gset hidden_
SELECT is((SELECT string_agg(answer, ' ') FROM rui.acknowledge_messages(:one, format('[{"message_id":%s,"attempt":5,"outcome":"sent"},{"message_id":%1$s,"attempt":5,"outcome":"failed","reason":"bounced"},{"message_id":%1$s,"attempt":5,"outcome":"read"}]',
	:m2)::jsonb, pg_temp.at('10 12:01'))), 'sent queued stale', 'several outcomes count in their order; what was sent can fail');
SELECT is(pg_temp.receipts(:m2), '0 queued wechat, 1 taken wechat, 1 failed wechat busy, 2 taken wechat, 2 failed wechat busy, 3 taken sms, 3 failed sms blocked, 4 revived wechat, 5 taken wechat, 5 sent wechat, 5 failed wechat bounced',
	'all of it is written down');
SELECT rui.cancel_messages(:one, (SELECT batch_id FROM rui.message WHERE id = :m2), 'enough', pg_temp.at('10 12:01')) \gset hidden_
SELECT rui.set_message_channel(:one, 'sms', max_attempts => 5, backoff => '0:01') \gset hidden_
SELECT rui.send_message(:one, 'news', :sun, '{"what": "x"}', at => pg_temp.at('02 10:00')) AS m0 \gset
CREATE FUNCTION pg_temp.failed(project bigint, which bigint, attempt integer, moment text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM rui.take_messages(project, 'sms', 1, 'g', pg_temp.at(moment));
	PERFORM rui.acknowledge_message(project, which, attempt, 'failed', 'busy', at => pg_temp.at(moment));
	RETURN (SELECT to_char(next_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') FROM rui.message m WHERE m.id = which);
END $$;
SELECT is(concat_ws(' ', pg_temp.failed(:one, :m0, 1, '02 10:00'), pg_temp.failed(:one, :m0, 2, '02 10:01'), pg_temp.failed(:one, :m0, 3, '02 10:03')),
	'10:01 10:03 10:07', 'each pause is twice the one before');
SELECT rui.cancel_messages(:one, (SELECT batch_id FROM rui.message WHERE id = :m0), 'x', pg_temp.at('02 10:04')) \gset hidden_
SELECT rui.set_message_channel(:one, 'sms', lease => '2:00', max_attempts => 2, backoff => '0:01') \gset hidden_

-- A lost gateway's lease ends.
SELECT rui.send_message(:one, 'repair', :zhao, '{"day": "周四"}', at => pg_temp.at('11 10:00')) AS m3 \gset
SELECT pg_temp.take(:one, 'wechat', 10, '11 10:00') \gset hidden_
SELECT is(pg_temp.take(:one, 'wechat', 10, '11 11:59', 'g2'), NULL, 'as long as the lease runs nobody else has it');
SELECT matches(pg_temp.take(:one, 'wechat', 10, '11 12:00', 'g2'), '^2\|', 'then another gateway does');
SELECT is(rui.acknowledge_message(:one, :m3, 1, 'sent', at => pg_temp.at('11 12:01')), 'stale', 'and the first has lost it');
SELECT is(pg_temp.take(:one, 'wechat', 10, '11 14:00'), NULL, 'lost as often as it may fail');
SELECT is(pg_temp.state(:m3), 'queued sms 2 11 14:00', 'it goes another way');
SELECT is(pg_temp.receipts(:m3), '0 queued wechat, 1 taken wechat, 1 lost wechat lost, 2 taken wechat, 2 rerouted wechat lost, 2 lost wechat lost', 'also that is written down')
FROM (SELECT 1) x WHERE pg_temp.receipts(:m3) IS NOT NULL;
SELECT pg_temp.take(:one, 'sms', 10, '11 14:00'), pg_temp.sent(:one, '11 14:00') \gset hidden_

-- Quiet hours; emergencies; expiry.
SELECT rui.send_message(:one, 'repair', :qian, '{"day": "周五"}', at => pg_temp.at('12 22:00')) AS m4 \gset
SELECT is(pg_temp.state(:m4), 'queued wechat 0 13 08:00', 'in the evening it waits for the morning');
SELECT rui.send_message(:one, 'alarm', :qian, at => pg_temp.at('12 22:01')) AS m5 \gset
SELECT is(pg_temp.state(:m5), 'queued sms 0 12 22:01', 'an emergency does not');
SELECT rui.send_message(:one, 'news', :sun, '{"what": "1"}', at => pg_temp.at('12 20:59')) AS m6 \gset
SELECT is(pg_temp.take(:one, 'sms', 10, '12 22:02'), '1|138-0000-0002|请立即离开', 'what was queued by day does not go by night, emergencies do');
SELECT is(pg_temp.take(:one, 'wechat', 10, '13 08:00'), NULL, 'qian has no WeChat');
SELECT is(pg_temp.take(:one, 'sms', 1, '13 08:00'), '1|138-0000-0003|通知：1', 'as many as are asked for, the oldest first');
SELECT is(pg_temp.take(:one, 'sms', 10, '13 08:00'), '1|138-0000-0002|1-101 周五维修', 'so it went to the phone');
SELECT is(pg_temp.receipts(:m4), '0 queued wechat, 0 rerouted wechat no_address, 1 taken sms', 'for want of an address');
SELECT rui.send_message(:one, 'repair', :li, '{"day": "周六"}', at => pg_temp.at('13 09:00')) AS m7 \gset
SELECT pg_temp.take(:one, 'wechat', 10, '13 09:00'), pg_temp.take(:one, 'sms', 10, '13 09:00') \gset hidden_
SELECT is(pg_temp.state(:m7), 'failed sms 0', 'who has none at all is a dead letter');
SELECT rui.send_message(:one, 'news', :li, '{"what": "2"}', at => pg_temp.at('13 09:01')) AS m8 \gset
SELECT pg_temp.sent(:one, '13 09:01') \gset hidden_
SELECT is(rui._duty_expire_messages(:one, pg_temp.at('16 09:00')), 0::bigint, 'as long as it lives it may go');
SELECT is(rui._duty_expire_messages(:one, pg_temp.at('16 09:01')), 1::bigint, 'then it expires');
SELECT is(pg_temp.receipts(:m8), '0 queued sms, 0 expired sms expired', 'on record');
SELECT is(pg_temp.state(rui.send_message(:one, 'news', :li, '{"what": "2"}', from_at => pg_temp.at('20 23:00'), at => pg_temp.at('16 09:00'))),
	'queued sms 0 21 08:00', 'a message may be sent ahead');

-- The throttle: three a minute.
SELECT rui.set_message_channel(:one, 'sms', throttle => 3, max_attempts => 2, backoff => '0:01') \gset hidden_
SELECT rui.send_messages(:one, 'alarm', format('{"household": [%s, %s]}', :h1, :h2)::jsonb, at => pg_temp.at('16 10:00')) AS s0,
	rui.send_messages(:one, 'alarm', format('{"household": [%s], "who": ["resident"]}', :h1)::jsonb, at => pg_temp.at('16 10:00')) AS s1 \gset
SELECT is(pg_temp.reached(:s0), 'li, qian, sun, zhao', 'households: who lives there, and who owns it');
SELECT is(pg_temp.reached(:s1), 'qian, zhao', 'or only who lives there');
SELECT is((SELECT count(*) FROM rui.take_messages(:one, 'sms', 2, 'g', pg_temp.at('16 10:00:10'))), 2::bigint, 'two of three');
SELECT is((SELECT count(*) FROM rui.take_messages(:one, 'sms', 10, 'g', pg_temp.at('16 10:00:59'))), 1::bigint, 'the third');
SELECT is((SELECT count(*) FROM rui.take_messages(:one, 'sms', 10, 'g', pg_temp.at('16 10:01'))), 2::bigint, 'and, in the next minute, the rest');
SELECT pg_temp.sent(:one, '16 10:01') \gset hidden_

-- Audiences.
CREATE FUNCTION pg_temp.send(project bigint, audience text) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.reached(rui.send_messages(project, 'repair', audience::jsonb, '{"day": "x"}', at => pg_temp.at('17 10:00')))$$;
SELECT is(pg_temp.send(:one, format('{"party": [%s, %s]}', :zhao, :li)), 'li, zhao', 'parties');
SELECT is(pg_temp.send(:one, '{"role": "steward"}'), 'st', 'a role');
SELECT is(pg_temp.send(:one, format('{"unit": %s}', :u2)), 'li, sun', 'a unit');
SELECT is(pg_temp.send(:one, format('{"unit": %s, "who": ["owner"]}', :u2)), 'li', 'its owner');
SELECT is(pg_temp.send(:one, format('{"building": %s, "reach": "household"}', :b1)), 'li, sun, zhao', 'a building, one of each household, the owner first');
INSERT INTO rui.grid_plan (project_id, proposed_at, options, grids) VALUES (:one, now(), '{}', 1) RETURNING id AS plan \gset
INSERT INTO rui.grid (project_id, plan_id, code, area, buildings, homes, workload, area_m2, compactness)
SELECT :one, :plan, g.code, b.footprint, 1, 1, 1, 1, 1 FROM rui.building b CROSS JOIN unnest('{G1,G2}'::text[]) AS g(code) WHERE b.id = :b1;
INSERT INTO rui.grid_building (project_id, plan_id, building_id, grid_id, workload) SELECT :one, :plan, :b1, id, 1 FROM rui.grid WHERE code = 'G1';
SELECT is(pg_temp.send(:one, format('{"grid": %s}', (SELECT id FROM rui.grid WHERE code = 'G1'))), 'li, qian, sun, zhao', 'a grid');
SELECT is(pg_temp.send(:one, format('{"grid": %s}', (SELECT id FROM rui.grid WHERE code = 'G2'))), NULL, 'another, where nobody lives');
SELECT is(pg_temp.send(:one, '{"project": true}'), 'li, qian, sun, zhao', 'the project');
SELECT is(pg_temp.send(:one, '{"area": {"type":"Polygon","coordinates":[[[118.8005,32.0505],[118.9,32.0505],[118.9,32.06],[118.8005,32.06],[118.8005,32.0505]]]}}'),
	'li, qian, sun, zhao', 'an area that touches the building');
SELECT is(pg_temp.send(:one, '{"area": {"type":"Polygon","coordinates":[[[118.9,32.0505],[119,32.0505],[119,32.06],[118.9,32.0505]]]}}'), NULL, 'an area that does not');
SELECT rui.send_messages(:one, 'repair', format('{"each": [{"party": %s, "parameters": {"day": "1"}}, {"party": %s, "parameters": {}}]}', :zhao, :sun)::jsonb,
	'{"day": "2"}', at => pg_temp.at('18 10:00')) AS each \gset
SELECT rui.set_message_language(:one, 'en', :sun), rui.set_message_channel(:one, 'sms') \gset hidden_
SELECT sum(rui.cancel_messages(:one, id, 'x', pg_temp.at('18 10:00'))) FROM rui.message_batch WHERE state = 'done' AND id <> :each \gset hidden_
SELECT is(coalesce(pg_temp.take(:one, 'wechat', 10, '18 10:00'), '-') || '; ' || pg_temp.take(:one, 'sms', 10, '18 10:00'),
	'1|zhao_wx|维修|Zhao，1-101 1维修 {One}; 1|138-0000-0003|1-102 2维修', 'to each with words of its own; a language chosen later counts later');
SELECT pg_temp.sent(:one, '18 10:00') \gset hidden_
SELECT rui.send_message(:one, 'repair', :sun, '{"day": "Monday"}', at => pg_temp.at('19 10:00')) \gset hidden_
SELECT is(pg_temp.take(:one, 'sms', 10, '19 10:00'), '1|138-0000-0003|1-102: repair on Monday', 'then it does, and what has no words in it goes by what has');

-- Opting out.
SELECT pg_temp.act_as(:zhao) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_message_opt_out(%s, true, ''repair'')', :one), '22023', 'nobody can opt out of "repair"');
SELECT throws_ok(format('SELECT rui.set_message_opt_out(%s, true, for_party => %s)', :one, :sun), '42501', NULL, 'nor for somebody else');
SELECT pg_temp.act_as(:loader) \gset hidden_
SELECT rui.send_message(:one, 'news', :zhao, '{"what": "before"}', at => pg_temp.at('23 10:00')) AS m9 \gset
SELECT rui.set_message_opt_out(:one, true, for_party => :zhao) \gset hidden_
SELECT is(pg_temp.reached(rui.send_messages(:one, 'news', format('{"party": [%s, %s]}', :zhao, :sun)::jsonb, '{"what": "x"}', at => pg_temp.at('23 10:00'))),
	'sun, zhao suppressed opted_out', 'who opted out gets nothing, on record');
SELECT pg_temp.take(:one, 'sms', 10, '23 10:01') \gset hidden_
SELECT is(pg_temp.state(:m9), 'suppressed sms 0', 'not even what was queued before');
SELECT is(pg_temp.state(rui.send_message(:one, 'repair', :zhao, '{"day": "x"}', at => pg_temp.at('23 10:00'))), 'queued wechat 0 23 10:00', 'but for critical kinds');
SELECT rui.set_message_opt_out(:one, false, for_party => :zhao) \gset hidden_

-- The budget: two a week for a household.
SELECT is(pg_temp.reached(rui.send_messages(:one, 'news', format('{"household": [%s]}', :h1)::jsonb, '{"what": "y"}', at => pg_temp.at('29 10:00'))),
	'qian suppressed budget, zhao', 'one was sent this week, so one more is');
SELECT is(pg_temp.reached(rui.send_messages(:one, 'news', format('{"household": [%s]}', :h1)::jsonb, '{"what": "y"}', at => pg_temp.at('30 00:00'))),
	'qian, zhao', 'on Monday the household has two again');
SELECT is((SELECT string_agg(concat_ws(' ', window_on, holder, allowed, used), ', ' ORDER BY window_on) FROM rui.contact_budget
	WHERE kind_code = 'news' AND holder_id = :h1 AND holder = 'household'), '2026-03-23 household 2 2, 2026-03-30 household 2 2', 'counted by week');
SELECT is(pg_temp.reached(rui.send_messages(:one, 'alarm', format('{"household": [%s]}', :h1)::jsonb, at => pg_temp.at('30 01:00'))), 'qian, zhao', 'emergencies have none');
SELECT throws_ok(format('UPDATE rui.contact_budget SET used = used + 1 WHERE holder_id = %s AND window_on = ''2026-03-30''', :h1), '23514', NULL,
	'beyond it a constraint stands');

-- What waits for the morning counts then: one a day.
SELECT rui.set_message_kind(:one, 'daily', '每日', 'Daily', '{}', '{sms}', budget => 1, budget_in => 'day'),
	rui.set_message_template(:one, 'daily', 'sms', 'zh', 'x', from_at => '2026-01-01') \gset hidden_
SELECT rui.send_messages(:one, 'daily', format('{"party": %s}', :sun)::jsonb, at => pg_temp.at('02 10:00')) AS d1,
	rui.send_messages(:one, 'daily', format('{"party": %s}', :sun)::jsonb, at => pg_temp.at('02 22:00')) AS d2,
	rui.send_messages(:one, 'daily', format('{"party": %s}', :sun)::jsonb, at => pg_temp.at('03 08:00')) AS d3,
	rui.plan_messages(:one, 'daily', format('{"party": %s}', :sun)::jsonb, at => pg_temp.at('03 20:59')) AS d4 \gset
SELECT is(concat_ws(', ', pg_temp.reached(:d1), pg_temp.reached(:d2)), 'sun, sun', 'one on Monday, and one in the evening that goes on Tuesday');
SELECT is(pg_temp.reached(:d3), 'sun suppressed budget', 'so on Tuesday there is none left');
SELECT rui.continue_messages(:one, :d4, at => pg_temp.at('03 21:00')) \gset hidden_
SELECT is(pg_temp.reached(:d4), 'sun', 'what is planned by day and made in the evening counts for Wednesday');
SELECT is((SELECT string_agg(concat_ws(' ', window_on, allowed, used), ', ' ORDER BY window_on) FROM rui.contact_budget WHERE kind_code = 'daily'),
	'2026-03-02 1 1, 2026-03-03 1 1, 2026-03-04 1 1', 'each on the day when it can go');

-- The budget over all kinds: three a day for a household, one of them for critical kinds only.
SELECT rui.set_message_setting(:one, 'waking', budget => 3, budget_in => 'day', reserved => 1), rui.set_message_kind(:one, 'tips', '提示', 'Tips', '{}', '{sms}'),
	rui.set_message_kind(:one, 'duty', '值班', 'Duty', '{}', '{sms}', is_internal => true) \gset hidden_
SELECT rui.set_message_template(:one, k, 'sms', 'zh', 'x', from_at => '2026-01-01') FROM unnest('{tips,duty}'::text[]) k \g /dev/null
CREATE FUNCTION pg_temp.to_sun(project bigint, sun bigint, kind text, moment text, said jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.reached(rui.send_messages(project, kind, format('{"party": %s}', sun)::jsonb, said, at => pg_temp.at(moment)))$$;
CREATE FUNCTION pg_temp.counted(which text, holder bigint) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', window_on, allowed, used), ', ' ORDER BY window_on) FROM rui.contact_budget
	WHERE kind_code = which AND holder_id = counted.holder AND contact_budget.holder = 'household' AND window_on BETWEEN '2026-03-02' AND '2026-03-06'$$;
SELECT is(concat_ws(', ', pg_temp.to_sun(:one, :sun, 'tips', '05 10:00'), pg_temp.to_sun(:one, :sun, 'daily', '05 10:00')), 'sun, sun', 'two messages of two kinds');
SELECT is(pg_temp.to_sun(:one, :sun, 'tips', '05 10:01'), 'sun suppressed budget', 'a third goes beyond what there is for all kinds, though its own has no budget');
SELECT is(pg_temp.counted('news', :h2), '2026-03-02 2 1', 'of another kind one has come this week');
SELECT is(pg_temp.to_sun(:one, :sun, 'news', '05 10:01', '{"what": "x"}'), 'sun suppressed budget', 'and one more is beyond, though its own kind has room');
SELECT is(pg_temp.counted('news', :h2), '2026-03-02 2 1', 'nor does it count for that');
SELECT is(pg_temp.to_sun(:one, :sun, 'repair', '05 10:02', '{"day": "x"}'), 'sun', 'what is critical has one reserved');
SELECT is(pg_temp.to_sun(:one, :sun, 'repair', '05 10:03', '{"day": "x"}'), 'sun suppressed budget', 'and no more');
SELECT is(concat_ws(', ', pg_temp.to_sun(:one, :sun, 'alarm', '05 10:03'), pg_temp.to_sun(:one, :sun, 'duty', '05 10:03')), 'sun, sun',
	'emergencies go, and what is said to those who work here');
SELECT is(pg_temp.counted('any', :h2), '2026-03-02 20 4, 2026-03-05 3 3', 'all kinds are counted together but these, and others before by the week');
SELECT throws_ok(format('UPDATE rui.contact_budget SET used = used + 1 WHERE holder_id = %s AND kind_code = ''any''', :h2), '23514', NULL, 'here, too, a constraint stands');
SELECT is(concat_ws(', ', pg_temp.reached(rui.send_messages(:one, 'tips', format('{"household": [%s, %s], "who": ["resident"]}', :h1, :h2)::jsonb, at => pg_temp.at('05 10:04'))),
	pg_temp.reached(rui.send_messages(:one, 'daily', format('{"household": %s, "who": ["resident"]}', :h1)::jsonb, at => pg_temp.at('05 10:05')))),
	'qian, sun suppressed budget, zhao, qian suppressed budget, zhao suppressed budget', 'each household has its own, for all who live there');
SELECT is(pg_temp.counted('daily', :h1), '2026-03-05 1 0', 'what a kind let go and the household has no room for is given back');
SELECT rui.set_message_setting(:one, 'waking', budget => NULL) \gset hidden_
SELECT is(pg_temp.to_sun(:one, :sun, 'tips', '05 10:06'), 'sun', 'a project may have none');
SELECT rui.set_message_setting(:one, 'waking') \gset hidden_

-- A channel that is closed: what waits on it goes by the next open one.
SELECT rui.send_message(:one, 'repair', :zhao, '{"day": "x"}', at => pg_temp.at('30 10:00')) AS m10 \gset
SELECT rui.set_message_channel(:one, 'wechat', is_active => false) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.take_messages(%s, ''wechat'', 1, ''g'', pg_temp.at(''30 10:01''))', :one), '55000', NULL, 'nobody takes from it');
SELECT cmp_ok((SELECT done FROM rui.tick(:one, pg_temp.at('30 10:01')) WHERE duty = 'reroute_messages'), '>', 0::bigint, 'a tick sends it another way');
SELECT is(pg_temp.state(:m10), 'queued sms 0 30 10:01', 'at once');
SELECT is(pg_temp.receipts(:m10), '0 queued wechat, 0 rerouted wechat closed', 'on record');
SELECT is(pg_temp.state(rui.send_message(:one, 'repair', :zhao, '{"day": "x"}', at => pg_temp.at('30 10:00'))), 'queued sms 0 30 10:00',
	'nothing new goes that way');
SELECT rui.set_message_channel(:one, 'wechat') \gset hidden_

-- What ended before a gateway took it is given back: three tips a week for a household.
SELECT rui.set_message_kind(:one, 'tips', '提示', 'Tips', '{}', '{sms}', budget => 3) \gset hidden_
SELECT rui.send_messages(:one, 'tips', format('{"household": [%s, %s], "who": ["resident"]}', :h1, :h2)::jsonb, at => pg_temp.at('16 12:00')) AS wrong \gset
SELECT rui.send_messages(:one, 'tips', format('{"party": %s}', :sun)::jsonb, at => pg_temp.at('16 12:00')) AS gone \gset
UPDATE rui.message SET next_at = 'infinity' WHERE batch_id = :wrong AND party_id <> :zhao OR batch_id = :gone;
SELECT is(pg_temp.take(:one, 'sms', 1, '16 12:01') IS NOT NULL, true, 'one is taken');
SELECT is((SELECT string_agg(concat_ws(' ', kind_code, used), ', ' ORDER BY holder_id, kind_code) FROM rui.contact_budget
	WHERE window_on = '2026-03-16' AND kind_code = 'tips'), 'tips 2, tips 2', 'two each are counted');
SELECT rui.cancel_messages(:one, :wrong, 'wrong', pg_temp.at('16 12:02')) \gset hidden_
SELECT is((SELECT string_agg(concat_ws(' ', kind_code, used), ', ' ORDER BY holder_id, kind_code) FROM rui.contact_budget
	WHERE window_on = '2026-03-16' AND kind_code = 'tips'), 'tips 1, tips 1', 'what is taken back is not, what a gateway has is');
SELECT is(pg_temp.reached(rui.send_messages(:one, 'tips', format('{"household": [%s, %s], "who": ["resident"]}', :h1, :h2)::jsonb, at => pg_temp.at('16 12:03'))),
	'qian, sun, zhao', 'so the right ones may follow');
SELECT cmp_ok(rui._duty_expire_messages(:one, pg_temp.at('21 12:00')), '>', 1::bigint, 'those never taken are too late');
SELECT is((SELECT string_agg(concat_ws(' ', kind_code, used), ', ' ORDER BY holder_id, kind_code) FROM rui.contact_budget
	WHERE window_on = '2026-03-16' AND kind_code = 'tips'), 'tips 1, tips 0', 'and given back too');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s AND invariant LIKE ''message%%''', :one), 'of one kind and of all kinds');

-- Campaigns: planned, made piece by piece.
SELECT rui.plan_messages(:one, 'repair', '{"project": true}', '{"day": "z"}', 'c1', at => pg_temp.at('31 10:00')) AS c1 \gset
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid) VALUES (:one, :h1, :u1, :manager, 'other', '[2020-01-01,)');
SELECT is(rui.continue_messages(:one, :c1, 3, pg_temp.at('31 10:00')), 1::bigint, 'three of four');
SELECT is((SELECT (state, total, done, waiting)::text FROM rui.message_progress WHERE batch_id = :c1), '(filling,4,3,3)', 'one sees how far it is');
SELECT is((SELECT done FROM rui.tick(:one, pg_temp.at('31 10:01')) WHERE duty = 'fill_messages'), 1::bigint, 'a tick makes the rest');
SELECT is(pg_temp.reached(:c1), 'li, qian, sun, zhao', 'whom it reaches was fixed when it was planned');
SELECT is(rui.continue_messages(:one, :c1, 3, pg_temp.at('31 10:02')), 0::bigint, 'then nothing is left');
SELECT is(rui.plan_messages(:one, 'repair', '{"project": true}', '{"day": "z"}', 'c1', at => pg_temp.at('31 10:03')), :c1::bigint, 'nor is it planned twice');
SELECT rui.plan_messages(:one, 'repair', '{"project": true}', '{"day": "z"}', 'c2', at => pg_temp.at('31 10:00')) AS c2 \gset
SELECT rui.continue_messages(:one, :c2, 2, pg_temp.at('31 10:00')) \gset hidden_
SELECT is(rui.cancel_messages(:one, :c2, 'wrong day', pg_temp.at('31 10:01')), 2::bigint, 'a batch is taken back');
SELECT is((SELECT (state, recipients, filled)::text FROM rui.message_batch WHERE id = :c2), '(cancelled,2,2)', 'and goes no further');
SELECT is(pg_temp.reached(:c2), 'mgr cancelled wrong day, zhao cancelled wrong day', 'with the reason');
SELECT rui.plan_messages(:one, 'repair', '{"project": true}', '{"day": "z"}', 'c3', at => pg_temp.at('31 10:00')) AS c3,
	rui.plan_messages(:one, 'alarm', '{"project": true}', '{}', 'c4', at => pg_temp.at('31 10:00')) AS c4 \gset
SELECT is(rui._duty_fill_messages(:one, pg_temp.at('31 10:00'), 2), 7::bigint, 'a tick has room for two, and for all of an emergency');
SELECT is((SELECT string_agg(concat_ws(' ', kind_code, filled, state), ', ' ORDER BY id) FROM rui.message_batch WHERE id IN (:c3, :c4)), 'repair 2 filling, alarm 5 done',
	'however it was planned');
SELECT throws_ok(format('CALL rui.fill_messages(%s, %s, at => pg_temp.at(''31 10:01''))', :one, :c3), '2D000', NULL, 'a procedure that commits needs a transaction of its own');
SELECT is_empty(format('SELECT * FROM rui.invariant_violation WHERE project_id = %s AND invariant LIKE ''message%%''', :one), 'all that breaks no invariant');

-- Escalations of clocks are told to whoever answers for the task, once.
SELECT rui.adopt_escalation_messages(:one, '{sms}', '2026-01-01') \gset hidden_
SELECT rui.set_ticket_category(:one, 'fix', '维修', 'Fix'), rui.set_sla_policy(:one, 'always', response => '1:00', notice_calendar => 'waking') \gset hidden_
SELECT rui.open_ticket(:one, 'fix', 'x', at => '2026-04-06 20:30+08') AS ticket \gset
INSERT INTO rui.staff (company_id, party_id, staff_no, employed) VALUES (:company, :steward, 's', '[2000-01-01,)');
UPDATE rui.task SET accountable_id = :steward WHERE id = :ticket;
INSERT INTO rui.contact_point (company_id, party_id, kind, value) VALUES (:company, :steward, 'phone', '139');
SELECT is((SELECT done FROM rui.tick(:one, '2026-04-06 22:00+08') WHERE duty = 'tell_escalations'), 0::bigint, 'late at 21:30: too late to tell');
SELECT is((SELECT count(*) FROM rui.escalation WHERE task_id = :ticket), 1::bigint, 'though it is known');
SELECT lives_ok(format('SELECT rui.send_message(%s, ''repair'', %s, ''{"day": "周二"}'', ''escalation %s response 1 0'', at => ''2026-04-06 22:00+08'')', :one, :zhao, :ticket),
	'whoever uses its key before');
SELECT throws_ok(format('SELECT rui.send_message(%s, ''repair'', %s, ''{"day": "周二"}'', '':escalation %s response 1 0'')', :one, :zhao, :ticket), '22023', NULL,
	'has none that is the platform''s');
SELECT is((SELECT done FROM rui.tick(:one, '2026-04-07 08:00+08') WHERE duty = 'tell_escalations'), 1::bigint, 'in the morning it is told');
SELECT is((SELECT done FROM rui.tick(:one, '2026-04-07 08:01+08') WHERE duty = 'tell_escalations'), 0::bigint, 'once');
SELECT is((SELECT string_agg(body, '') FROM rui.take_messages(:one, 'sms', 100, 'g', '2026-04-07 08:01+08') WHERE address = '139'),
	format('工单%s响应：已超时', (SELECT number FROM rui.document_number WHERE series = 'ticket' AND subject_id = :ticket)), 'to the steward');
SELECT rui.set_message_channel(:one, 'sms', is_active => false) \gset hidden_
SELECT lives_ok(format('SELECT rui.tick(%s, ''2026-04-07 09:00+08'')', :one), 'where there is no way to tell it, nothing is told');
SELECT rui.set_message_channel(:one, 'sms') \gset hidden_

-- Who sees what.
SELECT pg_temp.act_as(:zhao) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT is((SELECT count(DISTINCT party_id) FROM rui.message), 1::bigint, 'residents see their own');
SELECT throws_ok('SELECT * FROM rui.message_receipt', '42501', NULL, 'and no receipts');
RESET ROLE;
SELECT pg_temp.act_as(:manager) \gset hidden_
SET LOCAL ROLE rui_manager;
SELECT is((SELECT count(DISTINCT party_id) FROM rui.message), 6::bigint, 'managers see all');
RESET ROLE;
SELECT pg_temp.act_as(:steward) \gset hidden_
SELECT throws_ok(format('SELECT rui.send_messages(%s, ''repair'', ''{"project": true}'', ''{"day": "x"}'')', :one), '42501', NULL, 'a steward does not write to everybody');
SELECT throws_ok(format('SELECT rui.send_message(%s, ''alarm'', %s)', :one, :zhao), '42501', NULL, 'nor sound an alarm');
SELECT lives_ok(format('SELECT rui.send_message(%s, ''repair'', %s, ''{"day": "x"}'')', :one, :zhao), 'but writes to somebody');
SELECT * FROM finish();
ROLLBACK;
