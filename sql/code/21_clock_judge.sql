-- Verdicts on clocks: what was due and what was late, cycle by cycle, as a pure function of events.

CREATE TYPE rui.clock_verdict AS (cycle integer, clock rui.sla_clock, due_at timestamptz, breach_at timestamptz,
	wall_due_at timestamptz, wall_breach_at timestamptz, working_due_at timestamptz, working_breach_at timestamptz,
	stopped_at timestamptz, is_ended boolean);
COMMENT ON TYPE rui.clock_verdict IS
'One cycle of a clock. clock: after the cycle''s last event. due_at, breach_at: as shown last, null while paused and when stopped from a pause. wall_due_at: null, or the due time that the clock was the first to run past: late by the wall since then; wall_breach_at: the breach shown with it. working_breach_at: null, or the breach that it was the first to run past: late by working time since then; working_due_at: the due time shown with it. stopped_at: when the cycle ended, or null. is_ended: it was ended by the event end, so that nothing is to be judged.';

CREATE FUNCTION rui._judge_clock_step(internal, rui.calendar, interval, text, timestamptz, timestamptz) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_judge_clock_step' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._judge_clock_step(internal, rui.calendar, interval, text, timestamptz, timestamptz) IS
'Internal: adds one event to judge_clock.';
CREATE FUNCTION rui._judge_clock_result(internal) RETURNS rui.clock_verdict[]
AS 'MODULE_PATHNAME', 'rui_judge_clock_result' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui._judge_clock_result(internal) IS 'Internal: the verdicts of judge_clock.';
CREATE AGGREGATE rui.judge_clock(calendar rui.calendar, target interval, event text, at timestamptz, as_of timestamptz) (
	SFUNC = rui._judge_clock_step,
	STYPE = internal,
	SSPACE = 1024,
	FINALFUNC = rui._judge_clock_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.judge_clock(rui.calendar, interval, text, timestamptz, timestamptz) IS
'The verdicts on the cycles of a clock as of an instant, ascending; call it with ORDER BY at. Events as rui.fold_clock takes them, and besides them end, which stops a clock that is not to be judged. as_of: until when nothing more has happened (before the last event: that event); infinity judges what runs as late. The clock of the last verdict is what fold_clock gives. Null where nothing starts; rows with a null are left out. Errors: those of fold_clock; 22023 as_of not the same in all rows.';
