-- Statistics: intervals, shrinkage, agreement, queues; alone and in parallel.
SET search_path = pg_catalog, rui;
SET extra_float_digits = 0;

-- Newcombe, Statistics in Medicine 17 (1998): 81/263, 15/148, 0/20, 1/29.
SELECT n, k, round(wilson_low(g <= k)::numeric, 4) AS low, round(wilson_high(g <= k)::numeric, 4) AS high,
	round(wilson_low(g <= k, 2.5758)::numeric, 4) AS low_99, round(wilson_high(g <= k, 0)::numeric, 4) AS share
FROM (VALUES (263, 81), (148, 15), (20, 0), (29, 1)) x (n, k), generate_series(1, n) g GROUP BY n, k ORDER BY n DESC;
SELECT wilson_low(b) IS NULL AS no_low, wilson_high(b) IS NULL AS no_high FROM (VALUES (NULL::boolean)) x (b);
SELECT wilson_low(true, g) FROM generate_series(1, 2) g;
SELECT wilson_low(true, -1);
SELECT wilson_low(true, 'NaN');

-- (22.5 + 3.5 × 10) / 16, and 3.75 ± 1.96 × s / sqrt(6).
SELECT shrunk_mean(v, 3.5, 10), shrunk_mean(v, 3.5, 0) AS plain,
	round((shrunk_low(v, 3.5, 0) - (avg(v) - 1.959963984540054 * stddev_samp(v) / sqrt(6)))::numeric, 12) AS low_differs,
	round((shrunk_high(v, 3.5, 10) - (57.5 / 16 + 1.959963984540054 * stddev_samp(v) / 4))::numeric, 12) AS high_differs
FROM unnest(ARRAY[4, 5, 3, 5, 1, 4.5]::float8[]) v;
SELECT shrunk_mean(v, 3.5, 10) AS prior, shrunk_low(v, 3.5, 10) AS low FROM (VALUES (NULL::float8)) x (v);
SELECT shrunk_mean(v, 3.5, 0) AS nothing, shrunk_mean(v, NULL, 1) AS no_prior FROM (VALUES (NULL::float8)) x (v);
SELECT shrunk_mean(1, g, 1) FROM generate_series(1, 2) g;
SELECT shrunk_mean(1, 1, g) FROM generate_series(1, 2) g;
SELECT shrunk_mean(1, 1, -1);
SELECT shrunk_mean('Infinity', 1, 1);

-- 50 grants, two readers: 0.4.
CREATE TEMP TABLE rating AS
SELECT a, b FROM (VALUES (1, 1, 20), (1, 0, 5), (0, 1, 10), (0, 0, 15), (1, NULL, 3)) x (a, b, n), generate_series(1, n);
SELECT kappa(a, b), kappa(b, a) AS swapped, kappa(a, a) AS full, kappa(1, 1) AS undefined FROM rating;
SELECT kappa(a, b) IS NULL AS none, weighted_kappa(a, b) IS NULL AS none_weighted FROM rating WHERE b IS NULL;
SELECT kappa(g, g) FROM generate_series(1, 10001) g;
-- By the definition, over all pairs of one rating of each.
CREATE TEMP TABLE grade AS SELECT g, g * 7 % 5 AS a, (g * 7 % 5 + g % 3 + 4) % 5 AS b FROM generate_series(1, 200) g;
SELECT round(weighted_kappa(a, b)::numeric, 12) AS weighted,
	round((weighted_kappa(a, b) - (1 - 200 * sum((a - b) ^ 2) / (SELECT sum((x.a - y.b) ^ 2) FROM grade x, grade y)))::numeric, 12) AS differs
FROM grade;
SELECT weighted_kappa(2147483647, -2147483648) FROM generate_series(1, 2);

-- Whatever the way rows are split, the results are the same.
CREATE TABLE public.sample (id int, hit boolean, v float8, a int, b int);
INSERT INTO public.sample
SELECT g, g % 7 < 3, g % 13, g % 5, (g / 3) % 5 FROM generate_series(1, 20000) g;
ANALYZE public.sample;
PREPARE results AS
SELECT array_agg(round(x::numeric, 10)) AS values FROM (
	SELECT ARRAY[wilson_low(hit), wilson_high(hit, 2), shrunk_mean(v, 5, 20), shrunk_low(v, 5, 20),
		shrunk_high(v, 5, 20), kappa(a, b), weighted_kappa(a, b)] AS xs FROM public.sample) y, unnest(xs) x;
EXECUTE results;
SET max_parallel_workers_per_gather = 2;
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
DISCARD PLANS;
EXPLAIN (COSTS OFF) SELECT wilson_low(hit), kappa(a, b), shrunk_low(v, 5, 20), weighted_kappa(a, b) FROM public.sample;
EXECUTE results;
RESET max_parallel_workers_per_gather;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
DROP TABLE public.sample;

-- As a window, the state must not be shared between rows.
SELECT g, round(wilson_low(g <> 2) OVER (ORDER BY g)::numeric, 4) AS low, shrunk_mean(g, 0, 1) OVER (ORDER BY g) AS shrunk,
	round(kappa(g % 2, g / 2) OVER (ORDER BY g)::numeric, 4) AS kappa
FROM generate_series(1, 4) g;

-- A state given by hand is checked.
SELECT _wilson_low('{1,2}');
SELECT _kappa('{1,2}');
SELECT _wilson_add('{{1},{2},{3}}', true);
SELECT _weighted_kappa_add('{1,2,3,4,NULL}', 1, 1);

-- Queues: 10 erlangs and 14 agents.
SELECT round(erlang_c(200, 180, 14)::numeric, 4) AS waiting, agents_needed(200, 180, 0.8, 20),
	erlang_c(200, 180, 10) AS overloaded, agents_needed(0, 180, 0.8, 20) AS none;
-- Fewer would not do, more are not needed.
SELECT count(*) AS wrong FROM generate_series(10, 990, 70) calls, unnest(ARRAY[0.5, 0.8, 0.95]) share,
	agents_needed(calls, 240, share, 15) n
WHERE 1 - erlang_c(calls, 240, n) * exp(-(n - calls / 15.0) * 15 / 240) < share
	OR (n - 1 > calls / 15.0 AND 1 - erlang_c(calls, 240, n - 1) * exp(-(n - 1 - calls / 15.0) * 15 / 240) >= share);
SELECT erlang_c(-1, 180, 14);
SELECT erlang_c(200, 180, -1);
SELECT erlang_c(1e9, 180, 14);
SELECT agents_needed(200, 180, 1, 20);
