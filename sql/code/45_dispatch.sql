-- The standing match of a project in tables of the platform (src/pg/dispatch_match.c).
-- Its statements know their rows by index; a plan made for tables that were
-- empty once, or for one kind of arguments, must not be made otherwise.

CREATE FUNCTION rui._match_change(project_id bigint, version bigint, load_cost float8, rebate float8, worker_ids bigint[],
	capacities integer[], fixeds integer[], gone_ids bigint[], task_ids bigint[], penalties float8[], are_offered boolean[],
	pair_counts integer[], party_ids bigint[], costs float8[]) RETURNS bigint[]
AS 'MODULE_PATHNAME', 'rui__match_change' LANGUAGE C VOLATILE PARALLEL UNSAFE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
COMMENT ON FUNCTION rui._match_change(bigint, bigint, float8, float8, bigint[], integer[], integer[], bigint[], bigint[], float8[], boolean[], integer[], bigint[], float8[]) IS
'Internal: changes the standing match of a project (rui.dispatch_price, dispatch_candidate, dispatch_plan) and makes it optimal again by shortest paths; writes what moved and the version, which must never have been given before. The caller holds the row of rui.dispatch_state. load_cost, rebate: weights load and move. worker_ids with capacities and fixeds (tasks of theirs that never move): who is other than before; capacity 0: takes no work. gone_ids: tasks that leave. task_ids with penalties, are_offered (whether the offer that rui.dispatch_plan knows still stands), pair_counts, and for all of them one after the other party_ids and costs (without load cost and rebate): tasks that come, or are other than before. Returns the tasks that came or changed, and those planned elsewhere than before. Errors: 55000 no standing match, 22003 a price that float8 does not hold, 22023.';

CREATE FUNCTION rui._match_apply(project_id bigint, version bigint, load_cost float8, rebate float8, task_ids bigint[], at timestamptz) RETURNS void
AS 'MODULE_PATHNAME', 'rui__match_apply' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off;
COMMENT ON FUNCTION rui._match_apply(bigint, bigint, float8, float8, bigint[], timestamptz) IS
'Internal: tasks of the standing match are from `at` on offered as rui.dispatch_plan plans them; the rebate for staying goes along, which keeps it optimal. The caller holds the row of rui.dispatch_state; version as in rui._match_change. Error 55000 no standing match.';
