-- Counts of people of which none tells who they are, nor can be worked out.
BEGIN;
SELECT plan(15);
\ir fixture/estate.sql
SELECT results_eq($$SELECT w.counts::text, s.shown::text, s.total_shown FROM (VALUES ('{10,20}'), ('{3,10,20}'), ('{3,2,20}'), ('{2,2,20}'), ('{0,3,9}'), ('{3}'), ('{1,1}'), ('{}'), ('{7}')) AS w(counts)
	CROSS JOIN LATERAL rui._suppress(w.counts::bigint[], 5) s$$,
	$$VALUES ('{10,20}', '{t,t}', true), ('{3,10,20}', '{f,f,t}', true), ('{3,2,20}', '{f,f,t}', true), ('{2,2,20}', '{f,f,f}', true), ('{0,3,9}', '{t,f,f}', true),
		('{3}', '{f}', false), ('{1,1}', '{f,f}', false), ('{}', '{}', true), ('{7}', '{t}', true)$$, 'the small ones, and as many more as are needed');
-- A law, for thousands of sets: what the total tells is never of few.
SELECT is_empty($$SELECT c.counts FROM (
		SELECT s.seed, array_agg((abs(hashint4(s.seed * 31 + g)) % 12)::bigint ORDER BY g) AS counts
		FROM generate_series(1, 1500) AS s(seed) CROSS JOIN LATERAL generate_series(1, 1 + s.seed % 6) AS g GROUP BY s.seed) c
	CROSS JOIN LATERAL rui._suppress(c.counts, 5) v
	CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE NOT x.shown) AS groups, coalesce(sum(x.n) FILTER (WHERE NOT x.shown), 0) AS people,
		bool_or(x.shown AND x.n BETWEEN 1 AND 4) AS leaks FROM unnest(c.counts, v.shown) AS x(n, shown)) h
	WHERE h.leaks OR v.total_shown AND h.groups > 0 AND (h.groups < 2 OR h.people < 5)$$, 'nothing small is shown or follows');
INSERT INTO rui.building (project_id, code, footprint, entrance)
SELECT :one, 'b' || n, ST_Multi(ST_MakeEnvelope(118.80 + n * 0.01, 32.05, 118.801 + n * 0.01, 32.051, 4326)), ST_SetSRID(ST_MakePoint(118.8005 + n * 0.01, 32.05), 4326)
FROM generate_series(2, 3) n;
INSERT INTO rui.unit (project_id, building_id, code, kind, area_m2) SELECT :one, b.id, b.code || '-1', 'home', 50 FROM rui.building b WHERE b.project_id = :one;
INSERT INTO rui.household (project_id, unit_id, valid) SELECT :one, u.id, '[2020-01-01,)' FROM rui.unit u WHERE u.project_id = :one AND u.code ~ '^b';
INSERT INTO rui.party (company_id, code, name) SELECT :company, 'p' || n, 'P' || n FROM generate_series(1, 20) n;
INSERT INTO rui.occupancy (project_id, household_id, unit_id, party_id, role, valid)
SELECT :one, h.id, h.unit_id, p.id, CASE WHEN p.n <= 4 THEN 'tenant' ELSE 'owner' END, '[2020-01-01,)'
FROM (SELECT p.id, substr(p.code, 2)::integer AS n FROM rui.party p WHERE p.company_id = :company AND p.code ~ '^p[0-9]') p
JOIN rui.unit u ON u.project_id = :one AND u.code = CASE WHEN p.n <= 3 THEN 'b1-1' WHEN p.n <= 9 THEN 'b2-1' ELSE 'b3-1' END
JOIN rui.household h ON h.project_id = u.project_id AND h.unit_id = u.id;
INSERT INTO rui.party (company_id, code, name) VALUES (:company, 'analyst', 'Analyst') RETURNING id AS analyst \gset
INSERT INTO rui.membership (project_id, party_id, role_code, valid) VALUES (:one, :analyst, 'analyst', '[2000-01-01,)');
SELECT set_config('rui.party_id', :'analyst', true) \gset hidden_
SET LOCAL ROLE rui_analyst;
SELECT results_eq(format('SELECT * FROM rui.count_people(%s, month => ''2026-01-01'')', :one),
	$$VALUES ('b1', NULL::bigint, true), ('b2', NULL, true), ('b3', 11, false), (NULL, 20, false)$$, 'three people are not shown, and not by what is left');
SELECT results_eq(format('SELECT * FROM rui.count_people(%s, ''role'', ''2026-01-01'')', :one),
	$$VALUES ('owner', NULL::bigint, true), ('tenant', NULL, true), (NULL, 20, false)$$, 'nor tenants');
SELECT results_eq(format('SELECT * FROM rui.count_people(%s, ''unit_kind'', ''2026-01-01'')', :one), $$VALUES ('home', 20::bigint, false), (NULL, 20, false)$$, 'all are enough');
SELECT results_eq(format('SELECT * FROM rui.count_people(%s, ''role'', ''2019-01-01'')', :one), $$VALUES (NULL::text, 0::bigint, false)$$, 'nobody yet');
SELECT throws_ok(format('SELECT * FROM rui.count_people(%s, ''role'', ''2026-01-02'')', :one), '22023', NULL, 'not from day to day');
SELECT throws_ok(format('SELECT * FROM rui.count_people(%s, ''age'')', :one), '22023', NULL, 'not by age');
SELECT throws_ok(format('SELECT * FROM rui.count_people(%s, NULL)', :one), '22004', NULL, 'not by nothing');
SELECT throws_ok(format('SELECT * FROM rui.count_people(%s)', :two), '42501', NULL, 'not in another project');
SELECT throws_ok('SELECT * FROM rui.occupancy', '42501', NULL, 'an analyst reads no people');
SELECT throws_ok(format('SELECT rui.set_suppression(%s, 3)', :company), '42501', NULL, 'nor sets the limit');
RESET ROLE;
INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (:company, :manager, 'director', '[2000-01-01,)');
SELECT set_config('rui.party_id', :'manager', true) \gset hidden_
SELECT throws_ok(format('SELECT rui.set_suppression(%s, 1)', :company), '22023', NULL, 'one is nobody''s secret');
SELECT lives_ok(format('SELECT rui.set_suppression(%s, 3)', :company), 'a company sets it');
SELECT set_config('rui.party_id', :'analyst', true) \gset hidden_
SELECT is((SELECT count(*) FROM rui.count_people(:one, month => '2026-01-01') WHERE is_suppressed), 0::bigint, 'and three are enough');
SELECT * FROM finish();
ROLLBACK;
