-- Numbers of documents: tickets, receipts. Each is given when the transaction
-- that made the document commits, so a series is locked for the length of a
-- commit, and has no gaps; until then the document is a draft.

CREATE TABLE rui.number_series (
	code text PRIMARY KEY CHECK (code ~ '^[a-z][a-z_]{0,39}$'),
	restarts text NOT NULL CHECK (restarts IN ('never', 'year', 'month')),
	prefix text NOT NULL CHECK (length(prefix) <= 10),
	digits integer NOT NULL CHECK (digits BETWEEN 1 AND 12)
);

CREATE TABLE rui.number_period (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	series text NOT NULL REFERENCES rui.number_series (code),
	period_on date NOT NULL,
	PRIMARY KEY (project_id, series, period_on)
);

CREATE TABLE rui.document_number (
	project_id bigint NOT NULL,
	series text NOT NULL,
	period_on date NOT NULL,
	subject_id bigint NOT NULL,
	number bigint NOT NULL CHECK (number > 0),
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, series, subject_id),
	CONSTRAINT document_number_once UNIQUE (project_id, series, period_on, number)
);

PERFORM rui._describe('number_series', 'What is numbered, and how the numbers look.',
	'restarts: When it begins with 1 again: never, year or month, in the project''s zone.',
	'prefix: What stands before the number.',
	'digits: How many digits the number has at least.');
PERFORM rui._describe('number_period', 'The series begun in each project: who gives a number holds the row.',
	'series: The series.', 'period_on: First day of its year or month; -infinity where it never restarts.');
PERFORM rui._describe('document_number', 'The numbers given: 1, 2, 3 … without gaps.',
	'series: The series.', 'period_on: First day of its year or month; -infinity where it never restarts.',
	'subject_id: Id of the document.', 'number: The number.');
PERFORM rui._declare_table('number_series', 'reference', 'none');
PERFORM rui._declare_table('number_period', 'tenant', 'none');
PERFORM rui._declare_table('document_number', 'tenant', 'append');
-- Only the trigger writes here, as the owner.
REVOKE INSERT ON rui.document_number FROM rui_api;
PERFORM rui._allow_read('number_period', '{rui_manager,rui_auditor}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._allow_read('document_number', '{rui_user}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');

CREATE FUNCTION rui.number_of(project_id bigint, series text, subject_id bigint) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
BEGIN
	RETURN (
		SELECT s.prefix || CASE s.restarts WHEN 'year' THEN to_char(n.period_on, 'YYYY-') WHEN 'month' THEN to_char(n.period_on, 'YYYYMM-') ELSE '' END
			|| CASE WHEN length(n.number::text) < s.digits THEN lpad(n.number::text, s.digits, '0') ELSE n.number::text END
		FROM rui.document_number n JOIN rui.number_series s ON s.code = n.series
		WHERE n.project_id = number_of.project_id AND n.series = number_of.series AND n.subject_id = number_of.subject_id);
END
$$;
COMMENT ON FUNCTION rui.number_of(bigint, text, bigint) IS
'The number of a document as people read it, such as R2026-000123: series is a code of rui.number_series, subject_id the id of the ticket or payment. Null for a draft: numbers are given when the transaction commits, or at once after SET CONSTRAINTS rui.give_number IMMEDIATE, which locks the series until the end. Null also for what one may not see.';
