-- When people are taken, in all projects of a company: what one project may
-- know of the rosters of the others. Kept by triggers; people read of it what
-- is their project's.

CREATE TABLE rui.roster_time (
	company_id bigint NOT NULL,
	kind text NOT NULL CHECK (kind IN ('shift', 'leave')),
	project_id bigint NOT NULL REFERENCES rui.project (id),
	row_id bigint NOT NULL,
	party_id bigint NOT NULL,
	during tstzrange NOT NULL,
	PRIMARY KEY (project_id, kind, row_id),
	FOREIGN KEY (company_id, party_id) REFERENCES rui.party (company_id, id),
	-- At the end of a statement, so that two people can swap in one.
	CONSTRAINT roster_time_once EXCLUDE USING gist (company_id WITH =, party_id WITH =, during WITH &&)
		WHERE (kind = 'shift') DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX roster_time_leave ON rui.roster_time (company_id, party_id) WHERE kind = 'leave';

PERFORM rui._describe('roster_time', 'When people have shifts, or are on leave, in any project of a company: nobody has two shifts at a time. Kept by triggers.',
	'kind: shift: one that is not absent; leave: one that is approved.', 'project_id: The project whose it is.',
	'row_id: Its id in rui.shift or rui.leave_request.', 'during: From, inclusive, to, exclusive.');
PERFORM rui._declare_table('roster_time', 'company', 'none');
GRANT INSERT, DELETE ON rui.roster_time TO rui_api;
PERFORM rui._allow_read('roster_time', '{rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui._take_roster_time() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	INSERT INTO rui.roster_time (company_id, kind, project_id, row_id, party_id, during)
	SELECT j.company_id, TG_ARGV[0], n.project_id, n.id, n.party_id, n.during
	FROM new_rows n JOIN rui.project j ON j.id = n.project_id
	WHERE CASE TG_ARGV[0] WHEN 'shift' THEN n.state <> 'absent' ELSE n.state = 'approved' END;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._take_roster_time() IS
'Internal: statement trigger of rui.shift and rui.leave_request; argument: the kind in rui.roster_time. Error 23P01 when a person has two shifts at a time, in whatever projects of the company.';

CREATE FUNCTION rui._free_roster_time() RETURNS trigger
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	DELETE FROM rui.roster_time t USING old_rows o
	WHERE t.kind = TG_ARGV[0] AND t.project_id = o.project_id AND t.row_id = o.id;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION rui._free_roster_time() IS
'Internal: statement trigger of rui.shift and rui.leave_request, before rui._take_roster_time(); argument: the kind in rui.roster_time.';

-- By their names, what was is freed before what is is taken.
CREATE TRIGGER roster_time_new AFTER INSERT ON rui.shift REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._take_roster_time('shift');
CREATE TRIGGER roster_time_1_old AFTER UPDATE ON rui.shift REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._free_roster_time('shift');
CREATE TRIGGER roster_time_2_new AFTER UPDATE ON rui.shift REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._take_roster_time('shift');
CREATE TRIGGER roster_time_old AFTER DELETE ON rui.shift REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._free_roster_time('shift');
CREATE TRIGGER roster_time_new AFTER INSERT ON rui.leave_request REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._take_roster_time('leave');
CREATE TRIGGER roster_time_1_old AFTER UPDATE ON rui.leave_request REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._free_roster_time('leave');
CREATE TRIGGER roster_time_2_new AFTER UPDATE ON rui.leave_request REFERENCING NEW TABLE AS new_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._take_roster_time('leave');
CREATE TRIGGER roster_time_old AFTER DELETE ON rui.leave_request REFERENCING OLD TABLE AS old_rows
	FOR EACH STATEMENT EXECUTE FUNCTION rui._free_roster_time('leave');
