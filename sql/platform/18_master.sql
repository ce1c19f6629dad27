-- Master tables as whole objects: what of a table goes out and comes in as
-- CSV, who may take it, what of it is personal, and which rows are no longer
-- used. A new table joins by one call of rui._declare_master.

CREATE TABLE rui.master_table (
	table_name text PRIMARY KEY REFERENCES rui.platform_table (table_name),
	import_command text NOT NULL,
	source text NOT NULL,
	columns text[] NOT NULL CHECK (cardinality(columns) > 0),
	personal text[] NOT NULL DEFAULT '{}' CHECK (personal <@ columns),
	current_rows text NOT NULL DEFAULT 'true',
	export_permission text NOT NULL REFERENCES rui.permission (code),
	change_permission text NOT NULL REFERENCES rui.permission (code)
);

-- Out of daily use, kept with all history.
CREATE TABLE rui.archived (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	table_name text NOT NULL REFERENCES rui.master_table (table_name),
	row_id bigint NOT NULL,
	at timestamptz NOT NULL CHECK (isfinite(at)),
	reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
	party_id bigint,
	recorded_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (project_id, table_name, row_id)
);

PERFORM rui._permit('export_estate', '{candidate,live,closed}', 'manager', 'expert', 'auditor', 'director', 'loader');
PERFORM rui._permit('export_people', '{candidate,live,closed}', 'manager', 'auditor', 'director', 'loader');
PERFORM rui._permit('show_people', '{candidate,live,closed}', 'manager', 'loader');

PERFORM rui._describe('master_table', 'The master tables that are exported, changed in bulk and archived as whole objects, and how.',
	'table_name: The table.',
	'import_command: The function that imports such rows.',
	'source: The view that has the rows as the import reads them: project_id, row_id (id of the row), then the columns.',
	'columns: Names of the columns in CSV files and import records, in the order of the view.',
	'personal: Those of them that hold personal data: masked unless they are asked for in clear.',
	'current_rows: The condition on rows t of the table that are no mere history.',
	'export_permission: What exporting the table needs.',
	'change_permission: What importing and archiving its rows needs.');
PERFORM rui._describe('archived', 'Rows of master tables that are no longer used: searches, exports and billing leave them out, everything else still knows them.',
	'table_name: The table.', 'row_id: Id of the row.', 'at: When it was archived.', 'reason: Why.', 'party_id: Who archived it.');
PERFORM rui._declare_table('master_table', 'reference', 'none');
PERFORM rui._declare_table('archived', 'tenant', 'change');
PERFORM rui._allow_read('archived', '{rui_staff,rui_steward,rui_agent,rui_manager,rui_expert,rui_analyst,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._name('event', e.code, e.zh, e.en) FROM (VALUES
	('project.import', '批量导入', 'import'), ('project.export', '数据导出', 'export'),
	('project.ask_csv', '申请明文导出', 'ask for an export in clear')) AS e(code, zh, en);

CREATE FUNCTION rui._declare_master(table_name text, import_command text, columns text[], personal text[], export_permission text,
	change_permission text, query text, current_rows text DEFAULT 'true') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	source CONSTANT text := table_name || '_export';
	found_columns text[];
BEGIN
	EXECUTE format('CREATE VIEW rui.%I WITH (security_invoker = true, security_barrier = true) AS %s', source, query);
	SELECT array_agg(a.attname ORDER BY a.attnum) INTO found_columns FROM pg_attribute a
	WHERE a.attrelid = format('rui.%I', source)::regclass AND a.attnum > 0;
	IF found_columns[1:2] <> '{project_id,row_id}' OR cardinality(found_columns) <> cardinality(columns) + 2 THEN
		RAISE EXCEPTION 'the export of % has columns %', table_name, found_columns;
	END IF;
	PERFORM rui._describe(source, format('Rows of rui.%s as rui.%s reads them.', table_name, import_command),
		VARIADIC ARRAY['row_id: Id of the row.'] || ARRAY(
			SELECT format('%s: Key %s of rui.%s.', found_columns[c.place + 2], c.name, import_command)
			FROM unnest(columns) WITH ORDINALITY AS c(name, place)));
	INSERT INTO rui.master_table (table_name, import_command, source, columns, personal, current_rows, export_permission, change_permission)
	VALUES (table_name, import_command, source, columns, personal, current_rows, export_permission, change_permission);
