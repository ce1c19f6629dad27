-- Merkle trees over SHA-256 (RFC 6962, src/core/merkle.h).

CREATE FUNCTION rui.merkle_leaf(leaf bytea) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_merkle_leaf' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.merkle_leaf(bytea) IS
'The hash of a leaf of a Merkle tree: SHA-256 of a byte 0 and the leaf, 32 bytes. Source: RFC 6962, 2.1.';

CREATE FUNCTION rui._merkle_step(internal, bytea) RETURNS internal
AS 'MODULE_PATHNAME', 'rui__merkle_step' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui._merkle_step(internal, bytea) IS 'Internal: takes one leaf of rui.merkle_root.';

CREATE FUNCTION rui._merkle_result(internal) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui__merkle_result' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui._merkle_result(internal) IS 'Internal: the root of the leaves that rui.merkle_root took.';

CREATE AGGREGATE rui.merkle_root(leaf bytea) (
	SFUNC = rui._merkle_step,
	STYPE = internal,
	SSPACE = 2100,
	FINALFUNC = rui._merkle_result,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE rui.merkle_root(bytea) IS
'The root, 32 bytes, of the Merkle tree over leaves of any length: write merkle_root(leaf ORDER BY …), the order is part of it. Of no leaves: SHA-256 of nothing. Memory: 2 kB whatever the number. Publish it with the number of leaves: the root alone does not fix that. Source: RFC 6962, 2.1. Error 22004 for a null leaf.';

CREATE FUNCTION rui.merkle_proof(leaves bytea[], index bigint) RETURNS bytea[]
AS 'MODULE_PATHNAME', 'rui_merkle_proof' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.merkle_proof(bytea[], bigint) IS
'The audit path that proves the leaf at an index, from 0, to be in the tree of all the leaves: hashes of 32 bytes from the leaf to the root, about log2 of their number. rui.merkle_verify checks it without the leaves. Source: RFC 6962, 2.1.1. Errors: 22003 no such leaf, 22004 a null leaf, 22023 more than one dimension.';

CREATE FUNCTION rui.merkle_verify(leaf bytea, index bigint, size bigint, proof bytea[], root bytea) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_merkle_verify' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.merkle_verify(bytea, bigint, bigint, bytea[], bytea) IS
'Whether an audit path of rui.merkle_proof proves that a leaf stands at an index, from 0, in the tree of size leaves with that root; size and root are to come from where the tree was published. Source: RFC 9162, 2.1.3.2. Errors: 22023 a root or part of the proof that is not of 32 bytes, 22004 a null part.';

CREATE FUNCTION rui.merkle_consistency(leaves bytea[], old_size bigint) RETURNS bytea[]
AS 'MODULE_PATHNAME', 'rui_merkle_consistency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION rui.merkle_consistency(bytea[], bigint) IS
'The proof that the tree of the first old_size leaves is the beginning of the tree of all, so that nothing in it was changed, taken out or put in: hashes of 32 bytes; empty for 0 and for all. rui.merkle_verify_consistency checks it with the two roots alone. Source: RFC 6962, 2.1.2. Errors: 22003 old_size beyond the leaves, 22004 a null leaf, 22023 more than one dimension.';

CREATE FUNCTION rui.merkle_verify_consistency(old_size bigint, old_root bytea, size bigint, root bytea, proof bytea[])
RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_merkle_verify_consistency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.merkle_verify_consistency(bigint, bytea, bigint, bytea, bytea[]) IS
'Whether a proof of rui.merkle_consistency shows that the tree of size leaves with that root begins with the tree of old_size leaves with old_root; every tree begins with the empty one. Source: RFC 9162, 2.1.4.2. Errors: 22023 a root or part of the proof that is not of 32 bytes, 22004 a null part.';
