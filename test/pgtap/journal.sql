-- Every change is written down, by whom it was made, as it was; nothing can
-- be taken back.
BEGIN;
SELECT plan(24);
CREATE TABLE rui.probe (
	project_id bigint NOT NULL, id bigint NOT NULL, flag boolean, small smallint, whole integer,
	exact numeric, real_number float8, words text, instant timestamptz, period daterange, many int[],
	document jsonb, place geometry(Point,4326), raw bytea, one "char", ip inet, PRIMARY KEY (project_id, id));
SELECT rui._journal_table('probe');
CREATE TEMP VIEW written AS
SELECT operation, row_key, old_row, new_row, party_id, table_name, project_id, j.id, image_number
FROM rui.journal_entry j WHERE table_name = 'probe' ORDER BY j.id, image_number;

SELECT set_config('rui.party_id', '77', true) \gset hidden_
INSERT INTO rui.probe VALUES (5, 1, true, -2, 2147483647, 1.50, -0.1, E'quote " back \\ 中文', '2026-01-02 03:04:05.678901+00',
	'[2026-01-01,2026-02-01)', '{1,NULL,3}', '{"a": [1, null]}', 'SRID=4326;POINT(118.78 32.04)', '\x00ff', 'x', '10.0.0.1/8');
SELECT is((SELECT count(*) FROM written), 1::bigint, 'one image a row');
SELECT is((SELECT row_key FROM written), '{"project_id": 5, "id": 1}'::jsonb, 'with the key');
SELECT is((SELECT party_id FROM written), 77::bigint, 'and who did it');
SELECT is((SELECT project_id FROM written), 5::bigint, 'under the row''s project');
SELECT is((SELECT new_row - 'place' FROM written), jsonb_build_object('project_id', 5, 'id', 1, 'flag', true, 'small', -2,
	'whole', 2147483647, 'exact', 1.50, 'real_number', '-0.1', 'words', E'quote " back \\ 中文',
	'instant', '2026-01-02 03:04:05.678901+00'::timestamptz::text, 'period', '[2026-01-01,2026-02-01)', 'many', '{1,NULL,3}',
	'document', '{"a": [1, null]}'::jsonb, 'raw', '\x00ff', 'one', 'x', 'ip', '10.0.0.1/8'), 'every value as it was');
SELECT is((SELECT (new_row ->> 'place')::geometry FROM written), 'SRID=4326;POINT(118.78 32.04)'::geometry,
	'also of types that came with other extensions');
SELECT is((SELECT old_row FROM written), NULL, 'an insert has no old values');

UPDATE rui.probe SET words = NULL, exact = 1.5 WHERE id = 1;
SELECT is((SELECT jsonb_build_array(row_key, old_row, new_row) FROM written OFFSET 1),
	E'[{"project_id": 5, "id": 1}, {"words": "quote \\" back \\\\ 中文", "exact": 1.50}, {"words": null, "exact": 1.5}]'::jsonb,
	'an update writes the changed columns, scale of a number included');
UPDATE rui.probe SET words = NULL WHERE id = 1;
SELECT is((SELECT count(*) FROM written), 2::bigint, 'an update that changes nothing writes nothing');
INSERT INTO rui.probe (project_id, id) SELECT p, i FROM generate_series(6, 7) p, generate_series(1, 3) i ORDER BY 1, 2;
SELECT is((SELECT array_agg(row_count ORDER BY id) FROM rui.journal WHERE table_name = 'probe' AND project_id IN (6, 7)),
	'{3,3}'::int[], 'one journal row a statement and project');
DELETE FROM rui.probe WHERE project_id = 6 AND id = 2;
SELECT is((SELECT (operation, row_key, old_row ->> 'id', new_row)::text FROM written ORDER BY id DESC, image_number DESC LIMIT 1),
	'(delete,"{""id"": 2, ""project_id"": 6}",2,)', 'a delete writes the row that was');

