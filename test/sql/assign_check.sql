-- rui.check_assignment: is an assignment feasible, what does it cost, is it optimal?
\pset null '-'
CREATE TEMP TABLE pair (task bigint, worker bigint, cost float8, capacity int, penalty float8, chosen boolean);
INSERT INTO pair VALUES
	(1, 1, 4, 2, 20, true), (1, 2, 1, 1, 20, false),
	(2, 1, 2, 2, 20, true), (2, 2, 0, 1, 20, null),
	(3, 1, 3, 2, 20, false), (3, 2, 2, 1, 20, true);

-- An exchange of two tasks saves something; after it nothing does.
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, chosen)).* FROM pair) AS c;
UPDATE pair SET chosen = worker = CASE task WHEN 1 THEN 2 ELSE 1 END;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, chosen)).* FROM pair) AS c;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, null, chosen)).* FROM pair) AS c;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, 1, chosen)).* FROM pair) AS c;

-- A task that could be served, one that should not, one that no rule lets out.
UPDATE pair SET chosen = false WHERE task = 3;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, null, chosen)).* FROM pair) AS c;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, chosen)).* FROM pair) AS c;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty * 0.125, chosen)).* FROM pair) AS c;
INSERT INTO pair (task, penalty, chosen) VALUES (8, 5, true);
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, chosen)).* FROM pair) AS c;

-- Not feasible.
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, true)).* FROM pair) AS c;
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, worker = 2)).* FROM pair) AS c;

-- Nothing to do.
SELECT c.* FROM (SELECT (rui.check_assignment(task, worker, cost, capacity, penalty, chosen)).* FROM pair WHERE false) AS c;

-- What rui.assign returns is optimal: all three forms, on instances of some size.
CREATE TEMP TABLE large AS
SELECT t AS task, w AS worker, abs(hashint8(t * 1000 + w)) % 5000 / 8.0 AS cost,
	abs(hashint8(w)) % 5 AS capacity, (100 + abs(hashint8(t)) % 4000) / 4.0 AS penalty
FROM generate_series(1, 1200) AS t, LATERAL (
	SELECT DISTINCT abs(hashint8(t * 77 + i)) % 400 AS w FROM generate_series(1, t % 14) AS i) AS w
UNION ALL SELECT t, NULL, NULL, NULL, (100 + abs(hashint8(t)) % 4000) / 4.0 FROM generate_series(1, 1200) AS t;
WITH made AS (SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity) FROM large)) AS a)
SELECT (rui.check_assignment(l.task, l.worker, l.cost, l.capacity, NULL, l.worker = m.worker)).*
FROM large l JOIN made m USING (task);
WITH made AS (SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity, penalty) FROM large)) AS a)
SELECT (rui.check_assignment(l.task, l.worker, l.cost, l.capacity, l.penalty, l.worker = m.worker)).*
FROM large l JOIN made m USING (task);
WITH made AS (SELECT a.* FROM unnest((SELECT rui.assign(task, worker, cost, capacity, penalty, 16.25) FROM large)) AS a)
SELECT (rui.check_assignment(l.task, l.worker, l.cost, l.capacity, l.penalty, 16.25, l.worker = m.worker)).*
FROM large l JOIN made m USING (task);

-- What it refuses.
SELECT rui.check_assignment(null, 1, 1, 1, 1, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, null, 1, 1, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, 1, null, 1, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, 1, 1, 1, null, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, 1, 1, null, 1, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, null, 1, null, 1, true);
\echo :SQLSTATE
SELECT rui.check_assignment(1, w, 1, 1, nullif(w, 2), true) FROM generate_series(1, 2) AS w;
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, 1, 1, 1, false) FROM generate_series(1, 2);
\echo :SQLSTATE
SELECT rui.check_assignment(1, 1, 'NaN', 1, 1, false);
\echo :SQLSTATE
