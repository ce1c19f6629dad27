-- Statements of channels: taken whole or not at all, once, and never changed.
BEGIN;
SET LOCAL jit = off; -- compiling takes longer than running
SELECT plan(42);
\ir fixture/estate.sql
CREATE FUNCTION pg_temp.import(project bigint, code text, content text, opening numeric, closing numeric, preview boolean DEFAULT false, channel text DEFAULT 'wechat')
RETURNS TABLE (row_no integer, code text, accepted boolean, outcome text, error_code text, problem text) LANGUAGE sql AS $$
	SELECT r.row_no, r.code, r.accepted, r.outcome, r.error_code, r.problem
	FROM rui.import_statement_csv(project, channel, code, content, opening, closing, preview, at => '2025-02-01 00:00+00') r $$;
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', ''at,kind,amount'', 0, 0, true)', :one), '55000', NULL, 'a preview needs books');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', ''at,kind,amount'', 0, 0)', :one), '55000', NULL, 'so does a run');
SELECT rui.open_books(:one, '2025-01-01'), rui.open_books(:two, '2025-01-01') \gset hidden_
\set file 'at,kind,amount,reference,payer,batch\n2025-01-10 08:30,receipt,100.00,W1,Zhao,B1\n2025-01-10,receipt,"50.5",W2,,B1\n2025-01-11 00:00+00:00,refund,-20,W1,,B1\n2025-01-11 09:00,fee,-0.5,,,B1\n2025-01-12,payout,-130.00,,,B1'
SELECT replace(:'file', '\n', E'\n') AS file \gset
PREPARE expected(boolean) AS SELECT v.* FROM (VALUES (1, 'W1', true, 'added', NULL::text, NULL::text), (2, 'W2', true, 'added', NULL, NULL),
	(3, 'W1', true, 'added', NULL, NULL), (4, NULL, true, 'added', NULL, NULL), (5, NULL, true, 'added', NULL, NULL)) v;

-- The balances must fit.
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', %L, 10, 11)', :one, :'file'), '22023', 'opening 10 and lines of 0.00 make 10.00, not the closing 11', 'lines that do not lead from opening to closing');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', %L, 10, 11, true)', :one, :'file'), '22023', NULL, 'not in a preview either');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', %L, 10, 10.001)', :one, :'file'), '22023', NULL, 'a balance in thousandths');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', %L, NULL, 10)', :one, :'file'), '22004', NULL, 'no balance');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''a'', %L, ''NaN'', 10)', :one, :'file'), '22003', NULL, 'a balance that is none');
SELECT is_empty('SELECT FROM rui.bank_statement', 'nothing has come in');
-- Preview, run, run again.
SELECT results_eq(format('SELECT * FROM pg_temp.import(%s, ''S1'', %L, -5, -5, true)', :one, :'file'), 'EXECUTE expected(true)', 'a preview reports');
SELECT is_empty('SELECT FROM rui.bank_statement', 'and changes nothing');
SELECT results_eq(format('SELECT * FROM pg_temp.import(%s, ''S1'', %L, -5, -5)', :one, :'file'), 'EXECUTE expected(true)', 'the run reports what the preview did');
SELECT results_eq('SELECT line_no, at, on_date, kind, amount::numeric, reference, payer, batch, fee::numeric FROM rui.bank_line ORDER BY id',
	$$VALUES (1, '2025-01-10 00:30+00'::timestamptz, '2025-01-10'::date, 'receipt', 100.00, 'W1', 'Zhao', 'B1', 0.00),
	(2, '2025-01-09 16:00+00', '2025-01-10', 'receipt', 50.50, 'W2', NULL, 'B1', 0.00), (3, '2025-01-11 00:00+00', '2025-01-11', 'refund', -20.00, 'W1', NULL, 'B1', 0.00),
	(4, '2025-01-11 01:00+00', '2025-01-11', 'fee', -0.50, NULL, NULL, 'B1', 0.00), (5, '2025-01-11 16:00+00', '2025-01-12', 'payout', -130.00, NULL, NULL, 'B1', 0.00)$$,
	'the lines, by the project''s days');
