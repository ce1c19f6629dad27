-- Deciding about the present (src/pg/snapshot.c).

CREATE FUNCTION rui._check_snapshot() RETURNS void
AS 'MODULE_PATHNAME', 'rui__check_snapshot' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION rui._check_snapshot() IS
'Internal: called with a lock in hand, before the rows are read that it is for. At isolation level read committed they are read as they are now, and nothing is checked; a transaction at another level whose snapshot does not show what others have committed gets 40001, so that it never decides by what is past.';
