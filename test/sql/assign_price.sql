-- rui.assign_priced: the assignment with the prices that prove it.
\pset null '-'
CREATE TEMP TABLE pair (task bigint, worker bigint, cost float8, capacity int, penalty float8, load_cost float8);

-- One place for three tasks: its price is what the second best would pay for it.
INSERT INTO pair VALUES (1, 1, 10, 1, 30), (2, 1, 10, 1, 80), (3, 1, 500, 1, 100), (4, null, null, null, 7), (5, 2, 3, 2, 9), (6, 3, 3, 0, 9);
SELECT a.* FROM unnest((SELECT (rui.assign_priced(task, worker, cost, capacity, penalty)).tasks FROM pair)) AS a;
SELECT p.* FROM unnest((SELECT (rui.assign_priced(task, worker, cost, capacity, penalty)).workers FROM pair)) AS p;

-- No rows.
SELECT rui.assign_priced(task, worker, cost, capacity, penalty) FROM pair WHERE false;
SELECT rui.assign_priced(task, worker, cost, capacity, penalty) FROM pair WHERE worker IS NULL;

-- With load costs.
TRUNCATE pair;
INSERT INTO pair SELECT t, w, w, 9, 100, 0.75 FROM generate_series(1, 4) AS t, generate_series(1, 2) AS w;
SELECT p.* FROM unnest((SELECT (rui.assign_priced(task, worker, cost, capacity, penalty, load_cost)).workers FROM pair)) AS p;

-- Both halves are the same solution as rui.assign's, and the prices prove it:
-- no pair is better, no task worse than left over, no idle place has a price.
TRUNCATE pair;
INSERT INTO pair
SELECT t, w, abs(hashint8(t * 1000 + w)) % 1000, 1 + w % 3, 400 + abs(hashint8(-t)) % 900, 0.5 * (w % 4)
FROM generate_series(1, 300) AS t, generate_series(1, 80) AS w WHERE abs(hashint8(w * 5000 + t)) % 100 < 12;
WITH solved AS MATERIALIZED (
	SELECT s.tasks, s.workers FROM (SELECT (rui.assign_priced(task, worker, cost, capacity, penalty, load_cost)).* FROM pair) AS s
), seat AS (
	SELECT a.task, a.worker, a.cost FROM solved, unnest(solved.tasks) AS a
), price AS (
	SELECT p.worker, p.price, p.load FROM solved, unnest(solved.workers) AS p
)
SELECT (SELECT solved.tasks = (SELECT rui.assign(task, worker, cost, capacity, penalty, load_cost) FROM pair) FROM solved) AS same,
	count(*) FILTER (WHERE c.cost + p.price < least(c.penalty, s.cost + h.price)) AS better_pairs,
	count(*) FILTER (WHERE s.cost + h.price > c.penalty) AS better_left_over,
	count(*) FILTER (WHERE p.load < c.capacity AND p.price > c.load_cost * p.load) AS idle_at_a_price,
	count(*) FILTER (WHERE p.load > 0 AND p.price < c.load_cost * (p.load - 1)) AS too_cheap,
	(SELECT count(*) FROM price WHERE price.price > 0) > 20 AS there_are_prices,
	(SELECT count(*) FROM price WHERE price.load <> (SELECT count(*) FROM seat WHERE seat.worker = price.worker)) AS wrong_loads
FROM pair c
JOIN price p USING (worker)
JOIN seat s ON s.task = c.task
LEFT JOIN price h ON h.worker = s.worker;

-- What it refuses.
SELECT rui.assign_priced(1, 1, 1, 1, null);
\echo :SQLSTATE
SELECT rui.assign_priced(1, 1, 'NaN', 1, 1);
\echo :SQLSTATE
