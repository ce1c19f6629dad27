-- Consumers get every event of their kinds, in order, until they say so.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(64);
\ir fixture/town.sql
\ir fixture/content.sql
SELECT rui.set_project_state(:project, 'go_live') \gset hidden_
SELECT rui.create_project(:company, 'other', 'Other') AS other \gset
CREATE FUNCTION pg_temp.emit(n int, kind text DEFAULT 'probe.test') RETURNS void LANGUAGE sql AS $$
	SELECT rui._emit(p.id, kind, 'probe', n, '2026-03-01 00:00+00', jsonb_build_object('n', n)) FROM rui.project p WHERE p.code = 'town' $$;
CREATE FUNCTION pg_temp.take(consumer text, n int DEFAULT 100, at timestamptz DEFAULT now(), lease interval DEFAULT '1 minute') RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(concat_ws(':', c.seq, c.payload ->> 'n'), ' ' ORDER BY c.place), '') FROM rui.project p, rui.consume_events(p.id, consumer, n, lease, at)
	WITH ORDINALITY AS c(seq, dedupe_key, id, happened_at, kind, subject, subject_id, party_id, payload, recorded_at, place) WHERE p.code = 'town' $$;
CREATE FUNCTION pg_temp.ack(consumer text, seq bigint) RETURNS bigint LANGUAGE sql AS $$
	SELECT rui.acknowledge_events(p.id, consumer, seq) FROM rui.project p WHERE p.code = 'town' $$;
