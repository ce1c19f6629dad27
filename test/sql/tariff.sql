-- Tariffs: texts, binary form, operators, charges, splits, proration, fees.
SET search_path = pg_catalog, rui;

-- Canonical text, and errors that name the bad part.
SELECT ' {"price": "02.850", "model":"fixed", "tax":{"rate":"0.06"}, "minimum":"0"}'::tariff;
SELECT '{"model":"graduated","tiers":[{"up_to":"180","price":"5"},{"flat":"1"}],"rounding":{"mode":"floor"}}'::tariff;
SELECT '{"model":"fixed"'::tariff;
SELECT '{"model":"surge"}'::tariff;
SELECT '{"model":"fixed","price":2.85}'::tariff;
SELECT '{"model":"fixed","price":"-1"}'::tariff;
SELECT '{"model":"fixed","price":"1","prize":"2"}'::tariff;
SELECT '{"model":"graduated","tiers":[{"up_to":"180","price":"5"},{"up_to":"180","price":"7"},{"price":"9"}]}'::tariff;

-- The binary form goes round; a wrong hash, text or version does not.
CREATE TEMP TABLE plan (id int, t tariff);
INSERT INTO plan
SELECT g, format('{"model":"graduated","tiers":[{"up_to":"%s","price":"%s"},{"price":"%s"}]}', g, g % 7, g % 5)::tariff
FROM generate_series(1, 300) g;
INSERT INTO plan SELECT id + 1000, t::text::tariff FROM plan WHERE id <= 50;
CREATE TEMP TABLE received (t tariff);
\set file `mktemp`
\set receive '\\copy received from ' :file ' (format binary)'
COPY (SELECT t FROM plan) TO STDOUT (FORMAT binary) \g :file
:receive
SELECT count(*) AS rows, (SELECT count(*) FROM (SELECT t FROM plan EXCEPT ALL SELECT t FROM received) x) AS lost FROM received;
SELECT substr(tariff_send(t), 17, 1) AS version, substr(tariff_send(t), 18) = convert_to(t::text, 'UTF8') AS text_follows
FROM plan WHERE id = 1;
-- A bytea is sent as it is: any bytes reach the receive function.
\set SHOW_CONTEXT never
COPY (SELECT substr(tariff_send('{"model":"flat","amount":"1"}'), 1, 16)) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT set_byte(tariff_send('{"model":"flat","amount":"1"}'), 0, get_byte(tariff_send('{"model":"flat","amount":"1"}'), 0) # 1)) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT set_byte(tariff_send('{"model":"flat","amount":"1"}'), 16, 2)) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT substr(tariff_send('{"model":"flat","amount":"1"}'), 1, 17) || '{"amount":"1","model":"flat"}'::bytea) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT substr(tariff_send('{"model":"flat","amount":"1"}'), 1, 17) || '{"model":"flat"}'::bytea) TO STDOUT (FORMAT binary) \g :file
:receive
COPY (SELECT tariff_send('{"model":"flat","amount":"1"}') || '\x00'::bytea) TO STDOUT (FORMAT binary) \g :file
:receive
\set removed `rm -f :'file'`

-- The operator class as laws.
SELECT count(*) AS pairs,
	count(*) FILTER (WHERE (a.t < b.t) <> (tariff_cmp(a.t, b.t) < 0) OR (a.t <= b.t) <> (tariff_cmp(a.t, b.t) <= 0)
		OR (a.t = b.t) <> (tariff_cmp(a.t, b.t) = 0) OR (a.t <> b.t) <> (tariff_cmp(a.t, b.t) <> 0)
		OR (a.t >= b.t) <> (tariff_cmp(a.t, b.t) >= 0) OR (a.t > b.t) <> (tariff_cmp(a.t, b.t) > 0)) AS disagree,
	count(*) FILTER (WHERE tariff_cmp(a.t, b.t) <> -tariff_cmp(b.t, a.t)) AS not_antisymmetric,
	count(*) FILTER (WHERE a.t = b.t AND (tariff_hash(a.t) <> tariff_hash(b.t)
		OR tariff_hash_extended(a.t, 7) <> tariff_hash_extended(b.t, 7))) AS hashes_differ,
	count(*) FILTER (WHERE (a.t = b.t) <> (a.t::text = b.t::text)) AS not_text_equality
FROM plan a CROSS JOIN plan b;
SELECT count(*) AS intransitive FROM plan a, plan b, plan c
WHERE a.id % 17 = 0 AND b.id % 13 = 0 AND c.id % 11 = 0 AND a.t < b.t AND b.t < c.t AND NOT a.t < c.t;
CREATE INDEX plan_btree ON plan (t);
SET enable_seqscan = off;
SELECT count(*) FROM plan WHERE t = '{"model":"graduated","tiers":[{"up_to":"33","price":"5"},{"price":"3"}]}';
SELECT count(*) AS below FROM plan WHERE t < '{"model":"graduated","tiers":[{"up_to":"33","price":"5"},{"price":"3"}]}';
SET enable_seqscan = on;
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SELECT count(*) AS below FROM plan WHERE t < '{"model":"graduated","tiers":[{"up_to":"33","price":"5"},{"price":"3"}]}';
RESET enable_indexscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;
RESET enable_seqscan;
SELECT count(DISTINCT t) FROM plan;

-- Charges: net, tax, gross.
SELECT c.* FROM charge('{"model":"flat","amount":"30"}', 12.5) c;
SELECT c.* FROM charge('{"model":"fixed","price":"2.85"}', 89.37) c;
SELECT c.* FROM charge('{"model":"fixed","price":"1.5","tax":{"rate":"0.06","inclusive":true}}', 296.13) c;
SELECT c.* FROM charge('{"model":"fixed","price":"1.5","tax":{"rate":"0.06"},"surcharge":"10"}', 296.13) c;
SELECT c.* FROM charge('{"model":"graduated","tiers":[{"up_to":"180","price":"5"},{"up_to":"260","price":"7"},{"price":"9"}]}', 300) c;
SELECT l.* FROM charge_lines('{"model":"graduated","tiers":[{"up_to":"180","price":"5"},{"up_to":"260","price":"7"},{"price":"9","flat":"4"}],"surcharge":"2","free_units":"10","maximum":"1500","rounding":{"scale":0}}', 290.333) l;
SELECT l.* FROM charge_lines('{"model":"fixed","price":"0.333","minimum":"1.005"}', 2.5) l;
SELECT c.* FROM charge('{"model":"fixed","price":"1"}', -1) c;
SELECT c.* FROM charge('{"model":"fixed","price":"1"}', numeric 'NaN') c;
SELECT c.* FROM charge('{"model":"fixed","price":"1"}', numeric 'Infinity') c;
SELECT c.* FROM charge('{"model":"fixed","price":"1"}', 0.0000000000001) c;
SELECT c.* FROM charge('{"model":"fixed","price":"1"}', 1e37) c;
SELECT c.* FROM charge('{"model":"fixed","price":"100"}', 1e37) c;
SELECT c IS NULL AS is_null FROM charge(NULL, 1) c;

-- The other models, by quantity and by usage.
CREATE TEMP TABLE model (name text, t tariff);
INSERT INTO model VALUES
	('volume', '{"model":"volume","tiers":[{"up_to":"10","price":"2","flat":"1"},{"up_to":"20.5","price":"1.5"},{"price":"1","flat":"3"}]}'),
	('package', '{"model":"package","size":"100","price":"30"}'),
	('blocks', '{"model":"blocks","tiers":[{"up_to":"100","size":"10","price":"5"},{"size":"50","price":"20"}]}'),
	('top', '{"model":"blocks","policy":"top","tiers":[{"up_to":"100","size":"10","price":"5"},{"size":"50","price":"20"}]}'),
	('card', '{"model":"percentage","rate":"0.006","fixed":"0.1","free_events":3,"free_units":"25","event_minimum":"0.5","event_maximum":"5"}'),
	('power', '{"model":"time_of_use","bands":[{"code":"peak","price":"0.8"},{"code":"valley","price":"0.3"}],"free_units":"12","tax":{"rate":"0.13","inclusive":true}}'),
	('parking', '{"model":"duration","free_minutes":15,"steps":[{"up_to":120,"every":30,"price":"1.5"},{"every":60,"price":"2"}],"day_maximum":"20"}'),
	('nights', '{"model":"duration","free_minutes":15,"steps":[{"up_to":120,"every":30,"price":"1.5"},{"every":60,"price":"2"}],"day_maximum":"20","day_starts":"06:00"}');
SELECT name, t::text::tariff = t AS same FROM model ORDER BY name;
SELECT name, q, c.net FROM model, unnest(ARRAY[0, 10, 10.001, 20.5, 95, 100.1, 130]) q, charge(t, q) c
WHERE name IN ('volume', 'package', 'blocks', 'top', 'parking') ORDER BY name, q;
SELECT l.* FROM model, charge_lines(t, 130) l WHERE name = 'blocks';
SELECT l.* FROM model, charge_lines(t, '{"amounts":["10","20","3000","5"]}'::jsonb) l WHERE name = 'card';
SELECT c.* FROM model, charge(t, '{"valley":"20","peak":"10"}'::jsonb) c WHERE name = 'power';
SELECT l.* FROM model, charge_lines(t, '{"valley":"20","peak":"10"}'::jsonb) l WHERE name = 'power';
SELECT l.* FROM model, charge_lines(t, '{"from":"2026-10-01T22:00:00+08:00","to":"2026-10-03T07:00:00+08:00"}'::jsonb) l WHERE name = 'nights';
-- What to_jsonb makes of a timestamptz can be used.
SET timezone = 'Asia/Shanghai';
SELECT c.gross FROM model, charge(t, jsonb_build_object('from', timestamptz '2026-10-01 08:00+08', 'to', timestamptz '2026-10-01 10:01+08')) c WHERE name = 'nights';
RESET timezone;
SELECT c.* FROM model, charge(t, 5) c WHERE name = 'power';
SELECT c.* FROM model, charge(t, '{"night":"5"}'::jsonb) c WHERE name = 'power';
SELECT c.* FROM model, charge(t, '{"peak":5}'::jsonb) c WHERE name = 'power';
SELECT c.* FROM model, charge(t, '{"peak":"-5"}'::jsonb) c WHERE name = 'power';
SELECT c.* FROM model, charge(t, '{"quantity":"5"}'::jsonb) c WHERE name = 'card';
SELECT c.* FROM model, charge(t, '{"amounts":["1","-1"]}'::jsonb) c WHERE name = 'card';
SELECT c.* FROM model, charge(t, 60) c WHERE name = 'nights';
SELECT c.* FROM model, charge(t, '{"from":"2026-10-01T22:00","to":"2026-10-03T07:00"}'::jsonb) c WHERE name = 'nights';
SELECT c.* FROM model, charge(t, '{"from":"2026-10-01T22:00Z","to":"2026-10-01T21:00Z"}'::jsonb) c WHERE name = 'nights';
SELECT c.* FROM model, charge(t, '{"peak":"1"}'::jsonb) c WHERE name = 'volume';

-- Numbers go between numeric and decimals exactly.
SELECT count(*) AS wrong FROM (
	SELECT v, (charge('{"model":"fixed","price":"1","rounding":{"scale":12}}', v)).net AS net
	FROM (SELECT (g::numeric * 987654321987 % 1000000007) / 10 ^ (g % 13)::numeric AS v FROM generate_series(1, 2000) g
		UNION ALL SELECT 10 ^ g::numeric FROM generate_series(-12, 25) g
		UNION ALL SELECT 10 ^ g::numeric - 1 FROM generate_series(0, 25) g
		UNION ALL VALUES (0), (0.00), (9223372036854775807), (9223372036854775808), (9223372.036854775808)) x (v)
	WHERE v = round(v, 12)) y
WHERE v <> net OR scale(net) <> 12;

-- Ladders that count on, and large households.
SELECT sum(c.gross) AS year, charge('{"model":"graduated","tiers":[{"up_to":"18.5","price":"0.5183"},{"price":"0.9"}]}', 40) AS at_once
FROM generate_series(0, 39) g, charge_between('{"model":"graduated","tiers":[{"up_to":"18.5","price":"0.5183"},{"price":"0.9"}]}', g, g + 1) c;
SELECT tariff_for_household('{"model":"graduated","tiers":[{"up_to":"180","price":"5"},{"up_to":"260","price":"7"},{"price":"9"}],"allowance":{"from":"6","per_person":"30"}}', p)
FROM unnest(ARRAY[4, 6, 7]) p;
SELECT tariff_for_household('{"model":"flat","amount":"1"}', -1);

-- Splits sum exactly.
SELECT split_amount(100, '{1,1,1}'), split_amount(-100, '{1,1,1}'), split_amount(1, '{1,1,1}', 4), split_amount(100, '{1,1,1}', 2, 3);
SELECT split_progressive(100, '{1,1,1}'), split_progressive(12000, array_agg(days), 2)
FROM unnest(ARRAY[31, 28, 31, 30]::numeric[]) days;
SELECT split_amount(100, '{}');
SELECT split_amount(100, '{0,0}');
SELECT split_amount(100, '{1,-1}');
SELECT split_amount(100, '{1,NaN}');
SELECT split_amount(100, '{1,NULL}');
SELECT split_amount(100, '{{1},{2}}');
SELECT split_amount(0.001, '{1}');
SELECT split_amount(1, '{1}', 13);
SELECT split_amount(1, '{1,2}', 2, 0);
SELECT split_amount(1, '{1,2}', 2, 3);

-- Proration; invariant 7: a move-in on the 16th is 16/31, two owners sum.
SELECT prorate(310, '[2026-01-16,2026-02-01)', '[2026-01-01,2026-02-01)') AS days,
	prorate(310, '[2026-01-16,2026-01-31]', '[2026-01-01,2026-02-01)', 4) AS inclusive,
	split_amount(100, '{15,16}') AS owners,
	prorate(310, 'empty', '[2026-01-01,2026-02-01)') AS none;
SELECT convention, prorate(1000, '[2026-02-10,2026-03-01)', '[2026-02-01,2026-03-01)', 2, convention)
FROM unnest(ARRAY['actual', 'thirty', 'twelfth', 'half_month', 'none']) convention;
SELECT prorate(1, '[2026-01-16,2026-02-02)', '[2026-01-01,2026-02-01)');
SELECT prorate(1, '[2026-01-16,)', '[2026-01-01,2026-02-01)');
SELECT prorate(1, '[2026-01-16,infinity)', '[2026-01-01,2026-02-01)');
SELECT prorate(1, 'empty', 'empty');
SELECT prorate(1, 'empty', '[2026-01-01,2026-02-01)', 2, 'daily');
SELECT prorate(1, '[2026-01-16,2026-01-17)', '[2026-01-01,2026-02-02)', 2, 'twelfth');

-- Late fees stop at the cap.
SELECT as_of::date, late_fee(1000, '2026-01-01', as_of::date, 0.0005, 10, 0.3)
FROM unnest(ARRAY['2025-12-01', '2026-01-11', '2026-01-12', '2026-02-10', '2030-01-01']) as_of;
SELECT late_fee(-1, '2026-01-01', '2026-02-01', 0.0005, 0, 0.3);
SELECT late_fee(1, '2026-01-01', 'infinity', 0.0005, 0, 0.3);

-- Each kind of error has its SQLSTATE.
CREATE FUNCTION pg_temp.state(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END
$$;
SELECT pg_temp.state(query), query FROM unnest(ARRAY[
	$$SELECT '{'::rui.tariff$$,
	$$SELECT '{"model":"surge"}'::rui.tariff$$,
	$$SELECT rui.charge('{"model":"flat","amount":"1"}', numeric '-1')$$,
	$$SELECT rui.charge('{"model":"flat","amount":"1"}', numeric 'NaN')$$,
	$$SELECT rui.charge('{"model":"package","size":"1","price":"1"}', jsonb '{"quantity":"-1"}')$$,
	$$SELECT rui.charge('{"model":"package","size":"1","price":"1"}', jsonb '{"amounts":[]}')$$,
	$$SELECT rui.split_amount(1, '{0}')$$,
	$$SELECT rui.split_amount(1, '{-1}')$$,
	$$SELECT rui.split_amount(1, '{NaN}')$$,
	$$SELECT rui.split_amount('NaN', '{1}')$$,
	$$SELECT rui.prorate(1, 'empty', 'empty')$$,
	$$SELECT rui.prorate(1, '(,2026-01-01)', '[2025-01-01,2026-02-01)')$$,
	$$SELECT rui.late_fee(1, '2026-01-01', '2026-02-01', -1, 0, 1)$$,
	$$SELECT rui.late_fee(1, '-infinity', '2026-02-01', 1, 0, 1)$$]) query;