END
$$;
COMMENT ON FUNCTION rui._declare_master(text, text, text[], text[], text, text, text, text) IS
'Internal: makes a table a master table. import_command: its import function; columns: the keys that function reads, in order; personal: those with personal data; query: SELECT project_id, row_id, and a column for each key, of which it makes the view TABLE_export. A column of type text may be guarded against formulas, boolean and numbers go as they are, jsonb holds arrays: one text goes as itself, more as JSON. current_rows: the condition on rows t of the table that bulk changes and the archive reach; the others are history.';

CREATE FUNCTION rui._master_table(table_name text) RETURNS rui.master_table
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	found_table rui.master_table;
BEGIN
	PERFORM rui._check_text('table_name', table_name, 80);
	SELECT m.* INTO found_table FROM rui.master_table m WHERE m.table_name = _master_table.table_name;
	IF NOT FOUND THEN
		RAISE EXCEPTION '"%" is no master table', table_name
			USING ERRCODE = 'invalid_parameter_value', HINT = 'rui.master_table lists them.';
	END IF;
	RETURN found_table;
END
$$;
COMMENT ON FUNCTION rui._master_table(text) IS 'Internal: the declaration of a master table. Errors: 22004, 22001, 22023 unknown.';

-- What exports have in common: days and instants as imports read them.
CREATE FUNCTION rui._write_day(day date) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN to_char(day, 'YYYY-MM-DD');
COMMENT ON FUNCTION rui._write_day(date) IS 'Internal: a date as YYYY-MM-DD; null for null.';

CREATE FUNCTION rui._write_instant(at timestamptz, time_zone text) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED
SET search_path FROM CURRENT
AS $$
DECLARE
	local_time CONSTANT timestamp := at AT TIME ZONE time_zone;
	ahead CONSTANT interval := local_time - (at AT TIME ZONE 'UTC');
BEGIN
	IF extract(second FROM ahead) <> 0 THEN
		-- Zones of the time before zones.
		RETURN rui._write_instant(at, 'UTC');
	END IF;
	RETURN regexp_replace(to_char(local_time, 'YYYY-MM-DD HH24:MI:SS.US'), '(:00)?\.?0*$', '')
		|| CASE WHEN ahead < interval '0' THEN '-' ELSE '+' END || to_char(greatest(ahead, -ahead), 'HH24:MI');
END
$$;
COMMENT ON FUNCTION rui._write_instant(timestamptz, text) IS
'Internal: an instant as rui._read_instant reads it: local time of the zone, without seconds where they are nil, with the offset; null for null.';

-- Who belongs to a project: a company's other people are not its business.
CREATE VIEW rui.project_party WITH (security_invoker = true, security_barrier = true) AS
SELECT m.project_id, m.party_id FROM rui.membership m
UNION
SELECT o.project_id, o.party_id FROM rui.occupancy o
UNION
SELECT o.project_id, w.owner_id FROM rui.ownership o CROSS JOIN LATERAL unnest(o.owner_ids) AS w(owner_id)
UNION
SELECT d.project_id, d.developer_id FROM rui.unit_delivery d WHERE d.developer_id IS NOT NULL;
PERFORM rui._describe('project_party', 'The parties of a project: who ever held a role, lived or owned there, or built a unit.');

PERFORM rui._declare_master('building', 'import_buildings', '{code,name,floors,footprint,entrance}', '{}', 'export_estate', 'manage_estate', $$
	SELECT b.project_id, b.id AS row_id, b.code, b.name, b.floors, ST_AsEWKT(b.footprint) AS footprint, ST_AsEWKT(b.entrance) AS entrance
	FROM rui.building b$$);
