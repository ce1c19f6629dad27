-- Rubrics: a value type of scoring rules, and the exact score of findings.

CREATE TYPE rui.rubric;

CREATE FUNCTION rui.rubric_in(cstring) RETURNS rui.rubric
AS 'MODULE_PATHNAME', 'rui_rubric_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.rubric_in(cstring) IS
'Reads the JSON text of a rubric (see COMMENT ON TYPE rui.rubric). Errors: 22P02 not JSON; 22023 breaks a rule, with the JSON path and a hint; 54000 nested too deeply, or the rating maxima of a section have a least common multiple of more than 2048 bits.';

CREATE FUNCTION rui.rubric_out(rui.rubric) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_rule_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.rubric_out(rui.rubric) IS 'The canonical JSON text: equal rubrics have equal texts.';

CREATE FUNCTION rui.rubric_recv(internal) RETURNS rui.rubric
AS 'MODULE_PATHNAME', 'rui_rubric_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION rui.rubric_recv(internal) IS
'Reads the binary form: 16 bytes content hash, 1 byte version, canonical text. Checks all that rubric_in checks, and the hash; error 22P03.';

CREATE FUNCTION rui.rubric_send(rui.rubric) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_rule_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.rubric_send(rui.rubric) IS 'The binary form that rubric_recv reads.';

CREATE TYPE rui.rubric (
	INPUT = rui.rubric_in,
	OUTPUT = rui.rubric_out,
	RECEIVE = rui.rubric_recv,
	SEND = rui.rubric_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = external
);
COMMENT ON TYPE rui.rubric IS
'A scoring rubric, as JSON: {"scale":"100", "sections":[{"code":text, "weight":n, "items":[item,…]},…], "missing":"skip", "on_veto":"zero", "rounding":{"scale":2,"mode":"half_up"}, "grades":[{"at_least":n,"grade":text},…]}. Items, with code and kind: rating (weight, max), pass (weight), measure (weight, bands [{"from":n,"share":n},…] and optional unit), each with optional "veto":true; penalty and bonus (each, optional max). Numbers are decimal strings, to 12 decimals; shares lie from 0 to 1. missing says what an item without finding is: skip, zero or error. on_veto: zero makes the total 0; veto_grade, with the key veto_grade, caps the grade. Grades come best first. Every item has a code of its own.';

