-- Optimal assignment of tasks to workers of limited capacity.

CREATE TYPE rui.assignment AS (task bigint, worker bigint, cost float8);
COMMENT ON TYPE rui.assignment IS
'One task of an assignment: the task, the worker who takes it and the cost of that pair as given; worker and cost are null where the task stays unassigned.';

CREATE FUNCTION rui._assign_step(internal, bigint, bigint, float8, int) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__assign_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION rui._assign_step(internal, bigint, bigint, float8, int) IS
'Internal: takes one row of rui.assign(task, worker, cost, capacity).';

CREATE FUNCTION rui._assign_step(internal, bigint, bigint, float8, int, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__assign_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION rui._assign_step(internal, bigint, bigint, float8, int, float8) IS
'Internal: takes one row of rui.assign(task, worker, cost, capacity, penalty).';

CREATE FUNCTION rui._assign_step(internal, bigint, bigint, float8, int, float8, float8) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__assign_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION rui._assign_step(internal, bigint, bigint, float8, int, float8, float8) IS
'Internal: takes one row of rui.assign(task, worker, cost, capacity, penalty, load_cost).';

CREATE FUNCTION rui._assign_result(internal) RETURNS rui.assignment[]
AS 'MODULE_PATHNAME', 'rui__assign_result' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._assign_result(internal) IS 'Internal: solves the rows that rui.assign collected.';

CREATE AGGREGATE rui.assign(task bigint, worker bigint, cost float8, capacity int) (
	SFUNC = rui._assign_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._assign_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.assign(bigint, bigint, float8, int) IS
'Assigns as many tasks as possible to workers, at the least total cost. Each input row is a pair that is possible: task, worker, cost of the pair (any finite number, in any one unit), capacity (the most tasks that worker takes, 0 or more, the same in all rows of the worker). A row with worker, cost and capacity null registers a task without candidates. Returns rui.assignment[]: one row for each task, ascending, worker and cost null where it stays unassigned; an empty array for no rows. Exact for costs that are multiples of 2^-20 up to 2^31 in size; others are rounded to 2^-20 for the comparison. The result does not depend on the order of the rows. Memory: at most about 60 bytes for each pair (message DEBUG1 says how much), and no more than the setting rui.assign_memory. Errors: 22004 null task, or null cost or capacity beside a worker; 22023 NaN, infinity, negative capacity, a pair given twice, differing capacities of one worker, cost or capacity without worker; 22003 sums of costs that may not fit in 64 bits; 54000 more than 20 million tasks, or more memory than rui.assign_memory. Method: successive shortest paths with prices (Ahuja, Magnanti, Orlin: Network Flows, 1993).';

CREATE AGGREGATE rui.assign(task bigint, worker bigint, cost float8, capacity int, penalty float8) (
	SFUNC = rui._assign_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._assign_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.assign(bigint, bigint, float8, int, float8) IS
'Like rui.assign(task, worker, cost, capacity), but a task may stay unassigned at its penalty (in the unit of the costs, not null, the same in all rows of the task, also in one without worker): the sum of the costs of the pairs taken and of the penalties of the unassigned tasks is least. A pair that costs more than the penalty is never taken. Further errors: 22004 null penalty; 22023 penalty NaN or infinite, differing penalties of one task.';

CREATE AGGREGATE rui.assign(task bigint, worker bigint, cost float8, capacity int, penalty float8, load_cost float8) (
	SFUNC = rui._assign_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._assign_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.assign(bigint, bigint, float8, int, float8, float8) IS
'Like rui.assign(task, worker, cost, capacity, penalty), plus load_cost * (k - 1) for the k-th task of a worker (in the unit of the costs, 0 or more, the same in all rows of the worker; not read where worker is null): work spreads over the workers. The cost in the result is that of the pair alone. Further errors: 22004 null load_cost beside a worker; 22023 load_cost NaN, infinite, negative or differing within one worker.';

CREATE TYPE rui.worker_price AS (worker bigint, price float8, load int);
COMMENT ON TYPE rui.worker_price IS
'One worker of an assignment: the price of a place with him, in the unit of the costs, and how many tasks he takes. The price is what taking one of his tasks off him would save at least, and what one place more would save at most; 0 where he has a place to spare and no load cost, and where his capacity is 0.';

CREATE TYPE rui.priced_assignment AS (tasks rui.assignment[], workers rui.worker_price[]);
COMMENT ON TYPE rui.priced_assignment IS
'What rui.assign_priced found. tasks: the assignment, ascending by task. workers: their prices, ascending by worker.';

CREATE FUNCTION rui._assign_priced_result(internal) RETURNS rui.priced_assignment
AS 'MODULE_PATHNAME', 'rui__assign_priced_result' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._assign_priced_result(internal) IS 'Internal: solves the rows that rui.assign_priced collected.';

CREATE AGGREGATE rui.assign_priced(task bigint, worker bigint, cost float8, capacity int, penalty float8) (
	SFUNC = rui._assign_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._assign_priced_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.assign_priced(bigint, bigint, float8, int, float8) IS
'Like rui.assign(task, worker, cost, capacity, penalty), and tells the prices that prove the result best, as rui.priced_assignment: with them every task sits where cost plus price is least, or is left over where its penalty is less; nobody with a place to spare has a price. They show who is scarce, and are what a standing match goes on from. Errors: as rui.assign.';

CREATE AGGREGATE rui.assign_priced(task bigint, worker bigint, cost float8, capacity int, penalty float8, load_cost float8) (
	SFUNC = rui._assign_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._assign_priced_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.assign_priced(bigint, bigint, float8, int, float8, float8) IS
'Like rui.assign_priced(task, worker, cost, capacity, penalty), with load_cost as in rui.assign: with k tasks a price is at least load_cost * (k - 1), and at most load_cost * k where there is a place to spare.';

CREATE TYPE rui.assignment_check AS (feasible boolean, optimal boolean, tasks bigint, assigned bigint, objective float8, problem text);
COMMENT ON TYPE rui.assignment_check IS
'What rui.check_assignment found. feasible: no task has two workers, no worker more tasks than its capacity. optimal: feasible, and prices of the workers prove that nothing is better. tasks: how many there are. assigned: how many have a chosen pair. objective: the sum of the chosen costs, with load costs and with the penalties of unassigned tasks where these are given, exact in units of 2^-20, then rounded to float8. assigned and objective are null where not feasible. problem: null where optimal, else what is wrong: the first task or worker over its limit, or moves that together are better and by how much (cut at 500 bytes).';

CREATE FUNCTION rui._check_assignment_step(internal, bigint, bigint, float8, int, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__check_assignment_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION rui._check_assignment_step(internal, bigint, bigint, float8, int, float8, boolean) IS
'Internal: takes one row of rui.check_assignment(task, worker, cost, capacity, penalty, chosen).';

CREATE FUNCTION rui._check_assignment_step(internal, bigint, bigint, float8, int, float8, float8, boolean) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__check_assignment_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION rui._check_assignment_step(internal, bigint, bigint, float8, int, float8, float8, boolean) IS
'Internal: takes one row of rui.check_assignment(task, worker, cost, capacity, penalty, load_cost, chosen).';

CREATE FUNCTION rui._check_assignment_result(internal) RETURNS rui.assignment_check
AS 'MODULE_PATHNAME', 'rui__check_assignment_result' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000;
COMMENT ON FUNCTION rui._check_assignment_result(internal) IS 'Internal: judges the rows that rui.check_assignment collected.';

CREATE AGGREGATE rui.check_assignment(task bigint, worker bigint, cost float8, capacity int, penalty float8, chosen boolean) (
	SFUNC = rui._check_assignment_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._check_assignment_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.check_assignment(bigint, bigint, float8, int, float8, boolean) IS
'Judges an assignment, by whatever means it was made: the rows of rui.assign, all of them, each with chosen = true where its pair is taken (null is false; ignored in a row without worker). penalty null in all rows: the most tasks must be assigned, then the sum of costs be least, as in rui.assign(task, worker, cost, capacity); else as in rui.assign(task, worker, cost, capacity, penalty). Returns rui.assignment_check (feasible, optimal, tasks, assigned, objective, problem). Optimality is shown by prices that satisfy linear programming duality, found as longest paths (Bellman and Ford), not by solving again. Errors: those of rui.assign; 22023 penalty null in some rows only; sums cannot overflow.';

CREATE AGGREGATE rui.check_assignment(task bigint, worker bigint, cost float8, capacity int, penalty float8, load_cost float8, chosen boolean) (
	SFUNC = rui._check_assignment_step,
	STYPE = internal,
	SSPACE = 100000,
	FINALFUNC = rui._check_assignment_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.check_assignment(bigint, bigint, float8, int, float8, float8, boolean) IS
'Like rui.check_assignment(task, worker, cost, capacity, penalty, chosen), for rui.assign(task, worker, cost, capacity, penalty, load_cost); penalty must not be null (22004).';