-- Images outlive a change of the table.
ALTER TABLE rui.probe DROP COLUMN flag, ADD COLUMN later text DEFAULT 'new', ALTER COLUMN whole TYPE bigint;
UPDATE rui.probe SET whole = 9000000000 WHERE project_id = 5;
SELECT is((SELECT new_row FROM written ORDER BY id DESC LIMIT 1), '{"whole": 9000000000}'::jsonb, 'the new shape is written');
SELECT is((SELECT new_row -> 'flag' FROM written LIMIT 1), 'true'::jsonb, 'and the old one is still read');
SELECT is((SELECT count(DISTINCT layout_id) FROM rui.journal WHERE table_name = 'probe'), 2::bigint, 'by its own layout');

-- A rolled back layout is written again when it is needed.
SAVEPOINT shape;
ALTER TABLE rui.probe ADD COLUMN fleeting int;
UPDATE rui.probe SET fleeting = 1 WHERE project_id = 5;
ROLLBACK TO shape;
ALTER TABLE rui.probe ADD COLUMN fleeting int;
UPDATE rui.probe SET fleeting = 2 WHERE project_id = 5;
SELECT is((SELECT new_row FROM written ORDER BY id DESC LIMIT 1), '{"fleeting": 2}'::jsonb, 'a layout of an aborted subtransaction is stored anew');

-- Written straight to its partition, or by SQL where the journal has become
-- another: the same rows.
CREATE TEMP VIEW last_written AS SELECT j.new_row, j.party_id, j.project_id, p.tableoid::regclass::text AS part, p.id
FROM rui.journal p JOIN rui.journal_entry j USING (project_id, id) WHERE p.table_name = 'probe' ORDER BY p.id DESC LIMIT 1;
UPDATE rui.probe SET later = 'straight' WHERE project_id = 5;
SELECT id AS straight_id FROM last_written \gset
SELECT is((SELECT (new_row, party_id, project_id, part)::text FROM last_written),
	format('("{""later"": ""straight""}",77,5,rui.journal_%s)', to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')), 'to the partition of its month');
SAVEPOINT other;
ALTER TABLE rui.journal ADD COLUMN comment text DEFAULT 'a column of the DBA';
UPDATE rui.probe SET later = 'by SQL' WHERE project_id = 5;
SELECT is((SELECT (new_row, party_id, project_id, comment)::text FROM last_written JOIN rui.journal USING (id, project_id, party_id)),
	'("{""later"": ""by SQL""}",77,5,"a column of the DBA")', 'with a column more, defaults included');
SELECT ok((SELECT id > :straight_id FROM last_written), 'under the next number');
ROLLBACK TO other;
CREATE TABLE public.seen (login name);
CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.seen VALUES (NEW.login); RETURN NULL; END$$;
GRANT INSERT ON public.seen TO rui_owner;
CREATE TRIGGER see AFTER INSERT ON rui.journal FOR EACH ROW EXECUTE FUNCTION public.see();
UPDATE rui.probe SET later = 'seen' WHERE project_id = 5;
SELECT is((SELECT count(*) FROM public.seen), 1::bigint, 'triggers of the DBA fire');
ROLLBACK TO other;
ALTER TABLE rui.journal DETACH PARTITION rui.journal_default;
DO $$BEGIN EXECUTE format('DROP TABLE rui.journal_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')); END$$;
SELECT throws_ok('UPDATE rui.probe SET later = ''lost'' WHERE project_id = 5', '23514', NULL, 'without a partition for it nothing is changed unseen');
ROLLBACK TO other;
SELECT throws_ok('UPDATE rui.journal SET login = ''x''', '55000', 'rows of rui.journal are never changed or removed');
SELECT throws_ok('DELETE FROM rui.journal', '55000', NULL, 'not removed');
SELECT throws_ok('TRUNCATE rui.probe', '55000', NULL, 'a journaled table refuses TRUNCATE');
SELECT throws_ok($$SELECT * FROM rui.image_json('[{"name":"a","type":"pg_catalog.int8","form":"word8"}]', '\x4901000000')$$,
	'XX001', NULL, 'images that do not fit are an error');
SELECT * FROM finish();
ROLLBACK;
