-- Row images and their layouts as nobody should give them: an error that says
-- so, whatever the bytes. What reads them is in C.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
CREATE SCHEMA image_hostile;
SET search_path = image_hostile, rui, public;
CREATE TYPE mood AS ENUM ('calm', 'glad');
CREATE DOMAIN count AS bigint CHECK (VALUE > 0);
CREATE TYPE shell;

-- What comes of images read by a layout of one column a.
CREATE FUNCTION try(columns text, images bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	answer text;
BEGIN
	SELECT string_agg(concat_ws(' ', i.operation, i.row_key, i.old_row, i.new_row), '; ') INTO answer FROM image_json(columns, images) i;
	RETURN coalesce(answer, 'no rows');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(': ', SQLSTATE, SQLERRM, nullif(detail, ''));
END
$$;
CREATE FUNCTION one(type text, form text) RETURNS text LANGUAGE sql
RETURN json_build_array(json_build_object('name', 'a', 'type', type, 'form', form))::text;

-- Right ones, among them words of every size.
SELECT type, form, try(one(type, form), images) FROM (VALUES
	('pg_catalog.bool', 'word1', '\x490101'::bytea), ('pg_catalog."char"', 'word1', '\x490178'), ('pg_catalog.int2', 'word2', '\x4901fffe'),
	('pg_catalog.int4', 'word4', '\x49017fffffff'), ('pg_catalog.float4', 'word4', '\x49013f800000'), ('pg_catalog.date', 'word4', '\x490100000001'),
	('pg_catalog.int8', 'word8', '\x4901ffffffffffffffff'), ('pg_catalog.float8', 'word8', '\x4901bff0000000000000'),
	('pg_catalog.timestamptz', 'word8', '\x490100000000000f4240'), ('pg_catalog.money', 'word8', '\x490100000000000000ff'),
	('pg_catalog.text', 'bytes', '\x490103e4b8ad'), ('pg_catalog.bytea', 'bytes', '\x49010200ff'), ('pg_catalog.json', 'bytes', '\x4901025b5d'),
	('pg_catalog.uuid', 'send', '\x490110000102030405060708090a0b0c0d0e0f'), ('image_hostile.count', 'word8', '\x49010000000000000007'),
	('image_hostile.gone', 'word8', '\x49010000000000000007'), ('image_hostile.gone', 'send', '\x4901020007')) AS v(type, form, images);
SELECT try(one('image_hostile.mood', 'word4'), '\x4901' || decode(lpad(to_hex(e.oid::bigint), 8, '0'), 'hex')) FROM pg_enum e WHERE e.enumtypid = 'mood'::regtype AND e.enumlabel = 'glad';

-- A form that is not the type's: bytes of the image for an address.
SELECT t.type, f.form, try(one(t.type, f.form), '\x4901' || decode('4141414141414141', 'hex'))
FROM unnest('{pg_catalog.text,pg_catalog.numeric,pg_catalog.jsonb,pg_catalog.name,pg_catalog.int8[],pg_catalog.record,pg_catalog.internal,pg_catalog.cstring,pg_catalog.anyelement,pg_catalog.pg_type,image_hostile.shell,rui.cell,rui.gridmap,geometry,pg_catalog.int4,pg_catalog.bool,pg_catalog.aclitem,pg_catalog.pg_node_tree}'::text[]) WITH ORDINALITY AS t(type, i),
	unnest('{word1,word8,send,text}'::text[]) WITH ORDINALITY AS f(form, j)
ORDER BY t.i, f.j;

-- Layouts that are none.
SELECT columns, try(columns, '\x4901') FROM unnest(ARRAY['', 'null', '1', '{}', '[]', '[null]', '[1]', '[[1]]', '["a"]', '[[]]', '[{}]', '{"a": [1]}',
	'[{"name": null, "type": "pg_catalog.int8", "form": "word8"}]', '[{"name": "a", "type": null, "form": "word8"}]',
	'[{"name": "a", "type": "pg_catalog.int8", "form": null}]', '[{"name": 1, "type": "pg_catalog.int8", "form": "word8"}]',
	'[{"name": "a", "type": ["pg_catalog.int8"], "form": "word8"}]', '[{"name": "a", "type": "pg_catalog.int8", "form": {"word8": 1}}]',
	'[{"name": "a", "type": "pg_catalog.int8", "form": "word8", "key": "true"}]', '[{"name": "a", "type": "pg_catalog.int8", "form": "word8", "key": null}]',
	'[{"name": "a", "type": "pg_catalog.int8", "form": "word3"}]', '[{"name": "a", "type": "pg_catalog.int8", "form": ""}]',
	'[{"name": "a", "type": "", "form": "word8"}]', '[{"name": "a", "type": "int8; SELECT 1", "form": "word8"}]',
	'[{"name": "a", "type": "SETOF int8", "form": "word8"}]', '[{"type": "int8", "form": "word8"}]']) AS columns;
SELECT try('[' || repeat('{"name":"a","type":"pg_catalog.int8","form":"word8"},', 1664) || '{"name":"a","type":"pg_catalog.int8","form":"word8"}]', '');
SELECT left(try(repeat('[', 100000), ''), 80);

-- Images that do not fit, and values that are none.
SELECT type, form, images, try(one(type, form), images) FROM (VALUES
	('pg_catalog.int8', 'word8', ''::bytea), ('pg_catalog.int8', 'word8', '\x00'), ('pg_catalog.int8', 'word8', '\x49'), ('pg_catalog.int8', 'word8', '\x4900'),
	('pg_catalog.int8', 'word8', '\x490100000000000000'), ('pg_catalog.int8', 'word8', '\x4901000000000000000149'), ('pg_catalog.int8', 'word8', '\x55'),
	('pg_catalog.int8', 'word8', '\x5500'), ('pg_catalog.int8', 'word8', '\x550100'), ('pg_catalog.int8', 'word8', '\x5501020000000000000001'),
	('pg_catalog.text', 'bytes', '\x4901ffffffffff'), ('pg_catalog.text', 'bytes', '\x4901ffffffff0f'), ('pg_catalog.text', 'bytes', '\x49018080808000'),
	('pg_catalog.text', 'bytes', '\x490102c328'), ('pg_catalog.text', 'bytes', '\x490101e4'), ('pg_catalog.text', 'bytes', '\x490103610062'),
	('pg_catalog.json', 'bytes', convert_to(E'I\x01\x07' || '1,"b":2', 'UTF8')), ('pg_catalog.jsonb', 'bytes', convert_to(E'I\x01\x07' || '1,"b":2', 'UTF8')),
	('pg_catalog.numeric', 'send', '\x490104ffffffff'), ('pg_catalog.numeric', 'send', '\x490100'), ('pg_catalog.uuid', 'send', '\x49010100'),
	('pg_catalog.uuid', 'send', '\x490111000102030405060708090a0b0c0d0e0fff'), ('pg_catalog.int8[]', 'send', '\x49010c7fffffff0000000000000014'),
	('pg_catalog.date', 'word4', '\x49017ffffffe'), ('pg_catalog.time', 'word8', '\x49017fffffffffffffff'), ('pg_catalog.bool', 'word1', '\x4901ff'),
	('rui.cell', 'word8', '\x49010000000000000000'), ('rui.cell', 'word8', '\x4901ffffffffffffffff'), ('image_hostile.mood', 'word4', '\x4901ffffffff'),
	('geometry', 'send', '\x490100')) AS v(type, form, images);

-- Whoever reads the journal may call it, and nobody else.
SELECT r.name, has_function_privilege(r.name, 'image_json(text, bytea)', 'EXECUTE') FROM unnest('{rui_user,rui_manager,rui_analyst,rui_auditor}'::text[]) AS r(name);

-- True images with bytes changed: an error, or other values.
DO $$
DECLARE
	columns CONSTANT text := '[{"name":"a","type":"int8","form":"word8","key":true},{"name":"b","type":"numeric","form":"send"},{"name":"c","type":"text","form":"bytes"},'
		'{"name":"d","type":"int8[]","form":"send"},{"name":"e","type":"jsonb","form":"send"},{"name":"f","type":"interval","form":"send"},'
		'{"name":"g","type":"tstzrange","form":"send"},{"name":"h","type":"json","form":"bytes"},{"name":"i","type":"bool","form":"word1"},'
		'{"name":"k","type":"inet","form":"send"}]';
	image bytea := '\x49ff03' || int8send(5);
	value bytea;
	wrong bytea;
	state text;
	odd text[] := '{}';
BEGIN
	FOREACH value IN ARRAY ARRAY[numeric_send(12.50), convert_to('中文 text', 'UTF8'), array_send('{1,NULL,3}'::bigint[]), jsonb_send('{"a": [1, null]}'),
		interval_send('1 mon 2 days 03:00'), range_send(tstzrange('2026-01-01 00:00+00', '2026-02-01 00:00+00')), convert_to('{"b": 1}', 'UTF8')] LOOP
		image := image || decode(lpad(to_hex(length(value)), 2, '0'), 'hex') || value;
	END LOOP;
	value := inet_send('10.0.0.1/8');
	image := image || '\x01' || decode(lpad(to_hex(length(value)), 2, '0'), 'hex') || value;
	ASSERT (SELECT i.new_row FROM image_json(columns, image) i) = jsonb_build_object('a', 5, 'b', 12.50, 'c', '中文 text', 'd', '{1,NULL,3}', 'e', '{"a": [1, null]}'::jsonb,
		'f', '1 mon 2 days 03:00:00', 'g', tstzrange('2026-01-01 00:00+00', '2026-02-01 00:00+00')::text, 'h', '{"b": 1}'::jsonb, 'i', true, 'k', '10.0.0.1/8');
	PERFORM setseed(0.5);
	FOR i IN 1 .. 20000 LOOP
		wrong := CASE WHEN random() < 0.1 THEN substring(image FROM 1 FOR floor(random() * length(image))::integer) ELSE image END;
		FOR j IN 1 .. 1 + floor(random() * 3)::integer LOOP
			CONTINUE WHEN length(wrong) = 0;
			wrong := set_byte(wrong, floor(random() * length(wrong))::integer, floor(random() * 256)::integer);
		END LOOP;
		BEGIN
			PERFORM count(*) FROM image_json(columns, wrong) i;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
			-- Of the image, of a value, or the server's word for too much;
			-- XX000 is what jsonb says of versions of its own.
			IF NOT (state = 'XX000' AND SQLERRM LIKE 'unsupported jsonb version%') AND state <> ALL ('{XX001,22P03,22P02,22P04,22021,22000,22003,22008,22023,54000,08P01,42704,42804,22P05,2202E}'::text[]) THEN
				odd := odd || concat(state, ' ', SQLERRM);
			END IF;
		END;
	END LOOP;
	ASSERT odd = '{}', odd::text;
END
$$;
DROP SCHEMA image_hostile CASCADE;
