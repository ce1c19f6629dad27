-- A command sent twice is done once.
BEGIN;
SELECT plan(9);
SELECT rui.create_company('acme', 'Acme', 'Director Li') AS company \gset
SELECT id AS director FROM rui.party WHERE company_id = :company \gset
SELECT set_config('rui.party_id', :'director', true) \gset hidden_
SELECT rui.create_project(:company, 'one', 'First') AS one \gset

SELECT is(rui._begin_request(:one, 'probe', NULL, '{}'), NULL, 'without a key a command is always done');
SELECT is(rui._begin_request(:one, 'probe', 'k1', '{"a": 1}'), NULL, 'a new key: do it');
SELECT rui._finish_request(:one, 'probe', 'k1', '{"id": 7}');
SELECT is(rui._begin_request(:one, 'probe', 'k1', '{"a": 1}'), '{"id": 7}'::jsonb, 'the same again: the first answer');
SELECT throws_ok(format($$SELECT rui._begin_request(%s, 'probe', 'k1', '{"a": 2}')$$, :one), 'RU409',
	'request key "k1" was used for another content');
SELECT is(rui._begin_request(:one, 'other', 'k1', '{"a": 2}'), NULL, 'keys are per command');
SELECT throws_ok(format($$SELECT rui._begin_request(%s, 'probe', '', '{}')$$, :one), '22023', NULL, 'an empty key is an error');
SELECT throws_ok(format($$SELECT rui._begin_request(%s, 'probe', repeat('k', 201), '{}')$$, :one), '22023', NULL,
	'so is a very long one');
UPDATE rui.request SET recorded_at = now() - interval '31 days' WHERE request_key = 'k1' AND command = 'probe';
SELECT is(rui._begin_request(:one, 'probe', 'k1', '{"a": 3}'), NULL, 'after 30 days a key is free again');
SELECT is((SELECT count(*) FROM rui.journal WHERE table_name = 'request'), 0::bigint, 'requests are not journaled');
SELECT * FROM finish();
ROLLBACK;
