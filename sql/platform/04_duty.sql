-- Everything periodic: duties, run by rui.tick().

CREATE TABLE rui.duty (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]*$'),
	sort_order integer NOT NULL UNIQUE,
	about text NOT NULL
);

CREATE TABLE rui.duty_run (
	project_id bigint NOT NULL,
	duty_code text NOT NULL REFERENCES rui.duty (code),
	last_at timestamptz NOT NULL,
	items bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (project_id, duty_code)
);
PERFORM rui._describe('duty', 'The duties of the platform. Each is a function rui._duty_CODE(project_id, at) that returns how many items it did.',
	'sort_order: Order within a tick.',
	'about: What the duty does.');
PERFORM rui._describe('duty_run', 'When each duty last ran for a project, and how many items it has done.',
	'duty_code: The duty.',
	'last_at: Time up to which everything due is done.',
	'items: Items done since the beginning.');
PERFORM rui._declare_table('duty', 'reference', 'none');
PERFORM rui._declare_table('duty_run', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.duty_run TO rui_api;
PERFORM rui._allow_read('duty_run', '{rui_manager,rui_expert,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui.tick(project_id bigint, at timestamptz DEFAULT now())
RETURNS TABLE (duty text, done bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 10
-- Compiling the duties' statements would take longer than running them.
SET search_path FROM CURRENT SET jit = off
AS $$
DECLARE
	next_duty rui.duty;
BEGIN
	PERFORM rui.require_permission(project_id, 'run_duties');
	PERFORM rui._check_time(project_id, at);
	FOR next_duty IN SELECT d.* FROM rui.duty d ORDER BY d.sort_order LOOP
		-- The row serialises the ticks of one project, duty by duty: the
		-- second one waits and then finds nothing left to do.
		INSERT INTO rui.duty_run AS r (project_id, duty_code, last_at)
		VALUES (tick.project_id, next_duty.code, '-infinity')
		ON CONFLICT ON CONSTRAINT duty_run_pkey DO NOTHING;
		PERFORM FROM rui.duty_run r
		WHERE r.project_id = tick.project_id AND r.duty_code = next_duty.code
		FOR NO KEY UPDATE;
		duty := next_duty.code;
		EXECUTE format('SELECT rui.%I($1, $2)', '_duty_' || next_duty.code) INTO done USING project_id, at;
		UPDATE rui.duty_run r SET last_at = greatest(r.last_at, tick.at), items = r.items + done
		WHERE r.project_id = tick.project_id AND r.duty_code = next_duty.code;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui.tick(bigint, timestamptz) IS
'Runs every duty of a project that is due up to `at`, each due item exactly once however often and concurrently it is called; returns each duty with the number of items done now. Needs permission run_duties. Errors: 22004, 22008, 42501 as every command.';

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
	SET LOCAL ROLE rui_owner;
	made := rui._create_partitions('event', from_on, months) + rui._create_partitions('journal', from_on, months);
	RESET ROLE;
	RETURN made;
END
$$;
COMMENT ON FUNCTION rui.create_partitions(date, integer) IS
'For the DBA: creates the monthly partitions of rui.event and rui.journal for so many months (UTC) from the month of from_on; existing ones are left. Returns how many were made. Rows outside all months live in the default partitions, which are slower to write to; a month whose rows are there already cannot be made (23514). Before loading history, make its months. Errors: 22004, 22023.';
