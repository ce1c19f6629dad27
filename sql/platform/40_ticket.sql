-- Tickets: what somebody needs, and what became of it. A ticket is a task of
-- kind ticket with the details of rui.ticket; its state is the task's.

PERFORM rui._permit('open_ticket', '{live}', 'resident', 'steward', 'staff', 'agent', 'manager', 'loader');
PERFORM rui._permit('open_for_others', '{live}', 'steward', 'staff', 'agent', 'manager', 'loader');
PERFORM rui._permit('work_ticket', '{live}', 'steward', 'staff', 'partner', 'agent', 'manager', 'loader');
PERFORM rui._permit('manage_tickets', '{live}', 'agent', 'manager', 'loader');
PERFORM rui._permit('rate_ticket', '{live,closed}', 'resident', 'agent', 'manager', 'loader');
PERFORM rui._permit('call_back_ticket', '{live,closed}', 'steward', 'agent', 'manager', 'loader');
PERFORM rui._permit('set_categories', '{candidate,live}', 'manager', 'loader', 'director');

CREATE TABLE rui.ticket_category (
	project_id bigint NOT NULL REFERENCES rui.project (id),
	code text NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9_]{0,59}$'),
	parent_code text,
	path text[] NOT NULL CHECK (path[1] = code AND cardinality(path) BETWEEN 1 AND 5),
	name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 200),
	name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 200),
	skill text CHECK (skill ~ '^[a-z][a-z0-9_]{0,59}$'),
	skill_level integer NOT NULL DEFAULT 1 CHECK (skill_level BETWEEN 1 AND 9),
	service interval NOT NULL DEFAULT '30 minutes' CHECK (service > interval '0' AND service <= interval '30 days'),
	fee_item_code text CHECK (length(fee_item_code) BETWEEN 1 AND 60),
	priority integer NOT NULL DEFAULT 3 CHECK (priority BETWEEN 1 AND 5),
	is_emergency boolean NOT NULL DEFAULT false,
	PRIMARY KEY (project_id, code),
	FOREIGN KEY (project_id, parent_code) REFERENCES rui.ticket_category (project_id, code)
);
ALTER TABLE rui.sla_policy ADD FOREIGN KEY (project_id, category) REFERENCES rui.ticket_category (project_id, code);
CREATE INDEX ticket_category_by_parent ON rui.ticket_category (project_id, parent_code);

CREATE TABLE rui.ticket (
	project_id bigint NOT NULL,
	id bigint NOT NULL,
	source text NOT NULL,
	is_proactive boolean NOT NULL GENERATED ALWAYS AS (source IN ('alarm', 'inspection', 'finding')) STORED,
	reporter_id bigint NOT NULL REFERENCES rui.party (id),
	household_id bigint,
	details text NOT NULL,
	agreed_resolution interval,
	outcome text,
	charge_amount rui.amount,
	charge_waiver text,
	parent_id bigint,
	reopen_count integer NOT NULL DEFAULT 0,
	rating integer,
	rating_comment text,
	rated_by bigint REFERENCES rui.party (id),
	rated_at timestamptz,
	called_back_at timestamptz,
	called_back_by bigint REFERENCES rui.party (id),
	is_satisfied boolean,
	call_back_note text,
	PRIMARY KEY (project_id, id),
	FOREIGN KEY (project_id, id) REFERENCES rui.task (project_id, id),
	FOREIGN KEY (project_id, household_id) REFERENCES rui.household (project_id, id),
	FOREIGN KEY (project_id, parent_id) REFERENCES rui.ticket (project_id, id),
	-- Few constraints, because each costs every INSERT its parsing.
	CONSTRAINT ticket_sound CHECK (length(details) BETWEEN 1 AND 4000 AND agreed_resolution > interval '0'
		AND source IN ('call', 'visit', 'message', 'email', 'web', 'resident_app', 'staff_app', 'remote', 'alarm',
			'inspection', 'finding', 'import')),
	CONSTRAINT ticket_end_sound CHECK (length(outcome) BETWEEN 1 AND 4000 AND charge_amount > 0
		AND length(charge_waiver) BETWEEN 1 AND 500 AND (charge_amount IS NULL OR charge_waiver IS NULL)
		AND rating BETWEEN 1 AND 5 AND length(rating_comment) BETWEEN 1 AND 4000
		AND (rating IS NULL) = (rated_by IS NULL) AND (rating IS NULL) = (rated_at IS NULL)
		AND (rating IS NOT NULL OR rating_comment IS NULL)
		AND (called_back_at IS NULL) = (called_back_by IS NULL) AND (called_back_at IS NOT NULL OR is_satisfied IS NULL)
		AND length(call_back_note) BETWEEN 1 AND 4000 AND (called_back_at IS NOT NULL OR call_back_note IS NULL))
);
CREATE INDEX ticket_by_household ON rui.ticket (project_id, household_id) WHERE household_id IS NOT NULL;
CREATE INDEX ticket_by_reporter ON rui.ticket (project_id, reporter_id);
CREATE INDEX ticket_by_parent ON rui.ticket (project_id, parent_id) WHERE parent_id IS NOT NULL;

