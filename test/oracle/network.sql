-- distances against pgr_dijkstraCost of pgRouting, where that is installed:
-- towns of random streets, parallel ones, loops and parts that no way joins.
-- Prints a line a town and fails when one length differs.
\set QUIET on
SET client_min_messages = warning;
SELECT count(*) > 0 AS found FROM pg_available_extensions WHERE name = 'pgrouting' \gset
\if :found
CREATE SCHEMA oracle;
CREATE EXTENSION pgrouting SCHEMA oracle;
SET search_path = pg_temp, oracle, public, rui;
SELECT setseed(0.25) \g /dev/null
CREATE TEMP TABLE edge (town int, id bigint GENERATED ALWAYS AS IDENTITY, source bigint, target bigint, cost float8);
-- Lattices with gaps and shortcuts; lengths tie often, and some are 0.
INSERT INTO edge (town, source, target, cost)
SELECT t, n, n + CASE WHEN d THEN 1 ELSE 50 END, CASE WHEN random() < 0.3 THEN floor(random() * 4) ELSE random() * 100 END
FROM generate_series(1, 8) t, generate_series(1, 2500) n, unnest('{true,false}'::boolean[]) d
WHERE random() > 0.06 * t + 0 * n * d::int AND (n % 50 <> 0 OR NOT d);
INSERT INTO edge (town, source, target, cost)
SELECT t, 1 + floor(random() * 2550), 1 + floor(random() * 2550), random() * 2000 FROM generate_series(1, 8) t, generate_series(1, 60);
CREATE TEMP TABLE result (town int, pairs bigint, reached bigint, wrong bigint);
DO $$
DECLARE
	sources bigint[];
	targets bigint[];
BEGIN
	FOR t IN 1 .. 8 LOOP
		sources := ARRAY(SELECT DISTINCT 1 + floor(random() * 2500)::bigint FROM generate_series(1, 30 + 10 * t) ORDER BY 1);
		targets := ARRAY(SELECT DISTINCT 1 + floor(random() * 2500)::bigint FROM generate_series(1, 130 - 10 * t) ORDER BY 1);
		INSERT INTO result
		SELECT t, count(*), count(*) FILTER (WHERE u.ours < 'Infinity'),
			count(*) FILTER (WHERE (u.ours < 'Infinity') <> (p.agg_cost IS NOT NULL OR u.source = u.target)
				OR u.ours < 'Infinity' AND abs(u.ours - coalesce(p.agg_cost, 0)) > 1e-6)
		FROM (SELECT sources[1 + (d.no - 1) / cardinality(targets)] AS source, targets[1 + (d.no - 1) % cardinality(targets)] AS target, d.ours
			FROM unnest((SELECT rui.distances(e.source, e.target, e.cost, sources, targets) FROM edge e WHERE e.town = t)) WITH ORDINALITY AS d(ours, no)) u
		LEFT JOIN pgr_dijkstraCost(format('SELECT id, source, target, cost, cost AS reverse_cost FROM edge WHERE town = %s', t), sources, targets) p
			ON p.start_vid = u.source AND p.end_vid = u.target;
	END LOOP;
END
$$;
SELECT 'town', * FROM result ORDER BY town;
DO $$
BEGIN
	ASSERT (SELECT sum(pairs) > 30000 AND sum(pairs) - sum(reached) > 1000 FROM pg_temp.result), 'too few pairs, or all reached';
	ASSERT (SELECT sum(wrong) = 0 FROM pg_temp.result), 'distances and pgr_dijkstraCost differ';
END
$$;
DROP EXTENSION pgrouting;
DROP SCHEMA oracle;
\else
\echo skipped, there is no pgRouting
\endif
