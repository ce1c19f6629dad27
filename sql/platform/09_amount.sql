-- Money: one form of amounts in all tables, and one check of amounts given.

CREATE DOMAIN rui.amount AS numeric(18,2) CHECK (VALUE <> 'NaN');
COMMENT ON DOMAIN rui.amount IS
'An amount of money in the project''s currency, to two decimals; never NaN or infinite.';

CREATE FUNCTION rui._check_amount(argument text, value numeric) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	IF value IS NULL THEN
		PERFORM rui._missing(argument);
	-- NaN and infinity are greater than every number.
	ELSIF value > 9999999999999999.99 OR value <= 0 THEN
		RAISE EXCEPTION '% must be more than 0 and less than 10^16, not %', argument, value
			USING ERRCODE = 'numeric_value_out_of_range', HINT = 'To take something back, reverse it.';
	ELSIF value <> round(value, 2) THEN
		RAISE EXCEPTION '% has more than two decimals: %', argument, value
			USING ERRCODE = 'invalid_parameter_value', HINT = 'Round it first; nothing is rounded silently.';
	END IF;
END
$$;
COMMENT ON FUNCTION rui._check_amount(text, numeric) IS
'Internal: checks an amount of money given by a caller: 22004 null, 22003 zero, negative, NaN, infinite or from 10^16, 22023 more than two decimals.';
