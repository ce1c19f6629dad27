-- Everything periodic: duties, run by rui.tick().

CREATE TABLE rui.duty (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
	sort_order integer NOT NULL UNIQUE,
	about text NOT NULL,
	levels text[] NOT NULL DEFAULT '{project}' CHECK (levels <@ '{project,company,installation}'::text[] AND cardinality(levels) > 0),
	project_states text[] NOT NULL DEFAULT '{candidate,live}' CHECK (project_states <@ '{candidate,live,closed}'::text[])
);

CREATE TABLE rui.duty_run (
	project_id bigint NOT NULL,
	duty_code text NOT NULL REFERENCES rui.duty (code),
	last_at timestamptz NOT NULL,
	items bigint NOT NULL DEFAULT 0,
	failed_at timestamptz,
	failure text,
	PRIMARY KEY (project_id, duty_code),
	CONSTRAINT duty_run_failure CHECK ((failed_at IS NULL) = (failure IS NULL))
);
PERFORM rui._describe('duty', 'The duties of the platform. Each is a function rui._duty_CODE(project_id, at) that returns how many items it did.',
	'sort_order: Order within a tick.',
	'about: What the duty does.',
	'levels: Of whom: project, company, installation.',
	'project_states: In which states of a project it is done: in a closed one what keeps a term, and what messages, events and seals need; in an archived one nothing.');
PERFORM rui._describe('duty_run', 'When each duty last ran for a project (a company: minus its id; the installation: 0), and how many items it has done.',
	'duty_code: The duty.',
	'last_at: Time up to which everything due is done.',
	'items: Items done since the beginning.',
	'failed_at: Time of the last run, where it failed; null where it succeeded.',
	'failure: Its SQLSTATE and message.');
PERFORM rui._declare_table('duty', 'reference', 'none');
PERFORM rui._declare_table('duty_run', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.duty_run TO rui_api;
PERFORM rui._allow_read('duty_run', ARRAY[r.name], format('project_id = ANY ((SELECT rui.journals_as(%L))::bigint[])', r.name))
FROM unnest('{rui_manager,rui_expert,rui_auditor}'::text[]) AS r(name);

-- What belongs to a company goes by minus its id, what belongs to nobody by 0.
CREATE FUNCTION rui._require_above(project_id bigint, permission text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	IF project_id IS NULL THEN
		PERFORM rui._missing('project_id');
	END IF;
	-- A role in one of its projects is none in the company.
	IF NOT EXISTS (SELECT FROM rui.company_member c JOIN rui.role_permission r ON r.role_code = c.role_code
		WHERE (project_id = 0 OR c.company_id = -project_id) AND c.party_id = rui.current_party() AND c.valid @> rui._access_time() AND r.permission = _require_above.permission)
	THEN
		RAISE EXCEPTION 'permission "%" is missing in %', permission, CASE project_id WHEN 0 THEN 'every company' ELSE format('company %s', -project_id) END
			USING ERRCODE = 'insufficient_privilege', DETAIL = format('Party %s holds no role there that carries it now.', coalesce(rui.current_party()::text, '(nobody)')),
				HINT = 'Company roles are rows of rui.company_member.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._require_above(bigint, text) IS
'Internal: raises 42501 unless the acting party holds a role with the permission in a whole company: that of minus the number, or for 0 any. A project''s number needs rui.require_permission. Errors: 22004, 42501.';

CREATE FUNCTION rui._partitioned_tables() RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN QUERY SELECT c.relname::text FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
	WHERE c.relnamespace = 'rui'::regnamespace AND p.partstrat = 'r' ORDER BY c.relname;
END
$$;
COMMENT ON FUNCTION rui._partitioned_tables() IS
'Internal: the tables that are partitioned by month.';

CREATE FUNCTION rui.create_partitions(from_on date, months integer) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	made integer;
BEGIN
	IF from_on IS NULL OR months IS NULL THEN
		PERFORM rui._missing(CASE WHEN from_on IS NULL THEN 'from_on' ELSE 'months' END);
	ELSIF months NOT BETWEEN 1 AND 600 OR NOT isfinite(from_on) THEN
		RAISE EXCEPTION 'give a finite date and 1 to 600 months' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	SELECT coalesce(sum(rui._extend_partitions(t.table_name, from_on, months)), 0) INTO made FROM rui._partitioned_tables() t(table_name);
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui.create_partitions(date, integer) IS
'For the DBA: creates the monthly partitions of rui.event, rui.journal and rui.posting for so many months (UTC) from the month of from_on; existing ones are left. Returns how many were made. Rows outside all months live in the default partitions, which are slower to write to; a month whose rows are there already cannot be made (23514). Before loading history, make its months. Errors: 22004, 22023.';

CREATE FUNCTION rui._duty_make_partitions(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
-- Who reads the default partitions for long is not waited for.
SET search_path FROM CURRENT SET lock_timeout = '100ms'
AS $$
DECLARE
	-- Of all projects at once, by the server's clock where `at` is behind it.
	month CONSTANT timestamp := date_trunc('month', greatest(at, now()) AT TIME ZONE 'UTC');
	next_table text;
	made bigint := 0;
BEGIN
	FOR next_table IN SELECT t.table_name FROM rui._partitioned_tables() t(table_name) LOOP
		CONTINUE WHEN to_regclass(format('rui.%I', next_table || to_char(month + interval '4 months', '_YYYY_MM'))) IS NOT NULL;
		BEGIN
			made := made + rui._extend_partitions(next_table, (month + interval '1 month')::date, 12);
		EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
			NULL; -- there are months to try again
		END;
	END LOOP;
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui._duty_make_partitions(bigint, timestamptz) IS
'Internal: makes twelve months of partitions when fewer than four are left. It waits 0.1 s for those who read the default partitions, then leaves it to a later tick.';

CREATE FUNCTION rui._duty_forget_requests(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	forgotten bigint;
BEGIN
	-- By the clock of the server, which wrote recorded_at.
	DELETE FROM rui.request r WHERE r.ctid = ANY (ARRAY(
		SELECT o.ctid FROM rui.request o
		WHERE o.project_id = _duty_forget_requests.project_id AND o.recorded_at < now() - interval '30 days'
		ORDER BY o.recorded_at LIMIT 10000 FOR UPDATE SKIP LOCKED));
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	RETURN forgotten;
END
$$;
COMMENT ON FUNCTION rui._duty_forget_requests(bigint, timestamptz) IS
'Internal: forgets request keys after their 30 days, at most 10,000 a tick.';
INSERT INTO rui.duty (code, sort_order, about, project_states) VALUES
	('make_partitions', 1, 'Makes the monthly partitions to come.', '{candidate,live,closed}'),
	('forget_requests', 9500, 'Forgets request keys after their 30 days.', '{candidate,live,closed}');