PERFORM rui._declare_master('space', 'import_spaces', '{code,kind,parent,building,name,place,from,to}', '{}', 'export_estate', 'manage_estate', $$
	SELECT s.project_id, s.id AS row_id, s.code, s.kind, p.code AS parent, b.code AS building, s.name, ST_AsEWKT(s.place) AS place,
		rui._write_day(lower(s.valid)) AS from_on, rui._write_day(upper(s.valid)) AS to_on
	FROM rui.space s
	LEFT JOIN rui.space p ON p.project_id = s.project_id AND p.id = s.parent_id
	LEFT JOIN rui.building b ON b.project_id = s.project_id AND b.id = s.building_id$$);
PERFORM rui._declare_master('unit', 'import_units', '{code,building,space,floor_no,kind,area_m2,completed_on,delivered_on,developer}', '{}',
	'export_estate', 'manage_estate', $$
	SELECT u.project_id, u.id AS row_id, u.code, b.code AS building, s.code AS space, u.floor_no, u.kind, u.area_m2,
		rui._write_day(d.completed_on) AS completed_on, rui._write_day(d.delivered_on) AS delivered_on, o.code AS developer
	FROM rui.unit u
	JOIN rui.building b ON b.project_id = u.project_id AND b.id = u.building_id
	LEFT JOIN rui.space s ON s.project_id = u.project_id AND s.id = u.space_id
	LEFT JOIN rui.unit_delivery d ON d.project_id = u.project_id AND d.unit_id = u.id
	LEFT JOIN rui.party o ON o.id = d.developer_id$$);
PERFORM rui._declare_master('equipment', 'import_equipment', '{code,kind,name,parent,space,building,maker,model,serial,installed_on}', '{}',
	'export_estate', 'manage_estate', $$
	SELECT e.project_id, e.id AS row_id, e.code, e.kind, e.name, p.code AS parent, s.code AS space, b.code AS building, e.maker, e.model,
		e.serial, rui._write_day(e.installed_on) AS installed_on
	FROM rui.equipment e
	LEFT JOIN rui.equipment p ON p.project_id = e.project_id AND p.id = e.parent_id
	LEFT JOIN rui.space s ON s.project_id = e.project_id AND s.id = e.space_id
	LEFT JOIN rui.building b ON b.project_id = e.project_id AND b.id = e.building_id$$);
PERFORM rui._declare_master('party', 'import_parties', '{code,name,kind,phone,email,wechat,address}', '{name,phone,email,wechat,address}',
	'export_people', 'manage_people', $$
	SELECT l.project_id, p.id AS row_id, p.code, p.name, p.kind,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'phone') AS phone,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'email') AS email,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'wechat') AS wechat,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'address') AS address
	FROM rui.project_party l JOIN rui.party p ON p.id = l.party_id$$);
PERFORM rui._declare_master('contact_point', 'import_contacts', '{party,kind,value,preferred,verified_at}', '{value}',
	'export_people', 'manage_people', $$
	SELECT l.project_id, c.id AS row_id, p.code AS party, c.kind, c.value, c.preferred, rui._write_instant(c.verified_at, j.time_zone) AS verified_at
	FROM rui.project_party l
	JOIN rui.project j ON j.id = l.project_id
	JOIN rui.party p ON p.id = l.party_id
	JOIN rui.contact_point c ON c.party_id = l.party_id$$);
PERFORM rui._declare_master('household', 'import_households', '{unit,from,to,members}', '{}', 'export_people', 'manage_people', $$
	SELECT h.project_id, h.id AS row_id, u.code AS unit, rui._write_day(lower(h.valid)) AS from_on, rui._write_day(upper(h.valid)) AS to_on,
		m.members
	FROM rui.household h
	JOIN rui.unit u ON u.project_id = h.project_id AND u.id = h.unit_id
	CROSS JOIN LATERAL (
		SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('party', p.code, 'role', o.role,
			'from', CASE WHEN lower(o.valid) <> lower(h.valid) THEN rui._write_day(lower(o.valid)) END,
			'to', CASE WHEN upper(o.valid) IS DISTINCT FROM upper(h.valid) THEN rui._write_day(upper(o.valid)) END))
			ORDER BY p.code, o.role, o.valid) AS members
		FROM rui.occupancy o JOIN rui.party p ON p.id = o.party_id
		WHERE o.project_id = h.project_id AND o.household_id = h.id AND o.unit_id = h.unit_id) m$$);
