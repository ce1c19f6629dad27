-- Working-time calendars: a value type and exact arithmetic of working time.

CREATE TYPE rui.calendar;

CREATE FUNCTION rui.calendar_in(cstring) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_in(cstring) IS
'Reads the JSON text of a calendar (see COMMENT ON TYPE rui.calendar). Errors: 22P02 not JSON; 22023 breaks a rule, with the JSON path and a hint; 54000 nested too deeply.';

CREATE FUNCTION rui.calendar_out(rui.calendar) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_calendar_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.calendar_out(rui.calendar) IS 'The canonical JSON text: equal calendars have equal texts.';

CREATE FUNCTION rui.calendar_recv(internal) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_recv(internal) IS
'Reads the binary form: 16 bytes content hash, 1 byte version, canonical text. Checks all that calendar_in checks, and the hash; error 22P03.';

CREATE FUNCTION rui.calendar_send(rui.calendar) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_calendar_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.calendar_send(rui.calendar) IS 'The binary form that calendar_recv reads.';

CREATE TYPE rui.calendar (
	INPUT = rui.calendar_in,
	OUTPUT = rui.calendar_out,
	RECEIVE = rui.calendar_recv,
	SEND = rui.calendar_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE rui.calendar IS
'A set of working time, as JSON: {"tz":zone, "weekly":{"mon":[["08:00","12:00"],…],…}, "holidays":[date,…], "date_hours":{date:intervals or weekday,…}, "closures":{date:intervals,…}}. Times HH:MM[:SS[.ffffff]]; a close before its open lies on the next date. A holiday closes its date; date_hours replace the weekly hours, or take another weekday''s; closures cut out. A local time that a clock change skips moves forward by the gap; a repeated one means its first occurrence. Counts from 1900-01-01 to 2201-01-01 UTC. Combined calendars are {"all":[…]}, {"any":[…]}, {"minus":[a,b]}, {"shift":[a,"PT30M"]}, {"until":[a,"2026-10-01T00:00Z",b,…]} (each calendar until the instant at which the next takes over), with an optional tz that decides dates (that of the first operand). A change of the time zone database does not change due times already stored.';

CREATE FUNCTION rui.calendar_eq(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_eq(rui.calendar, rui.calendar) IS 'Equal canonical texts?';
CREATE FUNCTION rui.calendar_ne(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_ne(rui.calendar, rui.calendar) IS 'Different canonical texts?';
CREATE FUNCTION rui.calendar_lt(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_lt(rui.calendar, rui.calendar) IS 'Before, by the bytes of the canonical texts?';
CREATE FUNCTION rui.calendar_le(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_le(rui.calendar, rui.calendar) IS 'Before or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.calendar_gt(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_gt(rui.calendar, rui.calendar) IS 'After, by the bytes of the canonical texts?';
CREATE FUNCTION rui.calendar_ge(rui.calendar, rui.calendar) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_calendar_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_ge(rui.calendar, rui.calendar) IS 'After or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.calendar_cmp(rui.calendar, rui.calendar) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_calendar_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_cmp(rui.calendar, rui.calendar) IS '-1, 0 or 1 by the bytes of the canonical texts.';
CREATE FUNCTION rui.calendar_hash(rui.calendar) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_calendar_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_hash(rui.calendar) IS '32-bit hash for hash indexes and joins.';
CREATE FUNCTION rui.calendar_hash_extended(rui.calendar, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_calendar_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.calendar_hash_extended(rui.calendar, bigint) IS '64-bit seeded hash for hash partitioning.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR rui.= (rui.calendar, rui.calendar) IS 'equal canonical texts';
CREATE OPERATOR rui.<> (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.calendar, rui.calendar) IS 'different canonical texts';
CREATE OPERATOR rui.< (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_lt,
	COMMUTATOR = OPERATOR(rui.>), NEGATOR = OPERATOR(rui.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR rui.< (rui.calendar, rui.calendar) IS 'before by the bytes of the canonical texts';
CREATE OPERATOR rui.<= (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_le,
	COMMUTATOR = OPERATOR(rui.>=), NEGATOR = OPERATOR(rui.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR rui.<= (rui.calendar, rui.calendar) IS 'before or equal by the bytes of the canonical texts';
CREATE OPERATOR rui.> (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_gt,
	COMMUTATOR = OPERATOR(rui.<), NEGATOR = OPERATOR(rui.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR rui.> (rui.calendar, rui.calendar) IS 'after by the bytes of the canonical texts';
CREATE OPERATOR rui.>= (
	LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_ge,
	COMMUTATOR = OPERATOR(rui.<=), NEGATOR = OPERATOR(rui.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR rui.>= (rui.calendar, rui.calendar) IS 'after or equal by the bytes of the canonical texts';

CREATE OPERATOR CLASS rui.calendar_ops DEFAULT FOR TYPE rui.calendar USING btree AS
	OPERATOR 1 rui.<, OPERATOR 2 rui.<=, OPERATOR 3 rui.=, OPERATOR 4 rui.>=, OPERATOR 5 rui.>,
	FUNCTION 1 rui.calendar_cmp(rui.calendar, rui.calendar),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS rui.calendar_ops USING btree IS 'order by the bytes of the canonical texts';
COMMENT ON OPERATOR FAMILY rui.calendar_ops USING btree IS 'order by the bytes of the canonical texts';
CREATE OPERATOR CLASS rui.calendar_ops DEFAULT FOR TYPE rui.calendar USING hash AS
	OPERATOR 1 rui.=,
	FUNCTION 1 rui.calendar_hash(rui.calendar),
	FUNCTION 2 rui.calendar_hash_extended(rui.calendar, bigint);
COMMENT ON OPERATOR CLASS rui.calendar_ops USING hash IS 'equality of canonical texts';
COMMENT ON OPERATOR FAMILY rui.calendar_ops USING hash IS 'equality of canonical texts';

CREATE FUNCTION rui.working_time(calendar rui.calendar, from_at timestamptz, to_at timestamptz) RETURNS interval
AS 'MODULE_PATHNAME', 'rui_working_time' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.working_time(rui.calendar, timestamptz, timestamptz) IS
'Working time from from_at to to_at: an interval of pure time, negative when to_at is earlier, exact to the microsecond. Error 22008 for an instant outside of 1900 to 2200 or infinite.';

CREATE FUNCTION rui.add_working_time(calendar rui.calendar, t timestamptz, d interval, boundary text DEFAULT NULL) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_add_working_time' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION rui.add_working_time(rui.calendar, timestamptz, interval, text) IS
'The instant d of working time after t, or before it when d is negative. Where several instants fit, boundary ''close'' takes the earliest (closing time), ''open'' the latest (next opening); null means ''close'' forward, ''open'' backward. Never before t when d is zero or more, never after t when d is negative. infinity or -infinity where open time has ended for good; null when calendar, t or d is. Errors: 22023 days or months in d, unknown boundary; 22008 t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.due_at(calendar rui.calendar, start timestamptz, target interval) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_due_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.due_at(rui.calendar, timestamptz, interval) IS
'The earliest instant with target of working time since start: what to show as due. Finished exactly then is on time; late by the wall is after it. As add_working_time with boundary ''close'', and its errors.';

CREATE FUNCTION rui.breach_at(calendar rui.calendar, start timestamptz, target interval) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_breach_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.breach_at(rui.calendar, timestamptz, interval) IS
'The latest instant with no more than target of working time since start: late by working time is after it. As add_working_time with boundary ''open'', and its errors.';

CREATE FUNCTION rui.is_open(calendar rui.calendar, t timestamptz) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_is_open' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.is_open(rui.calendar, timestamptz) IS
'Is t working time? An opening instant is, a closing instant is not. Error 22008 for an instant outside of 1900 to 2200 or infinite.';

CREATE FUNCTION rui.next_open(calendar rui.calendar, t timestamptz) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_next_open' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.next_open(rui.calendar, timestamptz) IS
'The first instant after t, not t itself, at which an open period begins; infinity when none does. Error 22008 for t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.next_close(calendar rui.calendar, t timestamptz) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_next_close' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.next_close(rui.calendar, timestamptz) IS
'The first instant after t, not t itself, at which an open period ends; infinity when none does. Error 22008 for t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.previous_open(calendar rui.calendar, t timestamptz) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_previous_open' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.previous_open(rui.calendar, timestamptz) IS
'The last instant before t, not t itself, at which an open period began; -infinity when none did. Error 22008 for t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.previous_close(calendar rui.calendar, t timestamptz) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_previous_close' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.previous_close(rui.calendar, timestamptz) IS
'The last instant before t, not t itself, at which an open period ended; -infinity when none did. Error 22008 for t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.open_periods(calendar rui.calendar, from_at timestamptz, to_at timestamptz) RETURNS tstzmultirange
AS 'MODULE_PATHNAME', 'rui_open_periods' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.open_periods(rui.calendar, timestamptz, timestamptz) IS
'The open periods of [from_at, to_at), half-open, none touching. Errors: 22008 an instant outside of 1900 to 2200; 22023 to_at before from_at.';

CREATE FUNCTION rui.is_working_day(calendar rui.calendar, day date) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_is_working_day' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.is_working_day(rui.calendar, date) IS
'Does an open period begin on the date, in the calendar''s zone, or is the whole date open? So a night shift belongs to the date it begins on. Error 22008 for a date outside of 1900 to 2200.';

CREATE FUNCTION rui.working_days(calendar rui.calendar, from_on date, to_on date) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_working_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.working_days(rui.calendar, date, date) IS
'The number of working days (see is_working_day) from from_on up to, not including, to_on; negative when to_on is earlier, counting [to_on, from_on). Error 22008 for a date outside of 1900 to 2200.';

CREATE FUNCTION rui.add_working_days(calendar rui.calendar, t timestamptz, n integer, rule text DEFAULT 'close') RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui_add_working_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.add_working_days(rui.calendar, timestamptz, integer, text) IS
'The n-th working day (see is_working_day) after the date of t in the calendar''s zone, before it when n is negative; for n = 0 that date if it works, else the next. rule ''close'': the end of the last period that begins on that day, midnight where the next date is open throughout. rule ''same_time'': t''s local time on that day; when closed then, the next opening. infinity or -infinity when no such day is left. Errors: 22023 unknown rule; 22008 t or the result outside of 1900 to 2200.';

CREATE FUNCTION rui.explain_due(calendar rui.calendar, start timestamptz, target interval,
	OUT period tstzrange, OUT counted interval, OUT reason text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rui_explain_due' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;
COMMENT ON FUNCTION rui.explain_due(rui.calendar, timestamptz, interval) IS
'How due_at comes about: periods in ascending order that cover all time between start and due, what each counts (the sum is target) and why: open, make_up_day (hours taken from another weekday), closed, holiday, closure (also what a difference of calendars takes away). Where open time ends before, the last period is unbounded. Errors as due_at.';

CREATE FUNCTION rui.explain_due_text(calendar rui.calendar, start timestamptz, target interval, lang text DEFAULT 'en') RETURNS text
AS 'MODULE_PATHNAME', 'rui_explain_due_text' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.explain_due_text(rui.calendar, timestamptz, interval, text) IS
'How due_at comes about, as one sentence in English (en) or Chinese (zh), in local time of the calendar''s zone. Errors as due_at; 22023 unknown lang.';

CREATE FUNCTION rui.explain_dates(calendar rui.calendar, from_on date, to_on date, OUT day date, OUT from_time time, OUT to_time time,
	OUT period tstzrange, OUT occurrence integer, OUT reason text) RETURNS SETOF record
AS 'MODULE_PATHNAME', 'rui_explain_dates' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 60;
COMMENT ON FUNCTION rui.explain_dates(rui.calendar, date, date) IS
'The dates [from_on, to_on) of the calendar''s zone as a wall clock shows them: parts in the order of time that cover all of each, local times of day from from_time to to_time (24:00 ends a date), the same as instants in period, and the reason of explain_due: open, make_up_day, closed, holiday, closure. A part keeps to one date and one offset: times that a clock change skips are missing, and where times come twice occurrence is 1 and 2, else 0. Errors: 22008 a date outside of 1900 to 2200; 22023 to_on before from_on.';

CREATE FUNCTION rui.calendar_zone(calendar rui.calendar) RETURNS text
AS 'MODULE_PATHNAME', 'rui_calendar_zone' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.calendar_zone(rui.calendar) IS
'The name of the zone that decides dates: the calendar''s tz, or that of the first operand of a combination without.';

CREATE FUNCTION rui.calendar_all(a rui.calendar, b rui.calendar) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_all' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_all(rui.calendar, rui.calendar) IS
'Open where both are: {"all":[…]}, flattened, sorted, each once. a''s zone decides dates. Error 54000 nested too deeply.';

CREATE FUNCTION rui.calendar_any(a rui.calendar, b rui.calendar) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_any' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_any(rui.calendar, rui.calendar) IS
'Open where either is: {"any":[…]}, flattened, sorted, each once. a''s zone decides dates. Error 54000 nested too deeply.';

CREATE FUNCTION rui.calendar_minus(a rui.calendar, b rui.calendar) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_minus' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_minus(rui.calendar, rui.calendar) IS
'Open where a is and b is not: {"minus":[a,b]}. a''s zone decides dates. Error 54000 nested too deeply.';

CREATE FUNCTION rui.shift(calendar rui.calendar, d interval) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_shift' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.shift(rui.calendar, interval) IS
'The calendar with every opening and closing moved by d of elapsed time, later when positive: {"shift":[calendar,"PT30M"]}; shifts of shifts add up. Errors: 22023 days or months in d, more than 8784 hours in all; 54000 nested too deeply.';

CREATE FUNCTION rui.calendar_until(a rui.calendar, at timestamptz, b rui.calendar) RETURNS rui.calendar
AS 'MODULE_PATHNAME', 'rui_calendar_until' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.calendar_until(rui.calendar, timestamptz, rui.calendar) IS
'Open as a is before `at`, as b is from `at` on: {"until":[a,"2026-10-01T00:00Z",b]}. What such a calendar is made of takes its place, as far as it is in force; equal neighbours become one. a''s zone decides dates. Errors: 22008 at outside of 1900 to 2200 or infinite; 54000 nested too deeply.';

CREATE OPERATOR rui.& (LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_all);
COMMENT ON OPERATOR rui.& (rui.calendar, rui.calendar) IS 'open where both are';
CREATE OPERATOR rui.| (LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_any);
COMMENT ON OPERATOR rui.| (rui.calendar, rui.calendar) IS 'open where either is';
CREATE OPERATOR rui.- (LEFTARG = rui.calendar, RIGHTARG = rui.calendar, FUNCTION = rui.calendar_minus);
COMMENT ON OPERATOR rui.- (rui.calendar, rui.calendar) IS 'open where the left one is and the right one is not';
