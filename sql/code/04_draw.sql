-- Text for drawings: every text that goes into HTML or SVG is escaped here
-- and nowhere else.

CREATE FUNCTION rui._html(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- HTML and XML allow no control characters, XML no U+FFFE either; quotes matter in attributes.
	RETURN replace(replace(replace(replace(replace(
		regexp_replace(coalesce(content, ''), E'[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\uFFFE\uFFFF]', ' ', 'g'),
		'&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
END
$$;
COMMENT ON FUNCTION rui._html(text) IS
'Internal: a text as HTML, XML or attribute value: & < > " '' become references, characters that these do not allow spaces; null becomes empty.';

CREATE FUNCTION rui._short(content text, longest integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN CASE WHEN length(content) > longest THEN left(content, longest - 1) || '…' ELSE content END;
END
$$;
COMMENT ON FUNCTION rui._short(text, integer) IS 'Internal: a text of at most so many characters, an ellipsis at the end where it was cut.';
