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
'A set of working time, as JSON: {"tz":zone, "weekly":{"mon":[["08:00","12:00"],…],…}, "holidays":[date,…], "date_hours":{date:intervals or weekday,…}, "closures":{date:intervals,…}}. Times HH:MM[:SS[.ffffff]]; a close before its open lies on the next date. A holiday closes its date; date_hours replace the weekly hours, or take another weekday''s; closures cut out. A local time that a clock change skips moves forward by the gap; a repeated one means its first occurrence. Counts from 1900-01-01 to 2201-01-01 UTC. A change of the time zone database does not change due times already stored.';

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