PERFORM rui._describe('ticket_category', 'What needs are about, as a tree, and what each takes to be met.',
	'parent_code: The category it is part of, or null.',
	'path: The category, its parent, and so on to the root.',
	'name_zh: Chinese name.', 'name_en: English name.',
	'skill: Code of the qualification its executor needs, or null.',
	'skill_level: Level of that qualification needed, 1 to 9.',
	'service: How long the work usually takes on site.',
	'fee_item_code: Code of the fee item that pays for it; null when it is free for the customer.',
	'priority: Priority of its tickets unless told otherwise: 1 (first) to 5.',
	'is_emergency: Whether its tickets are emergencies unless told otherwise.');
PERFORM rui._describe('ticket', 'A need, from being told to being met: the details of a task of kind ticket.',
	'id: The id of the task.',
	'source: How it came: call, visit, message, email, web, resident_app, staff_app, remote, alarm, inspection, finding or import.',
	'is_proactive: Whether we found it before anybody asked.',
	'reporter_id: Who told.',
	'household_id: Whose need it is, or null.',
	'details: What was told.',
	'agreed_resolution: Time for the resolution agreed with the customer, or null: as the policy says.',
	'outcome: What was done, said at completion.',
	'charge_amount: What the customer pays for it, or null.',
	'charge_waiver: Why the customer need not pay for payable work, or null.',
	'parent_id: The ticket it was merged into, or null.',
	'reopen_count: How often it was reopened.',
	'rating: The customer''s judgement of the last completion: 1 (bad) to 5, or null.',
	'rating_comment: What the customer said with it.',
	'rated_by: Who rated.', 'rated_at: When.',
	'called_back_at: When the customer was last asked how it was, since the last completion; or null.',
	'called_back_by: Who asked.',
	'is_satisfied: What the customer said then; null: could not say.',
	'call_back_note: What else was said then, or null.');
PERFORM rui._declare_table('ticket_category', 'tenant', 'change');
PERFORM rui._declare_table('ticket', 'tenant', 'change');
INSERT INTO rui.number_series (code, restarts, prefix, digits) VALUES ('ticket', 'never', '#', 1);
PERFORM rui._number_table('ticket', 'ticket');
PERFORM rui._name('series', 'ticket', '工单', 'ticket');

