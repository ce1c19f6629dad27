-- What the ledger's commands refuse, and that nothing changes then.
BEGIN;
SELECT plan(38);
\ir fixture/estate.sql
SELECT rui.open_books(:one, '2025-01-01') \gset hidden_
SELECT rui.post_entry(:one, '1002', '4103', 1000, 'Opening', at => '2025-01-05') AS e1 \gset
\ir fixture/content.sql
SELECT pg_temp.content() AS before \gset

PREPARE entry AS SELECT rui.post_entry($1, $2, $3, $4, $5, at => $6);
SELECT throws_ok('EXECUTE entry(NULL, ''1002'', ''4103'', 1, ''x'', ''2025-01-05'')', '22004', 'project_id must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, NULL, ''4103'', 1, ''x'', ''2025-01-05'')', :one), '22004', 'debit must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', NULL, 1, ''x'', ''2025-01-05'')', :one), '22004', 'credit must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', NULL, ''x'', ''2025-01-05'')', :one), '22004', 'amount must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, NULL, ''2025-01-05'')', :one), '22004', 'memo must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', NULL)', :one), '22004', 'at must not be null');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', ''infinity'')', :one), '22008', NULL, 'an endless time');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', ''NaN'', ''x'', ''2025-01-05'')', :one), '22003', NULL, 'not a number');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', ''Infinity'', ''x'', ''2025-01-05'')', :one), '22003', NULL, 'infinite');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 0, ''x'', ''2025-01-05'')', :one), '22003', NULL, 'zero');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', -1, ''x'', ''2025-01-05'')', :one), '22003', NULL, 'negative');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1e16, ''x'', ''2025-01-05'')', :one), '22003', NULL, 'too much');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1.005, ''x'', ''2025-01-05'')', :one), '22023', NULL, 'half a cent');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''1002'', 1, ''x'', ''2025-01-05'')', :one), '22023', NULL, 'the same account twice');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''9999'', 1, ''x'', ''2025-01-05'')', :one), 'P0002', NULL, 'an unknown account');
SELECT throws_ok(format('EXECUTE entry(%s, ''1122'', ''6001'', 1, ''x'', ''2025-01-05'')', :one), '22023',
	'only charges and payments post to control accounts', 'a control account');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''  '', ''2025-01-05'')', :one), '22023', 'memo must not be empty');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, repeat(''x'', 501), ''2025-01-05'')', :one), '22001', NULL, 'a memo too long');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', ''2024-12-31'')', :one), '55000', NULL, 'before the books');
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', ''2025-01-05'')', :two), '55000',
	format('project %s has no books', :two));
SELECT throws_ok('EXECUTE entry(-1, ''1002'', ''4103'', 1, ''x'', ''2025-01-05'')', '42501', NULL, 'an unknown project');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''1002'', ''4103'', 1, ''x'', ''2025-01-02'', at => ''2025-01-05'')', :one), '22023', NULL, 'a month that is no first day');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''1002'', ''4103'', 1, ''x'', ''infinity'', at => ''2025-01-05'')', :one), '22008', NULL, 'an endless month');
SELECT throws_ok(format('SELECT rui.post_entry(%s, ''1002'', ''4103'', 1, ''x'', request_key => '''', at => ''2025-01-05'')', :one), '22023', NULL, 'an empty key');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, NULL, ''x'', ''2025-01-05'')', :one), '22004', 'entry_id must not be null');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, -1, ''x'', ''2025-01-05'')', :one), 'P0002', NULL, 'an unknown entry');
SELECT throws_ok(format('SELECT rui.reverse_entry(%s, %s, NULL, ''2025-01-05'')', :one, :e1), '22004', 'reason must not be null');
SELECT throws_ok(format('SELECT rui.close_period(%s, NULL, ''2025-01-05'')', :one), '22004', 'month must not be null');
SELECT throws_ok(format('SELECT rui.close_period(%s, ''2024-11-01'', ''2025-01-05'')', :one), '55000', NULL, 'a month before the books');
SELECT throws_ok(format('SELECT rui.reopen_period(%s, ''2031-01-01'', ''x'', ''2025-01-05'')', :one), 'P0002', NULL, 'an unknown month');
SELECT throws_ok(format('SELECT rui.open_books(%s, ''2999-01-01'')', :two), '22008', NULL, 'books in another millennium');
SELECT throws_ok(format('SELECT rui.open_books(%s, ''2100-01-01'')', :two), '22023', NULL, 'books in the future');
SELECT throws_ok(format('SELECT rui.add_account(%s, ''1002'', ''Bank'', ''asset'')', :one), '23505', NULL, 'a code twice');
SELECT throws_ok(format('SELECT rui.add_account(%s, ''8001'', ''Odd'', ''odd'')', :one), '22023', 'unknown kind of account "odd"');
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', now())', :one), '42501', NULL, 'a resident posts nothing');
SELECT set_config('rui.party_id', :'accountant', true) \gset hidden_
SELECT throws_ok(format('EXECUTE entry(%s, ''1002'', ''4103'', 1, ''x'', ''2025-01-05'')', :one), '42501', NULL, 'an accountant does not set the time');
SET LOCAL ROLE rui_resident;
SELECT throws_ok(format('SELECT * FROM rui.trial_balance(%s)', :one), '42501', NULL, 'a resident reads no books');
RESET ROLE;
SELECT is(pg_temp.content(), :'before', 'nothing has changed');
SELECT * FROM finish();
ROLLBACK;