SELECT row_eq('SELECT channel, code, opening::numeric, closing::numeric, lines, party_id FROM rui.bank_statement', ROW('wechat'::text, 'S1'::text, -5.00, -5.00, 5, :loader::bigint), 'the statement');
SELECT set_eq(format('SELECT outcome FROM pg_temp.import(%s, ''S1'', %L, -5, -5)', :one, :'file'), '{unchanged}'::text[], 'the same file again is there');
SELECT set_eq(format('SELECT outcome FROM pg_temp.import(%s, ''S1'', %L, -5, -5.00)', :one, replace(:'file', E'\n', E'\r\n')), '{unchanged}'::text[], 'with other line ends too');
SELECT results_eq(format('SELECT r.id FROM rui.import_statement_csv(%s, ''wechat'', ''S1'', %L, -5, -5, true, at => ''2025-02-01'') r', :one, :'file'), 'SELECT id FROM rui.bank_line ORDER BY id', 'the ids are the lines''');
SELECT is((SELECT count(*)::int || '/' || (SELECT count(*) FROM rui.bank_line) || '/' || (SELECT count(*) FROM rui.event WHERE kind = 'bank_statement.import') FROM rui.bank_statement), '1/5/1', 'nothing was added or told again');
-- Other content, another name, another channel, another project.
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''S1'', %L, -5, -5)', :one, replace(:'file', 'Zhao', 'Qian')), 'RU409', 'statement "S1" of channel "wechat" is already there with other content', 'a payer has changed');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''S1'', %L, 0, 0)', :one, :'file'), 'RU409', NULL, 'the balances have changed');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''S1'', %L, -5, -5, true)', :one, replace(:'file', 'Zhao', 'Qian')), 'RU409', NULL, 'a preview says so too');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''S2'', %L, -5, -5)', :one, :'file'), '23505', 'the lines of statement "S2" are already there as statement "S1"', 'one file under two names');
SELECT set_eq(format('SELECT outcome FROM pg_temp.import(%s, ''S1'', %L, -5, -5, channel => ''alipay'')', :one, :'file'), '{added}'::text[], 'another channel has numbers of its own');
SELECT set_eq(format('SELECT outcome FROM pg_temp.import(%s, ''S1'', %L, -5, -5)', :two, :'file'), '{added}'::text[], 'another project too');
SELECT is_empty(format('SELECT pg_temp.import(%s, ''E1'', ''at,kind,amount'', 7, 7)', :one), 'a statement of a day without movements');
SELECT is_empty(format('SELECT pg_temp.import(%s, ''E2'', ''at,kind,amount'', 7, 7)', :one), 'and of another one');
-- Bad lines: none is taken.
SELECT results_eq(format('SELECT row_no, accepted, outcome, error_code FROM rui.import_statement(%s, ''bank'', ''x'', %L, 0, 0, at => ''2025-02-01'')', :one,
	'[{"at":"2025-01-10","kind":"receipt","amount":1},{"kind":"receipt","amount":1},{"at":"2025-02-30","kind":"receipt","amount":1},{"at":"1800-01-01","kind":"receipt","amount":1},
	{"at":"2025-03-01","kind":"receipt","amount":1},{"at":"2025-01-10","kind":"receipt","amount":-1},{"at":"2025-01-10","kind":"refund","amount":1},{"at":"2025-01-10","kind":"other","amount":0},
	{"at":"2025-01-10","kind":"gift","amount":1},{"at":"2025-01-10","kind":"receipt","amount":1.005},{"at":"2025-01-10","kind":"payout","amount":1},{"at":"2025-01-10","kind":"payout","amount":-1,"from_channel":"wechat"},
	{"at":"2025-01-10","kind":"payout","amount":1,"from_channel":"bank","batch":"b"},{"at":"2025-01-10","kind":"payout","amount":1,"from_channel":"wechat"},{"at":"2025-01-10","kind":"receipt","amount":1,"fee":1},
	{"at":"2025-01-10","kind":"receipt","amount":1,"from_channel":"wechat"},{"at":"2025-01-10","kind":"receipt","amount":1,"refrence":"x"},{"at":"2025-01-10","kind":"payout","amount":1,"from_channel":"wechat","settled_on":"x"},
	{"at":"2025-01-10","kind":"payout","amount":1,"from_channel":"wechat","batch":"b","fee":-1}]'),
	$$VALUES (1, false, 'rejected', '55000'), (2, false, 'rejected', '22004'), (3, false, 'rejected', '22007'), (4, false, 'rejected', '22008'), (5, false, 'rejected', '22023'),
	(6, false, 'rejected', '22003'), (7, false, 'rejected', '22003'), (8, false, 'rejected', '22003'), (9, false, 'rejected', '22023'), (10, false, 'rejected', '22023'), (11, false, 'rejected', '22023'),
	(12, false, 'rejected', '22023'), (13, false, 'rejected', '22023'), (14, false, 'rejected', '22004'), (15, false, 'rejected', '22023'), (16, false, 'rejected', '22023'), (17, false, 'rejected', '22023'),
	(18, false, 'rejected', '22007'), (19, false, 'rejected', '22003')$$, 'each fault is named, and a statement is taken whole');
