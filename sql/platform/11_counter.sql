-- Dense numbers of documents: bills, tickets, receipts. The counter row is
-- locked until the transaction ends, so a command takes its number last.

CREATE TABLE rui.document_counter (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	series text NOT NULL CHECK (series ~ '^[a-z][a-z_]{0,39}$'),
	last_number bigint NOT NULL CHECK (last_number > 0),
	CONSTRAINT document_counter_pkey PRIMARY KEY (project_id, series)
) WITH (fillfactor = 20);

PERFORM rui._describe('document_counter', 'The last number given in each series of documents of a project.',
	'series: What is numbered: ticket, bill, receipt.',
	'last_number: The last number given; numbers begin with 1 and have no gaps.');
-- Not journaled: the documents say who took which number.
PERFORM rui._declare_table('document_counter', 'tenant', 'none');
GRANT INSERT, UPDATE ON rui.document_counter TO rui_api;
PERFORM rui._allow_read('document_counter', '{rui_manager,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui._take_numbers(project_id bigint, series text, how_many integer DEFAULT 1) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	reached bigint;
BEGIN
	INSERT INTO rui.document_counter AS c (project_id, series, last_number)
	VALUES (project_id, series, how_many)
	ON CONFLICT ON CONSTRAINT document_counter_pkey DO UPDATE
	SET last_number = c.last_number + EXCLUDED.last_number
	RETURNING c.last_number INTO reached;
	RETURN reached - how_many + 1;
END
$$;
COMMENT ON FUNCTION rui._take_numbers(bigint, text, integer) IS
'Internal: takes how_many consecutive numbers of a series and returns the first. Others who want a number of that series wait until this transaction ends: call it in the last statement.';
