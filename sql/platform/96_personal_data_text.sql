-- What of the text in all tables may tell of a person. People write what they
-- like, others' names and numbers too: an erasure looks through what they write.

CREATE TABLE rui.personal_text (
	table_name text PRIMARY KEY,
	written text[] NOT NULL DEFAULT '{}',
	linked text[] NOT NULL DEFAULT '{}',
	never text[] NOT NULL DEFAULT '{}'
);
PERFORM rui._describe('personal_text', 'Of every column of text, JSON or bytes whether it may tell of a person. A test fails where a column is not said here.',
	'table_name: The table.', 'written: In which people, gateways or programs write what they like: an erasure takes a person out of it, wherever it stands.',
	'linked: Which hold a value of the person that the row is about: rui.personal_column says what an erasure makes of it.',
	'never: Which never tell of anybody: codes, states, kinds, names of places and things, digests, settings.');
PERFORM rui._declare_table('personal_text', 'reference', 'none');

INSERT INTO rui.personal_text (table_name, written, linked, never) VALUES
	('access_ask', '{}', '{}', '{command,content_hash}'),
	('advance', '{reason}', '{}', '{state,last_action}'), ('advance_campaign', '{name,reason,remark}', '{}', '{unit_kind,state,last_action}'),
	('account', '{}', '{}', '{code,name,kind}'), ('account_category', '{}', '{}', '{category}'), ('accounting_period', '{}', '{}', '{state,last_action}'),
	('allocation', '{reason}', '{}', '{}'), ('allocation_rule', '{}', '{}', '{debt_order,component_order}'), ('archived', '{reason}', '{}', '{table_name}'), ('audit', '{findings}', '{}', '{subject,grade,vetoed}'),
	('bank_line', '{reference,payer,note}', '{}', '{channel,kind,from_channel,batch}'), ('bank_statement', '{}', '{}', '{channel,code,content_hash}'),
	('barrier', '{}', '{}', '{code,name,kind}'), ('budget', '{memo,remark}', '{}', '{state,last_action}'), ('budget_line', '{}', '{}', '{category}'),
	('building', '{}', '{}', '{code,name}'), ('building_load', '{}', '{}', '{kind}'),
	('bulk_change', '{filter,changes}', '{}', '{table_name,column_names}'), ('bulk_change_row', '{code,old_values,new_values}', '{}', '{}'),
	('calendar_version', '{}', '{}', '{code,name}'), ('channel_fee', '{}', '{}', '{channel}'), ('charge', '{}', '{}', '{component,source}'),
	('charge_reversal', '{reason}', '{}', '{}'), ('clock_event', '{}', '{}', '{target,event,calendar_code}'),
	('clock_pause', '{note}', '{}', '{reason,targets}'), ('company', '{}', '{}', '{code,name}'), ('company_member', '{}', '{}', '{role_code}'),
	('consent', '{text_version,evidence}', '{}', '{purpose,channel}'), ('consent_message', '{}', '{}', '{kind_code,purpose}'),
	('contact_budget', '{}', '{}', '{kind_code,holder}'), ('contact_point', '{}', '{value,value_norm}', '{kind}'), ('cost', '{memo}', '{}', '{}'),
	('cost_limit', '{}', '{}', '{category}'), ('cost_reversal', '{reason}', '{}', '{}'), ('credit_loss', '{}', '{}', '{kind}'),
	('deposit', '{external_ref}', '{}', '{kind,channel}'), ('deposit_forfeit', '{reason,remark}', '{}', '{state,last_action}'),
	('deposit_return', '{reason}', '{}', '{channel}'), ('discount', '{reason,remark}', '{}', '{ground,state,last_action}'),
	('dispatch_offer', '{}', '{}', '{outcome}'), ('dispatch_override', '{reason}', '{}', '{action,rule}'), ('dispatch_run', '{}', '{}', '{weights}'),
	('dispatch_state', '{}', '{}', '{weights}'), ('dispatch_weight', '{}', '{}', '{term}'), ('dispute', '{reason,remark}', '{}', '{state,last_action}'),
	('dispute_rule', '{}', '{}', '{late_fee_stops}'), ('document', '{title}', '{}', '{kind_code,subject,visibility,state,last_action}'),
	('document_access', '{purpose}', '{}', '{}'), ('document_content', '{}', '{}', '{storage_ref}'), ('document_erasure', '{reason}', '{}', '{}'),
	('document_kind', '{}', '{}', '{code,name_zh,name_en,media_types,visibility}'), ('document_number', '{}', '{}', '{series}'),
	('document_version', '{}', '{}', '{content_hash,media_type}'), ('dun', '{}', '{}', '{kind_code}'), ('dun_proof', '{reference}', '{}', '{means}'),
	('dunning_level', '{}', '{}', '{kind_code}'), ('duty_run', '{failure}', '{}', '{duty_code}'),
	('equipment', '{}', '{}', '{code,name,kind,maker,model,serial}'), ('erased_row', '{}', '{}', '{table_name,row_key,content_hash}'),
	('escalation', '{}', '{}', '{target}'), ('estate_key', '{}', '{}', '{kind,key}'), ('event', '{payload}', '{}', '{kind,subject}'),
	('event_consumer', '{}', '{}', '{name,kinds}'), ('exit_item', '{name_zh,name_en,note}', '{}', '{code}'),
	('fee_item', '{}', '{}', '{code,name,payer}'), ('fee_security', '{}', '{}', '{deposit_kinds}'), ('gateway', '{}', '{}', '{login,issuer,audience}'), ('grid', '{}', '{}', '{code}'),
	('grid_plan', '{}', '{}', '{state,last_action,options}'), ('grid_weight', '{}', '{}', '{term}'),
	('journal', '{images}', '{}', '{login,table_name,operation}'), ('lease', '{remark}', '{}', '{state,last_action}'),
	('leave_request', '{reason}', '{}', '{kind,state,last_action}'), ('ledger_entry', '{memo}', '{}', '{}'), ('login', '{}', '{login}', '{}'),
	('membership', '{}', '{}', '{role_code}'), ('message', '{parameters}', '{}', '{lang,channels,state,last_action,channel,gateway}'),
	('message_batch', '{dedupe_key,audience,parameters}', '{}', '{kind_code,zh_channels,en_channels,budget_in,state,last_action}'),
	('message_channel', '{}', '{}', '{channel}'), ('message_kind', '{}', '{}', '{code,name_zh,name_en,parameters,channels,budget_in}'),
	('message_language', '{}', '{}', '{lang}'), ('message_opt_out', '{}', '{}', '{kind_code,channel}'),
	('message_receipt', '{reason,reference}', '{}', '{state,channel,gateway}'), ('message_recipient', '{parameters}', '{}', '{}'),
	('message_setting', '{}', '{}', '{calendar_code,lang,budget_in}'), ('message_template', '{title,body}', '{}', '{kind_code,channel,lang}'),
	('message_throttle', '{}', '{}', '{channel}'), ('meter', '{}', '{}', '{code,medium,measured_in,serial}'),
	('meter_plan', '{}', '{}', '{medium,register}'), ('meter_reading', '{remark}', '{}', '{kind,source,basis,state,last_action}'),
	('meter_register', '{}', '{}', '{code}'), ('meter_rule', '{}', '{}', '{medium}'), ('number_period', '{}', '{}', '{series}'),
	('occupancy', '{}', '{}', '{role}'), ('opening_arrear', '{reference}', '{}', '{}'), ('parking_stay', '{plate}', '{}', '{}'),
	('party', '{}', '{code,name}', '{kind}'), ('passage', '{}', '{}', '{code,name,kind}'), ('pause_rule', '{}', '{}', '{reason,targets}'),
	('payment', '{external_ref}', '{}', '{channel}'), ('payment_reversal', '{reason}', '{}', '{}'), ('payout', '{reason,remark}', '{}', '{kind,channel,state,last_action}'),
	('payout_limit', '{}', '{}', '{}'), ('person_key', '{}', '{key}', '{kind}'),
	('personal_access', '{reference,reason}', '{}', '{roles,fields,purpose,refused}'), ('personal_hold', '{}', '{}', '{table_name}'),
	('personal_request', '{reason,remark}', '{old_value,new_value}', '{kind,field,outcome,state,last_action}'),
	('personal_value', '{}', '{value}', '{field}'), ('post', '{}', '{}', '{code,name,module}'), ('post_qualification', '{}', '{}', '{code}'),
	('posting', '{}', '{}', '{document}'), ('posting_reversal', '{reason}', '{}', '{}'), ('price_plan', '{}', '{}', '{unit_kind,quantity,proration}'), ('price_rest', '{reason}', '{}', '{unit_kind}'),
	('project', '{}', '{}', '{code,name,time_zone,currency,state,last_action}'), ('project_archive', '{reason}', '{}', '{action,manifest}'),
	('promise', '{}', '{}', '{state,last_action}'), ('qualification', '{source}', '{}', '{kind,code}'),
	('reconciliation', '{reason,difference_reason,undone_reason}', '{}', '{rule,state,last_action}'), ('reconciliation_part', '{}', '{}', '{subject}'),
	('reconciliation_setting', '{}', '{}', '{channel}'), ('refund', '{reason}', '{}', '{}'), ('region', '{}', '{}', '{code,name}'),
	('request', '{request_key,answer}', '{}', '{command,content_hash}'), ('rest_rule', '{}', '{}', '{system,kind,action,source}'), ('roster_time', '{}', '{}', '{kind}'),
	('reveal_review', '{remark}', '{}', '{state,last_action}'), ('reversal', '{reason,remark}', '{}', '{kind,state,last_action}'),
	('scorecard', '{}', '{}', '{code,name}'), ('seal', '{}', '{}', '{tables_root,previous_root,header,root,frontier}'),
	('seal_table', '{}', '{}', '{table_name,columns,root,marks}'), ('seal_watch', '{}', '{}', '{running}'), ('verification', '{}', '{}', '{root,findings}'),
	('search_state', '{}', '{}', '{collation_version}'), ('service_contract', '{remark}', '{}', '{code,regime,commission_base,state,last_action}'),
	('settlement', '{remark}', '{}', '{state,last_action}'), ('share_contract', '{remark}', '{}', '{code,state,last_action}'),
	('shared_cost', '{reason}', '{}', '{code,basis}'), ('shared_cost_plan', '{}', '{}', '{code,source,basis,medium}'),
	('shift', '{}', '{}', '{state,last_action}'), ('shift_cover', '{}', '{}', '{state,last_action}'), ('shift_swap', '{}', '{}', '{state,last_action}'),
	('sla_policy', '{}', '{}', '{category,calendar_code,resolution_calendar,judged_by,warnings,escalate_in,notice_calendar}'),
	('space', '{}', '{}', '{code,name,kind}'), ('staff', '{}', '{}', '{staff_no}'), ('staff_exit', '{note}', '{}', '{reason,state,last_action}'),
	('staffing_standard', '{}', '{}', '{driver,rounding,source}'), ('street', '{}', '{}', '{code,name,kind}'),
	('surplus_payout', '{reason,remark}', '{}', '{state,last_action}'), ('surplus_settlement', '{remark}', '{}', '{state,last_action}'),
	('task', '{}', '{}', '{kind,category,skill,state,last_action}'),
	('task_clock', '{}', '{}', '{target,calendar_code,judged_by,notice_calendar,first_calendar,state}'),
	('task_clock_cycle', '{}', '{}', '{target,judged_by}'), ('tax_attempt', '{reason,answer}', '{}', '{gateway,outcome,number}'),
	('tax_class', '{}', '{}', '{class_code,goods_name,unit_name,rate_code,element}'),
	('tax_estate', '{}', '{}', '{region,address,certificate_no,area_unit}'),
	('tax_invoice', '{buyer_name,buyer_contact,remark,failure}', '{buyer_tax_no}', '{kind,about,seller_tax_no,buyer_kind,red_reason,confirmation_no,number,state,last_action}'),
	('tax_invoice_line', '{element}', '{}', '{goods_name,class_code,unit_name,rate_code,treatment}'), ('tax_invoiced', '{}', '{}', '{source}'),
	('tax_number', '{}', '{}', '{tax_no,number}'), ('tax_seller', '{drawer}', '{}', '{name,tax_no,address,phone,bank,account_no}'),
	('tax_setting', '{}', '{}', '{basis,prepaid_class_code,prepaid_name}'), ('tax_title', '{name,address,phone,account_no}', '{tax_no,bank}', '{kind}'),
	('ticket', '{details,outcome,charge_waiver,rating_comment,call_back_note}', '{}', '{source}'),
	('ticket_category', '{}', '{}', '{code,parent_code,path,name_zh,name_en,skill,fee_item_code}'), ('ticket_word', '{}', '{}', '{word}'),
	('travel_setting', '{}', '{}', '{term}'), ('trust_fund', '{}', '{}', '{code,name,kind}'),
	('trust_receipt', '{memo,remark}', '{}', '{category,state,last_action}'), ('trust_movement', '{memo,reference}', '{}', '{kind,category}'),
	('trust_use', '{purpose,evidence,remark}', '{}', '{matter,ground,state,last_action}'), ('unit', '{}', '{}', '{code,kind}'),
	('vacancy_fact', '{remark}', '{}', '{finding,source,state,last_action}'), ('vendor_acceptance', '{evidence}', '{}', '{state,last_action}'),
	('vendor_contract', '{title,remark}', '{}', '{code,state,last_action}'),
	('vendor_invoice', '{remark}', '{}', '{number,differences,state,last_action}'), ('vendor_payment_run', '{remark}', '{}', '{state,last_action}'),
	('waiver', '{reason,remark}', '{}', '{state,last_action}'), ('working_calendar', '{}', '{}', '{code}'),
	('working_system', '{source}', '{}', '{system}'), ('write_off', '{reason,evidence,remark}', '{}', '{state,last_action}');

