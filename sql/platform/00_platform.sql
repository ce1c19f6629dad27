-- The platform's own registers: its version, and the class of every table.

CREATE TABLE rui.platform (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	version text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rui.platform_table (
	table_name text PRIMARY KEY,
	class text NOT NULL CHECK (class IN ('tenant', 'company', 'reference')),
	writes text NOT NULL CHECK (writes IN ('change', 'append', 'none'))
);

PERFORM rui._describe('platform', 'One row: which version of the platform lives in this database.',
	'only_row: Always true: allows one row.',
	'version: Version of the extension that created or last upgraded the platform.',
	'created_at: When the platform was created.');
PERFORM rui._describe('platform_table', 'Every table of the platform and how it is kept.',
	'table_name: Name of the table in schema rui.',
	'class: tenant (first column project_id), company (company_id), reference (everybody reads it).',
	'writes: change (the API changes rows; journaled), append (rows are only added), none (only the owner writes; of reference tables journaled).');
PERFORM rui._declare_table('platform', 'reference', 'none');
PERFORM rui._declare_table('platform_table', 'reference', 'none');

