-- A project is candidate, live or closed, and every function of the API
-- refuses what the state forbids, before it looks at anything else.
BEGIN;
SELECT plan(9);
\ir fixture/town.sql
INSERT INTO rui.membership (project_id, party_id, role_code, valid)
SELECT p.id, :boss, r.role_code, '[2000-01-01,)'
FROM (VALUES (:project), (rui.create_project(:company, 'live', 'Live')), (rui.create_project(:company, 'closed', 'Closed'))) AS p(id)
CROSS JOIN (SELECT DISTINCT role_code FROM rui.role_permission) r;
SELECT rui.set_project_state(id, 'go_live') FROM rui.project WHERE company_id = :company AND code = 'live' \gset hidden_
SELECT rui.set_project_state(id, 'drop') FROM rui.project WHERE company_id = :company AND code = 'closed' \gset hidden_
CREATE TEMP TABLE home AS SELECT id, state FROM rui.project WHERE company_id = :company;

CREATE FUNCTION pg_temp.outcome(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	why text;
BEGIN
	BEGIN
		EXECUTE command;
		RAISE EXCEPTION USING ERRCODE = 'RUUND';
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
		RETURN CASE WHEN SQLSTATE = '55000' AND why ~ '^Its state does not allow "' THEN 'refused' ELSE 'goes on' END;
	END;
END $$;

SELECT set_eq('SELECT state FROM home', '{candidate,live,closed}'::text[], 'one project of each state');
SELECT is_empty($$SELECT p.code, h.state FROM rui.permission p CROSS JOIN home h
	WHERE pg_temp.outcome(format('SELECT rui.require_permission(%s, %L)', h.id, p.code))
		<> CASE WHEN h.state = ANY (p.project_states) THEN 'goes on' ELSE 'refused' END$$, 'every permission counts in its states, and in no other');
SELECT is_empty($$SELECT code FROM rui.permission WHERE NOT 'live' = ANY (project_states)$$, 'in a project under care everything is possible');

-- What the states are meant to allow. Whoever adds a permission says here
-- what becomes of it before a project is taken over, and after it is given up.
SELECT set_eq($$SELECT code FROM rui.permission WHERE NOT 'candidate' = ANY (project_states)$$,
	'{add_charge,dispatch,manage_tickets,open_for_others,open_ticket,run_billing,work_ticket,call_back_ticket,correct_clocks,rate_ticket,record_payment,request_waivers,request_discounts,approve_discounts,propose_leases,approve_leases,approve_waivers,open_disputes,dispute_for_others,settle_disputes,reverse_charge,reverse_payment,request_payouts,approve_payouts,see_all_tickets,see_tickets,import_statements,reconcile,approve_differences,share_costs,accept_services,record_vendor_invoices,approve_vendor_invoices,approve_invoice_differences,request_vendor_payments,approve_vendor_payments,settle_shares,approve_settlements,take_deposits,return_deposits,request_forfeits,approve_forfeits,prove_duns,promise_payments,promise_for_others,set_titles,request_invoices,invoices_for_others,request_red_letters,issue_invoices,record_buyer_answers,request_write_offs,approve_write_offs,settle_surplus,approve_surplus,propose_trust_uses,approve_trust_uses,pay_trust_uses,recognize_revenue,reveal_debtors}'::text[],
	'a candidate has neither tickets nor charges');
SELECT set_eq($$SELECT code FROM rui.permission WHERE NOT 'closed' = ANY (project_states)$$,
	'{add_charge,dispatch,import_opening,manage_tickets,open_for_others,open_ticket,run_billing,work_shift,work_ticket,check_readings,confirm_vacancy,declare_vacancy,design_grids,manage_estate,manage_grids,manage_meters,manage_people,open_books,plan_shifts,post_entry,record_audit,record_readings,record_vacancy,reopen_period,report_readings,search_phones,set_calendars,set_categories,set_dispatch,set_documents,set_messages,set_policies,set_prices,set_scorecards,set_travel,store_documents,post_soft_closed,share_costs,propose_vendor_contracts,propose_share_contracts,set_channel_fees,take_deposits,set_dunning,request_discounts,approve_discounts,propose_leases,set_cost_rules,propose_budgets,approve_budgets,propose_service_contracts,manage_trust_funds,import_trust_deposits}'::text[],
	'what is given up is looked at, settled and cleared away, and not changed');

-- Every function, called with nothing but the project.
CREATE TEMP TABLE api AS
SELECT f.oid, f.oid::regprocedure::text AS signature, m[1] AS permission,
	format('SELECT rui.%I(%%s%s)', f.proname, coalesce((SELECT string_agg(', NULL::' || format_type(a.type, NULL), '' ORDER BY a.place)
		FROM unnest(f.proargtypes::oid[]) WITH ORDINALITY AS a(type, place) WHERE a.place > 1), '')) AS command
FROM pg_proc f
-- The first thing it asks.
CROSS JOIN LATERAL regexp_match(f.prosrc, '\mrequire_permission\([a-z_.]*project_id, ''([a-z_]+)''') AS m
WHERE f.pronamespace = 'rui'::regnamespace AND f.prosecdef AND f.prokind = 'f' AND f.proname !~ '^_' AND f.proargnames[1] = 'project_id';
SELECT cmp_ok((SELECT count(*) FROM api WHERE permission IS NOT NULL), '>', 150::bigint, 'there are functions to call');
SELECT is_empty($$SELECT a.signature, a.permission FROM api a WHERE a.permission IS NOT NULL
	AND NOT EXISTS (SELECT FROM rui.permission p WHERE p.code = a.permission)$$, 'they ask for permissions that exist');
SELECT is_empty($$SELECT a.signature, a.permission, h.state FROM api a
	JOIN rui.permission p ON p.code = a.permission
	JOIN home h ON h.state <> ALL (p.project_states)
	WHERE pg_temp.outcome(format(a.command, h.id)) <> 'refused'$$, 'where the state forbids it they refuse, whatever else they are given');
SELECT is_empty($$SELECT a.signature, a.permission, h.state FROM api a
	JOIN rui.permission p ON p.code = a.permission
	JOIN home h ON h.state = ANY (p.project_states)
	WHERE pg_temp.outcome(format(a.command, h.id)) <> 'goes on'$$, 'elsewhere they go on');
SELECT * FROM finish();
ROLLBACK;
