-- What each role by itself can infer, beside attack_infer.sql, where one party
-- holds all of them: the technician, the vendor, the auditor, who only serves
-- machines, who holds no role, who has left. Every public function is handed
-- the id or code of a row of another project, of another company, and, by who
-- is shown his own matters only, of other people in his own project: it ends as
-- with one that no row has. And none answers anything of a project that one
-- holds no role in, whatever else it is handed.
BEGIN;
SET LOCAL jit = off;
SET LOCAL client_min_messages = error;
\ir fixture/infer.sql
SELECT setseed(coalesce(nullif(current_setting('call.seed', true), '')::float8, 0.42)) \g /dev/null
-- Tasks are tickets here; what concerns a stranger concerns his home.
SET LOCAL session_replication_role = replica;
UPDATE rui.task SET kind = 'ticket';
SET LOCAL session_replication_role = origin;
CREATE FUNCTION pg_temp.move_rows() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
BEGIN
	SET LOCAL session_replication_role = replica;
	FOR one IN SELECT c.oid::regclass AS name, t.subject FROM (SELECT DISTINCT w.subject FROM rui.transition w) t
		JOIN rui.subject s ON s.subject = t.subject
		JOIN pg_class c ON c.relname = s.table_name AND c.relnamespace = 'rui'::regnamespace
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'state' AND a.attgenerated = ''
		WHERE t.subject <> 'project' LOOP
		BEGIN
			EXECUTE format('UPDATE %s t SET state = (SELECT w.from_state FROM rui.transition w WHERE w.subject = %L AND w.from_state <> ''(none)'' ORDER BY random() LIMIT 1)', one.name, one.subject);
		EXCEPTION WHEN unique_violation OR exclusion_violation THEN
			NULL; -- one at a time: they stay as they are
		END;
	END LOOP;
	UPDATE rui.ticket SET rating = NULL;
	SET LOCAL session_replication_role = origin;
END $$;

-- The roles, as which group of the database each reads, and how often it tries
-- rows of strangers.
CREATE TEMP TABLE attacker (name text PRIMARY KEY, role_code text, group_role name, draws integer);
INSERT INTO attacker
SELECT r.role_code, r.role_code, coalesce(min(g.group_role) FILTER (WHERE g.group_role = 'rui_' || r.role_code), min(g.group_role), 'rui_user'),
	CASE WHEN r.role_code IN ('resident', 'partner', 'staff') THEN 3 ELSE 0 END
FROM (SELECT DISTINCT p.role_code FROM rui.role_permission p WHERE p.role_code !~ '^x\d') r LEFT JOIN rui.role_group g USING (role_code) GROUP BY r.role_code
UNION ALL VALUES ('nobody', NULL, 'rui_resident', 1), ('leaver', 'manager', 'rui_manager', 1);
-- What is told of others in one's own project all the same, and why.
CREATE TEMP TABLE shown (name text, argument text, why text, roles text[] DEFAULT '{resident,partner,staff}');
INSERT INTO shown VALUES
	('grid_of_unit', 'unit_id', 'whose grid a home is in hangs in the hall'), ('steward_of_unit', 'unit_id', 'so does who its steward is'),
	('space_path', 'space_id', 'places are no matters of people'), ('spaces_under', 'space_id', 'places are no matters of people'),
	('store_document', 'kind_code', 'kinds are words of the project');
