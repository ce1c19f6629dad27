-- Warnings, breaches and escalations of clocks become messages to whoever
-- answers for the task, when people are to be told (rui.escalation.notify_at).

CREATE FUNCTION rui.adopt_escalation_messages(project_id bigint, channels text[] DEFAULT '{push,wechat,sms}', at timestamptz DEFAULT now())
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
BEGIN
	PERFORM rui.require_permission(project_id, 'set_messages');
	PERFORM rui._check_time(project_id, at);
	PERFORM rui.set_message_kind(project_id, 'escalation', '时效提醒', 'Promises at risk', '{ticket,target_zh,target_en,step_zh,step_en}', channels,
		is_critical => true, is_internal => true);
	PERFORM rui.set_message_template(project_id, 'escalation', c.channel, 'zh', '工单{ticket}{target_zh}：{step_zh}',
			CASE c.channel WHEN 'sms' THEN NULL ELSE '时效提醒' END, adopt_escalation_messages.at),
		rui.set_message_template(project_id, 'escalation', c.channel, 'en', 'Ticket {ticket}, {target_en}: {step_en}',
			CASE c.channel WHEN 'sms' THEN NULL ELSE 'Promise at risk' END, adopt_escalation_messages.at)
	FROM unnest(channels) AS c(channel);
END
$$;
COMMENT ON FUNCTION rui.adopt_escalation_messages(bigint, text[], timestamptz) IS
'Lets the platform tell whoever answers for a task of its warnings, breaches and escalations: makes the message kind escalation (critical, internal) on these channels with its words in both languages, from `at` on; set_message_template may give it others, of {ticket}, {target_zh}, {target_en}, {step_zh} and {step_en}. The duty tell_escalations of rui.tick() sends them. Needs permission set_messages. Errors: 22004, 22008, 22023, 42501, 55000.';

CREATE FUNCTION rui._duty_tell_escalations(project_id bigint, at timestamptz) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path FROM CURRENT
AS $$
DECLARE
	wanted text[];
	news record;
	told bigint := 0;
BEGIN
	-- Only where there are words for it, and a way to say them.
	SELECT k.parameters INTO wanted FROM rui.message_kind k
	WHERE k.project_id = _duty_tell_escalations.project_id AND k.code = 'escalation'
		AND k.parameters <@ '{ticket,target_zh,target_en,step_zh,step_en}'
		AND EXISTS (
			SELECT FROM rui.message_template t
			JOIN rui.message_channel c ON c.project_id = t.project_id AND c.channel = t.channel AND c.is_active
			WHERE t.project_id = k.project_id AND t.kind_code = k.code AND t.channel = ANY (k.channels) AND t.valid @> _duty_tell_escalations.at);
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	FOR news IN
		-- What is a week old is no news; each is said once, by its key.
		SELECT f.key, t.accountable_id, jsonb_build_object('ticket', coalesce(d.number, t.id),
			'target_zh', rui.label('target', e.target, 'zh'), 'target_en', rui.label('target', e.target, 'en'),
			'step_zh', CASE WHEN e.level < 0 THEN '即将到期' WHEN e.level = 0 THEN '已超时' ELSE format('超时升级%s级', e.level) END,
			'step_en', CASE WHEN e.level < 0 THEN 'soon due' WHEN e.level = 0 THEN 'late' ELSE format('late, level %s', e.level) END) AS filling
		FROM rui.escalation e
		JOIN rui.task t ON t.project_id = e.project_id AND t.id = e.task_id
		LEFT JOIN rui.document_number d ON d.project_id = t.project_id AND d.series = t.kind AND d.subject_id = t.id
		CROSS JOIN LATERAL (SELECT format('escalation %s %s %s %s', e.task_id, e.target, e.cycle, e.level) AS key) f
		WHERE e.project_id = _duty_tell_escalations.project_id AND e.notify_at <= _duty_tell_escalations.at
			AND e.notify_at > _duty_tell_escalations.at - interval '7 days'
			AND t.accountable_id IS NOT NULL AND t.ended_at IS NULL
			AND NOT EXISTS (SELECT FROM rui.message_batch b WHERE b.project_id = e.project_id AND b.dedupe_key = rui._own_key(f.key))
		ORDER BY e.notify_at, e.task_id, e.target, e.level
	LOOP
		PERFORM rui._send(project_id, 'escalation', jsonb_build_object('party', news.accountable_id),
			(SELECT coalesce(jsonb_object_agg(w.name, news.filling -> w.name), '{}') FROM unnest(wanted) AS w(name)), news.key, NULL, at);
		told := told + 1;
	END LOOP;
	RETURN told;
END
$$;
COMMENT ON FUNCTION rui._duty_tell_escalations(bigint, timestamptz) IS
'Internal: the duty tell_escalations of rui.tick(): sends a message of kind escalation, where the project has one, to whoever answers for a task, for each warning, breach and escalation of the last seven days whose notify_at has come, once. Tasks that have ended since, or that nobody answers for, are passed over. Returns how many.';
INSERT INTO rui.duty (code, sort_order, about) VALUES
	('tell_escalations', 4600, 'Tells whoever answers for a task of its warnings, breaches and escalations.');