INSERT INTO rui.subject (subject, table_name) VALUES ('ticket', 'task');
-- Photographs and papers about a need are of who told it and whose it is.
INSERT INTO rui.document_subject (subject, table_name, party_column, household_column) VALUES ('ticket', 'ticket', 'reporter_id', 'household_id');
PERFORM rui._name('document_subject', 'ticket', '工单', 'ticket');
INSERT INTO rui.transition (subject, from_state, action, to_state, permission) VALUES
	('ticket', '(none)', 'open', 'new', 'open_ticket'),
	('ticket', 'new', 'triage', 'triaged', 'manage_tickets'),
	('ticket', 'triaged', 'assign', 'assigned', 'manage_tickets'),
	('ticket', 'assigned', 'accept', 'accepted', 'work_ticket'),
	('ticket', 'assigned', 'reject', 'triaged', 'work_ticket'),
	('ticket', 'assigned', 'transfer', 'assigned', 'work_ticket'),
	-- Only dispatch takes an offer back: for something dearer, or because nobody accepted it in time.
	('ticket', 'assigned', 'withdraw', 'triaged', NULL),
	('ticket', 'assigned', 'lapse', 'triaged', NULL),
	('ticket', 'assigned', 'no_show', 'triaged', 'manage_tickets'),
	('ticket', 'accepted', 'no_show', 'triaged', 'manage_tickets'),
	('ticket', 'en_route', 'no_show', 'triaged', 'manage_tickets'),
	('ticket', 'accepted', 'depart', 'en_route', 'work_ticket'),
	('ticket', 'accepted', 'arrive', 'in_progress', 'work_ticket'),
	('ticket', 'en_route', 'arrive', 'in_progress', 'work_ticket'),
	('ticket', 'in_progress', 'pause', 'deferred', 'work_ticket'),
	('ticket', 'deferred', 'resume', 'in_progress', 'work_ticket'),
	('ticket', 'in_progress', 'complete', 'completed', 'work_ticket'),
	('ticket', 'completed', 'reopen', 'triaged', 'open_ticket'),
	('ticket', 'completed', 'rate', 'completed', 'rate_ticket'),
	('ticket', 'completed', 'close', 'closed', 'manage_tickets'),
	('ticket', 'closed', 'rate', 'closed', 'rate_ticket');
INSERT INTO rui.transition (subject, from_state, action, to_state, permission)
SELECT 'ticket', s.state, a.action, a.to_state, a.permission
FROM unnest('{new,triaged,assigned,accepted,en_route,in_progress,deferred}'::text[]) AS s(state)
CROSS JOIN (VALUES
	('cancel', 'cancelled', 'open_ticket'),
	('decline', 'declined', 'manage_tickets'),
	('merge', 'merged', 'manage_tickets')) AS a(action, to_state, permission);

INSERT INTO rui.transition (subject, from_state, action, to_state, permission) VALUES
	('ticket', 'completed', 'call_back', 'completed', 'call_back_ticket'),
	('ticket', 'closed', 'call_back', 'closed', 'call_back_ticket');
-- All of a leaver's work goes to somebody else as it stands.
INSERT INTO rui.transition (subject, from_state, action, to_state, permission)
SELECT 'ticket', s.state, 'hand_over', s.state, NULL
FROM unnest('{assigned,accepted,en_route,in_progress,deferred}'::text[]) AS s(state);
PERFORM rui._mark_workflow('ticket', '工单', 'ticket', '{closed,cancelled,declined,merged}', '{withdraw,lapse,hand_over}');
INSERT INTO rui.clock_rule (kind, action, target, move)
SELECT 'ticket', r.action, t.target, r.move
FROM (VALUES
	('triage', 'stop', '{answer}'::text[]), ('accept', 'stop', '{answer,response}'),
	('arrive', 'stop', '{answer,response,arrival}'), ('complete', 'stop', '{answer,response,arrival,resolution}'),
	('complete', 'start', '{call_back}'), ('call_back', 'stop', '{call_back}'),
	-- The first answer and the first response count, whatever happens later.
	('reopen', 'reopen', '{arrival,resolution}'), ('reopen', 'end', '{call_back}'),
	('cancel', 'end', '{answer,response,arrival,resolution}'), ('decline', 'end', '{answer,response,arrival,resolution}'),
	('merge', 'end', '{answer,response,arrival,resolution}')
) AS r(action, move, targets)
CROSS JOIN LATERAL unnest(r.targets) AS t(target);