PERFORM rui._declare_master('ownership', 'import_ownerships', '{unit,from,to,owners}', '{}', 'export_people', 'manage_people', $$
	SELECT o.project_id, o.id AS row_id, u.code AS unit, rui._write_day(lower(o.valid)) AS from_on, rui._write_day(upper(o.valid)) AS to_on,
		w.owners
	FROM rui.ownership o
	JOIN rui.unit u ON u.project_id = o.project_id AND u.id = o.unit_id
	CROSS JOIN LATERAL (
		SELECT jsonb_agg(jsonb_build_object('party', p.code, 'parts', s.parts) ORDER BY s.place) AS owners
		FROM unnest(o.owner_ids, o.share_parts) WITH ORDINALITY AS s(owner_id, parts, place) JOIN rui.party p ON p.id = s.owner_id) w$$);
PERFORM rui._declare_master('staff', 'import_staff', '{code,name,staff_no,from,to,role,phone,email,wechat,address,qualifications}',
	'{name,phone,email,wechat,address}', 'export_people', 'manage_people', $$
	SELECT j.id AS project_id, p.id AS row_id, p.code, p.name, s.staff_no, rui._write_day(lower(s.employed)) AS from_on,
		rui._write_day(upper(s.employed)) AS to_on, r.role_code,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'phone') AS phone,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'email') AS email,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'wechat') AS wechat,
		(SELECT jsonb_agg(c.value ORDER BY c.value COLLATE "C") FROM rui.contact_point c WHERE c.party_id = p.id AND c.kind = 'address') AS address,
		q.qualifications
	FROM rui.staff s
	JOIN rui.party p ON p.id = s.party_id
	JOIN rui.project j ON j.company_id = s.company_id
	CROSS JOIN LATERAL (SELECT tstzrange(lower(s.employed)::timestamp AT TIME ZONE j.time_zone,
		upper(s.employed)::timestamp AT TIME ZONE j.time_zone) AS during) e
	-- Who works in the project, and as what: the role held for just that time
	-- first.
	CROSS JOIN LATERAL (
		SELECT m.role_code FROM rui.membership m
		WHERE m.project_id = j.id AND m.party_id = s.party_id AND m.role_code <> 'resident' AND m.valid && e.during
		ORDER BY m.valid = e.during DESC, m.role_code = 'staff', lower(m.valid), m.role_code LIMIT 1) r
	CROSS JOIN LATERAL (
		SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', q.kind, 'code', q.code, 'level', q.level,
			'from', CASE WHEN lower(q.valid) <> lower(e.during) THEN rui._write_day((lower(q.valid) AT TIME ZONE j.time_zone)::date) END,
			'to', CASE WHEN upper(q.valid) IS DISTINCT FROM upper(e.during) THEN rui._write_day((upper(q.valid) AT TIME ZONE j.time_zone)::date) END,
			'source', q.source)) ORDER BY q.kind, q.code, q.valid) AS qualifications
		FROM rui.qualification q WHERE q.party_id = s.party_id AND q.valid && e.during) q$$);
PERFORM rui._declare_master('post', 'import_posts', '{code,name,module,headcount}', '{}', 'export_estate', 'plan_shifts', $$
	SELECT p.project_id, p.id AS row_id, p.code, p.name, p.module, p.headcount FROM rui.post p$$);
PERFORM rui._declare_master('shift', 'import_shifts', '{post,staff,from,to,capacity}', '{}', 'export_people', 'plan_shifts', $$
	SELECT s.project_id, s.id AS row_id, o.code AS post, p.code AS staff, rui._write_instant(lower(s.during), j.time_zone) AS from_at,
		rui._write_instant(upper(s.during), j.time_zone) AS to_at, s.capacity
	FROM rui.shift s
	JOIN rui.project j ON j.id = s.project_id
	JOIN rui.post o ON o.project_id = s.project_id AND o.id = s.post_id
	JOIN rui.party p ON p.id = s.party_id
	-- An absence leaves the person free for another shift.
	WHERE s.state <> 'absent'$$);
