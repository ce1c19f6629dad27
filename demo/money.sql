-- Three months of bills: the fee by area and the household's waste fee, what
-- tickets cost, who paid and who did not.

BEGIN;
SELECT set_config('rui.party_id', :'loader', true) \gset hidden_
SELECT rui.open_books(:project, (:'month_start'::date - interval '2 months')::date,
	at => (:'month_start'::date - interval '2 months') AT TIME ZONE :'time_zone') \gset hidden_
SELECT rui.set_fee_item(:project, 'property', 'Property service fee') \gset hidden_
SELECT rui.set_fee_item(:project, 'waste', 'Household waste fee', 'occupant') \gset hidden_
SELECT rui.set_fee_item(:project, 'repair', 'Repairs in the home', 'occupant') \gset hidden_
SELECT rui.set_price_plan(:project, 'property', '{"model":"fixed","price":"2.80","tax":{"rate":"0.06","inclusive":true}}', 'area',
	(:'month_start'::date - interval '2 months')::date) \gset hidden_
SELECT rui.set_price_plan(:project, 'waste', '{"model":"flat","amount":"8.00"}', 'household',
	(:'month_start'::date - interval '2 months')::date) \gset hidden_
-- What a repair costs was agreed with the customer: the price of it is one to one.
SELECT rui.set_price_plan(:project, 'repair', '{"model":"fixed","price":"1.00","tax":{"rate":"0.06","inclusive":true}}', 'once',
	(:'month_start'::date - interval '2 months')::date) \gset hidden_
SELECT rui.set_late_rule(:project, 'property', 0.0005, 10, 0.30, (:'month_start'::date - interval '2 months')::date) \gset hidden_
COMMIT;

-- Most pay the whole bill in time, some late or a part, a few not at all; a
-- household keeps its habit.
CREATE PROCEDURE pg_temp.pay(project bigint, loader bigint, billed_month date, zone text) LANGUAGE plpgsql
AS $$
DECLARE
	bill record;
	habit float8;
BEGIN
	FOR bill IN
		SELECT c.unit_id, u.code, sum(c.open_amount) AS amount
		FROM rui.charge_open c JOIN rui.unit u ON u.project_id = c.project_id AND u.id = c.unit_id
		WHERE c.project_id = project AND c.open_amount > 0 AND c.period && daterange(billed_month, (billed_month + interval '1 month')::date)
		GROUP BY c.unit_id, u.code ORDER BY u.code
	LOOP
		habit := pg_temp.chance('habit' || bill.code);
		CONTINUE WHEN habit > 0.94 OR (habit > 0.86 AND pg_temp.chance(format('pays%s.%s', bill.code, billed_month)) < 0.5);
		PERFORM rui.record_payment(project, bill.unit_id, NULL,
			CASE WHEN habit > 0.80 AND habit <= 0.86 THEN round(bill.amount / 2, 2) ELSE bill.amount END, 'wechat',
			external_ref => format('%s/%s', billed_month, bill.code),
			at => (billed_month + interval '3 days' + pg_temp.chance(format('day%s.%s', bill.code, billed_month)) * interval '24 days') AT TIME ZONE zone);
	END LOOP;
END
$$;

-- A month's bill on its second day, and what came in for it.
CREATE PROCEDURE pg_temp.bill(project bigint, loader bigint, billed_month date, zone text) LANGUAGE plpgsql
AS $$
BEGIN
	PERFORM set_config('rui.party_id', loader::text, true);
	PERFORM rui.run_billing(project, billed_month, at => (billed_month + interval '1 day 2 hours') AT TIME ZONE zone);
	COMMIT;
	ANALYZE rui.charge, rui.posting, rui.payment, rui.allocation;
	PERFORM set_config('rui.party_id', loader::text, true);
	CALL pg_temp.pay(project, loader, billed_month, zone);
	COMMIT;
END
$$;

-- So many bills, the last one for the month itself.
CREATE PROCEDURE pg_temp.bill_months(project bigint, loader bigint, month date, bills integer, zone text) LANGUAGE plpgsql
AS $$
BEGIN
	FOR before IN REVERSE bills - 1 .. 0 LOOP
		CALL pg_temp.bill(project, loader, (month - make_interval(months => before))::date, zone);
	END LOOP;
END
$$;