INSERT INTO shown VALUES
	('transfer_ticket', 'worker_id', 'colleagues are known', '{partner,staff}'), ('propose_swap', 'other_shift_id', 'a shift of a colleague', '{partner,staff}'),
	('unit_path', 'unit_id', 'who works here sees the homes', '{staff}'), ('unit_stage', 'unit_id', 'who works here sees the homes', '{staff}'),
	('units_under', 'space_id', 'who works here sees the homes', '{staff}'), ('vacancy', 'unit_id', 'who works here sees the homes', '{staff}'),
	('record_vacancy', 'unit_id', 'records it', '{staff}'), ('withdraw_vacancy', 'fact_id', 'records it', '{staff}'),
	('correct_reading', 'reading_id', 'reads meters', '{staff}'), ('allowed_actions', 'id', 'reads meters', '{staff}'),
	('walk_seconds', 'to_unit', 'who works here sees the homes', '{staff}'), ('walk_seconds', 'from_unit', 'who works here sees the homes', '{staff}'),
	('ask_reveal', 'party_id', 'each question is on record', '{staff}'), ('reveal', 'party_id', 'each question is on record', '{staff}'),
	('break_glass', 'party_id', 'each question is on record', '{staff}'), ('party_card', 'party_id', 'each question is on record', '{staff}');

CREATE TEMP TABLE probe AS
SELECT a.name, t.n, a.names[t.n] AS argument, t.type::regtype AS type, a.types, a.names
FROM api a CROSS JOIN LATERAL unnest(a.types) WITH ORDINALITY AS t(type, n)
WHERE t.type IN ('bigint'::regtype, 'bigint[]'::regtype, 'text'::regtype, 'text[]'::regtype)
	AND NOT (t.n = 1 AND a.first_name IN ('project_id', 'company_id'))
	AND a.names[t.n] !~ '^((from|to)_number|reason|remark|note|comment|memo|body|title|details|name_zh|name_en|address|lang|separator|time_zone)$';
CREATE TEMP TABLE of_company (argument text);
INSERT INTO of_company VALUES ('developer_id'), ('for_party'), ('lessee_id'), ('party_id'), ('payee_id'), ('payer_id'), ('recipient_id'), ('steward_id'), ('stewards'), ('to_id'), ('vendor_id'), ('worker_id');
CREATE TEMP TABLE told (attacker text, name text, argument text, world text, told text);
CREATE TEMP TABLE tried (attacker text, kind text, calls bigint);

CREATE FUNCTION pg_temp.plain(outcome text) RETURNS text LANGUAGE sql RETURN regexp_replace(outcome, '100000[2-9]', '#', 'g');
CREATE FUNCTION pg_temp.attack(who attacker) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	one record;
	world text;
	command text;
	absent text;
	outcome text;
	calls bigint := 0;
