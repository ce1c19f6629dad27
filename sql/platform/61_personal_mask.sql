-- What of personal data the tables of all rooms show to whom. Who may read a
-- table but not the people in it is granted the other columns.

CREATE FUNCTION rui._mask_columns(table_name text, columns text[], roles text[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	role_name text;
BEGIN
	FOREACH role_name IN ARRAY roles LOOP
		PERFORM rui._grant_others(table_name, columns, role_name);
	END LOOP;
	INSERT INTO rui.masked_column (table_name, column_name)
	SELECT _mask_columns.table_name, c.name FROM unnest(columns) AS c(name)
	ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION rui._mask_columns(text, text[], text[]) IS
'Internal: takes columns of a table from group roles that read it, and has histories mask them. SELECT * of these roles is refused then: they name columns.';

PERFORM rui._mask_columns('parking_stay', '{plate}', '{rui_agent,rui_expert}');
PERFORM rui._mask_columns('tax_title', '{name,tax_no,address,phone,bank,account_no}', '{rui_agent}');
PERFORM rui._mask_columns('tax_invoice', '{buyer_name,buyer_tax_no,buyer_contact}', '{rui_agent}');
PERFORM rui._mask_columns('tax_attempt', '{answer}', '{rui_agent}');
PERFORM rui._mask_columns('message', '{parameters}', '{rui_agent}');
PERFORM rui._mask_columns('message_recipient', '{parameters}', '{rui_agent}');
PERFORM rui._mask_columns('message_batch', '{audience,parameters}', '{rui_agent}');
PERFORM rui._mask_columns('personal_value', '{value}', '{}');
PERFORM rui._mask_columns('bank_line', '{payer,note}', '{}');
