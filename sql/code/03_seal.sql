-- What is under way (src/pg/seal.c): rows that transactions write have yet to
-- come when a seal is put on those before them.

CREATE FUNCTION rui._running_transactions() RETURNS text[]
AS 'MODULE_PATHNAME', 'rui__running_transactions' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._running_transactions() IS
'Internal: the virtual ids of the transactions under way in this database, but this one and those of autovacuum. Prepared transactions have none: pg_prepared_xacts lists those.';

CREATE FUNCTION rui._oldest_start() RETURNS timestamptz
AS 'MODULE_PATHNAME', 'rui__oldest_start' LANGUAGE C VOLATILE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION rui._oldest_start() IS
'Internal: the earliest now() of the transactions of other sessions of this database, and of those that they may yet begin within the message they are at: BEGIN; …; COMMIT; BEGIN; … in one message gives the second one the time of the first. infinity when nobody is at work. As far as track_activities, which only a superuser turns off, tells.';