SELECT is_empty($$SELECT FROM rui.bank_statement WHERE channel = 'bank'$$, 'nothing of it is there');
-- Arguments.
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''x'', %L, 0, 0, channel => ''dove'')', :one, :'file'), '22023', 'unknown channel "dove"', 'an unknown channel');
SELECT throws_ok(format('SELECT pg_temp.import(%s, '' '', %L, 0, 0)', :one, :'file'), '22023', NULL, 'no number');
SELECT throws_ok(format('SELECT pg_temp.import(%s, repeat(''x'', 61), %L, 0, 0)', :one, :'file'), '22001', NULL, 'a number that is too long');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''x'', NULL, 0, 0)', :one), '22004', NULL, 'no file');
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''x'', E''at,kind\n"2025'', 0, 0)', :one), '22P02', NULL, 'what is no CSV');
SELECT throws_ok(format('SELECT rui.import_statement(%s, ''bank'', ''x'', ''{}'', 0, 0)', :one), '22023', NULL, 'no array');
SELECT throws_ok(format('SELECT rui.import_statement(%s, ''bank'', ''x'', NULL, 0, 0)', :one), '22004', NULL, 'no lines');
-- One key, one statement.
SELECT set_eq(format('SELECT outcome FROM rui.import_statement(%s, ''bank'', ''k'', ''[{"at":"2025-01-10","kind":"receipt","amount":1}]'', 0, 1, request_key => ''k'', at => ''2025-02-01'')', :one), '{added}'::text[], 'with a key');
SELECT set_eq(format('SELECT outcome FROM rui.import_statement(%s, ''bank'', ''k'', ''[{"at":"2025-01-10","kind":"receipt","amount":1}]'', 0, 1, request_key => ''k'', at => ''2025-02-01'')', :one), '{added}'::text[], 'the same answer');
SELECT throws_ok(format('SELECT rui.import_statement(%s, ''bank'', ''k2'', ''[{"at":"2025-01-10","kind":"receipt","amount":1}]'', 0, 1, request_key => ''k'', at => ''2025-02-01'')', :one), 'RU409', NULL, 'for one statement');
-- Never changed.
SELECT throws_ok('UPDATE rui.bank_line SET amount = 1', '55000', NULL, 'lines are never changed');
SELECT throws_ok('DELETE FROM rui.bank_statement', '55000', NULL, 'nor are statements removed');
-- Who may.
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT pg_temp.import(%s, ''x'', %L, 0, 0)', :one, :'file'), '42501', NULL, 'a manager looks, and does not import');
SET LOCAL ROLE rui_manager;
SELECT is((SELECT count(*) FROM rui.bank_line WHERE project_id = :two), 0::bigint, 'nobody sees another project''s');
RESET ROLE;
SELECT set_config('rui.party_id', :'zhao', true) \gset hidden_
SET LOCAL ROLE rui_resident;
SELECT throws_ok('SELECT FROM rui.bank_line', '42501', NULL, 'nor residents any');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
