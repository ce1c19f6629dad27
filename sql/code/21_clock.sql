-- Clocks that count working time against a target: a value and its moves.

CREATE TYPE rui.sla_clock;

CREATE FUNCTION rui.sla_clock_in(cstring) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_sla_clock_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.sla_clock_in(cstring) IS
'Reads the JSON text of a clock. Errors: 22P02 not JSON; 22023 a member that is missing, unknown, malformed or contradicts the others, with its name.';

CREATE FUNCTION rui.sla_clock_out(rui.sla_clock) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_sla_clock_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.sla_clock_out(rui.sla_clock) IS
'The canonical JSON text: instants of UTC, durations as PT1H30M; only the members that mean something in the state.';

CREATE FUNCTION rui.sla_clock_recv(internal) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_sla_clock_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.sla_clock_recv(internal) IS
'Reads the binary form: version, state (1 running, 2 paused, 3 stopped), ten 64-bit and one 32-bit integer. Checks all that sla_clock_in checks; error 22P03.';

CREATE FUNCTION rui.sla_clock_send(rui.sla_clock) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_sla_clock_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.sla_clock_send(rui.sla_clock) IS
'The binary form that sla_clock_recv reads.';

CREATE TYPE rui.sla_clock (
	INPUT = rui.sla_clock_in,
	OUTPUT = rui.sla_clock_out,
	RECEIVE = rui.sla_clock_recv,
	SEND = rui.sla_clock_send,
	INTERNALLENGTH = 88,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE rui.sla_clock IS
'A clock that counts working time against a target: state (running, paused, stopped), start of the cycle, changed_at (last move), target, elapsed (working time of the cycle at changed_at), due and breach while running, first_breached_at once breached, cycle (from 1) and the elapsed time of the ended cycles (first, sum, longest). 88 bytes. Made by clock_start, moved by clock_pause, clock_resume, clock_stop, clock_reopen, clock_retarget, clock_switch, folded from events by fold_clock. It does not hold its calendar: every move is given it.';

CREATE FUNCTION rui.sla_clock_eq(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_eq(rui.sla_clock, rui.sla_clock) IS
'Equal in every member?';

CREATE FUNCTION rui.sla_clock_ne(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_ne(rui.sla_clock, rui.sla_clock) IS
'Different in some member?';

CREATE FUNCTION rui.sla_clock_lt(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_lt(rui.sla_clock, rui.sla_clock) IS
'Before, by the members in order?';

CREATE FUNCTION rui.sla_clock_le(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_le(rui.sla_clock, rui.sla_clock) IS
'Before or equal, by the members in order?';

CREATE FUNCTION rui.sla_clock_gt(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_gt(rui.sla_clock, rui.sla_clock) IS
'After, by the members in order?';

CREATE FUNCTION rui.sla_clock_ge(rui.sla_clock, rui.sla_clock) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sla_clock_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_ge(rui.sla_clock, rui.sla_clock) IS
'After or equal, by the members in order?';

CREATE FUNCTION rui.sla_clock_cmp(rui.sla_clock, rui.sla_clock) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_sla_clock_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_cmp(rui.sla_clock, rui.sla_clock) IS
'-1, 0 or 1 by the members in order: start, changed_at, target, elapsed, due, breach, first_breached_at, first, sum, longest, cycle, state.';

CREATE FUNCTION rui.sla_clock_hash(rui.sla_clock) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_sla_clock_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_hash(rui.sla_clock) IS
'32-bit hash for hash indexes and joins.';

CREATE FUNCTION rui.sla_clock_hash_extended(rui.sla_clock, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_sla_clock_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.sla_clock_hash_extended(rui.sla_clock, bigint) IS
'64-bit seeded hash for hash partitioning.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR rui.= (rui.sla_clock, rui.sla_clock) IS 'equal in every member';
CREATE OPERATOR rui.<> (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.sla_clock, rui.sla_clock) IS 'different in some member';
CREATE OPERATOR rui.< (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_lt,
	COMMUTATOR = OPERATOR(rui.>), NEGATOR = OPERATOR(rui.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR rui.< (rui.sla_clock, rui.sla_clock) IS 'before by the members in order';
CREATE OPERATOR rui.<= (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_le,
	COMMUTATOR = OPERATOR(rui.>=), NEGATOR = OPERATOR(rui.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR rui.<= (rui.sla_clock, rui.sla_clock) IS 'before or equal by the members in order';
CREATE OPERATOR rui.> (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_gt,
	COMMUTATOR = OPERATOR(rui.<), NEGATOR = OPERATOR(rui.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR rui.> (rui.sla_clock, rui.sla_clock) IS 'after by the members in order';
CREATE OPERATOR rui.>= (
	LEFTARG = rui.sla_clock, RIGHTARG = rui.sla_clock, FUNCTION = rui.sla_clock_ge,
	COMMUTATOR = OPERATOR(rui.<=), NEGATOR = OPERATOR(rui.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR rui.>= (rui.sla_clock, rui.sla_clock) IS 'after or equal by the members in order';

CREATE OPERATOR CLASS rui.sla_clock_ops DEFAULT FOR TYPE rui.sla_clock USING btree AS
	OPERATOR 1 rui.<, OPERATOR 2 rui.<=, OPERATOR 3 rui.=, OPERATOR 4 rui.>=, OPERATOR 5 rui.>,
	FUNCTION 1 rui.sla_clock_cmp(rui.sla_clock, rui.sla_clock),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS rui.sla_clock_ops USING btree IS 'order by the members of the clock';
COMMENT ON OPERATOR FAMILY rui.sla_clock_ops USING btree IS 'order by the members of the clock';
CREATE OPERATOR CLASS rui.sla_clock_ops DEFAULT FOR TYPE rui.sla_clock USING hash AS
	OPERATOR 1 rui.=,
	FUNCTION 1 rui.sla_clock_hash(rui.sla_clock),
	FUNCTION 2 rui.sla_clock_hash_extended(rui.sla_clock, bigint);
COMMENT ON OPERATOR CLASS rui.sla_clock_ops USING hash IS 'equality of clocks';
COMMENT ON OPERATOR FAMILY rui.sla_clock_ops USING hash IS 'equality of clocks';

CREATE FUNCTION rui.clock_start(calendar rui.calendar, at timestamptz, target interval) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_start' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_start(rui.calendar, timestamptz, interval) IS
'A running clock that started at `at` and may count target (an interval of pure time, zero or more) of working time. Errors: 22023 negative target, days or months in it; 22008 at or the due time outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_pause(clock rui.sla_clock, calendar rui.calendar, at timestamptz) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_pause' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_pause(rui.sla_clock, rui.calendar, timestamptz) IS
'The clock, paused at `at`: it counts no more and is not due until resumed. Only a running clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_resume(clock rui.sla_clock, calendar rui.calendar, at timestamptz) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_resume' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_resume(rui.sla_clock, rui.calendar, timestamptz) IS
'The clock, running again from `at`; due and breach follow from what remains, or are `at` where nothing does. Only a paused clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_stop(clock rui.sla_clock, calendar rui.calendar, at timestamptz) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_stop' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_stop(rui.sla_clock, rui.calendar, timestamptz) IS
'The clock, stopped at `at`: its cycle has ended. A running or paused clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_reopen(clock rui.sla_clock, calendar rui.calendar, at timestamptz) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_reopen' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_reopen(rui.sla_clock, rui.calendar, timestamptz) IS
'The clock, running again from `at` in a new cycle with the same target. Only a stopped clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_retarget(clock rui.sla_clock, calendar rui.calendar, at timestamptz, target interval, keep boolean DEFAULT true) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_retarget' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_retarget(rui.sla_clock, rui.calendar, timestamptz, interval, boolean) IS
'The clock with another target from `at` on. keep: what has elapsed counts, and where it already exceeds the target the clock is breached by this change, at `at`; else the cycle starts anew. A running or paused clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_switch(clock rui.sla_clock, old_calendar rui.calendar, new_calendar rui.calendar, at timestamptz) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_clock_switch' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_switch(rui.sla_clock, rui.calendar, rui.calendar, timestamptz) IS
'The clock under another calendar from `at` on: what has elapsed stays as the old one counted it. A running or paused clock. Errors: 55000 where the state does not allow it; 22023 at before the last move; 22008 an instant outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_state(clock rui.sla_clock) RETURNS text
AS 'MODULE_PATHNAME', 'rui_clock_state' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_state(rui.sla_clock) IS
'running, paused or stopped.';

CREATE FUNCTION rui.clock_due_at(clock rui.sla_clock) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_clock_due_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_due_at(rui.sla_clock) IS
'When the target is used up, the earliest instant; null while paused or stopped, infinity where open time ends before.';

CREATE FUNCTION rui.clock_breach_at(clock rui.sla_clock) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_clock_breach_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_breach_at(rui.sla_clock) IS
'The latest instant at which finishing is in time by working time; null while paused or stopped, infinity where open time ends before.';

CREATE FUNCTION rui.clock_first_breached_at(clock rui.sla_clock) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_clock_first_breached_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_first_breached_at(rui.sla_clock) IS
'When the clock first breached, as its moves noted it: null before a move after the breach. Never cleared.';

CREATE FUNCTION rui.clock_started_at(clock rui.sla_clock) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_clock_started_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_started_at(rui.sla_clock) IS
'When the present cycle started: the start of the clock, its last reopening, or the last change of target that began the cycle anew.';

CREATE FUNCTION rui.clock_changed_at(clock rui.sla_clock) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_clock_changed_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_changed_at(rui.sla_clock) IS
'When the clock was last moved: no later move or question may lie before it.';

CREATE FUNCTION rui.clock_target(clock rui.sla_clock) RETURNS interval
AS 'MODULE_PATHNAME', 'rui_clock_target' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_target(rui.sla_clock) IS
'The target, an interval of pure time.';

CREATE FUNCTION rui.clock_cycle(clock rui.sla_clock) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_clock_cycle' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_cycle(rui.sla_clock) IS
'The number of the cycle, from 1; each reopening adds one.';

CREATE FUNCTION rui.clock_elapsed(clock rui.sla_clock, calendar rui.calendar, at timestamptz, cycles text DEFAULT 'last') RETURNS interval
AS 'MODULE_PATHNAME', 'rui_clock_elapsed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_elapsed(rui.sla_clock, rui.calendar, timestamptz, text) IS
'Working time counted until `at`, an interval of pure time. cycles says which: last (this one), first, sum, longest. Errors: 22023 at before the last move, unknown cycles; 22008 at outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_remaining(clock rui.sla_clock, calendar rui.calendar, at timestamptz, cycles text DEFAULT 'last') RETURNS interval
AS 'MODULE_PATHNAME', 'rui_clock_remaining' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_remaining(rui.sla_clock, rui.calendar, timestamptz, text) IS
'Target minus clock_elapsed: negative once breached. cycles says which: last (this one), first, sum, longest. Errors: 22023 at before the last move, unknown cycles; 22008 at outside of 1900 to 2200.';

CREATE FUNCTION rui.clock_breached(clock rui.sla_clock, at timestamptz) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_clock_breached' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.clock_breached(rui.sla_clock, timestamptz) IS
'Has the clock ever counted more than its target, as of `at`? Finishing exactly at clock_breach_at is in time. Errors: 22023 at before the last move; 22008 at outside of 1900 to 2200.';

CREATE FUNCTION rui._fold_clock_step(internal, rui.calendar, interval, text, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_fold_clock_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._fold_clock_step(internal, rui.calendar, interval, text, timestamptz) IS 'Internal: adds one event to fold_clock.';
CREATE FUNCTION rui._fold_clock_finish(internal) RETURNS rui.sla_clock
AS 'MODULE_PATHNAME', 'rui_fold_clock_finish' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._fold_clock_finish(internal) IS 'Internal: the clock that fold_clock has folded.';
CREATE AGGREGATE rui.fold_clock(calendar rui.calendar, target interval, event text, at timestamptz) (
	SFUNC = rui._fold_clock_step,
	STYPE = internal,
	SSPACE = 512,
	FINALFUNC = rui._fold_clock_finish,
	FINALFUNC_MODIFY = READ_ONLY,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.fold_clock(rui.calendar, interval, text, timestamptz) IS
'The clock that a set of events makes; call it with ORDER BY at, or as a window function OVER (PARTITION BY … ORDER BY at): each row then has the clock after all events up to its instant. Events: start, pause, resume, stop, reopen, ''retarget PT4H'' (an ISO duration of hours, minutes, seconds). Those of one instant apply in the order start, reopen, retarget, resume, pause, stop, however they come; what the state does not allow does nothing; rows with a null are left out; null where nothing starts. Equal sets of events give identical clocks. Errors: 22023 unknown event, events out of order, calendar or target not the same in all rows; 22008 an instant or due time outside of 1900 to 2200.';
