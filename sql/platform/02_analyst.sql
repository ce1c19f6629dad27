-- What analysts read: of each relation a decision whether its rows tell of a
-- person, made where the relation is.

CREATE TABLE rui.analyst_relation (
	relation_name text PRIMARY KEY,
	form text NOT NULL CHECK (form IN ('free', 'partly', 'staff', 'own', 'closed')),
	why text NOT NULL CHECK (length(why) BETWEEN 10 AND 200),
	hidden text[] NOT NULL DEFAULT '{}',
	CONSTRAINT analyst_relation_hidden CHECK ((form = 'partly') = (cardinality(hidden) > 0))
);
PERFORM rui._describe('analyst_relation', 'Which tables and views logins in rui_analyst read, and why that tells of nobody; tables of reference are read by everybody and not listed.',
	'relation_name: The table or view.',
	'form: free: no row tells of a person; partly: none does without the columns in hidden; staff: which of the staff, by an id without a name, answers for what; own: of the acting party alone; closed: rows tell of people, analysts have counts.',
	'why: Why; of closed ones, what to ask instead.', 'hidden: Columns that analysts do not read.');
PERFORM rui._declare_table('analyst_relation', 'reference', 'none');

CREATE FUNCTION rui._grant_others(table_name text, columns text[], role_name text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	EXECUTE format('REVOKE SELECT ON rui.%I FROM %I', table_name, role_name);
	EXECUTE format('GRANT SELECT (%s) ON rui.%I TO %I', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = format('rui.%I', table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname::text <> ALL (columns)), table_name, role_name);
END
$$;
COMMENT ON FUNCTION rui._grant_others(text, text[], text) IS
'Internal: lets a group role that reads a table read all its columns but these. SELECT * of the role is refused then: it names columns.';

CREATE FUNCTION rui._analysts_read(relation_name text, form text, why text, hidden text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	INSERT INTO rui.analyst_relation (relation_name, form, why, hidden)
	VALUES (_analysts_read.relation_name, _analysts_read.form, _analysts_read.why, _analysts_read.hidden);
	IF form = 'closed' THEN
		EXECUTE format('REVOKE SELECT ON rui.%I FROM rui_analyst', relation_name);
		IF EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = format('rui.%I', _analysts_read.relation_name)::regclass AND p.polname = 'rui_analyst_reads') THEN
			EXECUTE format('DROP POLICY rui_analyst_reads ON rui.%I', relation_name);
		END IF;
	ELSIF form = 'partly' THEN
		PERFORM rui._grant_others(relation_name, hidden, 'rui_analyst');
	END IF;
END
$$;
COMMENT ON FUNCTION rui._analysts_read(text, text, text, text[]) IS
'Internal: says of a table or view that rui_analyst was let read whether its rows tell of a person, and sees to it: free, staff and own leave it readable, partly takes the columns in hidden, closed takes it whole. why: 10 to 200 characters. A test fails where rui_analyst reads what is not said here, a column that names a party, or one in which people write.';
