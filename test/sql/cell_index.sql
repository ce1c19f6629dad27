-- cell: containment as a condition of an index, on all levels and at all borders, and what the planner makes of it.
\set VERBOSITY default
SET client_min_messages = warning;
CREATE SCHEMA cell_index_test;
SET search_path = cell_index_test, rui, public;

-- The corners of the faces and places beside them, on every level, twice; and nothing.
CREATE TABLE square AS
SELECT row_number() OVER () AS id, n AS tenant, c FROM (
	SELECT n, cell(lon, lat, level) AS c FROM unnest('{-180,-179.9999999999,-90,-0.0000000001,0,0.0000000001,118.78,179.9999999999}'::float8[]) AS lon,
		unnest('{-90,-89.9999999999,-0.0000000001,0,32.04,89.9999999999}'::float8[]) AS lat, generate_series(0, 30) AS level, generate_series(1, 2) AS n
	UNION ALL SELECT n, NULL FROM generate_series(1, 2) AS n) AS s;
CREATE INDEX square_c ON square (c);
CREATE INDEX square_tenant_c ON square (tenant, c);
ANALYZE square;
CREATE TABLE outer_cell AS SELECT DISTINCT c FROM square;
SELECT count(*) AS squares, count(DISTINCT cell_level(c)) AS levels, count(DISTINCT c) AS cells FROM square;
-- Without any index: the text of an ancestor is a prefix.
CREATE TABLE truth AS SELECT o.c, count(*) AS n, sum(s.id) AS ids FROM outer_cell AS o JOIN square AS s ON starts_with(s.c::text, o.c::text) GROUP BY o.c;

SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET enable_material = off;
SET max_parallel_workers_per_gather = 0;