PERFORM rui._name('state.ticket', n.code, n.zh, n.en) FROM (VALUES
	('new', '新建', 'new'), ('triaged', '已受理', 'triaged'), ('assigned', '已派单', 'assigned'),
	('accepted', '已接单', 'accepted'), ('en_route', '前往中', 'en route'), ('in_progress', '处理中', 'in progress'),
	('deferred', '已暂停', 'deferred'), ('completed', '已完成', 'completed'), ('closed', '已关闭', 'closed'),
	('cancelled', '已取消', 'cancelled'), ('declined', '已拒绝受理', 'declined'), ('merged', '已合并', 'merged')
) AS n(code, zh, en);
PERFORM rui._name('action.ticket', n.code, n.zh, n.en) FROM (VALUES
	('open', '报事', 'open'), ('triage', '受理', 'triage'), ('assign', '派单', 'assign'), ('accept', '接单', 'accept'),
	('reject', '退单', 'reject'), ('transfer', '转单', 'transfer'), ('depart', '出发', 'depart'), ('arrive', '到达', 'arrive'),
	('pause', '暂停', 'pause'), ('resume', '恢复', 'resume'), ('complete', '完成', 'complete'), ('reopen', '重开', 'reopen'),
	('rate', '评价', 'rate'), ('close', '关闭', 'close'), ('cancel', '取消', 'cancel'), ('decline', '拒绝受理', 'decline'),
	('merge', '合并', 'merge'), ('call_back', '回访', 'call back'), ('withdraw', '撤回派单', 'withdraw'),
	('hand_over', '移交', 'hand over'), ('lapse', '超时未接', 'let the offer lapse'), ('no_show', '报告未到场', 'report a no-show')
) AS n(code, zh, en);
PERFORM rui._name('source', n.code, n.zh, n.en) FROM (VALUES
	('call', '电话', 'call'), ('visit', '来访', 'visit'), ('message', '消息', 'message'), ('email', '邮件', 'email'),
	('web', '网站', 'web'), ('resident_app', '业主端', 'resident app'), ('staff_app', '员工端', 'staff app'),
	('remote', '外部系统', 'remote system'), ('alarm', '报警', 'alarm'), ('inspection', '巡检', 'inspection'),
	('finding', '管家发现', 'steward''s finding'), ('import', '导入', 'import')
) AS n(code, zh, en);
PERFORM rui._name('task_kind', 'ticket', '工单', 'ticket');

-- What a resident may see is named by id.
CREATE FUNCTION rui.my_tickets() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED COST 1000
SET search_path FROM CURRENT
AS $$
DECLARE
	me CONSTANT bigint := rui.current_party();
	mine CONSTANT bigint[] := rui.my_households();
BEGIN
	RETURN ARRAY(
		SELECT k.id FROM rui.ticket k
		WHERE k.project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND k.household_id = ANY (mine)
		UNION
		SELECT k.id FROM rui.ticket k
		WHERE k.project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND k.reporter_id = me
		ORDER BY 1);
END
$$;
COMMENT ON FUNCTION rui.my_tickets() IS
'Ids of the tickets that the acting party reported or that concern a household it belongs to today; ascending, empty for nobody.';

PERFORM rui._allow_read('ticket_category', '{rui_user}', 'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._allow_read('ticket', '{rui_agent,rui_manager,rui_expert,rui_auditor}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[])');
PERFORM rui._allow_read('ticket', '{rui_staff,rui_steward,rui_partner}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND id = ANY ((SELECT rui.my_tasks())::bigint[])');
PERFORM rui._allow_read('ticket', '{rui_resident}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND id = ANY ((SELECT rui.my_tickets())::bigint[])');
PERFORM rui._allow_read('task', '{rui_resident}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND id = ANY ((SELECT rui.my_tickets())::bigint[])');
PERFORM rui._allow_read('task_clock', '{rui_resident}',
	'project_id = ANY ((SELECT rui.my_projects())::bigint[]) AND task_id = ANY ((SELECT rui.my_tickets())::bigint[])');

CREATE FUNCTION rui._unknown_category(project_id bigint, code text) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	RAISE EXCEPTION 'ticket category "%" does not exist in project %', code, project_id
		USING ERRCODE = 'no_data_found', HINT = 'rui.ticket_category lists them; rui.set_ticket_category makes one.';
END
$$;
COMMENT ON FUNCTION rui._unknown_category(bigint, text) IS
'Internal: raises P0002 for a category that the project does not have.';

