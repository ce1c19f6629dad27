-- Cells: squares of the lon/lat plane in Hilbert order, for counting, joining
-- and indexing by place (src/core/cell.h, src/pg/cell.c).

CREATE TYPE rui.cell;

CREATE FUNCTION rui.cell_in(cstring) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_in(cstring) IS
'Input of rui.cell: the face, a slash and a digit 0 to 3 for each level, as 1/03120. Error 22P02.';

CREATE FUNCTION rui.cell_out(rui.cell) RETURNS cstring
AS 'MODULE_PATHNAME', 'rui_sql_cell_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_out(rui.cell) IS 'Output of rui.cell; the text of an ancestor is a prefix.';

CREATE FUNCTION rui.cell_recv(internal) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_recv(internal) IS 'Binary input of rui.cell: 8 bytes in network order. Error 22P03 for a number that is no cell.';

CREATE FUNCTION rui.cell_send(rui.cell) RETURNS bytea
AS 'MODULE_PATHNAME', 'rui_sql_cell_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_send(rui.cell) IS 'Binary output of rui.cell: 8 bytes in network order.';

CREATE TYPE rui.cell (
	INPUT = rui.cell_in,
	OUTPUT = rui.cell_out,
	RECEIVE = rui.cell_recv,
	SEND = rui.cell_send,
	LIKE = bigint
);
COMMENT ON TYPE rui.cell IS
'A square of the lon/lat plane. Two faces, 0/ = [-180,0) x [-90,90] and 1/ = [0,180) x [-90,90] degrees, are halved on both sides level by level, to level 30 (about 2 cm). A cell owns its west and south borders; longitude 180 is -180, latitude 90 belongs to the top row. Cells of a face follow a Hilbert curve; descendants of a cell are one range of the order, which is that of btree and BRIN indexes. Passed by value, 8 bytes.';

