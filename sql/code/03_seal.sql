-- What is under way (src/pg/seal.c): rows that transactions write have yet to
-- come when a seal is put on those before them.

CREATE FUNCTION rui._running_transactions() RETURNS text[]
AS 'MODULE_PATHNAME', 'rui__running_transactions' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._running_transactions() IS
'Internal: the virtual ids of the transactions under way in this database, but this one. Prepared transactions have none: pg_prepared_xacts lists those.';
