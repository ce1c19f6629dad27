-- Every code that people see has a Chinese and an English name.
BEGIN;
SELECT plan(19);
SELECT is(rui.label('role', 'steward', 'zh'), '管家', 'a Chinese name');
SELECT is(rui.label('role', 'steward', 'en'), 'steward', 'an English name');
SELECT is(rui.label('role', 'unheard_of', 'en'), 'unheard_of', 'an unknown code is its own name');
SELECT throws_ok($$SELECT rui.label('role', 'steward', 'fr')$$, '22023', 'unknown language "fr"');
SELECT is_empty($$SELECT kind, code FROM rui.label GROUP BY kind, code HAVING count(*) <> 2$$,
	'what has one name has both');
SELECT is_empty($$SELECT DISTINCT r.role_code FROM rui.role_permission r
	WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = 'role' AND l.code = r.role_code)$$, 'every role has a name');
-- Every code that exists has one: of each room that has codes in tables.
CREATE TEMP VIEW code_without_name AS
SELECT c.kind, c.code FROM (
	SELECT 'permission', p.code FROM rui.permission p
	UNION SELECT 'duty', d.code FROM rui.duty d
	UNION SELECT 'workflow', t.subject FROM rui.transition t
	UNION SELECT 'state.' || t.subject, t.to_state FROM rui.transition t
	UNION SELECT 'action.' || t.subject, t.action FROM rui.transition t
	UNION SELECT 'event', t.subject || '.' || t.action FROM rui.transition t
	-- What functions emit by name.
	UNION SELECT 'event', m.found[1] FROM pg_proc p
		CROSS JOIN LATERAL regexp_matches(p.prosrc, $r$_emit\([^,]+, '([a-z_]+\.[a-z_]+)'$r$, 'g') AS m(found)
		WHERE p.pronamespace = 'rui'::regnamespace
) AS c(kind, code)
WHERE NOT EXISTS (SELECT FROM rui.label l WHERE l.kind = c.kind AND l.code = c.code AND l.lang = 'zh');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'permission'$$, 'every permission');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'duty'$$, 'every duty');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'workflow'$$, 'every state machine');
SELECT is_empty($$SELECT kind, code FROM code_without_name WHERE kind ~ '^state'$$, 'every state');
SELECT is_empty($$SELECT kind, code FROM code_without_name WHERE kind ~ '^action'$$, 'every action');
SELECT is_empty($$SELECT code FROM code_without_name WHERE kind = 'event'$$, 'every event');