CREATE FUNCTION rui.cell_eq(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_eq(rui.cell, rui.cell) IS 'Whether both are the same cell.';

CREATE FUNCTION rui.cell_ne(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_ne(rui.cell, rui.cell) IS 'Whether they are different cells.';

CREATE FUNCTION rui.cell_lt(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_lt(rui.cell, rui.cell) IS 'Whether the first comes earlier along the curve.';

CREATE FUNCTION rui.cell_le(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_le(rui.cell, rui.cell) IS 'Whether the first comes earlier along the curve or is the same.';

CREATE FUNCTION rui.cell_gt(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_gt(rui.cell, rui.cell) IS 'Whether the first comes later along the curve.';

CREATE FUNCTION rui.cell_ge(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_ge(rui.cell, rui.cell) IS 'Whether the first comes later along the curve or is the same.';

CREATE OPERATOR rui.= (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_eq,
	COMMUTATOR = OPERATOR(rui.=), NEGATOR = OPERATOR(rui.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR rui.= (rui.cell, rui.cell) IS 'Whether both are the same cell.';

CREATE OPERATOR rui.<> (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_ne,
	COMMUTATOR = OPERATOR(rui.<>), NEGATOR = OPERATOR(rui.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR rui.<> (rui.cell, rui.cell) IS 'Whether they are different cells.';

CREATE OPERATOR rui.< (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_lt,
	COMMUTATOR = OPERATOR(rui.>), NEGATOR = OPERATOR(rui.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR rui.< (rui.cell, rui.cell) IS 'Whether the first comes earlier along the curve.';

CREATE OPERATOR rui.<= (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_le,
	COMMUTATOR = OPERATOR(rui.>=), NEGATOR = OPERATOR(rui.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR rui.<= (rui.cell, rui.cell) IS 'Whether the first comes earlier along the curve or is the same.';

CREATE OPERATOR rui.> (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_gt,
	COMMUTATOR = OPERATOR(rui.<), NEGATOR = OPERATOR(rui.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR rui.> (rui.cell, rui.cell) IS 'Whether the first comes later along the curve.';

CREATE OPERATOR rui.>= (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_ge,
	COMMUTATOR = OPERATOR(rui.<=), NEGATOR = OPERATOR(rui.<), RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR rui.>= (rui.cell, rui.cell) IS 'Whether the first comes later along the curve or is the same.';

CREATE FUNCTION rui.cell_cmp(rui.cell, rui.cell) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_sql_cell_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_cmp(rui.cell, rui.cell) IS 'Order of two cells along the curve: -1, 0 or 1.';

CREATE FUNCTION rui.cell_sortsupport(internal) RETURNS void
AS 'MODULE_PATHNAME', 'rui_sql_cell_sortsupport' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_sortsupport(internal) IS 'Sort support of rui.cell.';

CREATE FUNCTION rui.cell_hash(rui.cell) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_sql_cell_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_hash(rui.cell) IS 'Hash of a cell, 32 bits.';

CREATE FUNCTION rui.cell_hash_extended(rui.cell, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'rui_sql_cell_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF;
COMMENT ON FUNCTION rui.cell_hash_extended(rui.cell, bigint) IS 'Hash of a cell with a seed, 64 bits.';

CREATE OPERATOR CLASS rui.cell_ops DEFAULT FOR TYPE rui.cell USING btree AS
	OPERATOR 1 rui.< (rui.cell, rui.cell),
	OPERATOR 2 rui.<= (rui.cell, rui.cell),
	OPERATOR 3 rui.= (rui.cell, rui.cell),
	OPERATOR 4 rui.>= (rui.cell, rui.cell),
	OPERATOR 5 rui.> (rui.cell, rui.cell),
	FUNCTION 1 rui.cell_cmp(rui.cell, rui.cell),
	FUNCTION 2 rui.cell_sortsupport(internal),
	FUNCTION 4 btequalimage(oid);
COMMENT ON OPERATOR CLASS rui.cell_ops USING btree IS 'Order of cells along the curve; also serves @> and <@ with a cell given.';

CREATE OPERATOR CLASS rui.cell_hash_ops DEFAULT FOR TYPE rui.cell USING hash AS
	OPERATOR 1 rui.= (rui.cell, rui.cell),
	FUNCTION 1 rui.cell_hash(rui.cell),
	FUNCTION 2 rui.cell_hash_extended(rui.cell, bigint);
COMMENT ON OPERATOR CLASS rui.cell_hash_ops USING hash IS 'Equality of cells.';

CREATE OPERATOR CLASS rui.cell_minmax_ops DEFAULT FOR TYPE rui.cell USING brin AS
	OPERATOR 1 rui.< (rui.cell, rui.cell),
	OPERATOR 2 rui.<= (rui.cell, rui.cell),
	OPERATOR 3 rui.= (rui.cell, rui.cell),
	OPERATOR 4 rui.>= (rui.cell, rui.cell),
	OPERATOR 5 rui.> (rui.cell, rui.cell),
	FUNCTION 1 brin_minmax_opcinfo(internal),
	FUNCTION 2 brin_minmax_add_value(internal, internal, internal, internal),
	FUNCTION 3 brin_minmax_consistent(internal, internal, internal),
	FUNCTION 4 brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS rui.cell_minmax_ops USING brin IS 'Lowest and highest cell of a range of pages.';

CREATE FUNCTION rui.cell(point geometry, level integer) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_of_geometry' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell(geometry, integer) IS
'The cell of a level (0 to 30) that a point of SRID 4326 or 0 lies in; null for an empty point. Errors: 22023 for another kind of geometry, SRID or level, 22003 for a point outside the world.';

CREATE FUNCTION rui.cell(lon float8, lat float8, level integer) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_at' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell(float8, float8, integer) IS
'The cell of a level (0 to 30) that the point lies in, in degrees. Errors: 22023 for the level, 22003 for a point outside the world.';

CREATE FUNCTION rui.cell_level(cell rui.cell) RETURNS integer
AS 'MODULE_PATHNAME', 'rui_sql_cell_level' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_level(rui.cell) IS 'The level of a cell, 0 (a face) to 30.';

CREATE FUNCTION rui.cell_parent(cell rui.cell, level integer) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_parent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_parent(rui.cell, integer) IS
'The cell''s ancestor of a level, or itself for its own level. Error 22023 for a level below 0 or above its own.';

CREATE FUNCTION rui.cell_children(cell rui.cell) RETURNS SETOF rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_children' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 4;
COMMENT ON FUNCTION rui.cell_children(rui.cell) IS 'The four cells of the next level within a cell, in order. Error 22023 on level 30.';

CREATE FUNCTION rui.cell_neighbours(cell rui.cell) RETURNS SETOF rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_neighbours' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8;
COMMENT ON FUNCTION rui.cell_neighbours(rui.cell) IS
'The cells of the same level that share a border or a corner with a cell, in order: 8, across the antimeridian too; 5 along the poles, 1 on level 0.';

CREATE FUNCTION rui.cell_boundary(cell rui.cell) RETURNS geometry
AS 'MODULE_PATHNAME', 'rui_sql_cell_boundary' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION rui.cell_boundary(rui.cell) IS 'The square of a cell as a polygon, SRID 4326, counter-clockwise from its south-west corner.';

CREATE FUNCTION rui.cells_covering(area geometry, level integer) RETURNS SETOF rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cells_covering' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION rui.cells_covering(geometry, integer) IS
'The cells of a level that have a point in common with a valid polygon or multipolygon, or the one of a point, of SRID 4326 or 0, in order; none for an empty geometry. The area is a closed set: of the cells that only share its border, those come too that own it. Where a slanted edge passes a corner within rounding, the cell behind the corner may come too. Errors: 22023 for another kind of geometry, SRID or level, 22003 for a vertex outside the world, 54000 for more than 10 million cells.';

CREATE FUNCTION rui.cell_low(cell rui.cell) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_low' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_low(rui.cell) IS 'The first of all descendants of a cell in order (on level 30).';

CREATE FUNCTION rui.cell_high(cell rui.cell) RETURNS rui.cell
AS 'MODULE_PATHNAME', 'rui_sql_cell_high' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_high(rui.cell) IS 'The last of all descendants of a cell in order (on level 30).';

CREATE FUNCTION rui.cell_range(cell rui.cell) RETURNS int8range
AS 'MODULE_PATHNAME', 'rui_sql_cell_range' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.cell_range(rui.cell) IS 'The numbers of a cell and all its descendants: [low, high + 1).';

CREATE FUNCTION rui._cell_contains_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_sql_cell_contains_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._cell_contains_support(internal) IS 'Internal: lets btree and BRIN indexes serve cell @> column, and estimates how many rows that leaves.';

CREATE FUNCTION rui._cell_contained_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'rui_sql_cell_contained_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._cell_contained_support(internal) IS 'Internal: lets btree and BRIN indexes serve column <@ cell, and estimates how many rows that leaves.';

CREATE FUNCTION rui._cell_restriction(internal, oid, internal, integer) RETURNS float8
AS 'MODULE_PATHNAME', 'rui_sql_cell_restriction' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._cell_restriction(internal, oid, internal, integer) IS
'Internal: estimates the share of rows that @> or <@ with a constant leaves, from the statistics of the column.';

CREATE FUNCTION rui._cell_join(internal, oid, internal, smallint, internal) RETURNS float8
AS 'MODULE_PATHNAME', 'rui_sql_cell_join' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui._cell_join(internal, oid, internal, smallint, internal) IS
'Internal: estimates the share of pairs that a join by @> or <@ leaves, from the statistics of both columns.';

CREATE FUNCTION rui.cell_contains(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_contains' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT rui._cell_contains_support;
COMMENT ON FUNCTION rui.cell_contains(rui.cell, rui.cell) IS 'Whether the first cell is the second or an ancestor of it.';

CREATE FUNCTION rui.cell_contained(rui.cell, rui.cell) RETURNS boolean
AS 'MODULE_PATHNAME', 'rui_sql_cell_contained' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT rui._cell_contained_support;
COMMENT ON FUNCTION rui.cell_contained(rui.cell, rui.cell) IS 'Whether the first cell is the second or a descendant of it.';

CREATE OPERATOR rui.@> (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_contains,
	COMMUTATOR = OPERATOR(rui.<@), RESTRICT = rui._cell_restriction, JOIN = rui._cell_join
);
COMMENT ON OPERATOR rui.@> (rui.cell, rui.cell) IS 'Is the same cell or an ancestor.';

CREATE OPERATOR rui.<@ (
	LEFTARG = rui.cell, RIGHTARG = rui.cell, FUNCTION = rui.cell_contained,
	COMMUTATOR = OPERATOR(rui.@>), RESTRICT = rui._cell_restriction, JOIN = rui._cell_join
);
COMMENT ON OPERATOR rui.<@ (rui.cell, rui.cell) IS 'Is the same cell or a descendant.';
