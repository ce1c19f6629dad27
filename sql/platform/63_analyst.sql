-- What analysts read of the rooms before this one. A room that comes later says
-- so itself, next to rui._allow_read.

PERFORM rui._analysts_read(f.name, 'free', f.why) FROM (VALUES
	('company', 'The company itself.'), ('project', 'The project itself.'), ('region', 'Regions of the company.'),
	('building', 'Buildings and their outlines.'), ('space', 'Spaces and what they lie in.'), ('unit', 'Units and their areas; not who lives there.'),
	('workflow', 'Rules of states.'), ('workflow_problem', 'Rules of states.'), ('barrier', 'Ground, without people.'), ('street', 'Ground, without people.'), ('passage', 'Ground, without people.'),
	('equipment', 'Machines and where they stand.'), ('post', 'Posts, not who holds them.'), ('staffing_standard', 'How many people a post needs.'),
	('calendar_version', 'Working hours, of nobody.'), ('working_calendar', 'Working hours, of nobody.'), ('sla_policy', 'What is promised to everybody.'), ('pause_rule', 'Which clocks pause.'),
	('ticket_category', 'Kinds of needs.'), ('document_kind', 'Kinds of documents.'), ('document_number', 'Numbers of documents, not what they say.'),
	('message_kind', 'Kinds of messages.'), ('message_setting', 'Settings of messages.'), ('suppression_setting', 'The smallest group.'),
	('travel_net', 'Ways between buildings.'), ('travel_setting', 'Settings of ways.'), ('travel_tree', 'Ways between buildings.'),
	('dispatch_weight', 'Settings of dispatch.'), ('dispatch_state', 'How far dispatch is.'),
	('grid_plan', 'Plans of grids as a whole.'), ('grid_building', 'Which building is in which grid, and its workload.'), ('grid_cell', 'Pieces of ground.'),
	('grid_weight', 'Settings of grids.'), ('active_grid_building', 'Which building is in which grid, and its workload.'),
	('active_grid_space', 'Which space is in which grid.'), ('territory_map', 'Outlines of grids.'),
	('meter', 'Meters, not what they read.'), ('meter_register', 'Registers of meters.'), ('meter_rule', 'Rules of readings.'), ('meter_plan', 'Prices of use.'),
	('fee_item', 'What is charged for.'), ('price_plan', 'Prices for everybody.'),
	('late_rule', 'Rules of late fees.'), ('vacancy_rule', 'Rules of vacant homes.'), ('dispute_rule', 'Rules of disputes.'),
	('allocation_rule', 'In which order money pays.'), ('fee_security', 'Which deposits secure what.'),
	('dunning_level', 'Levels of dunning.'), ('channel_fee', 'What channels take.'), ('tax_class', 'Classes of taxed goods.'), ('tax_setting', 'Settings of invoices.'),
	('account', 'The chart of accounts.'), ('account_category', 'Categories of accounts.'), ('result_account', 'Accounts of results.'),
	('accounting_period', 'Months and whether they are closed.'), ('books', 'When the books were opened.'), ('closing_balance', 'Sums of accounts by closed month.'),
	('recognition_progress', 'How far revenue is recognized.'), ('budget_line', 'Planned sums by category and month.'), ('cost_limit', 'Limits of costs by category.'),
	('surplus_line', 'Surplus by month.'), ('seal', 'Digests that prove what was written.')) AS f(name, why);

