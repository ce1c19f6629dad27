-- Who runs the duties, when, and what is late.

INSERT INTO rui.role_permission (role_code, permission) VALUES ('duty_runner', 'run_duties');
PERFORM rui._name('role', 'duty_runner', '值守程序', 'duty runner');

CREATE FUNCTION rui.tick(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (duty text, done bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10
-- Compiling the duties' statements would take longer than running them.
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	next_duty rui.duty;
BEGIN
	PERFORM CASE WHEN project_id > 0 THEN rui.require_permission(project_id, 'run_duties') ELSE rui._require_above(project_id, 'run_duties') END;
	PERFORM rui._check_time(project_id, at);
	-- One a minute, whichever project's: whenever it moves everybody reads it again.
	IF NOT EXISTS (SELECT FROM rui.clock_mark m WHERE m.at > now() - interval '1 minute') THEN
		PERFORM rui._mark_clock(now());
	END IF;
	FOR next_duty IN SELECT d.* FROM rui.duty d
		WHERE CASE WHEN project_id > 0 THEN 'project' WHEN project_id < 0 THEN 'company' ELSE 'installation' END = ANY (d.levels)
			AND (project_id <= 0 OR (SELECT p.state FROM rui.project p WHERE p.id = tick.project_id) = ANY (d.project_states))
		ORDER BY d.sort_order
	LOOP
		-- The row serialises the ticks of one project, duty by duty: the
		-- second one waits and then finds nothing left to do.
		INSERT INTO rui.duty_run AS r (project_id, duty_code, last_at)
		VALUES (tick.project_id, next_duty.code, '-infinity')
		ON CONFLICT ON CONSTRAINT duty_run_pkey DO NOTHING;
		PERFORM FROM rui.duty_run r
		WHERE r.project_id = tick.project_id AND r.duty_code = next_duty.code
		FOR NO KEY UPDATE;
		duty := next_duty.code;
		-- One that fails keeps no other from its time.
		BEGIN
			EXECUTE format('SELECT rui.%I($1, $2)', '_duty_' || next_duty.code) INTO done USING project_id, at;
			UPDATE rui.duty_run r SET last_at = greatest(r.last_at, tick.at), items = r.items + done, failed_at = NULL, failure = NULL
			WHERE r.project_id = tick.project_id AND r.duty_code = next_duty.code;
		EXCEPTION
			WHEN serialization_failure THEN
				RAISE;
			WHEN OTHERS THEN
				done := NULL;
				UPDATE rui.duty_run r SET failed_at = tick.at, failure = SQLSTATE || ' ' || SQLERRM
				WHERE r.project_id = tick.project_id AND r.duty_code = next_duty.code;
				RAISE WARNING 'duty % of project % failed: %', next_duty.code, project_id, SQLERRM
					USING ERRCODE = SQLSTATE, HINT = 'The next tick tries again; rui.duty_run keeps what failed.';
		END;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.tick(bigint, timestamptz) IS
'Runs every duty of a project (of a company: minus its id; of the installation: 0) that is due up to `at`, each due item exactly once however often and concurrently it is called; of a closed project only those that keep a term (documents, people) or that messages, events and seals need, of an archived one none (55000); returns each duty with the number of items done now, null for one that failed: that is a warning and kept in rui.duty_run, the others go on, and the next tick tries again. Needs permission run_duties, above the projects in the company, for the installation in any. Errors: 22004, 22008, 42501 as every command, 55000 archived.';

-- Of projects that one sees; of companies and the installation, which go by
-- minus their ids and 0, by whom their runs are seen: to others they would look late.
CREATE VIEW rui.duty_board WITH (security_invoker = true, security_barrier = true) AS
SELECT j.id AS project_id, d.code AS duty_code, zh.name AS name_zh, en.name AS name_en, r.last_at, now() - r.last_at AS age, coalesce(r.items, 0) AS items,
	r.last_at IS NULL OR r.last_at < now() - interval '15 minutes' AS is_late, r.failed_at, r.failure
FROM (
	SELECT p.id, 'project' AS level, p.state FROM rui.project p
	UNION ALL
	SELECT a.id, CASE a.id WHEN 0 THEN 'installation' ELSE 'company' END, NULL
	FROM (SELECT -c.id AS id FROM rui.company c UNION ALL SELECT 0 WHERE EXISTS (SELECT FROM rui.company)) a
	WHERE NOT row_security_active('rui.duty_run') OR EXISTS (
		SELECT FROM unnest('{rui_manager,rui_expert,rui_auditor}'::text[]) AS g(name)
		WHERE pg_has_role(g.name, 'USAGE') AND a.id = ANY (rui.journals_as(g.name)))) j
JOIN rui.duty d ON j.level = ANY (d.levels) AND (j.level <> 'project' OR j.state = ANY (d.project_states))
LEFT JOIN rui.duty_run r ON r.project_id = j.id AND r.duty_code = d.code
LEFT JOIN rui.label zh ON zh.kind = 'duty' AND zh.code = d.code AND zh.lang = 'zh'
LEFT JOIN rui.label en ON en.kind = 'duty' AND en.code = d.code AND en.lang = 'en';
PERFORM rui._describe('duty_board', 'Every duty that is done in a project, a company or the installation: up to when it is done, and whether it is late.',
	'project_id: The project; a company: minus its id; the installation: 0.',
	'duty_code: The duty.', 'name_zh: Its name in Chinese.', 'name_en: Its name in English.',
	'last_at: Time up to which everything due is done; null where it never ran.',
	'age: How long ago that is.',
	'items: Items done since the beginning.',
	'is_late: Whether it has waited for more than 15 minutes.',
	'failed_at: Time of the last run, where it failed.',
	'failure: Its SQLSTATE and message.');
GRANT SELECT ON rui.duty_board TO rui_manager, rui_expert, rui_auditor;

CREATE FUNCTION rui._duty_party(company_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	runner bigint;
BEGIN
	SELECT p.id INTO runner FROM rui.party p WHERE p.company_id = _duty_party.company_id AND p.code = 'duty_runner';
	IF NOT FOUND THEN
		INSERT INTO rui.party (company_id, code, kind, name) VALUES (company_id, 'duty_runner', 'organisation', 'Duty runner')
		ON CONFLICT DO NOTHING RETURNING id INTO runner;
		IF NOT FOUND THEN
			RETURN rui._duty_party(company_id); -- another has made it meanwhile
		END IF;
		INSERT INTO rui.company_member (company_id, party_id, role_code, valid) VALUES (company_id, runner, 'duty_runner', tstzrange(now(), NULL));
	END IF;
	RETURN runner;
END
$$;
COMMENT ON FUNCTION rui._duty_party(bigint) IS
'For the DBA: the party of a company for which rui.run_duties acts, made when it is not there: code duty_runner, with the role of that name in all projects.';

CREATE FUNCTION rui._duty_projects(worker integer, workers integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
SET search_path FROM CURRENT
AS $$
BEGIN
	IF (workers BETWEEN 1 AND 64 AND worker BETWEEN 1 AND workers) IS NOT TRUE THEN
		RAISE EXCEPTION 'worker % of % is none', coalesce(worker::text, 'null'), coalesce(workers::text, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give 1 to 64 workers, and worker 1 to as many.';
	END IF;
	-- Those that have waited longest first.
	RETURN QUERY SELECT j.id FROM (
		SELECT p.id FROM rui.project p WHERE p.state <> 'archived'
		UNION ALL SELECT -c.id FROM rui.company c
		UNION ALL SELECT 0 WHERE EXISTS (SELECT FROM rui.company)) AS j
	LEFT JOIN LATERAL (SELECT min(r.last_at) AS last_at FROM rui.duty_run r WHERE r.project_id = j.id) r ON true
	WHERE abs(j.id) % workers = worker - 1
	ORDER BY r.last_at NULLS FIRST, j.id DESC;
END
$$;
COMMENT ON FUNCTION rui._duty_projects(integer, integer) IS
'For the DBA: the projects whose duties one of so many workers runs, the companies (minus their ids) and the installation (0), the longest waiting first. Errors: 22023.';

CREATE FUNCTION rui._run_project_duties(project_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	items bigint;
BEGIN
	PERFORM set_config('rui.party_id', rui._duty_party(CASE WHEN project_id > 0 THEN (SELECT j.company_id FROM rui.project j WHERE j.id = _run_project_duties.project_id)
		WHEN project_id < 0 THEN -project_id ELSE (SELECT min(c.id) FROM rui.company c) END)::text, true);
	SELECT sum(t.done) INTO items FROM rui.tick(project_id) t;
	RETURN items;
EXCEPTION WHEN OTHERS THEN
	RAISE WARNING 'duties of project % failed: %', project_id, SQLERRM USING ERRCODE = SQLSTATE;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._run_project_duties(bigint) IS
'For the DBA: one tick of a project, a company or the installation (as rui._duty_projects names them), as the company''s duty runner, the installation as that of the first; how many items it did, or null with a warning when it failed as a whole.';

-- Commits after each project, so it qualifies its names instead of fixing its path.
CREATE PROCEDURE rui.run_duties(worker integer DEFAULT 1, workers integer DEFAULT 1)
LANGUAGE plpgsql
AS $$
DECLARE
	next_id bigint;
BEGIN
	FOR next_id IN SELECT d.project_id FROM rui._duty_projects(worker, workers) AS d(project_id) LOOP
		PERFORM rui._run_project_duties(next_id);
		COMMIT;
	END LOOP;
END
$$;
COMMENT ON PROCEDURE rui.run_duties(integer, integer) IS
'For the DBA: runs the duties of all projects that are not archived (of closed ones those for which there is still something to do), of all companies and of the installation, each in a transaction of its own, those first that have waited longest; one that fails is a warning and keeps no other waiting. Acts for the party duty_runner of each company, which it makes. Of several workers each takes other projects: worker 1 to workers, at most 64. It may run as often and as concurrently as one likes. Errors: 22023; 2D000 within a transaction block.';

CREATE FUNCTION rui.unschedule() RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	removed integer := 0;
BEGIN
	IF to_regclass('cron.job') IS NOT NULL THEN
		EXECUTE format('SELECT count(%1$I.unschedule(j.jobid)) FROM %1$I.job j WHERE j.jobname ~ ''^rui_(duties_[0-9]+|sessions)$'' AND j.database = current_database() AND j.username = current_user',
			'cron') INTO removed;
	END IF;
	RETURN removed;
END
$$;
COMMENT ON FUNCTION rui.unschedule() IS
'For the DBA: takes back what rui.schedule put into pg_cron for this user and database. Returns how many jobs.';

CREATE FUNCTION rui.schedule(minutes integer DEFAULT 1, workers integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF (minutes BETWEEN 1 AND 59) IS NOT TRUE THEN
		RAISE EXCEPTION 'minutes must be 1 to 59, not %', coalesce(minutes::text, 'null')
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Duties are meant to run every minute.';
	END IF;
	PERFORM rui._duty_projects(1, workers);
	IF to_regprocedure('cron.schedule(text, text, text)') IS NULL THEN
		RAISE EXCEPTION 'pg_cron is not in this database' USING ERRCODE = 'object_not_in_prerequisite_state',
			HINT = format('Put pg_cron into shared_preload_libraries, set cron.database_name to %s, restart, CREATE EXTENSION pg_cron; or call rui.run_duties every minute by other means.',
				quote_literal(current_database()));
	END IF;
	PERFORM rui.unschedule();
	FOR worker IN 1 .. workers LOOP
		EXECUTE format('SELECT %I.schedule($1, $2, $3)', 'cron')
		USING format('rui_duties_%s', worker), CASE minutes WHEN 1 THEN '* * * * *' ELSE format('*/%s * * * *', minutes) END,
			format('CALL rui.run_duties(%s, %s)', worker, workers);
	END LOOP;
	-- pg_cron works as whoever is scheduling, whatever that one may.
	IF NOT (pg_has_role('pg_signal_backend', 'USAGE') AND pg_has_role('pg_read_all_stats', 'USAGE')) THEN
		RAISE WARNING 'sessions that outstay their limits are not ended by %', current_user USING ERRCODE = 'insufficient_privilege',
			HINT = 'Schedule as a superuser, or as a member of pg_signal_backend and pg_read_all_stats; or let one call rui.end_overdue_sessions() every minute.';
		RETURN workers;
	END IF;
	EXECUTE format('SELECT %I.schedule($1, $2, $3)', 'cron') USING 'rui_sessions', '* * * * *', 'SELECT rui.end_overdue_sessions()';
	RETURN workers + 1;
END
$$;
COMMENT ON FUNCTION rui.schedule(integer, integer) IS
'For the DBA: lets pg_cron call, as the caller, rui.run_duties every so many minutes (1 to 59), by 1 to 64 workers, and rui.end_overdue_sessions every minute; what was scheduled before is replaced. Returns the number of jobs: the workers and one more, which is left out with a warning where the caller may not end sessions of others (neither superuser nor member of pg_signal_backend and pg_read_all_stats). Errors: 22023, 55000 without pg_cron in this database.';
