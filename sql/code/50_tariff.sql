-- Tariffs: a value type of price plans, and the exact charge of a quantity.

CREATE TYPE rui.tariff;

CREATE FUNCTION rui.tariff_in(cstring) RETURNS rui.tariff
AS 'MODULE_PATHNAME', 'rui_tariff_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.tariff_in(cstring) IS
'Reads the JSON text of a tariff (see COMMENT ON TYPE rui.tariff). Errors: 22P02 not JSON; 22023 breaks a rule, with the JSON path and a hint; 54000 nested too deeply.';

CREATE FUNCTION rui.tariff_out(rui.tariff) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_rule_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.tariff_out(rui.tariff) IS 'The canonical JSON text: equal tariffs have equal texts.';

CREATE FUNCTION rui.tariff_recv(internal) RETURNS rui.tariff
AS 'MODULE_PATHNAME', 'rui_tariff_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.tariff_recv(internal) IS
'Reads the binary form: 16 bytes content hash, 1 byte version, canonical text. Checks all that tariff_in checks, and the hash; error 22P03.';

CREATE FUNCTION rui.tariff_send(rui.tariff) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_rule_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.tariff_send(rui.tariff) IS 'The binary form that tariff_recv reads.';

CREATE TYPE rui.tariff (
	INPUT = rui.tariff_in,
	OUTPUT = rui.tariff_out,
	RECEIVE = rui.tariff_recv,
	SEND = rui.tariff_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE rui.tariff IS
'A price plan, as JSON: {"model":name, the model''s keys, "rounding":{"scale":2,"mode":"half_up"}, "minimum":n, "maximum":n, "surcharge":n, "free_units":n, "tax":{"rate":"0.06","inclusive":true}, "allowance":{"from":"5","per_person":"30"}}. Models: flat (amount); fixed (price × quantity); graduated (tiers [{"up_to":n,"price":n,"flat":n},…]: each part of the quantity at its tier''s price); volume (tiers: all of it at the price of the tier reached); package (size, price: a started package counts); blocks (tiers [{"up_to":n,"size":n,"price":n},…] of started blocks, "policy":"all" by parts or "top" by the tier reached); percentage (rate, fixed, free_events, event_minimum, event_maximum: of each event''s amount); time_of_use (bands [{"code":text,"price":n},…]); duration (free_minutes, steps [{"up_to":minutes,"every":minutes,"price":n},…], day_maximum, day_starts "HH:MM"). A tier holds what lies above the up_to before it up to its own; the last has none. Numbers are decimal strings, not negative, to 12 decimals, rates fractions; scale (0 to 12), free_events, free_minutes and a step''s up_to and every are integers. Modes half_up (away from zero), half_even, up, down, ceiling, floor. Tax is exclusive unless said. Charged in this order: free units, model, surcharge, minimum and maximum, one rounding of the total, tax. Models with tiers may have allowance; all but flat and duration free_units. See docs/tariff.md.';

CREATE FUNCTION rui.tariff_eq(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_eq(rui.tariff, rui.tariff) IS 'Equal canonical texts?';
CREATE FUNCTION rui.tariff_ne(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_ne(rui.tariff, rui.tariff) IS 'Different canonical texts?';
CREATE FUNCTION rui.tariff_lt(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_lt(rui.tariff, rui.tariff) IS 'Before, by the bytes of the canonical texts?';
CREATE FUNCTION rui.tariff_le(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_le(rui.tariff, rui.tariff) IS 'Before or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.tariff_gt(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_gt(rui.tariff, rui.tariff) IS 'After, by the bytes of the canonical texts?';
CREATE FUNCTION rui.tariff_ge(rui.tariff, rui.tariff) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_ge(rui.tariff, rui.tariff) IS 'After or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.tariff_cmp(rui.tariff, rui.tariff) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_rule_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_cmp(rui.tariff, rui.tariff) IS '-1, 0 or 1 by the bytes of the canonical texts.';
CREATE FUNCTION rui.tariff_hash(rui.tariff) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_rule_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_hash(rui.tariff) IS '32-bit hash for hash indexes and joins.';
CREATE FUNCTION rui.tariff_hash_extended(rui.tariff, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_rule_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.tariff_hash_extended(rui.tariff, bigint) IS '64-bit seeded hash for hash partitioning.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR rui.= (rui.tariff, rui.tariff) IS 'equal canonical texts';
CREATE OPERATOR rui.<> (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.tariff, rui.tariff) IS 'different canonical texts';
CREATE OPERATOR rui.< (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_lt,
	COMMUTATOR = OPERATOR(rui.>), NEGATOR = OPERATOR(rui.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR rui.< (rui.tariff, rui.tariff) IS 'before by the bytes of the canonical texts';
CREATE OPERATOR rui.<= (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_le,
	COMMUTATOR = OPERATOR(rui.>=), NEGATOR = OPERATOR(rui.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR rui.<= (rui.tariff, rui.tariff) IS 'before or equal by the bytes of the canonical texts';
CREATE OPERATOR rui.> (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_gt,
	COMMUTATOR = OPERATOR(rui.<), NEGATOR = OPERATOR(rui.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR rui.> (rui.tariff, rui.tariff) IS 'after by the bytes of the canonical texts';
CREATE OPERATOR rui.>= (
	LEFTARG = rui.tariff, RIGHTARG = rui.tariff, FUNCTION = rui.tariff_ge,
	COMMUTATOR = OPERATOR(rui.<=), NEGATOR = OPERATOR(rui.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR rui.>= (rui.tariff, rui.tariff) IS 'after or equal by the bytes of the canonical texts';

CREATE OPERATOR CLASS rui.tariff_ops DEFAULT FOR TYPE rui.tariff USING btree AS
	OPERATOR 1 rui.<, OPERATOR 2 rui.<=, OPERATOR 3 rui.=, OPERATOR 4 rui.>=, OPERATOR 5 rui.>,
	FUNCTION 1 rui.tariff_cmp(rui.tariff, rui.tariff),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS rui.tariff_ops USING btree IS 'order by the bytes of the canonical texts';
COMMENT ON OPERATOR FAMILY rui.tariff_ops USING btree IS 'order by the bytes of the canonical texts';
CREATE OPERATOR CLASS rui.tariff_ops DEFAULT FOR TYPE rui.tariff USING hash AS
	OPERATOR 1 rui.=,
	FUNCTION 1 rui.tariff_hash(rui.tariff),
	FUNCTION 2 rui.tariff_hash_extended(rui.tariff, bigint);
COMMENT ON OPERATOR CLASS rui.tariff_ops USING hash IS 'equality of canonical texts';
COMMENT ON OPERATOR FAMILY rui.tariff_ops USING hash IS 'equality of canonical texts';

CREATE TYPE rui.charge_result AS (net numeric, tax numeric, gross numeric);
COMMENT ON TYPE rui.charge_result IS
'A rounded charge: gross = net + tax. Amounts have the number of decimals of the tariff''s rounding.';

CREATE FUNCTION rui.charge(tariff rui.tariff, quantity numeric) RETURNS rui.charge_result
AS 'MODULE_PATHNAME', 'rui_charge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.charge(rui.tariff, numeric) IS
'(net, tax, gross) of a quantity (percentage: of one event; duration: of minutes, where days count from entry): exact until one rounding of the total, tax last. Exclusive tax = round(net × rate); inclusive: net = round(gross / (1 + rate)), tax = gross - net. Use as FROM rui.charge(…) c. Errors: 22003 for a negative, NaN or infinite quantity, one of more than 12 decimals, a result of more than 38 digits (a credit is minus the charge); 22023 for a quantity where the model needs usage.';

CREATE FUNCTION rui.charge(tariff rui.tariff, usage jsonb) RETURNS rui.charge_result
AS 'MODULE_PATHNAME', 'rui_charge_usage' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION rui.charge(rui.tariff, jsonb) IS
'(net, tax, gross) of usage, by the tariff''s model: {"peak":"10",…} quantities by band (time_of_use); {"amounts":["120","35.50"]} events in order (percentage); {"from":instant,"to":instant} a stay, ISO 8601 with an offset, that of from deciding where days start (duration); {"quantity":"12.5"} (others). Numbers are decimal strings. Errors: 22023 for an unknown band or a bad form, naming the part; 22003 for negative numbers, a stay that ends before it begins, and as the form with a quantity.';

CREATE FUNCTION rui.charge_lines(tariff rui.tariff, quantity numeric)
RETURNS TABLE (line text, quantity numeric, price numeric, amount numeric)
AS 'MODULE_PATHNAME', 'rui_charge_lines' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 5;
COMMENT ON FUNCTION rui.charge_lines(rui.tariff, numeric) IS
'How a charge comes about: rows of line (free, flat, fixed, package, tier 1, tier 1 flat, band peak, event 1, event 1 minimum, day 1 step 2, day 1 maximum, … then those of surcharge, minimum, maximum, rounding that change something), quantity × price = amount where there is a quantity. Amounts are exact and sum to net, or to gross where tax is inclusive. Errors as rui.charge.';

CREATE FUNCTION rui.charge_lines(tariff rui.tariff, usage jsonb)
RETURNS TABLE (line text, quantity numeric, price numeric, amount numeric)
AS 'MODULE_PATHNAME', 'rui_charge_usage_lines' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30 ROWS 5;
COMMENT ON FUNCTION rui.charge_lines(rui.tariff, jsonb) IS
'How a charge of usage comes about: rows as those of rui.charge_lines(tariff, quantity), usage as in rui.charge(tariff, usage).';

CREATE FUNCTION rui.charge_between(tariff rui.tariff, before numeric, after numeric) RETURNS rui.charge_result
AS 'MODULE_PATHNAME', 'rui_charge_between' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION rui.charge_between(rui.tariff, numeric, numeric) IS
'charge(after) - charge(before), part by part: the charge of a period on a ladder that counts on, as over a year. Negative when after is less, which corrects what was charged too much. Errors as rui.charge.';

CREATE FUNCTION rui.tariff_for_household(tariff rui.tariff, persons integer) RETURNS rui.tariff
AS 'MODULE_PATHNAME', 'rui_tariff_for_household' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.tariff_for_household(rui.tariff, integer) IS
'The tariff of a household of that many persons: each person from the allowance.from-th on (that one included) raises every bound by allowance.per_person. The result has no allowance; a tariff without one stays as it is. Error 22023 for fewer than 0 persons.';

CREATE FUNCTION rui.split_amount(amount numeric, weights numeric[], scale integer DEFAULT 2) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'rui_split_amount' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.split_amount(numeric, numeric[], integer) IS
'Parts of amount in proportion to weights that sum to it exactly, by largest remainder: each part is rounded down to scale decimals (0 to 12), then the units left go to the largest remainders, the first of equal ones. A negative amount splits as its absolute value. Errors: 22023 for weights that are null, negative, NaN or all zero, more than one dimension, an amount with more decimals than scale; 22003 for numbers too long.';

CREATE FUNCTION rui.split_amount(amount numeric, weights numeric[], scale integer, remainder integer) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'rui_split_amount_remainder' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.split_amount(numeric, numeric[], integer, integer) IS
'Parts of amount in proportion to weights that sum to it exactly: each is rounded half up to scale decimals, but part number remainder (from 1) takes what is left, also where that is less than nothing. Errors as the form without remainder; 22023 for a part that does not exist.';

CREATE FUNCTION rui.split_progressive(amount numeric, weights numeric[], scale integer DEFAULT 2) RETURNS numeric[]
AS 'MODULE_PATHNAME', 'rui_split_progressive' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.split_progressive(numeric, numeric[], integer) IS
'Parts of amount in proportion to weights that sum to it exactly, by cumulative rounding: part k is the amount due up to k, rounded half up to scale decimals, less the parts before. A part does not change when later weights are regrouped. Errors as rui.split_amount.';

CREATE FUNCTION rui.prorate(amount numeric, used daterange, period daterange, scale integer DEFAULT 2, convention text DEFAULT 'actual') RETURNS numeric
AS 'MODULE_PATHNAME', 'rui_prorate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.prorate(numeric, daterange, daterange, integer, text) IS
'The part of amount, the price of period, that falls on used, rounded half up to scale decimals (0 to 12). Conventions: actual = days / days; thirty = the same counting every month as 30 days (30E/360); twelfth = days / (months × 365/12), never more than the whole, and the whole for the whole period; half_month = of each month of the period, under 15 used days count half and 15 or more all; none = any day counts the whole. Ranges are half-open; used lies within period; empty used gives 0. Parts rounded by themselves need not sum: to share one amount out use rui.split_amount over days. Errors 22023: used beyond period, an empty or unbounded range, unknown convention, twelfth or half_month with a period that is not of whole months.';

CREATE FUNCTION rui.late_fee(outstanding numeric, due date, as_of date, daily_rate numeric, grace_days integer, cap_share numeric) RETURNS numeric
AS 'MODULE_PATHNAME', 'rui_late_fee' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.late_fee(numeric, date, date, numeric, integer, numeric) IS
'outstanding × daily_rate × days late, at most outstanding × cap_share, rounded half up to 2 decimals once; days late = as_of - due - grace_days, not below 0. Rates and shares are fractions: 0.0005 is 0.05 % a day. Errors: 22003 for a negative outstanding, rate, share or grace; 22008 for an infinite date.';
