-- Tax numbers of Chinese enterprises (src/pg/tax_number.c).

CREATE FUNCTION rui.tax_number_kind(number text) RETURNS text
AS 'MODULE_PATHNAME', 'rui_tax_number_kind' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rui.tax_number_kind(text) IS
'What kind of number an enterprise''s tax number is: credit_code, a unified social credit code (18 characters, GB 32100-2015) with the right check character; old, the 15 characters of the time before (six digits of a region, then an organisation code by GB 11714-1997 with the right check character); null for anything else. Nothing is trimmed; small letters are none of its characters.';