BEGIN
	DELETE FROM rui.company_member WHERE party_id = 1000001;
	DELETE FROM rui.membership WHERE party_id = 1000001;
	IF who.role_code IS NOT NULL THEN
		INSERT INTO rui.membership (project_id, party_id, role_code, valid)
		VALUES (1000001, 1000001, who.role_code, CASE WHEN who.name = 'leaver' THEN tstzrange('2000-01-01', now() - interval '1 microsecond') ELSE '[2000-01-01,)' END);
	END IF;
	FOR draw IN 1..greatest(who.draws, 1) LOOP
		PERFORM pg_temp.move_rows();
		FOR one IN SELECT * FROM probe p ORDER BY p.name, p.n LOOP
			SELECT format('SELECT string_agg(x::text, '','') FROM rui.%I(%s) AS x', one.name, string_agg(CASE WHEN t.n <> one.n THEN pg_temp.given(one.names[t.n], t.type, 1)
				ELSE CASE one.type WHEN 'bigint'::regtype THEN '<world>' WHEN 'bigint[]'::regtype THEN '''{<world>}''' WHEN 'text'::regtype THEN '''x<world>''' ELSE '''{x<world>}''' END END
				|| '::' || format_type(t.type, NULL), ', ' ORDER BY t.n))
			INTO command FROM unnest(one.types) WITH ORDINALITY AS t(type, n);
			absent := pg_temp.outcome(command, '1000009', who.group_role);
			CONTINUE WHEN absent ~ '^42501 . permission ("|denied)';
			FOREACH world IN ARRAY '{1000002,1000003,1000005}'::text[] LOOP
				CONTINUE WHEN world = '1000003' AND one.argument IN (SELECT c.argument FROM of_company c) OR world = '1000002' AND (who.draws = 0
					OR EXISTS (SELECT FROM shown s WHERE s.name = one.name AND s.argument = one.argument AND who.name = ANY (s.roles)));
				calls := calls + 1;
				outcome := pg_temp.tells(command, world, who.group_role, absent);
				IF outcome IS NOT NULL AND pg_temp.plain(pg_temp.outcome(command, world, who.group_role)) <> pg_temp.plain(absent) THEN
					INSERT INTO told VALUES (who.name, one.name, one.argument, world, outcome);
				END IF;
			END LOOP;
		END LOOP;
	END LOOP;
	INSERT INTO tried VALUES (who.name, 'by an argument', calls);
	-- Of another project, everything at once: as of one that is not there.
	calls := 0;
	FOR one IN SELECT DISTINCT a.name, a.types, a.names, s.subject FROM api a
		JOIN (SELECT NULL::text AS subject UNION ALL SELECT u.subject FROM rui.subject u WHERE u.subject !~ '^x\d') s ON (s.subject IS NULL) = (a.name <> 'allowed_actions')
		WHERE a.names[1] IN ('project_id', 'company_id') ORDER BY a.name, s.subject LOOP
		SELECT format('SELECT string_agg(x::text, '','') FROM rui.%I(%s) AS x', one.name, string_agg(CASE
			WHEN one.names[t.n] IN ('project_id', 'company_id') THEN '<project>' WHEN one.subject IS NOT NULL AND t.type = 'text'::regtype THEN quote_literal(one.subject)
			WHEN t.type = 'bigint'::regtype THEN '<world>' WHEN t.type = 'bigint[]'::regtype THEN '''{<world>}'''
			ELSE pg_temp.given(one.names[t.n], t.type, 1) END || '::' || format_type(t.type, NULL), ', ' ORDER BY t.n))
		INTO command FROM unnest(one.types) WITH ORDINALITY AS t(type, n);
		absent := pg_temp.plain(pg_temp.outcome(replace(command, '<project>', '1000009'), '1000009', who.group_role));
		FOREACH world IN ARRAY '{1000003,1000005}'::text[] LOOP
			calls := calls + 1;
			-- The parties of one's company are known there.
			outcome := pg_temp.plain(pg_temp.outcome(replace(command, '<project>', world), world, who.group_role));
			IF outcome <> absent OR outcome <> pg_temp.plain(pg_temp.outcome(replace(command, '<project>', world), '1000009', who.group_role)) THEN
				INSERT INTO told VALUES (who.name, one.name, 'project_id', world, format(E'%s\n%s\ninstead of %s', replace(command, '<project>', world), outcome, absent));
			END IF;
		END LOOP;
	END LOOP;
	INSERT INTO tried VALUES (who.name, 'of a project', calls);
END $$;
SELECT pg_temp.attack(a) FROM attacker a ORDER BY a.name \g /dev/null

SELECT plan((SELECT count(*) FROM attacker)::integer + 4);
SELECT is((SELECT string_agg(concat_ws(' ', t.name, t.argument, t.told), E'\n' ORDER BY t.name, t.argument, t.world) FROM told t WHERE t.attacker = a.name), NULL, a.name || ' infers nothing')
FROM attacker a ORDER BY a.name;
SELECT cmp_ok((SELECT count(*) FROM attacker), '>=', 18::bigint, 'every role, nobody and a leaver tried');
SELECT cmp_ok((SELECT min(t.calls) FROM tried t WHERE t.kind = 'of a project'), '>', 700::bigint, 'each of them every function');
SELECT cmp_ok((SELECT sum(t.calls) FROM tried t WHERE t.kind = 'by an argument'), '>', 4000::numeric, 'and every argument of those it may call');
-- What is shown is shown for a reason that still stands.
SELECT is_empty('SELECT s.name, s.argument FROM shown s WHERE NOT EXISTS (SELECT FROM probe p WHERE p.name = s.name AND p.argument = s.argument)', 'the list of what is told names functions');
SELECT * FROM finish();
ROLLBACK;
