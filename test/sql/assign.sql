-- rui.assign: optimal assignment of tasks to workers.
\pset null '-'
CREATE TEMP TABLE pair (task bigint, worker bigint, cost float8, capacity int, penalty float8, load_cost float8);

-- As many tasks as possible first: worker 1 is best for both, one must go to worker 2.
INSERT INTO pair VALUES (1, 1, 1, 1), (2, 1, 2, 1), (1, 2, 50, 1);
SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity) FROM pair)) AS a;

-- Among assignments of all tasks the cheapest; capacities count.
TRUNCATE pair;
INSERT INTO pair VALUES (1, 1, 4, 2), (1, 2, 1, 1), (2, 1, 2, 2), (2, 2, 0, 1), (3, 1, 3, 2), (3, 2, 2, 1);
SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity) FROM pair)) AS a;

-- A task without candidates, registered by a null worker; harmless beside pairs.
INSERT INTO pair (task) VALUES (9), (1), (-5), (9);
SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity) FROM pair)) AS a;

-- A worker with capacity 0 takes nothing, a task that finds no room stays.
SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, 0) FROM pair WHERE worker = 2)) AS a;

-- The order of the rows and of equal costs does not matter.
WITH equal AS (SELECT t, w FROM generate_series(1, 6) AS t, generate_series(1, 6) AS w)
SELECT (SELECT rui.assign(t, w, 1, 1 ORDER BY t, w) FROM equal)
	= ALL (SELECT rui.assign(t, w, 1, 1 ORDER BY hashint8(t * 10 + w + k)) FROM equal, generate_series(1, 5) AS k GROUP BY k) AS same;

-- No rows: an empty array. Costs come back as given.
SELECT rui.assign(task, worker, cost, capacity) FROM pair WHERE false;
SELECT rui.assign(1, 1, 0.1, 1), rui.assign(1, 1, -1e6, 2147483647);

-- With a penalty a task may stay where that is cheaper; the dear one gets the only place.
TRUNCATE pair;
INSERT INTO pair VALUES (1, 1, 10, 1, 30), (2, 1, 10, 1, 80), (3, 1, 500, 1, 100), (4, null, null, null, 7);
SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity, penalty) FROM pair)) AS a;

-- A load cost spreads work: without it worker 1 takes all.
TRUNCATE pair;
INSERT INTO pair SELECT t, w, w, 9, 100, 0.75 FROM generate_series(1, 4) AS t, generate_series(1, 2) AS w;
SELECT a.worker, count(*) FROM unnest((SELECT rui.assign(task, worker, cost, capacity, penalty) FROM pair)) AS a GROUP BY 1 ORDER BY 1;
SELECT a.worker, count(*) FROM unnest((SELECT rui.assign(task, worker, cost, capacity, penalty, load_cost) FROM pair)) AS a GROUP BY 1 ORDER BY 1;

-- One problem for each group, and as a window.
SELECT g, (rui.assign(task, worker, cost * g, capacity))[1] FROM pair, generate_series(1, 2) AS g GROUP BY g ORDER BY g;
SELECT task, cardinality(rui.assign(task, worker, cost, capacity) OVER (ORDER BY task)) FROM pair WHERE worker = 1 ORDER BY task;

-- What it refuses.
SELECT rui.assign(null, 1, 1, 1);
\echo :SQLSTATE
SELECT rui.assign(1, 1, null, 1);
\echo :SQLSTATE
SELECT rui.assign(1, 1, 1, null);
\echo :SQLSTATE
SELECT rui.assign(1, null, 1, null);
\echo :SQLSTATE
SELECT rui.assign(1, null, null, 1);
\echo :SQLSTATE
SELECT rui.assign(1, 1, 1, 1, null);
\echo :SQLSTATE
SELECT rui.assign(1, null, null, null, null);
\echo :SQLSTATE
SELECT rui.assign(1, 1, 1, 1, 1, null);
\echo :SQLSTATE
SELECT rui.assign(7, 3, 'NaN', 1);
\echo :SQLSTATE
SELECT rui.assign(7, 3, '-Infinity', 1);
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1, 1, 'Infinity');
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1, 1, 1, 'NaN');
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1e300, 1);
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1, -1);
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1, 1, 1, -0.5);
\echo :SQLSTATE
SELECT rui.assign(t, 3, 1, t) FROM generate_series(1, 2) AS t;
\echo :SQLSTATE
SELECT rui.assign(1, w, 1, 1, w) FROM generate_series(1, 2) AS w;
\echo :SQLSTATE
SELECT rui.assign(t, 3, 1, 1, 1, t) FROM generate_series(1, 2) AS t;
\echo :SQLSTATE
SELECT rui.assign(7, 3, i, 1) FROM generate_series(1, 2) AS i;
\echo :SQLSTATE
SELECT rui.assign(7, 3, 1, 0) FROM generate_series(1, 2) AS i;
\echo :SQLSTATE
SELECT rui.assign(t, w, 1e12 / (t + w), 1) FROM generate_series(1, 9) AS t, generate_series(1, 9) AS w;
\echo :SQLSTATE

-- Large whole numbers need no fraction bits.
SELECT sum(a.cost) FROM unnest((
	SELECT rui.assign(t, w, 2147483647 - (t * w) % 17, 1) FROM generate_series(1, 60) AS t, generate_series(1, 60) AS w)) AS a;

-- One worker and a million tasks: he takes all, or the best one.
SELECT count(a.worker), sum(a.cost) = 1000000 * 499.5 AS cost FROM unnest((SELECT rui.assign(t, 1, t % 1000, 1000000) FROM generate_series(1, 1000000) AS t)) AS a;
SELECT a.* FROM unnest((SELECT rui.assign(t, 1, 7 + t % 1000000, 1) FROM generate_series(1, 1000000) AS t)) AS a WHERE a.worker IS NOT NULL;

-- Memory is limited by a setting: while rows are collected, and before solving.
SET rui.assign_memory = '1MB';
\set VERBOSITY terse
SELECT cardinality(rui.assign(t, w, 1, 1)) FROM generate_series(1, 300) AS t, generate_series(1, 300) AS w;
\echo :SQLSTATE
SELECT cardinality(rui.assign(t, w, 1, 1)) FROM generate_series(1, 200) AS t, generate_series(1, 200) AS w;
\echo :SQLSTATE
SELECT (rui.check_assignment(t, w, 1, 1, 1, false)).feasible FROM generate_series(1, 300) AS t, generate_series(1, 300) AS w;
\echo :SQLSTATE
SELECT cardinality(rui.assign(t, w, 1, 1)) FROM generate_series(1, 30) AS t, generate_series(1, 30) AS w;
RESET rui.assign_memory;
\set VERBOSITY default
SELECT cardinality(rui.assign(t, w, 1, 1)) FROM generate_series(1, 300) AS t, generate_series(1, 300) AS w;
