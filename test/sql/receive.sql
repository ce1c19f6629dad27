-- What a client sends in binary for each of our types, with bytes changed: it is
-- refused, or is a value that is sent the same. image_json receives values
-- by the types' own functions (form send); rui.cell has a fuzz target of its own.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE SCHEMA receive_hostile;
SET search_path = receive_hostile, rui, public;

-- A length in seven bits a byte, the lowest first.
CREATE FUNCTION size(length integer) RETURNS bytea LANGUAGE sql
RETURN CASE WHEN length < 128 THEN set_byte('\x00', 0, length) ELSE set_byte('\x00', 0, 128 | (length & 127)) || set_byte('\x00', 0, length >> 7) END;
CREATE FUNCTION received(type text, sent bytea) RETURNS text LANGUAGE sql
RETURN (SELECT i.new_row ->> 'a' FROM image_json(format('[{"name":"a","type":"%s","form":"send"}]', type), '\x4901' || size(length(sent)) || sent) i);

CREATE TABLE value (type text COLLATE "C", sent bytea, text text COLLATE "C");
INSERT INTO value SELECT 'rui.calendar', calendar_send(v), v::text FROM unnest(ARRAY['{"tz":"Asia/Shanghai","weekly":{"mon":[["08:00","12:00"]]}}', '{"tz":"UTC"}']::rui.calendar[]) v;
INSERT INTO value SELECT 'rui.tariff', tariff_send(v), v::text FROM unnest(ARRAY['{"model":"fixed","price":"2.85"}', '{"model":"fixed","price":"1","tax":{"rate":"0.06","inclusive":true}}']::rui.tariff[]) v;
INSERT INTO value SELECT 'rui.rubric', rubric_send(v), v::text
FROM (SELECT '{"scale":"100","sections":[{"code":"a","weight":"1","items":[{"code":"x","weight":"1","kind":"rating","max":"5"}]}],"missing":"skip"}'::rui.rubric) r(v);
INSERT INTO value SELECT 'rui.sla_clock', sla_clock_send(v), v::text FROM (SELECT clock_start('{"tz":"UTC","weekly":{"mon":[["08:00","18:00"]]}}', '2026-01-05 09:00+00', '4:00')) c(v);
INSERT INTO value SELECT 'rui.gridmap', gridmap_send(v), v::text FROM (SELECT gridmap(i, ST_MakeEnvelope(i, 0, i + 1, 1, 4326)) FROM generate_series(1, 2) i) m(v);
SELECT type, count(*), bool_and(received(type, sent) = text) AS same FROM value GROUP BY type ORDER BY type COLLATE "C";

-- Too short, too long, and of another type.
CREATE FUNCTION try(type text, sent bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN received(type, sent);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN concat_ws(': ', SQLSTATE, SQLERRM, nullif(detail, ''));
END
$$;
SELECT DISTINCT ON (v.type, f.place) v.type, f.form, try(v.type, f.sent) FROM value v CROSS JOIN LATERAL (VALUES (1, 'one byte', '\x00'::bytea),
	(3, 'a byte less', substr(v.sent, 1, length(v.sent) - 1)), (4, 'a byte more', v.sent || '\x20'), (5, 'a bit of the hash', set_byte(v.sent, 3, get_byte(v.sent, 3) # 1)),
	(6, 'another version', set_byte(v.sent, CASE WHEN v.type = 'rui.sla_clock' THEN 0 ELSE 16 END, 77))) AS f(place, form, sent)
ORDER BY v.type, f.place, v.text;

DO $$
DECLARE
	one record;
	wrong bytea;
	answer text;
	state text;
	odd text[] := '{}';
BEGIN
	PERFORM setseed(0.5);
	FOR one IN SELECT v.* FROM value v CROSS JOIN generate_series(1, 2000) ORDER BY v.type COLLATE "C", v.text COLLATE "C" LOOP
		-- No bytes at all are what an erased value leaves in an image.
		wrong := CASE WHEN random() < 0.2 THEN substring(one.sent FROM 1 FOR 1 + floor(random() * length(one.sent))::integer) ELSE one.sent END;
		FOR j IN 1 .. 1 + floor(random() * 3)::integer LOOP
			wrong := set_byte(wrong, floor(random() * length(wrong))::integer, floor(random() * 256)::integer);
		END LOOP;
		BEGIN
			answer := received(one.type, wrong);
			-- All but clocks carry a hash of what they say.
			IF one.type <> 'rui.sla_clock' AND wrong <> one.sent THEN
				odd := odd || concat(one.type, ' ', wrong);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
			IF state <> ALL ('{22P03,08P01,22021,XX001}'::text[]) THEN
				odd := odd || concat(one.type, ' ', state, ' ', SQLERRM);
			END IF;
		END;
	END LOOP;
	ASSERT odd = '{}', odd[:20]::text;
END
$$;
DROP SCHEMA receive_hostile CASCADE;
