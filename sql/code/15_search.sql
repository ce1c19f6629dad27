-- What is typed and what is found, in one form: keys of homes, names and
-- words. They know nothing but their arguments, so that keys can be stored.

CREATE FUNCTION rui._count_chinese(numeral text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	digits CONSTANT text := translate(numeral, '〇零一二三四五六七八九两', '0012345678922');
	total bigint := 0;
	digit bigint := 0;
	sign text;
BEGIN
	IF numeral !~ '[十百千]' THEN
		RETURN digits;
	ELSIF length(numeral) > 9 THEN
		RETURN numeral;
	END IF;
	FOREACH sign IN ARRAY string_to_array(digits, NULL) LOOP
		IF sign IN ('十', '百', '千') THEN
			total := total + greatest(digit, 1) * CASE sign WHEN '十' THEN 10 WHEN '百' THEN 100 ELSE 1000 END;
			digit := 0;
		ELSE
			digit := sign::bigint;
		END IF;
	END LOOP;
	RETURN total + digit;
END
$$;
COMMENT ON FUNCTION rui._count_chinese(text) IS
'Internal: a run of Chinese numerals in digits: counted where it has 十, 百 or 千 (十二: 12), digit by digit otherwise (一二〇一: 1201).';

CREATE FUNCTION rui._home_key(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	said text := content;
	numeral text;
BEGIN
	-- Most codes are in the form already.
	IF said ~ '^[1-9][0-9]*(-[1-9][0-9]*)*$' THEN
		RETURN said;
	END IF;
	IF said ~ '[^ -~]' THEN
		said := normalize(said, NFKC);
		FOR numeral IN
			SELECT DISTINCT m.found[1] FROM regexp_matches(said, '[〇零一二三四五六七八九十百千两]+', 'g') AS m(found)
			ORDER BY 1 DESC
		LOOP
			said := regexp_replace(said, '(^|[^〇零一二三四五六七八九十百千两])' || numeral || '(?![〇零一二三四五六七八九十百千两])',
				'\1' || rui._count_chinese(numeral), 'g');
		END LOOP;
		said := regexp_replace(lower(said), '第(?=[0-9])', '', 'g');
		said := regexp_replace(said, '(?<=[0-9a-z])[[:space:]]*(号楼|单元|栋|幢|座|号|室|房|楼|层|门|户|弄)', '-', 'g');
	END IF;
	said := lower(said);
	said := regexp_replace(said, '\m(building|bldg|block|blk|tower|unit|entrance|room|rm|apartment|apt|flat|number|no|house)\M[^0-9a-z]*(?=[0-9]|[a-z]\M)', '-', 'g');
	said := regexp_replace(said, '[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u3006\u3008-\u303f]+', '-', 'g');
	said := regexp_replace(said, '(?<=[0-9])(?=[^0-9-])|(?<=[^0-9-])(?=[0-9])', '-', 'g');
	said := regexp_replace(said, '(?<![0-9])0+(?=[0-9])', '', 'g');
	RETURN btrim(said, '-');
END
$$;
COMMENT ON FUNCTION rui._home_key(text) IS
'Internal: the number of a home as it is looked for: 3-2-1201 for 3栋2单元1201室, 三栋二单元一二〇一, 03#02-1201, Building 3 Unit 2 Room 1201. Small letters and digits apart, without leading zeros, words of counting left out, hyphens between; empty where nothing is left.';

CREATE FUNCTION rui._home_keys(unit_code text, building_code text, building_name text) RETURNS TABLE (kind text, key text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	whole CONSTANT text := coalesce(nullif(rui._home_key(unit_code), ''), lower(unit_code));
	by_code CONSTANT text := coalesce(rui._home_key(building_code), '');
	by_name CONSTANT text := coalesce(rui._home_key(building_name), '');
	rest text := whole;
BEGIN
	IF by_code <> '' AND starts_with(whole, by_code || '-') THEN
		rest := substr(whole, length(by_code) + 2);
	ELSIF by_name <> '' AND starts_with(whole, by_name || '-') THEN
		rest := substr(whole, length(by_name) + 2);
	END IF;
	kind := 'home';
	key := whole;
	RETURN NEXT;
	IF by_code <> '' AND by_code || '-' || rest <> whole AND by_code <> whole THEN
		key := by_code || '-' || rest;
		RETURN NEXT;
	END IF;
	IF by_name NOT IN ('', by_code) AND by_name || '-' || rest <> whole THEN
		key := by_name || '-' || rest;
		RETURN NEXT;
	END IF;
	IF position('-' IN whole) > 0 THEN
		kind := 'room';
		key := substring(whole FROM '[^-]+$');
		RETURN NEXT;
	END IF;
END
$$;
COMMENT ON FUNCTION rui._home_keys(text, text, text) IS
'Internal: the keys of a unit: home, its whole number, also as it begins with its building''s code and with its building''s name (may be null); room, what comes last of a number of several parts.';

CREATE FUNCTION rui._name_key(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	said text;
BEGIN
	said := regexp_replace(lower(normalize(content, NFKC)),
		'[\u0001-\u002f\u003a-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u3006\u3008-\u303f]+', ' ', 'g');
	RETURN btrim(regexp_replace(said, '(?<=[\u2e80-\ufaff]) | (?=[\u2e80-\ufaff])', '', 'g'));
END
$$;
COMMENT ON FUNCTION rui._name_key(text) IS
'Internal: a name as it is looked for: small letters, one space between words, none beside Chinese characters, no punctuation.';

CREATE FUNCTION rui._name_parts(key text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 2
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	part text;
	longer text[] := ARRAY[key];
BEGIN
	FOR place IN 2 .. least(length(key), 40) LOOP
		part := substr(key, place);
		-- What a longer part begins with is found by that one.
		IF (ascii(part) >= 11904 OR substr(key, place - 1, 1) = ' ' OR ascii(substr(key, place - 1, 1)) >= 11904)
			AND left(part, 1) <> ' ' AND NOT EXISTS (SELECT FROM unnest(longer) AS l(whole) WHERE starts_with(l.whole, part)) THEN
			longer := longer || part;
			RETURN NEXT part;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._name_parts(text) IS
'Internal: what a name key can be looked for by from its middle on: from each Chinese character and each word on, up to the 40th character; not what another one begins with.';

CREATE FUNCTION rui._words(content text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	run text;
BEGIN
	FOR run IN
		SELECT DISTINCT m.found[1]
		FROM regexp_matches(lower(normalize(left(content, 200), NFKC)), '[0-9a-z\u00c0-\u2dff]+|[\u2e80-\ufaff]+', 'g') AS m(found)
	LOOP
		IF ascii(run) < 11904 OR length(run) = 1 THEN
			RETURN NEXT left(run, 40);
		ELSE
			RETURN QUERY SELECT DISTINCT substr(run, g.place, 2) FROM generate_series(1, length(run) - 1) AS g(place);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._words(text) IS
'Internal: the words of the first 200 characters of a text: runs of small letters and digits, and each two Chinese characters that follow each other (one that stands alone by itself); a word may come twice.';

CREATE FUNCTION rui._phone_tail(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	digits CONSTANT text := regexp_replace(content, '[^0-9]', '', 'g');
BEGIN
	RETURN CASE WHEN length(digits) >= 4 THEN reverse(right(digits, 8)) END;
END
$$;
COMMENT ON FUNCTION rui._phone_tail(text) IS
'Internal: the last eight digits of a phone number, last one first, so that a tail of it is a beginning; null with fewer than four digits.';
