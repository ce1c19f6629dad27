-- Lengths of time given by callers.

CREATE FUNCTION rui._check_duration(argument text, value interval, longest interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM rui._missing(argument);
	ELSIF extract(day FROM value) <> 0 OR extract(month FROM value) <> 0 OR extract(year FROM value) <> 0 THEN
		RAISE EXCEPTION '% has days or months: %', argument, value
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Give hours, minutes and seconds: 48:00:00 for two whole days.';
	ELSIF value <= interval '0' THEN
		RAISE EXCEPTION '% must be more than 0, not %', argument, value USING ERRCODE = 'invalid_parameter_value';
	ELSIF value > longest THEN
		RAISE EXCEPTION '% must be at most %, not %', argument, longest, value USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_duration(text, interval, interval) IS
'Internal: checks a length of pure time: 22004 null, 22023 with days or months in it, zero, negative, or more than `longest`.';