-- What else may stand in a column that lists its codes, or in a table of them:
-- by which kind of rui.label it is named, or null where it is a setting or the
-- platform's own and nobody is shown it by name.
CREATE TEMP TABLE named_code (source text PRIMARY KEY, kind text);
INSERT INTO named_code
SELECT n.source, k.kind FROM (VALUES
	('unit_kind', '{unit.kind,price_plan.unit_kind,price_rest.unit_kind,advance_campaign.unit_kind}'::text[]), ('party_kind', '{party.kind}'), ('contact_kind', '{contact_point.kind}'),
	('occupancy_role', '{occupancy.role}'), ('module', '{post.module}'), ('qualification_kind', '{qualification.kind}'),
	('rest_action', '{rest_rule.action}'), ('rest_rule', '{rest_rule.kind}'), ('working_system', '{rest_rule.system,working_system.system}'),
	('leave_kind', '{leave_kind}'), ('exit_item', '{exit_item_kind}'), ('exit_reason', '{staff_exit.reason}'), ('staffing_driver', '{staffing_standard.driver}'),
	('document_visibility', '{document_kind.visibility,document.visibility}'), ('document_subject', '{document_subject}'),
	('meter_medium', '{meter.medium,meter_rule.medium,meter_plan.medium}'), ('reading_kind', '{meter_reading.kind}'), ('reading_source', '{meter_reading.source}'),
	('vacancy_finding', '{vacancy_fact.finding}'), ('vacancy_source', '{vacancy_fact.source}'), ('target', '{clock_rule.target,sla_standard.target}'),
	('sla_standard', '{sla_standard}'), ('space_kind', '{space_kind}'), ('barrier', '{barrier.kind}'), ('passage', '{passage.kind}'), ('pause_reason', '{pause_reason}'),
	('message_channel', '{message_channel.channel,message_template.channel,message_opt_out.channel}'), ('dispatch_outcome', '{dispatch_offer.outcome}'),
	('personal_ground', '{personal_purpose.ground}'), ('personal_purpose', '{personal_purpose}'), ('personal_field', '{personal_field}'),
	('consent_channel', '{consent.channel}'), ('personal_request', '{personal_request.kind}'), ('permission', '{permission}'), ('duty', '{duty}'), ('series', '{number_series}'),
	('account', '{account_template}'), ('charge_source', '{charge_source}'), ('proration', '{price_plan.proration}'), ('payment_channel', '{payment_channel}'), ('discount_ground', '{discount.ground}'),
	('deposit_kind', '{deposit.kind}'), ('late_fee_stops', '{dispute_rule.late_fee_stops}'), ('bank_line', '{bank_line.kind}'), ('dun_means', '{dun_proof.means}'),
	('share_basis', '{shared_cost.basis,shared_cost_plan.basis}'), ('shared_cost_source', '{shared_cost_plan.source}'), ('reversal', '{reversal.kind}'), ('payout', '{payout.kind}'),
	('result_category', '{result_category}'), ('commission_base', '{service_contract.commission_base}'), ('regime', '{service_contract.regime}'),
	('tax_rate', '{tax_rate}'), ('tax_treatment', '{tax_rate.treatment,tax_invoice_line.treatment}'), ('tax_basis', '{tax_setting.basis}'),
	('tax_element', '{tax_class.element}'), ('tax_title_kind', '{tax_title.kind,tax_invoice.buyer_kind}'), ('tax_invoice_kind', '{tax_invoice.kind}'),
	('red_reason', '{tax_invoice.red_reason}'), ('tax_outcome', '{tax_attempt.outcome}'), ('trust_kind', '{trust_fund.kind,trust_movement.kind,vote_rule.fund_kind}'),
	('trust_category', '{trust_category}'), ('trust_ground', '{trust_ground}'), ('subject', '{audit.subject}'),
	(NULL, '{platform_table.class,platform_table.writes,analyst_relation.form,label.lang,message_setting.lang,message_template.lang,message_language.lang,
		workflow_mark.mark,number_series.restarts,roster_time.kind,estate_key.kind,person_key.kind,meter_reading.basis,task_clock_cycle.judged_by,clock_event.event,
		clock_rule.move,sla_policy.escalate_in,sla_policy.judged_by,sla_standard.counted_in,sla_standard.kind,message_kind.budget_in,message_setting.budget_in,
		staffing_standard.rounding,personal_field.kept_in,account.kind,charge_source.payer,fee_item.payer,price_plan.quantity,charge.component,
		result_category.side,reconciliation.rule,reconciliation_part.subject,tax_invoice.about,tax_invoiced.source,tax_attempt.answer,trust_category.kind,
		vote_rule.agree_of,project_archive.action,dispatch_term,grid_term,travel_term}')) AS k(kind, sources)
CROSS JOIN LATERAL (SELECT btrim(u, E' \n\t') FROM unnest(k.sources) AS u) AS n(source);
CREATE TEMP VIEW listed_code AS
SELECT DISTINCT c.relname || '.' || a.attname AS source, m.found[1] AS code
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = 'rui'::regnamespace AND NOT c.relispartition
JOIN pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
CROSS JOIN LATERAL regexp_matches(pg_get_constraintdef(k.oid), $r$'([a-z][a-z0-9_]*)'::text(?=[,\]])$r$, 'g') AS m(found)
WHERE k.contype = 'c' AND pg_get_constraintdef(k.oid) ~ '= ANY \(ARRAY\['
UNION
SELECT t.table_name, x.code FROM rui.platform_table t
JOIN pg_attribute a ON a.attrelid = format('rui.%I', t.table_name)::regclass AND a.attname = CASE t.table_name WHEN 'sla_standard' THEN 'standard' WHEN 'document_subject' THEN 'subject' ELSE 'code' END
CROSS JOIN LATERAL (SELECT unnest(xpath('//code/text()', query_to_xml(format('SELECT DISTINCT %I AS code FROM rui.%I', a.attname, t.table_name), false, false, '')))::text) AS x(code)
WHERE t.class = 'reference' AND t.table_name NOT IN ('label', 'workflow_mark', 'clock_rule');
SELECT bag_eq('SELECT DISTINCT source FROM listed_code', 'SELECT source FROM named_code', 'of every list of codes it is said how it is named');
SELECT is_empty($$SELECT n.kind, l.source, l.code FROM listed_code l JOIN named_code n USING (source)
	WHERE n.kind IS NOT NULL AND NOT EXISTS (SELECT FROM rui.label b WHERE b.kind = n.kind AND b.code = l.code AND b.lang = 'zh')$$, 'and every code of it is');

-- What functions answer: the codes in those parts of them that choose one.
CREATE TEMP VIEW answered_code AS
SELECT DISTINCT k.kind, c.found[1] AS code
FROM (VALUES
	('inbox', '^_inbox$', $r$RETURN QUERY\s+SELECT \w+\.project_id, ('[a-z_]+'|CASE[^,]*END),$r$),
	('cover_reason', '^(_shift_obstacle|cover_candidates)$', $r$(THEN '[a-z_]+')$r$),
	('message_reason', 'rui\.message_receipt', $r$(CASE(?:(?!CASE).)*END AS (?:fault|reason)|, '[a-z_]+' AS (?:fault|reason))$r$)) AS k(kind, functions, part)
JOIN pg_proc p ON p.pronamespace = 'rui'::regnamespace AND (p.proname ~ k.functions OR p.prosrc ~ k.functions) AND p.proname !~ '^_platform'
CROSS JOIN LATERAL regexp_matches(p.prosrc, k.part, 'g') AS part(found)
CROSS JOIN LATERAL regexp_matches(part.found[1], $r$(?:^|^, |THEN |ELSE )'([a-z_]+)'$r$, 'g') AS c(found);
SELECT is_empty($$SELECT a.* FROM answered_code a WHERE NOT EXISTS (SELECT FROM rui.label b WHERE b.kind = a.kind AND b.code = a.code AND b.lang = 'zh')$$,
	'every item of the inbox, reason of a message, reason not to cover');
SELECT is((SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM answered_code), 'cover_reason inbox message_reason', 'which the test has found');
SELECT is_empty($$SELECT b.kind, b.code FROM rui.label b WHERE b.kind IN ('cover_reason', 'inbox') AND NOT EXISTS (SELECT FROM answered_code a WHERE a.kind = b.kind AND a.code = b.code)$$,
	'and nothing has a name that no function answers');
SELECT is_empty($$SELECT code FROM rui.label WHERE kind = 'error' AND code !~ '^[0-9A-Z]{5}$'$$, 'errors are named by SQLSTATE');
SELECT is(rui.label('event', 'ticket.accept', 'zh'), rui.label('workflow', 'ticket', 'zh') || '：' || rui.label('action.ticket', 'accept', 'zh'),
	'an action of a state machine is an event that is called so');
SELECT * FROM finish();
ROLLBACK;