CREATE FUNCTION rui.set_ticket_category(project_id bigint, code text, name_zh text, name_en text,
	parent_code text DEFAULT NULL, skill text DEFAULT NULL, skill_level integer DEFAULT 1,
	service interval DEFAULT '30 minutes', fee_item_code text DEFAULT NULL, priority integer DEFAULT 3,
	is_emergency boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	parent_path text[] := '{}';
BEGIN
	PERFORM rui.require_permission(project_id, 'set_categories');
	PERFORM rui._check_text('code', code, 60);
	PERFORM rui._check_text('name_zh', name_zh, 200);
	PERFORM rui._check_text('name_en', name_en, 200);
	PERFORM rui._check_duration('service', service, '30 days');
	IF code !~ '^[a-z0-9][a-z0-9_]*$' OR skill !~ '^[a-z][a-z0-9_]{0,59}$' THEN
		RAISE EXCEPTION 'a code has small letters, digits and underscores, not "%"',
			CASE WHEN code !~ '^[a-z0-9][a-z0-9_]*$' THEN code ELSE skill END USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF skill_level IS NULL OR priority IS NULL OR is_emergency IS NULL THEN
		PERFORM rui._missing(CASE WHEN skill_level IS NULL THEN 'skill_level' WHEN priority IS NULL THEN 'priority' ELSE 'is_emergency' END);
	ELSIF skill_level NOT BETWEEN 1 AND 9 THEN
		RAISE EXCEPTION 'skill_level must be 1 to 9, not %', skill_level USING ERRCODE = 'invalid_parameter_value';
	ELSIF priority NOT BETWEEN 1 AND 5 THEN
		RAISE EXCEPTION 'priority must be 1 to 5, not %', priority USING ERRCODE = 'invalid_parameter_value';
	END IF;
	IF fee_item_code IS NOT NULL THEN
		PERFORM rui._check_text('fee_item_code', fee_item_code, 60);
	END IF;
	-- Two who move branches of the tree at once would not see each other.
	PERFORM FROM rui.project p WHERE p.id = set_ticket_category.project_id FOR NO KEY UPDATE;
	PERFORM rui._check_snapshot();
	IF parent_code IS NOT NULL THEN
		SELECT c.path INTO parent_path FROM rui.ticket_category c
		WHERE c.project_id = set_ticket_category.project_id AND c.code = set_ticket_category.parent_code;
		IF NOT FOUND THEN
			PERFORM rui._unknown_category(project_id, parent_code);
		ELSIF code = ANY (parent_path) THEN
			RAISE EXCEPTION 'category "%" cannot be part of itself', code
				USING ERRCODE = 'invalid_parameter_value', DETAIL = format('%s is under it.', parent_code);
		END IF;
	END IF;
	IF cardinality(parent_path) + (
		SELECT coalesce(max(array_position(c.path, set_ticket_category.code)), 1) FROM rui.ticket_category c
		WHERE c.project_id = set_ticket_category.project_id AND set_ticket_category.code = ANY (c.path)) > 5 THEN
		RAISE EXCEPTION 'categories have at most 5 levels' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	INSERT INTO rui.ticket_category AS c (project_id, code, parent_code, path, name_zh, name_en, skill, skill_level,
		service, fee_item_code, priority, is_emergency)
	VALUES (project_id, code, parent_code, code || parent_path, name_zh, name_en, skill, skill_level,
		service, fee_item_code, priority, is_emergency)
	ON CONFLICT ON CONSTRAINT ticket_category_pkey DO UPDATE
	SET parent_code = EXCLUDED.parent_code, path = EXCLUDED.path, name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en,
		skill = EXCLUDED.skill, skill_level = EXCLUDED.skill_level, service = EXCLUDED.service,
		fee_item_code = EXCLUDED.fee_item_code, priority = EXCLUDED.priority, is_emergency = EXCLUDED.is_emergency;
	-- Whatever is under it moves with it.
	UPDATE rui.ticket_category c
	SET path = c.path[:array_position(c.path, set_ticket_category.code)] || parent_path
	WHERE c.project_id = set_ticket_category.project_id AND set_ticket_category.code = ANY (c.path[2:])
		AND c.path[array_position(c.path, set_ticket_category.code) + 1:] <> parent_path;
END
$$;
COMMENT ON FUNCTION rui.set_ticket_category(bigint, text, text, text, text, text, integer, interval, text, integer, boolean) IS
'Creates a category of tickets, or gives it new values: code (small letters, digits, underscores), names, parent_code (null: root; at most 5 levels), skill and skill_level 1 to 9 its executor needs (null: none), service (usual time on site, above 0 to 30 days), fee_item_code (null: free for the customer), priority 1 to 5, is_emergency. Tickets opened before keep what they have. Needs permission set_categories. Errors: 22004, 22001, 22023 arguments, P0002 unknown parent, 42501, 55000.';