CREATE FUNCTION pg_temp.condition(consumer text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', b.condition, b.behind) FROM rui.event_consumer_board b WHERE b.name = consumer $$;

-- Positions.
SELECT count(*) AS before FROM rui.event WHERE project_id = :project \gset
SELECT is((SELECT count(*) FROM rui.event_waiting WHERE project_id = :project), :before::bigint, 'events wait for their position');
SELECT is(rui.add_event_consumer(:project, 'new'), :before::bigint, 'a consumer begins now');
SELECT is(rui.add_event_consumer(:project, 'all', from_first => true), 0::bigint, 'or with the first');
SELECT is((SELECT count(*) FROM rui.event_waiting WHERE project_id = :project), 0::bigint, 'none waits any more');
SELECT is((SELECT array_agg(seq ORDER BY event_id) FROM rui.event_seq WHERE project_id = :project), ARRAY(SELECT generate_series(1, :before)::bigint), 'positions are dense, in the order of ids');
SELECT is(pg_temp.take('new'), '', 'nothing is new');
SELECT is(pg_temp.condition('new') || ', ' || pg_temp.condition('all'), 'idle 0, reading ' || :before, 'the board knows who is behind');
SELECT pg_temp.emit(n) FROM generate_series(1, 5) n \g /dev/null
SELECT is(pg_temp.take('new', 2), format('%s:1 %s:2', :before + 1, :before + 2), 'what is new, in order, as much as wanted');
SELECT is(pg_temp.take('new', 2), '', 'it is nobody else''s while the lease lasts');
SELECT is(pg_temp.take('new', 2, now() + interval '59.9 seconds'), '', 'to its last moment');
SELECT is(pg_temp.take('new', 2, now() + interval '60 seconds'), format('%s:1 %s:2', :before + 1, :before + 2), 'not acknowledged, it comes again');
SELECT is(pg_temp.take('new', 3, now() + interval '121 seconds'), format('%s:1 %s:2 %s:3', :before + 1, :before + 2, :before + 3), 'again and more');
SELECT is(pg_temp.ack('new', :before + 1), :before + 1::bigint, 'a part is acknowledged');
SELECT is(pg_temp.take('new', 9, now() + interval '122 seconds'), '', 'the rest is still out');
SELECT is(pg_temp.ack('new', :before + 3), :before + 3::bigint, 'all of it');
SELECT is(pg_temp.take('new', 9), format('%s:4 %s:5', :before + 4, :before + 5), 'then what follows, at once');
SELECT is(pg_temp.ack('new', :before + 2), :before + 3::bigint, 'the cursor does not go back');
SELECT is(rui.release_events(:project, 'new'), :before + 3::bigint, 'what could not be done is given back');
SELECT is(pg_temp.take('new', 9), format('%s:4 %s:5', :before + 4, :before + 5), 'and comes again at once');
SELECT is((SELECT dedupe_key FROM rui.consume_events(:project, 'all', 1)), :'project' || '-1', 'a key names an event');
SELECT rui.release_events(:project, 'all') \gset hidden_
SELECT is((SELECT array_agg(dedupe_key) FROM rui.consume_events(:project, 'all', 1)), ARRAY[:'project' || '-1'], 'the same each time');
SELECT rui.release_events(:project, 'all') \gset hidden_
SELECT is(pg_temp.ack('new', :before + 5), :before + 5::bigint, 'all done');
SELECT is(pg_temp.condition('new'), 'idle 0', 'and the board says so');
SELECT is((SELECT row(c.seq, c.kind, c.subject, c.subject_id, c.party_id, c.happened_at)::text FROM rui.consume_events(:project, 'all', 1000) c ORDER BY seq DESC LIMIT 1),
	(SELECT row(:before + 5, e.kind, e.subject, e.subject_id, e.party_id, e.at)::text FROM rui.event e WHERE e.project_id = :project ORDER BY id DESC LIMIT 1), 'the event as it is');
SELECT is((SELECT count(*) FROM rui.event_stream WHERE project_id = :project), :before + 5::bigint, 'the stream shows all that have a position');

-- Kinds.
SELECT rui.add_event_consumer(:project, 'tickets', '{ticket.*,probe.odd}') \gset hidden_
SELECT pg_temp.emit(n, CASE WHEN n % 10 = 0 THEN 'ticket.open' WHEN n % 10 = 5 THEN 'probe.odd' ELSE 'probe_odd.other' END) FROM generate_series(6, 30) n \g /dev/null
SELECT is(pg_temp.take('tickets', 2), format('%s:10 %s:15', :before + 10, :before + 15), 'only the kinds wanted');
SELECT is(pg_temp.ack('tickets', :before + 15), :before + 15::bigint, 'acknowledged');
SELECT is(pg_temp.take('tickets', 2), format('%s:20 %s:25', :before + 20, :before + 25), 'the next');
SELECT pg_temp.ack('tickets', :before + 25) \gset hidden_
SELECT is(pg_temp.take('tickets', 2), format('%s:30', :before + 30), 'the last');
SELECT pg_temp.ack('tickets', :before + 30) \gset hidden_
SELECT pg_temp.emit(n, 'probe.other') FROM generate_series(31, 33) n \g /dev/null
SELECT is(pg_temp.take('tickets', 2), '', 'nothing for it');
SELECT is(pg_temp.condition('tickets'), 'idle 0', 'the cursor passes what it does not want');
SELECT pg_temp.emit(n, 'probe.other') FROM generate_series(34, 36) n \g /dev/null
SELECT pg_temp.emit(37, 'ticket.close') \g /dev/null
SELECT pg_temp.emit(38, 'probe.other') \g /dev/null
SELECT is(pg_temp.take('tickets', 2), format('%s:37', :before + 37), 'one amid others');
SELECT is(pg_temp.ack('tickets', :before + 37), :before + 38::bigint, 'with it goes what follows and is not wanted');

-- Tenancy and rights.
SELECT throws_ok(format('SELECT * FROM rui.consume_events(%s, ''new'')', :other), 'P0002', NULL, 'a consumer is of one project');
SELECT set_config('rui.party_id', '', true) \gset hidden_
SELECT throws_ok(format('SELECT * FROM rui.consume_events(%s, ''new'')', :project), '42501', NULL, 'nobody consumes nothing');
SET LOCAL rui.party_id = :'boss';

-- What does not hold changes nothing.
SELECT pg_temp.content() AS content \gset
SELECT throws_ok(format(q, :project), c, NULL, q) FROM (VALUES
	('SELECT rui.add_event_consumer(%s, NULL)', '22004'), ('SELECT rui.add_event_consumer(%s, ''Bad Name'')', '22023'),
	('SELECT rui.add_event_consumer(%s, ''new'')', '23505'), ('SELECT rui.add_event_consumer(%s, ''k'', ''{ticket}'')', '22023'),
	('SELECT rui.add_event_consumer(%s, ''k'', ''{}'')', '22023'), ('SELECT * FROM rui.consume_events(%s, ''new'', 0)', '22023'),
	('SELECT * FROM rui.consume_events(%s, ''new'', lease => ''1 day'')', '22023'), ('SELECT * FROM rui.consume_events(%s, ''unheard_of'')', 'P0002'),
	('SELECT rui.acknowledge_events(%s, ''new'', 100000)', '22023'), ('SELECT rui.acknowledge_events(%s, ''new'', NULL)', '22004'),
	('SELECT rui.reset_event_consumer(%s, ''new'', 100000)', '22003'), ('SELECT rui.remove_event_consumer(%s, ''unheard_of'')', 'P0002'),
	('SELECT rui.set_event_retention(%s, ''2:00'', ''1:00'')', '22023'), ('SELECT rui.release_events(%s, ''unheard_of'')', 'P0002')) AS v(q, c);
SELECT is(pg_temp.content(), :'content', 'and nothing has changed');

-- Retention: what one has not read stays, with a limit and a warning.
CREATE FUNCTION pg_temp.tick(after interval, duty text DEFAULT 'retain_events') RETURNS bigint LANGUAGE sql AS $$
	SELECT t.done FROM rui.project p, rui.tick(p.id, now() + after) t WHERE p.code = 'town' AND t.duty = tick.duty $$;
SELECT rui.release_events(:project, 'all') \gset hidden_
SELECT rui.remove_event_consumer(:project, 'new'), rui.remove_event_consumer(:project, 'tickets') \gset hidden_
SELECT rui.set_event_retention(:project, '48:00', '96:00') \gset hidden_
SELECT is(pg_temp.tick('49 hours'), 0::bigint, 'old, but not read by all');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :project AND kind = 'event_consumer.lag'), 1::bigint, 'who is that far behind is told');
SELECT is(pg_temp.tick('50 hours'), 0::bigint, 'again nothing');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :project AND kind = 'event_consumer.lag'), 1::bigint, 'and told once');
SELECT count(*) FROM rui.consume_events(:project, 'all', 10) \g /dev/null
SELECT pg_temp.ack('all', 10) \gset hidden_
SELECT is(pg_temp.tick('50 hours'), 10::bigint, 'what all have read goes when it is old');
SELECT is((SELECT min(seq) FROM rui.event_seq WHERE project_id = :project), 11::bigint, 'and nothing else');
SELECT is(pg_temp.tick('47 hours'), 0::bigint, 'not before');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :project), (SELECT h.last_seq FROM rui.event_head h WHERE h.project_id = :project)
	+ (SELECT count(*) FROM rui.event_waiting WHERE project_id = :project), 'the events themselves stay');
SELECT cmp_ok(pg_temp.tick('97 hours'), '>', 20::bigint, 'after the limit the rest goes');
SELECT is((SELECT string_agg(name || ' ' || condition, '') FROM rui.event_consumer_board WHERE project_id = :project), 'all lapsed', 'its reader is given up');
SELECT throws_ok(format('SELECT * FROM rui.consume_events(%s, ''all'')', :project), '55000', 'consumer "all" has lapsed: it read nothing after position 10', 'and learns of it');
SELECT is((SELECT count(*) FROM rui.event WHERE project_id = :project AND kind = 'event_consumer.lapse'), 1::bigint, 'so do others');
SELECT cmp_ok(rui.reset_event_consumer(:project, 'all'), '>', 10::bigint, 'it goes on with what is kept');
SELECT lives_ok(format('SELECT * FROM rui.consume_events(%s, ''all'')', :project), 'from then on');
SELECT * FROM finish();
ROLLBACK;