CREATE FUNCTION rui.rubric_eq(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_eq(rui.rubric, rui.rubric) IS 'Equal canonical texts?';
CREATE FUNCTION rui.rubric_ne(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_ne(rui.rubric, rui.rubric) IS 'Different canonical texts?';
CREATE FUNCTION rui.rubric_lt(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_lt(rui.rubric, rui.rubric) IS 'Before, by the bytes of the canonical texts?';
CREATE FUNCTION rui.rubric_le(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_le(rui.rubric, rui.rubric) IS 'Before or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.rubric_gt(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_gt(rui.rubric, rui.rubric) IS 'After, by the bytes of the canonical texts?';
CREATE FUNCTION rui.rubric_ge(rui.rubric, rui.rubric) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_rule_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_ge(rui.rubric, rui.rubric) IS 'After or equal, by the bytes of the canonical texts?';
CREATE FUNCTION rui.rubric_cmp(rui.rubric, rui.rubric) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_rule_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_cmp(rui.rubric, rui.rubric) IS '-1, 0 or 1 by the bytes of the canonical texts.';
CREATE FUNCTION rui.rubric_hash(rui.rubric) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_rule_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_hash(rui.rubric) IS '32-bit hash for hash indexes and joins.';
CREATE FUNCTION rui.rubric_hash_extended(rui.rubric, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_rule_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.rubric_hash_extended(rui.rubric, bigint) IS '64-bit seeded hash for hash partitioning.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR rui.= (rui.rubric, rui.rubric) IS 'equal canonical texts';
CREATE OPERATOR rui.<> (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.rubric, rui.rubric) IS 'different canonical texts';
CREATE OPERATOR rui.< (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_lt,
	COMMUTATOR = OPERATOR(rui.>), NEGATOR = OPERATOR(rui.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR rui.< (rui.rubric, rui.rubric) IS 'before by the bytes of the canonical texts';
CREATE OPERATOR rui.<= (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_le,
	COMMUTATOR = OPERATOR(rui.>=), NEGATOR = OPERATOR(rui.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR rui.<= (rui.rubric, rui.rubric) IS 'before or equal by the bytes of the canonical texts';
CREATE OPERATOR rui.> (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_gt,
	COMMUTATOR = OPERATOR(rui.<), NEGATOR = OPERATOR(rui.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR rui.> (rui.rubric, rui.rubric) IS 'after by the bytes of the canonical texts';
CREATE OPERATOR rui.>= (
	LEFTARG = rui.rubric, RIGHTARG = rui.rubric, FUNCTION = rui.rubric_ge,
	COMMUTATOR = OPERATOR(rui.<=), NEGATOR = OPERATOR(rui.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR rui.>= (rui.rubric, rui.rubric) IS 'after or equal by the bytes of the canonical texts';

CREATE OPERATOR CLASS rui.rubric_ops DEFAULT FOR TYPE rui.rubric USING btree AS
	OPERATOR 1 rui.<, OPERATOR 2 rui.<=, OPERATOR 3 rui.=, OPERATOR 4 rui.>=, OPERATOR 5 rui.>,
	FUNCTION 1 rui.rubric_cmp(rui.rubric, rui.rubric),
	FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS rui.rubric_ops USING btree IS 'order by the bytes of the canonical texts';
COMMENT ON OPERATOR FAMILY rui.rubric_ops USING btree IS 'order by the bytes of the canonical texts';
CREATE OPERATOR CLASS rui.rubric_ops DEFAULT FOR TYPE rui.rubric USING hash AS
	OPERATOR 1 rui.=,
	FUNCTION 1 rui.rubric_hash(rui.rubric),
	FUNCTION 2 rui.rubric_hash_extended(rui.rubric, bigint);
COMMENT ON OPERATOR CLASS rui.rubric_ops USING hash IS 'equality of canonical texts';
COMMENT ON OPERATOR FAMILY rui.rubric_ops USING hash IS 'equality of canonical texts';

CREATE TYPE rui.score_result AS (total numeric, grade text, vetoed text[], answered integer, sections jsonb);
COMMENT ON TYPE rui.score_result IS
'A score: the rounded total, null when nothing was answered; the grade it reaches, or null; the codes of the items whose share of 0 is a veto; how many items have a finding other than na; and the sections as [{"code":text,"weight":n,"answered":count,"share":n},…], share to 6 decimals, half up, null without an answer.';

CREATE FUNCTION rui.score(rubric rui.rubric, findings jsonb) RETURNS rui.score_result
AS 'MODULE_PATHNAME', 'rui_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION rui.score(rui.rubric, jsonb) IS
'(total, grade, vetoed, answered, sections) of findings like {"S1":{"value":"4"},"S2":{"value":true},"S3":"na"}. An item''s share is value/max (rating), 1 or 0 (pass), or its band''s (measure); a section''s share is the mean of its items with a share by weight; total = scale × mean of the sections that have one by weight, less penalties, plus bonuses (each × value, at most max), not below 0: an exact fraction, rounded once. na leaves an item''s weight to the others. Grades look at the rounded total. Null total when nothing is answered or no section has a share. Errors 22023: unknown code, a value of the wrong kind or out of range, an absent item where missing is error.';

CREATE FUNCTION rui.explain_score(rubric rui.rubric, findings jsonb)
RETURNS TABLE (section text, item text, kind text, answer text, weight numeric, share numeric, points numeric)
AS 'MODULE_PATHNAME', 'rui_explain_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 20;
COMMENT ON FUNCTION rui.explain_score(rui.rubric, jsonb) IS
'How a score comes about: a row for each item of the rubric in its order, with what was found (na, null for nothing), its weight within the section, its share to 6 decimals and its points; then rows of kind floor and veto where the total was lifted to 0 or a veto took it. Points sum to the total: each is what the rounded total gains by the item, those before it counted, penalties and bonuses last. Errors as rui.score.';