-- Who of the staff proposed, decided or did it, and what people wrote.
PERFORM rui._analysts_read(p.name, 'partly', p.why, p.hidden) FROM (VALUES
	('archived', 'What is no longer used, without why and by whom.', '{reason,party_id}'::text[]),
	('payout_limit', 'Limits of what one person gives back alone, without who set them.', '{set_by}'),
	('advance_campaign', 'What paying ahead earns, without for which units and why.', '{unit_ids,name,reason,requested_by,decided_by,remark}'),
	('developer', 'Which buildings have one.', '{party_id}'),
	('unit_delivery', 'When units were built; when somebody took one over is hidden.', '{developer_id,delivered_on}'),
	('price_rest', 'Days on which a fee rests, without why.', '{reason}'),
	('billing_run', 'How far billing is, without what it charged.', '{charges,gross,next_unit}'),
	('budget', 'Budgets as a whole.', '{memo,proposed_by,decided_by,remark}'),
	('cost', 'What the site spends on, without on whom.', '{party_id,memo,document_id,recorded_by}'),
	('cost_reversal', 'Costs taken back.', '{reason,party_id}'),
	('service_contract', 'Terms of the service contract.', '{counterpart_id,document_id,proposed_by,decided_by,remark}'),
	('settlement', 'Monthly sums for partners.', '{requested_by,decided_by,remark}'),
	('shared_cost', 'What is shared, not who shares it.', '{party_id,reason}'),
	('shared_cost_plan', 'What will be shared, not by which units.', '{unit_ids,weights,set_by}'),
	('surplus_settlement', 'Surplus as settled.', '{requested_by,decided_by,remark}'),
	('surplus_payout', 'Surplus as paid out, not to whom.', '{party_id,reason,requested_by,decided_by,remark}'),
	('trust_fund', 'Funds, without who opened them.', '{opened_by}'),
	('trust_use', 'What funds are used for, without units, payees and votes.',
		'{purpose,payee_id,unit_ids,areas,evidence,document_id,elector_area,elector_count,voted_area,voted_count,agreed_area,agreed_count,proposed_by,approved_by,remark}'),
	('vendor_contract', 'Terms with vendors, without who they are.', '{title,vendor_id,proposed_by,decided_by,remark}'),
	('vendor_acceptance', 'Services accepted.', '{vendor_id,evidence,document_id,accepted_by}'),
	('vendor_invoice', 'Invoices of vendors, without who they are.', '{number,vendor_id,requested_by,decided_by,remark,differences}'),
	('vendor_payment', 'Payments to vendors, without who they are.', '{vendor_id}'),
	('vendor_payment_run', 'Runs of payments.', '{requested_by,decided_by,remark}')) AS p(name, why, hidden);

PERFORM rui._analysts_read(s.name, 'staff', s.why) FROM (VALUES
	('grid', 'Grids and the id of their steward: performing a contract of employment (PIPL 13 (1) 2).'),
	('grid_steward', 'Since when which id answers for a grid: performing a contract of employment (PIPL 13 (1) 2).')) AS s(name, why);
PERFORM rui._analysts_read('my_access_log', 'own', 'Who was shown what of the acting party.');

PERFORM rui._analysts_read(c.name, 'closed', c.why) FROM (
	SELECT n.name, CASE g.place WHEN 1 THEN 'A row is a need of a home: rui.count_tickets, rui.count_attainment, rui.count_heat.'
		WHEN 2 THEN 'A row is what a home was charged: rui.count_arrears, rui.count_ageing, rui.count_collection; accounts by month: rui.closing_balance.'
		WHEN 3 THEN 'A row tells whether somebody is at home: rui.count_homes, rui.count_people.'
		WHEN 4 THEN 'A row is work or absence of one of the staff, or waits for one.'
		WHEN 5 THEN 'A row is money of an owner, a partner or a person.' END
	FROM (VALUES
		(1, '{task,task_clock,task_clock_cycle,clock_event,clock_pause,clock_outcome,escalation,attainment_by_category,attainment_by_grid,attainment_by_hour,attainment_by_steward}'::text[]),
		(2, '{advance,advance_open,charge,charge_open,charge_reversal,charge_share,allocation,payment,payment_open,payment_reversal,refund,opening_arrear,credit_loss,write_off,write_off_charge,written_off,waiver,discount,dispute,dun,dun_proof,promise,deposit,deposit_return,deposit_forfeit,deposit_held,lease,lease_cycle,deferral,deferral_open,recognition,reversal,payout,posting,posting_reversal,ledger_entry,ledger_side,meter_bill,shared_cost_share,tax_estate,tax_seller}'),
		(3, '{household,unit_vacancy,vacancy_fact,meter_reading,parking_stay,building_load}'),
		(4, '{grid_cover,active_grid,dispatch_candidate,dispatch_change,dispatch_offer,dispatch_override,dispatch_plan,dispatch_price,dispatch_regret,dispatch_ring,dispatch_run,dispatch_wait}'),
		(5, '{settlement_allocation,settlement_line,settlement_party,share_contract,share_deferral,share_recognition,trust_fund_balance,trust_movement,trust_receipt,trust_share,trust_unit_balance}')) AS g(place, names)
	CROSS JOIN LATERAL unnest(g.names) AS n(name)) AS c(name, why);