-- Append-only tables take part in erasure by digests: the value can go, what
-- was sealed of it stays.
CREATE FUNCTION rui._salt_tables() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	place record;
BEGIN
	INSERT INTO rui.salted_column (table_name, columns) VALUES ('journal', '{images}'), ('event', '{payload}');
	FOR place IN
		SELECT t.table_name, p.written AS columns FROM rui.platform_table t JOIN rui.personal_text p ON p.table_name = t.table_name
		WHERE t.class = 'tenant' AND t.writes = 'append' AND p.written <> '{}' AND t.table_name NOT IN ('event', 'journal')
		ORDER BY t.table_name
	LOOP
		EXECUTE format('ALTER TABLE rui.%I ADD COLUMN salt uuid DEFAULT gen_random_uuid(), ADD COLUMN erased jsonb', place.table_name);
		EXECUTE format('COMMENT ON COLUMN rui.%I.salt IS %L', place.table_name,
			format('What the seal''s digests of %s begin with; null once something of the row is erased.', array_to_string(place.columns, ', ')));
		EXECUTE format('COMMENT ON COLUMN rui.%I.erased IS %L', place.table_name, 'The digests as they were sealed, once something of the row is erased; else null.');
		INSERT INTO rui.salted_column (table_name, columns) VALUES (place.table_name, place.columns);
	END LOOP;
END
$$;
COMMENT ON FUNCTION rui._salt_tables() IS
'Internal: gives append-only tables with free text the columns salt and erased, once, when the platform is made.';
PERFORM rui._salt_tables();
