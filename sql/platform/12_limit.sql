-- What a login may take: time, waiting, disk, connections. The server lets a
-- login change most of its settings, so the limits are also kept from outside.

CREATE FUNCTION rui.limit_login(login name, statement_limit interval DEFAULT '30 seconds', lock_limit interval DEFAULT '5 seconds',
	idle_limit interval DEFAULT '1 minute', temp_mb integer DEFAULT 512, connections integer DEFAULT 20, transaction_limit interval DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	limited pg_roles;
	one record;
	whole CONSTANT interval := coalesce(transaction_limit, least(10 * greatest(statement_limit, idle_limit), '1 day'));
BEGIN
	IF login IS NULL OR statement_limit IS NULL OR lock_limit IS NULL OR idle_limit IS NULL OR temp_mb IS NULL OR connections IS NULL THEN
		PERFORM rui._missing(CASE WHEN login IS NULL THEN 'login' WHEN statement_limit IS NULL THEN 'statement_limit' WHEN lock_limit IS NULL THEN 'lock_limit'
			WHEN idle_limit IS NULL THEN 'idle_limit' WHEN temp_mb IS NULL THEN 'temp_mb' ELSE 'connections' END);
	END IF;
	SELECT r.* INTO limited FROM pg_roles r WHERE r.rolname = login;
	IF NOT FOUND OR NOT limited.rolcanlogin OR NOT pg_has_role(limited.oid, 'rui_user', 'MEMBER') THEN
		RAISE EXCEPTION '"%" is no login of the platform', login
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a role with LOGIN that is a member of a group role such as rui_manager.';
	ELSIF limited.rolsuper OR limited.rolcreaterole OR limited.rolbypassrls OR limited.rolreplication THEN
		RAISE EXCEPTION 'login "%" stands above all limits', login
			USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'It is SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION.',
				HINT = 'Give people logins without these.';
	ELSIF temp_mb NOT BETWEEN 0 AND 1000000 OR connections NOT BETWEEN 0 AND 10000 THEN
		RAISE EXCEPTION '% is out of range', CASE WHEN temp_mb NOT BETWEEN 0 AND 1000000 THEN format('temp_mb %s', temp_mb) ELSE format('connections %s', connections) END
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'temp_mb is 0 to 1000000, connections 0 to 10000.';
	END IF;
	-- The server's own settings a login may change, for its next sessions, too; ours only a superuser.
	FOR one IN SELECT * FROM (VALUES ('statement_timeout', statement_limit, 'statement_limit'), ('rui.statement_limit', statement_limit, 'statement_limit'),
			('lock_timeout', lock_limit, 'lock_limit'), ('idle_in_transaction_session_timeout', idle_limit, 'idle_limit'), ('rui.idle_limit', idle_limit, 'idle_limit'),
			('rui.transaction_limit', whole, 'transaction_limit')) AS s(setting, length, argument) LOOP
		IF one.length NOT BETWEEN '10 milliseconds' AND '1 day' THEN
			RAISE EXCEPTION '% must be 10 milliseconds to a day, not %', one.argument, one.length USING ERRCODE = 'invalid_parameter_value';
		END IF;
		EXECUTE format('ALTER ROLE %I SET %I = %L', login, one.setting, (extract(epoch FROM one.length) * 1000)::bigint || 'ms');
	END LOOP;
	IF whole < greatest(statement_limit, idle_limit) THEN
		RAISE EXCEPTION 'transaction_limit % is shorter than %', whole, CASE WHEN whole < statement_limit THEN 'statement_limit' ELSE 'idle_limit' END
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give at least as long as one statement or pause may take.';
	END IF;
	EXECUTE format('ALTER ROLE %I SET temp_file_limit = %L', login, temp_mb || 'MB');
	EXECUTE format('ALTER ROLE %I CONNECTION LIMIT %s', login, connections);
END
$$;
COMMENT ON FUNCTION rui.limit_login(name, interval, interval, interval, integer, integer, interval) IS
'For the DBA: limits what sessions of a login may take, from their next connection on, in all databases: how long a statement runs (statement_timeout), waits for a lock (lock_timeout), a transaction lies idle (idle_in_transaction_session_timeout) and lasts in all (transaction_limit; null: ten times the longer of statement_limit and idle_limit, at most a day), each 10 milliseconds to a day; temp_mb: megabytes of temporary files of a session (0 to 1000000); connections at a time (0 to 10000). A login may lengthen the server''s three times for its own sessions; temp_mb and connections it cannot change, and rui.end_overdue_sessions ends what outstays the times. Needs a superuser. Errors: 22004, 22023 no login of the platform, or a transaction_limit shorter than a statement or pause, 22003, 55000 a login that no limit binds.';

CREATE FUNCTION rui.end_overdue_sessions(at timestamptz DEFAULT clock_timestamp()) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui._check_instant(at);
	RETURN (
		SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid)) FROM pg_stat_activity a
		JOIN pg_db_role_setting s ON s.setrole = a.usesysid AND s.setdatabase = 0
		CROSS JOIN LATERAL (
			SELECT max(split_part(c, '=', 2)::interval) FILTER (WHERE c ~ '^rui\.statement_limit=\d+ms$') AS statement_limit,
				max(split_part(c, '=', 2)::interval) FILTER (WHERE c ~ '^rui\.idle_limit=\d+ms$') AS idle_limit,
				max(split_part(c, '=', 2)::interval) FILTER (WHERE c ~ '^rui\.transaction_limit=\d+ms$') AS transaction_limit
			FROM unnest(s.setconfig) AS c) AS l
		WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND pg_has_role(a.usesysid, 'rui_user', 'MEMBER')
			-- No limit binds a superuser, who only superusers may end.
			AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = a.usesysid AND r.rolsuper)
			-- Half as much again: whoever keeps the limit is gone by then. What a
			-- transaction lasts in all the server does not limit: only we do.
			AND (a.xact_start + l.transaction_limit < at
				OR CASE WHEN a.state IN ('active', 'fastpath function call') THEN a.query_start + l.statement_limit * 1.5 < at
					WHEN a.state ~ '^idle in transaction' THEN a.state_change + l.idle_limit * 1.5 < at END));
END
$$;
COMMENT ON FUNCTION rui.end_overdue_sessions(timestamptz) IS
'For the DBA: ends sessions of logins of rui.limit_login whose statement has run, or whose transaction has lain idle, half as long again as their limit at the time at (those that lengthened it for themselves), and whose transaction has lasted its limit, however busy. Returns how many. rui.schedule lets pg_cron call it every minute. Needs a superuser, or a member of pg_signal_backend and pg_read_all_stats who may call it. Errors: 22004, 22008.';