-- What an index is asked for.
CREATE FUNCTION index_conditions(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN QUERY SELECT v #>> '{}' FROM jsonb_path_query(plan, 'strict $.**."Index Cond"') AS v;
	IF NOT FOUND THEN
		RETURN NEXT 'no index';
	END IF;
END
$$;
-- Every form of the condition is one range of an index.
SELECT index_conditions($$SELECT id FROM square WHERE c <@ '1/03'$$);
SELECT index_conditions($$SELECT id FROM square WHERE '1/03' @> c$$);
SELECT index_conditions($$SELECT id FROM square WHERE cell_contained(c, '1/03')$$);
SELECT index_conditions($$SELECT id FROM square WHERE tenant = 2 AND c <@ '1/03' ORDER BY c$$);
SELECT index_conditions($$SELECT id FROM square WHERE c <@ cell_parent(cell(118.78, 32.04, 20), (extract(year FROM now())::int - 2000) / 10)$$);
SELECT index_conditions($$SELECT count(*) FROM outer_cell AS o, LATERAL (SELECT id FROM square AS s WHERE s.c <@ o.c OFFSET 0) AS i$$);
SET plan_cache_mode = force_generic_plan;
PREPARE within(cell) AS SELECT count(*), sum(id) FROM square WHERE c <@ $1;
PREPARE around(cell, integer) AS SELECT count(*), sum(id) FROM square WHERE cell_parent($1, $2) @> c;
SELECT index_conditions($$EXECUTE within('1/03')$$);
SELECT index_conditions($$EXECUTE around('1/0312', 2)$$);
EXECUTE within('1/');
EXECUTE within('1/2020210303');
EXECUTE within(NULL);
EXECUTE around('1/2020210303', 0);
EXECUTE around('1/2020210303', NULL);
-- What changes with every row is no condition of an index, and nobody asks one for ancestors.
SELECT index_conditions($$SELECT id FROM square WHERE c <@ cell(random(), 0, 5)$$);
SELECT index_conditions($$SELECT id FROM square WHERE c @> '1/03'$$);

-- Equal results: by constants in generic plans, by parameters from another table, by expressions.
CREATE FUNCTION ask(cell, OUT n bigint, OUT ids numeric) LANGUAGE plpgsql AS 'BEGIN SELECT count(*), sum(id) INTO n, ids FROM square WHERE c <@ $1; END';
SELECT count(*) AS cells, count(*) FILTER (WHERE (a.n, a.ids) IS DISTINCT FROM (t.n, t.ids)) AS generic_wrong FROM truth AS t, ask(t.c) AS a;
RESET plan_cache_mode;
SELECT index_conditions($$SELECT o.c, s.id FROM outer_cell AS o JOIN square AS s ON s.c <@ o.c$$);
CREATE FUNCTION compare(OUT joined_wrong bigint, OUT turned_wrong bigint, OUT expression_wrong bigint, OUT constant_wrong bigint) LANGUAGE plpgsql AS $$
DECLARE
	t record;
	wrong boolean;
BEGIN
	SELECT count(*) INTO joined_wrong FROM truth FULL JOIN (SELECT o.c, count(*) AS n, sum(s.id) AS ids FROM outer_cell AS o JOIN square AS s ON s.c <@ o.c GROUP BY o.c) AS a
		USING (c, n, ids) WHERE truth IS NULL OR a IS NULL;
	SELECT count(*) INTO turned_wrong FROM truth FULL JOIN (SELECT o.c, count(*) AS n, sum(s.id) AS ids FROM outer_cell AS o JOIN square AS s ON cell_contains(o.c, s.c) GROUP BY o.c) AS a
		USING (c, n, ids) WHERE truth IS NULL OR a IS NULL;
	SELECT count(*) INTO expression_wrong FROM truth FULL JOIN (SELECT o.c, count(*) AS n, sum(s.id) AS ids FROM outer_cell AS o JOIN square AS s ON s.c <@ cell_parent(o.c, cell_level(o.c)) GROUP BY o.c) AS a
		USING (c, n, ids) WHERE truth IS NULL OR a IS NULL;
	constant_wrong := 0;
	FOR t IN SELECT * FROM truth WHERE cell_level(c) % 6 IN (0, 1) LOOP
		EXECUTE format('SELECT (count(*), sum(id)) IS DISTINCT FROM (%s::bigint, %s::numeric) FROM square WHERE c <@ %L', t.n, t.ids, t.c) INTO wrong;
		constant_wrong := constant_wrong + wrong::integer;
	END LOOP;
END
$$;
SELECT * FROM compare();
-- The same by BRIN alone, on rows in and out of order.
SET enable_bitmapscan = on;
DROP INDEX square_c, square_tenant_c;
CREATE INDEX square_brin ON square USING brin (c) WITH (pages_per_range = 1);
SELECT index_conditions($$SELECT count(*) FROM square WHERE c <@ '1/03'$$);
SELECT * FROM compare();
-- A hash index has no ranges; an order that runs backward has.
DROP INDEX square_brin;
CREATE INDEX square_hash ON square USING hash (c);
SELECT index_conditions($$SELECT id FROM square WHERE c <@ '1/03'$$);
DROP INDEX square_hash;
CREATE FUNCTION backward_cmp(cell, cell) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT rui.cell_cmp($2, $1)';
CREATE OPERATOR CLASS backward_ops FOR TYPE cell USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 backward_cmp(cell, cell);
CREATE INDEX square_backward ON square (c backward_ops);
SET enable_bitmapscan = off;
SELECT index_conditions($$SELECT id FROM square WHERE c <@ '1/03'$$);
SELECT * FROM compare();
DROP OPERATOR CLASS backward_ops USING btree CASCADE;

-- Under row security, too: containment leaks nothing.
CREATE INDEX square_c ON square (c);
ALTER TABLE square ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON square USING (tenant = 1);
CREATE ROLE regress_cell_reader;
GRANT rui_user TO regress_cell_reader;
GRANT USAGE ON SCHEMA cell_index_test TO regress_cell_reader;
GRANT SELECT ON square TO regress_cell_reader;
SET ROLE regress_cell_reader;
SELECT index_conditions($$SELECT id FROM square WHERE c <@ '1/03'$$);
SELECT count(*) FROM square WHERE c <@ '1/03';
RESET ROLE;
ALTER TABLE square DISABLE ROW LEVEL SECURITY;
SELECT count(*) FROM square WHERE c <@ '1/03';
DROP OWNED BY regress_cell_reader;
DROP ROLE regress_cell_reader;
RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_material;

-- How many rows are expected, beside how many there are.
CREATE FUNCTION expected(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan #>> '{0,Plan,Plan Rows}';
END
$$;
CREATE TABLE even AS SELECT cell(i * 1.79, j * 1.79 - 89, 30) AS c FROM generate_series(0, 99) AS i, generate_series(0, 99) AS j;
CREATE TABLE few AS SELECT CASE WHEN i % 10 > 0 THEN cell(i % 5 * 20, 10, 3 + i % 3) END AS c FROM generate_series(1, 10000) AS i;
CREATE TABLE cover AS SELECT c FROM cells_covering(ST_MakeEnvelope(20, -60, 160, 60, 4326), 6) AS c;
CREATE TABLE unknown WITH (autovacuum_enabled = off) AS SELECT c FROM even LIMIT 1000;
ANALYZE even, few, cover;
CREATE FUNCTION within_factor(query text, factor numeric, OUT rows bigint, OUT expected numeric, OUT is_near boolean) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT count(*) FROM (%s) AS q', query) INTO rows;
	expected := greatest(expected(query), 1);
	is_near := greatest(rows, 1) <= factor * expected AND expected <= factor * greatest(rows, 1);
END
$$;
SELECT q, rows, is_near FROM unnest(ARRAY[
	$$SELECT FROM even WHERE c <@ '1/'$$, $$SELECT FROM even WHERE c <@ '0/'$$, $$SELECT FROM even WHERE '1/0' @> c$$,
	$$SELECT FROM even WHERE c <@ cell(40, 40, 2)$$, $$SELECT FROM even WHERE c <@ cell(40, 40, 4)$$, $$SELECT FROM even WHERE c <@ cell(90, -40, 5)$$, $$SELECT FROM even WHERE c <@ cell(40, 40, 9)$$,
	$$SELECT FROM even WHERE cell_contained(c, cell(1, 40, 4))$$, $$SELECT FROM even WHERE cell_contains(cell(1, 40, 6), c)$$,
	$$SELECT FROM even WHERE c <@ NULL$$, $$SELECT FROM even WHERE c @> cell(1, 40, 30)$$,
	$$SELECT FROM few WHERE c <@ '1/'$$, $$SELECT FROM few WHERE c <@ cell(20, 10, 3)$$, $$SELECT FROM few WHERE c @> cell(20, 10, 9)$$, $$SELECT FROM few WHERE c @> cell(1, 80, 9)$$,
	$$SELECT FROM even JOIN cover ON even.c <@ cover.c$$, $$SELECT FROM even JOIN few ON cell_contains(few.c, even.c)$$,
	$$SELECT FROM even WHERE EXISTS (SELECT FROM cover WHERE even.c <@ cover.c)$$, $$SELECT FROM few WHERE NOT EXISTS (SELECT FROM even WHERE few.c <@ even.c)$$
]) AS q, within_factor(q, 2);
-- Where nothing is known: a thousandth.
SELECT expected('SELECT FROM unknown WHERE c <@ ''1/''') AS unknown, expected('SELECT FROM even WHERE c <@ (SELECT ''1/''::cell)') AS parameter;
